//! The pages that are served now, and whoever waits for the next ones.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use super::site::Site;

/// What readers see at the moment.
#[derive(Debug, Clone)]
pub struct State {
    /// The last book that could be built.
    pub site: Arc<Site>,
    /// Names this build. Differs from every other one, also from those of a server that ran here before.
    pub version: u128,
    /// Why the sources as they are now cannot be built.
    pub problem: Option<String>,
    /// Whether the server is about to end.
    closing: bool,
}

/// Holds the [`State`] and tells of its changes.
#[derive(Debug)]
pub struct Live {
    sender: watch::Sender<State>,
}

impl Live {
    pub fn new(site: Site) -> Self {
        let state = State {
            site: Arc::new(site),
            version: now(),
            problem: None,
            closing: false,
        };
        Self {
            sender: watch::Sender::new(state),
        }
    }

    /// Builds the book again. If that fails, readers keep the pages they have, and they and the caller hear why.
    pub fn rebuild(&self, root: &Path) -> Result<(), String> {
        let built = Site::build(root).map_err(|error| format!("{error:#}"));
        let problem = built.as_ref().err().cloned();
        self.sender.send_modify(|state| {
            state.problem.clone_from(&problem);
            if let Ok(site) = built {
                state.site = Arc::new(site);
                state.version = now();
            }
        });
        problem.map_or(Ok(()), Err)
    }

    pub fn state(&self) -> State {
        self.sender.borrow().clone()
    }

    /// Ends what [`Live::changes`] returned, so that the server can end.
    pub fn close(&self) {
        self.sender.send_modify(|state| state.closing = true);
    }

    /// Waits for [`Live::close`].
    pub async fn closed(&self) {
        let mut changes = self.changes();
        while changes.next().await.is_some() {}
    }

    /// Waits for the next state, beginning with the present one.
    pub fn changes(&self) -> Changes {
        let mut receiver = self.sender.subscribe();
        receiver.mark_changed();
        Changes { receiver }
    }
}

/// The states that one page hears of.
#[derive(Debug)]
pub struct Changes {
    receiver: watch::Receiver<State>,
}

impl Changes {
    /// The next state, or `None` when the server ends.
    pub async fn next(&mut self) -> Option<State> {
        self.receiver.changed().await.ok()?;
        let state = self.receiver.borrow_and_update().clone();
        (!state.closing).then_some(state)
    }
}

fn now() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos())
}
