//! Several documents of one build: the types that more than one of them has from one file are written once.
//!
//! In: documents, and the path of the module for what they share. Out: a module for each, and that one. A type is shared
//! if each document that has it made the same of it, and of all that it holds; what differs by so much as a wish of the
//! user stays where it is. Without such a path each module stands for itself.

use super::customize::Fault;
use super::draft::{Draft, Material};
use super::ir::{Elsewhere, Item, ItemId, ItemKind, Type, When};
use super::{Settings, file_name, finish};
use crate::document::Document;
use crate::names::{Scope, type_name};
use crate::reference::Files;
use crate::schema::{SchemaId, Schemas};
use crate::source::Diagnostics;
use proc_macro2::TokenStream;
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One of several documents that are generated together.
#[derive(Debug)]
pub struct Part<'a> {
    /// Its files.
    pub files: &'a Files,
    /// The document.
    pub document: &'a Document,
    /// What is found wrong with it.
    pub diagnostics: &'a mut Diagnostics,
}

/// What is generated of several documents.
#[derive(Debug, Clone, Default)]
pub struct Together {
    /// The module of each document; `None` where something in it cannot be generated.
    pub modules: Vec<Option<String>>,
    /// The module of what they share, if one was asked for.
    pub shared: Option<String>,
}

/// Generates the modules of some documents. `shared` is the path at which the module of the types stands that several of
/// them have from one file, as it is written in their own modules: `super::common`.
pub fn generate_together(parts: &mut [Part<'_>], settings: &Settings, shared: Option<&syn::Path>) -> Together {
    let materials: Vec<Material<'_>> =
        parts.iter_mut().map(|part| Material::read(part.files, part.document, part.diagnostics)).collect();
    let mut drafts: Vec<Draft<'_>> = materials.iter().map(|material| Draft::new(material, settings)).collect();
    for ((draft, faults), part) in faults(&mut drafts).into_iter().zip(parts.iter_mut()) {
        draft.report(faults, part.diagnostics);
    }
    let donated = shared.map(|path| share(&mut drafts, path)).unwrap_or_default();
    let mut together = Together::default();
    let mut common = TokenStream::new();
    let mut origins: Vec<String> = Vec::new();
    for (number, (draft, part)) in drafts.into_iter().zip(parts.iter_mut()).enumerate() {
        let items = donated.get(number).map(Vec::as_slice).filter(|items| !items.is_empty());
        let source = part.document.source;
        let origin = file_name(part.files, source);
        // The checks of what one document gives stand apart from those of the others.
        let checks = if common.is_empty() { "checks".to_owned() } else { format!("checks_{}", number + 1) };
        let (written, given) = draft.write(settings, items.map(|items| (items, checks.as_str())), part.diagnostics);
        common.extend(given);
        together.modules.push(finish(&origin, source, &written.tokens, part.diagnostics));
        origins.push(origin);
    }
    if let (Some(_), Some(part)) = (shared, parts.first_mut()) {
        let origin = format!("what {} share", origins.join(", "));
        together.shared = finish(&origin, part.document.source, &common, part.diagnostics);
    }
    together
}

/// What is wrong with wishes, by document: a path that leads somewhere in one of them is right.
fn faults<'d, 'm>(drafts: &'d mut [Draft<'m>]) -> Vec<(&'d mut Draft<'m>, Vec<Fault>)> {
    let all: Vec<Vec<Fault>> = drafts.iter_mut().map(|draft| std::mem::take(&mut draft.shapes.faults)).collect();
    let everywhere = |fault: &Fault| all.iter().all(|faults| faults.iter().any(|other| other.message == fault.message));
    let mut told = BTreeSet::new();
    let told: Vec<Vec<Fault>> = all
        .iter()
        .map(|faults| {
            let kept = faults.iter().filter(|fault| !fault.leads_nowhere || everywhere(fault));
            kept.filter(|fault| told.insert(fault.message.clone())).cloned().collect()
        })
        .collect();
    drafts.iter_mut().zip(told).collect()
}

/// Where a schema is written, and how it is read.
type Place = String;

