//! Beside which object a statement stands.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, ObjectId};
use crate::objects::{Kind, Space};

/// The objects that others belong to, by what belongs to them.
pub struct Homes(BTreeMap<ObjectId, ObjectId>);

impl Homes {
    /// Finds what is named after something else, and partitions.
    pub fn of(catalog: &Catalog) -> Self {
        let none = std::collections::BTreeSet::new();
        let mut out = BTreeMap::new();
        for (id, object) in &catalog.objects {
            let needs = catalog.dependencies.get(id).unwrap_or(&none);
            if let Some(follower) = object.follower(id, needs) {
                out.insert(follower.id, follower.whole);
            }
            // what names a type that is made of it comes between the two statements of the type
            let held = catalog.held(id).map(|(_, _, held)| held).unwrap_or_default();
            out.extend(held.into_iter().map(|held| (held.clone(), id.clone())));
            // a partition stands beside the table that it is a part of
            if id.kind.space() == Space::Partition {
                let own = id.with_kind(Kind::Table);
                if let Some(parent) = needs.iter().find(|needed| needed.kind == Kind::Table && **needed != own) {
                    out.insert(own, parent.clone());
                }
            }
        }
        Self(out)
    }

    /// The object beside which everything about this one stands.
    pub fn of_object(&self, id: &ObjectId, catalog: &Catalog) -> ObjectId {
        let mut at = id.clone();
        // each step leads to a bigger object, and there are few sizes; partitions may be nested deeply
        for _ in 0..32 {
            match self.next(&at, catalog) {
                Some(next) if next != at => at = next,
                _ => break,
            }
        }
        at
    }

    fn next(&self, id: &ObjectId, catalog: &Catalog) -> Option<ObjectId> {
        if let Some(whole) = self.0.get(id) {
            return relation_or_type(whole, catalog).or_else(|| Some(whole.clone()));
        }
        if let Some(kind) = id.kind.whole() {
            return Some(ObjectId::new(kind, [id.names.first()?]));
        }
        if !id.kind.has_schema() || id.kind.is_routine() {
            return None;
        }
        if id.names.len() > 2 || !catalog.objects.contains_key(id) {
            if let Some(constraint) = catalog.objects.constraint_of_index(id.relation().0, id.name())
                && id.kind == Kind::Index
            {
                return relation_or_type(constraint, catalog);
            }
            return relation_or_type(id, catalog);
        }
        // what shares the names of a relation without being one is a part of it
        match id.kind.space() {
            Space::Partition | Space::SequenceOwner => relation_or_type(id, catalog),
            _ => None,
        }
    }
}

fn relation_or_type(id: &ObjectId, catalog: &Catalog) -> Option<ObjectId> {
    let (schema, name) = id.relation();
    catalog.relation(schema, name).or_else(|| catalog.type_named(schema, name))
}
