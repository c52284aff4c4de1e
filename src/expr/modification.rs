//! INSERT, UPDATE, DELETE and MERGE inside other definitions.

use pg_query::NodeEnum;

use super::analyzer::Analyzer;
use super::form::Form;
use super::scope::Output;
use super::unresolved::{Resolved, Unresolved};

impl<'a> Analyzer<'a> {
    /// A statement that changes data.
    pub fn modification(&mut self, _statement: &NodeEnum) -> Resolved<(Form, Vec<Output<'a>>)> {
        Err(Unresolved::unsupported("a statement that changes data"))
    }
}