/// Marks the types that several documents have in common as defined at `path`; which of them each document gives. Of the
/// names that documents have for a type, the one by which its file has it is taken.
fn share(drafts: &mut [Draft<'_>], path: &syn::Path) -> Vec<Vec<ItemId>> {
    let mut paths = Paths::default();
    let places: Vec<Vec<Option<Place>>> = drafts.iter().map(|draft| places(draft, &mut paths)).collect();
    let mut found: BTreeMap<&Place, Vec<(usize, ItemId)>> = BTreeMap::new();
    for (number, places) in places.iter().enumerate() {
        for (at, place) in places.iter().enumerate() {
            if let Some(place) = place {
                found.entry(place).or_default().push((number, ItemId(at)));
            }
        }
    }
    found.retain(|_, owners| {
        let mut signatures = owners.iter().map(|(number, item)| {
            let (draft, places) = (drafts.get(*number)?, places.get(*number)?);
            signature(draft.shapes.types.get(*item)?, &draft.material.schemas, places, draft, &mut paths)
        });
        let first = signatures.next().flatten();
        let same = owners.len() > 1 && first.is_some() && signatures.all(|other| other == first);
        same && content_types(drafts, owners).len() < 2
    });
    // What holds something that is not shared cannot be shared.
    loop {
        let known: BTreeSet<&Place> = found.keys().copied().collect();
        found.retain(|_, owners| {
            owners.iter().all(|(number, item)| {
                let held = drafts.get(*number).and_then(|draft| draft.shapes.types.get(*item)).map(items_of);
                let place = |ItemId(at): &ItemId| places.get(*number)?.get(*at)?.as_ref();
                held.is_some_and(|held| held.iter().all(|item| place(item).is_some_and(|place| known.contains(place))))
            })
        });
        if found.len() == known.len() {
            break;
        }
    }
    let mut owners: Vec<Vec<(usize, ItemId)>> = found.into_values().collect();
    // In the order of the first document that has them.
    owners.sort_by_key(|owners| owners.first().copied());
    let mut donated = vec![Vec::new(); drafts.len()];
    let mut scope = Scope::default();
    for owners in owners {
        let called_after_its_place = |(number, item): &&(usize, ItemId)| {
            let draft = drafts.get(*number)?;
            let item = draft.shapes.types.get(*item)?;
            let pointer = draft.material.files.node(draft.material.schemas.get(item.schema).node).pointer();
            Some(type_name(pointer.rsplit('/').next()?) == item.name)
        };
        let named = owners.iter().find(|owner| called_after_its_place(owner) == Some(true));
        let Some((donor, given)) = named.or(owners.first()).copied() else { continue };
        let Some(name) = drafts.get_mut(donor).and_then(|draft| name_in(&mut scope, draft, given)) else { continue };
        let content = content_types(drafts, &owners).into_iter().next().map(str::to_owned);
        for (number, item) in &owners {
            if let Some(item) = drafts.get_mut(*number).and_then(|draft| draft.shapes.types.items.get_mut(item.0)) {
                item.elsewhere = Some(Elsewhere { module: path.to_token_stream(), name: name.clone() });
                item.content_type.clone_from(&content);
            }
        }
        if let Some(donated) = donated.get_mut(donor) {
            donated.push(given);
        }
    }
    donated
}

/// The content types that documents send a type with; a payload has one.
fn content_types<'d>(drafts: &'d [Draft<'_>], owners: &[(usize, ItemId)]) -> BTreeSet<&'d str> {
    let items = owners.iter().filter_map(|(number, item)| drafts.get(*number)?.shapes.types.get(*item));
    items.filter_map(|item| item.content_type.as_deref()).collect()
}

/// The name of an item in the module of what is shared, where its builder may stand beside it; in the document that gives
/// it, it has the same.
fn name_in(scope: &mut Scope, draft: &mut Draft<'_>, item: ItemId) -> Option<String> {
    let own = draft.shapes.types.get(item)?.name.clone();
    let builder = |name: &str| format!("{}Builder", name.trim_end_matches('_'));
    let mut name = scope.claim(&own);
    while name != own && draft.shapes.scope.holds(&name) || scope.holds(&builder(&name)) {
        name = scope.claim(&own);
    }
    scope.claim(&builder(&name));
    if name != own {
        draft.shapes.scope.release(&own);
        let name = draft.shapes.scope.claim(&name);
        draft.shapes.types.items.get_mut(item.0)?.name = name;
    }
    Some(name)
}

/// The files of schemas, however a document names them.
#[derive(Default)]
struct Paths(BTreeMap<PathBuf, PathBuf>);

impl Paths {
    fn of(&mut self, path: &Path) -> PathBuf {
        let known = self.0.entry(path.to_path_buf());
        known.or_insert_with(|| path.canonicalize().unwrap_or_else(|_| path.to_path_buf())).clone()
    }

    /// `None` for what stands in no file.
    fn place(&mut self, files: &Files, schemas: &Schemas, id: SchemaId) -> Option<Place> {
        let schema = schemas.get(id);
        let node = files.node(schema.node);
        let path = self.of(files.sources().get(node.source())?.path()?);
        let name = schema.origin.as_ref().and_then(|origin| origin.name.as_deref()).unwrap_or_default();
        Some(format!("{}#{} {:?} {name}", path.display(), node.pointer(), schema.dialect))
    }
}

/// The place of each item; `None` for one that is not the only one of its place.
fn places(draft: &Draft<'_>, paths: &mut Paths) -> Vec<Option<Place>> {
    let Material { files, schemas, .. } = draft.material;
    let items = &draft.shapes.types.items;
    let all: Vec<Option<Place>> = items
        .iter()
        .map(|item| {
            let place = paths.place(files, schemas, item.schema)?;
            Some(format!("{place} {:?}", std::mem::discriminant(&item.kind)))
        })
        .collect();
    let mut counts: BTreeMap<&Place, usize> = BTreeMap::new();
    for place in all.iter().flatten() {
        *counts.entry(place).or_default() += 1;
    }
    all.iter().map(|place| place.clone().filter(|place| counts.get(place) == Some(&1))).collect()
}

/// The items that an item names.
fn items_of(item: &Item) -> Vec<ItemId> {
    fn of(of_type: &Type, out: &mut Vec<ItemId>) {
        match of_type {
            Type::Item(item) => out.push(*item),
            Type::List(inner) | Type::Map(inner) | Type::Nullable(inner) | Type::Boxed(inner) => of(inner, out),
            Type::Tuple(types) => types.iter().for_each(|inner| of(inner, out)),
            _ => {}
        }
    }
    let rest = match &item.kind {
        ItemKind::Struct { rest: Some(rest), .. } => Some(&rest.of),
        _ => None,
    };
    let mut out = Vec::new();
    item.parts().into_iter().chain(rest).for_each(|part| of(part, &mut out));
    out
}

/// All that makes an item what it is, without what differs from document to document; `None` for one that cannot be
/// shared: a type of the user's own, and a payload with a form beside JSON.
fn signature(
    item: &Item,
    schemas: &Schemas,
    places: &[Option<Place>],
    draft: &Draft<'_>,
    paths: &mut Paths,
) -> Option<String> {
    if item.external.is_some() || item.wire.is_some() {
        return None;
    }
    let mut place = |id: SchemaId| paths.place(draft.material.files, schemas, id);
    let mut lines = vec![format!("{:?} {:?} {}", item.documentation, item.deprecated, item.attributes)];
    lines.extend(item.derives.iter().map(|one| one.to_token_stream().to_string()));
    match &item.kind {
        ItemKind::Struct { fields, rest, .. } => {
            for field in fields {
                lines.push(format!(
                    "{} {:?} {} {:?} {} {:?} {} {}",
                    field.name,
                    field.key,
                    written(&field.of, places)?,
                    field.presence,
                    place(field.schema)?,
                    field.documentation,
                    field.deprecated,
                    field.attributes,
                ));
            }
            if let Some(rest) = rest {
                lines.push(format!("{} {}", rest.name, written(&rest.of, places)?));
            }
        }
        ItemKind::Enumeration(variants) => lines.push(format!("{variants:?}")),
        ItemKind::Union(variants) => {
            for variant in variants {
                let when = match variant.when {
                    When::Fits(id) | When::Under(id) => place(id)?,
                    When::Is(lane) => format!("{lane:?}"),
                };
                lines.push(format!("{} {} {when}", variant.name, written(&variant.of, places)?));
            }
        }
        ItemKind::Choice(alternatives) => {
            for one in alternatives {
                lines.push(format!("{} {:?} {}", one.name, one.key, written(&one.of, places)?));
            }
        }
        ItemKind::Newtype(of) => lines.push(written(of, places)?),
    }
    Some(lines.join("\n"))
}

/// A type, with the places of items for their names; `None` where one has no place.
fn written(of: &Type, places: &[Option<Place>]) -> Option<String> {
    let inner = |of: &Type| written(of, places);
    Some(match of {
        Type::Item(ItemId(at)) => places.get(*at)?.clone()?,
        Type::List(of) => format!("[{}]", inner(of)?),
        Type::Map(of) => format!("{{{}}}", inner(of)?),
        Type::Nullable(of) => format!("{}?", inner(of)?),
        Type::Boxed(of) => format!("*{}", inner(of)?),
        Type::Tuple(types) => format!("({})", types.iter().map(inner).collect::<Option<Vec<_>>>()?.join(", ")),
        plain => format!("{plain:?}"),
    })
}
