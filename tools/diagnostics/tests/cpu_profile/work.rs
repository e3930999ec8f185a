//! Work whose cost is known, since it goes on until the thread's own CPU clock has advanced by so much.

use std::hint::black_box;
use std::time::Duration;
use std::{iter, mem, ptr, str};

use libsqlite3_sys::sqlite3_exec;
use sha2::{Digest as _, Sha256};

/// When the thread will have done so much.
#[derive(Clone, Copy)]
pub struct Budget(Duration);

/// What a part of the work has done too much before: a clock jumps where the machine is busy, and the shares must be
/// right all the same.
#[derive(Default)]
pub struct Overdrawn(Duration);

fn now() -> Duration {
    // SAFETY: zeros are a valid `timespec`, and it is only written to.
    unsafe {
        let mut time: libc::timespec = mem::zeroed();
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
}

impl Budget {
    pub fn of(milliseconds: u64) -> Self {
        Self(now() + Duration::from_millis(milliseconds))
    }

    /// Less by what was overdrawn before. [`Self::close`] it when the work is done.
    fn with(milliseconds: u64, overdrawn: &mut Overdrawn) -> Self {
        let budget = Duration::from_millis(milliseconds);
        let paid = budget.min(overdrawn.0);
        overdrawn.0 -= paid;
        Self(now() + budget - paid)
    }

    fn close(self, overdrawn: &mut Overdrawn) {
        overdrawn.0 += now().saturating_sub(self.0);
    }

    pub fn is_left(self) -> bool {
        now() < self.0
    }
}

#[inline(never)]
pub fn spin(milliseconds: u64) {
    let budget = Budget::of(milliseconds);
    while budget.is_left() {
        for _ in 0..1000 {
            black_box(());
        }
    }
}

/// How much to do before something else, in milliseconds: never the same twice, since what keeps step with the sampling
/// is measured wrong.
fn some() -> u64 {
    fastrand::u64(2..=9)
}

/// Three lines at 1:9:1. What the third one calls is core's, and inlined in every build.
#[inline(never)]
pub fn three_lines(overdrawn: &mut [Overdrawn; 3]) {
    let some = some();
    let [first, second, third] = overdrawn;
    spin_with(Budget::with(some, first), first);
    spin_with(Budget::with(9 * some, second), second);
    let (budget, mut number) = (Budget::with(some, third), black_box(1_u64));
    while budget.is_left() {
        for _ in 0..200 {
            number = number.wrapping_mul(5).rotate_left(9);
        }
    }
    budget.close(third);
    black_box(number);
}

#[inline(never)]
fn spin_with(budget: Budget, overdrawn: &mut Overdrawn) {
    while budget.is_left() {
        for _ in 0..1000 {
            black_box(());
        }
    }
    budget.close(overdrawn);
}

/// Five costs of the same size. Each is a function that calls what costs from one line.
#[inline(never)]
pub fn five_places(bytes: &mut Bytes, overdrawn: &mut [Overdrawn; 5]) {
    let each = some();
    let parts: [fn(&mut Bytes, Budget); 5] = [copying, locking, checking, hashing, querying];
    for (part, overdrawn) in parts.iter().zip(overdrawn) {
        let budget = Budget::with(each, overdrawn);
        part(bytes, budget);
        budget.close(overdrawn);
    }
}

pub struct Bytes {
    from: Vec<u8>,
    to: Vec<u8>,
    database: *mut libsqlite3_sys::sqlite3,
}

impl Bytes {
    pub fn new() -> Self {
        let text = "Größe und Maß, ".repeat(1 << 12);
        let mut database = ptr::null_mut();
        // SAFETY: a C string and a place for a pointer.
        let opened = unsafe { libsqlite3_sys::sqlite3_open(c":memory:".as_ptr(), &mut database) };
        assert_eq!(opened, libsqlite3_sys::SQLITE_OK);
        Self {
            to: vec![0; text.len()],
            from: text.into(),
            database,
        }
    }
}

/// libc's `memcpy` keeps no frame pointer.
#[inline(never)]
fn copying(bytes: &mut Bytes, budget: Budget) {
    let (to, from) = (bytes.to.as_mut_ptr(), bytes.from.as_ptr());
    while budget.is_left() {
        for _ in 0..10 {
            // SAFETY: both have so many bytes.
            unsafe { libc::memcpy(to.cast(), from.cast(), bytes.from.len()) }; // memcpy
        }
    }
}

/// Nor does a mutex of libc.
#[inline(never)]
fn locking(_: &mut Bytes, budget: Budget) {
    let mut mutex = libc::PTHREAD_MUTEX_INITIALIZER;
    while budget.is_left() {
        for _ in 0..1000 {
            // SAFETY: it is a mutex that nobody else uses.
            unsafe {
                libc::pthread_mutex_lock(&mut mutex); // mutex
                libc::pthread_mutex_unlock(&mut mutex); // mutex
            }
        }
    }
}

/// `from_utf8` is in libcore, and a leaf.
#[inline(never)]
fn checking(bytes: &mut Bytes, budget: Budget) {
    while budget.is_left() {
        black_box(str::from_utf8(black_box(&bytes.from))).expect("UTF-8"); // from_utf8
    }
}

#[inline(never)]
fn hashing(bytes: &mut Bytes, budget: Budget) {
    while budget.is_left() {
        black_box(Sha256::digest(black_box(&bytes.from))); // SHA-256
    }
}

#[inline(never)]
fn querying(bytes: &mut Bytes, budget: Budget) {
    const SQL: &std::ffi::CStr =
        c"with recursive n(i) as (select 1 union all select i + 1 from n where i < 500) select sum(i) from n";
    while budget.is_left() {
        // SAFETY: an open database and a C string; nobody wants the rows.
        let done = unsafe {
            let nobody = ptr::null_mut();
            sqlite3_exec(bytes.database, SQL.as_ptr(), None, nobody, ptr::null_mut()) // SQLite
        };
        assert_eq!(done, libsqlite3_sys::SQLITE_OK);
    }
}

pub async fn outer_future() {
    inner_future().await;
    tokio::task::yield_now().await;
}

async fn inner_future() {
    tokio::task::yield_now().await;
    spin(10); // in the future
}

/// As deep as asked, and busy there.
#[inline(never)]
pub fn deep(frames: usize) {
    if frames == 0 {
        return spin(100);
    }
    deep(black_box(frames - 1));
    black_box(());
}

/// Panics and prints nothing, after its backtrace was made.
pub fn panic_with_backtrace() {
    let caught = std::panic::catch_unwind(|| {
        let text = std::backtrace::Backtrace::force_capture().to_string();
        assert!(text.len() > 1_000_000, "never so long");
    });
    assert!(caught.is_err());
}

/// Loads and unloads libraries that libc brings.
pub fn load_libraries() {
    for name in [
        c"libutil.so.1",
        c"librt.so.1",
        c"libanl.so.1",
        c"libBrokenLocale.so.1",
        c"libresolv.so.2",
    ] {
        // SAFETY: libc's own libraries have no initializers that do anything.
        unsafe {
            let library = libc::dlopen(name.as_ptr(), libc::RTLD_NOW);
            if !library.is_null() {
                libc::dlclose(library);
            }
        }
    }
}

pub fn allocate() {
    let blocks: Vec<Vec<u8>> = iter::repeat_with(|| vec![1; fastrand::usize(1..20_000)])
        .take(200)
        .collect();
    black_box(blocks);
}
