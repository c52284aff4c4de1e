//! `jsonb` and `jsonpath`.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use super::number::numeric;
use super::{Canonical, InputError};

/// Deeper values are left to the server, whose limit is that of its stack.
const MAX_DEPTH: usize = 200;

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
}

/// `jsonb`: keys sorted, the last of equal keys wins, numbers as `numeric`.
pub fn jsonb(text: &str) -> Canonical {
    let mut reader = Reader { chars: text.chars().peekable() };
    let mut out = String::with_capacity(text.len());
    reader.value(&mut out, 0)?;
    reader.skip_space();
    if reader.chars.next().is_some() { Err(InputError::Invalid) } else { Ok(out) }
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        while self.chars.next_if(|c| matches!(c, ' ' | '\t' | '\n' | '\r')).is_some() {}
    }

    fn take(&mut self, wanted: char) -> bool {
        self.skip_space();
        self.chars.next_if_eq(&wanted).is_some()
    }

    fn expect(&mut self) -> Canonical<char> {
        self.chars.next().ok_or(InputError::Invalid)
    }

    fn value(&mut self, out: &mut String, depth: usize) -> Canonical<()> {
        if depth > MAX_DEPTH {
            return Err(InputError::Unknown);
        }
        self.skip_space();
        match self.expect()? {
            '{' => self.object(out, depth),
            '[' => self.array(out, depth),
            '"' => {
                let text = self.string()?;
                push_string(out, &text);
                Ok(())
            }
            first => self.scalar(first, out),
        }
    }

    fn object(&mut self, out: &mut String, depth: usize) -> Canonical<()> {
        let mut members: BTreeMap<String, String> = BTreeMap::new();
        if !self.take('}') {
            loop {
                if !self.take('"') {
                    return Err(InputError::Invalid);
                }
                let key = self.string()?;
                if !self.take(':') {
                    return Err(InputError::Invalid);
                }
                let mut value = String::new();
                self.value(&mut value, depth + 1)?;
                members.insert(key, value);
                if self.take('}') {
                    break;
                }
                if !self.take(',') {
                    return Err(InputError::Invalid);
                }
            }
        }
        out.push('{');
        for (at, (key, value)) in members.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            push_string(out, key);
            out.push(':');
            out.push_str(value);
        }
        out.push('}');
        Ok(())
    }

    fn array(&mut self, out: &mut String, depth: usize) -> Canonical<()> {
        out.push('[');
        if !self.take(']') {
            loop {
                self.value(out, depth + 1)?;
                if self.take(']') {
                    break;
                }
                if !self.take(',') {
                    return Err(InputError::Invalid);
                }
                out.push(',');
            }
        }
        out.push(']');
        Ok(())
    }

    /// The rest of a string behind its quote.
    fn string(&mut self) -> Canonical {
        let mut out = String::new();
        loop {
            match self.expect()? {
                '"' => return Ok(out),
                '\\' => out.push(self.escape()?),
                control if (control as u32) < 0x20 => return Err(InputError::Invalid),
                other => out.push(other),
            }
        }
    }

    fn escape(&mut self) -> Canonical<char> {
        Ok(match self.expect()? {
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            plain @ ('"' | '\\' | '/') => plain,
            'u' => {
                let first = self.unit()?;
                let code = if (0xd800..0xdc00).contains(&first) {
                    if self.expect()? != '\\' || self.expect()? != 'u' {
                        return Err(InputError::Invalid);
                    }
                    let second = self.unit()?;
                    if !(0xdc00..0xe000).contains(&second) {
                        return Err(InputError::Invalid);
                    }
                    0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                } else {
                    first
                };
                char::from_u32(code).filter(|c| *c != '\0').ok_or(InputError::Invalid)?
            }
            _ => return Err(InputError::Invalid),
        })
    }

    fn unit(&mut self) -> Canonical<u32> {
        let mut value = 0;
        for _ in 0..4 {
            value = value * 16 + self.expect()?.to_digit(16).ok_or(InputError::Invalid)?;
        }
        Ok(value)
    }

    fn scalar(&mut self, first: char, out: &mut String) -> Canonical<()> {
        let mut word = String::from(first);
        while let Some(c) = self.chars.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')) {
            word.push(c);
        }
        if matches!(word.as_str(), "true" | "false" | "null") {
            out.push_str(&word);
            return Ok(());
        }
        if !is_number(&word) {
            return Err(InputError::Invalid);
        }
        out.push_str(&numeric(&word, -1)?);
        Ok(())
    }
}

/// The number grammar of JSON, which is narrower than that of `numeric`.
fn is_number(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

/// `jsonpath`: without white space outside of strings, `lax` (the default mode) and quotes around simple keys. Nothing
/// else is changed, so some texts of the same path differ.
pub fn jsonpath(text: &str) -> Canonical {
    let text = text.trim_start();
    let text = text.strip_prefix("lax").filter(|rest| rest.starts_with([' ', '$'])).unwrap_or(text);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        if c != '"' {
            out.push(c);
            continue;
        }
        let mut word = String::new();
        loop {
            match chars.next().ok_or(InputError::Invalid)? {
                '"' => break,
                '\\' => {
                    word.push('\\');
                    word.push(chars.next().ok_or(InputError::Invalid)?);
                }
                other => word.push(other),
            }
        }
        let starts = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let simple = starts && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if simple && out.ends_with(['.', '$']) {
            out.push_str(&word);
        } else {
            out.push('"');
            out.push_str(&word);
            out.push('"');
        }
    }
    Ok(out)
}
