//! Text search parsers (`pg_ts_parser`). Nobody owns them; only superusers make them.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{DefineStmt, ObjectType};
use serde::Serialize;
use tokio_postgres::Row;

use super::trigger_function::TriggerFunction;
use super::{AlterContext, Alteration, DatabaseObject, Kind, Statement, options, rename, schema};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A text search parser.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TsParser {
    /// START: begins a text.
    pub start: TriggerFunction,
    /// GETTOKEN: gives the next token.
    pub gettoken: TriggerFunction,
    /// END: ends a text.
    pub end: TriggerFunction,
    /// HEADLINE: makes excerpts.
    pub headline: Option<TriggerFunction>,
    /// LEXTYPES: says which token types there are.
    pub lextypes: TriggerFunction,
}

const WORDS: &[&str] = &["start", "gettoken", "end", "headline", "lextypes"];

/// Reads CREATE TEXT SEARCH PARSER.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::DefineStmt(statement) if statement.kind == ObjectType::ObjectTsparser as i32 => {
            Some(create(statement, reader))
        }
        _ => None,
    }
}

fn create(statement: &DefineStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.defnames)?;
    let given = options::definition(&statement.definition, WORDS, "text search parsers", reader)?;
    let function =
        |word: &str| given.get(word).map(|it| TriggerFunction::new(options::name_nodes(it), reader.path));
    let needed = |word: &str| {
        let missing = || reader.wrong(0, format!("a text search parser needs the function {}", word.to_uppercase()));
        function(word).ok_or_else(|| missing().hint(format!("add {} = …", word.to_uppercase())))
    };
    let parser = TsParser {
        start: needed("start")?,
        gettoken: needed("gettoken")?,
        end: needed("end")?,
        headline: function("headline"),
        lextypes: needed("lextypes")?,
    };
    let place = reader.find_name(0, &name);
    reader.add_named(ObjectId::new(Kind::TsParser, [schema, name]), parser, 0, place)?;
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("ts_parser.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::TsParser, &["schema", "name"])?;
    let function = |word: &str| -> Result<Option<TriggerFunction>> {
        Ok(live.qualified(row, &format!("{word}_schema"), &format!("{word}_name"))?.map(TriggerFunction::from))
    };
    let missing = || Error::new(format!("the catalogue query returned no function for {id}"));
    let needed = |word: &str| function(word)?.ok_or_else(missing);
    let parser = TsParser {
        start: needed("start")?,
        gettoken: needed("gettoken")?,
        end: needed("end")?,
        headline: function("headline")?,
        lextypes: needed("lextypes")?,
    };
    live.attribute_of(row, &id)?;
    live.add(row, id, parser)
}

impl DatabaseObject for TsParser {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        let Self { start, gettoken, end, headline, lextypes } = self;
        start.resolve_with(&["internal", "int4"], Some("internal"), resolver, &mut needs)?;
        gettoken.resolve_with(&["internal"; 3], Some("internal"), resolver, &mut needs)?;
        end.resolve_with(&["internal"], Some("void"), resolver, &mut needs)?;
        if let Some(headline) = headline {
            headline.resolve_with(&["internal", "internal", "tsquery"], Some("internal"), resolver, &mut needs)?;
        }
        lextypes.resolve_with(&["internal"], Some("internal"), resolver, &mut needs)?;
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { start, gettoken, end, headline, lextypes } = self;
        let headline = headline.as_ref().map_or_else(String::new, |it| format!(", HEADLINE = {}", it.sql()));
        let sql = format!(
            "CREATE TEXT SEARCH PARSER {} (START = {}, GETTOKEN = {}, END = {}{headline}, LEXTYPES = {})",
            id.sql(),
            start.sql(),
            gettoken.sql(),
            end.sql(),
            lextypes.sql()
        );
        vec![Statement::new(Form::Create, sql)]
    }

    fn alter(&self, _id: &ObjectId, _desired: &Self, _context: &AlterContext) -> Alteration {
        Alteration::Replace
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP TEXT SEARCH PARSER {}", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        let Self { start, gettoken, end, headline, lextypes } = self;
        let all = [start, gettoken, end, lextypes].into_iter().chain(headline);
        all.for_each(|function| function.renamed(renames));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "TEXT SEARCH PARSER", id, new)
    }
}
