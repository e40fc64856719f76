//! Schema IR -> Rust IR: which Rust type holds the values of a schema.
//!
//! A type holds every value that its schema accepts; it may hold more, since what a type cannot say is checked at the
//! boundary. That is what makes each choice here sound on its own: of several schemas that apply to one value, the type
//! of any of them will do, and the most telling one is taken.

use super::circles::Circles;
use super::customize::{Customization, Fault, customize};
use super::defaults::{self, Unapplied};
use super::formats::Format;
use super::ir::{Alternative, Field, Item, ItemId, ItemKind, Presence, Rest, Type, Types, Variant, When, Wire};
use super::naming::Names;
use super::recursion::box_recursion;
use super::structs::MOST_FIELDS_WITHOUT_BUILDER;
use crate::names::{self, Scope};
use crate::reference::Files;
use crate::schema::{self, Schema, SchemaId, Schemas, TypeSet};
use crate::syntax::{Node, NodeId, Number};
use indexmap::IndexMap;
use proc_macro2::TokenStream;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

/// Containers within containers deeper than this are held as JSON.
const DEEPEST: usize = 100;

/// The first integer that has no room in an `i64`.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
/// The first number beyond `u64`.
const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

/// How schemas become types.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choices {
    /// A schema with `properties` and no `type` describes objects only.
    pub assume_objects: bool,
    /// A format that has a Rust type is that type, and is checked.
    pub typed_formats: bool,
}

/// Makes types of schemas.
pub(super) struct Shaper<'a> {
    files: &'a Files,
    schemas: &'a Schemas,
    choices: Choices,
    /// What schemas are called that have a name of their own.
    names: Names,
    scope: Scope,
    types: Types,
    states: HashMap<SchemaId, State>,
    /// Items whose content is still to be made, so that a chain of references needs no stack.
    todo: VecDeque<(ItemId, Body)>,
    assumed: BTreeSet<SchemaId>,
    /// Inline branches of a union of objects, which need not repeat that they are objects.
    objects_by_context: HashSet<SchemaId>,
    depth: usize,
    circles: Circles,
}

enum State {
    /// Being made; the item stands for it where it holds itself.
    Open(Option<ItemId>),
    Done(Type),
}

enum Body {
    Struct(Vec<SchemaId>),
    Union(Vec<SchemaId>, bool),
    Lanes(TypeSet, Vec<SchemaId>),
}

/// What a [`Shaper`] has made; names may still change.
pub(super) struct Shapes<'a> {
    files: &'a Files,
    schemas: &'a Schemas,
    pub types: Types,
    assumed: BTreeSet<SchemaId>,
    /// What is wrong with the user's wishes.
    pub faults: Vec<Fault>,
    /// The namespace of the types.
    pub scope: Scope,
}

/// [`Shapes`] to which nothing will be changed.
pub(super) struct Shaped<'a> {
    pub types: Types,
    /// Schemas that were taken to describe objects although they do not say so.
    pub assumed: BTreeSet<SchemaId>,
    /// Defaults that mean nothing to the generated code.
    pub unapplied: Vec<Unapplied<'a>>,
    /// The namespace of the types, for what else goes in there.
    pub scope: Scope,
}

impl<'a> Shapes<'a> {
    /// Adds what is said by the names of types: defaults of members, and builders.
    pub(super) fn finish(mut self) -> Shaped<'a> {
        let unapplied = defaults::apply(&mut self.types, self.files, self.schemas);
        for item in &mut self.types.items {
            let wide =
                matches!(&item.kind, ItemKind::Struct { fields, .. } if fields.len() > MOST_FIELDS_WITHOUT_BUILDER);
            item.builder = wide.then(|| self.scope.claim(&format!("{}Builder", item.name.trim_end_matches('_'))));
        }
        Shaped { types: self.types, assumed: self.assumed, unapplied, scope: self.scope }
    }
}

