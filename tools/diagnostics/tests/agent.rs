//! The agent in processes of its own: this program starts itself as the service that is looked into, and as another user.

mod http;

#[path = "agent/files.rs"]
mod files;
#[path = "agent/gops.rs"]
mod gops;
#[path = "agent/pages.rs"]
mod pages;
#[path = "agent/service.rs"]
mod service;

use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

fn main() -> ExitCode {
    if let Ok(work) = env::var(service::WORK) {
        return service::run(&work);
    }
    let tests: &[(&str, fn())] = &[
        ("it_is_this_users_and_gone_at_the_end", files::modes),
        ("two_at_once_are_told_apart", files::two),
        ("leftovers_are_removed_by_the_next_one", files::leftovers),
        ("a_link_in_its_place_is_refused", files::link),
        ("a_folder_that_others_enter_is_refused", files::open_folder),
        ("a_foreign_folder_is_not_used", files::foreign_folder),
        ("another_user_is_refused", files::another_user),
        ("it_is_not_there_when_it_is_off", files::off),
        ("it_has_the_listeners_pages", pages::same),
        ("stacks_show_where_every_worker_is_blocked", pages::blocked),
        ("names_are_looked_up_at_a_low_priority", pages::low_priority),
        ("stacks_are_taken_while_a_profile_is", pages::at_once),
        ("tasks_are_listed_by_place_and_one_by_one", pages::tasks),
        ("a_dump_tells_where_tasks_wait", pages::dump),
        ("unused_memory_is_given_back", pages::gc),
        ("decay_times_are_set_and_told", pages::setgc),
        ("the_program_and_its_compiler_are_told", pages::version),
        ("a_client_of_gops_is_answered", gops::answers),
        ("any_input_gets_an_answer_or_a_close", gops::fuzz),
    ];
    let trials = tests.iter().map(|&(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
