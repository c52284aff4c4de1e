//! Text search templates (`pg_ts_template`). Nobody owns them; only superusers make them.

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

/// A text search template.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TsTemplate {
    /// INIT: takes the options of a dictionary.
    pub init: Option<TriggerFunction>,
    /// LEXIZE: looks a word up.
    pub lexize: TriggerFunction,
}

/// Reads CREATE TEXT SEARCH TEMPLATE.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::DefineStmt(statement) if statement.kind == ObjectType::ObjectTstemplate as i32 => {
            Some(create(statement, reader))
        }
        _ => None,
    }
}

fn create(statement: &DefineStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.defnames)?;
    let given = options::definition(&statement.definition, &["init", "lexize"], "text search templates", reader)?;
    let function =
        |word: &str| given.get(word).map(|it| TriggerFunction::new(options::name_nodes(it), reader.path));
    let Some(lexize) = function("lexize") else {
        let error = reader.wrong(0, "a text search template needs a function that looks words up");
        return Err(error.hint("add LEXIZE = …").into());
    };
    let template = TsTemplate { init: function("init"), lexize };
    let place = reader.find_name(0, &name);
    reader.add_named(ObjectId::new(Kind::TsTemplate, [schema, name]), template, 0, place)?;
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("ts_template.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::TsTemplate, &["schema", "name"])?;
    let function = |word: &str| -> Result<Option<TriggerFunction>> {
        Ok(live.qualified(row, &format!("{word}_schema"), &format!("{word}_name"))?.map(TriggerFunction::from))
    };
    let missing = || Error::new(format!("the catalogue query returned no function for {id}"));
    let template = TsTemplate { init: function("init")?, lexize: function("lexize")?.ok_or_else(missing)? };
    live.attribute_of(row, &id)?;
    live.add(row, id, template)
}

impl DatabaseObject for TsTemplate {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        if let Some(init) = &mut self.init {
            init.resolve_with(&["internal"], Some("internal"), resolver, &mut needs)?;
        }
        self.lexize.resolve_with(&["internal"; 4], Some("internal"), resolver, &mut needs)?;
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { init, lexize } = self;
        let init = init.as_ref().map_or_else(String::new, |init| format!("INIT = {}, ", init.sql()));
        let sql = format!("CREATE TEXT SEARCH TEMPLATE {} ({init}LEXIZE = {})", id.sql(), lexize.sql());
        vec![Statement::new(Form::Create, sql)]
    }

    fn alter(&self, _id: &ObjectId, _desired: &Self, _context: &AlterContext) -> Alteration {
        Alteration::Replace
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP TEXT SEARCH TEMPLATE {}", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.init.iter_mut().chain([&mut self.lexize]).for_each(|function| function.renamed(renames));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "TEXT SEARCH TEMPLATE", id, new)
    }
}
