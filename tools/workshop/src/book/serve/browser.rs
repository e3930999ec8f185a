//! Opens the book in the reader's browser.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};

/// Opens `url`, or says why not. The book can be read either way, so that nothing here is an error.
pub fn open(url: &str) {
    if !has_display() {
        eprintln!("there is no display: open {url} in a browser");
        return;
    }
    let url = url.to_owned();
    // Some openers end at once, others only with the browser: nobody waits for them here.
    std::thread::spawn(move || {
        let opened = openers().iter().any(|(program, arguments)| {
            Command::new(program)
                .args(*arguments)
                .arg(&url)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        });
        if !opened {
            eprintln!("no browser could be started: open {url} in one");
        }
    });
}

/// The address that a browser on this machine reaches the server under.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}

/// The system's own command for opening an address, and what stands in for it.
fn openers() -> &'static [(&'static str, &'static [&'static str])] {
    if cfg!(target_os = "macos") {
        &[("open", &[])]
    } else if cfg!(windows) {
        &[("explorer", &[])]
    } else {
        &[("xdg-open", &[]), ("wslview", &[]), ("gio", &["open"])]
    }
}

fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(target_os = "macos", windows))
        || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"]
            .into_iter()
            .any(is_set)
}
