//! The attachment of a partition to its parent (`pg_inherits`, `relpartbound`): an object of its own, so that a table
//! can be attached and detached without being made anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use pg_query::protobuf::{CreateStmt, PartitionBoundSpec, RangeVar};
use pg_query::{Node, NodeEnum};
use serde::Serialize;
use tokio_postgres::Row;

use super::table::inherit;
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, foreign_key,lineage, Object, Part, Reaction, Space, Statement, Tail, Twin, trigger, twin};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::expr;
use crate::expression::{self, Expression};
use crate::introspect::Live;
use crate::load::fragment::Fragment;
use crate::load::reader::{Reader, Stop};
use crate::name::{QualifiedName, literal};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A partition's place in its parent.
#[derive(Clone, Debug, Serialize)]
pub struct Partition {
    /// The partitioned table.
    pub parent: QualifiedName,
    /// FOR VALUES … or DEFAULT.
    pub bound: Bound,
    /// The declared indexes that are parts of the parent's (files only).
    #[serde(skip)]
    pub parts: Vec<ObjectId>,
    /// A foreign key points to the parent: PostgreSQL drops such a partition only once it is detached.
    #[serde(skip)]
    pub referenced: bool,
    /// What PostgreSQL drops only once the partition is detached: see [`lineage::locked`].
    #[serde(skip)]
    pub locked: BTreeSet<ObjectId>,
}

impl PartialEq for Partition {
    fn eq(&self, other: &Self) -> bool {
        self.parent == other.parent && self.bound == other.bound
    }
}

/// A partition bound.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Keeps the search_path, the origin and the normal form.
    pub expression: Expression,
    spec: PartitionBoundSpec,
}

impl Serialize for Bound {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.expression.form {
            Some(form) if !expression::for_people() => serializer.collect_str(form),
            _ => serializer.serialize_str(&self.sql()),
        }
    }
}

impl PartialEq for Bound {
    fn eq(&self, other: &Self) -> bool {
        match (&self.expression.form, &other.expression.form) {
            (Some(one), Some(two)) => one == two,
            _ => self.sql() == other.sql(),
        }
    }
}

impl Bound {
    /// A bound as the parser gave it.
    fn new(spec: &PartitionBoundSpec, path: &[String], origin: Option<&Arc<Fragment>>) -> Self {
        let node = Node { node: Some(NodeEnum::PartitionBoundSpec(spec.clone())) };
        let expression =
            Expression { node: Arc::new(node), path: path.to_vec(), form: None, origin: origin.cloned(), void: false };
        Self { expression, spec: spec.clone() }
    }

    /// `FOR VALUES …` or `DEFAULT`.
    pub fn sql(&self) -> String {
        let list = |nodes: &[Node]| {
            let texts: Vec<String> = nodes.iter().map(|node| Expression::of_ref(node).sql()).collect();
            texts.join(", ")
        };
        match self.spec.strategy.as_str() {
            _ if self.spec.is_default => "DEFAULT".into(),
            "h" => format!("FOR VALUES WITH (MODULUS {}, REMAINDER {})", self.spec.modulus, self.spec.remainder),
            "l" => format!("FOR VALUES IN ({})", list(&self.spec.listdatums)),
            _ => format!("FOR VALUES FROM ({}) TO ({})", list(&self.spec.lowerdatums), list(&self.spec.upperdatums)),
        }
    }
}

/// Reads PARTITION OF in CREATE TABLE.
pub fn read_part(reader: &mut Reader, id: &ObjectId, statement: &CreateStmt) -> Result<(), Stop> {
    let Some(bound) = &statement.partbound else { return Ok(()) };
    let Some(NodeEnum::RangeVar(range)) = statement.inh_relations.first().and_then(|node| node.node.as_ref()) else {
        return Ok(());
    };
    let parent = parent(reader, range)?;
    add(reader, id, &parent, bound, range.location)
}

