//! Security requirements (2.x), which name schemes.

use super::{Document, at_key};
use crate::reference::closest;
use crate::source::{Diagnostics, Rule, Severity};
use crate::syntax::Node;

const REQUIREMENT: &str = "https://www.asyncapi.com/docs/reference/specification/v2.6.0#securityRequirementObject";

/// A requirement names a scheme that does not exist.
pub static SECURITY_SCHEME: Rule = Rule {
    id: "security-scheme",
    severity: Severity::Error,
    sentence: "Security requirements name schemes of the Components Object.",
    link: REQUIREMENT,
};

/// Scopes for a scheme that has none, or that it does not have.
pub static SECURITY_SCOPES: Rule = Rule {
    id: "security-scopes",
    severity: Severity::Error,
    sentence: "Scopes are named only for schemes of type `oauth2` and `openIdConnect`, and exist there.",
    link: REQUIREMENT,
};

/// `security-scheme`, `security-scopes`
pub(super) fn requirements(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let schemes = document.root.get("components").and_then(|components| components.get("securitySchemes"));
    let servers = document.members("servers").filter_map(|entry| document.resolved(entry.value));
    let secured = servers.chain(document.operations_2()).filter_map(|node| node.get("security"));
    for entry in secured.flat_map(Node::items).flat_map(Node::entries) {
        let Some(scheme) = schemes.and_then(|schemes| schemes.get(entry.key)) else {
            let message = format!("there is no security scheme `{}` in this document", entry.key);
            let names = schemes.into_iter().flat_map(Node::entries).map(|entry| entry.key);
            let help = closest(entry.key, names).map_or_else(
                || "describe it under `components.securitySchemes`".to_owned(),
                |close| format!("did you mean `{close}`?"),
            );
            diagnostics.push(at_key(&SECURITY_SCHEME, entry, message).help(help));
            continue;
        };
        let Some(scheme) = document.resolved(scheme) else { continue };
        let flows = scheme.get("flows").into_iter().flat_map(Node::entries);
        let known: Vec<&str> =
            flows.filter_map(|flow| flow.value.get("scopes")).flat_map(Node::entries).map(|scope| scope.key).collect();
        let refused = |scope: &str| match scheme.get_str("type") {
            Some("oauth2") => !known.contains(&scope),
            Some("openIdConnect") | None => false,
            Some(_) => true,
        };
        for scope in entry.value.items().filter_map(Node::as_str).filter(|scope| refused(scope)) {
            let message = format!("the security scheme `{}` has no scope `{scope}`", entry.key);
            diagnostics.push(at_key(&SECURITY_SCOPES, entry, message));
        }
    }
}
