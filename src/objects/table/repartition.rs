//! Tables whose partitioning changes. PostgreSQL cannot change it in place, so the table and its partitions are set
//! aside in a schema of their own, made anew, filled from what was set aside, and that is dropped.

use std::collections::{BTreeMap, BTreeSet};

use super::inherit::{above, partitions};
use super::Table;
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::objects::schema::Schema;
use crate::objects::{Kind, Object, Statement, partition_key, type_use};
use crate::plan::hazard::Finding;

/// A table that is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Under its own name.
    pub table: ObjectId,
    /// Where it is set aside.
    pub aside: ObjectId,
    /// Whether it is filled by itself, and not through what it was a partition of.
    pub is_root: bool,
}

pub(super) fn plain<'a>(catalog: &'a Catalog, id: &ObjectId) -> Option<&'a Table> {
    match catalog.objects.get(id) {
        Some(Object::Table(table)) if table.foreign.is_none() => Some(table),
        _ => None,
    }
}

/// Whether the table is there in both states and partitioned otherwise, or by other types.
fn changes(id: &ObjectId, current: &Catalog, desired: &Catalog) -> bool {
    let both = plain(current, id).zip(plain(desired, id));
    both.is_some_and(|(now, wanted)| now.partition_by != wanted.partition_by) || key_column(id, current, desired).is_some()
}

/// A column of the partition key whose type or collation changes, which PostgreSQL does not allow.
fn key_column(table: &ObjectId, current: &Catalog, desired: &Catalog) -> Option<ObjectId> {
    let columns = partition_key::columns_of(table, current).into_iter().map(|name| table.child(Kind::Column, name));
    let column = |catalog: &'_ Catalog, id: &ObjectId| {
        let column = catalog.objects.get(id).and_then(Object::column)?;
        Some((column.data_type.clone(), column.collation.clone()))
    };
    let differs = |id: &ObjectId| column(current, id).zip(column(desired, id)).is_some_and(|(now, wanted)| now != wanted);
    columns.into_iter().find(differs)
}

/// The tables that are set aside, parents first. A partition goes along unless the files want it to go on without
/// what it is a partition of: then it keeps its rows. Errors: a change that needs two plans.
pub fn tables(current: &Catalog, desired: &Catalog) -> Result<Vec<Aside>> {
    let all = current.objects.iter().filter(|(_, object)| matches!(object, Object::Table(_))).map(|(id, _)| id);
    let roots: Vec<&ObjectId> = all.filter(|id| changes(id, current, desired)).collect();
    let mut found: Vec<(ObjectId, bool)> = vec![];
    let taken = |found: &[(ObjectId, bool)], id: &ObjectId| found.iter().any(|(it, _)| it == id);
    let lower = |id: &ObjectId| above(current, id).iter().any(|parent| roots.contains(&parent));
    for root in roots.iter().filter(|root| !lower(root)) {
        found.push(((**root).clone(), true));
        let mut at = found.len() - 1;
        while let Some((table, _)) = found.get(at).cloned() {
            for child in partitions(current, &table) {
                let stays = desired.objects.contains_key(&child) && !above(desired, &child).iter().any(|it| *it == table || it == *root);
                if plain(current, &child).is_some() && !stays {
                    found.push((child, false));
                }
            }
            at += 1;
        }
    }
    if let Some(root) = roots.iter().find(|root| !taken(&found, root)) {
        return Err(Error::new(format!("cannot change how {root} is partitioned"))
            .cause("what it is a partition of becomes partitioned otherwise as well, and no longer has it")
            .hint("split the change into two plans"));
    }
    let mut schemas: BTreeMap<String, String> = BTreeMap::new();
    let mut out = vec![];
    for (table, is_root) in found {
        check(&table, current)?;
        let (schema, name) = table.relation();
        let schema = schemas.entry(schema.into()).or_insert_with(|| free(schema, current, desired));
        out.push(Aside { aside: ObjectId::new(Kind::Table, [schema.as_str(), name]), table, is_root });
    }
    Ok(out)
}

/// A schema that is not there in either state.
fn free(schema: &str, current: &Catalog, desired: &Catalog) -> String {
    let there = |name: &str| {
        let id = ObjectId::new(Kind::Schema, [name]);
        current.objects.contains_key(&id) || desired.objects.contains_key(&id)
    };
    crate::name::choose(schema, None, "reconcile_old", there)
}

/// Errors: rows of the table are values of something else.
fn check(table: &ObjectId, current: &Catalog) -> Result<()> {
    let Some(user) = type_use::users(current, table).into_iter().next() else { return Ok(()) };
    Err(Error::new(format!("cannot change how {table} is partitioned"))
        .cause(format!("{} has the type of its rows", user.id))
        .hint("declare a composite type and use that"))
}

