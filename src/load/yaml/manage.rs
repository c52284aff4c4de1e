//! What a set of files owns.

use std::collections::BTreeMap;

use super::fields::{Fields, nearest, word};
use super::keys;
use super::node::{Entry, Node, Value};
use crate::error::Result;
use crate::source::Location;

/// What a document says under `manage`.
#[derive(Debug, Clone)]
pub struct Manage {
    /// Where it says so.
    pub location: Location,
    /// The schemas that the files own, each with its place; `None` when nothing is said.
    pub schemas: Option<Vec<(String, Location)>>,
    /// Whether roles are created too, and not only referred to.
    pub roles: bool,
    /// What may be dropped.
    pub drop: Drops,
}

/// How a drop is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropRule {
    /// Objects that the files lack stay.
    Never,
    /// Drops are planned, and refused without approval.
    Ask,
    /// Drops are planned and carried out.
    Allow,
}

/// How drops are treated, kind by kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drops {
    /// For kinds that are not in `kinds`; `None` when nothing is said.
    pub otherwise: Option<DropRule>,
    /// By kind, in PostgreSQL's words, such as `materialized view`.
    pub kinds: BTreeMap<String, DropRule>,
}

/// The kinds that a rule for drops can name, in the spelling of the format.
pub const KINDS: &[&str] = &[
    "schema",
    "extension",
    "table",
    "column",
    "column_default",
    "constraint",
    "index",
    "sequence",
    "view",
    "materialized_view",
    "type",
    "domain",
    "function",
    "procedure",
    "trigger",
    "policy",
    "statistics",
];

/// Reads `manage`.
pub fn manage(node: &Node) -> Result<Manage> {
    let fields = Fields::new(node, &keys::MANAGE)?;
    let schemas = match fields.get("schemas") {
        Some(node) => {
            let names =
                node.items()?.iter().map(|item| Ok((super::compose::name_of(item)?.text.clone(), item.location())));
            Some(names.collect::<Result<_>>()?)
        }
        None => None,
    };
    let mut drop = Drops { otherwise: None, kinds: BTreeMap::new() };
    match fields.get("drop") {
        Some(node) if matches!(node.value, Value::Map(_)) => {
            for entry in node.map()? {
                drop.kinds.insert(kind(node, entry)?, rule(&entry.value)?);
            }
        }
        Some(node) => drop.otherwise = Some(rule(node)?),
        None => {}
    }
    Ok(Manage { location: node.location(), schemas, roles: fields.flag("roles")?, drop })
}

fn kind(node: &Node, entry: &Entry) -> Result<String> {
    let text = entry.key.text.as_str();
    if KINDS.contains(&text) {
        return Ok(text.replace('_', " "));
    }
    let place = Location::new(&node.source, entry.key.span.start, entry.key.span.end);
    let error = crate::error::Error::new(format!("unknown kind of object \"{text}\"")).at(&place);
    Err(error.hint(match nearest(text, KINDS) {
        Some(word) => format!("did you mean \"{word}\"?"),
        None => format!("known kinds: {}", KINDS.join(", ")),
    }))
}

fn rule(node: &Node) -> Result<DropRule> {
    Ok(match word(node, &["never", "ask", "allow"])? {
        "never" => DropRule::Never,
        "ask" => DropRule::Ask,
        _ => DropRule::Allow,
    })
}
