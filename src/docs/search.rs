//! The index of the search: every name on the pages, with where it stands.
//!
//! In: pages. Out: a list. It reaches pages as a script, since one that was opened from a file may load scripts but no
//! data; a page that is complete in itself holds it as data, so that its script is the same for every document.

use super::view::{Body, Page, Step};
use serde_json::{Value, json};

/// Entries: title, kind, link, and further words.
pub(super) fn index(pages: &[Page]) -> Value {
    let mut entries: Vec<Value> = Vec::new();
    for page in pages {
        // Links within the only page need no file, and work wherever that is copied to.
        let file = if pages.len() > 1 { page.output.as_str() } else { "" };
        page_entries(page, file, &mut entries);
    }
    Value::Array(entries)
}

/// How the messages of pages are sampled anew, by page and anchor.
pub(super) fn plans(pages: &[Page]) -> Value {
    let of_page = |page: &Page| {
        let messages = page.messages.iter();
        messages.filter_map(|one| Some((format!("{}#{}", page.output, one.id), one.plan.clone()?))).collect::<Vec<_>>()
    };
    Value::Object(pages.iter().flat_map(of_page).collect())
}

/// JSON that may stand in a script, and in an element of a page.
pub(super) fn embedded(value: &Value) -> String {
    // `</script` would end the element; U+2028 is escaped for old engines.
    let text = value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028");
    text.replace('\u{2029}', "\\u2029")
}

fn page_entries(page: &Page, file: &str, entries: &mut Vec<Value>) {
    let mut add = |title: &str, kind: &str, id: &str, about: &[Option<&str>]| {
        let about: Vec<&str> = about.iter().flatten().copied().filter(|text| *text != title).collect();
        let about = about.join(" · ");
        let href = format!("{file}#{id}");
        entries.push(if about.is_empty() { json!([title, kind, href]) } else { json!([title, kind, href, about]) });
    };
    for one in &page.operations {
        let channel = one.channel.as_ref().map(|channel| channel.title.as_str());
        add(
            one.title.as_ref().unwrap_or(&one.key),
            one.action,
            &one.id,
            &[Some(&one.key), channel, one.summary.as_deref()],
        );
    }
    for one in &page.channels {
        add(
            one.title.as_ref().unwrap_or(&one.key),
            "channel",
            &one.id,
            &[one.address.as_deref(), Some(&one.key), one.summary.as_deref()],
        );
    }
    for one in &page.messages {
        add(&one.display, "message", &one.id, &[Some(&one.key), one.name.as_deref(), one.summary.as_deref()]);
    }
    for one in &page.servers {
        add(one.title.as_ref().unwrap_or(&one.key), "server", &one.id, &[Some(&one.key), Some(&one.protocol)]);
    }
    for one in &page.schemas {
        add(&one.key, "schema", &one.id, &[]);
    }
    for one in &page.security {
        add(&one.key, "security", &one.id, &[Some(&one.kind)]);
    }
    for message in &page.messages {
        for body in [&message.payload, &message.headers].into_iter().flatten() {
            properties(body, &message.display, &mut add);
        }
    }
}

/// The properties of a schema, those that have a name.
fn properties(body: &Body, within: &str, add: &mut impl FnMut(&str, &str, &str, &[Option<&str>])) {
    for step in &body.steps {
        let Step::Row(row) = step else { continue };
        if row.depth > 0 && row.role.is_empty() && !row.name.is_empty() {
            add(&row.name, "property", &row.id, &[Some(within)]);
        }
    }
}
