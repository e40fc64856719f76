//! Who sends what where: the operations of a document as a drawing.
//!
//! In: operations with their channels. Out: SVG with links, whose colours come from the style sheet: what the application
//! receives stands to its left, what it sends to its right, in the order of the document; a side on which nothing stands
//! takes no room. Nothing overlaps: every channel has a row of its own, and texts are cut to the width of their box. The
//! same in words stands beside it on the page, and the same as a Mermaid drawing in its twin of text.

use super::text::escape;
use super::view::Operation;
use std::fmt::Write;

/// More channels on one side than this are no drawing any more.
const MOST_ROWS: usize = 60;
const BOX_WIDTH: usize = 320;
const MIDDLE_WIDTH: usize = 190;
/// Between a box and the application.
const REACH: usize = 70;
const ROW: usize = 26;
const GAP: usize = 12;
const PADDING: usize = 14;
/// With more channels than this on one side, operations stand without their addresses.
const SPACIOUS: usize = 6;
/// Characters that fit a box.
const LETTERS: usize = 39;
const MIDDLE_LETTERS: usize = 21;

/// A channel on one side, with the operations on it.
struct Station<'p> {
    href: String,
    title: &'p str,
    lines: Vec<(String, &'p str)>,
    /// Is the address shown?
    addressed: bool,
}

impl Station<'_> {
    fn height(&self) -> usize {
        match self.addressed {
            true => PADDING * 2 + ROW * self.lines.len() + 12,
            false => PADDING + ROW * (self.lines.len() - 1) + 12,
        }
    }
}

/// Those who take part in the drawing of one document, or of a part of it.
struct Sides<'p> {
    left: Vec<Station<'p>>,
    right: Vec<Station<'p>>,
}

