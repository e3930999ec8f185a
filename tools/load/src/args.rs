//! The options of `cargo load`.

use std::time::Duration;

use clap::ValueEnum;
use time::Date;

use crate::calendar;
use crate::target::Target;

/// The user that every new database has.
const USER: &str = "ipesenti";
const PASSWORD: &str = "abcd1234!!";

const EXAMPLES: &str = "\
Examples:
  cargo load bookings
  cargo load room --requests 5000 --rate 500
  cargo load mixed --url http://127.0.0.1:8081 --workers 64 --json
  cargo load my-bookings --requests 400 --against http://127.0.0.1:8081";

const DETAILS: &str = "\
Closed loop (the default): each worker sends its next request when the former one is answered. That finds
out how much the service can do. It is no way to find out how long people wait: while the service stands
still, no request is sent, so a pause of a second costs each worker one slow request and hides all those
that would have come in meanwhile (coordinated omission).

Open loop (--rate): request number i is due at start + i / RATE, however slow the answers are, and its
latency counts from that moment. When all workers wait for an answer, a request waits until one of them is
free, and that time is part of its latency (the line `start delay` says how much of it that was). So a pause
of a second is seen by every request that was due in it.

Comparing (--against): both services get the same load in turn, --rounds times, and the order changes from
round to round, so that both meet the same machine. `before` is --url, `after` is --against; each column is
the median of its rounds. A ratio is taken within each round (above 1x: `after` is better), and the ratio
shown is the median of these, with the smallest and the largest beside it.

Mixed: of every 1000 requests, in an order that --seed decides, 450 are GET /rooms/{id}, 150 GET /rooms with
a day, 90 GET /bookings/{id}, 200 POST /bookings, 100 DELETE /bookings/{id} and 10 POST /auth/login.
A few bookings are made before the measurement so that a deletion always finds one.

The exit code is 0 when every request got the answer that is right for it, 1 when one did not, 2 for a bad
option, 130 or 143 when Ctrl-C or SIGTERM ended it (what was measured so far is printed).

