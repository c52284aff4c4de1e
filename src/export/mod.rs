//! From a catalog to files that a person would have written: the statements that make it, each beside the object that
//! it belongs to, in an order in which `psql` can run them. Knows no kind: the kinds write their own statements, and
//! the plan from an empty database orders them.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::objects;
use crate::parallel;
use crate::pipeline::Options;
use crate::plan;
use crate::resolve::Resolver;

mod baseline;
pub mod find;
mod home;
pub mod layout;
mod names;
mod order;
pub mod scope;
pub mod yaml;

pub use home::Homes;
pub use scope::LeftOut;

/// One statement of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The object that it makes or speaks about, and those that it makes along with it.
    pub objects: Vec<ObjectId>,
    /// The object beside which it stands: a table for its indexes, comments and triggers.
    pub home: ObjectId,
    /// Without a closing semicolon.
    pub sql: String,
    /// Positions of the statements that must come before it.
    pub needs: BTreeSet<usize>,
}

/// A state as statements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Export {
    /// In an order in which they can run.
    pub items: Vec<Item>,
    /// Whether bodies of routines may name what comes later.
    pub defers_bodies: bool,
}

/// Writes the part of a live catalog that the scope names.
/// Errors: objects that need each other and have no order.
pub fn export(mut catalog: Catalog, options: &Options) -> Result<Export> {
    scope::privileges(&mut catalog, options);
    let current = baseline::of(&mut catalog);
    let homes = home::Homes::of(&catalog);
    let mut desired = catalog.clone();
    objects::sequence_owner::release(&mut desired);
    abbreviate(&mut desired);
    // what is given with new objects comes last, so that what is said about each object is all that it has
    let mut first = desired.clone();
    first.objects.retain(|id| !id.kind.is_privilege());
    let mut steps = plan::creation(&current, &first, options)?;
    let late = steps.len();
    steps.extend(plan::creation(&first, &desired, options)?);
    let spoken = names::Spoken::of(&catalog);
    let items = steps.iter().map(|step| {
        let objects: Vec<ObjectId> = [&step.object].into_iter().chain(&step.also).cloned().collect();
        let home = homes.of_object(&step.object, &catalog);
        Item { home, sql: spoken.short(&step.sql), objects, needs: BTreeSet::new() }
    });
    let mut items: Vec<Item> = items.collect();
    order::needs(&mut items, &desired);
    for item in &mut items[late..] {
        item.needs.extend(0..late);
    }
    let defers_bodies = items.iter().any(|item| item.objects[0].kind.is_routine());
    Ok(Export { items: order::by_home(items), defers_bodies })
}

/// The objects beside which others stand.
pub fn homes(catalog: &Catalog, objects: &BTreeSet<ObjectId>) -> BTreeSet<ObjectId> {
    let homes = home::Homes::of(catalog);
    objects.iter().map(|id| homes.of_object(id, catalog)).collect()
}

/// Puts every object into the words that people use; what these bring along goes.
fn abbreviate(desired: &mut Catalog) {
    drop_derived(desired);
    let found: BTreeMap<ObjectId, (objects::Object, Vec<ObjectId>)> = desired
        .objects
        .iter()
        .filter_map(|(id, object)| Some((id.clone(), object.abbreviated(id, desired)?)))
        .collect();
    for (id, (object, along)) in found {
        desired.objects.insert(id, object);
        for id in along {
            desired.objects.remove(&id);
            desired.attributes.remove(&id);
            desired.dependencies.remove(&id);
        }
    }
    let all: Vec<&ObjectId> = desired.objects.keys().collect();
    let short = parallel::share(&all, usize::MAX, |id| {
        let mut object = desired.objects.get(id)?.clone();
        object.resolve(id, &Resolver { shorten: true, ..Resolver::new(desired, false) }).ok()?;
        Some(((*id).clone(), object))
    });
    let short = short.into_iter().flatten().collect();
    desired.objects.replace(short);
}

/// Takes out what parents bring along. An index of a partition that would get another name that way is made before
/// that of the parent, which takes it for its part.
fn drop_derived(desired: &mut Catalog) {
    let derived: Vec<ObjectId> =
        desired.objects.iter().filter(|(id, object)| object.derived(id).is_some()).map(|(id, _)| id.clone()).collect();
    for id in derived {
        let Some(object) = desired.objects.get(&id) else { continue };
        let needs = desired.dependencies.get(&id).cloned().unwrap_or_default();
        let indexed = object.is_index();
        if !indexed || object.follower(&id, &needs).and_then(|it| it.generated()) == Some(0) {
            desired.objects.remove(&id);
            desired.dependencies.remove(&id);
            continue;
        }
        let wholes: Vec<ObjectId> =
            needs.into_iter().filter(|it| desired.objects.get(it).is_some_and(objects::Object::is_index)).collect();
        for whole in wholes {
            desired.dependencies.entry(id.clone()).or_default().remove(&whole);
            desired.depend(&whole, id.clone());
        }
    }
}
