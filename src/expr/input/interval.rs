//! `interval`.

use super::{Canonical, InputError};

/// `interval` with the fields and precision of its modifier, as `months/days/microseconds`.
pub fn interval(_text: &str, _typmod: i32) -> Canonical {
    Err(InputError::Unknown)
}
