//! Nodes of a document as they are written: lines of keys and values, values in one line, and JSON with marks.
//!
//! Nothing here knows what a key means, so nothing that a document says is lost for want of a place on the page.

use super::text::{escape, safe_url};
use super::view::Entry;
use crate::reference::Files;
use crate::syntax::{Kind, Node, NodeId, to_json};
use std::collections::{HashMap, HashSet};

/// More lines than this are not shown of one tree.
const MAXIMUM_LINES: usize = 4_000;
/// Deeper levels than this are shown as JSON.
const MAXIMUM_DEPTH: usize = 12;
/// Longer code than this is cut.
const MAXIMUM_CODE: usize = 200_000;

/// A document that unfolds to more nodes than this is not resolved.
const MAXIMUM_RESOLVED: usize = 200_000;

/// Reads nodes, and remembers which it has come by.
pub(super) struct Walker<'f> {
    pub(super) files: &'f Files,
    shown: HashSet<NodeId>,
}

impl<'f> Walker<'f> {
    pub(super) fn new(files: &'f Files) -> Self {
        Self { files, shown: HashSet::new() }
    }

    /// The node that a node stands for, which counts as shown from now on.
    pub(super) fn follow(&mut self, node: Node<'f>) -> Option<Node<'f>> {
        let target = self.files.follow(node).ok()?;
        self.shown.insert(target.id());
        Some(target)
    }

    /// The node under a key, references followed.
    pub(super) fn get(&mut self, node: Node<'f>, key: &str) -> Option<Node<'f>> {
        self.follow(node.get(key)?)
    }

    /// Counts a node of the model as shown, and with it what it was put together from when traits were applied.
    pub(super) fn mark(&mut self, id: NodeId) {
        let mut node = self.files.node(id);
        self.shown.insert(node.id());
        while node.own_entry().is_none() && node.own_index().is_none() {
            let Some(parent) = node.parent() else { break };
            node = parent;
            self.shown.insert(node.id());
        }
        for one in node.get("traits").into_iter().flat_map(|traits| traits.items()) {
            self.follow(one);
        }
    }

    /// Was the node shown already?
    pub(super) fn is_shown(&self, node: Node<'_>) -> bool {
        self.shown.contains(&node.id())
    }

    /// The members of an object as lines, but for those that are shown elsewhere.
    pub(super) fn entries(&mut self, node: Node<'f>, elsewhere: &[&str]) -> Vec<Entry> {
        let mut lines = Lines { walker: self, stack: vec![node.id()], list: Vec::new() };
        for entry in node.entries().filter(|entry| !elsewhere.contains(&entry.key)) {
            lines.push(entry.key.to_owned(), entry.value, 0);
        }
        lines.list
    }
}

struct Lines<'w, 'f> {
    walker: &'w mut Walker<'f>,
    /// The collections that the current line stands in.
    stack: Vec<NodeId>,
    list: Vec<Entry>,
}

impl<'f> Lines<'_, 'f> {
    fn push(&mut self, key: String, node: Node<'f>, depth: usize) {
        if self.list.len() >= MAXIMUM_LINES {
            return;
        }
        let target = self.walker.follow(node).filter(|target| !self.stack.contains(&target.id()));
        let Some(target) = target else {
            let reference = node.get_str("$ref").unwrap_or("…").to_owned();
            return self.list.push(Entry {
                depth,
                key,
                href: safe_url(&reference),
                value: Some(reference),
                meaning: None,
            });
        };
        let scalars = target.items().all(|item| !item.is_object() && !item.is_array());
        let empty = target.entries().len() + target.items().len() == 0;
        if depth >= MAXIMUM_DEPTH || empty || target.is_array() && scalars {
            let value = match target.kind() {
                Kind::Array(_) if scalars && !empty => target.items().map(value).collect::<Vec<_>>().join(", "),
                _ => value(target),
            };
            return self.list.push(Entry { depth, key, href: safe_url(&value), value: Some(value), meaning: None });
        }
        self.list.push(Entry { depth, key, value: None, href: None, meaning: None });
        self.stack.push(target.id());
        for entry in target.entries() {
            self.push(entry.key.to_owned(), entry.value, depth + 1);
        }
        for (index, item) in target.items().enumerate() {
            self.push((index + 1).to_string(), item, depth + 1);
        }
        // What stands beside a reference has no effect, and yet somebody wrote it for readers.
        for entry in node.entries().filter(|entry| target.id() != node.id() && entry.key != "$ref") {
            self.push(entry.key.to_owned(), entry.value, depth + 1);
        }
        self.stack.pop();
    }
}

/// A value in one line: text without quotes, anything else as JSON.
pub(super) fn value(node: Node<'_>) -> String {
    match node.as_str() {
        Some("") => "\"\"".to_owned(),
        Some(text) => text.to_owned(),
        None => cut(to_json(node), MAXIMUM_CODE),
    }
}

/// A document as JSON with every reference replaced by what it leads to, but for one that would lead into itself: that
/// stays, as does one that leads nowhere. `None` where that would be too long.
pub(super) fn resolved(files: &Files, root: Node<'_>) -> Option<String> {
    let mut stack = Vec::new();
    let mut left = MAXIMUM_RESOLVED;
    let value = resolve(files, root, &mut stack, &mut left)?;
    serde_json::to_string_pretty(&value).ok().map(|text| text + "\n")
}

fn resolve(files: &Files, node: Node<'_>, stack: &mut Vec<NodeId>, left: &mut usize) -> Option<serde_json::Value> {
    use serde_json::Value;
    *left = left.checked_sub(1)?;
    let target = files.follow(node).ok().filter(|target| !stack.contains(&target.id())).unwrap_or(node);
    stack.push(target.id());
    let value = match target.kind() {
        Kind::Object(_) => {
            let members =
                target.entries().map(|entry| Some((entry.key.to_owned(), resolve(files, entry.value, stack, left)?)));
            members.collect::<Option<serde_json::Map<_, _>>>().map(Value::Object)
        }
        Kind::Array(_) => {
            target.items().map(|item| resolve(files, item, stack, left)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        _ => serde_json::from_str(&to_json(target)).ok(),
    };
    stack.pop();
    value
}

/// A value of JSON in as many lines as it needs, as HTML. Members come in a given order, any others behind them by name.
pub(super) fn json_code(value: &serde_json::Value, order: &HashMap<String, usize>) -> String {
    let mut out = String::new();
    write_json(value, order, 0, &mut out);
    out
}

fn write_json(value: &serde_json::Value, order: &HashMap<String, usize>, depth: usize, out: &mut String) {
    use serde_json::Value;
    let break_line = |depth: usize, out: &mut String| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            out.push('{');
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| order.get(*key).copied().unwrap_or(usize::MAX));
            for (index, (key, child)) in members.into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                break_line(depth + 1, out);
                mark("k", &quoted(key), out);
                out.push_str(": ");
                write_json(child, order, depth + 1, out);
            }
            break_line(depth, out);
            out.push('}');
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (index, child) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                break_line(depth + 1, out);
                write_json(child, order, depth + 1, out);
            }
            break_line(depth, out);
            out.push(']');
        }
        Value::Object(_) => out.push_str("{}"),
        Value::Array(_) => out.push_str("[]"),
        Value::String(text) => mark("s", &quoted(text), out),
        scalar => mark("n", &scalar.to_string(), out),
    }
}

