//! Keys that an issuer publishes under an address: fetched at the start, again from time to time, and when a token names
//! a key that is not among them.
//!
//! In: the address of a key set (JWKS, RFC 7517), and where requests may go. Out: [`Tokens`] whose keys follow the
//! issuer's. What always holds: keys that were fetched stay in use until others take their place, and however many tokens
//! name unknown keys, the issuer is asked at most once in [`PATIENCE`].

use super::tokens::{KeysError, Tokens};
use crate::webhook::Destinations;
use reqwest::{Client, Url};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Between two requests lies at least this.
const PATIENCE: Duration = Duration::from_secs(30);
/// Keys that are older are fetched again, so that one which was withdrawn is not taken for ever.
const AGE: Duration = Duration::from_secs(60 * 60);
/// Longer sets of keys are refused, in bytes.
const LONGEST: usize = 1 << 20;

/// Where keys come from.
#[derive(Clone)]
pub(super) struct Source(Arc<Inner>);

struct Inner {
    client: Client,
    url: Url,
    /// When the issuer was asked last.
    asked: Mutex<Instant>,
}

impl Tokens {
    /// Takes tokens that one of the keys under this address signed, as identity providers publish them
    /// (`jwks_uri` in their discovery document). Asked for again every hour, and when a token names a key that is not
    /// there, though not twice within 30 seconds.
    ///
    /// # Errors
    /// Requests may not go there, or there are no keys that can be used.
    pub async fn from_url(url: &str, destinations: &Destinations) -> Result<Self, KeysError> {
        let failed = |error: &dyn std::error::Error| KeysError::Fetch(chain(error));
        let url = Url::parse(url).map_err(|error| failed(&error))?;
        destinations.check_url(&url).map_err(|error| failed(&error))?;
        let client = destinations.client().map_err(|error| failed(&error))?;
        let source = Source(Arc::new(Inner { client, url, asked: Mutex::new(Instant::now()) }));
        let mut tokens = Self::new(&source.fetch().await?)?;
        tokens.source = Some(source);
        Ok(tokens)
    }

    /// Sees to it that the keys are those by which this token can be judged, as far as the issuer publishes them.
    pub(super) async fn freshen(&self, token: &str) {
        let Some(source) = &self.source else { return };
        let unknown = self.names_unknown_key(token);
        // Whoever can be judged by the keys at hand does not wait while others ask for new ones.
        let asked = if unknown { Some(source.0.asked.lock().await) } else { source.0.asked.try_lock().ok() };
        let Some(mut asked) = asked else { return };
        let age = asked.elapsed();
        // Another request may have asked meanwhile.
        if age < PATIENCE || (age < AGE && !self.names_unknown_key(token)) {
            return;
        }
        *asked = Instant::now();
        let replaced = match source.fetch().await {
            Ok(text) => self.replace_keys(&text),
            Err(error) => Err(error),
        };
        if let Err(error) = replaced {
            tracing::warn!(url = %source.0.url, %error, "the keys of tokens stay as they were");
        }
    }
}

impl Source {
    async fn fetch(&self) -> Result<String, KeysError> {
        let failed = |error: reqwest::Error| KeysError::Fetch(chain(&error));
        let answer = self.0.client.get(self.0.url.clone()).send().await.map_err(failed)?;
        if !answer.status().is_success() {
            return Err(KeysError::Fetch(format!("{} answered {}", self.0.url, answer.status())));
        }
        let mut answer = answer;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&piece);
            if body.len() > LONGEST {
                return Err(KeysError::Fetch(format!("{} answered more than {LONGEST} bytes", self.0.url)));
            }
        }
        String::from_utf8(body).map_err(|error| KeysError::Syntax(error.to_string()))
    }
}

/// An error with its causes, which say what is wrong.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
