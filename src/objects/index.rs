//! Indexes (`pg_index`) that no constraint owns.

use std::collections::{BTreeMap, BTreeSet};

use pg_query::protobuf::IndexStmt;
use pg_query::{Node, NodeEnum};
use serde::Serialize;
use tokio_postgres::Row;

use super::table::foreign::is_foreign;
use super::index_element::IndexElement;
use super::options::{self, Options};
use super::lineage::{self, Lineage};
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Follower, Kind, Reaction, Statement};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::expression::Expression;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{choose, list, quote};
use crate::objects::Object;
use crate::objects::table::missing_column;
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::renames::Renames;
use crate::resolve::{Place, Resolver};

/// An index.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Index {
    /// The table or materialized view.
    pub table: ObjectId,
    /// UNIQUE.
    pub unique: bool,
    /// Access method.
    pub method: String,
    /// Key columns and expressions.
    pub elements: Vec<IndexElement>,
    /// INCLUDE.
    pub include: Vec<String>,
    /// NULLS NOT DISTINCT (PostgreSQL 15).
    pub nulls_not_distinct: bool,
    /// WHERE.
    pub predicate: Option<Expression>,
    /// Storage parameters.
    pub options: Options,
    /// Tablespace; `None` is the database's.
    pub tablespace: Option<String>,
    /// CLUSTER uses it.
    pub clustered: bool,
    /// REPLICA IDENTITY USING INDEX.
    pub replica_identity: bool,
    /// Statistics targets: position of the element, from 1 -> target.
    pub statistics: BTreeMap<i16, i32>,
    /// False for what a failed CREATE INDEX CONCURRENTLY left behind.
    pub valid: bool,
    /// How it belongs to indexes of other tables.
    pub lineage: Lineage,
}

/// Reads CREATE INDEX.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::IndexStmt(statement) => Some(read_index(statement, reader)),
        _ => None,
    }
}

fn read_index(statement: &IndexStmt, reader: &mut Reader) -> Result<(), Stop> {
    let Some(relation) = &statement.relation else { return Ok(()) };
    let table = reader.relation(relation)?;
    if !matches!(table.kind, Kind::Table | Kind::MaterializedView) || is_foreign(reader.catalog, &table) {
        return Err(reader.wrong(relation.location, format!("{table} cannot have an index")).hint("tables and materialized views can").into());
    }
    let path = reader.path.to_vec();
    let origin = reader.fragment.clone();
    let index = of_statement(statement, table.clone(), &|tree: &Node| Expression::new(tree.clone(), &path, &origin));
    if table.kind == Kind::Table {
        let named = index.elements.iter().filter_map(|element| element.column.as_ref()).chain(&index.include);
        for name in named.cloned().collect::<Vec<_>>() {
            if !reader.catalog.objects.contains_key(&table.child(Kind::Column, name.clone())) {
                return Err(missing_column(reader, relation.location, &table, &name).into());
            }
        }
    }
    let schema = table.names[0].clone();
    let name = match statement.idxname.as_str() {
        "" => generated_name(reader, &table, &index),
        name => name.to_string(),
    };
    if ["btree", "hash", "gist", "gin", "spgist", "brin"].contains(&index.method.as_str()) {
        options::check(reader, &statement.options, options::Of::Index)?;
    }
    let place = reader.find_name(0, &name);
    reader.add_named(ObjectId::new(Kind::Index, [schema, name]), index, 0, place)?;
    Ok(())
}

fn generated_name(reader: &Reader, table: &ObjectId, index: &Index) -> String {
    let (schema, relation) = table.relation();
    let labels: Vec<String> = labels(index);
    let taken = |name: &str| reader.catalog.relation(schema, name).is_some() || reader.catalog.index_of_constraint(schema, name);
    choose(relation, Some(&super::constraint::joined(&labels)), "idx", taken)
}

/// PostgreSQL's `ChooseIndexColumnNames`: labels, made different by numbers.
fn labels(index: &Index) -> Vec<String> {
    let mut out: Vec<String> = vec![];
    let all = index.elements.iter().map(IndexElement::label).chain(index.include.iter().cloned());
    for label in all {
        let mut name = label.clone();
        let mut number = 1;
        while out.contains(&name) {
            let suffix = number.to_string();
            name = format!("{}{suffix}", crate::name::clip(&label, crate::name::MAX_BYTES - suffix.len()));
            number += 1;
        }
        out.push(name);
    }
    out
}

