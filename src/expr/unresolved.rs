//! Why a definition has no normal form.

use std::fmt;

/// What kind of obstacle it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// No such column, parameter or field.
    UnknownColumn,
    /// No such relation.
    UnknownRelation,
    /// No function of that name takes these arguments.
    UnknownFunction,
    /// No such type.
    UnknownType,
    /// No operator of that name takes these operands.
    UnknownOperator,
    /// No operator class of that name exists for the access method.
    UnknownOperatorClass,
    /// Several things are meant equally well.
    Ambiguous,
    /// A value or a number of names that PostgreSQL rejects.
    Invalid,
    /// A construct, cast or depth that is not handled.
    Unsupported,
}

/// A definition that could not be analysed: the question goes to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// What is not known, lower case, naming objects as SQL would.
    pub message: String,
    /// Byte offset in the text that was parsed, or -1.
    pub location: i32,
    /// What kind of obstacle it is.
    pub kind: Obstacle,
}

impl Unresolved {
    /// An obstacle at an unknown place.
    pub fn new(kind: Obstacle, message: impl Into<String>) -> Self {
        Self { message: message.into(), location: -1, kind }
    }

    /// Something that is not handled.
    pub(super) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(Obstacle::Unsupported, message)
    }

    /// Adds the place, unless a more exact one is known already.
    pub(super) fn at(mut self, location: i32) -> Self {
        if self.location < 0 {
            self.location = location;
        }
        self
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unresolved {}

/// Result of an analysis.
pub type Resolved<T> = Result<T, Unresolved>;
