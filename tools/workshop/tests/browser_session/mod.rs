//! A headless Chromium and its driver, started for one test and ended with it.

use std::io::{BufRead as _, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::error::NewSessionError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::Url;

const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a test in a browser of its own, or says why it is skipped.
pub fn with_browser(test: impl AsyncFnOnce(&Session)) {
    let Some(driver) = Driver::start() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let session = match runtime.block_on(Session::new(&driver)) {
        Ok(session) => session,
        Err(error) if error.to_string().contains("cannot find") => return skip(&error),
        Err(error) => panic!("chromium does not start: {error}"),
    };
    // A test that failed must not leave its browser behind.
    let result = catch_unwind(AssertUnwindSafe(|| runtime.block_on(test(&session))));
    let closed = runtime.block_on(session.client.close());
    match result {
        Ok(()) => closed.unwrap(),
        Err(failure) => resume_unwind(failure),
    }
}

/// Says what is missing, which is an error where nothing may be.
fn skip(error: &dyn std::error::Error) {
    let advice =
        format!("no browser to test with ({error}): apt-get install chromium chromium-driver");
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{advice}");
    eprintln!("skipped, {advice}");
}

/// `chromedriver`, listening on a free port. It ends with the value.
struct Driver {
    child: Child,
    port: String,
}

impl Driver {
    fn start() -> Option<Self> {
        // It takes one port on two addresses, and gives up if the second is taken.
        for _ in 0..10 {
            let started = Command::new("chromedriver")
                .arg("--port=0")
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn();
            let mut child = match started {
                Ok(child) => child,
                Err(error) => {
                    skip(&error);
                    return None;
                }
            };
            let port = BufReader::new(child.stdout.take().unwrap())
                .lines()
                .map_while(Result::ok)
                .find_map(|line| {
                    let rest = line.split("successfully on port ").nth(1)?;
                    Some(rest.trim_end_matches('.').to_owned())
                });
            match port {
                Some(port) => return Some(Self { child, port }),
                None => child.wait().unwrap(),
            };
        }
        panic!("chromedriver did not start in ten attempts");
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).ok();
        self.child.wait().ok();
    }
}

/// A browser with an empty profile.
pub struct Session {
    client: Client,
    _profile: tempfile::TempDir,
}

impl Session {
    async fn new(driver: &Driver) -> Result<Self, NewSessionError> {
        let profile = tempfile::tempdir().unwrap();
        let data_dir = format!("--user-data-dir={}", profile.path().display());
        let capabilities = json!({
            "goog:chromeOptions": { "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--window-size=1280,800", data_dir,
            ]},
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await?;
        Ok(Self {
            client,
            _profile: profile,
        })
    }

    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Runs JavaScript and returns what it returns.
    pub async fn run(&self, script: &str) -> Value {
        match self.client.execute(script, vec![]).await {
            Ok(value) => value,
            Err(error) => panic!("{script}: {error}"),
        }
    }

    /// Waits until the script returns true. A page that is being left cannot answer and is asked again.
    pub async fn until(&self, script: &str) {
        let latest = Instant::now() + PATIENCE;
        while self
            .client
            .execute(script, vec![])
            .await
            .unwrap_or(Value::Null)
            != true
        {
            assert!(Instant::now() < latest, "not within {PATIENCE:?}: {script}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The text of the first element, whether it is in view or not.
    pub async fn text_of(&self, selector: &str) -> String {
        let script = format!(
            "return document.querySelector({}).textContent",
            json!(selector)
        );
        self.run(&script).await.as_str().unwrap().to_owned()
    }

    pub async fn click(&self, selector: &str) {
        let element = self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(selector))
            .await;
        element.unwrap().click().await.unwrap();
    }

    pub async fn type_into(&self, selector: &str, text: &str) {
        let element = self.client.find(Locator::Css(selector)).await.unwrap();
        element.send_keys(text).await.unwrap();
    }

    /// What is on the clipboard after a click on a copy button, as a paste shows it.
    pub async fn copied(&self, button: &str) -> String {
        let to_view = format!(
            "document.querySelector({}).scrollIntoView({{ block: 'center' }})",
            json!(button)
        );
        self.run(&to_view).await;
        self.click(button).await;
        self.run(
            "const area = document.createElement('textarea');
             area.id = 'pasted';
             area.style.cssText = 'position:fixed;inset:0;z-index:9999';
             document.body.append(area);
             area.focus();",
        )
        .await;
        // The control key, held down while the letter is typed.
        self.type_into("#pasted", "\u{e009}v").await;
        let pasted = self
            .run("const area = document.getElementById('pasted'); area.remove(); return area.value")
            .await;
        pasted.as_str().unwrap().to_owned()
    }

    /// Fails if a page logged an error, or asked anybody but `url`. The paths in `missing` may be missing.
    pub async fn assert_only(&self, url: &str, missing: &[&str]) {
        for entry in self.log("browser").await {
            let message = entry["message"].as_str().unwrap();
            let is_expected = missing
                .iter()
                .any(|path| message.contains(path) && message.contains("404"));
            assert!(entry["level"] != "SEVERE" || is_expected, "{message}");
        }
        let mut asked = 0;
        for entry in self.log("performance").await {
            let entry: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            let event = &entry["message"];
            if event["method"] != "Network.requestWillBeSent" {
                continue;
            }
            let target = event["params"]["request"]["url"].as_str().unwrap();
            // The browser's own empty page, and pictures that stand in a style sheet: neither leaves the browser.
            if target.starts_with("chrome://") || target.starts_with("data:") {
                continue;
            }
            asked += 1;
            assert!(
                target.starts_with(&format!("{url}/")),
                "a page asked for {target}"
            );
        }
        assert!(asked > 0, "the browser logged no request at all");
    }

    async fn log(&self, kind: &'static str) -> Vec<Value> {
        let entries = self.client.issue_cmd(Log { kind }).await.unwrap();
        entries.as_array().unwrap().clone()
    }
}

/// Chromium's own command for reading a log.
#[derive(Debug)]
struct Log {
    kind: &'static str,
}

impl WebDriverCompatibleCommand for Log {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": self.kind }).to_string()))
    }
}
