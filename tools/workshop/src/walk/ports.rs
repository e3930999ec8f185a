//! The ports that a reader uses: the defaults, or the others that the set-up names.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::bail;

use course::Course;

/// How far the other ports lie from the defaults: 8090 for 8080.
const FURTHER: u16 = 10;

/// What stands in the book, and what is typed instead; the same where the defaults are free.
#[derive(Debug)]
pub struct Ports(Vec<(String, String)>);

impl Ports {
    /// Those of course.toml's `[display]` addresses, if nobody listens there, or else the others.
    pub fn free(course: &Course) -> anyhow::Result<Self> {
        let shown = course.display.values();
        let shown: Vec<u16> = shown
            .filter_map(|value| value.strip_prefix("http://127.0.0.1:")?.parse().ok())
            .collect();
        for further in [0, FURTHER] {
            let is_free =
                |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port + further)).is_ok();
            if shown.iter().all(is_free) {
                let address = |port: u16| format!("127.0.0.1:{port}");
                let pairs = shown
                    .iter()
                    .map(|port| (address(*port), address(port + further)));
                return Ok(Self(pairs.collect()));
            }
        }
        bail!(
            "the ports {shown:?} are taken, and those {FURTHER} further too: stop what listens there"
        );
    }

    /// The commands as they are typed.
    pub fn typed(&self, text: &str) -> String {
        let pairs = self.0.iter().map(|(shown, typed)| (shown, typed));
        replaced(text, pairs)
    }

    /// The output as it stands in the book.
    pub fn shown(&self, text: &str) -> String {
        let pairs = self.0.iter().map(|(shown, typed)| (typed, shown));
        replaced(text, pairs)
    }

    /// What a service must be told that the page starts without an address.
    pub fn flags(&self) -> String {
        if self.0.iter().all(|(shown, typed)| shown == typed) {
            return String::new();
        }
        self.typed("--listen 127.0.0.1:8080 --debug-listen 127.0.0.1:6060")
    }
}

fn replaced<'a>(text: &str, pairs: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    pairs.fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
