//! Where profiles come from: files and URLs, put together, made less by a base, with names.

mod http;
mod names;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use profile::Profile;
use profile::proto::{Label, Mapping};
use terminal::Usage;

use crate::labels::BASE;
use crate::merge::{merge, negate, normalize};
use crate::{prune, texts};
pub(crate) use http::{get, is_url};

/// Which profiles are read.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Profiles")]
pub struct Input {
    /// Files or URLs; several are put together. A binary before them gives them its names
    #[arg(
        required = true,
        value_name = "FILE_OR_URL",
        help_heading = "Arguments"
    )]
    pub profiles: Vec<String>,
    /// What comes before the profile, and is subtracted
    #[arg(long, value_name = "FILE_OR_URL")]
    pub base: Vec<String>,
    /// What the profile is compared with: percentages are of this one
    #[arg(long, value_name = "FILE_OR_URL", conflicts_with = "base")]
    pub diff_base: Vec<String>,
    /// Bring the profile to the sum of the base
    #[arg(long)]
    pub normalize: bool,
    /// How long a URL's service shall measure
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u32>,
    /// How long to wait for a URL [default: 60, or half as long again as it measures]
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u32>,
    /// Look for names of functions in the binaries on this machine, or not at all
    #[arg(long, value_enum, value_name = "WHERE", default_value = "local")]
    pub symbolize: Symbolize,
}

/// Where names of functions come from that a profile does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Symbolize {
    /// The binaries on this machine
    #[default]
    #[value(alias = "fastlocal")]
    Local,
    /// Nowhere
    None,
}

impl Input {
    /// Reads all profiles, and makes one of them.
    ///
    /// # Errors
    /// When one cannot be read, or when they measure different things.
    pub fn read(&self) -> anyhow::Result<Profile> {
        let (binary, profiles) = self.binary();
        let mut profile = self.merged(profiles, binary)?;
        let (base, is_marked) = match self.diff_base.as_slice() {
            [] => (&self.base, false),
            diff_base => (&diff_base.to_vec(), true),
        };
        let base: Vec<String> = base
            .iter()
            .filter(|base| !base.is_empty())
            .cloned()
            .collect();
        if self.normalize && base.is_empty() {
            bail!(Usage("--normalize needs a --base or --diff-base".into()));
        }
        if !base.is_empty() {
            let mut base = self.merged(&base, binary)?;
            if is_marked {
                mark(&mut base);
            }
            if self.normalize {
                normalize(&mut profile, &base)?;
            }
            negate(&mut base);
            profile = merge(vec![profile, base])?;
        }
        if self.symbolize == Symbolize::Local {
            names::look_up(&mut profile);
        }
        names::demangle(&mut profile);
        prune::by_profile(&mut profile);
        Ok(profile)
    }

    /// A first file that is a program and no profile.
    fn binary(&self) -> (Option<&str>, &[String]) {
        match self.profiles.as_slice() {
            [first, others @ ..] if !others.is_empty() && is_program(Path::new(first)) => {
                (Some(first), others)
            }
            all => (None, all),
        }
    }

    fn merged(&self, sources: &[String], binary: Option<&str>) -> anyhow::Result<Profile> {
        let read = |source: &String| {
            let mut profile = self.one(source)?;
            ensure_mapping(&mut profile, binary);
            Ok(profile)
        };
        merge(sources.iter().map(read).collect::<anyhow::Result<_>>()?)
    }

    fn one(&self, source: &str) -> anyhow::Result<Profile> {
        let path = Path::new(source);
        let bytes = if path.exists() || !is_url(source) {
            read_file(path).with_context(|| source.to_owned())?
        } else {
            let seconds = |seconds: u32| Duration::from_secs(seconds.into());
            get(source, self.seconds, self.timeout.map(seconds))?
        };
        decode(&bytes).with_context(|| source.to_owned())
    }
}

/// No profile is larger; a whole one has to be in memory several times.
const MOST_BYTES: u64 = 1 << 30;

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        bail!("this is a folder, not a profile");
    }
    let mut bytes = Vec::with_capacity(about.len().min(MOST_BYTES) as usize);
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        bail!(
            "this has more than {} MiB, which no profile needs",
            MOST_BYTES >> 20
        );
    }
    Ok(bytes)
}

/// Reads a profile, and knows what people take for one by mistake.
///
/// # Errors
/// When it is none, with a sentence that says what it is or what is wrong.
pub fn decode(bytes: &[u8]) -> anyhow::Result<Profile> {
    let start = bytes.trim_ascii_start();
    let starts_with =
        |what: &[u8]| start.len() >= what.len() && start[..what.len()].eq_ignore_ascii_case(what);
    if starts_with(b"<!doctype") || starts_with(b"<html") {
        bail!("this is a web page, not a profile; is the address right?");
    }
    if bytes.starts_with(b"PERFILE2") {
        bail!("this was recorded by perf; `perf script` reads it");
    }
    for text in ["heap profile:", "goroutine profile:", "goroutine ", "--- "] {
        if starts_with(text.as_bytes()) {
            bail!("this is a profile as text; take it without `debug` in its address");
        }
    }
    Ok(Profile::decode(bytes)?)
}

fn is_program(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && &magic == b"\x7fELF"
}

/// Go's runtime writes some profiles without mappings; the program is one then.
fn ensure_mapping(profile: &mut Profile, binary: Option<&str>) {
    if profile.mappings.is_empty() {
        profile.mappings.push(Mapping {
            id: 1,
            ..Mapping::default()
        });
        for location in &mut profile.locations {
            location.mapping_id = 1;
        }
    }
    if let Some(binary) = binary {
        profile.mappings[0].file = texts::add(profile, binary);
    }
}

/// Marks all samples, so that percentages are of them.
fn mark(profile: &mut Profile) {
    let label = Label {
        key: texts::add(profile, BASE),
        text: texts::add(profile, "true"),
        number: 0,
        unit: 0,
    };
    for sample in &mut profile.samples {
        sample
            .labels
            .retain(|one| one.key != label.key || one.text == 0);
        sample.labels.push(label);
    }
}
