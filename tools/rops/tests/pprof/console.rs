//! The console: what a pipe asks, beside Go's; and what somebody types.

mod typed;

use std::fs::File;
use std::process::Command;

use test_tools::{Folder, Ran};

use crate::both::{Both, lines, of_go, rops, same};

/// Runs a tool with these commands in its standard input.
fn asked(mut command: Command, folder: &Folder, arguments: &[&str], lines: &str) -> Ran {
    folder.write("commands", lines);
    let commands = File::open(folder.path("commands")).expect("it was written");
    command.args(arguments).current_dir(folder.root());
    Ran::of(command.stdin(commands))
}

fn rops_asked(folder: &Folder, arguments: &[&str], lines: &str) -> Ran {
    let mut command = rops();
    command.arg("pprof");
    asked(command, folder, arguments, lines)
}

/// Asserts that both tools print the same for the same commands.
#[track_caller]
fn agree(arguments: &[&str], commands: &[&str]) {
    let Some(both) = Both::needed() else { return };
    let commands = commands.join("\n");
    let folder = Folder::new();
    let go = asked(both.go_command(), &folder, arguments, &commands);
    let rops = rops_asked(&folder, arguments, &commands);
    let prompted = lines(&go.stdout.replace("(pprof) ", ""));
    assert!(prompted.len() > commands.lines().count(), "{prompted:?}");
    same(&commands, &prompted, &lines(&rops.stdout));
}

#[test]
fn commands_print_what_they_print_in_go() {
    for profile in ["cpu", "heap", "allocs", "goroutine"] {
        agree(
            &[&of_go(profile)],
            &[
                "top10",
                "top",
                "text3",
                "top 4 -cum",
                "list AddBooking",
                "peek Next|e",
                "tree",
                "traces",
                "tags",
                "raw",
                "top net -runtime",
                "tree 12 http",
                "peek Next -gin",
            ],
        );
    }
}

#[test]
fn settings_mean_what_they_mean_in_go() {
    agree(
        &["-inuse_space", &of_go("heap")],
        &[
            "nodefraction=0",
            "top10",
            "nodecount = 5",
            "top",
            "nodecount=-1",
            "focus=net|gorm",
            "ignore=runtime",
            "top7",
            "hide=^net",
            "tree 9",
            ":",
            "hide=",
            "sort=cum",
            "top5",
            "sort=flat",
            "alloc_objects",
            "top5",
            "sample_index=1 //: [alloc_objects | alloc_space]",
            "unit=kb",
            "top5",
            "mean_alloc_space",
            "top5",
            "total_alloc_space",
            "granularity=lines",
            "top5",
            "noinlines",
            "top5",
            "trim=f",
            "peek Next",
            "tagfocus=bytes=1kb:64kb",
            "tags",
            "tags 64kb",
            "relative_percentages=yes",
            "compact_labels=0",
            "divide_by=3",
            "show=gorm",
            "top5",
        ],
    );
}

#[test]
fn options_are_listed_as_go_lists_them() {
    let Some(both) = Both::needed() else { return };
    let folder = Folder::new();
    let cpu = of_go("cpu");
    let arguments = ["-nodefraction=0.25", "-focus=net", &cpu];
    let commands = "granularity=files\nmean=1\no\n";
    let go = asked(both.go_command(), &folder, &arguments, commands);
    let rops = rops_asked(&folder, &arguments, commands).expect(0);
    let settings = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .filter(|line| line.starts_with("  ") && line.contains(" = "));
        lines.map(|line| line.trim().to_owned()).collect()
    };
    // Neither has all that the other one has.
    let only_there = [
        "call_tree",
        "intel_syntax",
        "normalize",
        "tagleaf",
        "tagroot",
    ];
    // Go's tool prints them beside the reports.
    let mut expected = settings(&go.stderr);
    expected
        .retain(|line| !line.is_empty() && !only_there.iter().any(|name| line.starts_with(name)));
    let mut listed = settings(&rops.stdout);
    listed.retain(|line| !line.starts_with("source_path"));
    assert_eq!(expected, listed);
}

#[test]
fn what_cannot_be_done_is_told_and_the_next_command_comes() {
    let folder = Folder::new();
    for (line, told) in [
        ("bogus", "there is no command bogus; `help` lists them"),
        ("nodec=3", "there is no setting nodec; `o` lists them"),
        ("nodecount", "nodecount needs a value"),
        ("nodecount=x", "nodecount: x is no number"),
        ("divide_by=0", "divide_by: nothing can be divided by 0"),
        ("mean=7", "mean: 7 is none of true, false"),
        (
            "granularity=words",
            "words is none of functions, filefunctions,",
        ),
        (
            "sample_index=heap",
            "sample_index: heap is none of samples, cpu",
        ),
        ("focus=(", "( is no regular expression: unclosed group"),
        ("peek", "peek needs a regular expression"),
        ("list (", "list: ( is no regular expression"),
        ("list nowhere", "no function matches nowhere"),
        ("top >", "which file?"),
        ("top >/nowhere/top.txt", "/nowhere/top.txt: No such file"),
        ("help nothing", "there is no nothing to tell of"),
    ] {
        let ran = rops_asked(&folder, &[&of_go("cpu")], &format!("{line}\ntop1\n")).expect(1);
        ran.told(told);
        ran.printed("Showing top 1 nodes out of 268");
    }
}

#[test]
fn output_goes_to_files() {
    let folder = Folder::new();
    let commands = "top5 >one.txt\ntop5 > two.txt\noutput=three.txt\ntop5\noutput=\nflame\nflame\n";
    let ran = rops_asked(&folder, &[&of_go("cpu")], commands).expect(0);
    assert_eq!(ran.stdout, "");
    ran.told("written to three.txt");
    assert!(folder.read("one.txt").contains("Showing top 5 nodes"));
    assert_eq!(folder.read("one.txt"), folder.read("two.txt"));
    assert_eq!(folder.read("one.txt"), folder.read("three.txt"));
    assert!(folder.read("profile001.svg").contains("<svg"));
    assert!(folder.exists("profile002.svg"));
}

#[test]
fn help_tells_of_everything() {
    let folder = Folder::new();
    let ran = rops_asked(
        &folder,
        &[&of_go("cpu")],
        "help\nhelp focus\nhelp top\nhelp trim\n",
    )
    .expect(0);
    for part in [
        "  peek REGEX             callers and callees",
        "  nodefraction           Without functions below this part of the total",
        "focus=…\nOnly samples that go through a matching function",
        "top [COUNT] [-cum] [FOCUS]… [-IGNORE]… [>FILE]",
        "trim=…\nLeave out",
    ] {
        ran.printed(part);
    }
    ran.told("File: coworkingapp");
    ran.told("Duration: 5.11s, Total samples = 2.89s");
}

#[test]
fn an_empty_pipe_is_no_failure() {
    let folder = Folder::new();
    let ran = rops_asked(&folder, &[&of_go("cpu")], "").expect(0);
    assert_eq!(ran.stdout, "");
    rops_asked(&folder, &[&of_go("cpu")], "\n\nquit\nbogus\n").expect(0);
}
