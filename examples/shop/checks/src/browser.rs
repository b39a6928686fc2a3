//! Headless Chromium with a mouse.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

use crate::installed;

/// The width and height of a screen, in CSS pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen(pub(crate) u32, pub(crate) u32);

pub(crate) const PHONE: Screen = Screen(390, 844);
pub(crate) const DESKTOP: Screen = Screen(1440, 900);

/// Chromium with one tab.
#[derive(Debug)]
pub(crate) struct Browser {
    child: Child,
    /// The profile directory of Chromium; removed on drop.
    _profile: TempDir,
    socket: WebSocket<TcpStream>,
    session: String,
    last_id: u64,
    events: VecDeque<Value>,
    requests: Vec<String>,
}

impl Browser {
    /// Starts Chromium.
    #[must_use]
    pub(crate) fn start() -> Self {
        let profile = TempDir::new().expect("the temporary directory is there");
        let mut command = Command::new(installed::chromium());
        command.args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
        ]);
        command.args([
            "--disable-background-networking",
            "--disable-component-update",
        ]);
        command.args([
            "--disable-sync",
            "--disable-quic",
            "--disable-dev-shm-usage",
        ]);
        command.args(["--remote-debugging-port=0", "about:blank"]);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        let child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn();
        let mut child = child.expect("Chromium starts");
        let url = address(&mut child);
        let host = url.split('/').nth(2).expect("ws://HOST/PATH");
        let stream = TcpStream::connect(host).expect("Chromium listens");
        let (socket, _) = tungstenite::client(&url, stream).expect("Chromium speaks WebSocket");
        let mut browser = Self {
            child,
            _profile: profile,
            socket,
            session: String::new(),
            last_id: 0,
            events: VecDeque::new(),
            requests: Vec::new(),
        };
        browser.open_tab();
        browser
    }

    fn open_tab(&mut self) {
        let tab = self.command("Target.createTarget", json!({"url": "about:blank"}));
        let target = json!({"targetId": tab["targetId"], "flatten": true});
        let attached = self.command("Target.attachToTarget", target);
        self.session = attached["sessionId"]
            .as_str()
            .expect("a session")
            .to_owned();
        self.command("Page.enable", json!({}));
        self.command("Network.enable", json!({}));
    }

    /// Changes the screen size.
    pub(crate) fn screen(&mut self, Screen(width, height): Screen) {
        let screen = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
        });
        self.command("Emulation.setDeviceMetricsOverride", screen);
    }

    /// Sets the preferred colour scheme: `light` or `dark`.
    pub(crate) fn scheme(&mut self, scheme: &str) {
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        let media = json!({"features": [feature]});
        self.command("Emulation.setEmulatedMedia", media);
    }

    /// Loads a page, and waits until it is loaded.
    pub(crate) fn go(&mut self, url: &str) {
        self.events.clear();
        let gone = self.command("Page.navigate", json!({"url": url}));
        assert_eq!(gone["errorText"], Value::Null, "{url}");
        self.wait_for("Page.loadEventFired");
    }

    /// Reloads a page until an element has this text: some things happen after the response.
    pub(crate) fn go_until(&mut self, url: &str, selector: &str, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        self.go(url);
        while !self.text(selector).contains(text) {
            assert!(Instant::now() < deadline, "`{selector}` never has `{text}`");
            self.go(url);
        }
    }

    /// Clicks an element with the left button, and waits for the page that follows.
    pub(crate) fn click(&mut self, selector: &str) {
        let found = self.value(&format!(
            "(() => {{ const element = document.querySelector({selector:?}); if (!element) return null;
             element.scrollIntoView({{block: 'center'}}); const box = element.getBoundingClientRect();
             return [box.x + box.width / 2, box.y + box.height / 2, box.height]; }})()"
        ));
        assert!(
            found.is_array(),
            "there is no `{selector}` in\n{}",
            self.dom()
        );
        let height = found[2].as_f64().unwrap_or_default();
        assert!(
            height >= 40.0,
            "`{selector}` is {height} px high: too low for a finger"
        );
        self.events.clear();
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": found[0], "y": found[1], "button": "left", "clickCount": 1,
            });
            self.command("Input.dispatchMouseEvent", event);
        }
        self.wait_for("Page.loadEventFired");
    }

    /// Returns the page as Chromium has parsed it.
    pub(crate) fn dom(&mut self) -> String {
        let html = self.value("document.documentElement.outerHTML");
        html.as_str().unwrap_or_default().to_owned()
    }

    /// Returns the visible text of an element.
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let text = self.value(&format!(
            "document.querySelector({selector:?})?.innerText ?? null"
        ));
        match text.as_str() {
            Some(text) => text.to_owned(),
            None => panic!("there is no `{selector}` in\n{}", self.dom()),
        }
    }

    /// Evaluates a JavaScript expression.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true});
        let result = self.command("Runtime.evaluate", asked);
        assert_eq!(result["exceptionDetails"], Value::Null, "{expression}");
        result["result"]["value"].clone()
    }

    /// Returns every URL that the page has requested.
    #[must_use]
    pub(crate) fn requests(&self) -> &[String] {
        &self.requests
    }

    fn wait_for(&mut self, event: &str) {
        loop {
            while let Some(next) = self.events.pop_front() {
                if next["method"] == event {
                    return;
                }
            }
            self.read();
        }
    }

    /// Sends a `DevTools` command, and waits for its result.
    fn command(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut command = json!({"id": id, "method": method});
        command["params"] = params;
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        let message = Message::text(command.to_string());
        self.socket.send(message).expect("Chromium is there");
        loop {
            if let Some(answer) = self.read().filter(|answer| answer["id"] == id) {
                assert_eq!(answer["error"], Value::Null, "{method}");
                return answer["result"].clone();
            }
        }
    }

    /// Reads a message, and stores it if it is an event.
    fn read(&mut self) -> Option<Value> {
        let message = self.socket.read().expect("Chromium is there");
        let text = message.into_text().expect("Chromium sends text");
        let message: Value = serde_json::from_str(&text).expect("Chromium sends JSON");
        if message["id"].is_u64() {
            return Some(message);
        }
        if message["method"] == "Network.requestWillBeSent" {
            let url = message["params"]["request"]["url"].as_str();
            self.requests.push(url.unwrap_or_default().to_owned());
        }
        self.events.push_back(message);
        None
    }
}

/// Reads the address that Chromium listens on. Its further output must be read too, or Chromium blocks.
fn address(child: &mut Child) -> String {
    let output = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut lines = output.lines().map_while(Result::ok);
    let address = lines.find_map(|line| {
        let address = line.strip_prefix("DevTools listening on ")?;
        Some(address.to_owned())
    });
    std::thread::spawn(move || lines.for_each(drop));
    address.expect("Chromium tells where it listens")
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
