//! Publications (`pg_publication`, `pg_publication_namespace`); their tables are objects of their own.

use std::collections::BTreeSet;

use pg_query::protobuf::{
    AlterPublicationAction, AlterPublicationStmt, CreatePublicationStmt, PublicationObjSpec, PublicationObjSpecType,
};
use pg_query::{Node, NodeEnum};
use serde::Serialize;
use tokio_postgres::Row;

use super::{AlterContext, Alteration, DatabaseObject, Kind, Object, Statement, options, publication_relation};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{literal, quote};
use crate::plan::forms::Form;
use crate::resolve::Resolver;

/// A publication, its tables apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Publication {
    /// FOR ALL TABLES.
    pub all_tables: bool,
    /// FOR TABLES IN SCHEMA.
    pub schemas: BTreeSet<String>,
    /// `publish`: of insert, update, delete, truncate.
    pub publish: BTreeSet<String>,
    /// `publish_via_partition_root`.
    pub via_root: bool,
    /// `publish_generated_columns = stored`.
    pub generated: bool,
}

/// What can be published, in the order in which PostgreSQL names it.
const ACTIONS: &[&str] = &["insert", "update", "delete", "truncate"];

/// Reads CREATE and ALTER PUBLICATION.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreatePublicationStmt(statement) => Some(create(statement, reader)),
        NodeEnum::AlterPublicationStmt(statement) => Some(alter(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreatePublicationStmt, reader: &mut Reader) -> Result<(), Stop> {
    let mut publication = Publication {
        all_tables: statement.for_all_tables,
        schemas: BTreeSet::new(),
        publish: ACTIONS.iter().map(|name| (*name).to_string()).collect(),
        via_root: false,
        generated: false,
    };
    parameters(&mut publication, &statement.options, reader)?;
    let tables = members(&mut publication, &statement.pubobjects, reader)?;
    let place = reader.find_name(0, &statement.pubname);
    let id = ObjectId::new(Kind::Publication, [statement.pubname.as_str()]);
    // what can be missing is looked up before anything is added
    let tables = publication_relation::look_up(reader, &tables)?;
    reader.add_named(id.clone(), publication, 0, place)?;
    publication_relation::add(reader, &id, tables)?;
    Ok(())
}

fn alter(statement: &AlterPublicationStmt, reader: &mut Reader) -> Result<(), Stop> {
    let id = ObjectId::new(Kind::Publication, [statement.pubname.as_str()]);
    let place = reader.find_name(0, &statement.pubname);
    let Some(Object::Publication(known)) = reader.catalog.objects.get(&id) else {
        return Err(reader.missing(place, &statement.pubname, format!("{id} does not exist in the desired state")));
    };
    let mut publication = known.clone();
    let adds = AlterPublicationAction::try_from(statement.action) == Ok(AlterPublicationAction::ApAddObjects);
    if !adds && !statement.pubobjects.is_empty() {
        let error = reader.wrong(place, "ALTER PUBLICATION … SET and DROP cannot be part of a desired state");
        return Err(error.hint("declare the final list in CREATE PUBLICATION").into());
    }
    parameters(&mut publication, &statement.options, reader)?;
    let tables = members(&mut publication, &statement.pubobjects, reader)?;
    let tables = publication_relation::look_up(reader, &tables)?;
    reader.catalog.objects.insert(id.clone(), publication.into());
    publication_relation::add(reader, &id, tables)?;
    Ok(())
}

/// Takes the schemas, and gives the tables.
fn members(publication: &mut Publication, nodes: &[Node], reader: &Reader) -> Result<Vec<PublicationObjSpec>> {
    let mut tables = vec![];
    for node in nodes {
        let Some(NodeEnum::PublicationObjSpec(member)) = node.node.as_ref() else { continue };
        let place = member.location;
        let schema = match PublicationObjSpecType::try_from(member.pubobjtype) {
            Ok(PublicationObjSpecType::PublicationobjTablesInSchema) => member.name.clone(),
            Ok(PublicationObjSpecType::PublicationobjTablesInCurSchema) => reader.creation_schema(place)?,
            _ => {
                tables.push((**member).clone());
                continue;
            }
        };
        since(reader, place, 15, "TABLES IN SCHEMA")?;
        if !publication.schemas.insert(schema.clone()) {
            let error = reader.wrong(place, format!("schema {} is published twice", quote(&schema)));
            return Err(error.hint("keep one of the two"));
        }
    }
    Ok(tables)
}

/// Errors: the server is older than what is asked for.
pub fn since(reader: &Reader, place: i32, major: u16, what: &str) -> Result<()> {
    match reader.catalog.facts.major() >= major {
        true => Ok(()),
        false => Err(reader
            .wrong(place, format!("{what} of publications: from PostgreSQL {major} on"))
            .hint("leave it out, or name the version of the server")),
    }
}

fn parameters(publication: &mut Publication, nodes: &[Node], reader: &Reader) -> Result<()> {
    let mut seen = BTreeSet::new();
    for node in nodes {
        let Some(NodeEnum::DefElem(element)) = node.node.as_ref() else { continue };
        let (name, place) = (element.defname.as_str(), element.location);
        let value = options::value(element.arg.as_deref()).to_lowercase();
        let wrong = |message: String, hint: &str| Err(reader.wrong(place, message).hint(hint));
        if !seen.insert(name) {
            return wrong(format!("parameter {} specified more than once", quote(name)), "keep one of the two");
        }
        match name {
            "publish" => {
                let words = value.split(',').map(|word| word.trim().to_string()).filter(|word| !word.is_empty());
                publication.publish = words.collect();
                let unknown = publication.publish.iter().find(|word| !ACTIONS.contains(&word.as_str()));
                if let Some(word) = unknown {
                    let message = format!("{} cannot be published", quote(word));
                    return wrong(message, "what can be published is insert, update, delete and truncate");
                }
            }
            "publish_via_partition_root" => match options::flag(element) {
                Some(value) => publication.via_root = value,
                None => return wrong(format!("{name} requires a Boolean value"), "write true or false"),
            },
            "publish_generated_columns" => {
                since(reader, place, 18, name)?;
                publication.generated = match value.as_str() {
                    "stored" | "true" => true,
                    "none" => false,
                    _ => return wrong(format!("invalid value for {name}"), "write none or stored"),
                };
            }
            _ => {
                let message = format!("unrecognized publication parameter: {}", quote(name));
                return wrong(message, "known are publish, publish_via_partition_root, publish_generated_columns");
            }
        }
    }
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("publication.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Publication, &["name"])?;
    let publish: Vec<String> = live.get(row, "publish")?;
    let schemas: Vec<String> = live.get(row, "schemas")?;
    let publication = Publication {
        all_tables: live.get(row, "all_tables")?,
        schemas: schemas.into_iter().collect(),
        publish: publish.into_iter().collect(),
        via_root: live.get(row, "via_root")?,
        generated: live.get(row, "generated")?,
    };
    live.attribute_of(row, &id)?;
    live.add(row, id, publication)
}

impl Publication {
    fn is_complete(&self) -> bool {
        self.publish.len() == ACTIONS.len()
    }

    fn publish_sql(&self) -> String {
        let list: Vec<&str> = ACTIONS.iter().copied().filter(|name| self.publish.contains(*name)).collect();
        format!("publish = {}", literal(&list.join(", ")))
    }

    fn generated_sql(&self) -> String {
        format!("publish_generated_columns = {}", if self.generated { "stored" } else { "none" })
    }
}

/// `TABLES IN SCHEMA a, b`.
fn schemas_sql<'a>(schemas: impl Iterator<Item = &'a String>) -> Option<String> {
    let names: Vec<String> = schemas.map(|name| quote(name)).collect();
    (!names.is_empty()).then(|| format!("TABLES IN SCHEMA {}", names.join(", ")))
}

impl DatabaseObject for Publication {
    fn resolve(&mut self, _id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let schemas: BTreeSet<ObjectId> = self.schemas.iter().map(|name| ObjectId::new(Kind::Schema, [name])).collect();
        let strict = resolver.strict && !resolver.catalog.incomplete;
        match schemas.iter().find(|id| strict && !resolver.catalog.objects.contains_key(id)) {
            Some(id) => Err(Error::new(format!("{id} does not exist in the desired state"))
                .hint("declare it with CREATE SCHEMA, or leave it out")),
            None => Ok(schemas),
        }
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let mut sql = format!("CREATE PUBLICATION {}", id.sql());
        if self.all_tables {
            sql.push_str(" FOR ALL TABLES");
        }
        if let Some(schemas) = schemas_sql(self.schemas.iter()) {
            sql.push_str(&format!(" FOR {schemas}"));
        }
        let mut with = vec![];
        if !self.is_complete() {
            with.push(self.publish_sql());
        }
        if self.via_root {
            with.push("publish_via_partition_root = true".into());
        }
        if self.generated {
            with.push(self.generated_sql());
        }
        if !with.is_empty() {
            sql.push_str(&format!(" WITH ({})", with.join(", ")));
        }
        vec![Statement::new(Form::Create, sql)]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        let Self { all_tables, schemas, publish, via_root, generated } = desired;
        if self.all_tables != *all_tables {
            return Alteration::Replace;
        }
        let mut out = vec![];
        let mut say = |sql: String| out.push(Statement::new(Form::Catalog, format!("ALTER PUBLICATION {} {sql}", id.sql())));
        if let Some(gone) = schemas_sql(self.schemas.difference(schemas)) {
            say(format!("DROP {gone}"));
        }
        let mut set = vec![];
        if self.publish != *publish {
            set.push(desired.publish_sql());
        }
        if self.via_root != *via_root {
            set.push(format!("publish_via_partition_root = {via_root}"));
        }
        if self.generated != *generated {
            set.push(desired.generated_sql());
        }
        if !set.is_empty() {
            say(format!("SET ({})", set.join(", ")));
        }
        if let Some(new) = schemas_sql(schemas.difference(&self.schemas)) {
            say(format!("ADD {new}"));
        }
        Alteration::in_place(out)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP PUBLICATION {}", id.sql()))]
    }
}
