//! Protobuf: does what was written by one message stay what it was for a reader of another, in binary and in JSON?
//!
//! In: two [`Side`]s of one Protobuf message each. Out: *backward* is whether a reader of the new message reads what the
//! old one wrote, *forward* the reverse. The measure is the set of rules that the field calls "wire and JSON": numbers,
//! names and types of fields and enum values stay; what is removed is reserved, so that nothing else takes its place,
//! which counts backward only. Under [`Profile::ProtoWire`] names do not count, and types that share their bytes are one. Types are looked into under whatever name they go by. Each pair of messages is compared
//! once, so recursion ends.

use super::{Comparison, Profile, Side, Verdict};
use crate::schema::protobuf::{compile, is_well_known};
use protox::prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::json;
use std::collections::HashSet;

/// Kinds whose values are the same bytes and the same JSON.
const SAME_FORM: [&[Kind]; 4] = [
    &[Kind::Int32, Kind::Uint32],
    &[Kind::Int64, Kind::Uint64],
    &[Kind::Fixed32, Kind::Sfixed32],
    &[Kind::Fixed64, Kind::Sfixed64],
];

/// Kinds whose values are the same bytes, whatever their JSON is.
const SAME_BYTES: [&[Kind]; 4] = [
    &[Kind::Int32, Kind::Uint32, Kind::Int64, Kind::Uint64, Kind::Bool],
    &[Kind::Sint32, Kind::Sint64],
    &[Kind::Fixed32, Kind::Sfixed32],
    &[Kind::Fixed64, Kind::Sfixed64],
];

/// Compares in both directions.
pub(super) fn compare(old: &Side<'_>, new: &Side<'_>, profile: Profile) -> Comparison {
    let as_json = profile != Profile::ProtoWire;
    match (message(old), message(new)) {
        (Ok(old), Ok(new)) => Comparison {
            backward: verdict(&old, &new, Reading { reader_is_newer: true, as_json }),
            forward: verdict(&new, &old, Reading { reader_is_newer: false, as_json }),
        },
        (Err(reason), _) | (_, Err(reason)) => Comparison::both(Verdict::Unknown { reason }),
    }
}

/// The message of a side.
fn message(side: &Side<'_>) -> Result<MessageDescriptor, String> {
    let [one] = side.schemas.as_slice() else {
        return Err("nothing in the bytes tells several Protobuf messages apart".to_owned());
    };
    match compile(side.files, one.node) {
        Ok(compiled) => Ok(compiled.message),
        Err(faults) => {
            let first = faults.into_iter().next();
            Err(first.map_or("a reference that leads nowhere".to_owned(), |fault| fault.message))
        }
    }
}

/// How what was written is read.
#[derive(Clone, Copy)]
struct Reading {
    /// What the reader lacks must be reserved.
    reader_is_newer: bool,
    /// Also as JSON, where names count.
    as_json: bool,
}

/// Can a reader read what a writer wrote?
fn verdict(writer: &MessageDescriptor, reader: &MessageDescriptor, reading: Reading) -> Verdict {
    let mut comparing =
        Comparing { reading, seen: HashSet::new(), todo: vec![(writer.clone(), reader.clone(), String::new())] };
    while let Some((writer, reader, path)) = comparing.todo.pop() {
        if let Err(fault) = comparing.messages(&writer, &reader, &path) {
            let witness = json!({ "path": fault.path, "fault": fault.text });
            return Verdict::Fails { witness, reason: Some(fault.text) };
        }
    }
    Verdict::Holds
}

/// What is read as something else, or not at all.
struct Fault {
    /// Names of fields from the root, with dots.
    path: String,
    text: String,
}

struct Comparing {
    reading: Reading,
    /// Pairs of full names that were compared, or wait for it.
    seen: HashSet<(String, String)>,
    todo: Vec<(MessageDescriptor, MessageDescriptor, String)>,
}

impl Comparing {
    fn messages(&mut self, writer: &MessageDescriptor, reader: &MessageDescriptor, path: &str) -> Result<(), Fault> {
        let fault = |path: &str, text: String| Err(Fault { path: path.to_owned(), text });
        for written in writer.fields() {
            let path = joined(path, written.name());
            if let Some(read) = reader.get_field(written.number()) {
                self.fields(&written, &read, &path)?;
            } else if self.reading.reader_is_newer {
                let number = written.number();
                let (name, by_number) = (written.name(), reader.reserved_ranges().any(|range| range.contains(&number)));
                let by_name = !self.reading.as_json || reader.reserved_names().any(|reserved| reserved == name);
                if !by_number || !by_name {
                    let what = if by_number { "name" } else { "number" };
                    let text = format!("the field `{name}` = {number} is gone, and its {what} is not reserved");
                    return fault(&path, text);
                }
            }
        }
        for read in reader.fields().filter(FieldDescriptor::is_required) {
            let written = writer.get_field(read.number());
            if !written.is_some_and(|written| written.is_required()) {
                let text = format!("the field `{}` is required, but need not be written", read.name());
                return fault(&joined(path, read.name()), text);
            }
        }
        // What was reserved once is not free again.
        let free = |number: u32| !reader.reserved_ranges().any(|range| range.contains(&number));
        let lost = writer.reserved_ranges().find(|range| free(range.start) || free(range.end.saturating_sub(1)));
        match lost.filter(|_| self.reading.reader_is_newer) {
            Some(range) => fault(path, format!("the number {} is no longer reserved", range.start)),
            None => Ok(()),
        }
    }

