//! A drop that another drop carries is not printed twice; `pg_depend` decides.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, ObjectId};
use crate::diff::{Difference, Verdict};
use crate::objects::{leaves_parents, table_of};

/// Objects that go along with another one -> that one.
pub fn carried(difference: &Difference, current: &Catalog, desired: &Catalog) -> BTreeMap<ObjectId, ObjectId> {
    let goes = |id: &ObjectId| matches!(difference.get(id), Some(Verdict::Drop | Verdict::Replace));
    // what needs nothing but a schema and what goes with it can go when all that uses it is gone
    let none = BTreeSet::new();
    let needs_of = |id: &ObjectId| current.dependencies.get(id).unwrap_or(&none);
    let mut out = BTreeMap::new();
    for id in difference.keys().filter(|id| goes(id)) {
        let Some((stand_in, _, held)) = current.held(id) else { continue };
        let held = held.into_iter().filter(|held| goes(held));
        out.extend(held.chain([&stand_in]).map(|held| (held.clone(), id.clone())));
    }
    let held = out.clone();
    let goes_last =
        |id: &ObjectId| needs_of(id).iter().all(|needed| needs_of(needed).is_empty() || held.get(needed) == Some(id));
    // a chain has at most the depth schema, table, column, default
    for _ in 0..4 {
        for id in difference.keys().filter(|id| goes(id)) {
            if out.contains_key(id) {
                continue;
            }
            let Some(object) = current.objects.get(id) else { continue };
            // what a table has from its parents stays with it when it leaves them
            let table = table_of(id, object);
            let leaves = desired.objects.contains_key(&table) && leaves_parents(current, desired, &table);
            let carries =
                |needed: &ObjectId| object.carried_by(id, needed) && (!leaves || needed.relation() == table.relation());
            let needs: Vec<&ObjectId> =
                current.dependencies.get(id).into_iter().flatten().filter(|needed| goes(needed)).collect();
            let top = |id: &ObjectId| out.get(id).unwrap_or(id).clone();
            // what hangs on two things that go must go before both, as the one that carries it may do anyway
            let alone = |carrier: &&&ObjectId| {
                let before = current.dependencies.get(**carrier);
                let settled = |needed: &ObjectId| before.is_some_and(|all| all.contains(needed));
                let fits = |needed: &ObjectId| carries(needed) || settled(needed) || goes_last(needed);
                needs.iter().all(|needed| top(needed) == top(carrier) || fits(needed))
            };
            if let Some(carrier) = needs.iter().filter(|needed| carries(needed)).find(alone) {
                let top = top(carrier);
                out.insert(id.clone(), top);
            }
        }
        let flat: BTreeMap<ObjectId, ObjectId> =
            out.iter().map(|(id, carrier)| (id.clone(), out.get(carrier).unwrap_or(carrier).clone())).collect();
        if flat == out {
            continue;
        }
        out = flat;
    }
    out
}
