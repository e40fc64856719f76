//! The organisation's own rules: compiled once, applied to many documents.

use super::file::{Level, OwnRule};
use super::{LITERAL_SEPARATORS, Reading};
use crate::reference::Files;
use crate::source::{Diagnostic, Diagnostics, Rule, Severity};
use crate::syntax::{Kind, Node};
use regex::Regex;

/// A rule of the organisation's own.
#[derive(Debug)]
pub(super) struct CustomRule {
    pub(super) rule: &'static Rule,
    path: glob::Pattern,
    required: Vec<String>,
    pattern: Option<Regex>,
    key_pattern: Option<Regex>,
    message: Option<String>,
}

/// Compiles a rule; `None` when something in it is wrong, which was diagnosed. `ids` are those that are taken.
pub(super) fn compile(own: &OwnRule, ids: &mut [&str], reading: &mut Reading<'_>) -> Option<CustomRule> {
    let id = own.id.get_ref();
    if ids.contains(&id.as_str()) {
        reading.fault(own.id.span(), format!("there is a rule `{id}` already"), None);
        return None;
    }
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        let help = "write `acme-message-owner`, for example".to_owned();
        reading.fault(own.id.span(), "the id of a rule consists of letters, digits and `-`".to_owned(), Some(help));
        return None;
    }
    if own.required.is_empty() && own.pattern.is_none() && own.key_pattern.is_none() {
        let message = format!("the rule `{id}` asks for nothing");
        reading.fault(own.id.span(), message, Some("add `required`, `pattern` or `key-pattern`".to_owned()));
        return None;
    }
    let path = reading.glob(&own.path)?;
    let mut regex = |pattern: &Option<toml::Spanned<String>>| match pattern {
        None => Some(None),
        Some(text) => match Regex::new(text.get_ref()) {
            Ok(regex) => Some(Some(regex)),
            Err(error) => {
                let reason = error.to_string().lines().last().unwrap_or_default().to_owned();
                reading.fault(text.span(), format!("this is not a regular expression: {reason}"), None);
                None
            }
        },
    };
    let (pattern, key_pattern) = (regex(&own.pattern)?, regex(&own.key_pattern)?);
    let severity = own.severity.unwrap_or(Level::Warning).severity();
    let sentence = own.message.as_deref().unwrap_or("A rule of this organisation.");
    let link = own.link.as_deref().unwrap_or_default();
    let rule = Rule::kept(id, severity.unwrap_or(Severity::Hint), sentence, link);
    severity?;
    Some(CustomRule { rule, path, required: own.required.clone(), pattern, key_pattern, message: own.message.clone() })
}

/// Applies every rule to the tree of a document, in one walk.
pub(super) fn check(rules: &[CustomRule], files: &Files, root: Node<'_>, diagnostics: &mut Diagnostics) {
    if rules.is_empty() {
        return;
    }
    let mut todo = vec![(root, String::new())];
    while let Some((node, pointer)) = todo.pop() {
        for rule in rules.iter().filter(|rule| rule.path.matches_with(&pointer, LITERAL_SEPARATORS)) {
            rule.check(files, node, &pointer, diagnostics);
        }
        let below = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        let mut children: Vec<_> = node.entries().map(|entry| (entry.value, below(entry.key))).collect();
        children.extend(node.items().enumerate().map(|(index, item)| (item, format!("{pointer}/{index}"))));
        todo.extend(children.into_iter().rev());
    }
}

impl CustomRule {
    fn check(&self, files: &Files, node: Node<'_>, pointer: &str, diagnostics: &mut Diagnostics) {
        // A reference that leads nowhere was diagnosed.
        let Ok(target) = files.follow(node) else { return };
        let own_key = node.own_entry();
        let place = own_key.filter(|_| target.is_object()).map_or(node.span(), |entry| entry.key_span);
        let missing = self.required.iter().filter(|field| target.get(field).is_none());
        let mut faults: Vec<_> = missing.map(|field| (place, format!("`{field}` is missing here"))).collect();
        let text = match target.kind() {
            Kind::String(text) => Some(&**text),
            Kind::Number(number) => Some(number.as_str()),
            _ => None,
        };
        if let (Some(pattern), Some(text)) = (&self.pattern, text)
            && !pattern.is_match(text)
        {
            faults.push((node.span(), format!("this does not match `{pattern}`")));
        }
        if let (Some(pattern), Some(entry)) = (&self.key_pattern, own_key)
            && !pattern.is_match(entry.key)
        {
            faults.push((entry.key_span, format!("this key does not match `{pattern}`")));
        }
        for (span, fault) in faults {
            let message = match &self.message {
                Some(message) => format!("{message}: {fault}"),
                None => fault,
            };
            diagnostics.push(Diagnostic::new(self.rule, span, message).at(pointer));
        }
    }
}
