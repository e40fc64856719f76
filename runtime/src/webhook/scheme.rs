//! Other people's signatures: GitHub, Stripe and Slack sign with HMAC-SHA256, too, but not in the headers of the standard.
//!
//! In: headers and the body. Out: the parts that [`Verifier`](super::Verifier) checks: what was signed, when, and the
//! signatures, of which one must be right.

use super::signature::SignatureError;

/// Who signs, and so how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// [Standard Webhooks](https://www.standardwebhooks.com): `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    Standard,
    /// GitHub: `x-hub-signature-256`, over the body alone, so that an old message cannot be told from a new one. The id is
    /// `x-github-delivery`, which is not signed.
    GitHub,
    /// Stripe: `stripe-signature`, with the time in it.
    Stripe,
    /// Slack: `x-slack-signature` and `x-slack-request-timestamp`.
    Slack,
}

/// What a request states, not yet believed.
pub(super) struct Claims<'h> {
    /// When it was signed, in seconds since 1970, as text; `None` where the scheme has no time.
    pub timestamp: Option<&'h str>,
    /// What was signed.
    pub content: Vec<u8>,
    /// Signatures as bytes.
    pub signatures: Vec<Vec<u8>>,
}

const GITHUB: &str = "x-hub-signature-256";
const STRIPE: &str = "stripe-signature";
const SLACK: &str = "x-slack-signature";
const SLACK_TIMESTAMP: &str = "x-slack-request-timestamp";

impl Scheme {
    /// The header that identifies a message, where there is one.
    #[must_use]
    pub const fn id_header(self) -> Option<&'static str> {
        match self {
            Self::Standard => Some(super::ID_HEADER),
            Self::GitHub => Some("x-github-delivery"),
            Self::Stripe | Self::Slack => None,
        }
    }

    /// What the headers of a foreign scheme state; `None` for [`Scheme::Standard`].
    pub(super) fn claims<'h>(
        self,
        header: impl Fn(&'static str) -> Option<&'h str>,
        body: &[u8],
    ) -> Option<Result<Claims<'h>, SignatureError>> {
        let required = |name| header(name).filter(|text| !text.is_empty()).ok_or(SignatureError::Missing(name));
        Some(match self {
            Self::Standard => return None,
            Self::GitHub => required(GITHUB).map(|signature| Claims {
                timestamp: None,
                content: body.to_vec(),
                signatures: signature.strip_prefix("sha256=").and_then(hexadecimal).into_iter().collect(),
            }),
            Self::Stripe => required(STRIPE).and_then(|text| {
                let fields = || text.split(',').filter_map(|field| field.trim().split_once('='));
                let timestamp = fields().find(|(name, _)| *name == "t").map(|(_, value)| value);
                let timestamp = timestamp.ok_or(SignatureError::Timestamp)?;
                let signatures = fields().filter(|(name, _)| *name == "v1");
                Ok(Claims {
                    timestamp: Some(timestamp),
                    content: [timestamp.as_bytes(), b".", body].concat(),
                    signatures: signatures.filter_map(|(_, value)| hexadecimal(value)).collect(),
                })
            }),
            Self::Slack => required(SLACK).and_then(|signature| {
                let timestamp = required(SLACK_TIMESTAMP)?;
                Ok(Claims {
                    timestamp: Some(timestamp),
                    content: [b"v0:", timestamp.as_bytes(), b":", body].concat(),
                    signatures: signature.strip_prefix("v0=").and_then(hexadecimal).into_iter().collect(),
                })
            }),
        })
    }
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| digit.to_digit(16)?.try_into().ok()).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).filter_map(|pair| Some(pair.first()? << 4 | pair.last()?)).collect())
}
