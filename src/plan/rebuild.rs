//! What a change disturbs: dependents that PostgreSQL cannot carry along are dropped before it and come back whole
//! after it. Never CASCADE.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, ObjectId};
use crate::diff::{Difference, Verdict};
use crate::error::{Error, Result};
use crate::objects::{
    AlterContext, Disturbance, Kind, Object, Reaction, inherits_from, leaves_parents, shell_type, table_of,
};

/// Who depends on whom in the current state.
pub fn dependents(current: &Catalog) -> BTreeMap<&ObjectId, BTreeSet<&ObjectId>> {
    let mut out: BTreeMap<&ObjectId, BTreeSet<&ObjectId>> = BTreeMap::new();
    for (id, needs) in current.dependencies.iter().filter(|(id, _)| !shell_type::is_stand_in(id, current)) {
        for needed in needs {
            out.entry(needed).or_default().insert(id);
        }
    }
    out
}

/// Which routines mention others in bodies that the server does not look into.
fn callers(desired: &Catalog) -> BTreeMap<&ObjectId, BTreeSet<&ObjectId>> {
    let mut out: BTreeMap<&ObjectId, BTreeSet<&ObjectId>> = BTreeMap::new();
    for (id, wishes) in desired.wishes.iter().filter(|(id, _)| id.kind.is_routine()) {
        for wished in wishes.iter().filter(|wished| wished.kind.is_routine()) {
            out.entry(wished).or_default().insert(id);
        }
    }
    out
}

/// Who must be out of the way while another object, perhaps far from it, changes.
pub type Clearings = BTreeSet<(ObjectId, ObjectId)>;

/// Marks what must be rebuilt, and says for which change: (rebuilt, changed). Errors: a dependent that is not
/// managed stands in the way.
pub fn extend(difference: &mut Difference, current: &Catalog, desired: &Catalog) -> Result<Clearings> {
    if difference.is_empty() {
        return Ok(Clearings::new());
    }
    let dependents = dependents(current);
    let callers = callers(desired);
    let disturbing = |verdict: &Verdict| match verdict {
        Verdict::Alter { disturbs, .. } => disturbs.clone(),
        Verdict::Replace | Verdict::Drop => vec![Disturbance::Replaced],
        Verdict::Create => vec![],
    };
    // what is disturbed, how, and by whose change
    let mut work: Vec<(ObjectId, Vec<Disturbance>, ObjectId)> =
        difference.iter().map(|(id, verdict)| (id.clone(), disturbing(verdict), id.clone())).collect();
    let context = AlterContext { current, desired, major: u32::from(current.facts.major()) };
    let mut clearings = Clearings::new();
    let mut errors = vec![];
    let mut seen = BTreeSet::new();
    while let Some((id, disturbs, root)) = work.pop() {
        if disturbs.is_empty() || !seen.insert((id.clone(), disturbs.clone(), root.clone())) {
            continue;
        }
        // what names it while it is made comes and goes with it
        let stand_in = current.objects.get(&id).and_then(|object| object.stand_in(&id));
        if let Some((stand_in, _)) = stand_in.filter(|_| disturbs.contains(&Disturbance::Replaced)) {
            work.push((stand_in, vec![Disturbance::Replaced], root.clone()));
        }
        // a call that is written anew while both are there would still find the old one
        let overloaded = id.kind.is_routine() && is_overloaded(&id, difference);
        let dropped = difference.get(&id) == Some(&Verdict::Drop) && !overloaded;
        // bodies that are only text hold on to nothing, but give what is called there
        let calls = if disturbs == [Disturbance::Results] { callers.get(&id) } else { None };
        for dependent in dependents.get(&id).into_iter().chain(calls).flatten() {
            let Some(object) = current.objects.get(*dependent) else {
                if let Some(error) = in_the_way(&id, dependent, &disturbs) {
                    errors.push(error);
                }
                continue;
            };
            if stays_apart(dependent, object, &id, (current, desired)) {
                continue;
            }
            let reactions: Vec<Reaction> =
                disturbs.iter().map(|disturbance| object.reaction(dependent, &id, *disturbance)).collect();
            let stays = desired.objects.contains_key(*dependent);
            // what changes anyway lets go of what is dropped by its own change
            let settled = match difference.get(*dependent) {
                None => false,
                Some(Verdict::Alter { .. }) => dropped,
                Some(_) => true,
            };
            if reactions.contains(&Reaction::Rebuild) {
                clearings.insert(((*dependent).clone(), root.clone()));
            }
            if reactions.contains(&Reaction::Rebuild) && stays && !settled {
                if let Some(reason) = object.obstacle(dependent, &context) {
                    errors.push(Error::new(format!("cannot change {id}")).cause(reason));
                    continue;
                }
                difference.insert((*dependent).clone(), Verdict::Replace);
                work.push(((*dependent).clone(), vec![Disturbance::Replaced], (*dependent).clone()));
            }
            let passed: Vec<Disturbance> = reactions
                .iter()
                .filter_map(|reaction| match reaction {
                    Reaction::Changes(disturbance) if stays => Some(*disturbance),
                    _ => None,
                })
                .collect();
            work.push(((*dependent).clone(), passed, root.clone()));
        }
    }
    errors.extend(would_go_along(difference, &dependents, &context));
    Error::all(errors).map_or(Ok(clearings), Err)
}

