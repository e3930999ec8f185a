//! Who uses processor time and memory, found by samples of stacks, and which tasks there are: what the pages of
//! profiles show.
//!
//! Other builds have `no_sampling.rs` in its place, and [`crate::server`]'s `no_profiles.rs`.

pub(crate) mod clock;
pub(crate) mod cpu;
pub(crate) mod heap;
pub(crate) mod keyed;
pub(crate) mod labels;
pub(crate) mod mapped;
pub(crate) mod stacks;
pub(crate) mod symbols;
pub(crate) mod tasks;
pub(crate) mod threads;

/// The processor time of the whole process.
pub(crate) fn cpu_time() -> Option<std::time::Duration> {
    clock::Clock::PROCESS.read()
}
