//! The rounds, and what they show.

use std::alloc::GlobalAlloc;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tikv_jemallocator::Jemalloc;

use crate::client::Client;
use crate::pair::pair;
use crate::server::Server;
use crate::{Plan, Result, report};

/// A server, and how far its calendar is booked.
struct Side<'server> {
    server: &'server Server,
    rooms: Vec<String>,
    booked: AtomicUsize,
}

/// What one round took.
#[derive(Clone, Copy)]
struct Round {
    processor: Duration,
    clock: Duration,
}

/// All rounds of both servers, two of each in a block, in the order in which they ran.
#[derive(Default)]
pub struct Rounds {
    plain: Vec<Round>,
    counted: Vec<Round>,
    /// Allocations of the counting server in its rounds, logging in included.
    allocations: u64,
}

impl Rounds {
    /// Loads two servers that have just been started, in turns.
    pub fn session(&mut self, plan: &Plan, plain: &Server, counted: &Server) -> Result<()> {
        let (plain, counted) = (Side::new(plain)?, Side::new(counted)?);
        // Fills the pools and the caches.
        plain.round(plan)?;
        counted.round(plan)?;
        let allocations = counted.server.allocations()?;
        for block in 0..plan.blocks {
            // A B B A, then B A A B.
            for turn in [0, 1, 1, 0] {
                if (turn + block) % 2 == 0 {
                    self.plain.push(plain.round(plan)?);
                } else {
                    self.counted.push(counted.round(plan)?);
                }
            }
        }
        self.allocations += counted.server.allocations()? - allocations;
        Ok(())
    }
}

impl<'server> Side<'server> {
    fn new(server: &'server Server) -> Result<Self> {
        let rooms = Client::connect(server.address)?.rooms()?;
        if rooms.is_empty() {
            return Err("the server has no rooms".into());
        }
        Ok(Self {
            server,
            rooms,
            booked: AtomicUsize::new(0),
        })
    }

    /// Books with all clients at once. Logging in is not part of what is measured.
    fn round(&self, plan: &Plan) -> Result<Round> {
        let end = self.booked.load(Ordering::Relaxed) + plan.bookings;
        let mut clients = Vec::new();
        for _ in 0..plan.clients {
            let mut client = Client::connect(self.server.address)?;
            client.log_in()?;
            clients.push(client);
        }
        let processor = self.server.processor_time()?;
        let clock = Instant::now();
        let failed = thread::scope(|scope| {
            let workers: Vec<_> = clients
                .iter_mut()
                // An error leaves its thread as text, since it need not be `Send`.
                .map(|client| {
                    scope.spawn(|| {
                        self.book_until(end, client)
                            .err()
                            .map(|error| error.to_string())
                    })
                })
                .collect();
            let ended = workers.into_iter().map(|worker| worker.join());
            ended
                .filter_map(|ended| ended.unwrap_or_else(|_| Some("a client panicked".into())))
                .next()
        });
        let clock = clock.elapsed();
        let processor = self.server.processor_time()?.saturating_sub(processor);
        self.booked.store(end, Ordering::Relaxed);
        if let Some(error) = failed {
            return Err(error.into());
        }
        Ok(Round { processor, clock })
    }

    fn book_until(&self, end: usize, client: &mut Client) -> Result<()> {
        loop {
            let number = self.booked.fetch_add(1, Ordering::Relaxed);
            if number >= end {
                return Ok(());
            }
            let room = &self.rooms[number % self.rooms.len()];
            client.book(room, &day(number / self.rooms.len()))?;
        }
    }
}

/// Distinct days from 2030 on; only those that every month has, so that no calendar is needed.
fn day(number: usize) -> String {
    let (months, day) = (number / 28, number % 28);
    format!(
        "{}-{:02}-{:02}",
        2030 + months / 12,
        months % 12 + 1,
        day + 1
    )
}

