//! The objects of a state by their identities, and by the names that some of them take beside their own.

use std::collections::{BTreeMap, btree_map};
use std::ops::Deref;

use super::ObjectId;
use crate::objects::{Kind, Object};

/// Objects under their identities. Read as the map that it derefs to; changed through its own methods only.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    map: BTreeMap<ObjectId, Object>,
    /// Schema and name of the index of each constraint that has one.
    indexes: BTreeMap<(String, String), ObjectId>,
    /// How many constraints have each schema and name.
    constraints: BTreeMap<(String, String), usize>,
}

impl Deref for Objects {
    type Target = BTreeMap<ObjectId, Object>;

    fn deref(&self) -> &Self::Target {
        &self.map
    }
}

impl<'a> IntoIterator for &'a Objects {
    type Item = (&'a ObjectId, &'a Object);
    type IntoIter = btree_map::Iter<'a, ObjectId, Object>;

    fn into_iter(self) -> Self::IntoIter {
        self.map.iter()
    }
}

impl FromIterator<(ObjectId, Object)> for Objects {
    fn from_iter<I: IntoIterator<Item = (ObjectId, Object)>>(all: I) -> Self {
        let mut out = Self::default();
        for (id, object) in all {
            out.insert(id, object);
        }
        out
    }
}

impl Objects {
    /// Adds an object, or replaces the one with the same identity, which is returned.
    pub fn insert(&mut self, id: ObjectId, object: Object) -> Option<Object> {
        if let Object::Constraint(constraint) = &object
            && !constraint.is_check()
        {
            self.indexes.insert(index_name(&id), id.clone());
        }
        if is_constraint(&id) && !self.map.contains_key(&id) {
            *self.constraints.entry(index_name(&id)).or_default() += 1;
        }
        self.map.insert(id, object)
    }

    /// Takes an object out.
    pub fn remove(&mut self, id: &ObjectId) -> Option<Object> {
        let found = self.map.remove(id);
        if found.is_some()
            && is_constraint(id)
            && let Some(count) = self.constraints.get_mut(&index_name(id))
        {
            *count -= 1;
        }
        if let Some(Object::Constraint(_)) = found {
            let name = index_name(id);
            if self.indexes.get(&name) == Some(id) {
                self.indexes.remove(&name);
            }
        }
        found
    }

    /// An object to be changed in place; it stays of its kind.
    pub fn get_mut(&mut self, id: &ObjectId) -> Option<&mut Object> {
        self.map.get_mut(id)
    }

    /// Puts objects, which come in order of their identities, in the places of those that have these identities; each of
    /// them is there.
    pub fn replace(&mut self, objects: Vec<(ObjectId, Object)>) {
        let Some((first, _)) = objects.first() else { return };
        let mut places = self.map.range_mut(first.clone()..);
        for (id, object) in objects {
            if let Some((_, place)) = places.find(|(own, _)| **own == id) {
                *place = object;
            }
        }
    }

    /// Adds an object unless there is one already.
    pub fn ensure(&mut self, id: ObjectId, object: impl FnOnce() -> Object) {
        if !self.map.contains_key(&id) {
            self.insert(id, object());
        }
    }

    /// Keeps those that `keep` wants.
    pub fn retain(&mut self, mut keep: impl FnMut(&ObjectId) -> bool) {
        if self.map.keys().all(&mut keep) {
            return;
        }
        self.map.retain(|id, _| keep(id));
        let map = &self.map;
        self.indexes.retain(|_, id| map.contains_key(id));
        self.constraints.clear();
        for id in map.keys().filter(|id| is_constraint(id)) {
            *self.constraints.entry(index_name(id)).or_default() += 1;
        }
    }

    /// Whether a constraint of a table or a domain in this schema has that name.
    pub fn has_constraint(&self, schema: &str, name: &str) -> bool {
        self.constraints.get(&(schema.to_owned(), name.to_owned())).is_some_and(|count| *count > 0)
    }

    /// The constraint in this schema that owns the index of that name.
    pub fn constraint_of_index(&self, schema: &str, name: &str) -> Option<&ObjectId> {
        self.indexes.get(&(schema.to_owned(), name.to_owned()))
    }
}

fn is_constraint(id: &ObjectId) -> bool {
    matches!(id.kind, Kind::Constraint | Kind::ForeignKey | Kind::DomainConstraint)
}

fn index_name(id: &ObjectId) -> (String, String) {
    (id.relation().0.to_owned(), id.name().to_owned())
}
