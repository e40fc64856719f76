//! Credentials on routes: what the security schemes of an operation ask for is shown, or nothing is handled. Generated
//! operations carry what the document asks for; routes of your own ask for the same by [`Guard::protect`], also where a
//! request would become a WebSocket: it is refused before that.
//!
//! In: the security of an operation, and what a [`Guard`] knows under the keys of the schemes. Out: a router that answers
//! 401 where a credential is missing or wrong, and 403 where a genuine token lacks a scope. What always holds: a scheme
//! that the guard knows nothing about is met by nobody, and comparing takes the same time whatever is wrong.

#[cfg(feature = "webhook-client")]
mod fetched;
mod ring_provider;
mod tokens;

pub use tokens::{KeysError, Tokens};

use crate::message::{Operation, SecurityKind, SecurityScheme};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Who asks: one for each scheme that was met, as an extension of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// The key of the scheme.
    pub scheme: &'static str,
    /// The subject of the token, the user, or the certificate; a key names nobody.
    pub subject: Option<String>,
}

/// What is known of credentials, by the keys of the document's security schemes.
///
/// ```
/// # use tidings_runtime::codegen::routing::*;
/// # use tidings_runtime::message::{SecurityKind, SecurityScheme};
/// # use tidings_runtime::security::Guard;
/// # static CHANNEL: Channel = Channel::new("hooks", Some("/hooks"));
/// static OPERATION: Operation = Operation::new("onHook", &CHANNEL, Action::Receive)
///     .with_security(&[&[SecurityScheme::new("partner", SecurityKind::HeaderKey("x-api-key"))]]);
/// # let router = axum::Router::new();
/// let router: axum::Router = Guard::new().key("partner", "a long secret").protect(router, &OPERATION);
/// ```
#[derive(Clone)]
pub struct Guard {
    /// Secrets are kept as tags under this key, so that comparing does not tell how much was right.
    tagging: hmac::Key,
    credentials: HashMap<String, Vec<Credential>>,
}

#[derive(Clone)]
enum Credential {
    Key(Tag),
    Basic(Tag),
    Tokens(Tokens),
    Certificate { header: String, subject: String },
}

#[derive(Clone)]
struct Tag(hmac::Tag);

/// No credential is shown, only how many there are for which scheme.
impl fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts: Vec<_> = self.credentials.iter().map(|(key, list)| (key, list.len())).collect();
        counts.sort();
        formatter.debug_struct("Guard").field("credentials", &counts).finish_non_exhaustive()
    }
}

impl Default for Guard {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a scheme is not met, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unmet {
    Unauthorized,
    Forbidden,
}

impl Guard {
    /// Knows nobody.
    #[must_use]
    pub fn new() -> Self {
        Self { tagging: hmac::Key::new(hmac::HMAC_SHA256, b"tidings: credentials"), credentials: HashMap::new() }
    }

    /// A key, or a token that is no JWT, is taken for the scheme of this name. While one replaces another, add both.
    #[must_use]
    pub fn key(self, scheme: impl Into<String>, secret: &str) -> Self {
        let tag = self.tag(secret.as_bytes());
        self.with(scheme, Credential::Key(tag))
    }

    /// A user and a password are taken for the scheme of this name.
    #[must_use]
    pub fn user(self, scheme: impl Into<String>, user: &str, password: &str) -> Self {
        let tag = self.tag(format!("{user}:{password}").as_bytes());
        self.with(scheme, Credential::Basic(tag))
    }

    /// Signed tokens (JWT) are taken for the scheme of this name, where they have the scopes that the document names.
    #[must_use]
    pub fn tokens(self, scheme: impl Into<String>, tokens: Tokens) -> Self {
        self.with(scheme, Credential::Tokens(tokens))
    }

    /// A client certificate is taken for the scheme of this name when a proxy, which did the handshake, wrote `subject`
    /// into `header`. Only for routes that nobody reaches but through that proxy, which must drop the header from requests
    /// that bring their own.
    #[must_use]
    pub fn certificate_by_proxy(self, scheme: impl Into<String>, header: &str, subject: &str) -> Self {
        self.with(scheme, Credential::Certificate { header: header.to_owned(), subject: subject.to_owned() })
    }

