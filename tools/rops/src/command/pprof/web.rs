//! `rops pprof web`.

use rops::{Input, Options};

use super::title;
use crate::settings::Settings;
use crate::web::Site;

/// What `--help` ends with.
pub const EXAMPLES: &str = "\
Examples:
  rops pprof web cpu.pb.gz                                at a free port, which it prints
  rops pprof web --http :8081 allocs.out                  at http://127.0.0.1:8081; also -http=:8081, as in Go
  rops pprof web --diff-base before.pb.gz after.pb.gz     two profiles, together or side by side";

/// What the page is about, and where it is.
#[derive(Debug, clap::Args)]
pub struct Web {
    /// Where the page is: this machine alone without a HOST, any free port without a PORT
    #[arg(long, value_name = "HOST:PORT")]
    http: Option<String>,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    options: Options,
}

impl Web {
    /// Prints the page's address, and serves it until somebody ends the process.
    pub fn run(self) -> anyhow::Result<()> {
        let Self {
            http,
            input,
            options,
        } = self;
        let (profile, title) = (input.read()?, title(&input));
        let settings = Settings {
            options,
            output: None,
        };
        Site::new(profile, settings, title, http.as_deref())?.present()
    }
}
