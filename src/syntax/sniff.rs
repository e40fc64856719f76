//! What a text is likely to be, without reading it as a whole: it may be broken, and should be named for it.

/// Does a key stand at the root of a text, as far as can be told? In block style it begins a line; in flow style (and
/// JSON) it stands within the first brace and no other.
pub fn mentions_root_key(text: &str, key: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') { in_flow(text, key) } else { text.lines().any(|line| begins(line, key)) }
}

/// `key:`, `"key":` or `'key':` at the beginning of a line.
fn begins(line: &str, key: &str) -> bool {
    let unquoted = line.strip_prefix(['"', '\'']).unwrap_or(line);
    let rest = unquoted.strip_prefix(key).map(|rest| rest.strip_prefix(['"', '\'']).unwrap_or(rest));
    rest.is_some_and(|rest| rest.trim_start().starts_with(':'))
}

fn in_flow(text: &str, key: &str) -> bool {
    let mut depth = 0_usize;
    let mut quoted = None;
    let mut token_start = true;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        if depth == 1 && token_start && quoted.is_none() && text.get(at..).is_some_and(|rest| begins(rest, key)) {
            return true;
        }
        match (quoted, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(quote), _) if quote == character => quoted = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if token_start => quoted = Some(character),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        token_start = quoted.is_none() && matches!(character, '{' | '[' | ',' | ':' | ' ' | '\t' | '\n' | '\r');
    }
    false
}
