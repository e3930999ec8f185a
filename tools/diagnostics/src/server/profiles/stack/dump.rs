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
    use std::time::Duration;

    use tokio::runtime::RuntimeFlavor;
    use tokio::time::timeout;

    use super::super::reading::Wait;
    use crate::watch;

    /// A dump waits until every worker is between two polls, which one that is stuck never is.
    const PATIENCE: Duration = Duration::from_secs(2);

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
        let mut waits = Vec::new();
        for handle in handles {
            let dump = timeout(PATIENCE, handle.dump()).await.map_err(|_| {
                format!(
                    "No dump of tasks within {PATIENCE:?}: a worker is held by a poll that does not end. The stacks without \
                     `await` show which."
                )
            })?;
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
        Ok(waits)
    }
}
