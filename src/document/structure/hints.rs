//! Ways out of frequent mistakes: what has taken the place of a field or a word, and how a value of another type is
//! written as the one that is needed.
//!
//! In: what was found, and what should stand there. Out: a sentence, or nothing where none is better than the message.

use super::shape::{Field, ObjectShape, Shape};
use super::table;
use super::words::{quoted, shortened};
use crate::document::Version;
use crate::syntax::{Kind, Node, to_json};
use std::borrow::Cow;

/// A field that other versions have, and what there is instead.
pub(super) struct Successor {
    /// How the names of the objects begin.
    object: &'static str,
    key: &'static str,
    /// The field of the same object that has taken its place, if there is one.
    pub field: Option<&'static str>,
    /// What to do.
    pub advice: &'static str,
}

/// Rows of [`SUCCESSORS`].
macro_rules! successors {
    ($($object:literal $key:literal $field:expr, $advice:literal;)*) => {
        static SUCCESSORS: &[Successor] =
            &[$(Successor { object: $object, key: $key, field: $field, advice: $advice }),*];
    };
}

successors! {
    "AsyncAPI Object" "tags" None, "write them under `info`";
    "AsyncAPI Object" "externalDocs" None, "write them under `info`";
    "AsyncAPI Object" "operations" None, "operations stand in their channel, as `publish` and `subscribe`";
    "Server Object" "url" Some("host"), "write `host`; the scheme is the field `protocol`, the path `pathname`";
    "Server Object" "host" Some("url"), "write `url`";
    "Server Object" "pathname" None, "it is a part of the `url`";
    "Channel Item Object" "address" None, "the key of the channel is its address";
    "Channel Item Object" "messages" None, "messages stand in `publish` and `subscribe`";
    "Channel Object" "publish" None, "describe it under `operations` at the root, with `action: receive`";
    "Channel Object" "subscribe" None, "describe it under `operations` at the root, with `action: send`";
    "Operation Object" "message" Some("messages"), "write `messages`: references to messages of the channel";
    "Operation Object" "messages" Some("message"), "write `message`, with `oneOf` if there are several";
    "Operation Object" "operationId" None, "the key of the operation is its id";
    "Operation Object" "action" None, "the channel says it, by `publish` or `subscribe`";
    "Operation Object" "channel" None, "operations stand in their channel";
    "Operation Object" "reply" None, "describe the reply as a message of its own";
    "Message Object" "messageId" None, "the key of the message is its id";
    "Message Object" "schemaFormat" None, "write `schemaFormat` and `schema` under `payload`";
    "Message Trait Object" "messageId" None, "the key of the message is its id";
    "Message Trait Object" "schemaFormat" None, "write `schemaFormat` and `schema` under `payload` of the message";
    "Parameter Object" "schema" None, "parameters are text, described by `enum`, `default` and `examples`";
    "Parameter Object" "enum" None, "write it in the `schema` of the parameter";
    "Parameter Object" "default" None, "write it in the `schema` of the parameter";
    "Parameter Object" "examples" None, "write them in the `schema` of the parameter";
    "OAuth Flow Object" "scopes" Some("availableScopes"), "write `availableScopes`";
    "OAuth Flow Object" "availableScopes" Some("scopes"), "write `scopes`";
}

/// What there is instead of a field that this version of an object does not have.
pub(super) fn successor(object: &ObjectShape, key: &str) -> Option<&'static Successor> {
    SUCCESSORS.iter().find(|known| known.key == key && object.name.starts_with(known.object))
}

/// Words of other languages and versions: key, word, what to do.
static WORDS: &[(&str, &str, &str)] = &[
    ("action", "publish", "what `publish` says in version 2 is `receive` here: the action is the application's own"),
    ("action", "subscribe", "what `subscribe` says in version 2 is `send` here: the action is the application's own"),
    ("type", "int", "write `integer`"),
    ("type", "long", "write `integer`, perhaps with `format: int64`"),
    ("type", "float", "write `number`, perhaps with `format: float`"),
    ("type", "double", "write `number`, perhaps with `format: double`"),
    ("type", "decimal", "write `number`"),
    ("type", "bool", "write `boolean`"),
    ("type", "date", "write `string` with `format: date`"),
    ("type", "datetime", "write `string` with `format: date-time`"),
    ("type", "date-time", "write `string` with `format: date-time`"),
    ("type", "uuid", "write `string` with `format: uuid`"),
    ("type", "enum", "write `string` with `enum`"),
    ("type", "list", "write `array`"),
    ("type", "map", "write `object` with `additionalProperties`"),
    ("type", "any", "leave `type` out"),
    ("type", "record", "a schema of Avro needs `schemaFormat: application/vnd.apache.avro;version=1.9.0` beside it"),
];

