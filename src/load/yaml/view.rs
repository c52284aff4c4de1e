//! Views and materialized views.

use super::check::{self, query};
use super::common::{self, Object, clause};
use super::compose::{Context, Sql, Stage, check_name, name_of, quote};
use super::fields::Fields;
use super::keys;
use super::node::{Entry, Scalar};
use super::{index, trigger};
use crate::error::Result;

/// Writes a view.
pub fn view(context: &mut Context, schema: &Scalar, entry: &Entry) -> Result<()> {
    let fields = Fields::new(&entry.value, &keys::VIEW)?;
    let object = Object::new(context, "VIEW", schema, &entry.key)?;
    let mut sql = context.sql(&entry.key);
    common::renamed(&mut sql, &fields)?;
    sql.text("CREATE VIEW ").blamed(&entry.key, &object.name);
    columns(&mut sql, &fields)?;
    common::options(&mut sql, &fields)?;
    sql.text(" AS\n").value(&query(fields.need("query")?)?);
    if let Some(word) = fields.word("check_option", &["local", "cascaded"])? {
        sql.text(&format!("\nWITH {} CHECK OPTION", word.to_uppercase()));
    }
    context.emit(Stage::View, sql);
    comments(context, &fields, &object)?;
    for entry in fields.named("triggers")? {
        context.part(|context| trigger::trigger(context, &object, entry));
    }
    common::attributes(context, &fields, &object)
}

/// Writes a materialized view with its indexes.
pub fn materialized(context: &mut Context, schema: &Scalar, entry: &Entry) -> Result<()> {
    let fields = Fields::new(&entry.value, &keys::MATERIALIZED_VIEW)?;
    let object = Object::new(context, "MATERIALIZED VIEW", schema, &entry.key)?;
    let mut sql = context.sql(&entry.key);
    common::renamed(&mut sql, &fields)?;
    sql.text("CREATE MATERIALIZED VIEW ").blamed(&entry.key, &object.name);
    columns(&mut sql, &fields)?;
    clause(&mut sql, &fields, "access_method", " USING ", &check::NAME)?;
    common::options(&mut sql, &fields)?;
    clause(&mut sql, &fields, "tablespace", " TABLESPACE ", &check::NAME)?;
    sql.text(" AS\n").value(&query(fields.need("query")?)?);
    if let Some(with_data) = fields.boolean("with_data")? {
        sql.text(if with_data { "\nWITH DATA" } else { "\nWITH NO DATA" });
    }
    context.emit(Stage::View, sql);
    for entry in fields.named("indexes")? {
        context.part(|context| index::index(context, schema, &object, entry, &[]));
    }
    if let Some(entry) = fields.entry("cluster_on") {
        let mut sql = context.sql(&entry.key);
        sql.text(&format!("ALTER MATERIALIZED VIEW {} CLUSTER ON ", object.name)).name(name_of(&entry.value)?);
        context.emit(Stage::After, sql);
    }
    comments(context, &fields, &object)?;
    common::attributes(context, &fields, &object)
}

fn columns(sql: &mut Sql, fields: &Fields<'_>) -> Result<()> {
    let items = fields.items("columns")?;
    if items.is_empty() {
        return Ok(());
    }
    sql.text(" (").list(items, |sql, item| {
        sql.name(name_of(item)?);
        Ok(())
    })?;
    sql.text(")");
    Ok(())
}

fn comments(context: &mut Context, fields: &Fields<'_>, object: &Object) -> Result<()> {
    for Entry { key, value } in fields.named("column_comments")? {
        check_name(&context.source, key)?;
        common::comment_on(context, value, "COLUMN", &format!("{}.{}", object.name, quote(&key.text)))?;
    }
    Ok(())
}