    fn with(mut self, scheme: impl Into<String>, credential: Credential) -> Self {
        self.credentials.entry(scheme.into()).or_default().push(credential);
        self
    }

    fn tag(&self, secret: &[u8]) -> Tag {
        Tag(hmac::sign(&self.tagging, secret))
    }

    /// Every route of `router` asks for what the document asks of callers of this operation.
    pub fn protect(&self, router: Router, operation: &'static Operation) -> Router {
        self.require(router, operation.security())
    }

    /// Every route of `router` asks for one scheme of each of these lists.
    pub fn require(&self, router: Router, security: &'static [&'static [SecurityScheme]]) -> Router {
        if security.is_empty() {
            return router;
        }
        let state = Arc::new((self.clone(), security));
        router.layer(axum::middleware::from_fn_with_state(state, admit))
    }

    /// Who asks, by one scheme of each list.
    fn callers(&self, security: &[&[SecurityScheme]], shown: &Shown<'_>) -> Result<Vec<Caller>, Unmet> {
        security
            .iter()
            .map(|alternatives| {
                let mut worst = Unmet::Unauthorized;
                for scheme in *alternatives {
                    match self.caller(scheme, shown) {
                        Ok(caller) => return Ok(caller),
                        Err(unmet) => worst = worst.max(unmet),
                    }
                }
                Err(worst)
            })
            .collect()
    }

    fn caller(&self, scheme: &SecurityScheme, shown: &Shown<'_>) -> Result<Caller, Unmet> {
        let credentials = self.credentials.get(scheme.key()).map_or(&[][..], Vec::as_slice);
        let caller = |subject| Ok(Caller { scheme: scheme.key(), subject });
        match scheme.kind() {
            SecurityKind::Bearer => {
                let token = shown.authorization("bearer").ok_or(Unmet::Unauthorized)?;
                // What is no JWT has no scopes.
                if scheme.scopes().is_empty() && self.known(credentials, token.as_bytes(), false) {
                    return caller(None);
                }
                let mut worst = Unmet::Unauthorized;
                for credential in credentials {
                    let Credential::Tokens(tokens) = credential else { continue };
                    let Some(claims) = tokens.verify(token) else { continue };
                    if scheme.scopes().iter().all(|scope| claims.has_scope(scope)) {
                        return caller(claims.subject());
                    }
                    worst = Unmet::Forbidden;
                }
                Err(worst)
            }
            SecurityKind::Basic => {
                let pair = shown.authorization("basic").and_then(|text| STANDARD.decode(text).ok());
                let pair = pair.filter(|pair| self.known(credentials, pair, true)).ok_or(Unmet::Unauthorized)?;
                let user = pair.split(|byte| *byte == b':').next().unwrap_or_default();
                caller(Some(String::from_utf8_lossy(user).into_owned()))
            }
            SecurityKind::HeaderKey(name) => self.by_key(credentials, shown.header(name)).and_then(caller),
            SecurityKind::QueryKey(name) => self.by_key(credentials, shown.query(name).as_deref()).and_then(caller),
            SecurityKind::CookieKey(name) => self.by_key(credentials, shown.cookie(name)).and_then(caller),
            SecurityKind::Certificate => {
                let subject = credentials.iter().find_map(|credential| match credential {
                    Credential::Certificate { header, subject } => {
                        (shown.header(header) == Some(subject)).then(|| subject.clone())
                    }
                    _ => None,
                });
                subject.ok_or(Unmet::Unauthorized).and_then(|subject| caller(Some(subject)))
            }
            SecurityKind::Other => Err(Unmet::Unauthorized),
        }
    }

