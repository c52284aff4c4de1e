//! Declared renames: pairs of an old and a new name. Never guesses.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, Verb, all_slots, slots};
use super::{Change, Note};
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::objects::attributes::Attributes;
use crate::objects::{Follower, Object, Space, default_acl, identity_sequence, schema};
use crate::renames::Renames;
use crate::resolve::Resolver;

mod pair;
mod sequence;

/// One object under its old and its new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// In the current state.
    pub old: ObjectId,
    /// In the desired state.
    pub new: ObjectId,
    /// What PostgreSQL renames it along with, without being told, under its old identity.
    pub along: Option<ObjectId>,
}

/// What the pass gives to the plan.
#[derive(Debug, Default)]
pub struct Renamed {
    /// What happens on the server, in order and before everything else.
    pub actions: Vec<Action>,
    /// What the reader should know.
    pub notes: Vec<Note>,
}

/// Gives the objects of the current state their new names, and returns the actions that do it on the server.
/// Errors: an old name and its new one both exist; an object that cannot be renamed.
pub fn apply(current: &mut Catalog, desired: &Catalog, managed: &dyn Fn(&ObjectId) -> bool) -> Result<Renamed> {
    let mut found = pair::declared(current, desired, managed)?;
    if found.pairs.is_empty() && !labels_change(current, desired) && !names_change(current, desired) {
        return Ok(Renamed { actions: vec![], notes: found.notes });
    }
    let trial = renamed(current, desired, &names_of(&found.pairs, current));
    found.pairs.extend(followers(&found.pairs, current, &trial, desired));
    let names = names_of(&found.pairs, current);
    let after = renamed(current, desired, &names);
    let mut run = sequence::Run::new(current, desired, &names);
    run.all(&found.pairs)?;
    let (parked, actions) = run.finish();
    let schemas = new_schemas(&found.pairs, current, desired);
    // what had to make way is found, and dropped, under the name that it got
    *current = if parked.is_empty() {
        after
    } else {
        found.pairs.extend(parked);
        renamed(current, desired, &names_of(&found.pairs, current))
    };
    let made = schemas.into_iter().filter_map(|id| make(id, current, desired));
    let actions = made.chain(actions).collect();
    Ok(Renamed { actions, notes: found.notes })
}

/// Gives objects of the current state, and what moves to another schema with them, other names.
pub fn moved(current: &mut Catalog, desired: &Catalog, pairs: &[(ObjectId, ObjectId)]) {
    let pairs = pair::with_moved(current, desired, pairs);
    let names = names_of(&pairs, current);
    *current = renamed(current, desired, &names);
}

/// The schemas that something moves into and that are not there yet.
fn new_schemas(pairs: &[Pair], current: &Catalog, desired: &Catalog) -> BTreeSet<ObjectId> {
    let moved = pairs.iter().filter(|pair| pair.old.schema() != pair.new.schema());
    let schemas = moved.filter_map(|pair| schema::of(&pair.new));
    let renamed = |id: &ObjectId| pairs.iter().any(|pair| pair.new == *id);
    schemas.filter(|id| desired.objects.contains_key(id) && !current.objects.contains_key(id) && !renamed(id)).collect()
}

/// Makes an object before anything is renamed, with the privileges that new ones have by then.
fn make(id: ObjectId, current: &mut Catalog, desired: &Catalog) -> Option<Action> {
    let object = desired.objects.get(&id)?;
    let role = current.role.clone();
    let privileges = default_acl::of_new(current, role.as_deref().unwrap_or_default(), &id);
    let privileges = default_acl::any(current).then_some(privileges);
    current.attributes.insert(id.clone(), Attributes { owner: role, privileges, ..Attributes::default() });
    current.objects.insert(id.clone(), object.clone());
    Some(Action {
        verb: Verb::Create,
        change: Change::Create,
        statements: object.create(&id),
        why: "declared, does not exist yet".into(),
        part: None,
        undo: None,
        id,
    })
}

fn labels_change(current: &Catalog, desired: &Catalog) -> bool {
    desired.intents.iter().any(|(id, intent)| !intent.labels.is_empty() && current.objects.contains_key(id))
}

/// The names that pairs give to what they name.
fn names_of(pairs: &[Pair], current: &Catalog) -> Renames {
    let mut names = Renames::default();
    for pair in pairs {
        add(&mut names, &pair.old, &pair.new, current.objects.get(&pair.old));
    }
    names
}

/// Adds all names that an object has.
fn add(names: &mut Renames, old: &ObjectId, new: &ObjectId, object: Option<&Object>) {
    for (one, two) in slots(old, object).into_iter().zip(slots(new, object)) {
        names.add(one.0, one.1, two.1);
    }
}

/// Whether an object takes other names beside its own than before.
fn names_change(current: &Catalog, desired: &Catalog) -> bool {
    let changes = |(id, object): (&ObjectId, &Object)| {
        let names = object.more_names(id);
        !names.is_empty() && desired.objects.get(id).is_some_and(|wanted| wanted.more_names(id) != names)
    };
    current.objects.iter().any(changes)
}

