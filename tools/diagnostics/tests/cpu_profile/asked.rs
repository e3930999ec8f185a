//! What the pages answer: headers, parameters, one at a time.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use test_tools::{Ran, eventually};

use crate::accuracy::decoded;
use crate::pprof;
use crate::service::Service;

pub const TESTS: &[(&str, fn())] = &[
    ("headers_and_parameters", headers_and_parameters),
    ("addresses_alone", addresses_alone),
    ("a_flame_graph", a_flame_graph),
    (
        "pprof_asks_the_service_itself",
        pprof_asks_the_service_itself,
    ),
    ("one_of_fifty", one_of_fifty),
    ("whoever_goes_away_ends_it", whoever_goes_away_ends_it),
    (
        "a_handler_of_the_programs_own_stays",
        a_handler_of_the_programs_own_stays,
    ),
];

fn headers_and_parameters() {
    let service = Service::start("three lines");
    let answer = service.get("/debug/pprof/profile?seconds=1");
    assert_eq!(answer.status, 200);
    for header in [
        "content-type: application/octet-stream",
        "content-disposition: attachment; filename=\"profile\"",
        "x-content-type-options: nosniff",
    ] {
        assert!(answer.head.contains(header), "{}", answer.head);
    }
    let profile = decoded(&answer.bytes);
    let types: Vec<_> = profile
        .sample_types
        .iter()
        .map(|one| (profile.text(one.kind), profile.text(one.unit)))
        .collect();
    assert_eq!(types, [("samples", "count"), ("cpu", "nanoseconds")]);
    assert_eq!(profile.period, 1_000_000_000 / 99);
    assert!(profile.duration_nanos >= 1_000_000_000 && profile.time_nanos > 0);
    let program = &profile.mappings[0];
    assert!(program.has_functions && program.has_line_numbers && program.has_inline_frames);
    assert!(!profile.text(program.build_id).is_empty());
    for text in [
        "taken, 0 dropped",
        "threads; without a timer",
        "Processor time",
        "The profile itself took",
    ] {
        pprof::comment(&profile, text);
    }

    for (page, query, told) in [
        ("profile", "seconds=0", "from 1 to 300"),
        ("profile", "seconds=301", "from 1 to 300"),
        ("profile", "hz=1001", "from 1 to 1000"),
        ("profile", "sec=1", "seconds, hz, symbolize, compare"),
        ("flamegraph", "seconds=abc", "from 1 to 300"),
    ] {
        let answer = service.get(&format!("/debug/pprof/{page}?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.body.contains(told), "{query}: {}", answer.body);
    }
}

fn addresses_alone() {
    let profile = decoded(&Service::start("three lines").profile("seconds=1&symbolize=0"));
    assert!(!profile.samples.is_empty() && profile.functions.is_empty());
    let program = &profile.mappings[0];
    assert!(!program.has_functions && !profile.text(program.build_id).is_empty());
    let inside = |address| (program.start..program.limit).contains(&address);
    assert!(
        profile
            .locations
            .iter()
            .any(|location| inside(location.address))
    );
}

fn a_flame_graph() {
    let service = Service::start("three lines");
    let answer = service.get("/debug/pprof/flamegraph?seconds=1&x=1&y=2");
    assert_eq!(answer.status, 200);
    assert!(
        answer.head.contains("content-type: image/svg+xml"),
        "{}",
        answer.head
    );
    // Its script runs, and nothing is fetched.
    let policy = "content-security-policy: default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline';";
    assert!(answer.head.contains(policy), "{}", answer.head);
    for drawn in ["work::three_lines", "three-lines", "<script", "</svg>"] {
        assert!(answer.body.contains(drawn), "{drawn}");
    }
    let idle = Service::start("idle").get("/debug/pprof/flamegraph?seconds=1");
    assert_eq!(idle.status, 200);
    assert!(idle.body.contains("</svg>"), "{}", idle.body);
}

fn pprof_asks_the_service_itself() {
    let service = Service::start("three lines");
    let url = format!("http://{}/debug/pprof/profile?seconds=2", service.address);
    let top = |url: &str| {
        let mut pprof = pprof::needed()?;
        let folder = tempfile::tempdir().expect("a folder");
        pprof.env("PPROF_TMPDIR", folder.path());
        // Without a word it waits little longer than the profile takes: too short where other tests run beside.
        Some(Ran::of(pprof.args(["-timeout", "300", "-top", url])).expect(0))
    };
    let Some(ran) = top(&url) else { return };
    ran.printed("work::spin_with");
    ran.printed("Type: cpu");
    // Then it asks for names, too, after it has looked for them in the program's file.
    let ran = top(&format!("{url}&symbolize=0")).expect("it is there");
    ran.printed("Type: cpu");
}

fn one_of_fifty() {
    let service = Service::start("three lines");
    let answers = thread::scope(|scope| {
        let asked: Vec<_> = (0..50)
            .map(|_| scope.spawn(|| service.get("/debug/pprof/profile?seconds=4&symbolize=0")))
            .collect();
        let answers = asked.into_iter().map(|one| one.join().expect("an answer"));
        answers.collect::<Vec<_>>()
    });
    let refused: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 409)
        .collect();
    let had = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((had, refused.len()), (1, 49));
    for answer in refused {
        assert!(answer.body.contains("more; ask again"), "{}", answer.body);
        assert!(answer.head.contains("retry-after: "), "{}", answer.head);
    }
}

fn whoever_goes_away_ends_it() {
    let service = Service::start("three lines");
    let ask = || {
        service
            .get("/debug/pprof/profile?seconds=1&symbolize=0")
            .status
    };
    let mut client = TcpStream::connect(service.address).expect("the listener accepts");
    client
        .write_all(b"GET /debug/pprof/profile?seconds=300 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .expect("a request");
    eventually("the first is running", || {
        thread::sleep(Duration::from_millis(100));
        ask() == 409
    });
    drop(client);
    eventually("another one can be had", || ask() == 200);
}

fn a_handler_of_the_programs_own_stays() {
    let service = Service::start("own handler");
    let answer = service.get("/debug/pprof/profile?seconds=1");
    assert_eq!(answer.status, 501, "{}", answer.body);
    assert!(
        answer.body.contains("SIGPROF handler of its own"),
        "{}",
        answer.body
    );
    // SAFETY: it takes numbers.
    assert_eq!(unsafe { libc::kill(service.id(), libc::SIGPROF) }, 0);
    service.ends_well();
}
