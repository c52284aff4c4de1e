//! Extensions (`pg_extension`). What they contain is theirs. `plpgsql` is in every state.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterExtensionStmt, CreateExtensionStmt, DefElem};
use serde::Serialize;
use tokio_postgres::Row;

use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Object, Reaction, Statement, options};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{literal, quote};
use crate::plan::forms::Form;
use crate::resolve::Resolver;

/// An installed extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Extension {
    /// Schema of its members; `None` when the files do not say.
    pub schema: Option<String>,
    /// Version; `None` when the files do not say.
    pub version: Option<String>,
}

/// Extensions whose control file fixes the schema.
const FIXED: &[(&str, &str)] = &[
    ("adminpack", "pg_catalog"),
    ("pg_cron", "pg_catalog"),
    ("plperl", "pg_catalog"),
    ("plperlu", "pg_catalog"),
    ("plpgsql", "pg_catalog"),
    ("plpython3u", "pg_catalog"),
    ("pltcl", "pg_catalog"),
    ("pltclu", "pg_catalog"),
    ("postgis_tiger_geocoder", "tiger"),
    ("postgis_topology", "topology"),
];

/// Which extensions an extension requires, as the control files say.
const REQUIRES: &[(&str, &[&str])] = &[
    ("address_standardizer_data_us", &["address_standardizer"]),
    ("bool_plperl", &["plperl"]),
    ("bool_plperlu", &["plperlu"]),
    ("earthdistance", &["cube"]),
    ("hstore_plperl", &["hstore", "plperl"]),
    ("hstore_plperlu", &["hstore", "plperlu"]),
    ("hstore_plpython3u", &["hstore", "plpython3u"]),
    ("jsonb_plperl", &["plperl"]),
    ("jsonb_plperlu", &["plperlu"]),
    ("jsonb_plpython3u", &["plpython3u"]),
    ("ltree_plpython3u", &["ltree", "plpython3u"]),
    ("pgrouting", &["postgis"]),
    ("postgis_raster", &["postgis"]),
    ("postgis_sfcgal", &["postgis"]),
    ("postgis_tiger_geocoder", &["postgis", "fuzzystrmatch"]),
    ("postgis_topology", &["postgis"]),
];

/// The catalogue query.
pub const QUERY: &str = include_str!("extension.sql");

/// Takes a row of the query. The facts about its members are read from the database itself.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Extension, &["name"])?;
    let schema = live.text(row, "schema")?;
    live.attribute_of(row, &id)?;
    if let Some(comment) = live.get(row, "given_comment")? {
        live.catalog.given_comments.insert(id.clone(), comment);
    }
    let version = Some(live.text(row, "version")?);
    live.add(row, id, Extension { schema: Some(schema), version })
}

/// Reads CREATE EXTENSION and ALTER EXTENSION … UPDATE TO.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateExtensionStmt(statement) => Some(read_create(statement, reader)),
        NodeEnum::AlterExtensionStmt(statement) => Some(read_update(statement, reader)),
        _ => None,
    }
}

/// Adds the extension `plpgsql`, which every new database has, unless it is declared.
pub fn implicit(catalog: &mut Catalog) {
    let id = ObjectId::new(Kind::Extension, ["plpgsql"]);
    catalog.objects.ensure(id, || Extension { schema: None, version: None }.into());
}

/// Tells the facts what the extension brings along.
fn tell(catalog: &mut Catalog, name: &str, schema: &str) {
    if name != "plpgsql" && !catalog.facts.add_extension(name, schema) {
        catalog.incomplete = true;
    }
}

fn elements(nodes: &[pg_query::Node]) -> impl Iterator<Item = &DefElem> {
    nodes.iter().filter_map(|node| match node.node.as_ref() {
        Some(NodeEnum::DefElem(element)) => Some(&**element),
        _ => None,
    })
}

