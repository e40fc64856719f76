//! The version that a document is laid out for, where that is not the one it names.
//!
//! In: the root of a document and the version that its field `asyncapi` names. Out: a [`Layout`] of the other major version
//! if the document has several fields that only that one has, and none that only its own has. A document that has fields
//! of both is half migrated: there each field is a fault of its own.

use super::shape::{Field, ObjectShape};
use super::words::{pointer_to, when};
use super::{UNKNOWN_FIELD, table};
use crate::document::Version;
use crate::source::{Diagnostic, Span};
use crate::syntax::{Entry, Node};

/// One field may be a slip; who writes so many means the other version.
const FEWEST: usize = 2;

/// The layout of another major version than the document names.
pub(super) struct Layout {
    /// The newest version of that layout.
    pub version: Version,
    /// That, at the first field that gives it away.
    pub fault: Diagnostic,
}

/// A field that only one major version has.
struct Mark<'t> {
    object: Node<'t>,
    entry: Entry<'t>,
    shape: &'static ObjectShape,
    field: &'static Field,
}

/// The layout of a document that names `named`, if it is one of the other major version throughout.
pub(super) fn foreign(root: Node<'_>, named: Version) -> Option<Layout> {
    let marks: Vec<Mark<'_>> = table::LAYOUT.iter().flat_map(|(path, shape)| marks(root, path, shape)).collect();
    if marks.len() < FEWEST || marks.iter().any(|mark| mark.field.is_in_major(named)) {
        return None;
    }
    let Mark { object, entry, shape, field } = marks.into_iter().min_by_key(|mark| mark.entry.key_span.start)?;
    let version = Version::all().filter(|version| version.major() != named.major()).last()?;
    let message = format!("`{}` is a field of the {} only {}", entry.key, shape.name, when(field, named));
    let said = root.get("asyncapi").map_or(Span::beginning(root.source()), Node::span);
    let help = format!(
        "the whole document is laid out as version {}: write `asyncapi: {version}`, or convert it",
        version.major()
    );
    let fault = Diagnostic::new(&UNKNOWN_FIELD, entry.key_span, message)
        .at(pointer_to(object, entry.key))
        .related(said, "the version stands here")
        .help(help);
    Some(Layout { version, fault })
}

/// The marks in the objects at a path, in which `*` stands for every key.
fn marks<'t>(root: Node<'t>, path: &[&str], shape: &'static ObjectShape) -> Vec<Mark<'t>> {
    let objects = path.iter().fold(vec![root], |nodes, step| {
        let below = |node: Node<'t>| match *step {
            "*" => node.entries().map(|entry| entry.value).collect(),
            key => node.get(key).into_iter().collect::<Vec<_>>(),
        };
        nodes.into_iter().flat_map(below).collect()
    });
    let of_object = |object: Node<'t>| {
        object.entries().filter_map(move |entry| {
            let mut fields = shape.fields.iter().filter(|field| field.key == entry.key);
            let field = fields.next().filter(|_| fields.next().is_none())?;
            let only = field.since.major() == 3 || field.until.major() == 2;
            only.then_some(Mark { object, entry, shape, field })
        })
    };
    objects.into_iter().flat_map(of_object).collect()
}
