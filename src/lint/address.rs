//! The addresses of channels and servers, and the names in braces inside them.

use super::{Document, at, at_key};
use crate::source::{Diagnostics, Rule, Severity};
use crate::syntax::{Entry, Node};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashSet;

/// Declared parameters and those of the address differ.
pub static PARAMETERS: Rule = Rule {
    id: "channel-parameters",
    severity: Severity::Error,
    sentence: "The parameters of a channel are the names in braces of its address, no more and no fewer.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#parametersObject",
};

/// An address with parameters and no declaration of any; in 2.x, also the reverse.
pub static UNMATCHED_PARAMETER: Rule = Rule {
    id: "unmatched-parameter",
    severity: Severity::Warning,
    sentence: "A channel declares the names in braces of its address as parameters, and no others.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#parametersObject",
};

/// A query or a fragment in an address.
pub static QUERY_OR_FRAGMENT: Rule = Rule {
    id: "address-query-or-fragment",
    severity: Severity::Error,
    sentence: "The address of a channel has neither query (`?`) nor fragment (`#`): bindings describe them.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#channelObject",
};

/// Declared variables and those of the address of a server differ.
pub static SERVER_VARIABLES: Rule = Rule {
    id: "server-variables",
    severity: Severity::Error,
    sentence: "The variables of a server are the names in braces of its address, no more and no fewer.",
    link: "https://www.asyncapi.com/docs/reference/specification/v2.6.0#serverObject",
};

/// The same where the specification does not demand it.
pub static UNMATCHED_VARIABLE: Rule = Rule {
    id: "unmatched-variable",
    severity: Severity::Warning,
    sentence: "A server declares the names in braces of its address as variables, and no others.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#serverObject",
};

/// More than a host and a port.
pub static HOST: Rule = Rule {
    id: "server-host",
    severity: Severity::Warning,
    sentence: "The `host` of a server is a host name, perhaps with a port; scheme and path have fields of their own.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#serverObject",
};

/// A default or an example that is not possible.
pub static POSSIBLE_VALUE: Rule = Rule {
    id: "possible-value",
    severity: Severity::Warning,
    sentence: "The `default` and the `examples` of a variable or parameter are among the values of its `enum`.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#serverVariableObject",
};

/// Is there a brace without its counterpart?
fn is_unbalanced(text: &str) -> bool {
    let mut open = false;
    let misplaced = |brace: char| std::mem::replace(&mut open, brace == '{') == (brace == '{');
    let wrong = text.chars().filter(|character| matches!(character, '{' | '}')).any(misplaced);
    wrong || open
}

/// The names in braces, in order, each once.
fn names_in_braces(text: &str) -> IndexSet<&str> {
    let found = text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    found.filter(|name| !name.is_empty()).collect()
}

/// The address of a channel: its key in 2.x, a field in 3.x.
fn address<'t>(document: Document<'t>, entry: Entry<'t>, channel: Node<'t>) -> Option<&'t str> {
    if document.version.major() == 2 { Some(entry.key) } else { channel.get_str("address") }
}

/// What is compared with an address, and by which rules.
struct Comparison<'t> {
    /// The word for a name in braces.
    what: &'static str,
    /// The channel or server.
    place: Entry<'t>,
    declared: Option<Entry<'t>>,
    /// The address has names and others are declared.
    different: &'static Rule,
    /// The address has no names and some are declared.
    superfluous: &'static Rule,
    /// The address has names and none is declared.
    undeclared: &'static Rule,
}

/// Compares the names in an address with what is declared, and says what is too much or too little.
fn compare(document: Document<'_>, text: &str, comparison: &Comparison<'_>, diagnostics: &mut Diagnostics) {
    let Comparison { what, place, declared, different, superfluous, undeclared } = *comparison;
    let names = names_in_braces(text);
    let Some(declared) = declared else {
        if let Some(first) = names.first() {
            let message = format!("`{text}` has the {what} `{first}`, which is not declared");
            diagnostics.push(at_key(undeclared, place, message).help(format!("declare it under `{what}s`")));
        }
        return;
    };
    let different = if names.is_empty() { superfluous } else { different };
    if !declared.value.is_object() {
        return;
    }
    let mut others: IndexMap<&str, Entry<'_>> = declared.value.entries().map(|entry| (entry.key, entry)).collect();
    others.retain(|key, _| !names.contains(key));
    let undeclared: Vec<&str> = names.into_iter().filter(|name| declared.value.get(name).is_none()).collect();
    for name in &undeclared {
        // One name that is not declared and one that is not used: they were to be the same.
        let only = others.first().filter(|_| (others.len(), undeclared.len()) == (1, 1)).map(|(key, _)| *key);
        let meant = document.closest(name, others.keys().copied()).or(only);
        match meant.and_then(|key| others.shift_remove(key)) {
            Some(entry) => {
                let message =
                    format!("`{text}` has no {what} `{}`, and its {what} `{name}` is not declared", entry.key);
                diagnostics.push(at_key(different, entry, message).help(format!("rename it to `{name}`")));
            }
            None => {
                let message = format!("the {what} `{name}` of `{text}` is not declared");
                let help = format!("declare it under `{what}s`");
                diagnostics.push(at_key(different, declared, message).help(help));
            }
        }
    }
    for entry in others.into_values() {
        let message = format!("`{text}` has no {what} `{}`", entry.key);
        let help = format!("remove it, or write `{{{}}}` in the address", entry.key);
        diagnostics.push(at_key(different, entry, message).help(help));
    }
}

