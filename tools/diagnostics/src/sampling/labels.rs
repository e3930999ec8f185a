//! For whom a thread works: the request whose span it is in, by its route, or else the task that it polls, by where
//! that was spawned. What CPU and heap samples are labelled with.
//!
//! A span has a route if it has a field `route`, or if it was opened inside of one that has. So the database's thread
//! that enters the span of a statement works for the route that has asked for it.
//!
//! A label is one word, so that a signal handler reads it whole.
#![allow(unsafe_code)]
#![cfg_attr(
    not(feature = "tracing"),
    allow(dead_code, reason = "there are no spans")
)]

#[cfg(feature = "tracing")]
mod spans;

use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Different routes that are told apart; the rest come together.
const MOST_ROUTES: usize = 1024;

/// Bytes of a route that are kept.
const LONGEST_ROUTE: usize = 200;

/// Spans that a thread may be in at the same time, and leave in any order. Beyond, a span changes nothing.
const DEEPEST: usize = 32;

/// Every route that was met, by its hash.
static ROUTES: [OnceLock<Box<str>>; MOST_ROUTES] = [const { OnceLock::new() }; MOST_ROUTES];

/// How many requests of each route have ended; in the last place those of the routes that come together.
static REQUESTS: [AtomicU64; MOST_ROUTES + 1] = [const { AtomicU64::new(0) }; MOST_ROUTES + 1];

thread_local! {
    /// Without a destructor and without lazy initialization: signal handlers and the allocator read it.
    static THREAD: Thread = const { Thread {
        route: AtomicU64::new(0),
        task: AtomicU64::new(0),
        depth: Cell::new(0),
        entered: [const { Cell::new(Entered { span: 0, label: Label::NOBODY, since: 0 }) }; DEEPEST],
    } };
}

struct Thread {
    /// The label of the innermost span that has one.
    route: AtomicU64,
    /// The label of the task that is being polled.
    task: AtomicU64,
    depth: Cell<usize>,
    /// The spans that it is in, the outermost first.
    entered: [Cell<Entered>; DEEPEST],
}

/// A span that a thread is in.
#[derive(Clone, Copy)]
struct Entered {
    span: u64,
    /// [`Label::NOBODY`] where it has none.
    label: Label,
    /// When it was entered, if that is recorded; else 0.
    since: u64,
}

/// A route's number with the last bit set, or the address of a [`Location`], whose last bit is not. Zero is nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Label(u64);

impl From<Label> for u64 {
    fn from(label: Label) -> Self {
        label.0
    }
}

impl Label {
    pub(crate) const NOBODY: Self = Self(0);

    /// The routes for which there was no room.
    const FURTHER_ROUTES: Self = Self((MOST_ROUTES as u64) << 1 | 1);

    /// What the calling thread works for. May be called in a signal handler.
    #[inline]
    pub(super) fn current() -> Self {
        THREAD.with(|thread| match Self(thread.route.load(Ordering::Relaxed)) {
            Self::NOBODY => Self(thread.task.load(Ordering::Relaxed)),
            route => route,
        })
    }

    /// # Safety
    ///
    /// The word was made of a label.
    pub(super) unsafe fn from_word(word: u64) -> Self {
        Self(word)
    }

    /// The label of a route.
    fn of_route(route: &str) -> Self {
        let route = &route[..route.floor_char_boundary(LONGEST_ROUTE)];
        // FNV-1a.
        let hash = route.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let first = (hash ^ (hash >> 32)) as usize;
        let slots = (0..MOST_ROUTES).map(|probe| first.wrapping_add(probe) % MOST_ROUTES);
        for slot in slots {
            if **ROUTES[slot].get_or_init(|| route.into()) == *route {
                return Self((slot as u64) << 1 | 1);
            }
        }
        Self::FURTHER_ROUTES
    }

    /// The label of tasks that are spawned in one place.
    #[cfg_attr(
        not(tokio_unstable),
        allow(dead_code, reason = "there are no hooks for tasks")
    )]
    pub(crate) fn of_task(place: &'static Location<'static>) -> Self {
        Self(ptr::from_ref(place).expose_provenance() as u64)
    }

    fn is_route(self) -> bool {
        self.0 & 1 == 1
    }

    /// The number of a route, if it is one's.
    pub(crate) fn route_number(self) -> Option<u16> {
        self.is_route().then_some((self.0 >> 1) as u16)
    }

    /// The label of the route with that number.
    pub(crate) fn of_route_number(number: u16) -> Self {
        Self(u64::from(number) << 1 | 1)
    }

    /// A request of this route has ended.
    fn request_ended(self) {
        let count = self
            .route_number()
            .and_then(|number| REQUESTS.get(usize::from(number)));
        if let Some(count) = count {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The place, if it is a task's label.
    pub(crate) fn place(self) -> Option<&'static Location<'static>> {
        if self == Self::NOBODY || self.is_route() {
            return None;
        }
        // SAFETY: labels without the last bit are made of references that live as long as the process.
        Some(unsafe { &*ptr::with_exposed_provenance(self.0 as usize) })
    }

    /// As profiles have it, if it is anybody: `route` or `task`.
    pub(crate) fn key(self) -> Option<&'static str> {
        match self {
            Self::NOBODY => None,
            label if label.is_route() => Some("route"),
            _ => Some("task"),
        }
    }
}

