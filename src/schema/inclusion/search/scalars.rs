//! Numbers, texts, booleans and `null` at the boundaries of schemas.

use super::text;
use crate::schema::inclusion::fuel::Fuel;
use crate::schema::inclusion::place::Place;
use crate::schema::inclusion::validity::Validity;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::rc::Rc;

/// Keywords that say something about a scalar.
const SCALAR_KEYWORDS: [&str; 12] = [
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "not",
];
/// Bounds of numbers.
const BOUNDS: [&str; 4] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
/// Where there is no bound at all.
const PLAIN_NUMBERS: [f64; 11] = [0.0, 1.0, -1.0, 2.0, 0.5, 3.0, 1.5, 10.0, -10.0, 1_000_000.0, -1_000_000.0];
/// Where there is no constraint at all.
const PLAIN_TEXTS: [&str; 12] = ["a", "", "A", "0", "1", " ", "ab", "abc", "a b", "_", "é", "-1"];
/// Longer texts are not made.
const MAXIMUM_LENGTH: usize = 200_000;
/// Steps: making texts of a pattern.
const SAMPLING: usize = 200;
/// So many bytes of text count as one step.
const CHARACTERS: usize = 16;

/// The values that `enum` and `const` leave, if the schemas have one of them.
pub(super) fn enumerated(own: &[Place<'_>], hints: &[Place<'_>], fuel: &mut Fuel) -> Vec<Value> {
    let lists = own.iter().filter_map(|place| place.get("enum").and_then(Value::as_array).map(Vec::as_slice));
    let constants = own.iter().filter_map(|place| place.get("const").map(std::slice::from_ref));
    let Some(list) = lists.chain(constants).min_by_key(|list| list.len()) else { return Vec::new() };
    // What others name comes last: it is seldom what this schema alone takes.
    let mut named: HashMap<&Value, usize> = HashMap::new();
    for value in constants_of(hints) {
        *named.entry(value).or_default() += 1;
    }
    fuel.spend(list.len() + named.len());
    let (shared, mut lone): (Vec<Value>, Vec<Value>) =
        list.iter().cloned().partition(|value| named.get(value).is_some_and(|count| *count > 1));
    lone.extend(shared);
    lone
}

