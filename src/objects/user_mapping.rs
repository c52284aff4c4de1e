//! User mappings (`pg_user_mapping`): as whom a role comes to a foreign server.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterUserMappingStmt, CreateUserMappingStmt, RoleSpec};
use serde::Serialize;
use tokio_postgres::Row;

use super::options::{self, Options};
use super::{AlterContext, Alteration, DatabaseObject, Kind, Object, Statement, attributes, generic_options, server};
use crate::catalog::ObjectId;
use crate::error::Result;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::plan::forms::Form;
use crate::resolve::Resolver;

/// A user mapping. Its names are those of the server and of the role, which is empty for PUBLIC.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UserMapping {
    /// OPTIONS; `None` when the role that reads the database may not see them.
    pub options: Option<Options>,
}

/// Reads CREATE and ALTER USER MAPPING.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateUserMappingStmt(statement) => Some(create(statement, reader)),
        NodeEnum::AlterUserMappingStmt(statement) => Some(alter(statement, reader)),
        _ => None,
    }
}

fn identity(reader: &Reader, server: &str, user: &Option<RoleSpec>) -> Result<ObjectId> {
    let role = user.as_ref().map(|user| attributes::role(reader, user)).transpose()?.unwrap_or_default();
    Ok(ObjectId::new(Kind::UserMapping, [server, &role]))
}

fn create(statement: &CreateUserMappingStmt, reader: &mut Reader) -> Result<(), Stop> {
    let id = identity(reader, &statement.servername, &statement.user)?;
    let mut options = Options::new();
    generic_options::apply(reader, &mut options, &statement.options)?;
    let place = reader.find_name(0, &statement.servername);
    reader.add_named(id, UserMapping { options: Some(options) }, 0, place)?;
    Ok(())
}

fn alter(statement: &AlterUserMappingStmt, reader: &mut Reader) -> Result<(), Stop> {
    let id = identity(reader, &statement.servername, &statement.user)?;
    let Some(Object::UserMapping(known)) = reader.catalog.objects.get(&id) else {
        let place = reader.find_name(0, &statement.servername);
        return Err(reader.missing(place, id.name(), format!("{id} does not exist in the desired state")));
    };
    let mut options = known.options.clone().unwrap_or_default();
    generic_options::apply(reader, &mut options, &statement.options)?;
    reader.catalog.objects.insert(id, UserMapping { options: Some(options) }.into());
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("user_mapping.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::UserMapping, &["server", "role"])?;
    let visible: bool = live.get(row, "visible")?;
    let options = options::from_catalog(live.get(row, "options")?, None);
    live.add(row, id, UserMapping { options: visible.then_some(options) })
}

impl DatabaseObject for UserMapping {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let name = id.names.first().map_or("", String::as_str);
        Ok(server::need(name, resolver)?.into_iter().collect())
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let options = self.options.as_ref().map(generic_options::sql).unwrap_or_default();
        vec![Statement::new(Form::Create, format!("CREATE USER MAPPING {}{options}", id.sql()))]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        let (Some(now), Some(wanted)) = (&self.options, &desired.options) else {
            return Alteration::Impossible {
                reason: "its options are not shown to this role; connect as a superuser or as the owner of the server".into(),
            };
        };
        let change = generic_options::change(now, wanted).into_iter();
        let statement = |change| Statement::new(Form::Catalog, format!("ALTER USER MAPPING {} {change}", id.sql()));
        Alteration::in_place(change.map(statement).collect())
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP USER MAPPING {}", id.sql()))]
    }

    fn roles(&self, id: &ObjectId) -> Vec<String> {
        vec![id.name().to_string()]
    }

    fn has_secrets(&self) -> bool {
        self.options.as_ref().is_some_and(|options| !options.is_empty())
    }
}
