//! A window of the timeline as a picture.

use std::fmt::Write as _;

use terminal::grouped;

use super::amounts::time as length;
use super::model::{Time, Trace};
use super::tracks::{Drawn, Of, Track, What};

/// Pixels.
const WIDTH: f64 = 1000.0;
const NAMES: f64 = 150.0;
const ROW: f64 = 15.0;
const BETWEEN: f64 = 7.0;
const TOP: f64 = 26.0;
/// A letter of a box's name, about.
const LETTER: f64 = 6.1;

/// Rows that are drawn; what is beneath is left out with a sentence.
const MOST_ROWS: u16 = 120;

/// What is narrower is not drawn by itself.
const NARROWEST: f64 = 0.4;

/// Its colours are those of a light page; a page that is dark sets other values for the classes.
const STYLE: &str = "text{font:11px system-ui,sans-serif;fill:#222}.axis{fill:#666}.rule{stroke:#ddd}\
.poll{fill:#8fb8de}.visit{fill:#b9d3ea}.blocking{fill:#d9b38c}.parked{fill:#eee}.request{fill:#c9c2e6}.span{fill:#dcd8ef}\
.busy{fill:#7cb490}.slice{fill:#a9c4dc}.of{stroke:#b3261e;stroke-width:1.5}";

impl Trace {
    /// A window of the timeline as SVG: workers, other threads and requests that have anything in it. One request may be
    /// marked.
    #[must_use]
    pub fn svg(&self, window: Time, marked: Option<u64>) -> String {
        let mut drawing = Drawing {
            trace: self,
            window,
            marked,
            y: TOP,
            rows: 0,
            left_out: 0,
            body: String::new(),
        };
        for track in &self.tracks() {
            drawing.track(track);
        }
        drawing.finish()
    }
}

struct Drawing<'t> {
    trace: &'t Trace,
    window: Time,
    marked: Option<u64>,
    y: f64,
    rows: u16,
    left_out: usize,
    body: String,
}

impl Drawing<'_> {
    fn x(&self, time: u64) -> f64 {
        let into = time.saturating_sub(self.window.start) as f64;
        NAMES + into / self.window.length() as f64 * (WIDTH - NAMES)
    }

    fn track(&mut self, track: &Track) {
        let has_any = |one: &&Drawn| one.time.and(self.window).length() > 0;
        let boxes: Vec<&Drawn> = track.boxes.iter().filter(has_any).collect();
        let is_asked_for = track.of != Of::Requests
            || self.marked.is_none()
            || boxes
                .iter()
                .any(|one| self.trace.request_of(one) == self.marked);
        let Some(depth) = boxes.iter().map(|one| one.depth).max() else {
            return;
        };
        if !is_asked_for {
            return;
        }
        if self.rows + depth >= MOST_ROWS {
            self.left_out += 1;
            return;
        }
        self.rows += depth + 1;
        let _ = writeln!(
            self.body,
            "<text x=\"0\" y=\"{:.0}\">{}</text>",
            self.y + 11.0,
            escaped(&fitting(&track.name, NAMES - 8.0))
        );
        // Where the last box of each row ends.
        let mut until = vec![0.0_f64; usize::from(depth) + 1];
        for one in boxes {
            self.draw(one, &mut until[usize::from(one.depth)]);
        }
        self.y += f64::from(depth + 1) * ROW + BETWEEN;
    }

    fn draw(&mut self, one: &Drawn, until: &mut f64) {
        let time = one.time.and(self.window);
        let (x, end) = (self.x(time.start), self.x(time.end));
        // Many that are narrow are one line of pixels.
        if end - *until < NARROWEST {
            return;
        }
        let width = (end - x).max(NARROWEST);
        *until = x + width;
        let y = self.y + f64::from(one.depth) * ROW;
        let class = match one.what {
            What::Poll => "poll",
            What::Visit => "visit",
            What::Blocking => "blocking",
            What::Parked => "parked",
            What::Request => "request",
            What::Span => "span",
            What::Busy => "busy",
            What::Slice => "slice",
        };
        let of = match self.marked.is_some() && self.trace.request_of(one) == self.marked {
            true if one.what == What::Request => " of",
            _ => "",
        };
        let name = match one.what {
            What::Parked => "parked",
            What::Busy => "busy",
            _ => self.trace.text(one.name),
        };
        let told = escaped(&format!("{name}, {}", length(one.time.length())));
        let height = ROW - 1.0;
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}{of}\" x=\"{x:.1}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"{height:.0}\"><title>{told}</title></rect>"
        );
        let is_named = !matches!(one.what, What::Parked | What::Busy);
        if is_named && width > 4.0 * LETTER {
            let (x, y) = (x + 3.0, y + 11.0);
            let text = escaped(&fitting(name, width - 6.0));
            let _ = writeln!(self.body, "<text x=\"{x:.1}\" y=\"{y:.0}\">{text}</text>");
        }
    }

    fn finish(mut self) -> String {
        if self.left_out > 0 {
            let sentence = format!("{} further tracks are left out", self.left_out);
            let _ = writeln!(
                self.body,
                "<text x=\"0\" y=\"{:.0}\">{sentence}</text>",
                self.y + 11.0
            );
            self.y += ROW;
        }
        let mut axis = String::new();
        let (ticks, step) = ticks(self.window);
        for at in ticks {
            let x = self.x(at);
            let (bottom, text) = (self.y, in_steps(at, step));
            let _ = writeln!(
                axis,
                "<path class=\"rule\" d=\"M{x:.1} 16V{bottom:.0}\"/><text class=\"axis\" x=\"{:.1}\" y=\"11\">{text}</text>",
                x + 2.0
            );
        }
        let (height, body) = (self.y, &self.body);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"a timeline\">\n\
             <style>{STYLE}</style>\n{axis}{body}</svg>\n"
        )
    }
}

