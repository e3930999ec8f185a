//! The rooms' pictures.

use std::{io::ErrorKind, path::Path};

use axum::{
    Router,
    extract::{self, rejection::PathRejection},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use tokio::fs;

use crate::{AppState, HOME, error::Error};

pub fn routes() -> Router<AppState> {
    Router::new().route("/imgs/{file}", get(image))
}

async fn image(
    name: Result<extract::Path<String>, PathRejection>,
) -> Result<impl IntoResponse, Error> {
    let not_found = || {
        Error::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "there is no such picture",
        )
    };
    let extract::Path(name) = name.map_err(|_| not_found())?;
    if !is_picture(&name) {
        return Err(not_found());
    }
    let picture = fs::read(Path::new(HOME).join("imgs").join(name))
        .await
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => not_found(),
            _ => error.into(),
        })?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], picture))
}

/// A plain file name in the folder of pictures: nothing that leads out of it.
fn is_picture(name: &str) -> bool {
    let stem = name.strip_suffix(".svg").unwrap_or_default();
    !stem.is_empty()
        && stem
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_picture_is_in_its_folder() {
        assert!(super::is_picture("green_0001.svg"));
        for wrong in [
            "",
            ".svg",
            "../rooms.json",
            "..%2f.svg",
            "a/b.svg",
            "green_0001.png",
            "GREEN.svg",
        ] {
            assert!(!super::is_picture(wrong), "{wrong} was taken for a picture");
        }
    }
}
