//! One measurement of one service: workers that send what is due and record what comes back.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::io::{self, Write as _};
use std::pin::pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use futures_util::StreamExt;
use futures_util::future::OptionFuture;
use futures_util::stream::FuturesUnordered;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::client::{Client, Failure, Request};
use crate::listener::Listener;
use crate::pace::Pace;
use crate::plan::Plan;
use crate::progress;
use crate::report::Report;
use crate::service::{Job, Prepared, clean_up, prepare};
use crate::tally::Tally;

/// How long a worker of a closed loop waits after a failed connection, so that a service that restarts does
/// not cost thousands of requests.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(50);

/// How long logins have come in when the load begins that is measured beside them.
const LOGINS_BEFORE: Duration = Duration::from_secs(1);

/// The two ways to end a load early. They are caught from its creation on.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub fn catch() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?,
            terminate: signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?,
        })
    }

    /// Waits for the next signal; its exit code is what a shell reports of a program that it ended.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}

/// What came of a measurement.
#[derive(Debug)]
pub struct Run {
    /// Missing if a signal came before the load.
    pub report: Option<Report>,
    end: End,
}

#[derive(Debug, PartialEq)]
pub enum End {
    Complete,
    /// With the exit code for it.
    Signal(u8),
    /// The service is gone.
    Hopeless,
}

impl Run {
    /// Whether the load was sent whole and every request got the right answer.
    pub fn is_good(&self) -> bool {
        self.end == End::Complete && self.report.as_ref().is_some_and(Report::all_is_well)
    }

    /// The exit code, or what went wrong.
    pub fn finish(&self) -> anyhow::Result<ExitCode> {
        Ok(match (&self.report, &self.end) {
            (_, End::Hopeless) => {
                bail!("the service is gone: it answered nothing for 5 s; the load was given up")
            }
            (Some(report), _) if !report.all_is_well() => ExitCode::FAILURE,
            (_, End::Signal(code)) => ExitCode::from(*code),
            _ => ExitCode::SUCCESS,
        })
    }
}

/// Prepares the service and sends it the load.
pub async fn run(job: &Job, signals: &mut Signals) -> anyhow::Result<Run> {
    let prepared = tokio::select! {
        prepared = prepare(job) => prepared?,
        code = signals.next() => return Ok(Run { report: None, end: End::Signal(code) }),
        never = progress::show(|| "preparing: logs in and reads the user's bookings".to_owned()) => match never {},
    };
    let Prepared { plan, mut clients } = prepared;
    let mut logins = pin!(OptionFuture::from(
        job.logins.map(|logins| logins.come_in(job))
    ));
    if job.logins.is_some() {
        tokio::select! {
            failed = &mut logins => return Err(failure(failed)),
            code = signals.next() => return Ok(Run { report: None, end: End::Signal(code) }),
            () = tokio::time::sleep(LOGINS_BEFORE) => {}
        }
    }
    // What logins cost would be in it.
    let listener = (job.url.listener.as_ref()).filter(|_| job.logins.is_none());
    let processor_time = || listener.and_then(Listener::processor_time);
    let processor_before = processor_time();
    let start = Instant::now();
    let load = Load::new(plan, job);
    let under_way = vec![Cell::new(None); clients.len()];
    let mut workers: FuturesUnordered<_> = std::iter::zip(&mut clients, &under_way)
        .map(|(client, under_way)| load.work(client, under_way))
        .collect();
    let work = async {
        while let Some(end) = workers.next().await {
            if end == End::Hopeless {
                return end;
            }
        }
        End::Complete
    };
    let so_far = || {
        let (done, seconds) = (
            load.tally.borrow().totals.done(),
            start.elapsed().as_secs_f64(),
        );
        let percent = done as f64 / job.requests as f64 * 100.0;
        let rate = done as f64 / seconds;
        format!(
            "{done} of {} requests ({percent:.0} %) after {seconds:.0} s, {rate:.0}/s",
            job.requests
        )
    };
    let end = tokio::select! {
        biased;
        // One task does the work of all connections, more than the runtime's budget for a task foresees.
        end = tokio::task::unconstrained(work) => end,
        failed = tokio::task::unconstrained(&mut logins), if job.logins.is_some() => return Err(failure(failed)),
        code = signals.next() => End::Signal(code),
        never = progress::show(so_far) => match never {},
    };
    let now = Instant::now();
    let processor = processor_time()
        .zip(processor_before)
        .and_then(|(after, before)| after.checked_sub(before));
    drop(workers);
    load.give_up_what_is_due(&under_way, now);
    let tally = load.tally.into_inner();
    let stop = match end {
        End::Complete => tally.last.unwrap_or(now),
        _ => now,
    };
    // Those that the preparation opened are no news.
    let opened = clients.iter().map(Client::opened).sum();
    let mut report = Report::new(job, &tally, stop - start);
    report.interrupted = end != End::Complete;
    report.connections_opened = opened;
    report.processor_ns =
        processor.and_then(|time| (time.as_nanos() as u64).checked_div(tally.totals.answers));
    let days = load.plan.days();
    (report.first_day, report.last_day) =
        (days.map(|(first, last)| (first.to_string(), last.to_string()))).unzip();
    if end != End::Hopeless {
        take_away(job, &load.plan, signals).await;
    }
    Ok(Run {
        report: Some(report),
        end,
    })
}

