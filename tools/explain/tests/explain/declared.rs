//! Types and futures are found where they are declared, in every layout that cargo knows.

use super::{Crate, MANIFEST};

#[track_caller]
fn assert_sizes(known: &Crate, arguments: &[&str], wanted: &[&str]) {
    let (report, _) = known.run(&[&["--min-size", "64"], arguments].concat(), 0);
    let sizes = report
        .lines()
        .filter(|line| line.contains(" type: ") || line.contains(" future: "));
    let mut found: Vec<&str> = sizes.map(|line| line.split(", ").next().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, wanted, "{report}");
}

#[test]
fn a_program_and_its_library_have_types_of_one_name() {
    let known = Crate::new(&[
        (
            "src/lib.rs",
            "\n\n\npub struct Same {\n    pub a: [u8; 100],\n}\n\npub fn size() -> usize {\n    size_of::<Same>()\n}\n",
        ),
        (
            "src/main.rs",
            "struct Same {\n    _a: [u8; 200],\n}\n\nfn main() {\n    std::process::exit((size_of::<Same>() + known::size()) as i32);\n}\n",
        ),
        (
            "src/bin/other/main.rs",
            "mod deep;\n\nfn main() {\n    std::process::exit(size_of::<deep::Same>() as i32);\n}\n",
        ),
        (
            "src/bin/other/deep.rs",
            "\npub struct Same {\n    _a: [u8; 300],\n}\n",
        ),
    ]);
    assert_sizes(&known, &["--lib"], &["src/lib.rs:4: type: Same"]);
    assert_sizes(&known, &["--bin", "known"], &["src/main.rs:1: type: Same"]);
    assert_sizes(
        &known,
        &["--bin", "other"],
        &["src/bin/other/deep.rs:2: type: Same"],
    );
}

#[test]
fn a_library_lies_anywhere_and_a_macro_declares_types() {
    let manifest = format!("{MANIFEST}\n[lib]\npath = \"code/main.rs\"\n");
    let known = Crate::new(&[
        ("Cargo.toml", &manifest),
        (
            "code/main.rs",
            "\
#[path = \"../shared/parts.rs\"]
mod parts;

mod inner {
    pub mod deep {
        pub struct Nested([u8; 100]);
    }
}

macro_rules! declared {
    ($name:ident) => {
        struct $name([u8; 200]);
    };
}
declared!(Made);

pub fn sizes() -> usize {
    struct Local([u8; 300]);
    size_of::<(Local, Made, inner::deep::Nested, parts::Shared)>()
}
",
        ),
        ("shared/parts.rs", "pub struct Shared([u8; 400]);\n"),
        // Nothing of it is compiled.
        ("src/lib.rs", "pub struct Made;\n"),
    ]);
    assert_sizes(
        &known,
        &[],
        &[
            "code/main.rs:15: type: Made",
            "code/main.rs:17: type: Local",
            "code/main.rs:6: type: Nested",
            "shared/parts.rs:1: type: Shared",
        ],
    );
}

#[test]
fn futures_are_functions_of_types_and_traits_blocks_and_closures() {
    let known = Crate::new(&[
        (
            "src/lib.rs",
            "\
mod parts;

use std::hint::black_box;

pub trait Extract<T> {
    fn extract(&self, with: T) -> impl Future<Output = u8>;
    fn twice(&self) -> impl Future<Output = u8> {
        async {
            let large = black_box([1; 500]);
            pause().await;
            large[0]
        }
    }
}

pub struct User(pub u8);

impl Extract<u8> for User {
    async fn extract(&self, with: u8) -> u8 {
        let large = black_box([with; 100]);
        pause().await;
        large[usize::from(self.0)]
    }
}

impl Extract<u16> for User {
    async fn extract(&self, with: u16) -> u8 {
        let large = black_box([with; 100]);
        pause().await;
        large[usize::from(self.0)] as u8
    }
}

async fn pause() {
    std::future::ready(()).await;
}

pub async fn all(user: User) -> u8 {
    let closure = async |n: u8| {
        let large = black_box([n; 400]);
        pause().await;
        large[1]
    };
    user.extract(1_u8).await + user.extract(1_u16).await + <User as Extract<u8>>::twice(&user).await + parts::of(&user).await + closure(1).await
}

pub fn size() -> usize {
    size_of_val(&all(User(1)))
}
",
        ),
        (
            "src/parts.rs",
            "\
use super::{Extract, User, pause};

impl User {
    async fn own<const N: usize>(&self) -> u8 {
        let large = std::hint::black_box([self.0; N]);
        pause().await;
        large[0]
    }
}

impl Extract<u32> for User {
    async fn extract(&self, with: u32) -> u8 {
        let large = std::hint::black_box([with; 100]);
        pause().await;
        large[0] as u8
    }
}

pub async fn of(user: &User) -> u8 {
    user.own::<300>().await + user.extract(1_u32).await
}
",
        ),
    ]);
    assert_sizes(
        &known,
        &[],
        &[
            "src/lib.rs:19: future: async fn <User as Extract<u8>>::extract",
            "src/lib.rs:27: future: async fn <User as Extract<u16>>::extract",
            "src/lib.rs:38: future: async fn all",
            "src/lib.rs:39: future: async closure",
            "src/lib.rs:8: future: async block",
            "src/parts.rs:12: future: async fn <User as Extract<u32>>::extract",
            "src/parts.rs:19: future: async fn parts::of",
            "src/parts.rs:4: future: async fn User::own<300>",
        ],
    );
}

#[test]
fn a_benchmark_is_compiled_as_a_test_and_a_library_in_several_forms() {
    let manifest = format!(
        "{MANIFEST}\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n[[bench]]\nname = \"speed\"\n[profile.release]\nopt-level = \"z\"\n"
    );
    let known = Crate::new(&[
        ("Cargo.toml", &manifest),
        (
            "src/lib.rs",
            "pub struct Wide([u8; 100]);\n\npub fn size() -> usize {\n    size_of::<Wide>()\n}\n",
        ),
        (
            "benches/speed.rs",
            "struct Wide([u8; 200]);\n\n#[test]\nfn works() {\n    assert_eq!(size_of::<Wide>(), 200);\n}\n",
        ),
    ]);
    assert_sizes(&known, &[], &["src/lib.rs:1: type: Wide"]);
    assert_sizes(
        &known,
        &["--bench", "speed"],
        &["benches/speed.rs:1: type: Wide"],
    );
}
