//! Redis, unpacked from its packages, which keeps its log of changes on disk.

use std::fs::File;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::free_port;

/// A server, which is killed and whose store is removed when this is dropped.
pub struct RedisServer {
    port: u16,
    store: PathBuf,
    arguments: Vec<String>,
    process: Child,
}

impl RedisServer {
    /// A server that writes each change to disk before it answers.
    pub fn start() -> Self {
        Self::start_with(|port| vec!["--port".to_owned(), port.to_string()])
    }

    /// A server with these arguments, one of which makes it listen on the port.
    pub fn start_with(arguments: impl FnOnce(u16) -> Vec<String>) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("redis-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let store = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&store).unwrap();
        let port = free_port();
        let mut arguments = arguments(port);
        let settings = "--bind 127.0.0.1 --save '' --appendonly yes --appendfsync always --dir";
        arguments.extend(settings.split(' ').map(|word| word.trim_matches('\'').to_owned()));
        arguments.push(store.display().to_string());
        let process = spawn(&store, &arguments);
        let mut server = Self { port, store, arguments, process };
        server.wait();
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends the server as a crash does.
    pub fn kill(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts it again, on the same port and store.
    pub fn restart(&mut self) {
        let _ = std::fs::remove_file(self.store.join("output"));
        self.process = spawn(&self.store, &self.arguments);
        self.wait();
    }

    /// What Redis' own client prints: an independent witness.
    pub fn ask(&self, words: &[&str]) -> String {
        String::from_utf8_lossy(&self.ask_bytes(words)).trim().to_owned()
    }

    fn ask_bytes(&self, words: &[&str]) -> Vec<u8> {
        let mut client = program("redis-cli");
        client.args(["-p", &self.port.to_string()]).args(words);
        let output = client.output().expect("redis-cli cannot be run");
        assert!(output.status.success(), "redis-cli {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// The payloads of a stream.
    pub fn payloads(&self, stream: &str) -> Vec<Vec<u8>> {
        // A line for each value, quoted where that is needed; payloads follow their field's name.
        let printed = self.ask(&["--no-raw", "XRANGE", stream, "-", "+"]);
        let mut values = printed.lines().filter_map(|line| line.split_once(") \"").map(|(_, value)| value));
        let mut payloads = Vec::new();
        while let Some(value) = values.next() {
            if value == "payload\"" {
                payloads.push(unquoted(values.next().unwrap()));
            }
        }
        payloads
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            assert!(self.process.try_wait().unwrap().is_none(), "Redis ended: {}", self.log());
            if self.log().contains("Ready to accept connections") {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("Redis does not answer: {}", self.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.store.join("output")).unwrap_or_default()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.store);
    }
}

/// The bytes of a value as redis-cli quotes it, up to the quote at its end.
fn unquoted(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next().filter(|byte| *byte != b'"') {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next().unwrap() {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'a' => 7,
            b'b' => 8,
            b'x' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    bytes
}

/// A program from the place that redis-server is in, with the libraries from there.
fn program(name: &str) -> Command {
    let server = std::env::var_os("TIDINGS_REDIS_SERVER")
        .expect("TIDINGS_REDIS_SERVER names no redis-server; `cargo xtask test` fetches one");
    // The name is a link to another program's.
    let server = Path::new(&server);
    let root = server.ancestors().nth(3).expect("TIDINGS_REDIS_SERVER ends with `usr/bin/redis-server`");
    let mut command = Command::new(root.join("usr/bin").join(name));
    if let Ok(folders) = std::fs::read_dir(root.join("usr/lib")) {
        let libraries = folders.flatten().map(|entry| entry.path());
        let libraries: Vec<PathBuf> = libraries.filter(|path| path.to_string_lossy().contains("-linux-")).collect();
        command.env("LD_LIBRARY_PATH", std::env::join_paths(libraries).unwrap());
    }
    command
}

/// Starts the server under a shell that kills it when this process ends or closes the pipe.
fn spawn(store: &Path, arguments: &[String]) -> Child {
    let output = File::options().create(true).append(true).open(store.join("output")).unwrap();
    let redis = program("redis-server");
    let mut command = Command::new("sh");
    command.args(["-c", "\"$@\" & server=$!; cat > /dev/null; kill -9 $server; wait $server", "sh"]);
    command.arg(redis.get_program()).args(arguments);
    for (name, value) in redis.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.stdin(Stdio::piped()).stdout(output.try_clone().unwrap()).stderr(output);
    command.spawn().expect("sh cannot be run")
}
