//! Types with small input functions.

use std::collections::{BTreeMap, BTreeSet};

use super::number::{float8, trim};
use super::{Canonical, InputError};

/// `uuid`: 32 digits, a hyphen after any group of four, braces around.
pub fn uuid(text: &str) -> Canonical {
    let inner = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}').ok_or(InputError::Invalid)?,
        None => text,
    };
    let mut digits = String::with_capacity(32);
    let mut hyphen = true;
    for c in inner.chars() {
        match c {
            '-' if !hyphen && digits.len().is_multiple_of(4) && digits.len() < 32 => hyphen = true,
            digit if digit.is_ascii_hexdigit() => {
                digits.push(digit.to_ascii_lowercase());
                hyphen = false;
            }
            _ => return Err(InputError::Invalid),
        }
    }
    if digits.len() == 32 && !hyphen { Ok(digits) } else { Err(InputError::Invalid) }
}

/// `point`, `lseg`, `box`, `path`, `polygon`, `circle`, `line`: which is said by `key`. Coordinates are compared as
/// numbers; different ways to bracket them are not told to be the same.
pub fn geometry(_key: &str, text: &str) -> Canonical {
    let mut out = String::with_capacity(text.len());
    let mut rest: &str = &text.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>();
    while let Some(first) = rest.chars().next() {
        let end = rest.find(['(', ')', '[', ']', '<', '>', '{', '}', ',']).unwrap_or(rest.len());
        if end == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            out.push_str(&float8(&rest[..end])?);
            rest = &rest[end..];
        }
    }
    if out.is_empty() { Err(InputError::Invalid) } else { Ok(out) }
}

/// `tsvector`: plain words are sorted; quotes, positions and weights are taken as they are.
pub fn tsvector(text: &str) -> Canonical {
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == ' ';
    if !text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    let words: BTreeSet<&str> = text.split_ascii_whitespace().collect();
    Ok(words.into_iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "))
}

/// `tsquery`: white space and quotes around plain words do not count.
pub fn tsquery(text: &str) -> Canonical {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('\'');
    // between quotes is every second part
    let mut quoted = false;
    for part in parts.by_ref() {
        let plain = !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
        if quoted && !plain {
            return Ok(text.to_owned());
        }
        if quoted {
            out.push_str(part);
        } else {
            out.extend(part.chars().filter(|c| !c.is_ascii_whitespace()));
        }
        quoted = !quoted;
    }
    // words next to each other without an operator would run together
    let words = trim(text).split_ascii_whitespace().collect::<Vec<_>>();
    let joined = |pair: &[&str]| {
        pair[0].ends_with(|c: char| c.is_alphanumeric()) && pair[1].starts_with(|c: char| c.is_alphanumeric())
    };
    if words.windows(2).any(joined) { Err(InputError::Invalid) } else { Ok(out) }
}

/// `hstore` of the extension: sorted by key; the first of equal keys counts.
pub fn hstore(text: &str) -> Canonical {
    let mut rest = trim(text);
    let mut pairs: BTreeMap<String, Option<String>> = BTreeMap::new();
    while !rest.is_empty() {
        let (key, _, after) = word(rest)?;
        let after = trim(after).strip_prefix("=>").ok_or(InputError::Invalid)?;
        let (value, quoted, after) = word(trim(after))?;
        let null = !quoted && value.eq_ignore_ascii_case("null");
        pairs.entry(key).or_insert((!null).then_some(value));
        rest = trim(after);
        match rest.strip_prefix(',') {
            Some(after) => rest = trim(after),
            None if rest.is_empty() => {}
            None => return Err(InputError::Invalid),
        }
    }
    Ok(format!("{pairs:?}"))
}

/// A key or value, whether it was in quotes, and what follows.
fn word(text: &str) -> Canonical<(String, bool, &str)> {
    let quoted = text.starts_with('"');
    let mut out = String::new();
    let mut chars = text.char_indices().skip(usize::from(quoted));
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => out.push(chars.next().ok_or(InputError::Invalid)?.1),
            '"' if quoted => return Ok((out, true, &text[at + 1..])),
            ',' | '=' if !quoted => return finish(out, &text[at..]),
            space if !quoted && space.is_ascii_whitespace() => return finish(out, &text[at..]),
            other => out.push(other),
        }
    }
    if quoted { Err(InputError::Invalid) } else { finish(out, "") }
}

fn finish(word: String, rest: &str) -> Canonical<(String, bool, &str)> {
    if word.is_empty() { Err(InputError::Invalid) } else { Ok((word, false, rest)) }
}
