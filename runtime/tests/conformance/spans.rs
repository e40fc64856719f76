//! A subscriber of `tracing` that remembers the spans of the runtime and their fields.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, Interest, NoSubscriber};
use tracing::{Dispatch, Event, Metadata, Subscriber};

/// The fields of a span, with its name as `name`.
pub type Fields = BTreeMap<String, String>;

/// The spans that were made since; this thread's until this is dropped.
pub struct Spans {
    seen: Arc<Mutex<Vec<Fields>>>,
    _listening: DefaultGuard,
}

impl Spans {
    /// Listens on this thread.
    pub fn listen() -> Self {
        let seen = Arc::<Mutex<Vec<Fields>>>::default();
        let listening = hear(Collector(seen.clone()));
        Self { seen, _listening: listening }
    }

    /// The spans of this name whose destination is `address`, in the order in which they began.
    pub fn of(&self, name: &str, address: &str) -> Vec<Fields> {
        let is = |fields: &Fields, key: &str, value: &str| fields.get(key).is_some_and(|known| known == value);
        let seen = self.seen.lock().unwrap();
        let chosen = |fields: &&Fields| is(fields, "name", name) && is(fields, "messaging.destination.name", address);
        seen.iter().filter(chosen).cloned().collect()
    }
}

/// Tells this thread's spans to `subscriber`.
///
/// `tracing` asks only the thread that comes to a span first whether anybody wants it, as long as it knows of one subscriber:
/// another test would answer for this one. With one more, it asks all.
pub fn hear(subscriber: impl Subscriber + Send + Sync + 'static) -> DefaultGuard {
    static DEAF: OnceLock<Dispatch> = OnceLock::new();
    DEAF.get_or_init(|| Dispatch::new(NoSubscriber::default()));
    tracing::subscriber::set_default(subscriber)
}

struct Collector(Arc<Mutex<Vec<Fields>>>);

impl Subscriber for Collector {
    /// Tests of other threads have subscribers of their own, or none.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target() == "tidings"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::from([("name".to_owned(), span.metadata().name().to_owned())]);
        span.record(&mut Collected(&mut fields));
        let mut seen = self.0.lock().unwrap();
        seen.push(fields);
        Id::from_u64(seen.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        if let Some(fields) = self.0.lock().unwrap().get_mut(span.into_u64() as usize - 1) {
            values.record(&mut Collected(fields));
        }
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, _event: &Event<'_>) {}

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

struct Collected<'f>(&'f mut Fields);

impl Visit for Collected<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}
