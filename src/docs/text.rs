//! Text by strangers as HTML that cannot do anything.
//!
//! In: CommonMark, addresses and URLs of a document. Out: HTML in which every tag is one of ours. Raw HTML becomes text,
//! links lead to `http`, `https` and `mailto` alone, and images become links, since loading one would tell its host who
//! reads the page.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use pulldown_cmark_escape::escape_html;

/// The schemes that a link may have.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];
/// Where a name may be broken into lines.
const BREAKS_AFTER: [char; 5] = ['.', '/', '_', ':', ','];
/// A part of a name that is longer than this, in characters, may be broken before its capitals, too.
const LONG: usize = 12;

/// Text with everything escaped that means something in HTML, in attributes as well.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Writing to a string cannot fail.
    let _ = escape_html(&mut out, text);
    out
}

/// A sentence of ours as HTML, begun with a capital: what stands between backticks, which are a stranger's words, is code.
pub(super) fn sentence(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for (index, part) in text.split('`').enumerate() {
        match index {
            0 => {
                let mut rest = part.chars();
                out.push_str(&escape(&rest.next().into_iter().flat_map(char::to_uppercase).collect::<String>()));
                out.push_str(&escape(rest.as_str()));
            }
            odd if odd % 2 == 1 => {
                out.push_str("<code>");
                out.push_str(&escape(part));
                out.push_str("</code>");
            }
            _ => out.push_str(&escape(part)),
        }
    }
    out
}

/// A URL, if it is one that a link may have.
pub(super) fn safe_url(url: &str) -> Option<String> {
    let url = url.trim();
    let (scheme, rest) = url.split_once(':')?;
    let allowed = SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let clean = !rest.is_empty() && !url.chars().any(|character| character.is_control() || character.is_whitespace());
    (allowed && clean).then(|| url.to_owned())
}

/// A name or address that may be long: it can be broken at its separators, and its parameters stand out.
pub(super) fn breakable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        push_broken(before, &mut out);
        out.push_str("<var>{");
        out.push_str(&escape(name));
        out.push_str("}</var>");
        rest = behind;
    }
    push_broken(rest, &mut out);
    out
}

fn push_broken(text: &str, out: &mut String) {
    for part in text.split_inclusive(BREAKS_AFTER) {
        let long = part.chars().count() > LONG;
        let mut begun = 0;
        for (at, character) in part.char_indices().filter(|_| long) {
            let before = part.get(begun..at).unwrap_or_default();
            if character.is_uppercase() && before.ends_with(|last: char| last.is_lowercase() || last.is_ascii_digit()) {
                out.push_str(&escape(before));
                out.push_str("<wbr>");
                begun = at;
            }
        }
        out.push_str(&escape(part.get(begun..).unwrap_or_default()));
        if part.ends_with(BREAKS_AFTER) {
            out.push_str("<wbr>");
        }
    }
}

/// CommonMark as HTML. Its headings stand below a heading of `level` (1 to 6), and skip none.
pub(super) fn markdown(text: &str, level: usize) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut filter = Filter { base: level, headings: Vec::new(), link: None, events: Vec::new() };
    for event in Parser::new_ext(text, options) {
        filter.push(event);
    }
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, filter.events.into_iter());
    out
}

const LEVELS: [HeadingLevel; 6] =
    [HeadingLevel::H1, HeadingLevel::H2, HeadingLevel::H3, HeadingLevel::H4, HeadingLevel::H5, HeadingLevel::H6];

/// What passes from the parser to the writer.
struct Filter<'t> {
    base: usize,
    /// The levels, as written, of the headings that the current place stands under.
    headings: Vec<HeadingLevel>,
    /// Within a link: its destination if it is kept, and whether it has any text yet.
    link: Option<(Option<String>, bool)>,
    events: Vec<Event<'t>>,
}

