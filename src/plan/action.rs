//! Parts of a plan before they have an order.

use std::collections::BTreeMap;

use super::Change;
use super::cascade;
use crate::catalog::{Catalog, ObjectId};
use crate::diff::{Difference, Verdict};
use crate::objects::{Kind, Object, Part, Statement};

/// What an action does, in the order in which actions on independent objects are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Gives another name.
    Rename,
    /// Drops.
    Drop,
    /// Creates.
    Create,
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
}

/// All actions of a difference, and which drops others carry.
pub fn collect(
    difference: &Difference,
    current: &Catalog,
    desired: &Catalog,
) -> (Vec<Action>, BTreeMap<ObjectId, ObjectId>) {
    let carried = cascade::carried(difference, current);
    let mut out = vec![];
    for (id, verdict) in difference {
        let (now, wanted) = (current.objects.get(id), desired.objects.get(id));
        let change = match verdict {
            Verdict::Create => Change::Create,
            Verdict::Drop => Change::Drop,
            Verdict::Alter { .. } => Change::Alter,
            Verdict::Replace => Change::Replace,
        };
        let why = why(change, now, wanted);
        let action = |verb: Verb, statements: Vec<Statement>, part: Option<Part>| Action {
            id: id.clone(),
            verb,
            change,
            statements,
            why: why.clone(),
            part,
        };
        if let Verdict::Alter { statements, .. } = verdict {
            out.push(action(Verb::Alter, statements.clone(), None));
            continue;
        }
        if let (Verdict::Drop | Verdict::Replace, Some(now)) = (verdict, now) {
            let statements = if carried.contains_key(id) { vec![] } else { now.drop(id) };
            out.push(action(Verb::Drop, statements, None));
        }
        if let (Verdict::Create | Verdict::Replace, Some(wanted)) = (verdict, wanted) {
            out.push(action(Verb::Create, wanted.create(id), wanted.part(id)));
        }
    }
    (out, carried)
}

/// Which difference an action removes: the fields that differ, old and new.
fn why(change: Change, now: Option<&Object>, wanted: Option<&Object>) -> String {
    match (change, now, wanted) {
        (Change::Create, _, _) => "in the files, not in the database".into(),
        (Change::Drop, _, _) => "in the database, not in the files".into(),
        (_, Some(now), Some(wanted)) if now == wanted => "depends on what changes".into(),
        (_, Some(now), Some(wanted)) => fields(now, wanted),
        _ => String::new(),
    }
}

fn fields(now: &Object, wanted: &Object) -> String {
    let (Ok(now), Ok(wanted)) = (serde_json::to_value(now), serde_json::to_value(wanted)) else { return String::new() };
    let flat = |value: serde_json::Value| -> BTreeMap<String, serde_json::Value> {
        let mut out = BTreeMap::new();
        flatten("", value, &mut out);
        out
    };
    let (now, wanted) = (flat(now), flat(wanted));
    let mut names: Vec<&String> =
        now.keys().chain(wanted.keys()).filter(|name| now.get(*name) != wanted.get(*name)).collect();
    names.sort();
    names.dedup();
    let shown = |value: Option<&serde_json::Value>| match value {
        None | Some(serde_json::Value::Null) => "none".to_string(),
        Some(serde_json::Value::String(text)) if text.chars().count() <= 40 => text.clone(),
        Some(serde_json::Value::String(_)) => "…".to_string(),
        Some(other) => other.to_string(),
    };
    let one = |name: &&String| {
        format!("{}: {} -> {}", name.replace('_', " "), shown(now.get(*name)), shown(wanted.get(*name)))
    };
    let listed: Vec<String> = names.iter().take(4).map(one).collect();
    if listed.is_empty() { "the definition changes".into() } else { listed.join(", ") }
}

fn flatten(name: &str, value: serde_json::Value, out: &mut BTreeMap<String, serde_json::Value>) {
    match value {
        serde_json::Value::Object(map) if map.contains_key("sql") && map.contains_key("typmod") => {
            out.insert(name.to_string(), map.get("sql").cloned().unwrap_or_default());
        }
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                let name = if name.is_empty() { key } else { format!("{name}.{key}") };
                flatten(&name, value, out);
            }
        }
        serde_json::Value::String(text) if text.contains('(') && name != "sql" => {
            // a normal form is for machines
            out.insert(
                name.to_string(),
                serde_json::Value::String(if text.starts_with('(') { format!("…{:08x}", hash(&text)) } else { text }),
            );
        }
        other => {
            out.insert(name.to_string(), other);
        }
    }
}

fn hash(text: &str) -> u32 {
    text.bytes().fold(2_166_136_261, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619))
}

/// The names that an object occupies; two objects cannot have one in common. Routines could, by their arguments, but
/// a call must not find an old one beside the new one that it is meant for.
pub fn slots(id: &ObjectId, object: Option<&Object>) -> Vec<(crate::objects::Space, Vec<String>)> {
    let mut out = vec![(id.kind.space(), id.names.clone())];
    match (id.kind, object) {
        (Kind::Constraint, Some(Object::Constraint(constraint))) if !constraint.is_check() => {
            out.push((crate::objects::Space::Relation, vec![id.names[0].clone(), id.name().to_string()]));
        }
        (Kind::Table | Kind::View | Kind::MaterializedView | Kind::CompositeType, _) => {
            out.push((crate::objects::Space::Type, id.names.clone()));
        }
        _ => {}
    }
    out
}