/// A value in as many lines as it needs, as HTML: text as it is, anything else as JSON.
pub(super) fn code(node: Node<'_>) -> String {
    if let Some(text) = node.as_str() {
        return escape(&cut(text.to_owned(), MAXIMUM_CODE));
    }
    let mut out = String::new();
    write_code(node, 0, &mut out);
    out
}

fn write_code(node: Node<'_>, depth: usize, out: &mut String) {
    if out.len() > MAXIMUM_CODE {
        return;
    }
    let (open, close) = if node.is_array() { ('[', ']') } else { ('{', '}') };
    let count = node.entries().len() + node.items().len();
    match node.kind() {
        Kind::Object(_) | Kind::Array(_) if count > 0 => {
            out.push(open);
            let keyed = node.entries().map(|entry| (Some(entry.key), entry.value));
            for (index, (key, child)) in keyed.chain(node.items().map(|item| (None, item))).enumerate() {
                if out.len() > MAXIMUM_CODE {
                    out.push_str(",\n…");
                    break;
                }
                out.push_str(if index > 0 { ",\n" } else { "\n" });
                out.push_str(&"  ".repeat(depth + 1));
                if let Some(key) = key {
                    mark("k", &quoted(key), out);
                    out.push_str(": ");
                }
                write_code(child, depth + 1, out);
            }
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
            out.push(close);
        }
        Kind::String(text) => mark("s", &quoted(text), out),
        Kind::Object(_) | Kind::Array(_) => out.extend([open, close]),
        _ => mark("n", &to_json(node), out),
    }
}

fn mark(class: &str, text: &str, out: &mut String) {
    out.push_str("<span class=\"");
    out.push_str(class);
    out.push_str("\">");
    out.push_str(&escape(text));
    out.push_str("</span>");
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn cut(text: String, longest: usize) -> String {
    if text.len() <= longest {
        return text;
    }
    let end = (0..=longest).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or("").to_owned() + "…"
}
