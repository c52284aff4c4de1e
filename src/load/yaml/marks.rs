//! Where the keys and values of a document stand, and the checks that need nothing but the places.

use std::ops::Range;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::error::{Error, Result};
use crate::source::{Location, Source};

/// Maps and lists may stand in each other this deep.
const MAX_DEPTH: usize = 64;

/// The place of a node, with the same shape as the values.
#[derive(Debug)]
pub struct Mark {
    /// Byte range in the source.
    pub span: Range<usize>,
    /// The shape.
    pub kind: MarkKind,
}

/// The shape of a node.
#[derive(Debug)]
pub enum MarkKind {
    /// A scalar with its text.
    Scalar {
        /// The text, unquoted.
        text: String,
        /// How it is written.
        style: ScalarStyle,
    },
    /// A list.
    List(Vec<Mark>),
    /// A map.
    Map(Vec<(Mark, Mark)>),
}

/// A map or list whose end has not come yet.
struct Open {
    start: usize,
    map: bool,
    children: Vec<Mark>,
}

/// Reads the marks of the one document in `text`, which begins at byte `base` of the source; `None` when there is none.
pub fn read(source: &Arc<Source>, text: &str, base: usize) -> Result<Option<Mark>> {
    let offsets: Vec<usize> = text.char_indices().map(|(at, _)| base + at).chain([source.text.len()]).collect();
    let byte = |index: usize| offsets.get(index).copied().unwrap_or(source.text.len());
    let mut open: Vec<Open> = vec![];
    let mut root: Option<Mark> = None;
    let mut documents = 0;
    let mut scalars: Vec<Range<usize>> = vec![];
    for event in Parser::new_from_str(text) {
        let (event, span) = event
            .map_err(|error| syntax_error(source, base, error.marker().line(), error.marker().col(), error.info()))?;
        let span = byte(span.start.index())..byte(span.end.index());
        let place = Location::new(source, span.start, span.end);
        refuse_extras(&event, &place)?;
        let done = match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    let error = Error::new("several documents in one file").at(&place);
                    return Err(error.hint("put each document in a file of its own"));
                }
                None
            }
            Event::Scalar(text, style, ..) => {
                scalars.push(span.clone());
                Some(Mark { span, kind: MarkKind::Scalar { text: text.into_owned(), style } })
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if open.len() >= MAX_DEPTH {
                    return Err(Error::new(format!("nested deeper than {MAX_DEPTH} levels")).at(&place));
                }
                let map = matches!(event, Event::MappingStart(..));
                open.push(Open { start: span.start, map, children: vec![] });
                None
            }
            Event::MappingEnd | Event::SequenceEnd => open.pop().map(|open| close(source, open, span.end)),
            _ => None,
        };
        if let Some(mark) = done {
            match open.last_mut() {
                Some(parent) => parent.children.push(mark),
                None => root = Some(mark),
            }
        }
    }
    let outside = |tab: usize| {
        let before = scalars.partition_point(|span| span.start <= tab);
        before.checked_sub(1).and_then(|at| scalars.get(at)).is_none_or(|span| tab >= span.end)
    };
    if let Some(at) = indenting_tab(&source.text, outside) {
        return Err(tab_error(source, at));
    }
    Ok(root)
}

fn close(source: &Arc<Source>, open: Open, end: usize) -> Mark {
    // a block ends where the next one begins; messages should not point there
    let text = source.text.get(open.start..end).unwrap_or_default();
    let span = open.start..open.start + text.trim_end().len();
    let mut children = open.children.into_iter();
    if !open.map {
        return Mark { span, kind: MarkKind::List(children.collect()) };
    }
    let mut pairs = vec![];
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        pairs.push((key, value));
    }
    Mark { span, kind: MarkKind::Map(pairs) }
}

fn refuse_extras(event: &Event<'_>, place: &Location) -> Result<()> {
    let (anchor, tagged) = match event {
        Event::Alias(_) => (true, false),
        Event::Scalar(_, _, anchor, tag) => (*anchor > 0, tag.is_some()),
        Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => (*anchor > 0, tag.is_some()),
        _ => (false, false),
    };
    if anchor {
        let error = Error::new("anchors and aliases (& and *) are not supported").at(place);
        return Err(error.hint("write the value out, so that each object can be read where it stands"));
    }
    if tagged {
        let error = Error::new("tags (!) are not supported").at(place);
        return Err(error.hint("put the value in quotes when the ! belongs to it"));
    }
    Ok(())
}

