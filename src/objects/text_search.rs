//! Names of text search objects: those that PostgreSQL brings along, those of the state, and those of extensions.

use std::collections::BTreeSet;

use pg_query::Node;
use serde::{Serialize, Serializer};

use super::{AlterContext, Kind, Statement, options, stale};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::name::{QualifiedName, dotted};
use crate::renames::Renames;
use crate::resolve::Resolver;

/// The languages whose dictionaries and configurations are in `pg_catalog` (`snowball_create.sql`).
const LANGUAGES: &[&str] = &[
    "arabic",
    "armenian",
    "basque",
    "catalan",
    "danish",
    "dutch",
    "english",
    "finnish",
    "french",
    "german",
    "greek",
    "hindi",
    "hungarian",
    "indonesian",
    "irish",
    "italian",
    "lithuanian",
    "nepali",
    "norwegian",
    "portuguese",
    "romanian",
    "russian",
    "serbian",
    "spanish",
    "swedish",
    "tamil",
    "turkish",
    "yiddish",
];

/// Those that came with PostgreSQL 18.
const LANGUAGES_18: &[&str] = &["estonian"];

/// The templates in `pg_catalog`.
const TEMPLATES: &[&str] = &["ispell", "simple", "snowball", "synonym", "thesaurus"];

/// The token types of the parser `default`: name, and which of a language's two dictionaries the configurations in
/// `pg_catalog` take for it. Those without one are not looked up.
const TOKENS: &[(&str, Lookup)] = &[
    ("asciiword", Lookup::Ascii),
    ("word", Lookup::Word),
    ("numword", Lookup::Simple),
    ("email", Lookup::Simple),
    ("url", Lookup::Simple),
    ("host", Lookup::Simple),
    ("sfloat", Lookup::Simple),
    ("version", Lookup::Simple),
    ("hword_numpart", Lookup::Simple),
    ("hword_part", Lookup::Word),
    ("hword_asciipart", Lookup::Ascii),
    ("blank", Lookup::None),
    ("tag", Lookup::None),
    ("protocol", Lookup::None),
    ("numhword", Lookup::Simple),
    ("asciihword", Lookup::Ascii),
    ("hword", Lookup::Word),
    ("url_path", Lookup::Simple),
    ("file", Lookup::Simple),
    ("float", Lookup::Simple),
    ("int", Lookup::Simple),
    ("uint", Lookup::Simple),
    ("entity", Lookup::None),
];

/// Where a token of a configuration in `pg_catalog` is looked up.
#[derive(Clone, Copy)]
enum Lookup {
    /// In the dictionary of the language, for languages in Latin letters; else in that of English.
    Ascii,
    /// In the dictionary of the language.
    Word,
    /// In `simple`.
    Simple,
    /// Nowhere.
    None,
}

/// Whether PostgreSQL itself has a text search object of that kind and name in `pg_catalog`.
pub fn built_in(kind: Kind, name: &str, major: u16) -> bool {
    let language = |name: &str| LANGUAGES.contains(&name) || major >= 18 && LANGUAGES_18.contains(&name);
    match kind {
        Kind::TsParser => name == "default",
        Kind::TsTemplate => TEMPLATES.contains(&name),
        Kind::TsDictionary => name == "simple" || name.strip_suffix("_stem").is_some_and(language),
        Kind::TsConfiguration => name == "simple" || language(name),
        _ => false,
    }
}

/// Whether PostgreSQL itself has any text search object of that name.
pub fn is_system(name: &str, major: u16) -> bool {
    let kinds = [Kind::TsParser, Kind::TsTemplate, Kind::TsDictionary, Kind::TsConfiguration];
    kinds.into_iter().any(|kind| built_in(kind, name, major))
}

/// The token types of the parser `default`.
pub fn default_tokens() -> impl Iterator<Item = &'static str> {
    TOKENS.iter().map(|(name, _)| *name)
}

/// The mappings of a configuration in `pg_catalog`: token type and dictionary; `None` when there is none of that name.
pub fn built_in_mappings(name: &str, major: u16) -> Option<Vec<(&'static str, String)>> {
    if !built_in(Kind::TsConfiguration, name, major) {
        return None;
    }
    let stem = |language: &str| if name == "simple" { name.to_string() } else { format!("{language}_stem") };
    let ascii = if matches!(name, "hindi" | "russian") { "english" } else { name };
    let dictionary = |lookup: Lookup| match lookup {
        Lookup::Ascii => Some(stem(ascii)),
        Lookup::Word => Some(stem(name)),
        Lookup::Simple => Some("simple".to_string()),
        Lookup::None => None,
    };
    Some(TOKENS.iter().filter_map(|(token, lookup)| Some((*token, dictionary(*lookup)?))).collect())
}