/// `channel-parameters`, `unmatched-parameter`
pub(super) fn channel_parameters(document: Document<'_>, diagnostics: &mut Diagnostics) {
    for (entry, channel) in document.channels() {
        let Some(address) = address(document, entry, channel) else { continue };
        if is_unbalanced(address) {
            // In 2.x that is no URI template, as was said.
            if let Some(value) = channel.get("address").filter(|_| document.version.major() == 3) {
                let message = format!("`{address}` has a brace without its counterpart");
                let help = "names of parameters stand between `{` and `}`";
                diagnostics.push(at(&UNMATCHED_PARAMETER, value, message).help(help));
            }
            continue;
        }
        let comparison = Comparison {
            what: "parameter",
            place: entry,
            declared: channel.entry("parameters"),
            different: &PARAMETERS,
            // A MUST since 3.0, a SHOULD before.
            superfluous: if document.version.major() == 2 { &UNMATCHED_PARAMETER } else { &PARAMETERS },
            undeclared: &UNMATCHED_PARAMETER,
        };
        compare(document, address, &comparison, diagnostics);
    }
}

/// `address-query-or-fragment`
pub(super) fn query_or_fragment(document: Document<'_>, diagnostics: &mut Diagnostics) {
    for (entry, channel) in document.channels() {
        let Some(address) = address(document, entry, channel).filter(|address| address.contains(['?', '#'])) else {
            continue;
        };
        let message = format!("the address `{address}` has a query or a fragment");
        let diagnostic = match channel.get("address").filter(|_| document.version.major() == 3) {
            Some(value) => at(&QUERY_OR_FRAGMENT, value, message),
            None => at_key(&QUERY_OR_FRAGMENT, entry, message),
        };
        diagnostics.push(diagnostic.help("describe it in the bindings of the channel"));
    }
}

/// `server-variables`, `unmatched-variable`
pub(super) fn server_variables(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let different = if document.version.major() == 2 { &SERVER_VARIABLES } else { &UNMATCHED_VARIABLE };
    for entry in document.members("servers") {
        let Some(server) = document.resolved(entry.value) else { continue };
        let parts: Vec<&str> = ["url", "host", "pathname"].iter().filter_map(|key| server.get_str(key)).collect();
        let comparison = Comparison {
            what: "variable",
            place: entry,
            declared: server.entry("variables"),
            different,
            superfluous: &UNMATCHED_VARIABLE,
            undeclared: &UNMATCHED_VARIABLE,
        };
        compare(document, &parts.concat(), &comparison, diagnostics);
    }
}

/// `possible-value`
pub(super) fn possible_values(document: Document<'_>, diagnostics: &mut Diagnostics) {
    fn inside<'t>(node: Node<'t>, key: &str) -> Vec<Entry<'t>> {
        node.get(key).into_iter().flat_map(Node::entries).collect()
    }
    let servers = document.members("servers").filter_map(|entry| document.resolved(entry.value));
    let channels = document.channels().map(|(_, channel)| channel);
    let components = document.root.get("components").into_iter();
    let kept =
        components.flat_map(|components| [inside(components, "serverVariables"), inside(components, "parameters")]);
    let described = servers.map(|server| inside(server, "variables"));
    let described = described.chain(channels.map(|channel| inside(channel, "parameters"))).chain(kept).flatten();
    let mut seen = HashSet::new();
    for node in described.filter_map(|entry| document.resolved(entry.value)).filter(|node| seen.insert(node.id())) {
        let Some(values) = node.get("enum").filter(|values| values.is_array()) else { continue };
        let impossible = |text: &str| values.items().all(|value| value.as_str().is_some_and(|value| value != text));
        let examples = node.get("examples").into_iter().flat_map(Node::items).map(|example| ("example", example));
        for (what, one) in node.get("default").map(|default| ("default", default)).into_iter().chain(examples) {
            let Some(text) = one.as_str().filter(|text| impossible(text)) else { continue };
            let close = document.closest(text, values.items().filter_map(Node::as_str));
            let help = close.map_or_else(|| "add it to `enum`".to_owned(), |close| format!("did you mean `{close}`?"));
            let message = format!("the {what} `{text}` is not among the values of `enum`");
            let diagnostic = at(&POSSIBLE_VALUE, one, message);
            diagnostics.push(diagnostic.related(values.place(), "the values").help(help));
        }
    }
}

/// `server-host`
pub(super) fn hosts(document: Document<'_>, diagnostics: &mut Diagnostics) {
    for server in document.members("servers").filter_map(|entry| document.resolved(entry.value)) {
        let Some((node, host)) = server.get("host").and_then(|node| Some((node, node.as_str()?))) else { continue };
        let (scheme, rest) = host.split_once("://").map_or((None, host), |(scheme, rest)| (Some(scheme), rest));
        let path = rest.find('/').and_then(|at| rest.get(at..));
        let help = match (scheme, path) {
            (None, None) => continue,
            (Some(_), None) => "write only what follows `://`: the scheme is the field `protocol`",
            (_, Some(_)) => "the scheme is the field `protocol`, the path the field `pathname`",
        };
        let message = format!("the host `{host}` is more than a host name and a port");
        diagnostics.push(at(&HOST, node, message).help(help));
    }
}
