//! The processor time of services that need a known one, each in a process of its own.

use std::env;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use nix::time::ClockId;

use crate::command::run;
use crate::stub::Stub;

/// What a request of the service takes, in milliseconds. It is no service without.
const MILLISECONDS: &str = "LOAD_TESTS_BURN_MS";

/// Far more than each request of a load, and its own: a login comes before it, and before what it booked is taken away.
const LOGIN: Duration = Duration::from_millis(400);

/// Uses up so much processor time, on a thread that ends then.
pub fn burn(time: Duration) {
    let clock = || Duration::from(ClockId::CLOCK_THREAD_CPUTIME_ID.now().unwrap());
    let burning = thread::spawn(move || while clock() < time {});
    burning.join().unwrap();
}

/// Not a test: what [`Service`] runs in its process.
#[test]
fn service() {
    let Ok(milliseconds) = env::var(MILLISECONDS) else {
        return;
    };
    let time = Duration::from_millis(milliseconds.parse().unwrap());
    let stub = Stub::with(|it| {
        it.burn = vec![
            ("POST /auth/login", LOGIN),
            ("GET /rooms/", time),
            ("POST /bookings", time),
        ];
    });
    eprintln!("{}", stub.url);
    // It ends with whoever has started it.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

struct Service {
    url: String,
    process: Child,
}

impl Service {
    /// One whose rooms and bookings take so long.
    fn taking(milliseconds: u64) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "processor::service", "--nocapture"])
            .env(MILLISECONDS, milliseconds.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let mut url = String::new();
        said.read_line(&mut url).unwrap();
        Self {
            url: url.trim().to_owned(),
            process,
        }
    }

    /// Milliseconds of processor time for each answer.
    #[track_caller]
    fn measured(&self, arguments: &str) -> f64 {
        let report = run("load", &format!("{arguments} --json --url {}", self.url)).json(0);
        report["processor_ns"].as_f64().unwrap() / 1e6
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

#[test]
fn the_processor_time_is_that_of_the_load_alone() {
    let service = Service::taking(5);
    let booked = service.measured("bookings --requests 20 --workers 2");
    assert!((5.0..10.0).contains(&booked), "{booked} ms");
    // Less than a tick of the kernel.
    let one = service.measured("room --requests 1 --workers 1");
    assert!((5.0..10.0).contains(&one), "{one} ms");
}

#[test]
fn a_comparison_tells_the_processor_time_of_both() {
    let (before, after) = (Service::taking(16), Service::taking(4));
    let arguments = format!(
        "room --requests 10 --workers 1 --rounds 1 --same --url {} --against {}",
        before.url, after.url
    );
    let report = run("load", &format!("{arguments} --json")).json(0);
    let of = |field: &str| report["processor"][field].as_f64().unwrap();
    assert!((16e6..24e6).contains(&of("before")), "{report}");
    assert!((4e6..8e6).contains(&of("after")), "{report}");
    assert!((2.0..6.0).contains(&of("ratio")), "{report}");

    let outcome = run("load", &arguments);
    let lines = outcome.text(0).lines();
    let names: Vec<_> = lines.filter_map(|line| line.split(' ').next()).collect();
    let end = ["p99", "processor", "", "throughput", "p50"];
    assert!(names.ends_with(&end), "{outcome:?}");
}
