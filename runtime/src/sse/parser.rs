//! The text of an event stream, piece by piece, as the HTML standard reads it.
//!
//! In: bytes, cut anywhere. Out: whole events. No event grows beyond a limit.

use std::time::Duration;

/// The largest event that is read, in bytes.
const LIMIT: usize = 4 * 1024 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The id from which a stream goes on; empty when the server gave none.
    pub id: String,
    /// Its name; `message` when the server gave none.
    pub name: String,
    /// Its data.
    pub data: String,
}

/// The event is larger than is read.
#[derive(Debug)]
pub(super) struct TooLarge;

#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    /// The last line ended with a carriage return, of which a line feed may be a part.
    carriage_return: bool,
    begun: bool,
    name: String,
    data: String,
    /// The id that the next event will have.
    next_id: String,
    /// The id of the last event that was whole; an event that was cut does not count.
    pub(super) id: String,
    /// How long the server asks to wait before a new connection.
    pub(super) retry: Option<Duration>,
}

impl Parser {
    /// Begins a new stream: what was half read is forgotten, the last id is not.
    pub(super) fn restart(&mut self) {
        let id = std::mem::take(&mut self.id);
        *self = Self { next_id: id.clone(), id, retry: self.retry, ..Self::default() };
    }

    /// Reads a piece; the events that it completes.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLarge> {
        let mut events = Vec::new();
        for byte in bytes {
            let after_return = std::mem::replace(&mut self.carriage_return, *byte == b'\r');
            match byte {
                b'\n' if after_return => (),
                b'\n' | b'\r' => events.extend(self.end_line()),
                other => self.line.push(*other),
            }
            if self.line.len() + self.data.len() > LIMIT {
                return Err(TooLarge);
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let begun = std::mem::replace(&mut self.begun, true);
        let line = if begun { &line } else { line.strip_prefix('\u{feff}').unwrap_or(&line) };
        if line.is_empty() {
            return self.end_event();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.next_id),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry = value.parse().ok().map(Duration::from_millis).or(self.retry);
            }
            _ => (),
        }
        None
    }

    fn end_event(&mut self) -> Option<Event> {
        self.id.clone_from(&self.next_id);
        let name = std::mem::take(&mut self.name);
        let mut data = std::mem::take(&mut self.data);
        data.pop()?;
        let name = if name.is_empty() { "message".to_owned() } else { name };
        Some(Event { id: self.id.clone(), name, data })
    }
}
