//! Numbers and booleans.

use super::{Canonical, InputError};

/// `bool`.
pub fn boolean(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// `float4`, rounded to single precision.
pub fn float4(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// `float8`.
pub fn float8(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// Integer types; the bounds are those of the type.
pub fn integer(_text: &str, _low: i64, _high: i64) -> Canonical {
    Err(InputError::Unknown)
}

/// `money` in the locale C.
pub fn money(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// `numeric`. Scale is part of the value, as it is for PostgreSQL's output; the modifier rounds.
pub fn numeric(_text: &str, _typmod: i32) -> Canonical {
    Err(InputError::Unknown)
}
