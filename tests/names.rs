//! Identifiers: what texts become, and that they stay what they are.

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use tidings::names::{Scope, constant_name, is_keyword, type_name, value_name, variant_name};

    #[test]
    fn texts_become_identifiers() {
        // Text, type, variant, value, constant.
        for (text, of_type, variant, value, constant) in [
            ("orderCreated", "OrderCreated", "OrderCreated", "order_created", "ORDER_CREATED"),
            ("HTTPServer", "HttpServer", "HttpServer", "http_server", "HTTP_SERVER"),
            ("a-b", "AB", "AB", "a_b", "A_B"),
            ("  a  b  ", "AB", "AB", "a_b", "A_B"),
            (
                "light/{streetlightId}/dim",
                "LightStreetlightIdDim",
                "LightStreetlightIdDim",
                "light_streetlight_id_dim",
                "LIGHT_STREETLIGHT_ID_DIM",
            ),
            (
                "com.example.Order_v2",
                "ComExampleOrderV2",
                "ComExampleOrderV2",
                "com_example_order_v2",
                "COM_EXAMPLE_ORDER_V2",
            ),
            ("type", "Type", "Type", "r#type", "TYPE"),
            ("self", "Self_", "Self_", "self_", "SELF"),
            ("Self", "Self_", "Self_", "self_", "SELF"),
            ("crate", "Crate", "Crate", "crate_", "CRATE"),
            ("gen", "Gen", "Gen", "r#gen", "GEN"),
            ("union", "Union", "Union", "union", "UNION"),
            ("String", "String_", "String", "string", "STRING"),
            ("some", "Some_", "Some", "some", "SOME"),
            ("2nd", "Value2nd", "Value2nd", "value_2nd", "VALUE_2ND"),
            ("-1", "Value1", "Value1", "value_1", "VALUE_1"),
            ("", "Empty", "Empty", "empty", "EMPTY"),
            ("_", "Underscore", "Underscore", "underscore", "UNDERSCORE"),
            ("+", "Plus", "Plus", "plus", "PLUS"),
            (">=", "GreaterEqual", "GreaterEqual", "greater_equal", "GREATER_EQUAL"),
            ("größe", "Grosse", "Grosse", "grosse", "GROSSE"),
            ("日本", "RiBen", "RiBen", "ri_ben", "RI_BEN"),
            ("fn main() {}", "FnMain", "FnMain", "fn_main", "FN_MAIN"),
            ("r#type", "RType", "RType", "r_type", "R_TYPE"),
            ("\u{202e}x\n", "X", "X", "x", "X"),
        ] {
            let names = [type_name(text), variant_name(text), value_name(text), constant_name(text)];
            assert_eq!(names, [of_type, variant, value, constant], "{text:?}");
        }
    }

    #[test]
    fn any_text_becomes_an_identifier() {
        let odd =
            ["\0", "\u{1f600}", "ß", "ı", "\u{301}", "'", "a'b", "٣", "ⅷ", "½", "_1", "__", "9", "\u{e000}", "ǆ", "K"];
        let long = "very_long_name_".repeat(100);
        for text in odd.into_iter().chain([long.as_str()]) {
            for name in [type_name(text), variant_name(text), value_name(text), constant_name(text)] {
                let plain = name.strip_prefix("r#").unwrap_or(&name);
                assert!(plain.starts_with(|first: char| first.is_ascii_alphabetic()), "{text:?}: {name}");
                assert!(plain.chars().all(|one| one.is_ascii_alphanumeric() || one == '_'), "{text:?}: {name}");
                assert!(!is_keyword(&name) && name.len() < 200, "{text:?}: {name}");
            }
        }
    }

    /// Identifiers in the order of the names.
    fn claimed(names: &[&str]) -> Vec<String> {
        Scope::claim_all(names.iter().copied(), value_name)
    }

    #[test]
    fn names_that_collide_are_kept_apart() {
        for (names, wanted) in [
            (&["a-b", "a_b"][..], &["a_b_2", "a_b"][..]),
            (&["a_b", "a-b", "a b"], &["a_b", "a_b_2", "a_b_3"]),
            (&["a-b", "a b", "a_b_2"], &["a_b", "a_b_3", "a_b_2"]),
            (&["type", "Type", "TYPE"], &["r#type", "type_2", "type_3"]),
            (&["self", "Self"], &["self_", "self_2"]),
            (&["", "empty"], &["empty_2", "empty"]),
            (&["x", "x"], &["x", "x_2"]),
        ] {
            assert_eq!(claimed(names), wanted, "{names:?}");
        }
        let types = Scope::claim_all(["Self", "self", "a-b", "AB", "aB2", "a_b"], type_name);
        assert_eq!(types, ["Self_", "Self2", "AB", "Ab", "AB2", "AB3"].map(str::to_owned));
    }

    #[test]
    fn a_name_more_renames_no_other() {
        let names = ["a-b", "a_b", "c", "type", "C d", "c_d_2", "2nd"];
        let before = claimed(&names);
        for more in ["z", "a_b_9", "a", "b", "d-c", "types", "", "+"] {
            for place in 0..=names.len() {
                let mut longer = names.to_vec();
                longer.insert(place, more);
                let mut after = claimed(&longer);
                after.remove(place);
                assert_eq!(after, before, "{more:?} at {place}");
            }
        }
    }

    #[test]
    fn a_name_that_is_its_identifier_keeps_it_beside_any_other() {
        let names = ["a-b", "A_B", "a b", "a.b", "aB"];
        for place in 0..=names.len() {
            let mut longer = names.to_vec();
            longer.insert(place, "a_b");
            assert_eq!(claimed(&longer)[place], "a_b");
        }
    }

    #[test]
    fn what_is_claimed_is_claimed_once() {
        let names: Vec<String> =
            (0..50).flat_map(|n| [format!("a{n}"), format!("a-{n}"), format!("a_{n}"), "a".to_owned()]).collect();
        let claimed = Scope::claim_all(names.iter().map(String::as_str), type_name);
        assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), names.len());
    }
}
