//! The arena of nodes, and the handle by which everything else reads it.

use crate::source::{SourceId, Span};
use std::collections::BTreeMap;
use std::fmt;

/// Objects with more members than this keep an index of their keys.
pub(super) const INDEXED_FROM: usize = 12;

/// Number of a node within [`Trees`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The id of no node; its handle reads as `null`.
    pub const NOWHERE: Self = Self(u32::MAX);
}

/// A number as it was written, in the notation of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number(Box<str>);

impl Number {
    /// Wraps decimal text that is a JSON number.
    pub(super) fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The exact decimal text, a JSON number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value if it is written without fraction and exponent and fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The value if it is written without sign, fraction and exponent and fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// The nearest double; infinite for a number beyond all doubles.
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl From<i128> for Number {
    fn from(value: i128) -> Self {
        Self(value.to_string().into())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A key of an object with its value.
#[derive(Debug, Clone)]
pub struct Member {
    /// The key as text; numbers, booleans and null as they are written.
    pub key: Box<str>,
    /// Where the key is.
    pub key_span: Span,
    /// Its value.
    pub value: NodeId,
}

/// Members in the order of the text, with an index by key where there are many.
#[derive(Debug, Clone)]
pub struct Members {
    list: Box<[Member]>,
    by_key: Box<[u32]>,
}

impl Members {
    pub(super) fn new(list: Vec<Member>) -> Self {
        let by_key = if list.len() > INDEXED_FROM {
            let mut order: Vec<(&str, u32)> = list.iter().zip(0u32..).map(|(member, at)| (&*member.key, at)).collect();
            order.sort_unstable();
            order.into_iter().map(|(_, at)| at).collect()
        } else {
            Box::default()
        };
        Self { list: list.into(), by_key }
    }

    /// Every member, in the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, Member> {
        self.list.iter()
    }

    /// The member of a key.
    pub fn get(&self, key: &str) -> Option<&Member> {
        if self.by_key.is_empty() {
            return self.list.iter().find(|member| &*member.key == key);
        }
        let member_at = |at: &u32| self.list.get(*at as usize);
        let found = self.by_key.binary_search_by(|at| member_at(at).map_or("", |member| &*member.key).cmp(key)).ok()?;
        self.by_key.get(found).and_then(member_at)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number, of any size.
    Number(Number),
    /// Text.
    String(Box<str>),
    /// A list.
    Array(Box<[NodeId]>),
    /// An object with unique keys.
    Object(Members),
}

#[derive(Debug)]
struct Data {
    kind: Kind,
    span: Span,
    /// Where the node stands: its container. An alias has the place where it is written.
    parent: Option<NodeId>,
    /// Its number within the container.
    position: u32,
}

/// What became of a text that is not well-formed; places in order.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// What was left out.
    pub lost: Vec<Span>,
    /// Lines that were not read as they stand, or on which that was noticed.
    pub mended: Vec<Span>,
}

/// The nodes of every file of a run. It only ever grows, so an id stays good.
#[derive(Debug, Default)]
pub struct Trees {
    nodes: Vec<Data>,
    /// By source.
    damage: BTreeMap<SourceId, Damage>,
}

impl Trees {
    /// Adds a node. Its children must be nodes of this arena.
    pub fn add(&mut self, kind: Kind, span: Span) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Data { kind, span, parent: None, position: 0 });
        id
    }

    /// Adds an object made of members of other objects, as when traits are applied.
    pub fn add_object(&mut self, members: Vec<Member>, span: Span, parent: Option<NodeId>) -> NodeId {
        let id = self.add(Kind::Object(Members::new(members)), span);
        if let Some(parent) = parent {
            self.set_parent(id, parent, 0);
        }
        id
    }

