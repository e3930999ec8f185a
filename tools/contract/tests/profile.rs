//! A CPU profile of a checkpoint under load shows what chapter 5 finds on its very line, to `rops` and to `go tool pprof`.

use std::{env, fs, process::Command, sync::Arc};

use anyhow::{Result, ensure};
use contract::{
    checkpoint::{self, Checkpoint},
    client::Client,
    context::{Context, Target, User},
    database::Kind,
    run::Run,
    wire::Wire,
};
use serde_json::{Value, json};
use test_tools::{Folder, Ran, TestTools};
use time::{Duration, macros::date};
use tokio::task::JoinSet;

/// Derives the key for each request.
const CHECKPOINT: &str = "step-05-profiles";
const FUNCTION: &str = "validate_token";
const LINE: &str = "let key = DecodingKey::from_secret(&signing_key(config));";

const CLIENTS: i64 = 4;

#[test]
fn the_listing_has_the_keys_derivation_on_its_line() -> Result<()> {
    let folder = Folder::new();
    let file = folder.path("cpu.pb.gz");
    fs::write(&file, under_load()?)?;

    // As readers call it. A dependency on its library would have sqlx compiled with other features.
    let mut rops = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    rops.args(["run", "--quiet", "--release", "--package", "rops", "--"]);
    rops.args(["pprof", "list", FUNCTION, "--unit", "ms"]);
    has_the_derivation(rops.arg(&file))?;

    if let Some(mut pprof) = test_tools::needed(TestTools::here().pprof()) {
        pprof.args(["-list", FUNCTION, "-unit", "ms"]);
        has_the_derivation(pprof.arg(&file))?;
    }
    Ok(())
}

/// What the checkpoint's diagnostics give while it does nothing but book.
fn under_load() -> Result<Vec<u8>> {
    let checkpoints = Checkpoint::all()?.into_iter();
    let checkpoint = checkpoints
        .filter(|one| one.name == CHECKPOINT)
        .collect::<Vec<_>>();
    let binaries = checkpoint::build(&checkpoint)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let target = Target {
            checkpoint: checkpoint[0].clone(),
            binary: binaries[CHECKPOINT].clone(),
            kind: Kind::Sqlite,
            run: Arc::new(Run::new(None)?),
        };
        let service = Context::new(Arc::new(target), None)?.start().await?;
        let user = User::sign_up(&service.client).await?;
        // Without the description, which would cost more than the bookings.
        let client = Client::new(service.server.address(), Arc::default());
        let client = client.with_token(user.client.token().unwrap_or_default());
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            clients.spawn(book_on_and_on(client.clone(), number));
        }
        let diagnostics = service.diagnostics();
        // Most of a booking is waiting for the disk: at the usual 99 samples for each second of work there are too few.
        let profile = diagnostics.get("/debug/pprof/profile?seconds=4&hz=997");
        let profile = profile.expect(200).await?.body;
        // Whoever has ended by now has failed.
        match clients.try_join_next() {
            Some(ended) => ended?.map(|()| profile),
            None => Ok(profile),
        }
    })
}

/// Every client takes days that are its own.
async fn book_on_and_on(client: Client, number: i64) -> Result<()> {
    let rooms: Value = client.get("/rooms").read().await?;
    let mut wire = Wire::connect(client.get("/").address()).await?;
    let mut day = date!(2100 - 01 - 01) + Duration::days(number);
    loop {
        let booking = json!({ "room_id": rooms[0]["id"], "booked_on": day.to_string() });
        let call = client.post("/bookings", &booking);
        call.send_on(&mut wire).await?.expect(201)?;
        day += Duration::days(CLIENTS);
    }
}

/// Nearly all that the function costs stands on the line, in the column for what it does and calls.
fn has_the_derivation(list: &mut Command) -> Result<()> {
    let listing = Ran::of(list).expect(0).stdout;
    let (mut on_the_line, mut on_others) = (0.0, 0.0);
    for line in listing.lines() {
        // Of a line of code: what it costs itself, that with what it calls, its number, the code.
        let mut words = line.split_whitespace().skip(1);
        let (cost, number) = (words.next(), words.next());
        let is_code = number.is_some_and(|word| word.starts_with(|digit: char| digit.is_numeric()));
        if let Some(cost) = cost.and_then(|cost| cost.strip_suffix("ms"))
            && is_code
        {
            match line.contains(LINE) {
                true => on_the_line += cost.parse::<f64>()?,
                false => on_others += cost.parse::<f64>()?,
            }
        }
    }
    ensure!(
        on_the_line > 4.0 * on_others && on_the_line > 0.0,
        "{on_the_line} ms on the line, {on_others} ms on others:\n{listing}"
    );
    Ok(())
}
