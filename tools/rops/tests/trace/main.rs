//! `rops trace`: on traces that are written here, on those that the recorder writes, and on what is none.

mod bad_input;
mod foreign;
mod reports;
mod written;
