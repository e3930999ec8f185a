//! What lies in the folder of the agents, and who is let in.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::service::{Service, WORK, names, runtime_folder};

/// Debian's `nobody`.
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    fs::metadata("/proc/self").expect("Linux").uid() == 0
}

fn mode(path: &std::path::Path) -> u32 {
    fs::symlink_metadata(path).expect("it is there").mode() & 0o777
}

pub fn modes() {
    let (_kept, runtime) = runtime_folder();
    let folder = runtime.join("rops");
    for work in ["returns", "exits"] {
        let service = Service::start(work, &runtime);
        let pid = service.pid();
        assert_eq!(service.socket(), folder.join(format!("{pid}.sock")));
        assert_eq!((mode(&folder), mode(service.socket())), (0o700, 0o600));

        let record = service.record();
        assert_eq!(record["pid"], pid);
        assert_eq!(record["version"], "1.2.3");
        assert_eq!(record["http"][0], service.http.to_string());
        assert!(
            record["rustc"]
                .as_str()
                .expect("text")
                .starts_with("rustc 1.")
        );
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
        assert!(stat.contains(&format!(" {} ", record["start"])), "{stat}");

        assert_eq!(service.end(), "", "it says nothing");
        assert_eq!(names(&folder), [""; 0], "{work}");
    }
}

pub fn two() {
    let (_kept, runtime) = runtime_folder();
    let services = [Service::start("", &runtime), Service::start("", &runtime)];
    for service in &services {
        let asked = service.get("/debug/pprof/cmdline");
        assert_eq!(asked.status, 200);
        assert_eq!(service.record()["http"][0], service.http.to_string());
    }
    assert_eq!(names(&runtime.join("rops")).len(), 4);
    let [first, second] = services;
    first.end();
    assert_eq!(second.get("/debug/runtime").status, 200);
}

pub fn leftovers() {
    let (_kept, runtime) = runtime_folder();
    let killed = Service::start("", &runtime);
    let pid = killed.pid();
    killed.kill();
    let folder = runtime.join("rops");
    assert_eq!(
        names(&folder),
        [format!("{pid}.json"), format!("{pid}.sock")]
    );
    let next = Service::start("", &runtime);
    let own = next.pid();
    assert_eq!(
        names(&folder),
        [format!("{own}.json"), format!("{own}.sock")]
    );
}

/// The service goes on without an agent, and says why.
fn is_refused(runtime: &std::path::Path, reason: &str) {
    let service = Service::start("", runtime);
    assert!(service.agent.contains(reason), "{}", service.agent);
    assert_eq!(crate::http::get(service.http, "/debug/runtime").status, 200);
    let said = service.end();
    assert!(
        said.starts_with("WARNING: no agent in ") && said.contains(reason),
        "{said}"
    );
}

pub fn link() {
    let (_kept, runtime) = runtime_folder();
    let elsewhere = runtime.join("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    symlink(&elsewhere, runtime.join("rops")).expect("a link");
    is_refused(&runtime, "it is a link");
    assert_eq!(names(&elsewhere), [""; 0]);
}

pub fn open_folder() {
    let (_kept, runtime) = runtime_folder();
    let folder = runtime.join("rops");
    fs::create_dir(&folder).expect("a folder");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).expect("its owner may");
    is_refused(&runtime, "chmod 700");
}

/// Only root can make one.
pub fn foreign_folder() {
    if !is_root() {
        return;
    }
    let (_kept, runtime) = runtime_folder();
    let folder = runtime.join("rops");
    fs::create_dir(&folder).expect("a folder");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("its owner may");
    chown(&folder, Some(NOBODY), None).expect("root may");
    is_refused(&runtime, "it belongs to user 65534");
    // The session's folder is somebody else's, as after `su`: then there is another one.
    fs::remove_dir(&folder).expect("it is empty");
    chown(&runtime, Some(NOBODY), None).expect("root may");
    let service = Service::start("", &runtime);
    assert!(
        service.agent.starts_with("/tmp/rops-0/"),
        "{}",
        service.agent
    );
    service.end();
}

/// Only root can become another one.
pub fn another_user() {
    if !is_root() {
        return;
    }
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("", &runtime);
    // The program may lie where nobody else may look.
    let program = runtime.join("program");
    // Not copied here: another test's process, started meanwhile, would have the file open, and it could not be run.
    let own = std::env::current_exe().expect("this program");
    let copied = Command::new("cp").args([&own, &program]).status();
    assert!(copied.expect("it runs").success());
    let ask = || {
        let mut ask = Command::new(&program);
        ask.env(WORK, format!("ask {}", service.agent)).uid(NOBODY);
        let output = ask.output().expect("it runs");
        String::from_utf8(output.stdout).expect("text")
    };
    let set = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("root may");
    };
    set(&runtime, 0o755);
    assert!(
        ask().starts_with("not connected: Permission denied"),
        "{}",
        ask()
    );
    // Even if the files were open to all.
    set(&runtime.join("rops"), 0o755);
    set(service.socket(), 0o666);
    let told = ask();
    assert!(
        told.starts_with("HTTP/1.1 403 ") && told.contains("You are user 65534, not user 0"),
        "{told}"
    );
    assert_eq!(service.get("/debug/runtime").status, 200);
}

pub fn off() {
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("off", &runtime);
    assert_eq!(service.agent, "the agent is switched off");
    assert_eq!(names(&runtime), [""; 0]);
    assert_eq!(service.end(), "");
}
