//! Descriptors -> the schema IR: what values of a message look like as generated types hold them.
//!
//! Members have the names of Protobuf's JSON mapping. A field without presence is always there, whether or not it was on
//! the wire; one with presence may be absent. Of a `oneof` at most one member is there. Bytes are base64 (`byte`),
//! timestamps texts of RFC 3339; wrappers are what they wrap, `Struct`, `Value` and `ListValue` any JSON.

use super::compile::{Compiled, compile};
use crate::document::Dialect;
use crate::reference::Files;
use crate::schema::model::{Origin, Schema, SchemaId, Type as Json, TypeSet};
use crate::schema::read::Reader;
use crate::source::Span;
use crate::syntax::{Node, NodeId, Number, place_within};
use protox::prost_reflect::{EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor};

/// Messages of `google.protobuf` that are something else than their fields say: the JSON type, and its format.
const WELL_KNOWN: [(&str, Option<Json>, Option<&str>); 13] = [
    ("Timestamp", Some(Json::String), Some("date-time")),
    ("DoubleValue", Some(Json::Number), Some("double")),
    ("FloatValue", Some(Json::Number), Some("float")),
    ("Int64Value", Some(Json::Integer), Some("int64")),
    ("UInt64Value", Some(Json::Integer), Some("uint64")),
    ("Int32Value", Some(Json::Integer), Some("int32")),
    ("UInt32Value", Some(Json::Integer), Some("uint32")),
    ("BoolValue", Some(Json::Boolean), None),
    ("StringValue", Some(Json::String), None),
    ("BytesValue", Some(Json::String), Some("byte")),
    ("Struct", Some(Json::Object), None),
    ("ListValue", Some(Json::Array), None),
    ("Value", None, None),
];

/// Is a message of this full name something else than its fields say?
pub fn is_well_known(full_name: &str) -> bool {
    well_known(full_name).is_some()
}

fn well_known(full_name: &str) -> Option<(Option<Json>, Option<&'static str>)> {
    let name = full_name.strip_prefix("google.protobuf.")?;
    WELL_KNOWN.iter().find(|(known, ..)| *known == name).map(|(_, of, format)| (*of, *format))
}

/// Makes nodes of the values of every enum that a schema can reach, so that schemas can list them. To be called once for
/// each schema before it is lowered.
pub fn describe_enums(files: &mut Files, node: NodeId) {
    let Ok(compiled) = compile(files, node) else { return };
    for one in compiled.pool.all_enums() {
        if let Some(text) = text_of(&compiled, &one.parent_file()) {
            let values = one.values().map(|value| {
                let span = place(files, text, &one.parent_file(), value.path());
                (value.name().to_owned(), span)
            });
            let values: Vec<(String, Span)> = values.collect();
            files.derive(text, one.full_name(), values);
        }
    }
}

/// The node that holds the text of a file; `None` for those that every compiler brings along.
fn text_of(compiled: &Compiled, file: &FileDescriptor) -> Option<NodeId> {
    compiled.sources.get(file.name()).copied()
}

/// The place of an element, as the compiler noted it: lines and columns from 0, columns in bytes.
fn place(files: &Files, text: NodeId, file: &FileDescriptor, path: &[i32]) -> Span {
    let node = files.node(text);
    let range = || {
        let info = file.file_descriptor_proto().source_code_info.as_ref()?;
        let span = &info.location.iter().find(|location| location.path == path)?.span;
        let number = |index: usize| span.get(index).and_then(|value| usize::try_from(*value).ok());
        let content = node.as_str()?;
        let offset = |line: usize, column: usize| {
            let before: usize = content.split_inclusive('\n').take(line).map(str::len).sum();
            (before + column).min(content.len())
        };
        let start = offset(number(0)?, number(1)?);
        let end = match (number(2)?, number(3)) {
            (line, Some(column)) => offset(line, column),
            (column, None) => offset(number(0)?, column),
        };
        Some(start..end)
    };
    range().map_or(node.span(), |range| place_within(files.sources(), node, range))
}

