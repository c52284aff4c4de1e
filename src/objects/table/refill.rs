//! The rows of a table that was set aside go into the new one.

use super::quote;
use super::repartition::{Aside, plain};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::objects::column::{Column, conversion, succession};
use crate::objects::{AlterContext, Kind, Object, Statement, identity_sequence, sequence_owner};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

/// The columns of a table, in order.
fn columns(catalog: &Catalog, table: &ObjectId) -> Vec<(String, Column)> {
    let all = catalog.children(table).filter_map(|(id, object)| Some((id.name().to_string(), object.column()?.clone())));
    let mut all: Vec<(String, Column)> = all.collect();
    all.sort_by_key(|(_, column)| column.position.0);
    all
}

/// Brings the rows to the new table. Errors: the two have no column in common.
pub fn fill(it: &Aside, context: &AlterContext) -> Result<Vec<Statement>> {
    let AlterContext { current, desired, .. } = context;
    let mut out = vec![];
    let forced = |catalog: &Catalog, id: &ObjectId| plain(catalog, id).is_some_and(|table| table.row_security_forced);
    let force = |id: &ObjectId, no: &str| {
        Statement::clause(Form::AlterRelation, id.clone(), format!("{no}FORCE ROW LEVEL SECURITY"))
    };
    // else the owner would see, and could write, only what the policies let through
    out.extend(forced(current, &it.aside).then(|| force(&it.aside, "NO ")));
    out.extend(forced(desired, &it.table).then(|| force(&it.table, "NO ")));
    out.push(insert(it, context)?);
    out.extend(forced(desired, &it.table).then(|| force(&it.table, "")));
    out.extend(positions(it, context));
    Ok(out)
}

/// The statement that copies them.
fn insert(it: &Aside, context: &AlterContext) -> Result<Statement> {
    let AlterContext { current, desired, .. } = context;
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
    Ok(insert)
}

/// New sequences go on from the rows, and from the sequences before them.
fn positions(it: &Aside, context: &AlterContext) -> Vec<Statement> {
    let AlterContext { current, desired, .. } = context;
    let mut out = vec![];
    for (name, column) in &columns(desired, &it.table) {
        let id = it.table.child(Kind::Column, name.clone());
        let old = it.aside.child(Kind::Column, name.clone());
        let was = current.objects.get(&old).and_then(Object::column);
        let new = desired.owned_sequence(&id).filter(|sequence| !current.objects.contains_key(sequence));
        out.extend(new.and_then(|sequence| sequence_owner::continued(&sequence, &id, was)));
        let Some(identity) = &column.identity else { continue };
        let had = was.is_some_and(|column| column.identity.is_some());
        let sequence = had.then(|| identity_sequence::of_column(current, &old).to_string());
        let owned = current.owned_sequence(&old).map(|id| id.sql());
        out.push(succession::continued(&id, identity, sequence.or(owned)));
    }
    out
}
