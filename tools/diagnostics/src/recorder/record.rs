//! What is recorded, and how it is packed into 32 bytes.
//!
//! | word | bits | |
//! |---|---|---|
//! | 0 | 0 to 7 | the kind |
//! | | 8 to 23 | a name: the number of a place or a call site |
//! | | 24 to 63 | a small number |
//! | 1 | | the time, in ticks |
//! | 2, 3 | | two numbers |

use super::chunk::RECORD;

/// Something that has happened. Times are in ticks of [`super::clock`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A task was polled.
    Poll {
        start: u64,
        length: u64,
        task: u64,
        /// Where it was spawned.
        place: Name,
        /// Nanoseconds that it was ready before and nobody polled it, where tokio tells: at most 18 minutes.
        ready: Option<u64>,
    },
    Spawned {
        time: u64,
        task: u64,
        place: Name,
        /// The task that has spawned it; 0 is none.
        by: u64,
    },
    /// A task has ended, or work on a blocking thread has, of which no hook tells that it began.
    Ended { time: u64, task: u64 },
    /// A worker had nothing to do.
    Parked { start: u64, length: u64 },
    /// Work through `diagnostics::spawn_blocking`.
    Blocking {
        start: u64,
        length: u64,
        place: Name,
        /// Ticks that it has waited for a thread.
        queued: u64,
        /// The task that has asked for it; 0 is none.
        by: u64,
    },
    /// A task is told that it can go on.
    Woken {
        time: u64,
        task: u64,
        /// The task that tells; 0 is none.
        by: u64,
    },
    SpanOpened {
        time: u64,
        span: u64,
        /// The span that it was opened in; 0 is none.
        parent: u64,
        site: Name,
        /// The route, if the span is a request's.
        route: Option<Name>,
    },
    /// A thread was in the span.
    Visit {
        start: u64,
        length: u64,
        span: u64,
        /// The task that was polled meanwhile; 0 is none.
        task: u64,
    },
    SpanClosed {
        time: u64,
        opened: u64,
        span: u64,
        site: Name,
        /// The route, if the span is a request's.
        route: Option<Name>,
    },
    /// A request's span has been told its status, as HTTP numbers it.
    Status { time: u64, span: u64, status: u64 },
    /// Ten times a second.
    Count {
        time: u64,
        which: Counter,
        first: u64,
        second: u64,
    },
}

/// The number of a place, a call site or a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(pub(crate) u16);

impl Name {
    /// Of what nobody knows, or what had no room among the names.
    pub(crate) const UNKNOWN: Self = Self(0);
}

/// What is counted: two numbers each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Counter {
    /// Tasks that are alive, and those that wait in the queue of all workers.
    Tasks,
    /// Bytes that are allocated, and bytes of the process that are resident.
    Memory,
    /// Threads for blocking work, and work that waits for one.
    Blocking,
    /// Bytes that the allocator has handed out since the start, and those that it got back.
    Heap,
}

const SMALL_BITS: u32 = 40;

/// In place of a small number that nobody knows.
const UNKNOWN: u64 = (1 << SMALL_BITS) - 1;

impl Event {
    /// As a record.
    #[inline]
    pub(super) fn pack(self) -> [u64; RECORD] {
        match self {
            Self::Poll {
                start,
                length,
                task,
                place,
                ready,
            } => pack(0, place, ready, start, task, length),
            Self::Spawned {
                time,
                task,
                place,
                by,
            } => pack(1, place, None, time, task, by),
            Self::Ended { time, task } => pack(2, Name(0), None, time, task, 0),
            Self::Parked { start, length } => pack(3, Name(0), None, start, 0, length),
            Self::Blocking {
                start,
                length,
                place,
                queued,
                by,
            } => pack(4, place, Some(queued), start, by, length),
            Self::Woken { time, task, by } => pack(5, Name(0), None, time, task, by),
            Self::SpanOpened {
                time,
                span,
                parent,
                site,
                route,
            } => pack(6, site, number(route), time, span, parent),
            Self::Visit {
                start,
                length,
                span,
                task,
            } => pack(7, Name(0), Some(task), start, span, length),
            Self::SpanClosed {
                time,
                opened,
                span,
                site,
                route,
            } => pack(8, site, number(route), time, span, opened),
            Self::Status { time, span, status } => pack(9, Name(0), None, time, span, status),
            Self::Count {
                time,
                which,
                first,
                second,
            } => pack(10, Name(which as u16), None, time, first, second),
        }
    }

