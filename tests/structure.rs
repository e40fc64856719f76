//! Documents with one fault each: what is said of them, and where. And documents without a fault, of which nothing is.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tidings::document::{Version, structure};
use tidings::reference::{Files, Policy};
use tidings::source::{DiagnosticReport, Diagnostics};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents")
}

/// Everything that is said of a document, in the order of the text.
fn reports(path: &Path) -> std::io::Result<Vec<DiagnosticReport>> {
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.open(path, &mut diagnostics)?;
    tidings::check(&files, source, &mut diagnostics);
    diagnostics.sort();
    Ok(diagnostics.iter().map(|diagnostic| DiagnosticReport::new(files.sources(), diagnostic)).collect())
}

/// `line:column code` of everything that is said of a document, with the file in front where it is another.
fn said(fault: &str) -> std::io::Result<Vec<String>> {
    let path = folder().join("faults").join(fault).with_extension("yaml");
    let own = path.display().to_string();
    let place = |report: &DiagnosticReport| match report.file.rsplit('/').next() {
        Some(file) if report.file != own => format!("{file}:"),
        _ => String::new(),
    };
    let line =
        |report: &DiagnosticReport| format!("{}{}:{} {}", place(report), report.line, report.column, report.code);
    Ok(reports(&path)?.iter().map(line).collect())
}

/// The first report on a document.
fn first(fault: &str) -> Option<DiagnosticReport> {
    let path = folder().join("faults").join(fault).with_extension("yaml");
    reports(&path).ok()?.into_iter().next()
}

/// Every fault of the folder with all that is said of it. A fault that is not in this table fails the test below.
const FAULTS: &[(&str, &[&str])] = &[
    ("alias-bomb", &["8:22 too-large"]),
    ("avro-documentation-is-a-number", &["11:16 avro-attribute"]),
    ("bad-indentation", &["8:4 syntax"]),
    ("beside-reference", &["11:7 ignored-beside-reference"]),
    ("binding-of-a-later-version", &["6:7 unexpected-field", "7:26 invalid-value"]),
    ("binding-version-is-an-object", &["11:13 wrong-type"]),
    ("channel-in-components", &["9:13 operation-channel", "13:15 channel-servers"]),
    ("circular-reference", &["8:13 circular-reference"]),
    ("circular-reference-to-itself", &["8:13 circular-reference"]),
    ("component-name", &["7:5 component-name"]),
    ("dangling-reference-in-old-binding", &["10:19 unresolved-reference"]),
    ("deep-nesting", &["2:137 too-large"]),
    ("definition-instead-of-reference", &["8:5 misplaced-reference"]),
    ("duplicate-items", &["7:11 duplicate-item", "13:22 duplicate-item"]),
    ("duplicate-key", &["8:5 duplicate-key"]),
    ("fault-in-other-file", &["broken.yaml:3:13 wrong-type"]),
    ("headers-of-a-binding-are-text", &["10:29 invalid-value"]),
    ("headers-of-a-trait-are-text", &["9:29 headers-not-object"]),
    ("invalid-formats", &["5:19 invalid-format", "7:12 invalid-format", "11:17 invalid-format"]),
    ("key-of-other-version", &["8:5 unknown-field"]),
    ("misplaced-reference", &["5:1 misplaced-reference"]),
    ("missing-field", &["6:3 missing-field"]),
    ("missing-reference-target", &["10:13 unresolved-reference"]),
    ("misspelt-value", &["9:13 invalid-value"]),
    (
        "names-in-version-2",
        &[
            "9:5 server-variables",
            "13:9 security-scheme",
            "14:17 security-scopes",
            "17:15 channel-server-names",
            "19:20 duplicate-operation-id",
            "21:20 duplicate-message-id",
            "23:17 headers-not-object",
        ],
    ),
    ("openapi-document", &["1:1 unsupported-version"]),
    ("openapi-schema-keywords", &["11:15 invalid-value", "12:9 unknown-field"]),
    ("operation-id-by-a-trait", &["11:7 duplicate-operation-id"]),
    ("operation-ids-of-one-channel", &["9:20 duplicate-operation-id"]),
    ("operation-message-elsewhere", &["16:15 operation-messages"]),
    ("parameters", &["9:7 channel-parameters", "10:3 unmatched-parameter", "13:14 address-query-or-fragment"]),
    ("reference-out-of-the-folder", &["8:13 forbidden-reference"]),
    ("reference-to-faulty-file", &["unclosed.yaml:1:9 syntax"]),
    ("reference-to-missing-file", &["8:13 unreadable-file", "10:13 unreadable-file"]),
    ("remote-reference", &["8:13 remote-reference"]),
    (
        "schema-keywords",
        &[
            "8:13 invalid-value",
            "9:18 invalid-value",
            "10:17 wrong-type",
            "11:25 wrong-type",
            "12:7 empty-list",
            "14:12 wrong-type",
            "16:11 wrong-type",
        ],
    ),
    (
        "security-scheme-fields",
        &[
            "9:11 invalid-value",
            "11:13 invalid-value",
            "15:9 missing-field",
            "15:9 missing-field",
            "16:11 unknown-field",
        ],
    ),
    ("unknown-key", &["7:5 unknown-field"]),
    ("unknown-protocol", &["8:7 unknown-field"]),
    ("unsupported-schema-format", &["8:21 unsupported-schema-format"]),
    ("version-as-number", &["1:11 unsupported-version"]),
    ("version-missing", &["1:1 unsupported-version"]),
    ("version-of-the-future", &["1:11 unsupported-version"]),
    ("wrong-type", &["4:12 wrong-type"]),
    ("wrong-type-of-block", &["5:1 wrong-type"]),
];

