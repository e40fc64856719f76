//! Address templates: `orders/{orderId}/created` and the addresses that have its shape.
//!
//! In: a template from the document, and parameter values from anywhere. Out: an address, or the values back out of one.
//! What always holds: `extract(expand(values)) == values`, and no value adds or removes a segment, a wildcard or a query.
//!
//! The rule for a value:
//! - it is not empty;
//! - it holds no separator: `/` and `.` always, `:` where the template itself uses it as one;
//! - it holds none of `* # + > ? % \ $ { }` (wildcards, reserved topics, URL syntax, templates), no white space and no
//!   control character;
//! - with several parameters in one segment (`{a}-{b}`), it does not make the address readable in another way.

use thiserror::Error;

/// Characters that mean something to a broker or in a URL.
const RESERVED: &[char] = &['*', '#', '+', '>', '?', '%', '\\', '$', '{', '}'];

/// Why an address cannot be made from a template.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// The template itself is malformed: a brace without its partner, a parameter without a name, or two parameters
    /// with nothing between them.
    #[error("the address template `{template}` is malformed: {fault}")]
    Template {
        /// The template.
        template: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// No value was given for a parameter.
    #[error("the address parameter `{0}` has no value")]
    Missing(String),
    /// A value was given for a parameter that the template does not have.
    #[error("the address has no parameter `{0}`")]
    Unknown(String),
    /// The value is empty.
    #[error("the address parameter `{0}` is empty")]
    Empty(String),
    /// The value holds a character that would change the shape of the address.
    #[error("the address parameter `{parameter}` holds {character:?}, which would change the shape of the address")]
    Character {
        /// The parameter.
        parameter: String,
        /// The first character at fault.
        character: char,
    },
    /// The document lists the values that are allowed, and this is none of them.
    #[error("`{parameter}` cannot be `{value}`; the document allows {}", allowed.join(", "))]
    NotAllowed {
        /// The parameter.
        parameter: String,
        /// The value.
        value: String,
        /// What is allowed.
        allowed: &'static [&'static str],
    },
    /// The values fit the template, but the address could be read with other values.
    #[error("the address `{0}` could be read with other parameter values")]
    Ambiguous(String),
}

/// An address with `{parameters}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressTemplate<'t>(&'t str);

