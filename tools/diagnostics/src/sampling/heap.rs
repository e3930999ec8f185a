//! Heap profiles: which stacks allocate and what of it is in use, sampled in the allocator's wrapper, over any
//! allocator.
//!
//! Of all bytes that a thread allocates, on average one in so many (the interval) takes a sample of the allocation that
//! it lies in, with its stack. Large blocks are nearly always sampled and small ones seldom, so each sample is weighed
//! by the probability of its size: then sums are right on average. The release of a sampled block is noticed by its
//! address.
//!
//! | | |
//! |---|---|
//! | [`countdown`] | bytes left on each thread until its next sample |
//! | [`live`] | sampled blocks that are in use, found by their address: a filter, and a table behind it |
//! | [`sites`] | different stacks and labels, each with four sums |
//! | [`reading`] | what all of it adds up to |
//!
//! It runs inside of every allocation, so it allocates nothing, takes no lock and has no thread-local with a
//! destructor. All tables are mapped apart, of fixed size, and resident as far as they were touched. What has no room
//! is counted and told.
//!
//! Stacks are walked by frame pointers alone. They start in our own function, which has a frame by then, so the first
//! frame needs no repair, and tables of call frame information would cost every start of every process some
//! milliseconds and 2 MB. The price: a walk ends in the first frame outside the executable, so that a block allocated
//! in a function which a C library calls back, as `qsort` does, is charged to the library's function as its outermost
//! caller.

mod countdown;
mod live;
mod reading;
mod sites;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

pub(crate) use countdown::left_out;
pub(crate) use live::Place;
pub(crate) use reading::{Facts, Reading};

use crate::AllocCounts;
use crate::sampling::labels::Label;
use crate::sampling::stacks::{By, Registers, Tables};
use live::Live;
use sites::Sites;

/// Bytes between two samples unless set. As in Go.
const DEFAULT_INTERVAL: u64 = 512 << 10;

/// Frames that are kept of a stack, the innermost ones: 2 KiB on the stack of the thread that allocates.
const MOST_FRAMES: usize = 256;

static SAMPLER: OnceLock<Result<Sampler, Absent>> = OnceLock::new();

/// Why there are no samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Absent {
    #[error("diagnostics::Allocator is not this program's #[global_allocator]")]
    NotCounted,
    #[error("the diagnostics are not installed; call diagnostics::install or start")]
    NotStarted,
    #[error("they are switched off by `heap_sample_interval` = 0")]
    Off,
    #[error(
        "this program keeps no frame pointers, so that stacks cannot be walked in an allocation's time: build it with \
         `-C force-frame-pointers=yes`"
    )]
    NoFrames,
    #[error("the kernel has no memory for the samples")]
    NoMemory,
}

/// All that samples are made of.
struct Sampler {
    interval: u64,
    since: SystemTime,
    /// What was counted before.
    before: AllocCounts,
    stacks: Tables,
    live: Live,
    sites: Sites,
    taken: AtomicU64,
    cut: AtomicU64,
    untracked: Untracked,
}

/// Samples whose block is in no table, so that nobody will notice its release. They count as released.
#[derive(Default)]
struct Untracked {
    samples: AtomicU64,
    bytes: AtomicU64,
}

/// What a sampled block stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Weight {
    /// In parts, of which [`Weight::OBJECT`] are one.
    objects: u64,
    bytes: u64,
}

impl Weight {
    const OBJECT: u64 = 256;

    /// A block of `bytes` is sampled with the probability 1 - exp(-bytes / interval).
    fn of(bytes: usize, interval: u64) -> Self {
        let bytes = bytes as f64;
        let blocks = -1.0 / (-bytes / interval as f64).exp_m1();
        Self {
            objects: (blocks * Self::OBJECT as f64).round() as u64,
            bytes: (blocks * bytes).round() as u64,
        }
    }
}

/// Makes the tables; from now on there are samples, on average one for each `interval` bytes (0: none).
pub(crate) fn start(interval: Option<u64>) {
    let interval = interval.unwrap_or(DEFAULT_INTERVAL);
    let before = AllocCounts::process();
    SAMPLER.get_or_init(|| Sampler::new(interval, before));
    countdown::begin();
}

/// Counts an allocation of `bytes` down.
#[inline]
pub(crate) fn allocated(block: *mut u8, bytes: usize) {
    if countdown::expires(bytes) {
        sample(block, bytes);
    }
}

/// A block is about to be released. After that, another thread may be given its address at once.
#[inline]
pub(crate) fn released(block: *mut u8) {
    if live::may_have(block.addr()) {
        forget(block.addr());
    }
}

