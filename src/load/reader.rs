//! What the kinds are given to read one statement of the desired state (or a definition that the server printed).

use std::collections::BTreeSet;
use std::sync::Arc;

use pg_query::Node;
use pg_query::protobuf::{RangeVar, TypeName};
use serde::Serialize;

use crate::catalog::{Catalog, Intent, ObjectId};
use crate::error::{Error, Result};
use crate::expression::Expression;
use crate::facts::{Facts, TypeError};
use crate::load::annotation::{Annotation, Said, Word};
use crate::load::fragment::Fragment;
use crate::objects::{Kind, Object};
use crate::source::Location;

/// Why a statement could not be read.
#[derive(Debug)]
pub enum Stop {
    /// It needs an object that has not been read yet; the statement is tried again once this name is there.
    Missing {
        /// The bare name of what is missing.
        name: String,
        /// What to report when it never comes.
        error: Error,
    },
    /// It is wrong.
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Error(error)
    }
}

/// A data type in use: with its modifier, and as SQL.
#[derive(Clone, Debug, Serialize)]
pub struct Type {
    /// See [`Facts`].
    pub key: String,
    /// `atttypmod`.
    pub typmod: i32,
    /// As `format_type` prints it under an empty search_path.
    pub sql: String,
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.typmod == other.typmod
    }
}

impl Type {
    /// A type known by its key.
    pub fn of(facts: &Facts, key: &str, typmod: i32) -> Self {
        Self { key: key.into(), typmod, sql: facts.format_type(key, typmod) }
    }

    /// The user-defined type that must exist for this one: the type itself, or an array's element.
    pub fn object(&self, catalog: &Catalog) -> Option<ObjectId> {
        let element = catalog.facts.type_named(&self.key).and_then(|fact| {
            let array = fact.category == 'A';
            fact.element.as_ref().filter(|_| array).map(|element| element.to_string())
        });
        let fact = catalog.facts.type_named(element.as_deref().unwrap_or(&self.key))?;
        catalog.type_named(&fact.schema, &fact.name)
    }
}

/// One statement, the state that it adds to, and the way to say what is wrong with it.
pub struct Reader<'a> {
    /// What has been read so far.
    pub catalog: &'a mut Catalog,
    /// The text.
    pub fragment: &'a Arc<Fragment>,
    /// The search_path in force, without pg_catalog.
    pub path: &'a [String],
    /// First byte of the statement's first token.
    pub start: usize,
    /// Byte after the statement.
    pub end: usize,
    /// The annotations of the fragment.
    pub annotations: &'a [Annotation],
    /// Annotations that found their object.
    pub used: BTreeSet<usize>,
}

