//! What came of it all.
//!
//! In: the tally, and what the services counted. Out: a summary for people, and whether everything went as it should.

use std::io::Write;
use std::time::Duration;

use anstyle::{AnsiColor, Color, Style};
use axum::http::StatusCode;

use crate::inventory::{FAILURES, TROUBLED_ORDER};
use crate::journal::{End, Tally};
use crate::orders::DeadLetterReason;
use crate::shop::{self, POISON};

/// The numbers of a closed shop.
pub struct Report {
    /// How many orders were to be placed.
    pub orders: u32,
    /// How long everything was allowed to take.
    pub deadline: Duration,
    /// Whether it took no longer.
    pub in_time: bool,
    /// Attempts that failed and were followed by another, over all services.
    pub retried: u64,
    /// What happened.
    pub tally: Tally,
}

impl Report {
    /// Whether every order reached its end, the failures were retried, and the poison is in the dead letters.
    pub fn is_success(&self) -> bool {
        self.faults().is_empty()
    }

    /// The summary, and what is wrong, on standard output.
    pub fn print(&self) {
        // A reader that has gone away is no fault of ours.
        let _ = anstream::stdout().lock().write_all(self.text().as_bytes());
    }

    fn text(&self) -> String {
        let Tally { placed, refused, letters, .. } = &self.tally;
        let rows = [
            ("orders placed", placed.len().to_string()),
            ("  shipped", self.tally.count(End::Shipped).to_string()),
            ("  declined", self.tally.count(End::Declined).to_string()),
            ("requests refused", refused.to_string()),
            ("attempts retried", self.retried.to_string()),
            ("dead-lettered", letters.len().to_string()),
            ("webhooks taken", self.tally.changes().to_string()),
            ("  tried again", self.tally.answers(StatusCode::SERVICE_UNAVAILABLE).to_string()),
            ("  forged, refused", self.tally.answers(StatusCode::UNAUTHORIZED).to_string()),
        ];
        let mut text = String::from("\n");
        for (name, count) in rows {
            text.push_str(&format!("{name:<18}{count:>6}\n"));
        }
        let faults = self.faults();
        let colour = if faults.is_empty() { AnsiColor::Green } else { AnsiColor::Red };
        let style = Style::new().fg_color(Some(Color::Ansi(colour))).bold();
        let lines = match faults.is_empty() {
            true => vec![
                "The unreadable message is in the dead letters, its bytes unchanged.".to_owned(),
                "Every order reached its end, and the customer was told of every change.".to_owned(),
            ],
            false => faults,
        };
        text.push('\n');
        for line in lines {
            text.push_str(&format!("{style}{line}{style:#}\n"));
        }
        text
    }

    /// What is not as it should be; nothing when all went well.
    fn faults(&self) -> Vec<String> {
        let lost: Vec<String> = self.tally.lost().map(|number| format!("#{number}")).collect();
        let placed = self.tally.placed.len();
        let tried_again = self.tally.answers(StatusCode::SERVICE_UNAVAILABLE);
        let expected_retries = if self.orders >= TROUBLED_ORDER { u64::from(FAILURES) } else { 0 };
        let checks = [
            (self.in_time, format!("Not everything happened within {} s.", self.deadline.as_secs())),
            (placed == self.orders as usize, format!("{placed} of {} orders were placed.", self.orders)),
            (self.poison_is_buried(), "The unreadable message is not in the dead letters as it was sent.".to_owned()),
            (
                self.retried >= expected_retries,
                format!("{} attempts were retried, {expected_retries} should have been.", self.retried),
            ),
            (
                tried_again == u64::from(self.orders.min(1)),
                format!("{tried_again} webhooks were tried again, the first one should have been."),
            ),
            (
                self.tally.answers(StatusCode::UNAUTHORIZED) == 1,
                "The forged webhook was not refused for its signature.".to_owned(),
            ),
            (lost.is_empty(), format!("Not every order reached its end: {} did not.", lost.join(", "))),
        ];
        checks.into_iter().filter(|(holds, _)| !holds).map(|(_, text)| text).collect()
    }

    /// The poison is the one dead letter, with its bytes and where it came from.
    fn poison_is_buried(&self) -> bool {
        let [letter] = self.tally.letters.as_slice() else { return false };
        letter.payload == POISON
            && letter.reason == DeadLetterReason::Undecodable
            && letter.source == shop::poisoned_address()
    }
}
