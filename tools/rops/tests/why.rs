//! Why requests are slow, told of programs that have one cause each, recorded by `diagnostics` itself.

use std::future::Future;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use diagnostics::{Allocator, Hooks, flight_recorder, hook};
use rops::trace::{Trace, Why, decode};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::{Instrument as _, debug_span};
use tracing_subscriber::prelude::*;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator::new();

/// How long a request waits for what its test is about.
const HELD: Duration = Duration::from_millis(60);

/// A process has one recorder, so its programs run one after the other.
fn alone() -> MutexGuard<'static, ()> {
    static RECORDER: LazyLock<Mutex<()>> = LazyLock::new(|| {
        let options = diagnostics::Options::default().recorder_size(8 << 20);
        diagnostics::install_with(options).expect("a first installation");
        tracing_subscriber::registry()
            .with(diagnostics::layer())
            .init();
        // Both clocks go on for a while, so that it is known well what a tick is.
        thread::sleep(Duration::from_millis(200));
        Mutex::new(())
    });
    RECORDER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the recorder has of a program on so many workers, with so many threads for blocking work.
///
/// Where others are busy, a worker may have no processor between two polls, and nobody tells that. So it is recorded again if
/// much is not explained.
fn recorded<F>((workers, blocking): (usize, usize), program: impl Fn() -> F) -> Trace
where
    F: Future<Output = ()>,
{
    let _alone = alone();
    let mut traces = (0..5).map(|_| recorded_once((workers, blocking), program()));
    let is_explained = |trace: &Trace| {
        let mut all = (1..).map_while(|request| trace.why(request).ok());
        all.all(|why| why.unexplained * 20 <= why.length)
    };
    let mut last = traces.next().expect("one");
    while !is_explained(&last) {
        let Some(next) = traces.next() else { break };
        last = next;
    }
    last
}

fn recorded_once((workers, blocking): (usize, usize), program: impl Future<Output = ()>) -> Trace {
    let start = Instant::now();
    let mut builder = Builder::new_multi_thread();
    hook(&mut builder, Hooks::new());
    let runtime = builder
        .worker_threads(workers)
        .max_blocking_threads(blocking)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(program);
    let mut json = Vec::new();
    flight_recorder()
        .write_to(&mut json, start.elapsed())
        .expect("memory has room");
    decode(&*json, "the program").expect("it is a trace")
}

fn request<F>(route: &'static str, handler: F) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    diagnostics::spawn(handler.instrument(debug_span!("request", route)))
}

/// Why the route's request was slow: one reason has the words, and all of its time is told.
fn expect(trace: &Trace, route: &str, kind: &str, words: &[&str]) -> Why {
    let slowest = trace.slowest(Some(route)).expect("there is one");
    let why = trace.why(slowest).expect("there is one");
    let reason = &why.reasons[0];
    let held = HELD.as_nanos() as u64;
    assert!(reason.length >= held * 9 / 10, "{}", why.text());
    assert_eq!(reason.kind, kind, "{}", why.text());
    for word in words {
        assert!(reason.sentence.contains(word), "{word}: {}", why.text());
    }
    let all: u64 = why.reasons.iter().map(|reason| reason.length).sum();
    assert_eq!(all, why.length, "{}", why.text());
    assert!(why.unexplained * 20 <= why.length, "{}", why.text());
    why
}

fn here(line: u32) -> String {
    format!("{}:{line}", file!())
}

#[test]
fn a_held_worker() {
    let line = line!() + 3;
    let trace = recorded((1, 1), || async {
        let holding = request("/login", async {
            debug_span!("hashing").in_scope(|| thread::sleep(HELD));
        });
        let waiting = request("/rooms", async {});
        holding.await.expect("no panic");
        waiting.await.expect("no panic");
    });
    let words = [
        "ready but not polled",
        "the one worker was in `hashing`",
        &here(line),
    ];
    expect(&trace, "/rooms", "ready", &words);
    expect(
        &trace,
        "/login",
        "busy",
        &["worked in `hashing`", &here(line)],
    );
    // Counted ten times a second, so perhaps once.
    let allocated = trace.series("heap", "handed out");
    let most = allocated.and_then(|series| series.most());
    assert!(most.is_none_or(|most| most > 0.0), "{allocated:?}");
}

