//! `OWNED BY`: the link from a sequence to the column with which it is dropped. An object of its own, so that a
//! sequence and the table that uses it form no cycle.

use std::collections::BTreeSet;

use pg_query::protobuf::RangeVar;
use pg_query::{Node, NodeEnum};
use serde::Serialize;
use tokio_postgres::Row;

use super::column::Column;
use super::{AlterContext, Alteration, DatabaseObject, Follower, Kind, Object, Statement, options};
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{literal, quote};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// What owns a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SequenceOwner {
    /// The column.
    pub column: ObjectId,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("sequence_owner.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::SequenceOwner, &["schema", "name"])?;
    let column = live.id(row, Kind::Column, &["table_schema", "table_name", "column_name"])?;
    if live.catalog.objects.contains_key(&column) {
        live.add(row, id, SequenceOwner { column })?;
    }
    Ok(())
}

/// What an `OWNED BY` among sequence options says: nothing, `Some(None)` for NONE, or a column. Errors: the column
/// is not there.
pub fn owner(nodes: &[Node], reader: &Reader) -> Result<Option<Option<ObjectId>>, Stop> {
    let element = nodes.iter().find_map(|node| match node.node.as_ref() {
        Some(NodeEnum::DefElem(element)) if element.defname == "owned_by" => Some(element),
        _ => None,
    });
    let Some(element) = element else { return Ok(None) };
    let parts = match element.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
        Some(NodeEnum::List(list)) => options::strings(&list.items),
        _ => vec![],
    };
    let (schema, table, column) = match parts.as_slice() {
        [word] if word == "none" => return Ok(Some(None)),
        [table, column] => ("", table, column),
        [schema, table, column] => (schema.as_str(), table, column),
        _ => {
            return Err(reader
                .wrong(element.location, "invalid OWNED BY option")
                .hint("write OWNED BY table.column or OWNED BY NONE")
                .into());
        }
    };
    let range = RangeVar {
        schemaname: schema.to_string(),
        relname: table.clone(),
        location: element.location,
        ..Default::default()
    };
    let id = reader.relation(&range)?.child(Kind::Column, column.clone());
    if reader.catalog.objects.contains_key(&id) {
        Ok(Some(Some(id)))
    } else {
        let place = reader.find_name(element.location, column);
        Err(reader.missing(place, column, format!("{id} does not exist in the desired state")))
    }
}

/// Lets sequences of a state that is to be made come before the columns that own them, whose defaults may ask them;
/// `pg_depend` has each of them depend on its column.
pub fn release(desired: &mut Catalog) {
    let owners = desired.objects.iter().filter_map(|(id, object)| match object {
        Object::SequenceOwner(owner) => Some((id.with_kind(Kind::Sequence), owner.column.clone())),
        _ => None,
    });
    for (sequence, column) in owners.collect::<Vec<_>>() {
        if let Some(needs) = desired.dependencies.get_mut(&sequence) {
            needs.remove(&column);
        }
    }
}

/// Sets or removes the owner of a sequence of the files.
pub fn set(reader: &mut Reader, sequence: &ObjectId, column: Option<ObjectId>) {
    let id = sequence.with_kind(Kind::SequenceOwner);
    match column {
        Some(column) => {
            let place = reader.place(0);
            reader.catalog.locations.insert(id.clone(), place);
            reader.catalog.objects.insert(id, SequenceOwner { column }.into());
        }
        None => {
            reader.catalog.objects.remove(&id);
        }
    }
}

/// The sequence of an identity is dropped with it; its successor must not give out the same values. `before` is the
/// column as it was.
pub fn continued(sequence: &ObjectId, column: &ObjectId, before: Option<&Column>) -> Option<Statement> {
    let identity = before?.identity.as_ref()?;
    let function = if identity.options.increment > 0 { "max" } else { "min" };
    let sql = format!(
        "SELECT pg_catalog.setval({}, used) FROM (SELECT {function}({}) AS used FROM {}) AS rows WHERE used BETWEEN {} AND {}",
        literal(&sequence.sql()),
        quote(column.name()),
        column.parent(Kind::Table).sql(),
        identity.options.min,
        identity.options.max,
    );
    Some(Statement::new(Form::Data, sql))
}

impl DatabaseObject for SequenceOwner {
    fn resolve(&mut self, id: &ObjectId, _resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        Ok(BTreeSet::from([id.with_kind(Kind::Sequence), self.column.clone()]))
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let sql = format!("ALTER SEQUENCE {} OWNED BY {}", id.sql(), self.column.sql());
        vec![Statement::new(Form::AlterSequence, sql)]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        Alteration::in_place(desired.create(id))
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::AlterSequence, format!("ALTER SEQUENCE {} OWNED BY NONE", id.sql()))]
    }

    fn settle(&self, id: &ObjectId, context: &AlterContext) -> Vec<Statement> {
        let before = context.current.objects.get(&self.column).and_then(Object::column);
        continued(id, &self.column, before).into_iter().collect()
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.column = renames.id(&self.column);
    }

    fn follower(&self, id: &ObjectId, _needs: &BTreeSet<ObjectId>) -> Option<Follower> {
        let parts = vec![(Some(self.column.name().to_string()), "seq")];
        Some(Follower { id: id.with_kind(Kind::Sequence), whole: self.column.parent(Kind::Table), parts, moves: true })
    }

    // not by the column: a sequence that stays must be freed before its column goes
    fn carried_by(&self, id: &ObjectId, whole: &ObjectId) -> bool {
        *whole == id.with_kind(Kind::Sequence)
    }
}
