//! The measured part of a load: workers that send what is due and record what comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::client::{Call, Client, Failure};
use crate::pace::Pace;
use crate::plan::Plan;
use crate::recorder::Recorder;
use crate::token::Token;

/// How long a worker of a closed loop waits after a failed connection, so that a service that restarts does
/// not cost thousands of requests.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(50);

/// What all workers share.
#[derive(Debug)]
pub struct Load {
    pub plan: Plan,
    pub pace: Pace,
    pub recorder: Recorder,
    /// Present when the plan has calls that need it.
    pub token: Option<Token>,
    /// Set when the service is gone and the rest of the load is given up.
    pub gave_up: AtomicBool,
}

/// Runs the workers, each on its own connection, until every request is done or the load is given up.
pub async fn run(load: &Arc<Load>, clients: Vec<Client>) {
    let mut workers = JoinSet::new();
    for client in clients {
        workers.spawn(work(Arc::clone(load), client));
    }
    while let Some(finished) = workers.join_next().await {
        if let Err(error) = finished
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

async fn work(load: Arc<Load>, mut client: Client) {
    while let Some(turn) = load.pace.next().await {
        if load.gave_up.load(Ordering::Relaxed) {
            return;
        }
        let (operation, uri, body) = match load.plan.call(turn.index) {
            Ok(planned) => planned,
            Err(reason) => {
                load.recorder.not_sent(reason);
                continue;
            }
        };
        let token = operation
            .needs_token()
            .then(|| load.token.as_ref().map(Token::header))
            .flatten();
        let call = Call {
            operation,
            uri,
            body,
            token,
        };
        let start = Instant::now();
        if let Some(due) = turn.due {
            load.recorder.started(start - due);
        }
        let since = turn.due.unwrap_or(start);
        match client.send(call, load.plan.keep(operation)).await {
            Ok(answer) => {
                load.plan.answered(operation, &answer);
                load.recorder.answered(operation, since, &answer);
            }
            Err(failure) => {
                load.recorder.failed(operation, since, &failure);
                if load.recorder.is_hopeless() {
                    load.gave_up.store(true, Ordering::Relaxed);
                }
                if turn.due.is_none() && matches!(failure, Failure::Connect(_)) {
                    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                }
            }
        }
    }
}