/// What is meant by a word that is none of the possible values.
pub(super) fn word(key: &str, word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(known, from, _)| (*known, *from) == (key, word)).map(|(_, _, advice)| *advice)
}

/// How a value of a wrong type becomes one of the shape that is needed.
pub(super) fn for_type(document: Node<'_>, node: Node<'_>, shape: &Shape, version: Version) -> Option<String> {
    let text = node.as_str().map(shortened);
    Some(match (shape, node.kind()) {
        (_, Kind::Null) => "give it a value or remove it".to_owned(),
        (
            Shape::Text(_) | Shape::TextOrNull | Shape::Sized { .. } | Shape::OneOf(_),
            Kind::Number(_) | Kind::Boolean(_),
        ) => {
            format!("put it in quotes: \"{}\"", to_json(node))
        }
        (Shape::Text(_), Kind::Object(_)) => format!("write `{}`", node.get_str("propertyName")?),
        (Shape::Boolean | Shape::BooleanOr(_), Kind::String(text)) if boolean(text).is_some() => {
            format!("write `{}`", boolean(text)?)
        }
        (Shape::Number(_), Kind::String(text)) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
            format!("remove the quotes: {}", text.trim())
        }
        (Shape::List(_), Kind::Boolean(_)) if node.own_entry().is_some_and(|entry| entry.key == "required") => {
            "list the property in `required` of the object that has it".to_owned()
        }
        (Shape::List(_), Kind::Object(_)) => "begin each item with `- `, without a name".to_owned(),
        (Shape::List(_), _) => format!("write `[{}]`", scalar(&text?)),
        (Shape::Map(_), Kind::Array(_)) => "give each item a name: `name: …` instead of `- …`".to_owned(),
        (Shape::Map(_), _) => format!("write `{}: …`", scalar(&text?)),
        (Shape::BooleanOr(inner) | Shape::Referable(inner) | Shape::OnlyReference(inner), Kind::String(name)) => {
            let to_component = reference_to(document, name, shape, version);
            to_component.or_else(|| for_type(document, node, inner, version))?
        }
        (Shape::Object(object), kind) => {
            let reference = text.as_deref().and_then(|name| reference_to(document, name, shape, version));
            let only = only_text(object, version).filter(|_| matches!(kind, Kind::String(_)));
            match (reference, only) {
                (Some(reference), _) => reference,
                (None, Some(field)) => format!("write `{}: {}`", field.key, scalar(&text?)),
                // A schema has too many keywords to name them.
                (None, None) if object.fields.len() > 24 => match text {
                    Some(text) => format!("write a schema, such as `{{ const: {} }}`", scalar(&text)),
                    None => "write a schema, such as `{ type: string }`".to_owned(),
                },
                (None, None) => {
                    let fields = object.fields.iter().filter(|field| field.is_in(version));
                    format!("its fields are {}", quoted(fields.map(|field| field.key)))
                }
            }
        }
        _ => return None,
    })
}

/// A text as YAML has it anywhere: in quotes, unless it is no more than a word.
fn scalar(text: &str) -> Cow<'_, str> {
    let is_plain = |character: char| character.is_alphanumeric() || "_-./".contains(character);
    let is_word = !["true", "false", "null"].iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_word && text.starts_with(char::is_alphabetic) && text.chars().all(is_plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{text:?}"))
    }
}

/// What the words of YAML 1.1 say that are plain text since YAML 1.2.
fn boolean(text: &str) -> Option<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "yes", "on"]) { Some(true) } else { is(["false", "no", "off"]).then_some(false) }
}

/// The only field that an object needs, if that is text.
fn only_text(object: &ObjectShape, version: Version) -> Option<&'static Field> {
    let mut required = object.fields.iter().filter(|field| field.required && field.is_in(version));
    let only = required.next().filter(|_| required.next().is_none())?;
    matches!(only.shape, Shape::Text(_)).then_some(only)
}

/// `write $ref: …`, where something of the shape has a name in the document.
pub(super) fn reference_to(document: Node<'_>, name: &str, shape: &Shape, version: Version) -> Option<String> {
    let kind = table::component_kind(shape, version)?;
    let kept = |holder: Option<Node<'_>>| holder?.get(kind)?.get(name).map(|_| ());
    let pointer = match (kept(Some(document)), kept(document.get("components"))) {
        (Some(()), _) => format!("#/{kind}"),
        (None, Some(())) => format!("#/components/{kind}"),
        (None, None) => return None,
    };
    Some(format!("write `$ref: '{pointer}/{}'`", name.replace('~', "~0").replace('/', "~1")))
}