/// A block is about to be reallocated: its sample, if it has one, is taken out, since another thread may be given the
/// address before the allocator comes back.
#[inline]
pub(crate) fn take_out(block: *mut u8) -> Option<Place> {
    if live::may_have(block.addr()) {
        return sampler()?.live.take_out(block.addr());
    }
    None
}

/// The reallocation of what was taken out has succeeded, and the old block is gone.
#[inline]
pub(crate) fn moved(taken: Option<Place>) {
    if let (Some(place), Some(sampler)) = (taken, sampler()) {
        sampler.release(place);
    }
}

/// The reallocation has failed, and the old block is as it was.
#[inline]
pub(crate) fn put_back(taken: Option<Place>, block: *mut u8) {
    if let (Some(place), Some(sampler)) = (taken, sampler()) {
        sampler.live.put_back(place, block.addr());
    }
}

/// What has been sampled so far.
pub(crate) fn read() -> Result<Reading, Absent> {
    if let Some(sampler) = sampler() {
        return Ok(Reading::of(sampler));
    }
    Err(absent().unwrap_or(Absent::NotStarted))
}

/// Why there are no samples, if so.
pub(crate) fn absent() -> Option<Absent> {
    match SAMPLER.get() {
        Some(Ok(_)) => None,
        Some(Err(absent)) => Some(*absent),
        None if !AllocCounts::are_counted() => Some(Absent::NotCounted),
        None => Some(Absent::NotStarted),
    }
}

fn sampler() -> Option<&'static Sampler> {
    SAMPLER.get()?.as_ref().ok()
}

/// The countdown has expired: takes a sample, unless there is no sampler or this thread is not to be looked at.
#[cold]
#[inline(never)]
fn sample(block: *mut u8, bytes: usize) {
    // Registers first: the frame that they are in is not part of the stack.
    let here = Registers::here();
    let sampler = SAMPLER.get();
    let interval = match sampler {
        Some(Ok(sampler)) => countdown::Next::After(sampler.interval),
        Some(Err(_)) => countdown::Next::Never,
        None => countdown::Next::LookAgain,
    };
    if countdown::next(interval)
        && let Some(Ok(sampler)) = sampler
    {
        sampler.sample(here, block.addr(), bytes);
    }
}

#[cold]
#[inline(never)]
fn forget(address: usize) {
    if let Some(sampler) = sampler()
        && let Some(place) = sampler.live.take_out(address)
    {
        sampler.release(place);
    }
}

impl Sampler {
    fn new(interval: u64, before: AllocCounts) -> Result<Self, Absent> {
        if interval == 0 {
            return Err(Absent::Off);
        }
        if !AllocCounts::are_counted() {
            return Err(Absent::NotCounted);
        }
        let stacks = Tables::of_frame_pointers().ok_or(Absent::NoFrames)?;
        let sites = Sites::new().map_err(|_| Absent::NoMemory)?;
        let live = Live::new().map_err(|_| Absent::NoMemory)?;
        Ok(Self {
            interval,
            since: SystemTime::now(),
            before,
            stacks,
            live,
            sites,
            taken: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            untracked: Untracked::default(),
        })
    }

    fn sample(&self, here: Registers, address: usize, bytes: usize) {
        let mut stack = [0; MOST_FRAMES];
        let mut frames = 0;
        // The first is our own.
        let mut walk = self.stacks.walk(here, By::Rule).skip(1);
        while let Some(room) = stack.get_mut(frames) {
            let Some(frame) = walk.next() else { break };
            *room = frame;
            frames += 1;
            if !self.stacks.in_executable(frame) {
                break;
            }
        }
        if frames == MOST_FRAMES && walk.next().is_some() {
            self.cut.fetch_add(1, Ordering::Relaxed);
        }
        self.taken.fetch_add(1, Ordering::Relaxed);

        let site = self.sites.find(&stack[..frames], Label::current());
        let weight = Weight::of(bytes, self.interval);
        self.sites.allocated(site, weight);
        if !self.live.insert(address, site, weight) {
            self.sites.released(site, weight);
            self.untracked.samples.fetch_add(1, Ordering::Relaxed);
            self.untracked
                .bytes
                .fetch_add(weight.bytes, Ordering::Relaxed);
        }
    }

    fn release(&self, place: Place) {
        let (site, weight) = self.live.give_back(place);
        self.sites.released(site, weight);
    }
}

#[cfg(test)]
mod tests;
