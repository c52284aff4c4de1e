//! Materialized views (`pg_class`, `pg_rewrite`). Their indexes are objects of their own.

use std::collections::{BTreeMap, BTreeSet};

use pg_query::NodeEnum;
use pg_query::protobuf::{CreateTableAsStmt, ObjectType};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;

use super::column::natural_storage;
use super::options::{self, Options};
use super::query::Query;
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Reaction, Statement, Twin, rename};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::facts::ColumnFact;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::quote;
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A materialized view.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MaterializedView {
    /// What it keeps.
    pub query: Query,
    /// Storage parameters, those of the toast table with the prefix `toast.`.
    pub options: Options,
    /// Table access method; `None` is heap.
    pub access_method: Option<String>,
    /// Tablespace; `None` is the database's.
    pub tablespace: Option<String>,
    /// What is set for its columns, by their names.
    pub settings: BTreeMap<String, ColumnSettings>,
    /// WITH DATA: whether a new one is filled. Never a difference: refreshing is not a change of schema.
    #[serde(skip)]
    pub populated: Populated,
}

/// What is set for a column of a materialized view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSettings {
    /// Storage strategy in lower case; `None` is the type's own.
    pub storage: Option<String>,
    /// Compression method; `None` follows the server's setting.
    pub compression: Option<String>,
    /// Attribute options, such as `n_distinct`.
    #[serde(default)]
    pub options: Options,
    /// Statistics target; `None` follows the server's setting.
    pub statistics: Option<i32>,
}

/// Whether a materialized view has been filled.
#[derive(Clone, Copy, Debug)]
pub struct Populated(pub bool);

impl PartialEq for Populated {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Reads CREATE MATERIALIZED VIEW.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateTableAsStmt(statement) if statement.objtype == ObjectType::ObjectMatview as i32 => {
            Some(create(statement, reader))
        }
        _ => None,
    }
}

