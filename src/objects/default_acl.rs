//! Default privileges (`pg_default_acl`): what a role gives with every new object of a sort, everywhere or in one
//! schema.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterDefaultPrivilegesStmt, GrantStmt};
use serde::Serialize;
use tokio_postgres::Row;

use super::attributes::{self, Privileges};
use super::{AlterContext, Alteration, DatabaseObject, Kind, Object, Statement, options, schema};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::quote;
use crate::resolve::Resolver;

mod effect;
mod sort;

pub use effect::{Said, any, complete, of_new, when_declared};
use sort::Sort;

/// Default privileges of one role for one sort of objects. Its names are those of the schema (empty: everywhere), of
/// the role (empty: whoever applies) and of the sort.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DefaultAcl {
    /// With a schema: what is granted beside all else. Without: all that a new object has.
    pub privileges: Privileges,
    /// What there is when nothing is said.
    #[serde(skip)]
    built_in: Privileges,
}

/// The schema and the role.
fn parts(id: &ObjectId) -> (&str, &str) {
    let name = |at: usize| id.names.get(at).map_or("", String::as_str);
    (name(0), name(1))
}

/// The words that follow ALTER DEFAULT PRIVILEGES, and the sort of objects.
pub fn sql(names: &[String]) -> String {
    match names {
        [schema, role, sort] => format!("{}ON {sort}", address(schema, role)),
        _ => String::new(),
    }
}

fn address(schema: &str, role: &str) -> String {
    let role = if role.is_empty() { String::new() } else { format!("FOR ROLE {} ", quote(role)) };
    let schema = if schema.is_empty() { String::new() } else { format!("IN SCHEMA {} ", quote(schema)) };
    format!("{role}{schema}")
}

/// What is there before anything is said.
fn built_in(schema: &str, sort: Sort, major: u16) -> Privileges {
    if schema.is_empty() { sort.built_in(major) } else { Privileges::new() }
}

/// Reads ALTER DEFAULT PRIVILEGES.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::AlterDefaultPrivilegesStmt(statement) => Some(alter(statement, reader)),
        _ => None,
    }
}

fn alter(statement: &AlterDefaultPrivilegesStmt, reader: &mut Reader) -> Result<(), Stop> {
    let Some(action) = &statement.action else { return Ok(()) };
    let (mut schemas, mut roles) = (vec![], vec![]);
    for node in &statement.options {
        let Some(NodeEnum::DefElem(element)) = node.node.as_ref() else { continue };
        let Some(NodeEnum::List(list)) = element.arg.as_ref().and_then(|arg| arg.node.as_ref()) else { continue };
        if element.defname == "schemas" {
            schemas = options::strings(&list.items);
        }
        for node in &list.items {
            if let Some(NodeEnum::RoleSpec(spec)) = node.node.as_ref() {
                roles.push(attributes::role(reader, spec)?);
            }
        }
    }
    let Some(sort) = Sort::of(action.objtype()) else {
        return Err(reader.wrong(0, "there are no default privileges for these objects").into());
    };
    if sort == Sort::Schemas && !schemas.is_empty() {
        let error = reader.wrong(0, "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS");
        return Err(error.hint("leave IN SCHEMA out").into());
    }
    for schema in &schemas {
        if !reader.catalog.has_schema(schema) {
            let message = format!("schema {} does not exist in the desired state", quote(schema));
            return Err(reader.missing(reader.find_name(0, schema), schema, message));
        }
    }
    if schemas.is_empty() {
        schemas.push(String::new());
    }
    if roles.is_empty() {
        roles.push(reader.catalog.role.clone().unwrap_or_default());
    }
    for schema in &schemas {
        for role in &roles {
            change(action, reader, &ObjectId::new(Kind::DefaultAcl, [schema, role, sort.words()]), sort)?;
        }
    }
    Ok(())
}

fn change(action: &GrantStmt, reader: &mut Reader, id: &ObjectId, sort: Sort) -> Result<(), Stop> {
    let major = reader.catalog.facts.major();
    let (schema, role) = parts(id);
    let built_in = built_in(schema, sort, major);
    let mut privileges = match reader.catalog.objects.get(id) {
        Some(Object::DefaultAcl(known)) => known.privileges.clone(),
        _ => built_in.clone(),
    };
    for (grantee, names) in attributes::changes(action, reader, sort.privileges(major), &id.to_string())? {
        let grantee = if grantee == role { attributes::OWNER } else { &grantee };
        attributes::change(&mut privileges, grantee, &names, action);
    }
    let place = reader.place(0);
    reader.catalog.default_acls.push(Said { place: place.clone(), id: id.clone(), privileges: privileges.clone() });
    reader.catalog.locations.entry(id.clone()).or_insert(place);
    reader.catalog.objects.insert(id.clone(), DefaultAcl { privileges, built_in }.into());
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("default_acl.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let letter = live.text(row, "letter")?;
    let sort = Sort::ALL.iter().find(|sort| sort.letter() == letter);
    let sort = sort.ok_or_else(|| Error::new(format!("cannot read default privileges for objects of the sort {letter}")))?;
    let (schema, role) = (live.text(row, "schema")?, live.text(row, "role")?);
    let id = ObjectId::new(Kind::DefaultAcl, [schema.as_str(), &role, sort.words()]);
    let items: Vec<String> = live.get(row, "acl")?;
    let privileges = attributes::of_owner(&attributes::parse_acl(&items)?, &role);
    let built_in = built_in(&schema, *sort, live.major);
    live.add(row, id, DefaultAcl { privileges, built_in })
}

fn statements(id: &ObjectId, now: &Privileges, wanted: &Privileges) -> Vec<Statement> {
    let (schema, role) = parts(id);
    let changes = attributes::privilege_changes(id, Kind::Table, role, now, wanted).into_iter();
    let prefix = format!("ALTER DEFAULT PRIVILEGES {}", address(schema, role));
    changes.map(|change| Statement { sql: format!("{prefix}{}", change.sql), ..change }).collect()
}

impl DatabaseObject for DefaultAcl {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        schema::needed(id, resolver)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        statements(id, &self.built_in, &self.privileges)
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        Alteration::in_place(statements(id, &self.privileges, &desired.privileges))
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        statements(id, &self.privileges, &self.built_in)
    }

    fn carried_by(&self, id: &ObjectId, whole: &ObjectId) -> bool {
        whole.kind == Kind::Schema && id.schema() == Some(whole.name())
    }

    fn roles(&self, id: &ObjectId) -> Vec<String> {
        let (_, role) = parts(id);
        std::iter::once(role.to_string()).chain(attributes::grantees_of(&self.privileges).map(str::to_string)).collect()
    }

    fn is_void(&self) -> bool {
        self.privileges == self.built_in
    }
}