/// Every value of `enum` and `const`.
pub(super) fn constants_of<'s>(places: &'s [Place<'s>]) -> impl Iterator<Item = &'s Value> {
    places
        .iter()
        .flat_map(|place| place.get("enum").and_then(Value::as_array).into_iter().flatten().chain(place.get("const")))
}

/// Makes scalars; keeps what is made of patterns.
#[derive(Default)]
pub(super) struct Scalars {
    samples: HashMap<(String, usize), Rc<Vec<String>>>,
}

impl Scalars {
    /// Scalars that the schemas `own` accept as far as scalars go.
    pub(super) fn of(
        &mut self,
        own: &[Place<'_>],
        hints: &[Place<'_>],
        texts_apart: &[String],
        (validity, fuel): (&mut Validity, &mut Fuel),
    ) -> Vec<Value> {
        let all: Vec<Place<'_>> = own.iter().chain(hints).copied().collect();
        let mut plain: Vec<Value> = PLAIN_TEXTS.iter().map(|text| json!(text)).collect();
        plain.extend(PLAIN_NUMBERS.into_iter().filter_map(json_number));
        plain.extend([json!(true), json!(false), Value::Null]);
        let mut bounds: Vec<Value> = texts_apart.iter().map(|text| json!(text)).collect();
        bounds.extend(self.texts(&all, fuel));
        bounds.extend(numbers(&all));
        bounds.extend(constants_of(hints).filter(|value| !value.is_object() && !value.is_array()).cloned());
        fuel.spend(all.len() + plain.len() + bounds.len());
        // What cannot be judged is made all the same.
        let mut fits =
            |value: &Value| own.iter().all(|place| validity.agree(*place, &SCALAR_KEYWORDS, value) != Some(false));
        // A plain one, what lies at a boundary, and the other plain ones.
        plain.retain(&mut fits);
        bounds.retain(&mut fits);
        let mut plain = plain.into_iter();
        let mut values: Vec<Value> = plain.next().into_iter().collect();
        values.extend(bounds);
        values.extend(plain);
        values
    }

    /// Texts of a pattern.
    pub(super) fn samples(&mut self, pattern: &str, lengths: &[usize], fuel: &mut Fuel) -> Rc<Vec<String>> {
        let key = (pattern.to_owned(), text::longest(lengths));
        fuel.spend(1);
        if let Some(known) = self.samples.get(&key) {
            return Rc::clone(known);
        }
        let samples = if fuel.is_spent() { Vec::new() } else { text::samples(&key.0, key.1) };
        fuel.spend(SAMPLING + samples.iter().map(String::len).sum::<usize>() / CHARACTERS);
        let samples = Rc::new(samples);
        self.samples.insert(key, Rc::clone(&samples));
        samples
    }

    /// Texts of every length at a boundary, and of every pattern.
    fn texts(&mut self, places: &[Place<'_>], fuel: &mut Fuel) -> Vec<Value> {
        let mut found: Vec<String> = Vec::new();
        let mut lengths: Vec<usize> = ["minLength", "maxLength"]
            .into_iter()
            .flat_map(|keyword| places.iter().filter_map(move |place| place.count(keyword)))
            .flat_map(|length| [length.saturating_sub(1), length, length.saturating_add(1)])
            .filter(|length| *length <= MAXIMUM_LENGTH)
            .collect();
        lengths.sort_unstable();
        lengths.dedup();
        lengths.truncate(30);
        let mut samples: Vec<String> = Vec::new();
        for pattern in places.iter().filter_map(|place| place.get("pattern")).filter_map(Value::as_str) {
            samples.extend(self.samples(pattern, &lengths, fuel).iter().cloned());
        }
        // A pattern that is not anchored lets anything follow.
        for length in &lengths {
            found.push("a".repeat(*length));
            let padded = samples.iter().filter(|sample| sample.chars().count() < *length).take(8);
            found.extend(padded.map(|sample| {
                let missing = length.saturating_sub(sample.chars().count());
                format!("{sample}{}", sample.chars().last().unwrap_or('a').to_string().repeat(missing))
            }));
        }
        found.extend(samples);
        fuel.spend(found.iter().map(String::len).sum::<usize>() / CHARACTERS);
        found.into_iter().map(Value::String).collect()
    }
}

/// Numbers at every bound, and at multiples near it.
fn numbers(places: &[Place<'_>]) -> Vec<Value> {
    let number = |value: &Value| value.as_f64();
    let of = |keyword: &'static str| places.iter().filter_map(move |place| place.get(keyword)).filter_map(number);
    let mut steps: Vec<f64> = of("multipleOf").filter(|step| *step > 0.0).collect();
    steps.sort_by(f64::total_cmp);
    steps.dedup();
    steps.truncate(6);
    let mut bounds: Vec<f64> = BOUNDS.into_iter().flat_map(of).collect();
    bounds.extend(constants_of(places).filter_map(number));
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    bounds.truncate(60);
    let mut found = Vec::new();
    for bound in &bounds {
        found.extend([0.0, 1.0, -1.0, 0.5, -0.5, 0.1, -0.1, 2.0, -2.0].map(|offset| bound + offset));
    }
    found.extend(bounds.windows(2).filter_map(|pair| Some((pair.first()? + pair.last()?) / 2.0)));
    for step in &steps {
        found.extend([1.0, 2.0, 3.0, 5.0, 7.0, -1.0, 0.5, 11.0, 13.0].map(|times| step * times));
        found.extend(steps.iter().map(|other| step * other));
        for bound in &bounds {
            let near = (bound / step).floor();
            found.extend([-1.0, 0.0, 1.0, 2.0, 3.0].map(|more| (near + more) * step));
        }
    }
    // Beyond what a double holds, the neighbours of a bound are its neighbours only as integers.
    let exact =
        BOUNDS.into_iter().flat_map(|keyword| places.iter().filter_map(move |place| place.get(keyword)?.as_i64()));
    let neighbours = exact.flat_map(|bound| [bound.saturating_sub(1), bound, bound.saturating_add(1)]);
    found.into_iter().filter_map(json_number).chain(neighbours.map(|number| json!(number))).collect()
}

/// A number without the noise of binary fractions; whole ones are written so.
fn json_number(value: f64) -> Option<Value> {
    let is_plain = value.fract() == 0.0 && value.abs() < 9e15;
    let value: f64 = if is_plain { value } else { format!("{value:.9}").parse().ok()? };
    if value.fract() == 0.0 && value.abs() < 9e15 {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
        return Some(json!(value as i64));
    }
    serde_json::Number::from_f64(value).map(Value::Number)
}
