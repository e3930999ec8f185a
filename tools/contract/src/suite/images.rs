//! `GET /imgs/{file}`.

use anyhow::{Result, ensure};
use uuid::Uuid;

use crate::{
    context::Context,
    suite::rooms::{self, Photos},
};

pub async fn every_photo_is_an_image(context: &Context) -> Result<()> {
    let client = context.client().await?;
    for room in rooms::list(&client, "").await? {
        let photos: Photos = client
            .get(&format!("/rooms/{}/photos", room.id))
            .await?
            .expect(200)?
            .json()?;
        for photo in photos.photos.iter().chain([&room.main_photo]) {
            let answer = client.get(&format!("/imgs{photo}")).await?.expect(200)?;
            ensure!(
                answer.media_type() == Some("image/svg+xml"),
                "not an image's type, {answer}"
            );
            let text = std::str::from_utf8(&answer.body)?;
            ensure!(
                text.contains("<svg") && text.trim_end().ends_with("</svg>"),
                "not an image, {answer}"
            );
        }
    }
    Ok(())
}

pub async fn other_files_are_out_of_reach(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let unknown = Uuid::new_v4().to_string();
    for file in [
        unknown.as_str(),
        "",
        ".",
        "..",
        "../Cargo.toml",
        "../config/coworking.toml",
        "..%2fCargo.toml",
        "..%2Fconfig%2Fcoworking.toml",
        "%2e%2e/Cargo.toml",
        "..\\Cargo.toml",
        "..%5cCargo.toml",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        "green_0001.svg/",
        "green_0001.svg%00",
        "%00",
        "%FF",
        "GREEN_0001.SVG%20",
        &"a".repeat(5000),
    ] {
        client
            .get_verbatim(format!("/imgs/{file}").as_bytes())
            .await?
            .expect(404)?;
    }
    Ok(())
}
