//! The order of actions: create after what is needed, drop before what was needed, names free before they are taken.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use super::Change;
use super::action::{Action, Verb, all_slots};
use super::rebuild::Clearings;
use super::repartition::SetAside;
use crate::catalog::{Catalog, ObjectId};
use crate::diff::{Difference, Verdict};
use crate::error::{Error, Result};
use crate::objects::{Disturbance, Kind, Part, attributes, cast};

/// An action, or a new object together with the parts that its CREATE statement takes.
#[derive(Debug)]
pub struct Group {
    /// The action.
    pub action: Action,
    /// The objects that are created with it.
    pub parts: Vec<(ObjectId, Part)>,
    /// What the parts say beside their text in the CREATE statement.
    pub rest: Vec<Action>,
}

/// Sorts actions, folding parts of new objects into their CREATE statements where no cycle forbids it.
/// Errors: a cycle, with its members.
pub fn sort(
    actions: Vec<Action>,
    carried: &BTreeMap<ObjectId, ObjectId>,
    (clearings, aside): (&Clearings, &SetAside),
    difference: &Difference,
    (current, desired): (&Catalog, &Catalog),
) -> Result<Vec<Group>> {
    let mut edges = edges(&actions, carried, clearings, current, desired);
    let mut soft = soft_edges(&actions, carried, difference, (current, desired));
    edges.extend(aside.edges(&actions, carried, (current, desired)));
    let mut leader = leaders(&actions);
    // each round takes at least one soft edge out, or one part out of its group, so this ends
    loop {
        let all: Vec<(usize, usize)> = edges.iter().chain(&soft).copied().collect();
        let graph = condensed(&all, &leader);
        let cycles: Vec<Vec<usize>> = tarjan_scc(&graph).into_iter().filter(|members| members.len() > 1).collect();
        if cycles.is_empty() {
            let graph = with_wishes(graph, &actions, &leader, desired);
            return Ok(assemble(actions, &leader, &topological(&graph, &leader)));
        }
        let before = soft.len();
        let inside = |cycle: &Vec<usize>, at: usize| cycle.contains(&leader[at]);
        soft.retain(|(from, to)| !cycles.iter().any(|cycle| inside(cycle, *from) && inside(cycle, *to)));
        if soft.len() < before {
            continue;
        }
        let mut freed = false;
        for cycle in &cycles {
            let members: BTreeSet<usize> = cycle.iter().copied().collect();
            let leave: Vec<usize> = (0..actions.len())
                .filter(|at| leader[*at] != *at && members.contains(&leader[*at]))
                .filter(|at| {
                    edges
                        .iter()
                        .any(|(from, to)| to == at && leader[*from] != leader[*at] && members.contains(&leader[*from]))
                })
                .collect();
            // the least costly kind of part first: foreign keys, then constraints, and columns last
            let rank = |at: &usize| actions[*at].part.as_ref().map(|part| part.order.0);
            let first = leave.iter().map(rank).max();
            for at in leave.into_iter().filter(|at| Some(rank(at)) == first) {
                leader[at] = at;
                freed = true;
            }
        }
        if !freed {
            return Err(cycle_error(&actions, &cycles));
        }
    }
}

/// The graph with an edge for each wish that forms no cycle.
fn with_wishes(
    graph: DiGraphMap<usize, ()>,
    actions: &[Action],
    leader: &[usize],
    desired: &Catalog,
) -> DiGraphMap<usize, ()> {
    let made = |action: &Action| matches!(action.verb, Verb::Create | Verb::Alter);
    let mut at: BTreeMap<&ObjectId, Vec<usize>> = BTreeMap::new();
    for (index, action) in actions.iter().enumerate().filter(|(_, action)| made(action)) {
        at.entry(&action.id).or_default().push(leader[index]);
    }
    let found = |id: &ObjectId| at.get(id).cloned().unwrap_or_default();
    let mut wishes: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (id, wished) in &desired.wishes {
        for (to, from) in found(id).into_iter().flat_map(|to| wished.iter().flat_map(found).map(move |from| (to, from)))
        {
            if from != to && !graph.contains_edge(from, to) {
                wishes.insert((from, to));
            }
        }
    }
    loop {
        let mut all = graph.clone();
        wishes.iter().for_each(|(from, to)| _ = all.add_edge(*from, *to, ()));
        let cycles: Vec<BTreeSet<usize>> =
            tarjan_scc(&all).into_iter().filter(|members| members.len() > 1).map(BTreeSet::from_iter).collect();
        if cycles.is_empty() {
            return all;
        }
        wishes.retain(|(from, to)| !cycles.iter().any(|members| members.contains(from) && members.contains(to)));
    }
}

