//! Servers, and the security schemes that servers and operations ask for.

use super::{Builder, anchor, described};
use crate::docs::text::breakable;
use crate::docs::tree;
use crate::docs::view::{Security, SecurityScheme, Server};
use crate::syntax::Node;

const SERVER: [&str; 11] = [
    "url",
    "host",
    "pathname",
    "protocol",
    "protocolVersion",
    "title",
    "summary",
    "description",
    "variables",
    "security",
    "bindings",
];

impl<'f> Builder<'f> {
    pub(super) fn all_servers(&mut self) -> Vec<Server> {
        let document = self.document;
        let targets = self.servers.clone();
        let mut servers = Vec::new();
        for (server, target) in document.servers.iter().zip(targets) {
            self.walker.mark(server.node);
            let node = self.walker.files.node(server.node);
            let text = |key: &str| node.get_str(key).map(str::to_owned);
            // 2.x writes one URL, perhaps with a scheme that is not the protocol.
            let address = text("url").unwrap_or_else(|| {
                format!("{}://{}{}", server.protocol, server.host, server.pathname.as_deref().unwrap_or_default())
            });
            let bindings = self.walker.get(node, "bindings").map(Node::id);
            servers.push(Server {
                key: server.key.clone(),
                title: text("title"),
                summary: text("summary"),
                address_html: breakable(&address),
                protocol: server.protocol.clone(),
                protocol_version: node.get("protocolVersion").map(tree::value),
                description_html: described(node, 3),
                variables: self.parameters(node, "variables", &target.id),
                security: self.security(node),
                bindings: self.bindings(bindings),
                extras: self.extras(node, &SERVER),
                id: target.id,
            });
        }
        servers
    }

    /// What stands under `security`: schemes or references to them in 3.x, names with scopes in 2.x.
    pub(super) fn security(&mut self, node: Node<'f>) -> Vec<Security> {
        let mut list = Vec::new();
        for item in node.get("security").into_iter().flat_map(|list| list.items()) {
            if self.document.version.major() == 2 {
                for entry in item.entries() {
                    let target = self.security.get(entry.key).cloned();
                    list.push(Security {
                        name: entry.key.to_owned(),
                        page: String::new(),
                        kind: self.kind(entry.key),
                        id: target.map(|target| target.id),
                        scopes: entry.value.items().map(tree::value).collect(),
                        more: Vec::new(),
                    });
                }
                continue;
            }
            let Some(scheme) = self.walker.follow(item) else { continue };
            let component = item.get_str("$ref").and_then(|text| text.strip_prefix("#/components/securitySchemes/"));
            let target = component.and_then(|key| self.security.get(key)).cloned();
            let kind = scheme.get_str("type").unwrap_or_default().to_owned();
            let scopes = scheme.get("scopes").into_iter().flat_map(|scopes| scopes.items());
            list.push(Security {
                name: target.as_ref().map_or_else(|| kind.clone(), |target| target.title.clone()),
                scopes: scopes.map(tree::value).collect(),
                more: match target {
                    Some(_) => Vec::new(),
                    None => self.walker.entries(scheme, &["type", "scopes"]),
                },
                id: target.map(|target| target.id),
                page: String::new(),
                kind,
            });
        }
        list
    }

    /// The type of a scheme of the components.
    fn kind(&mut self, key: &str) -> String {
        let schemes = self.root.get("components").and_then(|components| components.get("securitySchemes"));
        let scheme = schemes.and_then(|schemes| schemes.get(key)).and_then(|scheme| self.walker.follow(scheme));
        scheme.and_then(|scheme| scheme.get_str("type")).unwrap_or_default().to_owned()
    }

    pub(super) fn all_security(&mut self) -> Vec<SecurityScheme> {
        let schemes = self.root.get("components").and_then(|components| components.get("securitySchemes"));
        let mut list = Vec::new();
        for entry in schemes.into_iter().flat_map(|schemes| schemes.entries()) {
            let Some(node) = self.walker.follow(entry.value) else { continue };
            let id = self.security.get(entry.key).map(|target| target.id.clone());
            list.push(SecurityScheme {
                id: id.unwrap_or_else(|| anchor::join(["security", entry.key])),
                key: entry.key.to_owned(),
                kind: node.get_str("type").unwrap_or_default().to_owned(),
                description_html: described(node, 3),
                more: self.walker.entries(node, &["type", "description"]),
            });
        }
        list
    }
}
