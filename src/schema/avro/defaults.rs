//! Is a default a value of its type, in the JSON encoding of Avro?

use super::model::{Kind, Primitive, TypeId, Types};
use super::{DEFAULT, UNION_DEFAULT};
use crate::reference::closest;
use crate::source::Rule;
use crate::syntax::Node;

/// So many pairs of a type and a value are looked at: unions of records that resemble each other multiply them.
const MAXIMUM_STEPS: u32 = 100_000;

/// Reports every part of a default that is no value of its type.
pub(super) fn check<'t>(
    types: &Types,
    id: TypeId,
    value: Node<'t>,
    mut report: impl FnMut(&'static Rule, Node<'t>, String, Option<String>),
) {
    let left = &mut { MAXIMUM_STEPS };
    // The default of a union may be a value of any branch; of one that none takes, the first branch says why.
    if let Kind::Union(branches) = types.kind(id) {
        match branches.iter().position(|branch| fault(types, *branch, value, left).is_none()) {
            Some(0) => return,
            Some(_) => {
                let first = branches.first().map(|first| types.tag(*first)).unwrap_or_default();
                let message =
                    format!("the default is not of the first branch, `{first}`: readers before 1.12 refuse it");
                return report(&UNION_DEFAULT, value, message, Some("put its branch first".to_owned()));
            }
            None => {}
        }
        let null = branches.iter().any(|branch| matches!(types.kind(*branch), Kind::Primitive(Primitive::Null)));
        let help = (null && value.as_str() == Some("null")).then(|| "write null without quotes".to_owned());
        let words: Vec<String> = branches.iter().map(|branch| format!("`{}`", types.tag(*branch))).collect();
        let message = format!("the default is a value of none of the branches {}", words.join(", "));
        return report(&DEFAULT, value, message, help);
    }
    if let Some((node, message, help)) = fault(types, id, value, left) {
        report(&DEFAULT, node, message, help);
    }
}

type Fault<'t> = (Node<'t>, String, Option<String>);

/// The first part of a value that is none of its type; none is found once `left` is used up.
fn fault<'t>(types: &Types, id: TypeId, value: Node<'t>, left: &mut u32) -> Option<Fault<'t>> {
    *left = left.checked_sub(1)?;
    let expected = |what: &str| Some((value, format!("the default is {}, not {what}", value.type_name()), None));
    match types.kind(id) {
        Kind::Unknown => None,
        Kind::Primitive(primitive) => {
            let number = value.as_number();
            let integer = number.and_then(|number| number.as_i64());
            let fits = match primitive {
                Primitive::Null => value.is_null(),
                Primitive::Boolean => value.as_bool().is_some(),
                Primitive::Int => integer.is_some_and(|integer| i32::try_from(integer).is_ok()),
                Primitive::Long => integer.is_some(),
                // Infinities and what is no number have no form in JSON but text.
                Primitive::Float | Primitive::Double => {
                    number.is_some() || matches!(value.as_str(), Some("NaN" | "Infinity" | "-Infinity"))
                }
                Primitive::Bytes => value.as_str().is_some_and(is_latin),
                Primitive::String => value.as_str().is_some(),
            };
            if fits { None } else { expected(&format!("a value of `{}`", primitive.as_str())) }
        }
        Kind::Fixed(fixed) => match value.as_str().filter(|text| is_latin(text)) {
            Some(text) if text.chars().count() as u64 == fixed.size => None,
            _ => expected(&format!(
                "text of {} characters up to U+00FF, as `{}` asks for",
                fixed.size,
                fixed.names.short()
            )),
        },
        Kind::Enumeration(enumeration) => match value.as_str() {
            Some(text) if enumeration.symbols.iter().any(|(symbol, _)| symbol == text) => None,
            Some(text) => {
                let symbols = enumeration.symbols.iter().map(|(symbol, _)| symbol.as_str());
                let help = closest(text, symbols).map(|close| format!("did you mean `{close}`?"));
                Some((value, format!("the default is no symbol of `{}`", enumeration.names.short()), help))
            }
            None => expected(&format!("a symbol of `{}`", enumeration.names.short())),
        },
        Kind::Array(items) if value.is_array() => value.items().find_map(|item| fault(types, *items, item, left)),
        Kind::Array(_) => expected("a list"),
        Kind::Map(values) if value.is_object() => {
            value.entries().find_map(|entry| fault(types, *values, entry.value, left))
        }
        Kind::Map(_) => expected("an object"),
        Kind::Record(record) if value.is_object() => {
            record.fields.iter().find_map(|field| match (value.get(&field.name), field.default) {
                (Some(inner), _) => fault(types, field.of, inner, left),
                (None, Some(_)) => None,
                (None, None) => {
                    let message =
                        format!("the default has no `{}`, which `{}` needs", field.name, record.names.short());
                    Some((value, message, None))
                }
            })
        }
        Kind::Record(_) => expected("an object"),
        // Within a default, too, a branch other than the first is taken to be meant.
        Kind::Union(branches) => {
            let fits = branches.iter().any(|branch| fault(types, *branch, value, left).is_none());
            if fits { None } else { expected("a value of any branch of the union") }
        }
    }
}

/// Are all characters bytes?
fn is_latin(text: &str) -> bool {
    text.chars().all(|character| u32::from(character) <= 0xff)
}
