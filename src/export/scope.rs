//! Which part of a database an export takes, and what it leaves out.

use std::collections::BTreeSet;

use crate::catalog::{Catalog, ObjectId};
use crate::objects::Kind;
use crate::pipeline::{Options, PrivilegeMode};
use crate::plan::scope;

/// Something that exists and that no file gets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Why.
    pub reason: String,
    /// What, as SQL names it.
    pub what: String,
}

/// Takes out of a live catalog what is not the user's, or what the user did not ask for; returns what exists and is left
/// out.
pub fn narrow(catalog: &mut Catalog, options: &Options) -> Vec<LeftOut> {
    let options = Options { all_schemas: options.schemas.is_none(), ..options.clone() };
    let nothing = Catalog::new(catalog.facts.major());
    let managed = scope::Managed::of(catalog, &nothing, &options);
    let listed = managed.left.listed(catalog).into_iter();
    let mut out: Vec<LeftOut> =
        listed.map(|it| LeftOut { reason: it.reason, what: format!("{} {}", it.kind, it.identity) }).collect();
    let global = |id: &ObjectId| id.kind != Kind::Schema && id.schema().is_none() && !managed.left.contains(id);
    // a schema is there for what is kept in it, whatever else lies there
    let opened: BTreeSet<&str> =
        catalog.objects.keys().filter(|id| managed.contains(id)).filter_map(ObjectId::schema).collect();
    let opened: BTreeSet<String> = opened.into_iter().map(str::to_string).collect();
    out.retain(|it| !opened.iter().any(|name| it.what == ObjectId::new(Kind::Schema, [name]).to_string()));
    let keep =
        |id: &ObjectId| managed.contains(id) || global(id) || id.kind == Kind::Schema && opened.contains(id.name());
    let before: BTreeSet<ObjectId> = catalog.objects.keys().cloned().collect();
    catalog.objects.retain(&keep);
    // what lies in no schema and needs something that is left out goes with it
    let kept = |id: &ObjectId, catalog: &Catalog| catalog.objects.contains_key(id) || !before.contains(id);
    loop {
        let lost: BTreeSet<ObjectId> = catalog
            .objects
            .keys()
            .filter(|id| id.schema().is_none() && options.schemas.is_some())
            .filter(|id| catalog.dependencies.get(id).is_some_and(|all| all.iter().any(|it| !kept(it, catalog))))
            .cloned()
            .collect();
        if lost.is_empty() {
            break;
        }
        catalog.objects.retain(|id| !lost.contains(id));
    }
    // privileges and comments of parts that are no objects stay with their whole
    let whole = |id: &ObjectId| {
        let (schema, name) = id.relation();
        let relation = catalog.relation(schema, name).or_else(|| catalog.type_named(schema, name));
        relation.is_some() || catalog.index_of_constraint(schema, name)
    };
    let said: BTreeSet<ObjectId> =
        catalog.attributes.keys().filter(|id| catalog.objects.contains_key(id) || whole(id)).cloned().collect();
    catalog.attributes.retain(|id, _| said.contains(id) && keep(id));
    for object in &catalog.unmanaged {
        let schema = object.schema.as_deref();
        if schema.is_none_or(|schema| catalog.has_schema(schema)) {
            let what = format!("{} {}", object.kind, object.identity);
            out.push(LeftOut { reason: "reconcile cannot manage it yet".into(), what });
        }
    }
    out.sort();
    out
}

/// Takes out what the mode of privileges leaves alone.
pub fn privileges(catalog: &mut Catalog, options: &Options) {
    let role = catalog.role.clone();
    for said in catalog.attributes.values_mut() {
        if options.privileges == PrivilegeMode::Off {
            said.owner.clone_from(&role);
            said.privileges = None;
        }
    }
}