impl<'a> Shaper<'a> {
    pub(super) fn new(
        files: &'a Files,
        schemas: &'a Schemas,
        choices: Choices,
        components: &IndexMap<NodeId, String>,
        first: Option<(SchemaId, &str)>,
    ) -> Self {
        let mut scope = Scope::default();
        let names = Names::new(files, schemas, components, first, &mut scope);
        Self {
            files,
            schemas,
            choices,
            names,
            scope,
            types: Types::default(),
            states: HashMap::new(),
            todo: VecDeque::new(),
            assumed: BTreeSet::new(),
            objects_by_context: HashSet::new(),
            depth: 0,
            circles: Circles::new(schemas),
        }
    }

    /// The named type of a whole payload, headers, or schema: a newtype where the schema gives no named type of its own.
    pub(super) fn root(&mut self, id: SchemaId, name: &str) -> ItemId {
        // A component comes first; a message of the same name gives way.
        let known = self.names.of(self.schemas.target(id)).is_some();
        let wanted = match names::type_name(name) {
            taken if !known && self.scope.holds(&taken) => names::type_name(&format!("{name} message")),
            free => free,
        };
        let target = self.schemas.target(id);
        let item = match self.type_of(id, &wanted) {
            // A union of one branch is the type of that branch, whose check says less than the whole.
            Type::Item(item) if self.types.get(item).is_some_and(|made| made.schema == target) => item,
            of => {
                // What the newtype wraps may have taken the name that belongs to the whole.
                for held in of.held() {
                    if self.types.get(held).is_some_and(|item| item.name == wanted) {
                        let inner = self.scope.claim(&format!("{wanted}Value"));
                        if let Some(item) = self.types.items.get_mut(held.0) {
                            item.name = inner;
                        }
                        self.scope.release(&wanted);
                    }
                }
                let item = self.reserve(id, &wanted);
                self.set(item, ItemKind::Newtype(of));
                item
            }
        };
        self.work();
        item
    }

    /// Says that an item is the payload of a message, and which form it has beside JSON.
    pub(super) fn mark_payload(&mut self, item: ItemId, content_type: &str, wire: Option<Wire>) {
        if let Some(item) = self.types.items.get_mut(item.0).filter(|item| item.content_type.is_none()) {
            item.content_type = Some(content_type.to_owned());
            item.wire = wire;
        }
    }

