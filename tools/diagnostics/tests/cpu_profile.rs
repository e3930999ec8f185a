//! CPU profiles of processes whose costs are known, read by `go tool pprof`.
//!
//! Each test starts this program a second time as the process to be profiled (`service`), since a process has one
//! profile at a time. `DIAGNOSTICS_STORM_SECONDS=600 cargo test -p diagnostics --test cpu_profile storm` runs the long
//! one for as long as that.

#![allow(unsafe_code)]

#[path = "http/mod.rs"]
mod http;

#[path = "cpu_profile/accuracy.rs"]
mod accuracy;
#[path = "cpu_profile/asked.rs"]
mod asked;
#[path = "cpu_profile/limits.rs"]
mod limits;
#[path = "cpu_profile/pprof.rs"]
mod pprof;
#[path = "cpu_profile/service.rs"]
mod service;
#[path = "cpu_profile/work.rs"]
mod work;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

fn main() -> ExitCode {
    if let Ok(workload) = std::env::var(service::WORKLOAD) {
        service::serve(&workload);
        return ExitCode::SUCCESS;
    }
    let tests = [accuracy::TESTS, asked::TESTS, limits::TESTS].concat();
    let trials = tests.into_iter().map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
