//! Ordinary tables (`pg_class`): everything but their columns, constraints and indexes.

use std::collections::{BTreeMap, BTreeSet};

use pg_query::NodeEnum;
use serde::Serialize;
use tokio_postgres::Row;

use super::options::{self, Options};
use super::partition_key::PartitionKey;
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Part, Reaction, Space, Statement, Tail, server};
use crate::catalog::{ObjectId, Size};
use crate::error::{Error, Result};
use crate::expression::Expression;
use crate::introspect::Live;
use crate::name::{QualifiedName, quote};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::renames::Renames;
use crate::resolve::Resolver;

mod alter_table;
pub mod foreign;
pub mod inherit;
mod read;
pub mod refill;
pub mod repartition;

pub use foreign::Foreign;
pub use read::{missing_column, read};

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Table {
    /// SERVER and OPTIONS of a foreign table.
    pub foreign: Option<Foreign>,
    /// UNLOGGED.
    pub unlogged: bool,
    /// Table access method; `None` is heap.
    pub access_method: Option<String>,
    /// Tablespace; `None` is the database's.
    pub tablespace: Option<String>,
    /// Storage parameters, those of the toast table with the prefix `toast.`.
    pub options: Options,
    /// PARTITION BY.
    pub partition_by: Option<PartitionKey>,
    /// Parents, in the order of INHERITS.
    pub parents: Vec<QualifiedName>,
    /// `OF type`.
    pub of_type: Option<QualifiedName>,
    /// REPLICA IDENTITY; that of an index is the index's.
    pub replica_identity: ReplicaIdentity,
    /// ENABLE ROW LEVEL SECURITY.
    pub row_security: bool,
    /// FORCE ROW LEVEL SECURITY.
    pub row_security_forced: bool,
}

/// What logical replication uses to find a row (`relreplident`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaIdentity {
    /// The primary key.
    #[default]
    Default,
    /// The whole row.
    Full,
    /// Nothing.
    Nothing,
    /// An index that is marked so.
    Index,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("table.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Table, &["schema", "relation"])?;
    let parents: Vec<String> = live.get(row, "parents")?;
    let parents: Result<Vec<QualifiedName>> = parents
        .iter()
        .map(|pair| {
            let (schema, name): (String, String) =
                serde_json::from_str(pair).map_err(|error| Error::new("cannot read a parent table").cause(error))?;
            Ok(QualifiedName { schema, name })
        })
        .collect();
    let partition_by = match live.get::<Option<String>>(row, "partition_by")? {
        Some(key) => match live.parse(&format!("CREATE TABLE x (a int) PARTITION BY {key}"))? {
            NodeEnum::CreateStmt(statement) => statement.partspec.map(|spec| PartitionKey::read(&spec, Expression::of_ref)),
            _ => None,
        },
        None => None,
    };
    let of_type: String = live.text(row, "of_type")?;
    let table = Table {
        foreign: Foreign::load(row, live)?,
        unlogged: live.get(row, "unlogged")?,
        access_method: live.get(row, "access_method")?,
        tablespace: live.get(row, "tablespace")?,
        options: options::from_catalog(live.get(row, "options")?, live.get(row, "toast_options")?),
        partition_by,
        parents: parents?,
        of_type: (of_type != "-").then(|| live.split_name(&of_type)).transpose()?,
        replica_identity: match live.text(row, "replica_identity")?.as_str() {
            "f" => ReplicaIdentity::Full,
            "n" => ReplicaIdentity::Nothing,
            "i" => ReplicaIdentity::Index,
            _ => ReplicaIdentity::Default,
        },
        row_security: live.get(row, "row_security")?,
        row_security_forced: live.get(row, "row_security_forced")?,
    };
    live.attribute_of(row, &id)?;
    let bytes: i64 = live.get(row, "bytes")?;
    live.catalog.sizes.insert(id.clone(), Size { bytes, rows: live.get(row, "rows")?, empty: bytes == 0 });
    live.alias((live.type_class, live.get(row, "row_type")?, 0), &id);
    live.add(row, id, table)
}

impl Table {
    fn identity_sql(&self) -> Option<String> {
        match self.replica_identity {
            ReplicaIdentity::Default => Some("REPLICA IDENTITY DEFAULT".into()),
            ReplicaIdentity::Full => Some("REPLICA IDENTITY FULL".into()),
            ReplicaIdentity::Nothing => Some("REPLICA IDENTITY NOTHING".into()),
            ReplicaIdentity::Index => None,
        }
    }

    /// Whether it is a typed table of that composite type.
    pub fn is_of(&self, composite: &ObjectId) -> bool {
        let (schema, name) = composite.relation();
        self.of_type.as_ref().is_some_and(|of_type| of_type.schema == schema && of_type.name == name)
    }

