//! Webhooks from and to an implementation by others: the Python one of Standard Webhooks, from its registry. (The Rust one is
//! asked in `webhook.rs`.)
#![cfg(all(feature = "webhook-server", feature = "webhook-client"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

/// `cargo xtask test --without standardwebhooks` leaves out what is in here.
mod needs_standardwebhooks {
    use std::io::{BufRead, BufReader};
    use std::path::PathBuf;
    use std::process::{Child, Command, Stdio};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;
    use tidings_runtime::codegen::routing::{Action, Channel, Dispatch, Failure, Operation, Received, consumer};
    use tidings_runtime::webhook::{Destinations, Receiver, Secret, Sender, Verifier};
    use tidings_runtime::{Backoff, Json, Message, Payload, Transport};

    static HOOKS: Channel = Channel::new("hooks", Some("/hooks"));
    static ON_HOOK: Operation = Operation::new("onHook", &HOOKS, Action::Receive);

    /// A process of Python, ended when it is dropped.
    struct Peer(Child);

    impl Drop for Peer {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn peer(arguments: &[&str]) -> (Peer, impl FnMut() -> String + use<>) {
        let package = std::env::var_os("TIDINGS_STANDARDWEBHOOKS");
        let package = PathBuf::from(package.expect("`cargo xtask test` sets TIDINGS_STANDARDWEBHOOKS"));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interoperability/peer.py");
        let mut command = Command::new("python3");
        command.arg(script).args(arguments).env("PYTHONPATH", package.parent().unwrap()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        (Peer(child), move || lines.next().expect("another line").unwrap())
    }

    /// Keeps what it took.
    #[derive(Clone, Default)]
    struct Recorder(Arc<Mutex<Vec<(String, Json)>>>);

    impl Dispatch for Recorder {
        async fn dispatch(&self, received: &Received) -> Result<(), Failure> {
            let message = received.message();
            let payload = Json::from_slice(&message.payload).map_err(|error| Failure::Undecodable(error.into()))?;
            self.0.lock().unwrap().push((message.id.clone().unwrap(), payload));
            Ok(())
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn what_they_sign_is_taken() {
        let secret = Secret::generate().unwrap();
        let recorder = Recorder::default();
        let receiver = Receiver::new(consumer(&ON_HOOK, recorder.clone())).verify(Verifier::new([secret.clone()]));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, receiver.into_router()).await.unwrap() });
        let other = Secret::generate().unwrap();
        let statuses = tokio::task::spawn_blocking(move || {
            let (_good, mut answers) = peer(&["post", &secret.reveal(), &url, "msg_1", "msg_2"]);
            let (_bad, mut refusals) = peer(&["post", &other.reveal(), &url, "msg_3"]);
            [answers(), answers(), refusals()]
        });
        assert_eq!(statuses.await.unwrap(), ["204", "204", "401"]);
        let taken = recorder.0.lock().unwrap();
        let facts: Vec<(&str, &str)> =
            taken.iter().map(|(id, json)| (id.as_str(), json["text"].as_str().unwrap())).collect();
        assert_eq!(facts, [("msg_1", "Z\u{fc}rich"), ("msg_2", "Z\u{fc}rich")]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn what_is_signed_here_is_taken_there() {
        let [secret, other] = [Secret::generate().unwrap(), Secret::generate().unwrap()];
        let (_peer, mut lines) = peer(&["receive", &secret.reveal()]);
        let url = format!("http://127.0.0.1:{}/", lines());
        let sender = |secrets: &[&Secret]| {
            let sender = Sender::new(&url).unwrap().destinations(Destinations::anywhere()).unwrap();
            let sender = sender.retry(Backoff::exponential(Duration::from_millis(1)).max_attempts(1));
            secrets.iter().fold(sender, |sender, secret| sender.secret((*secret).clone()))
        };
        for body in ["{}", "{\"text\":\"Z\u{fc}rich\"}", "", "no JSON, and lines\r\n\n"] {
            sender(&[&secret]).publish(None, "/", Message::new(body)).await.unwrap();
            assert_eq!(lines(), "204", "{body}");
        }
        // While one secret replaces another, both sign.
        sender(&[&other, &secret]).publish(None, "/", Message::new("{}")).await.unwrap();
        assert_eq!(lines(), "204");
        sender(&[&other]).publish(None, "/", Message::new("{}")).await.unwrap_err();
        assert_eq!(lines(), "401");
    }
}
