//! What the flight recorder has kept, as things that lie beside and inside of each other in time: what each thread did,
//! and what each request did, whichever threads it was on.
//!
//! | | |
//! |---|---|
//! | [`spans`] | spans into requests, as they open, are visited, and close |
//! | [`lanes`] | requests that overlap come side by side |
//! | [`nest`] | what lies on one track is inside or beside of each other, and never half of both |
//! | [`events`] | all of it as Trace Event JSON |
//! | [`record`] | from what is recorded from now on, or what is remembered |

mod events;
mod lanes;
mod nest;
mod record;
mod spans;

pub(crate) use self::record::{record, remembered};