impl<'p> Sides<'p> {
    /// `None` where there is nothing to draw, or too much. Each operation comes with the file of its page, which is empty
    /// for the page that the drawing is for.
    fn new(operations: &[(&'p Operation, &str)]) -> Option<Self> {
        let side = |action: &str| {
            let mut stations: Vec<Station<'_>> = Vec::new();
            for (operation, page) in operations.iter().filter(|(operation, _)| operation.action == action) {
                let Some(channel) = &operation.channel else { continue };
                let file = if channel.page.is_empty() { page } else { channel.page.as_str() };
                let line = (format!("{page}#{}", operation.id), operation.title.as_deref().unwrap_or(&operation.key));
                let href = format!("{file}#{}", channel.id);
                match stations.iter_mut().find(|station| station.href == href) {
                    Some(station) => station.lines.push(line),
                    None => stations.push(Station { href, title: &channel.title, lines: vec![line], addressed: true }),
                }
            }
            stations
        };
        let (mut left, mut right) = (side("receive"), side("send"));
        let most = left.len().max(right.len());
        for station in left.iter_mut().chain(&mut right) {
            station.addressed = most <= SPACIOUS;
        }
        (1..=MOST_ROWS).contains(&most).then_some(Self { left, right })
    }
}

/// The drawing; `None` where there is nothing to draw, or too much.
pub(super) fn draw(title: &str, operations: &[(&Operation, &str)]) -> Option<String> {
    let Sides { left, right } = Sides::new(operations)?;
    let room = |stations: &[Station<'_>]| if stations.is_empty() { 0 } else { BOX_WIDTH + REACH };
    let middle_x = room(&left) + 1;
    let width = middle_x + MIDDLE_WIDTH + room(&right) + 1;
    let height = |stations: &[Station<'_>]| stations.iter().map(|station| station.height() + GAP).sum::<usize>();
    let total = height(&left).max(height(&right)).max(80) - GAP + 8;
    let middle = total / 2;
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<svg class=\"flow\" viewBox=\"0 0 {width} {total}\" width=\"{width}\" height=\"{total}\" role=\"group\" aria-labelledby=\"flow-title flow-about\">\
         <title id=\"flow-title\">What {} sends and receives</title>\
         <desc id=\"flow-about\">{} received from, {} sent to. The list below says the same.</desc>",
        escape(title),
        channels(left.len()),
        channels(right.len()),
    );
    for (stations, action) in [(&left, "receive"), (&right, "send")] {
        let mut y = 4 + (total - 8 - (height(stations).max(GAP) - GAP)) / 2;
        for station in stations {
            let at = y + station.height() / 2;
            let (from, to) = match action {
                "receive" => ((1 + BOX_WIDTH, at), (middle_x, middle)),
                _ => ((middle_x + MIDDLE_WIDTH, middle), (width - BOX_WIDTH - 1, at)),
            };
            edge(from, to, action, &mut out);
            station_box(station, if action == "receive" { 1 } else { width - BOX_WIDTH - 1 }, y, action, &mut out);
            y += station.height() + GAP;
        }
    }
    let lines = two_lines(title, MIDDLE_LETTERS);
    let _ = write!(
        out,
        "<rect class=\"application\" x=\"{middle_x}\" y=\"{}\" width=\"{MIDDLE_WIDTH}\" height=\"56\" rx=\"8\"/>",
        middle.saturating_sub(28),
    );
    for (index, line) in lines.iter().enumerate() {
        let _ = write!(
            out,
            "<text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            middle_x + MIDDLE_WIDTH / 2,
            (middle + 5 + 18 * index).saturating_sub(9 * (lines.len() - 1)),
            escape(line),
        );
    }
    out.push_str("</svg>");
    Some(out)
}

/// The same as a drawing in the language of Mermaid; `None` where there is nothing to draw, or too much.
pub(super) fn mermaid(title: &str, operations: &[Operation]) -> Option<String> {
    let operations: Vec<(&Operation, &str)> = operations.iter().map(|operation| (operation, "")).collect();
    let Sides { left, right } = Sides::new(&operations)?;
    let mut out = format!("flowchart LR\n  application([{}])", mermaid_text(title));
    let both = left.iter().map(|station| (station, true)).chain(right.iter().map(|station| (station, false)));
    for (number, (station, receives)) in both.enumerate() {
        let channel = format!("channel{}[{}]", number + 1, mermaid_text(station.title));
        for (at, (_, operation)) in station.lines.iter().enumerate() {
            let channel = if at == 0 { channel.as_str() } else { channel.split('[').next().unwrap_or_default() };
            let operation = mermaid_text(operation);
            let _ = match receives {
                true => write!(out, "\n  {channel} -->|{operation}| application"),
                false => write!(out, "\n  application -->|{operation}| {channel}"),
            };
        }
    }
    Some(out)
}

/// Text within quotes in which nothing has a meaning to Mermaid or to HTML, in one line.
fn mermaid_text(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            plain if plain.is_alphanumeric() || " -_./:,+".contains(plain) => out.push(plain),
            control if control.is_control() => out.push(' '),
            other => {
                let _ = write!(out, "#{};", u32::from(other));
            }
        }
    }
    out + "\""
}

fn channels(count: usize) -> String {
    format!("{count} channel{}", if count == 1 { " is" } else { "s are" })
}

/// A line that leaves and arrives level, with its arrow.
fn edge(from: (usize, usize), to: (usize, usize), action: &str, out: &mut String) {
    let ((x1, y1), (x2, y2)) = (from, to);
    let bend = (x1 + x2) / 2;
    let tip = x2 - 8;
    let _ = write!(
        out,
        "<path class=\"edge {action}\" d=\"M{x1} {y1}C{bend} {y1} {bend} {y2} {tip} {y2}\"/>\
         <path class=\"tip {action}\" d=\"M{x2} {y2}l-9 -5v10z\"/>"
    );
}

fn station_box(station: &Station<'_>, x: usize, y: usize, action: &str, out: &mut String) {
    let height = station.height();
    let text_x = x + PADDING;
    let _ = write!(
        out,
        "<rect class=\"station {action}\" x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{height}\" rx=\"6\"/>"
    );
    let address = station.addressed.then_some((&station.href, station.title, "address".to_owned()));
    let operations = station.lines.iter().map(|(href, title)| (href, *title, format!("operation {action}")));
    let first = if station.addressed { y + PADDING + 12 } else { y + PADDING / 2 + 11 };
    for (index, (href, text, class)) in address.into_iter().chain(operations).enumerate() {
        let _ = write!(
            out,
            "<a href=\"{}\"><text class=\"{class}\" x=\"{text_x}\" y=\"{}\">{}</text></a>",
            escape(href),
            first + ROW * index,
            escape(&cut_middle(text, LETTERS)),
        );
    }
}

/// A name of at most `most` columns: what tells it from others is at its end as often as at its beginning.
fn cut_middle(text: &str, most: usize) -> String {
    let beginning = cut(text, most / 3);
    if !beginning.ends_with('…') || cut(text, most) == text {
        return cut(text, most);
    }
    let reversed: String = text.chars().rev().collect();
    let end = cut(&reversed, most - most / 3);
    beginning.trim_end_matches('…').to_owned() + &end.chars().rev().collect::<String>()
}

/// Text in one line of at most `most` columns, or in two, broken at a space where that is possible.
fn two_lines(text: &str, most: usize) -> Vec<String> {
    let whole = cut(text, most);
    let mut ends = text.match_indices(' ').map(|(at, _)| at);
    let fits = |at: &usize| text.get(..*at).is_some_and(|first| cut(first, most) == first);
    match ends.rfind(fits).and_then(|at| text.split_at_checked(at)) {
        Some((first, rest)) if whole != text => vec![first.to_owned(), cut(rest.trim_start(), most)],
        _ => vec![whole],
    }
}

/// Text of at most `most` columns: letters of scripts that are written wide count twice.
fn cut(text: &str, most: usize) -> String {
    let wide = |character: char| if u32::from(character) >= 0x1100 { 2 } else { 1 };
    if text.chars().map(wide).sum::<usize>() <= most {
        return text.to_owned();
    }
    let mut width = 1;
    let mut out: String = text
        .chars()
        .take_while(|character| {
            width += wide(*character);
            width <= most
        })
        .collect();
    out.push('…');
    out
}
