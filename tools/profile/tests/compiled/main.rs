//! A program is compiled and run, and what its stacks become is looked at.

mod program;

mod debug_information;
mod missing;
mod pprof;
