//! What cannot be seen from outside the process. A process has one recording at a time, so there is one test.
#![allow(unsafe_code)]

use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{ptr, thread};

use super::{Settings, record};

const SIZE: usize = 64 * 1024;
const PAINT: u8 = 0xa5;

/// What a handler may use of std's 8 KiB, and the kernel's own part of it (the registers) is in it.
const MOST: usize = 6 * 1024;

#[test]
fn the_handler_leaves_room_on_the_stack_for_signals() {
    let worker = thread::Builder::new()
        .name("on-two-stacks".into())
        .spawn(|| {
            let mut painted = vec![PAINT; SIZE];
            let stack = libc::stack_t {
                ss_sp: painted.as_mut_ptr().cast(),
                ss_flags: 0,
                ss_size: SIZE,
            };
            let mut before = stack;
            // SAFETY: the memory lives until the former stack is set again.
            assert_eq!(unsafe { libc::sigaltstack(&stack, &mut before) }, 0);
            let end = Instant::now() + Duration::from_secs(3);
            let mut texts = 0;
            while Instant::now() < end {
                texts += String::from_utf8_lossy(&[b'x'; 4096]).len();
            }
            // SAFETY: it is what was there before.
            assert_eq!(unsafe { libc::sigaltstack(&before, ptr::null_mut()) }, 0);
            assert!(texts > 0);
            SIZE - painted.iter().take_while(|byte| **byte == PAINT).count()
        });
    let (_waiting, wanted) = mpsc::channel();
    let settings = Settings {
        duration: Duration::from_secs(1),
        hz: 1000,
        compare: true,
    };
    let recording = record(settings, &wanted, &mut ()).expect("nobody else handles SIGPROF");
    let used = worker.expect("a thread").join().expect("no panic");
    assert!((1..=MOST).contains(&used), "{used} bytes");
    println!("{used} bytes of the stack for signals used");

    let own = recording
        .samples
        .iter()
        .filter(|sample| sample.thread == "on-two-stacks");
    assert!(
        own.map(|sample| sample.weight).sum::<u64>() > 50,
        "{recording:?}"
    );
}
