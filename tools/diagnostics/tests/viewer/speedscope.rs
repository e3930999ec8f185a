//! What speedscope says of a trace.

use std::process::Stdio;

use test_tools::{TestTools, needed};

use super::{chromium, found, serve};

/// What it says of every file.
const ALWAYS: [&str; 4] = [
    "speedscope v",
    "WebGL initialized",
    "Importing as Trace Event Format profile",
    "import: ",
];

/// Opens a trace, and gives what speedscope says of it; or nothing, where there is no browser.
pub fn warnings(trace: Vec<u8>) -> Option<Vec<String>> {
    let page = needed(TestTools::here().speedscope())?;
    let address = serve(page, move |name, _| {
        (name == "trace.json").then(|| trace.clone())
    });
    let (mut chromium, _profile) = chromium();
    // The browser's own time: it goes on as soon as nothing is left to load.
    chromium.args(["--virtual-time-budget=10000", "--dump-dom"]);
    chromium.args(["--enable-logging=stderr", "--v=0"]);
    let url = format!("http://{address}/index.html#profileURL=http://{address}/trace.json");
    let ran = found(chromium.arg(url).stdin(Stdio::null()).output())?;
    let log = String::from_utf8_lossy(&ran.stderr).into_owned();
    let said = log.lines().filter(|line| {
        line.contains("CONSOLE") && line.contains(&format!("source: http://{address}/speedscope"))
    });
    let said: Vec<_> = said.collect();
    for always in ALWAYS {
        let is_there = said.iter().any(|line| line.contains(always));
        assert!(is_there, "{always} is not there:\n{log}");
    }
    let more = said
        .iter()
        .filter(|line| !ALWAYS.iter().any(|always| line.contains(always)));
    Some(more.map(|&line| line.to_owned()).collect())
}