/// Adds the names that objects take beside their own and that the step which changes the object gives them.
fn add_more(names: &mut Renames, current: &Catalog, desired: &Catalog) {
    for (id, object) in &current.objects {
        let own = object.more_names(id);
        let new = names.id(id);
        let Some(wanted) = desired.objects.get(&new).filter(|_| !own.is_empty()) else { continue };
        for ((space, old), (_, new)) in own.into_iter().zip(wanted.more_names(&new)) {
            if old != new {
                names.add(space, old, new);
            }
        }
    }
}

/// The current state under new names.
fn renamed(current: &Catalog, desired: &Catalog, names: &Renames) -> Catalog {
    let mut names = names.clone();
    add_more(&mut names, current, desired);
    for (id, wanted) in &desired.objects {
        let Some(intent) = desired.intents.get(id).filter(|intent| !intent.labels.is_empty()) else { continue };
        let old = current.objects.iter().find(|(old, _)| old.kind == id.kind && names.id(old) == *id);
        if let Some((old, object)) = old {
            object.renamed_inside(old, wanted, &intent.labels, &mut names);
        }
    }
    let types: Vec<Vec<String>> = current
        .objects
        .iter()
        .flat_map(|(id, object)| all_slots(id, Some(object)))
        .filter(|(space, _)| *space == Space::Type)
        .map(|(_, names)| names)
        .collect();
    let facts = names.settle_types(&types, &current.facts, &desired.facts);
    let resolver = Resolver { renames: Some(&names), ..Resolver::new(current, false) };
    let object = |(id, object): (&ObjectId, &Object)| {
        let mut new = object.clone();
        if new.resolve(id, &resolver).is_err() {
            new = object.clone();
        }
        new.renamed(id, &names);
        (names.id(id), new)
    };
    Catalog {
        objects: current.objects.iter().map(object).collect(),
        attributes: keyed(&current.attributes, &names),
        dependencies: current
            .dependencies
            .iter()
            .map(|(id, needs)| (names.id(id), needs_of(id, needs, current, &names)))
            .collect(),
        wishes: keyed(&current.wishes, &names),
        locations: keyed(&current.locations, &names),
        statements: current.statements.clone(),
        mentions: current.mentions.iter().map(|(place, id)| (place.clone(), names.id(id))).collect(),
        intents: keyed(&current.intents, &names),
        comments: keyed(&current.comments, &names),
        labels: keyed(&current.labels, &names),
        unmanaged: current.unmanaged.clone(),
        facts,
        sizes: keyed(&current.sizes, &names),
        incomplete: current.incomplete,
        offers: current.offers.clone(),
        role: current.role.clone(),
        roles: current.roles.clone(),
        identity_sequences: identity_sequence::renamed(&current.identity_sequences, &names),
        unsaid_privileges: keyed(&current.unsaid_privileges, &names),
        default_acls: current.default_acls.clone(),
        round_trips: current.round_trips,
        undecided: BTreeMap::new(),
        given_comments: keyed(&current.given_comments, &names),
    }
}

/// What a renamed object needs. One that moves leaves its schema, unless something of it stays there.
fn needs_of(old: &ObjectId, needs: &BTreeSet<ObjectId>, current: &Catalog, names: &Renames) -> BTreeSet<ObjectId> {
    let mut out: BTreeSet<ObjectId> = needs.iter().map(|needed| names.id(needed)).collect();
    let new = names.id(old);
    if let (Some(before), Some(after)) = (schema::of(old).map(|id| names.id(&id)), schema::of(&new))
        && before != after
        && out.contains(&before)
    {
        let more = current.objects.get(old).map(|object| object.more_names(old)).unwrap_or_default();
        if more.iter().all(|(_, names)| names.first().map(String::as_str) != old.schema()) {
            out.remove(&before);
        }
        out.insert(after);
    }
    out
}

fn keyed<T: Clone>(map: &BTreeMap<ObjectId, T>, names: &Renames) -> BTreeMap<ObjectId, T> {
    map.iter().map(|(id, value)| (names.id(id), value.clone())).collect()
}

/// Objects whose generated names follow what they are named after: PostgreSQL does not rename them along, but the
/// same files loaded into an empty database would give them the new names.
fn followers(pairs: &[Pair], current: &Catalog, trial: &Catalog, desired: &Catalog) -> Vec<Pair> {
    let names = names_of(pairs, current);
    let all = |catalog: &Catalog| -> Vec<Follower> {
        let none = Default::default();
        let follower =
            |(id, object): (&ObjectId, &Object)| object.follower(id, catalog.dependencies.get(id).unwrap_or(&none));
        catalog.objects.iter().filter_map(follower).filter(|it| it.generated().is_some()).collect()
    };
    let mut wanted: Vec<Follower> = all(desired);
    wanted.retain(|it| !trial.objects.contains_key(&it.id));
    let mut out = vec![];
    for follower in all(current) {
        let moved = names.id(&follower.id);
        if desired.objects.contains_key(&moved) {
            continue;
        }
        let whole = names.id(&follower.whole);
        let Some(now) = trial.objects.get(&moved) else { continue };
        let fits = |it: &Follower| {
            it.id.kind == moved.kind
                && it.whole == whole
                && desired.objects.get(&it.id).is_some_and(|object| object == now || object.holds_data())
        };
        if let Some(at) = wanted.iter().position(fits) {
            out.push(Pair { old: follower.id, new: wanted.remove(at).id, along: None });
        }
    }
    out
}
