//! Who sends what where: the operations of a document as a drawing.
//!
//! In: operations with their channels. Out: SVG with links, whose colours come from the style sheet: what the application
//! receives stands to its left, what it sends to its right, in the order of the document. Nothing overlaps: every channel
//! has a row of its own, and texts are cut to the width of their box. The same in words stands beside it on the page.

use super::text::escape;
use super::view::Operation;
use std::fmt::Write;

/// More channels on one side than this are no drawing any more.
const MOST_ROWS: usize = 60;
const WIDTH: usize = 880;
const BOX_WIDTH: usize = 300;
const MIDDLE_WIDTH: usize = 150;
const ROW: usize = 26;
const GAP: usize = 16;
const PADDING: usize = 14;
/// Characters that fit a box.
const LETTERS: usize = 36;
const MIDDLE_LETTERS: usize = 16;

/// A channel on one side, with the operations on it.
struct Station<'p> {
    href: String,
    title: &'p str,
    lines: Vec<(String, &'p str)>,
}

impl Station<'_> {
    fn height(&self) -> usize {
        PADDING * 2 + ROW * self.lines.len() + 12
    }
}

/// The drawing; `None` where there is nothing to draw, or too much.
pub(super) fn draw(title: &str, operations: &[Operation]) -> Option<String> {
    let side = |action: &str| {
        let mut stations: Vec<Station<'_>> = Vec::new();
        for operation in operations.iter().filter(|operation| operation.action == action) {
            let Some(channel) = &operation.channel else { continue };
            let line = (operation_href(operation), operation.title.as_deref().unwrap_or(&operation.key));
            let href = format!("{}#{}", channel.page, channel.id);
            match stations.iter_mut().find(|station| station.href == href) {
                Some(station) => station.lines.push(line),
                None => stations.push(Station { href, title: &channel.title, lines: vec![line] }),
            }
        }
        stations
    };
    let (left, right) = (side("receive"), side("send"));
    let most = left.len().max(right.len());
    if most == 0 || most > MOST_ROWS {
        return None;
    }
    let height = |stations: &[Station<'_>]| stations.iter().map(|station| station.height() + GAP).sum::<usize>();
    let total = height(&left).max(height(&right)).max(80) - GAP + 8;
    let middle = total / 2;
    let middle_x = (WIDTH - MIDDLE_WIDTH) / 2;
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<svg class=\"flow\" viewBox=\"0 0 {WIDTH} {total}\" width=\"{WIDTH}\" height=\"{total}\" role=\"group\" aria-labelledby=\"flow-title flow-about\">\
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
                "receive" => ((BOX_WIDTH, at), (middle_x, middle)),
                _ => ((middle_x + MIDDLE_WIDTH, middle), (WIDTH - BOX_WIDTH, at)),
            };
            edge(from, to, action, &mut out);
            station_box(station, if action == "receive" { 0 } else { WIDTH - BOX_WIDTH }, y, action, &mut out);
            y += station.height() + GAP;
        }
    }
    let _ = write!(
        out,
        "<rect class=\"application\" x=\"{middle_x}\" y=\"{}\" width=\"{MIDDLE_WIDTH}\" height=\"56\" rx=\"8\"/>\
         <text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></svg>",
        middle.saturating_sub(28),
        WIDTH / 2,
        middle + 5,
        escape(&cut(title, MIDDLE_LETTERS)),
    );
    Some(out)
}

fn operation_href(operation: &Operation) -> String {
    format!("{}#{}", operation.page, operation.id)
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
        "<rect class=\"station {action}\" x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{height}\" rx=\"6\"/>\
         <a href=\"{}\"><text class=\"address\" x=\"{text_x}\" y=\"{}\">{}</text></a>",
        escape(&station.href),
        y + PADDING + 12,
        escape(&cut_middle(station.title, LETTERS)),
    );
    for (index, (href, title)) in station.lines.iter().enumerate() {
        let _ = write!(
            out,
            "<a href=\"{}\"><text class=\"operation {action}\" x=\"{text_x}\" y=\"{}\">{}</text></a>",
            escape(href),
            y + PADDING + 12 + ROW * (index + 1),
            escape(&cut(title, LETTERS)),
        );
    }
}

/// An address of at most `most` columns: what tells it from others is at its end as often as at its beginning.
fn cut_middle(text: &str, most: usize) -> String {
    let beginning = cut(text, most / 3);
    if !beginning.ends_with('…') || cut(text, most) == text {
        return cut(text, most);
    }
    let reversed: String = text.chars().rev().collect();
    let end = cut(&reversed, most - most / 3);
    beginning.trim_end_matches('…').to_owned() + &end.chars().rev().collect::<String>()
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
