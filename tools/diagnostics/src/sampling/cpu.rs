//! CPU profiles: where the process spends its processor time, sampled.
//!
//! Each thread has a timer on its own CPU clock, which interrupts it after each so many nanoseconds of work, and a
//! signal handler that takes its stack. A thread that waits is not interrupted. It needs no privilege: no
//! `perf_event_open`, no `ptrace`.
//!
//! | | |
//! |---|---|
//! | [`record()`] | runs for as long as is asked, on a thread of its own: finds threads, arms timers, collects samples |
//! | [`session`] | what the signal handler does, and what it shares with the recording thread |
//! | [`ring`] | samples on their way from the handlers to the recording thread |
//! | [`threads`] | which threads there are, their clocks and timers |
//! | [`weigh`] | samples into nanoseconds |

mod record;
mod ring;
mod session;
mod threads;
mod timer;
mod weigh;

use std::time::Duration;

pub(crate) use record::record;

use crate::sampling::labels::Label;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) duration: Duration,
    /// Samples for each second of processor time.
    pub(crate) hz: u32,
    /// Whether each stack is walked by call frame information all the way, too, and compared.
    pub(crate) compare: bool,
}

impl Settings {
    fn period(&self) -> Duration {
        Duration::from_secs(1) / self.hz
    }
}

/// What was recorded.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) samples: Vec<Sample>,
    pub(crate) facts: Facts,
}

/// All samples of the same stack with the same label, on threads of the same name.
#[derive(Debug)]
pub(crate) struct Sample {
    /// Addresses, the innermost frame first; all but the first are return addresses minus one.
    pub(crate) stack: Box<[usize]>,
    /// The name of its threads, as the kernel has it: at most 15 bytes.
    pub(crate) thread: String,
    pub(crate) label: Label,
    /// How many expiries of timers it stands for.
    pub(crate) weight: u64,
    /// The processor time that it stands for.
    pub(crate) nanoseconds: u64,
}

/// Who follows a recording while it runs.
pub(crate) trait Follow {
    /// Samples are taken from now on.
    fn started(&mut self) {}

    fn sampled(&mut self, _sample: Timed<'_>) {}
}

/// Nobody does.
impl Follow for () {}

/// One sample, when it comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timed<'a> {
    /// In the flight recorder's ticks.
    pub(crate) time: u64,
    /// The kernel's number of the thread.
    pub(crate) thread: u64,
    /// As in [`Sample::stack`].
    pub(crate) stack: &'a [usize],
}

/// What has to be known to judge the samples.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// How long it lasted.
    pub(crate) duration: Duration,
    pub(crate) hz: u32,
    /// Stacks taken.
    pub(crate) taken: u64,
    /// Stacks lost since the recording thread did not fetch them in time.
    pub(crate) dropped: u64,
    /// Stacks lost since the recording had no memory left for further different ones.
    pub(crate) forgotten: u64,
    /// Stacks with more frames than are kept; their outermost ones are missing.
    pub(crate) cut: u64,
    /// Threads that were looked at.
    pub(crate) threads: u64,
    pub(crate) no_timer: NoTimer,
    /// Processor time of the process meanwhile.
    pub(crate) process: Duration,
    /// The part of it that no sample stands for.
    pub(crate) unseen: Duration,
    /// Processor time of the recording thread, and of the signal handlers.
    pub(crate) recording: Duration,
    pub(crate) handlers: Duration,
    /// Whether somebody in the program has replaced the signal handler meanwhile.
    pub(crate) replaced: bool,
    /// Whether the program keeps frame pointers.
    pub(crate) frame_pointers: bool,
    /// What is loaded and has no call frame information.
    pub(crate) without_information: Vec<String>,
    /// Stacks that were walked in both ways, and those that came out the same.
    pub(crate) compared: Option<Compared>,
}

/// Threads of which there are no samples.
#[derive(Debug, Default)]
pub(crate) struct NoTimer {
    /// Those that got no timer since the user's limit of pending signals (RLIMIT_SIGPENDING) is reached.
    pub(crate) over_limit: u64,
    /// Those that got none for another reason, and the last such reason.
    pub(crate) other: u64,
    pub(crate) why: Option<String>,
}

/// The same stacks walked in two ways.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compared {
    pub(crate) stacks: u64,
    pub(crate) identical: u64,
}

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error(
        "the program has a SIGPROF handler of its own, perhaps another profiler's: CPU profiles would take the signal away \
         from it"
    )]
    SignalTaken,
    #[error("the kernel refuses a handler for SIGPROF: {0}")]
    NoHandler(std::io::Error),
    #[error("the kernel has no memory for the samples: {0}")]
    NoMemory(std::io::Error),
    #[error(
        "this program keeps neither frame pointers nor call frame information, so that no stack can be walked: build it with \
         `-C force-frame-pointers=yes`"
    )]
    NoFrames,
    #[error("nobody waits for it any more")]
    Unwanted,
}

#[cfg(test)]
mod tests;
