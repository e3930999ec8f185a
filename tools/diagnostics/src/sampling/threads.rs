//! The threads of this process, as the kernel has them, and where each is now.

use std::time::Duration;
use std::{fs, thread};

use super::stacks::remote;

/// A signal that is blocked each time that one looks is kept so.
const READINGS: u32 = 3;
const BETWEEN_READINGS: Duration = Duration::from_micros(500);

/// A thread.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) number: u64,
    /// The first 15 bytes of the name that it was given.
    pub(crate) name: String,
    /// The kernel's letter for what it does: `R` for one that has a processor or waits for one, `S` and `D` for those that
    /// wait for something else, `T` for one that was stopped.
    pub(crate) state: char,
    /// Where in the kernel it waits, where the kernel tells.
    pub(crate) waits_in: Option<String>,
    /// Its stack, the innermost frame first; or why there is none.
    pub(crate) stack: Result<Vec<usize>, String>,
}

impl Thread {
    /// Whether it has a processor, or waits for one.
    pub(crate) fn is_on_cpu(&self) -> bool {
        self.state == 'R'
    }
}

/// All of them but the calling one, by their numbers. Each is interrupted for some microseconds to say where it is.
pub(crate) fn read() -> Vec<Thread> {
    let own = fs::read_link("/proc/thread-self").ok();
    let own = own.and_then(|path| path.file_name()?.to_str()?.parse().ok());
    let entries = fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let mut numbers: Vec<u64> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|number| Some(*number) != own)
        .collect();
    numbers.sort_unstable();
    numbers.into_iter().filter_map(of).collect()
}

fn of(number: u64) -> Option<Thread> {
    let read = |file: &str| fs::read_to_string(format!("/proc/self/task/{number}/{file}")).ok();
    // None if it has ended meanwhile.
    let (name, stat) = (read("comm")?, read("stat")?);
    // The name may have anything in it, but is in brackets.
    let (_, state) = stat.rsplit_once(") ")?;
    let place = read("wchan").unwrap_or_default();
    Some(Thread {
        number,
        name: name.trim_end().to_owned(),
        state: state.chars().next()?,
        waits_in: (!["", "0"].contains(&place.trim())).then(|| place.trim().to_owned()),
        stack: match keeps_the_signal_blocked(|| read("status").unwrap_or_default()) {
            true => Err("the thread has blocked the signal that asks for it".into()),
            false => remote::of_thread(number),
        },
    })
}

/// As jemalloc's own threads do. Asking one takes as long as patience lasts. A thread that says for a CPU profile where it is,
/// or has just been started, blocks it for some microseconds only.
fn keeps_the_signal_blocked(status: impl Fn() -> String) -> bool {
    (0..READINGS).all(|reading| {
        if reading > 0 {
            thread::sleep(BETWEEN_READINGS);
        }
        blocks_the_signal(&status())
    })
}

fn blocks_the_signal(status: &str) -> bool {
    let mut lines = status.lines();
    let blocked = lines.find_map(|line| line.strip_prefix("SigBlk:"));
    let blocked = blocked.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    blocked.is_some_and(|set| set & (1 << (libc::SIGPROF - 1)) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_signal_is_known() {
        assert!(blocks_the_signal(
            "Name:\tjemalloc_bg_thd\nSigBlk:\tfffffffe7ffbfeff\n"
        ));
        assert!(!blocks_the_signal(
            "SigPnd:\tffffffffffffffff\nSigBlk:\t0000000000000000\n"
        ));
        assert!(!blocks_the_signal(""));
        let blocked = || "SigBlk:\tffffffffffffffff\n".to_owned();
        assert!(keeps_the_signal_blocked(blocked));
        let readings = std::cell::Cell::new(0);
        let for_a_moment = || match readings.replace(readings.get() + 1) {
            0 => blocked(),
            _ => String::new(),
        };
        assert!(!keeps_the_signal_blocked(for_a_moment));
    }
}
