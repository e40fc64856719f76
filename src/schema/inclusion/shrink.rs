//! Making a witness small, so that people see what it is about.
//!
//! In: a value with a property that must stay, asked by a function. Out: a value that still has it, in which no single
//! part can be dropped or made simpler, unless the steps ran out.

use serde_json::{Value, json};

/// How many values are tried at most.
const MAXIMUM_TRIES: usize = 1_500;

/// Shrinks a value for which `keeps` is true to a smaller one for which it is.
pub(super) fn shrink(value: Value, keeps: &dyn Fn(&Value) -> bool) -> Value {
    let mut tries = MAXIMUM_TRIES;
    let mut best = value;
    loop {
        let mut candidates = simpler(&best).take(tries);
        let smaller = candidates.find(|candidate| {
            tries -= 1;
            keeps(candidate)
        });
        drop(candidates);
        match smaller {
            Some(smaller) => best = smaller,
            None => return best,
        }
    }
}

/// Values that are one step simpler, the simplest first.
fn simpler(value: &Value) -> Box<dyn Iterator<Item = Value> + '_> {
    match value {
        Value::Null | Value::Bool(_) => Box::new(std::iter::empty()),
        Value::Number(number) => {
            let simple = [json!(0), json!(1), json!(-1)];
            let stop = simple.iter().position(|one| one == value).unwrap_or(simple.len());
            let whole = number.as_f64().filter(|number| number.fract() != 0.0 && number.abs() < 1e15);
            #[expect(clippy::cast_possible_truncation, reason = "it is small")]
            let whole = whole.map(|number| json!(number.trunc() as i64));
            Box::new(simple.into_iter().take(stop).chain(whole))
        }
        Value::String(text) => {
            let count = text.chars().count();
            let cut = [0, count / 2, count.saturating_sub(1)];
            let mut shorter: Vec<Value> = cut
                .iter()
                .filter(|cut| **cut < count)
                .map(|cut| text.chars().take(*cut).collect::<String>())
                .map(Value::String)
                .collect();
            if count <= 64 && text.chars().any(|character| character != 'a') {
                shorter.push(Value::String("a".repeat(count)));
            }
            Box::new(shorter.into_iter())
        }
        Value::Array(items) => {
            let halved = (items.len() > 3).then(|| items.iter().take(items.len() / 2).cloned().collect());
            let without = |at: usize| items.iter().enumerate().filter(move |(i, _)| *i != at).map(|(_, v)| v.clone());
            let dropped = (0..items.len()).rev().map(move |at| Value::Array(without(at).collect()));
            let changed = items.iter().enumerate().flat_map(move |(at, item)| {
                simpler(item).map(move |smaller| {
                    let replaced = |(i, v): (usize, &Value)| if i == at { smaller.clone() } else { v.clone() };
                    Value::Array(items.iter().enumerate().map(replaced).collect())
                })
            });
            Box::new(halved.into_iter().chain(dropped).chain(changed))
        }
        Value::Object(members) => {
            let dropped = members.keys().map(move |key| {
                let mut members = members.clone();
                members.remove(key);
                Value::Object(members)
            });
            let changed = members.iter().flat_map(move |(key, member)| {
                simpler(member).map(move |smaller| {
                    let mut members = members.clone();
                    members.insert(key.clone(), smaller);
                    Value::Object(members)
                })
            });
            Box::new(dropped.chain(changed))
        }
    }
}
