//! Types as the generator writes them, from bytes and back.
#![cfg(all(feature = "chrono", feature = "uuid"))]

use std::collections::BTreeMap;

use tidings_runtime::codegen::{
    self, Encode, Encoded, Faults, FromValue, Literals, Number, Pattern, Types, Value, chrono, uuid,
};
use tidings_runtime::payload::{Json, Raw};
use tidings_runtime::{DecodeError, EncodeError, Payload};

const _: () = codegen::assert_abi(5);

/// `{type: object, required: [id, items], properties: {...}, additionalProperties: {type: integer}}`
#[derive(Clone, Debug, PartialEq)]
struct Order {
    id: uuid::Uuid,
    at: Option<chrono::DateTime<chrono::FixedOffset>>,
    note: Option<Option<String>>,
    items: Vec<Item>,
    rest: BTreeMap<String, i64>,
}

#[derive(Clone, Debug, PartialEq)]
struct Item {
    sku: String,
    quantity: u8,
}

static ITEM_SKU_PATTERN: Pattern = Pattern::new("^[A-Z]{2}-\\d+$");

fn check_item_sku(value: &Value<'_>, faults: &mut Faults) {
    faults.types(value, Types::STRING);
    faults.pattern(value, &ITEM_SKU_PATTERN);
}

fn check_item_quantity(value: &Value<'_>, faults: &mut Faults) {
    faults.types(value, Types::INTEGER);
    faults.minimum(value, Number::integer(1));
}

fn check_item(value: &Value<'_>, faults: &mut Faults) {
    faults.types(value, Types::OBJECT);
    faults.required(value, &["sku", "quantity"]);
    faults.properties(
        value,
        &[("quantity", check_item_quantity), ("sku", check_item_sku)],
        &[],
        Some(codegen::nothing),
    );
}

fn check_order_id(value: &Value<'_>, faults: &mut Faults) {
    faults.types(value, Types::STRING);
    faults.format(value, codegen::Format::Uuid);
}

fn check_order_at(value: &Value<'_>, faults: &mut Faults) {
    faults.types(value, Types::STRING);
    faults.format(value, codegen::Format::DateTime);
}

fn check_order_note(value: &Value<'_>, faults: &mut Faults) {
    faults.types(value, Types::STRING.or(Types::NULL));
}

fn check_order_items(value: &Value<'_>, faults: &mut Faults) {
    faults.types(value, Types::ARRAY);
    faults.min_items(value, 1);
    faults.items(value, &[], Some(check_item));
}

fn check_order_additional(value: &Value<'_>, faults: &mut Faults) {
    faults.types(value, Types::INTEGER);
}

fn check_order(value: &Value<'_>, faults: &mut Faults) {
    faults.types(value, Types::OBJECT);
    faults.required(value, &["id", "items"]);
    faults.properties(
        value,
        &[("at", check_order_at), ("id", check_order_id), ("items", check_order_items), ("note", check_order_note)],
        &[],
        Some(check_order_additional),
    );
}

codegen::implement_object!(Item, check_item, { required sku = "sku", required quantity = "quantity" });
codegen::plan_object!(Item, {
    required sku = "sku" => codegen::checked::<String>(check_item_sku),
    required quantity = "quantity" => codegen::checked::<u8>(check_item_quantity)
});

codegen::implement_object!(Order, check_order, {
    required id = "id", optional at = "at", optional note = "note", required items = "items", rest rest
});
codegen::plan_object!(Order, {
    required id = "id" => codegen::checked::<uuid::Uuid>(codegen::anything),
    optional at = "at" => codegen::checked::<chrono::DateTime<chrono::FixedOffset>>(codegen::anything),
    optional note = "note" => codegen::checked::<Option<String>>(check_order_note),
    required items = "items" => codegen::list(codegen::own::<Item>(), 1, usize::MAX)
} rest rest => codegen::checked::<i64>(check_order_additional));

impl Payload for Order {
    const CONTENT_TYPE: &'static str = "application/json";

    fn from_slice(bytes: &[u8]) -> Result<Self, DecodeError> {
        codegen::from_slice(bytes, check_order)
    }

    fn to_vec(&self) -> Result<Vec<u8>, EncodeError> {
        codegen::to_vec(self, check_order)
    }
}

const ORDER: &str = r#"{"id":"6f1fb1a4-0b9c-4b43-8d5e-6c2f0b7f2a11","at":"2026-11-21T08:30:00.250+01:00","note":null,"items":[{"sku":"AB-1","quantity":2}],"extra":7}"#;

