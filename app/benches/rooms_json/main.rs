//! How fast rooms can be read from a JSON file, and at how many allocations.
//!
//! In the crate's folder: `cargo bench --bench rooms_json`

mod readers;

use std::{error::Error, hint::black_box, path::Path, time::Duration};

use coworking as app;

use app::seed::RoomsFile;
use benchmem::{Group, Suite, rooms};
use criterion::{Criterion, SamplingMode};
use readers::OwnedRoom;

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

const NUMBERS: [usize; 3] = [1, 999, 9_999];
const SEED: u64 = 42;

fn main() -> Result<(), Box<dyn Error>> {
    // The slowest of these takes most of a second for one call, and criterion takes ten samples at least.
    let criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(700));
    let mut suite = Suite::from_args(criterion);
    for number in NUMBERS {
        let file = rooms::write(Path::new(env!("CARGO_TARGET_TMPDIR")), number, SEED)?;
        assert_same_rooms(&file, number)?;
        let mut group = suite.group("Rooms");
        // A call of the slow ones cannot be repeated once more with each sample.
        group.criterion().sampling_mode(SamplingMode::Flat);
        bench(&mut group, &file, number);
        group.finish();
    }
    suite.finish();
    Ok(())
}

// ANCHOR: bench
fn bench(group: &mut Group<'_>, file: &Path, number: usize) {
    const READABLE: &str = "all readers have read this file before";
    let name = |reader: &str| format!("{reader}/{number}-rooms");
    group.bench(&name("from_reader"), || {
        readers::from_reader(file).expect(READABLE)
    });
    group.bench(&name("from_reader_buffered"), || {
        readers::from_reader_buffered(file).expect(READABLE)
    });
    group.bench(&name("from_slice_owned"), || {
        readers::from_slice_owned(file).expect(READABLE)
    });
    group.bench(&name("from_slice_borrowed"), || {
        let mut text = Vec::new();
        let rooms = readers::from_slice_borrowed(file, &mut text).expect(READABLE);
        black_box(&rooms).len()
    });
    group.bench(&name("from_slice_inline"), || {
        let mut text = Vec::new();
        let rooms = readers::from_slice_inline(file, &mut text).expect(READABLE);
        black_box(&rooms).len()
    });
    group.bench(&name("app"), || {
        let file = RoomsFile::open(file).expect(READABLE);
        let rooms = file.rooms().expect(READABLE);
        black_box(&rooms).len()
    });
}
// ANCHOR_END: bench

/// Owned copies of any of the readers' rooms: their fields have the same names and not the same types.
macro_rules! owned {
    ($rooms:expr) => {{
        let rooms = $rooms;
        let copies = rooms.iter().map(|room| OwnedRoom {
            id: room.id.to_string(),
            name: room.name.to_string(),
            cost: room.cost,
            number_of_seats: room.number_of_seats,
            category: room.category.to_string(),
            main_photo: room.main_photo.to_string(),
            photos: room.photos.iter().map(ToString::to_string).collect(),
        });
        copies.collect::<Vec<_>>()
    }};
}

/// A reader that leaves something out would win.
fn assert_same_rooms(file: &Path, number: usize) -> Result<(), Box<dyn Error>> {
    let rooms = readers::from_slice_owned(file)?;
    assert_eq!(rooms.len(), number);
    let (mut text, mut other_text) = (Vec::new(), Vec::new());
    let app = RoomsFile::open(file)?;
    let others = [
        ("from_reader", readers::from_reader(file)?),
        ("from_reader_buffered", readers::from_reader_buffered(file)?),
        (
            "from_slice_borrowed",
            owned!(readers::from_slice_borrowed(file, &mut text)?),
        ),
        (
            "from_slice_inline",
            owned!(readers::from_slice_inline(file, &mut other_text)?),
        ),
        ("app", owned!(app.rooms()?)),
    ];
    for (reader, others) in others {
        assert!(
            others == rooms,
            "{reader} reads other rooms from {}",
            file.display()
        );
    }
    Ok(())
}
