//! The API's description for machines, OpenAPI 3.1. The contract suite holds the app against it.

use axum::{Router, http::header, response::IntoResponse, routing::get};

use crate::AppState;

pub fn routes() -> Router<AppState> {
    Router::new().route("/openapi.json", get(description))
}

async fn description() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/json")],
        include_str!("../openapi.json"),
    )
}
