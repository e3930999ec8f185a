//! Profiles as they may be, out of a seed: recursion, inlining, several types, labels, negative values, no functions.

use fastrand::Rng;
use profile::Profile;
use profile::proto::{Function, Label, Line, Location, Mapping, Sample, ValueType};

/// What a profile is made of.
#[derive(Debug, Clone)]
pub struct Kind {
    pub functions: usize,
    pub locations: usize,
    pub samples: usize,
    pub depth: usize,
    pub has_negative: bool,
    pub has_lines: bool,
    pub has_labels: bool,
}

impl Kind {
    /// Any kind, most often a small one.
    pub fn any(random: &mut Rng) -> Self {
        let functions = random.usize(1..30);
        Self {
            functions,
            locations: random.usize(1..functions * 3 + 2),
            samples: *random.choice(&[0, 1, 7, 60, 300]).expect("there are some"),
            depth: random.usize(0..12),
            has_negative: random.u8(..4) == 0,
            has_lines: random.u8(..6) > 0,
            has_labels: random.bool(),
        }
    }
}

const NAMES: &[&str] = &[
    "main.main",
    "main.(*Cart).Total",
    "runtime.mallocgc",
    "runtime.gcBgMarkWorker",
    "net/http.(*conn).serve",
    "github.com/jackc/pgx/v5.(*Conn).Query",
    "slices.SortFunc[go.shape.func(int) int]",
    "main.Map[...].func1",
    "shop::cart::total",
    "shop::stock::Item::price",
    "tokio::runtime::task::harness::poll",
    "memcpy",
    "_start",
];
const FILES: &[&str] = &[
    "/build/shop/src/cart.rs",
    "/build/shop/./src/../src/stock.rs",
    "src/main.rs",
    "/usr/local/go/src/runtime/malloc.go",
    "",
    "/proc/self/cwd/lib/a.cc",
];
const TYPES: &[(&str, &str)] = &[
    ("samples", "count"),
    ("cpu", "nanoseconds"),
    ("inuse_space", "bytes"),
    ("alloc_objects", "count"),
    ("delay", "milliseconds"),
    ("widgets", "widgets"),
    ("space", "kilobytes"),
    ("nothing", ""),
];

#[derive(Default)]
struct Texts(Vec<String>);

impl Texts {
    fn add(&mut self, text: &str) -> i64 {
        if self.0.is_empty() {
            self.0.push(String::new());
        }
        let known = self.0.iter().position(|one| one == text);
        known.unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        }) as i64
    }
}

/// The profile of a seed.
pub fn profile(seed: u64, kind: impl FnOnce(&mut Rng) -> Kind) -> Profile {
    let mut random = Rng::with_seed(seed);
    let kind = kind(&mut random);
    let mut texts = Texts::default();
    let random = &mut random;
    let mappings = random.u64(0..3);
    let mut profile = Profile {
        sample_types: types(random, &mut texts),
        mappings: (1..=mappings)
            .map(|id| mapping(id, random, &mut texts))
            .collect(),
        functions: (1..=kind.functions as u64)
            .map(|id| function(id, random, &mut texts))
            .collect(),
        locations: (1..=kind.locations as u64)
            .map(|id| location(id, mappings, &kind, random))
            .collect(),
        ..Profile::default()
    };
    profile.samples = (0..kind.samples)
        .map(|_| sample(&profile, &kind, random, &mut texts))
        .collect();
    if random.bool() {
        profile.time_nanos = 1_764_078_340_123_456_789;
        profile.duration_nanos = random.i64(1..20_000_000_000);
        profile.period_type = Some(ValueType {
            kind: texts.add("cpu"),
            unit: texts.add("nanoseconds"),
        });
        profile.period = 10_000_000;
    }
    if random.u8(..4) == 0 {
        profile.comments = vec![texts.add("a comment"), texts.add("# one that is not shown")];
        profile.doc_url = texts.add("https://example.org/profiles");
        profile.default_sample_type = profile.sample_types[0].kind;
    }
    if random.u8(..6) == 0 {
        profile.drop_frames = texts.add("runtime\\..*|memcpy");
        profile.keep_frames = texts.add("runtime\\.gc.*");
    }
    texts.add("");
    profile.strings = texts.0;
    profile
}

fn types(random: &mut Rng, texts: &mut Texts) -> Vec<ValueType> {
    let count = random.usize(1..5);
    let mut chosen = random.choose_multiple(TYPES, count);
    random.shuffle(&mut chosen);
    let text = |&(kind, unit): &(&str, &str)| ValueType {
        kind: texts.add(kind),
        unit: texts.add(unit),
    };
    chosen.into_iter().map(text).collect()
}

