//! When two SQL expressions mean the same.
//!
//! A definition is turned into a [`Form`]: names resolved, implicit casts made explicit, literals replaced by their
//! values, and everything that is only spelling taken out, by the rules of PostgreSQL's own parse analysis. Two
//! definitions are equal when their forms are. What is not understood is [`Unresolved`], never dropped.

mod analyzer;
mod clause;
mod coerce;
mod column;
mod comparison;
mod constant;
mod context;
mod expression;
mod form;
mod from;
mod function;
mod generic;
mod index;
pub mod input;
mod json;
mod modification;
mod operator;
mod output;
mod partition;
mod query;
mod renamed;
mod scope;
mod setop;
mod statement;
mod table_function;
mod types;
mod unresolved;
mod xml;

use std::collections::BTreeSet;

pub use context::*;
pub use form::Form;
pub use index::options;
pub use partition::{partition_bound, partition_key};
pub use statement::{query, rule, sql_body};
pub use unresolved::{Obstacle, Resolved, Unresolved};

use crate::facts::Facts;
use crate::renames::Renames;

/// What names mean while a definition is analysed.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The catalog.
    pub facts: &'a Facts,
    /// As `current_schemas` gives it, without pg_catalog; empty for what the server printed under an empty path.
    pub search_path: &'a [String],
    /// The path that the object was created under, for operators that are not printed: those of
    /// IS DISTINCT FROM, NULLIF, CASE x WHEN, USING and IN (SELECT ...). The same as `search_path` for what a user
    /// wrote.
    pub implicit_path: &'a [String],
    /// The session's TimeZone, for literals of `timestamptz`.
    pub time_zone: &'a str,
    /// The names that the normal form shall use in the place of those in the catalog.
    pub renames: Option<&'a Renames>,
    /// Whether forms that mean the same but are stored in different words differ.
    pub exact: bool,
}

/// An object that a definition uses, other than PostgreSQL's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// A table, view, sequence or the like.
    Relation {
        /// Schema.
        schema: String,
        /// Name.
        name: String,
    },
    /// A column of a relation.
    Column {
        /// Schema.
        schema: String,
        /// Relation.
        relation: String,
        /// Column.
        column: String,
    },
    /// A function, aggregate or procedure.
    Function {
        /// Schema.
        schema: String,
        /// Name.
        name: String,
        /// Keys of its input types.
        arguments: Vec<String>,
    },
    /// An operator.
    Operator {
        /// Schema.
        schema: String,
        /// Name.
        name: String,
        /// Key of the left operand's type; `None` for a prefix operator.
        left: Option<String>,
        /// Key of the right operand's type.
        right: String,
    },
    /// A cast.
    Cast {
        /// Key of the type that it converts from.
        from: String,
        /// Key of the type that it converts to.
        to: String,
    },
    /// A text search configuration or dictionary.
    TextSearch {
        /// `regconfig` or `regdictionary`.
        what: &'static str,
        /// Schema.
        schema: String,
        /// Name.
        name: String,
    },
    /// A type; the element type for arrays.
    Type {
        /// Schema.
        schema: String,
        /// Name.
        name: String,
    },
    /// A collation.
    Collation {
        /// Schema.
        schema: String,
        /// Name.
        name: String,
    },
    /// An operator class.
    OperatorClass {
        /// Schema.
        schema: String,
        /// Name.
        name: String,
        /// Access method.
        method: String,
    },
}

/// What is known about a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// Normal form.
    pub form: Form,
    /// What it uses.
    pub references: BTreeSet<Reference>,
    /// It has a literal that PostgreSQL evaluates when it stores it, such as `'now'`.
    pub evaluated: bool,
    /// A literal that PostgreSQL would reject, as far as this program can tell.
    pub mistake: Option<Unresolved>,
}

/// A column of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputColumn {
    /// Name.
    pub name: String,
    /// Key of the type.
    pub type_key: String,
    /// Modifier, or -1.
    pub typmod: i32,
    /// `schema.name` of the collation that the query writes for the column; `None` when it writes none.
    pub collation: Option<String>,
}

/// An element of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexElement {
    /// Column or expression, collation, operator class and its options, without what is the default.
    pub analysis: Analysis,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST, written or by default.
    pub nulls_first: bool,
}
