//! Samples that fit.
//!
//! In: a schema of the IR, and whoever judges and searches. Out: a value that nobody who looked at it found fault with.

use super::{Judge, Searcher};
use crate::document::{SchemaFormat, SchemaUse};
use crate::reference::Files;
use crate::schema::{SchemaId, Schemas, sample};
use serde_json::Value;

/// Makes samples, and has them looked at.
#[derive(Clone, Copy)]
pub(super) struct Sampler<'s> {
    pub(super) files: &'s Files,
    pub(super) schemas: &'s Schemas,
    pub(super) judge: Option<&'s Judge<'s>>,
    pub(super) searcher: Option<&'s Searcher<'s>>,
}

impl Sampler<'_> {
    /// Why a value does not fit; nothing if it does, or nobody can tell.
    pub(super) fn faults(&self, used: &SchemaUse, value: &Value) -> Vec<String> {
        self.judge.and_then(|judge| judge(used, value)).unwrap_or_default()
    }

    /// The plainest value of a schema.
    pub(super) fn plain(&self, id: SchemaId) -> Value {
        sample(self.files, self.schemas, id)
    }

    /// A value of a schema that fits, if there is one to be found.
    pub(super) fn fitting(&self, id: SchemaId, format: &SchemaFormat) -> Option<Value> {
        let used = SchemaUse { node: self.schemas.get(id).node, format: format.clone() };
        let fits = |value: &Value| !value.is_null() && self.faults(&used, value).is_empty();
        // What needs a search, such as a pattern, is searched for by whoever can.
        let search = || self.searcher.and_then(|search| search(&used)).filter(fits);
        Some(self.plain(id)).filter(fits).or_else(search)
    }
}
