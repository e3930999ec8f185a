//! A profile's bytes.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message as _;

use crate::Profile;

impl Profile {
    /// The gzipped bytes, as files and pages have them.
    pub fn encode(&self) -> Vec<u8> {
        // The level that Go's runtime takes: a service writes this while it serves.
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&self.encode_to_vec())
            .and_then(|()| gzip.finish())
            .expect("nothing fails in writing to memory")
    }
}
