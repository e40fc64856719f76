//! JSON Schema, in all its drafts and dialects -> the IR.
//!
//! A dynamic reference leads to different schemas on different paths of references. The IR has none: a schema is read
//! once for each dynamic scope in which it is reached, and there each dynamic reference is an ordinary one.

use super::model::{Bounds, Schema, SchemaId, Schemas, Type, TypeSet};
use crate::document::{Dialect, SchemaFormat};
use crate::reference::{Files, Unresolved};
use crate::syntax::{Kind, Node, NodeId, Number};
use indexmap::IndexSet;
use std::collections::{BTreeMap, HashMap};

/// What a dialect has that others lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Reading {
    dialect: Dialect,
    /// `nullable` (OpenAPI 3.0).
    nullable: bool,
    /// Whatever `$schema` says, it is this dialect.
    forced: bool,
    /// Index into [`Reader::scopes`].
    scope: usize,
}

/// Where dynamic references lead: the name of an anchor, and the place of it in the outermost resource that has it.
type Scope = BTreeMap<String, NodeId>;

/// A document with more dynamic scopes than this is read as if the last were never entered, and that is reported.
const MOST_SCOPES: usize = 256;

/// The references that follow `$ref`: keyword and the first draft that has it.
const DYNAMIC_REFERENCES: [(&str, Dialect); 2] =
    [("$recursiveRef", Dialect::Draft2019), ("$dynamicRef", Dialect::Draft2020)];

impl Reading {
    /// How a format is read by default; `None` for a language that is not one of JSON Schema's family.
    fn of(format: &SchemaFormat) -> Option<Self> {
        let (dialect, nullable) = match format {
            SchemaFormat::AsyncApi => (Dialect::Draft7, false),
            SchemaFormat::JsonSchema(dialect) => (*dialect, false),
            SchemaFormat::OpenApi(version) if version == "3.1" => (Dialect::Draft2020, false),
            SchemaFormat::OpenApi(_) => (Dialect::Draft4, true),
            SchemaFormat::Avro | SchemaFormat::Protobuf | SchemaFormat::Unsupported(_) => return None,
        };
        Some(Self { dialect, nullable, forced: false, scope: 0 })
    }
}

/// Reads schemas into [`Schemas`], each node once.
pub struct Reader<'f> {
    files: &'f Files,
    pub(super) schemas: Schemas,
    known: HashMap<(NodeId, Reading), SchemaId>,
    todo: Vec<(SchemaId, NodeId, Reading)>,
    /// Types of other languages that were read, by the place of their definition.
    #[cfg(any(feature = "avro", feature = "protobuf"))]
    pub(super) definitions: HashMap<(NodeId, String), SchemaId>,
    /// The first is that of a document without dynamic anchors.
    scopes: IndexSet<Scope>,
}

impl<'f> Reader<'f> {
    /// Nothing read yet.
    pub fn new(files: &'f Files) -> Self {
        Self {
            files,
            schemas: Schemas::default(),
            known: HashMap::new(),
            todo: Vec::new(),
            #[cfg(any(feature = "avro", feature = "protobuf"))]
            definitions: HashMap::new(),
            scopes: IndexSet::from([Scope::new()]),
        }
    }

    /// Everything that was read.
    pub fn finish(self) -> Schemas {
        self.schemas
    }

    /// Reads a schema and all that it refers to. `None` for a language that is not read.
    pub fn read(&mut self, node: NodeId, format: &SchemaFormat) -> Option<SchemaId> {
        match format {
            #[cfg(feature = "avro")]
            SchemaFormat::Avro => return Some(super::avro::lower(self.files, node, self)),
            #[cfg(feature = "protobuf")]
            SchemaFormat::Protobuf => return super::protobuf::lower(self.files, node, self),
            _ => {}
        }
        let reading = Reading::of(format)?;
        Some(self.read_all(node, reading))
    }

