//! RabbitMQ, one node, on an Erlang that was only unpacked.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::free_port;

/// A node, which is killed and whose store is removed when this is dropped. It knows `guest` with the password `guest`.
pub struct RabbitmqServer {
    port: u16,
    store: PathBuf,
    environment: Vec<(&'static str, String)>,
    epmd: Child,
    process: Child,
}

impl RabbitmqServer {
    pub fn start() -> Self {
        Self::start_with(&[], "")
    }

    /// A node with these plugins and lines of configuration.
    pub fn start_with(plugins: &[&str], configuration: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("rabbitmq-{}-{number}", std::process::id());
        let store = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(&name);
        std::fs::create_dir_all(store.join("bin")).unwrap();
        let root = PathBuf::from(
            std::env::var_os("TIDINGS_RABBITMQ")
                .expect("TIDINGS_RABBITMQ names no unpacked RabbitMQ; `cargo xtask test` fetches one"),
        );
        let erlang = root.join("lib/erlang");
        // The one in the package knows only where it would be installed.
        let emulator = only(&erlang, "erts-").join("bin");
        let text = format!(
            "#!/bin/sh\nexport EMU=beam PROGNAME=erl ROOTDIR='{}' BINDIR='{}'\nexec \"$BINDIR/erlexec\" \"$@\"\n",
            erlang.display(),
            emulator.display()
        );
        std::fs::write(store.join("bin/erl"), text).unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(store.join("bin/erl"), executable).unwrap();
        std::fs::write(store.join("plugins"), format!("[{}].", plugins.join(","))).unwrap();
        std::fs::write(store.join("environment"), "").unwrap();
        let (port, distribution, epmd_port) = (free_port(), free_port(), free_port());
        let text = format!("listeners.tcp.1 = 127.0.0.1:{port}\n{configuration}");
        std::fs::write(store.join("rabbitmq.conf"), text).unwrap();
        let within = |file: &str| store.join(file).display().to_string();
        let path =
            format!("{}:{}:{}", within("bin"), erlang.join("bin").display(), std::env::var("PATH").unwrap_or_default());
        let home = only(&root.join("lib/rabbitmq/lib"), "rabbitmq_server-").display().to_string();
        let environment = vec![
            ("PATH", path),
            ("HOME", within("")),
            ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
            ("ERL_EPMD_PORT", epmd_port.to_string()),
            ("RABBITMQ_HOME", home),
            ("RABBITMQ_NODENAME", format!("tidings{number}@localhost")),
            ("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1".to_owned()),
            ("RABBITMQ_DIST_PORT", distribution.to_string()),
            ("RABBITMQ_MNESIA_BASE", within("mnesia")),
            ("RABBITMQ_LOG_BASE", within("log")),
            ("RABBITMQ_CONFIG_FILE", within("rabbitmq")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", within("plugins")),
            ("RABBITMQ_CONF_ENV_FILE", within("environment")),
            ("RABBITMQ_GENERATED_CONFIG_DIR", within("generated")),
            ("RABBITMQ_ADVANCED_CONFIG_FILE", within("advanced.config")),
            ("RABBITMQ_PID_FILE", within("pid")),
        ];
        let epmd = spawn(&store, &environment, &["epmd", "-address", "127.0.0.1", "-port", &epmd_port.to_string()]);
        let process = spawn(&store, &environment, &[&server_script(&environment)]);
        let mut server = Self { port, store, environment, epmd, process };
        server.wait();
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("amqp://127.0.0.1:{}", self.port)
    }

    /// Ends the node as a crash does.
    pub fn kill(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
        // The shell is not the last one to go.
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts it again, on the same port and store.
    pub fn restart(&mut self) {
        std::fs::remove_file(self.store.join("output")).unwrap();
        self.process = spawn(&self.store, &self.environment, &[&server_script(&self.environment)]);
        self.wait();
    }

    /// What RabbitMQ's own tool prints: an independent witness.
    pub fn control(&self, arguments: &[&str]) -> String {
        let script = Path::new(&self.environment.iter().find(|(name, _)| *name == "RABBITMQ_HOME").unwrap().1)
            .join("sbin/rabbitmqctl");
        let environment = self.environment.iter().map(|(name, value)| (*name, value.as_str()));
        let output = Command::new(script).arg("-q").args(arguments).envs(environment).output();
        let output = output.expect("rabbitmqctl cannot be run");
        let (text, fault) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "rabbitmqctl {arguments:?}: {text}{fault}");
        text.into_owned()
    }

    /// How many messages a queue holds, those in flight included; none when there is no such queue.
    pub fn count(&self, queue: &str) -> u64 {
        let listed = self.control(&["list_queues", "name", "messages"]);
        let held = listed.lines().find_map(|line| line.strip_prefix(queue)?.strip_prefix('\t')?.trim().parse().ok());
        held.unwrap_or(0)
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(180);
        while Instant::now() < deadline {
            assert!(self.process.try_wait().unwrap().is_none(), "RabbitMQ ended: {}", self.log());
            if self.log().contains("completed with") && TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("RabbitMQ does not answer: {}", self.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.store.join("output")).unwrap_or_default()
    }
}

impl Drop for RabbitmqServer {
    fn drop(&mut self) {
        self.kill();
        drop(self.epmd.stdin.take());
        self.epmd.wait().unwrap();
        let _ = std::fs::remove_dir_all(&self.store);
    }
}

/// A client of the management interface, which shares nothing with the one under test.
pub struct Management(pub u16);

impl Management {
    /// The payloads of at most so many messages of a queue, which stay there; none when there is no such queue.
    pub fn payloads(&self, queue: &str, most: usize) -> Vec<Vec<u8>> {
        self.get(queue, most, "ack_requeue_true")
    }

    /// The payloads of all messages of a queue, which is empty then: the interface gives up on thousands at once.
    pub fn drain(&self, queue: &str) -> Vec<Vec<u8>> {
        let batches = std::iter::repeat_with(|| self.get(queue, 1_000, "ack_requeue_false"));
        batches.take_while(|batch| !batch.is_empty()).flatten().collect()
    }

    fn get(&self, queue: &str, most: usize, mode: &str) -> Vec<Vec<u8>> {
        let body = serde_json::json!({"count": most, "ackmode": mode, "encoding": "base64"});
        let answer = self.ask("POST", &format!("/api/queues/%2F/{queue}/get"), &body.to_string());
        let Some(answer) = answer else { return Vec::new() };
        let messages: Vec<serde_json::Value> = serde_json::from_slice(&answer).unwrap();
        let payload = |message: &serde_json::Value| {
            base64::Engine::decode(&base64::prelude::BASE64_STANDARD, message["payload"].as_str().unwrap()).unwrap()
        };
        messages.iter().map(payload).collect()
    }

    /// Makes a queue that lasts.
    pub fn make_queue(&self, name: &str) {
        let body = serde_json::json!({"durable": true, "arguments": {"x-queue-type": "quorum"}});
        self.ask("PUT", &format!("/api/queues/%2F/{name}"), &body.to_string());
    }

    /// Lets an exchange send what has a routing key to a queue.
    pub fn bind(&self, exchange: &str, queue: &str, key: &str) {
        let body = serde_json::json!({"routing_key": key});
        self.ask("POST", &format!("/api/bindings/%2F/e/{exchange}/q/{queue}"), &body.to_string());
    }

    /// The answer; none where there is nothing.
    fn ask(&self, method: &str, path: &str, body: &str) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.0)).unwrap();
        let credentials = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, "guest:guest");
        // An answer that ends with the connection, in one piece.
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\nAuthorization: Basic {credentials}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an HTTP answer");
        if answer[9..].starts_with(b"404") {
            return None;
        }
        assert!(answer.starts_with(b"HTTP/1.") && answer[9] == b'2', "{}", String::from_utf8_lossy(&answer));
        Some(answer.split_off(end + 4))
    }
}

fn server_script(environment: &[(&'static str, String)]) -> String {
    let home = &environment.iter().find(|(name, _)| *name == "RABBITMQ_HOME").unwrap().1;
    Path::new(home).join("sbin/rabbitmq-server").display().to_string()
}

/// The one entry of a folder whose name begins so.
fn only(folder: &Path, prefix: &str) -> PathBuf {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())).flatten();
    let mut found = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    found.next().unwrap_or_else(|| panic!("{} holds no {prefix}", folder.display())).path()
}

/// Starts a program under a shell that kills it, with all that it started, when this process ends or closes the pipe, since
/// a server that tests share is never dropped.
fn spawn(store: &Path, environment: &[(&'static str, String)], program: &[&str]) -> Child {
    let output = File::options().create(true).append(true).open(store.join("output")).unwrap();
    let mut command = Command::new("sh");
    let script = "setsid \"$@\" & group=$!; cat > /dev/null; kill -9 -$group; wait $group";
    command.args(["-c", script, "sh"]).args(program);
    command.envs(environment.iter().map(|(name, value)| (*name, value.as_str()))).current_dir(store);
    command.stdin(Stdio::piped()).stdout(output.try_clone().unwrap()).stderr(output);
    command.spawn().expect("sh cannot be run")
}
