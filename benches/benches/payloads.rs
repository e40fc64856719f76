//! `cargo bench --package benches`: decoding and encoding five payloads in three ways.

#![allow(clippy::unwrap_used, missing_docs)]

use benches::{DOCUMENT, generated, hand, payload};
use divan::{Bencher, black_box};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tidings_runtime::Payload;

fn main() {
    divan::main();
}

/// The schema of a payload, its components beside it.
fn validator(name: &str) -> jsonschema::Validator {
    let mut files = tidings::reference::Files::default();
    let source = files.add("payloads.yaml", None, DOCUMENT.to_owned(), &mut tidings::source::Diagnostics::default());
    let document = tidings::syntax::to_json(files.root(source).unwrap());
    let document: Value = serde_json::from_str(&document).unwrap();
    let schema = json!({ "$ref": format!("#/components/schemas/{name}"), "components": document.get("components") });
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft7).should_validate_formats(true);
    options.build(&schema).unwrap()
}

/// Decoded and checked, as generated code does it.
fn checked<T: Payload>(bencher: Bencher, name: &str) {
    let bytes = payload(name).as_bytes();
    T::from_slice(bytes).unwrap();
    bencher.bench(|| T::from_slice(black_box(bytes)).unwrap());
}

/// Decoded by serde, unchecked.
fn unchecked<T: DeserializeOwned>(bencher: Bencher, name: &str) {
    let bytes = payload(name).as_bytes();
    bencher.bench(|| serde_json::from_slice::<T>(black_box(bytes)).unwrap());
}

/// Read as a tree, validated, and made a type of.
fn validated<T: DeserializeOwned>(bencher: Bencher, name: &str) {
    let (bytes, validator) = (payload(name).as_bytes(), validator(name));
    bencher.bench(|| {
        let value: Value = serde_json::from_slice(black_box(bytes)).unwrap();
        assert!(validator.is_valid(&value));
        serde_json::from_value::<T>(value).unwrap()
    });
}

/// Encoded and checked, as generated code does it.
fn encode_checked<T: Payload + Sync>(bencher: Bencher, name: &str) {
    let value = T::from_slice(payload(name).as_bytes()).unwrap();
    bencher.bench(|| black_box(&value).to_vec().unwrap());
}

/// Encoded by serde, unchecked.
fn encode_unchecked<T: DeserializeOwned + serde::Serialize + Sync>(bencher: Bencher, name: &str) {
    let value: T = serde_json::from_str(payload(name)).unwrap();
    bencher.bench(|| serde_json::to_vec(black_box(&value)).unwrap());
}

macro_rules! payloads {
    ($($module:ident: $name:ident,)*) => {$(
        mod $module {
            use super::{Bencher, generated, hand};

            #[divan::bench]
            fn a_checked(bencher: Bencher) {
                super::checked::<generated::$name>(bencher, stringify!($name));
            }

            #[divan::bench]
            fn b_by_hand_unchecked(bencher: Bencher) {
                super::unchecked::<hand::$name>(bencher, stringify!($name));
            }

            #[divan::bench]
            fn c_validated(bencher: Bencher) {
                super::validated::<hand::$name>(bencher, stringify!($name));
            }

            #[divan::bench]
            fn d_encode_checked(bencher: Bencher) {
                super::encode_checked::<generated::$name>(bencher, stringify!($name));
            }

            #[divan::bench]
            fn e_encode_unchecked(bencher: Bencher) {
                super::encode_unchecked::<hand::$name>(bencher, stringify!($name));
            }
        }
    )*};
}

payloads! {
    issue_event: IssueEvent,
    order: Order,
    measurements: Measurements,
    statement: Statement,
    shipment: Shipment,
}
