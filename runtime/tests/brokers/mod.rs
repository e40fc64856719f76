//! Real brokers for tests: started on a free loopback port with a store of their own, ended by their process id.

// Each test binary uses its own part of this.
#![allow(dead_code)]

pub mod certificates;
pub mod kafka;
pub mod mosquitto;
pub mod rabbitmq;
pub mod redis;

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A port that nobody listens on at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A nats-server, which is killed and whose store is removed when this is dropped.
pub struct NatsServer {
    port: u16,
    store: PathBuf,
    arguments: Vec<String>,
    process: Child,
}

impl NatsServer {
    /// A server with JetStream.
    pub fn start() -> Self {
        Self::start_with(&["-js"])
    }

    pub fn start_with(arguments: &[&str]) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("nats-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let store = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        for _ in 0..5 {
            let port = free_port();
            let mut process = spawn(port, &store, &arguments);
            if is_up(&mut process, port) {
                return Self { port, store, arguments, process };
            }
            // Somebody else took the port meanwhile.
        }
        panic!("nats-server did not start");
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port())
    }

    /// Ends the server as a crash does.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again, on the same port and store.
    pub fn restart(&mut self) {
        self.process = spawn(self.port, &self.store, &self.arguments);
        assert!(is_up(&mut self.process, self.port), "nats-server did not start again");
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.store);
    }
}

fn spawn(port: u16, store: &PathBuf, arguments: &[String]) -> Child {
    let program = std::env::var_os("TIDINGS_NATS_SERVER")
        .expect("TIDINGS_NATS_SERVER names no nats-server; `cargo xtask test` fetches one");
    let mut command = Command::new(program);
    command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(store).args(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("TIDINGS_NATS_SERVER cannot be run")
}

/// Waits until the server greets; false when it ended.
fn is_up(process: &mut Child, port: u16) -> bool {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        let mut greeting = [0; 4];
        let greeted = TcpStream::connect(("127.0.0.1", port)).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.read_exact(&mut greeting)
        });
        if greeted.is_ok() && &greeting == b"INFO" {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("nats-server does not answer");
}
