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
            .get(format!("/rooms/{}/photos", room.id))
            .read()
            .await?;
        for photo in photos.photos.iter().chain([&room.main_photo]) {
            let answer = client.get(format!("/imgs{photo}")).expect(200).await?;
            let has_type = answer.media_type() == Some("image/svg+xml");
            ensure!(has_type, "not an image's type, {answer}");
            let text = std::str::from_utf8(&answer.body)?;
            let is_image = text.contains("<svg") && text.trim_end().ends_with("</svg>");
            ensure!(is_image, "not an image, {answer}");
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
        client.get(format!("/imgs/{file}")).expect(404).await?;
    }
    Ok(())
}