#[test]
fn a_mutex_held_over_an_await() {
    let line = line!() + 8;
    let trace = recorded((2, 1), || async move {
        let lock = Arc::new(tokio::sync::Mutex::new(()));
        let (begin, begun) = oneshot::channel();
        let held = Arc::clone(&lock);
        let holding = request("/transfer", async move {
            let _held = held.lock().await;
            begin.send(()).expect("somebody waits");
            let audit = debug_span!("audit");
            tokio::time::sleep(HELD + HELD / 2).instrument(audit).await;
        });
        begun.await.expect("it begins");
        let waiting = request("/balance", async move { drop(lock.lock().await) });
        holding.await.expect("no panic");
        waiting.await.expect("no panic");
    });
    let words = [
        "until a task of /transfer let it go on",
        "waited in `audit`",
        &here(line),
    ];
    expect(&trace, "/balance", "waiting", &words);
}

#[test]
fn a_pool_of_one() {
    let line = line!() + 8;
    let trace = recorded((2, 1), || async move {
        let pool = Arc::new(Semaphore::new(1));
        let (begin, begun) = oneshot::channel();
        let held = Arc::clone(&pool);
        let holding = request("/report", async move {
            let _connection = held.acquire().await.expect("it is open");
            begin.send(()).expect("somebody waits");
            let report = debug_span!("report");
            tokio::time::sleep(HELD * 3).instrument(report).await;
        });
        begun.await.expect("it begins");
        // The second one waits for the first one, which waits for the report.
        let ask = |pool: Arc<Semaphore>| async move {
            let waits = pool.acquire().instrument(debug_span!("acquire"));
            let _connection = waits.await.expect("it is open");
        };
        let first = request("/first", ask(Arc::clone(&pool)));
        tokio::time::sleep(HELD / 3).await;
        let second = request("/second", ask(pool));
        for request in [holding, first, second] {
            request.await.expect("no panic");
        }
    });
    let words = ["waited in `acquire`", "waited in `report`", &here(line)];
    expect(&trace, "/first", "waiting", &words);
    let words = [&words[..], &["until a task of /first let it go on"]].concat();
    expect(&trace, "/second", "waiting", &words);
}

#[test]
fn a_blocking_queue() {
    let line = line!() + 2;
    let trace = recorded((2, 1), || async {
        let export = diagnostics::spawn_blocking(|| thread::sleep(HELD + HELD / 2));
        let waiting = request("/picture", async {
            let picture = diagnostics::spawn_blocking(|| ());
            picture.await.expect("no panic");
        });
        export.await.expect("no panic");
        waiting.await.expect("no panic");
    });
    let words = ["queued for a blocking thread", &here(line)];
    expect(&trace, "/picture", "queued", &words);
}

#[test]
fn a_commit() {
    let line = line!() + 5;
    let trace = recorded((2, 1), || async {
        let (ask, mut asked) = mpsc::channel::<oneshot::Sender<()>>(8);
        let writer = diagnostics::spawn(async move {
            while let Some(answer) = asked.recv().await {
                let commit = debug_span!("commit");
                let (done, told) = oneshot::channel();
                let within = commit.clone();
                // As a driver of a database does, which has a thread of its own.
                thread::spawn(move || {
                    within.in_scope(|| thread::sleep(HELD));
                    done.send(()).expect("somebody waits");
                });
                told.instrument(commit).await.expect("it tells");
                answer.send(()).expect("somebody waits");
            }
        });
        let booking = request("/bookings", async move {
            let (tell, told) = oneshot::channel();
            ask.send(tell).await.expect("there is a writer");
            told.await.expect("it tells");
        });
        booking.await.expect("no panic");
        writer.await.expect("no panic");
    });
    let words = ["until the task spawned at", "`commit`", &here(line)];
    expect(&trace, "/bookings", "waiting", &words);
}

#[test]
fn a_slow_client() {
    let line = line!() + 7;
    let trace = recorded((2, 1), || async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it has one");
        let upload = request("/upload", async move {
            let (mut body, _) = listener.accept().await.expect("a client");
            async { body.read_u8().await.expect("a byte") }
                .instrument(debug_span!("read_body"))
                .await;
        });
        let client = thread::spawn(move || {
            let mut stream = TcpStream::connect(address).expect("it listens");
            thread::sleep(HELD);
            stream.write_all(b"x").expect("it is read");
        });
        upload.await.expect("no panic");
        client.join().expect("no panic");
    });
    let words = ["waited in `read_body`", "the network", &here(line)];
    expect(&trace, "/upload", "waiting", &words);
}
