//! A browser, as far as tests drive it: Chromium over the pipes of its DevTools protocol.
//!
//! In: the path of Chromium. Out: pages that are opened, looked at and typed into. Everything that takes longer than a
//! minute is a failure.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// A running browser, which ends with the test.
pub struct Browser {
    child: Child,
    commands: ChildStdin,
    answers: Receiver<Value>,
    last: u64,
    profile: tempfile::TempDir,
}

impl Browser {
    pub fn start() -> Self {
        let program = std::env::var_os("TIDINGS_CHROMIUM").expect("`cargo xtask test` says where Chromium is");
        let profile = tempfile::tempdir().unwrap();
        // The protocol is spoken over the file descriptors 3 and 4, which only a shell can give a child.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, answers) = channel();
        let mut stream = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            let (mut rest, mut chunk) = (Vec::new(), [0; 65_536]);
            while let Ok(count @ 1..) = stream.read(&mut chunk) {
                rest.extend_from_slice(&chunk[..count]);
                while let Some(end) = rest.iter().position(|byte| *byte == 0) {
                    let message: Vec<u8> = rest.drain(..=end).collect();
                    if sender.send(serde_json::from_slice(&message[..end]).unwrap()).is_err() {
                        return;
                    }
                }
            }
        });
        let commands = child.stdin.take().unwrap();
        Self { child, commands, answers, last: 0, profile }
    }

    fn call(&mut self, session: Option<&str>, method: &str, parameters: Value, events: &mut Vec<Value>) -> Value {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": parameters});
        if let Some(session) = session {
            command["sessionId"] = json!(session);
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).unwrap();
        loop {
            let message = self.answers.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{method}: no answer"));
            if message["id"] == self.last {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            events.push(message);
        }
    }

    /// An empty page.
    pub fn page(&mut self) -> Page<'_> {
        let mut events = Vec::new();
        let target = self.call(None, "Target.createTarget", json!({"url": "about:blank"}), &mut events);
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.call(None, "Target.attachToTarget", attach, &mut events);
        let session = session["sessionId"].as_str().unwrap().to_owned();
        let target = target["targetId"].as_str().unwrap().to_owned();
        let mut page = Page { browser: self, session, target, events };
        for domain in ["Page", "Network", "Runtime"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.call(None, "Browser.close", json!({}), &mut Vec::new());
        let _ = self.child.wait();
        let _ = self.profile.path();
    }
}

/// A page, closed when it goes out of scope.
pub struct Page<'b> {
    browser: &'b mut Browser,
    session: String,
    target: String,
    events: Vec<Value>,
}

impl Page<'_> {
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.browser.call(Some(&self.session), method, parameters, &mut self.events)
    }

    /// What an expression gives, promises awaited.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.call("Runtime.evaluate", parameters);
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&mut self, url: &str) {
        self.events.clear();
        let result = self.call("Page.navigate", json!({"url": url}));
        assert!(result.get("errorText").is_none(), "{url}: {result}");
        // A link within a page loads nothing.
        if result.get("loaderId").is_some() {
            self.wait_for("Page.loadEventFired");
        }
    }

    /// Looks at no event before this moment.
    pub fn forget(&mut self) {
        self.events.clear();
    }

    /// Waits for an event.
    pub fn wait_for(&mut self, method: &str) {
        let begun = Instant::now();
        while !self.events.iter().any(|event| event["method"] == method) {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            self.events.push(self.browser.answers.recv_timeout(left).unwrap_or_else(|_| panic!("no {method}")));
        }
    }

    /// The events of a kind since the page was opened.
    pub fn events(&self, method: &str) -> Vec<Value> {
        let of_kind = self.events.iter().filter(|event| event["method"] == method);
        of_kind.map(|event| event["params"].clone()).collect()
    }

    /// The size of the window, and whether the system is dark.
    pub fn look(&mut self, width: u32, height: u32, dark: bool) {
        let mobile = width < 800;
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// Presses a key.
    pub fn press(&mut self, key: &str, text: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "ArrowUp" => 38,
            "ArrowDown" => 40,
            _ => 0,
        };
        let mut down = json!({"type": "keyDown", "key": key, "windowsVirtualKeyCode": code});
        if !text.is_empty() {
            down["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}));
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        let target = json!({"targetId": self.target});
        self.browser.call(None, "Target.closeTarget", target, &mut self.events);
    }
}
