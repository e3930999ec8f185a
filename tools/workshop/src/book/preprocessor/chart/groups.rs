//! Which bars stand together, and the same in words.

use super::readings::Reading;
use super::unit::Unit;

/// A group's name and its readings, each with the number of its series.
pub type Group<'a> = (Option<&'a str>, Vec<(&'a Reading, usize)>);

/// Groups and series are in the order in which the capture names them first.
pub fn groups(readings: &[Reading]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut series: Vec<&str> = Vec::new();
    for reading in readings {
        let colour = series
            .iter()
            .position(|name| *name == reading.series)
            .unwrap_or_else(|| {
                series.push(&reading.series);
                series.len() - 1
            });
        let name = reading.group.as_deref();
        match groups.iter_mut().find(|(other, _)| *other == name) {
            Some((_, members)) => members.push((reading, colour)),
            None => groups.push((name, vec![(reading, colour)])),
        }
    }
    groups
}

/// The chart in words, for those who do not see it.
pub fn told(groups: &[Group<'_>], unit: &Unit<'_>, notes: Option<&str>) -> String {
    let mut told = format!("Bars of {}", unit.title());
    if let Some(notes) = notes {
        told.push_str(&format!(", {notes}"));
    }
    told.push('.');
    for (name, members) in groups {
        let members = members.iter().map(|(reading, _)| {
            let amount = unit.readable(unit.basic(reading.value));
            format!("{} {amount}", reading.series)
        });
        let members: Vec<_> = members.collect();
        let name = name.map(|name| format!("{name}: ")).unwrap_or_default();
        told.push_str(&format!(" {name}{}.", members.join(", ")));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(group: &str, series: &str, value: f64) -> Reading {
        Reading {
            group: Some(group.to_owned()),
            series: series.to_owned(),
            value,
        }
    }

    #[test]
    fn a_group_is_where_it_was_named_first_and_series_keep_their_numbers() {
        let readings = [
            reading("1", "a", 1.0),
            reading("2", "b", 2.0),
            reading("1", "b", 3.0),
        ];
        let groups = groups(&readings);
        let shown = groups.iter().map(|(name, members)| {
            let members = members
                .iter()
                .map(|(reading, series)| (reading.value, *series));
            (name.unwrap(), members.collect::<Vec<_>>())
        });
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [("1", vec![(1.0, 0), (3.0, 1)]), ("2", vec![(2.0, 1)])]
        );
    }

    #[test]
    fn it_tells_all_values_in_words() {
        let readings = [
            reading("1", "a", 70_512_345.0),
            reading("1", "b", 0.0),
            reading("2", "a", 500.0),
        ];
        let told = told(&groups(&readings), &Unit::of("ns/op"), Some("logarithmic"));
        assert_eq!(
            told,
            "Bars of time per operation, logarithmic. 1: a 70.5 ms, b 0 ns. 2: a 500 ns."
        );
    }
}
