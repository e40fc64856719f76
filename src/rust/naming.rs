//! What a schema is called that has a name of its own: as a component, in its own language, or by the place that
//! references lead to.
//!
//! In: the schemas of a module. Out: an identifier for each of those, claimed before any other, so that what else the
//! document says does not rename it. A schema without such a name is called after the one that holds it.

use crate::names::{Scope, type_name};
use crate::reference::Files;
use crate::schema::{SchemaId, Schemas, TypeSet};
use crate::syntax::{Node, NodeId};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};

/// Schemas within schemas deeper than this are called after the first that reaches them.
const DEEPEST: usize = 16;

/// Keys under which schemas stand by their names.
const CONTAINERS: [&str; 3] = ["$defs", "definitions", "schemas"];

/// Keys that say what a schema is for, which is no name.
const ROLES: [&str; 10] =
    ["contains", "else", "headers", "if", "items", "not", "payload", "propertyNames", "schema", "then"];

struct Name {
    written: String,
    identifier: String,
    /// The identifier is claimed, and waits for its type.
    waits: bool,
}

/// The names of schemas that have one.
pub(super) struct Names {
    known: HashMap<SchemaId, Name>,
}

impl Names {
    /// Finds all names, and claims the identifiers of those that become types: that of `first`, then of components in
    /// their order in the document, then of others.
    pub(super) fn new(
        files: &Files,
        schemas: &Schemas,
        components: &IndexMap<NodeId, String>,
        first: Option<(SchemaId, &str)>,
        scope: &mut Scope,
    ) -> Self {
        let mut known = HashMap::new();
        if let Some((id, name)) = first {
            let identifier = scope.claim(&type_name(name));
            known.insert(schemas.target(id), Name { written: name.to_owned(), identifier, waits: true });
        }
        let targets: HashSet<SchemaId> =
            schemas.iter().filter_map(|(_, schema)| schema.reference).map(|id| schemas.target(id)).collect();
        let mut wanted: Vec<(usize, SchemaId, String)> = Vec::new();
        for (place, (id, schema)) in schemas.iter().enumerate() {
            // What is but a reference has the name of what it leads to.
            if schema.reference.is_some() && schema.reference_stands_alone {
                continue;
            }
            let in_its_language = || schema.origin.as_ref()?.name.as_ref().and(schema.title.clone());
            let by_its_place = || place_name(files, files.node(schema.node), components, 0);
            let found = match components.get_full(&schema.node) {
                Some((place, _, name)) => Some((place, name.clone())),
                None if schema.origin.is_some() => in_its_language().map(|name| (components.len() + place, name)),
                None if targets.contains(&id) => by_its_place().map(|name| (components.len() + place, name)),
                None => None,
            };
            wanted.extend(found.map(|(place, name)| (place, id, name)));
        }
        wanted.sort_by_key(|(place, ..)| *place);
        // A name that is its own identifier keeps it, whatever comes before it.
        for exact in [true, false] {
            for (_, id, written) in &wanted {
                let identifier = type_name(written);
                if (identifier == *written) == exact && !known.contains_key(id) {
                    let waits = becomes_type(schemas, *id);
                    let identifier = if waits { scope.claim(&identifier) } else { identifier };
                    known.insert(*id, Name { written: written.clone(), identifier, waits });
                }
            }
        }
        Self { known }
    }

    /// The identifier of a schema that is no mere reference; it may have to be claimed yet.
    pub(super) fn of(&self, id: SchemaId) -> Option<&str> {
        self.known.get(&id).map(|name| name.identifier.as_str())
    }

    /// Its name as it is written.
    pub(super) fn written(&self, id: SchemaId) -> Option<&str> {
        self.known.get(&id).map(|name| name.written.as_str())
    }

    /// Its identifier if that is claimed for it; but once.
    pub(super) fn take(&mut self, id: SchemaId) -> Option<String> {
        let name = self.known.get_mut(&id).filter(|name| name.waits)?;
        name.waits = false;
        Some(name.identifier.clone())
    }
}

/// Is a type of its own made of a schema? A guess that errs towards no.
fn becomes_type(schemas: &Schemas, id: SchemaId) -> bool {
    schemas.parts(id).into_iter().map(|part| schemas.get(part)).any(|schema| {
        let texts = schema.types.is_none_or(|types| types.has(crate::schema::Type::String));
        let several = schema.types.is_some_and(|types| types != TypeSet::ALL && types.iter().count() > 2);
        let listed = texts && (schema.enumeration.is_some() || schema.constant.is_some());
        let branches = [&schema.one_of, &schema.any_of].into_iter().flatten().any(|branches| branches.len() > 1);
        !schema.properties.is_empty() || listed || branches || several
    })
}

/// What a schema is called that stands somewhere: by its key, by the schema that holds it, or by its file.
fn place_name(files: &Files, node: Node<'_>, components: &IndexMap<NodeId, String>, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    if let Some(name) = components.get(&node.id()) {
        return Some(name.clone());
    }
    let Some(parent) = node.parent() else {
        let title = node.get_str("title").map(str::to_owned);
        return title.or_else(|| {
            let file = files.sources().get(node.source())?.name().rsplit(['/', '\\']).next()?;
            file.split('.').next().filter(|stem| !stem.is_empty()).map(str::to_owned)
        });
    };
    let key = node.own_entry()?.key;
    let holder = |holder: Node<'_>| place_name(files, holder, components, depth + 1);
    match parent.own_entry().map(|entry| entry.key) {
        Some(container) if CONTAINERS.contains(&container) => Some(key.to_owned()),
        Some("properties") => Some(format!("{} {key}", holder(parent.parent()?)?)),
        _ if key == "items" => Some(format!("{} item", holder(parent)?)),
        None if parent.parent().is_none() && !ROLES.contains(&key) => Some(key.to_owned()),
        _ => None,
    }
}
