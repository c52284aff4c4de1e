//! The input functions of PostgreSQL's types, without a server: each turns the text of a constant into a canonical
//! text, so that two constants of one type have the same value exactly when these texts are equal.
//!
//! The canonical texts are for comparison only; some are not what PostgreSQL would print. No function panics,
//! whatever the text.

mod array;
mod bits;
mod datetime;
mod interval;
mod json;
mod misc;
mod network;
mod number;
mod value;
mod zone;

#[cfg(test)]
mod tests;

pub use array::{ArrayItem, Bound, RangeText, parse_array, parse_composite, parse_multirange, parse_range};
pub use bits::{bits, bytea};
pub use datetime::{date, time, timestamp, timestamptz, timetz};
pub use interval::interval;
pub use json::{jsonb, jsonpath};
pub use misc::{geometry, hstore, tsquery, tsvector, uuid};
pub use network::{cidr, inet, macaddr, macaddr8};
pub use number::{boolean, float4, float8, integer, money, numeric};
pub use value::value;

/// Why a text has no canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// It may be valid, but only the server can tell its value (such as `now`).
    #[error("the value is only known to the server")]
    Unknown,
    /// PostgreSQL would reject it.
    #[error("invalid input syntax")]
    Invalid,
}

/// The canonical text, or why there is none.
pub type Canonical<T = String> = Result<T, InputError>;
