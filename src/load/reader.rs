//! What the kinds are given to read one statement of the desired state (or a definition that the server printed).

use std::collections::BTreeSet;
use std::sync::Arc;

use pg_query::Node;
use pg_query::protobuf::{RangeVar, TypeName};
use serde::Serialize;

use crate::catalog::{Catalog, Intent, ObjectId};
use crate::config::suggest::closest;
use crate::error::{Error, Result};
use crate::expression::Expression;
use crate::facts::{Facts, TypeError};
use crate::load::annotation::{Annotation, Said, Word};
use crate::load::fragment::Fragment;
use crate::load::short_type::short_type;
use crate::name::quote;
use crate::objects::{Kind, Object, Space};
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

    /// The same in the words that people use, such as `varchar`.
    pub fn shortened(&self) -> Self {
        Self { sql: short_type(&self.sql), ..self.clone() }
    }

    /// The user-defined type that must exist for this one: the type itself, or an array's element.
    pub fn object(&self, catalog: &Catalog) -> Option<ObjectId> {
        let element = catalog.facts.type_named(&self.key).and_then(|fact| {
            let array = fact.category == 'A';
            fact.element.as_ref().filter(|_| array).map(|element| element.to_string())
        });
        let fact = catalog.facts.type_named(element.as_deref().unwrap_or(&self.key))?;
        if fact.schema == "pg_catalog" {
            return None;
        }
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
    /// Bare names of what has been added.
    pub added: Vec<String>,
}

impl Reader<'_> {
    /// The place of an AST location; the statement's start when the parser gives none.
    pub fn place(&self, location: i32) -> Location {
        match usize::try_from(location) {
            Ok(at) if at > 0 => self.fragment.locate_range(at..at + self.token_length(at)),
            _ => self.fragment.locate_range(self.start..self.start + self.token_length(self.start)),
        }
    }

    /// The AST location of a name that the parser gives none for: the first token with this text at or after `from`
    /// (0 or less: the statement's start), else `from` itself.
    pub fn find_name(&self, from: i32, name: &str) -> i32 {
        let start = usize::try_from(from).ok().filter(|at| *at > 0).unwrap_or(self.start);
        let text = self.fragment.sql.get(start..self.end.max(start)).unwrap_or_default();
        let Ok(scan) = pg_query::scan(text) else { return from };
        let tokens = scan.tokens.iter().filter_map(|token| {
            let at = usize::try_from(token.start).ok()?;
            Some((at, text.get(at..usize::try_from(token.end).ok()?)?))
        });
        let is_name = |token: &str| match token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\"") == name,
            None => token.to_lowercase() == name,
        };
        let found = tokens.into_iter().find(|(_, token)| is_name(token));
        found.and_then(|(at, _)| i32::try_from(start + at).ok()).unwrap_or(from)
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

    /// Keeps that the statement speaks about an object which another one makes.
    pub fn mention(&mut self, id: &ObjectId) {
        let place = self.fragment.locate(self.start);
        self.catalog.mentions.push((place, id.clone()));
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
            let similar = similar(self.catalog, &range.relname, |id| Kind::RELATIONS.contains(&id.kind));
            let error = error.hint(similar.unwrap_or_else(|| "define it in the files, or correct the name".into()));
            Stop::Missing { name: range.relname.clone(), error }
        })
    }

    /// A data type.
    pub fn type_of(&self, name: &TypeName) -> Result<Type, Stop> {
        match self.catalog.facts.resolve_type_name(name, self.path) {
            Ok(found) if found.setof => Err(self
                .wrong(name.location, "SETOF is for results of functions only")
                .hint("declare an array, or a table of its own for several values")
                .into()),
            Ok(found) => Ok(Type::of(&self.catalog.facts, &found.key, found.typmod)),
            Err(problem) => {
                let last = crate::objects::options::strings(&name.names).pop().unwrap_or_default();
                let missing = matches!(problem, TypeError::Unknown(_));
                let error = self.wrong(name.location, problem.to_string());
                let error = match missing.then(|| similar_type(self.catalog, &last)).flatten() {
                    Some(hint) => error.hint(hint),
                    None => match Error::from(problem).hint {
                        Some(hint) => error.hint(hint),
                        None => error.hint("write the type as PostgreSQL's documentation has it"),
                    },
                };
                if missing { Err(Stop::Missing { name: last, error }) } else { Err(error.into()) }
            }
        }
    }

    /// An expression, kept as written.
    pub fn expression(&self, node: &Node) -> Expression {
        Expression::new(node.clone(), self.path, self.fragment)
    }

    /// Adds an object. Errors: the same identity, or the same name in the same space, is there already.
    pub fn add(&mut self, id: ObjectId, object: impl Into<Object>, location: i32) -> Result<()> {
        self.add_named(id, object, location, location)
    }

    /// The same for an object whose name stands elsewhere than its definition begins.
    pub fn add_named(
        &mut self,
        id: ObjectId,
        object: impl Into<Object>,
        location: i32,
        name_location: i32,
    ) -> Result<()> {
        let place = self.place(name_location);
        let object = object.into();
        self.clash(&id, &object, &place)?;
        self.added.push(id.name().to_string());
        let intent = self.intent(location);
        if intent != Intent::default() {
            self.catalog.intents.insert(id.clone(), intent);
        }
        self.catalog.locations.insert(id.clone(), place);
        self.catalog.objects.insert(id, object);
        Ok(())
    }

    /// Errors: the name of the object is taken.
    fn clash(&self, id: &ObjectId, object: &Object, place: &Location) -> Result<()> {
        let same =
            |kind: &&Kind| **kind == id.kind || kind.spaces().iter().any(|space| id.kind.spaces().contains(space));
        let others = Kind::ALL.iter().filter(same).map(|kind| id.with_kind(*kind));
        let clash = others.into_iter().find(|other| self.catalog.objects.contains_key(other));
        if let Some(other) = clash {
            let message = match other.kind == id.kind {
                true => format!("{id} is defined twice"),
                false => format!("{id} is defined twice: {other} has the name already"),
            };
            let error = Error::new(message).at(place);
            return Err(match self.catalog.locations.get(&other) {
                Some(first) => error.hint(format!("the first definition is at {first}; keep one of them")),
                None => error.hint("choose another name"),
            });
        }
        // the index of a key or an exclusion constraint is a relation of the same name
        let index = id.kind.spaces().contains(&Space::Relation) || object.takes_index_name();
        let schema = id.schema().unwrap_or_default();
        if index && self.catalog.index_of_constraint(schema, id.name()) {
            let message = format!("{id} is defined twice: the index of a constraint has the name already");
            return Err(Error::new(message).at(place).hint("choose another name for one of them"));
        }
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

    /// What a statement needs is not there; it is tried again when the name is.
    pub fn missing(&self, location: i32, name: &str, message: String) -> Stop {
        let error = self.wrong(location, message).hint("define it in the files, or correct the name");
        Stop::Missing { name: name.to_string(), error }
    }

    /// The text between two AST locations, for values whose nodes carry no location.
    pub fn text(&self) -> &str {
        self.fragment.sql.get(self.start..self.end).unwrap_or_default()
    }
}

