//! Tables of text.

/// Columns of numbers, and after them columns of texts.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    /// How many of the last columns are texts.
    texts: usize,
}

impl Table {
    /// With a head. So many columns at the end of it are texts.
    pub(super) fn new<const COLUMNS: usize>(head: [&str; COLUMNS], texts: usize) -> Self {
        Self {
            rows: vec![head.map(str::to_owned).to_vec()],
            texts,
        }
    }

    pub(super) fn row<const COLUMNS: usize>(&mut self, row: [String; COLUMNS]) {
        self.rows.push(row.to_vec());
    }

    pub(super) fn text(&self) -> String {
        let columns = self.rows[0].len();
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).enumerate();
            let cells: Vec<String> = cells
                .map(
                    |(column, (cell, width))| match column >= columns - self.texts {
                        true => format!("{cell:<width$}"),
                        false => format!("{cell:>width$}"),
                    },
                )
                .collect();
            text += cells.join("  ").trim_end();
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_on_the_right_and_texts_on_the_left() {
        let mut table = Table::new(["count", "place"], 1);
        table.row(["7".into(), "src/a.rs:1".into()]);
        table.row(["1,000".into(), "b".into()]);
        assert_eq!(table.text(), "count  place\n    7  src/a.rs:1\n1,000  b\n");
    }
}
