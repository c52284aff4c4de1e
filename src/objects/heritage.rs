//! What becomes of what a relation has from its parents, by INHERITS or as a partition.

use super::table::inherit;
use super::{Kind, Object, lineage};
use crate::catalog::{Catalog, ObjectId};

/// The table that an object belongs to, or is.
pub fn table_of(id: &ObjectId, object: &Object) -> ObjectId {
    object.derived(id).unwrap_or_else(|| id.parent(Kind::Table))
}

/// Whether a relation leaves all parents that it has; what these brought along stays with it.
pub fn leaves_parents(current: &Catalog, desired: &Catalog, relation: &ObjectId) -> bool {
    let parents = inherit::parents(current, relation);
    let kept = inherit::parents(desired, relation);
    !parents.is_empty() && !parents.iter().any(|parent| kept.contains(parent))
}

/// Whether a relation has another one as a parent.
pub fn inherits_from(catalog: &Catalog, relation: &ObjectId, parent: &ObjectId) -> bool {
    inherit::parents(catalog, relation).contains(parent)
}

/// Whether a part of a relation that exists is one that only its new parents have, so that it must be there first.
pub fn is_brought_along(id: &ObjectId, current: &Catalog, desired: &Catalog) -> bool {
    let relation = id.parent(Kind::Table);
    let before = inherit::parents(current, &relation);
    let has = |parent: &ObjectId| desired.objects.contains_key(&parent.child(id.kind, id.name()));
    let (kept, new): (Vec<ObjectId>, Vec<ObjectId>) =
        inherit::parents(desired, &relation).into_iter().partition(|parent| before.contains(parent));
    before.is_empty() || !kept.iter().any(has) && new.iter().any(has)
}

/// Whether what a relation has from its parents without a word stays so: under the same parents, or because the new
/// ones have the same.
pub fn stays_derived(object: &Object, relation: &ObjectId, current: &Catalog, desired: &Catalog) -> bool {
    if !leaves_parents(current, desired, relation) {
        return !inherit::parents(desired, relation).is_empty();
    }
    inherit::parents(desired, relation).iter().any(|parent| lineage::has_same(desired, parent, object))
}

/// Whether a new relation is made without its parents and joins them later, because it brings parts of theirs along.
pub fn joins_later(catalog: &Catalog, relation: &ObjectId) -> bool {
    let tie = catalog.objects.get(&relation.with_kind(Kind::Partition));
    matches!(tie, Some(Object::Partition(partition)) if !partition.parts.is_empty())
}
