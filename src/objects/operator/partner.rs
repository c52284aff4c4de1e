//! The operators that another one names: its commutator and its negator.

use serde::{Serialize, Serializer};

use crate::catalog::Catalog;
use crate::name::{QualifiedName, quote};
use crate::objects::Space;
use crate::renames::Renames;

/// A reference to an operator whose operands follow from the one that names it. It need not exist yet: PostgreSQL
/// notes the name until it does.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Schema, empty while it is to be searched for, and name.
    name: QualifiedName,
    /// The search_path that it was written under.
    path: Vec<String>,
    /// Whether only the other one says so. PostgreSQL notes that or not, depending on which of them was made first.
    implied: bool,
}

impl PartialEq for Partner {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Serialize for Partner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.sql())
    }
}

impl From<QualifiedName> for Partner {
    fn from(name: QualifiedName) -> Self {
        Self { name, path: vec![], implied: false }
    }
}

/// An operator's schema and name as SQL; the name is never quoted.
pub fn sql_name(names: &[String]) -> String {
    match names {
        [schema, name] if !schema.is_empty() => format!("{}.{name}", quote(schema)),
        _ => names.last().cloned().unwrap_or_default(),
    }
}

impl Partner {
    /// The operator that the parts of a dotted name say.
    pub fn new(mut parts: Vec<String>, path: &[String]) -> Self {
        let name = parts.pop().unwrap_or_default();
        Self { name: QualifiedName::new(parts.pop().unwrap_or_default(), name), path: path.to_vec(), implied: false }
    }

    /// The operator that names another one, which does not name it.
    pub fn implied(name: QualifiedName) -> Self {
        Self { implied: true, ..Self::from(name) }
    }

    /// Whether only the other one says so.
    pub fn is_implied(&self) -> bool {
        self.implied
    }

    /// Schema and name.
    pub fn name(&self) -> &QualifiedName {
        &self.name
    }

    /// Finds the schema: where the operator over these types is, else where a new one would be made.
    pub fn resolve(&mut self, (left, right): (Option<&str>, &str), catalog: &Catalog) {
        if !self.name.schema.is_empty() {
            return;
        }
        let there = |schema: &&str| {
            let mut facts = catalog.facts.operators(&self.name.name);
            facts.any(|fact| fact.schema == **schema && fact.left.as_deref() == left && fact.right == right)
        };
        let system = (!self.path.iter().any(|schema| schema == "pg_catalog")).then_some("pg_catalog");
        let found = system.into_iter().chain(self.path.iter().map(String::as_str)).find(there);
        let schema = found.or(self.path.first().map(String::as_str)).unwrap_or("pg_catalog").to_owned();
        self.name.schema = schema;
    }

    /// Gives it its new name.
    pub fn renamed(&mut self, renames: &Renames) {
        renames.qualified(Space::Operator, &mut self.name);
    }

    /// As options take it.
    pub fn sql(&self) -> String {
        format!("OPERATOR({})", sql_name(&[self.name.schema.clone(), self.name.name.clone()]))
    }
}
