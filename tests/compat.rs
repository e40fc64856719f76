//! Two versions of a document: every rule by a pair that it fires on, what must not be reported, and whom it hurts.
//!
//! `compat/<rule>/` holds a pair on which the rule fires. `compat/rules.txt` says what every rule says about every pair,
//! so that a false alarm shows; `TIDINGS_BLESS=1 cargo test --features compat --test compat` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use support::{diff_texts, folder, pair};
use tidings::compat::{self, Bump, Effect, Outcome, Party, Report};

#[cfg(test)]
mod support {
    use std::path::{Path, PathBuf};
    use tidings::compat::{self, Api, Report};
    use tidings::document::Document;
    use tidings::reference::{Files, Policy};
    use tidings::source::Diagnostics;

    pub fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat")
    }

    pub fn read(name: &str, text: String) -> (Files, Document) {
        let mut files = Files::new(Policy::default());
        let mut diagnostics = Diagnostics::default();
        let source = files.add(name, None, text, &mut diagnostics);
        let document = tidings::read(&mut files, source, &mut diagnostics);
        let said = diagnostics.to_text(files.sources());
        (files, document.unwrap_or_else(|| panic!("{said}")))
    }

    pub fn diff_texts(old: &str, new: &str) -> Report {
        let (old_files, old) = read("old.yaml", old.to_owned());
        let (new_files, new) = read("new.yaml", new.to_owned());
        compat::diff(Api { files: &old_files, document: &old }, Api { files: &new_files, document: &new })
    }

    pub fn pair(rule: &str) -> (String, String) {
        let text = |name: &str| std::fs::read_to_string(folder().join(rule).join(name)).unwrap();
        (text("old.yaml"), text("new.yaml"))
    }
}

fn ids(report: &Report) -> BTreeSet<&'static str> {
    report.changes.iter().map(|change| change.rule).collect()
}

#[test]
fn every_rule_has_a_pair_on_which_it_fires() {
    for rule in compat::RULES {
        let (old, new) = pair(rule.id);
        let report = diff_texts(&old, &new);
        assert!(ids(&report).contains(rule.id), "{}: {report:#?}", rule.id);
    }
    assert_eq!(
        std::fs::read_dir(folder()).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir()).count(),
        compat::RULES.len()
    );
}

#[test]
fn no_rule_fires_on_a_document_and_itself() {
    for rule in compat::RULES {
        for text in <[String; 2]>::from(pair(rule.id)) {
            let report = diff_texts(&text, &text);
            assert_eq!((report.changes.len(), report.verdict, report.bump), (0, Outcome::Compatible, Bump::None));
        }
    }
}

#[test]
fn every_rule_over_every_pair() {
    let mut said = String::new();
    for rule in compat::RULES {
        let (old, new) = pair(rule.id);
        let report = diff_texts(&old, &new);
        writeln!(said, "{} {:?} {:?}", rule.id, report.verdict, report.bump).unwrap();
        for change in &report.changes {
            let places = [&change.old, &change.new].map(|place| place.as_ref().map_or(0, |place| place.line));
            let witness = change.witness.as_ref().map(|witness| format!(" witness {witness}")).unwrap_or_default();
            let (rule, effect, hurts, path) = (change.rule, change.effect, &change.hurts, &change.path);
            writeln!(said, "  {rule} {effect:?} {hurts:?} {path} {places:?} {}{witness}", change.text).unwrap();
        }
    }
    let path = folder().join("rules.txt");
    if std::env::var_os("TIDINGS_BLESS").is_some() {
        std::fs::write(&path, &said).unwrap();
    }
    assert_eq!(said, std::fs::read_to_string(&path).unwrap_or_default());
}

/// One document with an action and a part that changes.
fn order(action: &str, schema: &str) -> String {
    format!(
        "asyncapi: 3.0.0
info: {{ title: Orders, version: 1.0.0 }}
channels:
  orders:
    address: orders
    messages:
      Order:
        payload: {schema}
operations:
  handleOrder: {{ action: {action}, channel: {{ $ref: '#/channels/orders' }} }}
"
    )
}

const SCHEMA: &str = "{ type: object, additionalProperties: false, required: [id], properties: \
    { id: { type: integer }, state: { enum: [a, b] }, note: { type: string, maxLength: 20 } } }";

/// Part of the schema -> what it becomes; is a receiver hurt, is a sender?
const PROBES: [(&str, &str, &str, bool, bool); 9] = [
    ("an optional field more, where none are allowed", "note:", "extra: { type: string }, note:", false, true),
    ("a required field", "required: [id]", "required: [id, note]", true, false),
    ("an optional field less, where none are allowed", ", note: { type: string, maxLength: 20 }", "", true, false),
    ("integer to number", "type: integer", "type: number", false, true),
    ("a narrower enum", "[a, b]", "[a]", true, false),
    ("an enum value more", "[a, b]", "[a, b, c]", false, true),
    ("a tighter length", "maxLength: 20", "maxLength: 10", true, false),
    ("nothing required any more", "required: [id], ", "", false, true),
    ("an enum in another order", "[a, b]", "[b, a]", false, false),
];

#[test]
fn schemas_hurt_by_direction() {
    for (what, from, to, hurts_receiving, hurts_sending) in PROBES {
        assert!(SCHEMA.contains(from), "{what}");
        for (action, party, hurt) in
            [("receive", Party::Producers, hurts_receiving), ("send", Party::Consumers, hurts_sending)]
        {
            let report = diff_texts(&order(action, SCHEMA), &order(action, &SCHEMA.replace(from, to)));
            let expected = if hurt { Outcome::Breaking } else { Outcome::Compatible };
            assert_eq!(report.verdict, expected, "{what}, {action}: {report:#?}");
            let breaks: Vec<_> = report.changes.iter().filter(|change| change.effect == Effect::Breaking).collect();
            assert_eq!(breaks.len(), usize::from(hurt), "{what}, {action}");
            for change in breaks {
                assert_eq!((change.rule, change.hurts.as_slice()), ("PAY-01", [party].as_slice()), "{what}, {action}");
                assert!(change.witness.is_some() && change.old.is_some() && change.new.is_some(), "{what}, {action}");
            }
        }
    }
}

