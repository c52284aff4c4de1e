//! Columns as people write them: `serial`, no NOT NULL where it follows from something else.

use std::collections::BTreeSet;

use super::Column;
use super::not_null::{ConstraintName, NotNull};
use crate::catalog::{Catalog, ObjectId};
use crate::name::{generated, literal};
use crate::objects::sequence_options::SequenceOptions;
use crate::objects::table::inherit;
use crate::objects::{Derived, Kind, Object};

/// See [`crate::objects::DatabaseObject::abbreviated`].
pub fn column(column: &Column, id: &ObjectId, catalog: &Catalog) -> Option<(Column, Vec<ObjectId>)> {
    if column.of_type {
        return None;
    }
    if column.inherited {
        return inherited(column, id, catalog).map(|column| (column, vec![]));
    }
    let mut out = column.clone();
    out.data_type = column.data_type.shortened();
    let mut along = vec![];
    if let Some((word, sequence)) = serial(column, id, catalog) {
        out.data_type.sql = word.to_string();
        along = vec![sequence.with_kind(Kind::SequenceOwner), sequence, id.with_kind(Kind::ColumnDefault)];
    }
    let implied = !along.is_empty() || column.identity.is_some() || is_primary_key(id, catalog);
    if implied && column.not_null.as_ref().is_some_and(is_plain) && !has_children(id, catalog) {
        out.not_null = None;
    }
    Some((out, along))
}

/// A column of a child table, whose NOT NULL comes from a parent without a word.
fn inherited(column: &Column, id: &ObjectId, catalog: &Catalog) -> Option<Column> {
    let parents = super::inherited_from(id, catalog);
    let gives = |parent: &ObjectId| {
        let not_null = catalog.objects.get(parent).and_then(Object::column).and_then(|column| column.not_null.as_ref());
        not_null.is_some_and(|not_null| !not_null.no_inherit)
    };
    let mut out = column.clone();
    let not_null = out.not_null.as_mut().filter(|it| !matches!(it.name, ConstraintName::Given(_)))?;
    not_null.inherited = Derived(parents.iter().any(gives));
    Some(out)
}

/// The word that says type, NOT NULL, default and sequence at once, and the sequence.
fn serial(column: &Column, id: &ObjectId, catalog: &Catalog) -> Option<(&'static str, ObjectId)> {
    let word = match column.data_type.sql.as_str() {
        "smallint" => "smallserial",
        "integer" => "serial",
        "bigint" => "bigserial",
        _ => return None,
    };
    let (schema, table) = id.relation();
    let sequence = ObjectId::new(Kind::Sequence, [schema, &generated(table, Some(id.name()), "seq")]);
    let Object::Sequence(found) = catalog.objects.get(&sequence)? else { return None };
    let Object::SequenceOwner(owner) = catalog.objects.get(&sequence.with_kind(Kind::SequenceOwner))? else {
        return None;
    };
    let Object::ColumnDefault(default) = catalog.objects.get(&id.with_kind(Kind::ColumnDefault))? else { return None };
    let unlogged = catalog.facts.major() >= 15
        && catalog.objects.get(&id.parent(Kind::Table)).and_then(Object::table).is_some_and(|table| table.unlogged);
    let said = catalog.attributes.get(&sequence);
    let usual = owner.column == *id
        && found.unlogged == unlogged
        && found.options == SequenceOptions::defaults(&column.data_type.sql, 1)
        && default.expression.sql() == format!("nextval({}::regclass)", literal(&sequence.sql()))
        && said.is_none_or(|said| said.comment.is_none() && said.privileges.is_none())
        && column.not_null.as_ref().is_some_and(is_plain)
        && !needed_elsewhere(&sequence, id, catalog);
    usual.then_some((word, sequence))
}

/// Whether something beside the column uses the sequence.
fn needed_elsewhere(sequence: &ObjectId, column: &ObjectId, catalog: &Catalog) -> bool {
    let own: BTreeSet<ObjectId> =
        [sequence.with_kind(Kind::SequenceOwner), column.with_kind(Kind::ColumnDefault)].into_iter().collect();
    let mut users = catalog.dependencies.iter().filter(|(_, needs)| needs.contains(sequence)).map(|(id, _)| id);
    users.any(|id| !own.contains(id))
}

fn is_plain(not_null: &NotNull) -> bool {
    let named = matches!(not_null.name, ConstraintName::Given(_));
    !named && !not_null.no_inherit && not_null.valid && not_null.comment.is_none() && !not_null.inherited.0
}

fn is_primary_key(id: &ObjectId, catalog: &Catalog) -> bool {
    let table = id.parent(Kind::Table);
    let named = |object: &Object| {
        let key = object.constraint().and_then(|constraint| constraint.primary_key());
        key.is_some_and(|columns| columns == [id.name().to_string()])
    };
    catalog.children(&table).any(|(_, object)| named(object))
}

fn has_children(id: &ObjectId, catalog: &Catalog) -> bool {
    let table = id.parent(Kind::Table);
    let tables = catalog.objects.range(ObjectId::new(Kind::Table, [""; 0])..);
    tables.take_while(|(id, _)| id.kind == Kind::Table).any(|(id, _)| inherit::parents(catalog, id).contains(&table))
}
