//! Network addresses.

use super::{Canonical, InputError};

/// `cidr`.
pub fn cidr(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// `inet`.
pub fn inet(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// `macaddr`.
pub fn macaddr(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}

/// `macaddr8`.
pub fn macaddr8(_text: &str) -> Canonical {
    Err(InputError::Unknown)
}
