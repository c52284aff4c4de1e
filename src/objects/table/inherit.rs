//! What tables have from their parents, by INHERITS and as partitions.

use std::collections::BTreeSet;

use crate::catalog::{Catalog, ObjectId};
use crate::objects::column::{Column, NotNull, Position, inherited_from};
use crate::objects::column_default::ColumnDefault;
use crate::objects::{AlterContext, Derived, Kind, Object};

/// The tables that a table inherits from.
pub fn parents(catalog: &Catalog, table: &ObjectId) -> Vec<ObjectId> {
    let id = |schema: &str, name: &str| ObjectId::new(Kind::Table, [schema, name]);
    let mut out = vec![];
    if let Some(Object::Table(table)) = catalog.objects.get(table) {
        out.extend(table.parents.iter().map(|parent| id(&parent.schema, &parent.name)));
    }
    if let Some(Object::Partition(partition)) = catalog.objects.get(&table.with_kind(Kind::Partition)) {
        out.push(id(&partition.parent.schema, &partition.parent.name));
    }
    out
}

/// What a table is a partition of, at any depth, the nearest first.
pub fn above(catalog: &Catalog, table: &ObjectId) -> Vec<ObjectId> {
    let parent = |id: &ObjectId| match catalog.objects.get(&id.with_kind(Kind::Partition)) {
        Some(Object::Partition(partition)) => Some(partition.parent_id()),
        _ => None,
    };
    let mut out: Vec<ObjectId> = vec![];
    let mut next = parent(table);
    while let Some(id) = next.filter(|id| !out.contains(id)) {
        next = parent(&id);
        out.push(id);
    }
    out
}

/// The children of a table whose column goes for good and is all that gives them theirs: those that declare it now and
/// keep it, and those that lose it.
pub fn heirs(column: &ObjectId, context: &AlterContext) -> (Vec<ObjectId>, Vec<ObjectId>) {
    let AlterContext { current, desired, .. } = context;
    if desired.objects.contains_key(column) {
        return (vec![], vec![]);
    }
    let table = column.parent(Kind::Table);
    let own = |child: &ObjectId| child.child(Kind::Column, column.name());
    let inherits = |child: &&ObjectId| {
        let only = current.objects.get(&own(child)).and_then(Object::column).is_some_and(|it| it.inherited);
        only && inherited_from(&own(child), current) == [column.clone()]
    };
    let tables = current.objects.range(ObjectId::new(Kind::Table, [""; 0])..).map(|(id, _)| id);
    let tables = tables.take_while(|id| id.kind == Kind::Table);
    let children = tables.filter(|child| parents(current, child).contains(&table)).filter(inherits);
    children.cloned().partition(|child| desired.objects.contains_key(&own(child)))
}

/// The tables that are partitions of a table.
pub fn partitions(catalog: &Catalog, table: &ObjectId) -> Vec<ObjectId> {
    let partitioned = matches!(catalog.objects.get(table), Some(Object::Table(table)) if table.partition_by.is_some());
    if !partitioned {
        return vec![];
    }
    let of = |object: &Object| match object {
        Object::Partition(partition) => [&partition.parent.schema, &partition.parent.name] == [&table.names[0], &table.names[1]],
        _ => false,
    };
    let all = catalog.objects.range(ObjectId::new(Kind::Partition, [""])..).take_while(|(id, _)| id.kind == Kind::Partition);
    all.filter(|(_, object)| of(object)).map(|(id, _)| id.with_kind(Kind::Table)).collect()
}

/// Gives every table what its parents got after it was read: columns, NOT NULL, checks. Parents come first.
pub fn complete(catalog: &mut Catalog) {
    let tables: Vec<ObjectId> = catalog.objects.keys().filter(|id| id.kind == Kind::Table).cloned().collect();
    let mut done = BTreeSet::new();
    for table in tables {
        complete_one(catalog, &table, &mut done);
    }
}

fn complete_one(catalog: &mut Catalog, table: &ObjectId, done: &mut BTreeSet<ObjectId>) {
    if !done.insert(table.clone()) {
        return;
    }
    for parent in parents(catalog, table) {
        complete_one(catalog, &parent, done);
        inherit(catalog, table, &parent);
    }
}

/// The parts of a relation, columns in their order.
pub fn parts(catalog: &Catalog, relation: &ObjectId) -> Vec<(ObjectId, Object)> {
    let mut parts: Vec<(ObjectId, Object)> =
        catalog.children(relation).map(|(id, object)| (id.clone(), object.clone())).collect();
    parts.sort_by_key(|(id, object)| (id.kind, object.column().map_or(0, |column| column.position.0)));
    parts
}

/// Copies from a parent what a child does not have yet.
pub fn inherit(catalog: &mut Catalog, table: &ObjectId, parent: &ObjectId) {
    let mut position =
        catalog.children(table).filter_map(|(_, object)| object.column()).map(|column| column.position.0).max().unwrap_or(0);
    let mut new = BTreeSet::new();
    for (child, object) in parts(catalog, parent) {
        let own = table.child(child.kind, child.name().to_string());
        let known = catalog.objects.contains_key(&own);
        match object {
            Object::Column(column) if known => not_null(catalog, &own, &column),
            Object::Column(mut column) => {
                position += 1;
                column.position = Position(position);
                column.inherited = true;
                column.foreign_options.clear();
                column.identity = None;
                column.not_null = column.not_null.and_then(NotNull::inherited);
                new.insert(own.name().to_string());
                catalog.objects.insert(own, column.into());
            }
            // a column that was there before keeps the default that it has, or has not
            Object::ColumnDefault(default) if new.contains(own.name()) => {
                catalog.objects.insert(own, ColumnDefault { inherited: Derived(true), ..default }.into());
            }
            Object::Constraint(constraint) if !known => {
                if let Some(inherited) = constraint.inherited() {
                    catalog.objects.insert(own, inherited.into());
                }
            }
            _ => {}
        }
    }
}

fn not_null(catalog: &mut Catalog, own: &ObjectId, parent: &Column) {
    if let Some(Object::Column(column)) = catalog.objects.get_mut(own)
        && column.not_null.is_none()
    {
        column.not_null = parent.not_null.clone().and_then(NotNull::inherited);
    }
}
