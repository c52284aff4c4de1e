//! The sequences of identity columns: a part of the column, but with owner, comment and privileges of their own.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::attributes::{self, Attributes};
use super::sequence_options::SequenceOptions;
use super::{Kind, Object};
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::introspect::Live;
use crate::name::{QualifiedName, generated};
use crate::renames::Renames;

/// What the catalog says about the sequence of a column.
#[derive(Deserialize)]
pub struct Found {
    name: QualifiedName,
    owner: String,
    acl: Option<Vec<String>>,
    comment: Option<String>,
    /// Its parameters.
    pub options: SequenceOptions,
}

/// Takes in the sequence of a column; returns its name. Errors: privileges that cannot be read.
pub fn load(column: &ObjectId, found: &Found, live: &mut Live) -> Result<QualifiedName> {
    let privileges = found.acl.as_deref().map(attributes::parse_acl).transpose()?;
    let attributes = Attributes {
        owner: Some(found.owner.clone()),
        comment: found.comment.clone(),
        privileges,
        ..Attributes::default()
    };
    live.catalog.attributes.insert(column.with_kind(Kind::IdentitySequence), attributes);
    declare(&mut live.catalog, column, Some(&found.name));
    Ok(found.name.clone())
}

/// Keeps the name of a column's sequence; without one it is what PostgreSQL generates.
pub fn declare(catalog: &mut Catalog, column: &ObjectId, name: Option<&QualifiedName>) {
    let name = name.map_or_else(|| natural(column), |name| (name.schema.clone(), name.name.clone()));
    catalog.identity_sequences.insert(name, column.clone());
}

fn natural(column: &ObjectId) -> (String, String) {
    let (schema, table) = column.relation();
    (schema.to_string(), generated(table, Some(column.name()), "seq"))
}

/// The name of a column's sequence; of one that does not exist yet what PostgreSQL generates.
pub fn of_column(catalog: &Catalog, column: &ObjectId) -> QualifiedName {
    let found = catalog.identity_sequences.iter().find(|(_, owner)| *owner == column).map(|(name, _)| name.clone());
    let (schema, name) = found.unwrap_or_else(|| natural(column));
    QualifiedName { schema, name }
}

/// The sequence of that name, when it is one of an identity column.
pub fn named(catalog: &Catalog, schema: &str, name: &str) -> Option<ObjectId> {
    let column = catalog.identity_sequences.get(&(schema.to_string(), name.to_string()))?;
    Some(column.with_kind(Kind::IdentitySequence))
}

/// The names that the sequences have when renames are done; PostgreSQL leaves them as they are, except for the schema.
pub fn renamed(all: &BTreeMap<(String, String), ObjectId>, names: &Renames) -> BTreeMap<(String, String), ObjectId> {
    let new = |((_, name), column): (&(String, String), &ObjectId)| {
        let column = names.id(column);
        ((column.relation().0.to_string(), name.clone()), column)
    };
    all.iter().map(new).collect()
}

/// The column of an identity sequence, as long as it is one.
pub fn column(catalog: &Catalog, id: &ObjectId) -> Option<ObjectId> {
    let column = id.with_kind(Kind::Column);
    let object = catalog.objects.get(&column).and_then(Object::column);
    (id.kind == Kind::IdentitySequence && object.is_some_and(|object| object.identity.is_some())).then_some(column)
}

/// The sequence under the name that it has when its column has changed; another object stays what it is.
pub fn as_named(id: &ObjectId, current: &Catalog, desired: &Catalog) -> ObjectId {
    if id.kind != Kind::IdentitySequence {
        return id.clone();
    }
    let column = id.with_kind(Kind::Column);
    let identity = |catalog: &Catalog| {
        let column = catalog.objects.get(&column).and_then(Object::column)?;
        column.identity.as_ref().map(|identity| identity.sequence.clone())
    };
    let exists = identity(current).is_some();
    let declared = identity(desired).flatten();
    let name = declared.unwrap_or_else(|| of_column(if exists { current } else { desired }, &column));
    ObjectId::new(Kind::IdentitySequence, [name.schema, name.name])
}
