//! Eclipse mosquitto, which keeps its store when it is stopped.

use std::fs::File;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::free_port;

/// A broker, which is stopped and whose store is removed when this is dropped.
pub struct Mosquitto {
    port: u16,
    store: PathBuf,
    process: Child,
}

impl Mosquitto {
    /// A broker that asks for nothing, and limits neither what is queued nor what is on its way.
    pub fn start() -> Self {
        Self::start_with("allow_anonymous true\n")
    }

    /// A broker that knows the user `tidings` with the password `s3cr3t`.
    pub fn start_with_password() -> Self {
        let folder = new_store();
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("passwords");
        let made =
            program("usr/bin/mosquitto_passwd").arg("-c").arg("-b").arg(&file).args(["tidings", "s3cr3t"]).output();
        assert!(made.unwrap().status.success());
        Self::start_in(folder, &format!("allow_anonymous false\npassword_file {}\n", file.display()))
    }

    /// A broker with these settings of its listener.
    pub fn start_with(settings: &str) -> Self {
        Self::start_in(new_store(), settings)
    }

    fn start_in(store: PathBuf, settings: &str) -> Self {
        std::fs::create_dir_all(&store).unwrap();
        let port = free_port();
        let configuration = format!(
            "listener {port} 127.0.0.1\n{settings}user root\npersistence true\npersistence_location {}/\nlog_dest file {}\n\
             log_type all\nsys_interval 1\nset_tcp_nodelay true\nmax_queued_messages 0\nmax_inflight_messages 0\n",
            store.display(),
            store.join("log").display(),
        );
        std::fs::write(store.join("mosquitto.conf"), configuration).unwrap();
        let process = spawn(&store);
        let mut server = Self { port, store, process };
        server.wait();
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Lets the broker write its store and end.
    pub fn stop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }

    /// Starts it again, on the same port and store.
    pub fn restart(&mut self) {
        self.process = spawn(&self.store);
        self.wait();
    }

    /// A program of mosquitto's own clients, which shares nothing with the one under test.
    pub fn client(&self, name: &str) -> Command {
        let mut command = program(&format!("usr/bin/{name}"));
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            assert!(self.process.try_wait().unwrap().is_none(), "mosquitto ended: {}", self.log());
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("mosquitto does not answer: {}", self.log());
    }

    /// What the broker wrote.
    pub fn log(&self) -> String {
        let read = |name| std::fs::read_to_string(self.store.join(name)).unwrap_or_default();
        format!("{}{}", read("output"), read("log"))
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.store);
    }
}

fn new_store() -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("mosquitto-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A program from the place that mosquitto is in, with the libraries from there.
fn program(path: &str) -> Command {
    let server = std::env::var_os("TIDINGS_MOSQUITTO")
        .expect("TIDINGS_MOSQUITTO names no mosquitto; `cargo xtask test` fetches one");
    let root = Path::new(&server).ancestors().nth(3).expect("TIDINGS_MOSQUITTO ends with `usr/sbin/mosquitto`");
    let libraries = std::fs::read_dir(root.join("usr/lib")).unwrap().flatten().map(|entry| entry.path());
    let libraries: Vec<PathBuf> = libraries.filter(|path| path.to_string_lossy().contains("-linux-")).collect();
    let mut command = Command::new(root.join(path));
    command.env("LD_LIBRARY_PATH", std::env::join_paths(libraries).unwrap());
    command
}

/// Starts the broker under a shell that stops it when this process ends or closes the pipe.
fn spawn(store: &Path) -> Child {
    let output = File::options().create(true).append(true).open(store.join("output")).unwrap();
    let mosquitto = program("usr/sbin/mosquitto");
    let mut command = Command::new("sh");
    command.args(["-c", "\"$@\" & server=$!; cat > /dev/null; kill $server; wait $server", "sh"]);
    command.arg(mosquitto.get_program()).arg("-c").arg(store.join("mosquitto.conf"));
    for (name, value) in mosquitto.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.stdin(Stdio::piped()).stdout(output.try_clone().unwrap()).stderr(output);
    command.spawn().expect("sh cannot be run")
}
