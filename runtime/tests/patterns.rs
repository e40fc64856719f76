//! Patterns that are matched in one go agree with the engine of ECMA 262 that matches all others.

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use tidings_runtime::codegen::Pattern;

    /// Simple patterns, and some that only look simple.
    const PATTERNS: [&str; 28] = [
        "^$",
        "^a$",
        "^gw-[0-9a-f]{8}$",
        "^[a-z]+-[0-9]{1,4}$",
        "^\\d{4}-\\d{2}$",
        "^[a-z]*[a-z]$",
        "^[a-z]*$",
        "^a?b?c$",
        "^a?a$",
        "^[A-Z]{2}[0-9]{2,}$",
        "^\\w+@\\w+\\.\\w{2,3}$",
        "^[a-c-]+$",
        "^[-a]+$",
        "^[a\\-c]+$",
        "^a{0}b$",
        "^a{2,1}$",
        "^a+?b$",
        "^[^a]+$",
        "^a|b$",
        "^(ab)+$",
        "^a.c$",
        "^[\\d_]+$",
        "^a\\.b$",
        "^a{,2}$",
        "^[]$",
        "^a{+2}$",
        "^[a\\]]$",
        "^a\\$$",
    ];

    proptest! {
        #[test]
        fn both_engines_agree(pattern in prop::sample::select(PATTERNS.to_vec()), text in "[abc0-9A@_.\\-$é{},+]{0,9}") {
            compare(pattern, &text);
        }

        #[test]
        fn both_engines_agree_on_what_matches(text in "gw-[0-9a-g]{7,9}|[a-c]{0,3}-[0-9]{1,5}|[a-c]{1,3}@[a-c]\\.[a-c]{1,4}") {
            PATTERNS.iter().for_each(|pattern| compare(pattern, &text));
        }
    }

    fn compare(pattern: &'static str, text: &str) {
        let regex = regress::Regex::with_flags(pattern, "u").or_else(|_| regress::Regex::new(pattern)).ok();
        let expected = regex.map(|regex| regex.find(text).is_some());
        assert_eq!(Pattern::new(pattern).matches(text), expected, "/{pattern}/ on {text:?}");
    }
}
