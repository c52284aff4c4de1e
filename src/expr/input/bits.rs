//! Bit strings and `bytea`.

use super::{Canonical, InputError};

/// `bit` and `varbit`. The modifier is the length, or -1; nothing is padded or cut.
pub fn bits(_text: &str, _typmod: i32) -> Canonical {
    Err(InputError::Unknown)
}

/// `bytea`, as hexadecimal digits.
pub fn bytea(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}