/// Whether an object came with a parent that its table leaves: it stays there when the parent's goes.
fn stays_apart(id: &ObjectId, object: &Object, on: &ObjectId, (current, desired): (&Catalog, &Catalog)) -> bool {
    let Some(table) = object.derived(id).filter(|table| leaves_parents(current, desired, table)) else { return false };
    let none = BTreeSet::new();
    let home = |whole: &Object| whole.follower(on, &none).map_or_else(|| table_of(on, whole), |it| it.whole);
    current.objects.get(on).is_some_and(|whole| inherits_from(current, &table, &home(whole)))
}

/// What a drop would take along without a word, because the object and what it is made of can only go by CASCADE.
fn would_go_along(
    difference: &Difference,
    dependents: &BTreeMap<&ObjectId, BTreeSet<&ObjectId>>,
    context: &AlterContext,
) -> Vec<Error> {
    let goes = |id: &ObjectId| matches!(difference.get(id), Some(Verdict::Drop | Verdict::Replace));
    let mut errors = vec![];
    for (id, object) in
        difference.keys().filter(|id| goes(id)).filter_map(|id| context.current.objects.get_key_value(id))
    {
        let Some((_, _, held)) = context.current.held(id) else { continue };
        let users = [id].into_iter().chain(held).filter_map(|it| dependents.get(it)).flatten();
        // what came from a parent goes with what it came from
        let on_its_own =
            |user: &ObjectId| context.current.objects.get(user).is_some_and(|it| it.derived(user).is_none());
        let stays = users.copied().find(|user| !difference.contains_key(*user) && on_its_own(user));
        let stays = stays.map(|user| format!("{user} depends on it"));
        if let Some(reason) = object.obstacle(id, context).or(stays) {
            errors.push(
                Error::new(format!("cannot drop {id}")).cause(reason).hint("let go of it first, by a plan of its own"),
            );
        }
    }
    errors
}

/// Whether a routine of the same name is new.
fn is_overloaded(id: &ObjectId, difference: &Difference) -> bool {
    difference
        .iter()
        .any(|(other, verdict)| other.kind.is_routine() && other.names == id.names && *verdict == Verdict::Create)
}

/// An object that reconcile leaves alone and that PostgreSQL does not let the change pass.
fn in_the_way(changed: &ObjectId, dependent: &ObjectId, disturbs: &[Disturbance]) -> Option<Error> {
    if matches!(disturbs, [Disturbance::GeneratedExpression | Disturbance::Results]) {
        return None;
    }
    let shown = if dependent.kind == Kind::Unmanaged { dependent.names.join(" ") } else { dependent.to_string() };
    Some(
        Error::new(format!("cannot change {changed}: {shown} depends on it and is not managed"))
            .hint("declare it in the files, or take it out of the way first"),
    )
}
