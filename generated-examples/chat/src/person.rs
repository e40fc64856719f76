//! A person in a room: one connection, over which they talk and listen.
//!
//! In: a name, a room and a token. Out: what they heard.

use std::time::Duration;

use tidings_runtime::consume::Running;
use tidings_runtime::transport::ws::WebSocket;
use tidings_runtime::{Context, HandlerError, Service};
use tokio::sync::watch;

use crate::Error;
use crate::generated::{
    HOUSE_SERVER, HearProducer, NoticeProducer, RoomParameters, Said, Say, TellHandler, Typed, Typing, tell,
};

/// What was heard and seen.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Heard {
    pub said: usize,
    pub typed: usize,
}

/// Somebody who came in.
pub struct Person {
    name: String,
    room: RoomParameters,
    connection: WebSocket,
    running: Running<WebSocket>,
    heard: watch::Receiver<Heard>,
}

impl Person {
    /// Comes in, or is refused.
    pub async fn enter(port: u16, name: &str, room: &str, token: &str) -> Result<Self, Error> {
        let port = port.to_string();
        let secrets = |secret: &str| (secret == "HOUSE_TOKEN").then(|| token.to_owned());
        let connecting = HOUSE_SERVER.ws(&[("port", &port)], secrets)?.query("language", "en").parameter("room", room);
        let connection = connecting.open()?;
        let (hears, heard) = watch::channel(Heard::default());
        let running = Service::new(connection.clone()).consumer(tell(Ear(hears))).start().await?;
        Ok(Self { name: name.to_owned(), room: RoomParameters { room: room.to_owned() }, connection, running, heard })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn room(&self) -> &str {
        &self.room.room
    }

    /// Writes something, and says it.
    pub async fn talk(&self) -> Result<(), Error> {
        NoticeProducer::new(self.connection.clone()).send(&self.room, &Typing::new(&*self.name)).await?;
        let say = Say::new(&*self.name, format!("hello from {}", self.name));
        HearProducer::new(self.connection.clone()).send(&self.room, &say).await?;
        Ok(())
    }

    /// What this person heard, once that is so much of both kinds, or the time is over.
    pub async fn heard(&self, all: usize, within: Duration) -> Heard {
        let mut heard = self.heard.clone();
        let whole = heard.wait_for(|heard| heard.said >= all && heard.typed >= all);
        // Too late, it is what it is.
        let _ = tokio::time::timeout(within, whole).await;
        *self.heard.borrow()
    }

    /// Goes home.
    pub async fn leave(self) -> Result<(), Error> {
        self.running.shutdown().await?;
        Ok(())
    }
}

/// Counts what comes.
struct Ear(watch::Sender<Heard>);

impl TellHandler for Ear {
    async fn tell_said(&self, _: Said, _: Context<RoomParameters>) -> Result<(), HandlerError> {
        self.0.send_modify(|heard| heard.said += 1);
        Ok(())
    }

    async fn tell_typed(&self, _: Typed, _: Context<RoomParameters>) -> Result<(), HandlerError> {
        self.0.send_modify(|heard| heard.typed += 1);
        Ok(())
    }
}
