//! The document as a tree whose every key and value knows its place: `serde_yaml` decides what the values are,
//! `saphyr-parser` where they stand, and both are walked in lock step.

use std::ops::Range;
use std::sync::Arc;

use super::marks::{self, Mark, MarkKind};
use super::raw::Raw;
use crate::error::{Error, Result};
use crate::source::{Location, Source};

/// A scalar of the file: its text and where each byte of it stands.
#[derive(Debug, Clone, Default)]
pub struct Scalar {
    /// The value; for numbers and booleans the text as written.
    pub text: String,
    /// Byte range in the source, with quotes.
    pub span: Range<usize>,
    /// Pairs of offsets in `text` and in the source, each valid up to the next pair.
    pub map: Vec<(usize, usize)>,
    /// `true` or `false` as YAML sees it.
    pub boolean: Option<bool>,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// Text, a number or a boolean.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file.
    Map(Vec<Entry>),
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Byte range in the source.
    pub span: Range<usize>,
    /// The file.
    pub source: Arc<Source>,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key, always a string.
    pub key: Scalar,
    /// What stands behind it.
    pub value: Node,
}

impl Node {
    /// Where the node stands.
    pub fn location(&self) -> Location {
        Location::new(&self.source, self.span.start, self.span.end)
    }

    /// A failure at this node.
    pub fn error(&self, message: impl Into<String>) -> Error {
        Error::new(message).at(&self.location())
    }

    /// What the node is, with its article, for messages.
    pub fn describe(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The entries of a map; anything else is an error.
    pub fn map(&self) -> Result<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Ok(entries),
            _ => Err(self.unexpected("a map")),
        }
    }

    /// The items of a list; anything else is an error.
    pub fn list(&self) -> Result<&[Node]> {
        match &self.value {
            Value::List(items) => Ok(items),
            _ => Err(self.unexpected("a list")),
        }
    }

    /// The text of a scalar that is not empty; anything else is an error.
    pub fn text(&self) -> Result<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) if !scalar.text.trim().is_empty() => Ok(scalar),
            Value::Scalar(_) => Err(self.error("the value is empty")),
            _ => Err(self.unexpected("a single value")),
        }
    }

    /// The text of a scalar that may be empty.
    pub fn any_text(&self) -> Result<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Ok(scalar),
            _ => Err(self.unexpected("a single value")),
        }
    }

    /// `true` or `false`, spelt like that.
    pub fn boolean(&self) -> Result<bool> {
        let scalar = self.text()?;
        match scalar.boolean {
            Some(value) if scalar.text == value.to_string() => Ok(value),
            _ => Err(self
                .error(format!("expected true or false, found \"{}\"", scalar.text))
                .hint("booleans are written true and false, in small letters and without quotes")),
        }
    }

    /// A list, or one value that stands for a list of one.
    pub fn items(&self) -> Result<&[Node]> {
        match &self.value {
            Value::List(items) => Ok(items),
            Value::Scalar(_) => Ok(std::slice::from_ref(self)),
            _ => Err(self.unexpected("a list")),
        }
    }

    /// The error for a node of the wrong kind.
    pub fn unexpected(&self, wanted: &str) -> Error {
        let error = self.error(format!("expected {wanted}, found {}", self.describe()));
        match (&self.value, wanted) {
            (Value::Null, "a map") => error.hint("write {} for an empty map, or leave the key out"),
            (Value::Null, _) => error.hint("give a value, or leave the key out"),
            _ => error,
        }
    }
}

/// Reads the one document of a source; `None` when there is none.
pub fn read(source: &Arc<Source>) -> Result<Option<Node>> {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let base = source.text.len() - text.len();
    if let Some(at) = text.find('\0') {
        return Err(Error::new("a NUL character in a YAML file").at(&Location::new(source, base + at, base + at + 1)));
    }
    // readers differ in what a block at the very end of a file is when the last line has no end
    let mut text = text.to_owned();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let Some(mark) = marks::read(source, &text, base)? else { return Ok(None) };
    let raw = Raw::read(source, &text, base)?;
    pair(source, raw, mark).map(Some)
}