fn read_create(statement: &CreateExtensionStmt, reader: &mut Reader) -> Result<(), Stop> {
    let name = statement.extname.clone();
    let mut extension = Extension { schema: None, version: None };
    for element in elements(&statement.options) {
        let value = options::value(element.arg.as_deref());
        match element.defname.as_str() {
            "schema" => extension.schema = Some(value),
            "new_version" => extension.version = Some(value),
            "cascade" => {
                return Err(reader
                    .wrong(element.location, "CASCADE installs extensions that the files do not declare")
                    .hint("write a CREATE EXTENSION for each of them")
                    .into());
            }
            other => {
                return Err(reader
                    .wrong(element.location, format!("unknown option {other} of CREATE EXTENSION"))
                    .hint("known are SCHEMA and VERSION")
                    .into());
            }
        }
    }
    let fixed = FIXED.iter().find(|(fixed, _)| *fixed == name).map(|(_, schema)| *schema);
    let first = reader.path.first().map_or("public", String::as_str);
    if fixed.is_none() && extension.schema.is_none() && first != "public" {
        extension.schema = Some(first.to_string());
    }
    let schema = extension.schema.clone().unwrap_or_else(|| fixed.unwrap_or("public").to_string());
    let id = ObjectId::new(Kind::Extension, [name.clone()]);
    // what is there without a place is the implicit one
    if !reader.catalog.locations.contains_key(&id) {
        reader.catalog.objects.remove(&id);
    }
    reader.add(id, extension, 0)?;
    tell(reader.catalog, &name, &schema);
    Ok(())
}

fn read_update(statement: &AlterExtensionStmt, reader: &mut Reader) -> Result<(), Stop> {
    let id = ObjectId::new(Kind::Extension, [statement.extname.clone()]);
    let version =
        elements(&statement.options).find(|it| it.defname == "new_version").map(|it| options::value(it.arg.as_deref()));
    let missing = reader.wrong(0, format!("{id} does not exist in the desired state"));
    let Some(Object::Extension(extension)) = reader.catalog.objects.get_mut(&id) else {
        return Err(Stop::Missing { name: statement.extname.clone(), error: missing });
    };
    let Some(version) = version else {
        return Err(reader
            .wrong(0, "UPDATE without a version says nothing about the desired state")
            .hint("write CREATE EXTENSION … VERSION '…'")
            .into());
    };
    extension.version = Some(version);
    Ok(())
}

impl DatabaseObject for Extension {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = BTreeSet::new();
        if let Some(schema) = self.schema.as_ref().filter(|schema| *schema != "pg_catalog") {
            let wanted = ObjectId::new(Kind::Schema, [schema]);
            let made_by_itself = FIXED.contains(&(id.name(), schema));
            if resolver.strict && !made_by_itself && !resolver.catalog.objects.contains_key(&wanted) {
                return Err(Error::new(format!("{wanted} does not exist in the desired state"))
                    .hint(format!("add CREATE SCHEMA {}", quote(schema))));
            }
            if resolver.catalog.objects.contains_key(&wanted) {
                needs.insert(wanted);
            }
        }
        let required = REQUIRES.iter().filter(|(name, _)| *name == id.name()).flat_map(|(_, required)| required.iter());
        needs.extend(required.map(|name| ObjectId::new(Kind::Extension, [*name])));
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { schema, version } = self;
        let mut sql = format!("CREATE EXTENSION {}", id.sql());
        if let Some(schema) = schema {
            sql.push_str(&format!(" WITH SCHEMA {}", quote(schema)));
        }
        if let Some(version) = version {
            sql.push_str(&format!(" VERSION {}", literal(version)));
        }
        // without a schema it goes into the first of the search_path
        vec![Statement::new(Form::Create, sql).under(&["public".into()])]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        let Self { schema, version } = desired;
        let mut statements = vec![];
        let mut say = |what: String| {
            statements.push(Statement::new(Form::Catalog, format!("ALTER EXTENSION {} {what}", id.sql())))
        };
        if let Some(version) = version.as_ref().filter(|version| self.version.as_ref() != Some(*version)) {
            say(format!("UPDATE TO {}", literal(version)));
        }
        if let Some(schema) = schema.as_ref().filter(|schema| self.schema.as_ref() != Some(*schema)) {
            say(format!("SET SCHEMA {}", quote(schema)));
        }
        Alteration::in_place(statements)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP EXTENSION {}", id.sql()))]
    }

    fn abbreviated(&self, _id: &ObjectId, _catalog: &Catalog) -> Option<(Self, Vec<ObjectId>)> {
        // the server's own version, and the schema in which everything goes that names none
        let schema = self.schema.clone().filter(|schema| schema != "public");
        Some((Self { schema, version: None }, vec![]))
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, _disturbance: Disturbance) -> Reaction {
        Reaction::Survives
    }
}