    /// Whose tokens these schemes take.
    #[cfg(feature = "webhook-client")]
    fn all_tokens(&self, security: &[&[SecurityScheme]]) -> Vec<Tokens> {
        let schemes = security.iter().flat_map(|list| list.iter());
        let credentials = schemes.filter_map(|scheme| self.credentials.get(scheme.key())).flatten();
        let tokens = |credential: &Credential| match credential {
            Credential::Tokens(tokens) => Some(tokens.clone()),
            _ => None,
        };
        credentials.filter_map(tokens).collect()
    }

    fn by_key(&self, credentials: &[Credential], given: Option<&str>) -> Result<Option<String>, Unmet> {
        let known = given.is_some_and(|given| self.known(credentials, given.as_bytes(), false));
        if known { Ok(None) } else { Err(Unmet::Unauthorized) }
    }

    /// Is it one of the secrets? All are looked at, so that the time tells nothing.
    fn known(&self, credentials: &[Credential], given: &[u8], pairs: bool) -> bool {
        let mut known = false;
        for credential in credentials {
            let tag = match credential {
                Credential::Key(tag) if !pairs => tag,
                Credential::Basic(tag) if pairs => tag,
                _ => continue,
            };
            known |= hmac::verify(&self.tagging, given, tag.0.as_ref()).is_ok();
        }
        known
    }
}

/// What a request shows.
struct Shown<'r> {
    headers: &'r HeaderMap,
    uri: &'r Uri,
}

impl<'r> Shown<'r> {
    /// A header that is there once: of two, a proxy may have looked at the other.
    fn header(&self, name: &str) -> Option<&'r str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(first)
    }

    fn authorization(&self, scheme: &str) -> Option<&'r str> {
        let (name, rest) = self.header(AUTHORIZATION.as_str())?.split_once(' ')?;
        name.eq_ignore_ascii_case(scheme).then(|| rest.trim())
    }

    fn query(&self, name: &str) -> Option<String> {
        let decoded = |text: &str| {
            let spaced = text.replace('+', " ");
            percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned())
        };
        let mut values = self.uri.query()?.split('&').filter_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (decoded(key)? == name).then(|| decoded(value))
        });
        let first = values.next()??;
        values.next().is_none().then_some(first)
    }

    fn cookie(&self, name: &str) -> Option<&'r str> {
        let pairs = self.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut values = pairs.flat_map(|text| text.split(';')).filter_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then(|| value.trim_matches('"'))
        });
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }
}

type Required = Arc<(Guard, &'static [&'static [SecurityScheme]])>;

async fn admit(State(required): State<Required>, mut request: Request, next: Next) -> Response {
    let (guard, security) = &*required;
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let shown = Shown { headers: &headers, uri: &uri };
    #[cfg(feature = "webhook-client")]
    if let Some(token) = shown.authorization("bearer") {
        for tokens in guard.all_tokens(security) {
            tokens.freshen(token).await;
        }
    }
    match guard.callers(security, &shown) {
        Ok(callers) => {
            request.extensions_mut().insert(Arc::<[Caller]>::from(callers));
            next.run(request).await
        }
        Err(Unmet::Forbidden) => {
            crate::http::Refusal::new(StatusCode::FORBIDDEN, "the token lacks a scope").into_response()
        }
        Err(Unmet::Unauthorized) => {
            let refusal = crate::http::Refusal::new(StatusCode::UNAUTHORIZED, "a credential is missing or wrong");
            let mut response = refusal.into_response();
            for challenge in challenges(security) {
                response.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            response
        }
    }
}

/// What `www-authenticate` says (RFC 9110, section 11.6.1): each scheme of HTTP that the document names, once.
fn challenges(security: &[&[SecurityScheme]]) -> Vec<&'static str> {
    let mut challenges: Vec<&'static str> = security
        .iter()
        .flat_map(|list| list.iter())
        .filter_map(|scheme| match scheme.kind() {
            SecurityKind::Bearer => Some("Bearer"),
            SecurityKind::Basic => Some("Basic realm=\"this API\", charset=\"UTF-8\""),
            _ => None,
        })
        .collect();
    challenges.sort_unstable();
    challenges.dedup();
    challenges
}
