//! A page as its server has it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// `rops`, serving a page. It ends with the value.
pub struct Server {
    child: Child,
    /// Its address, without a slash at the end.
    pub url: String,
}

impl Server {
    /// Serves with these arguments.
    pub fn start(arguments: &[&str]) -> Self {
        let started = Command::new(env!("CARGO_BIN_EXE_rops"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = started.expect("it starts");
        let out = child.stdout.take().expect("it is piped");
        let line = BufReader::new(out).lines().next();
        let line = line.expect("it prints a line").expect("it is a text");
        let url = line.strip_suffix('/').expect("it is an address").to_owned();
        Self { child, url }
    }

    /// The status and the body of an answer.
    pub fn ask(&self, path: &str) -> (u16, String) {
        self.ask_for(path, None)
    }

    /// The same under another name of the server.
    pub fn ask_for(&self, path: &str, host: Option<&str>) -> (u16, String) {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        let agent = ureq::Agent::new_with_config(config);
        let mut request = agent.get(format!("{}{path}", self.url));
        if let Some(host) = host {
            request = request.header("host", host);
        }
        let mut response = request.call().expect("it answers");
        let body = response
            .body_mut()
            .read_to_vec()
            .expect("the answer is whole");
        (
            response.status().as_u16(),
            String::from_utf8_lossy(&body).into_owned(),
        )
    }

    /// The answer, as JSON.
    #[track_caller]
    pub fn json(&self, path: &str) -> Value {
        let (status, body) = self.ask(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("it is JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whatever has ended already is not there to be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
