//! Who may connect: security requirements, which are a choice of schemes.
//!
//! In: servers or operations. Out: changes of the rules `SEC`. In 2.x an alternative names schemes of the components with
//! their scopes, in 3.x it is a scheme; both are read into the same form.

use super::differ::{Differ, Spot, words};
use super::matching::{Matched, pair};
use super::{Api, Party, rules};
use crate::syntax::{Node, NodeId};

/// The fields of a scheme that travel.
const FIELDS: [&str; 5] = ["type", "in", "name", "scheme", "openIdConnectUrl"];
/// The fields of an OAuth flow that travel.
const FLOW_FIELDS: [&str; 2] = ["authorizationUrl", "tokenUrl"];

/// One way to prove who one is: schemes that are all needed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Alternative {
    /// Names of the schemes.
    name: String,
    /// What the schemes are.
    kind: Vec<(String, String)>,
    scopes: Vec<String>,
    node: NodeId,
}

impl Differ<'_> {
    /// Compares the requirements of the two objects at a spot.
    pub(super) fn security(&mut self, parties: &[Party], spot: &Spot<'_>, what: &str) {
        let (Some(old), Some(new)) = (spot.old, spot.new) else { return };
        let (before, after) = (alternatives(self.old, old), alternatives(self.new, new));
        if before.is_empty() || after.is_empty() {
            match (before.first(), after.first()) {
                (None, Some(one)) => {
                    let text = format!("{what} asks for credentials: `{}`", one.name);
                    self.report(&rules::SECURITY_ADDED, parties, &spot.between(old, one.node), text, None);
                }
                (Some(one), None) => {
                    let text = format!("{what} no longer asks for credentials");
                    self.report(&rules::SECURITY_ALTERNATIVE_ADDED, parties, &spot.between(one.node, new), text, None);
                }
                _ => {}
            }
            return;
        }
        let Matched { pairs, removed, added } = pair(
            before.iter().collect(),
            after.iter().collect(),
            &[
                &|old: &Alternative, new: &Alternative| old.kind == new.kind && old.scopes == new.scopes,
                &|old, new| old.name == new.name,
                &|old, new| old.kind == new.kind,
            ],
        );
        for (old, new) in pairs {
            let spot = spot.between(old.node, new.node);
            if old.kind != new.kind {
                let text = format!("`{}`, by which one connects to {what}, is another scheme", new.name);
                self.report(&rules::SECURITY_SCHEME_CHANGED, parties, &spot, text, None);
            }
            // Fewer scopes are asked for: more credentials will do.
            let comparison = words(Some(&new.scopes), Some(&old.scopes));
            if old.scopes != new.scopes {
                let text = format!("`{}`, by which one connects to {what}, asks for other scopes", new.name);
                self.report(&rules::SECURITY_SCOPES, parties, &spot, text, Some(&comparison));
            }
        }
        for one in removed {
            let text = format!("{what} no longer takes `{}`", one.name);
            self.report(&rules::SECURITY_ALTERNATIVE_REMOVED, parties, &spot.between(one.node, new), text, None);
        }
        for one in added {
            let text = format!("{what} takes `{}` too", one.name);
            self.report(&rules::SECURITY_ALTERNATIVE_ADDED, parties, &spot.between(old, one.node), text, None);
        }
    }
}

fn alternatives(api: Api<'_>, node: NodeId) -> Vec<Alternative> {
    let list = api.files.node(node).get("security");
    list.into_iter().flat_map(Node::items).map(|item| alternative(api, item)).collect()
}

fn alternative(api: Api<'_>, item: Node<'_>) -> Alternative {
    let mut one = Alternative { name: String::new(), kind: Vec::new(), scopes: Vec::new(), node: item.id() };
    let texts = |list: Option<Node<'_>>| -> Vec<String> {
        list.into_iter().flat_map(Node::items).filter_map(|scope| scope.as_str().map(str::to_owned)).collect()
    };
    let target = api.files.follow(item).unwrap_or(item);
    let mut schemes: Vec<Node<'_>> = Vec::new();
    if target.get_str("type").is_some() {
        let name = item.get_str("$ref").and_then(|text| text.rsplit('/').next());
        one.name = name.or(target.get_str("type")).unwrap_or("").to_owned();
        one.scopes = texts(target.get("scopes"));
        schemes.push(target);
    } else {
        let declared = api.member(api.document.root, "components");
        let declared = declared.and_then(|components| api.member(components.id(), "securitySchemes"));
        let names: Vec<&str> = target.entries().map(|entry| entry.key).collect();
        one.name = names.join(" and ");
        for entry in target.entries() {
            one.scopes.extend(texts(Some(entry.value)));
            schemes.extend(declared.and_then(|declared| api.member(declared.id(), entry.key)));
        }
    }
    for scheme in schemes {
        kind(scheme, &mut one.kind);
    }
    one.scopes.sort_unstable();
    one.scopes.dedup();
    one
}

/// The fields of a scheme and of its flows.
fn kind(scheme: Node<'_>, out: &mut Vec<(String, String)>) {
    let mut fields = |prefix: &str, node: Node<'_>, names: &[&str]| {
        let found = names.iter().filter_map(|name| Some((format!("{prefix}{name}"), node.get_str(name)?.to_owned())));
        out.extend(found);
    };
    fields("", scheme, &FIELDS);
    for flow in scheme.get("flows").into_iter().flat_map(Node::entries) {
        fields(&format!("{}.", flow.key), flow.value, &FLOW_FIELDS);
    }
    out.sort_unstable();
}