fn cycle_error(actions: &[Action], cycles: &[Vec<usize>]) -> Error {
    let mut error = Error::new("these changes need each other and have no order");
    for cycle in cycles {
        let names: Vec<String> =
            cycle.iter().map(|at| format!("{:?} {}", actions[*at].verb, actions[*at].id).to_lowercase()).collect();
        error = error.cause(names.join(", "));
    }
    error.hint("split the change into two plans")
}

/// For each action the one whose statement it may be part of.
fn leaders(actions: &[Action]) -> Vec<usize> {
    let creates: BTreeMap<&ObjectId, usize> = actions
        .iter()
        .enumerate()
        .filter(|(_, action)| action.verb == Verb::Create)
        .map(|(at, action)| (&action.id, at))
        .collect();
    actions
        .iter()
        .enumerate()
        .map(|(at, action)| match (&action.part, action.verb) {
            (Some(part), Verb::Create) => {
                let whole = creates.get(&part.whole);
                whole.or_else(|| creates.get(part.addition.as_ref()?)).copied().unwrap_or(at)
            }
            _ => at,
        })
        .collect()
}

fn edges(
    actions: &[Action],
    carried: &BTreeMap<ObjectId, ObjectId>,
    clearings: &Clearings,
    current: &Catalog,
    desired: &Catalog,
) -> Vec<(usize, usize)> {
    let mut at: BTreeMap<(&ObjectId, Verb), usize> = BTreeMap::new();
    for (index, action) in actions.iter().enumerate() {
        at.insert((&action.id, action.verb), index);
    }
    let find = |id: &ObjectId, verb: Verb| at.get(&(id, verb)).copied();
    // a carried drop happens where its carrier's does
    let drop_of = |id: &ObjectId| find(carried.get(id).unwrap_or(id), Verb::Drop);
    let none = BTreeSet::new();
    let mut out = vec![];
    for (index, action) in actions.iter().enumerate() {
        match action.verb {
            // the one comes before everything, the other has edges of its own
            Verb::Rename | Verb::Fill => {}
            Verb::Create | Verb::Alter => {
                // what is rebuilt because of something at second hand comes back after that
                let untouched = |id: &ObjectId| {
                    action.change == Change::Replace
                        && find(id, Verb::Create).is_none()
                        && find(id, Verb::Alter).is_none()
                };
                for needed in reached(&action.id, desired, &untouched) {
                    out.extend(
                        [Verb::Create, Verb::Alter]
                            .into_iter()
                            .filter_map(|verb| find(needed, verb))
                            .map(|from| (from, index)),
                    );
                }
                if action.verb == Verb::Alter {
                    for needed in current.dependencies.get(&action.id).unwrap_or(&none) {
                        out.extend(drop_of(needed).map(|to| (index, to)));
                    }
                }
            }
            Verb::Drop => {
                let own = drop_of(&action.id);
                // what came from a parent stands in nobody's way but by what it says itself
                let derived =
                    current.objects.get(&action.id).is_some_and(|object| object.derived(&action.id).is_some());
                let untouched = |id: &ObjectId| !derived && drop_of(id).is_none() && find(id, Verb::Alter).is_none();
                for needed in reached(&action.id, current, &untouched) {
                    let to = drop_of(needed).into_iter().chain(find(needed, Verb::Alter));
                    out.extend(own.into_iter().flat_map(|own| to.clone().map(move |to| (own, to))));
                }
            }
            Verb::Attribute => {
                let verbs = [Verb::Create, Verb::Alter];
                out.extend(verbs.into_iter().filter_map(|verb| find(&action.id, verb)).map(|from| (from, index)));
                for id in wholes(&action.id).iter().chain(&attributes::needs(&action.id, desired)) {
                    out.extend(verbs.into_iter().filter_map(|verb| find(id, verb)).map(|from| (from, index)));
                }
                // what is made anew is bound to nothing
                if find(&action.id, Verb::Create).is_none() {
                    let gone = attributes::bound::let_go(&action.id, current, desired);
                    out.extend(gone.iter().filter_map(&drop_of).map(|to| (index, to)));
                }
            }
        }
    }
    out.extend(tie_edges(actions, carried, current, desired, &drop_of));
    for (rebuilt, changed) in clearings {
        let Some(change) = find(changed, Verb::Alter) else { continue };
        out.extend(drop_of(rebuilt).map(|from| (from, change)));
        out.extend(find(rebuilt, Verb::Create).map(|to| (change, to)));
    }
    out.extend(slot_edges(actions, carried, current, desired, &drop_of));
    out.retain(|(from, to)| from != to);
    out.sort_unstable();
    out.dedup();
    out
}