    /// Says where a node stands, unless that was said before.
    pub(super) fn set_parent(&mut self, id: NodeId, parent: NodeId, position: usize) {
        if let Some(data) = self.nodes.get_mut(id.0 as usize).filter(|data| data.parent.is_none()) {
            data.parent = Some(parent);
            data.position = u32::try_from(position).unwrap_or(u32::MAX);
        }
    }

    /// Says of the children of a node that they stand in it, unless they stand elsewhere.
    pub(super) fn adopt(&mut self, id: NodeId) {
        let Some(data) = self.nodes.get_mut(id.0 as usize) else { return };
        let kind = std::mem::replace(&mut data.kind, Kind::Null);
        match &kind {
            Kind::Array(items) => {
                items.iter().enumerate().for_each(|(position, child)| self.set_parent(*child, id, position));
            }
            Kind::Object(members) => {
                let children = members.iter().map(|member| member.value).enumerate();
                children.for_each(|(position, child)| self.set_parent(child, id, position));
            }
            _ => {}
        }
        if let Some(data) = self.nodes.get_mut(id.0 as usize) {
            data.kind = kind;
        }
    }

    pub(super) fn kind(&self, id: NodeId) -> &Kind {
        self.nodes.get(id.0 as usize).map_or(&Kind::Null, |data| &data.kind)
    }

    /// The handle of a node.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node { trees: self, id }
    }

    pub(super) fn set_damage(&mut self, source: SourceId, damage: Damage) {
        self.damage.insert(source, damage);
    }

    /// What was left out of files that are not well-formed, which was diagnosed: whatever is missing around there may be
    /// a consequence.
    pub fn damage(&self) -> impl Iterator<Item = Span> + '_ {
        self.damage.values().flat_map(|damage| &damage.lost).copied()
    }

    /// Lines of files that are not well-formed which were read otherwise than they stand, or on which that was noticed:
    /// what is wrong on them may be a consequence.
    pub fn mended(&self) -> impl Iterator<Item = Span> + '_ {
        self.damage.values().flat_map(|damage| &damage.mended).copied()
    }

    /// Is a file not well-formed?
    pub fn is_damaged(&self) -> bool {
        !self.damage.is_empty()
    }

    /// Was a part of a file left out because it is not well-formed?
    pub fn is_incomplete(&self) -> bool {
        self.damage().next().is_some()
    }

    /// Every node.
    pub fn iter(&self) -> impl Iterator<Item = Node<'_>> {
        (0..).take(self.nodes.len()).map(|id| self.node(NodeId(id)))
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// One member of an object, as a walker sees it.
#[derive(Clone, Copy)]
pub struct Entry<'t> {
    /// The key.
    pub key: &'t str,
    /// Where the key is.
    pub key_span: Span,
    /// Its value.
    pub value: Node<'t>,
}

/// A node together with the arena it lives in.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    trees: &'t Trees,
    id: NodeId,
}

