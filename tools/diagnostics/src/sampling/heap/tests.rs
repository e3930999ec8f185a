//! What the sampler adds up to, apart from the process's own one.

use std::thread;

use super::reading::Sums;
use super::sites::{Site, Sites};
use super::{Absent, MOST_FRAMES, Sampler, Weight};
use crate::AllocCounts;
use crate::sampling::labels::Label;

fn sums(sites: &Sites, site: Site) -> Sums {
    let found = sites.all().find(|(one, _)| *one == site);
    found.expect("it is among all").1
}

#[test]
fn why_there_are_none_is_told() {
    let absent = |interval| Sampler::new(interval, AllocCounts::ZERO).err();
    assert_eq!(absent(0), Some(Absent::Off));
    // The tests of this crate have the system's allocator.
    assert_eq!(absent(512), Some(Absent::NotCounted));
}

#[test]
fn a_sample_stands_for_more_blocks_the_smaller_they_are() {
    let weight = |bytes| Weight::of(bytes, 512 << 10);
    // Nearly every block of 64 intervals is sampled; one of 16 bytes is as good as one in 512 KiB / 16.
    assert_eq!(weight(32 << 20).bytes, 32 << 20);
    assert_eq!(weight(32 << 20).objects, Weight::OBJECT);
    let small = weight(16);
    assert!((32_768..=32_769).contains(&(small.objects / Weight::OBJECT)));
    assert!((524_288..=524_304).contains(&small.bytes), "{small:?}");
}

#[test]
fn equal_stacks_are_one_site_for_all_threads() {
    let sites = Sites::new().expect("memory");
    let stacks: Vec<Vec<usize>> = (0..500).map(|n| (n..n + 30).collect()).collect();
    let found: Vec<Vec<Site>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    stacks
                        .iter()
                        .map(|stack| sites.find(stack, Label::NOBODY))
                        .collect()
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|found| found.expect("no panic")).collect()
    });
    assert!(found.iter().all(|of_a_thread| *of_a_thread == found[0]));
    let mut distinct = found[0].clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), stacks.len());
    for (site, stack) in found[0].iter().zip(&stacks) {
        assert_eq!(sites.frames(*site).collect::<Vec<_>>(), *stack);
    }
    assert_eq!(sites.all().count(), stacks.len() + 1);
}

#[test]
fn stacks_without_room_come_together() {
    let sites = Sites::new().expect("memory");
    let weight = Weight {
        objects: 2,
        bytes: 3,
    };
    let mut stack = [0; MOST_FRAMES];
    let mut kept = 0;
    for number in 0..10_000 {
        stack[0] = number;
        let site = sites.find(&stack, Label::NOBODY);
        sites.allocated(site, weight);
        kept += u64::from(site != Site::REST);
    }
    assert!((1000..10_000).contains(&kept), "{kept}");
    let rest = sums(&sites, Site::REST);
    assert_eq!(rest.allocated, [2 * (10_000 - kept), 3 * (10_000 - kept)]);
    stack[0] = 0;
    assert_ne!(
        sites.find(&stack, Label::NOBODY),
        Site::REST,
        "what is known stays known"
    );
}

#[test]
fn what_is_released_is_never_more_than_what_was_allocated() {
    let sites = Sites::new().expect("memory");
    let (site, weight) = (sites.find(&[1, 2, 3], Label::NOBODY), Weight::of(64, 512));
    thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..100_000 {
                        sites.allocated(site, weight);
                        sites.released(site, weight);
                    }
                })
            })
            .collect();
        while writers.iter().any(|writer| !writer.is_finished()) {
            let now = sums(&sites, site);
            assert!(now.allocated >= now.released, "{now:?}");
            assert!(now.allocated[1] >= now.released[1], "{now:?}");
        }
    });
    let now = sums(&sites, site);
    assert_eq!(now.allocated, now.released);
    assert_eq!(now.allocated[0], 300_000 * weight.objects);
}
