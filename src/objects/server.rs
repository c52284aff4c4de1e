//! Foreign servers (`pg_foreign_server`).

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterForeignServerStmt, CreateForeignServerStmt};
use serde::Serialize;
use tokio_postgres::Row;

use super::options::{self, Options};
use super::{AlterContext, Alteration, DatabaseObject, Kind, Object, Space, Statement, generic_options, rename};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{literal, quote};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A foreign server.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Server {
    /// The foreign-data wrapper that reaches it.
    pub wrapper: String,
    /// TYPE.
    pub server_type: Option<String>,
    /// VERSION.
    pub version: Option<String>,
    /// OPTIONS.
    pub options: Options,
}

/// Reads CREATE and ALTER SERVER.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateForeignServerStmt(statement) => Some(create(statement, reader)),
        NodeEnum::AlterForeignServerStmt(statement) => Some(alter(statement, reader)),
        _ => None,
    }
}

fn given(text: &str) -> Option<String> {
    Some(text.to_string()).filter(|text| !text.is_empty())
}

fn create(statement: &CreateForeignServerStmt, reader: &mut Reader) -> Result<(), Stop> {
    let mut server = Server {
        wrapper: statement.fdwname.clone(),
        server_type: given(&statement.servertype),
        version: given(&statement.version),
        options: Options::new(),
    };
    generic_options::apply(reader, &mut server.options, &statement.options)?;
    let place = reader.find_name(0, &statement.servername);
    let id = ObjectId::new(Kind::Server, [statement.servername.as_str()]);
    reader.add_named(id, server, 0, place)?;
    Ok(())
}

fn alter(statement: &AlterForeignServerStmt, reader: &mut Reader) -> Result<(), Stop> {
    let id = ObjectId::new(Kind::Server, [statement.servername.as_str()]);
    let Some(Object::Server(known)) = reader.catalog.objects.get(&id) else {
        let place = reader.find_name(0, &statement.servername);
        return Err(reader.missing(place, &statement.servername, format!("{id} does not exist in the desired state")));
    };
    let mut server = known.clone();
    if statement.has_version {
        server.version = given(&statement.version);
    }
    generic_options::apply(reader, &mut server.options, &statement.options)?;
    reader.catalog.objects.insert(id, server.into());
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("server.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Server, &["name"])?;
    let server = Server {
        wrapper: live.text(row, "wrapper")?,
        server_type: live.get::<Option<String>>(row, "type")?.filter(|text| !text.is_empty()),
        version: live.get::<Option<String>>(row, "version")?.filter(|text| !text.is_empty()),
        options: options::from_catalog(live.get(row, "options")?, None),
    };
    live.attribute_of(row, &id)?;
    live.add(row, id, server)
}

/// The server under a name, which must exist when the files have to say everything. Errors: it does not.
pub fn need(name: &str, resolver: &Resolver) -> Result<Option<ObjectId>> {
    let id = ObjectId::new(Kind::Server, [name]);
    if resolver.catalog.objects.contains_key(&id) {
        return Ok(Some(id));
    }
    match resolver.strict && !resolver.catalog.incomplete {
        true => Err(Error::new(format!("{id} does not exist in the desired state")).hint("declare it with CREATE SERVER")),
        false => Ok(None),
    }
}

impl DatabaseObject for Server {
    fn resolve(&mut self, _id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let wrapper = ObjectId::new(Kind::ForeignDataWrapper, [self.wrapper.as_str()]);
        if resolver.catalog.objects.contains_key(&wrapper) {
            return Ok(BTreeSet::from([wrapper]));
        }
        // extensions bring wrappers along
        let mut extensions = resolver.catalog.objects.keys().filter(|id| id.kind == Kind::Extension);
        if resolver.strict && !resolver.catalog.incomplete && extensions.all(|id| id.name() == "plpgsql") {
            return Err(Error::new(format!("{wrapper} does not exist in the desired state"))
                .hint("declare it with CREATE FOREIGN DATA WRAPPER, or the extension that brings it"));
        }
        Ok(BTreeSet::new())
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { wrapper, server_type, version, options } = self;
        let mut sql = format!("CREATE SERVER {}", id.sql());
        if let Some(server_type) = server_type {
            sql.push_str(&format!(" TYPE {}", literal(server_type)));
        }
        if let Some(version) = version {
            sql.push_str(&format!(" VERSION {}", literal(version)));
        }
        sql.push_str(&format!(" FOREIGN DATA WRAPPER {}{}", quote(wrapper), generic_options::sql(options)));
        vec![Statement::new(Form::Create, sql)]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        let Self { wrapper, server_type, version, options } = desired;
        if self.wrapper != *wrapper || self.server_type != *server_type {
            return Alteration::Replace;
        }
        let mut sql = format!("ALTER SERVER {}", id.sql());
        if self.version != *version {
            sql.push_str(&format!(" VERSION {}", version.as_deref().map_or("NULL".into(), literal)));
        }
        if let Some(change) = generic_options::change(&self.options, options) {
            sql.push_str(&format!(" {change}"));
        }
        Alteration::in_place(vec![Statement::new(Form::Catalog, sql)])
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP SERVER {}", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        renames.single(Space::ForeignDataWrapper, &mut self.wrapper);
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        Some(rename::plain(Form::Catalog, "SERVER", id, new))
    }
}
