//! Text of the document as rustdoc.
//!
//! A description is CommonMark by strangers. As a doc comment it must not run as a doctest, bring HTML or odd links into
//! the pages, turn the direction of the text around it, nor make rustdoc warn; quoting takes care of the rest. What the
//! text says stays readable: only what gives it such powers is taken away, and the result is parsed once more as proof.

use proc_macro2::TokenStream;
use pulldown_cmark::{BrokenLink, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use quote::quote;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

/// Descriptions longer than this are cut: nobody reads a book in a tooltip.
const LONGEST: usize = 4_000;

/// What one change uncovers is changed in the next round. Text that is not harmless after so many is shown as it is.
const ROUNDS: usize = 8;

/// Links to these places stay. Others would run scripts, or be taken for the names of Rust items.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

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

/// A name of the document as a code span.
pub(super) fn code(text: &str) -> String {
    let shown: String = text
        .chars()
        .flat_map(|character| match character {
            '`' => vec!['\''],
            treacherous if is_treacherous(treacherous) => treacherous.escape_default().collect(),
            other => vec![other],
        })
        .collect();
    // A span of nothing, or of spaces, is none.
    if shown.trim().is_empty() { format!("`\"{shown}\"`") } else { format!("`{shown}`") }
}

/// Text without what must not stand in a comment.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|character| !is_treacherous(*character)).collect()
}

/// The lines of a description, made harmless.
fn lines(text: &str) -> Vec<String> {
    harmless(cut(text)).lines().map(|line| line.trim_end().to_owned()).collect()
}

/// The beginning of a text, without indentation that all lines share: rustdoc takes that away, too.
fn cut(text: &str) -> String {
    let mut length = 0;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        length += line.len();
        if length > LONGEST {
            lines.push("…".to_owned());
            break;
        }
        lines.push(plain(&line.replace('\t', "    ")));
    }
    let indentation = |line: &String| line.len() - line.trim_start_matches(' ').len();
    let shared = lines.iter().filter(|line| !line.trim().is_empty()).map(indentation).min().unwrap_or(0);
    lines.iter().map(|line| line.get(shared..).unwrap_or("")).collect::<Vec<_>>().join("\n")
}

fn harmless(mut text: String) -> String {
    for _ in 0..ROUNDS {
        // Doctests are found without extensions, pages are made with them.
        let mut edits = Edits::default();
        for options in [Options::empty(), rustdoc_options()] {
            edits.find(&text, options);
        }
        if edits.0.is_empty() {
            return text;
        }
        text = edits.apply(&text);
    }
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

fn rustdoc_options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_SMART_PUNCTUATION
}

/// Replacements by the place where they begin: its end, and the new text.
#[derive(Default)]
struct Edits(BTreeMap<usize, (usize, String)>);

impl Edits {
    fn replace(&mut self, range: Range<usize>, by: &str) {
        self.0.entry(range.start).or_insert_with(|| (range.end, by.to_owned()));
    }

    /// Lets a bracket, or what else begins at this place, be text.
    fn escape(&mut self, text: &str, at: usize) {
        if text.get(at..).is_some_and(|rest| rest.starts_with('<')) {
            self.replace(at..at + 1, "&lt;");
        } else {
            self.replace(at..at, "\\");
        }
    }

    fn apply(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 16);
        let mut done = 0;
        for (start, (end, by)) in self.0 {
            let Some(kept) = text.get(done..start) else { continue };
            out.push_str(kept);
            out.push_str(&by);
            done = end;
        }
        out.push_str(text.get(done..).unwrap_or(""));
        out
    }

    /// Finds what has to be changed.
    fn find(&mut self, text: &str, options: Options) {
        let broken = RefCell::new(Vec::new());
        let parser = Parser::new_with_broken_link_callback(
            text,
            options,
            Some(|link: BrokenLink<'_>| {
                broken.borrow_mut().push(link.span.start);
                None
            }),
        );
        let mut containers = 0usize;
        let (mut in_code, mut in_link) = (None, false);
        for (event, range) in parser.into_offset_iter() {
            match event {
                Event::Start(Tag::BlockQuote(_) | Tag::List(_) | Tag::FootnoteDefinition(_)) => containers += 1,
                Event::End(TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::FootnoteDefinition) => {
                    containers = containers.saturating_sub(1);
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    if let CodeBlockKind::Fenced(language) = &kind {
                        self.fence(text, &range, language, containers == 0);
                    }
                    in_code = Some(kind);
                }
                Event::End(TagEnd::CodeBlock) => in_code = None,
                Event::Start(Tag::Link { dest_url, .. }) => {
                    if !SCHEMES.iter().any(|scheme| dest_url.starts_with(scheme)) {
                        self.escape(text, range.start);
                    }
                    in_link = true;
                }
                Event::End(TagEnd::Link) => in_link = false,
                Event::Start(Tag::Image { .. }) => self.escape(text, range.start),
                Event::Html(_) | Event::InlineHtml(_) => {
                    for (at, _) in text.get(range.clone()).unwrap_or("").match_indices('<') {
                        self.escape(text, range.start + at);
                    }
                }
                // A space that is none for Markdown makes a paragraph of indented code.
                Event::Text(_) if in_code == Some(CodeBlockKind::Indented) => {
                    let before = range.start.saturating_sub(1)..range.start;
                    if text.get(before.clone()) == Some(" ") {
                        self.replace(before, "\u{a0}");
                    }
                }
                Event::Text(_) if in_code.is_none() && !in_link => self.addresses(text, &range),
                _ => {}
            }
        }
        for at in broken.into_inner() {
            self.escape(text, at);
        }
    }

    /// Says of a code block that it is text: Rust, which it is otherwise, would be compiled and run by `cargo test`. One
    /// that nothing around it ends is closed.
    fn fence(&mut self, text: &str, range: &Range<usize>, language: &str, outermost: bool) {
        let block = text.get(range.clone()).unwrap_or("");
        let opening = block.lines().next().unwrap_or("");
        let content = opening.trim_start();
        let marker: String = content.chars().take_while(|character| matches!(character, '`' | '~')).collect();
        if language != "text" {
            let start = range.start + (opening.len() - content.len()) + marker.len();
            self.replace(start..range.start + opening.len(), "text");
        }
        let last = block.lines().skip(1).last().unwrap_or("").trim();
        let closed = last.starts_with(&marker) && last.chars().all(|character| marker.starts_with(character));
        if outermost && !closed {
            let end = range.start + block.trim_end().len();
            self.replace(end..text.len(), &format!("\n{marker}"));
        }
    }

    /// Puts bare addresses in angle brackets, as rustdoc wants them.
    fn addresses(&mut self, text: &str, range: &Range<usize>) {
        for (at, _) in text.get(range.clone()).unwrap_or("").match_indices("http") {
            let start = range.start + at;
            let rest = text.get(start..).unwrap_or("");
            if !rest.starts_with("http://") && !rest.starts_with("https://") {
                continue;
            }
            let ends = |character: char| character.is_whitespace() || "<>\"`'()[]{}|\\^*".contains(character);
            let address = rest.split(ends).next().unwrap_or("").trim_end_matches(['.', ',', ';', ':', '!', '?', '_']);
            self.replace(start..start + address.len(), &format!("<{address}>"));
        }
    }
}

/// Control characters, and those that change the direction of text (rustc refuses them in comments).
fn is_treacherous(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
