//! The order of renames: parents before what lies in them, a name only once it is free. Circles go through a name
//! that nothing has; what is dropped later makes way.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Pair, add};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::name::{choose, quote};
use crate::objects::{Object, Space, Statement};
use crate::plan::Change;
use crate::plan::action::{Verb, all_slots, slots};
use crate::renames::Renames;

type Slot = (Space, Vec<String>);

/// The renames as the server sees them, one after the other.
pub struct Run<'a> {
    current: &'a Catalog,
    desired: &'a Catalog,
    /// All names in the end.
    names: &'a Renames,
    /// The names so far.
    done: Renames,
    taken: BTreeMap<Slot, ObjectId>,
    parked: Vec<Pair>,
    actions: Vec<Action>,
}

impl<'a> Run<'a> {
    /// Nothing is renamed yet; `names` are those in the end.
    pub fn new(current: &'a Catalog, desired: &'a Catalog, names: &'a Renames) -> Self {
        let done = Renames::default();
        let mut run = Self { current, desired, names, done, taken: BTreeMap::new(), parked: vec![], actions: vec![] };
        run.look();
        run
    }

    /// What had to make way, and the actions.
    pub fn finish(self) -> (Vec<Pair>, Vec<Action>) {
        (self.parked, self.actions)
    }

    /// Renames all. Errors: an object of a kind that cannot be renamed.
    pub fn all(&mut self, pairs: &[Pair]) -> Result<()> {
        let mut open: Vec<&Pair> = pairs.iter().filter(|pair| pair.along.is_none()).collect();
        open.sort_by_key(|pair| pair.old.names.len());
        let carried: Vec<&Pair> = pairs.iter().filter(|pair| pair.along.is_some()).collect();
        let mut aside = BTreeSet::new();
        while !open.is_empty() {
            if let Some(at) = open.iter().position(|pair| self.settled(pair) && self.blocker(pair).is_none()) {
                let pair = open.remove(at);
                self.go(&pair.old, &pair.new, Some(&pair.old))?;
                self.carry(pair, &carried);
                continue;
            }
            let stuck = open.iter().find(|pair| self.settled(pair) && !aside.contains(&pair.old)).copied();
            let Some(pair) = stuck else {
                return Err(Error::new("these renames have no order").cause(open[0].new.to_string()));
            };
            match self.blocker(pair) {
                Some(other) if !open.iter().any(|pair| pair.old == other) => {
                    let name = self.aside(&self.done.id(&other));
                    self.go(&other, &name, None)?;
                    self.parked.push(Pair { old: other, new: name, along: None });
                }
                _ => {
                    let name = self.aside(&self.done.id(&pair.old));
                    self.go(&pair.old, &name, Some(&pair.old))?;
                    aside.insert(pair.old.clone());
                }
            }
        }
        for pair in pairs {
            self.along(pair);
        }
        self.children(pairs);
        Ok(())
    }

    /// Whether what the object lies in has its last name.
    fn settled(&self, pair: &Pair) -> bool {
        let (now, new) = (self.done.id(&pair.old), &pair.new);
        let parent = |id: &ObjectId| id.names[..id.names.len() - 1].to_vec();
        match new.names.len() {
            1 => true,
            2 => {
                let schema = parent(&pair.old);
                self.done.names(Space::Schema, &schema) == self.names.names(Space::Schema, &schema)
            }
            _ => parent(&now) == parent(new),
        }
    }

    /// Who else has one of the new names.
    fn blocker(&self, pair: &Pair) -> Option<ObjectId> {
        let object = self.current.objects.get(&pair.old);
        let others = slots(&pair.new, object);
        others.iter().filter_map(|slot| self.taken.get(slot)).find(|other| **other != pair.old).cloned()
    }

    /// A name that nothing has, in either state.
    fn aside(&self, now: &ObjectId) -> ObjectId {
        let free = |name: &str| {
            let id = now.renamed(name);
            let has = |slot: &Slot| self.taken.contains_key(slot);
            [Space::Relation, Space::Type, id.kind.space()].iter().all(|space| !has(&(*space, id.names.to_vec())))
                && !self.desired.objects.contains_key(&id)
        };
        now.renamed(choose(now.name(), None, "reconcile", |name| !free(name)))
    }

