//! Temporary likenesses of objects: what PostgreSQL stores for a definition, seen without touching the object.

use std::collections::BTreeSet;

use super::Statement;
use crate::catalog::ObjectId;
use crate::name::literal;
use crate::plan::forms::Form;

/// The name of every likeness; it is gone before the next one is made.
pub const NAME: &str = "pg_temp.reconcile_twin";

/// A likeness of an object.
#[derive(Clone, Debug)]
pub struct Twin {
    /// What makes it.
    pub statements: Vec<Statement>,
    /// An SQL expression: whether its definition is the one that the object has.
    pub same: String,
    /// What it is made over, when that is less than all that the object needs.
    pub over: Option<BTreeSet<ObjectId>>,
}

/// A table with the columns of another one.
pub fn of_table(table: &ObjectId) -> Statement {
    Statement::new(Form::Create, format!("CREATE TABLE {NAME} (LIKE {})", table.sql()))
}

/// The likeness, and the relation that it is one of, as SQL of type regclass.
pub fn pair(relation: &ObjectId) -> (String, String) {
    let class = |name: &str| format!("{}::pg_catalog.regclass", literal(name));
    (class(NAME), class(&relation.sql()))
}
