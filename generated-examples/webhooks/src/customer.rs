//! A customer's system: subscribes at the carrier, and takes what that posts.
//!
//! In: where the carrier is, and the token for it. Out: a line for each parcel that moved, once, though the carrier may tell
//! of it again.

use crate::Error;
use crate::parcels::{ParcelMoved, TellCustomerHandler, tell_customer};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::handshake;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tidings_runtime::store::idempotency::Sql;
use tidings_runtime::webhook::{Receiver, Secret, Verifier};
use tidings_runtime::{Context, HandlerError, shutdown_signal};
use tokio::net::{TcpListener, TcpStream};

/// How long the ids of what was handled are remembered: longer than the carrier tries.
const REMEMBER: Duration = Duration::from_secs(86_400);

/// Subscribes at the carrier, and says what it tells
#[derive(clap::Args)]
pub struct Arguments {
    /// Where the carrier is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080/")]
    carrier: Uri,
    /// The token that the carrier knows
    #[arg(long, value_name = "TOKEN", default_value = "a-token-of-acme")]
    token: String,
    /// The port; 0 for a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Where the ids of what was handled are kept
    #[arg(long, value_name = "FILE", default_value = "customer.db")]
    database: PathBuf,
    /// Fails this often before it takes anything, to see the carrier try again
    #[arg(long, value_name = "N", default_value_t = 0)]
    failures: u32,
}

#[derive(Clone)]
struct Customer {
    failures: Arc<AtomicU32>,
}

impl TellCustomerHandler for Customer {
    async fn tell_customer(&self, moved: ParcelMoved, context: Context<(), ()>) -> Result<(), HandlerError> {
        if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            println!("not now");
            return Err(HandlerError::transient("not now"));
        }
        let ParcelMoved { parcel_id, step, depot, .. } = moved;
        println!("{parcel_id} {} at {} ({})", step.as_str(), depot.as_str(), context.id().unwrap_or("no id"));
        Ok(())
    }
}

/// Runs until it is told to end.
pub async fn run(arguments: Arguments) -> Result<(), Error> {
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    let url = format!("http://{}/parcels", listener.local_addr()?);
    let secret = subscribe(&arguments.carrier, &arguments.token, &url).await?;
    let store = Sql::open(&format!("sqlite:{}", arguments.database.display()), REMEMBER).await?;
    let customer = Customer { failures: Arc::new(AtomicU32::new(arguments.failures)) };
    let receiver = Receiver::new(tell_customer(customer)).verify(Verifier::new([secret])).idempotent(store);
    println!("subscribed with {url}");
    axum::serve(listener, receiver.into_router()).with_graceful_shutdown(shutdown_signal()).await?;
    Ok(())
}

/// Subscribes, and returns the secret that this endpoint and the carrier share.
async fn subscribe(carrier: &Uri, token: &str, url: &str) -> Result<Secret, Error> {
    let authority = carrier.authority().ok_or("the carrier's URL names no host")?;
    let stream = TcpStream::connect(authority.as_str()).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::post("/subscriptions")
        .header(HOST, authority.as_str())
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(json!({ "url": url, "ordered": true }).to_string())))?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    let body: Value = serde_json::from_slice(&body)?;
    let secret = body.get("secret").and_then(Value::as_str);
    let secret = secret.ok_or_else(|| format!("the carrier answered {status}: {body}"))?;
    Ok(Secret::parse(secret)?)
}
