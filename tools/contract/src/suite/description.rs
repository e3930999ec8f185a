//! `GET /openapi.json`. Every other case holds the answers that it gets against it; these look at the description.

use anyhow::{Result, ensure};

use crate::{context::Context, openapi::structure};

pub async fn the_description_is_right(context: &Context) -> Result<()> {
    context
        .client()
        .await?
        .get("/openapi.json")
        .await?
        .expect(200)?;
    let document = context.record().document()?;
    let faults = structure::faults(document.root());
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    for (path, method) in OPERATIONS {
        let operation = &document.root()["paths"][path][method];
        ensure!(operation.is_object(), "{method} {path} is not documented");
    }
    Ok(())
}

/// The rows of API.md.
const OPERATIONS: [(&str, &str); 10] = [
    ("/auth/signup", "post"),
    ("/auth/login", "post"),
    ("/rooms", "get"),
    ("/rooms/{id}", "get"),
    ("/rooms/{id}/photos", "get"),
    ("/bookings", "get"),
    ("/bookings", "post"),
    ("/bookings/{id}", "get"),
    ("/bookings/{id}", "delete"),
    ("/imgs/{file}", "get"),
];

/// A status that no case gets is a promise that nobody has checked.
pub async fn every_documented_answer_is_exercised(context: &Context) -> Result<()> {
    let never = context.tour().await?.record().not_exercised()?;
    let never: Vec<_> = never.iter().map(ToString::to_string).collect();
    ensure!(
        never.is_empty(),
        "documented, but no case gets it: {}",
        never.join(", ")
    );
    Ok(())
}
