//! `GET /openapi.json`. Every other case holds the answers that it gets against it; these look at the description.

use anyhow::{Result, ensure};

use crate::{context::Context, openapi::structure, suite::tour};

/// All operations of the API.
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

pub async fn the_description_is_right(context: &Context) -> Result<()> {
    context
        .client()
        .await?
        .get("/openapi.json")
        .expect(200)
        .await?;
    let document = context.record().document()?;
    let faults = structure::faults(document)?;
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    for (path, method) in OPERATIONS {
        let operation = &document.root()["paths"][path][method];
        ensure!(operation.is_object(), "{method} {path} is not documented");
    }
    Ok(())
}

/// What may be refused because too many wait, and how; nothing else may.
pub async fn overload_is_documented(context: &Context) -> Result<()> {
    context.client().await?;
    let root = context.record().document()?.root();
    for (path, method) in OPERATIONS {
        let response = &root["paths"][path][method]["responses"]["503"];
        let may_be_busy = ["post", "delete"].contains(&method);
        ensure!(
            may_be_busy == response.is_object(),
            "{method} {path} documents for 503: {response}"
        );
        ensure!(
            !may_be_busy || response["headers"]["Retry-After"]["required"] == true,
            "the 503 of {method} {path} has no `Retry-After`"
        );
    }
    let codes = root["components"]["schemas"]["Error"]["properties"]["code"]["enum"].as_array();
    let has_busy = codes.is_some_and(|codes| codes.iter().any(|code| code == "busy"));
    ensure!(has_busy, "`busy` is not among the codes");
    Ok(())
}

/// A status that no case gets is a promise that nobody has checked. A 503 takes more requests than the short cases send.
pub async fn every_documented_answer_is_exercised(context: &Context) -> Result<()> {
    let never = tour(context).await?.record().not_exercised()?;
    let never = never.iter().filter(|documented| documented.status != "503");
    let never: Vec<_> = never.map(ToString::to_string).collect();
    ensure!(
        never.is_empty(),
        "documented, but no case gets it: {}",
        never.join(", ")
    );
    Ok(())
}