fn mapping(id: u64, random: &mut Rng, texts: &mut Texts) -> Mapping {
    let files = ["/nowhere/bin/shop", "/nowhere/lib/libc.so.6", "[vdso]"];
    Mapping {
        id,
        start: id << 32,
        limit: (id << 32) + random.u64(1..9) * 0x1000,
        file_offset: random.u64(0..3) * 0x1000,
        file: texts.add(random.choice(files).expect("there are some")),
        build_id: if random.bool() {
            texts.add("0123456789abcdef")
        } else {
            0
        },
        has_functions: true,
        has_filenames: random.bool(),
        has_line_numbers: random.bool(),
        has_inline_frames: random.bool(),
    }
}

fn function(id: u64, random: &mut Rng, texts: &mut Texts) -> Function {
    let base = random.choice(NAMES).expect("there are some");
    let name = if random.bool() {
        (*base).to_owned()
    } else {
        format!("{base}_{}", random.u8(..20))
    };
    let system_name = if random.bool() {
        name.clone()
    } else {
        format!("_linker_{name}")
    };
    Function {
        id,
        name: texts.add(&name),
        system_name: texts.add(&system_name),
        filename: texts.add(random.choice(FILES).expect("there are some")),
        start_line: if random.bool() { random.i64(1..40) } else { 0 },
    }
}

fn location(id: u64, mappings: u64, kind: &Kind, random: &mut Rng) -> Location {
    let lines = if kind.has_lines {
        *random.choice(&[0, 1, 1, 1, 2, 3]).expect("there are some")
    } else {
        0
    };
    Location {
        id,
        mapping_id: random.u64(0..=mappings),
        address: (1 << 32) + random.u64(0..0x9000),
        lines: (0..lines)
            .map(|_| Line {
                function_id: random.u64(1..=kind.functions as u64),
                line: random.i64(0..60),
                column: random.i64(0..4),
            })
            .collect(),
        is_folded: random.u8(..20) == 0,
    }
}

fn sample(profile: &Profile, kind: &Kind, random: &mut Rng, texts: &mut Texts) -> Sample {
    let depth = random.usize(0..=kind.depth);
    // Some values count in large units, so that units have to be chosen.
    let size = *random
        .choice(&[10, 10_000, 30_000_000_000])
        .expect("there are some");
    let least = if kind.has_negative { -size } else { 0 };
    Sample {
        location_ids: (0..depth)
            .map(|_| random.u64(1..=kind.locations as u64))
            .collect(),
        values: profile
            .sample_types
            .iter()
            .map(|_| {
                if random.u8(..9) == 0 {
                    0
                } else {
                    random.i64(least..size)
                }
            })
            .collect(),
        labels: if kind.has_labels {
            labels(random, texts)
        } else {
            Vec::new()
        },
    }
}

fn labels(random: &mut Rng, texts: &mut Texts) -> Vec<Label> {
    let mut labels = Vec::new();
    let keys = ["thread", "route", "a key"];
    let values = ["main", "GET /rooms", "worker", "bytes=12", "ü"];
    for _ in 0..random.u8(..3) {
        labels.push(Label {
            key: texts.add(random.choice(keys).expect("there are some")),
            text: texts.add(random.choice(values).expect("there are some")),
            ..Label::default()
        });
    }
    for (key, unit) in [
        ("bytes", "bytes"),
        ("latency", "milliseconds"),
        ("request", ""),
        ("n", ""),
    ] {
        if random.u8(..3) == 0 {
            labels.push(Label {
                key: texts.add(key),
                number: random.i64(0..5) << random.u8(..20),
                unit: texts.add(unit),
                ..Label::default()
            });
        }
    }
    labels
}

const PLACES: usize = 9_000;

/// A profile like that of a large program: three thousand functions of three places each, some of them inlined, and each
/// place calls a few others.
pub fn large(samples: usize) -> Profile {
    let mut profile = profile(1, |_| Kind {
        functions: PLACES / 3,
        locations: PLACES,
        samples,
        depth: 0,
        has_negative: false,
        has_lines: true,
        has_labels: false,
    });
    for function in &mut profile.functions {
        function.name = profile.strings.len() as i64;
        function.system_name = function.name;
        profile.strings.push(format!(
            "example.org/shop/stock.(*Shelf).function{}",
            function.id
        ));
    }
    for location in &mut profile.locations {
        for (line, inlined) in location.lines.iter_mut().zip(0..) {
            line.function_id = (location.id / 3 + inlined * 7) % (PLACES as u64 / 3) + 1;
        }
    }
    let mut random = Rng::with_seed(1);
    for sample in &mut profile.samples {
        let mut place = 1;
        for _ in 0..random.usize(5..40) {
            sample.location_ids.insert(0, place);
            place = (place * 31 + random.u64(..4) * 977) % PLACES as u64 + 1;
        }
    }
    profile
}
