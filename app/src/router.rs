//! All routes and layers in one list.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{Method, StatusCode, header},
    middleware,
};
use tower_http::cors::CorsLayer;

use crate::{
    AppState, auth, body, bookings, config::Config, error::Error, images, openapi, rooms, telemetry,
};

/// The whole app. A layer wraps everything above it, so a request meets the last one first.
pub fn router(state: AppState) -> Router {
    Router::new()
        .merge(auth::routes())
        .merge(rooms::routes())
        .merge(bookings::routes())
        .merge(images::routes())
        .merge(openapi::routes())
        .fallback(async || {
            Error::new(
                StatusCode::NOT_FOUND,
                "not_found",
                "there is nothing here: see /openapi.json",
            )
        })
        .method_not_allowed_fallback(async || {
            Error::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "this path has no such method: see /openapi.json",
            )
        })
        .layer(DefaultBodyLimit::max(body::MAX_BYTES))
        // A preflight is answered here, before anything asks for a token.
        .layer(cors(&state.config))
        // The outermost layer logs every answer, those of the other layers included.
        .layer(middleware::from_fn(telemetry::log_request))
        .with_state(state)
}

fn cors(config: &Config) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(
            config
                .origins
                .iter()
                .map(|origin| origin.header())
                .collect::<Vec<_>>(),
        )
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
}
