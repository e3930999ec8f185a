//! The process that is profiled.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread::{self, Builder};
use std::time::Duration;
use std::{env, mem};

use profile::Profile;

use crate::http::{self, Answer};
use crate::pprof;
use crate::work::{self, Bytes};

/// Which work the process does.
pub const WORKLOAD: &str = "DIAGNOSTICS_TEST_WORKLOAD";

/// A process of this program that works. Dropping it ends it.
pub struct Service {
    process: Child,
    pub address: SocketAddr,
}

impl Service {
    pub fn start(workload: &str) -> Self {
        let mut command = Command::new(env::current_exe().expect("this program"));
        Self::of(command.env(WORKLOAD, workload))
    }

    pub fn of(command: &mut Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().expect("a pipe"))
            .read_line(&mut line)
            .expect("a line");
        let address = line.trim_end().strip_prefix("diagnostics on http://");
        let address = address.unwrap_or_else(|| panic!("no listener: {line:?}"));
        Self {
            process,
            address: address.parse().expect("an address"),
        }
    }

    pub fn id(&self) -> libc::pid_t {
        self.process.id() as libc::pid_t
    }

    pub fn get(&self, path: &str) -> Answer {
        http::get(self.address, path)
    }

    /// A profile that must be had.
    #[track_caller]
    pub fn profile(&self, query: &str) -> Vec<u8> {
        let answer = self.get(&format!("/debug/pprof/profile?{query}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.bytes
    }

    /// A profile with so many samples that shares are known: with a thousand, a fifth is off by 1.3 points as a rule, and by 5
    /// in one of ten thousand. A busy machine looks at its clocks less often, and so takes longer for them.
    #[track_caller]
    pub fn busy_profile(&self, query: &str) -> Vec<u8> {
        let mut seconds = 5;
        loop {
            let profile = self.profile(&format!("seconds={seconds}&{query}"));
            let decoded = Profile::decode(&profile).expect("a profile");
            let taken = pprof::number(&pprof::comment(&decoded, "taken,"), "taken,");
            if taken >= 1_000.0 || seconds > 100 {
                return profile;
            }
            seconds *= 2;
        }
    }

    /// Lets it end by itself, which it does not do if it was harmed.
    #[track_caller]
    pub fn ends_well(mut self) {
        drop(self.process.stdin.take());
        let status = self.process.wait().expect("it ends");
        assert!(status.success(), "{status}");
    }

    /// Nanoseconds that its threads have worked, by their names: the first field of `/proc/PID/task/TID/schedstat`.
    pub fn threads(&self) -> HashMap<String, u64> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process.id()));
        let of = |thread: std::io::Result<std::fs::DirEntry>| {
            let folder = thread.ok()?.path();
            let name = std::fs::read_to_string(folder.join("comm")).ok()?;
            let times = std::fs::read_to_string(folder.join("schedstat")).ok()?;
            let worked = times.split(' ').next()?.parse().ok()?;
            Some((name.trim_end().to_owned(), worked))
        };
        threads.expect("its threads").filter_map(of).collect()
    }

    /// Its resident memory in bytes.
    pub fn resident(&self) -> usize {
        let path = format!("/proc/{}/statm", self.process.id());
        let statm = std::fs::read_to_string(path).expect("its memory");
        let pages = statm
            .split(' ')
            .nth(1)
            .and_then(|pages| pages.parse::<usize>().ok());
        // SAFETY: it takes a number.
        pages.expect("a number") * unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Works and listens until standard input ends.
pub fn serve(workload: &str) {
    match workload {
        "own handler" => handle_sigprof(),
        "few signals" => limit_pending_signals(4),
        "filtered" => filter_system_calls(),
        _ => {}
    }
    let mut options = diagnostics::Options::default();
    if workload == "storm" {
        // A thousand times as many heap samples as usual.
        options = options.heap_sample_interval(512);
    }
    let diagnostics = diagnostics::install_with(options).expect("a first installation");
    let listening = diagnostics.listen(([127, 0, 0, 1], 0).into());
    match workload {
        "three lines" | "filtered" | "own handler" => {
            let overdrawn = Mutex::<[work::Overdrawn; 3]>::default();
            again("three-lines", move || {
                work::three_lines(&mut overdrawn.lock().expect("no panic"));
            });
        }
        "five places" => {
            thread::spawn(|| {
                let (mut bytes, mut overdrawn) = (Bytes::new(), Default::default());
                loop {
                    work::five_places(&mut bytes, &mut overdrawn);
                }
            });
        }
        "scaling" => (0..8).for_each(|power| {
            again(&format!("power-{power}"), move || {
                for _ in 0..1 << power {
                    work::spin(1);
                }
                // Together they do 255 ms of work in half a second.
                thread::sleep(Duration::from_millis(
                    500 - fastrand::u64(0..100) - (1 << power),
                ));
            });
        }),
        "futures" => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .build();
            let runtime = Box::leak(Box::new(runtime.expect("a runtime")));
            runtime.spawn(async {
                loop {
                    work::outer_future().await;
                }
            });
        }
        "few signals" => (0..20).for_each(|_| again("limited", || work::spin(10))),
        "deep" => again("deep", || work::deep(2000)),
        "many threads" => (0..300).for_each(|number| {
            again(&format!("one-of-{number}"), || {
                work::spin(1);
                thread::sleep(Duration::from_millis(200));
            });
        }),
        "coming and going" => again("starter", || {
            let _ = thread::spawn(|| work::spin(1)).join();
        }),
        "children" => again("parent", || {
            let status = Command::new("/bin/true").status().expect("it runs");
            assert!(status.success(), "{status}");
            work::spin(1);
            fork();
        }),
        "storm" => {
            work_when_nobody_else_does();
            std::panic::set_hook(Box::new(|_| {}));
            again("panics", work::panic_with_backtrace);
            again("loads", work::load_libraries);
            (0..2).for_each(|_| again("allocates", work::allocate));
        }
        "idle" => {}
        _ => panic!("no workload {workload:?}"),
    }
    println!("{listening}");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// A thread that does it again and again. If it panics, the process ends.
fn again(name: &str, work: impl Fn() + Send + 'static) {
    let forever = move || {
        loop {
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(&work)).is_err() {
                std::process::exit(1);
            }
        }
    };
    Builder::new()
        .name(name.into())
        .spawn(forever)
        .expect("a thread");
}

