//! Which program listens at an address.

use std::net::SocketAddr;

/// The name of the program that listens at one of the addresses, as far as this user may see it.
#[cfg(target_os = "linux")]
pub fn program(addresses: &[SocketAddr]) -> Option<String> {
    use procfs::net::TcpState;
    use procfs::process::FDTarget;

    let listens = |at: &SocketAddr| {
        addresses.iter().any(|address| {
            address.port() == at.port() && (address.ip() == at.ip() || at.ip().is_unspecified())
        })
    };
    let sockets = [procfs::net::tcp(), procfs::net::tcp6()];
    let mut sockets = sockets.into_iter().flatten().flatten();
    let found = sockets.find(|it| it.state == TcpState::Listen && listens(&it.local_address))?;
    let mut processes = procfs::process::all_processes().ok()?.flatten();
    let process = processes.find(|process| {
        let files = process.fd().into_iter().flatten().flatten();
        files
            .map(|file| file.target)
            .any(|target| matches!(target, FDTarget::Socket(inode) if inode == found.inode))
    })?;
    let path = process.exe().ok()?;
    let name = path.file_name()?.to_str()?;
    // As Linux shows a program that was built anew since it was started.
    Some(name.trim_end_matches(" (deleted)").to_owned())
}

#[cfg(not(target_os = "linux"))]
pub fn program(_: &[SocketAddr]) -> Option<String> {
    None
}
