//! Which process listens at an address.

use std::net::SocketAddr;
use std::time::Duration;

/// A process of this machine that answers.
#[derive(Debug, Clone)]
pub struct Listener {
    /// The name of its program.
    pub program: String,
    #[cfg(target_os = "linux")]
    id: i32,
}

#[cfg(target_os = "linux")]
impl Listener {
    /// The one that listens at one of the addresses, as far as this user may see it.
    pub fn at(addresses: &[SocketAddr]) -> Option<Self> {
        use procfs::net::TcpState;
        use procfs::process::FDTarget;

        let listens = |at: &SocketAddr| {
            addresses.iter().any(|address| {
                address.port() == at.port() && (address.ip() == at.ip() || at.ip().is_unspecified())
            })
        };
        let sockets = [procfs::net::tcp(), procfs::net::tcp6()];
        let mut sockets = sockets.into_iter().flatten().flatten();
        let found =
            sockets.find(|it| it.state == TcpState::Listen && listens(&it.local_address))?;
        let mut processes = procfs::process::all_processes().ok()?.flatten();
        let process = processes.find(|process| {
            let files = process.fd().into_iter().flatten().flatten();
            files
                .map(|file| file.target)
                .any(|target| matches!(target, FDTarget::Socket(inode) if inode == found.inode))
        })?;
        let path = process.exe().ok()?;
        let name = path.file_name()?.to_str()?;
        Some(Self {
            // As Linux shows a program that was built anew since it was started.
            program: name.trim_end_matches(" (deleted)").to_owned(),
            id: process.pid,
        })
    }

    /// The processor time that its threads have had since it began, those that have ended included. `None` if the process
    /// is gone.
    ///
    /// It comes from the process's clock, which counts nanoseconds. `/proc` has it in ticks of 10 ms, as long as a
    /// hundred requests.
    pub fn processor_time(&self) -> Option<Duration> {
        use nix::time::ClockId;
        use nix::unistd::Pid;

        let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(self.id)).ok()?;
        Some(clock.now().ok()?.into())
    }
}

#[cfg(not(target_os = "linux"))]
impl Listener {
    pub fn at(_: &[SocketAddr]) -> Option<Self> {
        None
    }

    pub fn processor_time(&self) -> Option<Duration> {
        None
    }
}
