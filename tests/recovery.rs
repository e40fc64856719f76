//! Slips of the pen after which a text is not well-formed: each is said once, what was misread because of it is not said,
//! and a second fault elsewhere is. `base-2.yaml` and `base-3.yaml` of `mistakes` are right otherwise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use tidings::reference::{Files, Policy};
use tidings::source::{Diagnostics, Severity};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes")
}

/// The lines with errors, counted from 1, and the rules that are broken there.
fn errors(text: &str) -> Vec<(usize, &'static str)> {
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.add("asyncapi.yaml", Some(&folder().join("asyncapi.yaml")), text.to_owned(), &mut diagnostics);
    tidings::check(&files, source, &mut diagnostics);
    diagnostics.sort();
    let errors = diagnostics.iter().filter(|one| one.severity == Severity::Error);
    errors.map(|one| (text[..one.span.start as usize].matches('\n').count() + 1, one.rule.id)).collect()
}

fn base(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

/// The base as JSON, one member or item a line.
fn json(name: &str) -> String {
    let mut files = Files::new(Policy::default());
    let source = files.add(name, None, base(name), &mut Diagnostics::default());
    let text = tidings::syntax::to_json(files.root(source).unwrap());
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    format!("{}\n", serde_json::to_string_pretty(&value).unwrap())
}

fn with_line(text: &str, index: usize, line: &str) -> String {
    let lines = text.lines().enumerate().map(|(at, old)| if at == index { line } else { old });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// Every slip of a kind in a text: how many documents have errors, and how many errors those have.
fn count(text: &str, slip: impl Fn(&str) -> Option<String>) -> (usize, usize) {
    let found = text.lines().enumerate().filter_map(|(at, line)| Some((at, slip(line)?)));
    let counts = found.map(|(at, line)| {
        let errors = errors(&with_line(text, at, &line));
        if errors.len() > 1 {
            println!("{}: `{line}`: {errors:?}", at + 1);
        }
        errors.len()
    });
    let counts = counts.filter(|count| *count > 0);
    counts.fold((0, 0), |(documents, errors), count| (documents + 1, errors + count))
}

/// One slip in one line causes little more than one error, whichever line it is.
fn assert_one_each(text: &str, most_percent: usize, slip: impl Fn(&str) -> Option<String>) {
    let (documents, errors) = count(text, slip);
    assert!(documents > 10, "{documents} documents have errors");
    assert!(errors * 100 <= documents * most_percent, "{errors} errors in {documents} documents");
}

#[test]
fn a_line_that_is_too_deep_is_one_fault() {
    for text in [base("base-2.yaml"), base("base-3.yaml")] {
        assert_one_each(&text, 115, |line| Some(format!("  {line}")));
        assert_one_each(&text, 115, |line| Some(format!(" {line}")));
    }
}

#[test]
fn a_line_that_is_not_deep_enough_is_one_fault() {
    for text in [base("base-2.yaml"), base("base-3.yaml")] {
        assert_one_each(&text, 115, |line| line.strip_prefix("  ").map(str::to_owned));
        assert_one_each(&text, 115, |line| line.strip_prefix(' ').map(str::to_owned));
    }
}

#[test]
fn a_tab_before_a_line_is_one_fault() {
    for text in [base("base-2.yaml"), base("base-3.yaml")] {
        assert_one_each(&text, 105, |line| Some(format!("\t{line}")));
        assert_one_each(&text, 105, |line| Some(line.replacen("  ", "\t", 1)).filter(|_| line.starts_with(' ')));
    }
}

#[test]
fn a_missing_colon_is_one_fault() {
    for text in [base("base-2.yaml"), base("base-3.yaml")] {
        assert_one_each(&text, 105, |line| line.contains(": ").then(|| line.replacen(": ", " ", 1)));
        assert_one_each(&text, 105, |line| line.strip_suffix(':').map(str::to_owned));
    }
}

#[test]
fn a_colon_within_a_value_is_one_fault() {
    for text in [base("base-2.yaml"), base("base-3.yaml")] {
        assert_one_each(&text, 105, |line| line.contains(": ").then(|| format!("{line}: more")));
    }
}

#[test]
fn a_quote_that_is_not_closed_is_one_fault() {
    for text in [base("base-2.yaml"), base("base-3.yaml")] {
        assert_one_each(&text, 105, |line| line.contains(": ").then(|| line.replacen(": ", ": \"", 1)));
    }
}

#[test]
fn a_bracket_that_is_missing_or_too_much_in_json_is_one_fault() {
    for text in [json("base-2.yaml"), json("base-3.yaml")] {
        for bracket in ["{", "}", "[", "]"] {
            let without = |line: &str| line.contains(bracket).then(|| line.replacen(bracket, "", 1));
            let doubled = |line: &str| line.contains(bracket).then(|| line.replacen(bracket, &bracket.repeat(2), 1));
            let (documents, errors) = [count(&text, without), count(&text, doubled)]
                .into_iter()
                .fold((0, 0), |sum, more| (sum.0 + more.0, sum.1 + more.1));
            assert!(documents > 2, "{bracket}");
            assert!(errors * 100 <= documents * 110, "{bracket}: {errors} errors in {documents} documents");
        }
    }
}

#[test]
fn a_missing_comma_or_colon_in_json_is_one_fault() {
    for text in [json("base-2.yaml"), json("base-3.yaml")] {
        assert_one_each(&text, 105, |line| line.strip_suffix(',').map(str::to_owned));
        assert_one_each(&text, 105, |line| line.contains("\": \"").then(|| line.replacen("\": \"", "\" \"", 1)));
    }
}

#[test]
fn a_quote_that_is_missing_or_too_much_in_json_is_one_fault() {
    for text in [json("base-2.yaml"), json("base-3.yaml")] {
        assert_one_each(&text, 105, |line| line.contains("\":").then(|| line.replacen("\":", ":", 1)));
        assert_one_each(&text, 105, |line| line.contains("\":").then(|| line.replacen("\":", "\"\":", 1)));
        assert_one_each(&text, 105, |line| line.strip_suffix("\",").map(|line| format!("{line},")));
    }
}
