//! Questions about inclusion that are hard to answer: each ends within the fuel of a question, and those that people ask are
//! decided.

#[path = "terms/mod.rs"]
mod terms;

use serde_json::Value;
use std::time::{Duration, Instant};
use terms::{Term, terms};
use tidings::document::{Dialect, SchemaFormat};
use tidings::reference::{Files, Policy};
use tidings::schema::inclusion::{Comparison, Profile, Side, Verdict, compare_counting};
use tidings::source::Diagnostics;

#[cfg(test)]
mod support {
    use super::{
        Comparison, Diagnostics, Dialect, Files, Policy, Profile, SchemaFormat, Side, Value, compare_counting,
    };

    pub fn compared(old: &Value, new: &Value) -> (Comparison, usize) {
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
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Fails { .. } => "fails",
        Verdict::Unknown { .. } => "unknown",
    }
}

#[test]
fn show() {
    let (mut all, only) = (0, std::env::var("ONLY").unwrap_or_default());
    for Term { name, old, new } in terms() {
        if !name.contains(&only) {
            continue;
        }
        let started = Instant::now();
        let (comparison, steps) = support::compared(&old, &new);
        all += steps;
        println!(
            "{:>8} {:>8} {:>8} {:>6} {name}",
            steps,
            word(&comparison.backward),
            word(&comparison.forward),
            started.elapsed().as_millis()
        );
    }
    println!("{all}");
    let _ = Duration::ZERO;
}
