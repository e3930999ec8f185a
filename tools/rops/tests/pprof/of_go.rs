//! Profiles of a real Go service.

use crate::both::{Both, of_go};

const OPTIONS: &[&[&str]] = &[
    &[],
    &["-cum"],
    &["-nodefraction=0"],
    &["-nodecount=10"],
    &["-nodecount=30", "-cum", "-edgefraction=0.05"],
    &["-trim=false"],
    &["-lines"],
    &["-files"],
    &["-filefunctions"],
    &["-addresses"],
    &["-noinlines"],
    &["-focus=runtime"],
    &["-ignore=runtime", "-hide=^net"],
    &["-show=net|gorm"],
    &["-show_from=http"],
    &["-prune_from=http"],
    &["-unit=kb"],
    &["-unit=auto", "-divide_by=3"],
    &["-relative_percentages", "-focus=net"],
    &["-sample_index=0"],
    &["-mean"],
    &["-tagfocus=bytes=1kb:64kb"],
    &["-tagignore=64kb:"],
];

#[track_caller]
fn agree_on(profile: &str) {
    let Some(both) = Both::needed() else { return };
    let path = of_go(profile);
    for view in [
        "-top",
        "-tree",
        "-peek=Next|e",
        "-traces",
        "-tags",
        "-raw",
        "-dot",
        "-list=AddBooking",
    ] {
        // The last views show everything whatever is asked for.
        let few = if matches!(view, "-raw" | "-list=AddBooking") {
            3
        } else {
            OPTIONS.len()
        };
        for options in OPTIONS.iter().rev().take(few) {
            let arguments = [&[view], *options, &[&path]].concat();
            both.agree(&arguments, false);
        }
    }
}

#[test]
fn of_the_cpu() {
    agree_on("cpu");
}

#[test]
fn of_the_heap() {
    agree_on("heap");
}

#[test]
fn of_allocations() {
    agree_on("allocs");
}

#[test]
fn of_goroutines() {
    agree_on("goroutine");
}

#[test]
fn several_are_put_together_and_subtracted() {
    let Some(both) = Both::needed() else { return };
    let (heap, allocs) = (of_go("heap"), of_go("allocs"));
    for options in [
        &["-cum"][..],
        &["-nodecount=20"],
        &["-inuse_space"],
        &["-alloc_objects", "-drop_negative"],
    ] {
        for view in ["-top", "-tree", "-dot"] {
            both.agree(&[&[view], options, &[&heap, &allocs]].concat(), true);
            both.agree(
                &[&[view, "-base", &heap], options, &[&allocs]].concat(),
                true,
            );
            both.agree(
                &[&[view, "-diff_base", &heap], options, &[&allocs]].concat(),
                true,
            );
            both.agree(
                &[
                    &[view, "-normalize", "-diff_base", &heap],
                    options,
                    &[&allocs],
                ]
                .concat(),
                true,
            );
        }
    }
    both.agree(&["-raw", &heap, &allocs], false);
    both.agree(&["-top", &heap, &of_go("cpu")], false);
}
