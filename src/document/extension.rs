//! `x-tidings`: what the specification has no field for, said in the document all the same.
//!
//! In: nothing. Out: the name of the extension and the table of its keys, which the model, the rule
//! `tidings-extension` and the manual share.

use super::model::Location;

/// The extension, on the objects that [`Key::places`] names.
pub const NAME: &str = "x-tidings";

/// The key that says where the partition key of a message stands.
pub const PARTITION_KEY: &str = "partitionKey";

/// A key of the extension.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// The objects that it may stand on: `message`, `operation`.
    pub places: &'static [&'static str],
    /// What it says, in one sentence.
    pub sentence: &'static str,
    /// What its value is, to complete "must be ..".
    pub value: &'static str,
    /// Is a text such a value?
    pub accepts: fn(&str) -> bool,
}

/// Every key that there is.
pub static KEYS: &[Key] = &[Key {
    name: PARTITION_KEY,
    places: &["message", "operation"],
    sentence: "Where the partition key stands, which producers set by themselves; an operation's wins over its messages'.",
    value: "a runtime expression such as `$message.payload#/id` or `$message.header#/tenant`",
    accepts: |text| Location::parse(text).is_some(),
}];