/// What the rounds show together.
pub fn summary(plan: &Plan, step: &str, rounds: &Rounds) -> String {
    let (plain, counted) = (&rounds.plain[..], &rounds.counted[..]);
    let allocations = rounds.allocations as f64 / (counted.len() * plan.bookings) as f64;
    let per_booking = |rounds: &[Round]| {
        let total: Duration = rounds.iter().map(|round| round.processor).sum();
        total.as_secs_f64() * 1e6 / (rounds.len() * plan.bookings) as f64
    };
    let per_second = |rounds: &[Round]| {
        let total: Duration = rounds.iter().map(|round| round.clock).sum();
        (rounds.len() * plan.bookings) as f64 / total.as_secs_f64()
    };
    let percent = |ratio: f64| (ratio - 1.0) * 100.0;
    // Two rounds of each side are in a block.
    let block = |rounds: &[Round], of: fn(&Round) -> Duration| -> Vec<f64> {
        let sums = rounds
            .chunks_exact(2)
            .map(|pair| pair.iter().map(of).sum::<Duration>());
        sums.map(|sum| sum.as_secs_f64()).collect()
    };
    let ratios = |of: fn(&Round) -> Duration| -> Vec<f64> {
        let (plain, counted) = (block(plain, of), block(counted, of));
        counted
            .iter()
            .zip(&plain)
            .map(|(counted, plain)| percent(counted / plain))
            .collect()
    };
    let processor = Spread::of(ratios(|round| round.processor));
    let clock = Spread::of(ratios(|round| round.clock));
    // The same server against itself: what differs here is the machine's noise.
    let control = plain
        .chunks_exact(2)
        .map(|pair| percent(pair[1].processor.as_secs_f64() / pair[0].processor.as_secs_f64()));
    let control = Spread::of(control.collect());

    let added = nanoseconds_added();
    let mut text = String::from("What counting adds to a booking\n\n");
    text.push_str(&report::conditions());
    let _ = write!(
        text,
        "server: {step}, release, SQLite on {}\n\
         load: {} starts of both servers, {} blocks of A B B A each, {} bookings per round, {} clients\n\
         allocations_per_booking: {allocations:.0}\n\n\
         processor time per booking\n\
         \x20 jemalloc alone: {:.1} us\n\
         \x20 counted: {:.1} us\n\
         \x20 added: {processor}\n\
         \x20 under 2 %: {}\n\
         \x20 noise, one server against itself: {control}\n\
         \x20 the counting alone: {allocations:.0} allocations and releases, {added:.2} ns for each pair, {:.2} % of a booking\n\n\
         bookings per second\n\
         \x20 jemalloc alone: {:.0}\n\
         \x20 counted: {:.0}\n\
         \x20 time added: {clock}\n",
        plan.disk,
        plan.sessions,
        plan.blocks,
        plan.bookings,
        plan.clients,
        per_booking(plain),
        per_booking(counted),
        if processor.sure_high < 2.0 {
            "shown"
        } else {
            "not shown: the machine is too busy, or it is not so"
        },
        allocations * added / 10.0 / per_booking(plain),
        per_second(plain),
        per_second(counted),
    );
    text
}

/// What counting adds to one allocation and its release: the least of many short timings, since everything that
/// disturbs a timing makes it longer.
fn nanoseconds_added() -> f64 {
    fn least(allocator: &impl GlobalAlloc) -> f64 {
        const PAIRS: u32 = 10_000;
        let timings = (0..2000).map(|_| {
            let start = Instant::now();
            (0..PAIRS).for_each(|_| pair(allocator, 128));
            start.elapsed()
        });
        timings.min().unwrap_or_default().as_secs_f64() * 1e9 / f64::from(PAIRS)
    }
    least(&diagnostics::Allocator::new()) - least(&Jemalloc)
}

/// What the blocks say together: their median, where it lies with 95 % confidence, and where their middle half lies.
/// All three are taken from the sorted values, so that a block that another program disturbed has no weight.
struct Spread {
    median: f64,
    sure_low: f64,
    sure_high: f64,
    low: f64,
    high: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let last = values.len() - 1;
        let at = |share: f64| values[((last as f64 * share).round() as usize).min(last)];
        // The median's rank is binomially distributed: half, give or take 1.96 standard deviations.
        let give = 0.98 / (values.len() as f64).sqrt();
        Self {
            median: at(0.5),
            sure_low: at((0.5 - give).max(0.0)),
            sure_high: at((0.5 + give).min(1.0)),
            low: at(0.25),
            high: at(0.75),
        }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            median,
            sure_low,
            sure_high,
            low,
            high,
        } = self;
        write!(
            formatter,
            "median {median:+.2} % (95 % confidence {sure_low:+.2} to {sure_high:+.2}), middle half of the blocks \
             {low:+.2} to {high:+.2}"
        )
    }
}
