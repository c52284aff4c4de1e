//! What default privileges do to new objects.
//!
//! To an object of the files they are what they would be to a `psql` that runs the files in the order of their names: those
//! that stand above it are a part of what its own GRANT and REVOKE then change. An object about which the files say
//! nothing is made with what is in force and then left as it is; where all privileges are managed it has those above it.

use crate::catalog::{Catalog, ObjectId};
use crate::load::reader::Reader;
use crate::objects::attributes::{Privileges, all_privileges, default_privileges};
use crate::objects::{Kind, Object};
use crate::source::Location;

use super::sort::Sort;

/// What ALTER DEFAULT PRIVILEGES has brought about at a place in the files.
#[derive(Clone, Debug)]
pub struct Said {
    /// The statement.
    pub place: Location,
    /// Whose default privileges.
    pub id: ObjectId,
    /// What they are from there on.
    pub privileges: Privileges,
}

/// The privileges on a new object (its owner as in [`crate::objects::attributes::OWNER`]) that `role` makes.
pub fn of_new(catalog: &Catalog, role: &str, id: &ObjectId) -> Privileges {
    joined(id, role, catalog.facts.major(), |acl| match catalog.objects.get(acl) {
        Some(Object::DefaultAcl(acl)) => Some(&acl.privileges),
        _ => None,
    })
}

/// Whether there are default privileges at all.
pub fn any(catalog: &Catalog) -> bool {
    let first = catalog.objects.range(ObjectId::new(Kind::DefaultAcl, [""; 0])..).next();
    first.is_some_and(|(id, _)| id.kind == Kind::DefaultAcl)
}

/// The privileges that an object of the files has before its own GRANT and REVOKE.
pub fn when_declared(reader: &Reader, id: &ObjectId) -> Privileges {
    let place = reader.catalog.locations.get(&declared_as(id));
    said(reader.catalog, id, |other| place.is_some_and(|place| is_above(other, place)))
}

/// Keeps the privileges of those objects about which the files say nothing where they are not those of a new object.
pub fn complete(catalog: &mut Catalog) {
    if catalog.default_acls.is_empty() {
        return;
    }
    let role = catalog.role.clone().unwrap_or_default();
    let silent = |id: &ObjectId| catalog.attributes.get(id).is_none_or(|it| it.privileges.is_none());
    let mut found = vec![];
    let sequences = catalog.identity_sequences.values().map(|column| column.with_kind(Kind::IdentitySequence));
    for id in catalog.locations.keys().cloned().chain(sequences).filter(silent) {
        let Some(place) = catalog.locations.get(&declared_as(&id)) else { continue };
        let privileges = said(catalog, &id, |other| is_above(other, place));
        if privileges != of_new(catalog, &role, &id) {
            found.push((id, privileges));
        }
    }
    catalog.unsaid_privileges.extend(found);
}

/// What stands in the files: an identity sequence comes with its column.
fn declared_as(id: &ObjectId) -> ObjectId {
    if id.kind == Kind::IdentitySequence { id.with_kind(Kind::Column) } else { id.clone() }
}

fn is_above(one: &Location, two: &Location) -> bool {
    (&one.source.path, one.start) < (&two.source.path, two.start)
}

fn said(catalog: &Catalog, id: &ObjectId, counts: impl Fn(&Location) -> bool) -> Privileges {
    let role = catalog.role.as_deref().unwrap_or_default();
    joined(id, role, catalog.facts.major(), |acl| {
        let last = catalog.default_acls.iter().rev().find(|said| said.id == *acl && counts(&said.place));
        last.map(|said| &said.privileges)
    })
}

/// As `get_user_default_acl` joins them: those for all schemas replace the built-in ones, those for one add to them.
fn joined<'a>(
    id: &ObjectId,
    role: &str,
    major: u16,
    find: impl Fn(&ObjectId) -> Option<&'a Privileges>,
) -> Privileges {
    let Some(sort) = Sort::of_kind(id.kind) else { return default_privileges(id.kind, major) };
    let acl = |schema: &str| find(&ObjectId::new(Kind::DefaultAcl, [schema, role, sort.words()]));
    let mut out = acl("").cloned().unwrap_or_else(|| default_privileges(id.kind, major));
    for (grantee, granted) in id.schema().and_then(acl).into_iter().flatten() {
        let own = out.entry(grantee.clone()).or_default();
        for (name, grantable) in granted {
            *own.entry(name.clone()).or_insert(false) |= *grantable;
        }
    }
    let known = all_privileges(id.kind, major);
    out.values_mut().for_each(|granted| granted.retain(|name, _| known.contains(&name.as_str())));
    out.retain(|_, granted| !granted.is_empty());
    out
}
