//! The events of the YAML parser -> a tree. JSON is read as YAML, of which it is a subset.

use super::repair::{self, Fault};
use super::tree::{Damage, INDEXED_FROM, Kind, Member, Members, NodeId, Trees};
use super::{
    COMPLEX_KEY, DUPLICATE_KEY, MAXIMUM_DEPTH, MAXIMUM_UNFOLDED, SEVERAL_DOCUMENTS, SYNTAX, TOO_LARGE, YAML_TAG, scalar,
};
use crate::source::{Diagnostic, Diagnostics, Source, SourceId, Span};
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StrInput, Tag};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Reads the text of a source. `None` when no tree can be made of it; then at least one error is among `diagnostics`. What
/// is not well-formed is diagnosed and mended or left out, and the rest is read; [`Trees::mended`] and [`Trees::damage`] say
/// where.
pub fn read(source: &Source, id: SourceId, trees: &mut Trees, diagnostics: &mut Diagnostics) -> Option<NodeId> {
    let mut found = Diagnostics::default();
    match Reader::new(id, trees, &mut found).read(source.text(), |offset| offset) {
        Read::Tree(root) => {
            diagnostics.extend(found);
            root
        }
        Read::Malformed => {
            found = Diagnostics::default();
            let repaired = repair::repair(source.text());
            diagnostics.extend(repaired.faults.into_iter().map(|fault| diagnostic(id, fault)));
            let text = repaired.text?;
            let spans = |places: Vec<Range<usize>>| -> Vec<Span> {
                places.into_iter().map(|place| Span::new(id, place.start, place.end)).collect()
            };
            let damage = Damage { lost: spans(repaired.lost), mended: spans(repaired.mended) };
            let read = Reader::new(id, trees, &mut found).read(&text, |offset| repaired.origin.of(offset));
            let follows = |place: Span| damage.mended.iter().any(|mended| mended.has_start_of(place));
            diagnostics.extend(found.into_iter().filter(|found| !follows(found.span)));
            trees.add_damage(id, damage);
            match read {
                Read::Tree(root) => root,
                Read::Malformed => None,
            }
        }
    }
}

fn diagnostic(id: SourceId, fault: Fault) -> Diagnostic {
    let span = |place: Range<usize>| Span::new(id, place.start, place.end);
    let diagnostic = Diagnostic::new(&SYNTAX, span(fault.place), fault.message).help(fault.help);
    fault.related.into_iter().fold(diagnostic, |diagnostic, (place, what)| diagnostic.related(span(place), what))
}

/// The events of a text.
pub(super) fn parse(text: &str) -> Parser<'_, StrInput<'_>> {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_comments: false,
        flow_nesting_limit: MAXIMUM_DEPTH,
        block_nesting_limit: MAXIMUM_DEPTH,
    };
    Parser::new_from_str_with_options(text, options)
}

/// What became of a text.
enum Read {
    /// The root of its tree; nothing after a fault of another kind, which was diagnosed.
    Tree(Option<NodeId>),
    /// It is not well-formed.
    Malformed,
}

/// A collection whose end has not been read yet.
struct Open {
    start: Span,
    anchor: usize,
    /// Nodes below it, with aliases unfolded.
    unfolded: u64,
    content: Content,
}

enum Content {
    Array(Vec<NodeId>),
    Object {
        members: Vec<Member>,
        keys: Keys,
        merges: Vec<NodeId>,
        key: Option<(Key, Span)>,
        /// The last key with nothing below it.
        empty: Option<Span>,
    },
}

/// Where the keys of an object stand, once there are many; few are looked up among the members.
#[derive(Default)]
struct Keys(HashMap<Box<str>, Span>);

impl Keys {
    /// The place of a key that was read before this one; all of those have their members by now.
    fn first(&mut self, members: &[Member], key: &str) -> Option<Span> {
        if members.len() <= INDEXED_FROM {
            return members.iter().find(|member| &*member.key == key).map(|member| member.key_span);
        }
        for member in members.iter().skip(self.0.len()) {
            self.0.insert(member.key.clone(), member.key_span);
        }
        self.0.get(key).copied()
    }
}

enum Key {
    Text(Box<str>),
    /// `<<`, the merge key of YAML 1.1, which documents use and every tool honours.
    Merge,
    /// Diagnosed already: its value is read and dropped.
    Unusable,
}

struct Reader<'r> {
    id: SourceId,
    trees: &'r mut Trees,
    diagnostics: &'r mut Diagnostics,
    open: Vec<Open>,
    anchors: HashMap<usize, NodeId>,
    /// Unfolded sizes of anchored collections.
    unfolded: HashMap<usize, u64>,
    root: Option<NodeId>,
    failed: bool,
    /// Keys without a value in objects that have others twice.
    doubtful: Vec<Span>,
}

impl<'r> Reader<'r> {
    fn new(id: SourceId, trees: &'r mut Trees, diagnostics: &'r mut Diagnostics) -> Self {
        Self {
            id,
            trees,
            diagnostics,
            open: Vec::new(),
            anchors: HashMap::new(),
            unfolded: HashMap::new(),
            root: None,
            failed: false,
            doubtful: Vec::new(),
        }
    }

