//! Queries.

use pg_query::protobuf::Node;

use super::analyzer::Analyzer;
use super::form::{Form, list, node};
use super::scope::Output;
use super::unresolved::{Resolved, Unresolved};

impl<'a> Analyzer<'a> {
    pub fn query(&mut self, _query: &Node) -> Resolved<(Form, Vec<Output<'a>>)> {
        Err(Unresolved::unsupported("a query"))
    }
}

/// A select with a target list and FROM only.
pub(super) fn plain_select(targets: Vec<Form>, from: Vec<Form>) -> Form {
    node("select", vec![list(targets), list(from)])
}
