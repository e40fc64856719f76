//! Payloads in Avro and Protobuf against other implementations of both.
#![allow(deprecated, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use goldens::{avro_payload as avro, json_of_other_languages as languages, protobuf_payload as protobuf};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use protox::prost_reflect::prost::Message as _;
use protox::prost_reflect::{DynamicMessage, MessageDescriptor, Value};
use serde_json::json;
use std::collections::BTreeMap;
use tidings_runtime::payload::Codec;
use tidings_runtime::{DecodeError, Json, Payload};

/// The text under `schema` of a golden document.
fn schema_text(document: &str) -> String {
    let (_, schema) = document.split_once("schema:").unwrap();
    let (_, schema) = schema.split_once('\n').unwrap();
    schema.lines().map(|line| line.strip_prefix("            ").unwrap_or(line).to_owned() + "\n").collect()
}

fn avro_order() -> avro::Order {
    let line = avro::Line { product: "tea".to_owned(), part_of: None };
    avro::Order {
        id: "7a0b6c9e-3f1d-4c52-9a58-0d6f4b1e2c3a".parse().unwrap(),
        placed_at: "2026-01-31T12:00:00.250Z".parse().unwrap(),
        due: "1969-12-30".parse().unwrap(),
        price: "-12.05".parse().unwrap(),
        weight: 0.1,
        ratio: 0.5,
        total: i64::MIN,
        paid: true,
        note: None,
        picture: vec![0, 255, 7].into(),
        hash: vec![1, 2, 3, 4].into(),
        state: avro::State::Done,
        counts: BTreeMap::from([("a".to_owned(), -1), ("b".to_owned(), 64)]),
        lines: vec![line.clone(), avro::Line { product: String::new(), part_of: Some(Box::new(line.clone())) }],
        key: avro::OrderKey::Line(line),
    }
}

/// The schema of the golden document as JSON, which other implementations ask for.
const AVRO: &str = r#"{"type":"record","name":"Order","namespace":"shop","fields":[
 {"name":"id","type":{"type":"string","logicalType":"uuid"}},
 {"name":"placed_at","type":{"type":"long","logicalType":"timestamp-millis"}},
 {"name":"due","type":{"type":"int","logicalType":"date"}},
 {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
 {"name":"weight","type":"double"},{"name":"ratio","type":"float"},{"name":"total","type":"long"},
 {"name":"paid","type":"boolean"},{"name":"note","type":["null","string"],"default":null},
 {"name":"picture","type":"bytes"},{"name":"hash","type":{"type":"fixed","name":"Hash","size":4}},
 {"name":"state","type":{"type":"enum","name":"State","symbols":["OPEN","DONE"]}},
 {"name":"counts","type":{"type":"map","values":"int"}},
 {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
  {"name":"product","type":"string"},{"name":"part_of","type":["null","Line"]}]}}},
 {"name":"key","type":["string","long","Line"]}]}"#;

#[test]
fn avro_is_read_and_written_as_by_apache_avro() {
    let schema = apache_avro::Schema::parse_str(AVRO).unwrap();
    let order = avro_order();
    let bytes = order.to_vec().unwrap();
    assert_eq!(avro::Order::from_slice(&bytes).unwrap(), order);
    let value = apache_avro::from_avro_datum(&schema, &mut bytes.as_slice(), None).unwrap();
    let apache_avro::types::Value::Record(fields) = &value else { panic!("{value:?}") };
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).unwrap().1.clone();
    assert_eq!(field("placed_at"), apache_avro::types::Value::TimestampMillis(1_769_860_800_250));
    assert_eq!(field("due"), apache_avro::types::Value::Date(-2));
    assert_eq!(field("total"), apache_avro::types::Value::Long(i64::MIN));
    let written = apache_avro::to_avro_datum(&schema, value).unwrap();
    assert_eq!(avro::Order::from_slice(&written).unwrap(), order);
}

