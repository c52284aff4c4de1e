//! What a plan is about: which objects are managed, and how much of their owners and privileges.

use std::collections::BTreeSet;

use super::left_alone::LeftAlone;
use crate::catalog::{Catalog, ObjectId};
use crate::objects::attributes::{self, Attributes};
use crate::objects::{Kind, default_acl};
use crate::pipeline::{Options, PrivilegeMode};

/// The schema of reconcile's own journal.
pub const JOURNAL: &str = "reconcile";

/// The schema that every database starts with.
const PUBLIC: &str = "public";

/// What a plan is about, in either state.
pub struct Managed {
    schemas: Option<BTreeSet<String>>,
    mentioned: BTreeSet<ObjectId>,
    /// What is left alone.
    pub left: LeftAlone,
}

impl Managed {
    /// What the options and the desired state say.
    pub fn of(current: &Catalog, desired: &Catalog, options: &Options) -> Self {
        let homes: BTreeSet<&str> = desired.objects.keys().filter_map(home).collect();
        let said = options.schemas.iter().flatten().map(String::as_str);
        let left = LeftAlone::of(current, desired, options, &said.chain(homes.iter().copied()).collect());
        let schemas = match &options.schemas {
            _ if options.all_schemas => None,
            Some(schemas) => Some(schemas.iter().cloned().collect()),
            None => Some(homes.into_iter().map(str::to_string).collect()),
        };
        let global = |id: &&ObjectId| id.kind != Kind::Schema && id.schema().is_none();
        Self { schemas, mentioned: desired.objects.keys().filter(global).cloned().collect(), left }
    }

    /// Whether an object is managed.
    pub fn contains(&self, id: &ObjectId) -> bool {
        let schema = home(id);
        let named = match (schema, &self.schemas) {
            (Some(schema), Some(schemas)) => schemas.contains(schema),
            (Some(_), None) => true,
            // what lies in no schema is managed as soon as the files mention it
            (None, Some(_)) => false,
            (None, None) => true,
        };
        if named && schema != Some(JOURNAL) && !self.left.contains(id) {
            return true;
        }
        match id.kind.whole() {
            Some(kind) => self.mentioned.contains(&ObjectId::new(kind, [id.names[0].as_str()])),
            None => self.mentioned.contains(id),
        }
    }
}

/// Takes out of both states what is not managed.
pub fn narrow(current: &mut Catalog, desired: &mut Catalog, managed: &Managed, options: &Options) {
    let keep = |id: &ObjectId| managed.contains(id);
    let schemas = &managed.schemas;
    current.unmanaged.extend(managed.left.listed(current));
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
    // without default privileges nothing said is what PostgreSQL gives
    let in_force = default_acl::any(desired);
    let as_given = |id: &ObjectId, now: &Attributes| {
        now.privileges.clone().or_else(|| in_force.then(|| attributes::default_privileges(id.kind, major)))
    };
    for id in ids {
        let now = current.attributes.get(&id);
        let exists = id.kind.is_part() || desired.objects.contains_key(&id) || desired.attributes.contains_key(&id);
        if !exists {
            continue;
        }
        let mut wanted = desired.attributes.get(&id).cloned().unwrap_or_default();
        let owner_said = wanted.owner.is_some();
        let declared = owner_said || wanted.privileges.is_some();
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
                wanted.privileges = now.and_then(|now| as_given(&id, now));
            }
        }
        // what PostgreSQL itself made and said is left as it is
        if id.kind == Kind::Extension || id.kind == Kind::Schema && id.name() == PUBLIC {
            let given = now.and_then(|now| now.comment.clone());
            let given = given.map(|comment| current.given_comments.get(&id).cloned().unwrap_or(comment));
            wanted.comment = wanted.comment.or(given);
            if !owner_said {
                wanted.owner = now.and_then(|now| now.owner.clone());
            }
            if !declared {
                wanted.privileges = now.and_then(|now| as_given(&id, now));
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
