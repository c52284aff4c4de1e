//! The kinds of objects: what each contract is, and the one list of them.
pub mod attributes;
mod kind;
pub use kind::{Kind, Space};

/// An object of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {}
