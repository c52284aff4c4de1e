//! Text search configurations (`pg_ts_config`) with their mappings (`pg_ts_config_map`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tokio_postgres::Row;

use super::text_search::Named;
use super::{AlterContext, Alteration, DatabaseObject, Kind, Statement, rename, schema};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::name::{QualifiedName, quote};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

mod read;
pub use read::read;

/// A text search configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TsConfiguration {
    /// PARSER.
    pub parser: Named,
    /// Token type -> the dictionaries that are asked, in their order.
    pub mappings: BTreeMap<String, Vec<Named>>,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("ts_configuration.sql");

/// One row of `pg_ts_config_map`.
#[derive(Deserialize)]
struct Mapping {
    token: String,
    schema: String,
    name: String,
}

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::TsConfiguration, &["schema", "name"])?;
    let parser = live.qualified(row, "parser_schema", "parser_name")?.map(Named::from);
    let parser = parser.ok_or_else(|| Error::new(format!("the catalogue query returned no parser of {id}")))?;
    let mut mappings: BTreeMap<String, Vec<Named>> = BTreeMap::new();
    for Mapping { token, schema, name } in live.json::<Vec<Mapping>>(row, "mappings")?.unwrap_or_default() {
        mappings.entry(token).or_default().push(Named::from(QualifiedName::new(schema, name)));
    }
    live.catalog.facts.model.add_text_search("regconfig", id.relation().0, id.name());
    live.attribute_of(row, &id)?;
    live.add(row, id, TsConfiguration { parser, mappings })
}

/// `ALTER TEXT SEARCH CONFIGURATION … <verb> MAPPING FOR …`: one statement for all tokens with the same dictionaries.
fn map(id: &ObjectId, verb: &str, tokens: &[(&String, &Vec<Named>)]) -> Vec<Statement> {
    let mut groups: Vec<(Vec<String>, &Vec<Named>)> = vec![];
    for (token, dictionaries) in tokens {
        match groups.iter_mut().find(|(_, other)| other == dictionaries) {
            Some((names, _)) => names.push(quote(token)),
            None => groups.push((vec![quote(token)], dictionaries)),
        }
    }
    let statement = |(names, dictionaries): (Vec<String>, &Vec<Named>)| {
        let list: Vec<String> = dictionaries.iter().map(Named::sql).collect();
        let sql = format!(
            "ALTER TEXT SEARCH CONFIGURATION {} {verb} MAPPING FOR {} WITH {}",
            id.sql(),
            names.join(", "),
            list.join(", ")
        );
        dictionaries.iter().fold(Statement::new(Form::Catalog, sql), |statement, name| name.within(statement))
    };
    groups.into_iter().map(statement).collect()
}

impl DatabaseObject for TsConfiguration {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        self.parser.resolve(Kind::TsParser, resolver, &mut needs)?;
        for dictionary in self.mappings.values_mut().flatten() {
            dictionary.resolve(Kind::TsDictionary, resolver, &mut needs)?;
        }
        Ok(needs)
    }

    fn wishes(&self, _id: &ObjectId, catalog: &Catalog) -> BTreeSet<ObjectId> {
        let dictionaries = self.mappings.values().flatten().flat_map(|it| it.wishes(Kind::TsDictionary, catalog));
        dictionaries.chain(self.parser.wishes(Kind::TsParser, catalog)).collect()
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let sql = format!("CREATE TEXT SEARCH CONFIGURATION {} (PARSER = {})", id.sql(), self.parser.sql());
        let tokens: Vec<_> = self.mappings.iter().collect();
        let mut statements = vec![self.parser.within(Statement::new(Form::Create, sql))];
        statements.extend(map(id, "ADD", &tokens));
        statements
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        if self.parser != desired.parser {
            return Alteration::Replace;
        }
        let gone = self.mappings.keys().filter(|token| !desired.mappings.contains_key(*token));
        let gone: Vec<String> = gone.map(|token| quote(token)).collect();
        let mut statements = vec![];
        if !gone.is_empty() {
            let sql = format!("ALTER TEXT SEARCH CONFIGURATION {} DROP MAPPING FOR {}", id.sql(), gone.join(", "));
            statements.push(Statement::new(Form::Catalog, sql));
        }
        let (known, new): (Vec<_>, Vec<_>) =
            desired.mappings.iter().partition(|(token, _)| self.mappings.contains_key(*token));
        let other: Vec<_> = known.into_iter().filter(|(token, list)| self.mappings.get(*token) != Some(*list)).collect();
        statements.extend(map(id, "ALTER", &other));
        statements.extend(map(id, "ADD", &new));
        Alteration::in_place(statements)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP TEXT SEARCH CONFIGURATION {}", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.parser.renamed(Kind::TsParser, renames);
        self.mappings.values_mut().flatten().for_each(|it| it.renamed(Kind::TsDictionary, renames));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "TEXT SEARCH CONFIGURATION", id, new)
    }
}
