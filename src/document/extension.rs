//! `x-tidings`: what the specification has no field for, said in the document all the same.
//!
//! In: nothing. Out: the name of the extension and the table of its keys, which the model, the rule
//! `tidings-extension` and the manual share.

use super::model::{Action, EventMode, Location};
use iri_string::types::UriAbsoluteStr;

/// The extension, on the objects that [`Key::places`] names.
pub const NAME: &str = "x-tidings";

/// The key that says where the partition key of a message stands.
pub const PARTITION_KEY: &str = "partitionKey";

/// The key that names the route by which requests become messages.
pub const ROUTE: &str = "route";

/// The key that names where received messages are posted to.
pub const CALL: &str = "call";

/// The key that names a resource whose changes become messages.
pub const POLL: &str = "poll";

/// The key that says that messages are CloudEvents, and in which mode.
pub const CLOUD_EVENTS: &str = "cloudEvents";

/// A key of the extension.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// The objects that it may stand on: `message`, `operation`.
    pub places: &'static [&'static str],
    /// The only operations that it may stand on, where it may not stand on all.
    pub action: Option<Action>,
    /// What it says, in one sentence.
    pub sentence: &'static str,
    /// What its value is, to complete "must be ..".
    pub value: &'static str,
    /// Is a text such a value?
    pub accepts: fn(&str) -> bool,
}

/// Every key that there is.
pub static KEYS: &[Key] = &[
    Key {
        name: PARTITION_KEY,
        places: &["message", "operation"],
        action: None,
        sentence: "Where the partition key stands, which producers set by themselves; an operation's wins over its messages'.",
        value: "a runtime expression such as `$message.payload#/id` or `$message.header#/tenant`",
        accepts: |text| Location::parse(text).is_some(),
    },
    Key {
        name: CLOUD_EVENTS,
        places: &["message", "operation"],
        action: None,
        sentence: "Messages are CloudEvents in this mode, by the binding of the protocol; an operation's wins over its messages'.",
        value: "`binary` or `structured`",
        accepts: |text| EventMode::parse(text).is_some(),
    },
    Key {
        name: ROUTE,
        places: &["operation"],
        action: Some(Action::Send),
        sentence: "A path, with the parameters of the channel's address: what is posted there is published.",
        value: "a path such as `/orders/{region}`, of letters, digits and `- . _ ~`",
        accepts: is_path,
    },
    Key {
        name: CALL,
        places: &["operation"],
        action: Some(Action::Receive),
        sentence: "A URL that every message is posted to, with its id as the idempotency key.",
        value: WEB_ADDRESS,
        accepts: is_web_address,
    },
    Key {
        name: POLL,
        places: &["operation"],
        action: Some(Action::Send),
        sentence: "The URL of a resource, each change of which is published.",
        value: WEB_ADDRESS,
        accepts: is_web_address,
    },
];

const WEB_ADDRESS: &str = "an absolute URL that begins with `https://` or `http://`";

/// The key of this name.
pub fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// A parameter is a whole segment.
fn is_path(text: &str) -> bool {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let parameter = |segment: &str| {
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        name.is_some_and(|name| !name.is_empty() && plain(name))
    };
    let relative = |segment: &str| matches!(segment, "." | "..");
    let segment = |segment: &str| (plain(segment) && !relative(segment)) || parameter(segment);
    text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(segment))
}

fn is_web_address(text: &str) -> bool {
    UriAbsoluteStr::new(text).is_ok_and(|url| {
        let host = url.authority_components().map(|authority| authority.host());
        matches!(url.scheme_str(), "http" | "https") && host.is_some_and(|host| !host.is_empty())
    })
}
