//! Tables whose partitioning changes: set aside first, made anew, filled, and what was set aside is dropped. The
//! other passes see a table that goes and another one that comes.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, Verb};
use super::{Change, rename};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::objects::table::refill;
use crate::objects::table::repartition::{self, Aside};
use crate::objects::{AlterContext, Statement};

/// What is set aside, and how it gets there.
#[derive(Debug, Default)]
pub struct SetAside {
    asides: Vec<Aside>,
    schemas: BTreeSet<String>,
    /// Why the new tables are made, by their identities.
    why: BTreeMap<ObjectId, String>,
    /// What was taken out of the way first.
    released: BTreeSet<ObjectId>,
    /// What happens on the server before everything else, in order.
    pub actions: Vec<Action>,
}

fn action(id: ObjectId, verb: Verb, why: String, statements: Vec<Statement>) -> Action {
    Action { id, verb, change: Change::Replace, statements, why, part: None, undo: None }
}

/// Sets tables aside in the current state where their partitioning changes.
/// Errors: a change that needs two plans; rows of the table are values elsewhere.
pub fn set_aside(current: &mut Catalog, desired: &Catalog) -> Result<SetAside> {
    let asides = repartition::tables(current, desired)?;
    if asides.is_empty() {
        return Ok(SetAside::default());
    }
    let mut out = SetAside {
        schemas: asides.iter().map(|it| it.aside.relation().0.to_string()).collect(),
        why: asides.iter().map(|it| (it.table.clone(), repartition::reason(it, current, desired))).collect(),
        ..SetAside::default()
    };
    let step = |(id, statements)| action(id, Verb::Rename, "tables are set aside here".into(), statements);
    out.actions.extend(repartition::schemas(&asides, current).into_iter().map(step));
    for (id, statements) in repartition::release(&asides, current, desired) {
        out.released.insert(id.clone());
        out.actions.push(action(id, Verb::Rename, "goes on without the table that is set aside".into(), statements));
    }
    for it in &asides {
        let statements = repartition::set_aside(it, current, desired);
        out.actions.push(action(it.table.clone(), Verb::Rename, repartition::reason(it, current, desired), statements));
    }
    let pairs: Vec<_> = asides.iter().map(|it| (it.table.clone(), it.aside.clone())).collect();
    rename::moved(current, desired, &pairs);
    out.asides = asides;
    Ok(out)
}

impl SetAside {
    /// Whether the plan must be one transaction: between its parts the tables would not be there.
    pub fn is_whole(&self, batches: usize) -> Result<()> {
        match self.asides.iter().find(|it| it.is_root) {
            Some(it) if batches > 1 => Err(Error::new(format!("cannot change how {} is partitioned", it.table))
                .cause(
                    "another change of the plan needs a commit of its own, and the table must not be away for so long",
                )
                .hint("apply the other changes first, such as new labels of enum types")),
            _ => Ok(()),
        }
    }

    /// Whether an object is, or is a part of, what was set aside.
    pub fn holds(&self, id: &ObjectId) -> bool {
        let mut names = id.names.iter();
        let named = |schema: &String| id.arguments.iter().any(|argument| argument.starts_with(&format!("{schema}.")));
        !self.schemas.is_empty() && (names.any(|name| self.schemas.contains(name)) || self.schemas.iter().any(named))
    }

    /// Whether an object belongs to what was set aside or to what is made in its place.
    pub fn has(&self, id: &ObjectId, desired: &Catalog) -> bool {
        self.holds(id) || self.reason(id, desired).is_some()
    }

    /// Why a new object is made, when it is a table, or a part of one, that is made anew.
    fn reason(&self, id: &ObjectId, desired: &Catalog) -> Option<&String> {
        let none = BTreeSet::new();
        let follower = desired.objects.get(id).and_then(|object| object.follower(id, &none));
        let belongs = |table: &ObjectId| {
            let follows = follower.as_ref().is_some_and(|it| it.moves && it.whole == *table);
            id.names.starts_with(&table.names) || follows
        };
        self.why.iter().find(|(table, _)| belongs(table)).map(|(_, why)| why)
    }

