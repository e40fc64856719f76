//! Documents that were made to hurt: each is diagnosed, soon, and reads nothing that it may not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tidings::reference::{Fetch, Fetched, Files, Policy};
use tidings::source::Diagnostics;

/// Generous: tests share the machine and are not optimised.
const SOON: Duration = Duration::from_secs(20);

const HEAD: &str = "asyncapi: 3.1.0\ninfo: {title: a, version: a}\n";

/// The ids of all that is said of a text.
fn said(text: String) -> Vec<&'static str> {
    let begun = Instant::now();
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/hostile.yaml");
    let source = files.add("hostile.yaml", Some(&path), text, &mut diagnostics);
    tidings::check(&files, source, &mut diagnostics);
    diagnostics.sort();
    diagnostics.to_text(files.sources());
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    diagnostics.iter().map(|diagnostic| diagnostic.rule.id).collect()
}

#[test]
fn the_alias_bomb_does_not_unfold() {
    let mut text = format!("{HEAD}x-a0: &a0 [a, a, a, a, a, a, a, a, a, a]\n");
    for level in 1..30 {
        let _ = writeln!(text, "x-a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 10].join(", "));
    }
    assert_eq!(said(text), ["too-large"]);
}

#[test]
fn merging_a_large_object_often_is_no_work() {
    let keys: String = (0..20_000).map(|number| format!("  k{number}: a\n")).collect();
    let text = format!("{HEAD}x-a: &a\n{keys}x-b:\n  <<: [{}]\n", vec!["*a"; 150].join(", "));
    assert_eq!(said(text), [""; 0]);
}

#[test]
fn nesting_of_twenty_thousand_is_refused() {
    let flow = format!("{HEAD}x-deep: {}{}\n", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(said(flow), ["too-large"]);
    let block = (0..20_000).fold(format!("{HEAD}x-deep:\n"), |text, depth| text + &" ".repeat(depth / 100 + 1) + "- ");
    assert!(said(block).contains(&"too-large"));
    let mut keys = format!("{HEAD}x-deep:\n");
    for depth in 1..2_000 {
        let _ = writeln!(keys, "{}a:", " ".repeat(depth));
    }
    assert_eq!(said(keys), ["too-large"]);
}

#[test]
fn references_that_lead_to_each_other_end() {
    let text = format!(
        "{HEAD}components:\n  schemas:\n    A: {{$ref: '#/components/schemas/B'}}\n    B: {{$ref: '#/components/schemas/A'}}\n"
    );
    assert_eq!(said(text), ["circular-reference"]);
}

#[test]
fn a_scalar_of_fifty_megabytes_is_only_text() {
    let text = format!("{HEAD}x-long: \"{}\"\n", "a".repeat(50_000_000));
    assert_eq!(said(text), [""; 0]);
    let text = format!("{HEAD}x-long: |\n  {}\nadress: a\n", "a".repeat(50_000_000));
    assert_eq!(said(text), ["unknown-field"]);
}

#[test]
fn a_reference_to_the_passwords_of_the_system_is_refused() {
    for path in [
        "../../../../../../../../../../etc/passwd",
        "/etc/passwd",
        "%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    ] {
        let text = format!("{HEAD}components: {{schemas: {{A: {{$ref: '{path}'}}}}}}\n");
        assert_eq!(said(text), ["forbidden-reference"], "{path}");
    }
    let text = format!("{HEAD}components: {{schemas: {{A: {{$ref: 'file:///etc/passwd'}}}}}}\n");
    assert_eq!(said(text), ["remote-reference"]);
}

#[test]
fn many_broken_lines_are_read_in_bounded_time_and_without_a_flood() {
    let broken = format!("{HEAD}channels:\n{}", "  a: b: c\n \tx\n".repeat(50_000));
    assert!(said(broken).len() <= 25);
    let quotes = format!("{HEAD}x-a: {}", "\"a\n' b: [\n".repeat(20_000));
    assert!(said(quotes).len() <= 25);
}

#[test]
fn a_number_beyond_all_doubles_is_a_number() {
    let text = format!("{HEAD}components: {{schemas: {{A: {{maximum: 1e400, minimum: -1e400}}}}}}\n");
    assert_eq!(said(text), [""; 0]);
    assert_eq!(said(format!("{HEAD}id: 1e400\n")), ["wrong-type"]);
}

/// Answers from a table, and remembers what it was asked.
#[derive(Debug)]
struct Table(Vec<(&'static str, &'static str)>, Mutex<Vec<String>>);

impl Fetch for Table {
    fn fetch(&self, url: &str) -> Result<Fetched, String> {
        self.1.lock().unwrap().push(url.to_owned());
        let (_, text) = self.0.iter().find(|(known, _)| *known == url).ok_or("there is no such file")?;
        Ok(Fetched { url: url.to_owned(), text: (*text).to_owned() })
    }
}

/// What is said of a document whose references are fetched from a table, and which URLs were asked for.
fn fetched(reference: &str, table: Vec<(&'static str, &'static str)>) -> (Vec<String>, Vec<String>) {
    let table = Arc::new(Table(table, Mutex::default()));
    let fetcher: Arc<dyn Fetch> = table.clone();
    let mut files = Files::new(Policy { fetcher: Some(fetcher), ..Policy::default() });
    let mut diagnostics = Diagnostics::default();
    let text = format!("{HEAD}components: {{schemas: {{A: {{$ref: '{reference}'}}}}}}\n");
    let source = files.add("asyncapi.yaml", Some(Path::new("asyncapi.yaml")), text, &mut diagnostics);
    tidings::check(&files, source, &mut diagnostics);
    let said = diagnostics.iter().map(|one| format!("{} {}", files.sources().name(one.span), one.message)).collect();
    let asked = table.1.lock().unwrap().clone();
    (said, asked)
}

#[test]
fn fetched_files_refer_to_files_beside_them() {
    let table = vec![
        ("https://example.com/a/b.yaml", "Order: {$ref: ../c.yaml#/Order}\n"),
        ("https://example.com/c.yaml", "Order: {type: strin}\n"),
    ];
    let (said, asked) = fetched("https://example.com/a/b.yaml#/Order", table);
    assert_eq!(asked, ["https://example.com/a/b.yaml", "https://example.com/c.yaml"]);
    assert_eq!(said, ["https://example.com/c.yaml `strin` is not a possible value of `type`"]);
}

#[test]
fn fetched_files_never_lead_to_files_of_this_machine() {
    for reference in ["file:///etc/passwd", "/etc/passwd", "//evil.example.com/x"] {
        let text: &'static str = Box::leak(format!("Order: {{$ref: '{reference}'}}\n").into_boxed_str());
        let (_, asked) = fetched("https://example.com/b.yaml#/Order", vec![("https://example.com/b.yaml", text)]);
        assert!(asked.iter().all(|url| url.starts_with("https://")), "{asked:?}");
    }
}

#[test]
fn what_cannot_be_fetched_is_said_where_it_is_referred_to() {
    let (said, _) = fetched("https://example.com/none.yaml", Vec::new());
    assert_eq!(said, ["asyncapi.yaml cannot fetch `https://example.com/none.yaml`: there is no such file"]);
}
