//! The different stacks that have allocated, and for whom, each with its sums. A stack is written once and stays.
#![allow(unsafe_code)]

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Weight;
use super::reading::Sums;
use crate::sampling::labels::Label;
use crate::sampling::mapped::Words;

/// Where stacks are found by their hash.
const SLOTS: usize = 1 << 16;

/// Slots that a search looks at before it gives up.
const PROBES: usize = 64;

/// Words for stacks and sums: 8 MiB, some 20,000 stacks of 50 frames.
const ROOM: usize = 1 << 20;

/// Words of a site, before its frames.
const HASH: usize = 0;
const LABEL: usize = 1;
const FRAMES: usize = 2;
const ALLOCATED: usize = 3;
const RELEASED: usize = 5;
const HEAD: usize = 7;

pub(super) struct Sites {
    slots: Words,
    words: Words,
    /// Where the next site will be.
    end: AtomicU64,
}

/// Where a site's words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site(u32);

impl From<u64> for Site {
    fn from(word: u64) -> Self {
        Self(word as u32)
    }
}

impl From<Site> for u64 {
    fn from(site: Site) -> Self {
        site.0.into()
    }
}

impl Site {
    /// The stacks for which there was no room. It has no frames. Zero is nobody, and no slot leads here.
    pub(crate) const REST: Self = Self(1);
}

impl Sites {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            slots: Words::new(SLOTS)?,
            words: Words::new(ROOM)?,
            end: AtomicU64::new(u64::from(Site::REST) + HEAD as u64),
        })
    }

    /// The site of a stack with a label.
    pub(super) fn find(&self, stack: &[usize], label: Label) -> Site {
        let hash = hash(stack, label);
        let mut written = None;
        for probe in 0..PROBES {
            let slot = &self.slots[(hash as usize).wrapping_add(probe) % SLOTS];
            let mut known = slot.load(Ordering::Acquire);
            if known == 0 {
                let Some(site) = written.or_else(|| self.write(stack, label, hash)) else {
                    return Site::REST;
                };
                written = Some(site);
                // Published whole. Another thread may have been faster, perhaps with the same stack; then these words
                // are lost.
                match slot.compare_exchange(0, site.into(), Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => return site,
                    Err(other) => known = other,
                }
            }
            let site = Site::from(known);
            if self.word(site, HASH) == hash
                && self.word(site, LABEL) == u64::from(label)
                && self.frames(site).eq(stack.iter().copied())
            {
                return site;
            }
        }
        Site::REST
    }

    fn write(&self, stack: &[usize], label: Label, hash: u64) -> Option<Site> {
        let length = (HEAD + stack.len()) as u64;
        let room = |end: u64| Some(end + length).filter(|end| *end <= ROOM as u64);
        let start = self
            .end
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, room)
            .ok()?;
        let words = &self.words[start as usize..][..length as usize];
        words[HASH].store(hash, Ordering::Relaxed);
        words[LABEL].store(label.into(), Ordering::Relaxed);
        words[FRAMES].store(stack.len() as u64, Ordering::Relaxed);
        for (word, frame) in words[HEAD..].iter().zip(stack) {
            word.store(*frame as u64, Ordering::Relaxed);
        }
        Some(Site::from(start))
    }

    fn word(&self, site: Site, word: usize) -> u64 {
        self.words[site.0 as usize + word].load(Ordering::Relaxed)
    }

    /// The addresses of a site, the innermost frame first; each is a return address minus one.
    pub(super) fn frames(&self, site: Site) -> impl Iterator<Item = usize> {
        let start = site.0 as usize + HEAD;
        let frames = &self.words[start..][..self.word(site, FRAMES) as usize];
        frames
            .iter()
            .map(|word| word.load(Ordering::Relaxed) as usize)
    }

    pub(super) fn label(&self, site: Site) -> Label {
        // SAFETY: nothing else is put there; where nothing was, it is nobody.
        unsafe { Label::from_word(self.word(site, LABEL)) }
    }

    pub(super) fn allocated(&self, site: Site, weight: Weight) {
        self.add(site, ALLOCATED, weight, Ordering::Relaxed);
    }

    /// Whoever sees this sees the allocation, too: the block has come from there to here.
    pub(super) fn released(&self, site: Site, weight: Weight) {
        self.add(site, RELEASED, weight, Ordering::Release);
    }

    fn add(&self, site: Site, sum: usize, weight: Weight, order: Ordering) {
        let words = &self.words[site.0 as usize + sum..];
        words[0].fetch_add(weight.objects, order);
        words[1].fetch_add(weight.bytes, order);
    }

    /// All sites with their sums.
    pub(super) fn all(&self) -> impl Iterator<Item = (Site, Sums)> {
        let slots = self.slots.iter().map(|slot| slot.load(Ordering::Acquire));
        let known = slots.filter(|known| *known != 0).map(Site::from);
        known
            .chain([Site::REST])
            .map(|site| (site, self.sums(site)))
    }

    /// Releases are read first, so that what is in use is never below zero.
    fn sums(&self, site: Site) -> Sums {
        let read = |word: usize| self.words[site.0 as usize + word].load(Ordering::Acquire);
        let released = [read(RELEASED), read(RELEASED + 1)];
        let allocated = [read(ALLOCATED), read(ALLOCATED + 1)];
        Sums {
            allocated,
            released,
        }
    }
}

fn hash(stack: &[usize], label: Label) -> u64 {
    let mixed = stack.iter().fold(label.into(), |hash: u64, frame| {
        (hash.rotate_left(5) ^ *frame as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    });
    mixed ^ (mixed >> 32)
}
