//! Schemas that apply themselves to their own value: types are made of those that have a meaning; the others are named.

#[cfg(test)]
mod tests {
    use tidings::document::Dialect;
    use tidings::reference::{Files, Policy};
    use tidings::rust::{self, SchemaSettings};
    use tidings::source::Diagnostics;

    /// What is wrong with a schema, if no type is made of it.
    fn refused(schema: &str) -> Option<String> {
        let (mut files, mut diagnostics) = (Files::new(Policy::default()), Diagnostics::default());
        let source = files.add("schema.json", None, schema.to_owned(), &mut diagnostics);
        let settings = SchemaSettings { dialect: Dialect::Draft2020, assert_formats: false, json_schema: true };
        match rust::schema_types(&files, source, "Root", settings, &mut diagnostics) {
            Some(_) => None,
            None => Some(diagnostics.to_text(files.sources())),
        }
    }

    #[test]
    fn what_adds_nothing_has_a_meaning() {
        for schema in [
            r##"{ "$ref": "#" }"##,
            r##"{ "allOf": [{ "$ref": "#" }, { "type": "string" }] }"##,
            r##"{ "type": "string", "anyOf": [{ "$ref": "#" }, { "minLength": 2 }] }"##,
            r##"{ "allOf": [{ "anyOf": [{ "$ref": "#" }, { "minLength": 2 }] }] }"##,
            r##"{ "if": { "type": "string" }, "then": { "$ref": "#" }, "else": { "type": "array" } }"##,
            r##"{ "$dynamicAnchor": "a", "allOf": [{ "$dynamicRef": "#a" }], "unevaluatedProperties": false }"##,
            r##"{ "oneOf": [{ "$ref": "#" }] }"##,
        ] {
            assert_eq!(refused(schema), None, "{schema}");
        }
    }

    #[test]
    fn what_contradicts_itself_or_decides_nothing_is_named() {
        for schema in [
            r##"{ "not": { "$ref": "#" } }"##,
            r##"{ "oneOf": [{ "type": "string" }, { "$ref": "#" }] }"##,
            r##"{ "if": { "$ref": "#" }, "then": false }"##,
            r##"{ "allOf": [{ "$ref": "#" }], "anyOf": [{ "$ref": "#" }, { "type": "string" }] }"##,
        ] {
            let said = refused(schema).unwrap_or_default();
            assert!(said.contains("error[unsupported-keyword]") && said.contains("has no meaning"), "{schema}: {said}");
        }
    }
}
