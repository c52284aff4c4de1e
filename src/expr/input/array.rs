//! Texts of arrays, composite values, ranges and multiranges, split into their parts.

use super::{Canonical, InputError};

/// An element of an array text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArrayItem {
    /// NULL.
    Null,
    /// The element's own text.
    Text(String),
    /// A nested array.
    Array(Vec<ArrayItem>),
}

/// One end of a range; `None` is infinite.
pub type Bound = Option<String>;

/// A range text taken apart; bounds are still texts of the subtype.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeText {
    /// `empty`.
    Empty,
    /// Bounds and whether each belongs to the range.
    Span {
        /// `[` rather than `(`.
        lower_inclusive: bool,
        /// Lower bound.
        lower: Bound,
        /// Upper bound.
        upper: Bound,
        /// `]` rather than `)`.
        upper_inclusive: bool,
    },
}

/// Splits an array text with `delimiter` between elements (`,` for all built-in types but `box`, which has `;`).
pub fn parse_array(_text: &str, _delimiter: char) -> Canonical<Vec<ArrayItem>> {
    Err(InputError::Unknown)
}

/// Splits the text of a composite value; `None` is NULL.
pub fn parse_composite(_text: &str) -> Canonical<Vec<Option<String>>> {
    Err(InputError::Unknown)
}

/// Takes a range text apart.
pub fn parse_range(_text: &str) -> Canonical<RangeText> {
    Err(InputError::Unknown)
}

/// Takes a multirange text apart; the ranges are neither sorted nor joined.
pub fn parse_multirange(_text: &str) -> Canonical<Vec<RangeText>> {
    Err(InputError::Unknown)
}
