//! Numbers and booleans.

use super::{Canonical, InputError};

/// Digits that a canonical numeric may have; PostgreSQL's own limits are beyond, and left to the server.
const MAX_DIGITS: i64 = 20_000;

/// White space as C's `isspace` has it, which the input functions skip at both ends.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c'))
}

/// `int2`, `int4`, `int8`, `oid`; the bounds are those of the type. Underscores and other bases are known to 16 and
/// later only, so a text with them is read as these do.
pub fn integer(text: &str, low: i64, high: i64) -> Canonical {
    let text = trim(text);
    let (negative, digits) = sign(text);
    let (base, digits) = radix(digits);
    let digits = without_underscores(digits, base != 10)?;
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return Err(InputError::Invalid);
    }
    let value = i128::from_str_radix(&digits, base).map_err(|_| InputError::Invalid)?;
    let value = if negative { -value } else { value };
    if value < low.into() || value > high.into() { Err(InputError::Invalid) } else { Ok(value.to_string()) }
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn radix(digits: &str) -> (u32, &str) {
    match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        _ => (10, digits),
    }
}

/// Takes single underscores out from between digits; `leading` allows one in front too, as after `0x`.
fn without_underscores(digits: &str, leading: bool) -> Canonical {
    let wrong = digits.contains("__") || digits.ends_with('_') || (!leading && digits.starts_with('_'));
    if wrong { Err(InputError::Invalid) } else { Ok(digits.replace('_', "")) }
}

/// A decimal number: sign, digits without leading zeros, and how many of them stand behind the point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    pub negative: bool,
    pub digits: Vec<u8>,
    pub scale: usize,
}

impl Decimal {
    /// Reads plain and scientific notation.
    pub fn parse(text: &str) -> Canonical<Self> {
        let (negative, rest) = sign(text);
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let whole = without_underscores(whole, false)?;
        let fraction = without_underscores(fraction, false)?;
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(&whole) || !all_digits(&fraction) {
            return Err(InputError::Invalid);
        }
        let exponent = match exponent {
            None => 0,
            Some(text) => {
                let (minus, digits) = sign(text);
                let digits = without_underscores(digits, false)?;
                if digits.is_empty() || !all_digits(&digits) {
                    return Err(InputError::Invalid);
                }
                let value: i64 = digits.parse().map_err(|_| InputError::Invalid)?;
                if minus { -value } else { value }
            }
        };
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
        let fraction = i64::try_from(fraction.len()).unwrap_or(MAX_DIGITS);
        let scale = fraction.saturating_sub(exponent);
        if scale.saturating_abs() > MAX_DIGITS || digits.len() > 2 * MAX_DIGITS as usize {
            return Err(InputError::Unknown);
        }
        if scale < 0 {
            digits.resize(digits.len() + scale.unsigned_abs() as usize, 0);
        }
        Ok(Self { negative, digits, scale: usize::try_from(scale).unwrap_or(0) }.trimmed())
    }

    fn trimmed(mut self) -> Self {
        let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..zeros);
        if self.digits.is_empty() {
            self.negative = false;
        }
        self
    }

    /// Rounds half away from zero to `scale` digits behind the point (before it when negative), and pads with zeros.
    pub fn round(mut self, scale: i32) -> Self {
        let wanted = i64::from(scale);
        let have = i64::try_from(self.scale).unwrap_or(i64::MAX);
        if wanted >= have {
            self.digits.resize(self.digits.len() + usize::try_from(wanted - have).unwrap_or(0), 0);
            self.scale = usize::try_from(wanted).unwrap_or(0);
            return self.trimmed();
        }
        let cut = usize::try_from(have - wanted).unwrap_or(0);
        let up = cut <= self.digits.len() && self.digits[self.digits.len() - cut] >= 5;
        self.digits.truncate(self.digits.len().saturating_sub(cut));
        if up {
            self.increment();
        }
        if scale < 0 && !self.digits.is_empty() {
            self.digits.resize(self.digits.len() + scale.unsigned_abs() as usize, 0);
        }
        self.scale = usize::try_from(scale).unwrap_or(0);
        self.trimmed()
    }

    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
    }

    /// The value times a power of ten as an integer, when nothing is left behind the point and it fits.
    pub fn scaled(&self, power: usize) -> Option<i128> {
        let rounded = self.clone().round(i32::try_from(power).ok()?);
        if rounded.digits.len() > 36 {
            return None;
        }
        let value = rounded.digits.iter().fold(0i128, |value, digit| value * 10 + i128::from(*digit));
        Some(if rounded.negative { -value } else { value })
    }

    /// Without an exponent, with all digits of the scale.
    pub fn text(&self) -> String {
        let mut digits: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        if digits.len() <= self.scale {
            digits.insert_str(0, &"0".repeat(self.scale + 1 - digits.len()));
        }
        if self.scale > 0 {
            digits.insert(digits.len() - self.scale, '.');
        }
        if self.negative { format!("-{digits}") } else { digits }
    }
}

