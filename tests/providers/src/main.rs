//! Connects with TLS, by one transport, to a server that has none.
//!
//! In: the name of the transport. Out: that the connection was refused. What must not happen is a panic, which ends the process
//! with 101: this program has two providers of cryptography and chooses none.

use std::error::Error;
use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;
use tidings_runtime::message::{Channel, Message};
use tidings_runtime::transport::{Subscribe, Transport, amqp, mqtt, nats, redis, ws};
use tidings_runtime::webhook::{Destinations, Sender};

/// With it, a server of NATS asks for TLS; others do not understand it.
const GREETING: &str = r#"INFO {"server_id":"x","server_name":"x","version":"2.10.0","go":"go","host":"127.0.0.1","port":4222,"max_payload":1048576,"proto":1,"client_id":1,"headers":true,"tls_required":true}"#;
/// How long one may try to connect.
const WITHIN: Duration = Duration::from_secs(1);

static CHANNEL: Channel = Channel::new("orders", Some("orders"));

fn main() -> Result<(), Box<dyn Error>> {
    let transport = std::env::args().nth(1).unwrap_or_default();
    let chosen = rustls::crypto::CryptoProvider::get_default().is_some();
    if chosen || std::panic::catch_unwind(rustls::ClientConfig::builder).is_ok() {
        return Err("this program has no two providers to choose from".into());
    }
    // Tasks that panic are not always waited for.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{panic}");
        std::process::exit(101);
    }));
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let place = listener.local_addr()?;
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let _ = connection.and_then(|mut connection| {
                writeln!(connection, "{GREETING}\r")?;
                std::thread::sleep(Duration::from_millis(200));
                Ok(())
            });
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let attempt =
        runtime.block_on(async { tokio::time::timeout(4 * WITHIN, attempt(&transport, &place.to_string())).await });
    match attempt {
        Ok(Ok(())) => Err("the server has no TLS, and was connected to".into()),
        Ok(Err(error)) => Ok(println!("refused: {error}")),
        Err(_) => Ok(println!("refused: nothing within {:?}", 4 * WITHIN)),
    }
}

async fn attempt(transport: &str, place: &str) -> Result<(), Box<dyn Error>> {
    match transport {
        "amqp" => drop(amqp::connect(format!("amqps://{place}")).connect_within(WITHIN).open().await?),
        "mqtt" => drop(mqtt::connect(format!("mqtts://{place}")).connect_within(WITHIN).open().await?),
        "nats" => drop(nats::connect(format!("tls://{place}")).connect_within(WITHIN).core().await?),
        "redis" => drop(redis::connect(format!("rediss://{place}")).connect_within(WITHIN).streams().await?),
        "webhook" => {
            let destinations = Destinations::public().allow_network("127.0.0.0/8".parse()?).allow_any_port();
            let sender = Sender::new(&format!("https://{place}"))?.destinations(destinations)?;
            sender.publish(None, "/orders", Message::new("x")).await?;
        }
        "ws" => {
            let client = ws::connect(format!("wss://{place}")).open()?;
            client.subscribe(Subscribe::new(&CHANNEL, "one")).await?;
        }
        other => panic!("no transport {other:?}"),
    }
    Ok(())
}
