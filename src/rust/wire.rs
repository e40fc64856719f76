//! Payloads in Avro and Protobuf -> the tables by which the runtime reads and writes their bytes.
//!
//! In: the schema of a payload, and the content type of its message. Out: a [`Form`]: tokens of a constant, or why the
//! payload stays bytes.

use super::ir::Wire;
use super::is_json;
use crate::document::{SchemaFormat, SchemaUse};
use crate::reference::Files;

/// How a payload is written.
#[derive(Debug)]
pub(super) struct Form {
    /// For messages that name none.
    pub content_type: &'static str,
    /// Beside JSON.
    pub wire: Option<Wire>,
}

/// The form of a payload.
///
/// # Errors
/// Why it stays bytes.
pub(super) fn form(files: &Files, payload: &SchemaUse, content_type: Option<&str>) -> Result<Form, &'static str> {
    // Without a content type, what has a binary form is binary.
    let binary = content_type.is_none() || !is_json(content_type);
    let _ = (files, binary);
    match &payload.format {
        #[cfg(feature = "avro")]
        SchemaFormat::Avro => {
            let tables =
                avro::tables(files, payload).ok_or("schema in Avro has faults, or names types defined elsewhere")?;
            Ok(Form { content_type: "avro/binary", wire: Some(Wire { tables, binary }) })
        }
        #[cfg(not(feature = "avro"))]
        SchemaFormat::Avro => Err("schema is in Avro, and the feature `avro` of tidings is off"),
        #[cfg(feature = "protobuf")]
        SchemaFormat::Protobuf => {
            let tables = protobuf::tables(files, payload)
                .ok_or("schema in Protobuf has faults, or does not say which message is meant")?;
            Ok(Form { content_type: "application/protobuf", wire: Some(Wire { tables, binary }) })
        }
        #[cfg(not(feature = "protobuf"))]
        SchemaFormat::Protobuf => Err("schema is in Protobuf, and the feature `protobuf` of tidings is off"),
        _ if is_json(content_type) => Ok(Form { content_type: "application/json", wire: None }),
        _ => Err("content type is not JSON"),
    }
}

#[cfg(feature = "avro")]
mod avro {
    use super::{Files, SchemaUse};
    use crate::schema::avro::{Kind, Logical, Primitive, Type, Types, fingerprint, read};
    use crate::source::Severity;
    use proc_macro2::{Literal, TokenStream};
    use quote::quote;

    /// Decimals with more digits stay bytes.
    const MOST_DIGITS: u64 = 38;

