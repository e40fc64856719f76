//! Files over the network. The library knows no protocol: whoever wants them fetched brings what fetches.

use std::fmt;

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The URL that answered, after redirects: relative references in the text are meant from there.
    pub url: String,
    /// The text.
    pub text: String,
}

/// Fetches files for `http` and `https` references. Who implements it decides what may be reached, how much, and for how
/// long; asked twice for one URL, it should give the same answer.
pub trait Fetch: fmt::Debug + Send + Sync {
    /// The file at an absolute `http` or `https` URL without fragment.
    ///
    /// # Errors
    /// Why there is none, for people.
    fn fetch(&self, url: &str) -> Result<Fetched, String>;
}
