//! The JSON Schemas that generated types give of themselves.

#[cfg(test)]
mod tests {
    use goldens::{json_schema, together};
    use serde_json::{Value, json};
    use tidings_runtime::Payload;
    use tidings_runtime::schemars::generate::{SchemaGenerator, SchemaSettings};
    use tidings_runtime::schemars::{JsonSchema, Schema};

    fn schema_for<T: JsonSchema>() -> Value {
        SchemaGenerator::default().into_root_schema_for::<T>().to_value()
    }

    #[test]
    fn types_refer_to_each_other_as_types_of_schemars_do() {
        let schema = schema_for::<json_schema::Order>();
        assert_eq!(schema["title"], json!("An order"));
        assert_eq!(schema["properties"]["lines"]["items"], json!({ "$ref": "#/$defs/Line" }));
        assert_eq!(schema["$defs"]["Line"]["properties"]["part"], json!({ "$ref": "#/$defs/Line" }));
        assert_eq!(schema["$defs"]["Line"]["properties"]["count"]["default"], json!(1));
        assert_eq!(schema["properties"]["$ref"]["const"], json!({ "$ref": "#/channels" }));
        assert_eq!(schema["dependentRequired"], json!({ "pair": ["code"] }));
        let reference = schema["properties"]["code"]["$ref"].as_str().unwrap();
        let code = schema.pointer(reference.strip_prefix('#').unwrap()).unwrap();
        assert_eq!((&code["pattern"], &code["description"]), (&json!("^[A-Z]{2}$"), &json!("Two letters.")));
    }

    #[test]
    fn what_the_schema_accepts_the_type_accepts() {
        let schema = schema_for::<json_schema::Order>();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for (value, valid) in [
            (json!({ "code": "AB", "lines": [{}] }), true),
            (json!({ "code": "AB", "lines": [] }), false),
            (json!({ "code": "ab", "lines": [{ "part": { "count": 1 } }] }), false),
            (json!({ "code": "AB", "lines": [{ "part": { "count": 0.5 } }] }), false),
            (json!({ "code": "AB", "lines": [{}], "$ref": { "$ref": "#/channels" } }), true),
            (json!({ "code": "AB", "lines": [{}], "$ref": 1 }), false),
            (json!({ "code": "AB", "lines": [{}], "a/b~c": null }), true),
            (json!({ "code": "AB", "lines": [{}], "a/b~c": 0 }), false),
            (json!({ "code": "AB", "lines": [{}], "pair": ["a", [true]] }), true),
            (json!({ "code": "AB", "lines": [{}], "pair": ["a", ["b"]] }), false),
            (json!({ "code": "AB", "lines": [{}], "pair": ["a", [], 1] }), false),
        ] {
            assert_eq!(validator.is_valid(&value), valid, "{value}");
            assert_eq!(json_schema::Order::from_slice(value.to_string().as_bytes()).is_ok(), valid, "{value}");
        }
    }

    #[test]
    fn other_drafts_and_other_places_for_definitions_are_followed() {
        for (settings, path) in
            [(SchemaSettings::draft07(), "/definitions"), (SchemaSettings::openapi3(), "/components/schemas")]
        {
            let mut generator = settings.into_generator();
            let schema: Schema = generator.subschema_for::<together::shipping::Sent>();
            assert_eq!(schema.to_value(), json!({ "$ref": format!("#{path}/Sent") }));
            let definitions = generator.take_definitions(true);
            let to = &definitions["Sent"]["properties"]["to"]["$ref"];
            assert_eq!(*to, json!(format!("#{path}/Address")), "a type that documents share is one");
            assert_eq!(definitions["Address"]["required"], json!(["street"]));
        }
    }
}
