//! Apache Kafka in KRaft mode, one node that is broker and controller.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::free_port;

/// A cluster of one node, which is killed and whose store is removed when this is dropped.
pub struct KafkaServer {
    port: u16,
    store: PathBuf,
    process: Child,
}

impl KafkaServer {
    /// A server without authentication. A topic has 4 partitions unless it says otherwise; none appears by itself.
    pub fn start() -> Self {
        Self::start_with(
            |port| format!("listeners=CLIENT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{{controller}}\n"),
            "CLIENT:PLAINTEXT",
            &[],
        )
    }

    /// A server that shows this certificate and knows the user `tidings` with the password `s3cr3t`, by PLAIN, SCRAM-SHA-256
    /// and SCRAM-SHA-512.
    pub fn start_with_tls(root: &Path, shown: &super::certificates::Signed) -> Self {
        let inside = free_port();
        let modules = "org.apache.kafka.common.security";
        let scram = ["256", "512"].map(|bits| {
            format!(
                "listener.name.client.scram-sha-{bits}.sasl.jaas.config={modules}.scram.ScramLoginModule required;\n"
            )
        });
        let text = format!(
            "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512\ninter.broker.listener.name=INSIDE\n\
             listener.name.client.plain.sasl.jaas.config={modules}.plain.PlainLoginModule required \
             user_tidings=\"s3cr3t\";\n{}ssl.keystore.type=PEM\nssl.keystore.location={}\nssl.truststore.type=PEM\n\
             ssl.truststore.location={}\n",
            scram.concat(),
            shown.both.display(),
            root.display()
        );
        Self::start_with(
            |port| {
                format!(
                    "listeners=CLIENT://127.0.0.1:{port},INSIDE://127.0.0.1:{inside},CONTROLLER://127.0.0.1:{{controller}}\n{text}"
                )
            },
            "CLIENT:SASL_SSL,INSIDE:PLAINTEXT",
            &[
                "--add-scram",
                "SCRAM-SHA-256=[name=tidings,password=s3cr3t]",
                "--add-scram",
                "SCRAM-SHA-512=[name=tidings,password=s3cr3t]",
            ],
        )
    }

    /// A server that knows the user `tidings` with the password `s3cr3t` (SASL/PLAIN).
    pub fn start_with_password() -> Self {
        let module = "org.apache.kafka.common.security.plain.PlainLoginModule";
        Self::start_with(
            |port| {
                format!(
                    "listeners=CLIENT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{{controller}}\n\
                     sasl.enabled.mechanisms=PLAIN\nsasl.mechanism.inter.broker.protocol=PLAIN\n\
                     listener.name.client.plain.sasl.jaas.config={module} required username=\"tidings\" \
                     password=\"s3cr3t\" user_tidings=\"s3cr3t\";\n"
                )
            },
            "CLIENT:SASL_PLAINTEXT",
            &[],
        )
    }

