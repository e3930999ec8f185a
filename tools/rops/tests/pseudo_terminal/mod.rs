//! A terminal that a test looks at and types in.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

pub struct PseudoTerminal {
    /// What is typed.
    pub keys: File,
    /// All that was shown so far.
    pub shown: Arc<Mutex<String>>,
    name: String,
}

impl PseudoTerminal {
    pub fn open(rows: u16, columns: u16) -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&keys).expect("it is ours");
        unlockpt(&keys).expect("it can be used");
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&keys, size).expect("it has a size");
        let name = ptsname(&keys, Vec::new()).expect("it has a name");
        Self {
            name: name.to_str().expect("it is a path").to_owned(),
            keys: File::from(keys),
            shown: Arc::default(),
        }
    }

    /// The side of the program that runs in it.
    pub fn side(&self) -> File {
        let side = OpenOptions::new().read(true).write(true).open(&self.name);
        side.expect("its other side")
    }

    /// Takes down what is shown, from when a program has its side until nobody has it any more.
    pub fn watch(&self) {
        let mut screen = self.keys.try_clone().expect("a second one");
        let shown = Arc::clone(&self.shown);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // It ends with an error when the last program has closed its side.
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]);
                shown.lock().expect("nobody panics with it").push_str(&text);
            }
        });
    }
}
