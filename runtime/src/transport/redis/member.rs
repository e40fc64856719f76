//! A member of a consumer group: a task that reads, claims what others left, keeps what is held alive, and gives back.
//!
//! In: streams, room for deliveries, and whether somebody waits for one. Out: deliveries. What always holds:
//! - no more deliveries are held than there is room for, those that nobody took yet included;
//! - what the server counts as delivered to this member and never arrived is claimed again after each loss of a connection;
//! - the member stays until the last of its deliveries is settled or given back, or the connection is closed.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, RedisError, Script, Value};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use super::leases::{Lease, Leases};
use super::line::failure;
use super::wire::{self, Entry};
use super::{RedisAcknowledger, Shared, address};
use crate::consume::Backoff;
use crate::message::Channel;
use crate::transport::{Delivery, ReceiveError, SettleError, TransportError};

/// How long the server waits for something to read; shorter where something may be given back meanwhile.
const BLOCK: Duration = Duration::from_millis(500);
const BLOCK_WHILE_HOLDING: Duration = Duration::from_millis(100);
/// The same where there is not room for something of each stream, so that they are taken in turn.
const BLOCK_IN_TURN: Duration = Duration::from_millis(20);
/// How often, at least, what others left is looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How long an acknowledgement is tried.
const ACKNOWLEDGE_WITHIN: Duration = Duration::from_secs(5);

/// Sets how long deliveries have been idle, where they are still this consumer's; `ARGV[4]` is 1 for those that nobody saw,
/// which then do not count as delivered.
static TOUCH: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "for number = 5, #ARGV do \
           local found = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[number], ARGV[number], 1, ARGV[2]) \
           if #found == 1 then \
             redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[number], 'IDLE', ARGV[3], \
               'RETRYCOUNT', math.max(found[1][4] - ARGV[4], 0), 'JUSTID') \
           end \
         end",
    )
});

/// Removes a consumer that has nothing left.
static FORGET: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) == 0 then \
           return redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2]) \
         end",
    )
});

/// A delivery's place: the number of its stream, and its id there.
pub(super) type Place = (usize, String);

pub(super) type Received = Result<Delivery<RedisAcknowledger>, ReceiveError>;

/// What a member, its subscription and its deliveries share.
pub(super) struct Member {
    shared: Arc<Shared>,
    group: String,
    consumer: String,
    streams: Vec<String>,
    state: Mutex<State>,
    /// Tells the task that there is something to do.
    changed: Notify,
    /// Somebody waits for a delivery.
    wanted: AtomicBool,
}

#[derive(Default)]
struct State {
    held: HashSet<Place>,
    /// What is to go back, and whether anybody saw it.
    returned: Vec<(Place, bool)>,
    /// The streams that are this member's.
    leases: Vec<Lease>,
}

