//! A tree -> the types that it defines, and what is wrong with them.

use super::model::{Enumeration, Field, Fixed, Kind, Logical, Names, Primitive, Record, Type, TypeId, Types};
use super::{ATTRIBUTE, DUPLICATE, LOGICAL_TYPE, NAME, TYPE, UNDEFINED_NAME, UNION, defaults};
use crate::reference::{Files, closest};
use crate::source::{Diagnostic, Rule, Span};
use crate::syntax::{Node, NodeId};
use std::collections::HashMap;

/// More types than this are not read.
const MAXIMUM_TYPES: usize = 50_000;
/// More faults than this are not named.
const MAXIMUM_FAULTS: usize = 200;
/// Types within types deeper than this are not read: a tree alone cannot be as deep, files that refer to files can.
const MAXIMUM_DEPTH: usize = 200;
/// The kinds of definitions.
const DEFINITIONS: [&str; 6] = ["record", "error", "enum", "fixed", "array", "map"];
/// Logical types without parameters: the word, the primitive or the size of the fixed that it is made for.
const LOGICAL: [(&str, &[Primitive], Option<u64>); 12] = [
    ("uuid", &[Primitive::String], Some(16)),
    ("date", &[Primitive::Int], None),
    ("time-millis", &[Primitive::Int], None),
    ("time-micros", &[Primitive::Long], None),
    ("timestamp-millis", &[Primitive::Long], None),
    ("timestamp-micros", &[Primitive::Long], None),
    ("timestamp-nanos", &[Primitive::Long], None),
    ("local-timestamp-millis", &[Primitive::Long], None),
    ("local-timestamp-micros", &[Primitive::Long], None),
    ("local-timestamp-nanos", &[Primitive::Long], None),
    ("duration", &[], Some(12)),
    ("big-decimal", &[Primitive::Bytes], None),
];

/// Reads the schema at a node. Its types go to `types`; the root is the answer. What is wrong is in `faults`.
pub fn read(files: &Files, node: NodeId, types: &mut Types, faults: &mut Vec<Diagnostic>) -> TypeId {
    let mut reader = Reader { files, types, names: HashMap::new(), definitions: HashMap::new(), depth: 0, faults };
    reader.one(files.node(node), "")
}

struct Reader<'f, 'o> {
    files: &'f Files,
    types: &'o mut Types,
    /// Full names that are defined so far.
    names: HashMap<String, TypeId>,
    /// Definitions by their place: one that several references lead to is one type.
    definitions: HashMap<NodeId, TypeId>,
    depth: usize,
    faults: &'o mut Vec<Diagnostic>,
}