/// A child that goes on in this program, and has nobody's timers.
fn fork() {
    // SAFETY: the child does nothing but work and end, without a lock or an allocation.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            work::spin(30);
            libc::_exit(0);
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &mut status, 0), child);
        assert_eq!(status, 0);
    }
}

/// For this thread and those that it starts: other tests run beside what takes two minutes.
fn work_when_nobody_else_does() {
    // SAFETY: it takes three numbers; the first two are the calling thread.
    assert_eq!(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 19) }, 0);
}

fn handle_sigprof() {
    extern "C" fn handler(_: libc::c_int) {}
    // SAFETY: the handler does nothing.
    unsafe { libc::signal(libc::SIGPROF, handler as *const () as libc::sighandler_t) };
}

fn limit_pending_signals(most: u64) {
    let limit = libc::rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    // SAFETY: it reads the limit.
    assert_eq!(
        unsafe { libc::setrlimit(libc::RLIMIT_SIGPENDING, &limit) },
        0
    );
}

/// Refuses what Docker's default filter refuses to those who are not root and might think of profiling:
/// `perf_event_open`, `ptrace`, `process_vm_readv`, `bpf`, `kcmp`, `userfaultfd`, and reading other processes' memory.
fn filter_system_calls() {
    const REFUSED: [libc::c_long; 7] = [
        libc::SYS_perf_event_open,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_bpf,
        libc::SYS_kcmp,
        libc::SYS_userfaultfd,
    ];
    let statement = |code, k| libc::sock_filter {
        code,
        jt: 0,
        jf: 0,
        k,
    };
    // The system call's number is the first field of what the filter sees.
    let mut filter = vec![statement(
        (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16,
        0,
    )];
    for (place, number) in REFUSED.iter().enumerate() {
        filter.push(libc::sock_filter {
            code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
            jt: (REFUSED.len() - place) as u8,
            jf: 0,
            k: *number as u32,
        });
    }
    let ret = (libc::BPF_RET | libc::BPF_K) as u16;
    filter.push(statement(ret, libc::SECCOMP_RET_ALLOW));
    filter.push(statement(ret, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32));
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: it reads the program, which is valid.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(
            libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program),
            0
        );
        let mut nothing: [u64; 16] = mem::zeroed();
        let refused = libc::syscall(
            libc::SYS_perf_event_open,
            nothing.as_mut_ptr(),
            0,
            -1,
            -1,
            0,
        );
        assert_eq!((refused, *libc::__errno_location()), (-1, libc::EPERM));
    }
}
