//! `reset`: the database as the service made it.

use std::io::{self, Write};

use anyhow::{Context, Result};

use crate::connect::{Database, address, file};

/// Takes away what was booked and who signed up: what stays is what the service's first start has put there
///
/// A running service may go on; it sees an empty calendar from then on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cargo database reset 01")]
pub struct Args {
    /// A checkpoint's number, or `sqlite://PATH`, or `postgres://USER:PASSWORD@HOST/NAME`
    #[arg(value_name = "DATABASE")]
    url: String,
}

/// Resets it in one transaction. That there is none yet is fine: the service's first start makes it.
pub async fn run(args: Args) -> Result<()> {
    let url = address(&args.url)?;
    let file = file(&url);
    if let Some(file) = file.as_ref().filter(|file| !file.exists()) {
        writeln!(io::stdout().lock(), "bookings removed: 0\nusers removed: 0")?;
        eprintln!(
            "there is no {} yet: the service creates it when it starts",
            file.display()
        );
        return Ok(());
    }
    let mut database = Database::connect(&url).await?;
    database.execute("begin".to_owned()).await?;
    let removed = remove(&mut database).await;
    let [bookings, users] = removed.context(
        "cannot empty the tables: has the service been started once, which creates them?",
    )?;
    let committed = database.execute("commit".to_owned()).await;
    committed.context("cannot commit the removal")?;
    if file.is_some() {
        // Else the pages of thirty thousand bookings stay in the file, and reading it is slower than before.
        let done = database.execute("vacuum".to_owned()).await;
        done.context("the bookings are gone, but the file cannot shrink now")?;
    }
    writeln!(
        io::stdout().lock(),
        "bookings removed: {bookings}\nusers removed: {users}"
    )?;
    Ok(())
}

async fn remove(database: &mut Database) -> Result<[u64; 2]> {
    Ok([
        database.execute("delete from bookings".to_owned()).await?,
        database
            .execute("delete from users where username <> 'ipesenti'".to_owned())
            .await?,
    ])
}
