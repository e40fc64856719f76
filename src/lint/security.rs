//! Security requirements: in 2.x they name schemes, in 3.x they are schemes, or references to some.

use super::{Document, at, at_key};
use crate::source::{Diagnostics, Rule, Severity};
use crate::syntax::Node;
use std::collections::HashSet;

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
            let help = document.closest(entry.key, names).map_or_else(
                || "describe it under `components.securitySchemes`".to_owned(),
                |close| format!("did you mean `{close}`?"),
            );
            diagnostics.push(at_key(&SECURITY_SCHEME, entry, message).help(help));
            continue;
        };
        let Some(scheme) = document.resolved(scheme) else { continue };
        if lacks_scopes(scheme, "scopes") {
            continue;
        }
        let flows = scheme.get("flows").into_iter().flat_map(Node::entries);
        let known: Vec<&str> =
            flows.filter_map(|flow| flow.value.get("scopes")).flat_map(Node::entries).map(|scope| scope.key).collect();
        let refused = |scope: &str| match scheme.get_str("type") {
            Some("oauth2") => !known.contains(&scope),
            Some("openIdConnect") | None => false,
            Some(_) => true,
        };
        let scopes = entry.value.items().filter_map(|node| Some((node, node.as_str()?)));
        for (node, scope) in scopes.filter(|(_, scope)| refused(scope)) {
            let message = format!("the security scheme `{}` has no scope `{scope}`", entry.key);
            let help = match (document.closest(scope, known.iter().copied()), known.is_empty()) {
                (Some(close), _) => format!("did you mean `{close}`?"),
                (None, true) => "write an empty list: only `oauth2` and `openIdConnect` have scopes".to_owned(),
                (None, false) => "describe it under `scopes` of a flow".to_owned(),
            };
            diagnostics.push(at(&SECURITY_SCOPES, node, message).help(help));
        }
    }
}

/// Does a flow of a scheme not say which scopes there are? That was diagnosed, and what else is unknown follows from it.
fn lacks_scopes(scheme: Node<'_>, key: &str) -> bool {
    let mut flows = scheme.get("flows").into_iter().flat_map(Node::entries).filter(|flow| !flow.key.starts_with("x-"));
    flows.any(|flow| flow.value.get(key).is_none())
}

/// `security-scopes` of 3.x, where a scheme has both the scopes that are needed and, in its flows, those that exist. The
/// specification does not demand that they agree.
pub(super) fn scopes(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let servers = document.members("servers").filter_map(|entry| document.resolved(entry.value));
    let components = document.root.get("components").and_then(|components| components.get("securitySchemes"));
    let kept = components.into_iter().flat_map(Node::entries).map(|entry| entry.value);
    let used = servers.chain(document.operations_3()).filter_map(|node| node.get("security")).flat_map(Node::items);
    let mut seen = HashSet::new();
    for scheme in used.chain(kept).filter_map(|node| document.resolved(node)) {
        let Some(flows) = scheme.get("flows").filter(|_| seen.insert(scheme.id())) else { continue };
        if lacks_scopes(scheme, "availableScopes") {
            continue;
        }
        let available = || flows.entries().filter_map(|flow| flow.value.get("availableScopes")).flat_map(Node::entries);
        let needed = scheme.get("scopes").into_iter().flat_map(Node::items);
        for (node, scope) in needed.filter_map(|node| Some((node, node.as_str()?))) {
            if available().any(|known| known.key == scope) {
                continue;
            }
            let mut diagnostic = at(&SECURITY_SCOPES, node, format!("no flow of this scheme has the scope `{scope}`"));
            diagnostic.severity = Severity::Warning;
            let close = document.closest(scope, available().map(|known| known.key));
            diagnostics.push(match close {
                Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
                None => diagnostic.help("describe it under `availableScopes` of a flow"),
            });
        }
    }
}
