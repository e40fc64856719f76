//! Standard Webhooks signatures: made, and checked in constant time.
//!
//! In: a secret, and the id, timestamp and raw body of a message. Out: a signature, or whether one of several is right. A
//! message is genuine only if its id and timestamp are covered by the signature and the timestamp is recent.

use super::asymmetric::{self, PublicKey};
use super::scheme::Scheme;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use thiserror::Error;

/// Identifies the message: the same on every attempt.
pub const ID_HEADER: &str = "webhook-id";
/// When this attempt was made, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// Signatures, separated by spaces, each with its version: `v1,..`.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// In front of a secret as text.
const PREFIX: &str = "whsec_";
/// In front of an HMAC-SHA256 signature.
const VERSION: &str = "v1,";
/// Length of a generated secret in bytes.
const GENERATED: usize = 32;
/// How far the sender's clock may be off.
const TOLERANCE: Duration = Duration::from_secs(300);

/// A secret that sender and receiver share. Its `Debug` form does not show it.
#[derive(Clone)]
pub struct Secret {
    key: hmac::Key,
    bytes: Vec<u8>,
}

/// Why a text is no secret.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a webhook secret is `whsec_` and base64 of at least one byte; keys of 32 bytes are `whsk_` and `whpk_`")]
pub struct SecretError;

impl Secret {
    /// Reads `whsec_` and base64; the prefix may be left out.
    ///
    /// # Errors
    /// The text is not base64, or empty.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text)).map_err(|_| SecretError)?;
        if bytes.is_empty() { Err(SecretError) } else { Ok(Self::new(bytes)) }
    }

    /// A secret of any bytes, as GitHub, Stripe and Slack have it.
    ///
    /// # Errors
    /// There is no byte.
    pub fn raw(bytes: &[u8]) -> Result<Self, SecretError> {
        if bytes.is_empty() { Err(SecretError) } else { Ok(Self::new(bytes.to_vec())) }
    }

    /// A new one, from the system's source of randomness; `None` when that fails.
    #[must_use]
    pub fn generate() -> Option<Self> {
        let mut bytes = vec![0; GENERATED];
        SystemRandom::new().fill(&mut bytes).ok()?;
        Some(Self::new(bytes))
    }

    fn new(bytes: Vec<u8>) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &bytes), bytes }
    }

    /// The secret as text, to be handed to the other side and to nobody else.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.bytes))
    }

    /// The signature of a message with its version: `v1,..`.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("{VERSION}{}", STANDARD.encode(context.sign()))
    }

    /// Is this the signature? Takes the same time wherever it differs.
    fn signed(&self, content: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.key, content, signature).is_ok()
    }
}

/// What is signed.
pub(super) fn content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// The headers of a signed message, as they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signed<'h> {
    /// [`ID_HEADER`]
    pub id: Option<&'h str>,
    /// [`TIMESTAMP_HEADER`]
    pub timestamp: Option<&'h str>,
    /// [`SIGNATURE_HEADER`]
    pub signature: Option<&'h str>,
}

/// Why a message is not taken for genuine.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// One of the three headers is missing or empty.
    #[error("the header `{0}` is missing")]
    Missing(&'static str),
    /// The id holds a full stop, which would let id and timestamp run into each other.
    #[error("the header `webhook-id` holds a full stop")]
    Id,
    /// The timestamp is no number of seconds.
    #[error("the header `webhook-timestamp` is no number of seconds since 1970")]
    Timestamp,
    /// The message is too old.
    #[error("the message is too old")]
    Stale,
    /// The message comes from the future.
    #[error("the message comes from the future; check the clocks")]
    Future,
    /// None of the signatures is right.
    #[error("no signature matches")]
    Mismatch,
}

/// Checks signatures against the secrets that are valid at present: two while one replaces the other.
#[derive(Clone, Debug)]
pub struct Verifier {
    scheme: Scheme,
    secrets: Vec<Secret>,
    public_keys: Vec<PublicKey>,
    tolerance: Duration,
}