fn create(statement: &CreateTableAsStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (Some(into), Some(query)) = (&statement.into, &statement.query) else { return Ok(()) };
    let Some(relation) = &into.rel else { return Ok(()) };
    if relation.relpersistence == "u" {
        return Err(reader.wrong(relation.location, "materialized views cannot be unlogged").hint("leave UNLOGGED out").into());
    }
    options::check(reader, &into.options, options::Of::Heap)?;
    let (schema, name) = reader.new_relation(relation)?;
    let view = MaterializedView {
        query: Query::new((**query).clone(), options::strings(&into.col_names), reader.path, reader.fragment),
        options: options::read(&into.options),
        access_method: Some(into.access_method.clone()).filter(|method| !method.is_empty() && method != "heap"),
        tablespace: Some(into.table_space_name.clone()).filter(|name| !name.is_empty() && name != "pg_default"),
        settings: BTreeMap::new(),
        populated: Populated(!into.skip_data),
    };
    reader.catalog.facts.model.add_row_type(&schema, &name);
    reader.add_named(ObjectId::new(Kind::MaterializedView, [schema, name]), view, 0, relation.location)?;
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("materialized_view.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::MaterializedView, &["schema", "relation"])?;
    let settings: Option<String> = live.get(row, "settings")?;
    let settings = serde_json::from_str(settings.as_deref().unwrap_or("{}"))
        .map_err(|error| Error::new(format!("cannot read the columns of {id}")).cause(error))?;
    let view = MaterializedView {
        settings,
        query: Query::load(row, &id, live)?,
        options: options::from_catalog(live.get(row, "options")?, live.get(row, "toast_options")?),
        access_method: live.get(row, "access_method")?,
        tablespace: live.get(row, "tablespace")?,
        populated: Populated(live.get(row, "populated")?),
    };
    live.attribute_of(row, &id)?;
    live.alias((live.type_class, live.get(row, "row_type")?, 0), &id);
    live.alias((live.rewrite_class, live.get(row, "rule")?, 0), &id);
    live.add(row, id, view)
}

/// The statements that change what is set for a column; `natural` is the storage of its type.
fn settings_changes(
    id: &ObjectId,
    name: &str,
    now: &ColumnSettings,
    wanted: &ColumnSettings,
    natural: &str,
) -> Vec<Statement> {
    let mut out = vec![];
    let mut say = |what: String| {
        let sql = format!("ALTER MATERIALIZED VIEW {} ALTER COLUMN {} {what}", id.sql(), quote(name));
        out.push(Statement::new(Form::AlterRelationOptions, sql));
    };
    if now.storage != wanted.storage {
        say(format!("SET STORAGE {}", wanted.storage.as_deref().unwrap_or(natural).to_uppercase()));
    }
    if now.compression != wanted.compression {
        say(format!("SET COMPRESSION {}", wanted.compression.as_deref().unwrap_or("default")));
    }
    options::changes(&now.options, &wanted.options).into_iter().for_each(&mut say);
    if now.statistics != wanted.statistics {
        say(format!("SET STATISTICS {}", wanted.statistics.unwrap_or(-1)));
    }
    out
}

impl DatabaseObject for MaterializedView {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = BTreeSet::from([ObjectId::new(Kind::Schema, [id.relation().0])]);
        self.query.resolve(resolver, &mut needs)?;
        Ok(needs)
    }

    fn twin(&self, id: &ObjectId, _catalog: &Catalog) -> Option<Twin> {
        Some(self.query.twin(id))
    }

    fn agree(&mut self, live: &Self) {
        self.query.agree(&live.query);
    }

    fn is_costly(&self) -> bool {
        true
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let mut head = format!("CREATE MATERIALIZED VIEW {}{}", id.sql(), self.query.column_list());
        if let Some(method) = &self.access_method {
            head.push_str(&format!(" USING {}", quote(method)));
        }
        if !self.options.is_empty() {
            head.push_str(&format!(" WITH {}", options::sql(&self.options)));
        }
        if let Some(tablespace) = &self.tablespace {
            head.push_str(&format!(" TABLESPACE {}", quote(tablespace)));
        }
        let tail = if self.populated.0 { "" } else { "\nWITH NO DATA" };
        let mut out = vec![self.query.statement(Form::CreateMaterializedView, &head, tail)];
        for (name, settings) in &self.settings {
            out.extend(settings_changes(id, name, &ColumnSettings::default(), settings, "extended"));
        }
        out
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        if self.query != desired.query || self.access_method != desired.access_method && context.major < 15 {
            return Alteration::Replace;
        }
        let mut out = vec![];
        let mut say = |form: Form, sql: String| out.push(Statement::new(form, format!("ALTER MATERIALIZED VIEW {} {sql}", id.sql())));
        if self.access_method != desired.access_method {
            let method = quote(desired.access_method.as_deref().unwrap_or("heap"));
            say(Form::Rewrite, format!("SET ACCESS METHOD {method}"));
        }
        if self.tablespace != desired.tablespace {
            let name = quote(desired.tablespace.as_deref().unwrap_or("pg_default"));
            say(Form::Rewrite, format!("SET TABLESPACE {name}"));
        }
        for change in options::changes(&self.options, &desired.options) {
            say(Form::AlterRelationOptions, change);
        }
        let none = ColumnSettings::default();
        for name in self.settings.keys().chain(desired.settings.keys()).collect::<BTreeSet<_>>() {
            let (now, wanted) =
                (self.settings.get(name).unwrap_or(&none), desired.settings.get(name).unwrap_or(&none));
            let key = desired.query.columns.iter().find(|column| column.name == *name).map(|column| &column.type_key);
            let natural = key.map_or("extended", |key| natural_storage(&context.desired.facts, key));
            out.extend(settings_changes(id, name, now, wanted, natural));
        }
        Alteration::in_place(out)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Drop, format!("DROP MATERIALIZED VIEW {}", id.sql()))]
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        Reaction::of_reader(disturbance)
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.query.renamed(renames);
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::AlterRelation, "MATERIALIZED VIEW", id, new)
    }

    fn columns(&self) -> Option<(char, Vec<ColumnFact>)> {
        Some(('m', self.query.facts()))
    }

    fn holds_data(&self) -> bool {
        true
    }
}
