//! Where a piece of desired state was written: files, byte spans, line and column.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One text of desired state: a file, or the output of a program.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The path as the user would write it, or a label such as `command:…`.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// Wraps a text that was read from `path`.
    pub fn new(path: impl AsRef<Path>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.as_ref().to_path_buf(), text: text.into() })
    }
}

/// Characters shown before and after a place at most.
const WIDTH: usize = 160;

/// A place in a source: the byte range of the offending text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The text that `start` and `end` count in.
    pub source: Arc<Source>,
    /// First byte.
    pub start: usize,
    /// Byte after the last; equal to `start` when only a point is known.
    pub end: usize,
}

impl Location {
    /// The range `start..end` of `source`, clamped to the text and to character boundaries.
    pub fn new(source: &Arc<Source>, start: usize, end: usize) -> Self {
        let floor = |mut at: usize| {
            at = at.min(source.text.len());
            while !source.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(start);
        Self { source: source.clone(), start, end: floor(end.max(start)) }
    }

    /// Sorts by path and place, without looking at the texts.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        (&self.source.path, self.start, self.end).cmp(&(&other.source.path, other.start, other.end))
    }

    /// Line and column, both from 1; the column counts characters.
    pub fn line_column(&self) -> (usize, usize) {
        let before = &self.source.text[..self.start];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// The line with a caret under the place, ready to print below a message.
    pub fn excerpt(&self) -> String {
        let text = &self.source.text;
        let from = text[..self.start].rfind('\n').map_or(0, |at| at + 1);
        let to = text[self.start..].find('\n').map_or(text.len(), |at| at + self.start);
        let number = self.line_column().0.to_string();
        let before: Vec<char> = text[from..self.start].chars().rev().take(WIDTH + 1).collect();
        let (dots, kept) = if before.len() > WIDTH { ("…", WIDTH / 2) } else { ("", before.len()) };
        let before: String = before[..kept].iter().rev().collect();
        let mut after: String = text[self.start..to].trim_end_matches('\r').chars().take(WIDTH).collect();
        // tabs keep their width so that the caret stands under its place
        let pad: String = dots.chars().chain(before.chars()).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let width = text[self.start..self.end.min(to).max(self.start)].chars().take(WIDTH).count().max(1);
        if text[self.start..to].chars().nth(WIDTH).is_some() {
            after.push('…');
        }
        let margin = " ".repeat(number.len());
        format!("{margin} |\n{number} | {dots}{before}{after}\n{margin} | {pad}{}", "^".repeat(width))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.source.path.display())
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
