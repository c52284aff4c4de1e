//! Which object of the current state is which one of the desired state.

use std::collections::{BTreeMap, BTreeSet};

use super::{Pair, add, names_of};
use crate::catalog::{Catalog, ObjectId, OldName};
use crate::error::{Error, Result};
use crate::objects::Space;
use crate::plan::{Note, suspicion};
use crate::renames::Renames;

/// The pairs that the files declare, and what to say about those that lead to nothing.
pub struct Declared {
    /// Those that are still to be done, with what PostgreSQL carries along.
    pub pairs: Vec<Pair>,
    /// About the others.
    pub notes: Vec<Note>,
}

struct Finder<'a> {
    current: &'a Catalog,
    desired: &'a Catalog,
    /// Old names to new ones, so far.
    names: Renames,
    /// New names to old ones, so far.
    back: Renames,
    /// New schema -> schemas that something moved out of into it.
    from: BTreeMap<String, BTreeSet<String>>,
    out: Declared,
    errors: Vec<Error>,
}

/// The pairs together with what moves to another schema with them.
pub fn with_moved(current: &Catalog, desired: &Catalog, pairs: &[(ObjectId, ObjectId)]) -> Vec<Pair> {
    let mut finder = Finder::new(current, desired);
    for (old, new) in pairs {
        finder.take(Pair { old: old.clone(), new: new.clone(), along: None });
    }
    finder.out.pairs
}

/// Finds the pairs, those of parents first. Errors: an old name and its new one both exist, all such.
pub fn declared(current: &Catalog, desired: &Catalog, managed: &dyn Fn(&ObjectId) -> bool) -> Result<Declared> {
    let mut finder = Finder::new(current, desired);
    for depth in 1..=3 {
        finder.level(depth, managed);
    }
    match Error::all(finder.errors) {
        Some(error) => Err(error),
        None => Ok(finder.out),
    }
}

/// A declared rename whose old name exists.
struct Candidate {
    old: ObjectId,
    new: ObjectId,
    /// The object that has the new name already.
    there: Option<ObjectId>,
}

impl<'a> Finder<'a> {
    fn new(current: &'a Catalog, desired: &'a Catalog) -> Self {
        Finder {
            current,
            desired,
            names: Renames::default(),
            back: Renames::default(),
            from: BTreeMap::new(),
            out: Declared { pairs: vec![], notes: vec![] },
            errors: vec![],
        }
    }

    fn level(&mut self, depth: usize, managed: &dyn Fn(&ObjectId) -> bool) {
        let declared: Vec<(&ObjectId, &OldName)> = self
            .desired
            .intents
            .iter()
            .filter(|(id, _)| id.names.len() == depth && self.desired.objects.contains_key(id) && managed(id))
            .filter_map(|(id, intent)| Some((id, intent.renamed_from.as_ref()?)))
            .collect();
        // what others move with comes first, so that these are looked for where they came from
        let (first, later): (Vec<_>, Vec<_>) = declared.into_iter().partition(|(id, _)| {
            let follower = self.desired.objects.get(id).and_then(|it| it.follower(id, &BTreeSet::new()));
            depth > 2 || follower.is_none()
        });
        // what is told by its argument types comes after these
        let (typed, first): (Vec<_>, Vec<_>) = first.into_iter().partition(|(id, _)| !id.arguments.is_empty());
        for round in [first, typed, later] {
            let pairs = self.round(&round);
            for pair in pairs {
                self.take(pair);
            }
        }
    }