/// What is created anew comes, where it can, after the drop of what it needed before: a `*` in its definition would
/// take a column up again. What lets go of something comes before that is made anew. Values are converted while the cast
/// for it is there.
fn soft_edges(
    actions: &[Action],
    carried: &BTreeMap<ObjectId, ObjectId>,
    difference: &Difference,
    (current, desired): (&Catalog, &Catalog),
) -> Vec<(usize, usize)> {
    let drops: BTreeMap<&ObjectId, usize> = actions
        .iter()
        .enumerate()
        .filter(|(_, action)| action.verb == Verb::Drop)
        .map(|(at, action)| (&action.id, at))
        .collect();
    let mut out = vec![];
    for (index, action) in actions.iter().enumerate().filter(|(_, action)| action.verb == Verb::Create) {
        for needed in current.dependencies.get(&action.id).into_iter().flatten() {
            let drop = drops.get(carried.get(needed).unwrap_or(needed));
            out.extend(drop.filter(|from| **from != index).map(|from| (*from, index)));
        }
    }
    let renewed = |id: &ObjectId| matches!(difference.get(id), Some(Verdict::Alter { disturbs, .. }) if disturbs.contains(&Disturbance::Replaced));
    let changed: BTreeMap<&ObjectId, usize> = actions
        .iter()
        .enumerate()
        .filter(|(_, action)| action.verb == Verb::Alter)
        .map(|(at, action)| (&action.id, at))
        .collect();
    let creates: BTreeMap<&ObjectId, usize> = actions
        .iter()
        .enumerate()
        .filter(|(_, action)| action.verb == Verb::Create)
        .map(|(at, action)| (&action.id, at))
        .collect();
    for (id, index) in &changed {
        let (Some(now), Some(wanted)) = (current.objects.get(*id), desired.objects.get(*id)) else { continue };
        if let Some(cast) = cast::converting(now, wanted, &desired.facts) {
            out.extend(drops.get(carried.get(&cast).unwrap_or(&cast)).map(|drop| (*index, *drop)));
            out.extend(creates.get(&cast).map(|create| (*create, *index)));
        }
    }
    for (id, index) in &changed {
        let needed = current.dependencies.get(*id).into_iter().flatten();
        let anew = needed.filter(|needed| renewed(needed) && !desired.needs(id, needed));
        out.extend(anew.filter_map(|needed| Some((*index, *changed.get(needed)?))));
    }
    out
}

/// What an object depends on, and what that depends on where it is untouched itself: a view that reads a column of a
/// type must go before the type is made anew, whatever happens to the column.
fn reached<'a>(id: &ObjectId, catalog: &'a Catalog, untouched: &dyn Fn(&ObjectId) -> bool) -> BTreeSet<&'a ObjectId> {
    let mut out: BTreeSet<&ObjectId> = BTreeSet::new();
    let mut open: Vec<&ObjectId> = catalog.dependencies.get(id).into_iter().flatten().collect();
    while let Some(needed) = open.pop() {
        if out.insert(needed) && untouched(needed) {
            open.extend(catalog.dependencies.get(needed).into_iter().flatten());
        }
    }
    out
}