fn order() -> Result<Order, DecodeError> {
    Order::from_slice(ORDER.as_bytes())
}

#[test]
fn an_order_comes_back_byte_for_byte() {
    let order = order().unwrap();
    assert_eq!(order.note, Some(None));
    assert_eq!(order.rest, BTreeMap::from([("extra".to_owned(), 7)]));
    assert_eq!(order.items[0].quantity, 2);
    assert_eq!(String::from_utf8(order.to_vec().unwrap()).unwrap(), ORDER);
}

#[test]
fn an_integer_written_as_a_decimal_is_an_integer() {
    let text = ORDER.replace(r#""quantity":2"#, r#""quantity":2.0"#);
    assert_eq!(Order::from_slice(text.as_bytes()), order());
}

#[test]
fn every_fault_is_named_by_its_pointer() {
    let text = br#"{"at":"2026-11-21","items":[{"sku":"AB-1","quantity":0},{"sku":"x","a/b~":1}]}"#;
    let error = Order::from_slice(text).unwrap_err();
    let expected = [
        r#"(root): required: expected the property "id", found none"#,
        r#"/at: format: expected date-time, found "2026-11-21""#,
        "/items/0/quantity: minimum: expected at least 1, found 0",
        r#"/items/1: required: expected the property "quantity", found none"#,
        r#"/items/1/sku: pattern: expected a match of /^[A-Z]{2}-\d+$/, found "x""#,
        "/items/1/a~1b~0: additionalProperties: no further property is allowed",
    ];
    assert_eq!(error.to_string(), expected.join("; "));
    let DecodeError::Invalid(faults) = error else {
        panic!("the text is JSON");
    };
    assert_eq!(faults[2].pointer(), "/items/0/quantity");
    assert_eq!(faults[2].keyword(), "minimum");
    assert_eq!(faults[2].message(), "expected at least 1, found 0");
}

#[test]
fn what_the_schema_refuses_is_not_written() {
    let mut order = order().unwrap();
    order.items.clear();
    let EncodeError::Invalid(faults) = order.to_vec().unwrap_err() else {
        panic!("the order can be written");
    };
    assert_eq!(faults[0].pointer(), "/items");
    assert_eq!(faults[0].keyword(), "minItems");
}

#[test]
fn a_rest_that_repeats_a_property_is_not_written() {
    let mut order = order().unwrap();
    order.rest.insert("items".to_owned(), 1);
    let error = order.to_vec().unwrap_err();
    assert!(error.to_string().contains(r#"duplicate key "items""#), "{error}");
}

#[test]
fn a_value_beyond_the_rust_type_is_told_apart_from_a_refused_one() {
    let text = ORDER.replace(r#""quantity":2"#, r#""quantity":256"#);
    let error = Order::from_slice(text.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "/items/0/quantity: expected u8, found 256");
    assert!(matches!(error, DecodeError::Unrepresentable { .. }));
}

#[test]
fn serde_is_as_strict_as_the_payload() {
    assert_eq!(serde_json::from_str::<Order>(ORDER).unwrap(), order().unwrap());
    let error = serde_json::from_str::<Vec<Order>>(r#"[{"items":[]}]"#).unwrap_err();
    assert!(error.to_string().contains("/items: minItems"), "{error}");
    let value = serde_json::to_value(order().unwrap()).unwrap();
    assert_eq!(serde_json::from_value::<Order>(value).unwrap(), order().unwrap());
}

#[test]
fn duplicate_keys_are_refused_wherever_they_are() {
    for text in [r#"{"a":1,"a":1}"#, r#"[{"x":{"a":1,"b":2,"\u0061":3}}]"#, r#"{"":0,"":0}"#] {
        let error = Json::from_slice(text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("duplicate key"), "{text}: {error}");
    }
    assert_eq!(
        Json::from_slice(b"{\"a\":1,\n\"b\":{\"a\":2},\"a\":3}"),
        Err(DecodeError::Syntax { message: r#"duplicate key "a""#.to_owned(), line: 2, column: 15 })
    );
}

#[test]
fn duplicate_keys_are_found_in_large_objects() {
    let mut members: Vec<String> = (0..50_000).map(|index| format!(r#""k{index}":0"#)).collect();
    let text = format!("{{{}}}", members.join(","));
    let value = codegen::parse(text.as_bytes()).unwrap();
    let Value::Object(object) = &value else {
        panic!("it is an object");
    };
    assert_eq!(object.len(), 50_000);
    assert!(object.contains("k49999"));
    members.push(r#""k17":0"#.to_owned());
    let text = format!("{{{}}}", members.join(","));
    let error = codegen::parse(text.as_bytes()).unwrap_err();
    assert!(error.to_string().contains(r#"duplicate key "k17""#), "{error}");
}

#[test]
fn text_that_is_not_json_is_refused_with_its_place() {
    for text in
        ["", " ", "{", "[1,]", "nul", "01", "1 2", "{}x", "'a'", "NaN", "1e999", "\u{feff}1", r#""\ud800""#, "{1:2}"]
    {
        let error = Json::from_slice(text.as_bytes()).unwrap_err();
        assert!(matches!(error, DecodeError::Syntax { .. }), "{text}: {error}");
    }
    assert!(Json::from_slice(b"\"\xff\"").is_err());
    assert!(Json::from_slice("[".repeat(100_000).as_bytes()).is_err());
    let error = Json::from_slice(b"{\n  \"a\": ?}").unwrap_err();
    assert_eq!(error.to_string(), "line 2, column 8: expected value");
    assert_eq!(Json::from_slice(b" \t\r\n1 \n"), Ok(Json::from(1)));
}

#[test]
fn json_and_raw_carry_anything() {
    let text = br#"{"a":[1,2.5,null,true,"x",-3,18446744073709551615]}"#;
    let json = Json::from_slice(text).unwrap();
    assert_eq!(json, serde_json::from_slice::<serde_json::Value>(text).unwrap());
    assert_eq!(json.to_vec().unwrap(), text);
    let raw = Raw::from_slice(b"\x00\xff").unwrap();
    assert_eq!(raw.to_vec().unwrap(), b"\x00\xff");
    assert_eq!(Raw::CONTENT_TYPE, "application/octet-stream");
}

#[test]
fn objects_keep_the_order_of_the_text() {
    let text = r#"{"b":1,"a":{"z":[],"y":{}},"\n":null}"#;
    let value = codegen::parse(text.as_bytes()).unwrap().into_owned();
    assert_eq!(serde_json::to_string(&value).unwrap(), text);
}

#[test]
fn values_equal_as_json_schema_has_it() {
    let equal =
        [("1", "1.0"), ("0", "-0.0"), ("[1,{\"a\":1,\"b\":2}]", "[1.0,{\"b\":2,\"a\":1e0}]"), ("\"\\u0061\"", "\"a\"")];
    let different = [
        ("1", "true"),
        ("0", "false"),
        ("0", "null"),
        ("[1,2]", "[2,1]"),
        ("{\"a\":1}", "{\"a\":1,\"b\":2}"),
        ("{\"a\":1}", "{\"b\":1}"),
        ("\"1\"", "1"),
        ("9007199254740993", "9007199254740992.0"),
    ];
    let parse = |text: &'static str| codegen::parse(text.as_bytes()).unwrap();
    for (left, right) in equal {
        assert_eq!(parse(left), parse(right));
    }
    for (left, right) in different {
        assert_ne!(parse(left), parse(right));
    }
    let names: Vec<String> = (0..40).map(|index| format!(r#""k{index}":{index}"#)).collect();
    let forward = format!("{{{}}}", names.join(","));
    let names: Vec<String> = names.into_iter().rev().collect();
    let backward = format!("{{{}}}", names.join(","));
    assert_eq!(codegen::parse(forward.as_bytes()).unwrap(), codegen::parse(backward.as_bytes()).unwrap());
}

/// Reads a type without a check, and writes it.
fn back_and_forth<T: FromValue + Encode>(text: &str) -> Result<String, String> {
    let value = codegen::parse(text.as_bytes()).map_err(|error| error.to_string())?;
    let typed = T::from_value(value).map_err(|error| format!("{}: {}", error.pointer(), error.message()))?;
    written(&typed)
}

/// The text of a value, which is the same by both ways of writing it.
fn written<T: Encode>(value: &T) -> Result<String, String> {
    let text = serde_json::to_string(&Encoded(value)).map_err(|error| error.to_string());
    let mut bytes = Vec::new();
    let by_hand = value.write(&mut bytes).map_err(|error| error.to_string());
    assert_eq!(by_hand.map(|()| String::from_utf8_lossy(&bytes).into_owned()), text);
    text
}

#[test]
fn every_field_type_reads_and_writes() {
    type Moment = chrono::DateTime<chrono::FixedOffset>;
    let ok = |text: &str| Ok::<_, String>(text.to_owned());
    let refused = |text: &str| Err::<String, _>(text.to_owned());

    assert_eq!(back_and_forth::<()>("null"), ok("null"));
    assert_eq!(back_and_forth::<()>("0"), refused(": expected null, found 0"));
    assert_eq!(back_and_forth::<bool>("true"), ok("true"));
    assert_eq!(back_and_forth::<bool>("1"), refused(": expected bool, found 1"));
    assert_eq!(back_and_forth::<String>("\"\\u00e9\""), ok("\"é\""));
    assert_eq!(back_and_forth::<i8>("-128"), ok("-128"));
    assert_eq!(back_and_forth::<i8>("128"), refused(": expected i8, found 128"));
    assert_eq!(back_and_forth::<u64>("18446744073709551615"), ok("18446744073709551615"));
    assert_eq!(back_and_forth::<u64>("18446744073709551616"), refused(": expected u64, found 1.8446744073709552e19"));
    assert_eq!(back_and_forth::<i64>("1e3"), ok("1000"));
    assert_eq!(back_and_forth::<i64>("1.5"), refused(": expected i64, found 1.5"));
    assert_eq!(back_and_forth::<u8>("-0.0"), ok("0"));
    assert_eq!(back_and_forth::<f64>("1"), ok("1.0"));
    assert_eq!(back_and_forth::<f64>("123456789.12345679"), ok("123456789.12345679"));
    assert_eq!(back_and_forth::<f32>("0.1"), ok("0.1"));
    assert_eq!(back_and_forth::<f32>("1e39"), refused(": expected f32, found 1e39"));
    assert_eq!(back_and_forth::<Option<Box<i32>>>("null"), ok("null"));
    assert_eq!(back_and_forth::<Option<Box<i32>>>("4"), ok("4"));
    assert_eq!(back_and_forth::<Vec<u8>>("[1,2]"), ok("[1,2]"));
    assert_eq!(back_and_forth::<Vec<u8>>("[1,-2]"), refused("/1: expected u8, found -2"));
    assert_eq!(back_and_forth::<BTreeMap<String, Vec<u8>>>(r#"{"a":[],"b":[3]}"#), ok(r#"{"a":[],"b":[3]}"#));
    assert_eq!(
        back_and_forth::<BTreeMap<String, Vec<u8>>>(r#"{"a/b":["x"]}"#),
        refused(r#"/a~1b/0: expected u8, found "x""#)
    );
    assert_eq!(back_and_forth::<(u8, String)>(r#"[1,"a"]"#), ok(r#"[1,"a"]"#));
    assert_eq!(
        back_and_forth::<(u8, String)>("[1]"),
        refused(": expected an array of 2 items, found an array of 1 item")
    );
    assert_eq!(back_and_forth::<(u8, String)>("[1,2]"), refused("/1: expected a string for String, found 2"));
    assert_eq!(back_and_forth::<(u8, u8, u8, u8, u8, u8, u8, u8)>("[1,2,3,4,5,6,7,8]"), ok("[1,2,3,4,5,6,7,8]"));
    assert_eq!(back_and_forth::<serde_json::Value>(r#"{"a":[1,2.5]}"#), ok(r#"{"a":[1,2.5]}"#));
    assert_eq!(back_and_forth::<std::net::Ipv4Addr>("\"192.0.2.1\""), ok("\"192.0.2.1\""));
    assert_eq!(back_and_forth::<std::net::Ipv6Addr>("\"2001:db8::1\""), ok("\"2001:db8::1\""));
    assert_eq!(
        back_and_forth::<uuid::Uuid>("\"6F1FB1A4-0b9c-4b43-8d5e-6c2f0b7f2a11\""),
        ok("\"6f1fb1a4-0b9c-4b43-8d5e-6c2f0b7f2a11\"")
    );
    assert!(back_and_forth::<uuid::Uuid>("\"6f1fb1a40b9c4b438d5e6c2f0b7f2a11\"").is_err());
    assert_eq!(back_and_forth::<chrono::NaiveDate>("\"2024-02-29\""), ok("\"2024-02-29\""));
    assert!(back_and_forth::<chrono::NaiveDate>("\"+2024-2-29\"").is_err());
    for (text, written) in [
        ("2026-11-21T08:30:00+01:00", "2026-11-21T08:30:00+01:00"),
        ("2026-11-21t08:30:00.123456789z", "2026-11-21T08:30:00.123456789Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z"),
        ("2016-12-31T15:59:60.5-08:00", "2016-12-31T15:59:60.500-08:00"),
        ("0000-01-01T00:00:00-23:59", "0000-01-01T00:00:00-23:59"),
    ] {
        assert_eq!(back_and_forth::<Moment>(&format!("{text:?}")), ok(&format!("{written:?}")));
    }
    assert!(back_and_forth::<Moment>("\"2026-11-21 08:30:00Z\"").is_err());
}

#[derive(Debug)]
enum Contact {
    Mail(String),
    Call(Vec<Empty>),
}

codegen::implement_choice!(Contact, { Mail = "e-mail \"1\"", Call = "call" });

#[derive(Debug)]
struct Empty {}

codegen::implement_object!(Empty, codegen::anything, {});

#[derive(Debug)]
struct Odd {
    quoted: Option<bool>,
    broken: u8,
    plain: Option<Option<Part>>,
    contact: Option<Contact>,
    rest: BTreeMap<String, Empty>,
}

codegen::implement_object!(Odd, codegen::anything, {
    optional quoted = "a \"name\"", required broken = "new\nline", optional plain = "naïve",
    choice contact, rest rest
});

#[derive(Debug)]
enum Part {
    Whole(Empty),
    Half(f64),
}

codegen::implement_tagged!(Part, codegen::anything, { Whole = "shop.Whole", Half = "\\half" });

#[derive(Debug)]
enum Either {
    Odd(Box<Odd>),
    Text(String),
}

codegen::implement_union!(Either, codegen::anything, { Odd = codegen::anything, Text = codegen::anything });

#[derive(Debug)]
struct Whole(Vec<Either>);

codegen::implement_newtype!(Whole, codegen::anything, Vec<Either>);

#[test]
fn members_are_written_as_serde_writes_them() {
    let odd = |quoted, plain, contact, rest: &[&str]| {
        let rest = rest.iter().map(|name| ((*name).to_owned(), Empty {})).collect();
        Either::Odd(Box::new(Odd { quoted, broken: 0, plain, contact, rest }))
    };
    let whole = Whole(vec![
        odd(None, None, None, &[]),
        odd(Some(true), Some(None), Some(Contact::Mail("\u{1f}\"".to_owned())), &["", "\t", "z"]),
        odd(None, Some(Some(Part::Whole(Empty {}))), Some(Contact::Call(vec![Empty {}, Empty {}])), &[]),
        odd(Some(false), Some(Some(Part::Half(0.5))), Some(Contact::Call(Vec::new())), &["é"]),
        Either::Text(String::new()),
    ]);
    let text = written(&whole).unwrap();
    assert!(text.starts_with(
        r#"[{"new\nline":0},{"a \"name\"":true,"new\nline":0,"naïve":null,"e-mail \"1\"":"\u001f\"","":{}"#
    ));
    assert_eq!(written(&Whole(Vec::new())).unwrap(), "[]");
    let fault = odd(None, Some(Some(Part::Half(f64::NAN))), None, &[]);
    assert!(written(&fault).is_err());
}

#[test]
fn what_has_no_json_form_is_not_written() {
    for float in [f64::NAN, f64::INFINITY] {
        assert!(written(&vec![float]).is_err());
        assert!(written(&(float as f32)).is_err());
    }
    let late = chrono::NaiveDate::MAX;
    assert!(written(&late).is_err());
    let moment = late.and_time(chrono::NaiveTime::MIN).and_utc().fixed_offset();
    assert!(written(&moment).is_err());
    let odd = chrono::FixedOffset::east_opt(3_661).unwrap();
    let moment = order().unwrap().at.unwrap().with_timezone(&odd);
    assert!(written(&moment).is_err());
}

#[test]
fn string_enums_read_their_text() {
    let value = codegen::parse(b"\"red\"").unwrap();
    assert_eq!(codegen::text(value, "Colour").unwrap(), "red");
    let error = codegen::text(Value::Null, "Colour").unwrap_err();
    assert_eq!(error.message(), "expected a string for Colour, found null");
    let error = codegen::object(Value::Null, "Order").unwrap_err();
    assert_eq!(error.message(), "expected an object for Order, found null");
}

#[test]
fn literals_that_are_no_json_array_hold_nothing() {
    static BROKEN: Literals = Literals::new("[1");
    assert!(BROKEN.values().is_empty());
    let mut faults = Faults::probe();
    faults.enumeration(&Value::Null, &BROKEN);
    assert!(!faults.is_empty());
}
