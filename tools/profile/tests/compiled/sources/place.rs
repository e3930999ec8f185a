//! A library that is inlined into the program.

use std::backtrace::Backtrace;

/// Prints the addresses of the stack, as the whole form of a backtrace has them.
#[inline(always)]
pub fn print_stack(name: &str) {
    println!("stack {name}\n{:#}", Backtrace::force_capture()); // in print_stack
}
