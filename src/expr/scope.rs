//! What a column reference can hit.

use std::collections::HashMap;

use super::analyzer::Typed;
use super::form::Form;

/// A column of a relation in FROM.
#[derive(Clone, Debug)]
pub(super) struct Column<'a> {
    pub name: String,
    pub value: Typed<'a>,
    /// Schema, relation and column in the catalog.
    pub stored: Option<(&'a str, &'a str, &'a str)>,
}

impl<'a> Column<'a> {
    pub fn new(name: impl Into<String>, value: Typed<'a>) -> Self {
        Self { name: name.into(), value, stored: None }
    }
}

/// A relation in FROM, a join with its own columns, or OLD and NEW.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    /// Name it is referred to by; empty when it has none.
    pub alias: String,
    /// Schema and name, when it can be referred to by both.
    pub relation: Option<(&'a str, &'a str)>,
    pub columns: Vec<Column<'a>>,
    /// Position in the range table of its query; -1 for joins.
    pub index: i64,
    /// Whether its alias can be seen.
    pub named: bool,
    /// Whether its columns can be seen without the alias.
    pub bare: bool,
    /// Key of the row type, when it has one.
    pub row_type: Option<&'a str>,
    /// A function that gives one column of a scalar type: its whole row is that column.
    pub scalar: bool,
}

impl<'a> Item<'a> {
    pub fn new(alias: impl Into<String>, columns: Vec<Column<'a>>, index: i64) -> Self {
        Self {
            alias: alias.into(),
            relation: None,
            columns,
            index,
            named: true,
            bare: true,
            row_type: None,
            scalar: false,
        }
    }
}

/// A column of a query's result.
#[derive(Clone, Debug)]
pub(super) struct Output<'a> {
    pub name: String,
    pub key: &'a str,
    pub typmod: i32,
}

/// One query level.
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    pub items: Vec<Item<'a>>,
    /// Next position in the range table.
    pub next: i64,
    /// Number and columns of each WITH query.
    pub with: HashMap<String, (i64, Vec<Output<'a>>)>,
    pub windows: HashMap<String, Form>,
    /// Target list, once known: what GROUP BY and ORDER BY may name.
    pub targets: Option<Vec<(String, Typed<'a>)>>,
}

impl Scope<'_> {
    /// A new position in the range table.
    pub fn take_index(&mut self) -> i64 {
        self.next += 1;
        self.next - 1
    }
}