    /// Whether PostgreSQL drops it with what it was a partition of.
    fn goes_along(&self, id: &ObjectId) -> bool {
        self.asides.iter().any(|it| !it.is_root && it.aside.names == id.names)
    }

    /// Says why there are drops and creations, and adds what brings the rows over.
    /// Errors: nothing of a table can be brought over.
    pub fn extend(&self, actions: &mut Vec<Action>, context: &AlterContext) -> Result<()> {
        for action in actions.iter_mut().filter(|action| matches!(action.verb, Verb::Create | Verb::Drop)) {
            if self.holds(&action.id) {
                if self.goes_along(&action.id) {
                    action.statements.clear();
                }
                action.change = Change::Replace;
                action.why = "its rows are in the new table".into();
            } else if let Some(why) = self.reason(&action.id, context.desired) {
                action.change = Change::Replace;
                action.why = format!("created anew: {why}");
            }
        }
        for it in self.asides.iter().filter(|it| it.is_root) {
            let why = format!("the rows of {}", it.aside.sql());
            actions.push(action(it.table.clone(), Verb::Fill, why, refill::fill(it, context)?));
        }
        Ok(())
    }

    /// The order of what brings rows over, as positions of actions.
    pub fn edges(
        &self,
        actions: &[Action],
        carried: &BTreeMap<ObjectId, ObjectId>,
        (current, desired): (&Catalog, &Catalog),
    ) -> Vec<(usize, usize)> {
        let mut out = vec![];
        let drop_of = |id: &ObjectId| {
            let id = carried.get(id).unwrap_or(id);
            actions.iter().position(|action| action.verb == Verb::Drop && action.id == *id)
        };
        let schemas = || {
            let gone = |id: &ObjectId| id.names.len() == 1 && self.holds(id);
            let all = actions.iter().enumerate().filter(move |(_, it)| it.verb == Verb::Drop && gone(&it.id));
            all.map(|(at, _)| at)
        };
        let (roots, partitions): (Vec<&Aside>, Vec<&Aside>) = self.asides.iter().partition(|it| it.is_root);
        for root in roots.iter().filter_map(|it| drop_of(&it.aside)) {
            out.extend(partitions.iter().filter_map(|it| drop_of(&it.aside)).map(|from| (from, root)));
            out.extend(schemas().map(|to| (root, to)));
        }
        let old = self.asides.iter().flat_map(|it| repartition::frame(current, &it.aside));
        let old: BTreeSet<ObjectId> = old.filter(|id| self.holds(id)).collect();
        let frames: BTreeSet<ObjectId> = roots.iter().flat_map(|it| repartition::frame(desired, &it.table)).collect();
        let comes_back = |id: &ObjectId| self.released.contains(id) && !frames.contains(id);
        for (fill, action) in actions.iter().enumerate().filter(|(_, action)| action.verb == Verb::Fill) {
            out.extend(repartition::kept(&self.asides, current).iter().filter_map(drop_of).map(|from| (from, fill)));
            out.extend(old.iter().filter_map(drop_of).map(|to| (fill, to)));
            let frame = repartition::frame(desired, &action.id);
            let first = needed(&frame, desired);
            // triggers and rules would see the rows, keys to them would miss them, indexes are built faster from them
            for (at, other) in actions.iter().enumerate() {
                let mut needs = desired.dependencies.get(&other.id).into_iter().flatten();
                let mut later = || comes_back(&other.id) || needs.any(|needed| frame.contains(needed));
                match other.verb {
                    Verb::Create | Verb::Alter if frame.contains(&other.id) => out.push((at, fill)),
                    Verb::Create | Verb::Alter if first.contains(&other.id) => {}
                    Verb::Create | Verb::Alter if later() => out.push((fill, at)),
                    _ => {}
                }
            }
        }
        out
    }
}

/// All that is needed by what is in `frame`, at any depth.
fn needed(frame: &BTreeSet<ObjectId>, desired: &Catalog) -> BTreeSet<ObjectId> {
    let mut out = BTreeSet::new();
    let mut open: Vec<&ObjectId> = frame.iter().collect();
    while let Some(id) = open.pop() {
        open.extend(desired.dependencies.get(id).into_iter().flatten().filter(|needed| out.insert((*needed).clone())));
    }
    out
}
