//! What happens, as it happens: a line for each event, and a tally of how far everything is.
//!
//! In: events of all services. Out: lines on standard output, in colour on a terminal, and a [`Tally`]. What is delivered
//! twice counts once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use anstyle::{AnsiColor, Color, Style};
use axum::http::StatusCode;
use orders_client::OrderState;
use tokio::sync::watch;

use crate::support::Letter;

/// Who says something.
#[derive(Clone, Copy)]
pub enum Who {
    Customer,
    Order,
    Inventory,
    Payment,
    Shipping,
    Notifier,
    Support,
}

impl Who {
    const fn name_and_colour(self) -> (&'static str, AnsiColor) {
        match self {
            Self::Customer => ("customer", AnsiColor::White),
            Self::Order => ("order", AnsiColor::Blue),
            Self::Inventory => ("inventory", AnsiColor::Yellow),
            Self::Payment => ("payment", AnsiColor::Magenta),
            Self::Shipping => ("shipping", AnsiColor::Cyan),
            Self::Notifier => ("notifier", AnsiColor::Green),
            Self::Support => ("support", AnsiColor::Red),
        }
    }
}

/// How an order ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    Shipped,
    Declined,
}

impl End {
    const ALL: [Self; 2] = [Self::Shipped, Self::Declined];

    /// The changes of an order on its way to this end.
    const fn changes(self) -> &'static [OrderState] {
        match self {
            Self::Shipped => &[OrderState::Placed, OrderState::Reserved, OrderState::Paid, OrderState::Shipped],
            Self::Declined => &[OrderState::Placed, OrderState::Reserved, OrderState::Declined],
        }
    }
}

/// How far everything is.
#[derive(Clone, Default)]
pub struct Tally {
    /// The numbers of the orders that the shop accepted.
    pub placed: BTreeSet<u32>,
    /// What the customer's system was told by genuine webhooks, by the numbers of the orders.
    pub told: BTreeMap<u32, BTreeSet<OrderState>>,
    /// How the customer's system answered webhooks, and how often.
    pub answers: BTreeMap<StatusCode, u64>,
    /// Requests that were no orders, and were answered so.
    pub refused: u64,
    /// What no service could handle.
    pub letters: Vec<Letter>,
}

impl Tally {
    /// How an order ended: an end is reached once the customer's system was told of every change on the way.
    fn end(&self, number: u32) -> Option<End> {
        let told = self.told.get(&number)?;
        End::ALL.into_iter().find(|end| end.changes().iter().all(|change| told.contains(change)))
    }

    /// How many orders ended this way.
    pub fn count(&self, end: End) -> usize {
        self.placed.iter().filter(|number| self.end(**number) == Some(end)).count()
    }

    /// Orders that were placed and have not reached an end.
    pub fn lost(&self) -> impl Iterator<Item = u32> {
        self.placed.iter().copied().filter(|number| self.end(*number).is_none())
    }

    /// How many changes the customer's system was told of.
    pub fn changes(&self) -> usize {
        self.told.values().map(BTreeSet::len).sum()
    }

    /// How often the customer's system answered a webhook so.
    pub fn answers(&self, status: StatusCode) -> u64 {
        self.answers.get(&status).copied().unwrap_or_default()
    }
}

/// The one journal of the shop; clones share it.
#[derive(Clone)]
pub struct Journal {
    opened: Instant,
    tally: Arc<watch::Sender<Tally>>,
}

impl Journal {
    /// An empty journal.
    pub fn new() -> Self {
        Self { opened: Instant::now(), tally: Arc::default() }
    }

    /// Says something; `number` is that of the order it is about.
    pub fn say(&self, who: Who, number: Option<u32>, what: &str, detail: impl fmt::Display) {
        let milliseconds = self.opened.elapsed().as_millis();
        let number = number.map(|number| format!("#{number}")).unwrap_or_default();
        let (name, colour) = who.name_and_colour();
        let style = Style::new().fg_color(Some(Color::Ansi(colour)));
        let line = format!("{milliseconds:>6} ms  {style}{name:<9}{style:#} {number:>5}  {what:<17}  {detail}\n");
        // A reader that has gone away is no fault of ours.
        let _ = anstream::stdout().lock().write_all(line.as_bytes());
    }

    /// The shop accepted an order.
    pub fn placed(&self, number: u32) {
        self.tally.send_modify(|tally| {
            tally.placed.insert(number);
        });
    }

    /// The customer's system was told that an order came to be in a state.
    pub fn told(&self, number: u32, state: OrderState) {
        self.tally.send_modify(|tally| {
            tally.told.entry(number).or_default().insert(state);
        });
    }

    /// The customer's system answered a webhook.
    pub fn answered(&self, status: StatusCode) {
        self.tally.send_modify(|tally| *tally.answers.entry(status).or_default() += 1);
    }

    /// A request was no order.
    pub fn refused(&self) {
        self.tally.send_modify(|tally| tally.refused += 1);
    }

    /// No service could handle a message.
    pub fn letter(&self, letter: Letter) {
        self.tally.send_modify(|tally| {
            if !tally.letters.contains(&letter) {
                tally.letters.push(letter);
            }
        });
    }

    /// How far everything is.
    pub fn tally(&self) -> Tally {
        self.tally.borrow().clone()
    }

    /// Returns once so many orders have reached their end, and a dead letter was seen.
    pub async fn everything_ended(&self, orders: u32) {
        let ended = |tally: &Tally| {
            tally.placed.len() >= orders as usize && tally.lost().next().is_none() && !tally.letters.is_empty()
        };
        // The sender lives as long as this journal does.
        let _ = self.tally.subscribe().wait_for(ended).await;
    }
}