Fields of --json (one object; *_ns are nanoseconds with three significant digits):
  kind, url, workers          as given
  loop                        \"closed\" or \"open\"
  rate_per_second             as given, null in a closed loop
  requests                    as given
  interrupted                 true if a signal ended the run, or the service went away
  first_day, last_day         the days that were to be booked, null if none
  elapsed_seconds             from the first request's start to the last answer
  answers                     answers of any status
  throughput_per_second       answers / elapsed_seconds
  received_bytes              size of all the answers' bodies
  connections_opened          more than workers if the service closed some
  latency_ns                  {p50, p90, p99, max, mean} over all answers and timeouts, null without any
  start_delay_ns              the same of the time between a request's due time and its start; open loop only
  statuses                    {\"201\": count, ...}
  operations                  [{operation, expected_status, statuses, latency_ns}, ...]
  unexpected                  {count, example}: answers with a status other than the expected one
  failures                    {connection, timeout, not_sent, example}: requests without an answer

Fields of --json with --against:
  kind, rounds, requests      as given
  before, after               the address of each service
  throughput, p50, p90, p99   {before, after, ratio, smallest, largest}; requests per second, nanoseconds";

/// Puts a load on a running coworking app and prints throughput and latencies.
///
/// It logs in where the calls need it, and sends each worker's requests over a connection of its own.
#[derive(Debug, clap::Parser)]
#[command(name = "cargo load", bin_name = "cargo load", version, after_help = EXAMPLES, after_long_help = format!("{DETAILS}\n\n{EXAMPLES}"))]
pub struct Args {
    /// What to send.
    #[arg(value_enum, value_name = "KIND")]
    pub kind: Kind,

    /// Where the app listens.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", value_parser = Target::parse)]
    pub url: Target,

    /// Another service to compare with: both get the load in turn, and the ratios are printed.
    #[arg(long, value_name = "URL", value_parser = Target::parse)]
    pub against: Option<Target>,

    /// How many times each of the two services gets the load.
    #[arg(long, value_name = "N", default_value_t = 3, requires = "against", value_parser = clap::value_parser!(u8).range(1..=99))]
    pub rounds: u8,

    /// How many requests to send.
    #[arg(long, value_name = "N", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub requests: u64,

    /// How many connections send at the same time [default: one per core, 64 with --rate].
    #[arg(long, value_name = "W", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub workers: Option<u16>,

    /// Requests per second, sent when they are due however slow the answers are (an open loop).
    #[arg(long, value_name = "R", value_parser = parse_rate)]
    pub rate: Option<f64>,

    /// Print one JSON object instead of text.
    #[arg(long)]
    pub json: bool,

    /// Who books.
    #[arg(long, value_name = "NAME", default_value = USER)]
    pub user: String,

    /// The user's password.
    #[arg(long, value_name = "PASSWORD", default_value = PASSWORD)]
    pub password: String,

    /// Sign the user up first; it is fine if the user exists.
    #[arg(long)]
    pub sign_up: bool,

    /// The first day to book [default: the day after the user's latest booking, tomorrow at the earliest].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    pub first_day: Option<Date>,

    /// Ask `rooms` for the availability on this day.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    pub day: Option<Date>,

    /// Decides the order of the requests of `mixed`; the same seed gives the same order.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,

    /// How many seconds to wait for an answer.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = parse_timeout)]
    pub timeout: Duration,

    /// Allow a host other than this machine: only ever load a service that is yours.
    #[arg(long)]
    pub allow_remote: bool,
}

impl Args {
    /// The seeded user's requests of one kind over one connection, for those who measure something else.
    pub fn one_by_one(kind: Kind, url: Target, requests: u64, day: Option<Date>) -> Self {
        Self {
            kind,
            url,
            against: None,
            rounds: 1,
            requests,
            workers: Some(1),
            rate: None,
            json: false,
            user: USER.to_owned(),
            password: PASSWORD.to_owned(),
            sign_up: false,
            first_day: None,
            day,
            seed: 1,
            timeout: Duration::from_secs(30),
            allow_remote: false,
        }
    }
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// POST /bookings, each for another room or day.
    Bookings,
    /// GET /rooms.
    Rooms,
    /// GET /rooms/{id}, one room after the other.
    Room,
    /// GET /imgs/{file}, always the same picture.
    Picture,
    /// GET /bookings.
    MyBookings,
    /// POST /auth/login.
    Logins,
    /// Reads, bookings, deletions and logins.
    Mixed,
}

impl Kind {
    /// The word that the command line takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bookings => "bookings",
            Self::Rooms => "rooms",
            Self::Room => "room",
            Self::Picture => "picture",
            Self::MyBookings => "my-bookings",
            Self::Logins => "logins",
            Self::Mixed => "mixed",
        }
    }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("give requests per second, from 0.001 to 1000000".into()),
    }
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.001..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("give seconds, from 0.001 to 3600".into()),
    }
}

pub fn parse_day(text: &str) -> Result<Date, String> {
    calendar::parse_day(text).ok_or_else(|| "give a day that exists, such as 2027-01-31".into())
}

#[cfg(test)]
mod tests {
    use clap::{Parser as _, ValueEnum as _};

    use super::{Args, Kind};

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split(' '))
    }

    #[test]
    fn names_are_what_the_command_line_takes() {
        for kind in Kind::value_variants() {
            assert_eq!(parse(&format!("load {}", kind.name())).unwrap().kind, *kind);
        }
    }

    #[test]
    fn refuses_values_out_of_range() {
        for line in [
            "load nothing",
            "load rooms --requests 0",
            "load rooms --workers 0",
            "load rooms --rate 0",
            "load rooms --rate -5",
            "load rooms --rate NaN",
            "load rooms --rate inf",
            "load rooms --timeout 0",
            "load rooms --day 2026-02-30",
            "load bookings --first-day tomorrow",
            "load rooms --url https://localhost",
        ] {
            let error = parse(line).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }
}
