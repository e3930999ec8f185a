use std::collections::HashSet;
use std::fs;

use serde::Deserialize;
use uuid::Uuid;

use super::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    id: Uuid,
    name: String,
    cost: f64,
    number_of_seats: i64,
    category: String,
    main_photo: String,
    photos: Vec<String>,
}

fn read(number: usize) -> Vec<Read> {
    serde_json::from_str(&json(number, 1)).expect("an array of rooms")
}

#[test]
fn the_same_seed_gives_the_same_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(folder.path(), 50, 7).expect("written");
    assert_eq!(fs::read_to_string(path).expect("a file"), json(50, 7));
    assert_ne!(json(50, 7), json(50, 8));
}

#[test]
fn rooms_are_complete_and_different() {
    let rooms = read(999);
    assert_eq!(rooms.len(), 999);
    let ids: HashSet<Uuid> = rooms.iter().map(|room| room.id).collect();
    assert_eq!(ids.len(), 999);
    for room in &rooms {
        assert_eq!(room.id.get_version_num(), 4, "{}", room.id);
        assert!(!room.name.is_empty() && !room.category.is_empty());
        assert!(room.cost > 0.0 && (1..=80).contains(&room.number_of_seats));
        assert!(room.main_photo.starts_with('/') && room.main_photo.ends_with(".svg"));
    }
    let photos: HashSet<usize> = rooms.iter().map(|room| room.photos.len()).collect();
    assert_eq!(photos, HashSet::from([0, 1, 2, 3, 4]));
    assert_eq!((read(0).len(), read(1).len()), (0, 1));
}

#[test]
fn a_reader_that_only_borrows_meets_letters_and_rarely_an_escape() {
    let text = json(999, 1);
    assert_eq!(text.matches('\\').count(), 2, "one name in quotation marks");
    assert!(!text.is_ascii());
    assert_eq!(json(9999, 1).matches('\\').count(), 20);
}