impl Reader<'_> {
    /// The place of an AST location; the statement's start when the parser gives none.
    pub fn place(&self, location: i32) -> Location {
        match usize::try_from(location) {
            Ok(at) if at > 0 => self.fragment.locate_range(at..at + self.token_length(at)),
            _ => self.fragment.locate_range(self.start..self.start + self.token_length(self.start)),
        }
    }

    fn token_length(&self, at: usize) -> usize {
        let rest = self.fragment.sql.get(at..).unwrap_or_default();
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '"';
        rest.find(|c: char| !word(c)).unwrap_or(rest.len()).max(1)
    }

    /// An error at an AST location.
    pub fn wrong(&self, location: i32, message: impl Into<String>) -> Error {
        let place = self.place(location);
        let hint = usize::try_from(location).ok().and_then(|at| self.fragment.hint(at));
        let error = Error::new(message).at(&place);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// The schema in which an unqualified new object is made.
    pub fn creation_schema(&self, location: i32) -> Result<String> {
        self.path.first().cloned().ok_or_else(|| {
            self.wrong(location, "no schema has been selected to create in")
                .hint("qualify the name, or put a SET search_path before the statement")
        })
    }

    /// Schema and name of a relation to be created.
    pub fn new_relation(&self, range: &RangeVar) -> Result<(String, String)> {
        if !range.catalogname.is_empty() {
            return Err(self.wrong(range.location, "a name has at most two parts here: schema and name"));
        }
        let schema =
            if range.schemaname.is_empty() { self.creation_schema(range.location)? } else { range.schemaname.clone() };
        Ok((schema, range.relname.clone()))
    }

    /// Schema and name of a new type, function and the like, from its dotted name.
    pub fn new_name(&self, names: &[Node]) -> Result<(String, String)> {
        let mut parts = crate::objects::options::strings(names);
        let name = parts.pop().unwrap_or_default();
        match parts.pop() {
            Some(schema) => Ok((schema, name)),
            None => Ok((self.creation_schema(0)?, name)),
        }
    }

    /// An existing relation.
    pub fn relation(&self, range: &RangeVar) -> Result<ObjectId, Stop> {
        let found = if range.schemaname.is_empty() {
            self.path.iter().find_map(|schema| self.catalog.relation(schema, &range.relname))
        } else {
            self.catalog.relation(&range.schemaname, &range.relname)
        };
        found.ok_or_else(|| {
            let full = if range.schemaname.is_empty() {
                crate::name::quote(&range.relname)
            } else {
                crate::name::dotted(&[&range.schemaname, &range.relname])
            };
            let error = self.wrong(range.location, format!("relation {full} does not exist in the desired state"));
            Stop::Missing { name: range.relname.clone(), error }
        })
    }

    /// A data type.
    pub fn type_of(&self, name: &TypeName) -> Result<Type, Stop> {
        match self.catalog.facts.resolve_type_name(name, self.path) {
            Ok(found) if found.setof => Err(self.wrong(name.location, "SETOF is for results of functions only").into()),
            Ok(found) => Ok(Type::of(&self.catalog.facts, &found.key, found.typmod)),
            Err(problem) => {
                let last = crate::objects::options::strings(&name.names).pop().unwrap_or_default();
                let error = self.wrong(name.location, problem.to_string());
                match problem {
                    TypeError::Unknown(_) => Err(Stop::Missing { name: last, error }),
                    _ => Err(error.into()),
                }
            }
        }
    }

    /// An expression, kept as written.
    pub fn expression(&self, node: &Node) -> Expression {
        Expression::new(node.clone(), self.path, self.fragment)
    }

    /// Adds an object. Errors: the same identity, or the same name in the same space, is there already.
    pub fn add(&mut self, id: ObjectId, object: impl Into<Object>, location: i32) -> Result<()> {
        let place = self.place(location);
        let same = |other: &&ObjectId| other.slot() == id.slot();
        let clash = Kind::ALL
            .iter()
            .filter(|kind| kind.space() == id.kind.space())
            .map(|kind| id.with_kind(*kind))
            .find(|other| self.catalog.objects.contains_key(other));
        if let Some(other) = clash.as_ref().filter(same) {
            let error = Error::new(format!("{id} is defined twice")).at(&place);
            return Err(match self.catalog.locations.get(other) {
                Some(first) => error.hint(format!("the first definition is at {first} ({other})")),
                None => error,
            });
        }
        let intent = self.intent(location);
        if intent != Intent::default() {
            self.catalog.intents.insert(id.clone(), intent);
        }
        self.catalog.locations.insert(id.clone(), place);
        self.catalog.objects.insert(id, object.into());
        Ok(())
    }

    /// What the annotations say about the thing at an AST location (0 or less: the statement).
    pub fn intent(&mut self, location: i32) -> Intent {
        let at = usize::try_from(location).ok().filter(|at| *at > 0).unwrap_or(self.start);
        let mut intent = Intent::default();
        for (index, annotation) in self.annotations.iter().enumerate().filter(|(_, a)| a.target == at) {
            if !self.used.insert(index) {
                continue;
            }
            match &annotation.word {
                Word::RenamedFrom(old) => intent.renamed_from = Some(old.clone()),
                Word::Backfill(said) => intent.backfill = Some(said_under(said, self.path)),
                Word::Using(said) => intent.using = Some(said_under(said, self.path)),
            }
        }
        intent
    }

    /// The text between two AST locations, for values whose nodes carry no location.
    pub fn text(&self) -> &str {
        self.fragment.sql.get(self.start..self.end).unwrap_or_default()
    }
}

fn said_under(said: &Said, path: &[String]) -> Expression {
    Expression::new(said.node.clone(), path, &said.origin)
}
