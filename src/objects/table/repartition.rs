//! Tables whose partitioning changes. PostgreSQL cannot change it in place, so the table and its partitions are set
//! aside in a schema of their own, made anew, filled from what was set aside, and that is dropped.

use std::collections::{BTreeMap, BTreeSet};

use super::inherit::partitions;
use super::{Table, quote};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::objects::column::{Column, conversion, succession};
use crate::objects::schema::Schema;
use crate::objects::{AlterContext, Kind, Object, Statement, identity_sequence, partition_key, sequence_owner, type_use};
use crate::plan::forms::Form;
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

fn plain<'a>(catalog: &'a Catalog, id: &ObjectId) -> Option<&'a Table> {
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
    let above = |id: &ObjectId| ancestors(id, current).iter().any(|parent| roots.contains(&parent));
    for root in roots.iter().filter(|root| !above(root)) {
        found.push(((**root).clone(), true));
        let mut at = found.len() - 1;
        while let Some((table, _)) = found.get(at).cloned() {
            for child in partitions(current, &table) {
                let stays = desired.objects.contains_key(&child) && !ancestors(&child, desired).iter().any(|it| *it == table || it == *root);
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
        asides.iter().filter(|it| it.is_root).flat_map(|it| ancestors(&it.table, current)).collect();
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

/// What a table is a partition of, at any depth.
fn ancestors(table: &ObjectId, catalog: &Catalog) -> Vec<ObjectId> {
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

/// Brings the rows to the new table. Errors: the two have no column in common.
pub fn fill(it: &Aside, context: &AlterContext) -> Result<Vec<Statement>> {
    let AlterContext { current, desired, .. } = context;
    let columns = |catalog: &'_ Catalog, table: &ObjectId| -> Vec<(String, Column)> {
        let all = catalog.children(table).filter_map(|(id, object)| Some((id.name().to_string(), object.column()?.clone())));
        let mut all: Vec<(String, Column)> = all.collect();
        all.sort_by_key(|(_, column)| column.position.0);
        all
    };
    let (before, after) = (columns(current, &it.aside), columns(desired, &it.table));
    let mut findings = vec![Finding::new(
        "data-may-not-fit",
        format!("fails when a row of {} fits into no partition, or breaks a constraint", it.table),
    )];
    let (mut names, mut values, mut path) = (vec![], vec![], None);
    for (name, wanted) in after.iter().filter(|(_, column)| column.generated.is_none()) {
        let id = it.table.child(Kind::Column, name.clone());
        let intent = desired.intents.get(&id);
        let using = intent.and_then(|intent| intent.using.as_ref());
        let value = match before.iter().find(|(other, _)| other == name) {
            Some((_, now)) if now.data_type != wanted.data_type => {
                findings.extend(conversion::finding(&id, now, wanted, context).filter(|_| using.is_none()));
                path = path.or_else(|| using.map(|using| using.path.clone()));
                conversion::using(&id, now, wanted, context).unwrap_or_else(|| quote(name))
            }
            Some(_) => quote(name),
            None => match intent.and_then(|intent| intent.backfill.as_ref()) {
                Some(backfill) => {
                    path = path.or_else(|| Some(backfill.path.clone()));
                    format!("({})", backfill.sql())
                }
                None => continue,
            },
        };
        names.push(quote(name));
        values.push(value);
    }
    if names.is_empty() {
        return Err(Error::new(format!("cannot change how {} is partitioned", it.table))
            .cause("the old and the new table have no column in common")
            .hint("split the change into two plans"));
    }
    for (name, _) in before.iter().filter(|(name, now)| now.generated.is_none() && after.iter().all(|(it, _)| it != name)) {
        let id = it.table.child(Kind::Column, name.clone());
        findings.push(Finding::new("drop-column", format!("{id} is dropped, and what is stored in it is lost")));
    }
    let always = after.iter().any(|(_, column)| column.identity.as_ref().is_some_and(|identity| identity.always));
    let overriding = if always { " OVERRIDING SYSTEM VALUE" } else { "" };
    // children by INHERITS keep their rows
    let only = if plain(current, &it.aside).is_some_and(|table| table.partition_by.is_some()) { "" } else { "ONLY " };
    let mut insert = Statement::new(
        Form::Data,
        format!(
            "INSERT INTO {} ({}){overriding}\nSELECT {} FROM {only}{}",
            it.table.sql(),
            names.join(", "),
            values.join(", "),
            it.aside.sql()
        ),
    );
    insert.search_path = path;
    insert.findings = findings;
    let mut out = vec![];
    let forced = |catalog: &Catalog, id: &ObjectId| plain(catalog, id).is_some_and(|table| table.row_security_forced);
    let force = |id: &ObjectId, no: &str| {
        Statement::clause(Form::AlterRelation, id.clone(), format!("{no}FORCE ROW LEVEL SECURITY"))
    };
    // else the owner would see, and could write, only what the policies let through
    out.extend(forced(current, &it.aside).then(|| force(&it.aside, "NO ")));
    out.extend(forced(desired, &it.table).then(|| force(&it.table, "NO ")));
    out.push(insert);
    out.extend(forced(desired, &it.table).then(|| force(&it.table, "")));
    for (name, column) in &after {
        let id = it.table.child(Kind::Column, name.clone());
        let was = before.iter().find(|(other, _)| other == name).map(|(_, column)| column);
        let new = desired.owned_sequence(&id).filter(|sequence| !current.objects.contains_key(sequence));
        out.extend(new.and_then(|sequence| sequence_owner::continued(&sequence, &id, was)));
        let Some(identity) = &column.identity else { continue };
        let old = it.aside.child(Kind::Column, name.clone());
        let had = was.is_some_and(|column| column.identity.is_some());
        let sequence = had.then(|| identity_sequence::of_column(current, &old).to_string());
        let owned = current.owned_sequence(&old).map(|id| id.sql());
        out.push(succession::continued(&id, identity, sequence.or(owned)));
    }
    Ok(out)
}
