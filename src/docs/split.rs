//! A large document on several pages: one for each channel, with its operations and messages, and one for the schemas.
//!
//! In: one page. Out: pages whose ids are those of the one; links between them name the file.

use super::diagram;
use super::view::{Body, Flow, Page, Parameter, Security, Step, Target};
use std::collections::{HashMap, HashSet};

/// Up to so many operations stand on one page.
const MOST_OPERATIONS: usize = 60;

/// The pages, that of the document as a whole first.
pub(super) fn split(mut home: Page) -> Vec<Page> {
    if home.operations.len() <= MOST_OPERATIONS {
        return vec![home];
    }
    // What could be chosen stands on other pages.
    home.filters.clear();
    let stem = home.output.trim_end_matches(".html").to_owned();
    let prefix = if stem == "index" { String::new() } else { format!("{stem}-") };
    let mut taken: HashSet<String> = HashSet::new();
    let mut pages: Vec<Page> = Vec::new();
    let mut operations = std::mem::take(&mut home.operations);
    let mut messages = std::mem::take(&mut home.messages);
    for channel in std::mem::take(&mut home.channels) {
        let output = free_name(&prefix, &channel.key, &mut taken);
        let mut page = part(&home, output, channel.title.as_ref().unwrap_or(&channel.key));
        let on_it = |target: Option<&Target>| target.is_some_and(|target| target.id == channel.id);
        let carried: HashSet<String> = channel.messages.iter().map(|message| message.id.clone()).collect();
        (page.operations, operations) = operations.into_iter().partition(|operation| on_it(operation.channel.as_ref()));
        (page.messages, messages) = messages.into_iter().partition(|message| carried.contains(&message.id));
        let is_here = |flow: &&Flow| page.operations.iter().any(|operation| operation.id == flow.id);
        page.flow = home.flow.iter().filter(is_here).cloned().collect();
        page.channels = vec![channel];
        pages.push(page);
    }
    // What no channel has stays where the document begins.
    home.operations = operations;
    home.messages = messages;
    if !home.schemas.is_empty() {
        let mut page = part(&home, free_name(&prefix, "schemas", &mut taken), "Schemas");
        page.schemas = std::mem::take(&mut home.schemas);
        pages.push(page);
    }
    pages.insert(0, home);
    link(&mut pages);
    draw(&mut pages);
    pages
}

/// Draws each page: the first shows all operations, any other its own.
fn draw(pages: &mut [Page]) {
    let own =
        |page: &Page| diagram::draw(&page.title, &page.operations.iter().map(|one| (one, "")).collect::<Vec<_>>());
    let mut drawings: Vec<Option<String>> = pages.iter().map(own).collect();
    let all = pages.iter().enumerate().flat_map(|(index, page)| {
        let file = if index == 0 { "" } else { page.output.as_str() };
        page.operations.iter().map(move |one| (one, file))
    });
    let all: Vec<_> = all.collect();
    if let (Some(home), Some(drawing)) = (pages.first(), drawings.first_mut()) {
        *drawing = diagram::draw(&home.title, &all);
    }
    for (page, drawing) in pages.iter_mut().zip(drawings) {
        page.diagram_html = drawing;
    }
}

/// `channel-orders.placed.html`: a name that every file system takes, and none takes for another.
fn free_name(prefix: &str, key: &str, taken: &mut HashSet<String>) -> String {
    let plain: String =
        key.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).take(80).collect();
    let stem = format!("{prefix}channel-{}", plain.trim_matches('-'));
    let numbered = std::iter::once(stem.clone()).chain((2u64..).map(|number| format!("{stem}-{number}")));
    let free = numbered.into_iter().find(|name| taken.insert(name.to_ascii_lowercase()));
    format!("{}.html", free.unwrap_or(stem))
}

/// An empty page of a document.
fn part(home: &Page, output: String, title: &str) -> Page {
    Page {
        markdown: output.replace(".html", ".md"),
        output,
        subtitle: Some(title.to_owned()),
        title: home.title.clone(),
        version: home.version.clone(),
        asyncapi: home.asyncapi.clone(),
        file: home.file.clone(),
        home: home.output.clone(),
        ..Page::default()
    }
}

/// Gives every link the file that it leads to, and every page the table of contents.
fn link(pages: &mut [Page]) {
    let mut places: HashMap<String, String> = HashMap::new();
    for page in pages.iter() {
        let ids = page.operations.iter().map(|one| &one.id).chain(page.channels.iter().map(|one| &one.id));
        let ids = ids.chain(page.messages.iter().map(|one| &one.id)).chain(page.schemas.iter().map(|one| &one.id));
        let ids = ids.chain(page.servers.iter().map(|one| &one.id)).chain(page.security.iter().map(|one| &one.id));
        let ids = ids.chain(page.further.iter().map(|one| &one.id));
        places.extend(ids.map(|id| (id.clone(), page.output.clone())));
    }
    let Some(home) = pages.first() else { return };
    let navigation = home.navigation.clone();
    for page in pages {
        page.navigation.clone_from(&navigation);
        let own = page.output.clone();
        let mut place = |id: &str, file: &mut String| {
            if let Some(found) = places.get(id) {
                *file = if *found == own { String::new() } else { found.clone() };
            }
        };
        for section in &mut page.navigation {
            section.entries.iter_mut().for_each(|target| place(&target.id, &mut target.page));
            // A section whose entries stand on pages of their own begins at the first of them.
            section.page = section.entries.first().map(|first| first.page.clone()).unwrap_or_default();
            let here = section.entries.iter().any(|entry| entry.page.is_empty());
            if here {
                section.page.clear();
            }
        }
        for one in &mut page.flow {
            place(&one.id, &mut one.page);
        }
        links(page, &mut place);
    }
}

/// Calls a function with the anchor and the file of every link of a page.
fn links(page: &mut Page, place: &mut impl FnMut(&str, &mut String)) {
    let mut targets: Vec<&mut Target> = Vec::new();
    let mut bodies: Vec<&mut Body> = Vec::new();
    let mut parameters: Vec<&mut Parameter> = Vec::new();
    let mut security: Vec<&mut Security> = Vec::new();
    for one in &mut page.operations {
        targets.extend(&mut one.channel);
        targets.extend(&mut one.messages);
        security.extend(&mut one.security);
        if let Some(reply) = &mut one.reply {
            targets.extend(&mut reply.channel);
            targets.extend(&mut reply.messages);
        }
    }
    for one in &mut page.channels {
        targets.extend(one.servers.iter_mut().chain(&mut one.messages).chain(&mut one.operations));
        parameters.extend(&mut one.parameters);
    }
    for one in &mut page.messages {
        targets.extend(&mut one.operations);
        bodies.extend([&mut one.payload, &mut one.headers].into_iter().flatten());
    }
    for one in &mut page.servers {
        security.extend(&mut one.security);
        parameters.extend(&mut one.variables);
    }
    bodies.extend(page.schemas.iter_mut().map(|one| &mut one.body));
    bodies.extend(parameters.into_iter().filter_map(|one| one.schema.as_mut()));
    for step in bodies.into_iter().flat_map(|body| &mut body.steps) {
        if let Step::Row(row) = step {
            targets.extend([&mut row.reference, &mut row.origin].into_iter().flatten());
        }
    }
    for target in targets {
        place(&target.id, &mut target.page);
    }
    for one in security {
        if let Some(id) = &one.id {
            place(id, &mut one.page);
        }
    }
}
