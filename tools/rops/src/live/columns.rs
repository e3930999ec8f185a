//! Columns of text, as wide as they have to be.

/// Rows under a head. Columns named in `right` are numbers.
pub fn columns<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    right: &[&str],
    rows: &[[String; COLUMNS]],
) -> String {
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.fold(head[column].len(), usize::max)
    });
    let head_row = head.map(str::to_owned);
    let mut text = String::new();
    for row in std::iter::once(&head_row).chain(rows) {
        let cells = row.iter().zip(widths).zip(head);
        let cells = cells.map(|((cell, width), title)| match right.contains(&title) {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}
