//! Statements of one object side by side, as far as what they need allows.

use std::collections::{BTreeMap, BTreeSet};

use super::Item;
use crate::catalog::{Catalog, ObjectId};

/// Says of every statement which earlier ones it needs. The statements come in an order that works.
pub fn needs(items: &mut [Item], catalog: &Catalog) {
    let mut made: BTreeMap<ObjectId, Vec<usize>> = BTreeMap::new();
    let mut at_home: BTreeMap<ObjectId, usize> = BTreeMap::new();
    for (at, item) in items.iter_mut().enumerate() {
        let mut needs = BTreeSet::new();
        for id in &item.objects {
            let needed = catalog.dependencies.get(id).into_iter().flatten();
            let wished = catalog.wishes.get(id).into_iter().flatten();
            needs.extend(needed.chain(wished).chain([id]).filter_map(|id| made.get(id)).flatten().copied());
        }
        // what makes the object at home comes before everything about it
        needs.extend(at_home.get(&item.home));
        at_home.entry(item.home.clone()).or_insert(at);
        for id in &item.objects {
            made.entry(id.clone()).or_default().push(at);
        }
        needs.remove(&at);
        item.needs = needs;
    }
}

/// Brings statements with the same home together.
pub fn by_home(items: Vec<Item>) -> Vec<Item> {
    let mut waiting: Vec<usize> = items.iter().map(|item| item.needs.len()).collect();
    let mut blocks: Vec<Vec<usize>> = vec![vec![]; items.len()];
    for (at, item) in items.iter().enumerate() {
        item.needs.iter().for_each(|needed| blocks[*needed].push(at));
    }
    let mut ready: BTreeSet<usize> = (0..items.len()).filter(|at| waiting[*at] == 0).collect();
    let mut near: BTreeMap<&ObjectId, BTreeSet<usize>> = BTreeMap::new();
    ready.iter().for_each(|at| _ = near.entry(&items[*at].home).or_default().insert(*at));
    let mut order = vec![];
    let mut home: Option<&ObjectId> = None;
    loop {
        let beside = home.and_then(|home| near.get(home)).and_then(|at| at.first().copied());
        let Some(at) = beside.or_else(|| ready.first().copied()) else { break };
        ready.remove(&at);
        near.entry(&items[at].home).or_default().remove(&at);
        home = Some(&items[at].home);
        order.push(at);
        for next in &blocks[at] {
            waiting[*next] -= 1;
            if waiting[*next] == 0 {
                ready.insert(*next);
                near.entry(&items[*next].home).or_default().insert(*next);
            }
        }
    }
    let place: BTreeMap<usize, usize> = order.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    let moved = |item: &Item| Item {
        needs: item.needs.iter().filter_map(|at| place.get(at).copied()).collect(),
        ..item.clone()
    };
    order.iter().filter_map(|at| items.get(*at)).map(moved).collect()
}
