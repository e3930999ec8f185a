//! What was read in the last minutes, and what follows from two readings.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::Reading;

/// Readings that are kept: as many as the widest chart shows.
const MOST: usize = 400;

/// The readings, the latest one last.
#[derive(Debug, Default)]
pub struct History {
    latest: Option<Reading>,
    failure: Option<String>,
    /// Per cent of one processor.
    pub cpu: Series,
    pub rss: Series,
    pub tasks: Series,
    /// Of all routes together, in each second.
    pub requests: Series,
    /// Requests of each second, and all of them, by route; the busiest first.
    pub routes: Vec<(String, f64, u64)>,
}

/// Values of one kind; what is not known is not there.
#[derive(Debug, Default)]
pub struct Series(VecDeque<f64>);

impl Series {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.0.push_back(value);
            if self.0.len() > MOST {
                self.0.pop_front();
            }
        }
    }

    pub fn last(&self) -> Option<f64> {
        self.0.back().copied()
    }

    /// The latest ones that fit.
    pub fn latest(&self, count: usize) -> impl Iterator<Item = f64> {
        self.0
            .iter()
            .skip(self.0.len().saturating_sub(count))
            .copied()
    }
}

impl History {
    pub fn add(&mut self, reading: Reading) {
        self.failure = None;
        let whole = |number: Option<u64>| number.map(|number| number as f64);
        self.rss.add(whole(reading.memory.rss));
        self.tasks.add(whole(reading.runtime.tasks_alive));
        if let Some(before) = self.latest.replace(reading.clone()) {
            let seconds = (reading.at.saturating_sub(before.at))
                .as_secs_f64()
                .max(0.001);
            let cpu = reading
                .runtime
                .cpu_nanoseconds
                .zip(before.runtime.cpu_nanoseconds);
            self.cpu
                .add(cpu.map(|(now, then)| now.saturating_sub(then) as f64 / 1e7 / seconds));
            let then: HashMap<_, _> = before
                .runtime
                .requests
                .iter()
                .map(|one| (one.route.as_str(), one.ended))
                .collect();
            let routes = reading.runtime.requests.iter().map(|one| {
                let then = then.get(one.route.as_str()).copied().unwrap_or(0);
                let rate = one.ended.saturating_sub(then) as f64 / seconds;
                (one.route.clone(), rate, one.ended)
            });
            self.routes = routes.collect();
            self.routes
                .sort_by(|one, other| other.1.total_cmp(&one.1).then(other.2.cmp(&one.2)));
            self.requests
                .add(Some(self.routes.iter().map(|(_, rate, _)| rate).sum()));
        }
    }

    /// It did not answer.
    pub fn failed(&mut self, reason: &str) {
        self.failure = Some(reason.lines().next().unwrap_or_default().to_owned());
    }

    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Threads, workers and processors.
    pub fn facts(&self) -> String {
        let runtime = self.latest.as_ref().map(|reading| &reading.runtime);
        let facts = [
            ("threads", runtime.and_then(|runtime| runtime.threads)),
            ("workers", runtime.and_then(|runtime| runtime.workers)),
            ("CPUs", runtime.and_then(|runtime| runtime.available_cores)),
        ];
        let known = facts
            .iter()
            .filter_map(|(name, number)| Some(format!("{} {name}", (*number)?)));
        known.collect::<Vec<_>>().join(" · ")
    }

    /// The latest values, from the second reading on.
    pub fn line(&self) -> Option<Value> {
        let requests = self.requests.last()?;
        let latest = self.latest.as_ref()?;
        let routes: serde_json::Map<_, _> = self
            .routes
            .iter()
            .map(|(route, rate, _)| (route.clone(), json!(rate)))
            .collect();
        Some(json!({
            "cpu_percent": self.cpu.last(),
            "rss": latest.memory.rss,
            "alloc": latest.memory.alloc,
            "tasks_alive": latest.runtime.tasks_alive,
            "requests_per_second": requests,
            "routes": routes,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Memory, Requests, Runtime};
    use super::*;

    fn reading(seconds: u64, cpu: u64, ended: u64) -> Reading {
        Reading {
            runtime: Runtime {
                tasks_alive: Some(3),
                cpu_nanoseconds: Some(cpu),
                requests: vec![Requests {
                    route: "/rooms".into(),
                    ended,
                }],
                ..Runtime::default()
            },
            memory: Memory {
                rss: Some(1024),
                ..Memory::default()
            },
            at: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn rates_come_from_two_readings() {
        let mut history = History::default();
        history.add(reading(0, 0, 100));
        assert!(history.line().is_none());
        history.add(reading(2, 1_000_000_000, 120));
        let line = history.line().expect("two readings");
        assert_eq!(line["cpu_percent"], 50.0);
        assert_eq!(line["requests_per_second"], 10.0);
        assert_eq!(line["routes"]["/rooms"], 10.0);
        assert_eq!(history.tasks.latest(80).collect::<Vec<_>>(), [3.0, 3.0]);
    }
}
