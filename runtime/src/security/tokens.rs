//! JSON Web Tokens (RFC 7519): which are genuine, in time, and meant for us.
//!
//! In: a set of keys (JWKS, RFC 7517) and a token. Out: its claims, or nothing. What always holds: the key decides the
//! algorithm, never the token alone; a token without an end is refused.

use super::ring_provider;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, get_current_timestamp};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use thiserror::Error;

/// Why keys cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The file cannot be read.
    #[error("the keys cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The address cannot be asked, or does not answer with keys.
    #[error("the keys cannot be fetched: {0}")]
    Fetch(String),
    /// Not a set of keys.
    #[error("this is no set of keys (JWKS): {0}")]
    Syntax(String),
    /// No key in the set can verify a signature.
    #[error("the set holds no key that can verify a signature")]
    Empty,
}

/// Which tokens are taken. Clones share the keys.
#[derive(Clone)]
pub struct Tokens {
    keys: Arc<RwLock<Vec<Key>>>,
    issuer: Option<String>,
    audience: Option<String>,
    leeway: Duration,
    /// Where further keys come from.
    #[cfg(feature = "webhook-client")]
    pub(super) source: Option<super::fetched::Source>,
}

struct Key {
    id: Option<String>,
    /// The only algorithm that the key is for, where it says so.
    algorithm: Option<String>,
    decoding: DecodingKey,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { issuer, audience, leeway, .. } = self;
        let mut debug = formatter.debug_struct("Tokens");
        debug.field("issuer", issuer).field("audience", audience).field("leeway", leeway).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Takes tokens that one of the keys of a JWKS document signed.
    ///
    /// # Errors
    /// The text is no JWKS document, or holds no key that can be used.
    pub fn new(jwks: &str) -> Result<Self, KeysError> {
        let keys = Arc::new(RwLock::new(read(jwks)?));
        Ok(Self {
            keys,
            issuer: None,
            audience: None,
            leeway: Duration::from_secs(60),
            #[cfg(feature = "webhook-client")]
            source: None,
        })
    }

    /// The same, from a file.
    ///
    /// # Errors
    /// The file cannot be read, or those of [`new`](Self::new).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeysError> {
        Self::new(&std::fs::read_to_string(path)?)
    }

    /// Refuses tokens of other issuers.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Refuses tokens that are not for this audience. Without it, tokens that name an audience are refused.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// How far clocks may be apart; one minute unless set.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Replaces the keys, in all clones: issuers change theirs from time to time.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); the keys stay as they were.
    pub fn replace_keys(&self, jwks: &str) -> Result<(), KeysError> {
        let keys = read(jwks)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Does the token name a key that is not here?
    #[cfg(feature = "webhook-client")]
    pub(super) fn names_unknown_key(&self, token: &str) -> bool {
        ring_provider::install();
        let Some(id) = decode_header(token).ok().and_then(|header| header.kid) else { return false };
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        !keys.iter().any(|key| key.id.as_ref() == Some(&id))
    }

    /// The claims of a token that is taken.
    pub(super) fn verify(&self, token: &str) -> Option<Claims> {
        ring_provider::install();
        let header = decode_header(token).ok()?;
        // What must be understood and is not (RFC 7515, section 4.1.11).
        if header.crit.is_some() {
            return None;
        }
        let mut validation = Validation::new(header.alg);
        // The crate subtracts it from the time.
        validation.leeway = self.leeway.as_secs().min(get_current_timestamp());
        validation.validate_nbf = true;
        let mut required = vec!["exp"];
        if let Some(issuer) = &self.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        if let Some(audience) = &self.audience {
            validation.set_audience(&[audience]);
            required.push("aud");
        }
        validation.set_required_spec_claims(&required);
        let algorithm = format!("{:?}", header.alg);
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter()
            .filter(|key| header.kid.is_none() || key.id.is_none() || key.id == header.kid)
            .filter(|key| key.decoding.family() == header.alg.family())
            .filter(|key| key.algorithm.as_ref().is_none_or(|own| *own == algorithm))
            .find_map(|key| decode(token, &key.decoding, &validation).ok())
            .map(|token| Claims(token.claims))
    }
}

/// The keys of a JWKS document that can verify a signature; others, such as those for encryption, are passed over.
fn read(jwks: &str) -> Result<Vec<Key>, KeysError> {
    let set: JwkSet = serde_json::from_str(jwks).map_err(|error| KeysError::Syntax(error.to_string()))?;
    let signs = |key: &&Jwk| !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
    let keys: Vec<Key> = set
        .keys
        .iter()
        .filter(signs)
        .filter_map(|key| {
            Some(Key {
                id: key.common.key_id.clone(),
                algorithm: key.common.key_algorithm.map(|algorithm| algorithm.to_string()),
                decoding: DecodingKey::from_jwk(key).ok()?,
            })
        })
        .collect();
    if keys.is_empty() { Err(KeysError::Empty) } else { Ok(keys) }
}

/// The claims of a genuine token.
pub(super) struct Claims(serde_json::Map<String, serde_json::Value>);

impl Claims {
    pub(super) fn subject(&self) -> Option<String> {
        self.0.get("sub")?.as_str().map(str::to_owned)
    }

    /// Scopes are a text with spaces (`scope`, RFC 8693, section 4.2) or a list (`scp`).
    pub(super) fn has_scope(&self, wanted: &str) -> bool {
        ["scope", "scp"].into_iter().filter_map(|name| self.0.get(name)).any(|value| match value {
            serde_json::Value::String(text) => text.split(' ').any(|scope| scope == wanted),
            serde_json::Value::Array(list) => list.iter().any(|scope| scope.as_str() == Some(wanted)),
            _ => false,
        })
    }
}
