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

/// Lines made of the numbers from 0.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|number| line(number) + "\n").collect()
}

#[test]
fn chains_of_references_take_no_longer_than_they_are_long() {
    let chain = lines(1_000, |at| format!("    m{at}: {{$ref: '#/components/messages/m{}'}}", at + 1));
    let channels = lines(1_000, |at| {
        format!("  c{at}: {{address: a{at}, messages: {{M: {{$ref: '#/components/messages/m{at}'}}}}}}")
    });
    let text = format!("{HEAD}channels:\n{channels}components:\n  messages:\n{chain}    m1000: {{payload: {{}}}}\n");
    assert_eq!(said(text), [""; 0]);
}

#[test]
fn many_channels_with_many_messages_are_read_in_the_time_of_their_text() {
    let messages = lines(60, |at| format!("    m{at}: {{payload: {{type: string}}}}"));
    let carried = lines(60, |at| format!("      m{at}: {{$ref: '#/components/messages/m{at}'}}"));
    let channels = lines(60, |at| format!("  c{at}:\n    address: a{at}\n    messages:\n{carried}"));
    let named = |at: usize| lines(60, |one| format!("      - {{$ref: '#/channels/c{at}/messages/m{one}'}}"));
    let operations = lines(60, |at| {
        format!("  o{at}:\n    action: send\n    channel: {{$ref: '#/channels/c{at}'}}\n    messages:\n{}", named(at))
    });
    let text = format!("{HEAD}components:\n  messages:\n{messages}channels:\n{channels}operations:\n{operations}");
    assert_eq!(said(text), [""; 0]);
}

/// What was meant is guessed a few times, not for each of thousands.
#[test]
fn names_that_lead_nowhere_are_not_compared_with_each_other_without_end() {
    let references = lines(2_000, |at| format!("    s{at}: {{$ref: '#/components/schemas/t{at}'}}"));
    let ids = said(format!("{HEAD}components:\n  schemas:\n{references}"));
    assert!(ids.contains(&"unresolved-reference"));
    let names: String = (0..1_000).map(|at| format!("{{a{at}}}")).collect();
    let declared = lines(1_000, |at| format!("      b{at}: {{}}"));
    let ids = said(format!("{HEAD}channels:\n  c:\n    address: '{names}'\n    parameters:\n{declared}"));
    assert!(ids.contains(&"channel-parameters"));
    let servers = lines(1_000, |at| format!("  server{at}: {{url: a, protocol: b}}"));
    let channels = lines(1_000, |at| format!("  c{at}: {{servers: [serwer{at}]}}"));
    let head = HEAD.replace("3.1.0", "2.6.0");
    assert!(said(format!("{head}servers:\n{servers}channels:\n{channels}")).contains(&"channel-server-names"));
}

#[test]
fn anchors_are_looked_up_rather_than_searched_for_each_time() {
    let named = lines(2_000, |at| format!("    s{at}: {{$anchor: a{at}, type: string}}"));
    let references = lines(2_000, |at| format!("    r{at}: {{$ref: '#a{at}'}}"));
    assert_eq!(said(format!("{HEAD}components:\n  schemas:\n{named}{references}")), [""; 0]);
}

#[test]
fn names_of_files_and_keys_give_no_orders_to_a_terminal() {
    let text = format!("{HEAD}\"a\\n::error ::b\\e[31m\": 1\n");
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.add("x\n\u{1b}[31m.yaml", None, text, &mut diagnostics);
    tidings::check(&files, source, &mut diagnostics);
    let shown = diagnostics.to_text(files.sources());
    assert!(
        !shown.contains('\u{1b}') && shown.lines().all(|line| !line.trim_start().starts_with("::error")),
        "{shown}"
    );
}

#[test]
fn a_file_in_utf_16_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{HEAD}adress: é\n");
    let units: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for (name, bytes) in [("le", [b"\xFF\xFE".as_slice(), &little].concat()), ("be", big), ("plain", little)] {
        let path = folder.path().join(name).with_extension("yaml");
        std::fs::write(&path, bytes).unwrap();
        let mut files = Files::new(Policy::default());
        let mut diagnostics = Diagnostics::default();
        let source = files.open(&path, &mut diagnostics).unwrap();
        tidings::check(&files, source, &mut diagnostics);
        let found: Vec<_> =
            diagnostics.iter().map(|one| (one.rule.id, files.sources().range(one.span).0.line)).collect();
        assert_eq!(found, [("unknown-field", 3)], "{name}");
    }
    let path = folder.path().join("odd.yaml");
    std::fs::write(&path, b"\xFF\xFEa").unwrap();
    let refused = Files::new(Policy::default()).open(&path, &mut Diagnostics::default());
    assert!(refused.unwrap_err().to_string().contains("UTF-16"));
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
