//! What a trace has to keep to so that every viewer draws it: the document "Trace Event Format", as far as it concerns the
//! events that the flight recorder writes, and what Perfetto and chrome://tracing are known to drop without a word.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// An event, taken apart.
struct Event<'a> {
    ph: &'a str,
    name: &'a str,
    cat: Option<&'a str>,
    track: (u64, u64),
    /// Microseconds, which may have fractions.
    time: f64,
    all: &'a Map<String, Value>,
}

/// The start of a flow and its end: what they are called, where they are, and when.
type Flow<'a> = (Option<End<'a>>, Option<End<'a>>);
type End<'a> = (&'a str, Option<&'a str>, (u64, u64), f64);

/// Checks every event of a trace, an object with `traceEvents`.
///
/// # Errors
/// The first event that is wrong, and why.
pub fn check(trace: &Value) -> Result<(), String> {
    let unit = trace.get("displayTimeUnit").and_then(Value::as_str);
    if !matches!(unit, None | Some("ms" | "ns")) {
        return Err(format!("displayTimeUnit is {unit:?}"));
    }
    let events = trace["traceEvents"]
        .as_array()
        .ok_or("no list of traceEvents")?;
    let mut slices = BTreeMap::<_, Vec<(f64, f64)>>::new();
    let mut flows = BTreeMap::<u64, Flow<'_>>::new();
    let mut times = BTreeMap::<_, f64>::new();
    for json in events {
        let wrong = |why: &str| format!("{why}: {json}");
        let event = Event::of(json).map_err(|why| wrong(&why))?;
        match event.ph {
            "M" => event.names_something().map_err(|why| wrong(&why))?,
            "X" => {
                let length = time(&event.all["dur"]).map_err(|why| wrong(&why))?;
                // speedscope ends it before it has begun.
                if length == 0.0 {
                    return Err(wrong("it takes no time"));
                }
                if event.track.1 == 0 {
                    return Err(wrong("Perfetto takes thread 0 for none"));
                }
                let slice = (event.time, event.time + length);
                slices.entry(event.track).or_default().push(slice);
            }
            "C" => {
                event.counts().map_err(|why| wrong(&why))?;
                // A counter's line is drawn from point to point.
                let last = times.entry((event.track, event.name)).or_insert(0.0);
                if std::mem::replace(last, event.time) > event.time {
                    return Err(wrong("a counter goes back in time"));
                }
            }
            "i" => {
                let scope = event.all.get("s").and_then(Value::as_str);
                if !matches!(scope, Some("g" | "p" | "t")) {
                    return Err(wrong("a moment without a scope"));
                }
            }
            "s" | "f" => {
                let id = event.all.get("id").and_then(Value::as_u64);
                let (start, end) = flows.entry(id.ok_or_else(|| wrong("no id"))?).or_default();
                if event.ph == "f" && event.all.get("bp") != Some(&"e".into()) {
                    return Err(wrong("it ends at the next slice, not in its own"));
                }
                let side = if event.ph == "s" { start } else { end };
                let it = (event.name, event.cat, event.track, event.time);
                if side.replace(it).is_some() {
                    return Err(wrong("twice with one id"));
                }
            }
            _ => return Err(wrong("a phase that nobody has asked for")),
        }
    }
    for (track, slices) in &mut slices {
        let nanoseconds = slices.iter().map(|&(start, end)| {
            let start_time = (start * 1000.0).round();
            (start_time, start_time + ((end - start) * 1000.0).round())
        });
        let mut nanoseconds: Vec<_> = nanoseconds.collect();
        for (slices, unit) in [(slices, "µs"), (&mut nanoseconds, "ns")] {
            nested(slices).map_err(|why| format!("{why} {unit} on the track {track:?}"))?;
        }
    }
    for (id, flow) in &flows {
        leads(flow, &slices).map_err(|why| format!("{why}: the flow {id}, {flow:?}"))?;
    }
    Ok(())
}

impl<'a> Event<'a> {
    fn of(json: &'a Value) -> Result<Self, String> {
        let all = json.as_object().ok_or("not an object")?;
        let text = |name: &str| all.get(name).and_then(Value::as_str);
        let number = |name: &str| all.get(name).and_then(Value::as_u64);
        let ph = text("ph").ok_or("no phase")?;
        let time = match (ph, all.get("ts")) {
            ("M", None) => 0.0,
            (_, told) => time(told.ok_or("no time")?)?,
        };
        if !all["args"].is_object() {
            return Err("its args are no object".into());
        }
        let track = number("pid").zip(number("tid"));
        Ok(Self {
            ph,
            name: text("name")
                .filter(|name| !name.is_empty())
                .ok_or("no name")?,
            cat: text("cat"),
            track: track.ok_or("no process and thread")?,
            time,
            all,
        })
    }

    fn names_something(&self) -> Result<(), String> {
        let argument = match self.name {
            "process_name" | "thread_name" => self.all["args"]["name"].is_string(),
            "process_sort_index" | "thread_sort_index" => self.all["args"]["sort_index"].is_i64(),
            _ => return Err("metadata that the format does not know".into()),
        };
        argument.then_some(()).ok_or("it says nothing".into())
    }

