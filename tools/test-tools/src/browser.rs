//! A headless Chromium and its driver, started for one test and ended with it.
//!
//! They are Debian's `chromium` and `chromium-driver`. A test without them is left out, and fails with `CI=true`.

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

use crate::Missing;

const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a test in a browser of its own, or says why it is left out.
///
/// # Panics
/// When the browser does not start, or when the test fails.
pub fn with_browser(test: impl AsyncFnOnce(&Session)) {
    let Some(driver) = crate::needed(Driver::start()) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    let session = match runtime.block_on(Session::new(&driver)) {
        Ok(session) => session,
        Err(error) if error.to_string().contains("cannot find") => {
            crate::needed::<()>(Err(Missing {
                package: "chromium",
            }));
            return;
        }
        Err(error) => panic!("chromium does not start: {error}"),
    };
    // A test that failed must not leave its browser behind.
    let result = catch_unwind(AssertUnwindSafe(|| runtime.block_on(test(&session))));
    let closed = runtime.block_on(session.client.close());
    match result {
        Ok(()) => closed.expect("it closes"),
        Err(failure) => resume_unwind(failure),
    }
}

/// `chromedriver`, listening on a free port. It ends with the value.
struct Driver {
    child: Child,
    port: String,
}

impl Driver {
    fn start() -> Result<Self, Missing> {
        // It takes one port on two addresses, and gives up if the second is taken.
        for _ in 0..10 {
            let started = Command::new("chromedriver")
                .arg("--port=0")
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn();
            let mut child = started.map_err(|_| Missing {
                package: "chromium-driver",
            })?;
            let out = child.stdout.take().expect("it is piped");
            let port = BufReader::new(out)
                .lines()
                .map_while(Result::ok)
                .find_map(|line| {
                    let rest = line.split("successfully on port ").nth(1)?;
                    Some(rest.trim_end_matches('.').to_owned())
                });
            match port {
                Some(port) => return Ok(Self { child, port }),
                None => child.wait().expect("it has ended"),
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
#[derive(Debug)]
pub struct Session {
    client: Client,
    _profile: tempfile::TempDir,
}

impl Session {
    async fn new(driver: &Driver) -> Result<Self, NewSessionError> {
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        let data_dir = format!("--user-data-dir={}", profile.path().display());
        let capabilities = json!({
            "goog:chromeOptions": { "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--hide-scrollbars", data_dir,
            ]},
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().expect("it is an object").clone())
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await?;
        let session = Self {
            client,
            _profile: profile,
        };
        session.size(1280, 720).await;
        Ok(session)
    }

    /// Goes to an address.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("the page loads");
    }

    /// Runs JavaScript and returns what it returns.
    pub async fn run(&self, script: &str) -> Value {
        match self.client.execute(script, vec![]).await {
            Ok(value) => value,
            Err(error) => panic!("{script}: {error}"),
        }
    }

    /// Runs the body of an asynchronous function of JavaScript and returns what it returns.
    pub async fn run_async(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; (async () => {{ {script} }})().then(done, (error) => done(String(error)))"
        );
        match self.client.execute_async(&script, vec![]).await {
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
        self.run(&script)
            .await
            .as_str()
            .expect("it is a text")
            .to_owned()
    }

    /// Clicks on an element, once it is there.
    pub async fn click(&self, selector: &str) {
        let wait = self.client.wait().at_most(PATIENCE);
        let element = wait
            .for_element(Locator::Css(selector))
            .await
            .expect("it is there");
        element.click().await.expect("it can be clicked on");
    }

    /// Types into an element.
    pub async fn type_into(&self, selector: &str, text: &str) {
        let element = self
            .client
            .find(Locator::Css(selector))
            .await
            .expect("it is there");
        element.send_keys(text).await.expect("it takes text");
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
        pasted.as_str().expect("it is a text").to_owned()
    }

    /// Presses a key where the focus is; its name is that of the DOM, such as `ArrowDown` or `a`.
    pub async fn press(&self, key: &str) {
        // Enter and letters have a text as well; what the browser itself does with a key, it does by its number.
        let (text, number) = match key {
            "Enter" => ("\r", 13),
            "Escape" => ("", 27),
            "ArrowLeft" => ("", 37),
            "ArrowUp" => ("", 38),
            "ArrowRight" => ("", 39),
            "ArrowDown" => ("", 40),
            key if key.chars().count() == 1 => (key, 0),
            _ => ("", 0),
        };
        for (kind, text) in [("keyDown", text), ("keyUp", "")] {
            let parameters =
                json!({ "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": number });
            self.command("Input.dispatchKeyEvent", parameters).await;
        }
    }

    /// The size of the page.
    pub async fn size(&self, width: u32, height: u32) {
        let parameters =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", parameters)
            .await;
    }

    /// Whether the system wants pages to be dark.
    pub async fn dark(&self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.command(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
    }

    /// A command of Chromium's DevTools protocol.
    pub async fn command(&self, name: &'static str, parameters: Value) -> Value {
        let command = DevTools { name, parameters };
        match self.client.issue_cmd(command).await {
            Ok(value) => value,
            Err(error) => panic!("{name}: {error}"),
        }
    }

    /// What is seen of the page, as PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        self.client.screenshot().await.expect("it has a picture")
    }

    /// Fails if a page logged an error, or asked anybody but `url`. The paths in `missing` may be missing.
    pub async fn assert_only(&self, url: &str, missing: &[&str]) {
        for entry in self.log("browser").await {
            let message = entry["message"].as_str().unwrap_or_default();
            let is_expected = missing
                .iter()
                .any(|path| message.contains(path) && message.contains("404"));
            assert!(entry["level"] != "SEVERE" || is_expected, "{message}");
        }
        let mut asked = 0;
        for entry in self.log("performance").await {
            let entry = entry["message"].as_str().unwrap_or_default();
            let entry: Value = serde_json::from_str(entry).expect("it is JSON");
            let event = &entry["message"];
            if event["method"] != "Network.requestWillBeSent" {
                continue;
            }
            let target = event["params"]["request"]["url"]
                .as_str()
                .unwrap_or_default();
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
        let entries = self
            .client
            .issue_cmd(Log { kind })
            .await
            .expect("there is a log");
        entries.as_array().expect("it is a list").clone()
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

/// Chromedriver's way to Chromium's DevTools.
#[derive(Debug)]
struct DevTools {
    name: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": self.name, "params": self.parameters });
        (Method::POST, Some(body.to_string()))
    }
}
