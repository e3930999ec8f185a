//! What the server prints.

use anyhow::{Result, bail, ensure};

use crate::{context::Context, launch::SECRET, server::all_printed};

/// Of everything that the short cases do, in the most talkative log there is.
pub async fn no_log_shows_a_secret(context: &Context) -> Result<()> {
    let tour = context.tour().await?;
    let printed = all_printed(tour.folder())?;
    ensure!(
        printed.contains("/rooms"),
        "the log does not show the requests, so nothing follows from it"
    );

    let secrets = tour.record().secrets();
    ensure!(
        secrets.len() > 20,
        "only {} passwords and tokens went to and fro",
        secrets.len()
    );
    for secret in secrets.iter().map(String::as_str).chain([SECRET]) {
        if let Some(line) = printed.lines().find(|line| line.contains(secret)) {
            // A report of a leak should not be one.
            bail!(
                "a password, token or key is in the log: {}",
                line.replace(secret, "[…]")
            );
        }
    }
    Ok(())
}