    pub(super) fn tables(files: &Files, payload: &SchemaUse) -> Option<TokenStream> {
        let (mut types, mut faults) = (Types::default(), Vec::new());
        let root = read(files, payload.node, &mut types, &mut faults);
        if faults.iter().any(|fault| fault.severity == Severity::Error) {
            return None;
        }
        let list = types.iter().map(|(_, one)| row(&types, one)).collect::<Option<Vec<_>>>()?;
        let fingerprint = Literal::u64_unsuffixed(fingerprint(&types, root));
        let root = Literal::usize_unsuffixed(root.position());
        Some(quote! {
            rt::codegen::Wire::Avro(&rt::codegen::avro::Schema {
                types: &[#(rt::codegen::avro::Type::#list,)*],
                root: #root,
                fingerprint: #fingerprint,
            })
        })
    }

    /// `None` for a type of which nothing is known.
    fn row(types: &Types, one: &Type) -> Option<TokenStream> {
        let number = |value: usize| Literal::usize_unsuffixed(value);
        let size = match &one.kind {
            Kind::Fixed(fixed) => Some(usize::try_from(fixed.size).ok()?),
            _ => None,
        };
        let logical = match one.logical {
            Some(Logical::Decimal { precision, scale }) if precision <= MOST_DIGITS => {
                let scale = Literal::u64_unsuffixed(scale);
                let size = match size.map(number) {
                    Some(size) => quote!(Some(#size)),
                    None => quote!(None),
                };
                Some(quote!(Decimal { scale: #scale, size: #size }))
            }
            Some(Logical::Plain("uuid")) if size.is_some() => Some(quote!(FixedUuid)),
            Some(Logical::Plain("date")) => Some(quote!(Date)),
            Some(Logical::Plain("timestamp-millis")) => Some(quote!(Timestamp(1_000))),
            Some(Logical::Plain("timestamp-micros")) => Some(quote!(Timestamp(1_000_000))),
            Some(Logical::Plain("timestamp-nanos")) => Some(quote!(Timestamp(1_000_000_000))),
            _ => None,
        };
        if logical.is_some() {
            return logical;
        }
        Some(match &one.kind {
            Kind::Unknown => return None,
            Kind::Primitive(primitive) => match primitive {
                Primitive::Null => quote!(Null),
                Primitive::Boolean => quote!(Boolean),
                Primitive::Int => quote!(Int),
                Primitive::Long => quote!(Long),
                Primitive::Float => quote!(Float),
                Primitive::Double => quote!(Double),
                Primitive::Bytes => quote!(Bytes),
                Primitive::String => quote!(String),
            },
            Kind::Fixed(_) => {
                let size = number(size?);
                quote!(Fixed(#size))
            }
            Kind::Enumeration(enumeration) => {
                let symbols = enumeration.symbols.iter().map(|(symbol, _)| symbol);
                quote!(Enumeration(&[#(#symbols,)*]))
            }
            Kind::Array(items) => {
                let items = number(items.position());
                quote!(Array(#items))
            }
            Kind::Map(values) => {
                let values = number(values.position());
                quote!(Map(#values))
            }
            Kind::Record(record) => {
                let fields = record.fields.iter().map(|field| {
                    let (name, of) = (&field.name, number(field.of.position()));
                    quote!((#name, #of))
                });
                quote!(Record(&[#(#fields,)*]))
            }
            Kind::Union(branches) => {
                let branches = branches.iter().map(|of| {
                    let (tag, of) = (types.tag(*of), number(of.position()));
                    quote!((#tag, #of))
                });
                quote!(Union(&[#(#branches,)*]))
            }
        })
    }
}

#[cfg(feature = "protobuf")]
mod protobuf {
    use super::{Files, SchemaUse};
    use crate::schema::protobuf::{Compiled, compile};
    use proc_macro2::{Ident, Literal, Span, TokenStream};
    use protox::prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
    use quote::quote;

    pub(super) fn tables(files: &Files, payload: &SchemaUse) -> Option<TokenStream> {
        let Compiled { message, .. } = compile(files, payload.node).ok()?;
        let mut tables = Tables { messages: vec![message.clone()] };
        let mut rows = Vec::new();
        while let Some(message) = tables.messages.get(rows.len()).cloned() {
            let mut fields: Vec<FieldDescriptor> = message.fields().collect();
            fields.sort_by_key(FieldDescriptor::number);
            let fields = fields.iter().map(|field| tables.field(field)).collect::<Option<Vec<_>>>()?;
            rows.push(quote!(rt::codegen::protobuf::Message { fields: &[#(#fields,)*] }));
        }
        let index = index(&message);
        Some(quote! {
            rt::codegen::Wire::Protobuf(&rt::codegen::protobuf::Schema {
                messages: &[#(#rows,)*],
                index: &[#(#index,)*],
            })
        })
    }

    /// Where the message stands in its file, as registries write it: the first alone is a zero.
    fn index(message: &MessageDescriptor) -> Vec<Literal> {
        let steps: Vec<i64> =
            message.path().chunks(2).filter_map(|step| step.get(1)).map(|at| i64::from(*at)).collect();
        let numbers = match steps.as_slice() {
            [0] => vec![0],
            several => std::iter::once(several.len() as i64).chain(several.iter().copied()).collect(),
        };
        let mut bytes = Vec::new();
        for number in numbers {
            let mut rest = (number << 1) as u64;
            while rest > 0x7f {
                bytes.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            bytes.push(rest as u8);
        }
        bytes.into_iter().map(Literal::u8_unsuffixed).collect()
    }

    struct Tables {
        /// In the order in which they were met; the position is the number of a message.
        messages: Vec<MessageDescriptor>,
    }

    impl Tables {
        /// `None` for a group, which is not read.
        fn field(&mut self, field: &FieldDescriptor) -> Option<TokenStream> {
            if field.is_group() {
                return None;
            }
            let (label, kind) = if field.is_map() {
                let Kind::Message(entry) = field.kind() else { return None };
                let key = match entry.map_entry_key_field().kind() {
                    Kind::String => quote!(String),
                    Kind::Bool => quote!(Bool),
                    other => {
                        let scalar = scalar(&other)?;
                        quote!(Number(rt::codegen::protobuf::Scalar::#scalar))
                    }
                };
                let label = quote!(Map(rt::codegen::protobuf::MapKey::#key));
                (label, self.kind(&entry.map_entry_value_field().kind())?)
            } else {
                let label = match () {
                    () if field.is_list() && field.is_packed() => quote!(Packed),
                    () if field.is_list() => quote!(Repeated),
                    () if field.is_required() => quote!(Required),
                    () if field.supports_presence() => quote!(Optional),
                    () => quote!(Implicit),
                };
                (label, self.kind(&field.kind())?)
            };
            let (number, name) = (Literal::u32_unsuffixed(field.number()), field.json_name());
            Some(quote! {
                rt::codegen::protobuf::Field {
                    number: #number,
                    name: #name,
                    kind: #kind,
                    label: rt::codegen::protobuf::Label::#label,
                }
            })
        }

        fn kind(&mut self, kind: &Kind) -> Option<TokenStream> {
            let of = match kind {
                Kind::Bool => quote!(Bool),
                Kind::String => quote!(String),
                Kind::Bytes => quote!(Bytes),
                Kind::Enum(one) => {
                    let values = one.values().map(|value| {
                        let (number, name) = (Literal::i32_unsuffixed(value.number()), value.name().to_owned());
                        quote!((#number, #name))
                    });
                    quote!(Enumeration(&[#(#values,)*]))
                }
                Kind::Message(message) => match message.full_name().strip_prefix("google.protobuf.") {
                    Some("Timestamp") => quote!(Timestamp),
                    Some("Struct") => quote!(Struct),
                    Some("ListValue") => quote!(List),
                    Some("Value") => quote!(Json),
                    Some(_) if crate::schema::protobuf::is_well_known(message.full_name()) => {
                        let inner = self.kind(&message.get_field(1)?.kind())?;
                        quote!(Wrapper(&#inner))
                    }
                    _ => {
                        let known = self.messages.iter().position(|one| one.full_name() == message.full_name());
                        let at = known.unwrap_or_else(|| {
                            self.messages.push(message.clone());
                            self.messages.len() - 1
                        });
                        let at = Literal::usize_unsuffixed(at);
                        match message.full_name() {
                            "google.protobuf.Duration" => quote!(Duration(#at)),
                            "google.protobuf.FieldMask" => quote!(FieldMask(#at)),
                            _ => quote!(Message(#at)),
                        }
                    }
                },
                number => {
                    let scalar = scalar(number)?;
                    quote!(Number(rt::codegen::protobuf::Scalar::#scalar))
                }
            };
            Some(quote!(rt::codegen::protobuf::Kind::#of))
        }
    }

    /// The kinds of numbers.
    fn scalar(kind: &Kind) -> Option<Ident> {
        let name = match kind {
            Kind::Double => "Double",
            Kind::Float => "Float",
            Kind::Int32 => "Int32",
            Kind::Int64 => "Int64",
            Kind::Uint32 => "Uint32",
            Kind::Uint64 => "Uint64",
            Kind::Sint32 => "Sint32",
            Kind::Sint64 => "Sint64",
            Kind::Fixed32 => "Fixed32",
            Kind::Fixed64 => "Fixed64",
            Kind::Sfixed32 => "Sfixed32",
            Kind::Sfixed64 => "Sfixed64",
            Kind::Bool | Kind::String | Kind::Bytes | Kind::Enum(_) | Kind::Message(_) => return None,
        };
        Some(Ident::new(name, Span::call_site()))
    }
}