#[test]
fn avro_is_framed_as_the_specification_and_registries_have_it() {
    // The reference writes a primitive type by its name alone, logical or not; this implementation needs help with that.
    let plain = AVRO
        .replace(r#"{"type":"string","logicalType":"uuid"}"#, r#""string""#)
        .replace(r#"{"type":"long","logicalType":"timestamp-millis"}"#, r#""long""#)
        .replace(r#"{"type":"int","logicalType":"date"}"#, r#""int""#)
        .replace(r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#, r#""bytes""#);
    let schema = apache_avro::Schema::parse_str(&plain).unwrap();
    let order = avro_order();
    let single = order.to_vec_as(Codec::SingleObject).unwrap();
    let fingerprint = schema.fingerprint::<apache_avro::rabin::Rabin>();
    assert_eq!(&single[..2], [0xc3, 0x01]);
    assert_eq!(&single[2..10], fingerprint.bytes.as_slice());
    assert_eq!(avro::Order::from_slice_as(&single, Codec::SingleObject).unwrap(), order);
    let framed = order.to_vec_as(Codec::Registered(Some(258))).unwrap();
    assert_eq!(&framed[..5], [0, 0, 0, 1, 2]);
    assert_eq!(avro::Order::from_slice_as(&framed, Codec::Registered(None)).unwrap(), order);
    assert!(order.to_vec_as(Codec::Registered(None)).is_err());
    let other = avro::Order::from_slice_as(&framed, Codec::SingleObject).unwrap_err();
    assert!(matches!(other, DecodeError::Binary { offset: 0, .. }), "{other}");
}

/// The text of the golden document under a name.
struct Texts;

impl FileResolver for Texts {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name {
            "order.proto" => {
                File::from_source(name, &schema_text(include_str!("../protobuf_payload.yaml")).replacen("|\n", "", 1))
            }
            _ => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// The order as another implementation writes it (fastavro 1.12, `json_writer`), with a note.
const AVRO_JSON: &str = r#"{"id": "7a0b6c9e-3f1d-4c52-9a58-0d6f4b1e2c3a", "placed_at": 1769860800250, "due": -2,
 "price": "\u00fbK", "weight": 0.1, "ratio": 0.5, "total": -9223372036854775808, "paid": true, "note": {"string": "n"},
 "picture": "\u0000\u00ff\u0007", "hash": "\u0001\u0002\u0003\u0004", "state": "DONE", "counts": {"a": -1, "b": 64},
 "lines": [{"product": "tea", "part_of": null},
  {"product": "", "part_of": {"shop.Line": {"product": "tea", "part_of": null}}}],
 "key": {"shop.Line": {"product": "tea", "part_of": null}}}"#;

#[test]
fn the_json_encoding_of_avro_is_that_of_others() {
    let order = avro::Order { note: Some("n".to_owned()), ..avro_order() };
    let wanted: Json = serde_json::from_str(AVRO_JSON).unwrap();
    let written: Json = serde_json::from_slice(&order.to_vec_as(Codec::Json).unwrap()).unwrap();
    assert_eq!(written, wanted);
    assert_eq!(avro::Order::from_slice_as(AVRO_JSON.as_bytes(), Codec::Json).unwrap(), order);
    // What the types themselves have in JSON is plain, and another thing.
    assert!(avro::Order::from_slice_as(&serde_json::to_vec(&order).unwrap(), Codec::Json).is_err());
    for (member, wrong, pointer) in [
        ("note", json!("n"), "/note"),
        ("note", json!({"text": "n"}), "/note"),
        ("note", json!({"string": 5}), "/note"),
        ("key", json!(null), "/key"),
        ("picture", json!("\u{100}"), "/picture"),
        ("hash", json!("123"), "/hash"),
        ("due", json!("1969-12-30"), "/due"),
        ("placed_at", json!("2026-01-31T12:00:00Z"), "/placed_at"),
        ("price", json!("-12.05 is no number of sixteen bytes"), "/price"),
        ("state", json!("CLOSED"), "/state"),
        ("surplus", json!(1), "/surplus"),
    ] {
        let mut value = wanted.clone();
        value[member] = wrong;
        let error = avro::Order::from_slice_as(value.to_string().as_bytes(), Codec::Json).unwrap_err();
        let DecodeError::Invalid(faults) = &error else { panic!("{error}") };
        assert!(faults.iter().any(|fault| fault.pointer() == pointer), "{member}: {error}");
    }
}

#[test]
fn a_payload_whose_content_type_is_json_is_written_as_its_language_has_it() {
    let reading = languages::Reading::new(vec![7].into(), Some("2026-01-31".parse().unwrap()));
    assert_eq!(reading.to_vec().unwrap(), br#"{"raw":"\u0007","at":{"int":20484}}"#);
    assert_eq!(languages::Reading::from_slice(&reading.to_vec().unwrap()).unwrap(), reading);
    let level = languages::Level { total_count: i64::MAX, ..languages::Level::from_slice(b"{}").unwrap() };
    assert_eq!(level.to_vec().unwrap(), br#"{"totalCount":"9223372036854775807"}"#);
    assert_eq!(languages::Level::from_slice(&level.to_vec().unwrap()).unwrap(), level);
}

#[test]
fn the_json_mapping_of_protobuf_is_that_of_prost_reflect() {
    let descriptor = descriptor();
    for order in [protobuf_order(), protobuf::Order::from_slice(&[]).unwrap()] {
        let text = order.to_vec_as(Codec::Json).unwrap();
        let mut reader = serde_json::Deserializer::from_slice(&text);
        let message = DynamicMessage::deserialize(descriptor.clone(), &mut reader).unwrap();
        assert_eq!(protobuf::Order::from_slice(&message.encode_to_vec()).unwrap(), order);
        let ours: Json = serde_json::from_slice(&text).unwrap();
        assert_eq!(ours, serde_json::to_value(&message).unwrap());
        assert_eq!(protobuf::Order::from_slice_as(&text, Codec::Json).unwrap(), order);
    }
    // The mapping has exponents in quotes, and no field twice; prost-reflect has it the other way round.
    let exponent = protobuf::Order::from_slice_as(br#"{"small":"1e2"}"#, Codec::Json).unwrap();
    assert_eq!(exponent.small, 100);
    assert!(protobuf::Order::from_slice_as(br#"{"orderId":"7","order_id":"8"}"#, Codec::Json).is_err());
    // What parsers take besides, and what they do not.
    let mut faults = Vec::new();
    for (text, valid) in [
        (r#"{"order_id":"7","small":"-3","wide":18446744073709551615,"state":1,"picture":"_-8","note":null}"#, true),
        (
            r#"{"orderId":"7","zigzag":"12","weight":"0.5","counts":null,"limit":"5","byName":{"a":{"part_of":{}}}}"#,
            true,
        ),
        (r#"{"small":2147483648}"#, false),
        (r#"{"small":" 1"}"#, false),
        (r#"{"small":0.5}"#, false),
        (r#"{"state":"CLOSED"}"#, false),
        (r#"{"text":"a","number":1}"#, false),
        (r#"{"text":"a","number":null}"#, true),
        (r#"{"surplus":1}"#, false),
        (r#"{"picture":"*"}"#, false),
        (r#"{"placedAt":"yesterday"}"#, false),
        (r#"{"wait":"3s"}"#, true),
        (r#"{"wait":"-0.000000001s"}"#, true),
        (r#"{"wait":"315576000001s"}"#, false),
        (r#"{"wait":"3"}"#, false),
        (r#"{"wait":".5s"}"#, false),
        (r#"{"wait":{"seconds":"3"}}"#, false),
        (r#"{"changed":""}"#, true),
        (r#"{"changed":"orderId,byName.partOf"}"#, true),
        (r#"{"changed":"order_id"}"#, false),
        (r#"{"changed":{"paths":["order_id"]}}"#, false),
    ] {
        let mut reader = serde_json::Deserializer::from_str(text);
        let theirs = DynamicMessage::deserialize(descriptor.clone(), &mut reader).ok();
        let theirs = theirs.map(|message| protobuf::Order::from_slice(&message.encode_to_vec()).unwrap());
        let ours = protobuf::Order::from_slice_as(text.as_bytes(), Codec::Json).ok();
        if ours != theirs || ours.is_some() != valid {
            faults.push(format!("{text}: {} here, {} there", ours.is_some(), theirs.is_some()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn descriptor() -> MessageDescriptor {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Texts);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).open_file("order.proto").unwrap();
    compiler.descriptor_pool().get_message_by_name("shop.Order").unwrap()
}

fn protobuf_order() -> protobuf::Order {
    let line = protobuf::Line { product: "tea".to_owned(), part_of: None };
    protobuf::Order {
        order_id: "7".to_owned(),
        small: -1,
        zigzag: i64::MIN,
        wide: u64::MAX,
        weight: 0.1,
        ratio: 0.5,
        paid: true,
        picture: vec![0, 255].into(),
        note: Some(String::new()),
        state: protobuf::State::Done,
        counts: vec![1, -2, 300],
        lines: vec![line.clone(), protobuf::Line { product: String::new(), part_of: Some(Box::new(line.clone())) }],
        by_name: BTreeMap::from([("x".to_owned(), line)]),
        flags: BTreeMap::from([("-3".to_owned(), true)]),
        placed_at: Some("2026-01-31T12:00:00.250Z".parse().unwrap()),
        extra: Some(BTreeMap::from([("a".to_owned(), serde_json::json!([1.5, null, {"b": "c"}, false]))])),
        limit: Some(0),
        key: Some(protobuf::OrderKey::Number(5)),
        wait: Some(protobuf::Duration { seconds: -1, nanos: -500_000_000 }),
        changed: Some(protobuf::FieldMask { paths: vec!["order_id".to_owned(), "by_name.part_of".to_owned()] }),
    }
}

#[test]
fn protobuf_is_read_and_written_as_by_prost() {
    let (descriptor, order) = (descriptor(), protobuf_order());
    let bytes = order.to_vec().unwrap();
    assert_eq!(protobuf::Order::from_slice(&bytes).unwrap(), order);
    let message = DynamicMessage::decode(descriptor.clone(), bytes.as_slice()).unwrap();
    assert_eq!(*message.get_field_by_name("zigzag").unwrap(), Value::I64(i64::MIN));
    assert_eq!(*message.get_field_by_name("state").unwrap(), Value::EnumNumber(1));
    assert_eq!(message.unknown_fields().count(), 0);
    assert_eq!(protobuf::Order::from_slice(&message.encode_to_vec()).unwrap(), order);
    // What is absent has its default.
    let nothing = protobuf::Order::from_slice(&[]).unwrap();
    assert_eq!((nothing.small, nothing.state, nothing.note), (0, protobuf::State::Open, None));
    assert_eq!(nothing.lines, []);
    let framed = order.to_vec_as(Codec::Registered(Some(1))).unwrap();
    assert_eq!(&framed[..6], [0, 0, 0, 0, 1, 0]);
    assert_eq!(protobuf::Order::from_slice_as(&framed, Codec::Registered(None)).unwrap(), order);
    // Of a `oneof` there is one member, or none.
    let text = protobuf::Order { key: Some(protobuf::OrderKey::Text("a".to_owned())), ..order };
    assert_eq!(protobuf::Order::from_slice(&text.to_vec().unwrap()).unwrap(), text);
    assert_eq!(nothing.key, None);
}

#[test]
fn bytes_that_are_cut_or_spoilt_are_refused_or_read_and_never_more() {
    let avro = avro_order().to_vec().unwrap();
    for cut in 0..avro.len() {
        assert!(avro::Order::from_slice(&avro[..cut]).is_err(), "{cut}");
    }
    let message = protobuf::Order::from_slice(&[]).unwrap();
    let protobuf = protobuf::Order { lines: vec![protobuf::Line::new("tea")], ..message }.to_vec().unwrap();
    for (bytes, read) in [
        (avro, (|bytes| avro::Order::from_slice(bytes).is_ok()) as fn(&[u8]) -> bool),
        (protobuf, |bytes| protobuf::Order::from_slice(bytes).is_ok()),
    ] {
        for at in 0..bytes.len() {
            for spoilt in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] = spoilt;
                // Whatever the answer is, there is one.
                let _ = read(&bytes);
            }
        }
    }
    // A list of more items than there are bytes, and a text that is longer than the bytes.
    let long = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert!(avro::Order::from_slice(&long).is_err());
}