/// A piece of one segment.
#[derive(Clone, Copy)]
enum Part<'t> {
    Literal(&'t str),
    Parameter(&'t str),
}

impl<'t> AddressTemplate<'t> {
    /// Takes the text as it is; a malformed template matches nothing, and [`expand`](Self::expand) says why.
    pub const fn new(text: &'t str) -> Self {
        Self(text)
    }

    /// The text of the template.
    pub const fn as_str(&self) -> &'t str {
        self.0
    }

    /// Whether the template has parameters.
    pub const fn is_parametrised(&self) -> bool {
        let mut rest = self.0.as_bytes();
        while let [byte, behind @ ..] = rest {
            if *byte == b'{' {
                return true;
            }
            rest = behind;
        }
        false
    }

    /// The separator of the template's segments: the last of `/ . :` in its literal text, `.` when there is none.
    pub fn separator(&self) -> char {
        let literals = self.parts().filter_map(|part| match part {
            Ok(Part::Literal(text)) => text.rfind(['/', '.', ':']).and_then(|at| text.get(at..)?.chars().next()),
            _ => None,
        });
        literals.last().unwrap_or('.')
    }

    /// The address with the parameters filled in.
    ///
    /// # Errors
    /// When a value is missing, unknown, or breaks the rule of this module.
    pub fn expand(&self, values: &[(&str, &str)]) -> Result<String, AddressError> {
        if values.is_empty() && !self.0.bytes().any(|byte| matches!(byte, b'{' | b'}')) {
            return Ok(self.0.to_owned());
        }
        let colon = self.colon_separates();
        let mut address =
            String::with_capacity(self.0.len() + values.iter().map(|(_, value)| value.len()).sum::<usize>());
        let mut used = 0_usize;
        let mut compound = false;
        for part in self.parts() {
            match part? {
                Part::Literal(text) => {
                    address.push_str(text);
                    if text.contains(|character| is_separator(character, colon)) {
                        used = 0;
                    }
                }
                Part::Parameter(name) => {
                    let value = find(values, name).ok_or_else(|| AddressError::Missing(name.to_owned()))?;
                    check(name, value, colon)?;
                    address.push_str(value);
                    used += 1;
                    compound |= used > 1;
                }
            }
        }
        if let Some((name, _)) = values.iter().find(|(name, _)| !self.has(name)) {
            return Err(AddressError::Unknown((*name).to_owned()));
        }
        // Only a segment with two parameters can be read in two ways.
        if compound {
            let read = self.extract(&address);
            if !read.is_some_and(|read| read.iter().all(|(name, value)| find(values, name) == Some(value))) {
                return Err(AddressError::Ambiguous(address));
            }
        }
        Ok(address)
    }

    /// The parameters' values in `address`, in the order of the template; `None` when the address does not have the
    /// template's shape, that is when [`expand`](Self::expand) could not have made it.
    pub fn extract<'a>(&self, address: &'a str) -> Option<Vec<(&'t str, &'a str)>> {
        let mut values = Vec::new();
        self.matches_with(address, |name, value| values.push((name, value))).then_some(values)
    }

    /// Whether `address` has the template's shape; does not allocate for the values.
    pub fn matches(&self, address: &str) -> bool {
        self.matches_with(address, |_, _| ())
    }

    fn matches_with<'a>(&self, address: &'a str, mut found: impl FnMut(&'t str, &'a str)) -> bool {
        if !self.is_parametrised() {
            return self.0 == address;
        }
        let colon = self.colon_separates();
        let separates = |character: char| is_separator(character, colon);
        let mut rest = address;
        let mut pending: Option<&'t str> = None;
        let mut parts = self.parts().peekable();
        while let Some(part) = parts.next() {
            match part {
                Err(_) => return false,
                Ok(Part::Parameter(name)) => pending = Some(name),
                Ok(Part::Literal(text)) => match pending.take() {
                    None => match rest.strip_prefix(text) {
                        Some(after) => rest = after,
                        None => return false,
                    },
                    Some(name) => {
                        // `{name}text`: within this segment the value ends at the text. Where the text reaches the
                        // segment's end the value is all before it, else the shortest that fits.
                        let segment = rest.find(separates).unwrap_or(rest.len());
                        let end = match text.find(separates) {
                            Some(inside) => segment.checked_sub(inside),
                            None if parts.peek().is_none() => rest.len().checked_sub(text.len()),
                            None => {
                                after_first_character(rest).and_then(|(first, tail)| Some(first + tail.find(text)?))
                            }
                        };
                        let Some((value, after)) = end.and_then(|end| rest.split_at_checked(end)) else {
                            return false;
                        };
                        let Some(after) = after.strip_prefix(text) else {
                            return false;
                        };
                        if check(name, value, colon).is_err() {
                            return false;
                        }
                        found(name, value);
                        rest = after;
                    }
                },
            }
        }
        match pending {
            None => rest.is_empty(),
            Some(name) => {
                let fits = check(name, rest, colon).is_ok();
                if fits {
                    found(name, rest);
                }
                fits
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.parts().any(|part| matches!(part, Ok(Part::Parameter(known)) if known == name))
    }

    fn colon_separates(&self) -> bool {
        self.parts().any(|part| matches!(part, Ok(Part::Literal(text)) if text.contains(':')))
    }

    /// Literals and parameters in turn; ends after the first error. No two literals and no two parameters are neighbours.
    fn parts(&self) -> impl Iterator<Item = Result<Part<'t>, AddressError>> {
        let template = self.0;
        let fail = move |fault| AddressError::Template { template: template.to_owned(), fault };
        let mut rest = template;
        let mut after_parameter = false;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let result = match rest.strip_prefix('{') {
                Some(_) if after_parameter => Err(fail("two parameters with nothing between them")),
                Some(inner) => match inner.split_once('}') {
                    None => Err(fail("a parameter is not closed")),
                    Some((name, _)) if name.is_empty() || name.contains('{') => {
                        Err(fail("a parameter has no proper name"))
                    }
                    Some((name, tail)) => {
                        after_parameter = true;
                        Ok((Part::Parameter(name), tail))
                    }
                },
                None => {
                    let (text, tail) =
                        rest.split_at_checked(rest.find('{').unwrap_or(rest.len())).unwrap_or((rest, ""));
                    after_parameter = false;
                    if text.contains('}') {
                        Err(fail("a brace is not opened"))
                    } else {
                        Ok((Part::Literal(text), tail))
                    }
                }
            };
            let (part, tail) = match result {
                Ok((part, tail)) => (Ok(part), tail),
                Err(error) => (Err(error), ""),
            };
            rest = tail;
            Some(part)
        })
    }
}

impl std::fmt::Display for AddressTemplate<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0)
    }
}

fn is_separator(character: char, colon: bool) -> bool {
    matches!(character, '/' | '.') || (colon && character == ':')
}

fn find<'v>(values: &[(&str, &'v str)], name: &str) -> Option<&'v str> {
    values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// The length of the first character, and what follows it.
fn after_first_character(text: &str) -> Option<(usize, &str)> {
    let mut characters = text.chars();
    let first = characters.next()?;
    Some((first.len_utf8(), characters.as_str()))
}

/// The rule for one value.
fn check(parameter: &str, value: &str, colon: bool) -> Result<(), AddressError> {
    let refused = |character: &char| {
        is_separator(*character, colon)
            || RESERVED.contains(character)
            || character.is_whitespace()
            || character.is_control()
    };
    if value.is_empty() {
        return Err(AddressError::Empty(parameter.to_owned()));
    }
    match value.chars().find(refused) {
        Some(character) => Err(AddressError::Character { parameter: parameter.to_owned(), character }),
        None => Ok(()),
    }
}
