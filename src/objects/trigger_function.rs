//! The function that a trigger or an event trigger calls: found by name, without arguments, by what it returns.

use std::collections::BTreeSet;

use pg_query::Node;
use serde::{Serialize, Serializer};

use super::{Space, options};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::expr::Reference;
use crate::name::{QualifiedName, dotted};
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A reference to such a function.
#[derive(Clone, Debug)]
pub struct TriggerFunction {
    /// Schema, empty while it is to be searched for, and name.
    name: QualifiedName,
    /// The search_path that it was written under.
    path: Vec<String>,
}

impl PartialEq for TriggerFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Serialize for TriggerFunction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.sql())
    }
}

impl From<QualifiedName> for TriggerFunction {
    fn from(name: QualifiedName) -> Self {
        Self { name, path: vec![] }
    }
}

impl TriggerFunction {
    /// The function that the names in a statement say.
    pub fn new(names: &[Node], path: &[String]) -> Self {
        let mut parts = options::strings(names);
        let name = parts.pop().unwrap_or_default();
        Self { name: QualifiedName::new(parts.pop().unwrap_or_default(), name), path: path.to_vec() }
    }

    /// Gives it its new name.
    pub fn renamed(&mut self, renames: &Renames) {
        renames.qualified(Space::Routine, &mut self.name);
    }

    /// Its name, with the schema where it is known.
    pub fn sql(&self) -> String {
        if self.name.schema.is_empty() { dotted(&[&self.name.name]) } else { self.name.to_string() }
    }

    /// Binds the name to a function that returns `returns`, `trigger` or `event_trigger`.
    /// Errors: there is none, and all functions are known.
    pub fn resolve(&mut self, returns: &str, resolver: &Resolver, needs: &mut BTreeSet<ObjectId>) -> Result<()> {
        let facts = &resolver.catalog.facts;
        let named =
            |schema: &str| facts.functions(&self.name.name).find(|fact| fact.schema == *schema && fact.args.is_empty());
        let found = if self.name.schema.is_empty() {
            let system = (!self.path.iter().any(|schema| schema == "pg_catalog")).then_some("pg_catalog");
            system.into_iter().chain(self.path.iter().map(String::as_str)).find_map(named)
        } else {
            named(&self.name.schema)
        };
        let strict = resolver.strict && !resolver.catalog.incomplete;
        match found.map(|fact| (fact.schema.to_string(), fact.returns == returns)) {
            Some((_, false)) if strict => Err(Error::new(format!("function {}() must return {returns}", self.sql()))),
            Some((schema, _)) => {
                self.name.schema = schema;
                let (schema, name) = (self.name.schema.clone(), self.name.name.clone());
                needs.extend(resolver.referenced(&Reference::Function { schema, name, arguments: vec![] }));
                Ok(())
            }
            None if strict => Err(Error::new(format!("function {}() does not exist", self.sql()))
                .hint(format!("it takes no arguments and returns {returns}"))),
            None => {
                // what the server prints without a schema under an empty path is its own
                if self.name.schema.is_empty() {
                    self.name.schema = self.path.first().map_or("pg_catalog", String::as_str).to_string();
                }
                Ok(())
            }
        }
    }
}