/// The route, or the file, line and column where the task was spawned: for a crate from a registry, from the crate on.
impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place() {
            let file = place.file();
            let in_registry = file.split_once("/registry/src/");
            let of_crate = in_registry.and_then(|(_, file)| file.split_once('/'));
            let file = of_crate.map_or(file, |(_, file)| file);
            return write!(f, "{file}:{}:{}", place.line(), place.column());
        }
        let route = ROUTES.get((self.0 >> 1) as usize).and_then(OnceLock::get);
        f.write_str(route.map_or("[further routes]", |route| route))
    }
}

/// How many requests of each route have ended, of those that had any.
pub(crate) fn requests() -> impl Iterator<Item = (String, u64)> {
    REQUESTS.iter().zip(0u16..).filter_map(|(count, number)| {
        let count = count.load(Ordering::Relaxed);
        (count > 0).then(|| (Label::of_route_number(number).to_string(), count))
    })
}

/// The calling thread begins to poll a task, or ends to: then with [`Label::NOBODY`].
#[inline]
#[cfg_attr(
    not(tokio_unstable),
    allow(dead_code, reason = "there are no hooks for tasks")
)]
pub(super) fn polls(task: Label) {
    THREAD.with(|thread| thread.task.store(task.0, Ordering::Relaxed));
}

#[cfg(feature = "tracing")]
impl Thread {
    /// The innermost span that it is in; 0 is none.
    fn span(&self) -> u64 {
        let innermost = self.depth.get().checked_sub(1);
        innermost.map_or(0, |place| self.entered[place].get().span)
    }

    /// Whether there was room.
    fn enter(&self, entered: Entered) -> bool {
        let depth = self.depth.get();
        let Some(room) = self.entered.get(depth) else {
            return false;
        };
        room.set(entered);
        self.depth.set(depth + 1);
        if entered.label != Label::NOBODY {
            self.route.store(entered.label.0, Ordering::Relaxed);
        }
        true
    }

    /// Leaves a span wherever it is among those entered: it need not be the last one.
    fn leave(&self, span: u64) -> Option<Entered> {
        let entered = &self.entered[..self.depth.get()];
        let place = entered.iter().rposition(|one| one.get().span == span)?;
        let left = entered[place].get();
        for (room, next) in entered[place..].iter().zip(&entered[place + 1..]) {
            room.set(next.get());
        }
        self.depth.set(entered.len() - 1);
        if left.label != Label::NOBODY {
            self.show_innermost();
        }
        Some(left)
    }

    /// A span that it may be in has another label now.
    fn relabel(&self, span: u64, label: Label) {
        for room in &self.entered[..self.depth.get()] {
            if room.get().span == span {
                room.set(Entered {
                    label,
                    ..room.get()
                });
            }
        }
        self.show_innermost();
    }

    fn show_innermost(&self) {
        let entered = self.entered[..self.depth.get()].iter().rev();
        let mut labels = entered.map(|one| one.get().label);
        let label = labels.find(|&label| label != Label::NOBODY);
        let label = label.unwrap_or(Label::NOBODY);
        self.route.store(label.0, Ordering::Relaxed);
    }
}

#[cfg(feature = "tracing")]
pub(crate) use spans::{Open, closed, entered, left, open_spans, opened, recorded};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_routes_have_one_label_and_tasks_are_told_from_them() {
        let (rooms, bookings) = (Label::of_route("/rooms"), Label::of_route("/bookings"));
        assert_ne!(rooms, bookings);
        assert_eq!(rooms, Label::of_route(&String::from("/rooms")));
        assert_eq!(
            (rooms.key(), rooms.to_string()),
            (Some("route"), "/rooms".into())
        );
        let long = "é".repeat(LONGEST_ROUTE);
        assert_eq!(
            Label::of_route(&long).to_string(),
            "é".repeat(LONGEST_ROUTE / 2)
        );

        let here = Location::caller();
        let task = Label::of_task(here);
        assert_eq!(
            (task.key(), task.to_string()),
            (Some("task"), here.to_string())
        );
        assert_eq!(Label::NOBODY.key(), None);
        assert_eq!(Label::FURTHER_ROUTES.to_string(), "[further routes]");
    }

    #[test]
    fn a_task_is_shown_where_there_is_no_route() {
        let task = Label::of_task(Location::caller());
        assert_eq!(Label::current(), Label::NOBODY);
        polls(task);
        assert_eq!(Label::current(), task);
        polls(Label::NOBODY);
        assert_eq!(Label::current(), Label::NOBODY);
    }
}
