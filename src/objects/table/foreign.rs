//! What makes a table a foreign one (`pg_foreign_table`).

use pg_query::protobuf::{ConstrType, Constraint, CreateForeignTableStmt};
use serde::Serialize;
use tokio_postgres::Row;

use super::Table;
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::introspect::Live;
use crate::load::reader::Reader;
use crate::name::quote;
use crate::objects::options::{self, Options};
use crate::objects::{Alteration, Object, Statement, generic_options};
use crate::plan::forms::Form;

/// Where the rows of a foreign table are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Foreign {
    /// SERVER.
    pub server: String,
    /// OPTIONS.
    pub options: Options,
}

/// Whether a relation is a foreign table.
pub fn is_foreign(catalog: &Catalog, table: &ObjectId) -> bool {
    matches!(catalog.objects.get(table), Some(Object::Table(table)) if table.foreign.is_some())
}

impl Foreign {
    /// What CREATE FOREIGN TABLE says beyond CREATE TABLE. Errors: an option that is given twice.
    pub fn read(statement: &CreateForeignTableStmt, reader: &Reader) -> Result<Self> {
        let mut options = Options::new();
        generic_options::apply(reader, &mut options, &statement.options)?;
        Ok(Self { server: statement.servername.clone(), options })
    }

    /// Takes a row of the catalogue query of tables; `None` for one that is not foreign.
    pub fn load(row: &Row, live: &Live) -> Result<Option<Self>> {
        let Some(server) = live.get::<Option<String>>(row, "server")? else { return Ok(None) };
        Ok(Some(Self { server, options: options::from_catalog(live.get(row, "foreign_options")?, None) }))
    }

    /// The end of CREATE FOREIGN TABLE.
    pub fn sql(&self) -> String {
        format!(" SERVER {}{}", quote(&self.server), generic_options::sql(&self.options))
    }
}

/// Errors: a constraint that no foreign table can have.
pub fn check(reader: &Reader, table: &ObjectId, constraint: &Constraint) -> Result<()> {
    let what = match ConstrType::try_from(constraint.contype) {
        Ok(ConstrType::ConstrPrimary) => "primary key",
        Ok(ConstrType::ConstrUnique) => "unique",
        Ok(ConstrType::ConstrExclusion) => "exclusion",
        Ok(ConstrType::ConstrForeign) => "foreign key",
        _ => return Ok(()),
    };
    if !is_foreign(reader.catalog, table) {
        return Ok(());
    }
    Err(reader
        .wrong(constraint.location, format!("{what} constraints are not supported on foreign tables"))
        .hint("leave it out; the other server keeps the rows right"))
}

/// The part of a change that is about the other server; `Some` when that is not done in place.
pub fn alter(current: &Table, id: &ObjectId, desired: &Table, out: &mut Vec<Statement>) -> Option<Alteration> {
    match (&current.foreign, &desired.foreign) {
        (None, None) => None,
        (Some(now), Some(wanted)) if now.server == wanted.server => {
            let change = generic_options::change(&now.options, &wanted.options);
            out.extend(change.map(|sql| Statement::clause(Form::AlterRelation, id.clone(), sql)));
            None
        }
        (Some(_), _) => Some(Alteration::Replace),
        (None, Some(_)) => {
            let reason = "it holds rows and would become a foreign table, which holds none; declare the foreign table \
                          under another name, and let the table go on its own";
            Some(Alteration::Impossible { reason: reason.into() })
        }
    }
}