impl<'t> Node<'t> {
    /// The id, which outlives the handle.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// The arena.
    pub fn trees(self) -> &'t Trees {
        self.trees
    }

    /// The bytes of the value; for a block collection, from its first key to its last value.
    pub fn span(self) -> Span {
        self.data().map_or(Span::NOWHERE, |data| data.span)
    }

    /// The file that the node is written in.
    pub fn source(self) -> SourceId {
        self.span().source
    }

    /// What it is.
    pub fn kind(self) -> &'t Kind {
        self.trees.kind(self.id)
    }

    fn data(self) -> Option<&'t Data> {
        self.trees.nodes.get(self.id.0 as usize)
    }

    /// The text of a string.
    pub fn as_str(self) -> Option<&'t str> {
        match self.kind() {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a boolean.
    pub fn as_bool(self) -> Option<bool> {
        match self.kind() {
            Kind::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// A number.
    pub fn as_number(self) -> Option<&'t Number> {
        match self.kind() {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Is it `null`?
    pub fn is_null(self) -> bool {
        matches!(self.kind(), Kind::Null)
    }

    /// Is it an object?
    pub fn is_object(self) -> bool {
        matches!(self.kind(), Kind::Object(_))
    }

    /// Is it a list?
    pub fn is_array(self) -> bool {
        matches!(self.kind(), Kind::Array(_))
    }

    /// The members of an object in the order of the text; nothing for any other node.
    pub fn entries(self) -> impl ExactSizeIterator<Item = Entry<'t>> + Clone {
        let members: &'t [Member] = match self.kind() {
            Kind::Object(members) => &members.list,
            _ => &[],
        };
        members.iter().map(move |member| self.entry_of(member))
    }

    /// The elements of a list; nothing for any other node.
    pub fn items(self) -> impl ExactSizeIterator<Item = Node<'t>> + Clone {
        let items: &'t [NodeId] = match self.kind() {
            Kind::Array(items) => items,
            _ => &[],
        };
        items.iter().map(move |id| self.trees.node(*id))
    }

    /// The member of a key, with the place of the key.
    pub fn entry(self, key: &str) -> Option<Entry<'t>> {
        match self.kind() {
            Kind::Object(members) => members.get(key).map(|member| self.entry_of(member)),
            _ => None,
        }
    }

    /// The value of a key.
    pub fn get(self, key: &str) -> Option<Node<'t>> {
        self.entry(key).map(|entry| entry.value)
    }

    /// The text under a key.
    pub fn get_str(self, key: &str) -> Option<&'t str> {
        self.get(key).and_then(Node::as_str)
    }

    fn entry_of(self, member: &'t Member) -> Entry<'t> {
        Entry { key: &member.key, key_span: member.key_span, value: self.trees.node(member.value) }
    }

    /// What a person calls such a value: `string`, `object`, `list`, ..
    pub fn type_name(self) -> &'static str {
        match self.kind() {
            Kind::Null => "null",
            Kind::Boolean(_) => "boolean",
            Kind::Number(_) => "number",
            Kind::String(_) => "string",
            Kind::Array(_) => "list",
            Kind::Object(_) => "object",
        }
    }

    /// The container that the node stands in.
    pub fn parent(self) -> Option<Node<'t>> {
        self.data().and_then(|data| data.parent).map(|id| self.trees.node(id))
    }

    /// Where the value is shown to readers: a collection at its key if it has one, everything else at itself.
    pub fn place(self) -> Span {
        let collection = self.is_array() || self.is_object();
        collection.then(|| self.own_entry()).flatten().map_or(self.span(), |entry| entry.key_span)
    }

    /// The member of its object that the node is; nothing for the item of a list, and for a root.
    pub fn own_entry(self) -> Option<Entry<'t>> {
        let Kind::Object(members) = self.parent()?.kind() else { return None };
        let expected = self.data().and_then(|data| members.list.get(data.position as usize));
        let member = expected.filter(|member| member.value == self.id);
        // An object that was put together from parts knows its members, but they do not know their number in it.
        let member = member.or_else(|| members.iter().find(|member| member.value == self.id));
        member.map(|member| self.entry_of(member))
    }

    /// The number of the node in its list, from 0; nothing for the member of an object, and for a root.
    pub fn own_index(self) -> Option<usize> {
        let Kind::Array(_) = self.parent()?.kind() else { return None };
        self.data().map(|data| data.position as usize)
    }

    /// The JSON pointer (RFC 6901) of the node within its file.
    pub fn pointer(self) -> String {
        let mut segments = Vec::new();
        let mut node = self;
        while let Some(parent) = node.parent() {
            let by_key = node.own_entry().map(|entry| escape(entry.key));
            let segment = by_key.or_else(|| node.own_index().map(|index| index.to_string()));
            segments.extend(segment);
            node = parent;
        }
        segments.iter().rev().fold(String::new(), |pointer, segment| pointer + "/" + segment)
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&super::to_json(*self))
    }
}

/// A key as a segment of a JSON pointer: `~` becomes `~0`, `/` becomes `~1`.
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