/// About eight round times within a window, and how far they are apart.
fn ticks(window: Time) -> (Vec<u64>, u64) {
    let rough = (window.length() / 8).max(1);
    let power = 10_u64.pow(rough.ilog10());
    let step = [1, 2, 5, 10]
        .into_iter()
        .map(|factor| factor * power)
        .find(|&step| step >= rough)
        .unwrap_or(power);
    let first = window.start.div_ceil(step);
    let ticks = (first..)
        .map(|number| number * step)
        .take_while(|&at| at < window.end);
    (ticks.collect(), step)
}

/// A time to the digit that its neighbours differ in.
fn in_steps(at: u64, step: u64) -> String {
    let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)];
    let (unit, factor) = units
        .into_iter()
        .find(|&(_, factor)| step.is_multiple_of(factor))
        .unwrap_or(("ns", 1));
    format!("{} {unit}", grouped(at / factor))
}

/// As much of the end of a place, or of the start of another text, as has room.
fn fitting(text: &str, width: f64) -> String {
    let room = (width / LETTER) as usize;
    let count = text.chars().count();
    if count <= room {
        return text.to_owned();
    }
    let room = room.saturating_sub(1);
    // The end of a path tells more than its start.
    match text.contains('/') && text.contains(':') {
        true => "…".chars().chain(text.chars().skip(count - room)).collect(),
        false => text.chars().take(room).chain("…".chars()).collect(),
    }
}

fn escaped(text: &str) -> String {
    text.chars()
        // XML has no place for these, however they are written.
        .filter(|character| !character.is_control())
        .fold(String::with_capacity(text.len()), |mut text, character| {
            match character {
                '&' => text.push_str("&amp;"),
                '<' => text.push_str("&lt;"),
                '>' => text.push_str("&gt;"),
                '"' => text.push_str("&quot;"),
                other => text.push(other),
            }
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_in_the_window() {
        let window = Time {
            start: 981_000_000,
            end: 1_049_000_000,
        };
        let (ticks, step) = ticks(window);
        assert_eq!(ticks[..2], [990_000_000, 1_000_000_000]);
        assert_eq!(ticks.len(), 6);
        assert_eq!(in_steps(ticks[1], step), "1,000 ms");
        assert_eq!(in_steps(1_500, 500), "1,500 ns");
    }

    #[test]
    fn names_are_cut_where_they_tell_least() {
        assert_eq!(fitting("src/http/auth.rs:92", 60.0), "…th.rs:92");
        assert_eq!(fitting("hashing a password", 60.0), "hashing …");
        assert_eq!(escaped("<a & \"b\">\u{1}"), "&lt;a &amp; &quot;b&quot;&gt;");
    }
}
