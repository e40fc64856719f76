//! "Did you mean": the known name that a mistyped one resembles.

/// Beyond this many candidates nobody is helped, and the search would be felt.
const CANDIDATES: usize = 2_000;

/// The candidate that is closest to `name`, if it is close enough to be meant.
pub fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let allowed = match name.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        length => (length / 3).min(4),
    };
    candidates
        .into_iter()
        .take(CANDIDATES)
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= 8)
        .map(|candidate| {
            let same_but_case = candidate.eq_ignore_ascii_case(name);
            (if same_but_case { 0 } else { strsim::damerau_levenshtein(name, candidate) }, candidate)
        })
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
