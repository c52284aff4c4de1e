//! The function that a trigger, an event trigger or a foreign-data wrapper calls: found by name, by the arguments that
//! it is called with, and by what it returns.

use std::collections::BTreeSet;

use pg_query::Node;
use serde::{Serialize, Serializer};

use super::{Space, options};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::expr::Reference;
use crate::facts::{FunctionFact, Volatility};
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

    /// Whether it is PostgreSQL's own function of that name.
    pub fn is_system(&self, name: &str) -> bool {
        self.name.schema == "pg_catalog" && self.name.name == name
    }

    /// Gives it its new name.
    pub fn renamed(&mut self, renames: &Renames) {
        renames.qualified(Space::Routine, &mut self.name);
    }

    /// Its name, with the schema where it is known.
    pub fn sql(&self) -> String {
        if self.name.schema.is_empty() { dotted(&[&self.name.name]) } else { self.name.to_string() }
    }

    /// Binds the name to a function without arguments that returns `returns`, such as `trigger`.
    /// Errors: there is none, and all functions are known.
    pub fn resolve(&mut self, returns: &str, resolver: &Resolver, needs: &mut BTreeSet<ObjectId>) -> Result<()> {
        self.resolve_with(&[], Some(returns), resolver, needs)
    }

    /// Whether there is a function of that name with arguments of these types (keys).
    pub fn exists_with(&self, arguments: &[&str], resolver: &Resolver) -> bool {
        self.found(arguments, resolver).is_some()
    }

    /// How the function with arguments of these types (keys) behaves, when it is known.
    pub fn volatility(&self, arguments: &[&str], resolver: &Resolver) -> Option<Volatility> {
        self.found(arguments, resolver).map(|fact| fact.volatility)
    }

    fn found<'a>(&self, arguments: &[&str], resolver: &'a Resolver) -> Option<&'a FunctionFact> {
        let named = |schema: &str| {
            let mut all = resolver.catalog.facts.functions(&self.name.name);
            all.find(|fact| fact.schema == *schema && fact.args.iter().map(|key| &**key).eq(arguments.iter().copied()))
        };
        if !self.name.schema.is_empty() {
            return named(&self.name.schema);
        }
        let system = (!self.path.iter().any(|schema| schema == "pg_catalog")).then_some("pg_catalog");
        system.into_iter().chain(self.path.iter().map(String::as_str)).find_map(named)
    }

    /// Binds the name to a function with arguments of these types (keys), and perhaps with that result.
    /// Errors: there is none, and all functions are known.
    pub fn resolve_with(
        &mut self,
        arguments: &[&str],
        returns: Option<&str>,
        resolver: &Resolver,
        needs: &mut BTreeSet<ObjectId>,
    ) -> Result<()> {
        let facts = &resolver.catalog.facts;
        let found = self.found(arguments, resolver);
        let strict = resolver.strict && !resolver.catalog.incomplete;
        let fits = |result: &str| returns.is_none_or(|returns| returns == result);
        match found.map(|fact| (fact.schema.to_string(), fits(&fact.returns))) {
            Some((_, false)) if strict => {
                let types: Vec<String> = arguments.iter().map(|key| facts.format_type(key, -1)).collect();
                let result = facts.format_type(returns.unwrap_or_default(), -1);
                Err(Error::new(format!("function {}({}) must return {result}", self.sql(), types.join(", ")))
                    .hint("name a function that does, or change what this one returns"))
            }
            Some((schema, _)) => {
                self.name.schema = schema;
                let (schema, name) = (self.name.schema.clone(), self.name.name.clone());
                let keys = arguments.iter().map(|key| (*key).to_string()).collect();
                needs.extend(resolver.referenced(&Reference::Function { schema, name, arguments: keys }));
                Ok(())
            }
            None if strict => {
                let types: Vec<String> = arguments.iter().map(|key| facts.format_type(key, -1)).collect();
                let takes = if types.is_empty() { "no arguments".into() } else { format!("({})", types.join(", ")) };
                let gives = returns
                    .map_or_else(String::new, |returns| format!(" and returns {}", facts.format_type(returns, -1)));
                Err(Error::new(format!("function {}({}) does not exist", self.sql(), types.join(", ")))
                    .hint(format!("it takes {takes}{gives}")))
            }
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
