//! `tidings listen` and `tidings send`, against each other.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OLD_SECRET: &str = "whsec_b2xkIG9sZCBvbGQgb2xkIG9sZA==";
const DOCUMENT: &str = "
asyncapi: 3.1.0
info: {title: Hooks, version: 1.0.0}
channels:
  hooks:
    address: /hooks
    messages:
      changed:
        payload:
          type: object
          required: [order, state]
          properties:
            order: {type: string, format: uuid}
            state: {enum: [placed, shipped]}
operations:
  tell: {action: send, channel: {$ref: '#/channels/hooks'}}
";

/// A listener on a free port, ended when it is dropped.
struct Listener {
    child: Child,
    address: String,
}

impl Listener {
    fn start(secrets: &[&str]) -> Self {
        Self::start_with(None, secrets)
    }

    fn start_with(document: Option<&Path>, secrets: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command.args(["listen", "--port", "0"]).args(document);
        for secret in secrets {
            command.args(["--secret", secret]);
        }
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("listening at http://")?.trim_end_matches('/').to_owned()));
        Self { child, address: address.unwrap() }
    }

    /// The status of a bare request.
    fn post(&self, headers: &str, body: &str) -> u16 {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Ends it; what it printed.
    fn printed(mut self) -> String {
        let mut text = String::new();
        self.child.kill().unwrap();
        self.child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send(folder: &Path, arguments: &[&str]) -> Output {
    let document = folder.join("asyncapi.yaml");
    std::fs::write(&document, DOCUMENT).unwrap();
    Command::new(env!("CARGO_BIN_EXE_tidings")).arg("send").arg(&document).args(arguments).output().unwrap()
}

#[test]
fn what_is_sent_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let listener = Listener::start(&[OLD_SECRET, SECRET]);
    let to = format!("http://{}/", listener.address);
    for (arguments, status) in [
        (vec!["tell", "--to", &to, "--secret", SECRET], 0),
        (vec!["tell", "--to", &to, "--secret", "whsec_AAAA", "--secret", OLD_SECRET], 0),
        (vec!["tell", "--to", &to, "--secret", "whsec_AAAA"], 1),
        (vec!["tell", "--to", &to], 1),
        (vec!["unknown", "--to", &to], 2),
        (vec!["tell", "--to", "nowhere"], 2),
        (vec!["tell", "--to", &to, "--data", "no-such-file"], 2),
        (vec!["tell", "--to", &to, "--secret", "whsec_"], 2),
    ] {
        let output = send(folder.path(), &arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}\n{said}");
    }
    let printed = listener.printed();
    let payloads: Vec<serde_json::Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(payloads.len(), 2, "{printed}");
    assert_eq!(payloads[0]["state"], "placed");
}

#[test]
fn what_is_not_genuine_is_refused() {
    let listener = Listener::start(&[SECRET]);
    for headers in [
        "",
        "webhook-id: m1\r\n",
        "webhook-id: m1\r\nwebhook-timestamp: 1\r\nwebhook-signature: v1,AAAA\r\n",
        "webhook-id: m1\r\nwebhook-timestamp: 99999999999\r\nwebhook-signature: v1,AAAA\r\n",
        "webhook-id: m1\r\nwebhook-timestamp: x\r\nwebhook-signature: v1,AAAA\r\n",
        "webhook-id: m1\r\nwebhook-timestamp: 1\r\nwebhook-signature: \r\n",
    ] {
        let status = listener.post(headers, "{}");
        assert!((400..500).contains(&status), "{headers}: {status}");
    }
    assert_eq!(listener.printed(), "");
}

#[test]
fn what_the_document_does_not_say_is_neither_sent_nor_taken() {
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("asyncapi.yaml");
    std::fs::write(&document, DOCUMENT).unwrap();
    let wrong = folder.path().join("wrong.json");
    std::fs::write(&wrong, r#"{"order":"not a uuid","state":"lost"}"#).unwrap();
    let listener = Listener::start_with(Some(&document), &[]);
    let to = format!("http://{}/", listener.address);
    let output = send(folder.path(), &["tell", "--to", &to, "--data", wrong.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing was sent"), "{output:?}");
    assert_eq!(send(folder.path(), &["tell", "--to", &to]).status.code(), Some(0));
    for body in ["{}", "x", "", r#"{"order":1,"order":2}"#, &std::fs::read_to_string(&wrong).unwrap()] {
        assert_eq!(listener.post("", body), 400, "{body}");
    }
    assert_eq!(listener.printed().lines().count(), 1);
}

#[test]
fn without_a_secret_everything_is_taken() {
    let listener = Listener::start(&[]);
    assert_eq!(listener.post("", "hello"), 204);
    assert_eq!(listener.printed(), "hello\n");
}