impl Member {
    pub(super) fn new(shared: Arc<Shared>, group: String, streams: Vec<String>) -> Arc<Self> {
        // Without leases, all streams are everybody's.
        let lease = if shared.settings.shards.is_some() { Lease::None } else { Lease::Held };
        let state = State { leases: vec![lease; streams.len()], ..State::default() };
        Arc::new(Self {
            shared,
            group,
            consumer: uuid::Uuid::new_v4().to_string(),
            streams,
            state: Mutex::new(state),
            changed: Notify::new(),
            wanted: AtomicBool::new(false),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stream(&self, number: usize) -> &str {
        self.streams.get(number).map_or("", String::as_str)
    }

    /// Lets the task read.
    pub(super) fn want(&self) {
        if !self.wanted.swap(true, Ordering::AcqRel) {
            self.changed.notify_one();
        }
    }

    /// Whether a delivery may be handed out: the stream is still this member's.
    pub(super) fn owns(&self, place: &Place) -> bool {
        self.state().leases.get(place.0).is_some_and(|lease| *lease != Lease::None)
    }

    /// Acknowledges, also over a loss of the connection.
    pub(super) async fn acknowledge(&self, place: &Place) -> Result<(), SettleError> {
        let mut command = Cmd::new();
        command.arg("XACK").arg(self.stream(place.0)).arg(&self.group).arg(&place.1);
        let acknowledged = self.shared.line.insist::<u64>("an acknowledgement", &command, ACKNOWLEDGE_WITHIN).await;
        match acknowledged {
            Ok(_) => {
                self.state().held.remove(place);
                self.changed.notify_one();
                Ok(())
            }
            Err(error) => {
                self.give_back(place.clone(), true);
                Err(SettleError(error))
            }
        }
    }

    /// Lets the task give it back.
    pub(super) fn give_back(&self, place: Place, seen: bool) {
        self.state().returned.push((place, seen));
        self.changed.notify_one();
    }

    /// Says that deliveries of a stream have been idle for so long, where they are still this member's.
    async fn touch(&self, stream: usize, ids: &[&str], idle: Duration, unseen: bool) -> Result<(), RedisError> {
        let mut script = TOUCH.prepare_invoke();
        script.key(self.stream(stream)).arg(&self.group).arg(&self.consumer);
        script.arg(idle.as_millis() as u64).arg(u8::from(unseen)).arg(ids);
        self.shared.line.run(&script).await
    }
}

/// The task of a member.
pub(super) struct Task {
    pub(super) member: Arc<Member>,
    pub(super) channel: &'static Channel,
    pub(super) deliveries: mpsc::UnboundedSender<Received>,
    pub(super) closed: watch::Receiver<bool>,
    pub(super) room: usize,
    leases: Option<Leases>,
    /// Streams whose pending entries are to be looked at.
    look: Vec<bool>,
    look_due: Instant,
    alive_due: Instant,
    connection: Option<MultiplexedConnection>,
}

enum Step {
    Next,
    Over,
}

impl Task {
    pub(super) fn new(
        member: Arc<Member>,
        base: &str,
        channel: &'static Channel,
        deliveries: mpsc::UnboundedSender<Received>,
        room: usize,
    ) -> Self {
        let settings = &member.shared.settings;
        let leases = settings
            .shards
            .map(|_| Leases::new(base, &member.streams, &member.group, &member.consumer, settings.claim_after));
        Self {
            closed: member.shared.closed.subscribe(),
            look: vec![true; member.streams.len()],
            look_due: Instant::now(),
            alive_due: Instant::now() + settings.claim_after / 3,
            connection: None,
            member,
            channel,
            deliveries,
            room: room.max(1),
            leases,
        }
    }

    /// Runs until the subscription and its deliveries are gone, or the connection is closed.
    pub(super) async fn run(mut self) {
        let backoff = Backoff::exponential(Duration::from_millis(100)).max_delay(Duration::from_secs(2));
        let mut failures = 0_u32;
        loop {
            match self.step().await {
                Ok(Step::Next) => failures = 0,
                Ok(Step::Over) => break,
                Err(error) if !error.transient => {
                    let _ = self.deliveries.send(Err(ReceiveError::Lost(error)));
                    break;
                }
                Err(error) => {
                    // What was on its way may be lost, and still count as delivered.
                    self.connection = None;
                    self.look.fill(true);
                    failures = failures.saturating_add(1);
                    let delay = backoff.delay(failures);
                    tracing::warn!(group = self.member.group, ?delay, %error, "Redis gives nothing; trying again");
                    if *self.closed.borrow() {
                        break;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(delay) => (),
                        _ = self.closed.changed() => (),
                    }
                }
            }
        }
        if let Err(error) = self.leave().await {
            tracing::debug!(%error, "a group of Redis was not left in order");
        }
    }

    async fn step(&mut self) -> Result<Step, TransportError> {
        self.take_back().await.map_err(|error| failure("deliveries could not be given back", &error))?;
        let left = self.deliveries.is_closed();
        if *self.closed.borrow() || (left && self.member.state().held.is_empty()) {
            return Ok(Step::Over);
        }
        self.keep().await.map_err(|error| failure("what is held could not be kept", &error))?;
        if !left && self.member.wanted.load(Ordering::Acquire) {
            for number in 0..self.look.len() {
                if self.look.get(number) == Some(&true) {
                    self.claim(number, Duration::ZERO).await.map_err(|error| self.fault(number, &error))?;
                }
            }
            if self.leases.is_none() && self.look_due <= Instant::now() {
                let claim_after = self.member.shared.settings.claim_after;
                for number in 0..self.look.len() {
                    self.claim(number, claim_after).await.map_err(|error| self.fault(number, &error))?;
                }
                self.look_due = Instant::now() + LOOK.min(claim_after / 4);
            }
            if self.read().await? {
                return Ok(Step::Next);
            }
        }
        self.wait(left).await;
        Ok(Step::Next)
    }

    /// What the server says of a stream.
    fn fault(&self, number: usize, error: &RedisError) -> TransportError {
        failure(&format!("the group `{}` of the stream `{}`", self.member.group, self.member.stream(number)), error)
    }

    /// Waits until there is something to do.
    async fn wait(&mut self, left: bool) {
        let mut due = self.alive_due;
        if let Some(leases) = &self.leases {
            due = leases.due();
        } else if !left && self.member.wanted.load(Ordering::Acquire) {
            due = due.min(self.look_due);
        }
        tokio::select! {
            () = self.member.changed.notified() => (),
            () = tokio::time::sleep_until(due) => (),
            _ = self.closed.changed() => (),
            () = self.deliveries.closed(), if !left => (),
        }
    }

    /// Gives back what was rejected or dropped, so that whoever looks may claim it.
    async fn take_back(&mut self) -> Result<(), RedisError> {
        let returned = std::mem::take(&mut self.member.state().returned);
        if returned.is_empty() {
            return Ok(());
        }
        let mut by_stream = HashMap::<(usize, bool), Vec<&str>>::new();
        for ((stream, id), seen) in &returned {
            by_stream.entry((*stream, *seen)).or_default().push(id);
        }
        let idle = self.member.shared.settings.claim_after;
        for ((stream, seen), ids) in by_stream {
            if let Err(error) = self.member.touch(stream, &ids, idle, !seen).await {
                self.member.state().returned.extend(returned);
                return Err(error);
            }
        }
        let mut state = self.member.state();
        for (place, _) in returned {
            if let Some(look) = self.look.get_mut(place.0) {
                *look = true;
            }
            state.held.remove(&place);
        }
        Ok(())
    }

    /// Tells the server that this member lives, and that what it holds is being worked on.
    async fn keep(&mut self) -> Result<(), RedisError> {
        let member = Arc::clone(&self.member);
        if let Some(leases) = &mut self.leases {
            let before = member.state().leases.clone();
            let mut now = before.clone();
            let held = |stream| member.state().held.iter().filter(|(number, _)| *number == stream).count();
            let outcome = leases.tend(&member.shared.line, &mut now, held).await;
            for (look, (before, now)) in self.look.iter_mut().zip(before.iter().zip(&now)) {
                *look |= *before == Lease::None && *now != Lease::None;
            }
            member.state().leases = now;
            return outcome;
        }
        if self.alive_due > Instant::now() {
            return Ok(());
        }
        let held: Vec<Place> = member.state().held.iter().cloned().collect();
        for stream in 0..member.streams.len() {
            let ids: Vec<&str> =
                held.iter().filter(|(number, _)| *number == stream).map(|(_, id)| id.as_str()).collect();
            if !ids.is_empty() {
                member.touch(stream, &ids, Duration::ZERO, false).await?;
            }
        }
        self.alive_due = Instant::now() + member.shared.settings.claim_after / 3;
        Ok(())
    }

    fn is_leased(&self, number: usize) -> bool {
        self.member.state().leases.get(number) == Some(&Lease::Held)
    }

    fn free(&self) -> usize {
        self.room.saturating_sub(self.member.state().held.len())
    }

    /// Claims entries of a stream that were delivered and not settled: those of members that gave no sign of life for so
    /// long; with zero, this member's own that it does not hold, and with a lease those of all, since nobody else works on
    /// the stream.
    async fn claim(&mut self, number: usize, idle: Duration) -> Result<(), RedisError> {
        let room = self.free();
        if room == 0 || !self.is_leased(number) {
            return Ok(());
        }
        let member = Arc::clone(&self.member);
        let held = member.state().held.iter().filter(|(stream, _)| *stream == number).count();
        let only = (idle.is_zero() && self.leases.is_none()).then_some(member.consumer.as_str());
        let mut waiting = self.pending(number, idle, room + held, only).await?;
        {
            let state = member.state();
            waiting.retain(|pending| !state.held.contains(&(number, pending.id.clone())));
        }
        waiting.truncate(room);
        if let Some(look) = self.look.get_mut(number).filter(|_| idle.is_zero()) {
            *look = !waiting.is_empty();
        }
        if waiting.is_empty() {
            return Ok(());
        }
        let mut command = Cmd::new();
        command.arg("XCLAIM").arg(member.stream(number)).arg(&member.group).arg(&member.consumer);
        command.arg(idle.as_millis() as u64);
        for pending in &waiting {
            command.arg(&pending.id);
        }
        let claimed = wire::entries(member.shared.line.ask(&command).await?);
        let came: HashSet<&str> = claimed.iter().map(|entry| entry.id.as_str()).collect();
        for pending in waiting.iter().filter(|pending| !came.contains(pending.id.as_str())) {
            self.forget_trimmed(number, &pending.id).await?;
        }
        let dead: HashSet<&str> = waiting.iter().map(|pending| pending.consumer.as_str()).collect();
        for consumer in dead.into_iter().filter(|consumer| *consumer != member.consumer) {
            let mut script = FORGET.key(member.stream(number));
            member.shared.line.run::<Option<u64>>(script.arg(&member.group).arg(consumer)).await?;
        }
        let attempts: HashMap<&str, u32> =
            waiting.iter().map(|pending| (pending.id.as_str(), pending.delivered.saturating_add(1))).collect();
        for entry in claimed {
            let attempt = attempts.get(entry.id.as_str()).copied().unwrap_or(1);
            self.deliver(number, entry, attempt).await?;
        }
        Ok(())
    }

    /// What was delivered of a stream and not settled, and has been idle for so long.
    async fn pending(
        &self,
        number: usize,
        idle: Duration,
        most: usize,
        consumer: Option<&str>,
    ) -> Result<Vec<Pending>, RedisError> {
        let mut command = Cmd::new();
        command.arg("XPENDING").arg(self.member.stream(number)).arg(&self.member.group);
        if !idle.is_zero() {
            command.arg("IDLE").arg(idle.as_millis() as u64);
        }
        command.arg("-").arg("+").arg(most).arg(consumer);
        let rows: Vec<(String, String, u64, u32)> = self.member.shared.line.ask(&command).await?;
        Ok(rows.into_iter().map(|(id, consumer, _, delivered)| Pending { id, consumer, delivered }).collect())
    }

    /// An entry that could not be claimed: another member was faster, or it is no more.
    async fn forget_trimmed(&self, number: usize, id: &str) -> Result<(), RedisError> {
        let stream = self.member.stream(number);
        let mut command = Cmd::new();
        command.arg("XRANGE").arg(stream).arg(id).arg(id);
        if !wire::entries(self.member.shared.line.ask::<Value>(&command).await?).is_empty() {
            return Ok(());
        }
        tracing::error!(stream, id, "a message was trimmed from its stream before it was handled");
        let mut command = Cmd::new();
        command.arg("XACK").arg(stream).arg(&self.member.group).arg(id);
        self.member.shared.line.ask::<u64>(&command).await.map(drop)
    }

    /// Reads what is new; false where there is no room, or nothing that may be read.
    async fn read(&mut self) -> Result<bool, TransportError> {
        let room = self.free();
        // What comes before in a leased stream is to be handled first.
        let mut streams: Vec<usize> = (0..self.look.len())
            .filter(|number| self.is_leased(*number))
            .filter(|number| self.leases.is_none() || self.look.get(*number) == Some(&false))
            .collect();
        if room == 0 || streams.is_empty() {
            return Ok(false);
        }
        // The count is for each stream.
        let in_turn = streams.len() > room;
        if in_turn {
            fastrand::shuffle(&mut streams);
            streams.truncate(room);
        }
        let count = room / streams.len();
        let block = match self.member.state().held.is_empty() {
            _ if in_turn => BLOCK_IN_TURN,
            true => BLOCK,
            false => BLOCK_WHILE_HOLDING,
        };
        let member = Arc::clone(&self.member);
        let mut command = Cmd::new();
        command.arg("XREADGROUP").arg("GROUP").arg(&member.group).arg(&member.consumer);
        command.arg("COUNT").arg(count).arg("BLOCK").arg(block.as_millis() as u64).arg("STREAMS");
        for number in &streams {
            command.arg(member.stream(*number));
        }
        for _ in &streams {
            command.arg(">");
        }
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(member.shared.line.connect(BLOCK).await?),
        };
        let reply: Value = command.query_async(connection).await.map_err(|error| {
            let first = streams.first().copied().unwrap_or_default();
            self.fault(first, &error)
        })?;
        for (stream, entries) in wire::streams(reply) {
            let Some(number) = member.streams.iter().position(|known| *known == stream) else { continue };
            for entry in entries {
                self.deliver(number, entry, 1).await.map_err(|error| self.fault(number, &error))?;
            }
        }
        Ok(true)
    }

    /// Hands an entry on.
    async fn deliver(&mut self, number: usize, entry: Entry, attempt: u32) -> Result<(), RedisError> {
        let Entry { id, fields } = entry;
        let member = &self.member;
        let (message, carried) = wire::message(&member.shared.settings.payload_field, fields);
        let Some(address) = address::carried(self.channel, carried) else {
            tracing::debug!(stream = member.stream(number), id, "a message of another address is left alone");
            let mut command = Cmd::new();
            command.arg("XACK").arg(member.stream(number)).arg(&member.group).arg(&id);
            return member.shared.line.ask::<u64>(&command).await.map(drop);
        };
        let position = format!("{}@{id}", member.stream(number));
        let place = (number, id);
        member.state().held.insert(place.clone());
        let acknowledger = RedisAcknowledger::holding(Arc::clone(member), place);
        let delivery = Delivery::new(message, address, acknowledger).with_attempt(attempt).with_position(position);
        member.wanted.store(false, Ordering::Release);
        // Where nobody takes it any more, it comes back by being dropped.
        let _ = self.deliveries.send(Ok(delivery));
        Ok(())
    }

    /// Gives back everything, and leaves the group.
    async fn leave(&mut self) -> Result<(), RedisError> {
        self.take_back().await?;
        let member = Arc::clone(&self.member);
        let held: Vec<Place> = member.state().held.drain().collect();
        for stream in 0..member.streams.len() {
            let ids: Vec<&str> =
                held.iter().filter(|(number, _)| *number == stream).map(|(_, id)| id.as_str()).collect();
            if !ids.is_empty() {
                member.touch(stream, &ids, member.shared.settings.claim_after, false).await?;
            }
        }
        if let Some(leases) = &self.leases {
            let held = member.state().leases.clone();
            leases.leave(&member.shared.line, &held).await?;
        }
        for stream in &member.streams {
            let mut script = FORGET.key(stream);
            member.shared.line.run::<Option<u64>>(script.arg(&member.group).arg(&member.consumer)).await?;
        }
        Ok(())
    }
}

/// What was delivered and not settled.
struct Pending {
    id: String,
    consumer: String,
    /// How often.
    delivered: u32,
}
