//! The Rust identifier of every element: stable, collision-free.
//!
//! In: names as documents have them, any text at all. Out: identifiers in Rust's own casing, ASCII only, never a keyword,
//! never a name of the prelude; [`Scope`] keeps those of one namespace apart. The same names in the same order always
//! give the same identifiers, and a name that is its own identifier keeps it.

mod scope;

pub use scope::Scope;

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// Keywords of all editions, sorted.
const KEYWORDS: [&str; 52] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Keywords that cannot be written `r#..`.
const NEVER_RAW: [&str; 4] = ["Self", "crate", "self", "super"];

/// Names of the prelude and of the primitives that generated code writes without a path, sorted.
const PRELUDE: [&str; 50] = [
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Hash",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
    "bool",
    "char",
    "f32",
    "f64",
    "i64",
    "str",
    "u64",
    "usize",
];

/// What a name made of symbols alone is called.
const SYMBOLS: [(char, &str); 24] = [
    ('+', "plus"),
    ('-', "minus"),
    ('*', "star"),
    ('/', "slash"),
    ('\\', "backslash"),
    ('<', "less"),
    ('>', "greater"),
    ('=', "equal"),
    ('!', "not"),
    ('?', "question"),
    ('%', "percent"),
    ('&', "and"),
    ('|', "or"),
    ('^', "caret"),
    ('~', "tilde"),
    ('#', "hash"),
    ('@', "at"),
    ('$', "dollar"),
    ('.', "dot"),
    (',', "comma"),
    (':', "colon"),
    (';', "semicolon"),
    ('_', "underscore"),
    (' ', "space"),
];

/// Names longer than this are cut; nobody can read them, and file systems and linkers mind.
const LONGEST: usize = 80;

/// Is this a keyword in any edition?
pub fn is_keyword(text: &str) -> bool {
    KEYWORDS.binary_search(&text).is_ok()
}

/// A type, in upper camel case.
pub fn type_name(text: &str) -> String {
    let name = words(text, "Value").to_upper_camel_case();
    if PRELUDE.binary_search(&name.as_str()).is_ok() || NEVER_RAW.contains(&name.as_str()) { name + "_" } else { name }
}

/// A variant of an enum, in upper camel case.
pub fn variant_name(text: &str) -> String {
    let name = words(text, "Value").to_upper_camel_case();
    if NEVER_RAW.contains(&name.as_str()) { name + "_" } else { name }
}

/// A field, function or module, in snake case; a keyword is written raw.
pub fn value_name(text: &str) -> String {
    let name = words(text, "value").to_snake_case();
    if NEVER_RAW.contains(&name.as_str()) {
        name + "_"
    } else if is_keyword(&name) {
        format!("r#{name}")
    } else {
        name
    }
}

/// A static, in shouting snake case.
pub fn constant_name(text: &str) -> String {
    words(text, "VALUE").to_shouty_snake_case()
}

/// ASCII text with at least one letter, the first one in front.
fn words(text: &str, prefix: &str) -> String {
    let ascii = any_ascii::any_ascii(text);
    let mut kept: String =
        ascii.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { ' ' }).collect();
    if kept.trim().is_empty() {
        let spelled = |character: char| SYMBOLS.iter().find(|(symbol, _)| *symbol == character).map(|(_, word)| *word);
        kept = ascii.chars().filter_map(spelled).collect::<Vec<_>>().join(" ");
    }
    let kept: String = kept.trim().chars().take(LONGEST).collect();
    match kept.chars().next() {
        None => "empty".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("{prefix} {kept}"),
        Some(_) => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(KEYWORDS.is_sorted());
        assert!(PRELUDE.is_sorted());
    }
}
