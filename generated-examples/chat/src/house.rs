//! The house: hears what is said in a room, and tells everybody who is in it.
//!
//! In: connections of those who show the token. Out: what they say, numbered.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tidings_runtime::consume::Running;
use tidings_runtime::security::Guard;
use tidings_runtime::transport::ws::Hub;
use tidings_runtime::{Context, HandlerError, Service};
use tokio::net::TcpListener;

use crate::Error;
use crate::generated::{
    HEAR_OPERATION, HearHandler, NoticeHandler, RoomParameters, Said, Say, TellProducer, Typed, Typing, hear, notice,
};

/// The house, open.
pub struct House {
    hub: Hub,
    running: Running<Hub>,
    port: u16,
}

impl House {
    /// Opens it for those who have the token, on a free port.
    pub async fn open(token: &str) -> Result<Self, Error> {
        let hub = Hub::new().guard(Guard::new().key("token", token));
        let said = Ears { tell: TellProducer::new(hub.clone()), number: AtomicU32::new(0) };
        let noticed = Eyes { tell: TellProducer::new(hub.clone()) };
        // Both kinds of messages come over one connection, and are told apart by what they are.
        let running = Service::new(hub.clone()).consumer(hear(said).or(notice(noticed))).start().await?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let router = hub.router(&HEAR_OPERATION);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { hub, running, port })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns when so many people are in.
    pub async fn filled(&self, people: usize) {
        while self.hub.connected() < people {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends everybody home.
    pub async fn close(self) -> Result<(), Error> {
        self.running.shutdown().await?;
        Ok(())
    }
}

/// Hears what is said.
struct Ears {
    tell: TellProducer<Hub>,
    number: AtomicU32,
}

impl HearHandler for Ears {
    async fn hear(&self, said: Say, context: Context<RoomParameters>) -> Result<(), HandlerError> {
        let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
        self.tell.send_said(&context.parameters, &Said::new(said.by, said.text, number)).await?;
        Ok(())
    }
}

/// Sees who writes.
struct Eyes {
    tell: TellProducer<Hub>,
}

impl NoticeHandler for Eyes {
    async fn notice(&self, typing: Typing, context: Context<RoomParameters>) -> Result<(), HandlerError> {
        self.tell.send_typed(&context.parameters, &Typed::new(typing.by)).await?;
        Ok(())
    }
}
