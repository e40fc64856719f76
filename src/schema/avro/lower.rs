//! Avro types -> the schema IR: what their values look like as generated types hold them.
//!
//! Values are those of JSON, with what Avro knows better told by `format`: bytes are base64 (`byte`), dates and timestamps
//! are texts of RFC 3339, decimals are texts of digits. A union with null is nullable; any other is an object with one
//! member, named by the branch, as in Avro's own JSON encoding.

use super::model::{Kind, Logical, Primitive, Type, TypeId, Types};
use crate::document::Dialect;
use crate::reference::Files;
use crate::schema::model::{Bounds, Origin, Schema, SchemaId, Type as Json, TypeSet};
use crate::schema::read::Reader;
use crate::syntax::{Node, NodeId, Number};

/// Decimals with more digits stay bytes.
const MOST_DIGITS: u64 = 38;

/// Adds the schema at a node to what a reader has read. Faults were said when the document was checked.
pub(in crate::schema) fn lower(files: &Files, node: NodeId, reader: &mut Reader<'_>) -> SchemaId {
    let mut types = Types::default();
    let root = super::read(files, node, &mut types, &mut Vec::new());
    // Definitions that another schema brought along are the same types here.
    let ids: Vec<(SchemaId, bool)> = types
        .iter()
        .map(|(_, one)| {
            let key = (one.node, String::new());
            if let Some(known) = definition(one).then(|| reader.definitions.get(&key)).flatten() {
                return (*known, true);
            }
            let id = reader.schemas.add(Schema::empty(one.node, one.span, Dialect::Draft7));
            if definition(one) {
                reader.definitions.insert(key, id);
            }
            (id, false)
        })
        .collect();
    let mut lowering = Lowering { files, types: &types, ids: &ids, reader };
    for ((_, one), (id, known)) in types.iter().zip(&ids) {
        if !known {
            let schema = lowering.schema(one);
            lowering.reader.schemas.set(*id, schema);
        }
    }
    lowering.id(root)
}

/// Has it a name that others refer to it by?
fn definition(one: &Type) -> bool {
    matches!(one.kind, Kind::Record(_) | Kind::Enumeration(_) | Kind::Fixed(_))
}

struct Lowering<'a, 'r, 'f> {
    files: &'a Files,
    types: &'a Types,
    ids: &'a [(SchemaId, bool)],
    reader: &'r mut Reader<'f>,
}