    /// Reads a schema by the draft given, whatever its `$schema` says.
    #[cfg(feature = "compat")]
    pub(super) fn read_as(&mut self, node: NodeId, format: &SchemaFormat, dialect: Dialect) -> SchemaId {
        let nullable = Reading::of(format).is_some_and(|reading| reading.nullable);
        self.read_all(node, Reading { dialect, nullable, forced: true, scope: 0 })
    }

    fn read_all(&mut self, node: NodeId, reading: Reading) -> SchemaId {
        let id = self.enqueue(node, reading);
        while let Some((id, node, reading)) = self.todo.pop() {
            let schema = self.schema(self.files.node(node), reading);
            if let Some(place) = self.schemas.list.get_mut(id.0) {
                *place = schema;
            }
        }
        id
    }

    fn enqueue(&mut self, node: NodeId, reading: Reading) -> SchemaId {
        let reading = self.seen_from(reading, self.files.node(node));
        if let Some(known) = self.known.get(&(node, reading)) {
            return *known;
        }
        let id = SchemaId(self.schemas.list.len());
        self.schemas.list.push(Schema::empty(node, self.files.node(node).span(), reading.dialect));
        self.known.insert((node, reading), id);
        self.todo.push((id, node, reading));
        id
    }

    /// How a schema is read that is reached from a place where this is the reading.
    fn seen_from(&mut self, mut reading: Reading, node: Node<'_>) -> Reading {
        if let Some(dialect) = node.get_str("$schema").and_then(Dialect::parse).filter(|_| !reading.forced) {
            reading.dialect = dialect;
        }
        let anchors = self.files.dynamic_anchors(node);
        if !anchors.is_empty()
            && reading.dialect >= Dialect::Draft2019
            && self.scopes.len() < MOST_SCOPES
            && let Some(mut scope) = self.scopes.get_index(reading.scope).cloned()
        {
            for (name, place) in anchors {
                scope.entry(name.clone()).or_insert(*place);
            }
            reading.scope = self.scopes.insert_full(scope).0;
        }
        reading
    }

    fn schema(&mut self, node: Node<'_>, reading: Reading) -> Schema {
        let mut schema = Schema::empty(node.id(), node.span(), reading.dialect);
        if let Some(boolean) = node.as_bool() {
            schema.boolean = Some(boolean);
            return schema;
        }
        if let Some(reference) = node.get("$ref").filter(|reference| reference.as_str().is_some()) {
            schema.reference = self.reference(&mut schema, reference, None, reading);
            if reading.dialect <= Dialect::Draft7 {
                schema.reference_stands_alone = schema.reference.is_some();
                return schema;
            }
        }
        self.annotations(&mut schema, node);
        self.assertions(&mut schema, node, reading);
        self.arrays(&mut schema, node, reading);
        self.objects(&mut schema, node, reading);
        schema.all_of = self.list(node, "allOf", reading).unwrap_or_default();
        for (keyword, _) in DYNAMIC_REFERENCES.iter().filter(|(_, since)| reading.dialect >= *since) {
            let Some(reference) = node.get(keyword).filter(|reference| reference.as_str().is_some()) else { continue };
            let target = self.reference(&mut schema, reference, Some(keyword), reading);
            if schema.reference.is_none() {
                schema.reference = target;
            } else {
                schema.all_of.extend(target);
            }
        }
        schema.reference_stands_alone = schema.reference.is_some() && node.entries().len() == 1;
        schema.any_of = self.list(node, "anyOf", reading);
        schema.one_of = self.list(node, "oneOf", reading);
        schema.not = self.child(node, "not", reading);
        if reading.dialect >= Dialect::Draft7 {
            schema.condition = self.child(node, "if", reading);
            if schema.condition.is_some() {
                schema.then = self.child(node, "then", reading);
                schema.otherwise = self.child(node, "else", reading);
            }
        }
        schema
    }

