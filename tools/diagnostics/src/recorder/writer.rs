//! Each thread's end of the recorder: which chunk it fills.

use std::cell::Cell;

use super::chunk::{self, Stamp};
use super::pool::{Pool, RECORDS};
use super::record::Event;

thread_local! {
    /// Without a destructor and without lazy initialization, so that reading it is one instruction.
    static THREAD: Thread = const { Thread {
        chunk: Cell::new(0),
        stamp: Cell::new(NONE),
        records: Cell::new(0),
        attached: Cell::new(false),
        busy: Cell::new(0),
        ended: Cell::new(false),
        writer: Cell::new([0; 3]),
    } };

    /// Its destructor gives the chunk back. Touched only when a chunk is taken.
    static LEASE: Lease = const { Lease };
}

/// No filling's stamp.
const NONE: Stamp = 0;

struct Thread {
    /// The chunk that it fills, or has filled last.
    chunk: Cell<usize>,
    stamp: Cell<Stamp>,
    /// Records that it has written there.
    records: Cell<usize>,
    attached: Cell<bool>,
    /// How many things it is in the middle of that it will record: while it is, it stays attached.
    busy: Cell<usize>,
    /// Whether its destructors run: nobody comes after it who could give a chunk back.
    ended: Cell<bool>,
    /// Its number and name, as soon as they were asked for.
    writer: Cell<chunk::Writer>,
}

struct Lease;

impl Drop for Lease {
    fn drop(&mut self) {
        THREAD.with(|thread| thread.ended.set(true));
        rest();
    }
}

/// Records an event on the calling thread.
#[inline]
pub(super) fn write(pool: &Pool, event: Event) {
    THREAD.with(|thread| {
        let may_write = thread.attached.get() && thread.records.get() < RECORDS;
        if !may_write && !thread.attach(pool) {
            pool.drop_one();
            return;
        }
        let (stamp, records) = (thread.stamp.get(), thread.records.get());
        pool.chunk(thread.chunk.get())
            .write(stamp, records, event.pack());
        thread.records.set(records + 1);
        if thread.busy.get() == 0 || thread.ended.get() {
            thread.detach(pool);
        }
    });
}

/// The calling thread is in the middle of something that it will record.
#[inline]
pub(super) fn begins() {
    THREAD.with(|thread| thread.busy.set(thread.busy.get() + 1));
}

/// It was, until now. What it has recorded stays in its chunk, and the chunk stays its own until it rests.
#[inline]
pub(super) fn ends() {
    THREAD.with(|thread| thread.busy.set(thread.busy.get().saturating_sub(1)));
}

/// The calling thread has nothing to record for a while, which may be for ever.
#[inline]
pub(super) fn rest() {
    if let Some(pool) = super::pool() {
        THREAD.with(|thread| thread.detach(pool));
    }
}

/// As [`rest`], unless it is in the middle of something.
#[inline]
pub(super) fn rest_if_idle() {
    if THREAD.with(|thread| thread.busy.get() == 0) {
        rest();
    }
}

impl Thread {
    #[inline]
    fn detach(&self, pool: &Pool) {
        if self.attached.replace(false) {
            pool.chunk(self.chunk.get()).detach(self.stamp.get());
        }
    }

    /// Goes on where it has detached, or else with a chunk that is new to it.
    #[cold]
    fn attach(&self, pool: &Pool) -> bool {
        let chunk = self.chunk.get();
        let goes_on = !self.attached.get()
            && self.stamp.get() != NONE
            && self.records.get() < RECORDS
            && pool.has(chunk)
            && pool.chunk(chunk).attach(self.stamp.get());
        if goes_on {
            self.attached.set(true);
            return true;
        }
        self.detach(pool);
        let _ = LEASE.try_with(|_| ());
        let Some((chunk, stamp)) = pool.take(self.writer()) else {
            return false;
        };
        self.chunk.set(chunk);
        self.stamp.set(stamp);
        self.records.set(0);
        self.attached.set(true);
        true
    }

    fn writer(&self) -> chunk::Writer {
        let known = self.writer.get();
        if known[0] != 0 {
            return known;
        }
        let writer = super::threads::this();
        self.writer.set(writer);
        writer
    }
}
