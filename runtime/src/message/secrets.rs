//! Secrets of connections, which no document holds: found by names that follow from the document.
//!
//! In: the key of a server, the types of its security schemes, and a look-up. Out: [`Credentials`], or what is missing.
//! What always holds: no value of a secret is in an error or in `Debug`.

use std::fmt;
use std::path::PathBuf;

/// What one security scheme asks for.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// A user and a password.
    Password {
        /// The type of the scheme in the document: `userPassword`, `plain`, `scramSha256`, ..
        scheme: &'static str,
        /// Who.
        user: String,
        /// The secret.
        password: String,
    },
    /// A token.
    Token(String),
    /// A certificate of this side (X.509).
    Certificate {
        /// A PEM file.
        certificate: PathBuf,
        /// A PEM file with the key.
        key: PathBuf,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { scheme, user, .. } => {
                formatter.debug_struct("Password").field("scheme", scheme).field("user", user).finish_non_exhaustive()
            }
            Self::Token(_) => formatter.debug_struct("Token").finish_non_exhaustive(),
            Self::Certificate { certificate, .. } => {
                formatter.debug_struct("Certificate").field("certificate", certificate).finish_non_exhaustive()
            }
        }
    }
}

/// How credentials are made of what was found under two names; under one, where the second is empty.
type Make = fn(&'static str, String, String) -> Credentials;

/// Type of the security scheme, the names of its secrets behind the server's key, and what they make.
static SCHEMES: &[(&str, &[&str], Make)] = &[
    ("userPassword", PASSWORD, password),
    ("plain", PASSWORD, password),
    ("scramSha256", PASSWORD, password),
    ("scramSha512", PASSWORD, password),
    ("http basic", PASSWORD, password),
    ("apiKey", TOKEN, |_, token, _| Credentials::Token(token)),
    ("http bearer", TOKEN, |_, token, _| Credentials::Token(token)),
    ("X509", &["CERTIFICATE", "CERTIFICATE_KEY"], |_, certificate, key| Credentials::Certificate {
        certificate: certificate.into(),
        key: key.into(),
    }),
];

const PASSWORD: &[&str] = &["USER", "PASSWORD"];
const TOKEN: &[&str] = &["TOKEN"];

fn password(scheme: &'static str, user: String, password: String) -> Credentials {
    Credentials::Password { scheme, user, password }
}

/// The value of an environment variable, unless it is empty or no text: where secrets are found unless a program has a
/// better place.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The name of a secret: the server's key and `what`, in capitals.
pub(super) fn name(server: &str, what: &str) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' };
    format!("{}_{what}", server.chars().map(plain).collect::<String>())
}

/// The credentials of all schemes whose secrets are known; none where the document asks for none.
pub(super) fn find(
    server: &str,
    security: &[&'static str],
    secrets: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Credentials>, String> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for kind in security {
        let Some((scheme, names, make)) = SCHEMES.iter().find(|(scheme, ..)| scheme == kind) else {
            missing.push(format!("`{kind}`, which has to be set in code"));
            continue;
        };
        let names: Vec<String> = names.iter().map(|what| name(server, what)).collect();
        let values: Option<Vec<String>> = names.iter().map(|name| secrets(name)).collect();
        match values {
            Some(values) => {
                let mut values = values.into_iter();
                found.push(make(scheme, values.next().unwrap_or_default(), values.next().unwrap_or_default()));
            }
            None => missing.push(format!("`{kind}`, which takes {}", names.join(" and "))),
        }
    }
    if found.is_empty() && !missing.is_empty() {
        return Err(format!("the server `{server}` asks for {}", missing.join(", or ")));
    }
    Ok(found)
}
