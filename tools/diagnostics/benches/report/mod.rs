//! What both benchmarks write: a text of `key: value` lines and tables, printed and, when asked for, kept beside
//! the benchmarks.

use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

/// The variable that makes a benchmark keep its report: whoever only looks must not change the repository.
const SAVE: &str = "DIAGNOSTICS_BENCH_SAVE";

/// The machine and the compiler, without which no figure means anything.
pub fn conditions() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|info| {
            let line = info.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let compiler = Command::new("rustc")
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map_or_else(|| "unknown".to_owned(), |version| version.trim().to_owned());
    format!("processor: {processor}, {cores} cores\ncompiler: {compiler}\n")
}

/// Prints the report and keeps it as `benches/results/NAME.txt` if `DIAGNOSTICS_BENCH_SAVE` is set.
pub fn publish(name: &str, report: &str) -> io::Result<()> {
    print!("{report}");
    if env::var_os(SAVE).is_some() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/results");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{name}.txt")), report)?;
        eprintln!("kept as benches/results/{name}.txt");
    } else {
        eprintln!("set {SAVE}=1 to keep this as benches/results/{name}.txt");
    }
    Ok(())
}