#[test]
fn every_fault_is_named_at_its_place_and_nothing_else_is() {
    for (fault, expected) in FAULTS {
        assert_eq!(said(fault).unwrap(), *expected, "{fault}");
    }
}

#[test]
fn every_document_with_a_fault_is_in_the_table() {
    let mut names: Vec<String> = std::fs::read_dir(folder().join("faults"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, FAULTS.iter().map(|(fault, _)| *fault).collect::<Vec<_>>());
}

#[test]
fn nothing_is_said_of_valid_documents() {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder().join("valid")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let said: Vec<_> =
                reports(&path).unwrap().into_iter().map(|report| (report.line, report.message)).collect();
            assert_eq!(said, [], "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 9, "a minimal document for each version");
}

/// One channel, one operation in each direction, one message: in every version, as a beginner writes it.
#[test]
fn nothing_is_said_of_a_clean_minimal_document_of_any_version() {
    let head = |version: Version| {
        format!("asyncapi: {version}\ninfo:\n  title: Orders\n  version: 1.0.0\nchannels:\n  orders:\n")
    };
    let message =
        "payload:\n          type: object\n          properties:\n            id:\n              type: string\n";
    for version in Version::all() {
        let texts = match version.major() {
            2 => {
                ["publish", "subscribe"].map(|word| format!("    {word}:\n      message:\n        {message}")).to_vec()
            }
            _ => ["send", "receive"]
                .map(|action| {
                    let channel = format!("    address: orders\n    messages:\n      Order:\n        {message}");
                    let operation = format!(
                        "  {action}Order:\n    action: {action}\n    channel:\n      $ref: '#/channels/orders'\n"
                    );
                    format!("{channel}operations:\n{operation}")
                })
                .to_vec(),
        };
        for text in texts {
            let mut files = Files::new(Policy::default());
            let mut diagnostics = Diagnostics::default();
            let source = files.add("asyncapi.yaml", None, head(version) + &text, &mut diagnostics);
            assert_eq!(tidings::check(&files, source, &mut diagnostics), Some(version));
            assert_eq!(diagnostics.to_text(files.sources()), "");
        }
    }
}

#[test]
fn messages_offer_a_way_out() {
    let helps = [
        ("unknown-key", "did you mean `address`?"),
        ("misspelt-value", "did you mean `send`?"),
        ("missing-reference-target", "did you mean `#/components/schemas/Order`?"),
        ("unknown-protocol", "did you mean `kafka`?"),
        ("wrong-type", "put it in quotes: \"1.0\""),
        ("version-as-number", "write `asyncapi: 3.0.0`"),
        ("operation-message-elsewhere", "write `#/channels/orders/messages/Created`"),
    ];
    for (fault, expected) in helps {
        assert_eq!(first(fault).unwrap().help.as_deref(), Some(expected), "{fault}");
    }
    let expected = "`url` is a field of the Server Object only until version 2.6.0";
    assert_eq!(first("key-of-other-version").unwrap().message, expected);
    assert!(first("openapi-document").unwrap().message.contains("OpenAPI"));
    assert!(!first("bad-indentation").unwrap().message.is_empty());
}

/// The pointer is that of the element at fault, for a key that of the key, with `~` and `/` escaped.
#[test]
fn pointers_name_the_element_at_fault() {
    let pointers = [
        ("unknown-key", "/channels/orders/adress"),
        ("missing-field", "/operations/sendOrder"),
        ("misspelt-value", "/operations/sendOrder/action"),
        ("missing-reference-target", "/components/schemas/Cart/$ref"),
        ("fault-in-other-file", "/Broken/required"),
    ];
    for (fault, expected) in pointers {
        assert_eq!(first(fault).unwrap().path, expected, "{fault}");
    }
}

/// A text that is checked without being a file.
fn check(text: String) -> Option<(usize, Duration)> {
    let start = Instant::now();
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.add("asyncapi.yaml", None, text, &mut diagnostics);
    tidings::check(&files, source, &mut diagnostics)?;
    Some((diagnostics.iter().count(), start.elapsed()))
}

#[test]
fn a_document_of_nothing_but_faults_is_left_after_a_thousand() {
    let mut text = "asyncapi: 3.0.0\ninfo:\n  title: a\n  version: a\n".to_owned();
    for number in 0..50_000 {
        text.push_str(&format!("fault{number}: 1\n"));
    }
    let (count, time) = check(text).unwrap();
    assert_eq!(count, structure::MAXIMUM_FAULTS + 1);
    assert!(time < Duration::from_secs(20), "{time:?}");
}

#[test]
fn a_long_chain_of_references_takes_no_longer_than_its_length() {
    let mut text = "asyncapi: 3.0.0\ninfo:\n  title: a\n  version: a\ncomponents:\n  schemas:\n".to_owned();
    for number in 0..20_000 {
        text.push_str(&format!("    s{number}:\n      $ref: '#/components/schemas/s{}'\n", number + 1));
    }
    text.push_str("    s20000: {}\n");
    let (count, time) = check(text).unwrap();
    assert_eq!(count, 0);
    assert!(time < Duration::from_secs(20), "{time:?}");
}

#[test]
fn rules_have_unique_ids_in_kebab_case_a_sentence_and_a_link() {
    let mut ids: Vec<&str> = Vec::new();
    for rule in tidings::rules() {
        assert!(rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", rule.id);
        assert!(rule.sentence.ends_with('.') && rule.link.starts_with("https://"), "{}", rule.id);
        ids.push(rule.id);
    }
    let number = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), number);
}