/// Part of the document -> what it becomes; the rules that fire for a receiver and for a sender, and is it breaking?
const DOCUMENT_PROBES: [(&str, &str, [&str; 2], bool); 3] = [
    ("address: orders", "address: sales", ["CHN-03", "CHN-03"], true),
    ("  handleOrder:", "  onOrder:", ["OPR-07", "OPR-07"], false),
    ("title: Orders", "title: Sales", ["", ""], false),
];

#[test]
fn other_changes_are_told_apart() {
    for (from, to, rules, breaks) in DOCUMENT_PROBES {
        for (action, rule) in ["receive", "send"].into_iter().zip(rules) {
            let old = order(action, SCHEMA);
            let report = diff_texts(&old, &old.replace(from, to));
            assert_eq!(report.verdict == Outcome::Breaking, breaks, "{from}: {report:#?}");
            let mut expected: BTreeSet<&str> = [rule].into_iter().filter(|rule| !rule.is_empty()).collect();
            expected.extend(breaks.then_some("DOC-03"));
            assert_eq!(ids(&report), expected, "{from}");
        }
    }
}

#[test]
fn renaming_a_channel_changes_nothing_on_the_wire() {
    let old = order("receive", SCHEMA);
    let new = old.replace("  orders:\n", "  sales:\n").replace("#/channels/orders", "#/channels/sales");
    let report = diff_texts(&old, &new);
    assert_eq!((report.verdict, report.bump), (Outcome::Compatible, Bump::Patch));
    assert_eq!(ids(&report), BTreeSet::from(["CHN-04"]));
}

#[test]
fn removing_an_operation_hurts_the_other_end() {
    for (action, other, rule, party) in
        [("receive", "send", "OPR-03", Party::Producers), ("send", "receive", "OPR-04", Party::Consumers)]
    {
        let new = order(other, SCHEMA);
        let gone = format!("  gone: {{ action: {action}, channel: {{ $ref: '#/channels/orders' }} }}\n");
        let report = diff_texts(&(new.clone() + &gone), &new);
        let change = report.changes.iter().find(|change| change.rule == rule).unwrap();
        assert_eq!((change.effect, change.hurts.as_slice()), (Effect::Breaking, [party].as_slice()));
        assert_eq!(ids(&report), BTreeSet::from([rule, "DOC-03"]));
    }
}

#[test]
fn flipping_an_operation_breaks() {
    for (action, flipped) in [("receive", "send"), ("send", "receive")] {
        let report = diff_texts(&order(action, SCHEMA), &order(flipped, SCHEMA));
        assert_eq!(ids(&report), BTreeSet::from(["OPR-05", "DOC-03"]));
        assert_eq!(report.verdict, Outcome::Breaking);
    }
}

#[test]
fn a_description_is_no_change_but_another_text() {
    let new = SCHEMA.replace("{ type: object,", "{ type: object, description: An order,");
    let report = diff_texts(&order("receive", SCHEMA), &order("receive", &new));
    assert_eq!((report.changes.len(), report.bump), (0, Bump::Patch));
}

#[test]
fn the_same_in_2_6_and_3_0_is_no_change() {
    let old = "asyncapi: 2.6.0
info: { title: Orders, version: 1.0.0 }
channels:
  orders/{id}:
    parameters: { id: { schema: { type: string } } }
    publish:
      message: { name: Order, payload: { type: object } }
";
    let new = "asyncapi: 3.0.0
info: { title: Orders, version: 1.0.0 }
channels:
  orders:
    address: orders/{order}
    parameters: { order: {} }
    messages: { Order: { name: Order, payload: { type: object } } }
operations:
  handleOrder: { action: receive, channel: { $ref: '#/channels/orders' } }
";
    let report = diff_texts(old, new);
    assert_eq!(report.changes, [], "{report:#?}");
}

#[test]
fn a_channel_without_operations_is_judged_both_ways() {
    let text = |schema: &str| order("receive", schema).split("operations:").next().unwrap().to_owned();
    let report = diff_texts(&text(SCHEMA), &text(&SCHEMA.replace("[a, b]", "[a]")));
    let effects: Vec<_> = report.changes.iter().map(|change| (change.rule, change.effect)).collect();
    assert_eq!(effects, [("PAY-01", Effect::Breaking), ("PAY-01", Effect::Safe), ("DOC-03", Effect::Note)]);
}

#[test]
fn avro_is_judged_by_resolution() {
    let avro = |fields: &str| {
        order(
            "receive",
            &format!(
                "\n          schemaFormat: application/vnd.apache.avro;version=1.9.0\n          schema: {{ type: record, name: Order, fields: [{fields}] }}"
            ),
        )
    };
    let (id, note) = ("{ name: id, type: int }", "{ name: note, type: string }");
    let report = diff_texts(&avro(id), &avro(&format!("{id}, {note}")));
    let change = report.changes.iter().find(|change| change.rule == "PAY-01").unwrap();
    assert_eq!(change.effect, Effect::Breaking);
    assert_eq!(change.witness.as_ref().unwrap()["path"], "note");
    let report = diff_texts(&avro(id), &avro("{ name: id, type: long }"));
    assert_eq!(report.verdict, Outcome::Compatible);
}