impl<'f> Reader<'f, '_> {
    fn fault(&mut self, rule: &'static Rule, node: Node<'_>, message: impl Into<String>, help: Option<String>) {
        self.fault_at(rule, node.place(), node, message, help);
    }

    fn fault_at(
        &mut self,
        rule: &'static Rule,
        span: Span,
        node: Node<'_>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        if self.faults.len() < MAXIMUM_FAULTS {
            let mut diagnostic = Diagnostic::new(rule, span, message).at(node.pointer());
            diagnostic.help = help;
            self.faults.push(diagnostic);
        }
    }

    fn add(&mut self, node: Node<'_>, kind: Kind) -> TypeId {
        if self.types.list.len() == MAXIMUM_TYPES {
            self.fault(&TYPE, node, format!("the schema has more than {MAXIMUM_TYPES} types"), None);
        }
        let kind = if self.types.list.len() > MAXIMUM_TYPES { Kind::Unknown } else { kind };
        self.types.list.push(Type { node: node.id(), span: node.span(), kind, logical: None });
        TypeId(self.types.list.len() - 1)
    }

    fn set(&mut self, id: TypeId, kind: Kind) {
        if let Some(place) = self.types.list.get_mut(id.0) {
            place.kind = kind;
        }
    }

    /// The type at a node, which stands in a namespace.
    fn one(&mut self, node: Node<'f>, namespace: &str) -> TypeId {
        // What a reference leads to nowhere was said where references are followed.
        let Ok(node) = self.files.follow(node) else { return self.add(node, Kind::Unknown) };
        if let Some(known) = self.definitions.get(&node.id()) {
            return *known;
        }
        if self.depth >= MAXIMUM_DEPTH || self.types.list.len() > MAXIMUM_TYPES {
            self.fault(&TYPE, node, format!("types lie deeper in each other than {MAXIMUM_DEPTH}"), None);
            return self.add(node, Kind::Unknown);
        }
        self.depth += 1;
        let id = if let Some(word) = node.as_str() {
            self.name(node, word, namespace)
        } else if node.is_array() {
            self.union(node, namespace)
        } else if node.is_object() {
            self.definition(node, namespace)
        } else {
            let message = format!("a type of Avro is text, an object or a list, not {}", node.type_name());
            let help = node.is_null().then(|| "put `null` in quotes: \"null\"".to_owned());
            self.fault(&TYPE, node, message, help);
            self.add(node, Kind::Unknown)
        };
        self.depth -= 1;
        id
    }

    fn name(&mut self, node: Node<'_>, word: &str, namespace: &str) -> TypeId {
        if let Some(primitive) = Primitive::parse(word) {
            return self.add(node, Kind::Primitive(primitive));
        }
        let known = [qualified(word, namespace), word.to_owned()].into_iter().find_map(|name| self.names.get(&name));
        if let Some(known) = known {
            return *known;
        }
        let shown = shortened(word);
        let primitive = closest(word, Primitive::ALL.iter().map(|(_, word)| *word));
        let (rule, help) = if word.trim_start().starts_with(['{', '[']) {
            (&TYPE, Some("write the schema itself here, not as text".to_owned()))
        } else if DEFINITIONS.contains(&word) {
            (&TYPE, Some(format!("write `type: {word}` and its attributes in an object")))
        } else if let Some(close) = primitive {
            (&TYPE, Some(format!("did you mean `{close}`?")))
        } else if !word.split('.').all(is_name) {
            (&TYPE, None)
        } else {
            let mut names: Vec<&str> = self.names.keys().map(String::as_str).collect();
            names.sort_unstable();
            let close = closest(word, names).map(|close| format!("did you mean `{close}`?"));
            let help =
                close.unwrap_or_else(|| "define it where it is met first, or refer to its file by `$ref`".to_owned());
            (&UNDEFINED_NAME, Some(help))
        };
        self.fault(rule, node, format!("no type has the name `{shown}` here"), help);
        self.add(node, Kind::Unknown)
    }

    fn union(&mut self, node: Node<'f>, namespace: &str) -> TypeId {
        let id = self.add(node, Kind::Unknown);
        let mut branches = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        for item in node.items() {
            let branch = self.one(item, namespace);
            if matches!(self.types.kind(branch), Kind::Union(_)) {
                let help = "list its branches here instead".to_owned();
                self.fault(&UNION, item, "a union stands directly within a union", Some(help));
                continue;
            }
            let tag = self.types.tag(branch);
            if !tag.is_empty()
                && let Some(first) = seen.insert(tag.clone(), item.span())
            {
                self.fault(&UNION, item, format!("`{tag}` is a branch of this union already"), None);
                if let Some(fault) = self.faults.pop() {
                    self.faults.push(fault.related(first, "it stands here first"));
                }
                continue;
            }
            branches.push(branch);
        }
        self.set(id, Kind::Union(branches));
        id
    }

    fn definition(&mut self, node: Node<'f>, namespace: &str) -> TypeId {
        let Some(kind) = node.get("type") else {
            self.fault(&ATTRIBUTE, node, "this type has no `type`", None);
            return self.add(node, Kind::Unknown);
        };
        let id = match kind.as_str() {
            Some("record" | "error") => self.record(node, namespace),
            Some("enum") => self.enumeration(node, namespace),
            Some("fixed") => self.fixed(node, namespace),
            Some("array") => self.container(node, namespace, "items", Kind::Array),
            Some("map") => self.container(node, namespace, "values", Kind::Map),
            // `{"type": "string", ..}`, and `{"type": {..}}`: the same with annotations.
            _ => match (kind.as_str().and_then(Primitive::parse), node.get("logicalType")) {
                (Some(primitive), _) => self.add(node, Kind::Primitive(primitive)),
                (None, _) => return self.one(kind, namespace),
            },
        };
        self.logical(node, id);
        id
    }

    /// A required attribute.
    fn required(&mut self, node: Node<'f>, key: &str) -> Option<Node<'f>> {
        let found = node.get(key);
        if found.is_none() {
            let what = node.get_str("type").unwrap_or("type");
            let named = node.get_str("name").map(|name| format!(" `{}`", shortened(name))).unwrap_or_default();
            let close = closest(key, node.entries().map(|entry| entry.key).filter(|other| *other != "type"));
            let help = close.map(|close| format!("did you mean `{key}` where `{close}` stands?"));
            self.fault(&ATTRIBUTE, node, format!("the {what}{named} has no `{key}`"), help);
        }
        found
    }

    fn required_list(&mut self, node: Node<'f>, key: &str) -> Option<Node<'f>> {
        let list = self.required(node, key)?;
        if list.is_array() {
            return Some(list);
        }
        self.fault(&ATTRIBUTE, list, format!("`{key}` must be a list, not {}", list.type_name()), None);
        None
    }

    fn container(&mut self, node: Node<'f>, namespace: &str, key: &str, make: fn(TypeId) -> Kind) -> TypeId {
        let id = self.add(node, Kind::Unknown);
        if let Some(inner) = self.required(node, key) {
            let inner = self.one(inner, namespace);
            self.set(id, make(inner));
        }
        id
    }

    /// The names of a definition, and the namespace that holds inside it. The definition is known by its name from here on.
    fn named(&mut self, node: Node<'f>, namespace: &str, id: TypeId) -> Option<(Names, String)> {
        self.definitions.insert(node.id(), id);
        let name_node = self.required(node, "name")?;
        let Some(name) = name_node.as_str() else {
            self.fault(&ATTRIBUTE, name_node, "a name is text", None);
            return None;
        };
        let own = match node.get("namespace") {
            None => namespace,
            Some(own) => match own.as_str() {
                Some(text) => {
                    if !text.is_empty() && !text.split('.').all(is_name) {
                        self.fault(&NAME, own, format!("`{}` is no namespace", shortened(text)), None);
                    }
                    text
                }
                None => {
                    self.fault(&ATTRIBUTE, own, "a namespace is text", None);
                    namespace
                }
            },
        };
        let valid = name.trim_start_matches('.').split('.').all(is_name);
        if !valid {
            self.illegal_name(name_node, name);
        } else if Primitive::parse(super::model::unqualified(name)).is_some() {
            let message = format!("`{name}` is a primitive type and cannot be defined");
            self.fault(&NAME, name_node, message, None);
        }
        let full = qualified(name, own);
        let inner = full.rsplit_once('.').map_or("", |(namespace, _)| namespace).to_owned();
        if let Some(first) = self.names.get(&full).copied() {
            let span = self.types.get(first).map(|first| self.files.node(first.node).place());
            self.fault(&DUPLICATE, name_node, format!("`{}` is defined twice", shortened(&full)), None);
            if let (Some(fault), Some(span)) = (self.faults.pop(), span) {
                self.faults.push(fault.related(span, "the first definition is here"));
            }
        } else {
            self.names.insert(full.clone(), id);
        }
        let aliases = self.aliases(node, |alias| qualified(alias, &inner));
        let documentation = self.documentation(node);
        Some((Names { full, aliases, documentation }, inner))
    }

    fn illegal_name(&mut self, node: Node<'_>, name: &str) {
        let legal: String =
            name.chars().map(|one| if one.is_ascii_alphanumeric() || one == '.' { one } else { '_' }).collect();
        let legal = if legal.starts_with(|first: char| first.is_ascii_digit()) { format!("_{legal}") } else { legal };
        let help = (legal.split('.').all(is_name)).then(|| format!("`{}` would be one", shortened(&legal)));
        self.fault(&NAME, node, format!("`{}` is no name of Avro", shortened(name)), help);
    }

    fn documentation(&mut self, node: Node<'f>) -> Option<String> {
        let text = node.get("doc")?;
        if text.as_str().is_none() {
            self.fault(&ATTRIBUTE, text, format!("`doc` must be text, not {}", text.type_name()), None);
        }
        text.as_str().map(str::to_owned)
    }

    fn aliases(&mut self, node: Node<'f>, qualify: impl Fn(&str) -> String) -> Vec<String> {
        let Some(list) = node.get("aliases") else { return Vec::new() };
        if !list.is_array() {
            self.fault(&ATTRIBUTE, list, format!("`aliases` must be a list, not {}", list.type_name()), None);
        }
        let mut found = Vec::new();
        for item in list.items() {
            match item.as_str() {
                Some(alias) if alias.split('.').all(is_name) => found.push(qualify(alias)),
                Some(alias) => self.illegal_name(item, alias),
                None => self.fault(&ATTRIBUTE, item, "an alias is text", None),
            }
        }
        found
    }

    fn record(&mut self, node: Node<'f>, namespace: &str) -> TypeId {
        let id = self.add(node, Kind::Unknown);
        let named = self.named(node, namespace, id);
        let inner = named.as_ref().map_or(namespace.to_owned(), |(_, inner)| inner.clone());
        // Its name is known within its own fields: as a record, whose fields come later.
        if let Some((names, _)) = &named {
            self.set(id, Kind::Record(Record { names: names.clone(), fields: Vec::new() }));
        }
        let mut fields: Vec<Field> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        let Some(list) = self.required_list(node, "fields") else { return id };
        for item in list.items() {
            let Some(field) = self.field(item, &inner) else { continue };
            let name_span = item.get("name").map_or(item.span(), Node::span);
            for name in std::iter::once(&field.name).chain(&field.aliases) {
                if let Some(first) = seen.insert(name.clone(), name_span) {
                    let message = format!("the record has a field `{}` already", shortened(name));
                    self.fault(&DUPLICATE, item.get("name").unwrap_or(item), message, None);
                    if let Some(fault) = self.faults.pop() {
                        self.faults.push(fault.related(first, "it stands here first"));
                    }
                }
            }
            fields.push(field);
        }
        if let Some((names, _)) = named {
            self.set(id, Kind::Record(Record { names, fields: fields.clone() }));
        }
        for field in &fields {
            if let Some(default) = field.default {
                let default = self.files.node(default);
                defaults::check(self.types, field.of, default, |rule, node, message, help| {
                    if self.faults.len() < MAXIMUM_FAULTS {
                        let mut diagnostic = Diagnostic::new(rule, node.span(), message).at(node.pointer());
                        diagnostic.help = help;
                        self.faults.push(diagnostic);
                    }
                });
            }
        }
        id
    }

    fn field(&mut self, node: Node<'f>, namespace: &str) -> Option<Field> {
        let Ok(node) = self.files.follow(node) else { return None };
        if !node.is_object() {
            self.fault(&ATTRIBUTE, node, format!("a field must be an object, not {}", node.type_name()), None);
            return None;
        }
        let mut missing = |key: &str| {
            let found = node.get(key);
            if found.is_none() {
                self.fault(&ATTRIBUTE, node, format!("the field has no `{key}`"), None);
            }
            found
        };
        let (name_node, of) = (missing("name"), missing("type"));
        let name = match name_node.map(|name_node| (name_node, name_node.as_str())) {
            Some((name_node, Some(name))) => {
                if !is_name(name) {
                    self.illegal_name(name_node, name);
                }
                name.to_owned()
            }
            Some((name_node, None)) => {
                self.fault(&ATTRIBUTE, name_node, "a name is text", None);
                return None;
            }
            None => return None,
        };
        const ORDERS: [&str; 3] = ["ascending", "descending", "ignore"];
        if let Some(order) = node.get("order").filter(|order| !order.as_str().is_some_and(|one| ORDERS.contains(&one)))
        {
            let help = order.as_str().and_then(|one| closest(one, ORDERS)).map(|one| format!("did you mean `{one}`?"));
            self.fault(&ATTRIBUTE, order, "`order` is `ascending`, `descending` or `ignore`", help);
        }
        let of = self.one(of?, namespace);
        // Tools write the attributes of a type beside it, too; readers look for them within.
        if let (Some(logical), Some(Kind::Primitive(_))) =
            (node.get("logicalType"), self.types.get(of).map(|one| &one.kind))
        {
            let help = "write `type: {type: .., logicalType: ..}`".to_owned();
            let message = "`logicalType` stands beside the type, where readers ignore it";
            self.fault(&LOGICAL_TYPE, logical, message, Some(help));
        }
        Some(Field {
            name,
            aliases: self.aliases(node, str::to_owned),
            documentation: self.documentation(node),
            of,
            default: node.get("default").map(Node::id),
            node: node.id(),
        })
    }

    fn enumeration(&mut self, node: Node<'f>, namespace: &str) -> TypeId {
        let id = self.add(node, Kind::Unknown);
        let named = self.named(node, namespace, id);
        let Some(list) = self.required_list(node, "symbols") else { return id };
        let mut symbols: Vec<(String, NodeId)> = Vec::new();
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for item in list.items() {
            let Some(symbol) = item.as_str() else {
                let help = format!("put it in quotes: \"{}\"", crate::syntax::to_json(item));
                self.fault(&ATTRIBUTE, item, format!("a symbol is text, not {}", item.type_name()), Some(help));
                continue;
            };
            if !is_name(symbol) {
                self.illegal_name(item, symbol);
            }
            if let Some(first) = seen.insert(symbol, item.span()) {
                self.fault(&DUPLICATE, item, format!("the enum has the symbol `{}` already", shortened(symbol)), None);
                if let Some(fault) = self.faults.pop() {
                    self.faults.push(fault.related(first, "it stands here first"));
                }
                continue;
            }
            symbols.push((symbol.to_owned(), item.id()));
        }
        let default = node.get("default").and_then(|default| {
            let known = default.as_str().filter(|text| symbols.iter().any(|(symbol, _)| symbol == text));
            if known.is_none() {
                let names = symbols.iter().map(|(symbol, _)| symbol.as_str());
                let close = default.as_str().and_then(|text| closest(text, names));
                let help = close.map(|close| format!("did you mean `{close}`?"));
                self.fault(&super::DEFAULT, default, "the default is none of the symbols of the enum", help);
            }
            known.map(str::to_owned)
        });
        if let Some((names, _)) = named {
            self.set(id, Kind::Enumeration(Enumeration { names, symbols, default }));
        }
        id
    }

    fn fixed(&mut self, node: Node<'f>, namespace: &str) -> TypeId {
        let id = self.add(node, Kind::Unknown);
        let named = self.named(node, namespace, id);
        let Some(size_node) = self.required(node, "size") else { return id };
        let size = size_node.as_number().and_then(|size| size.as_u64()).filter(|size| i32::try_from(*size).is_ok());
        match (size, named) {
            (Some(size), Some((names, _))) => self.set(id, Kind::Fixed(Fixed { names, size })),
            (None, _) => self.fault(&ATTRIBUTE, size_node, "`size` is a whole number of bytes, zero or more", None),
            (Some(_), None) => {}
        }
        id
    }

    fn logical(&mut self, node: Node<'f>, id: TypeId) {
        let Some(logical_node) = node.get("logicalType") else { return };
        let Some(word) = logical_node.as_str() else {
            return self.fault(&LOGICAL_TYPE, logical_node, "a logical type is named by text", None);
        };
        let (primitive, size) = match self.types.kind(id) {
            Kind::Primitive(primitive) => (Some(*primitive), None),
            Kind::Fixed(fixed) => (None, Some(fixed.size)),
            Kind::Unknown => return,
            _ => (None, None),
        };
        let logical = if word == "decimal" {
            if primitive != Some(Primitive::Bytes) && size.is_none() {
                Err("`decimal` annotates `bytes` and `fixed` only".to_owned())
            } else {
                decimal(node, size)
            }
        } else {
            match LOGICAL.iter().find(|(known, ..)| *known == word) {
                // Anybody may have logical types of their own.
                None => return,
                Some((known, primitives, fixed))
                    if primitive.is_some_and(|one| primitives.contains(&one)) || (size.is_some() && size == *fixed) =>
                {
                    Ok(Logical::Plain(known))
                }
                Some((known, primitives, fixed)) => {
                    let words = primitives.iter().map(|one| format!("`{}`", one.as_str()));
                    let fixed = fixed.map(|size| format!("a `fixed` of {size} bytes"));
                    let fit = words.chain(fixed).collect::<Vec<_>>().join(" and ");
                    Err(format!("`{known}` annotates {fit} only"))
                }
            }
        };
        match logical {
            Ok(logical) => {
                if let Some(one) = self.types.list.get_mut(id.0) {
                    one.logical = Some(logical);
                }
            }
            Err(message) => self.fault(&LOGICAL_TYPE, logical_node, message, None),
        }
    }
}

/// The parameters of a decimal, for a fixed of so many bytes.
fn decimal(node: Node<'_>, size: Option<u64>) -> Result<Logical, String> {
    let number = |key: &str| node.get(key).map(|value| value.as_number().and_then(|number| number.as_u64()));
    let precision = number("precision").flatten().filter(|precision| *precision > 0);
    let precision = precision.ok_or("`decimal` has a `precision` of at least 1")?;
    let scale = number("scale").unwrap_or(Some(0)).ok_or("`scale` is a whole number, zero or more")?;
    if scale > precision {
        return Err(format!("`scale` is {scale}, more than the `precision` of {precision}"));
    }
    // What fits in the bytes: floor(log10(2^(8n - 1) - 1)).
    let digits =
        size.map(|size| ((size.saturating_mul(8).saturating_sub(1)) as f64 * std::f64::consts::LOG10_2) as u64);
    match digits.filter(|digits| precision > *digits) {
        Some(digits) => Err(format!("a `fixed` of this size has {digits} digits, fewer than the `precision`")),
        None => Ok(Logical::Decimal { precision, scale }),
    }
}

fn qualified(name: &str, namespace: &str) -> String {
    match name.strip_prefix('.') {
        Some(absolute) => absolute.to_owned(),
        None if name.contains('.') || namespace.is_empty() => name.to_owned(),
        None => format!("{namespace}.{name}"),
    }
}

/// `[A-Za-z_][A-Za-z0-9_]*`
fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
