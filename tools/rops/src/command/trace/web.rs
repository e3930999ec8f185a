//! `rops trace web`.

use rops::places;
use rops::trace::Input;

use super::read;
use crate::web::Site;
use crate::web::timeline::Timeline;

/// What the page is about, and where it is.
#[derive(Debug, clap::Args)]
pub struct Web {
    /// Where the page is: this machine alone without a HOST, any free port without a PORT
    #[arg(long, value_name = "HOST:PORT")]
    http: Option<String>,
    #[command(flatten)]
    input: Input,
}

impl Web {
    /// At a free port.
    pub fn of(input: Input) -> Self {
        Self { http: None, input }
    }

    /// Prints the page's address, and serves it until somebody ends the process.
    pub fn run(self) -> anyhow::Result<()> {
        let trace = read(&self.input)?;
        let title = places::base(&self.input.source).to_owned();
        let timeline = Timeline::new(trace, title);
        Site::of(timeline, self.http.as_deref(), "this trace")?.present()
    }
}
