//! Schemas (`pg_namespace`). `public` is in every state, whether the files mention it or not.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{CreateSchemaStmt, RoleSpecType};
use serde::Serialize;
use tokio_postgres::Row;

use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, READERS, Reaction, Statement, rename};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::quote;
use crate::plan::forms::Form;
use crate::resolve::Resolver;
use crate::source::Location;

/// A schema: nothing but a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Schema {}

/// The catalogue query.
pub const QUERY: &str = include_str!("schema.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Schema, &["name"])?;
    live.attribute_of(row, &id)?;
    if id.name() == "public" {
        live.catalog.given_comments.insert(id.clone(), "standard public schema".into());
    }
    live.add(row, id, Schema {})
}

/// Reads CREATE SCHEMA.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateSchemaStmt(statement) => Some(read_create(statement, reader)),
        _ => None,
    }
}

/// Adds the schema `public` unless it is declared.
pub fn implicit(catalog: &mut Catalog) {
    catalog.objects.ensure(ObjectId::new(Kind::Schema, ["public"]), || Schema {}.into());
}

/// The schema that an object lies in.
pub fn of(id: &ObjectId) -> Option<ObjectId> {
    id.schema().map(|name| ObjectId::new(Kind::Schema, [name]))
}

/// The schema that an object lies in, as the first thing that it needs. Errors: the files do not declare it.
pub fn needed(id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
    let Some(name) = id.schema() else { return Ok(BTreeSet::new()) };
    let schema = ObjectId::new(Kind::Schema, [name]);
    if resolver.strict && !resolver.catalog.objects.contains_key(&schema) {
        return Err(Error::new(format!("schema {} does not exist in the desired state", quote(name)))
            .hint(format!("add CREATE SCHEMA {}", quote(name))));
    }
    Ok(BTreeSet::from([schema]))
}

fn read_create(statement: &CreateSchemaStmt, reader: &mut Reader) -> Result<(), Stop> {
    let role = statement.authrole.as_ref();
    let owner = match role.map(|role| RoleSpecType::try_from(role.roletype).unwrap_or(RoleSpecType::Undefined)) {
        None => None,
        Some(RoleSpecType::RolespecCstring) => role.map(|role| role.rolename.clone()),
        Some(_) => {
            let location = role.map_or(0, |role| role.location);
            return Err(reader
                .wrong(location, "the owner of a schema must be a role's name here")
                .hint("CURRENT_USER and the like are not the same in every session")
                .into());
        }
    };
    let name = Some(statement.schemaname.clone()).filter(|name| !name.is_empty()).or_else(|| owner.clone());
    let name = name.unwrap_or_default();
    if name.starts_with("pg_") {
        return Err(reader
            .wrong(0, format!("unacceptable schema name {}", quote(&name)))
            .hint("the prefix pg_ is reserved for system schemas")
            .into());
    }
    // an element that has to wait for another statement must leave nothing behind
    let before = (!statement.schema_elts.is_empty()).then(|| reader.catalog.clone());
    let id = ObjectId::new(Kind::Schema, [name.clone()]);
    // what is there without a place is the implicit one
    if !reader.catalog.locations.contains_key(&id) {
        reader.catalog.objects.remove(&id);
    }
    if !opened_again(statement, &id, reader) {
        reader.add(id.clone(), Schema {}, 0)?;
    }
    // every database begins with the schema public, so that a script leaves it as it is
    let is_there = statement.if_not_exists && name == "public";
    if owner.is_some() && !is_there {
        reader.catalog.attributes.entry(id).or_default().owner = owner;
    }
    let read = read_elements(statement, &name, reader);
    if let (Err(_), Some(before)) = (&read, before) {
        *reader.catalog = before;
    }
    read
}

/// Whether the schema is there and this statement, or the one before, only opens it for what it holds: IF NOT EXISTS, or
/// a YAML file, where every object stands inside of its schema.
fn opened_again(statement: &CreateSchemaStmt, id: &ObjectId, reader: &Reader) -> bool {
    let yaml = |place: &Location| place.source.path.extension().is_some_and(|it| it == "yaml" || it == "yml");
    reader.catalog.locations.get(id).is_some_and(|place| statement.if_not_exists || yaml(place))
}

/// Reads what stands inside CREATE SCHEMA, in the order in which PostgreSQL makes it.
fn read_elements(statement: &CreateSchemaStmt, schema: &str, reader: &mut Reader) -> Result<(), Stop> {
    let mut elements: Vec<&NodeEnum> = statement.schema_elts.iter().filter_map(|node| node.node.as_ref()).collect();
    elements.sort_by_key(|node| match node {
        NodeEnum::CreateSeqStmt(_) => 0,
        NodeEnum::CreateStmt(_) => 1,
        NodeEnum::ViewStmt(_) => 2,
        _ => 3,
    });
    let mut path = vec![schema.to_string()];
    path.extend(reader.path.iter().filter(|other| *other != schema).cloned());
    for element in elements {
        let mut inner = Reader {
            catalog: &mut *reader.catalog,
            fragment: reader.fragment,
            path: &path,
            start: reader.start,
            end: reader.end,
            annotations: reader.annotations,
            used: std::mem::take(&mut reader.used),
            added: std::mem::take(&mut reader.added),
        };
        let read = READERS.iter().find_map(|read| read(element, &mut inner));
        reader.used = inner.used;
        reader.added = inner.added;
        read.unwrap_or_else(|| {
            Err(reader
                .wrong(0, format!("cannot read one of the elements of schema {}", quote(schema)))
                .hint("write it as a statement of its own behind CREATE SCHEMA")
                .into())
        })?;
    }
    Ok(())
}

impl DatabaseObject for Schema {
    fn resolve(&mut self, _id: &ObjectId, _resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        Ok(BTreeSet::new())
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Create, format!("CREATE SCHEMA {}", id.sql()))]
    }

    fn alter(&self, _id: &ObjectId, _desired: &Self, _context: &AlterContext) -> Alteration {
        Alteration::in_place(vec![])
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP SCHEMA {}", id.sql()))]
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, _disturbance: Disturbance) -> Reaction {
        Reaction::Survives
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "SCHEMA", id, new)
    }
}
