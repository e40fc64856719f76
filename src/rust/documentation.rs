//! Text of the document as rustdoc.
//!
//! A description is CommonMark by strangers. As a doc comment it must not run as a doctest, nor turn the direction of
//! the text around it, nor end the comment; quoting takes care of the rest.

use proc_macro2::TokenStream;
use quote::quote;

/// Descriptions longer than this are cut: nobody reads a book in a tooltip.
const LONGEST: usize = 4_000;

/// The doc attributes of an element: its description, or `otherwise` if it has none.
pub(super) fn documentation(description: Option<&str>, otherwise: &str) -> TokenStream {
    let text = description.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(otherwise);
    let lines = lines(text).into_iter().map(|line| if line.is_empty() { line } else { format!(" {line}") });
    quote!(#(#[doc = #lines])*)
}

/// Text as the documentation of the file that it stands in.
pub(super) fn inner(text: &str) -> String {
    lines(text).into_iter().map(|line| format!("//! {line}").trim_end().to_owned() + "\n").collect()
}

/// The lines of a description, made harmless.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut fence: Option<String> = None;
    let mut length = 0;
    for line in text.lines() {
        length += line.len();
        if length > LONGEST {
            lines.push("…".to_owned());
            break;
        }
        let line: String = line.chars().filter(|character| !is_treacherous(*character)).collect();
        let line = line.replace('\t', "    ");
        let content = line.trim();
        let marker: String = content.chars().take_while(|character| matches!(character, '`' | '~')).collect();
        match &fence {
            // Code is shown as text: as Rust it would be compiled and run by `cargo test`.
            None if marker.len() >= 3 => {
                lines.push(format!("{marker}text"));
                fence = Some(marker);
            }
            None => {
                // Four spaces would make code of it, too.
                let indentation = (line.len() - line.trim_start().len()).min(3);
                lines.push(format!("{}{}", " ".repeat(indentation), content));
            }
            Some(open) if marker.len() >= open.len() && content == marker && content.starts_with(open.as_str()) => {
                lines.push(marker);
                fence = None;
            }
            Some(_) => lines.push(line.trim_end().to_owned()),
        }
    }
    if let Some(open) = fence {
        lines.push(open);
    }
    lines
}

/// Control characters, and those that change the direction of text (rustc refuses them in comments).
fn is_treacherous(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