/// Adds the message of a schema to what a reader has read. `None` when it has faults or it is not clear which message is
/// meant, as was said when the document was checked.
pub(in crate::schema) fn lower(files: &Files, node: NodeId, reader: &mut Reader<'_>) -> Option<SchemaId> {
    let compiled = compile(files, node).ok()?;
    let root = compiled.message.clone();
    let mut lowering = Lowering { files, compiled: &compiled, reader, todo: Vec::new() };
    let id = lowering.message(&root);
    while let Some((id, message)) = lowering.todo.pop() {
        let schema = lowering.body(&message);
        lowering.reader.schemas.set(id, schema);
    }
    Some(id)
}

struct Lowering<'a, 'r, 'f> {
    files: &'a Files,
    compiled: &'a Compiled,
    reader: &'r mut Reader<'f>,
    todo: Vec<(SchemaId, MessageDescriptor)>,
}

impl Lowering<'_, '_, '_> {
    fn text(&self) -> Node<'_> {
        self.files.node(self.compiled.text)
    }

    /// A schema that says nothing, for the element of a file.
    fn empty(&self, file: &FileDescriptor, path: &[i32]) -> Schema {
        let text = text_of(self.compiled, file);
        let span = text.map_or(self.text().span(), |text| place(self.files, text, file, path));
        let mut schema = Schema::empty(text.unwrap_or(self.compiled.text), span, Dialect::Draft7);
        let info = file.file_descriptor_proto().source_code_info.as_ref();
        let location = info.and_then(|info| info.location.iter().find(|location| location.path == path));
        let comment =
            location.and_then(|location| location.leading_comments.as_ref().or(location.trailing_comments.as_ref()));
        schema.description = comment.map(|comment| comment.replace("@RootNode", "").trim().to_owned());
        schema.description = schema.description.filter(|comment| !comment.is_empty());
        schema
    }

    fn add(&mut self, schema: Schema) -> SchemaId {
        self.reader.schemas.add(schema)
    }

    fn bare(&self) -> Schema {
        Schema::empty(self.compiled.text, self.text().span(), Dialect::Draft7)
    }

    fn message(&mut self, message: &MessageDescriptor) -> SchemaId {
        let file = message.parent_file();
        let text = text_of(self.compiled, &file).unwrap_or(self.compiled.text);
        let key = (text, message.full_name().to_owned());
        if let Some(known) = self.reader.definitions.get(&key) {
            return *known;
        }
        let id = self.add(Schema::empty(text, self.text().span(), Dialect::Draft7));
        self.reader.definitions.insert(key, id);
        self.todo.push((id, message.clone()));
        id
    }

    fn body(&mut self, message: &MessageDescriptor) -> Schema {
        let mut schema = self.empty(&message.parent_file(), message.path());
        let name = Some(message.full_name().to_owned());
        schema.origin = Some(Box::new(Origin { kind: "message".to_owned(), name, ..Origin::default() }));
        if let Some((of, format)) = well_known(message.full_name()) {
            schema.types = of.map(TypeSet::of);
            schema.format = format.map(str::to_owned);
            schema.description = None;
            return schema;
        }
        schema.title = Some(message.name().to_owned());
        schema.deprecated = message.descriptor_proto().options.as_ref().is_some_and(|options| options.deprecated());
        schema.types = Some(TypeSet::of(Json::Object));
        for field in message.fields() {
            let property = self.field(&field);
            schema.properties.push((field.json_name().to_owned(), property));
            let always = field.is_list() || field.is_map() || field.is_required() || !field.supports_presence();
            if always {
                schema.required.push(field.json_name().to_owned());
            }
        }
        for choice in message.oneofs().filter(|choice| !choice.is_synthetic()) {
            let members: Vec<String> = choice.fields().map(|field| field.json_name().to_owned()).collect();
            let constraint = self.at_most_one(&members);
            schema.all_of.extend(constraint);
        }
        let closed = Schema { boolean: Some(false), ..self.bare() };
        schema.additional_properties = Some(self.add(closed));
        schema
    }

    /// `oneOf`: one member, or none.
    fn at_most_one(&mut self, members: &[String]) -> Option<SchemaId> {
        if members.len() < 2 {
            return None;
        }
        let mut branches: Vec<SchemaId> = Vec::new();
        for member in members {
            let branch = Schema { required: vec![member.clone()], ..self.bare() };
            branches.push(self.add(branch));
        }
        let any = Schema { any_of: Some(branches.clone()), ..self.bare() };
        let any = self.add(any);
        let none = Schema { not: Some(any), ..self.bare() };
        branches.push(self.add(none));
        let choice = Schema { one_of: Some(branches), ..self.bare() };
        Some(self.add(choice))
    }

    /// The schema of a field: what it holds, with what is said about the field itself.
    fn field(&mut self, field: &FieldDescriptor) -> SchemaId {
        let of = if field.is_map() {
            let Kind::Message(entry) = field.kind() else { return SchemaId::NONE };
            let values = self.value(&entry.map_entry_value_field());
            let map = Schema {
                types: Some(TypeSet::of(Json::Object)),
                additional_properties: Some(values),
                origin: Some(Box::new(Origin { kind: "map".to_owned(), ..Origin::default() })),
                ..self.bare()
            };
            self.add(map)
        } else if field.is_list() {
            let items = self.value(field);
            let list = Schema {
                types: Some(TypeSet::of(Json::Array)),
                items: Some(items),
                origin: Some(Box::new(Origin { kind: "repeated".to_owned(), ..Origin::default() })),
                ..self.bare()
            };
            self.add(list)
        } else {
            self.value(field)
        };
        let mut schema = self.empty(&field.parent_file(), field.path());
        schema.reference = Some(of);
        schema.reference_stands_alone = true;
        schema.deprecated = field.field_descriptor_proto().options.as_ref().is_some_and(|options| options.deprecated());
        let aliases = if field.json_name() == field.name() { Vec::new() } else { vec![field.name().to_owned()] };
        let choice = field.containing_oneof().filter(|choice| !choice.is_synthetic());
        schema.origin = Some(Box::new(Origin {
            kind: "field".to_owned(),
            name: choice.map(|choice| format!("oneof {}", choice.name())),
            aliases,
            logical: None,
            number: Some(field.number()),
        }));
        self.add(schema)
    }

    /// The schema of one value of a field.
    fn value(&mut self, field: &FieldDescriptor) -> SchemaId {
        let kind = field.kind();
        let (of, format, range) = match &kind {
            Kind::Message(message) => return self.message(message),
            Kind::Enum(one) => return self.enumeration(one),
            Kind::Double => (Json::Number, Some("double"), None),
            Kind::Float => (Json::Number, Some("float"), None),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                (Json::Integer, Some("int32"), Some((i128::from(i32::MIN), i128::from(i32::MAX))))
            }
            Kind::Uint32 | Kind::Fixed32 => (Json::Integer, Some("uint32"), Some((0, i128::from(u32::MAX)))),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                (Json::Integer, Some("int64"), Some((i128::from(i64::MIN), i128::from(i64::MAX))))
            }
            Kind::Uint64 | Kind::Fixed64 => (Json::Integer, Some("uint64"), Some((0, i128::from(u64::MAX)))),
            Kind::Bool => (Json::Boolean, None, None),
            Kind::String => (Json::String, None, None),
            Kind::Bytes => (Json::String, Some("byte"), None),
        };
        let kind = format!("{kind:?}").to_lowercase();
        let schema = Schema {
            types: Some(TypeSet::of(of)),
            format: format.map(str::to_owned),
            minimum: range.map(|(minimum, _)| Number::from(minimum)),
            maximum: range.map(|(_, maximum)| Number::from(maximum)),
            origin: Some(Box::new(Origin { kind, ..Origin::default() })),
            ..self.bare()
        };
        self.add(schema)
    }

    fn enumeration(&mut self, one: &EnumDescriptor) -> SchemaId {
        let file = one.parent_file();
        let text = text_of(self.compiled, &file).unwrap_or(self.compiled.text);
        let key = (text, one.full_name().to_owned());
        if let Some(known) = self.reader.definitions.get(&key) {
            return *known;
        }
        let mut schema = self.empty(&file, one.path());
        schema.title = Some(one.name().to_owned());
        schema.types = Some(TypeSet::of(Json::String));
        let values = self.files.derived(text, one.full_name());
        schema.enumeration = (!values.is_empty()).then(|| values.to_vec());
        let name = Some(one.full_name().to_owned());
        schema.origin = Some(Box::new(Origin { kind: "enum".to_owned(), name, ..Origin::default() }));
        let id = self.add(schema);
        self.reader.definitions.insert(key, id);
        id
    }
}
