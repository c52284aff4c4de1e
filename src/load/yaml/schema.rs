//! Extensions, and schemas with what they hold.

use super::check::{self, checked};
use super::common::{self, Object, clause};
use super::compose::{Context, Stage, check_name, quote};
use super::fields::Fields;
use super::node::{Entry, Scalar};
use super::{keys, routine, table, types, view};
use crate::error::Result;

/// Writes an extension.
pub fn extension(context: &mut Context, entry: &Entry) -> Result<()> {
    check_name(&context.source, &entry.key)?;
    let fields = Fields::new(&entry.value, &keys::EXTENSION)?;
    let mut sql = context.sql(&entry.key);
    sql.text("CREATE EXTENSION ").name(&entry.key);
    clause(&mut sql, &fields, "schema", " SCHEMA ", &check::NAME)?;
    if let Some(version) = fields.text("version")? {
        sql.text(" VERSION ").literal(version);
    }
    context.emit(Stage::Extension, sql);
    common::comment(context, &fields, "EXTENSION", &quote(&entry.key.text))
}

/// Writes a schema and everything in it. The schema `public` is there already.
pub fn schema(context: &mut Context, entry: &Entry) -> Result<()> {
    check_name(&context.source, &entry.key)?;
    let fields = Fields::new(&entry.value, &keys::SCHEMA)?;
    let object = Object { kind: "SCHEMA", name: quote(&entry.key.text), key: entry.key.clone() };
    if entry.key.text != "public" {
        let mut sql = context.sql(&entry.key);
        common::renamed(&mut sql, &fields)?;
        sql.text("CREATE SCHEMA IF NOT EXISTS ").name(&entry.key);
        context.emit(Stage::Schema, sql);
    } else if let Some(wrong) = fields.entry("renamed_from") {
        return Err(context.error(&wrong.key, "the schema public is there already and cannot be another one renamed"));
    }
    context.part(|context| common::attributes(context, &fields, &object));
    context.part(|context| default_privileges(context, &fields, &object));
    each(context, &fields, "types", |context, item| types::user_type(context, &entry.key, item));
    each(context, &fields, "sequences", |context, item| types::sequence(context, &entry.key, item));
    each(context, &fields, "tables", |context, item| table::table(context, &entry.key, item));
    each(context, &fields, "views", |context, item| view::view(context, &entry.key, item));
    each(context, &fields, "materialized_views", |context, item| view::materialized(context, &entry.key, item));
    each(context, &fields, "functions", |context, item| routine::routine(context, &entry.key, item, false));
    each(context, &fields, "procedures", |context, item| routine::routine(context, &entry.key, item, true));
    Ok(())
}

/// Reads each object under a key; an error in one does not hide those of the others.
fn each(
    context: &mut Context,
    fields: &Fields<'_>,
    key: &str,
    mut read: impl FnMut(&mut Context, &Entry) -> Result<()>,
) {
    if let Some(entries) = context.attempt(fields.named(key)) {
        for entry in entries {
            context.part(|context| read(context, entry));
        }
    }
}

fn default_privileges(context: &mut Context, fields: &Fields<'_>, schema: &Object) -> Result<()> {
    let Some(list) = fields.get("default_privileges") else { return Ok(()) };
    for item in list.list()? {
        let fields = Fields::new(item, &keys::DEFAULT_PRIVILEGES)?;
        fields.need("objects")?;
        let kinds = ["tables", "sequences", "functions", "routines", "types"];
        let objects = fields.word("objects", &kinds)?.unwrap_or_default().to_uppercase();
        let role: Option<&Scalar> = fields.get("for").map(|node| checked(node, &check::ROLE)).transpose()?;
        // the line ends behind the role because it may end in a comment
        let owner = role.map_or(String::new(), |role| format!(" FOR ROLE {}\n", role.text.trim()));
        let prefix = format!("ALTER DEFAULT PRIVILEGES{owner} IN SCHEMA {} ", schema.name);
        fields.need("grants")?;
        if let Some(entry) = fields.entry("grants") {
            common::grants(context, entry, schema, &prefix, &objects)?;
        }
    }
    Ok(())
}
