//! Questions about inclusion that are hard to answer: what is decided, and within how many steps, which are the same on every
//! machine. `cargo xtask nightly pace` asks all of them, and how long that takes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "terms/mod.rs"]
mod terms;

use serde_json::Value;
use terms::{Term, terms};
use tidings::document::{Dialect, SchemaFormat};
use tidings::reference::{Files, Policy};
use tidings::schema::inclusion::{Comparison, Profile, Side, Verdict, compare_counting};
use tidings::source::Diagnostics;

/// Terms that are decided: whether the old schema is included in the new one, whether the new one is in the old one, and
/// the steps that this may take.
const DECIDED: [(&str, [bool; 2], usize); 16] = [
    ("200 overlapping objects", [true, false], 1_200_000),
    ("200 or 199 overlapping objects", [false, true], 1_000_000),
    ("20 mutual definitions", [false, false], 300_000),
    ("60 nested conjunctions", [false, false], 100_000),
    ("5000 constants", [false, false], 1_500_000),
    ("3000 constant objects", [false, true], 2_500_000),
    ("a trillion properties", [true, false], 50_000),
    ("tiny and huge steps", [false, true], 10_000),
    ("patterns that turn back", [true, true], 10_000),
    ("20 tagged branches", [false, true], 300_000),
    ("60 tagged branches", [false, true], 600_000),
    ("20 patterns of names", [true, false], 200_000),
    ("20 patterns to choose from", [false, true], 600_000),
    ("20 patterns for names of members", [false, true], 300_000),
    ("20 refusals", [false, true], 200_000),
    ("20 overlapping exclusive objects", [false, false], 2_500_000),
];

fn compared(old: &Value, new: &Value) -> (Comparison, usize) {
    let open = |value: &Value| {
        let mut files = Files::new(Policy::default());
        let source = files.add("schema.json", None, value.to_string(), &mut Diagnostics::default());
        let node = files.root(source).unwrap().id();
        (files, node)
    };
    let ((old, old_node), (new, new_node)) = (open(old), open(new));
    let side = |files, node| Side::schema(files, node, SchemaFormat::JsonSchema(Dialect::Draft7), None);
    compare_counting(&side(&old, old_node), &side(&new, new_node), Profile::Semantic)
}

#[test]
fn hard_terms_are_decided_within_a_bounded_number_of_steps() {
    let terms = terms();
    for (name, included, most) in DECIDED {
        let Term { old, new, .. } = terms.iter().find(|term| term.name == name).unwrap();
        let (comparison, steps) = compared(old, new);
        println!("{steps:>8} {name}");
        for ((verdict, included), [from, to]) in
            [&comparison.backward, &comparison.forward].into_iter().zip(included).zip([[old, new], [new, old]])
        {
            match verdict {
                Verdict::Holds => assert!(included, "{name} holds"),
                Verdict::Fails { witness, .. } => {
                    let accepts = |schema: &Value| {
                        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft7);
                        options.build(schema).unwrap().is_valid(witness)
                    };
                    assert!(!included && accepts(from) && !accepts(to), "{name}: {witness}");
                }
                Verdict::Unknown { reason } => panic!("{name}: {reason}"),
            }
        }
        assert!(steps <= most, "{name} takes {steps} steps");
    }
}