impl<'t> Filter<'t> {
    fn push(&mut self, event: Event<'t>) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => self.text(Event::Text(text)),
            Event::Start(Tag::HtmlBlock) => self.events.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => self.events.push(Event::End(TagEnd::Paragraph)),
            Event::Start(Tag::Link { dest_url, .. }) => self.open_link(&dest_url, ""),
            Event::Start(Tag::Image { dest_url, .. }) if self.link.is_none() => self.open_link(&dest_url, "Image: "),
            Event::Start(Tag::Image { .. }) => {}
            Event::End(TagEnd::Link | TagEnd::Image) => self.close_link(),
            Event::Start(Tag::Heading { level, .. }) => {
                self.headings.retain(|above| *above < level);
                self.headings.push(level);
                let level = self.level();
                self.events.push(Event::Start(Tag::Heading {
                    level,
                    id: None,
                    classes: Vec::new(),
                    attrs: Vec::new(),
                }));
            }
            Event::End(TagEnd::Heading(_)) => {
                let level = self.level();
                self.events.push(Event::End(TagEnd::Heading(level)));
            }
            Event::Text(_) | Event::Code(_) => self.text(event),
            other => self.events.push(other),
        }
    }

    fn text(&mut self, event: Event<'t>) {
        if let Some((_, has_text)) = &mut self.link {
            *has_text = true;
        }
        self.events.push(event);
    }

    /// The level on the page of the heading that was met last.
    fn level(&self) -> HeadingLevel {
        let depth = (self.base + self.headings.len()).clamp(1, LEVELS.len());
        LEVELS.get(depth - 1).copied().unwrap_or(HeadingLevel::H6)
    }

    fn open_link(&mut self, destination: &str, prefix: &'static str) {
        let kept = safe_url(destination);
        if let Some(url) = &kept {
            self.events.push(Event::InlineHtml(CowStr::from(format!("<a href=\"{}\">", escape(url)))));
        }
        if !prefix.is_empty() {
            self.events.push(Event::Text(CowStr::from(prefix)));
        }
        self.link = Some((kept, false));
    }

    /// The end of a link, or of an image within one, which has ended it already.
    fn close_link(&mut self) {
        let Some((Some(url), has_text)) = self.link.take() else { return };
        if !has_text {
            self.events.push(Event::Text(CowStr::from(url)));
        }
        self.events.push(Event::InlineHtml(CowStr::from("</a>")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_dense() {
        let html = markdown("### a\n\n# b\n\n#### c", 2);
        assert_eq!(html, "<h3>a</h3>\n<h3>b</h3>\n<h4>c</h4>\n");
    }

    #[test]
    fn names_are_broken_at_words() {
        for (name, expected) in [
            ("turnOn", "turnOn"),
            ("receiveLightMeasurement", "receive<wbr>Light<wbr>Measurement"),
            ("orders.{region}/v2", "orders.<wbr><var>{region}</var>/<wbr>v2"),
            ("HTTPRequest<b>Received", "HTTPRequest&lt;b&gt;Received"),
        ] {
            assert_eq!(breakable(name), expected);
        }
    }

    #[test]
    fn words_of_strangers_are_code() {
        assert_eq!(sentence("the `<a>` is no `b`"), "The <code>&lt;a&gt;</code> is no <code>b</code>");
        assert_eq!(sentence("`a"), "<code>a</code>");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn only_tags_of_ours() {
        for (text, expected) in [
            ("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n"),
            ("[a](javascript:x)", "<p>a</p>\n"),
            ("[a](java\tscript:x)", "<p>[a](java\tscript:x)</p>\n"),
            ("[](https://a.example)", "<p><a href=\"https://a.example\">https://a.example</a></p>\n"),
            ("![a](https://a.example/\"x)", "<p><a href=\"https://a.example/&quot;x\">Image: a</a></p>\n"),
            ("[![a](https://i.example)](https://a.example)", "<p><a href=\"https://a.example\">a</a></p>\n"),
        ] {
            assert_eq!(markdown(text, 1), expected, "{text}");
        }
    }

    #[test]
    fn urls_are_checked() {
        for refused in [
            "javascript:x",
            "JavaScript:x",
            " data:text/html,x",
            "//host",
            "x",
            "http:",
            "https://a b",
            "\u{1}https://a",
        ] {
            assert_eq!(safe_url(refused), None, "{refused}");
        }
        assert_eq!(safe_url(" HTTPS://a.example "), Some("HTTPS://a.example".to_owned()));
    }
}