/// The relations that a part which is no object of its own can belong to.
fn wholes(id: &ObjectId) -> Vec<ObjectId> {
    if id.names.len() < 3 {
        return vec![];
    }
    Kind::RELATIONS.iter().map(|kind| id.parent(*kind)).collect()
}

/// A name is free only after the drop of what has it.
fn slot_edges(
    actions: &[Action],
    carried: &BTreeMap<ObjectId, ObjectId>,
    current: &Catalog,
    desired: &Catalog,
    drop_of: &dyn Fn(&ObjectId) -> Option<usize>,
) -> Vec<(usize, usize)> {
    let mut freed: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for action in actions.iter().filter(|action| action.verb == Verb::Drop) {
        let id = carried.get(&action.id).unwrap_or(&action.id);
        for slot in all_slots(&action.id, current.objects.get(&action.id)) {
            freed.entry(slot).or_default().extend(drop_of(id));
        }
    }
    let loosened = loosened(actions, current, drop_of);
    for (index, action) in actions.iter().enumerate().filter(|(_, action)| action.verb == Verb::Alter) {
        let kept = all_slots(&action.id, desired.objects.get(&action.id));
        let given =
            all_slots(&action.id, current.objects.get(&action.id)).into_iter().filter(|slot| !kept.contains(slot));
        given.for_each(|slot| freed.entry(slot).or_default().push(index));
    }
    let mut out = vec![];
    for (index, action) in
        actions.iter().enumerate().filter(|(_, action)| matches!(action.verb, Verb::Create | Verb::Drop))
    {
        let derived = current.objects.get(&action.id).and_then(|object| object.derived(&action.id));
        let names = derived.as_ref().map_or(&action.id.names, |table| &table.names);
        let whole = names.get(..2).filter(|_| action.id.names.len() > 2 || derived.is_some());
        let ties = whole.and_then(|whole| loosened.get(whole)).into_iter().flatten();
        // a relation that goes itself need not be rid of a tie before the other one loses something
        let matters = |tie: &&usize| {
            let (schema, name) = actions[**tie].id.relation();
            action.verb == Verb::Create
                || whole == Some(&actions[**tie].id.names)
                || desired.relation(schema, name).is_some()
        };
        out.extend(ties.filter(matters).map(|from| (*from, index)));
        if action.verb == Verb::Drop {
            continue;
        }
        for slot in all_slots(&action.id, desired.objects.get(&action.id)) {
            out.extend(freed.get(&slot).into_iter().flatten().map(|from| (*from, index)));
        }
    }
    out
}

/// A tie is made once the relations have lost the parts that they lose, and once the other ties of the same relation
/// have made room: dropped ones first, then changed ones, then new ones.
fn tie_edges(
    actions: &[Action],
    carried: &BTreeMap<ObjectId, ObjectId>,
    current: &Catalog,
    desired: &Catalog,
    drop_of: &dyn Fn(&ObjectId) -> Option<usize>,
) -> Vec<(usize, usize)> {
    use crate::objects::Space;
    let is_tie = |action: &Action| action.id.kind.space() == Space::Partition;
    let relations = |catalog: &Catalog, id: &ObjectId| -> Vec<Vec<String>> {
        let needs = catalog.dependencies.get(id).into_iter().flatten();
        needs.filter(|needed| needed.kind.space() == Space::Relation).map(|needed| needed.names.to_vec()).collect()
    };
    let mut parts: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    let (mut dropped, mut changed) = (parts.clone(), parts.clone());
    for (index, action) in actions.iter().enumerate() {
        match action.verb {
            Verb::Drop if is_tie(action) => {
                for names in relations(current, &action.id) {
                    dropped.entry(names).or_default().extend(drop_of(&action.id));
                }
            }
            Verb::Drop if action.id.names.len() > 2 => {
                parts.entry(action.id.names[..2].to_vec()).or_default().extend(drop_of(&action.id));
            }
            Verb::Alter if is_tie(action) => {
                relations(desired, &action.id)
                    .into_iter()
                    .for_each(|names| changed.entry(names).or_default().push(index));
            }
            _ => {}
        }
    }
    let mut out = vec![];
    // what goes along with a part of the other relation does so only while the tie is there
    for (id, carrier) in
        carried.iter().filter(|(id, carrier)| carrier.names.len() > 2 && id.relation() != carrier.relation())
    {
        let ties = dropped.get(&[id.relation().0.to_owned(), id.relation().1.to_owned()][..]).into_iter().flatten();
        out.extend(ties.flat_map(|tie| drop_of(carrier).map(|from| (from, *tie))));
    }
    for (index, action) in actions.iter().enumerate().filter(|(_, action)| is_tie(action)) {
        let before: &[&BTreeMap<Vec<String>, Vec<usize>>] = match action.verb {
            Verb::Create => &[&parts, &dropped, &changed],
            Verb::Alter => &[&dropped],
            _ => &[],
        };
        for names in relations(desired, &action.id) {
            let first = before.iter().filter_map(|map| map.get(&names)).flatten();
            out.extend(first.map(|from| (*from, index)));
        }
    }
    out
}

