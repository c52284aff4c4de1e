//! Dates and times. `zone` is the session's TimeZone, used where the text has none.

use super::{Canonical, InputError};

/// `date`.
pub fn date(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// `time`, rounded to the modifier.
pub fn time(_text: &str, _typmod: i32) -> Canonical {
    Err(InputError::Unknown)
}

/// `timetz`.
pub fn timetz(_text: &str, _zone: &str, _typmod: i32) -> Canonical {
    Err(InputError::Unknown)
}

/// `timestamp`.
pub fn timestamp(_text: &str, _typmod: i32) -> Canonical {
    Err(InputError::Unknown)
}

/// `timestamptz`.
pub fn timestamptz(_text: &str, _zone: &str, _typmod: i32) -> Canonical {
    Err(InputError::Unknown)
}