fn special(lower: &str) -> Option<&'static str> {
    Some(match lower {
        "nan" => "NaN",
        "infinity" | "+infinity" | "inf" | "+inf" => "Infinity",
        "-infinity" | "-inf" => "-Infinity",
        _ => return None,
    })
}

/// `numeric`. The number of digits behind the point is part of the value, as PostgreSQL shows it; a modifier rounds.
pub fn numeric(text: &str, typmod: i32) -> Canonical {
    let text = trim(text);
    if let Some(special) = special(&text.to_ascii_lowercase()) {
        let infinite = special != "NaN";
        return if infinite && typmod >= 4 { Err(InputError::Invalid) } else { Ok(special.to_owned()) };
    }
    let (negative, digits) = sign(text);
    let (base, digits) = radix(digits);
    let number = if base == 10 {
        Decimal::parse(text)?
    } else {
        let digits = without_underscores(digits, true)?;
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
            return Err(InputError::Invalid);
        }
        let value = u128::from_str_radix(&digits, base).map_err(|_| InputError::Unknown)?;
        Decimal { negative, ..Decimal::parse(&value.to_string())? }.trimmed()
    };
    if typmod < 4 {
        return Ok(number.text());
    }
    let packed = typmod - 4;
    let (precision, scale) = ((packed >> 16) & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024);
    let rounded = number.round(scale);
    let whole = i64::try_from(rounded.digits.len()).unwrap_or(i64::MAX) - i64::try_from(rounded.scale).unwrap_or(0);
    if !rounded.digits.is_empty() && whole > i64::from(precision - scale) {
        return Err(InputError::Invalid);
    }
    Ok(rounded.text())
}

/// What the two float types accept in common, in lower case.
fn float_text(text: &str) -> Canonical {
    let lower = trim(text).to_ascii_lowercase();
    if let Some(special) = special(&lower) {
        return Ok(special.to_owned());
    }
    let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'+' | b'-');
    if lower.bytes().all(plain) {
        Ok(lower)
    } else if lower.contains("0x") {
        // strtod of the C library reads hexadecimal floats
        Err(InputError::Unknown)
    } else {
        Err(InputError::Invalid)
    }
}

/// `float8`.
pub fn float8(text: &str) -> Canonical {
    let text = float_text(text)?;
    let value: f64 = text.parse().map_err(|_| InputError::Invalid)?;
    let special = text.ends_with(|c: char| c.is_ascii_alphabetic());
    if !special && (value.is_infinite() || (value == 0.0 && has_digit(&text))) {
        return Err(InputError::Invalid);
    }
    Ok(if special { text } else { format!("{value:?}") })
}

/// `float4`, rounded to single precision.
pub fn float4(text: &str) -> Canonical {
    let text = float_text(text)?;
    let value: f32 = text.parse().map_err(|_| InputError::Invalid)?;
    let special = text.ends_with(|c: char| c.is_ascii_alphabetic());
    if !special && (value.is_infinite() || (value == 0.0 && has_digit(&text))) {
        return Err(InputError::Invalid);
    }
    Ok(if special { text } else { format!("{value:?}") })
}

/// Whether a digit other than zero stands in front of the exponent: then zero means out of range.
fn has_digit(text: &str) -> bool {
    text.split('e').next().is_some_and(|mantissa| mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9')))
}

/// `bool`: any unique start of true, false, yes, no, on, off, or 1 and 0.
pub fn boolean(text: &str) -> Canonical {
    let lower = trim(text).to_ascii_lowercase();
    let text = lower.as_str();
    let starts = |word: &str| !text.is_empty() && word.starts_with(text);
    if starts("true") || starts("yes") || text == "on" || text == "1" {
        Ok("true".to_owned())
    } else if starts("false") || starts("no") || text == "of" || text == "off" || text == "0" {
        Ok("false".to_owned())
    } else {
        Err(InputError::Invalid)
    }
}

/// `money` as the locale C reads it: a dollar sign, commas between digits, parentheses or a minus for negative ones.
pub fn money(text: &str) -> Canonical {
    let mut rest = trim(text);
    let mut negative = false;
    if let Some(inner) = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        negative = true;
        rest = inner;
    }
    if let Some(inner) = rest.strip_prefix('-') {
        negative = true;
        rest = inner;
    }
    rest = trim(rest);
    let rest = rest.strip_prefix('$').unwrap_or(rest);
    let plain = trim(rest).replace(',', "");
    if !plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') || plain.is_empty() {
        return Err(InputError::Unknown);
    }
    let cents = Decimal::parse(&plain)?.scaled(2).ok_or(InputError::Invalid)?;
    let cents = if negative { -cents } else { cents };
    i64::try_from(cents).map(|cents| cents.to_string()).map_err(|_| InputError::Invalid)
}
