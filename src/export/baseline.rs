//! What a new database has before anybody writes to it.

use crate::catalog::{Catalog, ObjectId};
use crate::objects::attributes::{self, Attributes, OWNER, Privileges};
use crate::objects::{self, Kind};

/// The schema that every database starts with.
const PUBLIC: &str = "public";

/// Who owns it from PostgreSQL 15 on.
const DATABASE_OWNER: &str = "pg_database_owner";

/// The state of a new database, from which `desired` is made. What PostgreSQL itself made and nobody changed is as
/// it is in `desired`, and where privileges were changed all of them are written.
pub fn of(desired: &mut Catalog) -> Catalog {
    let mut current = Catalog::new(desired.facts.major());
    current.role.clone_from(&desired.role);
    objects::implicit(&mut current);
    let implicit: Vec<ObjectId> = current.objects.keys().cloned().collect();
    for id in implicit {
        match desired.objects.get(&id) {
            Some(object) => {
                let object = object.clone();
                current.objects.insert(id.clone(), object);
                let found = desired.attributes.get(&id).cloned().unwrap_or_default();
                let given = desired.given_comments.get(&id).cloned();
                let mut start = Attributes { comment: given.or(found.comment.clone()), ..found.clone() };
                if id.kind == Kind::Schema && id.name() == PUBLIC {
                    public(&mut start, &found, desired.facts.major());
                }
                current.attributes.insert(id, start);
            }
            None => _ = current.objects.remove(&id),
        }
    }
    // the server's own comment on an extension comes with it
    let given: Vec<(ObjectId, String)> =
        desired.given_comments.iter().map(|(id, text)| (id.clone(), text.clone())).collect();
    for (id, text) in given.into_iter().filter(|(id, _)| !current.objects.contains_key(id)) {
        if let Some(said) = desired.attributes.get_mut(&id)
            && said.comment.as_ref() == Some(&text)
        {
            said.comment = None;
        }
    }
    current
}

/// Owner and privileges of the schema public before `found` was made of them.
fn public(start: &mut Attributes, found: &Attributes, major: u16) {
    let Some(owner) = &found.owner else { return };
    if major >= 15 {
        start.owner = Some(DATABASE_OWNER.into());
    }
    let first = start.owner.clone().unwrap_or_default();
    let usage: &[&str] = if major >= 15 { &["USAGE"] } else { &["USAGE", "CREATE"] };
    let mut initial = attributes::default_privileges(Kind::Schema, major);
    initial.insert(String::new(), usage.iter().map(|name| ((*name).to_string(), false)).collect());
    let built_in = attributes::default_privileges(Kind::Schema, major);
    let wanted = found.privileges.as_ref().map_or(built_in, |it| attributes::of_owner(it, owner));
    if wanted == initial && *owner == first {
        return;
    }
    // what is wanted is granted even where it is there already, since files that say anything say everything
    let mut kept = Privileges::new();
    for (grantee, granted) in &initial {
        let left: std::collections::BTreeMap<String, bool> = granted
            .iter()
            .filter(|(name, _)| grantee == OWNER || !wanted.get(grantee).is_some_and(|it| it.contains_key(*name)))
            .map(|(name, option)| (name.clone(), *option))
            .collect();
        kept.insert(grantee.clone(), left);
    }
    kept.retain(|_, granted| !granted.is_empty());
    start.privileges = Some(kept);
}
