//! Samples: different values of a schema, small, the same for the same seed.
//!
//! In: a side. Out: values, each of which a validator accepts, formats included. Nothing is given that it refuses, so there
//! may be fewer than asked for, and none for a schema that accepts nothing or that nothing made here fits.

use super::profile::Reading;
use super::{STACK_BYTES, Side, engine, plain, search};
use crate::schema;
use serde_json::Value;
use std::collections::HashSet;

/// Longer values are no samples, as long as there are shorter ones.
const LONGEST: usize = 4_096;

/// At most `count` values. The first of seed 0 is the plainest that the examples and defaults of the schema make.
///
/// # Errors
/// Says which part of the schema no validator can judge.
pub fn samples(side: &Side<'_>, count: usize, seed: u64) -> Result<Vec<Value>, String> {
    let schema = plain::schema(side, Reading { formats_asserted: true, ..Reading::default() })?;
    let accepts = engine::predicate_with_formats(&schema)?;
    let (schemas, ids) = super::read(side);
    let plainest: Vec<Value> = ids.iter().map(|id| schema::sample(side.files, &schemas, *id)).collect();
    let make = || {
        let mut made = search::values(&schema);
        made.extend(plainest.iter().flat_map(|value| variations(value, &made)).collect::<Vec<_>>());
        let mut seen = HashSet::new();
        let mut kept: Vec<(usize, Value)> = plainest
            .iter()
            .chain(&made)
            .filter(|value| accepts(value))
            .map(|value| (value.to_string(), value))
            .filter(|(text, _)| seen.insert(text.clone()))
            .map(|(text, value)| (text.len(), value.clone()))
            .collect();
        if kept.iter().any(|(length, _)| *length <= LONGEST) {
            kept.retain(|(length, _)| *length <= LONGEST);
        }
        let mut kept: Vec<Value> = kept.into_iter().map(|(_, value)| value).collect();
        shuffle(&mut kept, seed);
        kept.truncate(count);
        kept
    };
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, make);
        let worker = worker.map_err(|error| error.to_string())?;
        worker.join().map_err(|_| "the search for samples failed".to_owned())
    })
}

/// The value without one of its members, and with one of them as another value has it.
fn variations(value: &Value, others: &[Value]) -> Vec<Value> {
    const OTHERS: usize = 200;
    let Value::Object(members) = value else { return Vec::new() };
    let with = |key: &String, member: Option<&Value>| {
        let mut members = members.clone();
        match member {
            Some(member) => members.insert(key.clone(), member.clone()),
            None => members.remove(key),
        };
        Value::Object(members)
    };
    let fewer = members.keys().map(|key| with(key, None));
    let others = others.iter().take(OTHERS).filter_map(Value::as_object);
    let changed = others.flat_map(|other| other.iter().map(|(key, member)| with(key, Some(member))));
    fewer.chain(changed).collect()
}

/// Another order for each seed (Fisher and Yates; SplitMix64); that of seed 0 stays as it is.
fn shuffle(values: &mut [Value], seed: u64) {
    if seed == 0 {
        return;
    }
    let mut state = seed;
    for last in (1..values.len()).rev() {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut random = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        random = (random ^ (random >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let chosen = usize::try_from((random ^ (random >> 31)) % (last as u64 + 1)).unwrap_or(0);
        values.swap(last, chosen);
    }
}
