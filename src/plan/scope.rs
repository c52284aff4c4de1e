//! What a plan is about: which objects are managed, and how much of their owners and privileges.

use std::collections::BTreeSet;

use super::left_alone::LeftAlone;
use crate::catalog::{Catalog, ObjectId};
use crate::objects::Kind;
use crate::objects::attributes::{self, Attributes};
use crate::pipeline::{Options, PrivilegeMode};

/// The schema of reconcile's own journal.
pub const JOURNAL: &str = "reconcile";

/// The schema that every database starts with.
const PUBLIC: &str = "public";

/// Whether an object is managed, in either state.
pub fn filter(current: &Catalog, desired: &Catalog, options: &Options) -> impl Fn(&ObjectId) -> bool + use<> {
    let schemas = managed(desired, options);
    let left = left_alone(current, desired, options);
    let inside = move |id: &ObjectId| {
        let schema = home(id);
        let named = match (schema, &schemas) {
            (Some(schema), Some(schemas)) => schemas.contains(schema),
            (Some(_), None) => true,
            // what lies in no schema is managed as soon as the files mention it
            (None, Some(_)) => false,
            (None, None) => true,
        };
        named && schema != Some(JOURNAL) && !left.contains(id)
    };
    let global = |id: &&ObjectId| id.kind != Kind::Schema && id.schema().is_none();
    let mentioned: BTreeSet<ObjectId> = desired.objects.keys().filter(global).cloned().collect();
    let belongs = |id: &ObjectId| id.kind.whole().map(|kind| ObjectId::new(kind, [id.names[0].as_str()]));
    move |id: &ObjectId| inside(id) || mentioned.contains(&belongs(id).unwrap_or_else(|| id.clone()))
}

/// What is left alone in either state.
pub fn left_alone(current: &Catalog, desired: &Catalog, options: &Options) -> LeftAlone {
    let said = options.schemas.iter().flatten().cloned();
    let named = said.chain(desired.objects.keys().filter_map(home).map(str::to_string)).collect();
    LeftAlone::of(current, desired, options, &named)
}

/// Takes out of both states what is not managed.
pub fn narrow(current: &mut Catalog, desired: &mut Catalog, options: &Options) {
    let schemas = managed(desired, options);
    let keep = filter(current, desired, options);
    current.unmanaged.extend(left_alone(current, desired, options).listed(current));
    for catalog in [&mut *current, &mut *desired] {
        catalog.objects.retain(|id| keep(id) || id.kind.is_privilege());
        catalog.attributes.retain(|id, _| keep(id));
    }
    let in_reach = |schema: &String| schemas.as_ref().is_none_or(|schemas| schemas.contains(schema));
    current.unmanaged.retain(|object| object.schema.as_ref().is_none_or(in_reach));
    default_privileges(current, desired, options.privileges, &keep);
    privileges(current, desired, options.privileges);
    if options.all_schemas || schemas.as_ref().is_some_and(|schemas| schemas.contains(PUBLIC)) {
        return;
    }
    // a schema that the files do not mention is nobody's to drop
    let public = ObjectId::new(Kind::Schema, [PUBLIC]);
    desired.objects.remove(&public);
    current.objects.remove(&public);
}

/// The schema that an object lies in, or that it is.
fn home(id: &ObjectId) -> Option<&str> {
    if id.kind == Kind::Schema { Some(id.name()) } else { id.schema() }
}

/// The managed schemas; `None` for all.
fn managed(desired: &Catalog, options: &Options) -> Option<BTreeSet<String>> {
    if options.all_schemas {
        return None;
    }
    if let Some(schemas) = &options.schemas {
        return Some(schemas.iter().cloned().collect());
    }
    let schemas: BTreeSet<&str> = desired.objects.keys().filter_map(home).collect();
    Some(schemas.into_iter().map(str::to_string).collect())
}

