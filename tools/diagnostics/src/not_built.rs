//! The settings of [`Options`] for which there is nothing yet. Whoever builds one of them takes its row away.

use crate::{Error, Options};

struct NotBuilt {
    setting: &'static str,
    what: &'static str,
    /// How the setting says that it is not wanted, other than by being left out.
    off: Option<&'static str>,
    wanted: fn(&Options) -> bool,
}

const NOT_BUILT: &[NotBuilt] = &[
    NotBuilt {
        setting: "dump_folder",
        what: "the flight recorder's dump",
        off: None,
        wanted: |options| options.dump_folder.is_some(),
    },
    NotBuilt {
        setting: "slow_request",
        what: "the dump after a slow request",
        off: Some("0"),
        wanted: |options| options.slow_request.is_some_and(|limit| !limit.is_zero()),
    },
    NotBuilt {
        setting: "slow_poll",
        what: "the dump after a slow poll",
        off: Some("0"),
        wanted: |options| options.slow_poll.is_some_and(|limit| !limit.is_zero()),
    },
    NotBuilt {
        setting: "trace_flame",
        what: "the flame graph of spans",
        off: None,
        wanted: |options| options.trace_flame.is_some(),
    },
    NotBuilt {
        setting: "agent",
        what: "the agent",
        off: Some("false"),
        wanted: |options| options.agent == Some(true),
    },
    NotBuilt {
        setting: "agent_tcp",
        what: "the agent",
        off: None,
        wanted: |options| options.agent_tcp.is_some(),
    },
];

/// Refuses what nobody would do, so that no setting is taken and then ignored.
pub(crate) fn refuse(options: &Options) -> Result<(), Error> {
    match NOT_BUILT.iter().find(|row| (row.wanted)(options)) {
        None => Ok(()),
        Some(row) => Err(Error::NotBuilt {
            setting: row.setting,
            what: row.what,
            off: row.off,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_not_built_is_refused_with_what_to_do() {
        let options = Options::default;
        let address = ([127, 0, 0, 1], 0).into();
        for (wanted, setting) in [
            (options().dump_folder("dumps"), "dump_folder"),
            (options().slow_request(Duration::MAX), "slow_request"),
            (options().slow_poll(Duration::MAX), "slow_poll"),
            (options().trace_flame("spans.folded"), "trace_flame"),
            (options().agent(true), "agent"),
            (options().agent_tcp(address), "agent_tcp"),
        ] {
            let error = refuse(&wanted).expect_err(setting).to_string();
            assert!(error.contains("is not built yet: leave `"), "{error}");
            assert!(error.contains(&format!("`{setting}`")), "{error}");
        }
        assert_eq!(
            refuse(&options().slow_poll(Duration::MAX))
                .expect_err("not built")
                .to_string(),
            "the dump after a slow poll is not built yet: leave `slow_poll` out, or set it to 0"
        );
    }

    #[test]
    fn off_is_accepted_as_nothing_is() {
        assert!(refuse(&Options::default()).is_ok());
        let off = Options::default()
            .slow_request(Duration::ZERO)
            .slow_poll(Duration::ZERO)
            .agent(false);
        assert!(refuse(&off).is_ok());
    }
}
