//! What is set in the console and in the page's address, by the names that `go tool pprof` has for it: `nodefraction=0`,
//! `focus=http`.

mod table;

use std::collections::BTreeMap;

use anyhow::{anyhow, bail};
use profile::Profile;
use rops::{Granularity, Options, sample_types};

use table::{TABLE, Value};

/// What each report is asked for, and where it goes.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What it is asked for.
    pub options: Options,
    /// The file that it goes to.
    pub output: Option<String>,
}

/// One of the settings.
#[derive(Debug)]
pub struct Setting {
    /// Its name in Go's tool.
    pub name: &'static str,
    value: fn(&mut Settings) -> Value<'_>,
}

/// What a name stands for.
#[derive(Debug)]
pub struct Named {
    setting: &'static Setting,
    /// The value that is in the name: `cum` is `sort=cum`.
    implied: Option<&'static str>,
}

const SORTS: &[&str] = &["flat", "cum"];
const GRANULARITIES: &[(&str, Granularity)] = &[
    ("functions", Granularity::Functions),
    ("filefunctions", Granularity::FileFunctions),
    ("files", Granularity::Files),
    ("lines", Granularity::Lines),
    ("addresses", Granularity::Addresses),
];

/// All settings, in the order of their names.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    TABLE.iter()
}

/// The setting of a name, which may also be in the spelling of the command line: `node-count`.
pub fn find(name: &str) -> Option<Named> {
    let plain = |name: &str| name.replace(['-', '_'], "");
    let wanted = plain(name);
    let implied = |setting: &'static str, value| {
        let setting = TABLE.iter().find(|one| one.name == setting)?;
        Some(Named {
            setting,
            implied: Some(value),
        })
    };
    if let Some(&value) = SORTS.iter().find(|value| **value == wanted) {
        return implied("sort", value);
    }
    if let Some(&(value, _)) = GRANULARITIES.iter().find(|(value, _)| *value == wanted) {
        return implied("granularity", value);
    }
    let setting = TABLE.iter().find(|one| plain(one.name) == wanted)?;
    Some(Named {
        setting,
        implied: None,
    })
}

impl Named {
    /// The setting.
    pub fn setting(&self) -> &'static Setting {
        self.setting
    }
}

impl Setting {
    /// What it may be, if that can be listed whatever the profile is.
    pub fn values(&self) -> Vec<&'static str> {
        match (self.value)(&mut Settings::default()) {
            Value::Sort(_) => SORTS.to_vec(),
            Value::Granularity(_) => GRANULARITIES.iter().map(|(name, _)| *name).collect(),
            Value::Switch(_) | Value::Off(_) => vec!["true", "false"],
            _ => Vec::new(),
        }
    }

    fn is_switch(&self) -> bool {
        matches!(
            (self.value)(&mut Settings::default()),
            Value::Switch(_) | Value::Off(_)
        )
    }

    /// What it is now.
    pub fn text(&self, settings: &Settings, profile: &Profile) -> String {
        match (self.value)(&mut settings.clone()) {
            Value::SampleIndex(index) => {
                let place = sample_types::find(profile, index.as_deref());
                let names = sample_types::names(profile);
                place.map_or(String::new(), |place| names[place].to_owned())
            }
            value => value.to_string(),
        }
    }
}

impl Settings {
    /// Changes one. Without a value it is switched on, which the name of a value is as well.
    ///
    /// # Errors
    /// When it cannot have this value; it stays what it was.
    pub fn set(
        &mut self,
        Named { setting, implied }: &Named,
        value: Option<&str>,
        profile: &Profile,
    ) -> anyhow::Result<()> {
        let name = setting.name;
        let value = match (*implied, value) {
            (None, None) if !setting.is_switch() => {
                bail!("{name} needs a value: {name}=…");
            }
            (None, value) => value.unwrap_or("true"),
            (Some(implied), None) => implied,
            (Some(implied), Some(value)) => match switch(value) {
                Some(true) => implied,
                _ => bail!("{implied} is a value of {name}: set {name} to another one"),
            },
        };
        let mut changed = self.clone();
        (setting.value)(&mut changed)
            .set(value, profile)
            .map_err(|error| anyhow!("{name}: {error}"))?;
        // A wrong expression would spoil each command from here on.
        let filters = &changed.options.filters;
        filters.apply(&mut Profile::default(), &BTreeMap::new())?;
        *self = changed;
        Ok(())
    }
}

/// On or off, in any of Go's words.
fn switch(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" | "" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}
