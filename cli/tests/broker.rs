//! `tidings send` to brokers, as clients see it that are not this project's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

#[path = "../../runtime/tests/brokers/mosquitto.rs"]
#[allow(dead_code)]
mod mosquitto;

const DOCUMENT: &str = "
asyncapi: 3.1.0
info: {title: Orders, version: 1.0.0}
channels:
  orders:
    address: orders/{region}/{order}/placed
    parameters:
      region: {enum: [eu, us]}
      order: {location: $message.payload#/order}
    messages:
      placed:
        contentType: application/json
        headers: {type: object, required: [tenant], properties: {tenant: {type: string}}}
        payload: {type: object, required: [order], properties: {order: {type: string}, pieces: {type: integer}}}
        x-tidings: {partitionKey: $message.payload#/order}
        examples:
          - {headers: {tenant: shop, level: 7}, payload: {order: o-7, pieces: 2}}
      cancelled:
        payload: {type: object, required: [order], properties: {order: {type: string, const: o-8}}}
  loose:
    address: loose/{number}
    parameters: {number: {}}
    messages: {placed: {$ref: '#/channels/orders/messages/placed'}}
operations:
  tell:
    action: send
    channel: {$ref: '#/channels/orders'}
    bindings: {mqtt: {qos: 2, retain: true}}
  count: {action: send, channel: {$ref: '#/channels/loose'}}
";

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn send(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let document = folder.join("asyncapi.yaml");
    std::fs::write(&document, DOCUMENT).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command.arg("send").arg(&document).args(arguments).envs(environment.iter().copied()).output().unwrap()
}

/// The exit status, and what was said.
fn outcome(output: Output) -> (i32, String) {
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_no_client_is_for_is_bad_usage() {
    let folder = tempfile::tempdir().unwrap();
    let (status, said) = outcome(send(folder.path(), &["tell", "--to", "ftp://127.0.0.1"], &[]));
    assert!(status == 2 && said.contains("nats://") && said.contains("https://"), "{said}");
    let clients = [("amqp", cfg!(feature = "amqp")), ("kafka", cfg!(feature = "kafka"))];
    for (feature, is_built_in) in clients {
        let to = format!("{feature}://127.0.0.1");
        let (status, said) = outcome(send(folder.path(), &["tell", "--to", &to], &[]));
        if !is_built_in {
            assert!(status == 2 && said.contains(&format!("--features {feature}")), "{said}");
        }
    }
    for (arguments, expected) in [
        (vec!["count"], "--parameter number=VALUE"),
        (vec!["count", "--parameter", "nothing=7"], "has no parameter `nothing`"),
        (vec!["count", "--parameter", "number=*"], "'*'"),
        (vec!["count", "--parameter", "number=a/b"], "'/'"),
        (vec!["tell", "--parameter", "region=mars"], "the document allows eu, us"),
        (vec!["tell", "--message", "lost"], "it has: placed, cancelled"),
    ] {
        let arguments = [&arguments[..], &["--to", "nats://127.0.0.1:9"]].concat();
        let (status, said) = outcome(send(folder.path(), &arguments, &[]));
        assert!(status == 2 && said.contains(expected), "{arguments:?}: {said}");
    }
    // A broker that is not there.
    let to = format!("nats://ann:s3cr3t@127.0.0.1:{}", free_port());
    let (status, said) = outcome(send(folder.path(), &["tell", "--to", &to], &[]));
    assert!(status == 1 && said.contains("is the server running") && !said.contains("s3cr3t"), "{said}");
}

/// `cargo xtask test --without nats` leaves out what is in here.
#[cfg(feature = "nats")]
mod needs_nats {
    use super::*;

    struct Server(Child, u16);

    impl Server {
        fn start(folder: &Path, arguments: &[&str]) -> Self {
            let program = std::env::var_os("TIDINGS_NATS_SERVER").expect("`cargo xtask test` sets TIDINGS_NATS_SERVER");
            let port = free_port();
            let mut command = Command::new(program);
            command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(folder).args(arguments);
            let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let deadline = Instant::now() + Duration::from_secs(20);
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                assert!(Instant::now() < deadline, "nats-server does not answer");
                std::thread::sleep(Duration::from_millis(20));
            }
            Self(child, port)
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn the_message_goes_to_its_address_with_its_headers() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path(), &["-js"]);
        let to = format!("nats://127.0.0.1:{}", server.1);
        // Another client, which speaks the protocol's lines.
        let mut stream = TcpStream::connect(("127.0.0.1", server.1)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(b"CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB orders.> 1\r\nPING\r\n").unwrap();
        let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
        assert!(lines.any(|line| line == "PONG"));
        let (status, said) = outcome(send(folder.path(), &["tell", "--to", &to], &[]));
        assert!(status == 1 && said.contains("nats stream add"), "{said}");
        let (status, said) = outcome(send(folder.path(), &["tell", "--to", &to, "--create"], &[]));
        assert!(status == 0 && said.contains("taken at orders_____placed:1"), "{said}");
        let arguments = ["tell", "--to", &to, "--unconfirmed", "--parameter", "region=us", "--message", "cancelled"];
        let (status, said) = outcome(send(folder.path(), &arguments, &[]));
        assert_eq!(status, 0, "{said}");
        let mut seen = String::new();
        while !seen.contains("orders.us.o-8.placed") {
            let Some(line) = lines.next() else { break };
            seen.push_str(&format!("{line}\n"));
        }
        for text in [
            "HMSG orders.eu.o-7.placed",
            "tenant: shop",
            "level: 7",
            "Tidings-Key: o-7",
            "Tidings-Content-Type: application/json",
            r#"{"order":"o-7","pieces":2}"#,
            "orders.us.o-8.placed",
        ] {
            assert!(seen.contains(text), "{text}\n{seen}");
        }
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn secrets_come_from_the_environment_and_are_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path(), &["--user", "ann", "--pass", "right-secret"]);
        let to = format!("nats://127.0.0.1:{}", server.1);
        let arguments = ["tell", "--to", &to, "--unconfirmed"];
        for (password, expected) in [("right-secret", 0), ("wrong-secret", 1)] {
            let environment = [("TIDINGS_USER", "ann"), ("TIDINGS_PASSWORD", password)];
            let (status, said) = outcome(send(folder.path(), &arguments, &environment));
            assert_eq!(status, expected, "{said}");
            assert!(!said.contains("secret") && (expected == 0 || said.contains("refused the credentials")), "{said}");
        }
    }
}

/// `cargo xtask test --without mosquitto` leaves out what is in here.
#[cfg(feature = "mqtt")]
mod needs_mosquitto {
    use super::*;
    use mosquitto::Mosquitto;

    #[test]
    #[ignore = "cargo xtask test"]
    fn bindings_of_the_document_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let server = Mosquitto::start();
        let (status, said) = outcome(send(folder.path(), &["tell", "--to", &server.url()], &[]));
        assert_eq!(status, 0, "{said}");
        // Retained: who comes later sees it.
        let mut client = server.client("mosquitto_sub");
        client.args(["-V", "5", "-q", "2", "-t", "orders/#", "-C", "1", "-W", "20", "-F", "%t %q %r %C %P %p"]);
        let mut seen = String::new();
        client.stdout(Stdio::piped()).spawn().unwrap().stdout.unwrap().read_to_string(&mut seen).unwrap();
        assert!(seen.starts_with("orders/eu/o-7/placed 2 1 application/json "), "{seen}");
        assert!(seen.contains("tenant:shop") && seen.contains(r#"{"order":"o-7","pieces":2}"#), "{seen}");
    }
}
