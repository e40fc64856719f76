//! Diagnostics as text with source excerpts, in the manner of rustc.

use super::{Diagnostic, Severity, Source, Sources, Span};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use std::borrow::Cow;

/// Lines of context shown before and after a place.
const CONTEXT_LINES: usize = 1;
/// A longer line is cut around the place: documents on a single line exist.
const EXCERPT_BYTES: usize = 2_000;

/// Renders diagnostics one after the other, each with the excerpt that it is about. `colour` is for terminals.
pub fn render_text<'d>(
    diagnostics: impl IntoIterator<Item = &'d Diagnostic>,
    sources: &Sources,
    colour: bool,
) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in diagnostics {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
            Severity::Hint => Level::HELP,
        };
        let mut group = Group::with_title(level.primary_title(printable(&diagnostic.message)).id(diagnostic.rule.id));
        if let Some(excerpt) = Excerpt::of(sources, diagnostic.span) {
            let related_here = diagnostic
                .related
                .iter()
                .filter_map(|related| Some((excerpt.range(related.span)?, related.message.as_str())));
            let mut snippet =
                excerpt.snippet().annotation(AnnotationKind::Primary.span(excerpt.clamped(diagnostic.span)));
            for (range, message) in related_here {
                snippet = snippet.annotation(AnnotationKind::Context.span(range).label(message));
            }
            group = group.element(snippet);
        }
        let elsewhere: Vec<(Excerpt<'_>, Span, &str)> = diagnostic
            .related
            .iter()
            .filter(|related| {
                Excerpt::of(sources, diagnostic.span).is_none_or(|excerpt| excerpt.range(related.span).is_none())
            })
            .filter_map(|related| Some((Excerpt::of(sources, related.span)?, related.span, related.message.as_str())))
            .collect();
        for (excerpt, span, message) in &elsewhere {
            let annotation = AnnotationKind::Context.span(excerpt.clamped(*span)).label(*message);
            group = group.element(excerpt.snippet().annotation(annotation));
        }
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(printable(help)));
        }
        out.push_str(renderer.render(&[group]).trim_end());
        out.push_str("\n\n");
    }
    out
}

/// A text from outside on one line, and without orders to the terminal: names of files and keys hold any character.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let escaped =
        text.chars().map(|one| if one.is_control() { one.escape_default().to_string() } else { one.to_string() });
    Cow::Owned(escaped.collect())
}

/// The lines around a span: the renderer reads all that it is given, so it is given little.
struct Excerpt<'s> {
    source: &'s Source,
    span_source: super::SourceId,
    first_line: usize,
    start: usize,
    end: usize,
}

impl<'s> Excerpt<'s> {
    fn of(sources: &'s Sources, span: Span) -> Option<Self> {
        let source = sources.get(span.source)?;
        let first = source.position(span.start).line;
        let last = source.position(span.end).line.min(first + 8);
        let first_line = first.saturating_sub(CONTEXT_LINES).max(1);
        let mut start = source.line_start(first_line);
        let mut end = source.line_start(last + 1 + CONTEXT_LINES);
        if end - start > EXCERPT_BYTES {
            let text = source.text();
            start = start.max(character_boundary(text, (span.start as usize).saturating_sub(EXCERPT_BYTES / 2)));
            end = end.min(character_boundary(text, (span.start as usize).saturating_add(EXCERPT_BYTES / 2))).max(start);
        }
        Some(Self { source, span_source: span.source, first_line, start, end })
    }

    fn snippet<'a>(&self) -> Snippet<'s, Annotation<'a>>
    where
        's: 'a,
    {
        let line = self.source.position(u32::try_from(self.start).unwrap_or(u32::MAX)).line;
        Snippet::source(self.source.text().get(self.start..self.end).unwrap_or(""))
            .path(printable(self.source.name()))
            .line_start(line.max(self.first_line))
    }

    /// The span relative to the excerpt, cut to it; a span of several lines is cut to its first.
    fn clamped(&self, span: Span) -> std::ops::Range<usize> {
        let length = self.end - self.start;
        let start = (span.start as usize).saturating_sub(self.start).min(length);
        let text = self.source.text().get(self.start + start..self.end).unwrap_or("");
        let line_end = start + text.find('\n').unwrap_or(text.len());
        let end = (span.end as usize).saturating_sub(self.start).min(line_end).max(start);
        start..end
    }

    /// The span relative to the excerpt, if it lies inside it.
    fn range(&self, span: Span) -> Option<std::ops::Range<usize>> {
        let inside =
            span.source == self.span_source && span.start as usize >= self.start && (span.end as usize) <= self.end;
        inside.then(|| self.clamped(span))
    }
}

/// The last character boundary at or before an offset.
fn character_boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
