//! What a change disturbs: dependents that PostgreSQL cannot carry along are dropped before it and come back whole
//! after it. Never CASCADE.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, ObjectId};
use crate::diff::{Difference, Verdict};
use crate::error::{Error, Result};
use crate::objects::{Disturbance, Kind, Reaction};

/// Who depends on whom in the current state.
pub fn dependents(current: &Catalog) -> BTreeMap<&ObjectId, BTreeSet<&ObjectId>> {
    let mut out: BTreeMap<&ObjectId, BTreeSet<&ObjectId>> = BTreeMap::new();
    for (id, needs) in &current.dependencies {
        for needed in needs {
            out.entry(needed).or_default().insert(id);
        }
    }
    out
}

/// Marks what must be rebuilt. Errors: a dependent that is not managed stands in the way.
pub fn extend(difference: &mut Difference, current: &Catalog, desired: &Catalog) -> Result<()> {
    let dependents = dependents(current);
    let disturbing = |verdict: &Verdict| match verdict {
        Verdict::Alter { disturbs, .. } => disturbs.clone(),
        Verdict::Replace | Verdict::Drop => vec![Disturbance::Replaced],
        Verdict::Create => vec![],
    };
    let mut work: Vec<ObjectId> = difference.keys().cloned().collect();
    let mut errors = vec![];
    while let Some(id) = work.pop() {
        let disturbs = difference.get(&id).map(disturbing).unwrap_or_default();
        if disturbs.is_empty() {
            continue;
        }
        for dependent in dependents.get(&id).into_iter().flatten() {
            let Some(object) = current.objects.get(*dependent) else {
                if let Some(error) = in_the_way(&id, dependent, &disturbs) {
                    errors.push(error);
                }
                continue;
            };
            let rebuild = disturbs.iter().any(|disturbance| object.reaction(dependent, &id, *disturbance) == Reaction::Rebuild);
            let stays = desired.objects.contains_key(*dependent);
            let settled = matches!(difference.get(*dependent), Some(Verdict::Replace | Verdict::Drop));
            if rebuild && stays && !settled {
                difference.insert((*dependent).clone(), Verdict::Replace);
                work.push((*dependent).clone());
            }
        }
    }
    Error::all(errors).map_or(Ok(()), Err)
}

/// An object that reconcile leaves alone and that PostgreSQL does not let the change pass.
fn in_the_way(changed: &ObjectId, dependent: &ObjectId, disturbs: &[Disturbance]) -> Option<Error> {
    let kind = dependent.names.first().map_or("", String::as_str);
    let unmanaged = dependent.kind == Kind::Unmanaged;
    // these go or change along with their table
    let own_part = unmanaged && matches!(kind, "trigger" | "policy" | "rule") && changed.kind != Kind::Column;
    let carried = unmanaged && matches!(kind, "statistics object" | "default acl") || own_part;
    if carried || disturbs == [Disturbance::GeneratedExpression] {
        return None;
    }
    let shown = if unmanaged { dependent.names.join(" ") } else { dependent.to_string() };
    Some(
        Error::new(format!("cannot change {changed}: {shown} depends on it and is not managed"))
            .hint("declare it in the files, or take it out of the way first"),
    )
}
