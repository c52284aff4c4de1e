//! Foreign-data wrappers (`pg_foreign_data_wrapper`): the code that reaches other servers.

use std::collections::BTreeSet;

use pg_query::protobuf::{AlterFdwStmt, CreateFdwStmt};
use pg_query::{Node, NodeEnum};
use serde::Serialize;
use tokio_postgres::Row;

use super::options::{self, Options};
use super::trigger_function::TriggerFunction;
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Object, Reaction, Statement, generic_options, rename};
use crate::catalog::ObjectId;
use crate::error::Result;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A foreign-data wrapper.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ForeignDataWrapper {
    /// HANDLER: returns the functions that read and write foreign tables.
    pub handler: Option<TriggerFunction>,
    /// VALIDATOR: is asked about options.
    pub validator: Option<TriggerFunction>,
    /// OPTIONS.
    pub options: Options,
}

/// Reads CREATE and ALTER FOREIGN DATA WRAPPER.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateFdwStmt(statement) => Some(create(statement, reader)),
        NodeEnum::AlterFdwStmt(statement) => Some(alter(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreateFdwStmt, reader: &mut Reader) -> Result<(), Stop> {
    let mut wrapper = ForeignDataWrapper::default();
    functions(&mut wrapper, &statement.func_options, reader)?;
    generic_options::apply(reader, &mut wrapper.options, &statement.options)?;
    let place = reader.find_name(0, &statement.fdwname);
    let id = ObjectId::new(Kind::ForeignDataWrapper, [statement.fdwname.as_str()]);
    reader.add_named(id, wrapper, 0, place)?;
    Ok(())
}

fn functions(wrapper: &mut ForeignDataWrapper, nodes: &[Node], reader: &Reader) -> Result<()> {
    let mut seen = BTreeSet::new();
    for node in nodes {
        let Some(NodeEnum::DefElem(element)) = node.node.as_ref() else { continue };
        if !seen.insert(element.defname.as_str()) {
            let message = format!("{} is given twice", element.defname.to_uppercase());
            return Err(reader.wrong(element.location, message).hint("keep one of the two"));
        }
        let function = match element.arg.as_ref().and_then(|node| node.node.as_ref()) {
            Some(NodeEnum::List(names)) => Some(TriggerFunction::new(&names.items, reader.path)),
            _ => None,
        };
        match element.defname.as_str() {
            "handler" => wrapper.handler = function,
            _ => wrapper.validator = function,
        }
    }
    Ok(())
}

fn alter(statement: &AlterFdwStmt, reader: &mut Reader) -> Result<(), Stop> {
    let id = ObjectId::new(Kind::ForeignDataWrapper, [statement.fdwname.as_str()]);
    let Some(Object::ForeignDataWrapper(known)) = reader.catalog.objects.get(&id) else {
        let place = reader.find_name(0, &statement.fdwname);
        return Err(reader.missing(place, &statement.fdwname, format!("{id} does not exist in the desired state")));
    };
    let mut wrapper = known.clone();
    functions(&mut wrapper, &statement.func_options, reader)?;
    generic_options::apply(reader, &mut wrapper.options, &statement.options)?;
    reader.catalog.objects.insert(id, wrapper.into());
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("foreign_data_wrapper.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::ForeignDataWrapper, &["name"])?;
    let wrapper = ForeignDataWrapper {
        handler: live.qualified(row, "handler_schema", "handler")?.map(TriggerFunction::from),
        validator: live.qualified(row, "validator_schema", "validator")?.map(TriggerFunction::from),
        options: options::from_catalog(live.get(row, "options")?, None),
    };
    live.attribute_of(row, &id)?;
    live.add(row, id, wrapper)
}

/// `HANDLER name` or `NO HANDLER`.
fn clause(word: &str, function: &Option<TriggerFunction>) -> String {
    match function {
        Some(function) => format!(" {word} {}", function.sql()),
        None => format!(" NO {word}"),
    }
}

impl DatabaseObject for ForeignDataWrapper {
    fn resolve(&mut self, _id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = BTreeSet::new();
        if let Some(handler) = &mut self.handler {
            handler.resolve("fdw_handler", resolver, &mut needs)?;
        }
        if let Some(validator) = &mut self.validator {
            validator.resolve_with(&["_text", "oid"], None, resolver, &mut needs)?;
        }
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { handler, validator, options } = self;
        let mut sql = format!("CREATE FOREIGN DATA WRAPPER {}", id.sql());
        for (word, function) in [("HANDLER", handler), ("VALIDATOR", validator)] {
            if function.is_some() {
                sql.push_str(&clause(word, function));
            }
        }
        sql.push_str(&generic_options::sql(options));
        vec![Statement::new(Form::Create, sql)]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        let Self { handler, validator, options } = desired;
        let mut sql = format!("ALTER FOREIGN DATA WRAPPER {}", id.sql());
        if self.handler != *handler {
            sql.push_str(&clause("HANDLER", handler));
        }
        if self.validator != *validator {
            sql.push_str(&clause("VALIDATOR", validator));
        }
        if let Some(change) = generic_options::change(&self.options, options) {
            sql.push_str(&format!(" {change}"));
        }
        Alteration::in_place(vec![Statement::new(Form::Catalog, sql)])
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP FOREIGN DATA WRAPPER {}", id.sql()))]
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        if disturbance == Disturbance::Replaced { Reaction::Rebuild } else { Reaction::Survives }
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        [&mut self.handler, &mut self.validator].into_iter().flatten().for_each(|function| function.renamed(renames));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        Some(rename::plain(Form::Catalog, "FOREIGN DATA WRAPPER", id, new))
    }
}
