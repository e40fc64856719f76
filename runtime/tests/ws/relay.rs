//! A server that hands each message on to all who are connected at the same path, the sender included, without this crate.
//!
//! In: connections. Out: what comes over them, to all. With TLS, it asks for no certificate, and knows those of one authority.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::http::Uri;
use rustls::pki_types::pem::PemObject as _;
use tokio::sync::broadcast;

use super::certificates::Signed;

type Rooms = Arc<Mutex<HashMap<String, broadcast::Sender<Message>>>>;

pub fn router() -> Router {
    let rooms = Rooms::default();
    Router::new().fallback(async move |uri: Uri, upgrade: WebSocketUpgrade| {
        let room = {
            let mut rooms = rooms.lock().unwrap();
            rooms.entry(uri.path().to_owned()).or_insert_with(|| broadcast::channel(10_000).0).clone()
        };
        let mut others = room.subscribe();
        upgrade.on_upgrade(async move |mut socket| {
            loop {
                tokio::select! {
                    came = socket.recv() => match came {
                        Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => { room.send(message).unwrap(); }
                        Some(Ok(_)) => (),
                        _ => return,
                    },
                    message = others.recv() => if socket.send(message.unwrap()).await.is_err() { return },
                }
            }
        })
    })
}

/// Connections with TLS.
struct Tls(tokio::net::TcpListener, tokio_rustls::TlsAcceptor);

impl axum::serve::Listener for Tls {
    type Io = tokio_rustls::server::TlsStream<tokio::net::TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, address) = self.0.accept().await.unwrap();
            if let Ok(stream) = self.1.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Serves a router with TLS; its URL.
pub fn serve_tls(router: Router, shown: &Signed, root: &Path) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_file(root).unwrap()).unwrap();
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let verifier = verifier.allow_unauthenticated().build().unwrap();
    let chain = vec![rustls::pki_types::CertificateDer::from_pem_file(&shown.certificate).unwrap()];
    let key = rustls::pki_types::PrivateKeyDer::from_pem_file(&shown.key).unwrap();
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("wss://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let listener = Tls(listener, tokio_rustls::TlsAcceptor::from(Arc::new(config)));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}
