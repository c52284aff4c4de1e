//! `jsonb` and `jsonpath`.

use super::{Canonical, InputError};

/// `jsonb`.
pub fn jsonb(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// `jsonpath`.
pub fn jsonpath(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}
