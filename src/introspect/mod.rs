//! From a database to a catalog: one snapshot, one query a kind, dependencies, and what no kind models.

use std::collections::HashMap;

use pg_query::NodeEnum;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::expression::Expression;
use crate::load::reader::Type;
use crate::name::QualifiedName;
use crate::objects::attributes::{self, Attributes};
use crate::objects::{Kind, Object};

mod database;
mod repeated;
mod sizes;
pub use database::read;
use repeated::Repeated;
pub use sizes::sizes;

/// The address of an object in `pg_depend`.
pub type Address = (u32, u32, i32);

/// A catalog on its way out of a database.
pub struct Live {
    /// What has been read.
    pub catalog: Catalog,
    /// Where each object is found in `pg_depend`.
    pub addresses: HashMap<Address, ObjectId>,
    /// Oid of `pg_class` as a catalogue.
    pub relation_class: u32,
    /// Oid of `pg_type` as a catalogue.
    pub type_class: u32,
    /// Oid of `pg_rewrite` as a catalogue.
    pub rewrite_class: u32,
    /// Major version of the server.
    pub major: u16,
    statements: Repeated<NodeEnum>,
    expressions: Repeated<Expression>,
}

impl Live {
    /// A column of a row. Errors: the column has another type than expected.
    pub fn get<'r, T: FromSql<'r>>(&self, row: &'r Row, column: &str) -> Result<T> {
        row.try_get(column)
            .map_err(|error| Error::new(format!("the catalogue query returned an unexpected {column}")).cause(error))
    }

    /// A text that is never NULL.
    pub fn text(&self, row: &Row, column: &str) -> Result<String> {
        self.get(row, column)
    }

    /// What a column of a row says in JSON. Errors: it says something else than expected.
    pub fn json<T: DeserializeOwned>(&self, row: &Row, column: &str) -> Result<Option<T>> {
        let text: Option<&str> = self.get(row, column)?;
        let wrong = |error| Error::new(format!("the catalogue query returned an unexpected {column}")).cause(error);
        text.map(serde_json::from_str).transpose().map_err(wrong)
    }

    /// An identity from columns that hold its names.
    pub fn id(&self, row: &Row, kind: Kind, columns: &[&str]) -> Result<ObjectId> {
        let names: Result<Vec<String>> = columns.iter().map(|column| self.text(row, column)).collect();
        Ok(ObjectId { kind, names: names?.into(), arguments: vec![] })
    }

    /// A type from the columns `<prefix>_key`, `<prefix>_typmod`, `<prefix>_sql`.
    pub fn data_type(&self, row: &Row, prefix: &str) -> Result<Type> {
        Ok(Type {
            key: self.get(row, &format!("{prefix}_key"))?,
            typmod: self.get(row, &format!("{prefix}_typmod"))?,
            sql: self.get(row, &format!("{prefix}_sql"))?,
        })
    }

    /// A qualified name from two columns; `None` when they are NULL.
    pub fn qualified(&self, row: &Row, schema: &str, name: &str) -> Result<Option<QualifiedName>> {
        let schema: Option<String> = self.get(row, schema)?;
        let name: Option<String> = self.get(row, name)?;
        Ok(schema.zip(name).map(|(schema, name)| QualifiedName { schema, name }))
    }

    /// A name that the server printed under an empty search_path: `schema.name`.
    pub fn split_name(&self, printed: &str) -> Result<QualifiedName> {
        let wrong = || Error::new(format!("cannot read the name {printed} that the server printed"));
        match self.parse(&format!("ALTER TABLE {printed} SET LOGGED"))? {
            NodeEnum::AlterTableStmt(statement) => {
                let relation = statement.relation.ok_or_else(wrong)?;
                Ok(QualifiedName::new(relation.schemaname, relation.relname))
            }
            _ => Err(wrong()),
        }
    }

    /// Adds the object of a row, which has `classid`, `objid` and `objsubid`.
    pub fn add(&mut self, row: &Row, id: ObjectId, object: impl Into<Object>) -> Result<()> {
        let address = (self.get(row, "classid")?, self.get(row, "objid")?, self.get(row, "objsubid")?);
        self.addresses.insert(address, id.clone());
        self.catalog.objects.insert(id, object.into());
        Ok(())
    }

    /// Another address of the same object (a view's rule, a table's row type).
    pub fn alias(&mut self, address: Address, id: &ObjectId) {
        self.addresses.insert(address, id.clone());
    }

    /// Takes `owner`, `acl` and `comment` of a row.
    pub fn attribute_of(&mut self, row: &Row, id: &ObjectId) -> Result<()> {
        let owner: Option<String> = self.get(row, "owner")?;
        let acl: Option<Vec<String>> = self.get(row, "acl")?;
        let comment: Option<String> = self.get(row, "comment")?;
        let privileges = acl.map(|items| attributes::parse_acl(&items)).transpose()?;
        let attributes = Attributes { owner, comment, privileges, ..Attributes::default() };
        if attributes != Attributes::default() {
            self.catalog.attributes.insert(id.clone(), attributes);
        }
        Ok(())
    }

    /// Parses one statement that the server printed.
    pub fn parse(&self, sql: &str) -> Result<NodeEnum> {
        self.statements.get(sql, parse)
    }

    /// Parses an expression that the server printed.
    pub fn expression(&self, sql: &str) -> Result<Expression> {
        self.expressions.get(sql, Expression::printed)
    }
}

fn parse(sql: &str) -> Result<NodeEnum> {
    let unreadable = || Error::new("cannot read a definition that the server printed").cause(sql.to_string());
    let parsed = crate::load::syntax::parse_text(sql).map_err(|error| unreadable().cause(error.message))?;
    let statement = parsed.protobuf.stmts.into_iter().next().and_then(|raw| raw.stmt?.node);
    statement.ok_or_else(unreadable)
}
