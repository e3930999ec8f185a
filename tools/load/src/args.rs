//! The options of `cargo load`.

use std::time::Duration;

use time::Date;

use crate::api::Kind;
use crate::compare::Rounds;
use crate::plan::parse_day;
use crate::service::Job;
use crate::target::Target;

/// An open loop needs connections for the requests that come in while others wait.
pub(crate) const OPEN_LOOP_WORKERS: u16 = 64;

const EXAMPLES: &str = "\
Examples:
  cargo load bookings
  cargo load room --requests 5000 --rate 500
  cargo load mixed --url http://127.0.0.1:8081 --workers 64 --json
  cargo load room --rate 200 --requests 1000 --logins 70
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

Processor time (the row `processor`, processor_ns): what all threads of the process that listens there had of
the processors from the first request to the last answer, in the program and in the kernel for it, divided by
the answers. It is read from the process's clock, which counts nanoseconds, so a short load will do. What the
process does beside the requests is in it; what others do for it, such as a database's server, is not. It is
unknown, and the row left out, with --logins, which would be in it; when the process has ended; where it is
another user's or in another container; and on systems other than Linux.

Mixed: of every 1000 requests, in an order that is always the same, 450 are GET /rooms/{id}, 150 GET /rooms with
a day, 90 GET /bookings/{id}, 150 POST /bookings, 150 DELETE /bookings/{id} and 10 POST /auth/login.
A few bookings are made before the measurement so that a deletion always finds one. A token is valid for half
an hour; a mixed load goes on with that of its latest login, so it may take longer, other loads that need one may not.

Logins (--logins): before the load, the service at --url gets 40 logins in a closed loop of two for each core, which
tells how many a second it can do. Meanwhile logins come in at that many per cent of it, an open loop, to each
of two services at the same rate. They begin a second before the load and are in none of its figures; if one fails, so
does the load.

Traces: `bookings` and `mixed` book as a user of their own, `cargo-load`, on days from the year 3000 on, and take their
bookings away again when they end. All others change nothing.

Ending it (Ctrl-C, SIGTERM): what was measured so far is printed. Requests that were due and have no answer yet
count with their age, the least that their latency would have been: a service that stands still is not fast.

The exit code is 0 when every request got the answer that is right for it, 1 when one did not, 2 for a bad
option, 130 or 143 when Ctrl-C or SIGTERM ended it.

Fields of --json (one object; *_ns are nanoseconds with three significant digits):
  kind, url, workers          as given
  program                     the program that listens there, null if it is somebody else's
  loop                        \"closed\" or \"open\"
  rate_per_second             as given, null in a closed loop
  requests                    as given
  logins                      those that come in meanwhile: {percent, per_second}, null without
  interrupted                 true if a signal ended the run, or the service went away
  first_day, last_day         the days that were booked, null if none
  elapsed_seconds             from the first request's start to the last answer, or to the end if interrupted
  answers                     answers of any status
  throughput_per_second       answers / elapsed_seconds
  received_bytes              size of all the answers' bodies
  connections_opened          more than workers if the service closed some
  latency_ns                  {p50, p90, p99, max} over answers, timeouts and unanswered, null without any
  start_delay_ns              the same of the time between a request's due time and its start; open loop only
  processor_ns                processor time of the service for each answer, to the nanosecond; null if unknown
  statuses                    {\"201\": count, ...}
  operations                  [{operation, expected_status, statuses, latency_ns}, ...]
  unexpected                  {count, example}: answers with a status other than the expected one
  failures                    {connection, timeout, not_sent, example}: requests that can get no answer
  unanswered                  {count, oldest_ns}: requests that were due when the run was interrupted, and
                              how long the oldest of them had waited

Fields of --json with --against:
  kind, rounds, requests      as given
  logins                      as above
  before, after               each service: its program and its address
  throughput, p50, p90, p99   {before, after, ratio, smallest, largest}; requests per second, nanoseconds
  processor                   the same of processor_ns, null if a round has none";

/// Puts a load on a running coworking app and prints throughput and latencies.
///
/// It logs in where the calls need it, and sends each worker's requests over a connection of its own. What it books, it
/// books as a user of its own, and takes away again.
#[derive(Debug, clap::Parser)]
#[command(name = "cargo load", bin_name = "cargo load", version, after_help = EXAMPLES, after_long_help = format!("{DETAILS}\n\n{EXAMPLES}"))]
pub struct Args {
    /// What to send.
    #[arg(value_enum, value_name = "KIND")]
    kind: Kind,

    /// Where the app listens, on this machine.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", value_parser = Target::parse)]
    url: Target,

    /// Another service to compare with: both get the load in turn, and the ratios are printed.
    #[arg(long, value_name = "URL", value_parser = Target::parse)]
    pub(crate) against: Option<Target>,

    #[command(flatten)]
    pub(crate) rounds: Rounds,

    /// How many requests to send.
    #[arg(long, value_name = "N", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    requests: u64,

    /// How many connections send at the same time [default: one per core, 64 with --rate].
    #[arg(long, value_name = "W", value_parser = clap::value_parser!(u16).range(1..=4096))]
    workers: Option<u16>,

    /// Requests per second, sent when they are due however slow the answers are (an open loop).
    #[arg(long, value_name = "R", value_parser = parse_rate)]
    rate: Option<f64>,

    /// Let logins come in meanwhile, at so many per cent of what the service at --url can do (an open loop).
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=99))]
    pub(crate) logins: Option<u8>,

    /// Print one JSON object instead of text.
    #[arg(long)]
    pub(crate) json: bool,

    /// Ask `rooms` for the availability on this day.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    day: Option<Date>,

    /// How many seconds to wait for an answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

impl Args {
    /// What one service gets.
    pub(crate) fn job(&self) -> Job {
        let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get() as u16);
        Job {
            kind: self.kind,
            url: self.url.clone(),
            requests: self.requests,
            workers: self.workers.unwrap_or_else(|| match self.rate {
                Some(_) => OPEN_LOOP_WORKERS,
                None => cores(),
            }),
            rate: self.rate,
            logins: None,
            day: self.day,
            timeout: Duration::from_secs(self.timeout),
        }
    }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("give requests per second, from 0.001 to 1000000".into()),
    }
}