    fn counts(&self) -> Result<(), String> {
        let series = self.all["args"].as_object().into_iter().flatten();
        let mut numbers = series.map(|(_, value)| value.is_number()).peekable();
        let counts = numbers.peek().is_some() && numbers.all(|is_number| is_number);
        counts.then_some(()).ok_or("it counts nothing".into())
    }
}

/// A moment, or a length of time.
fn time(json: &Value) -> Result<f64, String> {
    let microseconds = json.as_f64().ok_or("a time that is no number")?;
    if (0.0..9e15).contains(&microseconds) {
        Ok(microseconds)
    } else {
        Err("a time that cannot be".into())
    }
}

/// Viewers refuse, or draw wrongly, what overlaps in part. They add start and length as this does, Perfetto of both rounded to
/// nanoseconds: what ends together has to have the very same sum.
fn nested(slices: &mut [(f64, f64)]) -> Result<(), String> {
    slices.sort_by(|one, another| {
        one.0
            .total_cmp(&another.0)
            .then(another.1.total_cmp(&one.1))
    });
    let mut around: Vec<f64> = Vec::new();
    for &(start, end) in &*slices {
        while around.last().is_some_and(|&outer| outer <= start) {
            around.pop();
        }
        if let Some(outer) = around.last().filter(|&&outer| end > outer) {
            return Err(format!(
                "{start} to {end} reaches out of what ends at {outer}"
            ));
        }
        around.push(end);
    }
    Ok(())
}

/// A flow goes forward in time, and ends in a slice: where there is none, it is not drawn. What it begins in may have been
/// overwritten.
fn leads(
    (start, end): &Flow<'_>,
    slices: &BTreeMap<(u64, u64), Vec<(f64, f64)>>,
) -> Result<(), &'static str> {
    let (Some(start), Some(end)) = (start, end) else {
        return Err("it has one side");
    };
    if (start.0, start.1) != (end.0, end.1) {
        return Err("its sides have different names");
    }
    if start.3 > end.3 {
        return Err("it goes back in time");
    }
    let slices = slices.get(&end.2).map_or(&[][..], Vec::as_slice);
    let after = slices.partition_point(|&(start, _)| start <= end.3);
    // Slices within others come after them, so the one that ends last may be far before.
    let inside = slices[..after].iter().rev().any(|slice| slice.1 >= end.3);
    inside.then_some(()).ok_or("it ends in no slice")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(events: Value) -> Result<(), String> {
        check(&json!({ "traceEvents": events, "displayTimeUnit": "ns" }))
    }

    fn slice(tid: u64, ts: f64, dur: f64) -> Value {
        json!({ "ph": "X", "name": "a", "pid": 1, "tid": tid, "ts": ts, "dur": dur, "args": {} })
    }

    fn flow(ph: &str, tid: u64, ts: f64) -> Value {
        json!({ "ph": ph, "name": "wake", "cat": "flow", "pid": 1, "tid": tid, "ts": ts, "id": 7, "bp": "e", "args": {} })
    }

    #[test]
    fn what_lies_inside_or_beside_is_right() {
        let events = json!([
            slice(1, 0.0, 10.0),
            slice(1, 0.0, 5.0),
            slice(1, 5.0, 5.0),
            slice(1, 10.0, 1.0),
            slice(2, 1.0, 10.0),
            flow("s", 2, 2.0),
            flow("f", 1, 10.5),
        ]);
        assert_eq!(checked(events), Ok(()));
    }

    #[test]
    fn what_no_viewer_would_draw_is_told() {
        let mut negative = slice(1, 1.0, 1.0);
        negative["dur"] = json!(-1.0);
        let count = json!({ "ph": "C", "name": "a", "pid": 1, "tid": 0, "ts": 1, "args": {} });
        let unknown = json!({ "ph": "Z", "name": "a", "pid": 1, "tid": 0, "ts": 1, "args": {} });
        for (events, why) in [
            (
                json!([slice(1, 0.0, 10.0), slice(1, 5.0, 6.0)]),
                "reaches out",
            ),
            // The sum of the second is a little more than 0.3.
            (
                json!([slice(1, 0.0, 0.3), slice(1, 0.1, 0.2)]),
                "reaches out",
            ),
            (json!([negative]), "a time that cannot be"),
            (json!([slice(1, 1.0, 0.0)]), "it takes no time"),
            (json!([slice(0, 1.0, 1.0)]), "thread 0"),
            (json!([count]), "it counts nothing"),
            (json!([unknown]), "nobody has asked for"),
            (json!([flow("s", 1, 1.0)]), "it has one side"),
            (
                json!([flow("s", 1, 1.0), flow("f", 1, 2.0)]),
                "it ends in no slice",
            ),
            // Perfetto has 2 and 2 ns of the first, and 3 ns of where the second begins.
            (
                json!([slice(1, 0.0016, 0.0016), slice(1, 0.0032, 1.0)]),
                "ns on the track",
            ),
            (
                json!([slice(1, 0.0, 9.0), flow("s", 1, 2.0), flow("f", 1, 1.0)]),
                "back in time",
            ),
        ] {
            let told = checked(events).expect_err(why);
            assert!(told.contains(why), "{told}");
        }
    }
}
