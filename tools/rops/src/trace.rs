//! Traces: what a program did and when, in the Trace Event Format, as `diagnostics` writes it and others do.
//!
//! [`decode`] and [`Input`] make a [`Trace`] of JSON; it is the model that all reports are made from. Each report is a
//! structure with a text, and serializes as what `--json` prints.
//!
//! | | |
//! |---|---|
//! | `read` | JSON, of any size, event by event |
//! | `build` | events into the model: what lies in what, who woke whom |
//! | `model`, `lookup` | threads, polls, requests with their spans, flows, counters |
//! | `parts` | where a request's time went, to the last nanosecond |
//! | `holders` | what threads did meanwhile |
//! | `summary`, `tasks`, `polls`, `requests`, `waits` | the reports |
//! | `why` | why a request was slow, in sentences |
//! | `table` | how they look |
//! | `tracks`, `details`, `window`, `svg` | the timeline, what is known of each box, and a picture of a part of it |

mod amounts;
mod build;
mod details;
mod facts;
mod holders;
mod lookup;
mod model;
mod names;
mod parts;
mod polls;
mod read;
mod requests;
mod summary;
mod svg;
mod table;
mod tasks;
mod tracks;
mod waits;
mod why;
mod window;

pub use amounts::Amounts;
pub use details::Detail;
pub use facts::{Facts, Sampling};
pub use model::{
    Blocking, Busy, Flow, Parked, Poll, Request, Sample, Series, Slice, Span, Thread, Time, Trace,
    Visit,
};
pub use names::Name;
pub use polls::{LongPoll, Polls};
pub use read::{Input, decode};
pub use requests::{Requests, Route};
pub use summary::Summary;
pub use tasks::{Place, Tasks};
pub use tracks::{Drawn, Of, Track, What};
pub use waits::{Wait, Waits};
pub use why::{Reason, Why};
pub use window::Window;