    /// Fulfils the user's wishes.
    pub(super) fn shapes(mut self, wishes: &Customization) -> Shapes<'a> {
        self.work();
        box_recursion(&mut self.types);
        let faults = customize(&mut self.types, &self.names, &mut self.scope, wishes);
        let Self { files, schemas, types, assumed, scope, .. } = self;
        Shapes { files, schemas, types, assumed, faults, scope }
    }

    fn work(&mut self) {
        while let Some((item, body)) = self.todo.pop_front() {
            let name = self.types.get(item).map(|item| item.name.clone()).unwrap_or_default();
            let kind = match body {
                Body::Struct(parts) => {
                    let schema = self.types.get(item).map_or(parts.first().copied(), |item| Some(item.schema));
                    self.fields(&parts, &name, schema)
                }
                Body::Union(branches, objects) => self.variants(&branches, objects, &name),
                Body::Lanes(lanes, parts) => self.lanes(lanes, &parts, &name),
            };
            self.set(item, kind);
        }
    }

    /// An item for a schema: by its own name, or by the next that is free.
    fn reserve(&mut self, id: SchemaId, name: &str) -> ItemId {
        let schema = self.schemas.get(id);
        let target = self.schemas.target(id);
        let own = if self.names.of(target) == Some(name) { self.names.take(target) } else { None };
        let item = Item {
            name: own.unwrap_or_else(|| self.scope.claim(name)),
            schema: id,
            documentation: documentation(schema),
            deprecated: schema.deprecated,
            kind: ItemKind::Newtype(Type::Json),
            content_type: None,
            wire: None,
            builder: None,
            external: None,
            elsewhere: None,
            derives: Vec::new(),
            attributes: TokenStream::new(),
        };
        self.types.items.push(item);
        ItemId(self.types.items.len() - 1)
    }

    fn set(&mut self, item: ItemId, kind: ItemKind) {
        if let Some(item) = self.types.items.get_mut(item.0) {
            item.kind = kind;
        }
    }

    /// The type of a schema. `name` is what an item made for it is called, if it is no component.
    fn type_of(&mut self, id: SchemaId, name: &str) -> Type {
        let id = self.schemas.target(id);
        let name = match self.names.of(id) {
            Some(own) => own.to_owned(),
            None => names::type_name(name),
        };
        match self.states.get(&id) {
            Some(State::Done(of)) => return of.clone(),
            Some(State::Open(Some(item))) => return Type::Item(*item),
            Some(State::Open(None)) => {
                let item = self.reserve(id, &name);
                self.states.insert(id, State::Open(Some(item)));
                return Type::Item(item);
            }
            None if self.depth >= DEEPEST => return Type::Json,
            None => {}
        }
        self.states.insert(id, State::Open(None));
        self.depth += 1;
        let mut of = self.shape(id, &name);
        self.depth -= 1;
        if let Some(State::Open(Some(item))) = self.states.get(&id) {
            let item = *item;
            self.set(item, ItemKind::Newtype(of));
            of = Type::Item(item);
        }
        self.states.insert(id, State::Done(of.clone()));
        of
    }

    fn parts(&self, id: SchemaId) -> Vec<SchemaId> {
        self.schemas.parts(id)
    }

    fn of_parts<'s>(&'s self, parts: &'s [SchemaId]) -> impl Iterator<Item = &'s Schema> {
        parts.iter().map(|id| self.schemas.get(*id))
    }

    /// The values that `enum` or `const` allow.
    fn values(&self, parts: &[SchemaId]) -> Option<Vec<Node<'a>>> {
        let ids = self
            .of_parts(parts)
            .find_map(|schema| schema.constant.map(|constant| vec![constant]).or_else(|| schema.enumeration.clone()))?;
        Some(ids.into_iter().map(|id| self.files.node(id)).collect())
    }

    /// The JSON types that values of these schemas may have.
    fn possible(&self, parts: &[SchemaId]) -> TypeSet {
        let declared = self.of_parts(parts).filter_map(|schema| schema.types).fold(TypeSet::ALL, TypeSet::and);
        match self.values(parts) {
            Some(values) => declared.and(
                values
                    .into_iter()
                    .map(|value| TypeSet::of(schema::type_of_value(value)))
                    .fold(TypeSet::NONE, TypeSet::or),
            ),
            None => declared,
        }
    }

    fn has_properties(&self, parts: &[SchemaId]) -> bool {
        self.of_parts(parts).any(|schema| !schema.properties.is_empty())
    }

    fn shape(&mut self, id: SchemaId, name: &str) -> Type {
        let parts = self.parts(id);
        let mut possible = self.possible(&parts);
        if possible == TypeSet::ALL && self.has_properties(&parts) {
            let object = TypeSet::of(schema::Type::Object);
            if self.objects_by_context.contains(&id) {
                possible = object;
            } else if self.choices.assume_objects {
                self.assumed.insert(id);
                possible = object;
            }
        }
        let null = TypeSet::of(schema::Type::Null);
        if possible == null {
            return Type::Null;
        }
        let untold = possible == TypeSet::ALL;
        let lanes = possible.without(null);
        let mut nullable = possible.has(schema::Type::Null) && !untold;

        let of = if let Some(values) = self.values(&parts) {
            self.enumerated(id, &values, lanes, name)
        } else if let Some((branches, null_branch)) = self.union(&parts, lanes) {
            nullable = null_branch || (nullable && !untold);
            self.union_type(id, &branches, lanes, name)
        } else if untold {
            return Type::Json;
        } else {
            let mut each = lanes.iter();
            match (each.next(), each.next()) {
                (None, _) => return Type::Json,
                (Some(lane), None) => self.lane(lane, id, &parts, name),
                (Some(_), Some(_)) => {
                    let item = self.reserve(id, name);
                    self.todo.push_back((item, Body::Lanes(lanes, parts)));
                    Type::Item(item)
                }
            }
        };
        if nullable && of != Type::Json { Type::Nullable(Box::new(of)) } else { of }
    }

    /// The type of listed values; all strings are an enum of Rust.
    fn enumerated(&mut self, id: SchemaId, values: &[Node<'_>], lanes: TypeSet, name: &str) -> Type {
        let mut texts: Vec<&str> = Vec::new();
        for text in values.iter().filter_map(|value| value.as_str()) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let mut each = lanes.iter();
        match (each.next(), each.next()) {
            (Some(schema::Type::String), None) if !texts.is_empty() => {
                let item = self.reserve(id, name);
                let variants = Scope::claim_all(texts.iter().copied(), names::variant_name);
                let pairs = variants.into_iter().zip(texts.into_iter().map(str::to_owned)).collect();
                self.set(item, ItemKind::Enumeration(pairs));
                Type::Item(item)
            }
            (Some(schema::Type::Integer), None) => {
                let numbers = || values.iter().filter_map(|value| value.as_number()).map(Number::as_f64);
                if numbers().any(|number| !(-TWO_TO_63..=TWO_TO_64).contains(&number)) {
                    return Type::Json;
                }
                let large = numbers().any(|number| number >= TWO_TO_63) && numbers().all(|number| number >= 0.0);
                Type::Integer(if large { "u64" } else { "i64" })
            }
            (Some(schema::Type::Number), None) => Type::Float,
            (Some(schema::Type::Boolean), None) => Type::Boolean,
            _ => Type::Json,
        }
    }

    /// The branches of `oneOf` or `anyOf` that are worth types of their own, and whether null is one of them.
    fn union(&self, parts: &[SchemaId], lanes: TypeSet) -> Option<(Vec<SchemaId>, bool)> {
        let only = |one: schema::Type| lanes == TypeSet::of(one);
        let simple = [schema::Type::Boolean, schema::Type::Integer, schema::Type::Number, schema::Type::String];
        if self.has_properties(parts) || simple.into_iter().any(only) || only(schema::Type::Array) {
            return None;
        }
        let branches = self.of_parts(parts).find_map(|schema| schema.one_of.as_ref().or(schema.any_of.as_ref()))?;
        let telling = |schema: &Schema| {
            schema.types.is_some()
                || schema.enumeration.is_some()
                || schema.constant.is_some()
                || !schema.properties.is_empty()
                || schema.one_of.is_some()
                || schema.any_of.is_some()
        };
        let mut kept = Vec::new();
        let mut null_branch = false;
        for branch in branches {
            let itself = |part: &SchemaId| self.circles.joins(*part, self.schemas.target(*branch));
            if parts.iter().any(itself) {
                // It offers nothing that the others do not.
                continue;
            }
            let parts = self.parts(*branch);
            if self.possible(&parts) == TypeSet::of(schema::Type::Null) {
                null_branch = true;
            } else if self.of_parts(&parts).any(telling) {
                kept.push(*branch);
            } else {
                return None;
            }
        }
        (!kept.is_empty()).then_some((kept, null_branch))
    }

    fn union_type(&mut self, id: SchemaId, branches: &[SchemaId], lanes: TypeSet, name: &str) -> Type {
        let objects = lanes == TypeSet::of(schema::Type::Object);
        if let [only] = branches {
            self.note_object(*only, objects);
            return self.type_of(*only, name);
        }
        let item = self.reserve(id, name);
        self.todo.push_back((item, Body::Union(branches.to_vec(), objects)));
        Type::Item(item)
    }

    fn note_object(&mut self, branch: SchemaId, objects: bool) {
        if objects && self.schemas.get(branch).reference.is_none() {
            self.objects_by_context.insert(branch);
        }
    }

    fn variants(&mut self, branches: &[SchemaId], objects: bool, name: &str) -> ItemKind {
        let wanted: Vec<String> =
            branches.iter().enumerate().map(|(index, branch)| self.variant_name(*branch, index)).collect();
        let claimed = Scope::claim_all(wanted.iter().map(String::as_str), names::variant_name);
        let mut variants = Vec::new();
        for (branch, variant) in branches.iter().zip(claimed) {
            self.note_object(*branch, objects);
            let tagged = self.tagged(*branch);
            let of = self.type_of(tagged.unwrap_or(*branch), &format!("{name} {variant}"));
            let said = self.schemas.get(self.schemas.target(tagged.unwrap_or(*branch)));
            let documentation = documentation(said);
            let when = if tagged.is_some() { When::Under(*branch) } else { When::Fits(*branch) };
            variants.push(Variant { name: variant, of, when, documentation });
        }
        ItemKind::Union(variants)
    }

    /// What the one member of a branch of a union of Avro holds.
    fn tagged(&self, branch: SchemaId) -> Option<SchemaId> {
        let schema = self.schemas.get(branch);
        let is_branch = schema.origin.as_ref().is_some_and(|origin| origin.kind == "branch");
        schema.properties.first().filter(|_| is_branch).map(|(_, of)| *of)
    }

    /// A branch is called after its component, its title, the constant that marks it, or its type.
    fn variant_name(&self, branch: SchemaId, index: usize) -> String {
        let target = self.schemas.target(branch);
        let schema = self.schemas.get(target);
        if let Some(own) = self.names.written(target) {
            return own.to_owned();
        }
        if let Some(title) = &schema.title {
            return title.clone();
        }
        let parts = self.parts(target);
        let marked = self.of_parts(&parts).flat_map(|schema| &schema.properties).find_map(|(_, property)| {
            let parts = self.parts(*property);
            match self.values(&parts)?.as_slice() {
                [only] => only.as_str().map(str::to_owned),
                _ => None,
            }
        });
        if let Some(tag) = marked {
            return tag;
        }
        let mut lanes = self.possible(&parts).iter();
        match (lanes.next(), lanes.next()) {
            (Some(lane), None) if lane != schema::Type::Object => word(lane).to_owned(),
            _ => format!("variant {}", index + 1),
        }
    }

    fn lanes(&mut self, lanes: TypeSet, parts: &[SchemaId], name: &str) -> ItemKind {
        let Some(id) = parts.first().copied() else { return ItemKind::Newtype(Type::Json) };
        let variants = lanes
            .iter()
            .map(|lane| Variant {
                name: names::variant_name(word(lane)),
                of: self.lane(lane, id, parts, &names::type_name(&format!("{name} {}", word(lane)))),
                when: When::Is(lane),
                documentation: None,
            })
            .collect();
        ItemKind::Union(variants)
    }

    /// The type of those values of a schema that have one JSON type.
    fn lane(&mut self, lane: schema::Type, id: SchemaId, parts: &[SchemaId], name: &str) -> Type {
        match lane {
            schema::Type::Null => Type::Null,
            schema::Type::Boolean => Type::Boolean,
            schema::Type::Integer => self.width(parts).map_or(Type::Json, Type::Integer),
            schema::Type::Number => Type::Float,
            schema::Type::String => self.text(parts),
            schema::Type::Array => self.array(parts, name),
            schema::Type::Object => self.object(id, parts, name),
        }
    }

    /// The width of integers; `None` where the author says that there are some of more than 64 bits. Limits that are those of 64
    /// bits as a double has them are not such: 2^63 for the greatest `i64`.
    fn width(&self, parts: &[SchemaId]) -> Option<&'static str> {
        const WIDTHS: [(&str, &str); 8] = [
            ("int8", "i8"),
            ("int16", "i16"),
            ("int32", "i32"),
            ("int64", "i64"),
            ("uint8", "u8"),
            ("uint16", "u16"),
            ("uint32", "u32"),
            ("uint64", "u64"),
        ];
        let format = self.of_parts(parts).find_map(|schema| schema.format.as_deref());
        if self.choices.typed_formats
            && let Some((_, width)) = WIDTHS.iter().find(|(name, _)| Some(*name) == format)
        {
            return Some(width);
        }
        let low = self.of_parts(parts).flat_map(|schema| {
            let above = schema.exclusive_minimum.as_ref().map(|limit| limit.as_f64().floor() as i128 + 1);
            schema.minimum.as_ref().map(|limit| limit.as_f64().ceil() as i128).into_iter().chain(above)
        });
        let high = self.of_parts(parts).flat_map(|schema| {
            let below = schema.exclusive_maximum.as_ref().map(|limit| limit.as_f64().ceil() as i128 - 1);
            schema.maximum.as_ref().map(|limit| limit.as_f64().floor() as i128).into_iter().chain(below)
        });
        let (low, high) = (low.max(), high.min());
        let readable = -TWO_TO_63 as i128..=TWO_TO_64 as i128;
        if low.iter().chain(&high).any(|limit| !readable.contains(limit)) {
            return None;
        }
        Some(match (low, high) {
            (Some(low), Some(high)) => {
                let holds = |(_, least, greatest): &&(&str, i128, i128)| *least <= low && high <= *greatest;
                let signed = |(name, ..): &&(&str, i128, i128)| name.starts_with('i') == (low < 0);
                let narrowest = defaults::WIDTHS.iter().filter(signed).find(holds);
                narrowest.map_or(if low < 0 { "i64" } else { "u64" }, |(name, ..)| name)
            }
            (Some(low), None) if low >= 0 => "u64",
            _ => "i64",
        })
    }

    fn text(&self, parts: &[SchemaId]) -> Type {
        let format = self.of_parts(parts).find_map(|schema| schema.format.as_deref());
        let typed = format.and_then(Format::find).filter(|_| self.choices.typed_formats);
        typed.map_or(Type::Text, Type::Formatted)
    }

    fn array(&mut self, parts: &[SchemaId], name: &str) -> Type {
        /// The largest tuple for which the runtime, as the standard library, has what it needs.
        const LONGEST_TUPLE: usize = 8;
        let Some(schema) =
            self.of_parts(parts).find(|schema| schema.items.is_some() || !schema.prefix_items.is_empty())
        else {
            return Type::List(Box::new(Type::Json));
        };
        let (prefix, rest, count) = (schema.prefix_items.clone(), schema.items, schema.items_count);
        if prefix.is_empty() {
            let of = rest.map_or(Type::Json, |items| self.type_of(items, &format!("{name} item")));
            return Type::List(Box::new(of));
        }
        let length = prefix.len() as u64;
        let closed =
            rest.is_some_and(|rest| self.schemas.get(rest).boolean == Some(false)) || count.max == Some(length);
        if closed && count.min == Some(length) && prefix.len() <= LONGEST_TUPLE {
            let of = prefix.iter().zip(1..).map(|(id, number)| self.type_of(*id, &format!("{name} item {number}")));
            return Type::Tuple(of.collect());
        }
        Type::List(Box::new(Type::Json))
    }

    fn object(&mut self, id: SchemaId, parts: &[SchemaId], name: &str) -> Type {
        if self.has_properties(parts) {
            let item = self.reserve(id, name);
            self.todo.push_back((item, Body::Struct(parts.to_vec())));
            return Type::Item(item);
        }
        let of = self.additional(parts, name).unwrap_or(Type::Json);
        Type::Map(Box::new(of))
    }

    /// The type of members that no property describes; `None` when there can be none.
    fn additional(&mut self, parts: &[SchemaId], name: &str) -> Option<Type> {
        let closed = self.of_parts(parts).any(|schema| {
            let refused = schema.additional_properties.is_some_and(|id| self.schemas.get(id).boolean == Some(false));
            refused && schema.pattern_properties.is_empty()
        });
        if closed {
            return None;
        }
        let patterned = self.of_parts(parts).any(|schema| !schema.pattern_properties.is_empty());
        let described = self.of_parts(parts).find_map(|schema| schema.additional_properties);
        match described {
            Some(additional) if !patterned => Some(self.type_of(additional, &format!("{name} additional property"))),
            _ => Some(Type::Json),
        }
    }

    /// The fields of a struct; `whole` is the schema that it is made for.
    fn fields(&mut self, parts: &[SchemaId], name: &str, whole: Option<SchemaId>) -> ItemKind {
        let mut properties: Vec<(String, SchemaId)> = Vec::new();
        for (key, property) in self.of_parts(parts).flat_map(|schema| &schema.properties) {
            match properties.iter_mut().find(|(known, _)| known == key) {
                // The same member described twice: any of the two types holds it, so the more telling one is taken.
                Some((_, known)) if self.possible(&self.parts(*known)) == TypeSet::ALL => *known = *property,
                Some(_) => {}
                None => properties.push((key.clone(), *property)),
            }
        }
        let required: HashSet<String> =
            self.of_parts(parts).flat_map(|schema| schema.required.iter().cloned()).collect();
        let (properties, choices) = self.without_choices(properties);
        let keys = properties.iter().map(|(key, _)| key.as_str());
        let keys = keys.chain(choices.iter().map(|choice| choice.name.as_str())).chain(["additionalProperties"]);
        let mut names = Scope::claim_all(keys, names::value_name);
        let rest_name = names.pop().unwrap_or_default();
        let mut names = names.into_iter();
        let mut fields: Vec<Field> = Vec::new();
        for ((key, property), field) in properties.iter().zip(names.by_ref()) {
            let of = self.type_of(*property, &format!("{name} {key}"));
            let target = self.schemas.get(self.schemas.target(*property));
            fields.push(Field {
                name: field,
                key: key.clone(),
                of,
                presence: if required.contains(key) { Presence::Required } else { Presence::Optional },
                schema: *property,
                documentation: self.schemas.get(*property).description.clone().or_else(|| documentation(target)),
                deprecated: target.deprecated,
                attributes: TokenStream::new(),
            });
        }
        for (choice, field) in choices.into_iter().zip(names) {
            let Some(whole) = whole else { continue };
            fields.push(self.choice(choice, field, whole, name));
        }
        let rest = self.additional(parts, name).map(|of| Rest { name: rest_name, of });
        ItemKind::Struct { fields, rest, absent: None }
    }

    /// Properties, without those of which at most one is there: each group of those is a choice.
    fn without_choices(&self, properties: Vec<(String, SchemaId)>) -> (Vec<(String, SchemaId)>, Vec<Group>) {
        let mut groups: Vec<Group> = Vec::new();
        let mut others = Vec::new();
        for (key, property) in properties {
            let origin = self.schemas.get(property).origin.as_ref().filter(|origin| origin.kind == "field");
            let choice = origin.and_then(|origin| origin.name.as_deref()?.strip_prefix("oneof "));
            let Some(choice) = choice else {
                others.push((key, property));
                continue;
            };
            match groups.iter_mut().find(|group| group.name == choice) {
                Some(group) => group.members.push((key, property)),
                None => groups.push(Group { name: choice.to_owned(), members: vec![(key, property)] }),
            }
        }
        (others, groups)
    }

    /// The field of a struct that stands for a group of its members.
    fn choice(&mut self, Group { name: key, members }: Group, field: String, whole: SchemaId, name: &str) -> Field {
        let item = self.reserve(whole, &names::type_name(&format!("{name} {key}")));
        let variants = Scope::claim_all(members.iter().map(|(key, _)| key.as_str()), names::variant_name);
        let mut alternatives = Vec::new();
        for ((key, property), variant) in members.into_iter().zip(variants) {
            let of = self.type_of(property, &format!("{name} {key}"));
            let documentation = self.schemas.get(property).description.clone();
            alternatives.push(Alternative { name: variant, key, of, documentation });
        }
        if let Some(item) = self.types.items.get_mut(item.0) {
            item.documentation = None;
            item.deprecated = false;
        }
        self.set(item, ItemKind::Choice(alternatives));
        let (of, presence) = (Type::Item(item), Presence::Choice);
        Field {
            name: field,
            key,
            of,
            presence,
            schema: whole,
            documentation: None,
            deprecated: false,
            attributes: TokenStream::new(),
        }
    }
}

/// Members of an object of which at most one is there.
struct Group {
    name: String,
    members: Vec<(String, SchemaId)>,
}

/// What the document says of a schema.
fn documentation(schema: &Schema) -> Option<String> {
    schema.description.clone().or_else(|| schema.title.clone())
}

fn word(lane: schema::Type) -> &'static str {
    schema::Type::ALL.iter().find(|(known, _)| *known == lane).map_or("", |(_, word)| word)
}
