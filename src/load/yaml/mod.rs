//! The YAML form of a desired state.
//!
//! A document is turned into SQL statements that remember where each part of them was written, and the SQL reader
//! reads those: one reader, one meaning, one set of messages. What a value may be is decided by PostgreSQL's grammar;
//! this module knows the keys. Intent (`renamed_from`, `backfill`, `using`) travels inside the SQL as annotations.

mod check;
mod column;
mod common;
mod compose;
mod constraint;
mod fields;
mod index;
pub mod keys;
mod manage;
mod marks;
mod node;
mod raw;
mod routine;
mod schema;
mod table;
mod trigger;
mod types;
mod view;

use std::sync::Arc;

pub use manage::{DropRule, Drops, KINDS, Manage};

use crate::error::Result;
use crate::load::fragment::Fragment;
use crate::load::syntax;
use crate::source::Source;
use compose::{Context, Stage};
use fields::Fields;

/// The JSON Schema (draft 2020-12) of the format, for editors.
pub const SCHEMA: &str = include_str!("schema.json");

/// What a YAML file says.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The desired state as SQL, in an order that a server accepts wherever the file leaves one open.
    pub fragments: Vec<Fragment>,
    /// What the file set owns, when the file says so.
    pub manage: Option<Manage>,
}

/// Reads a YAML file. All independent errors are reported together, each with its place.
pub fn read(source: &Arc<Source>) -> Result<Document> {
    let Some(root) = node::read(source)? else { return Ok(Document::default()) };
    if matches!(root.value, node::Value::Null) {
        return Ok(Document::default());
    }
    let fields = Fields::new(&root, &keys::DOCUMENT)?;
    if let Some(node) = fields.get("reconcile") {
        let text = node.text()?;
        if text.text != "1" {
            let error = node.error(format!("unknown version of the format: {}", text.text));
            return Err(error.hint("this program reads version 1"));
        }
    }
    let mut context = Context::new(source);
    let manage = match fields.get("manage") {
        Some(node) => context.attempt(manage::manage(node)),
        None => None,
    };
    if let Some(entries) = context.attempt(fields.named("extensions")) {
        for entry in entries {
            context.part(|context| schema::extension(context, entry));
        }
    }
    if let Some(entries) = context.attempt(fields.named("schemas")) {
        for entry in entries {
            context.part(|context| schema::schema(context, entry));
        }
    }
    if let Some(node) = fields.get("sql") {
        context.part(|context| verbatim(context, node));
    }
    Ok(Document { fragments: context.finish()?, manage })
}

/// Keeps the statements under `sql:` as they are.
fn verbatim(context: &mut Context, node: &node::Node) -> Result<()> {
    for item in node.items()? {
        let text = item.text()?;
        let mut sql = context.sql(text);
        sql.verbatim(text);
        let fragment = sql.finish();
        syntax::parse(&fragment)?;
        context.keep(Stage::Verbatim, fragment);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