    /// Reads a text; `origin` tells for each of its bytes where that stands in the source.
    fn read(mut self, text: &str, origin: impl Fn(usize) -> usize) -> Read {
        for next in parse(text) {
            match next {
                Ok((event, span)) => {
                    let start = span.start.byte_offset().unwrap_or(0);
                    let end = span.end.byte_offset().unwrap_or(start);
                    if !self.event(event, Span::new(self.id, origin(start), origin(end))) {
                        break;
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) => {
                    let at = origin(error.marker().byte_offset().unwrap_or(text.len()));
                    let message = format!("collections nest deeper than {MAXIMUM_DEPTH} levels");
                    self.diagnostics.push(Diagnostic::new(&TOO_LARGE, Span::new(self.id, at, at), message));
                    self.failed = true;
                    break;
                }
                Err(_) => return Read::Malformed,
            }
        }
        Read::Tree(self.finish())
    }

    /// Takes one event; `false` stops the reading.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                let message = "a second YAML document begins here; only the first is read";
                self.diagnostics.push(Diagnostic::new(&SEVERAL_DOCUMENTS, span, message).help("split the file"));
                return false;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tagged =
                    tag.as_deref().and_then(|tag| tag.core_suffix()).and_then(|suffix| scalar::tagged(suffix, &text));
                self.tag(tag.as_deref(), tagged.is_some(), span);
                let kind = match tagged {
                    Some(kind) => kind,
                    None if style == ScalarStyle::Plain => scalar::plain(&text),
                    None => Kind::String(text.as_ref().into()),
                };
                if self.takes_key() {
                    let merge = style == ScalarStyle::Plain && text == "<<";
                    self.key(if merge { Key::Merge } else { Key::Text(text.as_ref().into()) }, span);
                    return true;
                }
                let node = self.trees.add(kind, span);
                self.anchor(anchor, node, 1);
                return self.value(node, 1);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.tag(tag.as_deref(), tag.as_deref().is_some_and(|tag| tag.core_suffix() == Some("seq")), span);
                self.start(span, anchor, Content::Array(Vec::new()));
            }
            Event::MappingStart(_, anchor, tag) => {
                self.tag(tag.as_deref(), tag.as_deref().is_some_and(|tag| tag.core_suffix() == Some("map")), span);
                let content = Content::Object {
                    members: Vec::new(),
                    keys: Keys::default(),
                    merges: Vec::new(),
                    key: None,
                    empty: None,
                };
                self.start(span, anchor, content);
            }
            Event::SequenceEnd | Event::MappingEnd => return self.end(span),
            Event::Alias(target) => return self.alias(target, span),
            Event::UnresolvedAlias(name) => {
                let message = format!("no anchor `&{name}` stands before this alias");
                self.diagnostics.push(Diagnostic::new(&SYNTAX, span, message));
                self.failed = true;
                if self.takes_key() {
                    self.key(Key::Unusable, span);
                } else {
                    let node = self.trees.add(Kind::Null, span);
                    return self.value(node, 1);
                }
            }
            _ => {}
        }
        true
    }

    /// Diagnoses the tag of a value that it does not fit. The tag `!` says no more than that a value is not plain.
    fn tag(&mut self, tag: Option<&Tag>, fits: bool, span: Span) {
        let Some(tag) = tag.filter(|tag| !fits && tag.to_string() != "!") else { return };
        let (message, help) = match tag.core_suffix() {
            Some(suffix) => (format!("what stands here is not what its tag `!!{suffix}` says"), "remove the tag"),
            None => (format!("JSON has no values of the tag `{tag}`"), "remove it, or put the text in quotes"),
        };
        self.diagnostics.push(Diagnostic::new(&YAML_TAG, span, message).help(help));
    }

    /// Is the next node a key of the innermost collection?
    fn takes_key(&self) -> bool {
        matches!(self.open.last().map(|open| &open.content), Some(Content::Object { key: None, .. }))
    }

    fn key(&mut self, new: Key, span: Span) {
        let Some(Open { content: Content::Object { key, keys, members, empty, .. }, .. }) = self.open.last_mut() else {
            return;
        };
        let Key::Text(text) = &new else {
            *key = Some((new, span));
            return;
        };
        if let Some(first) = keys.first(members, text) {
            let message = format!("the key `{text}` stands twice in this object");
            let duplicate = Diagnostic::new(&DUPLICATE_KEY, span, message).related(first, "first here");
            match empty.filter(|empty| empty.start > first.start) {
                // What is below that key was meant to be deeper than it: that is one slip, however many keys there are.
                Some(empty) if self.doubtful.last() == Some(&empty) => {}
                Some(empty) => {
                    self.doubtful.push(empty);
                    let duplicate = duplicate.related(empty, "nothing stands below this key");
                    self.diagnostics
                        .push(duplicate.help("is a line between the two indented too far, or not far enough?"));
                }
                None => self.diagnostics.push(duplicate.help("remove or rename one of the two")),
            }
            *key = Some((Key::Unusable, span));
            return;
        }
        *key = Some((new, span));
    }

    fn start(&mut self, span: Span, anchor: usize, content: Content) {
        if self.takes_key() {
            let message = "a list or an object cannot be a key";
            self.diagnostics.push(Diagnostic::new(&COMPLEX_KEY, span, message).help("quote the key if it is text"));
            self.key(Key::Unusable, span);
            // The key itself is read as a value that goes nowhere: its place is taken, its value follows.
            self.open.push(Open { start: span, anchor, unfolded: 1, content });
            return;
        }
        self.open.push(Open { start: span, anchor, unfolded: 1, content });
    }

    fn end(&mut self, span: Span) -> bool {
        let Some(open) = self.open.pop() else { return true };
        let (kind, last) = match open.content {
            Content::Array(items) => {
                let last = items.last().copied();
                (Kind::Array(items.into()), last)
            }
            Content::Object { mut members, merges, .. } => {
                let last = members.last().map(|member| member.value);
                self.merge(&mut members, &merges);
                (Kind::Object(Members::new(members)), last)
            }
        };
        // The end of a block collection is reported behind trailing blank lines: stop at the last value.
        let end = match last {
            Some(last) if span.end == span.start => self.trees.node(last).span().end.max(open.start.end),
            _ => span.end,
        };
        let node =
            self.trees.add(kind, Span { source: self.id, start: open.start.start, end: end.max(open.start.start) });
        self.trees.adopt(node);
        self.anchor(open.anchor, node, open.unfolded);
        self.value(node, open.unfolded)
    }

    /// Adds the members of merged objects that the object does not have itself.
    fn merge(&self, members: &mut Vec<Member>, merges: &[NodeId]) {
        if merges.is_empty() {
            return;
        }
        let mut objects = Vec::new();
        for merge in merges {
            match self.trees.kind(*merge) {
                Kind::Array(items) => objects.extend(items.iter().copied()),
                _ => objects.push(*merge),
            }
        }
        let mut known: HashSet<Box<str>> = members.iter().map(|member| member.key.clone()).collect();
        for object in objects {
            if let Kind::Object(merged) = self.trees.kind(object) {
                members.extend(merged.iter().filter(|member| known.insert(member.key.clone())).cloned());
            }
        }
    }

    fn alias(&mut self, target: usize, span: Span) -> bool {
        let Some(anchored) = self.anchors.get(&target).copied() else {
            let message = "this alias stands inside the collection that it names";
            self.diagnostics.push(Diagnostic::new(&SYNTAX, span, message));
            self.failed = true;
            return false;
        };
        if self.takes_key() {
            match self.trees.kind(anchored) {
                Kind::String(text) => {
                    let text = text.clone();
                    self.key(Key::Text(text), span);
                }
                _ => {
                    self.diagnostics.push(Diagnostic::new(
                        &COMPLEX_KEY,
                        span,
                        "this key stands for something that is not text",
                    ));
                    self.key(Key::Unusable, span);
                }
            }
            return true;
        }
        let kind = self.trees.kind(anchored).clone();
        let node = self.trees.add(kind, span);
        let unfolded = self.unfolded.get(&target).copied().unwrap_or(1);
        self.value(node, unfolded)
    }

    fn anchor(&mut self, anchor: usize, node: NodeId, unfolded: u64) {
        if anchor != 0 {
            self.anchors.insert(anchor, node);
            self.unfolded.insert(anchor, unfolded);
        }
    }

    /// Puts a finished node where it belongs.
    fn value(&mut self, node: NodeId, unfolded: u64) -> bool {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return true;
        };
        open.unfolded = open.unfolded.saturating_add(unfolded);
        if open.unfolded > MAXIMUM_UNFOLDED {
            let message = format!("the aliases of this document unfold to more than {MAXIMUM_UNFOLDED} values");
            let span = self.trees.node(node).span();
            self.diagnostics.push(Diagnostic::new(&TOO_LARGE, span, message).help("use `$ref` instead of aliases"));
            self.failed = true;
            return false;
        }
        match &mut open.content {
            Content::Array(items) => items.push(node),
            Content::Object { members, merges, key, empty, .. } => match key.take() {
                Some((Key::Text(text), key_span)) => {
                    if self.trees.node(node).is_empty() {
                        *empty = Some(key_span);
                    }
                    members.push(Member { key: text, key_span, value: node });
                }
                Some((Key::Merge, _)) => merges.push(node),
                // The value of an unusable key, or a collection that was itself the key.
                Some((Key::Unusable, span)) if self.trees.node(node).span().start <= span.start => {
                    *key = Some((Key::Unusable, span))
                }
                Some((Key::Unusable, _)) | None => {}
            },
        }
        true
    }

    fn finish(mut self) -> Option<NodeId> {
        let doubtful = std::mem::take(&mut self.doubtful);
        if !doubtful.is_empty() {
            self.trees.add_damage(self.id, Damage { lost: Vec::new(), mended: doubtful });
        }
        if self.failed {
            return None;
        }
        if self.root.is_none() {
            self.diagnostics.push(Diagnostic::new(&SYNTAX, Span::beginning(self.id), "the text is empty"));
        }
        self.root
    }
}
