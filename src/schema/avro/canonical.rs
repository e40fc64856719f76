//! The Parsing Canonical Form of a schema, and its fingerprint ("Parsing Canonical Form for Schemas").

use super::model::{Kind, TypeId, Types};
use std::collections::HashSet;

/// What the fingerprint of nothing is, and its polynomial.
const EMPTY: u64 = 0xc15d_213a_a4d7_a795;

/// CRC-64-AVRO of the canonical form.
pub fn fingerprint(types: &Types, root: TypeId) -> u64 {
    canonical_form(types, root).bytes().fold(EMPTY, |fingerprint, byte| {
        let mut row = (fingerprint ^ u64::from(byte)) & 0xff;
        for _ in 0..8 {
            row = row >> 1 ^ (EMPTY & (row & 1).wrapping_neg());
        }
        fingerprint >> 8 ^ row
    })
}

/// The schema with what does not matter to its values left out.
pub fn canonical_form(types: &Types, root: TypeId) -> String {
    let mut out = String::new();
    write(types, root, &mut HashSet::new(), &mut out);
    out
}

fn write(types: &Types, id: TypeId, defined: &mut HashSet<TypeId>, out: &mut String) {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let tag = types.tag(id);
    let named = matches!(types.kind(id), Kind::Record(_) | Kind::Enumeration(_) | Kind::Fixed(_));
    if named && !defined.insert(id) {
        out.push_str(&quoted(&tag));
        return;
    }
    match types.kind(id) {
        Kind::Primitive(_) => out.push_str(&quoted(&tag)),
        Kind::Record(record) => {
            out.push_str(&format!("{{\"name\":{},\"type\":\"record\",\"fields\":[", quoted(&tag)));
            for (at, field) in record.fields.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                out.push_str(&format!("{{\"name\":{},\"type\":", quoted(&field.name)));
                write(types, field.of, defined, out);
                out.push('}');
            }
            out.push_str("]}");
        }
        Kind::Enumeration(enumeration) => {
            let symbols: Vec<String> = enumeration.symbols.iter().map(|(symbol, _)| quoted(symbol)).collect();
            let symbols = symbols.join(",");
            out.push_str(&format!("{{\"name\":{},\"type\":\"enum\",\"symbols\":[{symbols}]}}", quoted(&tag)));
        }
        Kind::Fixed(fixed) => {
            out.push_str(&format!("{{\"name\":{},\"type\":\"fixed\",\"size\":{}}}", quoted(&tag), fixed.size));
        }
        Kind::Array(items) => {
            out.push_str("{\"type\":\"array\",\"items\":");
            write(types, *items, defined, out);
            out.push('}');
        }
        Kind::Map(values) => {
            out.push_str("{\"type\":\"map\",\"values\":");
            write(types, *values, defined, out);
            out.push('}');
        }
        Kind::Union(branches) => {
            out.push('[');
            for (at, branch) in branches.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                write(types, *branch, defined, out);
            }
            out.push(']');
        }
        Kind::Unknown => out.push_str("null"),
    }
}
