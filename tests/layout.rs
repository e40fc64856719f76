//! Documents that name one version and are laid out for another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use tidings::reference::{Files, Policy};
use tidings::source::{Diagnostic, Diagnostics, Severity};

fn base(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mistakes/");
    std::fs::read_to_string(format!("{folder}{name}")).unwrap()
}

/// The errors of a text, and of each what it is about.
fn errors(text: &str) -> Vec<(Diagnostic, String)> {
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.add("asyncapi.yaml", None, text.to_owned(), &mut diagnostics);
    tidings::check(&files, source, &mut diagnostics);
    diagnostics.sort();
    let errors = diagnostics.into_iter().filter(|one| one.severity == Severity::Error);
    errors.map(|one| (one.clone(), text[one.span.start as usize..one.span.end as usize].to_owned())).collect()
}

#[test]
fn a_document_of_version_3_that_names_version_2_has_one_error() {
    for named in ["2.0.0", "2.3.0", "2.6.0"] {
        let found = errors(&base("base-3.yaml").replacen("asyncapi: 3.0.0", &format!("asyncapi: {named}"), 1));
        let [(error, key)] = found.as_slice() else { panic!("{named}: {found:?}") };
        assert_eq!((error.rule.id, key.as_str()), ("unknown-field", "tags"));
        assert!(error.message.ends_with("only since version 3.0.0"), "{}", error.message);
        assert!(error.help.as_ref().unwrap().contains("write `asyncapi: 3.1.0`"));
        assert_eq!(error.related[0].message, "the version stands here");
    }
}

#[test]
fn a_document_of_version_2_that_names_version_3_has_one_error() {
    for named in ["3.0.0", "3.1.0"] {
        let found = errors(&base("base-2.yaml").replacen("asyncapi: 2.6.0", &format!("asyncapi: {named}"), 1));
        let [(error, key)] = found.as_slice() else { panic!("{named}: {found:?}") };
        assert_eq!((error.rule.id, key.as_str()), ("unknown-field", "tags"));
        assert!(error.message.ends_with("only until version 2.6.0"), "{}", error.message);
        assert!(error.help.as_ref().unwrap().contains("write `asyncapi: 2.6.0`"));
    }
}

#[test]
fn other_faults_of_a_document_laid_out_for_another_version_show() {
    let text = base("base-3.yaml").replacen("asyncapi: 3.0.0", "asyncapi: 2.6.0", 1);
    let found = errors(&text.replacen("email: depot@example.com", "email: 7", 1));
    let rules: Vec<&str> = found.iter().map(|(error, _)| error.rule.id).collect();
    assert_eq!(rules, ["wrong-type", "unknown-field"]);
}

#[test]
fn a_document_that_is_half_migrated_has_an_error_at_each_place() {
    let text = "asyncapi: 3.0.0\ninfo: {title: a, version: '1'}\nservers:\n  s: {host: a, protocol: kafka}\nchannels:\n  \
                a: {publish: {}}\n  b: {subscribe: {}}\n";
    let found = errors(text);
    assert_eq!(found.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>(), ["publish", "subscribe"]);
}

#[test]
fn one_field_of_another_version_is_a_slip() {
    let found = errors("asyncapi: 3.0.0\ninfo: {title: a, version: '1'}\nchannels:\n  a: {publish: {}}\n");
    let [(error, _)] = found.as_slice() else { panic!("{found:?}") };
    assert!(!error.help.as_ref().unwrap().contains("laid out"), "{error:?}");
}

#[test]
fn many_fields_of_a_later_version_are_one_error() {
    let document = |count: usize| {
        let messages: String = (0..count).map(|at| format!("    m{at}: {{messageId: m{at}}}\n")).collect();
        format!(
            "asyncapi: 2.0.0\ninfo: {{title: a, version: '1'}}\nchannels: {{}}\ncomponents:\n  messages:\n{messages}"
        )
    };
    assert_eq!(errors(&document(4)).len(), 4);
    let found = errors(&document(5));
    let [(error, key)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(key, "messageId");
    assert!(error.help.as_ref().unwrap().starts_with("write `asyncapi: 2.4.0`: 4 other places"), "{error:?}");
}
