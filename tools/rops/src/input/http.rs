//! Profiles of a service that runs.

use std::io::Read as _;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use ureq::{Agent, http};

use super::MOST_BYTES;

/// Whether this names a server, as `http://localhost:6060/debug/pprof/heap` or `localhost:6060/debug/pprof/heap`.
pub(crate) fn is_url(source: &str) -> bool {
    if source.contains("://") {
        return true;
    }
    let host = source.split('/').next().unwrap_or_default();
    let port = host.rsplit_once(':').map(|(_, port)| port);
    port.is_some_and(|port| port.parse::<u16>().is_ok())
}

/// How a profile is asked for: the whole address, and how long to wait for the answer.
#[derive(Debug, PartialEq, Eq)]
struct Question {
    url: String,
    timeout: Duration,
}

impl Question {
    fn new(source: &str, seconds: Option<u32>, timeout: Option<Duration>) -> anyhow::Result<Self> {
        let url = if source.contains("://") {
            source.to_owned()
        } else {
            format!("http://{source}")
        };
        if url.starts_with("https://") {
            bail!("{url}: rops speaks plain HTTP; `curl -o profile.pb.gz` it, and read the file");
        }
        if !url.starts_with("http://") {
            bail!("{url}: this is no address of a web server");
        }
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        let own = query.split('&').filter(|pair| !pair.is_empty());
        let (told, others): (Vec<&str>, Vec<&str>) =
            own.partition(|pair| pair.starts_with("seconds="));
        let told = told
            .first()
            .and_then(|pair| pair.strip_prefix("seconds=")?.parse().ok());
        let seconds: Option<u32> = seconds.or(told);
        let mut pairs: Vec<String> = others.into_iter().map(str::to_owned).collect();
        pairs.extend(seconds.map(|seconds| format!("seconds={seconds}")));
        let usual = seconds.map_or(60.0, |seconds| f64::from(seconds) * 1.5);
        Ok(Self {
            url: match pairs.as_slice() {
                [] => path.to_owned(),
                pairs => format!("{path}?{}", pairs.join("&")),
            },
            timeout: timeout.unwrap_or(Duration::from_secs_f64(usual)) + Duration::from_secs(5),
        })
    }
}

/// Asks a service, and says every two seconds that it waits.
pub(crate) fn get(
    source: &str,
    seconds: Option<u32>,
    timeout: Option<Duration>,
) -> anyhow::Result<Vec<u8>> {
    let question = Question::new(source, seconds, timeout)?;
    let url = question.url.clone();
    let (sender, answer) = channel();
    let start = Instant::now();
    thread::spawn(move || sender.send(ask(&question)));
    loop {
        match answer.recv_timeout(Duration::from_secs(2)) {
            Ok(answer) => return answer.with_context(|| url),
            Err(RecvTimeoutError::Timeout) => {
                let waited = start.elapsed().as_secs();
                anstream::eprintln!("waiting for {url}: {waited} s");
            }
            Err(RecvTimeoutError::Disconnected) => bail!("{url}: no answer"),
        }
    }
}

fn ask(question: &Question) -> anyhow::Result<Vec<u8>> {
    let config = Agent::config_builder()
        .timeout_global(Some(question.timeout))
        .http_status_as_error(false)
        // Profiles come from services near by, and what is on loopback is no proxy's business.
        .proxy(None)
        .build();
    let mut response = Agent::new_with_config(config)
        .get(&question.url)
        .call()
        .map_err(|error| no_answer(error, question))?;
    let status = response.status();
    let mut bytes = Vec::new();
    let body = response.body_mut().as_reader();
    let read = body.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    if status != http::StatusCode::OK {
        bail!("the service answers {status}{}", reason(&bytes));
    }
    read.context("the answer was cut off")?;
    if bytes.len() as u64 > MOST_BYTES {
        bail!(
            "the answer has more than {} MiB, which no profile needs",
            MOST_BYTES >> 20
        );
    }
    if bytes.is_empty() {
        bail!("the service answers with nothing");
    }
    Ok(bytes)
}

fn no_answer(error: ureq::Error, question: &Question) -> anyhow::Error {
    match error {
        ureq::Error::Timeout(_) => {
            let seconds = question.timeout.as_secs();
            anyhow!("no answer within {seconds} s; --timeout waits longer")
        }
        ureq::Error::Io(error) => anyhow!("no answer: {error}"),
        error => anyhow!("no answer: {error}"),
    }
}

/// What a service says about a failure, if that is one line for people.
fn reason(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]);
    let text = text.trim();
    if text.is_empty() || text.starts_with('<') {
        return String::new();
    }
    format!(": {}", text.lines().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_asked_for_and_waited_for() {
        for (source, seconds, url, wait) in [
            (
                "localhost:6060/debug/pprof/heap",
                None,
                "http://localhost:6060/debug/pprof/heap",
                65,
            ),
            (
                "http://a/profile?seconds=4",
                None,
                "http://a/profile?seconds=4",
                11,
            ),
            (
                "http://a/profile?seconds=4&x=y",
                Some(10),
                "http://a/profile?x=y&seconds=10",
                20,
            ),
        ] {
            let question = Question::new(source, seconds, None).expect("it is one");
            assert_eq!(
                (question.url.as_str(), question.timeout.as_secs()),
                (url, wait)
            );
        }
        assert!(Question::new("https://a/profile", None, None).is_err());
        assert!(is_url("localhost:6060/heap") && is_url("http://a"));
        assert!(!is_url("cpu.pb.gz") && !is_url("old:cpu.pb.gz"));
    }
}
