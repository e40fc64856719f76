//! What members of generated structs do: defaults where they are absent, builders, traits.

#[cfg(test)]
mod tests {
    use goldens::{builders, defaults, derived_traits};
    use serde_json::{Value, json};
    use std::fmt::Debug;
    use std::hash::Hash;
    use tidings_runtime::Payload;

    fn written<P: Payload>(value: &P) -> Value {
        serde_json::from_slice(&value.to_vec().unwrap()).unwrap()
    }

    fn read<P: Payload>(value: &Value) -> P {
        P::from_slice(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_absent_member_has_its_default_and_stays_absent() {
        let value = json!({ "id": "7", "state": "done" });
        let order: defaults::Order = read(&value);
        assert_eq!(order, defaults::Order::new("7", defaults::OrderState::Done));
        assert_eq!((order.currency.as_str(), order.count, order.discount), ("EUR", 1, -0.5));
        assert_eq!((order.express, order.note.as_deref(), order.priority), (false, None, defaults::Priority::Low));
        assert_eq!((order.tags.len(), order.limits["b"], order.address.city.as_str()), (0, -2, "Bonn"));
        assert_eq!(order.anything, json!({ "deep": [1, null, "x", 2.5] }));
        assert_eq!((order.wrong, order.moment, order.plain.as_deref()), (None, None, None));
        assert_eq!(written(&order), value);
    }

    #[test]
    fn a_member_that_was_written_as_its_default_is_written_again() {
        let value = json!({ "id": "7", "state": "open", "currency": "EUR", "note": null, "tags": [] });
        assert_eq!(written::<defaults::Order>(&read(&value)), value);
    }

    #[test]
    fn a_member_that_changed_is_written() {
        let mut order: defaults::Order = read(&json!({ "id": "7", "state": "open" }));
        order.count = 2;
        assert_eq!(written(&order), json!({ "id": "7", "state": "open", "count": 2 }));
        order.count = 100;
        assert!(order.to_vec().is_err(), "the schema refuses it");
    }

    #[test]
    fn a_value_that_was_made_is_written_in_full() {
        assert_eq!(written(&defaults::Switches::default()), json!({ "on": true, "level": 3 }));
        let order = defaults::Order::new("7", defaults::OrderState::Open);
        assert_eq!(written(&order)["address"], json!({ "city": "Bonn" }));
    }

    #[test]
    fn slow_and_fast_reading_give_the_same_defaults() {
        // A number with a fraction of zero is read by way of a tree.
        let order: defaults::Order = read(&json!({ "id": "7", "state": "open", "discount": 2, "count": 3.0 }));
        assert_eq!((order.count, order.discount, order.currency.as_str()), (3, 2.0, "EUR"));
        assert_eq!(written(&order), json!({ "id": "7", "state": "open", "discount": 2.0, "count": 3 }));
    }

    #[test]
    fn a_required_member_has_no_default() {
        assert!(defaults::Order::from_slice(br#"{"id":"7"}"#).is_err());
    }

    #[test]
    fn a_builder_sets_members_by_name_and_names_what_is_missing() {
        let parcel = builders::Parcel::builder().id("7").weight(3).r#type("box").set_build("now").build().unwrap();
        assert_eq!(
            written(&parcel),
            json!({
                "kind": "parcel", "id": "7", "weight": 3, "type": "box", "build": "now", "fragile": false,
            })
        );
        let error = builders::Parcel::builder().weight(3).build().unwrap_err();
        assert_eq!(error.members(), ["id", "type"]);
        assert_eq!(error.to_string(), "Parcel lacks id, type");
        let open = builders::Parcel::builder().id("7").weight(3).r#type("box").note(None);
        let open = open.additional_properties([("x".to_owned(), json!(1))].into()).build().unwrap();
        assert_eq!((written(&open)["note"].clone(), written(&open)["x"].clone()), (Value::Null, json!(1)));
    }

    fn is_value<T: Copy + Eq + Ord + Hash + Debug>() {}
    fn is_text<T: Clone + Eq + Ord + Hash + Debug>() {}
    fn is_key<T: Clone + Eq + Hash + Debug>() {}
    fn is_ordered<T: Copy + PartialOrd + Debug>() {}

    #[test]
    fn types_have_the_traits_of_what_they_hold() {
        is_value::<derived_traits::Point>();
        is_value::<derived_traits::Either>();
        is_value::<defaults::Priority>();
        is_text::<derived_traits::Tree>();
        is_key::<derived_traits::Label>();
        is_ordered::<derived_traits::Circle>();
        is_value::<derived_traits::Bounded>();
        let widths = derived_traits::Bounded { byte: u8::MAX, signed: i8::MIN, wide: 0_u32, tall: u64::MAX };
        assert!(widths.to_vec().is_err(), "narrower bounds than those of the width are checked");
    }
}