/// Reads ALTER TABLE … ATTACH PARTITION: what the parent has too is the parent's from then on.
pub fn read_attach(reader: &mut Reader, parent: &ObjectId, child: &RangeVar, bound: &PartitionBoundSpec) -> Result<(), Stop> {
    let id = reader.relation(child)?;
    let inherited: Vec<ObjectId> = reader
        .catalog
        .children(&id)
        .filter(|(own, object)| {
            let other = parent.child(own.kind, own.name());
            let known = reader.catalog.objects.get(&other);
            match (object, known) {
                (Object::Column(_), Some(_)) => true,
                (Object::Constraint(one), Some(Object::Constraint(_))) => one.is_check(),
                _ => false,
            }
        })
        .map(|(own, _)| own.clone())
        .collect();
    for own in inherited {
        match reader.catalog.objects.get_mut(&own) {
            Some(Object::Column(column)) => column.inherited = true,
            Some(Object::Constraint(constraint)) => {
                if let Some(inherited) = constraint.inherited() {
                    *constraint = inherited;
                }
            }
            _ => {}
        }
    }
    add(reader, &id, parent, bound, child.location)
}

fn parent(reader: &Reader, range: &RangeVar) -> Result<ObjectId, Stop> {
    let parent = reader.relation(range)?;
    match reader.catalog.objects.get(&parent) {
        Some(Object::Table(table)) if table.partition_by.is_some() => Ok(parent),
        _ => Err(reader.wrong(range.location, format!("{parent} is not partitioned")).into()),
    }
}

