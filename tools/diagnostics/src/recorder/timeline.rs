//! What the flight recorder has kept, as things that lie beside and inside of each other in time: what each thread did,
//! and what each request did, whichever threads it was on.
//!
//! | | |
//! |---|---|
//! | [`spans`], [`requests`] | spans into requests, as they open, are visited, and close |
//! | [`lanes`] | requests that overlap come side by side |
//! | [`nest`] | what lies on one track is inside or beside of each other, and never half of both |
//! | [`events`], [`json`] | all of it as Trace Event JSON |
//! | [`samples`] | where the processor's time goes meanwhile |
//! | [`waits`] | where requests have waited |
//! | [`record`] | from what is recorded from now on, or what is remembered |

mod events;
mod json;
mod lanes;
mod nest;
mod record;
mod requests;
mod samples;
mod spans;
mod waits;
mod wakes;

pub(crate) use self::record::{Why, record, remembered};
pub(crate) use self::samples::Sampling;
pub(crate) use self::waits::{Place, waits};
