//! What the samples add up to.

use std::collections::BTreeMap;
use std::ops::Sub;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::sites::Site;
use super::{Sampler, Weight, sampler};
use crate::AllocCounts;
use crate::sampling::labels::Label;

/// All sums at one time, or what has come to them between two times.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    sums: BTreeMap<Site, Sums>,
    pub(crate) facts: Facts,
}

/// What has to be known to judge the samples.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) interval: u64,
    /// From when to when.
    pub(crate) since: SystemTime,
    pub(crate) until: SystemTime,
    /// What the wrapper has counted meanwhile, exactly.
    pub(crate) exact: AllocCounts,
    /// Whether this is a difference of two readings.
    pub(crate) difference: bool,
    pub(crate) taken: u64,
    /// Stacks with more frames than are kept; their outermost ones are missing.
    pub(crate) cut: u64,
    /// Samples whose block had no place in the table, and the bytes that they stand for. They count as released.
    pub(crate) untracked: u64,
    pub(crate) untracked_bytes: u64,
}

/// Objects (in parts) and bytes of a site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) allocated: [u64; 2],
    pub(super) released: [u64; 2],
}

/// What the allocations of one stack add up to. Less than zero is possible in a difference only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) allocated_objects: i64,
    pub(crate) allocated_bytes: i64,
    pub(crate) used_objects: i64,
    pub(crate) used_bytes: i64,
}

impl Sums {
    fn since(self, earlier: Self) -> Self {
        let minus = |of: fn(Self) -> [u64; 2]| {
            let (now, then) = (of(self), of(earlier));
            [now[0].wrapping_sub(then[0]), now[1].wrapping_sub(then[1])]
        };
        Self {
            allocated: minus(|sums| sums.allocated),
            released: minus(|sums| sums.released),
        }
    }

    fn counted(self) -> Counted {
        let objects = |parts: i64| (parts as f64 / Weight::OBJECT as f64).round() as i64;
        let used = |which: usize| self.allocated[which].wrapping_sub(self.released[which]) as i64;
        Counted {
            allocated_objects: objects(self.allocated[0] as i64),
            allocated_bytes: self.allocated[1] as i64,
            used_objects: objects(used(0)),
            used_bytes: used(1),
        }
    }
}

impl Reading {
    pub(super) fn of(sampler: &Sampler) -> Self {
        let count = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        Self {
            sums: sampler.sites.all().collect(),
            facts: Facts {
                interval: sampler.interval,
                since: sampler.since,
                until: SystemTime::now(),
                exact: AllocCounts::process().minus(sampler.before),
                difference: false,
                taken: count(&sampler.taken),
                cut: count(&sampler.cut),
                untracked: count(&sampler.untracked.samples),
                untracked_bytes: count(&sampler.untracked.bytes),
            },
        }
    }

    /// The stacks that have something to show, the innermost frame first; [`None`] is the rest, for which there was no
    /// room.
    pub(crate) fn stacks(&self) -> impl Iterator<Item = (Option<Vec<u64>>, Label, Counted)> {
        let sums = self.sums.iter();
        let shown = sums.filter(|(_, sums)| **sums != Sums::default());
        shown.filter_map(|(&site, sums)| {
            let sites = &sampler()?.sites;
            let frames = || sites.frames(site).map(|frame| frame as u64).collect();
            let stack = (site != Site::REST).then(frames);
            Some((stack, sites.label(site), sums.counted()))
        })
    }
}

impl Facts {
    pub(crate) fn duration(&self) -> Duration {
        self.until.duration_since(self.since).unwrap_or_default()
    }
}

impl Sub for &Reading {
    type Output = Reading;

    /// What has come since an earlier reading.
    fn sub(self, earlier: Self) -> Reading {
        let sums = self.sums.iter().map(|(&site, &now)| {
            let then = earlier.sums.get(&site).copied().unwrap_or_default();
            (site, now.since(then))
        });
        let (now, then) = (self.facts, earlier.facts);
        Reading {
            sums: sums.collect(),
            facts: Facts {
                since: then.until,
                exact: now.exact.minus(then.exact),
                difference: true,
                taken: now.taken - then.taken,
                cut: now.cut - then.cut,
                untracked: now.untracked - then.untracked,
                untracked_bytes: now.untracked_bytes - then.untracked_bytes,
                ..now
            },
        }
    }
}