    /// What CREATE TABLE cannot say.
    fn settings(&self, id: &ObjectId) -> Vec<Statement> {
        let mut out = vec![];
        let mut say = |sql: String| out.push(Statement::clause(Form::AlterRelation, id.clone(), sql));
        if self.replica_identity != ReplicaIdentity::Default {
            self.identity_sql().into_iter().for_each(&mut say);
        }
        if self.row_security {
            say("ENABLE ROW LEVEL SECURITY".into());
        }
        if self.row_security_forced {
            say("FORCE ROW LEVEL SECURITY".into());
        }
        out
    }

    fn row_security_changes(&self, id: &ObjectId, desired: &Self) -> Vec<Statement> {
        let say = |verb: &str| Statement::clause(Form::AlterRelation, id.clone(), format!("{verb} ROW LEVEL SECURITY"));
        let opens = |message: String| Finding::new("disable-row-security", message);
        let mut out = vec![];
        match (self.row_security, desired.row_security) {
            (false, true) => out.push(say("ENABLE")),
            (true, false) => out.push(say("DISABLE").finding(opens(format!("the policies of {id} no longer apply")))),
            _ => {}
        }
        match (self.row_security_forced, desired.row_security_forced) {
            (false, true) => out.push(say("FORCE")),
            (true, false) => {
                let message = format!("the policies of {id} no longer apply to its owner");
                out.push(say("NO FORCE").finding(opens(message)));
            }
            _ => {}
        }
        out
    }

    fn inheritance(&self, id: &ObjectId, desired: &Self) -> Vec<Statement> {
        let gone = self.parents.iter().filter(|parent| !desired.parents.contains(parent));
        let new = desired.parents.iter().filter(|parent| !self.parents.contains(parent));
        let gone = gone.map(|parent| format!("NO INHERIT {parent}"));
        let new = new.map(|parent| format!("INHERIT {parent}"));
        gone.chain(new).map(|sql| Statement::clause(Form::AlterRelation, id.clone(), sql)).collect()
    }
}

/// What is said about columns that a parent defines: the column, and what it gets.
fn about_inherited(parts: &[Part]) -> impl Iterator<Item = (&str, &str)> {
    let own: BTreeSet<&str> =
        parts.iter().filter(|part| part.column.is_none() && part.order.0 == 0).map(|part| part.name.as_str()).collect();
    let said = parts.iter().filter(|part| !part.sql.is_empty());
    said.filter_map(move |part| Some((part.column.as_deref().filter(|column| !own.contains(column))?, part.sql.as_str())))
}

/// What a table that inherits says about columns of its parents, which CREATE TABLE cannot say.
fn additions(id: &ObjectId, parts: &[Part]) -> Vec<Statement> {
    let set = |(column, sql): (&str, &str)| {
        Statement::clause(Form::AlterRelation, id.clone(), format!("ALTER COLUMN {} SET {sql}", quote(column)))
    };
    about_inherited(parts).map(set).collect()
}

/// What a partition says about columns that it has from its parent: `a DEFAULT 1 NOT NULL`.
fn overrides(parts: &[Part]) -> Vec<String> {
    let mut said: BTreeMap<&str, String> = BTreeMap::new();
    for (column, sql) in about_inherited(parts) {
        said.entry(column).or_default().push_str(&format!(" {sql}"));
    }
    said.iter().map(|(column, sql)| format!("    {}{sql}", quote(column))).collect()
}

