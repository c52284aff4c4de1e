//! Types with small input functions.

use super::{Canonical, InputError};

/// `point`, `lseg`, `box`, `path`, `polygon`, `circle`, `line`: which is said by `key`.
pub fn geometry(_key: &str, _text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// `hstore` of the extension.
pub fn hstore(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// `tsquery`.
pub fn tsquery(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// `tsvector`.
pub fn tsvector(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// `uuid`.
pub fn uuid(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}
