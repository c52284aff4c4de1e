//! Texts of arrays, composite values, ranges and multiranges, split into their parts.

use std::iter::Peekable;
use std::str::Chars;

use super::number::trim;
use super::{Canonical, InputError};

/// How deep arrays may be nested (`MAXDIM`).
const MAX_DEPTH: usize = 6;

/// An element of an array text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArrayItem {
    /// NULL.
    Null,
    /// The element's own text.
    Text(String),
    /// A nested array.
    Array(Vec<ArrayItem>),
}

/// One end of a range; `None` is infinite.
pub type Bound = Option<String>;

/// A range text taken apart; bounds are still texts of the subtype.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeText {
    /// `empty`.
    Empty,
    /// Bounds and whether each belongs to the range.
    Span {
        /// `[` rather than `(`.
        lower_inclusive: bool,
        /// Lower bound.
        lower: Bound,
        /// Upper bound.
        upper: Bound,
        /// `]` rather than `)`.
        upper_inclusive: bool,
    },
}

/// The characters of a text that is being read.
struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        while self.chars.next_if(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')).is_some() {}
    }

    fn take(&mut self, wanted: char) -> bool {
        self.chars.next_if_eq(&wanted).is_some()
    }

    fn expect(&mut self) -> Canonical<char> {
        self.chars.next().ok_or(InputError::Invalid)
    }

    /// The rest of a quoted part into `out`; `doubled` says that two quotes stand for one.
    fn quoted(&mut self, out: &mut String, doubled: bool) -> Canonical<()> {
        loop {
            match self.expect()? {
                '\\' => out.push(self.expect()?),
                '"' if doubled && self.take('"') => out.push('"'),
                '"' => return Ok(()),
                other => out.push(other),
            }
        }
    }
}

/// Splits an array text with `delimiter` between elements (`,` for all built-in types but `box`, which has `;`).
/// Arrays with explicit lower bounds are left to the server.
pub fn parse_array(text: &str, delimiter: char) -> Canonical<Vec<ArrayItem>> {
    let text = trim(text);
    if text.starts_with('[') {
        return Err(InputError::Unknown);
    }
    let mut reader = Reader { chars: text.chars().peekable() };
    let items = array(&mut reader, delimiter, 1)?;
    reader.skip_space();
    if reader.chars.next().is_some() { Err(InputError::Invalid) } else { Ok(items) }
}

fn array(reader: &mut Reader, delimiter: char, depth: usize) -> Canonical<Vec<ArrayItem>> {
    if depth > MAX_DEPTH || !reader.take('{') {
        return Err(InputError::Invalid);
    }
    let mut items = vec![];
    reader.skip_space();
    if reader.take('}') {
        return Ok(items);
    }
    loop {
        reader.skip_space();
        items.push(item(reader, delimiter, depth)?);
        reader.skip_space();
        match reader.expect()? {
            '}' => return regular(items),
            other if other == delimiter => {}
            _ => return Err(InputError::Invalid),
        }
    }
}

fn item(reader: &mut Reader, delimiter: char, depth: usize) -> Canonical<ArrayItem> {
    if reader.chars.peek() == Some(&'{') {
        return array(reader, delimiter, depth + 1).map(ArrayItem::Array);
    }
    let mut out = String::new();
    if reader.take('"') {
        reader.quoted(&mut out, false)?;
        return Ok(ArrayItem::Text(out));
    }
    // white space behind the element does not count, unless a backslash protects it
    let mut keep = 0;
    let mut escaped = false;
    while let Some(c) = reader.chars.next_if(|c| *c != delimiter && *c != '}') {
        match c {
            '\\' => {
                out.push(reader.expect()?);
                escaped = true;
                keep = out.len();
            }
            '{' | '"' => return Err(InputError::Invalid),
            other => {
                out.push(other);
                if !matches!(other, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c') {
                    keep = out.len();
                }
            }
        }
    }
    out.truncate(keep);
    if out.is_empty() {
        return Err(InputError::Invalid);
    }
    Ok(if !escaped && out.eq_ignore_ascii_case("null") { ArrayItem::Null } else { ArrayItem::Text(out) })
}