    /// Decides about declared renames that may take each other's names.
    fn round(&mut self, declared: &[(&ObjectId, &OldName)]) -> Vec<Pair> {
        let mut open: Vec<Candidate> = vec![];
        for (new, old) in declared {
            let there = self.there(new);
            match self.former(new, old) {
                Some(old) => open.push(Candidate { old, new: (*new).clone(), there }),
                None if there.is_none() => {
                    self.note(new, format!("{new} is made anew: there is no {} {old}", new.kind.title()))
                }
                None => {}
            }
        }
        let mut taken: Vec<Pair> = vec![];
        loop {
            let leaves = |there: &ObjectId| taken.iter().any(|pair: &Pair| pair.old == *there);
            let free = |it: &Candidate| it.there.as_ref().is_none_or(&leaves);
            let Some(at) = open.iter().position(free) else { break };
            let Candidate { old, new, .. } = open.remove(at);
            taken.push(Pair { old, new, along: None });
        }
        while let Some(circle) = circle(&open) {
            let members: Vec<Candidate> = circle.into_iter().rev().map(|at| open.remove(at)).collect();
            taken.extend(self.swap(members));
        }
        for Candidate { old, new, .. } in open {
            // both names are wanted: it has happened, and another object has the old name
            if !self.desired.objects.contains_key(&self.names.id(&old)) {
                self.clash(&old, &new);
            }
        }
        taken
    }

    /// Objects that exchange their names: whether they have done so shows in their definitions only.
    fn swap(&mut self, members: Vec<Candidate>) -> Vec<Pair> {
        let likeness = |old: &ObjectId, new: &ObjectId| suspicion::likeness(old, new, self.current, self.desired);
        let before: u32 = members.iter().map(|it| likeness(&it.old, &it.new)).sum();
        let after: u32 = members.iter().filter_map(|it| it.there.as_ref().map(|there| likeness(there, &it.new))).sum();
        if before > after {
            return members.into_iter().map(|it| Pair { old: it.old, new: it.new, along: None }).collect();
        }
        if before == after
            && let Some(first) = members.first()
        {
            let message = format!(
                "{} and {} are alike, so whether they have exchanged their names cannot be told; \
                                   nothing is renamed",
                first.old, first.new
            );
            self.note(&first.new.clone(), message);
        }
        vec![]
    }

    fn clash(&mut self, old: &ObjectId, new: &ObjectId) {
        let error = Error::new(format!("{new} is declared as renamed from {}, but both exist", old.sql()))
            .hint(format!("drop one of them, or take the annotation away if {} shall go", old.sql()));
        let place = |catalog: &Catalog, id: &ObjectId| catalog.locations.get(id).map(ToString::to_string);
        let error = error.cause(format!(
            "{} is at {}, {} in the current state",
            new.sql(),
            place(self.desired, new).unwrap_or_else(|| "an unknown place".into()),
            match place(self.current, old) {
                Some(place) => format!("{} at {place}", old.sql()),
                None => old.sql(),
            }
        ));
        self.errors.push(match self.desired.locations.get(new) {
            Some(place) => error.at(place),
            None => error,
        });
    }

    fn note(&mut self, id: &ObjectId, message: String) {
        self.out.notes.push(Note { object: Some(id.clone()), message, undecided: false });
    }

    /// The object that has the new name now.
    fn there(&self, new: &ObjectId) -> Option<ObjectId> {
        let old = self.back.id(new);
        [&old, new].into_iter().find(|id| self.current.objects.contains_key(id) && self.names.id(id) == *new).cloned()
    }

    /// The object that has the old name now.
    fn former(&self, new: &ObjectId, old: &OldName) -> Option<ObjectId> {
        let parent = &new.names[..new.names.len() - 1];
        let mut parents: Vec<Vec<String>> = vec![];
        let mut names = vec![old.name.as_str()];
        let arguments = self.back.id(new).arguments;
        match &old.schema {
            Some(schema) if new.names.len() == 2 => {
                parents.push(vec![schema.clone()]);
                parents.extend(self.back.names(Space::Schema, std::slice::from_ref(schema)));
            }
            _ => {
                let own = self.back.id(&ObjectId { arguments: vec![], ..new.clone() });
                parents.push(own.names[..parent.len()].to_vec());
                if let [schema] = parent {
                    parents.extend(self.from.get(schema).into_iter().flatten().map(|schema| vec![schema.clone()]));
                }
            }
        }
        // YAML gives a qualified name as one text
        if let (2, None, Some((schema, name))) = (new.names.len(), &old.schema, old.name.split_once('.')) {
            parents.push(vec![schema.to_string()]);
            parents.extend(self.back.names(Space::Schema, &[schema.to_string()]));
            names.push(name);
        }
        parents
            .iter()
            .flat_map(|parent| names.iter().map(move |name| parent.iter().cloned().chain([name.to_string()])))
            .map(|names| ObjectId { names: names.collect(), ..new.clone() })
            .flat_map(|id| [ObjectId { arguments: arguments.clone(), ..id.clone() }, id])
            .find(|id| id != new && self.current.objects.contains_key(id))
    }

