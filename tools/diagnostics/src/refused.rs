//! The settings that cannot be, refused before anything is installed.

use crate::{Error, Options, recorder};

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
    match options.agent_tcp {
        Some(address) if !address.ip().is_loopback() => Err(Error::NotLoopback { address }),
        asked if (asked.is_some() || options.agent == Some(true)) && !cfg!(feature = "http") => {
            Err(Error::WithoutFeature { feature: "http" })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_agent_that_others_could_reach_is_refused() {
        let on = |ip: [u8; 4]| refuse(&Options::default().agent_tcp((ip, 0).into()));
        let error = on([0, 0, 0, 0]).expect_err("not loopback").to_string();
        assert!(
            error.contains("0.0.0.0:0") && error.contains("ssh -L"),
            "{error}"
        );
        assert_eq!(on([127, 0, 0, 1]).is_ok(), cfg!(feature = "http"));
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