    fn start_with(listeners: impl Fn(u16) -> String, protocol: &str, format: &[&str]) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("kafka-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let store = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&store).unwrap();
        let (port, controller) = (free_port(), free_port());
        let properties = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
             controller.listener.names=CONTROLLER\ninter.broker.listener.name=CLIENT\n\
             listener.security.protocol.map={protocol},CONTROLLER:PLAINTEXT\nlog.dirs={}\n\
             num.partitions=4\nauto.create.topics.enable=false\ngroup.initial.rebalance.delay.ms=0\n\
             offsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n{}",
            store.join("log").display(),
            listeners(port).replace("{controller}", &controller.to_string())
        );
        std::fs::write(store.join("server.properties"), properties).unwrap();
        let logging = "log4j.rootLogger=WARN, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n";
        std::fs::write(store.join("log4j.properties"), logging).unwrap();
        let formatted = java()
            .args(["kafka.tools.StorageTool", "format", "--cluster-id", "AAAAAAAAAAAAAAAAAAAAAQ", "--config"])
            .arg(store.join("server.properties"))
            .args(format)
            .output()
            .expect("java cannot be run");
        assert!(formatted.status.success(), "{}", String::from_utf8_lossy(&formatted.stderr));
        let process = spawn(&store);
        let mut server = Self { port, store, process };
        server.wait();
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("kafka://127.0.0.1:{}", self.port)
    }

    /// Ends the server as a crash does.
    pub fn kill(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }

    /// Starts it again, on the same port and store.
    pub fn restart(&mut self) {
        self.process = spawn(&self.store);
        self.wait();
    }

    /// What a program of Kafka's own tools prints: an independent witness.
    pub fn ask(&self, class: &str, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.ask_bytes(class, arguments)).into_owned()
    }

    /// The same, as bytes.
    pub fn ask_bytes(&self, class: &str, arguments: &[&str]) -> Vec<u8> {
        let output = java()
            .arg(class)
            .args(["--bootstrap-server", &format!("127.0.0.1:{}", self.port)])
            .args(arguments)
            .output();
        let output = output.expect("java cannot be run");
        assert!(output.status.success(), "{class}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// How many records a topic holds.
    pub fn count(&self, topic: &str) -> u64 {
        let offsets = self.ask("org.apache.kafka.tools.GetOffsetShell", &["--topic", topic]);
        offsets.lines().filter_map(|line| line.rsplit(':').next()?.trim().parse::<u64>().ok()).sum()
    }

    /// Writes a record with one header to partition 0, byte for byte: what clients with decent types cannot write.
    pub fn write_raw(&self, topic: &str, payload: &[u8], name: &[u8], value: &[u8]) {
        // Numbers of records are zigzag varints.
        let varint = |number: usize| {
            let mut rest = number << 1;
            let mut bytes = Vec::new();
            while rest >= 0x80 {
                bytes.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            bytes.push(rest as u8);
            bytes
        };
        let sized = |bytes: &[u8]| [&varint(bytes.len())[..], bytes].concat();
        // No attributes, no deltas, a key, which compacted topics ask for, the payload, one header.
        let record = [&[0, 0, 0][..], &sized(b"k"), &sized(payload), &varint(1), &sized(name), &sized(value)].concat();
        let mut batch = Vec::new();
        batch.extend(0_i16.to_be_bytes());
        batch.extend(0_i32.to_be_bytes());
        batch.extend([0_u8; 16]);
        // No producer.
        batch.extend([0xff; 14]);
        batch.extend(1_i32.to_be_bytes());
        batch.extend(sized(&record));
        let crc = !batch.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 })
        });
        let mut rest = Vec::new();
        rest.extend((-1_i32).to_be_bytes());
        rest.push(2);
        rest.extend(crc.to_be_bytes());
        rest.extend(batch);
        let mut records = 0_i64.to_be_bytes().to_vec();
        records.extend((rest.len() as i32).to_be_bytes());
        records.extend(rest);
        let text = |text: &str| [&(text.len() as i16).to_be_bytes()[..], text.as_bytes()].concat();
        // Produce, version 3, with all acknowledgements.
        let mut request = [&[0_u8, 0, 0, 3, 0, 0, 0, 1][..], &text("raw"), &[0xff, 0xff, 0xff, 0xff]].concat();
        request.extend(10_000_i32.to_be_bytes());
        request.extend(1_i32.to_be_bytes());
        request.extend(text(topic));
        request.extend(1_i32.to_be_bytes());
        request.extend(0_i32.to_be_bytes());
        request.extend((records.len() as i32).to_be_bytes());
        request.extend(records);
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(&(request.len() as i32).to_be_bytes()).unwrap();
        stream.write_all(&request).unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut answer).unwrap();
        // The number of the request, one topic with its name, one partition, its number, its error.
        let error = &answer[4 + 4 + 2 + topic.len() + 4 + 4..][..2];
        assert_eq!(error, [0, 0], "Kafka did not take the record");
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while Instant::now() < deadline {
            assert!(self.process.try_wait().unwrap().is_none(), "Kafka ended: {}", self.log());
            // The listener is opened last.
            if std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("Kafka does not answer: {}", self.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.store.join("output")).unwrap_or_default()
    }
}

impl Drop for KafkaServer {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.store);
    }
}

fn java() -> Command {
    let jars = std::env::var_os("TIDINGS_KAFKA")
        .expect("TIDINGS_KAFKA names no folder with Kafka's jars; `cargo xtask test` fetches them");
    let mut command = Command::new("java");
    command.args(["-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp"]).arg(PathBuf::from(jars).join("*"));
    command
}

/// Starts the server under a shell that kills it when this process ends or closes the pipe, since a server that tests
/// share is never dropped.
fn spawn(store: &Path) -> Child {
    let output = File::options().create(true).append(true).open(store.join("output")).unwrap();
    let java = java();
    let mut command = Command::new("sh");
    command.args(["-c", "\"$@\" & server=$!; cat > /dev/null; kill -9 $server; wait $server", "sh"]);
    command.arg(java.get_program()).args(java.get_args()).arg("kafka.Kafka").arg(store.join("server.properties"));
    command.stdin(Stdio::piped()).stdout(output.try_clone().unwrap()).stderr(output);
    command.spawn().expect("sh cannot be run")
}
