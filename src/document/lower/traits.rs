//! Traits of operations and messages, applied.

use crate::document::Version;
use crate::reference::Files;
use crate::syntax::{Member, NodeId};

/// The object with its traits applied; the object itself when it has none.
///
/// In 2.x a trait is a JSON Merge Patch (RFC 7386) over the object, so the trait wins; in 3.x the object wins, and a
/// later trait wins over an earlier one ("Traits Merge Mechanism").
pub(super) fn apply(files: &mut Files, target: NodeId, version: Version) -> NodeId {
    let Some(list) = files.node(target).get("traits") else { return target };
    let traits: Vec<NodeId> = list
        .items()
        .filter_map(|item| files.follow(item).ok())
        .filter(|item| item.is_object())
        .map(|item| item.id())
        .collect();
    match version.major() {
        2 => traits.into_iter().fold(target, |merged, patch| merge(files, merged, patch, Place::Base)),
        _ => {
            let mut traits = traits.into_iter();
            let Some(first) = traits.next() else { return target };
            let combined = traits.fold(first, |merged, patch| merge(files, merged, patch, Place::Base));
            merge(files, combined, target, Place::Patch)
        }
    }
}

/// Which of two merged objects is the one that the document describes there.
#[derive(Clone, Copy)]
enum Place {
    Base,
    Patch,
}

/// `patch` over `base` as RFC 7386 has it: objects are merged, null removes, anything else replaces.
///
/// The result has the span and the pointer of the object that `place` names, its members those of where they were
/// written.
fn merge(files: &mut Files, base: NodeId, patch: NodeId, place: Place) -> NodeId {
    if !files.node(base).is_object() || !files.node(patch).is_object() {
        return patch;
    }
    let mut members: Vec<Member> = members(files, base);
    for added in self::members(files, patch) {
        let null = files.node(added.value).is_null();
        match members.iter().position(|member| member.key == added.key) {
            Some(at) if null => {
                members.remove(at);
            }
            Some(at) => {
                if let Some(value) = members.get(at).map(|member| member.value) {
                    let value = merge(files, value, added.value, place);
                    if let Some(member) = members.get_mut(at) {
                        *member = Member { value, ..added };
                    }
                }
            }
            None if null => {}
            None => members.push(added),
        }
    }
    let standing = match place {
        Place::Base => base,
        Place::Patch => patch,
    };
    let span = files.node(standing).span();
    files.trees_mut().add_object(members, span, Some(standing))
}

fn members(files: &Files, object: NodeId) -> Vec<Member> {
    files
        .node(object)
        .entries()
        .map(|entry| Member { key: entry.key.into(), key_span: entry.key_span, value: entry.value.id() })
        .collect()
}
