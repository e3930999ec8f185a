//! The settings of [`Options`] for which there is nothing yet. Whoever builds one of them takes its row away.

use crate::{Error, Options, recorder};

struct NotBuilt {
    setting: &'static str,
    what: &'static str,
    /// How the setting says that it is not wanted, other than by being left out.
    off: Option<&'static str>,
    wanted: fn(&Options) -> bool,
}

const NOT_BUILT: &[NotBuilt] = &[
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
    let recorder = options.recorder_size.unwrap_or(0) > 0 || options.dump_folder.is_some();
    if (recorder || options.trace_flame.is_some()) && !recorder::IS_BUILT {
        return Err(Error::WithoutFeature { feature: "profile" });
    }
    if options.trace_flame.is_some() && !cfg!(feature = "tracing") {
        return Err(Error::WithoutFeature { feature: "tracing" });
    }
    let limits = [
        ("slow_request", options.slow_request),
        ("slow_poll", options.slow_poll),
    ];
    let mut limits = limits
        .into_iter()
        .filter(|(_, limit)| limit.is_some_and(|limit| !limit.is_zero()));
    if let Some((setting, _)) = limits.next().filter(|_| options.dump_folder.is_none()) {
        return Err(Error::NoDumpFolder { setting });
    }
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
            (options().agent(true), "agent"),
            (options().agent_tcp(address), "agent_tcp"),
        ] {
            let error = refuse(&wanted).expect_err(setting).to_string();
            assert!(error.contains("is not built yet: leave `"), "{error}");
            assert!(error.contains(&format!("`{setting}`")), "{error}");
        }
        assert_eq!(
            refuse(&options().agent(true))
                .expect_err("not built")
                .to_string(),
            "the agent is not built yet: leave `agent` out, or set it to false"
        );
    }

    #[test]
    fn a_limit_without_a_folder_is_refused_with_what_to_do() {
        for (wanted, setting) in [
            (
                Options::default().slow_request(Duration::MAX),
                "slow_request",
            ),
            (Options::default().slow_poll(Duration::MAX), "slow_poll"),
        ] {
            let error = refuse(&wanted).expect_err(setting).to_string();
            assert_eq!(
                error,
                format!(
                    "`{setting}` has dumps written, and needs a folder for them: set `dump_folder`, too"
                )
            );
            assert_eq!(
                refuse(&wanted.dump_folder("dumps")).is_ok(),
                recorder::IS_BUILT
            );
        }
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
