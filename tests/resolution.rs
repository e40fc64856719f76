//! Verdicts on Avro and Protobuf, held against data: what other implementations make of bytes that one schema wrote and
//! another reads.

#![allow(deprecated, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use apache_avro::schema_compatibility::{Compatibility, SchemaCompatibility};
use apache_avro::{Schema, from_avro_datum, to_avro_datum};
use protox::prost_reflect::prost::Message as _;
use protox::prost_reflect::{DynamicMessage, MessageDescriptor, Value};
use tidings::document::SchemaFormat;
use tidings::reference::{Files, Policy};
use tidings::schema::inclusion::{Profile, Side, Verdict, compare_by};
use tidings::source::Diagnostics;

/// Is what the old schema writes read by the new one?
fn reads(ending: &str, format: &SchemaFormat, profile: Profile, [old, new]: [&str; 2]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str, text: &str| {
        let path = folder.path().join(name).with_extension(ending);
        std::fs::write(&path, text).unwrap();
        let mut files = Files::new(Policy::default());
        let source = files.open(&path, &mut Diagnostics::default()).unwrap();
        let node = files.root(source).unwrap().id();
        (files, node)
    };
    let ((old, old_node), (new, new_node)) = (open("old", old), open("new", new));
    let side = |files, node| Side::schema(files, node, format.clone(), None);
    match compare_by(&side(&old, old_node), &side(&new, new_node), profile).backward {
        Verdict::Holds => Ok(()),
        Verdict::Fails { reason, .. } => Err(reason.unwrap()),
        Verdict::Unknown { reason } => panic!("{reason}"),
    }
}