/// Keeps default privileges that are not to be changed: new objects have them all the same.
fn default_privileges(
    current: &mut Catalog,
    desired: &mut Catalog,
    mode: PrivilegeMode,
    keep: &impl Fn(&ObjectId) -> bool,
) {
    let managed = |id: &ObjectId| mode != PrivilegeMode::Off && keep(id);
    desired.objects.retain(|id| !id.kind.is_privilege() || managed(id));
    let given = current.objects.iter().filter(|(id, _)| id.kind.is_privilege());
    let stays = |id: &ObjectId| {
        let unsaid = mode == PrivilegeMode::Declared && !desired.objects.contains_key(id);
        !managed(id) || unsaid
    };
    let given: Vec<_> = given.filter(|(id, _)| stays(id)).map(|(id, acl)| (id.clone(), acl.clone())).collect();
    for (id, acl) in given {
        desired.objects.insert(id, acl);
    }
}

/// Fills in what the files do not say about owners and privileges.
fn privileges(current: &Catalog, desired: &mut Catalog, mode: PrivilegeMode) {
    // where neither side says anything, there is nothing to fill in
    let ids = desired.attributes.keys().chain(current.attributes.keys()).chain(desired.unsaid_privileges.keys());
    let ids: BTreeSet<ObjectId> = ids.cloned().collect();
    let role = current.role.clone();
    let major = current.facts.major();
    let as_given = |id: &ObjectId, now: &Attributes| {
        now.privileges.clone().unwrap_or_else(|| attributes::default_privileges(id.kind, major))
    };
    for id in ids {
        let now = current.attributes.get(&id);
        let exists = id.kind.is_part() || desired.objects.contains_key(&id) || desired.attributes.contains_key(&id);
        if !exists {
            continue;
        }
        let mut wanted = desired.attributes.get(&id).cloned().unwrap_or_default();
        let declared = wanted.owner.is_some() || wanted.privileges.is_some();
        let owned = !id.kind.noun().is_empty() && now.is_some_and(|now| now.owner.is_some());
        match mode {
            PrivilegeMode::Full => {
                wanted.owner = wanted.owner.or_else(|| role.clone().filter(|_| owned));
                wanted.privileges = wanted.privileges.or_else(|| desired.unsaid_privileges.get(&id).cloned());
            }
            PrivilegeMode::Declared if declared => {
                wanted.owner = wanted.owner.or_else(|| now.and_then(|now| now.owner.clone()))
            }
            PrivilegeMode::Declared | PrivilegeMode::Off => {
                wanted.owner = now.and_then(|now| now.owner.clone());
                wanted.privileges = now.map(|now| as_given(&id, now));
            }
        }
        // what PostgreSQL itself made and said is left as it is
        if id.kind == Kind::Extension || id.kind == Kind::Schema && id.name() == PUBLIC {
            let given = now.and_then(|now| now.comment.clone());
            let given = given.map(|comment| current.given_comments.get(&id).cloned().unwrap_or(comment));
            wanted.comment = wanted.comment.or(given);
            if !declared {
                wanted.owner = now.and_then(|now| now.owner.clone());
                wanted.privileges = now.map(|now| as_given(&id, now));
            }
        }
        if wanted == Attributes::default() {
            desired.attributes.remove(&id);
        } else {
            desired.attributes.insert(id, wanted);
        }
    }
}

/// A glob over dotted names: `*` any text, `?` one character.
pub fn matches(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let (mut g, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if g < glob.len() && (glob[g] == '?' || glob[g] == text[t]) {
            g += 1;
            t += 1;
        } else if g < glob.len() && glob[g] == '*' {
            star = Some((g, t));
            g += 1;
        } else if let Some((at, matched)) = star {
            g = at + 1;
            t = matched + 1;
            star = Some((at, matched + 1));
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn globs() {
        assert!(matches("app.*_old", "app.users_old"));
        assert!(!matches("app.*_old", "app.users"));
        assert!(matches("*", ""));
    }
}
