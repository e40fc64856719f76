//! Security requirements -> alternatives of schemes.
//!
//! In: the `security` of a server or an operation. Out: lists, any one of which is enough, and all of whose schemes are
//! asked for. What always holds: a scheme that cannot be read stays in its list, without a kind, so that nothing is asked
//! for less than the document does.

use super::Lowering;
use crate::document::model::SecurityScheme;
use crate::syntax::{Node, NodeId};

impl Lowering<'_> {
    /// In 3.x each item is a scheme, in 2.x an object that names several, with the scopes of each.
    pub(super) fn security(&self, node: NodeId) -> Vec<Vec<SecurityScheme>> {
        let Some(list) = self.node(node).get("security") else { return Vec::new() };
        let components = self.object(self.document.root, "components");
        let declared = components.map(|node| self.members(node, "securitySchemes")).unwrap_or_default();
        let scopes = |list: Option<Node<'_>>| -> Vec<String> {
            let items = list.into_iter().flat_map(|list| list.items());
            items.filter_map(|scope| scope.as_str().map(str::to_owned)).collect()
        };
        match self.document.version.major() {
            2 => list
                .items()
                .map(|requirement| {
                    let schemes = requirement.entries().map(|entry| {
                        let scheme = declared.iter().find(|(key, ..)| key == entry.key).map(|(.., node)| *node);
                        self.scheme(Some(entry.key), scheme, scopes(Some(entry.value)))
                    });
                    schemes.collect()
                })
                .collect(),
            _ => list
                .items()
                .map(|item| {
                    let scheme = self.target(item.id());
                    let component = declared.iter().find(|(.., node)| Some(*node) == scheme);
                    let needed = scheme.and_then(|scheme| self.node(scheme).get("scopes"));
                    vec![self.scheme(component.map(|(key, ..)| key.as_str()), scheme, scopes(needed))]
                })
                .collect(),
        }
    }

    fn scheme(&self, key: Option<&str>, node: Option<NodeId>, scopes: Vec<String>) -> SecurityScheme {
        let text = |name: &str| self.text(node?, name);
        let kind = match (text("type").unwrap_or_default(), text("scheme")) {
            (kind, Some(scheme)) if kind == "http" => format!("{kind} {}", scheme.to_ascii_lowercase()),
            (kind, _) => kind,
        };
        SecurityScheme {
            key: key.unwrap_or(&kind).to_owned(),
            place: text("in"),
            name: text("name"),
            scopes,
            kind,
        }
    }
}
