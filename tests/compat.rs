//! Two versions of a document: every rule by a case that it fires on, what must not be reported, and whom it hurts.
//!
//! `compat/rules.yaml` holds the cases, as edits of `compat/base.yaml`. `compat/rules.txt` says what every rule says about
//! every case, so that a false alarm shows; `TIDINGS_BLESS=1 cargo test --features compat,protobuf --test compat` writes it anew.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use support::{Case, cases, diff_by, diff_texts, edited, folder, links, list, text};
use tidings::compat::{
    self, Bump, Direction, Effect, Judgement, Mode, Outcome, Party, Policy, Profile, Report, Settings, Waiver,
};

#[cfg(test)]
#[path = "compat/versions.rs"]
mod versions;

#[cfg(test)]
mod support {
    use serde_json::Value;
    use std::path::{Path, PathBuf};
    use tidings::compat::{self, Api, LinkReport, Policy, Report, Settings};
    use tidings::document::Document;
    use tidings::reference::{Files, Policy as FilePolicy};
    use tidings::source::Diagnostics;

    pub fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat")
    }

    pub fn read(name: &str, text: String) -> (Files, Document) {
        let mut files = Files::new(FilePolicy::default());
        let mut diagnostics = Diagnostics::default();
        let source = files.add(name, None, text, &mut diagnostics);
        let document = tidings::read(&mut files, source, &mut diagnostics);
        let said = diagnostics.to_text(files.sources());
        (files, document.unwrap_or_else(|| panic!("{said}")))
    }

    pub fn diff_texts(old: &str, new: &str) -> Report {
        diff_by(old, new, &Settings::default())
    }

    pub fn diff_by(old: &str, new: &str, settings: &Settings) -> Report {
        let (old_files, old) = read("old.yaml", old.to_owned());
        let (new_files, new) = read("new.yaml", new.to_owned());
        let (old, new) = (Api { files: &old_files, document: &old }, Api { files: &new_files, document: &new });
        compat::diff_with(old, new, settings)
    }

    pub fn links(texts: &[&str]) -> LinkReport {
        let read: Vec<_> = texts.iter().map(|text| read("app.yaml", (*text).to_owned())).collect();
        let apis: Vec<Api<'_>> = read.iter().map(|(files, document)| Api { files, document }).collect();
        compat::link(&apis)
    }

    /// A rule with the documents that it fires on, and those that it must not fire on.
    pub struct Case {
        pub rule: String,
        pub settings: Settings,
        pub old: String,
        pub new: String,
        pub near: String,
        pub record: Value,
    }

    pub fn edited(text: String, edits: &Value) -> String {
        edits.as_array().into_iter().flatten().fold(text, |text, edit| {
            let (from, to) = (edit[0].as_str().unwrap(), edit[1].as_str().unwrap());
            assert!(text.contains(from), "{from:?} is not in\n{text}");
            text.replacen(from, to, 1)
        })
    }

    pub fn text(name: &str) -> String {
        std::fs::read_to_string(folder().join(name)).unwrap()
    }

    /// A list of records.
    pub fn list(name: &str) -> Vec<Value> {
        let mut files = Files::new(FilePolicy::default());
        let source = files.add(name, None, text(name), &mut Diagnostics::default());
        serde_json::from_str(&tidings::syntax::to_json(files.root(source).unwrap())).unwrap()
    }

    pub fn cases() -> Vec<Case> {
        let base = text("base.yaml");
        let case = |record: &Value| {
            let action = record["action"].as_str().unwrap_or("receive");
            let given = edited(base.clone(), &record["given"]);
            let old = given.replace("action: ACTION", &format!("action: {action}"));
            let policies = record["policies"].as_array().into_iter().flatten();
            let policies = policies.map(|name| Policy::parse(name.as_str().unwrap()).unwrap()).collect();
            Case {
                rule: record["rule"].as_str().unwrap().to_owned(),
                settings: Settings { policies, ..Settings::default() },
                new: edited(old.clone(), &record["change"]),
                near: edited(old.clone(), &record["near"]),
                old,
                record: record.clone(),
            }
        };
        list("rules.yaml").iter().map(case).collect()
    }
}

fn ids(report: &Report) -> BTreeSet<&'static str> {
    report.changes.iter().map(|change| change.rule).collect()
}

/// Does an expected witness agree with one? Of an object, only the members that are expected count.
fn agrees(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            expected.iter().all(|(key, value)| found.get(key).is_some_and(|found| agrees(value, found)))
        }
        _ => expected == found,
    }
}

