//! Addresses of the document, and exchanges, routing keys and queues of RabbitMQ.
//!
//! In: channels, whose segments `.` or `/` separates, with their AMQP bindings. Out: where publications go, what a group's
//! queue is called and what is bound to it; the word of a routing key that holds a parameter becomes `*`. What always holds:
//! what a delivery has for routing key or carries gives back the address that was published to.

use serde::Deserialize;

use crate::message::{AddressError, AddressTemplate, Channel};
use crate::transport::SubscribeError;
use crate::transport::wire::{has_literals, segments};

/// The longest name and routing key, in bytes.
const LONGEST: usize = 255;
/// What the names of inboxes begin with.
pub(super) const INBOX: &str = "replies-";
/// The exchange of channels whose bindings name none; every RabbitMQ has it.
const TOPICS: &str = "amq.topic";

/// The channel's binding, as far as it decides something.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Binding {
    is: Option<String>,
    exchange: ExchangeBinding,
    queue: Option<QueueBinding>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ExchangeBinding {
    name: Option<String>,
    r#type: Option<String>,
    durable: Option<bool>,
    auto_delete: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct QueueBinding {
    name: Option<String>,
    durable: Option<bool>,
    exclusive: Option<bool>,
    auto_delete: Option<bool>,
}

/// An exchange that publications go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) name: String,
    /// `topic`, `direct`, `fanout` or `headers`.
    pub(super) kind: String,
    pub(super) durable: bool,
    pub(super) auto_delete: bool,
}

impl Exchange {
    /// Whether RabbitMQ has it from the start.
    pub(super) fn is_given(&self) -> bool {
        self.name.is_empty() || self.name.starts_with("amq.")
    }
}

/// A queue that holds messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) durable: bool,
    pub(super) exclusive: bool,
    pub(super) auto_delete: bool,
    /// Whether it is a group's, in which order matters.
    pub(super) of_group: bool,
    /// The exchange and the routing key by which messages come to it; none for a queue that is published to by its name.
    pub(super) bound: Option<(Exchange, String)>,
}

impl Queue {
    fn lasting(name: String, of_group: bool, exchange: Exchange, key: String) -> Self {
        let bound = Some((exchange, key));
        Self { name, durable: true, exclusive: false, auto_delete: false, of_group, bound }
    }

    /// Whether it can be replicated, and counts deliveries: what is meant to last.
    pub(super) fn is_quorum(&self) -> bool {
        self.durable && !self.exclusive && !self.auto_delete
    }
}

/// Where a publication goes.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) exchange: String,
    pub(super) key: String,
    /// Whether the message must carry its address.
    pub(super) carries: bool,
    /// What must be there.
    pub(super) needs: Needs,
}

/// What a publication needs.
#[derive(Clone, Debug)]
pub(super) enum Needs {
    Exchange(Exchange),
    /// Without it the message is nowhere.
    Queue(Queue),
}

impl Needs {
    /// What it is called among the things that are known to be there.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Exchange(exchange) => format!("exchange {}", exchange.name),
            Self::Queue(queue) => format!("queue {}", queue.name),
        }
    }
}

/// How a channel's addresses read on RabbitMQ.
#[derive(Debug)]
pub(super) struct Mapping {
    channel: &'static Channel,
    /// The channel's template with the separator of routing keys.
    template: String,
    by: By,
}

#[derive(Debug)]
enum By {
    Exchange(Exchange),
    Queue(Queue),
}

