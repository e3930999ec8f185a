//! Rooms for benchmarks, as many as one likes, in the shape of a checkpoint's `rooms.json`.
//!
//! The same number and seed give the same bytes, so that two runs of a benchmark, or two readers, have the same work.

use std::io;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use serde::Serialize;
use uuid::Builder;

use crate::whole;

/// No room has more.
const MOST_PHOTOS: usize = 4;

/// Of so many rooms, the one in the middle has a name with quotation marks, hence with escapes in JSON: a reader that
/// borrows strings from the text has to make this one.
const ROOMS_PER_ESCAPE: usize = 1000;

const NAMES: [&str; 12] = [
    "Amber", "Birch", "Cobalt", "Delta", "Ember", "Fern", "Granite", "Hazel", "Indigo", "Jade",
    "Città", "Zürich",
];

const CATEGORIES: [&str; 4] = [
    "Open Space",
    "Conference Hall",
    "Shared Desk",
    "Meeting Room",
];

#[derive(Serialize)]
struct Room {
    id: String,
    name: String,
    /// For a day, in steps of a half.
    cost: f64,
    number_of_seats: u32,
    category: &'static str,
    main_photo: String,
    photos: Vec<String>,
}

/// A JSON array of `number` rooms.
fn json(number: usize, seed: u64) -> String {
    let mut random = Rng::with_seed(seed);
    let rooms: Vec<Room> = (0..number).map(|index| room(index, &mut random)).collect();
    // Strings and finite numbers alone: there is no such room that JSON cannot express.
    serde_json::to_string_pretty(&rooms).unwrap_or_default()
}

/// Writes a JSON array of `number` rooms to a file in `folder` and returns its path. The name has the number and the
/// seed in it. The file is there whole at any moment, so two processes may ask for it at a time.
///
/// # Errors
/// When the file cannot be written.
pub fn write(folder: &Path, number: usize, seed: u64) -> io::Result<PathBuf> {
    let path = folder.join(format!("rooms-{number}-{seed}.json"));
    whole::write(&path, json(number, seed).as_bytes())?;
    Ok(path)
}

fn room(index: usize, random: &mut Rng) -> Room {
    let color = NAMES[random.usize(..NAMES.len())];
    let name = if index % ROOMS_PER_ESCAPE == ROOMS_PER_ESCAPE / 2 {
        format!("\"{}\" {index}", &color[..1])
    } else {
        format!("{color} {index}")
    };
    let photo = |number: usize| format!("/room_{index}_{number:04}.svg");
    Room {
        id: Builder::from_random_bytes(random.u128(..).to_be_bytes())
            .into_uuid()
            .to_string(),
        name,
        cost: f64::from(random.u32(2..=400)) / 2.0,
        number_of_seats: random.u32(1..=80),
        category: CATEGORIES[random.usize(..CATEGORIES.len())],
        main_photo: photo(1),
        photos: (0..random.usize(..=MOST_PHOTOS))
            .map(|number| photo(number + 2))
            .collect(),
    }
}

#[cfg(test)]
mod tests;
