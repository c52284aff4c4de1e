//! Bit strings and `bytea`.

use super::{Canonical, InputError};

/// `bit` and `varbit`: binary digits, or hexadecimal ones after `x`. The modifier is the length, or -1; nothing is
/// padded or cut, as only casts do that.
pub fn bits(text: &str, _typmod: i32) -> Canonical {
    if let Some(digits) = text.strip_prefix(['x', 'X']) {
        let bits = |digit: char| digit.to_digit(16).map(|value| format!("{value:04b}")).ok_or(InputError::Invalid);
        return digits.chars().map(bits).collect();
    }
    let digits = text.strip_prefix(['b', 'B']).unwrap_or(text);
    if digits.bytes().all(|byte| matches!(byte, b'0' | b'1')) {
        Ok(digits.to_owned())
    } else {
        Err(InputError::Invalid)
    }
}

/// `bytea`, as hexadecimal digits.
pub fn bytea(text: &str) -> Canonical {
    if let Some(digits) = text.strip_prefix("\\x") {
        return hexadecimal(digits);
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut bytes = text.as_bytes();
    loop {
        let (byte, used) = match bytes {
            [] => return Ok(out),
            [b'\\', b'\\', ..] => (b'\\', 2),
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                ((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'), 4)
            }
            [b'\\', ..] => return Err(InputError::Invalid),
            [byte, ..] => (*byte, 1),
        };
        out.push_str(&format!("{byte:02x}"));
        bytes = &bytes[used..];
    }
}

/// White space may stand between the bytes, not within one.
fn hexadecimal(digits: &str) -> Canonical {
    let mut out = String::with_capacity(digits.len());
    let mut chars = digits.chars();
    while let Some(first) = chars.next() {
        if matches!(first, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        let second = chars.next().ok_or(InputError::Invalid)?;
        if !first.is_ascii_hexdigit() || !second.is_ascii_hexdigit() {
            return Err(InputError::Invalid);
        }
        out.push(first.to_ascii_lowercase());
        out.push(second.to_ascii_lowercase());
    }
    Ok(out)
}