impl Lowering<'_, '_, '_> {
    fn id(&self, id: TypeId) -> SchemaId {
        self.ids.get(id.0).map_or(SchemaId::NONE, |(id, _)| *id)
    }

    /// A schema that says nothing yet.
    fn empty(&self, node: Node<'_>) -> Schema {
        Schema::empty(node.id(), node.span(), Dialect::Draft7)
    }

    fn boolean(&mut self, node: Node<'_>, value: bool) -> SchemaId {
        let schema = Schema { boolean: Some(value), ..self.empty(node) };
        self.reader.schemas.add(schema)
    }

    fn schema(&mut self, one: &Type) -> Schema {
        let node = self.files.node(one.node);
        let mut schema = self.empty(node);
        let mut origin = Origin { logical: one.logical.map(logical), ..Origin::default() };
        match &one.kind {
            // Faulty: nothing is known of its values.
            Kind::Unknown => return schema,
            Kind::Primitive(primitive) => {
                origin.kind = primitive.as_str().to_owned();
                primitive_schema(&mut schema, *primitive, one.logical);
            }
            Kind::Fixed(fixed) => {
                origin.kind = "fixed".to_owned();
                name(&mut schema, &mut origin, &fixed.names);
                primitive_schema(&mut schema, Primitive::Bytes, one.logical);
                if schema.format.as_deref() == Some("byte") {
                    let characters = fixed.size.div_ceil(3) * 4;
                    schema.length = Bounds { min: Some(characters), max: Some(characters) };
                }
            }
            Kind::Enumeration(enumeration) => {
                origin.kind = "enum".to_owned();
                name(&mut schema, &mut origin, &enumeration.names);
                schema.types = Some(TypeSet::of(Json::String));
                schema.enumeration = Some(enumeration.symbols.iter().map(|(_, node)| *node).collect());
            }
            Kind::Array(items) => {
                origin.kind = "array".to_owned();
                schema.types = Some(TypeSet::of(Json::Array));
                schema.items = Some(self.id(*items));
            }
            Kind::Map(values) => {
                origin.kind = "map".to_owned();
                schema.types = Some(TypeSet::of(Json::Object));
                schema.additional_properties = Some(self.id(*values));
            }
            Kind::Record(record) => {
                origin.kind = "record".to_owned();
                name(&mut schema, &mut origin, &record.names);
                schema.types = Some(TypeSet::of(Json::Object));
                schema.required = record.fields.iter().map(|field| field.name.clone()).collect();
                for field in &record.fields {
                    let aliases = field.aliases.clone();
                    let property = Schema {
                        reference: Some(self.id(field.of)),
                        reference_stands_alone: true,
                        description: field.documentation.clone(),
                        default: field.default,
                        origin: Some(Box::new(Origin { kind: "field".to_owned(), aliases, ..Origin::default() })),
                        ..self.empty(self.files.node(field.node))
                    };
                    let property = self.reader.schemas.add(property);
                    schema.properties.push((field.name.clone(), property));
                }
                schema.additional_properties = Some(self.boolean(node, false));
            }
            Kind::Union(branches) => {
                origin.kind = "union".to_owned();
                let null = |branch: &&TypeId| matches!(self.types.kind(**branch), Kind::Primitive(Primitive::Null));
                let values: Vec<TypeId> = branches.iter().filter(|branch| !null(branch)).copied().collect();
                let nulls: Vec<SchemaId> = branches.iter().filter(null).map(|branch| self.id(*branch)).collect();
                let choices = match values.as_slice() {
                    [only] => vec![self.id(*only)],
                    several => several.iter().map(|branch| self.tagged(node, *branch)).collect(),
                };
                schema.one_of = Some(nulls.into_iter().chain(choices).collect());
            }
        }
        schema.origin = Some(Box::new(origin));
        schema
    }

    /// `{"tag": value}`
    fn tagged(&mut self, node: Node<'_>, branch: TypeId) -> SchemaId {
        let tag = self.types.tag(branch);
        let schema = Schema {
            title: Some(tag.rsplit('.').next().unwrap_or(&tag).to_owned()),
            types: Some(TypeSet::of(Json::Object)),
            properties: vec![(tag.clone(), self.id(branch))],
            required: vec![tag],
            additional_properties: Some(self.boolean(node, false)),
            origin: Some(Box::new(Origin { kind: "branch".to_owned(), ..Origin::default() })),
            ..self.empty(node)
        };
        self.reader.schemas.add(schema)
    }
}

fn name(schema: &mut Schema, origin: &mut Origin, names: &super::Names) {
    schema.title = Some(names.short().to_owned());
    schema.description = names.documentation.clone();
    origin.name = Some(names.full.clone());
    origin.aliases = names.aliases.clone();
}

fn logical(one: Logical) -> String {
    match one {
        Logical::Decimal { precision, scale } => format!("decimal({precision}, {scale})"),
        Logical::Plain(word) => word.to_owned(),
    }
}

/// The values of a primitive type; those of a fixed are bytes.
fn primitive_schema(schema: &mut Schema, primitive: Primitive, logical: Option<Logical>) {
    let (of, format) = match logical.map(|logical| (logical, logical.as_str())) {
        Some((_, word @ ("uuid" | "date"))) => (Json::String, Some(word)),
        Some((_, "timestamp-millis" | "timestamp-micros" | "timestamp-nanos")) => (Json::String, Some("date-time")),
        Some((Logical::Decimal { precision, scale }, _)) if precision <= MOST_DIGITS => {
            let fraction = if scale == 0 { String::new() } else { format!(r"(\.[0-9]{{1,{scale}}})?") };
            schema.pattern = Some(format!("^-?[0-9]+{fraction}$"));
            (Json::String, Some("decimal"))
        }
        _ => match primitive {
            Primitive::Null => (Json::Null, None),
            Primitive::Boolean => (Json::Boolean, None),
            Primitive::Int => (Json::Integer, Some("int32")),
            Primitive::Long => (Json::Integer, Some("int64")),
            Primitive::Float => (Json::Number, Some("float")),
            Primitive::Double => (Json::Number, Some("double")),
            Primitive::Bytes => (Json::String, Some("byte")),
            Primitive::String => (Json::String, None),
        },
    };
    schema.types = Some(TypeSet::of(of));
    schema.format = format.map(str::to_owned);
    let range = match format {
        Some("int32") => (i128::from(i32::MIN), i128::from(i32::MAX)),
        Some("int64") => (i128::from(i64::MIN), i128::from(i64::MAX)),
        _ => return,
    };
    schema.minimum = Some(Number::from(range.0));
    schema.maximum = Some(Number::from(range.1));
}
