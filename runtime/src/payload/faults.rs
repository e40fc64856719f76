//! Runs the check functions of generated code over a value and keeps what they find.
//!
//! In: a value, and checks, one for each schema. Out: whether the value passes (`probe`), or its faults (`collect`).
//! Always: faults, their text and the work are bounded. Schemas whose branches meet again below (a union of two shapes
//! that both hold the union) would double the work with every level of a hostile value; from a certain number of
//! steps on, answers are therefore remembered by value and check.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::BuildHasherDefault;
use std::ptr;

use super::error::{Fault, push_segment};
use super::value::Value;

/// How many faults are kept.
const MOST_FAULTS: usize = 100;
/// How many bytes their pointers may fill before no further one is kept.
const MOST_POINTER_BYTES: usize = 64 * 1024;
/// How many times a failing union is explained by its closest branch.
const MOST_EXPLANATIONS: usize = 32;
/// From so many steps on answers are remembered.
const STEPS_BEFORE_MEMORY: usize = 16 * 1024;

/// Checks a value against one schema: generated, keyword by keyword. Passes by not recording a fault.
pub type Check = fn(&Value<'_>, &mut Faults);

/// Accepts every value, as the schema `true`.
pub fn anything(_: &Value<'_>, _: &mut Faults) {}

/// Refuses every value, as the schema `false`.
// Never inlined, so that it has one address, by which it is known.
#[inline(never)]
pub fn nothing(_: &Value<'_>, faults: &mut Faults) {
    faults.refuse("false", "no value is allowed here");
}

/// Is it the schema `false`? Where functions of equal bodies are merged the answer may be yes for another one that
/// does the same.
fn is_nothing(check: Check) -> bool {
    ptr::fn_addr_eq(check, nothing as Check)
}

/// Whether `check` passes.
#[must_use]
pub fn accepts(value: &Value<'_>, check: Check) -> bool {
    Faults::probe().fits(value, check)
}

/// The faults of one value. Made for one value: answers are remembered by the places of its parts.
#[derive(Debug)]
pub struct Faults {
    mode: Mode,
    /// Whether a probe met a fault.
    failed: bool,
    list: Vec<Fault>,
    /// Where the value at hand is (RFC 6901); kept while collecting.
    pointer: String,
    pointer_bytes: usize,
    explanations_left: usize,
    steps_left: usize,
    /// By the place of a value and of a check: whether it passes. No input chooses places, so no chance is needed to hash
    /// them.
    answers: HashMap<(usize, usize), bool, BuildHasherDefault<DefaultHasher>>,
    /// Schemas that may apply themselves to their own value, by number, and the place of the value that each is being
    /// asked about.
    open: Vec<(usize, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Probe,
    Collect,
}

impl Faults {
    /// Finds out whether there is a fault at all: stops at the first, keeps no text.
    #[must_use]
    pub fn probe() -> Self {
        Self::with_mode(Mode::Probe)
    }

    /// Keeps the faults, up to a hundred.
    #[must_use]
    pub fn collect() -> Self {
        Self::with_mode(Mode::Collect)
    }

    fn with_mode(mode: Mode) -> Self {
        Self {
            mode,
            failed: false,
            list: Vec::new(),
            pointer: String::new(),
            pointer_bytes: 0,
            explanations_left: MOST_EXPLANATIONS,
            steps_left: STEPS_BEFORE_MEMORY,
            answers: HashMap::default(),
            open: Vec::new(),
        }
    }

    /// The same, for a value read from `bytes` bytes: so many values need no memory yet.
    #[must_use]
    pub(crate) fn for_size(mut self, bytes: usize) -> Self {
        self.steps_left = self.steps_left.max(bytes.saturating_mul(4));
        self
    }

    /// Whether no fault was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.failed
    }

    /// The faults, in the order in which they were found; none after a probe.
    #[must_use]
    pub fn into_list(self) -> Vec<Fault> {
        self.list
    }

    /// Records that the value at hand is refused.
    pub fn refuse(&mut self, keyword: &'static str, message: &str) {
        self.fail(keyword, || message.to_owned());
    }

    /// Begins to ask a schema that may apply itself to its own value; `false` where it is being asked about this one
    /// already, and then the answer is `again`. What was begun is ended by [`Faults::closes`].
    pub fn opens(&mut self, value: &Value<'_>, schema: usize, again: bool) -> bool {
        let entry = (ptr::from_ref(value).addr(), schema);
        if self.open.contains(&entry) {
            if !again {
                self.refuse("$ref", "no branch but the schema itself takes the value");
            }
            return false;
        }
        self.open.push(entry);
        true
    }

    /// Ends what [`Faults::opens`] began last.
    pub fn closes(&mut self) {
        self.open.pop();
    }

    /// Checks a member of the object at hand.
    pub fn member(&mut self, name: &str, value: &Value<'_>, check: Check) {
        self.below(|pointer| push_segment(pointer, name), |faults| faults.apply(value, check));
    }

    /// Checks an item of the array at hand.
    pub fn item(&mut self, index: usize, value: &Value<'_>, check: Check) {
        self.below(|pointer| push_segment(pointer, &index.to_string()), |faults| faults.apply(value, check));
    }

    /// Checks a member of the object at hand that nothing else describes: where none is allowed, the fault is that of
    /// the keyword that says so.
    pub(crate) fn unwanted_member(&mut self, name: &str, value: &Value<'_>, check: Check, keyword: &'static str) {
        if is_nothing(check) {
            self.fail_member(name, keyword, || "no further property is allowed".to_owned());
        } else {
            self.member(name, value, check);
        }
    }

    /// The same for an item of the array at hand.
    pub(crate) fn unwanted_item(&mut self, index: usize, value: &Value<'_>, check: Check, keyword: &'static str) {
        if is_nothing(check) {
            let further = |faults: &mut Self| faults.fail(keyword, || "no further item is allowed".to_owned());
            self.below(|pointer| push_segment(pointer, &index.to_string()), further);
        } else {
            self.item(index, value, check);
        }
    }

    /// Records a fault of the value at hand; the message is made only when it is kept.
    pub(crate) fn fail(&mut self, keyword: &'static str, message: impl FnOnce() -> String) {
        self.failed = true;
        if self.mode == Mode::Collect && !self.is_done() {
            self.pointer_bytes = self.pointer_bytes.saturating_add(self.pointer.len());
            self.list.push(Fault { pointer: self.pointer.clone(), keyword, message: message() });
        }
    }

    /// The same for a member of the object at hand.
    pub(crate) fn fail_member(&mut self, name: &str, keyword: &'static str, message: impl FnOnce() -> String) {
        self.below(|pointer| push_segment(pointer, name), |faults| faults.fail(keyword, message));
    }

    /// Whether nothing further would be kept.
    pub(crate) fn is_done(&self) -> bool {
        match self.mode {
            Mode::Probe => self.failed,
            Mode::Collect => self.list.len() >= MOST_FAULTS || self.pointer_bytes >= MOST_POINTER_BYTES,
        }
    }

    /// Checks the value at hand against one more schema.
    pub(crate) fn apply(&mut self, value: &Value<'_>, check: Check) {
        if self.is_done() {
            return;
        }
        if self.memory_key(value, check).is_none() {
            self.steps_left = self.steps_left.saturating_sub(1);
            check(value, self);
        } else if !self.fits(value, check) {
            match self.mode {
                Mode::Probe => self.failed = true,
                Mode::Collect => check(value, self),
            }
        }
    }

    /// Whether a schema accepts the value at hand; records nothing.
    pub fn fits(&mut self, value: &Value<'_>, check: Check) -> bool {
        self.steps_left = self.steps_left.saturating_sub(1);
        let key = self.memory_key(value, check);
        if let Some(&fits) = key.and_then(|key| self.answers.get(&key)) {
            return fits;
        }
        let mode = std::mem::replace(&mut self.mode, Mode::Probe);
        let failed = std::mem::replace(&mut self.failed, false);
        check(value, self);
        let fits = !std::mem::replace(&mut self.failed, failed);
        self.mode = mode;
        if let Some(key) = key {
            self.answers.insert(key, fits);
        }
        fits
    }

    /// Records that the value at hand fits none of some branches, and why not the closest of them.
    pub(crate) fn fail_branches(&mut self, keyword: &'static str, value: &Value<'_>, branches: &[Check]) {
        self.fail(keyword, || {
            let (count, found) = (branches.len(), value.described());
            format!("expected one of {count} branches to fit, found that {found} fits none")
        });
        if self.mode == Mode::Probe || self.is_done() {
            return;
        }
        let mut best: Option<(Distance, Vec<Fault>)> = None;
        for branch in branches {
            let Some(left) = self.explanations_left.checked_sub(1) else {
                break;
            };
            self.explanations_left = left;
            let kept = std::mem::take(&mut self.list);
            let pointer_bytes = std::mem::replace(&mut self.pointer_bytes, 0);
            branch(value, self);
            let faults = std::mem::replace(&mut self.list, kept);
            self.pointer_bytes = pointer_bytes;
            let distance = Distance::of(&faults, &self.pointer);
            if best.as_ref().is_none_or(|(least, _)| distance < *least) {
                best = Some((distance, faults));
            }
        }
        for fault in best.into_iter().flat_map(|(_, faults)| faults) {
            if self.is_done() {
                return;
            }
            self.pointer_bytes = self.pointer_bytes.saturating_add(fault.pointer.len());
            self.list.push(fault);
        }
    }

    /// Runs `inside` with a longer pointer.
    fn below(&mut self, lengthen: impl FnOnce(&mut String), inside: impl FnOnce(&mut Self)) {
        if self.mode == Mode::Probe {
            return inside(self);
        }
        if self.is_done() {
            return;
        }
        let length = self.pointer.len();
        lengthen(&mut self.pointer);
        inside(self);
        self.pointer.truncate(length);
    }

    /// Where to remember the answer; `None` while that is not worth it.
    ///
    /// Only arrays and objects are remembered: below them work can double, and they stay in their place while the
    /// value is checked (the name that `propertyNames` makes a string of does not).
    fn memory_key(&self, value: &Value<'_>, check: Check) -> Option<(usize, usize)> {
        let place = ptr::from_ref(value).addr();
        let remembered = self.steps_left == 0
            && matches!(value, Value::Array(_) | Value::Object(_))
            // Within a schema that applies itself, an answer may hold for the moment only.
            && self.open.iter().all(|(open, _)| *open != place);
        remembered.then_some((place, check as usize))
    }
}

/// How far a value is from a branch: whether it is of another type altogether, how many constants it misses (those tell
/// branches apart), how many faults it has.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Distance(bool, usize, usize);

impl Distance {
    fn of(faults: &[Fault], pointer: &str) -> Self {
        let other_type = faults.iter().any(|fault| fault.keyword == "type" && fault.pointer == pointer);
        let constants = faults.iter().filter(|fault| matches!(fault.keyword, "const" | "enum")).count();
        Self(other_type, constants, faults.len())
    }
}
