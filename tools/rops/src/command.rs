//! The command line.

mod live;
mod output;
mod pprof;
mod trace;

use std::process::ExitCode;

use clap::CommandFactory as _;

pub use output::print;

/// Look into services: processes that run, profiles of programs in Rust and Go, traces of what they did when
#[derive(Debug, clap::Parser)]
#[command(name = "rops", version, args_conflicts_with_subcommands = true, after_help = live::EXAMPLES)]
pub struct Rops {
    #[command(flatten)]
    look: live::Look,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Your processes in Rust, below those that have started them
    Tree(live::Tree),
    /// What every thread of a process is doing, and which tasks are alive
    Stack(live::show::Stack),
    /// A process's memory, by the names that Go gives it
    Memstats(live::show::Asked),
    /// Give memory that a process does not use back to the system
    Gc(live::show::Asked),
    /// How long a process's allocator keeps memory that nobody uses
    Setgc(live::show::Setgc),
    /// What a program is, what compiled it and how
    Version(live::show::Asked),
    /// Tasks, workers, threads, queues
    Stats(live::show::Asked),
    /// Take a CPU profile of a process, and open a console on it
    PprofCpu(live::save::Cpu),
    /// Take a heap profile of a process, and open a console on it
    PprofHeap(live::save::Heap),
    /// Look at a process while it runs: processor, memory, tasks, requests
    Watch(live::show::Asked),
    /// Read profiles: files or URLs, as `go tool pprof` reads them
    ///
    /// Options of `go tool pprof` are understood as they are, too: rops pprof -top -nodecount=10 cpu.pb.gz
    #[command(subcommand, after_help = pprof::EXAMPLES)]
    Pprof(Box<pprof::Pprof>),
    /// Record a trace of a process, and read traces: what a program did and when, and why a request was slow
    #[command(after_help = trace::EXAMPLES)]
    Trace(trace::Trace),
    /// What a shell completes: `rops completions bash > ~/.local/share/bash-completion/completions/rops`
    Completions {
        /// The shell that is to complete
        shell: clap_complete::Shell,
    },
}

impl Rops {
    /// Does what was asked for.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let Some(command) = self.command else {
            return self.look.run();
        };
        match command {
            Command::Tree(tree) => tree.run(),
            Command::Stack(stack) => stack.run(),
            Command::Memstats(asked) => asked.memstats(),
            Command::Gc(asked) => asked.gc(),
            Command::Setgc(setgc) => setgc.run(),
            Command::Version(asked) => asked.version(),
            Command::Stats(asked) => asked.stats(),
            Command::PprofCpu(cpu) => cpu.run(),
            Command::PprofHeap(heap) => heap.run(),
            Command::Watch(asked) => asked.watch(),
            Command::Pprof(pprof) => pprof.run(),
            Command::Trace(trace) => trace.run(),
            Command::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Self::command(), "rops", &mut script);
                print(&String::from_utf8_lossy(&script))?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}
