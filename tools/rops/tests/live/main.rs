//! rops on processes that run: this program starts itself as the busy service that is looked into.

mod commands;
mod errors;
#[path = "../pseudo_terminal/mod.rs"]
mod pseudo_terminal;
mod service;
mod watch;

use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

fn main() -> ExitCode {
    if env::var_os(service::WORK).is_some() {
        return service::run();
    }
    let tests: &[(&str, fn())] = &[
        ("processes_are_listed_with_their_agents", commands::list),
        ("processes_stand_below_their_parents", commands::tree),
        ("one_process_is_told_about", commands::one),
        (
            "a_process_is_found_by_number_name_address_and_socket",
            commands::found,
        ),
        ("every_thread_has_its_stack", commands::stack),
        ("each_of_gos_fields_has_a_line", commands::memstats),
        ("tasks_and_queues_are_counted", commands::stats),
        ("the_program_and_its_compiler_are_told", commands::version),
        ("memory_is_given_back", commands::gc),
        (
            "decay_times_are_set_and_the_previous_ones_told",
            commands::setgc,
        ),
        (
            "a_profile_of_the_processor_is_saved_and_opened",
            commands::cpu,
        ),
        ("a_profile_of_the_heap_is_saved_and_opened", commands::heap),
        ("a_trace_is_saved_and_opened", commands::trace),
        ("shells_complete", commands::completions),
        ("a_process_that_is_not_there_is_told", errors::nobody),
        ("what_has_no_agent_is_told_from_outside", errors::no_agent),
        ("a_process_of_somebody_else_is_told", errors::not_yours),
        ("what_was_killed_has_no_agent", errors::killed),
        (
            "an_address_that_is_not_the_diagnostics_is_told",
            errors::wrong_address,
        ),
        ("the_view_fits_and_leaves_the_terminal_clean", watch::key),
        (
            "a_signal_ends_the_view_and_leaves_the_terminal_clean",
            watch::signals,
        ),
        ("the_view_ends_with_its_terminal", watch::hung_up),
        ("the_view_for_programs_is_lines_of_json", watch::lines),
    ];
    let trials = tests.iter().map(|&(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
