//! Values written in a schema: those of `enum` and `const`.
//!
//! In: the text of a JSON array, in a `static`. Out: its values, read once. Text that is no JSON array holds no values,
//! so that nothing equals them.

use std::sync::OnceLock;

use super::value::{Value, parse};

/// A list of JSON values that is read when it is first needed.
#[derive(Debug)]
pub struct Literals {
    text: &'static str,
    values: OnceLock<Vec<Value<'static>>>,
}

impl Literals {
    /// A list from the text of a JSON array, for a `static`.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self { text, values: OnceLock::new() }
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &[Value<'static>] {
        self.values.get_or_init(|| match parse(self.text.as_bytes()) {
            Ok(Value::Array(values)) => values,
            _ => Vec::new(),
        })
    }
}