fn said_under(said: &Said, path: &[String]) -> Expression {
    Expression::new(said.node.clone(), path, &said.origin)
}

/// "did you mean", among the objects that `fits` takes.
fn similar(catalog: &Catalog, name: &str, fits: impl Fn(&ObjectId) -> bool) -> Option<String> {
    let names = catalog.objects.keys().filter(|id| fits(id)).map(ObjectId::name);
    closest(name, names.filter(|other| *other != name)).map(|other| format!("did you mean {}?", quote(other)))
}

/// "did you mean", among the types that are known.
fn similar_type(catalog: &Catalog, name: &str) -> Option<String> {
    let usual = [
        "bigint",
        "boolean",
        "bytea",
        "date",
        "integer",
        "interval",
        "jsonb",
        "numeric",
        "smallint",
        "text",
        "time",
        "timestamp",
        "timestamptz",
        "uuid",
        "varchar",
        "serial",
        "bigserial",
    ];
    let other = match name {
        "datetime" => Some("timestamptz"),
        "string" | "tinytext" | "mediumtext" | "longtext" | "clob" | "nvarchar" => Some("text"),
        "blob" | "binary" | "varbinary" | "longblob" => Some("bytea"),
        "tinyint" | "mediumint" => Some("smallint"),
        "double" => Some("double precision"),
        "number" => Some("numeric"),
        _ => closest(name, usual),
    };
    let known = |id: &ObjectId| Kind::TYPES.contains(&id.kind);
    other.map(|other| format!("did you mean {other}?")).or_else(|| similar(catalog, name, known))
}
