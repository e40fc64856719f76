//! A user's own templates over the model: whatever a team needs that is neither Rust nor documentation.
//!
//! In: a document, and tera templates. Out: the files that the templates make. [`Model`] is what a template sees, and what
//! `tidings model` prints; fields are added to it and not changed. Where files go is said by the names of templates alone,
//! never by text of the document.

mod model;

pub use model::{Channel, Message, Model, NamedSchema, Operation, Parameter, Payload, Reply, Server, Variable, model};

use crate::names;
use std::path::{Component, Path, PathBuf};
use tera::{Context, Kwargs, State, Tera, Value};

/// How the names of templates end; what stands before it is the name of the file that one makes.
pub const EXTENSION: &str = ".tera";

/// A template by its path below the folder of templates.
#[derive(Debug, Clone)]
pub struct Template {
    /// The path, with `/` between its parts. A file whose name begins with `_` makes no file; others can use it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Why templates made nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template is wrong, or asks for what the model does not have.
    #[error("{0}")]
    Template(String),
    /// A template would write outside of the folder.
    #[error("`{0}` leads out of the folder that is written to")]
    Path(String),
}

impl From<tera::Error> for Error {
    fn from(error: tera::Error) -> Self {
        Self::Template(with_causes(&error))
    }
}

/// An error with what caused it, a line each.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str("\n  caused by: ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The files that templates make of a document, by path. What a file named `.html` or `.xml` takes from the document is
/// escaped; in every other, `json` and `comment` keep text from being more than text.
///
/// | filter | gives |
/// | --- | --- |
/// | `json` | a value as JSON, on one line |
/// | `comment` | text on one line that ends no comment |
/// | `type_name` | `OrderPlaced` |
/// | `value_name` | `order_placed` |
/// | `constant_name` | `ORDER_PLACED` |
///
/// # Errors
/// When a template is wrong, or its path leads out of the folder.
pub fn render(model: &Model, templates: &[Template]) -> Result<Vec<(PathBuf, String)>, Error> {
    let mut tera = Tera::new();
    tera.autoescape_on([".html.tera", ".xml.tera"]);
    tera.register_filter("json", |value: &Value, _: Kwargs, _: &State<'_>| {
        serde_json::to_string(value).map_err(|error| tera::Error::message(error.to_string()))
    });
    tera.register_filter("comment", |text: &str, _: Kwargs, _: &State<'_>| comment(text));
    tera.register_filter("type_name", |text: &str, _: Kwargs, _: &State<'_>| names::type_name(text));
    tera.register_filter("value_name", |text: &str, _: Kwargs, _: &State<'_>| names::value_name(text));
    tera.register_filter("constant_name", |text: &str, _: Kwargs, _: &State<'_>| names::constant_name(text));
    tera.add_raw_templates(templates.iter().map(|template| (template.path.as_str(), template.text.as_str())))?;
    let context = Context::from_serialize(model)?;
    let mut files = Vec::new();
    for template in templates {
        let Some(path) = output(&template.path)? else { continue };
        files.push((path, tera.render(&template.path, &context)?));
    }
    files.sort();
    Ok(files)
}

/// The file that a template makes; `None` for a part of others.
fn output(template: &str) -> Result<Option<PathBuf>, Error> {
    let path = Path::new(template.strip_suffix(EXTENSION).unwrap_or(template));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name.starts_with('_') {
        return Ok(None);
    }
    let inside = !name.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)));
    if inside { Ok(Some(path.to_path_buf())) } else { Err(Error::Path(template.to_owned())) }
}

/// Text on one line that ends no comment of the usual languages.
fn comment(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace("*/", "* /").replace("-->", "-- >").replace("*)", "* )")
}