    /// What a reference leads to; `dynamic` is its keyword, if that is not `$ref`.
    fn reference(
        &mut self,
        schema: &mut Schema,
        reference: Node<'_>,
        dynamic: Option<&str>,
        reading: Reading,
    ) -> Option<SchemaId> {
        match self.files.resolve(reference) {
            Ok(target) => {
                let target =
                    dynamic.and_then(|keyword| self.outermost(keyword, reference, target, reading)).unwrap_or(target);
                // A component may be a Multi Format Schema Object: the schema is inside.
                let target = target.get("schemaFormat").and_then(|_| target.get("schema")).unwrap_or(target);
                if dynamic.is_some() && self.scopes.len() >= MOST_SCOPES {
                    let what = format!("`{}` (more than {MOST_SCOPES} dynamic scopes)", dynamic.unwrap_or_default());
                    schema.unsupported.push((what, reference.span()));
                }
                Some(self.enqueue(target.id(), reading))
            }
            Err(unresolved) => {
                let what = match unresolved {
                    Unresolved::Remote => "a reference over the network",
                    _ => "a reference that leads nowhere",
                };
                schema.unsupported.push((format!("{what} (`{}`)", reference.as_str().unwrap_or("")), reference.span()));
                None
            }
        }
    }

    /// Where a reference leads that comes first to an anchor of its kind: the outermost of that name.
    fn outermost(&self, keyword: &str, reference: Node<'_>, target: Node<'_>, reading: Reading) -> Option<Node<'f>> {
        let anchor = match keyword {
            "$recursiveRef" => target.get("$recursiveAnchor").and_then(Node::as_bool).filter(|is| *is).map(|_| ""),
            _ => {
                let fragment = reference.as_str()?.split_once('#')?.1;
                target.get_str("$dynamicAnchor").filter(|anchor| *anchor == fragment)
            }
        }?;
        let place = self.scopes.get_index(reading.scope)?.get(anchor)?;
        Some(self.files.node(*place))
    }

    fn annotations(&mut self, schema: &mut Schema, node: Node<'_>) {
        let text = |key: &str| node.get_str(key).map(str::to_owned);
        schema.title = text("title");
        schema.description = text("description");
        schema.deprecated = node.get("deprecated").and_then(Node::as_bool).unwrap_or(false);
        schema.default = node.get("default").map(Node::id);
        schema.discriminator = match node.get("discriminator") {
            Some(name) if name.as_str().is_some() => name.as_str().map(str::to_owned),
            Some(object) => object.get_str("propertyName").map(str::to_owned),
            None => None,
        };
    }

    fn assertions(&mut self, schema: &mut Schema, node: Node<'_>, reading: Reading) {
        let Reading { dialect, nullable, .. } = reading;
        schema.types = node.get("type").map(|types| {
            let words = types.as_str().into_iter().chain(types.items().filter_map(Node::as_str));
            words.filter_map(Type::parse).fold(TypeSet::NONE, |set, one| set.or(TypeSet::of(one)))
        });
        schema.enumeration =
            node.get("enum").filter(|list| list.is_array()).map(|list| list.items().map(Node::id).collect());
        if dialect >= Dialect::Draft6 {
            schema.constant = node.get("const").map(Node::id);
        }
        if nullable && node.get("nullable").and_then(Node::as_bool) == Some(true) {
            schema.types = schema.types.map(|types| types.or(TypeSet::of(Type::Null)));
        }
        schema.format = node.get_str("format").map(str::to_owned);
        let number = |key: &str| node.get(key).and_then(Node::as_number).cloned();
        schema.multiple_of = number("multipleOf");
        schema.minimum = number("minimum");
        schema.maximum = number("maximum");
        if dialect == Dialect::Draft4 {
            let exclusive = |key: &str| node.get(key).and_then(Node::as_bool) == Some(true);
            if exclusive("exclusiveMinimum") {
                schema.exclusive_minimum = schema.minimum.take();
            }
            if exclusive("exclusiveMaximum") {
                schema.exclusive_maximum = schema.maximum.take();
            }
        } else {
            schema.exclusive_minimum = number("exclusiveMinimum");
            schema.exclusive_maximum = number("exclusiveMaximum");
        }
        schema.length = bounds(node, "minLength", "maxLength");
        schema.pattern = node.get_str("pattern").map(str::to_owned);
    }

    fn arrays(&mut self, schema: &mut Schema, node: Node<'_>, reading: Reading) {
        if reading.dialect >= Dialect::Draft2020 {
            schema.prefix_items = self.list(node, "prefixItems", reading).unwrap_or_default();
            schema.items = self.child(node, "items", reading);
        } else if node.get("items").is_some_and(Node::is_array) {
            schema.prefix_items = self.list(node, "items", reading).unwrap_or_default();
            schema.items = self.child(node, "additionalItems", reading);
        } else {
            schema.items = self.child(node, "items", reading);
        }
        if reading.dialect >= Dialect::Draft6 {
            schema.contains = self.child(node, "contains", reading);
        }
        if reading.dialect >= Dialect::Draft2019 {
            schema.contains_count = bounds(node, "minContains", "maxContains");
        }
        if reading.dialect >= Dialect::Draft2019 {
            schema.unevaluated_items = self.child(node, "unevaluatedItems", reading);
        }
        schema.items_count = bounds(node, "minItems", "maxItems");
        schema.unique_items = node.get("uniqueItems").and_then(Node::as_bool).unwrap_or(false);
    }

    fn objects(&mut self, schema: &mut Schema, node: Node<'_>, reading: Reading) {
        schema.properties = self.map(node, "properties", reading);
        schema.pattern_properties = self.map(node, "patternProperties", reading);
        schema.additional_properties = self.child(node, "additionalProperties", reading);
        if reading.dialect >= Dialect::Draft2019 {
            schema.unevaluated_properties = self.child(node, "unevaluatedProperties", reading);
        }
        if reading.dialect >= Dialect::Draft6 {
            schema.property_names = self.child(node, "propertyNames", reading);
        }
        schema.required = node.get("required").map(texts).unwrap_or_default();
        schema.properties_count = bounds(node, "minProperties", "maxProperties");
        // The older word has outlived its split.
        let dependencies: &[&str] = if reading.dialect >= Dialect::Draft2019 {
            &["dependencies", "dependentRequired", "dependentSchemas"]
        } else {
            &["dependencies"]
        };
        for entry in dependencies.iter().filter_map(|key| node.get(key)).flat_map(|object| object.entries()) {
            if entry.value.is_array() {
                schema.dependent_required.push((entry.key.to_owned(), texts(entry.value)));
            } else {
                let child = self.enqueue(entry.value.id(), reading);
                schema.dependent_schemas.push((entry.key.to_owned(), child));
            }
        }
    }

    fn child(&mut self, node: Node<'_>, key: &str, reading: Reading) -> Option<SchemaId> {
        let child = node.get(key)?;
        matches!(child.kind(), Kind::Object(_) | Kind::Boolean(_)).then(|| self.enqueue(child.id(), reading))
    }

    fn list(&mut self, node: Node<'_>, key: &str, reading: Reading) -> Option<Vec<SchemaId>> {
        let list = node.get(key).filter(|list| list.is_array())?;
        Some(list.items().map(|item| self.enqueue(item.id(), reading)).collect())
    }

    fn map(&mut self, node: Node<'_>, key: &str, reading: Reading) -> Vec<(String, SchemaId)> {
        let Some(object) = node.get(key) else { return Vec::new() };
        object.entries().map(|entry| (entry.key.to_owned(), self.enqueue(entry.value.id(), reading))).collect()
    }
}

fn texts(list: Node<'_>) -> Vec<String> {
    list.items().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Counts may be written as `2.0`, or `2e0`.
fn bounds(node: Node<'_>, min: &str, max: &str) -> Bounds {
    let count = |key: &str| node.get(key).and_then(Node::as_number).and_then(count);
    Bounds { min: count(min), max: count(max) }
}

fn count(number: &Number) -> Option<u64> {
    let float = number.as_f64();
    let whole = || (float >= 0.0 && float.fract() == 0.0).then_some(float as u64);
    number.as_str().parse().ok().or_else(whole)
}
