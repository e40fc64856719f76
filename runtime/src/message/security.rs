//! Security schemes as generated code states them: what a caller must show.
//!
//! In: the Security Scheme Objects of the document. Out: `'static` descriptors. Nothing secret is in here.

/// A Security Scheme Object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecurityScheme {
    key: &'static str,
    kind: SecurityKind,
    scopes: &'static [&'static str],
}

/// What a scheme asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecurityKind {
    /// A token in the header `authorization` (`http` with the scheme `bearer`, `oauth2`, `openIdConnect`).
    Bearer,
    /// A user and a password (`http` with the scheme `basic`, `userPassword`).
    Basic,
    /// A key in a header of this name.
    HeaderKey(&'static str),
    /// A key in a query parameter of this name.
    QueryKey(&'static str),
    /// A key in a cookie of this name.
    CookieKey(&'static str),
    /// A certificate (`X509`).
    Certificate,
    /// What HTTP has no place for.
    Other,
}

impl SecurityScheme {
    /// A scheme by its key in the document.
    pub const fn new(key: &'static str, kind: SecurityKind) -> Self {
        Self { key, kind, scopes: &[] }
    }

    /// Sets the scopes, all of which a token must have.
    #[must_use]
    pub const fn with_scopes(mut self, scopes: &'static [&'static str]) -> Self {
        self.scopes = scopes;
        self
    }

    /// The key in the document.
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// What is asked for.
    pub const fn kind(&self) -> SecurityKind {
        self.kind
    }

    /// The scopes that a token must have.
    pub const fn scopes(&self) -> &'static [&'static str] {
        self.scopes
    }
}
