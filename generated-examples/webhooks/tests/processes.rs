//! Carrier and customer as their users run them, two processes that know each other by HTTP alone; and the page, in a real
//! browser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

/// What drives the browser for other tests, too.
#[allow(dead_code)]
#[path = "../../../cli/tests/browser/client.rs"]
mod browser;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A process of the example, ended when it is dropped.
struct Process {
    child: Child,
    lines: Receiver<String>,
}

impl Process {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_webhooks"));
        let mut child = command.args(arguments).current_dir(folder).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(30)).expect("a line within half a minute")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Both processes, and where the carrier is.
struct Example {
    folder: tempfile::TempDir,
    address: String,
    _carrier: Process,
}

const TOKEN: &str = "authorization: Bearer a-token-of-acme";
const KEY: &str = "x-scanner-key: a-key-of-a-scanner";
const SCAN: &str = r#"{"parcelId":"p-7","step":"sorted","scannedAt":"2026-11-02T17:04:00Z"}"#;

impl Example {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let carrier = Process::start(folder.path(), &["carrier", "--port", "0"]);
        let line = carrier.line();
        let address = line.trim_start_matches("the carrier is at http://").trim_end_matches('/').to_owned();
        Self { folder, address, _carrier: carrier }
    }

    fn customer(&self, more: &[&str]) -> Process {
        let carrier = format!("http://{}/", self.address);
        let customer =
            Process::start(self.folder.path(), &[&["customer", "--carrier", carrier.as_str()], more].concat());
        assert!(customer.line().starts_with("subscribed with http://127.0.0.1:"));
        customer
    }

    /// Status and body.
    fn ask(&self, request: &str, headers: &[&str], body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = headers.iter().fold(String::new(), |head, line| format!("{head}{line}\r\n"));
        let length = body.len();
        write!(
            stream,
            "{request} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n{head}\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

#[test]
fn a_scan_is_told_once_though_the_customer_fails_first() {
    let example = Example::start();
    let customer = example.customer(&["--failures", "2"]);
    let scanned = example.ask("POST /scans/harbour", &[KEY, "idempotency-key: scan-1"], SCAN);
    assert_eq!(scanned.0, 204, "{}", scanned.1);
    assert_eq!(customer.line(), "not now");
    assert_eq!(customer.line(), "not now");
    assert_eq!(customer.line(), "p-7 sorted at harbour (scan-1)");
    // The scanner did not hear the answer and posts again: nobody is told again.
    assert_eq!(example.ask("POST /scans/harbour", &[KEY, "idempotency-key: scan-1"], SCAN).0, 204);
    assert_eq!(example.ask("POST /scans/hills", &[KEY, "idempotency-key: scan-2"], SCAN).0, 204);
    assert_eq!(customer.line(), "p-7 sorted at hills (scan-2)");
    let (status, listed) = example.ask("GET /subscriptions", &[TOKEN], "");
    assert_eq!(status, 200);
    let id = listed.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap();
    let begun = Instant::now();
    loop {
        let (_, deliveries) = example.ask(&format!("GET /subscriptions/{id}/deliveries"), &[TOKEN], "");
        if deliveries.matches("\"attempt\"").count() == 4 {
            assert_eq!(deliveries.matches("\"status\":503").count(), 2, "{deliveries}");
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{deliveries}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn every_route_asks_for_what_the_document_says() {
    let example = Example::start();
    for (request, headers, expected) in [
        ("POST /scans/harbour", &[][..], 401),
        ("POST /scans/harbour", &["x-scanner-key: another"], 401),
        ("POST /scans/harbour", &[TOKEN], 401),
        ("POST /scans/elsewhere", &[KEY], 400),
        ("GET /feed", &[], 401),
        ("GET /feed", &["authorization: Bearer another"], 401),
        ("GET /feed", &[KEY], 401),
        ("GET /subscriptions", &[], 401),
        ("GET /subscriptions", &["authorization: Bearer another"], 401),
        ("GET /", &[], 200),
    ] {
        let (status, answer) = example.ask(request, headers, if request.starts_with("POST") { SCAN } else { "" });
        assert_eq!(status, expected, "{request} {headers:?}: {answer}");
    }
}

#[test]
fn what_is_wrong_with_a_scan_is_listed() {
    let example = Example::start();
    let (status, answer) = example.ask(
        "POST /scans/harbour",
        &[KEY],
        r#"{"parcelId":"7","step":"lost","scannedAt":"2026-11-02T17:04:00Z"}"#,
    );
    assert_eq!(status, 400);
    let problem: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let errors = problem["errors"].as_array().unwrap();
    let fact = |error: &serde_json::Value| {
        ["pointer", "keyword", "found"].map(|name| error[name].as_str().unwrap_or_default().to_owned())
    };
    let facts: Vec<[String; 3]> = errors.iter().map(fact).collect();
    assert!(facts.contains(&["/step", "enum", "\"lost\""].map(str::to_owned)), "{answer}");
    assert!(facts.iter().any(|[pointer, keyword, _]| pointer == "/parcelId" && keyword == "pattern"), "{answer}");
    assert!(
        errors.iter().all(|error| error["message"] == "parcelScanned" && error["expected"].is_string()),
        "{answer}"
    );
}

#[test]
fn those_who_watch_see_what_is_told() {
    let example = Example::start();
    let mut stream = TcpStream::connect(&example.address).unwrap();
    write!(stream, "GET /feed HTTP/1.1\r\nhost: h\r\n{TOKEN}\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut seen = String::new();
    let mut piece = [0; 4096];
    let mut until = |text: &str| {
        while !seen.contains(text) {
            let length = stream.read(&mut piece).unwrap();
            seen.push_str(&String::from_utf8_lossy(&piece[..length]));
        }
    };
    // The first id says where this client stands.
    until("id: ");
    assert_eq!(example.ask("POST /scans/harbour", &[KEY], SCAN).0, 204);
    until("\"parcelId\":\"p-7\"");
}

/// `cargo xtask test --without chromium` leaves out what is in here.
mod needs_chromium {
    use super::browser::{Browser, Page};
    use super::*;

    #[test]
    #[ignore = "cargo xtask test"]
    fn the_page_lists_endpoints_and_deliveries() {
        let example = Example::start();
        let customer = example.customer(&["--failures", "1"]);
        assert_eq!(example.ask("POST /scans/harbour", &[KEY, "idempotency-key: scan-1"], SCAN).0, 204);
        assert_eq!(customer.line(), "not now");
        assert_eq!(customer.line(), "p-7 sorted at harbour (scan-1)");
        let mut browser = Browser::start();
        let mut page = browser.page();
        page.call("Log.enable", serde_json::json!({}));
        page.open(&format!("http://{}/", example.address));
        let text = |selector: &str| format!("document.querySelector('{selector}').innerText");
        let enter = |token: &str| {
            format!(
                "document.querySelector('#token').value = '{token}'; document.querySelector('#enter').requestSubmit()"
            )
        };
        assert_eq!(page.evaluate("document.querySelector('#shown').hidden"), true);
        page.evaluate(&enter("another"));
        wait(&mut page, &text("#status"), "a valid bearer token is needed");
        page.evaluate(&enter("a-token-of-acme"));
        wait(&mut page, &text("#status"), "1 endpoints, 2 deliveries");
        wait(&mut page, &text("#endpoints tbody"), "in order");
        wait(&mut page, &text("#deliveries tbody tr.failed"), "503");
        wait(&mut page, &text("#deliveries tbody tr.taken"), "scan-1");
        // Another endpoint, whose URL would be markup and script if it were not text.
        let hostile = "http://127.0.0.1:9/<img src=x onerror=document.title=1>";
        page.evaluate(&format!(
            "document.querySelector('#url').value = '{hostile}'; document.querySelector('#add').requestSubmit()"
        ));
        wait(&mut page, &text("#secret code"), "whsec_");
        wait(&mut page, &text("#status"), "2 endpoints");
        assert_eq!(page.evaluate("document.querySelectorAll('#endpoints img').length"), 0);
        assert_eq!(page.evaluate("document.title"), "Parcels: webhooks");
        let press = |name: &str, button: usize| {
            format!(
                "[...document.querySelectorAll('#endpoints tr')].find(row => row.innerText.includes('{name}'))\
                 .querySelectorAll('button')[{button}].click()"
            )
        };
        // Test events are not what the document says, and the customer's system says so.
        page.evaluate(&press("/parcels", 0));
        wait(&mut page, &text("#deliveries tbody"), "400");
        page.evaluate(&press(":9/", 2));
        wait(&mut page, &text("#status"), "1 endpoints");
        assert!(page.events("Runtime.exceptionThrown").is_empty());
        let entries = page.events("Log.entryAdded").into_iter();
        let refused: Vec<_> = entries.filter(|event| event["entry"]["source"] == "security").collect();
        assert!(refused.is_empty(), "the page's own policy refuses: {refused:?}");
    }

    /// Waits until the text that a script is worth contains another.
    fn wait(page: &mut Page<'_>, script: &str, text: &str) {
        let begun = Instant::now();
        loop {
            let value = page.evaluate(&format!("(() => {{ try {{ return {script} }} catch {{ return '' }} }})()"));
            if value.as_str().is_some_and(|value| value.contains(text)) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{script} is {value}, and not {text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