impl Verifier {
    /// Accepts what was signed with one of these secrets; without any it accepts nothing.
    #[must_use]
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        Self::of(Scheme::Standard, secrets)
    }

    /// Accepts what was signed with one of these secrets in this way.
    #[must_use]
    pub fn of(scheme: Scheme, secrets: impl IntoIterator<Item = Secret>) -> Self {
        let secrets = secrets.into_iter().collect();
        Self { scheme, secrets, public_keys: Vec::new(), tolerance: TOLERANCE }
    }

    /// Accepts what was signed with the key of which this is the public half, too ([`Scheme::Standard`] only).
    #[must_use]
    pub fn public_key(mut self, key: PublicKey) -> Self {
        self.public_keys.push(key);
        self
    }

    /// How messages are signed.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// How far the sender's clock may be off, and how long a message may travel; five minutes unless set.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Is the message genuine, by the clock of this machine?
    ///
    /// # Errors
    /// Why it is not taken for genuine.
    pub fn verify(&self, signed: Signed<'_>, body: &[u8]) -> Result<(), SignatureError> {
        self.verify_at(signed, body, seconds_since_1970())
    }

    /// Is the message genuine, at a time in seconds since 1970?
    ///
    /// # Errors
    /// Why it is not taken for genuine.
    pub fn verify_at(&self, signed: Signed<'_>, body: &[u8], now: u64) -> Result<(), SignatureError> {
        let id = required(signed.id, ID_HEADER)?;
        let timestamp = required(signed.timestamp, TIMESTAMP_HEADER)?;
        let signatures = required(signed.signature, SIGNATURE_HEADER)?;
        if id.contains('.') {
            return Err(SignatureError::Id);
        }
        self.in_time(timestamp, now)?;
        let content = content(id, timestamp, body);
        // Every signature is tried with every secret, so that the time tells nothing.
        let mut genuine = false;
        for one in signatures.split(' ').take(MOST_SIGNATURES) {
            let decoded = |version| STANDARD.decode(one.strip_prefix(version)?).ok();
            if let Some(signature) = decoded(VERSION) {
                genuine |= self.signed(&content, &signature);
            }
            if let Some(signature) = decoded(asymmetric::VERSION) {
                for key in &self.public_keys {
                    genuine |= key.signed(&content, &signature);
                }
            }
        }
        if genuine { Ok(()) } else { Err(SignatureError::Mismatch) }
    }

    /// Is the message genuine, by its headers in whatever scheme this verifier knows, and the clock of this machine?
    ///
    /// # Errors
    /// Why it is not taken for genuine.
    pub fn verify_headers<'h>(
        &self,
        header: impl Fn(&'static str) -> Option<&'h str>,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        let now = seconds_since_1970();
        let Some(claims) = self.scheme.claims(&header, body) else {
            let signed = Signed {
                id: header(ID_HEADER),
                timestamp: header(TIMESTAMP_HEADER),
                signature: header(SIGNATURE_HEADER),
            };
            return self.verify_at(signed, body, now);
        };
        let claims = claims?;
        if let Some(timestamp) = claims.timestamp {
            self.in_time(timestamp, now)?;
        }
        let mut genuine = false;
        for signature in claims.signatures.iter().take(MOST_SIGNATURES) {
            genuine |= self.signed(&claims.content, signature);
        }
        if genuine { Ok(()) } else { Err(SignatureError::Mismatch) }
    }

    fn signed(&self, content: &[u8], signature: &[u8]) -> bool {
        let mut genuine = false;
        for secret in &self.secrets {
            genuine |= secret.signed(content, signature);
        }
        genuine
    }

    fn in_time(&self, timestamp: &str, now: u64) -> Result<(), SignatureError> {
        let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let at: u64 = timestamp.parse().ok().filter(|_| digits).ok_or(SignatureError::Timestamp)?;
        let tolerance = self.tolerance.as_secs();
        if at < now.saturating_sub(tolerance) {
            return Err(SignatureError::Stale);
        }
        if at > now.saturating_add(tolerance) {
            return Err(SignatureError::Future);
        }
        Ok(())
    }
}

/// A header may name many signatures; honest senders name as many as they have secrets.
const MOST_SIGNATURES: usize = 16;

fn required<'h>(value: Option<&'h str>, name: &'static str) -> Result<&'h str, SignatureError> {
    value.filter(|text| !text.is_empty()).ok_or(SignatureError::Missing(name))
}

/// The clock of this machine; a clock before 1970 reads as 1970.
pub(super) fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}
