//! SQL text together with where each part of it was written.
//!
//! The SQL reader works on fragments only. A fragment of an SQL file is the file's own text; a fragment composed
//! from YAML is generated text with the values of the file in between, and remembers where each of them stands.

use std::ops::Range;
use std::sync::Arc;

use crate::source::{Location, Source};

/// A stretch of a fragment's SQL that comes from one place of the source.
#[derive(Debug, Clone)]
struct Piece {
    /// Byte offset in the SQL at which the stretch begins.
    at: usize,
    /// Byte offset in the source.
    start: usize,
    /// Byte after the last in the source; only used by generated text.
    end: usize,
    /// Whether the stretch is a copy of the source, byte by byte.
    copied: bool,
}

/// One or more SQL statements with the place of every byte.
#[derive(Debug, Clone)]
pub struct Fragment {
    /// The statements, as text for the parser.
    pub sql: String,
    source: Arc<Source>,
    pieces: Vec<Piece>,
    hints: Vec<(Range<usize>, String)>,
}

impl Fragment {
    /// The file from a byte of the SQL on, when the SQL stands there as it is.
    pub fn rest(&self, at: usize) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece { at: 0, start, copied: true, .. }] => self.source.text.get(start + at..),
            _ => None,
        }
    }

    /// A part of an SQL file as it stands there; `range` counts bytes of `source`.
    pub fn verbatim(source: &Arc<Source>, range: Range<usize>) -> Self {
        let sql = source.text.get(range.clone()).unwrap_or_default().to_owned();
        let piece = Piece { at: 0, start: range.start, end: range.end, copied: true };
        Self { sql, source: source.clone(), pieces: vec![piece], hints: vec![] }
    }

    /// A part of it as a fragment of its own; `range` counts bytes of `sql`.
    pub fn part(&self, range: Range<usize>) -> Self {
        let sql = self.sql.get(range.clone()).unwrap_or_default().to_owned();
        let first = self.pieces.partition_point(|piece| piece.at <= range.start).saturating_sub(1);
        let pieces = self.pieces.iter().skip(first).take_while(|piece| piece.at < range.end).map(|piece| {
            let skipped = if piece.copied { range.start.saturating_sub(piece.at) } else { 0 };
            Piece { at: piece.at.saturating_sub(range.start), start: piece.start + skipped, ..piece.clone() }
        });
        let hints = self.hints.iter().filter(|(at, _)| range.contains(&at.start));
        let hints = hints.map(|(at, hint)| (at.start - range.start..at.end - range.start, hint.clone()));
        Self { sql, source: self.source.clone(), pieces: pieces.collect(), hints: hints.collect() }
    }

    /// The file that the fragment comes from.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Where the fragment begins.
    pub fn place(&self) -> Location {
        self.locate(0)
    }

    /// Where the byte `offset` of `sql` was written. Generated text stands where the key that caused it stands.
    pub fn locate(&self, offset: usize) -> Location {
        self.locate_range(offset..offset)
    }

    /// Where a range of `sql` was written; ends early when the range leaves the stretch in which it begins.
    pub fn locate_range(&self, range: Range<usize>) -> Location {
        let after = self.pieces.partition_point(|piece| piece.at <= range.start);
        let Some(piece) = after.checked_sub(1).and_then(|at| self.pieces.get(at)) else {
            return Location::new(&self.source, 0, 0);
        };
        if !piece.copied {
            return Location::new(&self.source, piece.start, piece.end);
        }
        let limit = self.pieces.get(after).map_or(self.sql.len(), |next| next.at);
        let end = range.end.clamp(range.start, limit.max(range.start));
        Location::new(&self.source, piece.start + (range.start - piece.at), piece.start + (end - piece.at))
    }

    /// What to tell the user when a name at this offset does not resolve, if the reader of the file knows.
    pub fn hint(&self, offset: usize) -> Option<&str> {
        self.hints.iter().find(|(range, _)| range.contains(&offset)).map(|(_, hint)| hint.as_str())
    }
}