    /// None for a word that no kind has.
    pub(crate) fn unpack(record: [u64; RECORD]) -> Option<Self> {
        let [word, time, first, second] = record;
        let name = Name((word >> 8) as u16);
        let small = Some(word >> (u64::BITS - SMALL_BITS)).filter(|&small| small != UNKNOWN);
        Some(match word as u8 {
            0 => Self::Poll {
                start: time,
                length: second,
                task: first,
                place: name,
                ready: small,
            },
            1 => Self::Spawned {
                time,
                task: first,
                place: name,
                by: second,
            },
            2 => Self::Ended { time, task: first },
            3 => Self::Parked {
                start: time,
                length: second,
            },
            4 => Self::Blocking {
                start: time,
                length: second,
                place: name,
                queued: small?,
                by: first,
            },
            5 => Self::Woken {
                time,
                task: first,
                by: second,
            },
            6 => Self::SpanOpened {
                time,
                span: first,
                parent: second,
                site: name,
                route: small.map(|number| Name(number as u16)),
            },
            7 => Self::Visit {
                start: time,
                length: second,
                span: first,
                task: small?,
            },
            8 => Self::SpanClosed {
                time,
                opened: second,
                span: first,
                site: name,
                route: small.map(|number| Name(number as u16)),
            },
            9 => Self::Status {
                time,
                span: first,
                status: second,
            },
            10 => Self::Count {
                time,
                which: *Counter::ALL.get(usize::from(name.0))?,
                first,
                second,
            },
            _ => return None,
        })
    }

    /// When it was over, which is when it was recorded.
    pub(crate) fn end(&self) -> u64 {
        match *self {
            Self::Poll { start, length, .. }
            | Self::Parked { start, length }
            | Self::Blocking { start, length, .. }
            | Self::Visit { start, length, .. } => start.saturating_add(length),
            Self::Spawned { time, .. }
            | Self::Ended { time, .. }
            | Self::Woken { time, .. }
            | Self::SpanOpened { time, .. }
            | Self::SpanClosed { time, .. }
            | Self::Status { time, .. }
            | Self::Count { time, .. } => time,
        }
    }
}

fn number(route: Option<Name>) -> Option<u64> {
    route.map(|Name(number)| number.into())
}

impl Counter {
    const ALL: [Self; 4] = [Self::Tasks, Self::Memory, Self::Blocking, Self::Heap];
}

#[inline]
fn pack(
    kind: u8,
    Name(name): Name,
    small: Option<u64>,
    time: u64,
    first: u64,
    second: u64,
) -> [u64; RECORD] {
    let small = small.map_or(UNKNOWN, |small| small.min(UNKNOWN - 1));
    let word = u64::from(kind) | u64::from(name) << 8 | small << (u64::BITS - SMALL_BITS);
    [word, time, first, second]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let (name, most) = (Name(u16::MAX), u64::MAX);
        let (start, time, length) = (most, most, most - 1);
        let (task, span, by) = (most - 2, most - 3, most - 4);
        let events = [
            Event::Poll {
                start,
                length,
                task,
                place: name,
                ready: None,
            },
            Event::Poll {
                start,
                length,
                task,
                place: name,
                ready: Some(UNKNOWN - 1),
            },
            Event::Spawned {
                time,
                task,
                place: name,
                by,
            },
            Event::Ended { time, task },
            Event::Parked { start, length },
            Event::Blocking {
                start,
                length,
                place: name,
                queued: 5,
                by,
            },
            Event::Woken { time, task, by },
            Event::SpanOpened {
                time,
                span,
                parent: by,
                site: name,
                route: None,
            },
            Event::SpanOpened {
                time,
                span,
                parent: by,
                site: name,
                route: Some(name),
            },
            Event::Visit {
                start,
                length,
                span,
                task: 7,
            },
            Event::SpanClosed {
                time,
                opened: 3,
                span,
                site: name,
                route: None,
            },
            Event::SpanClosed {
                time,
                opened: 3,
                span,
                site: name,
                route: Some(name),
            },
            Event::Status {
                time,
                span,
                status: 503,
            },
            Event::Count {
                time,
                which: Counter::Tasks,
                first: most,
                second: 0,
            },
            Event::Count {
                time,
                which: Counter::Memory,
                first: 1,
                second: most,
            },
            Event::Count {
                time,
                which: Counter::Blocking,
                first: 1,
                second: 2,
            },
            Event::Count {
                time,
                which: Counter::Heap,
                first: most,
                second: most - 1,
            },
        ];
        for event in events {
            assert_eq!(Event::unpack(event.pack()), Some(event));
        }
        assert_eq!(Event::unpack([255, 0, 0, 0]), None);
        assert_eq!(
            Event::unpack([0xFFFF_FF0A, 0, 0, 0]),
            None,
            "no such counter"
        );
    }

    #[test]
    fn a_wait_that_is_too_long_is_the_longest_and_not_unknown() {
        let (start, length, task, place) = (0, 0, 1, Name(0));
        let ready = Some(u64::MAX);
        let poll = Event::Poll {
            start,
            length,
            task,
            place,
            ready,
        };
        let Some(Event::Poll { ready, .. }) = Event::unpack(poll.pack()) else {
            panic!("another kind");
        };
        assert_eq!(ready, Some(UNKNOWN - 1));
    }
}
