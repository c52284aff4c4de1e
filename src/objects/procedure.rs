//! Procedures (`pg_proc` of kind `p`).

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::CreateFunctionStmt;
use serde::Serialize;
use tokio_postgres::Row;

use super::function::load_transforms;
use super::routine::{self, Argument, Body, Clauses, Settings};
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Reaction, Statement, language, rename, schema, transform};
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::facts::{FunctionFact, FunctionKind, Volatility};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop, Type};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A procedure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Procedure {
    /// All parameters.
    pub arguments: Vec<Argument>,
    /// LANGUAGE.
    pub language: String,
    /// What it does.
    pub body: Body,
    /// TRANSFORM FOR TYPE.
    pub transforms: Vec<Type>,
    /// SECURITY DEFINER.
    pub security_definer: bool,
    /// SET.
    pub settings: Settings,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("procedure.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let defaults: Option<String> = live.get(row, "defaults")?;
    let procedure = Procedure {
        arguments: routine::load_arguments(row, live, defaults.as_deref())?,
        language: live.text(row, "language")?,
        body: Body::load(row, live)?,
        transforms: load_transforms(row, live)?,
        security_definer: live.get(row, "security_definer")?,
        settings: Settings::from_catalog(live.get(row, "settings")?),
    };
    let (schema, name) = (live.text(row, "schema")?, live.text(row, "name")?);
    let id = routine::identity(Kind::Procedure, schema, name, &procedure.arguments);
    let fact = procedure.fact(&id, &live.catalog);
    live.catalog.facts.model.add_function(fact);
    live.attribute_of(row, &id)?;
    live.add(row, id, procedure)
}

/// Reads CREATE PROCEDURE.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateFunctionStmt(statement) if statement.is_procedure => Some(read_create(statement, reader)),
        _ => None,
    }
}

fn read_create(statement: &CreateFunctionStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.funcname)?;
    let arguments = routine::read_arguments(&statement.parameters, reader)?;
    let clauses = Clauses::default().read(&statement.options, true, reader)?;
    let (language, body) = clauses.body(statement.sql_body.as_deref(), &name, reader)?;
    let procedure = Procedure {
        arguments,
        language,
        body,
        transforms: clauses.transforms,
        security_definer: clauses.security_definer.unwrap_or_default(),
        settings: clauses.settings,
    };
    let id = routine::identity(Kind::Procedure, schema, name, &procedure.arguments);
    reader.add(id.clone(), procedure.clone(), 0)?;
    let fact = procedure.fact(&id, reader.catalog);
    reader.catalog.facts.model.add_function(fact);
    Ok(())
}

impl Procedure {
    fn returns_record(&self) -> bool {
        self.arguments.iter().any(|argument| argument.mode.is_output())
    }

    fn fact(&self, id: &ObjectId, catalog: &Catalog) -> FunctionFact {
        let result = if self.returns_record() { "record" } else { "void" };
        let kind = FunctionKind::Procedure;
        routine::fact(id, &self.arguments, kind, (result, false), Volatility::Volatile, &catalog.facts)
    }

    fn statement(&self, id: &ObjectId, verb: &str) -> Statement {
        let names = crate::name::dotted(&id.names);
        let mut lines = vec![format!("{verb} PROCEDURE {names}({})", routine::argument_list(&self.arguments))];
        lines.push(format!("LANGUAGE {}", crate::name::quote(&self.language)));
        if !self.transforms.is_empty() {
            let types: Vec<String> = self.transforms.iter().map(|it| format!("FOR TYPE {}", it.sql)).collect();
            lines.push(format!("TRANSFORM {}", types.join(", ")));
        }
        if self.security_definer {
            lines.push("SECURITY DEFINER".into());
        }
        lines.extend(self.settings.sql());
        lines.push(self.body.sql());
        let mut statement = Statement::new(if verb == "CREATE" { Form::Create } else { Form::Catalog }, lines.join("\n"));
        let path = routine::path_of(&self.arguments, self.body.standard());
        statement.search_path = path.map(<[String]>::to_vec);
        statement
    }
}

impl DatabaseObject for Procedure {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        needs.extend(language::needed(&self.language, resolver.catalog));
        needs.extend(self.transforms.iter().filter_map(|it| it.object(resolver.catalog)));
        needs.extend(transform::needed(&self.transforms, &self.language, resolver.catalog));
        routine::resolve_arguments(&mut self.arguments, resolver, &mut needs)?;
        self.body.resolve(id, &self.arguments, resolver, &mut needs)?;
        needs.remove(id);
        Ok(needs)
    }

    fn wishes(&self, id: &ObjectId, catalog: &Catalog) -> BTreeSet<ObjectId> {
        let create = || self.statement(id, "CREATE").sql;
        routine::wishes(id, &self.language, &self.body, &self.settings, &create, catalog)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        vec![self.statement(id, "CREATE")]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        let record = self.returns_record();
        let same_signature =
            record == desired.returns_record() && routine::replaceable(&self.arguments, &desired.arguments, record);
        if !same_signature || transform::held(id, context) {
            return Alteration::Replace;
        }
        Alteration::in_place(vec![desired.statement(id, "CREATE OR REPLACE")])
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        routine::drop("PROCEDURE", id)
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        routine::reaction(&self.body, disturbance)
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.arguments.iter_mut().for_each(|argument| renames.retype(&mut argument.data_type));
        self.transforms.iter_mut().for_each(|data_type| renames.retype(data_type));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "PROCEDURE", id, new)
    }
}