impl DatabaseObject for Table {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = BTreeSet::from([ObjectId::new(Kind::Schema, [id.relation().0])]);
        needs.extend(self.parents.iter().map(|parent| ObjectId::new(Kind::Table, [&parent.schema, &parent.name])));
        if let Some(key) = &mut self.partition_by {
            key.resolve(id, resolver, &mut needs)?;
        }
        if let Some(of_type) = &self.of_type {
            needs.extend(resolver.catalog.type_named(&of_type.schema, &of_type.name));
        }
        if let Some(foreign) = &self.foreign {
            needs.extend(server::need(&foreign.server, resolver)?);
        }
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        self.create_with(id, &[])
    }

    fn create_with(&self, id: &ObjectId, parts: &[Part]) -> Vec<Statement> {
        let tail = parts.iter().find_map(|part| part.tail.as_ref());
        let mut elements: Vec<&Part> =
            parts.iter().filter(|part| part.column.is_none() && !part.sql.is_empty()).collect();
        elements.sort_by_key(|part| part.order);
        let suffix = |name: &str| -> String {
            let own = parts.iter().filter(|part| part.column.as_deref() == Some(name));
            own.filter(|part| !part.sql.is_empty()).map(|part| format!(" {}", part.sql)).collect()
        };
        // only a partition can say something about a column that it has from its parent
        let mut lines: Vec<String> = if self.parents.is_empty() { overrides(parts) } else { vec![] };
        lines.extend(elements.iter().map(|part| {
            // a constraint may have the name of a column
            let behind = if part.order.0 == 0 { suffix(&part.name) } else { String::new() };
            format!("    {}{behind}", part.sql)
        }));
        let unlogged = if self.unlogged { "UNLOGGED " } else { "" };
        let foreign = if self.foreign.is_some() { "FOREIGN " } else { "" };
        let mut sql = format!("CREATE {unlogged}{foreign}TABLE {}", id.sql());
        if let Some(of_type) = &self.of_type {
            sql.push_str(&format!(" OF {of_type}"));
        }
        if let Some(Tail { head, .. }) = tail {
            sql.push_str(&format!(" {head}"));
        }
        match (lines.is_empty(), self.of_type.is_some() || tail.is_some()) {
            (true, true) => {}
            (true, false) => sql.push_str(" ()"),
            _ => sql.push_str(&format!(" (\n{}\n)", lines.join(",\n"))),
        }
        if let Some(Tail { tail, .. }) = tail {
            sql.push_str(&format!(" {tail}"));
        }
        if let Some(key) = &self.partition_by {
            sql.push_str(&format!(" PARTITION BY {}", key.sql()));
        }
        if !self.parents.is_empty() {
            let parents: Vec<String> = self.parents.iter().map(ToString::to_string).collect();
            sql.push_str(&format!(" INHERITS ({})", parents.join(", ")));
        }
        if let Some(foreign) = &self.foreign {
            sql.push_str(&foreign.sql());
        }
        if let Some(method) = &self.access_method {
            sql.push_str(&format!(" USING {}", quote(method)));
        }
        if !self.options.is_empty() {
            sql.push_str(&format!(" WITH {}", options::sql(&self.options)));
        }
        if let Some(tablespace) = &self.tablespace {
            sql.push_str(&format!(" TABLESPACE {}", quote(tablespace)));
        }
        let mut first = Statement::new(Form::Create, sql);
        first.search_path = parts.iter().find_map(|part| part.search_path.clone());
        let mut out = vec![first];
        if !self.parents.is_empty() {
            out.extend(additions(id, parts));
        }
        out.extend(self.settings(id));
        out
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        let mut out = vec![];
        if let Some(other) = foreign::alter(self, id, desired, &mut out) {
            return other;
        }
        if self.of_type != desired.of_type {
            let sql = match &desired.of_type {
                Some(of_type) => format!("OF {of_type}"),
                None => "NOT OF".into(),
            };
            out.push(Statement::clause(Form::AlterRelation, id.clone(), sql));
        }
        out.extend(self.inheritance(id, desired));
        let mut say = |form: Form, sql: String| out.push(Statement::clause(form, id.clone(), sql));
        let rewrite = || Finding::new("rewrite", format!("every row of {id} is written anew"));
        if self.unlogged != desired.unlogged {
            say(Form::Rewrite, if desired.unlogged { "SET UNLOGGED".into() } else { "SET LOGGED".into() });
        }
        if self.access_method != desired.access_method {
            say(Form::Rewrite, format!("SET ACCESS METHOD {}", quote(desired.access_method.as_deref().unwrap_or("heap"))));
        }
        if self.tablespace != desired.tablespace {
            let name = desired.tablespace.as_deref().unwrap_or("pg_default");
            say(Form::Rewrite, format!("SET TABLESPACE {}", quote(name)));
        }
        for change in options::changes(&self.options, &desired.options) {
            say(Form::AlterRelationOptions, change);
        }
        // an index that takes over says so itself
        if self.replica_identity != desired.replica_identity {
            desired.identity_sql().into_iter().for_each(|sql| say(Form::AlterRelation, sql));
        }
        out.extend(self.row_security_changes(id, desired));
        for statement in &mut out {
            if statement.form == Form::Rewrite {
                statement.findings.push(rewrite());
            }
        }
        Alteration::in_place(out)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        let foreign = if self.foreign.is_some() { "FOREIGN " } else { "" };
        vec![Statement::new(Form::Drop, format!("DROP {foreign}TABLE {}", id.sql()))]
    }

    fn reaction(&self, _id: &ObjectId, on: &ObjectId, disturbance: Disturbance) -> Reaction {
        let server = on.kind == Kind::Server && disturbance == Disturbance::Replaced;
        if server { Reaction::Rebuild } else { Reaction::Survives }
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.parents.iter_mut().for_each(|parent| renames.qualified(Space::Relation, parent));
        self.of_type.iter_mut().for_each(|name| renames.qualified(Space::Type, name));
        self.foreign.iter_mut().for_each(|foreign| renames.single(Space::Server, &mut foreign.server));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        let sql = if id.relation().0 == new.relation().0 {
            format!("ALTER TABLE {} RENAME TO {}", id.sql(), quote(new.name()))
        } else {
            format!("ALTER TABLE {} SET SCHEMA {}", id.sql(), quote(new.relation().0))
        };
        let finding = Finding::new("rename-breaks-code", format!("code that still says {} fails", id.sql()));
        Some(Statement::new(Form::AlterRelation, sql).finding(finding))
    }

    fn holds_data(&self) -> bool {
        self.foreign.is_none()
    }
}