/// Logins end by failing only.
fn failure(logins: Option<anyhow::Result<Infallible>>) -> anyhow::Error {
    match logins {
        Some(Err(error)) => error,
        Some(Ok(never)) => match never {},
        None => anyhow!("no logins were wanted"),
    }
}

/// Deletes the load's bookings, so that the next measurement finds the service as this one did. A second signal ends that,
/// and what the load has measured is not lost when it fails.
async fn take_away(job: &Job, plan: &Plan, signals: &mut Signals) {
    let reason = tokio::select! {
        biased;
        done = clean_up(job, plan) => match done {
            Ok(()) => return,
            Err(error) => format!("{error:#}"),
        },
        _ = signals.next() => "interrupted".to_owned(),
        never = progress::show(|| "taking the load's bookings away".to_owned()) => match never {},
    };
    // A closed stderr takes nothing away from the result.
    let _ = writeln!(
        io::stderr(),
        "warning: bookings of this load stay at {}: {reason}; `cargo database reset` takes them away",
        job.url
    );
}

/// A request that was sent and is not answered: its number, and since when it counts.
pub type UnderWay = Cell<Option<(u64, Instant)>>;

/// What all workers share. They are parts of one task on one thread: the client shares the machine with the service
/// that it measures, and one thread sends more than a service that does real work can answer on the other cores.
#[derive(Debug)]
pub struct Load {
    plan: Plan,
    pace: Pace,
    pub tally: RefCell<Tally>,
}

impl Load {
    pub fn new(plan: Plan, job: &Job) -> Self {
        Self {
            plan,
            pace: Pace::new(job.requests, job.rate),
            tally: RefCell::new(Tally::new()),
        }
    }

    async fn work(&self, client: &mut Client, under_way: &UnderWay) -> End {
        self.work_while(client, under_way, |_| true).await
    }

    /// Sends what is due, as long as there is something and what has been counted allows it.
    pub async fn work_while(
        &self,
        client: &mut Client,
        under_way: &UnderWay,
        goes_on: impl Fn(&Tally) -> bool,
    ) -> End {
        while goes_on(&self.tally.borrow())
            && let Some(turn) = self.pace.next().await
        {
            let call = match self.plan.call(turn.index) {
                Ok(call) => call,
                Err(reason) => {
                    self.tally.borrow_mut().not_sent(reason);
                    continue;
                }
            };
            let operation = call.operation;
            let start = Instant::now();
            if let Some(due) = turn.due {
                self.tally.borrow_mut().started(start - due);
            }
            let since = turn.due.unwrap_or(start);
            under_way.set(Some((turn.index, since)));
            let token = self.plan.token();
            let answer = client.send(Request::of(&call, &token)).await;
            under_way.set(None);
            match answer {
                Ok(answer) => {
                    let mut tally = self.tally.borrow_mut();
                    tally.answered(operation, since, &answer);
                    if answer.status == operation.expected() {
                        self.plan.answered(operation, answer.body);
                    }
                }
                Err(failure) => {
                    let is_hopeless = self.tally.borrow_mut().failed(operation, since, &failure);
                    if is_hopeless {
                        return End::Hopeless;
                    }
                    if turn.due.is_none() && matches!(failure, Failure::Connect(_)) {
                        tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                    }
                }
            }
        }
        End::Complete
    }

    /// Counts the requests that are under way, and those that were due and found no free worker.
    fn give_up_what_is_due(&self, under_way: &[UnderWay], now: Instant) {
        let mut tally = self.tally.borrow_mut();
        for (index, since) in under_way.iter().filter_map(Cell::get) {
            tally.unanswered(self.plan.operation(index), now - since);
        }
        for turn in self.pace.waiting(now) {
            let age = now - turn.due.unwrap_or(now);
            tally.started(age);
            tally.unanswered(self.plan.operation(turn.index), age);
        }
    }
}