#[test]
fn every_rule_has_a_case() {
    let rules: BTreeSet<&str> = compat::RULES.iter().map(|rule| rule.id).collect();
    let cases = cases();
    assert_eq!(cases.iter().map(|case| case.rule.as_str()).collect::<BTreeSet<_>>(), rules);
    assert_eq!(cases.len(), compat::RULES.len());
}

#[test]
fn every_rule_fires_where_it_must_and_only_there() {
    for Case { rule, settings, old, new, near, record } in cases() {
        let report = diff_by(&old, &new, &settings);
        let elsewhere = compat::RULES.iter().any(|known| known.id == rule && known.producers == Judgement::Elsewhere);
        let found = report.changes.iter().find(|change| change.rule == rule);
        assert_eq!(found.is_some(), !elsewhere, "{rule} fires: {report:#?}");
        assert!(!report.changes.is_empty(), "{rule}: nothing is reported");
        assert!(near != old && near != new, "{rule}: a near miss is near, and another document");
        let near = diff_by(&old, &near, &settings);
        let Some(change) = found else { continue };
        let near = near.changes.iter().find(|near| near.rule == rule && near.effect == change.effect);
        assert_eq!(near, None, "{rule} does not fire");
        let hurts: Vec<&str> = change.hurts.iter().map(|party| party.as_str()).collect();
        let expected: Vec<&str> = record["hurts"].as_array().unwrap().iter().map(|who| who.as_str().unwrap()).collect();
        assert_eq!(hurts, expected, "{rule}: {change:#?}");
        if let Some(expected) = record.get("witness") {
            let witness = change.witness.as_ref();
            assert!(witness.is_some_and(|found| agrees(expected, found)), "{rule}: {witness:?}");
        }
        if change.effect == Effect::Breaking {
            assert!(change.harm.is_some() && change.advice.is_some(), "{rule}: says whom it hurts and what to do");
        }
    }
}

#[test]
fn no_rule_fires_on_a_document_and_itself() {
    for Case { settings, old, new, .. } in cases() {
        for text in [old, new] {
            let report = diff_by(&text, &text, &settings);
            assert_eq!((report.changes.len(), report.verdict, report.bump), (0, Outcome::Compatible, Bump::None));
        }
    }
}

