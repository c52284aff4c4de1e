//! A drop and an addition that look like a rename: said, never guessed.

use super::hazard::Finding;
use crate::catalog::{Catalog, ObjectId};
use crate::diff::{Difference, Verdict};
use crate::objects::{Kind, Object};

/// Whether something new has the same parent, kind and definition as what is dropped.
pub fn rename(id: &ObjectId, current: &Catalog, desired: &Catalog, difference: &Difference) -> Option<Finding> {
    if !matches!(id.kind, Kind::Column | Kind::Table) || difference.get(id) != Some(&Verdict::Drop) {
        return None;
    }
    let same_parent = |other: &ObjectId| match id.kind {
        Kind::Column => other.names[..2] == id.names[..2],
        _ => other.names[0] == id.names[0],
    };
    let found = difference.iter().find(|(other, verdict)| {
        other.kind == id.kind
            && **verdict == Verdict::Create
            && same_parent(other)
            && alike(id, other, current, desired)
    })?;
    Some(Finding::new("possible-rename", format!("{id} goes and {} comes: is it a rename?", found.0)))
}

/// How much a current object is like a desired one: 0 for not at all.
pub fn likeness(old: &ObjectId, new: &ObjectId, current: &Catalog, desired: &Catalog) -> u32 {
    let (Some(one), Some(two)) = (current.objects.get(old), desired.objects.get(new)) else { return 0 };
    2 * u32::from(alike(old, new, current, desired)) + u32::from(one == two)
}

fn alike(old: &ObjectId, new: &ObjectId, current: &Catalog, desired: &Catalog) -> bool {
    match (current.objects.get(old), desired.objects.get(new)) {
        (Some(Object::Column(one)), Some(Object::Column(two))) => {
            one.data_type == two.data_type && one.generated.is_none() && two.generated.is_none()
        }
        (Some(Object::Table(_)), Some(Object::Table(_))) => {
            let columns = |catalog: &Catalog, id: &ObjectId| -> Vec<(String, String)> {
                let all = catalog
                    .children(id)
                    .filter_map(|(id, object)| Some((id.name().to_string(), object.column()?.data_type.key.clone())));
                all.collect()
            };
            let (one, two) = (columns(current, old), columns(desired, new));
            !one.is_empty() && one == two
        }
        _ => false,
    }
}
