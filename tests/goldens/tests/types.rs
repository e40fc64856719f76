//! What generated types do: they decode what their schema accepts, name what it refuses, and lose nothing.

#[cfg(test)]
mod tests {
    use goldens::{
        additional_properties, all_of_merged, arrays_and_maps, colliding_names, formats, hostile_text,
        keywords_as_names, large_integers, optional_and_nullable, prelude_names, recursion, string_enum_with_odd_names,
        tagged_union, tuples, untagged_union,
    };
    use serde_json::{Value, json};
    use std::fmt::Debug;
    use tidings_runtime::{DecodeError, EncodeError, Fault, Payload};

    /// A value that is accepted, and comes back as it was.
    fn kept<P: Payload + PartialEq + Debug>(value: &Value) -> P {
        let decoded = P::from_slice(value.to_string().as_bytes()).unwrap();
        let encoded = decoded.to_vec().unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&encoded).unwrap(), *value);
        assert_eq!(P::from_slice(&encoded).unwrap(), decoded);
        decoded
    }

    /// `pointer keyword` of each fault.
    fn faults<P: Payload + Debug>(value: &Value) -> Vec<String> {
        match P::from_slice(value.to_string().as_bytes()) {
            Err(DecodeError::Invalid(faults)) => listed(&faults),
            other => panic!("{other:?}"),
        }
    }

    /// Sorted.
    fn listed(faults: &[Fault]) -> Vec<String> {
        let mut list: Vec<String> =
            faults.iter().map(|fault| format!("{} {}", fault.pointer(), fault.keyword())).collect();
        list.sort();
        list
    }

    fn refused_to_write<P: Payload>(value: &P) -> Vec<String> {
        match value.to_vec() {
            Err(EncodeError::Invalid(faults)) => listed(&faults),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_fault_is_named_by_its_pointer() {
        let value = json!({
            "lines": [{ "sku": "" }, { "count": 100 }, 7],
            "counts": { "a/b": -1 },
            "anything": {},
            "places": { "A": { "sku": "x" } },
            "tags": ["x", "x"],
            "labels": { "y": "z" },
        });
        let wanted = [
            "/counts/a~1b minimum",
            "/labels/y additionalProperties",
            "/lines/0/sku minLength",
            "/lines/1 required",
            "/lines/1/count maximum",
            "/lines/2 type",
            "/places/A pattern",
            "/tags uniqueItems",
        ];
        assert_eq!(faults::<arrays_and_maps::Stock>(&value), wanted);
    }

    #[test]
    fn arrays_and_maps_hold_typed_items() {
        let stock: arrays_and_maps::Stock = kept(&json!({
            "lines": [{ "sku": "x", "count": 2, "note": null }],
            "counts": { "north": 3 },
            "anything": { "a": [1, 2.5] },
            "matrix": [[1.0, 0.5], []],
            "labels": { "x-a": "b" },
        }));
        assert_eq!(stock.lines[0].count, Some(2));
        assert_eq!(stock.counts["north"], 3);
        assert_eq!(stock.matrix, Some(vec![vec![1.0, 0.5], vec![]]));
        assert_eq!(stock.lines[0].additional_properties["note"], Value::Null);
    }

    #[test]
    fn what_the_schema_refuses_is_not_written() {
        let mut line = arrays_and_maps::Line::new("");
        line.count = Some(0);
        let stock = arrays_and_maps::Stock::new(vec![line], [].into(), [].into());
        assert_eq!(refused_to_write(&stock), ["/lines/0/count minimum", "/lines/0/sku minLength"]);
        assert_eq!(refused_to_write(&additional_properties::Pinned::new("x")), [" minProperties", " required"]);
        assert!(matches!(
            tuples::Point((f64::NAN, String::new(), None)).to_vec(),
            Err(EncodeError::Serialize { .. }) | Err(EncodeError::Invalid(_))
        ));
    }

    #[test]
    fn a_member_that_has_a_field_is_not_written_twice() {
        let mut open = additional_properties::Open::new();
        open.id = Some("field".to_owned());
        open.additional_properties.insert("id".to_owned(), json!("rest"));
        assert!(open.to_vec().is_err());
    }

    #[test]
    fn absent_and_null_differ() {
        let state: optional_and_nullable::State = kept(&json!({ "present": "", "maybeNull": null }));
        assert_eq!((state.maybe_null, state.maybe_both, state.always_null), (None, None, None));
        let state: optional_and_nullable::State =
            kept(&json!({ "present": "", "maybeNull": "x", "maybeBoth": null, "alwaysNull": null, "reference": null }));
        assert_eq!((state.maybe_both, state.always_null), (Some(None), Some(())));
        assert_eq!(state.reference, Some(None));
        let state: optional_and_nullable::State =
            kept(&json!({ "present": "", "maybeNull": "x", "maybeBoth": 1, "reference": { "id": 1 } }));
        assert_eq!(state.maybe_both, Some(Some(1)));
        let found = faults::<optional_and_nullable::State>(&json!({ "present": null, "maybeAbsent": null }));
        assert_eq!(found, [" required", "/maybeAbsent type", "/present type"]);
    }

    #[test]
    fn a_union_takes_the_branch_that_validates() {
        use untagged_union::{Reading, ReadingContact, ReadingEither, ReadingValue};
        let value = |value: Value| kept::<Reading>(&json!({ "value": value })).value;
        assert_eq!(value(json!(10)), ReadingValue::Integer(10));
        assert_eq!(value(json!("abc")), ReadingValue::String("abc".to_owned()));
        assert!(
            matches!(value(json!({ "low": 1.5, "high": 2.5 })), ReadingValue::Variant3(range) if range.high == 2.5)
        );
        assert_eq!(value(json!([true])), ReadingValue::Array(vec![true]));
        for refused in [json!(9), json!("abcd"), json!({ "low": 1 }), json!([1]), json!(null)] {
            assert_eq!(faults::<Reading>(&json!({ "value": refused }))[0].split(' ').next(), Some("/value"));
        }
        let either = |text: &str| kept::<Reading>(&json!({ "value": 10, "either": text })).either.unwrap();
        assert!(matches!(either("0e9f5f9c-2c6a-4a39-9f4b-36a9d4a0b5f1"), ReadingEither::String(_)));
        assert!(matches!(either("no uuid"), ReadingEither::String2(_)));
        let contact = |contact: Value| kept::<Reading>(&json!({ "value": 10, "contact": contact })).contact.unwrap();
        assert!(matches!(contact(json!({ "phone": 1 })), ReadingContact::Variant2(_)));
        assert!(matches!(contact(json!({ "phone": "1", "mail": "x" })), ReadingContact::Variant1(_)));
    }

    #[test]
    fn a_tag_decides_which_faults_are_told() {
        use tagged_union::Payment;
        assert!(matches!(kept(&json!({ "method": "invoice", "days": 14 })), Payment::Invoice(_)));
        assert!(matches!(kept(&json!({ "method": "voucher", "code": "x", "more": 1 })), Payment::Voucher(_)));
        assert_eq!(faults::<Payment>(&json!({ "method": "card", "number": "12" })), ["/number pattern"]);
        assert_eq!(faults::<Payment>(&json!({ "method": "cash" })), ["/method enum"]);
    }

    #[test]
    fn types_may_hold_themselves() {
        let tree: recursion::Tree = kept(&json!({
            "name": "a", "parent": { "name": "b" }, "children": [{ "name": "c", "byName": { "d": { "name": "d" } } }],
        }));
        assert_eq!(tree.parent.unwrap().name, "b");
        kept::<recursion::Expression>(&json!({ "left": [1, { "left": 1, "right": 2 }], "right": [3, [4, 5]] }));
        kept::<recursion::Husband>(&json!({ "wife": { "husband": { "wife": {} } } }));
        assert_eq!(faults::<recursion::Tree>(&json!({ "name": "a", "children": [{}] })), ["/children/0 required"]);
    }

    #[test]
    fn every_text_of_an_enum_is_its_own_variant() {
        use string_enum_with_odd_names::{Mark, MarkSign};
        let texts = [
            "", "+", "-", "a-b", "a_b", "AB", "A b", "1", "2nd", "self", "Self", "type", "None", "Ok", "größe", "日本",
            "'\"", "\n", " ", "..",
        ];
        let mut signs: Vec<MarkSign> = texts.iter().map(|text| kept::<Mark>(&json!({ "sign": text })).sign).collect();
        assert_eq!(signs.iter().map(|sign| sign.as_str()).collect::<Vec<_>>(), texts);
        signs.dedup();
        assert_eq!(signs.len(), texts.len());
        for mixed in [json!("on"), json!(1), json!(null), json!(["a"]), json!({ "b": 1.0 })] {
            kept::<Mark>(&json!({ "sign": "", "mixed": mixed, "size": 3, "nullable": null, "only": "one" }));
        }
        let refused = json!({ "sign": "++", "mixed": 2, "size": 4, "nullable": "no", "only": "two" });
        assert_eq!(
            faults::<Mark>(&refused),
            ["/mixed enum", "/nullable enum", "/only const", "/sign enum", "/size enum"]
        );
    }

    #[test]
    fn unknown_members_survive() {
        let open: additional_properties::Open = kept(&json!({ "id": "x", "later": { "deep": [1, null] } }));
        assert_eq!(open.additional_properties["later"], json!({ "deep": [1, null] }));
        let typed: additional_properties::Typed = kept(&json!({ "more": 5 }));
        assert_eq!(typed.additional_properties["more"], 5);
        kept::<additional_properties::Patterned>(&json!({ "id": "x", "n_a": 1, "s_b": "t", "other": true }));
        kept::<additional_properties::Anything>(&json!([1, "x", null]));
        assert_eq!(faults::<additional_properties::Closed>(&json!({ "more": 5 })), ["/more additionalProperties"]);
        assert_eq!(faults::<additional_properties::Assumed>(&json!("text")), [" type"]);
        assert_eq!(faults::<additional_properties::Empty>(&json!({ "x": 1 })), ["/x additionalProperties"]);
        assert_eq!(faults::<additional_properties::Nothing>(&json!(null)).len(), 1);
    }

    #[test]
    fn parts_of_all_of_are_one_type() {
        let dog: all_of_merged::Dog = kept(&json!({ "name": "Rex", "legs": 3 }));
        assert_eq!((dog.name.as_str(), dog.legs, dog.barks), ("Rex", 3, None));
        kept::<all_of_merged::Dog>(&json!({ "name": "Rex", "legs": 4, "barks": true }));
        let found = faults::<all_of_merged::Dog>(&json!({ "name": "R", "legs": 3, "barks": true }));
        assert_eq!(found, ["/legs const", "/name minLength"]);
        assert_eq!(faults::<all_of_merged::Dog>(&json!({ "name": "Rex", "legs": 3, "volume": 1 })), [" not"]);
        kept::<all_of_merged::Cat>(&json!({ "name": "Tom", "indoor": true }));
        assert_eq!(
            faults::<all_of_merged::Cat>(&json!({ "name": "Tom", "indoor": true, "territory": "x" })),
            [" oneOf"]
        );
    }

    #[test]
    fn formats_are_types() {
        let visit: formats::Visit = kept(&json!({
            "id": "0e9f5f9c-2c6a-4a39-9f4b-36a9d4a0b5f1",
            "at": "2026-11-21T02:40:00.500+02:00",
            "on": "2026-11-21",
            "mail": "someone@example.com",
            "unknown": "",
            "small": -2_147_483_648,
            "byte": 255,
            "single": 0.5,
            "left": null,
            "days": ["2024-02-29"],
            "untyped": 5,
        }));
        assert_eq!(visit.at.offset().local_minus_utc(), 7200);
        assert_eq!((visit.small, visit.byte), (Some(i32::MIN), Some(255)));
        let refused = json!({ "id": "x", "at": "2026-11-21", "on": "2026-02-29", "days": ["x"], "untyped": "x" });
        assert_eq!(
            faults::<formats::Visit>(&refused),
            ["/at format", "/days/0 format", "/id format", "/on format", "/untyped format"]
        );
    }

    #[test]
    fn tuples_have_their_length() {
        let point: tuples::Point = kept(&json!([1.5, "m", null]));
        assert_eq!(point, tuples::Point((1.5, "m".to_owned(), None)));
        assert_eq!(faults::<tuples::Point>(&json!([1, "m"])), [" minItems"]);
        assert_eq!(faults::<tuples::Point>(&json!([1, "m", 1, 1])), ["/3 false"]);
        assert_eq!(faults::<tuples::Point>(&json!([1, 2, "x"])), ["/1 type", "/2 type"]);
        kept::<tuples::Line>(&json!({ "open": [1, "x", "y"], "single": [true], "contained": ["x", 5] }));
        assert_eq!(kept::<tuples::Latest>(&json!([1, "ft"])).0, (1, tuples::Unit::Ft));
        assert_eq!(faults::<tuples::Latest>(&json!([1, "yd"])), ["/1 enum"]);
    }

    #[test]
    fn odd_names_keep_their_members_apart() {
        let ab: colliding_names::AB =
            kept(&json!({ "a-b": "x", "a_b": 1, "a b": true, "additionalProperties": "y", "a_b_2": {}, "A_B": 0 }));
        assert_eq!((ab.a_b, ab.additional_properties.as_deref()), (1, Some("y")));
        assert_eq!(ab.additional_properties_2["A_B"], 0);
        assert_eq!(kept::<colliding_names::Ab>(&json!("AB")).as_str(), "AB");
        let matched: keywords_as_names::Match =
            kept(&json!({ "type": "t", "self": "s", "fn": "Self", "crate": 1, "loop": { "static": "x" } }));
        assert_eq!((matched.r#type.as_str(), matched.self_.as_str(), matched.crate_), ("t", "s", Some(1)));
        kept::<prelude_names::Option_>(&json!([{ "text": "x" }]));
        kept::<prelude_names::Payload>(&json!({ "value": {}, "faults": [{ "rt": "" }], "rt": { "self": "x" } }));
    }

    #[test]
    fn hostile_text_is_only_text() {
        let value = json!({
            "a\"b": "", "": "\"#; compile_error!() \u{202e}\n", "'\\": "\u{202e}x", "x: u8, } impl Evil for": null,
            "{value}": { "\"\\": ["*/"] }, "__proto__": "#", "\u{202e}": "abc", "unknown */": 1,
        });
        kept::<hostile_text::MDeriveEvil>(&value);
        let refused = json!({ "a\"b": 1, "": "", "'\\": "x", "\"": 1, "\"##/{}\\": 1 });
        assert_eq!(
            faults::<hostile_text::MDeriveEvil>(&refused),
            [" dependentRequired", "/ const", "/\"##~1{}\\ type", "/'\\ enum", "/a\"b type"]
        );
    }

    #[test]
    fn members_that_nobody_names_name_no_key_twice_either() {
        for text in [r#"{"x": {"a": 1, "a": 2}}"#, r#"{"x": [[{"a": null, "\u0061": 1}]]}"#, r#"{"x": 1, "x": 1}"#] {
            let error = additional_properties::Open::from_slice(text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("duplicate key"), "{error}");
        }
        let deep = format!(r#"{{"x": {}1{}}}"#, "[".repeat(200), "]".repeat(200));
        assert!(additional_properties::Open::from_slice(deep.as_bytes()).is_err());
        kept::<additional_properties::Open>(&json!({ "x": [1, -1.5, u64::MAX, "é", null, true, { "y": {} }] }));
    }

    #[test]
    fn a_schema_that_applies_itself_means_what_it_adds() {
        fn accepts<P: Payload>(json: &str) -> bool {
            P::from_slice(json.as_bytes()).is_ok_and(|value| value.to_vec().unwrap() == json.as_bytes())
        }
        use goldens::self_applying::{Dependent, First, Named, Nested};
        for (accepts, json, valid) in [
            (accepts::<Named> as fn(&str) -> bool, r#"{"name":"a","inner":{"name":"b"}}"#, true),
            (accepts::<Named>, r#"{"name":"a","inner":{"name":""}}"#, false),
            (accepts::<Named>, "{}", false),
            (accepts::<Nested>, r#""a""#, true),
            (accepts::<Nested>, r#"[["a",[]],"b"]"#, true),
            (accepts::<Nested>, r#"[[1]]"#, false),
            (accepts::<Nested>, "{}", false),
            (accepts::<First>, r#"{"a":1,"b":true}"#, true),
            (accepts::<First>, r#"{"a":1,"b":1}"#, false),
            (accepts::<First>, r#"{"a":"","b":true}"#, false),
            (accepts::<Dependent>, r#"{"a":1,"b":""}"#, true),
            (accepts::<Dependent>, r#"{"a":1}"#, false),
        ] {
            assert_eq!(accepts(json), valid, "{json}");
        }
    }

    #[test]
    fn integers_of_more_than_64_bits_are_kept_where_the_schema_speaks_of_them() {
        let sum: large_integers::Sum = kept(&json!({ "wide": 1e29, "listed": 1e30, "unsigned": u64::MAX }));
        assert_eq!((sum.wide, sum.unsigned), (Some(json!(1e29)), Some(u64::MAX)));
        kept::<large_integers::Sum>(&json!({ "wide": i64::MIN, "listed": 1, "plain": i64::MIN, "rounded": i64::MAX }));
        assert_eq!(faults::<large_integers::Sum>(&json!({ "wide": 1.5, "listed": 2 })), ["/listed enum", "/wide type"]);
        // Elsewhere they are refused, since an `i64` is what everybody wants there.
        let refused = large_integers::Sum::from_slice(br#"{ "plain": 1000000000000000000000000000000 }"#).unwrap_err();
        assert!(
            matches!(refused, DecodeError::Unrepresentable { ref pointer, .. } if pointer == "/plain"),
            "{refused}"
        );
    }

    #[test]
    fn limits_beyond_all_floats_are_kept() {
        use goldens::limits_beyond_floats::All;
        for (json, valid) in [
            (r#"{"listed":1}"#, true),
            (r#"{"listed":2}"#, false),
            (r#"{"constant":1}"#, false),
            (r#"{"low":1}"#, false),
            (r#"{"high":-1e300}"#, false),
            (r#"{"open":1e300,"text":"a"}"#, true),
        ] {
            assert_eq!(All::from_slice(json.as_bytes()).is_ok(), valid, "{json}");
        }
    }
}
