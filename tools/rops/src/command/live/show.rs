//! What an agent answers, printed.

use std::process::ExitCode;

use hyper::Method;
use serde_json::Value;

use super::super::output::print;
use super::show;
use crate::live::ask::{Door, MOMENT};
use crate::live::outside::{Threads, Values};
use crate::live::target::Target;
use crate::live::{duration, watch};

/// Whom to ask, and how to print it.
#[derive(Debug, clap::Args)]
pub struct Asked {
    /// PID, name, HOST:PORT of the diagnostics, or an agent's socket
    #[arg(value_name = "PROCESS")]
    process: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Asked {
    fn target(&self) -> anyhow::Result<Target> {
        Target::find(&self.process)
    }

    /// A page that has both forms; or what stands in for it where there is no agent.
    fn page(
        &self,
        path: &str,
        outside: impl FnOnce(&crate::live::process::Process) -> anyhow::Result<Values>,
        as_bytes: bool,
    ) -> anyhow::Result<ExitCode> {
        let target = self.target()?;
        if let Some((process, looked)) = target.only_outside() {
            anstream::eprintln!("from outside: {}", looked.sentence(process));
            let values = outside(process)?;
            return show(&values.json(), self.json, |_| values.text(as_bytes));
        }
        let query = if self.json { "" } else { "?debug=1" };
        print(&target.door()?.text(&format!("{path}{query}"))?)?;
        Ok(ExitCode::SUCCESS)
    }

    pub fn memstats(&self) -> anyhow::Result<ExitCode> {
        self.page("/debug/memstats", Values::memory, true)
    }

    pub fn stats(&self) -> anyhow::Result<ExitCode> {
        self.page("/debug/runtime", Values::stats, false)
    }

    pub fn version(&self) -> anyhow::Result<ExitCode> {
        self.page(
            "/debug/version",
            |process| Ok(Values::version(process)),
            false,
        )
    }

    pub fn gc(&self) -> anyhow::Result<ExitCode> {
        let returned: Value = self.target()?.door()?.json(Method::POST, "/debug/gc")?;
        show(&returned, self.json, returned_memory)
    }

    pub fn watch(&self) -> anyhow::Result<ExitCode> {
        let target = self.target()?;
        match self.json {
            true => watch::lines(target.door()?),
            false => watch::run(target.door()?, target.short()),
        }
    }
}

fn returned_memory(answer: &Value) -> String {
    let size = |name: &str| {
        answer[name]
            .as_u64()
            .map(|bytes| terminal::bytes(bytes as f64))
    };
    let change = |name: &str| {
        let (before, after) = (
            size(&format!("{name}_before")),
            size(&format!("{name}_after")),
        );
        Some(format!("{name}: {} before, {} now\n", before?, after?))
    };
    let mut text = format!(
        "given back to the system: {}\n",
        size("returned").unwrap_or_else(|| "not known".into())
    );
    text.extend(["rss", "resident"].iter().filter_map(|name| change(name)));
    text
}

/// What every thread is doing.
#[derive(Debug, clap::Args)]
pub struct Stack {
    #[command(flatten)]
    asked: Asked,
    /// List each task, those first that nobody has polled for longest
    #[arg(long)]
    tasks: bool,
    /// Where each task waits: every one is polled once more. Not on `current_thread`, and only with the feature `taskdump`
    #[arg(long = "await")]
    waits: bool,
}

impl Stack {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let target = self.asked.target()?;
        if let Some((process, looked)) = target.only_outside() {
            anstream::eprintln!("from outside: {}", looked.sentence(process));
            return show(&Threads::of(process)?, self.asked.json, Threads::text);
        }
        let wanted = [
            ("json", self.asked.json),
            ("tasks", self.tasks),
            ("await", self.waits),
        ];
        let query = wanted
            .iter()
            .filter(|(_, wanted)| *wanted)
            .map(|(name, _)| *name);
        let query = query.collect::<Vec<_>>().join("&");
        print(
            &target
                .door()?
                .text(&format!("/debug/pprof/stack?{query}"))?,
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

/// How long the allocator keeps memory that nobody uses.
#[derive(Debug, clap::Args)]
pub struct Setgc {
    #[command(flatten)]
    asked: Asked,
    /// After how long jemalloc gives unused pages back: 10s, 500ms, 0, or `off` for never. Without it, what holds is printed
    #[arg(value_name = "TIME")]
    time: Option<String>,
    /// The same for its second stage: pages that the system may take at any time, and need not
    #[arg(long, value_name = "TIME")]
    muzzy: Option<String>,
}

impl Setgc {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let door = self.asked.target()?.door()?;
        let query = [("dirty", &self.time), ("muzzy", &self.muzzy)];
        let pairs = query
            .iter()
            .filter_map(|(name, time)| Some((name, time.as_ref()?)));
        let pairs = pairs.map(|(name, time)| Ok(format!("{name}={}", milliseconds(time)?)));
        let pairs = pairs.collect::<anyhow::Result<Vec<_>>>()?;
        if pairs.is_empty() {
            let now: Value = door.json(Method::GET, "/debug/setgc")?;
            return show(&now, self.asked.json, |now| times(now, None));
        }
        let path = format!("/debug/setgc?{}", pairs.join("&"));
        let before: Value = door.json(Method::POST, &path)?;
        let now: Value = door.json(Method::GET, "/debug/setgc")?;
        let both = serde_json::json!({ "before": before, "now": now });
        show(&both, self.asked.json, |_| times(&now, Some(&before)))
    }
}

/// As jemalloc counts them.
fn milliseconds(time: &str) -> anyhow::Result<String> {
    match time {
        "off" => Ok("off".into()),
        time => Ok(duration(time, 1.0)?.as_millis().to_string()),
    }
}

fn times(now: &Value, before: Option<&Value>) -> String {
    let shown = |value: &Value| match value.as_u64() {
        Some(milliseconds) => format!("after {:?}", std::time::Duration::from_millis(milliseconds)),
        None => "never (off)".to_owned(),
    };
    let line = |name: &str, field: &str| {
        let was = before.map(|before| format!("; it was {}", shown(&before[field])));
        format!(
            "{name} pages are given back {}{}\n",
            shown(&now[field]),
            was.unwrap_or_default()
        )
    };
    line("dirty", "dirty_ms") + &line("muzzy", "muzzy_ms")
}

/// A page as it comes.
pub fn fetch(door: &Door, path: &str, seconds: u32) -> anyhow::Result<Vec<u8>> {
    let measuring = std::time::Duration::from_secs(seconds.into());
    door.ask(Method::GET, path, measuring + MOMENT)
}
