//! Points in time, in the time zone of this machine, and durations.

use std::env;

use tz::{DateTime, TimeZone};

/// As `2026-11-25 13:45:45 UTC`.
pub fn to_the_second(nanoseconds: i64) -> String {
    let time = local(nanoseconds);
    let zone = zone_name(&time);
    format!("{} {zone}", date_and_time(&time))
}

/// As `2026-11-25 13:45:45.123 +0000 UTC`.
pub fn exactly(nanoseconds: i64) -> String {
    let time = local(nanoseconds);
    let fraction = format!(".{:09}", time.nanoseconds());
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!(
        "{}{fraction} {} {}",
        date_and_time(&time),
        offset(&time),
        zone_name(&time)
    )
}

fn local(nanoseconds: i64) -> DateTime {
    let zone = match env::var("TZ").as_deref() {
        Ok("") => Ok(TimeZone::utc()),
        Ok(name) => TimeZone::from_posix_tz(name),
        Err(_) => TimeZone::local(),
    };
    let zone = zone.unwrap_or_else(|_| TimeZone::utc());
    let seconds = nanoseconds.div_euclid(1_000_000_000);
    let rest = nanoseconds.rem_euclid(1_000_000_000) as u32;
    let time = DateTime::from_timespec(seconds, rest, zone.as_ref());
    time.or_else(|_| DateTime::from_timespec(seconds, rest, TimeZone::utc().as_ref()))
        .expect("64 bits of nanoseconds are within 292 years of 1970")
}

fn date_and_time(time: &DateTime) -> String {
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        time.year(),
        time.month(),
        time.month_day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

fn offset(time: &DateTime) -> String {
    let minutes = time.local_time_type().ut_offset() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

fn zone_name(time: &DateTime) -> String {
    match time.local_time_type().time_zone_designation() {
        "" => offset(time),
        name => name.to_owned(),
    }
}

/// As `1h2m3.5s`, `30ms`, `1.5µs`.
pub fn duration(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let all = nanoseconds.unsigned_abs();
    // As many digits after the point as there are.
    let in_units = |unit: u64| {
        let digits = unit.ilog10() as usize;
        let number = format!("{}.{:0digits$}", all / unit, all % unit);
        number
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    };
    let text = match all {
        0 => "0s".into(),
        1..1_000 => format!("{all}ns"),
        1_000..1_000_000 => format!("{}µs", in_units(1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", in_units(1_000_000)),
        _ => {
            let (minutes, rest) = (all / 60_000_000_000, all % 60_000_000_000);
            let seconds = format!("{}.{:09}", rest / 1_000_000_000, rest % 1_000_000_000);
            let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations_are_written_as_go_writes_them() {
        for (nanoseconds, text) in [
            (0, "0s"),
            (999, "999ns"),
            (1_500, "1.5µs"),
            (30_000_000, "30ms"),
            (5_113_000_000, "5.113s"),
            (-61_000_000_000, "-1m1s"),
            (3_600_000_000_000, "1h0m0s"),
        ] {
            assert_eq!(super::duration(nanoseconds), text);
        }
    }
}