    /// Keeps a pair, with what PostgreSQL renames along.
    fn take(&mut self, pair: Pair) {
        let object = self.current.objects.get(&pair.old);
        add(&mut self.names, &pair.old, &pair.new, object);
        add(&mut self.back, &pair.new, &pair.old, object);
        let along = match pair.old.names.len() {
            2 => self.moved(&pair),
            3 => self.inherited(&pair),
            _ => vec![],
        };
        self.out.pairs.push(pair);
        along.into_iter().for_each(|pair| self.take(pair));
    }

    /// What goes to another schema with its table.
    fn moved(&mut self, pair: &Pair) -> Vec<Pair> {
        let (Some(old), Some(new)) = (pair.old.schema(), pair.new.schema()) else { return vec![] };
        if self.names.names(Space::Schema, &[old.to_string()]).unwrap_or_else(|| vec![old.into()]) == [new] {
            return vec![];
        }
        self.from.entry(new.to_string()).or_default().insert(old.to_string());
        let none = BTreeSet::new();
        let with = |(id, object): (&ObjectId, &crate::objects::Object)| {
            let follower = object.follower(id, &none).filter(|it| it.moves && it.whole == pair.old)?;
            let own = follower.id.name().to_string();
            // the index behind a constraint has no identity of its own
            let names = match follower.id.names.len() {
                2 => vec![new.to_string(), own],
                _ => return None,
            };
            let moved = ObjectId { names: names.into(), ..follower.id.clone() };
            Some(Pair { old: follower.id, new: moved, along: Some(pair.old.clone()) })
        };
        let explicit = |old: &ObjectId| self.out.pairs.iter().any(|pair| pair.old == *old);
        self.current.objects.iter().filter_map(with).filter(|pair| !explicit(&pair.old)).collect()
    }

    /// What a child table has from its parent is renamed with it.
    fn inherited(&self, pair: &Pair) -> Vec<Pair> {
        let names = names_of(&self.out.pairs, self.current);
        let parent = &pair.old.names[..2];
        let child = |id: &ObjectId| {
            let table = ObjectId { names: id.names[..2].into(), ..id.clone() };
            let needs = self.current.dependencies.iter().filter(|(id, _)| id.names == table.names);
            needs.flat_map(|(_, needs)| needs).any(|needed| needed.names[..] == *parent)
        };
        let same = |id: &&ObjectId| {
            id.kind == pair.old.kind && id.names.len() == 3 && id.name() == pair.old.name() && id.names[..2] != *parent
        };
        let mut out = vec![];
        for id in self.current.objects.keys().filter(same).filter(|id| child(id)) {
            let old = names.id(id);
            let new = old.renamed(pair.new.name());
            if self.desired.objects.contains_key(&new) && !self.desired.objects.contains_key(&old) {
                out.push(Pair { old: id.clone(), new, along: Some(pair.old.clone()) });
            }
        }
        out
    }
}

/// Candidates that wait for each other's names, as positions in rising order.
fn circle(open: &[Candidate]) -> Option<Vec<usize>> {
    let next = |at: usize| {
        let there = open[at].there.as_ref()?;
        open.iter().position(|it| it.old == *there)
    };
    for start in 0..open.len() {
        let mut seen = vec![start];
        let mut at = start;
        while let Some(after) = next(at) {
            if after == start {
                seen.sort_unstable();
                return Some(seen);
            }
            if seen.contains(&after) {
                break;
            }
            seen.push(after);
            at = after;
        }
    }
    None
}