/// Builds a [`Fragment`] from generated text and values of a file.
#[derive(Debug, Clone)]
pub struct FragmentBuilder {
    fragment: Fragment,
    /// The span in the source that generated text is blamed on.
    cause: Range<usize>,
}

impl FragmentBuilder {
    /// Starts an empty fragment; generated text is blamed on `cause`, a byte range of `source`.
    pub fn new(source: &Arc<Source>, cause: Range<usize>) -> Self {
        let fragment = Fragment { sql: String::new(), source: source.clone(), pieces: vec![], hints: vec![] };
        Self { fragment, cause }
    }

    /// The file that the fragment comes from.
    pub fn source(&self) -> &Arc<Source> {
        &self.fragment.source
    }

    /// Blames the generated text that follows on another range of the source.
    pub fn because_of(&mut self, cause: Range<usize>) -> &mut Self {
        self.cause = cause;
        self
    }

    /// Appends generated text.
    pub fn push_text(&mut self, text: &str) -> &mut Self {
        let Range { start, end } = self.cause.clone();
        let known =
            self.fragment.pieces.last().is_some_and(|last| !last.copied && (last.start, last.end) == (start, end));
        if !known {
            self.piece(start, end, false);
        }
        self.fragment.sql.push_str(text);
        self
    }

    /// Appends text of the source. `map` says where it stands: pairs of an offset in `text` and one in the source,
    /// in rising order, each valid up to the next.
    pub fn push_mapped(&mut self, text: &str, map: &[(usize, usize)]) -> &mut Self {
        let base = self.fragment.sql.len();
        for (at, start) in map {
            self.fragment.pieces.push(Piece { at: base + at, start: *start, end: *start, copied: true });
        }
        self.fragment.sql.push_str(text);
        self
    }

    /// Attaches a hint to the last `length` bytes.
    pub fn hint_last(&mut self, length: usize, hint: String) -> &mut Self {
        let end = self.fragment.sql.len();
        self.fragment.hints.push((end.saturating_sub(length)..end, hint));
        self
    }

    /// Appends another fragment of the same source.
    pub fn push_fragment(&mut self, other: &Fragment) -> &mut Self {
        let base = self.fragment.sql.len();
        let moved = other.pieces.iter().map(|piece| Piece { at: piece.at + base, ..piece.clone() });
        self.fragment.pieces.extend(moved);
        let hints = other.hints.iter().map(|(range, hint)| (range.start + base..range.end + base, hint.clone()));
        self.fragment.hints.extend(hints);
        self.fragment.sql.push_str(&other.sql);
        self
    }

    /// The finished fragment.
    pub fn finish(self) -> Fragment {
        self.fragment
    }

    fn piece(&mut self, start: usize, end: usize, copied: bool) {
        self.fragment.pieces.push(Piece { at: self.fragment.sql.len(), start, end, copied });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbatim_maps_by_offset() {
        let source = Source::new("a.sql", "-- x\nselect 1;\nselect 2;\n");
        let fragment = Fragment::verbatim(&source, 15..24);
        assert_eq!(fragment.sql, "select 2;");
        assert_eq!(fragment.locate(7).to_string(), "a.sql:3:8");
    }

    #[test]
    fn parts_keep_their_places() {
        let source = Source::new("a.sql", "-- x\nselect 1;\nselect 2;\n");
        let part = Fragment::verbatim(&source, 5..25).part(10..19);
        assert_eq!(part.sql, "select 2;");
        assert_eq!(part.locate(7).to_string(), "a.sql:3:8");
    }

    #[test]
    fn generated_text_is_blamed_on_its_cause() {
        let source = Source::new("a.yaml", "key: a + b\n");
        let mut builder = FragmentBuilder::new(&source, 0..3);
        builder.push_text("SELECT (").push_mapped("a + b", &[(0, 5)]).push_text(")");
        let fragment = builder.finish();
        assert_eq!(fragment.locate(2).start, 0);
        assert_eq!(fragment.locate(12).start, 9);
        assert_eq!(fragment.locate(13).start, 0);
        assert_eq!(fragment.locate_range(8..13).end, 10);
    }
}