/// Walks the values and the marks side by side; the depth is bounded by the reader of the marks.
fn pair(source: &Arc<Source>, raw: Raw, mark: Mark) -> Result<Node> {
    let span = mark.span.clone();
    let place = Location::new(source, span.start, span.end);
    let value = match (raw, mark.kind) {
        (Raw::Null, MarkKind::Scalar { .. }) => Value::Null,
        (Raw::Map(pairs), MarkKind::Map(marks)) if pairs.len() == marks.len() => {
            let mut entries: Vec<Entry> = Vec::with_capacity(pairs.len());
            let mut seen = std::collections::BTreeMap::new();
            for ((raw_key, raw_value), (key, value)) in pairs.into_iter().zip(marks) {
                let key = read_key(source, raw_key, key)?;
                if let Some(first) = seen.insert(key.text.clone(), key.span.clone()) {
                    let (line, _) = Location::new(source, first.start, first.end).line_column();
                    let place = Location::new(source, key.span.start, key.span.end);
                    let message = format!("duplicate key \"{}\"", key.text);
                    return Err(Error::new(message).at(&place).hint(format!("it was first given on line {line}")));
                }
                entries.push(Entry { key, value: pair(source, raw_value, value)? });
            }
            Value::Map(entries)
        }
        (Raw::List(items), MarkKind::List(marks)) if items.len() == marks.len() => {
            let nodes = items.into_iter().zip(marks).map(|(raw, mark)| pair(source, raw, mark));
            Value::List(nodes.collect::<Result<_>>()?)
        }
        (raw, MarkKind::Scalar { text, style }) => {
            refuse_nul(&text, &place)?;
            let boolean = if let Raw::Bool(value) = raw { Some(value) } else { None };
            if let Raw::Text(value) = &raw
                && *value != text
            {
                return Err(ambiguous(&place));
            }
            if !matches!(raw, Raw::Bool(_) | Raw::Number | Raw::Text(_)) {
                return Err(ambiguous(&place));
            }
            let map = marks::align(&source.text, &text, &span, style);
            Value::Scalar(Scalar { text, span: span.clone(), map, boolean })
        }
        _ => return Err(ambiguous(&place)),
    };
    Ok(Node { value, span, source: source.clone() })
}

fn refuse_nul(text: &str, place: &Location) -> Result<()> {
    match text.contains('\0') {
        true => Err(Error::new("a NUL character cannot be part of a name or value").at(place)),
        false => Ok(()),
    }
}

fn ambiguous(place: &Location) -> Error {
    Error::new("versions of YAML differ in how they read this").at(place).hint("put the value in quotes")
}

fn read_key(source: &Arc<Source>, raw: Raw, mark: Mark) -> Result<Scalar> {
    let place = Location::new(source, mark.span.start, mark.span.end);
    match (raw, mark.kind) {
        (Raw::Text(value), MarkKind::Scalar { text, style }) if value == text => {
            refuse_nul(&text, &place)?;
            if text == "<<" {
                return Err(Error::new("merge keys (<<) are not supported").at(&place).hint("write the entries out"));
            }
            let map = marks::align(&source.text, &text, &mark.span, style);
            Ok(Scalar { text, span: mark.span, map, boolean: None })
        }
        (Raw::Text(_), MarkKind::Scalar { .. }) => Err(ambiguous(&place)),
        (Raw::Null | Raw::Bool(_) | Raw::Number, MarkKind::Scalar { text, .. }) if !text.is_empty() => {
            let message = format!("the key {text} is not text");
            Err(Error::new(message).at(&place).hint(format!("write \"{text}\" in quotes when it is a name")))
        }
        _ => Err(Error::new("a key must be a single word of text").at(&place)),
    }
}