#[test]
fn every_rule_over_every_case() {
    let mut said = String::new();
    for Case { rule, settings, old, new, .. } in cases() {
        let report = diff_by(&old, &new, &settings);
        writeln!(said, "{rule} {:?} {:?}", report.verdict, report.bump).unwrap();
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

#[test]
fn one_change_at_a_time_of_a_document_as_people_write_it() {
    let old = text("shop.yaml");
    let words = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let mut mistakes = Vec::new();
    for record in list("changes.yaml") {
        let new = edited(old.clone(), &record["change"]);
        let report = diff_texts(&old, &new);
        let mut rules = ids(&report);
        let kept = rules.remove("DOC-03") == (report.verdict == Outcome::Breaking);
        let breaks = report.changes.iter().filter(|change| change.effect == Effect::Breaking);
        let hurts: Vec<&str> = breaks.clone().flat_map(|change| &change.hurts).map(|party| party.as_str()).collect();
        let mut schemas = breaks.filter(|change| change.rule.starts_with("PAY") || change.rule.starts_with("HDR"));
        let found = (report.verdict.as_str(), rules.into_iter().collect::<Vec<_>>(), hurts);
        let (expected, hurt) = (words(&record["rules"]), words(&record["hurts"]));
        let right = found.0 == record["verdict"].as_str().unwrap() && found.1 == expected && found.2 == hurt;
        if !right || !kept || !schemas.all(|change| change.witness.is_some()) {
            mistakes.push(format!("{}: {found:?}\n{}", record["what"], compat::text(&report)));
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
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

/// A change, as edits of the document.
struct Change {
    what: &'static str,
    edits: &'static [(&'static str, &'static str)],
    /// The rules that fire where the application receives, and where it sends.
    rules: [&'static str; 2],
    /// Is somebody hurt, there and there?
    hurts: [bool; 2],
}

const fn change(
    what: &'static str,
    edits: &'static [(&'static str, &'static str)],
    rules: [&'static str; 2],
    hurts: [bool; 2],
) -> Change {
    Change { what, edits, rules, hurts }
}

const NOTE: &str = ", note: { type: string, maxLength: 20 }";
const HANDLED: &str = "operations:
  handleOrder: { action: ACTION, channel: { $ref: '#/channels/orders' } }
";

/// The changes that every tool is asked about, each for a receiver and for a sender.
const CHANGES: [Change; 14] = [
    change("an optional field more", &[("note:", "extra: { type: string }, note:")], ["PAY-01"; 2], [false, true]),
    change("a required field more", &[("required: [id]", "required: [id, note]")], ["PAY-01"; 2], [true, false]),
    change("an optional field less", &[(NOTE, "")], ["PAY-01"; 2], [true, false]),
    change("integer to number", &[("type: integer", "type: number")], ["PAY-09"; 2], [false, true]),
    change("a narrower enum", &[("[a, b]", "[a]")], ["PAY-01"; 2], [true, false]),
    change("an enum value more", &[("[a, b]", "[a, b, c]")], ["PAY-07"; 2], [false, true]),
    change(
        "another channel id",
        &[("  orders:\n", "  sales:\n"), ("#/channels/orders", "#/channels/sales")],
        ["CHN-04"; 2],
        [false; 2],
    ),
    change("another address", &[("address: orders", "address: sales")], ["CHN-03"; 2], [true; 2]),
    change("a tighter maxLength", &[("maxLength: 20", "maxLength: 10")], ["PAY-01"; 2], [true, false]),
    change("an operation less", &[(HANDLED, "")], ["OPR-03", "OPR-04"], [true; 2]),
    change(
        "an action flipped",
        &[
            ("action: receive", "action: FLIPPED"),
            ("action: send", "action: receive"),
            ("action: FLIPPED", "action: send"),
        ],
        ["OPR-05"; 2],
        [true; 2],
    ),
    change("an enum in another order", &[("[a, b]", "[b, a]")], [""; 2], [false; 2]),
    change("nothing required any more", &[("required: [id], ", "")], ["PAY-01"; 2], [false, true]),
    change(
        "another description",
        &[("{ type: object,", "{ type: object, description: An order,")],
        [""; 2],
        [false; 2],
    ),
];

#[test]
fn the_changes_that_every_tool_is_asked_about() {
    for Change { what, edits, rules, hurts } in CHANGES {
        let cases = [("receive", Party::Producers), ("send", Party::Consumers)];
        for (((action, party), rule), hurts) in cases.into_iter().zip(rules).zip(hurts) {
            let old = order(action, SCHEMA);
            let edited = |text: String, (from, to): &(&str, &str)| text.replace(&from.replace("ACTION", action), to);
            let new = edits.iter().fold(old.clone(), edited);
            assert_ne!(old, new, "{what}");
            let report = diff_texts(&old, &new);
            let expected = if hurts { Outcome::Breaking } else { Outcome::Compatible };
            assert_eq!(report.verdict, expected, "{what}, {action}: {report:#?}");
            let mut ids = ids(&report);
            // The version was not raised.
            assert_eq!(ids.remove("DOC-03"), hurts, "{what}, {action}");
            assert_eq!(ids.into_iter().collect::<Vec<_>>().join(" "), rule, "{what}, {action}");
            for change in report.changes.iter().filter(|change| change.effect == Effect::Breaking) {
                assert!(change.hurts.contains(&party), "{what}, {action}: {change:?}");
                assert!(change.old.is_some(), "{what}, {action}: {change:?}");
                assert!(change.witness.is_some() || !rule.starts_with("PAY"), "{what}, {action}: {change:?}");
            }
        }
    }
}

#[test]
fn a_change_deep_in_a_real_document_is_decided() {
    let old = std::fs::read_to_string(folder().join("../../specs/orders.yaml")).unwrap();
    let new = old.replace("maxLength: 200", "maxLength: 100");
    assert_ne!(old, new);
    for (from, to) in [(&old, &new), (&new, &old)] {
        let report = diff_texts(from, to);
        let unknown: Vec<_> = report.changes.iter().filter(|change| change.effect == Effect::Unknown).collect();
        assert!(unknown.is_empty(), "{unknown:#?}");
        assert!(report.changes.iter().any(|change| change.witness.is_some()));
    }
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
    assert_eq!(ids(&report), BTreeSet::from(["DOC-01", "PAR-03"]), "{report:#?}");
    assert_eq!((report.verdict, report.bump), (Outcome::Compatible, Bump::Patch));
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
    let change = report.changes.iter().find(|change| change.rule == "FMT-04").unwrap();
    assert_eq!(change.effect, Effect::Breaking);
    assert_eq!(change.witness.as_ref().unwrap()["path"], "note");
    let report = diff_texts(&avro(id), &avro("{ name: id, type: long }"));
    assert_eq!(report.verdict, Outcome::Compatible);
}

fn by(direction: Direction, profile: Profile, policies: &[Policy]) -> Settings {
    Settings { direction, profile, policies: policies.to_vec(), ..Settings::default() }
}

const OPEN: &str = "{ type: object, properties: { id: { type: integer } } }";
const OPEN_WITH_NOTE: &str = "{ type: object, properties: { id: { type: integer }, note: { type: string } } }";
const CLOSED: &str = "{ type: object, additionalProperties: false, properties: { id: { type: integer } } }";
const CLOSED_WITH_NOTE: &str =
    "{ type: object, additionalProperties: false, properties: { id: { type: integer }, note: { type: string } } }";
const DEFAULT: &str =
    "{ type: object, required: [note], properties: { id: { type: integer }, note: { type: string, default: x } } }";
const NO_DEFAULT: &str =
    "{ type: object, required: [note], properties: { id: { type: integer }, note: { type: string } } }";

/// Old and new payload of what is received, and the profiles under which that breaks.
const PROFILES: [(&str, &str, &[Profile]); 4] = [
    (OPEN, OPEN_WITH_NOTE, &[Profile::Semantic, Profile::Confluent]),
    (CLOSED_WITH_NOTE, CLOSED, &[Profile::Semantic, Profile::Confluent, Profile::OpenWorld]),
    (OPEN_WITH_NOTE, DEFAULT, &[Profile::Semantic, Profile::OpenWorld]),
    (
        OPEN_WITH_NOTE,
        NO_DEFAULT,
        &[Profile::Semantic, Profile::Confluent, Profile::ConfluentLenient, Profile::OpenWorld],
    ),
];

#[test]
fn profiles_take_for_granted_what_they_say() {
    for (old, new, breaking) in PROFILES {
        for profile in [Profile::Semantic, Profile::Confluent, Profile::ConfluentLenient, Profile::OpenWorld] {
            let settings = by(Direction::Auto, profile, &[]);
            let report = diff_by(&order("receive", old), &order("receive", new), &settings);
            let expected = if breaking.contains(&profile) { Outcome::Breaking } else { Outcome::Compatible };
            assert_eq!(report.verdict, expected, "{profile:?}: {old} {new}: {report:#?}");
        }
    }
}

#[test]
fn the_mode_says_which_question_is_asked() {
    let wider = SCHEMA.replace("[a, b]", "[a, b, c]");
    for (mode, breaks) in [("auto", false), ("backward", false), ("forward", true), ("full", true)] {
        let settings = by(Mode::parse(mode).unwrap().direction, Profile::Semantic, &[]);
        let report = diff_by(&order("receive", SCHEMA), &order("receive", &wider), &settings);
        assert_eq!(report.verdict == Outcome::Breaking, breaks, "{mode}: {report:#?}");
    }
}

#[test]
fn policies_are_what_the_user_knows() {
    let wider = SCHEMA.replace("[a, b]", "[a, b, c]");
    for (policies, verdict) in [([].as_slice(), Outcome::Breaking), (&[Policy::OpenEnum], Outcome::Compatible)] {
        let settings = by(Direction::Auto, Profile::Semantic, policies);
        assert_eq!(diff_by(&order("send", SCHEMA), &order("send", &wider), &settings).verdict, verdict);
    }
}

#[test]
fn a_waiver_holds_where_and_as_long_as_it_says() {
    let new = order("receive", &SCHEMA.replace("[a, b]", "[a]"));
    let cases = [
        (None, None, None, Outcome::Compatible, 0),
        (Some("orders"), None, Some("2026-12-31"), Outcome::Compatible, 0),
        (None, Some("/channels/*/messages"), Some("2026-11-21"), Outcome::Compatible, 0),
        (None, Some("/channels/**/enum"), None, Outcome::Compatible, 0),
        (None, Some("/channels/*/enum"), None, Outcome::Breaking, 1),
        (Some("orders"), None, Some("2026-11-20"), Outcome::Breaking, 1),
        (Some("sales"), None, None, Outcome::Breaking, 1),
    ];
    for (channel, path, until, verdict, idle) in cases {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let (channel, path, until) = (owned(channel), owned(path), owned(until));
        let place = format!("{channel:?} {path:?} {until:?}");
        let waiver = Waiver { rule: "PAY-01".to_owned(), channel, path, until, reason: "agreed".to_owned() };
        let settings = Settings { waivers: vec![waiver], today: Some("2026-11-21".to_owned()), ..Settings::default() };
        let report = diff_by(&order("receive", SCHEMA), &new, &settings);
        assert_eq!((report.verdict, report.idle_waivers.len()), (verdict, idle), "{place}: {report:#?}");
        assert_eq!(report.bump, Bump::Major, "what is accepted still is a break to those who read the version");
    }
}

#[test]
fn the_version_is_held_against_the_changes() {
    let new = order("receive", &SCHEMA.replace("[a, b]", "[a]"));
    for (old_version, new_version, sufficient) in
        [("1.0.0", "2.0.0", true), ("1.0.0", "1.9.0", false), ("0.3.0", "0.4.0", true), ("0.3.0", "0.3.1", false)]
    {
        let old = order("receive", SCHEMA).replace("version: 1.0.0", &format!("version: {old_version}"));
        let new = new.replace("version: 1.0.0", &format!("version: {new_version}"));
        let report = diff_texts(&old, &new);
        assert_eq!(report.version.sufficient, sufficient, "{old_version} {new_version}");
        assert_eq!(ids(&report).contains("DOC-03"), !sufficient, "{old_version} {new_version}");
    }
}

#[test]
fn a_change_of_a_shared_schema_is_one_line() {
    let text = |schema: &str| {
        format!(
            "asyncapi: 3.0.0
info: {{ title: Orders, version: 1.0.0 }}
channels:
  a: {{ address: a, messages: {{ A: {{ payload: {{ $ref: '#/components/schemas/S' }} }} }} }}
  b: {{ address: b, messages: {{ B: {{ payload: {{ type: object, properties: {{ s: {{ $ref: '#/components/schemas/S' }} }} }} }} }} }}
operations:
  onA: {{ action: receive, channel: {{ $ref: '#/channels/a' }} }}
  onB: {{ action: receive, channel: {{ $ref: '#/channels/b' }} }}
components: {{ schemas: {{ S: {schema} }} }}
"
        )
    };
    let report = diff_texts(&text("{ type: string }"), &text("{ type: string, maxLength: 3 }"));
    let breaks: Vec<_> = report.changes.iter().filter(|change| change.effect == Effect::Breaking).collect();
    assert_eq!(breaks.len(), 1, "{report:#?}");
    assert_eq!(breaks[0].also, ["B"]);
}

#[test]
fn applications_are_linked_by_what_they_send() {
    let sender = order("send", SCHEMA);
    for (schema, verdict) in [
        (SCHEMA.to_owned(), Outcome::Compatible),
        (SCHEMA.replace("[a, b]", "[a]"), Outcome::Breaking),
        (SCHEMA.replace("[a, b]", "[a, b, c]"), Outcome::Compatible),
    ] {
        let report = links(&[&sender, &order("receive", &schema)]);
        assert_eq!((report.verdict, report.links.len(), report.orphans.len()), (verdict, 1, 0), "{report:#?}");
        let witness = report.links[0].findings.iter().find_map(|finding| finding.witness.clone());
        assert_eq!(witness.is_some(), verdict == Outcome::Breaking);
    }
    let elsewhere = order("receive", SCHEMA).replace("address: orders", "address: sales");
    let report = links(&[&sender, &elsewhere]);
    let alone: Vec<_> = report.orphans.iter().map(|orphan| (orphan.action, orphan.address.as_str())).collect();
    assert_eq!((report.links.len(), alone), (0, vec![("send", "orders"), ("receive", "sales")]));
}

const SENDER: &str = "asyncapi: 3.0.0
info: { title: Billing, version: 1.0.0 }
channels:
  invoices:
    address: invoices.{region}
    parameters: { region: { enum: [eu, us] } }
    messages:
      Issued:
        headers: { type: object, required: [tenant], properties: { tenant: { type: string } } }
        payload: { type: object, required: [id], properties: { id: { type: integer }, state: { enum: [open, paid] } } }
operations:
  sendInvoices: { action: send, channel: { $ref: '#/channels/invoices' } }
";
const ANOTHER: &str =
    "payload: { type: object, required: [id], properties: { id: { type: integer }, state: { enum: [open, paid] } } }
      Other: { payload: { type: string }, headers: { type: object } }";
const PAYLOAD: &str =
    "payload: { type: object, required: [id], properties: { id: { type: integer }, state: { enum: [open, paid] } } }";

/// What differs, as edits; then the verdict, how many meet, and how many are alone.
type Meeting = (&'static str, &'static [(&'static str, &'static str)], Outcome, [usize; 2]);

/// What differs at the receiver of what is sent.
const RECEIVERS: [Meeting; 14] = [
    ("nothing", &[], Outcome::Compatible, [1, 0]),
    ("the name of a parameter", &[("{region}", "{area}"), ("{ region:", "{ area:")], Outcome::Compatible, [1, 0]),
    (
        "one address of several",
        &[("invoices.{region}", "invoices.eu"), ("region: { enum: [eu, us] }", "")],
        Outcome::Compatible,
        [1, 0],
    ),
    (
        "another address",
        &[("invoices.{region}", "invoices.asia"), ("region: { enum: [eu, us] }", "")],
        Outcome::Compatible,
        [0, 2],
    ),
    ("other values of a parameter", &[("[eu, us]", "[asia]")], Outcome::Compatible, [0, 2]),
    ("an address with a part more", &[("invoices.{region}", "invoices.{region}.new")], Outcome::Compatible, [0, 2]),
    ("more is required", &[("required: [id]", "required: [id, state]")], Outcome::Breaking, [1, 0]),
    ("less is required", &[("required: [id], ", "")], Outcome::Compatible, [1, 0]),
    ("fewer values", &[("[open, paid]", "[open]")], Outcome::Breaking, [1, 0]),
    ("more values", &[("[open, paid]", "[open, paid, void]")], Outcome::Compatible, [1, 0]),
    ("another header is required", &[("required: [tenant]", "required: [tenant, trace]")], Outcome::Breaking, [1, 0]),
    ("another content type", &[("info:", "defaultContentType: application/cbor\ninfo:")], Outcome::Breaking, [1, 0]),
    ("a message more", &[(PAYLOAD, ANOTHER)], Outcome::Compatible, [1, 0]),
    ("no payload at all", &[(PAYLOAD, "title: Anything")], Outcome::Compatible, [1, 0]),
];

#[test]
fn what_is_sent_is_held_against_what_is_received() {
    for (what, edits, verdict, [met, alone]) in RECEIVERS {
        let receiver = SENDER.replace("Billing", "Books").replace("action: send", "action: receive");
        let receiver = edits.iter().fold(receiver, |text, (from, to)| {
            assert!(text.contains(from), "{what}: {from}");
            text.replacen(from, to, 1)
        });
        let report = links(&[SENDER, &receiver]);
        let found = (report.verdict, [report.links.len(), report.orphans.len()]);
        assert_eq!(found, (verdict, [met, alone]), "{what}: {report:#?}");
        let findings = || report.links.iter().flat_map(|link| &link.findings);
        assert_eq!(findings().count() > 0, verdict == Outcome::Breaking, "{what}: {report:#?}");
        let by_schema = findings().filter(|finding| finding.text.contains("may be what is not received"));
        assert!(by_schema.into_iter().all(|finding| finding.witness.is_some()), "{what}: {report:#?}");
    }
}

#[test]
fn a_message_that_is_sent_fits_one_message_in_all_its_parts() {
    let receiver = SENDER.replace("Billing", "Books").replace("action: send", "action: receive").replace(
        "messages:\n",
        "messages:
      Free: { payload: true, headers: { type: object, required: [never], properties: { never: false } } }
",
    );
    let receiver = receiver.replace("required: [id]", "required: [id, state]");
    let report = links(&[SENDER, &receiver]);
    // The payload fits the one, the headers fit the other: that is no fit.
    assert_ne!(report.verdict, Outcome::Compatible, "{report:#?}");
}

#[test]
fn linked_applications_speak_one_protocol_and_one_content_type() {
    let server =
        |protocol: &str| format!("servers: {{ one: {{ host: example.com, protocol: {protocol} }} }}\nchannels:");
    let with = |action: &str, protocol: &str| order(action, SCHEMA).replace("channels:\n", &(server(protocol) + "\n"));
    assert_eq!(links(&[&with("send", "kafka"), &with("receive", "kafka-secure")]).verdict, Outcome::Compatible);
    assert_eq!(links(&[&with("send", "kafka"), &with("receive", "nats")]).verdict, Outcome::Breaking);
    let cbor = order("receive", SCHEMA).replace("info:", "defaultContentType: application/cbor\ninfo:");
    assert_eq!(links(&[&order("send", SCHEMA), &cbor]).verdict, Outcome::Breaking);
}
