//! What a client of Go's gops sends, and what it makes of the answers: it sends one byte, with what belongs to it, and reads
//! until the connection ends.

use std::fs;
use std::io::Read as _;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::service::{Service, runtime_folder, write};

fn ask(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let limit = Some(Duration::from_secs(300));
    stream.set_read_timeout(limit).expect("a time limit");
    write(&mut stream, bytes);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the answer's end");
    answer
}

pub fn answers() {
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("gops", &runtime);
    let address = service.gops.expect("an address");
    assert_eq!(service.record()["gops"], address.to_string());
    // gops finds it by the process's number.
    let port_file = runtime.join("gops").join(service.pid().to_string());
    assert_eq!(
        fs::read_to_string(&port_file).expect("a file"),
        address.port().to_string()
    );

    let text = |bytes: &[u8]| String::from_utf8(ask(address, bytes)).expect("text");
    let is_gzip = |bytes: &[u8]| assert_eq!(ask(address, bytes)[..2], [0x1f, 0x8b]);
    assert!(text(&[0x02]).contains("returned"));
    let memstats = text(&[0x03]);
    for line in [
        "\nmallocs: ",
        "\nheap-alloc: ",
        "num-gc: none, because ",
        "enable-gc: none, because ",
    ] {
        assert!(memstats.contains(line), "{line:?}: {memstats}");
    }
    assert!(memstats.starts_with("alloc: "));
    // As many lines as gops prints, and three more.
    assert_eq!(memstats.lines().count(), 31 + 3);
    assert!(text(&[0x04]).contains("rustc 1."));
    let stats = text(&[0x07]);
    assert!(
        stats.contains("tasks alive: 0\nworkers: 3\n") && stats.contains("\nOS threads: "),
        "{stats}"
    );
    if cfg!(feature = "profile") {
        assert!(text(&[0x01]).contains("thread "));
        is_gzip(&[0x05]);
        assert_eq!(ask(address, &[0x08])[0], b'{');
    }
    assert!(text(&[0x09]).contains("The program is not sent"));
    // With 50 as Go's varint; and off, which is -1.
    for percent in [&[0x10, 100][..], &[0x10, 1]] {
        assert!(text(percent).contains("no garbage collector"));
    }
    // It writes ten bytes of room, of which the number takes one.
    assert!(text(&[0x10, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0]).contains("no garbage collector"));
    service.end();
    assert!(!port_file.exists());
}

/// Bounded; `DIAGNOSTICS_GOPS_INPUTS` has another number tried.
pub fn fuzz() {
    let inputs = std::env::var("DIAGNOSTICS_GOPS_INPUTS").ok();
    let inputs: u32 = inputs.map_or(2000, |number| number.parse().expect("a number"));
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("gops", &runtime);
    let address = service.gops.expect("an address");
    let mut random = fastrand::Rng::with_seed(17);
    for _ in 0..inputs {
        let mut bytes: Vec<u8> = (0..random.usize(0..40)).map(|_| random.u8(..)).collect();
        // What takes seconds is tried above, and stacks take a tenth.
        if let Some(first) = bytes.first_mut()
            && [1, 5, 6, 8].contains(first)
        {
            *first = 2;
        }
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(300)))
            .expect("a time limit");
        write(&mut stream, &bytes);
        // Some wait for the answer, some say that there is no more to come, and some are gone.
        match random.u8(0..3) {
            0 if !bytes.is_empty() => {}
            0 | 1 => drop(stream.shutdown(Shutdown::Write)),
            _ => continue,
        }
        // It may take back what was sent to it in vain.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let stats = crate::http::get(service.http, "/debug/runtime");
    assert_eq!(stats.status, 200);
    assert!(
        String::from_utf8(ask(address, &[0x07]))
            .expect("text")
            .contains("workers: 3")
    );
}
