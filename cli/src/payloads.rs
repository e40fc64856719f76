//! Payloads held against the messages of a document: what `send` sends and `listen` takes.
//!
//! In: messages of a document, then bytes. Out: nothing, or every fault. Bytes are good when they fit one of the messages;
//! a message whose schema cannot be judged fits everything, which is said when it is prepared.

use crate::terminal;
use tidings::document::Message;
use tidings::reference::{Files, Policy};
use tidings::schema::values::Judge;
use tidings::source::Diagnostics;

/// The messages that bytes may be.
#[derive(Default)]
pub struct Payloads {
    judges: Vec<(String, Judge)>,
    /// Some message takes anything.
    open: bool,
}

impl Payloads {
    /// Prepares the messages of a document.
    pub fn new<'m>(files: &Files, messages: impl IntoIterator<Item = &'m Message>) -> Self {
        let mut payloads = Self::default();
        for message in messages {
            match message.payload.as_ref().map(|payload| Judge::of(files, payload)) {
                Some(Ok(judge)) => payloads.judges.push((message.key.clone(), judge)),
                Some(Err(reason)) => {
                    terminal::say(&format!("warning: payloads of `{}` are not checked: {reason}", message.key));
                    payloads.open = true;
                }
                None => payloads.open = true,
            }
        }
        payloads
    }

    /// Do the bytes fit a message?
    ///
    /// # Errors
    /// What is wrong with them, for each message.
    pub fn check(&self, bytes: &[u8]) -> Result<(), String> {
        if self.open || self.judges.is_empty() {
            return Ok(());
        }
        serde_json::from_slice::<serde::de::IgnoredAny>(bytes).map_err(|error| format!("not JSON: {error}"))?;
        let mut files = Files::new(Policy::default());
        let mut diagnostics = Diagnostics::default();
        let text = String::from_utf8_lossy(bytes).into_owned();
        let source = files.add("payload.json", None, text, &mut diagnostics);
        let root = files.root(source).filter(|_| !diagnostics.has_errors());
        let Some(root) = root else {
            let texts: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
            return Err(texts.join("; "));
        };
        let mut refused = Vec::new();
        for (key, judge) in &self.judges {
            match judge.faults(root) {
                Ok(faults) if faults.is_empty() => return Ok(()),
                Ok(faults) => refused.extend(faults.iter().map(|fault| format!("{key}: {}", fault.message))),
                Err(reason) => refused.push(format!("{key}: {reason}")),
            }
        }
        Err(refused.join("; "))
    }
}