fn add(reader: &mut Reader, id: &ObjectId, parent: &ObjectId, bound: &PartitionBoundSpec, location: i32) -> Result<(), Stop> {
    let (schema, name) = parent.relation();
    let bound = Bound::new(bound, reader.path, Some(reader.fragment));
    let partition = Partition { parent: QualifiedName::new(schema, name), bound, parts: vec![], referenced: false, locked: BTreeSet::new() };
    reader.add(id.with_kind(Kind::Partition), partition, location)?;
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("partition.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Partition, &["schema", "relation"])?;
    let bound = live.text(row, "bound")?;
    let unreadable = || Error::new(format!("cannot read the bound of {id}")).cause(&bound);
    let NodeEnum::CreateStmt(statement) = live.parse(&format!("CREATE TABLE x PARTITION OF y {bound}"))? else {
        return Err(unreadable());
    };
    let spec = statement.partbound.as_ref().ok_or_else(unreadable)?;
    let parent = live.qualified(row, "parent_schema", "parent")?.ok_or_else(unreadable)?;
    live.catalog.objects.insert(id, Partition { parent, bound: Bound::new(spec, &[], None), parts: vec![], referenced: false, locked: BTreeSet::new() }.into());
    Ok(())
}

/// Whether a foreign key points to the table, or to what it is a partition of.
fn is_referenced(catalog: &Catalog, table: &ObjectId) -> bool {
    let start = ObjectId::new(Kind::ForeignKey, [""; 0]);
    let mut keys = catalog.objects.range(start..).take_while(|(id, _)| id.kind == Kind::ForeignKey);
    keys.any(|(_, object)| matches!(object, Object::ForeignKey(key) if key.refers_to(table)))
        || inherit::parents(catalog, table).iter().any(|parent| parent != table && is_referenced(catalog, parent))
}

impl Partition {
    /// The partitioned table.
    pub fn parent_id(&self) -> ObjectId {
        ObjectId::new(Kind::Table, [&self.parent.schema, &self.parent.name])
    }
}

impl DatabaseObject for Partition {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let parent = self.parent_id();
        let mut needs = BTreeSet::from([id.with_kind(Kind::Table), parent.clone()]);
        for table in [&parent, &id.with_kind(Kind::Table)] {
            let shape = |object: &Object| match object {
                Object::Constraint(constraint) => constraint.inherited().is_some(),
                object => object.column().is_some(),
            };
            let parts = resolver.catalog.children(table).filter(|(_, object)| shape(object));
            needs.extend(parts.map(|(child, _)| child.clone()));
        }
        self.referenced = is_referenced(resolver.catalog, &parent);
        self.locked = lineage::locked(resolver.catalog, &id.with_kind(Kind::Table));
        needs.extend(self.locked.iter().cloned());
        // an index that is a part of the parent's would else be made a second time
        needs.extend(self.parts.iter().cloned());
        let Some(Object::Table(table)) = resolver.catalog.objects.get(&parent) else { return Ok(needs) };
        let Some(key) = &table.partition_by else { return Ok(needs) };
        let path = self.bound.expression.path.clone();
        let key_path = key.expression.path.clone();
        let (own, keys) = (resolver.context(&path), resolver.context(&key_path));
        let result = expr::partition_bound(&own, &self.bound.spec, &keys, key.spec(), parent.relation());
        if let Some(analysis) = resolver.judge(&self.bound.expression, result)? {
            resolver.take(&mut self.bound.expression, analysis, &mut needs);
        }
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let table = id.with_kind(Kind::Table);
        let sql = format!("ALTER TABLE {} ATTACH PARTITION {} {}", self.parent, table.sql(), self.bound.sql());
        let message = format!("fails when rows of {table} do not fit the bound");
        let statement = Statement::new(Form::AttachPartition, sql).under(&self.bound.expression.path);
        vec![statement.finding(Finding::new("data-may-not-fit", message))]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        if self.parent != desired.parent {
            return Alteration::Replace;
        }
        // side by side, so that the parent's other changes find it attached
        let mut statements = self.drop(id);
        statements.extend(desired.create(id));
        statements.extend(trigger::partitions::again(&id.with_kind(Kind::Table), context));
        Alteration::in_place(statements)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        let sql = format!("ALTER TABLE {} DETACH PARTITION {}", self.parent, id.sql());
        vec![Statement::new(Form::DetachPartition, sql)]
    }

    fn twin(&self, id: &ObjectId, catalog: &Catalog) -> Option<Twin> {
        let Some(Object::Table(table)) = catalog.objects.get(&self.parent_id()) else { return None };
        let key = table.partition_by.as_ref()?;
        let mut statements = vec![twin::of_table(&self.parent_id()).under(&key.expression.path)];
        statements[0].sql.push_str(&format!(" PARTITION BY {}", key.sql()));
        let sql = format!("CREATE TABLE {}_part PARTITION OF {0} {}", twin::NAME, self.bound.sql());
        statements.push(Statement::new(Form::Create, sql).under(&self.bound.expression.path));
        let bound = |name: &str| {
            let class = format!("{}::pg_catalog.regclass", literal(name));
            format!("(SELECT pg_catalog.pg_get_expr(relpartbound, oid) FROM pg_catalog.pg_class WHERE oid = {class})")
        };
        let same = format!("{} = {}", bound(&format!("{}_part", twin::NAME)), bound(&id.sql()));
        let columns = key.columns().into_iter().map(|name| self.parent_id().child(Kind::Column, name));
        Some(Twin { statements, same, over: Some(columns.collect()) })
    }

    fn agree(&mut self, live: &Self) {
        self.bound = live.bound.clone();
    }

    fn is_costly(&self) -> bool {
        true
    }

    fn drop_towards(&self, id: &ObjectId, context: &AlterContext) -> Vec<Statement> {
        let mut statements = self.drop(id);
        statements.extend(foreign_key::kept_when_detached(&id.with_kind(Kind::Table), context));
        statements
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        renames.qualified(Space::Relation, &mut self.parent);
    }

    fn part(&self, id: &ObjectId) -> Option<Part> {
        self.parts.is_empty().then(|| Part {
            whole: id.with_kind(Kind::Table),
            addition: None,
            name: id.name().to_string(),
            column: None,
            tail: Some(Tail { head: format!("PARTITION OF {}", self.parent), tail: self.bound.sql() }),
            order: (0, 0),
            sql: String::new(),
            replaces: true,
            volatile: false,
            search_path: Some(self.bound.expression.path.clone()),
        })
    }

    fn reaction(&self, id: &ObjectId, on: &ObjectId, disturbance: Disturbance) -> Reaction {
        let holds = *on == id.with_kind(Kind::Table) || self.locked.contains(on);
        if holds && disturbance == Disturbance::Replaced { Reaction::Rebuild } else { Reaction::Survives }
    }

    fn carried_by(&self, id: &ObjectId, whole: &ObjectId) -> bool {
        *whole == id.with_kind(Kind::Table) && !self.referenced
    }
}
