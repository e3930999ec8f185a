//! Where each task waits, by tokio's dump of tasks.
//!
//! A dump polls every future that waits once more, in a mode in which resources say who asks for them. Services have switched
//! that off for what their futures do when they are polled without a reason, so nobody gets it who does not ask.

#[cfg(not(feature = "taskdump"))]
pub(super) async fn of_all_runtimes() -> Result<Vec<super::reading::Wait>, String> {
    Err(
        "No dump of tasks: this program is built without diagnostics' feature `taskdump`, which costs every poll a little."
            .into(),
    )
}

#[cfg(all(feature = "taskdump", not(tokio_unstable)))]
pub(super) async fn of_all_runtimes() -> Result<Vec<super::reading::Wait>, String> {
    Err("No dump of tasks: the build lacks `--cfg tokio_unstable`.".into())
}

#[cfg(all(feature = "taskdump", tokio_unstable))]
pub(super) use ours::of_all_runtimes;

#[cfg(all(feature = "taskdump", tokio_unstable))]
mod ours {
    use std::time::{Duration, Instant};

    use tokio::runtime::{Handle, RuntimeFlavor};
    use tokio::sync::Mutex;
    use tokio::task::JoinHandle;
    use tokio::time::{sleep, timeout};

    use super::super::reading::Wait;
    use crate::recorder::{self, Polling};
    use crate::sampling::labels::Label;
    use crate::watch;

    /// How long somebody waits for a dump.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// A poll that takes no longer is soon over.
    const SOON: Duration = Duration::from_millis(100);

    /// tokio takes a request for a dump back from nobody: dropped half way, it would have the workers look at all tasks again and
    /// again, for ever. So it goes on by itself, also when whoever has asked is gone, and before the next one it has to end.
    static UNDER_WAY: Mutex<Option<JoinHandle<Vec<Wait>>>> = Mutex::const_new(None);

    pub(in super::super) async fn of_all_runtimes() -> Result<Vec<Wait>, String> {
        let handles = watch::handles();
        // There it works from within only, and panics in some futures.
        if handles
            .iter()
            .any(|handle| handle.runtime_flavor() == RuntimeFlavor::CurrentThread)
        {
            return Err(
                "No dump of tasks: a `current_thread` runtime can be dumped from within alone."
                    .into(),
            );
        }
        let mut under_way = UNDER_WAY.lock().await;
        if let Some(earlier) = under_way.as_mut() {
            let _ = timeout(PATIENCE, earlier).await.map_err(|_| late())?;
            *under_way = None;
        }
        no_poll_holds_a_worker().await?;
        let dump = under_way.insert(tokio::spawn(dump(handles)));
        let waits = timeout(PATIENCE, dump).await.map_err(|_| late())?;
        *under_way = None;
        waits.map_err(|error| format!("No dump of tasks: {error}."))
    }

    fn late() -> String {
        format!(
            "No dump of tasks within {PATIENCE:?}: a poll does not end (the stacks without `await` show which), or the machine is \
             too busy to look at all tasks. The dump goes on; ask again."
        )
    }

    /// A dump waits until every worker is between two polls, and meanwhile the other workers wait with it, a quarter of a second
    /// at a time. So none is begun as long as one is known to be held.
    async fn no_poll_holds_a_worker() -> Result<(), String> {
        let start = Instant::now();
        loop {
            let longest = recorder::polling().max_by_key(|poll| poll.since);
            let Some(Polling { place, since, .. }) = longest.filter(|poll| poll.since > SOON)
            else {
                return Ok(());
            };
            if start.elapsed() > PATIENCE {
                let place = place.map_or_else(String::new, |place| {
                    format!(" of a task that was spawned at {}", Label::of_task(place))
                });
                return Err(format!(
                    "No dump of tasks: a poll{place} has held its worker for {:.1} s, and a dump waits for the end of all \
                     polls. The stacks without `await` show where it is.",
                    since.as_secs_f64()
                ));
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn dump(handles: Vec<Handle>) -> Vec<Wait> {
        let mut waits = Vec::new();
        for handle in handles {
            let dump = handle.dump().await;
            waits.extend(dump.tasks().iter().map(|task| {
                Wait {
                    task: task.id().to_string().parse().unwrap_or(0),
                    at: task
                        .trace()
                        .to_string()
                        .lines()
                        .map(str::to_owned)
                        .collect(),
                }
            }));
        }
        waits
    }
}