fn of_statement(statement: &IndexStmt, table: ObjectId, wrap: &dyn Fn(&Node) -> Expression) -> Index {
    let element = |node: &Node| match node.node.as_ref() {
        Some(NodeEnum::IndexElem(element)) => Some(IndexElement::read(element, wrap)),
        _ => None,
    };
    let include = |node: &Node| match node.node.as_ref() {
        Some(NodeEnum::IndexElem(element)) => Some(element.name.clone()),
        _ => None,
    };
    // told apart from an index that PostgreSQL completes by itself once all partitions are known
    let only = statement.relation.as_ref().is_some_and(|relation| !relation.inh);
    let method = match statement.access_method.as_str() {
        "" => "btree",
        // PostgreSQL still takes the old name
        "rtree" => "gist",
        other => other,
    };
    Index {
        table,
        unique: statement.unique,
        method: method.into(),
        elements: statement.index_params.iter().filter_map(element).collect(),
        include: statement.index_including_params.iter().filter_map(include).collect(),
        nulls_not_distinct: statement.nulls_not_distinct,
        predicate: statement.where_clause.as_deref().map(wrap),
        options: options::read(&statement.options),
        tablespace: Some(statement.table_space.clone()).filter(|name| !name.is_empty() && name != "pg_default"),
        clustered: false,
        replica_identity: false,
        statistics: BTreeMap::new(),
        valid: true,
        lineage: Lineage { incomplete: only, ..Lineage::default() },
    }
}

