//! Ed25519 signatures of Standard Webhooks (`v1a`): the sender keeps a key, receivers know its public half.
//!
//! In: keys as text, `whsk_` and `whpk_` with base64. Out: signatures, or whether one is right.

use super::signature::{SecretError, content};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use std::fmt;
use std::sync::Arc;

/// In front of an ed25519 signature.
pub(super) const VERSION: &str = "v1a,";
const PRIVATE: &str = "whsk_";
const PUBLIC: &str = "whpk_";
const SEED: usize = 32;

/// The key that a sender signs with. Its `Debug` form does not show it.
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<Ed25519KeyPair>,
    seed: [u8; SEED],
}

impl SigningKey {
    /// Reads `whsk_` and base64 of a seed of 32 bytes, or of the seed with the public key after it.
    ///
    /// # Errors
    /// The text is something else, or the two halves do not belong together.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let bytes = STANDARD.decode(text.strip_prefix(PRIVATE).unwrap_or(text)).map_err(|_| SecretError)?;
        let (seed, public) = bytes.split_first_chunk::<SEED>().ok_or(SecretError)?;
        let pair = match public {
            [] => Ed25519KeyPair::from_seed_unchecked(seed),
            public => Ed25519KeyPair::from_seed_and_public_key(seed, public),
        };
        Ok(Self { pair: Arc::new(pair.map_err(|_| SecretError)?), seed: *seed })
    }

    /// A new one, from the system's source of randomness; `None` when that fails.
    #[must_use]
    pub fn generate() -> Option<Self> {
        let mut seed = [0; SEED];
        SystemRandom::new().fill(&mut seed).ok()?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
        Some(Self { pair: Arc::new(pair), seed })
    }

    /// The key as text, to be kept secret.
    #[must_use]
    pub fn reveal(&self) -> String {
        let bytes = [self.seed.as_slice(), self.pair.public_key().as_ref()].concat();
        format!("{PRIVATE}{}", STANDARD.encode(bytes))
    }

    /// The half that receivers know.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.pair.public_key().as_ref().to_vec())
    }

    /// The signature of a message with its version: `v1a,..`.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let signature = self.pair.sign(&content(id, &timestamp.to_string(), body));
        format!("{VERSION}{}", STANDARD.encode(signature))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey(..)")
    }
}

/// The key that a receiver checks signatures with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Reads `whpk_` and base64 of 32 bytes.
    ///
    /// # Errors
    /// The text is something else.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let bytes = STANDARD.decode(text.strip_prefix(PUBLIC).unwrap_or(text)).map_err(|_| SecretError)?;
        if bytes.len() == SEED { Ok(Self(bytes)) } else { Err(SecretError) }
    }

    /// The key as text.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PUBLIC}{}", STANDARD.encode(&self.0))
    }

    pub(super) fn signed(&self, content: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(content, signature).is_ok()
    }
}
