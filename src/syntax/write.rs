//! A tree as JSON text.

use super::tree::{Kind, Node};
use std::fmt::Write;

/// Compact JSON with keys in the order of the text and numbers as they were written.
pub fn to_json(node: Node<'_>) -> String {
    let mut out = String::new();
    write_value(node, &mut out);
    out
}

fn write_value(node: Node<'_>, out: &mut String) {
    match node.kind() {
        Kind::Null => out.push_str("null"),
        Kind::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        Kind::Number(number) => out.push_str(number.as_str()),
        Kind::String(text) => write_string(text, out),
        Kind::Array(_) => {
            out.push('[');
            for (index, item) in node.items().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(item, out);
            }
            out.push(']');
        }
        Kind::Object(_) => {
            out.push('{');
            for (index, entry) in node.entries().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(entry.key, out);
                out.push(':');
                write_value(entry.value, out);
            }
            out.push('}');
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            character if character < ' ' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push('"');
}
