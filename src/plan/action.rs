//! Parts of a plan before they have an order.

use std::collections::BTreeMap;

use super::{Change, cascade, why};
use crate::catalog::{Catalog, ObjectId};
use crate::diff::{Difference, Verdict};
use crate::objects::{AlterContext, Kind, Object, Part, Statement};

/// What an action does, in the order in which actions on independent objects are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Gives another name.
    Rename,
    /// Drops.
    Drop,
    /// Creates.
    Create,
    /// Brings the rows of what was set aside.
    Fill,
    /// Changes in place.
    Alter,
    /// Sets owner, privileges, comment.
    Attribute,
}

/// One thing that happens to one object.
#[derive(Clone, Debug)]
pub struct Action {
    /// The object.
    pub id: ObjectId,
    /// What happens.
    pub verb: Verb,
    /// How the change is shown.
    pub change: Change,
    /// In order.
    pub statements: Vec<Statement>,
    /// Why, in words.
    pub why: String,
    /// The text inside the CREATE statement of another object.
    pub part: Option<Part>,
    /// The statement that takes it back, where the two states do not say.
    pub undo: Option<String>,
}

/// All actions of a difference, and which drops others carry.
pub fn collect(
    difference: &Difference,
    current: &Catalog,
    desired: &Catalog,
) -> (Vec<Action>, BTreeMap<ObjectId, ObjectId>) {
    let carried = cascade::carried(difference, current, desired);
    let context = AlterContext { current, desired, major: u32::from(current.facts.major()) };
    let mut out = vec![];
    for (id, verdict) in difference {
        let (now, wanted) = (current.objects.get(id), desired.objects.get(id));
        let change = match verdict {
            Verdict::Create => Change::Create,
            Verdict::Drop => Change::Drop,
            Verdict::Alter { .. } => Change::Alter,
            Verdict::Replace => Change::Replace,
        };
        let why = why::change(id, change, current, desired, difference);
        let action = |verb: Verb, statements: Vec<Statement>, part: Option<Part>| Action {
            id: id.clone(),
            verb,
            change,
            statements,
            why: match (change, verb) {
                (Change::Replace, Verb::Drop) => format!("dropped to be created anew: {why}"),
                (Change::Replace, Verb::Create) => format!("created anew: {why}"),
                _ => why.clone(),
            },
            part,
            undo: None,
        };
        if let Verdict::Alter { statements, .. } = verdict {
            out.push(action(Verb::Alter, statements.clone(), None));
            continue;
        }
        if let (Verdict::Drop | Verdict::Replace, Some(now)) = (verdict, now) {
            let own = leaves_parents(id, current, desired).then(|| now.on_its_own());
            let statements =
                if carried.contains_key(id) { vec![] } else { own.as_ref().unwrap_or(now).drop_towards(id, &context) };
            out.push(action(Verb::Drop, statements, None));
        }
        if let (Verdict::Create | Verdict::Replace, Some(wanted)) = (verdict, wanted) {
            let wanted = as_made(id, wanted, current, desired);
            out.extend(wanted.stand_in(id).map(|(stand_in, object)| Action {
                statements: object.create(&stand_in),
                why: format!("{id} needs what names it"),
                id: stand_in,
                ..action(Verb::Create, vec![], None)
            }));
            let mut statements = wanted.create(id);
            statements.extend(wanted.settle(id, &context));
            let part = wanted.part(id).filter(|_| !wanted.merges_with_another(id, desired));
            out.push(action(Verb::Create, statements, part));
        }
    }
    (out, carried)
}

/// A new object as it is made: what only the new parents of its table have cannot come from them yet.
pub fn as_made(id: &ObjectId, wanted: &Object, current: &Catalog, desired: &Catalog) -> Object {
    if joins_parents(id, current, desired) { wanted.on_its_own() } else { wanted.clone() }
}

/// Whether the object belongs to a table that exists without parents: what these have is not there yet.
fn joins_parents(id: &ObjectId, current: &Catalog, desired: &Catalog) -> bool {
    let table = id.parent(Kind::Table);
    id.names.len() > 2
        && match current.objects.contains_key(&table) {
            true => crate::objects::is_brought_along(id, current, desired),
            false => crate::objects::joins_later(desired, &table),
        }
}

/// Whether the object belongs to a table that loses its parents: what these brought along stays with the table.
fn leaves_parents(id: &ObjectId, current: &Catalog, desired: &Catalog) -> bool {
    let table = id.parent(Kind::Table);
    id.names.len() > 2 && crate::objects::leaves_parents(current, desired, &table)
}

/// The names that an object occupies; two objects cannot have one in common. Routines could, by their arguments, but
/// a call must not find an old one beside the new one that it is meant for.
pub fn slots(id: &ObjectId, object: Option<&Object>) -> Vec<(crate::objects::Space, Vec<String>)> {
    let mut out = vec![(id.kind.space(), id.names.to_vec())];
    match (id.kind, object) {
        (Kind::Constraint, Some(Object::Constraint(constraint))) if !constraint.is_check() => {
            out.push((crate::objects::Space::Relation, vec![id.names[0].clone(), id.name().to_string()]));
            let part = |what: String| {
                let table = id.names[..id.names.len() - 1].iter().cloned();
                (id.kind.space(), table.chain([String::new(), what]).collect())
            };
            // a table has one primary key, whatever its name
            if constraint.primary_key().is_some() {
                out.push(part("primary key".into()));
            }
            // a foreign key would take whichever key over its columns is there
            out.extend(constraint.key().map(|columns| part(columns.join("\n"))));
        }
        (Kind::Table | Kind::View | Kind::MaterializedView | Kind::CompositeType, _) => {
            out.push((crate::objects::Space::Type, id.names.to_vec()));
        }
        (Kind::Column, Some(Object::Column(column))) if column.identity.is_some() => {
            let (schema, table) = id.relation();
            let sequence = crate::name::generated(table, Some(id.name()), "seq");
            out.push((crate::objects::Space::Relation, vec![schema.to_string(), sequence]));
        }
        _ => {}
    }
    out
}

/// The same with the names that it takes beside its own, which a rename leaves as they are.
pub fn all_slots(id: &ObjectId, object: Option<&Object>) -> Vec<(crate::objects::Space, Vec<String>)> {
    let mut out = slots(id, object);
    out.extend(object.map(|object| object.more_names(id)).unwrap_or_default());
    out
}