impl Mapping {
    /// The mapping of `channel`.
    ///
    /// # Errors
    /// The address has a segment that no routing key can have.
    pub(super) fn new(channel: &'static Channel) -> Result<Self, AddressError> {
        let template = dotted(channel.template().as_str())?;
        let text = channel.binding("amqp");
        let binding: Binding = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let ExchangeBinding { name, r#type, durable, auto_delete } = binding.exchange;
        let kind = r#type.unwrap_or_else(|| "topic".to_owned());
        let is_queue = match binding.is.as_deref() {
            Some(is) => is == "queue",
            None => binding.queue.is_some(),
        };
        // The default exchange knows queues by their names, which are its routing keys.
        let by = if is_queue || kind == "default" {
            let QueueBinding { name, durable, exclusive, auto_delete } =
                binding.queue.filter(|_| is_queue).unwrap_or_default();
            By::Queue(Queue {
                name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| template.clone()),
                durable: durable.unwrap_or(true),
                exclusive: exclusive.unwrap_or(false),
                auto_delete: auto_delete.unwrap_or(false),
                of_group: true,
                bound: None,
            })
        } else {
            By::Exchange(Exchange {
                name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("amq.{kind}")),
                kind,
                durable: durable.unwrap_or(true),
                auto_delete: auto_delete.unwrap_or(false),
            })
        };
        Ok(Self { channel, template, by })
    }

    /// Where a publication to `address` goes.
    ///
    /// # Errors
    /// The address is none that a delivery could give back.
    pub(super) fn route(&self, address: &str) -> Result<Route, AddressError> {
        match &self.by {
            By::Queue(queue) => Ok(Route {
                exchange: String::new(),
                key: queue.name.clone(),
                carries: self.channel.template().is_parametrised(),
                needs: Needs::Queue(queue.clone()),
            }),
            By::Exchange(exchange) => {
                let key = dotted(address)?;
                if self.read(&key).as_deref() != Some(address) {
                    let fault = "a value holds `.` or `/`, which separate the words of a routing key";
                    return Err(AddressError::Template { template: address.to_owned(), fault });
                }
                Ok(Route {
                    exchange: exchange.name.clone(),
                    key,
                    carries: false,
                    needs: Needs::Exchange(exchange.clone()),
                })
            }
        }
    }

    /// The queue of a group; of channels that are a queue, every group's.
    ///
    /// # Errors
    /// The exchange cannot select the addresses of the channel, or the name is too long.
    pub(super) fn queue(&self, group: &str) -> Result<Queue, SubscribeError> {
        let exchange = match &self.by {
            By::Queue(queue) => return Ok(queue.clone()),
            By::Exchange(exchange) => exchange,
        };
        let key = match exchange.kind.as_str() {
            "topic" => wild(&self.template),
            "direct" if self.channel.template().is_parametrised() => {
                let fault = format!(
                    "the parameters of `{}`: the exchange `{}` is a direct one, which takes whole routing keys only",
                    self.channel.template().as_str(),
                    exchange.name
                );
                return Err(SubscribeError::Unsupported(fault));
            }
            _ => self.template.clone(),
        };
        let name = match exchange.is_given() {
            true => format!("{group}.{key}"),
            false => format!("{group}.{}.{key}", exchange.name),
        };
        if name.len() > LONGEST {
            return Err(SubscribeError::Unsupported(format!(
                "the queue `{name}`, whose name has more than {LONGEST} bytes"
            )));
        }
        Ok(Queue::lasting(name, true, exchange.clone(), key))
    }

    /// The queue of one requester for the replies of this channel, which goes with its connection; of channels that are a
    /// queue, that one.
    ///
    /// # Errors
    /// Those of [`queue`](Self::queue).
    pub(super) fn replies(&self, group: &str) -> Result<Queue, SubscribeError> {
        let plain = self.channel.binding("amqp").is_none();
        let passing = |queue| Queue { durable: false, exclusive: true, auto_delete: true, ..queue };
        match &self.by {
            // An inbox of its own, known by its name alone.
            By::Exchange(_) if plain && self.template.starts_with(INBOX) => {
                Ok(passing(Queue { name: self.template.clone(), bound: None, ..kept(self.template.clone()) }))
            }
            By::Exchange(_) => self.queue(group).map(passing),
            By::Queue(queue) => Ok(queue.clone()),
        }
    }

    /// The queue that keeps what is published to this channel, if it is one that the bindings say nothing of.
    pub(super) fn kept(&self) -> Option<Queue> {
        let plain = self.channel.binding("amqp").is_none() && !self.channel.template().is_parametrised();
        plain.then(|| kept(self.template.clone()))
    }

    /// The address that a delivery has which carried one or came by these routing keys, its own first; `None` when it is none
    /// of the channel's. Where nothing tells the values of its parameters, it is the routing key, so that the consumer refuses
    /// it and it is not lost without a word.
    pub(super) fn address(&self, keys: &[&str], carried: Option<&str>) -> Option<String> {
        let template = self.channel.template();
        if let Some(carried) = carried {
            return template.matches(carried).then(|| carried.to_owned());
        }
        if !template.is_parametrised() {
            // Whatever led it to the queue: to a fanout exchange routing keys are nothing.
            return Some(template.as_str().to_owned());
        }
        let words = segments(&self.template);
        let is_covered = |key: &&&str| has_literals(&words, &key.split('.').collect::<Vec<_>>());
        let is_exact = |word: &&str| !word.contains('{') || (word.starts_with('{') && word.ends_with('}'));
        let read = keys.iter().find_map(|key| self.read(key));
        let raw = || {
            let covered = keys.iter().find(is_covered);
            // A binding of whole words selects more than the channel's, which are left out.
            covered.or_else(|| keys.first().filter(|_| words.iter().all(is_exact))).map(|key| (*key).to_owned())
        };
        read.or_else(raw)
    }

    /// The address that a routing key stands for.
    fn read(&self, key: &str) -> Option<String> {
        self.channel.template().expand(&AddressTemplate::new(&self.template).extract(key)?).ok()
    }
}

/// Where a publication goes to an address that no channel describes: somebody is to find it there later.
///
/// # Errors
/// The address has a segment that no routing key can have.
pub(super) fn undescribed(address: &str) -> Result<Route, AddressError> {
    let key = dotted(address)?;
    let needs = Needs::Queue(kept(key.clone()));
    Ok(Route { exchange: TOPICS.to_owned(), key, carries: false, needs })
}

/// Where a reply goes: to the queue of this name, whoever made it.
pub(super) fn inbox(address: &str) -> Route {
    let default = Exchange { name: String::new(), kind: "direct".to_owned(), durable: true, auto_delete: false };
    let needs = Needs::Exchange(default);
    Route { exchange: String::new(), key: address.to_owned(), carries: false, needs }
}

fn kept(key: String) -> Queue {
    let topics = Exchange { name: TOPICS.to_owned(), kind: "topic".to_owned(), durable: true, auto_delete: false };
    Queue::lasting(key.clone(), false, topics, key)
}

/// The words of a template, joined for a routing key; parameters as they are.
fn dotted(address: &str) -> Result<String, AddressError> {
    let refused = |fault| AddressError::Template { template: address.to_owned(), fault };
    let words = segments(address);
    if words.iter().any(|word| matches!(*word, "*" | "#")) {
        return Err(refused("`*` and `#` are no words of routing keys"));
    }
    let key = words.join(".");
    match key.len() {
        0 => Err(refused("RabbitMQ has no routing key without a word")),
        // What parameters make of it is checked with their values.
        length if length > LONGEST && !key.contains('{') => Err(refused("routing keys have at most 255 bytes")),
        _ => Ok(key),
    }
}

/// The binding key that selects all addresses of a template.
fn wild(template: &str) -> String {
    let words: Vec<&str> =
        segments(template).into_iter().map(|word| if word.contains('{') { "*" } else { word }).collect();
    words.join(".")
}