/// A reference to a text search object. What an extension brings along may stay without a schema.
#[derive(Clone, Debug)]
pub struct Named {
    /// Schema, empty while it is to be searched for, and name.
    name: QualifiedName,
    /// The search_path that it was written under.
    path: Vec<String>,
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        let unknown = self.name.schema.is_empty() || other.name.schema.is_empty();
        self.name.name == other.name.name && (unknown || self.name.schema == other.name.schema)
    }
}

impl Serialize for Named {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.sql())
    }
}

impl From<QualifiedName> for Named {
    fn from(name: QualifiedName) -> Self {
        Self { name, path: vec![] }
    }
}

impl Named {
    /// The object that the names in a statement say.
    pub fn new(names: &[Node], path: &[String]) -> Self {
        let mut parts = options::strings(names);
        let name = parts.pop().unwrap_or_default();
        Self { name: QualifiedName::new(parts.pop().unwrap_or_default(), name), path: path.to_vec() }
    }

    /// One that PostgreSQL itself has.
    pub fn system(name: &str) -> Self {
        Self::from(QualifiedName::new("pg_catalog", name))
    }

    /// Its own name.
    pub fn name(&self) -> &str {
        &self.name.name
    }

    /// Its name, with the schema where it is known.
    pub fn sql(&self) -> String {
        if self.name.schema.is_empty() { dotted(&[&self.name.name]) } else { self.name.to_string() }
    }

    /// Gives it its new name.
    pub fn renamed(&mut self, kind: Kind, renames: &Renames) {
        renames.qualified(kind.space(), &mut self.name);
    }

    /// The schema in which it is found, and the object when it is one of the state.
    pub fn find(&self, kind: Kind, catalog: &Catalog) -> Option<(String, Option<ObjectId>)> {
        let system = !self.path.iter().any(|schema| schema == "pg_catalog");
        let front = system.then_some("pg_catalog").into_iter();
        let searched = front.chain(self.path.iter().map(String::as_str));
        let schemas: Vec<&str> = match self.name.schema.as_str() {
            "" => searched.collect(),
            schema => vec![schema],
        };
        schemas.into_iter().find_map(|schema| {
            if schema == "pg_catalog" {
                let known = built_in(kind, &self.name.name, catalog.facts.major());
                return known.then(|| (schema.to_string(), None));
            }
            let id = ObjectId::new(kind, [schema, &self.name.name]);
            catalog.objects.contains_key(&id).then(|| (schema.to_string(), Some(id)))
        })
    }

    /// Binds the name. Errors: there is no such object, and no extension that may bring it along.
    pub fn resolve(&mut self, kind: Kind, resolver: &Resolver, needs: &mut BTreeSet<ObjectId>) -> Result<()> {
        let catalog = resolver.catalog;
        if let Some((schema, id)) = self.find(kind, catalog) {
            self.name.schema = schema;
            needs.extend(id);
            return Ok(());
        }
        let schema = self.name.schema.as_str();
        let ours = schema.is_empty() || schema == "pg_catalog" || catalog.has_schema(schema);
        if resolver.strict && !catalog.incomplete && ours && extensions(catalog).next().is_none() {
            return Err(Error::new(format!("{} {} does not exist in the desired state", kind.title(), self.sql()))
                .hint("define it in the files, or the extension that brings it, or correct the name"));
        }
        Ok(())
    }

    /// The extensions that may bring it along, when the state itself does not have it.
    pub fn wishes(&self, kind: Kind, catalog: &Catalog) -> Vec<ObjectId> {
        match self.find(kind, catalog) {
            Some(_) => vec![],
            None => extensions(catalog).cloned().collect(),
        }
    }

    /// A statement with this name in it: under the search_path of the files where the schema is not known.
    pub fn within(&self, statement: Statement) -> Statement {
        if self.name.schema.is_empty() { statement.under(&self.path) } else { statement }
    }
}

fn extensions(catalog: &Catalog) -> impl Iterator<Item = &ObjectId> {
    catalog.objects.keys().filter(|id| id.kind == Kind::Extension && id.name() != "plpgsql")
}

/// What a reviewer must know about a change in place: what was made with the object before stays as it is.
pub fn stays(id: &ObjectId, statement: Statement, context: &AlterContext) -> Statement {
    let keeps = |id: &ObjectId, _: &_| matches!(id.kind, Kind::Index | Kind::Column | Kind::MaterializedView);
    stale::after(id, statement, "stale-text-search", keeps, context)
}

/// Schema and name as a statement gives them, for messages.
pub fn shown(names: &[Node]) -> String {
    dotted(&options::strings(names))
}