/// What ties relations together as wholes, such as a partition and its parent, goes before either gets new parts:
/// names of a relation -> the drops of such ties.
fn loosened<'a>(
    actions: &'a [Action],
    current: &'a Catalog,
    drop_of: &dyn Fn(&ObjectId) -> Option<usize>,
) -> BTreeMap<&'a [String], Vec<usize>> {
    use crate::objects::Space;
    let mut out: BTreeMap<&[String], Vec<usize>> = BTreeMap::new();
    let ties = |action: &&Action| action.verb == Verb::Drop && action.id.kind.space() == Space::Partition;
    for action in actions.iter().filter(ties) {
        // one that goes along with its relation has no place of its own
        let Some(from) = drop_of(&action.id).filter(|from| actions[*from].id == action.id) else { continue };
        let needs = current.dependencies.get(&action.id).into_iter().flatten();
        let tables = needs.filter(|needed| needed.kind.space() == Space::Relation);
        for id in tables.chain([&action.id]) {
            out.entry(&*id.names).or_default().push(from);
        }
    }
    out
}

fn condensed(edges: &[(usize, usize)], leader: &[usize]) -> DiGraphMap<usize, ()> {
    let mut graph = DiGraphMap::new();
    leader.iter().for_each(|at| {
        graph.add_node(*at);
    });
    for (from, to) in edges {
        if leader[*from] != leader[*to] {
            graph.add_edge(leader[*from], leader[*to], ());
        }
    }
    graph
}

/// Kahn's algorithm with a heap: among what may come next, the first in the order of the actions.
fn topological(graph: &DiGraphMap<usize, ()>, leader: &[usize]) -> Vec<usize> {
    use petgraph::Direction::{Incoming, Outgoing};
    let mut open: BTreeMap<usize, usize> =
        graph.nodes().map(|node| (node, graph.neighbors_directed(node, Incoming).count())).collect();
    let mut ready: BinaryHeap<Reverse<usize>> =
        open.iter().filter(|(_, count)| **count == 0).map(|(node, _)| Reverse(*node)).collect();
    let mut out = Vec::with_capacity(leader.len());
    while let Some(Reverse(node)) = ready.pop() {
        out.push(node);
        for next in graph.neighbors_directed(node, Outgoing) {
            if let Some(count) = open.get_mut(&next) {
                *count -= 1;
                if *count == 0 {
                    ready.push(Reverse(next));
                }
            }
        }
    }
    out
}

fn assemble(actions: Vec<Action>, leader: &[usize], order: &[usize]) -> Vec<Group> {
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    let mut parts = vec![];
    for (at, action) in actions.into_iter().enumerate() {
        if leader[at] == at {
            groups.insert(at, Group { action, parts: vec![], rest: vec![] });
        } else {
            parts.push((leader[at], action));
        }
    }
    for (whole, mut action) in parts {
        let (Some(group), Some(part)) = (groups.get_mut(&whole), action.part.take()) else { continue };
        // the first statement of a part is what its text in the CREATE statement replaces
        if part.replaces && !action.statements.is_empty() {
            action.statements.remove(0);
        }
        group.parts.push((action.id.clone(), part));
        if !action.statements.is_empty() {
            group.rest.push(action);
        }
    }
    order.iter().filter_map(|at| groups.remove(at)).collect()
}
