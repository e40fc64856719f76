//! What several documents say of each other: who sends what the other receives.
//!
//! In: the first pages of documents. Out: the list of channels by address, with both sides of each; the schemas that
//! several have; links from every channel to the same address elsewhere; the other versions of a document.

use super::text::breakable;
use super::view::{Elsewhere, Named, Page, Shared, SharedSchema, Step, Version};
use std::collections::BTreeMap;

/// Every address that a document names, with those who send there and those who receive from there.
pub(super) fn shared(pages: &[Page]) -> Vec<Shared> {
    let mut by_address: BTreeMap<&str, Shared> = BTreeMap::new();
    for page in pages {
        for channel in &page.channels {
            let Some(address) = &channel.address else { continue };
            let shared = by_address.entry(address).or_insert_with(|| Shared {
                address_html: channel.address_html.clone().unwrap_or_default(),
                ..Shared::default()
            });
            for operation in
                page.operations.iter().filter(|one| one.channel.as_ref().is_some_and(|of| of.id == channel.id))
            {
                let title = operation.title.as_ref().unwrap_or(&operation.key);
                let place = place(page, title, operation.action, &operation.id);
                match operation.action {
                    "send" => shared.senders.push(place),
                    _ => shared.receivers.push(place),
                }
            }
        }
    }
    by_address.into_values().collect()
}

/// Every name that several documents have a schema by.
pub(super) fn shared_schemas(pages: &[Page]) -> Vec<SharedSchema> {
    let mut by_name: BTreeMap<&str, Vec<(&Page, &Named)>> = BTreeMap::new();
    for page in pages {
        for schema in &page.schemas {
            by_name.entry(&schema.key).or_default().push((page, schema));
        }
    }
    let several = by_name.into_iter().filter(|(_, places)| places.len() > 1);
    let shared = several.map(|(name, places)| SharedSchema {
        name_html: breakable(name),
        same: places.windows(2).all(|pair| matches!(pair, [(_, a), (_, b)] if says(a) == says(b))),
        places: places.iter().map(|(page, schema)| place(page, &schema.key, "", &schema.id)).collect(),
    });
    shared.collect()
}

/// What a schema says to readers, wherever it stands.
fn says(schema: &Named) -> Vec<String> {
    let steps = schema.body.steps.iter();
    let rows = steps.filter_map(|step| match step {
        Step::Row(row) => Some(format!(
            "{} {} {} {} {:?} {:?} {:?}",
            row.depth, row.role, row.name, row.types, row.required, row.constraints, row.facts
        )),
        _ => None,
    });
    rows.chain(schema.body.source_html.clone()).collect()
}

fn place(page: &Page, operation: &str, action: &'static str, id: &str) -> Elsewhere {
    Elsewhere {
        title: page.title.clone(),
        version: page.version.clone(),
        operation: operation.to_owned(),
        action,
        href: format!("{}#{id}", page.output),
    }
}

/// Links each channel to its address in other documents, and each document to its other versions.
pub(super) fn connect(pages: &mut [Page]) {
    let shared = shared(pages);
    let versions: Vec<(String, Version)> = pages
        .iter()
        .map(|page| (page.title.clone(), Version { version: page.version.clone(), href: page.output.clone() }))
        .collect();
    for page in pages {
        let own = format!("{}#", page.output);
        for channel in &mut page.channels {
            let same = shared.iter().find(|one| channel.address_html.as_deref() == Some(&one.address_html));
            let places = same.into_iter().flat_map(|one| one.senders.iter().chain(&one.receivers));
            channel.elsewhere = places.filter(|place| !place.href.starts_with(&own)).cloned().collect();
        }
        let of_same_title = versions.iter().filter(|(title, _)| *title == page.title);
        page.versions = of_same_title.map(|(_, version)| version.clone()).collect();
        if page.versions.len() == 1 {
            page.versions.clear();
        }
    }
}
