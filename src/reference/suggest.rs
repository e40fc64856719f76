//! "Did you mean": the known name that a mistyped one resembles, and the place where a name stands.

use crate::syntax::Node;

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
        // A letter that differs may differ by all its bytes.
        .filter(|candidate| {
            candidate.len().abs_diff(name.len()) <= if candidate.is_ascii() { allowed } else { 4 * allowed }
        })
        .map(|candidate| {
            let same_but_case = candidate.eq_ignore_ascii_case(name);
            (if same_but_case { 0 } else { strsim::damerau_levenshtein(name, candidate) }, candidate)
        })
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Where documents keep things by name, besides the Components Object.
const HOLDERS: [&str; 3] = ["channels", "servers", "operations"];

/// The reference to what has the last name of `text` in the document `root`, if exactly one thing has.
pub(super) fn elsewhere(root: Node<'_>, text: &str) -> Option<String> {
    let last = text.rsplit(['/', '#']).next().unwrap_or(text).replace("~1", "/").replace("~0", "~");
    let names = [last.as_str(), last.rsplit('.').next().unwrap_or(&last)];
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    let kept = root.get("components").into_iter().flat_map(Node::entries);
    let kept = kept.map(|kind| (format!("#/components/{}", escaped(kind.key)), kind.value));
    let holders = HOLDERS.iter().filter_map(|key| Some((format!("#/{key}"), root.get(key)?)));
    let holders: Vec<(String, Node<'_>)> = kept.chain(holders).collect();
    names.iter().filter(|name| !name.is_empty()).find_map(|name| {
        let by_key = holders.iter().filter(|(_, holder)| holder.get(name).is_some());
        let by_key = by_key.map(|(pointer, _)| format!("{pointer}/{}", escaped(name)));
        let channels = root.get("channels").into_iter().flat_map(Node::entries);
        let by_address = channels.filter(|channel| channel.value.get_str("address") == Some(name));
        let mut found = by_key.chain(by_address.map(|channel| format!("#/channels/{}", escaped(channel.key))));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    })
}
