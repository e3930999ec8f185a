//! Five ways to read a file of rooms.

use std::{
    borrow::Cow,
    fmt,
    fs::{self, File},
    io::{self, BufReader},
    marker::PhantomData,
    path::Path,
};

use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use smallvec::SmallVec;

/// A room that owns all of its strings.
#[derive(Debug, Deserialize, PartialEq)]
pub struct OwnedRoom {
    pub id: String,
    pub name: String,
    pub cost: f64,
    pub number_of_seats: i64,
    pub category: String,
    pub main_photo: String,
    pub photos: Vec<String>,
}

// ANCHOR: readers
/// `from_reader` asks for one byte at a time, and a bare `File` makes a system call of each.
pub fn from_reader(path: &Path) -> io::Result<Vec<OwnedRoom>> {
    Ok(serde_json::from_reader(File::open(path)?)?)
}

/// A system call for each 8 KiB. Strings still come byte by byte.
pub fn from_reader_buffered(path: &Path) -> io::Result<Vec<OwnedRoom>> {
    Ok(serde_json::from_reader(BufReader::new(File::open(path)?))?)
}

/// The whole text is in memory, and each string is copied out of it in one piece.
pub fn from_slice_owned(path: &Path) -> io::Result<Vec<OwnedRoom>> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
// ANCHOR_END: readers

// ANCHOR: borrowed
/// A room whose strings stay in the text. One with an escape in it cannot: it is made, hence `Cow` and not `&str`.
#[derive(Debug, Deserialize)]
pub struct BorrowedRoom<'text> {
    #[serde(borrow)]
    pub id: Cow<'text, str>,
    #[serde(borrow)]
    pub name: Cow<'text, str>,
    pub cost: f64,
    pub number_of_seats: i64,
    #[serde(borrow)]
    pub category: Cow<'text, str>,
    #[serde(borrow)]
    pub main_photo: Cow<'text, str>,
    #[serde(borrow)]
    pub photos: Vec<Photo<'text>>,
}

/// `borrow` reaches the `Cow` of a field, and not those within the field's `Vec`: there, serde would copy each string.
#[derive(Debug, Deserialize)]
pub struct Photo<'text>(#[serde(borrow)] Cow<'text, str>);

/// `text` has what the rooms borrow.
pub fn from_slice_borrowed<'text>(
    path: &Path,
    text: &'text mut Vec<u8>,
) -> io::Result<Vec<BorrowedRoom<'text>>> {
    *text = fs::read(path)?;
    Ok(serde_json::from_slice(text)?)
}
// ANCHOR_END: borrowed

/// As [`BorrowedRoom`], with its photos inside it: few rooms have more than four.
#[derive(Debug, Deserialize)]
pub struct InlineRoom<'text> {
    #[serde(borrow)]
    pub id: Cow<'text, str>,
    #[serde(borrow)]
    pub name: Cow<'text, str>,
    pub cost: f64,
    pub number_of_seats: i64,
    #[serde(borrow)]
    pub category: Cow<'text, str>,
    #[serde(borrow)]
    pub main_photo: Cow<'text, str>,
    #[serde(borrow, deserialize_with = "photos")]
    pub photos: SmallVec<[Photo<'text>; 4]>,
}

pub fn from_slice_inline<'text>(
    path: &Path,
    text: &'text mut Vec<u8>,
) -> io::Result<Vec<InlineRoom<'text>>> {
    *text = fs::read(path)?;
    Ok(serde_json::from_slice(text)?)
}

impl fmt::Display for Photo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What smallvec's `serde` feature would do. Nothing else here has that feature on, and sqlx would be compiled anew with
/// it, for this benchmark alone.
fn photos<'de: 'text, 'text, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<SmallVec<[Photo<'text>; 4]>, D::Error> {
    struct Photos<'text>(PhantomData<Photo<'text>>);

    impl<'de: 'text, 'text> Visitor<'de> for Photos<'text> {
        type Value = SmallVec<[Photo<'text>; 4]>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array of strings")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
            let mut photos = SmallVec::new();
            while let Some(photo) = array.next_element()? {
                photos.push(photo);
            }
            Ok(photos)
        }
    }

    deserializer.deserialize_seq(Photos(PhantomData))
}
