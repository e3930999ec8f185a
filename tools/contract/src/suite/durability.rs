//! What the server has acknowledged outlives it.

use std::time::Duration;

use anyhow::{Result, ensure};
use rustix::process::Signal;

use crate::{
    context::Context,
    suite::load::{self, Booked, Load},
};

/// Twice on the same database: the second server starts on what the first one left in the middle of its work.
pub async fn kill_9_loses_no_acknowledged_booking(context: &Context) -> Result<()> {
    let mut service = context.start().await?;
    let mut known = Booked::new();
    for round in 0..2 {
        let load = Load::start(&service, round * 50_000).await?;
        load.wait_for(200).await?;
        service.server.signal(Signal::KILL)?;
        service.server.wait(Duration::from_secs(10)).await?;
        known.extend(load.finish().await?.acknowledged);

        service = context.launch(&service.database).start().await?;
        let stored = load::stored(&service.client).await?;
        for (id, booking) in &known {
            let kept = stored.get(id) == Some(booking);
            ensure!(kept, "{id} of {booking:?} was acknowledged and is lost");
        }
        // The last request of each client may have been done without its answer getting through.
        let untold = stored.len() - known.len();
        ensure!(
            untold <= load::CLIENTS,
            "{untold} bookings that nobody was told of, of {} clients",
            load::CLIENTS
        );
        known = stored;
    }
    Ok(())
}