/// Writer, reader, does it resolve, and a value that the writer writes.
const AVRO: [(&str, &str, bool, &str); 29] = [
    (r#""int""#, r#""long""#, true, "7"),
    (r#""int""#, r#""double""#, true, "7"),
    (r#""long""#, r#""float""#, true, "7"),
    (r#""long""#, r#""int""#, false, "4294967296"),
    (r#""double""#, r#""float""#, false, "0.5"),
    (r#""boolean""#, r#""int""#, false, "true"),
    (r#""string""#, r#""bytes""#, true, "\"a\""),
    (r#""bytes""#, r#""string""#, true, "[97]"),
    (r#""string""#, r#""int""#, false, "\"a\""),
    (r#""null""#, r#"["null", "int"]"#, true, "null"),
    (r#""int""#, r#"["null", "long"]"#, true, "7"),
    (r#"["int", "string"]"#, r#"["string", "long"]"#, true, "\"a\""),
    (r#"["null", "int"]"#, r#"["int", "null"]"#, true, "null"),
    (r#"["null", "int"]"#, r#""int""#, false, "null"),
    (r#"["null", "string"]"#, r#"["null", "boolean"]"#, false, "\"a\""),
    (r#"{"type": "array", "items": "int"}"#, r#"{"type": "array", "items": "long"}"#, true, "[1, 2]"),
    (r#"{"type": "array", "items": "string"}"#, r#"{"type": "array", "items": "int"}"#, false, "[\"a\"]"),
    (r#"{"type": "map", "values": "float"}"#, r#"{"type": "map", "values": "double"}"#, true, "{\"a\": 0.5}"),
    (r#"{"type": "map", "values": "int"}"#, r#"{"type": "array", "items": "int"}"#, false, "{\"a\": 1}"),
    (
        r#"{"type": "enum", "name": "E", "symbols": ["A"]}"#,
        r#"{"type": "enum", "name": "E", "symbols": ["B", "A"]}"#,
        true,
        "\"A\"",
    ),
    (
        r#"{"type": "enum", "name": "E", "symbols": ["A", "B"]}"#,
        r#"{"type": "enum", "name": "E", "symbols": ["A"]}"#,
        false,
        "\"B\"",
    ),
    (
        r#"{"type": "enum", "name": "E", "symbols": ["A"]}"#,
        r#"{"type": "enum", "name": "F", "symbols": ["A"]}"#,
        false,
        "\"A\"",
    ),
    (
        r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}"#,
        r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}, {"name": "b", "type": "string", "default": ""}]}"#,
        true,
        "{\"a\": 1}",
    ),
    (
        r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}"#,
        r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "string"}]}"#,
        false,
        "{\"a\": 1}",
    ),
    (
        r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "string"}]}"#,
        r#"{"type": "record", "name": "R", "fields": [{"name": "b", "type": "string"}]}"#,
        true,
        "{\"a\": 1, \"b\": \"x\"}",
    ),
    (
        r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}"#,
        r#"{"type": "record", "name": "S", "fields": [{"name": "a", "type": "int"}]}"#,
        false,
        "{\"a\": 1}",
    ),
    (
        r#"{"type": "record", "name": "R", "fields": [{"name": "i", "type": {"type": "record", "name": "I", "fields": []}}]}"#,
        r#"{"type": "record", "name": "R", "fields": [{"name": "i", "type": {"type": "record", "name": "I", "fields": [{"name": "x", "type": "int"}]}}]}"#,
        false,
        "{\"i\": {}}",
    ),
    (
        r#"{"type": "record", "name": "L", "fields": [{"name": "v", "type": "int"}, {"name": "n", "type": ["null", "L"]}]}"#,
        r#"{"type": "record", "name": "L", "fields": [{"name": "v", "type": "double"}, {"name": "n", "type": ["null", "L"]}]}"#,
        true,
        "{\"v\": 1, \"n\": null}",
    ),
    (r#"{"type": "fixed", "name": "F", "size": 2}"#, r#"{"type": "fixed", "name": "F", "size": 3}"#, false, "[1, 2]"),
];

/// A value in the form of a schema.
fn datum(schema: &Schema, json: &str) -> apache_avro::types::Value {
    use apache_avro::types::Value as Datum;
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    match schema {
        Schema::Bytes => {
            Datum::Bytes(value.as_array().unwrap().iter().map(|byte| byte.as_u64().unwrap() as u8).collect())
        }
        Schema::Fixed(_) => Datum::Fixed(2, vec![1, 2]),
        _ => Datum::try_from(value).unwrap().resolve(schema).unwrap(),
    }
}

#[test]
fn avro_is_resolved_as_by_apache_avro() {
    let mut mistakes = Vec::new();
    for (writer, reader, resolves, json) in AVRO {
        let said = reads("avsc", &SchemaFormat::Avro, Profile::Semantic, [writer, reader]);
        let [written, read] = [writer, reader].map(|text| Schema::parse_str(text).unwrap());
        let checked = matches!(SchemaCompatibility::can_read(&written, &read), Ok(Compatibility::Full));
        let bytes = to_avro_datum(&written, datum(&written, json)).unwrap();
        let decoded = from_avro_datum(&written, &mut bytes.as_slice(), Some(&read)).is_ok();
        // What resolves is read; that something is read says nothing of other values.
        if said.is_ok() != resolves || checked != resolves || (resolves && !decoded) {
            mistakes.push(format!("{writer} read as {reader}: {said:?}, checked {checked}, decoded {decoded}"));
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn avro_names_resolve_by_alias_and_without_namespace() {
    // The other implementation does not resolve these, though the specification does.
    let cases = [
        (r#"{"type": "int", "logicalType": "date"}"#, r#""int""#),
        (
            r#"{"type": "enum", "name": "a.E", "symbols": ["A"]}"#,
            r#"{"type": "enum", "name": "b.E", "symbols": ["A"]}"#,
        ),
        (
            r#"{"type": "record", "name": "R", "fields": []}"#,
            r#"{"type": "record", "name": "S", "aliases": ["R"], "fields": []}"#,
        ),
        (
            r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}"#,
            r#"{"type": "record", "name": "R", "fields": [{"name": "b", "aliases": ["a"], "type": "int"}]}"#,
        ),
        (
            r#"{"type": "enum", "name": "E", "symbols": ["A", "B"]}"#,
            r#"{"type": "enum", "name": "E", "symbols": ["A"], "default": "A"}"#,
        ),
    ];
    for (writer, reader) in cases {
        assert_eq!(reads("avsc", &SchemaFormat::Avro, Profile::Semantic, [writer, reader]), Ok(()), "{reader}");
    }
}

/// What the bytes of a Protobuf message become when another message reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Becomes {
    /// The same.
    Same,
    /// Something else, or a fault.
    Other,
    /// The same for now; the number is free for something else later.
    FreeLater,
}
use Becomes::{FreeLater, Other, Same};

/// Old fields, new fields, bytes that the old ones write, and what the new ones make of them.
const PROTOBUF: [(&str, &str, &[u8], Becomes); 20] = [
    ("int32 a = 1;", "int64 a = 1;", &[0x08, 0x07], Same),
    ("uint32 a = 1;", "uint64 a = 1;", &[0x08, 0xff, 0xff, 0xff, 0xff, 0x0f], Same),
    ("int32 a = 1;", "sint32 a = 1;", &[0x08, 0x07], Other),
    ("int32 a = 1;", "fixed32 a = 1;", &[0x08, 0x07], Other),
    ("int32 a = 1;", "string a = 1;", &[0x08, 0x07], Other),
    ("fixed32 a = 1;", "sfixed32 a = 1;", &[0x0d, 7, 0, 0, 0], Same),
    ("fixed32 a = 1;", "fixed64 a = 1;", &[0x0d, 7, 0, 0, 0], Other),
    ("float a = 1;", "double a = 1;", &[0x0d, 0, 0, 0x80, 0x3f], Other),
    ("string a = 1;", "bytes a = 1;", &[0x0a, 1, 0x61], Same),
    ("bytes a = 1;", "string a = 1;", &[0x0a, 1, 0xff], Other),
    ("string a = 1;", "string renamed = 1;", &[0x0a, 1, 0x61], Same),
    ("string a = 1;", "string a = 2;", &[0x0a, 1, 0x61], FreeLater),
    ("string a = 1;", "string a = 1; string b = 2;", &[0x0a, 1, 0x61], Same),
    ("string a = 1; string b = 2;", "string a = 1;", &[0x12, 1, 0x61], FreeLater),
    ("string a = 1; string b = 2;", "reserved 2; string a = 1;", &[0x12, 1, 0x61], Same),
    ("string a = 1;", "repeated string a = 1;", &[0x0a, 1, 0x61], Other),
    ("repeated string a = 1;", "string a = 1;", &[0x0a, 1, 0x61, 0x0a, 1, 0x62], Other),
    ("I a = 1; message I { int32 x = 1; }", "J a = 1; message J { int32 y = 1; }", &[0x0a, 2, 0x08, 7], Same),
    ("I a = 1; message I { int32 x = 1; }", "I a = 1; message I { bool x = 2; }", &[0x0a, 2, 0x08, 7], FreeLater),
    ("I a = 1; message I { int32 x = 1; }", "I a = 1; message I { sint32 x = 1; }", &[0x0a, 2, 0x08, 7], Other),
];

fn message(fields: &str) -> (String, MessageDescriptor) {
    let text = format!("syntax = \"proto3\";\nmessage M {{ {fields} }}\n");
    let file = protox::file::File::from_source("m.proto", &text).unwrap();
    let mut pool = protox::prost_reflect::DescriptorPool::new();
    pool.add_file_descriptor_proto(file.file_descriptor_proto().clone()).unwrap();
    (text, pool.get_message_by_name("M").unwrap())
}

/// A value as a reader of numbers of fields sees it, whatever they are called.
fn meaning(value: &Value) -> String {
    match value {
        Value::I32(number) => number.to_string(),
        Value::I64(number) => number.to_string(),
        Value::U32(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::EnumNumber(number) => number.to_string(),
        Value::Bool(one) => u8::from(*one).to_string(),
        Value::String(text) => format!("{:?}", text.as_bytes()),
        Value::Bytes(bytes) => format!("{:?}", bytes.to_vec()),
        Value::Message(message) => fields(message),
        other => format!("{other:?}"),
    }
}

fn fields(message: &DynamicMessage) -> String {
    let known = message.fields().map(|(field, value)| format!("{}: {}", field.number(), meaning(value)));
    format!("{{{}}}", known.collect::<Vec<_>>().join(", "))
}

#[test]
fn protobuf_bytes_mean_the_same_to_prost_where_that_is_said() {
    let mut mistakes = Vec::new();
    for (old, new, bytes, becomes) in PROTOBUF {
        let ((old_text, written), (new_text, read)) = (message(old), message(new));
        let said = reads("proto", &SchemaFormat::Protobuf, Profile::ProtoWire, [&old_text, &new_text]);
        let before = DynamicMessage::decode(written, bytes).unwrap();
        let after = DynamicMessage::decode(read, bytes);
        // What the reader does not know it keeps, and writes again.
        let kept = after.as_ref().is_ok_and(|after| after.encode_to_vec() == bytes);
        let known = after.as_ref().is_ok_and(|after| {
            let unknown = after.unknown_fields().count() + nested_unknown(after);
            unknown > 0 || fields(after) == fields(&before)
        });
        let found = match (kept && known, said.is_ok()) {
            (true, true) => Same,
            (true, false) => FreeLater,
            _ => Other,
        };
        if found != becomes || (becomes == Other && said.is_ok()) {
            mistakes.push(format!("{old} read as {new}: {said:?}, {found:?} rather than {becomes:?}"));
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

fn nested_unknown(message: &DynamicMessage) -> usize {
    let parts = message.fields().filter_map(|(_, value)| value.as_message().map(|part| part.unknown_fields().count()));
    parts.sum()
}

#[test]
fn protobuf_names_count_only_as_json() {
    for (old, new, bytes_alone, as_json) in [
        ("string a = 1;", "string b = 1;", true, false),
        ("int32 a = 1;", "int64 a = 1;", true, false),
        ("string a = 1;", "string b = 1 [json_name = \"a\"];", true, true),
        ("string a = 1; string b = 2;", "reserved 2; string a = 1;", true, false),
        ("string a = 1; string b = 2;", "reserved 2; reserved \"b\"; string a = 1;", true, true),
        ("E e = 1; enum E { A = 0; B = 1; }", "E e = 1; enum E { A = 0; C = 1; }", true, false),
    ] {
        let texts = [message(old).0, message(new).0];
        for (profile, expected) in [(Profile::ProtoWire, bytes_alone), (Profile::ProtoWireJson, as_json)] {
            let said = reads("proto", &SchemaFormat::Protobuf, profile, [&texts[0], &texts[1]]);
            assert_eq!(said.is_ok(), expected, "{old} -> {new}, {profile:?}: {said:?}");
        }
    }
}