    fn fields(&mut self, writer: &FieldDescriptor, reader: &FieldDescriptor, path: &str) -> Result<(), Fault> {
        let fault = |text: String| Err(Fault { path: path.to_owned(), text });
        let number = writer.number();
        if self.reading.as_json && writer.json_name() != reader.json_name() {
            let (was, is) = (writer.json_name(), reader.json_name());
            return fault(format!("the field {number} is written as `{was}` and read as `{is}` in JSON"));
        }
        if cardinality(writer) != cardinality(reader) {
            let (was, is) = (cardinality(writer), cardinality(reader));
            return fault(format!("the field {number} is written as {was} and read as {is}"));
        }
        if choice(writer) != choice(reader) {
            return fault(format!("the field {number} is in another `oneof`, or no longer in one"));
        }
        if writer.default_value() != reader.default_value() && both_scalar(writer, reader) {
            return fault(format!("the field {number} has another default, which stands for it where it is absent"));
        }
        self.values(&writer.kind(), &reader.kind(), number, path)
    }

    fn values(&mut self, writer: &Kind, reader: &Kind, number: u32, path: &str) -> Result<(), Fault> {
        match (writer, reader) {
            (Kind::Message(writer), Kind::Message(reader)) => {
                let known = is_well_known(writer.full_name()) || is_well_known(reader.full_name());
                if known && writer.full_name() != reader.full_name() {
                    let (was, is) = (writer.full_name(), reader.full_name());
                    let text = format!("the field {number} is written as `{was}` and read as `{is}`");
                    return Err(Fault { path: path.to_owned(), text });
                }
                if self.seen.insert((writer.full_name().to_owned(), reader.full_name().to_owned())) {
                    self.todo.push((writer.clone(), reader.clone(), path.to_owned()));
                }
                Ok(())
            }
            (Kind::Enum(writer), Kind::Enum(reader)) => self.enums(writer, reader, path),
            _ if writer == reader || self.share_form(writer, reader) => Ok(()),
            _ => {
                let (was, is) = (word(writer), word(reader));
                let text = format!("the field {number} is written as {was} and read as {is}");
                Err(Fault { path: path.to_owned(), text })
            }
        }
    }

    /// Are the values of two kinds of scalars written alike?
    fn share_form(&self, writer: &Kind, reader: &Kind) -> bool {
        let groups = if self.reading.as_json { SAME_FORM } else { SAME_BYTES };
        // Every text is bytes, and bytes need not be a text.
        let text = !self.reading.as_json && (writer, reader) == (&Kind::String, &Kind::Bytes);
        text || groups.iter().any(|same| same.contains(writer) && same.contains(reader))
    }

    fn enums(&self, writer: &EnumDescriptor, reader: &EnumDescriptor, path: &str) -> Result<(), Fault> {
        for value in writer.values() {
            let (name, number) = (value.name(), value.number());
            let mut same = reader.values().filter(|other| other.number() == number).peekable();
            let text = if same.peek().is_none() {
                let by_number = reader.reserved_ranges().any(|range| range.contains(&number));
                let by_name = !self.reading.as_json || reader.reserved_names().any(|reserved| reserved == name);
                let reserved = by_number && by_name;
                if reserved || !self.reading.reader_is_newer {
                    continue;
                }
                format!("the value `{name}` = {number} of `{}` is gone, and not reserved", reader.name())
            } else if !self.reading.as_json || same.any(|other| other.name() == name) {
                continue;
            } else {
                format!("the value {number} of `{}` is no longer called `{name}`, as it is in JSON", reader.name())
            };
            return Err(Fault { path: path.to_owned(), text });
        }
        Ok(())
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn cardinality(field: &FieldDescriptor) -> &'static str {
    match (field.is_map(), field.is_list()) {
        (true, _) => "a map",
        (_, true) => "a list",
        _ => "one value",
    }
}

/// The `oneof` that a field is in.
fn choice(field: &FieldDescriptor) -> Option<String> {
    let choice = field.containing_oneof().filter(|choice| !choice.is_synthetic());
    choice.map(|choice| choice.name().to_owned())
}

/// Is what stands for an absent value the business of the field, not of its type?
fn both_scalar(writer: &FieldDescriptor, reader: &FieldDescriptor) -> bool {
    let declared = |field: &FieldDescriptor| field.field_descriptor_proto().default_value.is_some();
    writer.kind() == reader.kind() && (declared(writer) || declared(reader))
}

fn word(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => format!("the message `{}`", message.name()),
        Kind::Enum(one) => format!("the enum `{}`", one.name()),
        scalar => format!("`{}`", format!("{scalar:?}").to_lowercase()),
    }
}
