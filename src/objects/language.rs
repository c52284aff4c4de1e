//! Procedural languages (`pg_language`) that no extension brings.

use std::collections::BTreeSet;

use pg_query::protobuf::CreatePLangStmt;
use pg_query::{Node, NodeEnum};
use serde::Serialize;
use tokio_postgres::Row;

use super::trigger_function::TriggerFunction;
use super::{AlterContext, Alteration, DatabaseObject, Kind, Statement, rename};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::quote;
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A procedural language.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Language {
    /// TRUSTED: roles without special rights may write routines in it.
    pub trusted: bool,
    /// HANDLER: runs routines.
    pub handler: TriggerFunction,
    /// INLINE: runs DO.
    pub inline: Option<TriggerFunction>,
    /// VALIDATOR: checks new routines.
    pub validator: Option<TriggerFunction>,
}

/// Reads CREATE LANGUAGE; without a handler it is CREATE EXTENSION, also to the parser.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreatePlangStmt(statement) => Some(create(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreatePLangStmt, reader: &mut Reader) -> Result<(), Stop> {
    let function = |names: &[Node]| (!names.is_empty()).then(|| TriggerFunction::new(names, reader.path));
    let place = reader.find_name(0, &statement.plname);
    let Some(handler) = function(&statement.plhandler) else {
        let error = reader.wrong(place, format!("language {} has no handler", quote(&statement.plname)));
        return Err(error.hint("write CREATE EXTENSION, or name the handler").into());
    };
    let language = Language {
        trusted: statement.pltrusted,
        handler,
        inline: function(&statement.plinline),
        validator: function(&statement.plvalidator),
    };
    reader.add_named(ObjectId::new(Kind::Language, [statement.plname.as_str()]), language, 0, place)?;
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("language.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Language, &["name"])?;
    let handler = live.qualified(row, "handler_schema", "handler")?.map(TriggerFunction::from);
    let missing = || Error::new(format!("the catalogue query returned no handler for {id}"));
    let language = Language {
        trusted: live.get(row, "trusted")?,
        handler: handler.ok_or_else(missing)?,
        inline: live.qualified(row, "inline_schema", "inline")?.map(TriggerFunction::from),
        validator: live.qualified(row, "validator_schema", "validator")?.map(TriggerFunction::from),
    };
    live.attribute_of(row, &id)?;
    live.add(row, id, language)
}

/// What a routine in this language needs: the language, or the extension of its name that brings it.
pub fn needed(name: &str, catalog: &Catalog) -> Option<ObjectId> {
    let kinds = [Kind::Language, Kind::Extension].into_iter();
    kinds.map(|kind| ObjectId::new(kind, [name])).find(|id| catalog.objects.contains_key(id))
}

impl Language {
    fn create_sql(&self, id: &ObjectId, replace: bool) -> Statement {
        let Self { trusted, handler, inline, validator } = self;
        let mut sql = format!(
            "CREATE {}{}LANGUAGE {} HANDLER {}",
            if replace { "OR REPLACE " } else { "" },
            if *trusted { "TRUSTED " } else { "" },
            id.sql(),
            handler.sql()
        );
        for (word, function) in [("INLINE", inline), ("VALIDATOR", validator)] {
            if let Some(function) = function {
                sql.push_str(&format!(" {word} {}", function.sql()));
            }
        }
        Statement::new(if replace { Form::Catalog } else { Form::Create }, sql)
    }
}

impl DatabaseObject for Language {
    fn resolve(&mut self, _id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = BTreeSet::new();
        self.handler.resolve("language_handler", resolver, &mut needs)?;
        if let Some(inline) = &mut self.inline {
            inline.resolve_with(&["internal"], None, resolver, &mut needs)?;
        }
        if let Some(validator) = &mut self.validator {
            validator.resolve_with(&["oid"], None, resolver, &mut needs)?;
        }
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        vec![self.create_sql(id, false)]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        // privileges on a language that is no longer trusted could not be taken away any more
        if self.trusted && !desired.trusted {
            return Alteration::Replace;
        }
        Alteration::in_place(vec![desired.create_sql(id, true)])
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP LANGUAGE {}", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.handler.renamed(renames);
        [&mut self.inline, &mut self.validator].into_iter().flatten().for_each(|function| function.renamed(renames));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        Some(rename::plain(Form::Catalog, "LANGUAGE", id, new))
    }
}