/// Nested arrays must all have the same shape.
fn regular(items: Vec<ArrayItem>) -> Canonical<Vec<ArrayItem>> {
    let length = |item: &ArrayItem| match item {
        ArrayItem::Array(items) => Some(items.len()),
        _ => None,
    };
    let same = items.windows(2).all(|pair| length(&pair[0]) == length(&pair[1]));
    if same { Ok(items) } else { Err(InputError::Invalid) }
}

/// Splits the text of a composite value; `None` is NULL. `()` has one field, which is what a type with one column
/// takes; a type without columns accepts it too.
pub fn parse_composite(text: &str) -> Canonical<Vec<Option<String>>> {
    let inner = trim(text).strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or(InputError::Invalid)?;
    let mut reader = Reader { chars: inner.chars().peekable() };
    let mut fields = vec![];
    loop {
        let mut field: Option<String> = None;
        while let Some(c) = reader.chars.next_if(|c| *c != ',') {
            let out = field.get_or_insert_default();
            match c {
                '\\' => out.push(reader.expect()?),
                '"' => reader.quoted(out, true)?,
                ')' => return Err(InputError::Invalid),
                other => out.push(other),
            }
        }
        fields.push(field);
        if !reader.take(',') {
            return Ok(fields);
        }
    }
}

/// Takes a range text apart.
pub fn parse_range(text: &str) -> Canonical<RangeText> {
    let mut reader = Reader { chars: trim(text).chars().peekable() };
    let range = range(&mut reader)?;
    reader.skip_space();
    if reader.chars.next().is_some() { Err(InputError::Invalid) } else { Ok(range) }
}

fn range(reader: &mut Reader) -> Canonical<RangeText> {
    let lower_inclusive = match reader.chars.peek() {
        Some('[') => true,
        Some('(') => false,
        _ => {
            let word = (0..5).map_while(|_| reader.chars.next_if(char::is_ascii_alphabetic)).collect::<String>();
            return if word.eq_ignore_ascii_case("empty") { Ok(RangeText::Empty) } else { Err(InputError::Invalid) };
        }
    };
    reader.expect()?;
    let lower = bound(reader)?;
    if !reader.take(',') {
        return Err(InputError::Invalid);
    }
    let upper = bound(reader)?;
    let upper_inclusive = match reader.expect()? {
        ']' => true,
        ')' => false,
        _ => return Err(InputError::Invalid),
    };
    Ok(RangeText::Span { lower_inclusive, lower, upper, upper_inclusive })
}

fn bound(reader: &mut Reader) -> Canonical<Bound> {
    let mut out: Bound = None;
    while let Some(c) = reader.chars.next_if(|c| !matches!(c, ',' | ')' | ']')) {
        let text = out.get_or_insert_default();
        match c {
            '\\' => text.push(reader.expect()?),
            '"' => reader.quoted(text, true)?,
            other => text.push(other),
        }
    }
    Ok(out)
}

/// Takes a multirange text apart; the ranges are neither sorted nor joined.
pub fn parse_multirange(text: &str) -> Canonical<Vec<RangeText>> {
    let mut reader = Reader { chars: trim(text).chars().peekable() };
    let mut ranges = vec![];
    if !reader.take('{') {
        return Err(InputError::Invalid);
    }
    reader.skip_space();
    if !reader.take('}') {
        loop {
            reader.skip_space();
            ranges.push(range(&mut reader)?);
            reader.skip_space();
            match reader.expect()? {
                '}' => break,
                ',' => {}
                _ => return Err(InputError::Invalid),
            }
        }
    }
    reader.skip_space();
    if reader.chars.next().is_some() { Err(InputError::Invalid) } else { Ok(ranges) }
}
