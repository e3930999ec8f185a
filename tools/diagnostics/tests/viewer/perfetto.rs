//! What Perfetto makes of a trace: it drops what it cannot draw, and counts that.

use std::fs;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use test_tools::{TestTools, needed};

use super::{chromium, found, serve};

/// Opens a trace, and gives what Perfetto answers to the queries of `perfetto.js`, rows by their names; or nothing, where
/// there is no browser.
pub fn answers(trace: Vec<u8>) -> Option<Value> {
    let page = needed(TestTools::here().perfetto())?;
    let index = fs::read_to_string(page.join("index.html")).expect("the page");
    let index = index.replacen("</head>", "<script src=\"/ask.js\"></script></head>", 1);
    let (tell, told) = mpsc::channel();
    let address = serve(page, move |name, sent| match name {
        "" => Some(index.clone().into_bytes()),
        "ask.js" => Some(include_bytes!("perfetto.js").to_vec()),
        "trace.json" => Some(trace.clone()),
        "told" => {
            // A second answer would be of a page that was loaded twice.
            let _ = tell.send(sent);
            Some(Vec::new())
        }
        _ => None,
    });
    let (mut chromium, _profile) = chromium();
    // A port that is chosen for it keeps it running; nobody connects.
    chromium.arg("--remote-debugging-port=0");
    chromium.arg(format!(
        "http://{address}/#!/?url=http://{address}/trace.json"
    ));
    let nowhere = chromium.stdin(Stdio::null()).stdout(Stdio::null());
    let mut running = found(nowhere.stderr(Stdio::null()).spawn())?;
    let told = told.recv_timeout(Duration::from_secs(120));
    running.kill().expect("it is this process's own");
    running.wait().expect("it has ended");
    Some(serde_json::from_slice(&told.expect("an answer within two minutes")).expect("JSON"))
}