/// A syntax error at a line (from 1) and column (from 0); blames a tab in the indentation when there is one.
pub fn syntax_error(source: &Arc<Source>, base: usize, line: usize, column: usize, message: &str) -> Error {
    let mut starts = std::iter::once(base).chain(source.text.match_indices('\n').map(|(at, _)| at + 1));
    let start = starts.nth(line.saturating_sub(1)).unwrap_or(source.text.len());
    if let Some(at) = indenting_tab(&source.text, |_| true).filter(|at| *at <= start + column) {
        return tab_error(source, at);
    }
    let rest = &source.text[start.max(base)..];
    let at = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
    let at = start.max(base) + at.min(rest.find('\n').unwrap_or(rest.len()));
    Error::new(message.to_lowercase()).at(&Location::new(source, at, at))
}

fn tab_error(source: &Arc<Source>, at: usize) -> Error {
    let error = Error::new("a tab in the indentation").at(&Location::new(source, at, at + 1));
    error.hint("YAML is indented with spaces only")
}

/// The first tab in the white space that begins a line, among those that `relevant` accepts by their place.
fn indenting_tab(text: &str, relevant: impl Fn(usize) -> bool) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let blank = line[indent..].trim().is_empty();
        if let Some(at) = line[..indent].find('\t').filter(|at| !blank && relevant(start + at)) {
            return Some(start + at);
        }
        start += line.len();
    }
    None
}

/// Maps a scalar's text onto the source, byte by byte: pairs of offsets, each valid up to the next pair.
/// Characters that have no place of their own (folded line breaks) take the place of what follows or precedes.
pub fn align(source: &str, text: &str, span: &Range<usize>, style: ScalarStyle) -> Vec<(usize, usize)> {
    let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    let mut at = span.start + usize::from(quoted);
    let mut map: Vec<(usize, usize)> = vec![];
    for (offset, wanted) in text.char_indices() {
        if !wanted.is_whitespace() {
            at = skip_blank(source, at, span.end, style);
        }
        // a new pair only where the text and the source stop running in parallel
        if map.last().is_none_or(|(text_at, source_at)| offset - text_at != at.wrapping_sub(*source_at)) {
            map.push((offset, at));
        }
        let rest = source.get(at..span.end).unwrap_or_default();
        at += match rest.chars().next() {
            Some('\\') if style == ScalarStyle::DoubleQuoted => escape_length(rest),
            Some('\'') if style == ScalarStyle::SingleQuoted && rest.starts_with("''") => 2,
            Some('\r') if rest.starts_with("\r\n") => 2,
            Some(found) if found == wanted || found.is_whitespace() => found.len_utf8(),
            _ => 0,
        };
    }
    if map.is_empty() { vec![(0, span.start)] } else { map }
}

fn skip_blank(source: &str, mut at: usize, end: usize, style: ScalarStyle) -> usize {
    loop {
        let rest = source.get(at..end).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        at += blank;
        let rest = &rest[blank..];
        let continued = style == ScalarStyle::DoubleQuoted && (rest.starts_with("\\\n") || rest.starts_with("\\\r\n"));
        if !continued {
            return at;
        }
        at += 1;
    }
}

fn escape_length(rest: &str) -> usize {
    let second = rest[1..].chars().next();
    let length = match second {
        Some('x') => 4,
        Some('u') => 6,
        Some('U') => 10,
        Some(other) => 1 + other.len_utf8(),
        None => 1,
    };
    length.min(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns_every_style() {
        let source = "'it''s  x' \"a\\tb\\u0041c\" |\n    one\n      two\n";
        let at = |text: &str, span: Range<usize>, style, offset: usize| {
            let map = align(source, text, &span, style);
            let (text_at, source_at) = map[map.partition_point(|pair| pair.0 <= offset) - 1];
            source_at + offset - text_at
        };
        assert_eq!(at("it's  x", 0..10, ScalarStyle::SingleQuoted, 6), 8);
        assert_eq!(at("a\tbAc", 11..24, ScalarStyle::DoubleQuoted, 4), 22);
        let block = source.find("one").unwrap();
        assert_eq!(at("one\n  two\n", block..source.len(), ScalarStyle::Literal, 6), source.find("two").unwrap());
    }
}