    /// Brings an object to a new name, in two statements when its schema changes too.
    fn go(&mut self, old: &ObjectId, new: &ObjectId, shown: Option<&ObjectId>) -> Result<()> {
        let now = self.done.id(old);
        let object = self.current.objects.get(old);
        let mut stops = vec![];
        if now.names.len() == 2 && now.names[0] != new.names[0] && now.name() != new.name() {
            let within = now.renamed(new.name());
            let beyond = new.renamed(now.name());
            let free = |id: &ObjectId| slots(id, object).iter().all(|slot| !self.taken.contains_key(slot));
            stops.push(if free(&within) || !free(&beyond) { within } else { beyond });
        }
        stops.push(new.clone());
        let mut from = now;
        for to in stops.into_iter().filter(|to| *to != from.clone()).collect::<Vec<_>>() {
            let named = |from: &ObjectId, to: &ObjectId| object.and_then(|object| object.rename(from, to));
            let Some(statement) = named(&from, &to) else {
                return Err(Error::new(format!("{from} cannot be renamed to {}", quote(to.name()))));
            };
            let undo = named(&to, &from);
            let why = match shown {
                Some(old) => format!("renamed from {}", old.sql()),
                None => "makes way for what is renamed; dropped below".into(),
            };
            self.say(&to, statement, undo, why);
            from = to;
        }
        add(&mut self.done, old, new, object);
        self.look();
        Ok(())
    }

    fn say(&mut self, id: &ObjectId, mut statement: Statement, undo: Option<Statement>, why: String) {
        // a name that only stood between two others breaks nobody's code
        let before = self
            .actions
            .iter()
            .any(|action| action.id.kind == id.kind && action.why == why && why.starts_with("renamed"));
        if before || why.starts_with("makes way") {
            statement.findings.clear();
        }
        self.actions.push(Action {
            id: id.clone(),
            verb: Verb::Rename,
            change: Change::Alter,
            statements: vec![statement],
            why,
            part: None,
            undo: undo.map(|undo| undo.text()),
        });
    }

    /// What moves to the table's schema with it.
    fn carry(&mut self, pair: &Pair, carried: &[&Pair]) {
        let along: Vec<&&Pair> = carried.iter().filter(|other| other.along.as_ref() == Some(&pair.old)).collect();
        for other in along {
            add(&mut self.done, &other.old, &other.new, self.current.objects.get(&other.old));
        }
        self.look();
    }

    /// What PostgreSQL names after a column and that is no object.
    fn along(&mut self, pair: &Pair) {
        if pair.old.names.len() == 3 && pair.along.is_none() {
            self.along_with(&pair.old, &pair.new);
        }
    }

    /// The same for the columns of renamed relations.
    fn children(&mut self, pairs: &[Pair]) {
        let own: BTreeSet<&ObjectId> = pairs.iter().map(|pair| &pair.old).collect();
        let relations: Vec<&Pair> =
            pairs.iter().filter(|pair| pair.old.names.len() == 2 && pair.along.is_none()).collect();
        let current = self.current;
        for pair in relations {
            let inside = |id: &&ObjectId| id.names.len() == 3 && id.names.starts_with(&pair.old.names);
            let ids: Vec<&ObjectId> = current.objects.keys().filter(inside).filter(|id| !own.contains(id)).collect();
            for id in ids {
                self.along_with(id, &self.names.id(id));
            }
        }
    }

    fn along_with(&mut self, old: &ObjectId, new: &ObjectId) {
        let (Some(now), Some(wanted)) = (self.current.objects.get(old), self.desired.objects.get(new)) else { return };
        if self.current.facts.major() < 18 {
            return;
        }
        for (statement, undo) in now.renamed_along(old, new, wanted) {
            self.say(new, statement, Some(undo), format!("named after {}", old.sql()));
        }
    }

    /// Who has which name now.
    fn look(&mut self) {
        let named = |(id, object): (&ObjectId, &Object)| {
            let now = self.done.id(id);
            all_slots(&now, Some(object)).into_iter().map(|slot| (slot, id.clone())).collect::<Vec<_>>()
        };
        self.taken = self.current.objects.iter().flat_map(named).collect();
    }
}
