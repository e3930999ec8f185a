//! The view on the terminal, from 80 columns and 24 rows up.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize as _};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Row, Sparkline, Table};

use super::history::{History, Series};

/// Rows of a chart, with its border.
const CHART: u16 = 7;

/// Everything.
pub fn all(frame: &mut Frame<'_>, history: &History, title: &str) {
    let [head, upper, lower, routes, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(CHART),
        Constraint::Length(CHART),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());

    let head_line = Line::from(vec![title.bold(), "  ".into(), history.facts().dim()]);
    frame.render_widget(head_line, head);
    let halves = |area| Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
    let [left, right] = halves(upper);
    let shown = |series: &Series, text: fn(f64) -> String| series.last().map_or("-".into(), text);
    let cpu = shown(&history.cpu, |percent| format!("{percent:.1} %"));
    chart(frame, left, "CPU", &cpu, &history.cpu, Color::Green);
    let rss = shown(&history.rss, terminal::bytes);
    chart(frame, right, "Memory", &rss, &history.rss, Color::Blue);
    let [left, right] = halves(lower);
    let tasks = shown(&history.tasks, |count| terminal::grouped(count as u64));
    chart(
        frame,
        left,
        "Tasks alive",
        &tasks,
        &history.tasks,
        Color::Magenta,
    );
    let requests = shown(&history.requests, |rate| format!("{rate:.1} /s"));
    chart(
        frame,
        right,
        "Requests",
        &requests,
        &history.requests,
        Color::Yellow,
    );
    table(frame, routes, history);
    let foot_line = match history.failure() {
        Some(reason) => Line::from(format!("no answer: {reason}")).red(),
        None => Line::from("q ends").dim(),
    };
    frame.render_widget(foot_line, foot);
}

/// The last minutes, from nothing to the largest value that is shown.
fn chart(frame: &mut Frame<'_>, area: Rect, name: &str, now: &str, series: &Series, color: Color) {
    let block = Block::bordered()
        .title(format!(" {name} {now} "))
        .border_style(Style::new().dim());
    let width = usize::from(block.inner(area).width);
    // The bars are whole numbers, and small values shall be told apart.
    let values: Vec<f64> = series.latest(width).collect();
    let most = values.iter().copied().fold(0.0, f64::max).max(1e-9);
    let bars = values.iter().map(|value| (value / most * 1000.0) as u64);
    let chart = Sparkline::default()
        .block(block)
        .data(bars.collect::<Vec<_>>())
        .max(1000)
        .style(Style::new().fg(color));
    frame.render_widget(chart, area);
}

fn table(frame: &mut Frame<'_>, area: Rect, history: &History) {
    if history.routes.is_empty() {
        let sentence =
            "No requests: none has ended yet, or no span of the program has a field `route`.";
        frame.render_widget(Paragraph::new(sentence).dim(), area);
        return;
    }
    let rows = history.routes.iter().map(|(route, rate, all)| {
        let number = |text: String| Line::from(text).right_aligned();
        Row::new([
            number(format!("{rate:.1}")),
            number(terminal::grouped(*all)),
            match route.as_str() {
                "" => Line::from("no route").dim(),
                route => Line::from(route),
            },
        ])
    });
    let widths = [
        Constraint::Length(10),
        Constraint::Length(13),
        Constraint::Fill(1),
    ];
    let right = |text: &'static str| Line::from(text).right_aligned();
    let head = Row::new([right("requests/s"), right("all"), Line::from("route")]).bold();
    frame.render_widget(
        Table::new(rows, widths).header(head).column_spacing(2),
        area,
    );
}
