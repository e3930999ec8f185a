//! All boxes, for the page: a JSON object that counts them, and then their columns.

use anyhow::Context as _;
use rops::trace::{Of, Trace, Track};
use serde::Serialize;

use crate::web::answer::Answer;

#[derive(Serialize)]
struct Header<'t> {
    /// What boxes are called.
    names: Vec<&'t str>,
    tracks: Vec<Head<'t>>,
    count: usize,
}

#[derive(Serialize)]
struct Head<'t> {
    of: Of,
    name: &'t str,
    depth: u16,
    /// How many of the boxes are on it.
    count: usize,
}

/// The number of bytes of the object, the object, and then the columns: starts and ends in nanoseconds, of eight bytes;
/// names, requests from 1 on, of four; depths and kinds, of one. Numbers have the lowest byte first.
pub(super) fn all(trace: &Trace, tracks: &[Track]) -> anyhow::Result<Answer> {
    let boxes = || tracks.iter().flat_map(|track| &track.boxes);
    let header = Header {
        names: trace.texts().collect(),
        tracks: tracks
            .iter()
            .map(|track| Head {
                of: track.of,
                name: &track.name,
                depth: track.depth,
                count: track.boxes.len(),
            })
            .collect(),
        count: boxes().count(),
    };
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, &header)?;
    // A column begins at a multiple of its numbers' size.
    bytes.resize(bytes.len().next_multiple_of(8), b' ');
    let size = u32::try_from(bytes.len() - 4).context("this trace is too large for a page")?;
    bytes[..4].copy_from_slice(&size.to_le_bytes());
    for one in boxes() {
        bytes.extend_from_slice(&(one.time.start as f64).to_le_bytes());
    }
    for one in boxes() {
        bytes.extend_from_slice(&(one.time.end as f64).to_le_bytes());
    }
    for one in boxes() {
        bytes.extend_from_slice(&one.name.number().to_le_bytes());
    }
    for one in boxes() {
        let request = trace.request_of(one).unwrap_or(0) as u32;
        bytes.extend_from_slice(&request.to_le_bytes());
    }
    bytes.extend(boxes().map(|one| one.depth as u8));
    bytes.extend(boxes().map(|one| one.what as u8));
    Ok(Answer::ok("application/octet-stream", bytes))
}