/// Makes the schemas that the tables are set aside in, in the current state.
pub fn schemas(asides: &[Aside], current: &mut Catalog) -> Vec<(ObjectId, Vec<Statement>)> {
    let names: BTreeSet<ObjectId> = asides.iter().map(|it| ObjectId::new(Kind::Schema, [it.aside.relation().0])).collect();
    names
        .into_iter()
        .map(|id| {
            let object = Object::from(Schema {});
            let statements = object.create(&id);
            current.objects.insert(id.clone(), object);
            (id, statements)
        })
        .collect()
}

/// Takes the tables out of what stays: sequences that the files go on with, keys to what a table is a partition of,
/// and that.
pub fn release(asides: &[Aside], current: &mut Catalog, desired: &Catalog) -> Vec<(ObjectId, Vec<Statement>)> {
    let root = |id: &ObjectId| asides.iter().any(|it| it.is_root && it.table == *id);
    let moves = |id: &ObjectId| asides.iter().any(|it| it.table == *id);
    let above: BTreeSet<ObjectId> =
        asides.iter().filter(|it| it.is_root).flat_map(|it| above(current, &it.table)).collect();
    let free = |(id, object): (&ObjectId, &Object)| match object {
        Object::SequenceOwner(owner) => {
            moves(&owner.column.parent(Kind::Table)) && desired.objects.contains_key(&id.with_kind(Kind::Sequence))
        }
        Object::ForeignKey(key) => object.derived(id).is_none() && above.iter().any(|table| key.refers_to(table)),
        Object::Partition(_) => root(&id.with_kind(Kind::Table)),
        _ => false,
    };
    let mut ids: Vec<ObjectId> = current.objects.iter().filter(|it| free(*it)).map(|(id, _)| id.clone()).collect();
    // a partition with rows that others refer to cannot be detached
    ids.sort_by_key(|id| id.kind == Kind::Partition);
    let mut out = vec![];
    for id in ids {
        let Some(object) = current.objects.remove(&id) else { continue };
        current.dependencies.remove(&id);
        let mut statements = object.drop(&id);
        let goes = id.kind == Kind::ForeignKey && !desired.objects.contains_key(&id);
        let finding = goes.then(|| Finding::new("drop-foreign-key", format!("{id} is dropped")));
        statements.iter_mut().for_each(|statement| statement.findings.extend(finding.clone()));
        out.push((id, statements));
    }
    out
}

/// The statement that sets a table aside, with what to know about the whole change.
pub fn set_aside(it: &Aside, current: &Catalog, desired: &Catalog) -> Vec<Statement> {
    let Some(object) = current.objects.get(&it.table) else { return vec![] };
    let mut statements: Vec<Statement> = object.rename(&it.table, &it.aside).into_iter().collect();
    for statement in &mut statements {
        statement.findings.clear();
        if it.is_root {
            let message = format!(
                "{}: {}; a new table gets a copy of every row, and nobody reads or writes until all is done",
                it.table,
                reason(it, current, desired)
            );
            statement.findings.push(Finding::new("repartition-table", message));
        }
    }
    statements
}

/// Why a table is made anew.
pub fn reason(it: &Aside, current: &Catalog, desired: &Catalog) -> String {
    match key_column(&it.table, current, desired) {
        _ if !it.is_root => "a partition of what becomes partitioned otherwise".into(),
        Some(column) => format!("the type of {column} changes, which is in the partition key"),
        None => format!("{} -> {}", shown(current, &it.table), shown(desired, &it.table)),
    }
}

/// How a table is partitioned, in words.
fn shown(catalog: &Catalog, table: &ObjectId) -> String {
    let key = plain(catalog, table).and_then(|table| table.partition_by.as_ref());
    key.map_or("not partitioned".into(), |key| format!("partitioned by {}", key.sql()))
}

/// What must be there before the rows come: the table and its partitions with columns, keys and checks.
pub fn frame(catalog: &Catalog, table: &ObjectId) -> BTreeSet<ObjectId> {
    let mut out = BTreeSet::from([table.clone(), table.with_kind(Kind::Partition)]);
    out.extend(catalog.children(table).map(|(id, _)| id).filter(|id| id.kind != Kind::ForeignKey).cloned());
    for child in partitions(catalog, table) {
        out.extend(frame(catalog, &child));
    }
    out
}

/// The partitions of what is set aside that go on without it.
pub fn kept(asides: &[Aside], current: &Catalog) -> Vec<ObjectId> {
    let aside = |id: &ObjectId| asides.iter().any(|it| it.aside == *id);
    let children = asides.iter().flat_map(|it| partitions(current, &it.aside)).filter(|child| !aside(child));
    children.map(|child| child.with_kind(Kind::Partition)).collect()
}