/// Copies the indexes of one table to another, as LIKE … INCLUDING INDEXES does.
pub fn copy_all(reader: &mut Reader, from: &ObjectId, to: &ObjectId) -> Result<(), Stop> {
    let own = |object: &Object| match object {
        Object::Index(index) if index.table == *from => Some(index.clone()),
        _ => None,
    };
    let indexes: Vec<Index> = reader.catalog.objects.values().filter_map(own).collect();
    for index in indexes {
        let index = Index { table: to.clone(), clustered: false, replica_identity: false, statistics: BTreeMap::new(), ..index };
        let name = generated_name(reader, to, &index);
        reader.add(ObjectId::new(Kind::Index, [to.names[0].clone(), name]), index, 0)?;
    }
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("index.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Index, &["schema", "name"])?;
    let definition = live.text(row, "definition")?;
    let NodeEnum::IndexStmt(statement) = live.parse(&definition)? else {
        return Err(Error::new(format!("cannot read {id}")).cause(definition));
    };
    let kind = if live.get(row, "materialized")? { Kind::MaterializedView } else { Kind::Table };
    let table = ObjectId::new(kind, [live.text(row, "schema")?, live.text(row, "relation")?]);
    let mut index = of_statement(&statement, table, &Expression::of_ref);
    index.options = options::from_catalog(live.get(row, "options")?, None);
    index.tablespace = live.get(row, "tablespace")?;
    index.clustered = live.get(row, "clustered")?;
    index.replica_identity = live.get(row, "replica_identity")?;
    let partitioned = live.get(row, "partitioned")?;
    let valid: bool = live.get(row, "valid")?;
    index.valid = valid || partitioned;
    let parent = live.qualified(row, "parent_schema", "parent_index")?;
    index.lineage = Lineage { parent, partitioned, incomplete: !valid && partitioned, ..Lineage::default() };
    let statistics: Vec<String> = live.get(row, "statistics")?;
    index.statistics = statistics
        .iter()
        .filter_map(|item| item.split_once(' '))
        .filter_map(|(at, target)| Some((at.parse().ok()?, target.parse().ok()?)))
        .collect();
    live.attribute_of(row, &id)?;
    live.add(row, id, index)
}

impl Index {
    /// The columns of a unique index that a foreign key can refer to.
    pub fn key(&self) -> Option<Vec<String>> {
        let plain = self.unique && self.predicate.is_none();
        plain.then(|| self.elements.iter().map(|element| element.column.clone()).collect()).flatten()
    }

    /// The columns of a unique index that a constraint can take over.
    pub fn plain_key(&self) -> Option<Vec<String>> {
        let plain = |element: &IndexElement| {
            !element.descending && !element.nulls_first && element.class.is_empty() && element.collation.is_empty()
        };
        (self.method == "btree" && self.elements.iter().all(plain)).then(|| self.key()).flatten()
    }

    fn marks(&self, id: &ObjectId) -> Vec<Statement> {
        let table = self.table.sql();
        let mut out = vec![];
        for (at, target) in &self.statistics {
            let sql = format!("ALTER INDEX {} ALTER COLUMN {at} SET STATISTICS {target}", id.sql());
            out.push(Statement::new(Form::AlterRelationOptions, sql));
        }
        if self.clustered {
            let noun = if self.table.kind == Kind::Table { "TABLE" } else { "MATERIALIZED VIEW" };
            out.push(Statement::new(Form::AlterRelationOptions, format!("ALTER {noun} {table} CLUSTER ON {}", quote(id.name()))));
        }
        if self.replica_identity {
            let sql = format!("ALTER TABLE {table} REPLICA IDENTITY USING INDEX {}", quote(id.name()));
            out.push(Statement::new(Form::AlterRelation, sql));
        }
        out
    }
}

/// Whether an index of the relation, or of one of its constraints, is what CLUSTER uses.
pub fn clustered(catalog: &Catalog, table: &ObjectId) -> bool {
    catalog.objects.iter().any(|(id, object)| match object {
        Object::Index(index) => index.clustered && index.table == *table,
        Object::Constraint(constraint) => constraint.is_clustered() && id.parent(table.kind) == *table,
        _ => false,
    })
}

impl DatabaseObject for Index {
    fn resolve(&mut self, _id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = BTreeSet::from([self.table.clone()]);
        let (table, method) = (self.table.clone(), self.method.clone());
        let lenient = Resolver::new(resolver.catalog, false);
        let resolver = if resolver.is_opaque(&table) { &lenient } else { resolver };
        if resolver.strict && !resolver.catalog.incomplete && resolver.catalog.facts.operator_classes(&method).next().is_none() {
            return Err(Error::new(format!("access method {} does not exist", quote(&method)))
                .hint("PostgreSQL has btree, hash, gist, gin, spgist and brin; others come with CREATE EXTENSION"));
        }
        for element in &mut self.elements {
            element.resolve(&table, &method, resolver, &mut needs)?;
            needs.extend(element.column.as_ref().map(|name| table.child(Kind::Column, name.clone())));
        }
        if let Some(predicate) = &mut self.predicate {
            resolver.expression(predicate, Place::Condition(&table), &mut needs)?;
        }
        needs.extend(self.lineage.parts.iter().chain(&self.lineage.beside).cloned());
        needs.extend(self.include.iter().map(|name| table.child(Kind::Column, name.clone())));
        needs.retain(|id| id.kind != Kind::Column || resolver.catalog.objects.contains_key(id));
        Ok(needs)
    }

    fn is_costly(&self) -> bool {
        true
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let elements: Vec<String> = self.elements.iter().map(IndexElement::sql).collect();
        let only = if self.lineage.incomplete { "ONLY " } else { "" };
        let mut sql = format!("CREATE {unique}INDEX {} ON {only}{}", quote(id.name()), self.table.sql());
        if self.method != "btree" {
            sql.push_str(&format!(" USING {}", quote(&self.method)));
        }
        sql.push_str(&format!(" ({})", elements.join(", ")));
        if !self.include.is_empty() {
            sql.push_str(&format!(" INCLUDE {}", list(&self.include)));
        }
        if self.nulls_not_distinct {
            sql.push_str(" NULLS NOT DISTINCT");
        }
        if !self.options.is_empty() {
            sql.push_str(&format!(" WITH {}", options::sql(&self.options)));
        }
        if let Some(tablespace) = &self.tablespace {
            sql.push_str(&format!(" TABLESPACE {}", quote(tablespace)));
        }
        if let Some(predicate) = &self.predicate {
            sql.push_str(&format!(" WHERE {}", predicate.sql()));
        }
        let mut first = Statement::new(Form::CreateIndex, sql);
        first.search_path = self.elements.first().map(|element| element.expression.path.clone());
        if self.unique {
            let message = format!("fails when {} has duplicates", self.table);
            first = first.finding(Finding::new("data-may-not-fit", message));
        }
        let mut out = vec![first];
        out.extend(self.marks(id));
        out
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        let same = Self {
            options: desired.options.clone(),
            tablespace: desired.tablespace.clone(),
            clustered: desired.clustered,
            replica_identity: desired.replica_identity,
            statistics: desired.statistics.clone(),
            lineage: desired.lineage.clone(),
            ..self.clone()
        };
        let placed = lineage::change(id, &self.table, (&self.lineage, &desired.lineage), context);
        let (true, Some(mut out)) = (same == *desired, placed) else { return Alteration::Replace };
        for change in options::changes(&self.options, &desired.options) {
            out.push(Statement::new(Form::AlterRelationOptions, format!("ALTER INDEX {} {change}", id.sql())));
        }
        if self.tablespace != desired.tablespace {
            let name = quote(desired.tablespace.as_deref().unwrap_or("pg_default"));
            out.push(Statement::new(Form::Rewrite, format!("ALTER INDEX {} SET TABLESPACE {name}", id.sql())));
        }
        for at in self.statistics.keys().filter(|at| !desired.statistics.contains_key(at)) {
            let sql = format!("ALTER INDEX {} ALTER COLUMN {at} SET STATISTICS -1", id.sql());
            out.push(Statement::new(Form::AlterRelationOptions, sql));
        }
        // the mark of another index takes it away
        if self.clustered && !desired.clustered && !clustered(context.desired, &self.table) {
            let sql = format!("ALTER TABLE {} SET WITHOUT CLUSTER", self.table.sql());
            out.push(Statement::new(Form::AlterRelationOptions, sql));
        }
        let new_marks = Self {
            clustered: desired.clustered && !self.clustered,
            replica_identity: desired.replica_identity && !self.replica_identity,
            statistics: desired.statistics.iter().filter(|(at, t)| self.statistics.get(at) != Some(t)).map(|(a, t)| (*a, *t)).collect(),
            ..desired.clone()
        };
        out.extend(new_marks.marks(id));
        Alteration::in_place(out)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Drop, format!("DROP INDEX {}", id.sql()))]
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        Reaction::of_keeper(disturbance)
    }

    fn settle(&self, id: &ObjectId, context: &AlterContext) -> Vec<Statement> {
        lineage::settle(id, &self.table, &self.lineage, context)
    }

    fn among_rows(&self, id: &ObjectId, statements: Vec<Statement>, context: &AlterContext) -> Vec<Statement> {
        match lineage::made(id, &self.table, &self.lineage, context) {
            Some(made) => self.rename(&made, id).into_iter().collect(),
            None => statements,
        }
    }

    fn derived(&self, _id: &ObjectId) -> Option<ObjectId> {
        self.lineage.parent.is_some().then(|| self.table.clone())
    }

    fn carried_by(&self, _id: &ObjectId, whole: &ObjectId) -> bool {
        self.lineage.parent.is_some() && matches!(whole.kind, Kind::Index | Kind::Constraint) || *whole == self.table || whole.kind == Kind::Column && whole.names.starts_with(&self.table.names)
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        let table = self.table.clone();
        self.elements.iter_mut().for_each(|element| element.renamed(table.relation(), renames));
        renames.columns(table.relation(), &mut self.include);
        self.table = renames.id(&table);
    }

    fn follower(&self, id: &ObjectId, _needs: &BTreeSet<ObjectId>) -> Option<Follower> {
        let parts = vec![(Some(super::constraint::joined(&labels(self))), "idx")];
        Some(Follower { id: id.clone(), whole: self.table.clone(), parts, moves: true })
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        let sql = format!("ALTER INDEX {} RENAME TO {}", id.sql(), quote(new.name()));
        Some(Statement::new(Form::AlterRelationOptions, sql))
    }
}
