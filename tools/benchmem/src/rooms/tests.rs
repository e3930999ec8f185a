use std::collections::HashSet;

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    id: String,
    name: String,
    cost: f64,
    number_of_seats: i64,
    category: String,
    main_photo: String,
    photos: Vec<String>,
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(json(50, 7), json(50, 7));
    assert_ne!(json(50, 7), json(50, 8));
}

#[test]
fn rooms_are_complete_and_different() {
    let rooms: Vec<Read> = serde_json::from_str(&json(999, 1)).expect("an array of rooms");
    assert_eq!(rooms.len(), 999);
    let ids: HashSet<&str> = rooms.iter().map(|room| room.id.as_str()).collect();
    assert_eq!(ids.len(), 999);
    for room in &rooms {
        let dashes = [8, 13, 18, 23];
        assert_eq!(room.id.len(), 36, "{}", room.id);
        for (place, byte) in room.id.bytes().enumerate() {
            match place {
                _ if dashes.contains(&place) => assert_eq!(byte, b'-', "{}", room.id),
                14 => assert_eq!(byte, b'4', "{}", room.id),
                19 => assert!(b"89ab".contains(&byte), "{}", room.id),
                _ => assert!(byte.is_ascii_hexdigit(), "{}", room.id),
            }
        }
        assert!(!room.name.is_empty() && !room.category.is_empty());
        assert!(room.cost > 0.0 && (1..=80).contains(&room.number_of_seats));
        assert!(room.main_photo.starts_with('/') && room.main_photo.ends_with(".svg"));
    }
    let photos: HashSet<usize> = rooms.iter().map(|room| room.photos.len()).collect();
    assert_eq!(photos, HashSet::from([0, 1, 2, 3, 4]));
}

#[test]
fn a_reader_that_only_borrows_meets_letters_and_rarely_an_escape() {
    let text = json(999, 1);
    assert_eq!(text.matches('\\').count(), 2, "one name in quotation marks");
    assert!(!text.is_ascii());
    assert_eq!(json(9999, 1).matches('\\').count(), 20);
}

#[test]
fn there_may_be_one_room_or_none() {
    assert_eq!(json(0, 1), "[]");
    let one: Vec<Read> = serde_json::from_str(&json(1, 1)).expect("an array of rooms");
    assert_eq!(one.len(), 1);
}

#[test]
fn a_file_has_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(&folder.path().join("new"), 3, 9).expect("written");
    assert_eq!(fs::read_to_string(path).expect("a file"), json(3, 9));
    assert!(write(Path::new("/dev/null"), 1, 1).is_err());
}
