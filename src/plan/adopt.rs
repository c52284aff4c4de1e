//! New objects that take over what is there: nothing is dropped and nothing is built.

use crate::catalog::{Catalog, ObjectId};
use crate::diff::{Difference, Verdict};
use crate::objects::AlterContext;

/// Finds what would be dropped although a new object can take it over, and says so to the new object.
pub fn extend(difference: &mut Difference, current: &mut Catalog, desired: &mut Catalog) {
    let with = |verdict: Verdict| -> Vec<ObjectId> {
        difference.iter().filter(|(_, it)| **it == verdict).map(|(id, _)| id.clone()).collect()
    };
    let (new, gone) = (with(Verdict::Create), with(Verdict::Drop));
    let mut taken: Vec<ObjectId> = vec![];
    for id in new {
        let Some(object) = desired.objects.get(&id) else { continue };
        let former = desired.intents.get(&id).and_then(|intent| intent.renamed_from.as_ref());
        let stays = |other: &&ObjectId| {
            let mut needs = current.dependencies.get(*other).into_iter().flatten();
            !taken.contains(other)
                && needs.all(|needed| !matches!(difference.get(needed), Some(Verdict::Drop | Verdict::Replace)))
        };
        let found = gone.iter().filter(stays).find_map(|other| {
            let named = other.name() == id.name() || former.is_some_and(|old| old.name == other.name());
            let adopted = current.objects.get(other).filter(|_| named)?;
            Some((other.clone(), object.take_over(&id, other, adopted)?))
        });
        if let Some((other, object)) = found {
            desired.objects.insert(id, object);
            difference.remove(&other);
            current.objects.remove(&other);
            current.dependencies.remove(&other);
            taken.push(other);
        }
    }
    swallow(difference, current, desired);
}

/// Takes away the drops that are a part of another object's change.
fn swallow(difference: &mut Difference, current: &mut Catalog, desired: &Catalog) {
    let context = AlterContext { current, desired, major: desired.facts.major().into() };
    let altered = difference.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Alter { .. }));
    let swallowed = |(id, _): (&ObjectId, &Verdict)| {
        let both = current.objects.get(id).zip(desired.objects.get(id));
        both.map(|(now, wanted)| now.swallows(id, wanted, &context)).unwrap_or_default()
    };
    let gone: Vec<ObjectId> = altered.flat_map(swallowed).collect();
    for id in gone {
        difference.remove(&id);
        current.objects.remove(&id);
        current.attributes.remove(&id);
        current.dependencies.remove(&id);
    }
}
