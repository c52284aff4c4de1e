//! Indexes and statistics objects.

use super::check::{self, checked};
use super::column::integer;
use super::common::{self, Object, clause, columns, flag, renamed};
use super::compose::{Context, Stage, check_name, quote};
use super::constraint::{include, long};
use super::fields::Fields;
use super::keys;
use super::node::{Entry, Scalar};
use crate::error::Result;

/// Writes an index of a table or materialized view.
pub fn index(context: &mut Context, schema: &Scalar, table: &Object, entry: &Entry, known: &[&str]) -> Result<()> {
    check_name(&context.source, &entry.key)?;
    let mut sql = context.sql(&entry.key);
    let Some(fields) = long(&entry.value, &keys::INDEX)? else {
        sql.text("CREATE INDEX ").name(&entry.key).text(&format!(" ON {} ", table.name));
        columns(&mut sql, &entry.value, &check::INDEX_ELEMENT, known)?;
        context.emit(Stage::Index, sql);
        return Ok(());
    };
    renamed(&mut sql, &fields)?;
    sql.text(if fields.flag("unique")? { "CREATE UNIQUE INDEX " } else { "CREATE INDEX " }).name(&entry.key);
    sql.text(" ON ");
    flag(&mut sql, &fields, "only", "ONLY ")?;
    sql.text(&table.name);
    clause(&mut sql, &fields, "method", " USING ", &check::NAME)?;
    sql.text(" ");
    columns(&mut sql, fields.need("columns")?, &check::INDEX_ELEMENT, known)?;
    include(&mut sql, &fields, known)?;
    flag(&mut sql, &fields, "nulls_not_distinct", " NULLS NOT DISTINCT")?;
    common::options(&mut sql, &fields)?;
    clause(&mut sql, &fields, "tablespace", " TABLESPACE ", &check::NAME)?;
    common::condition(&mut sql, &fields, "where", " WHERE ")?;
    context.emit(Stage::Index, sql);
    let name = format!("{}.{}", quote(&schema.text), quote(&entry.key.text));
    for Entry { key, value } in fields.named("statistics")? {
        if !key.text.parse::<u16>().is_ok_and(|number| number > 0) {
            let error = context.error(key, format!("\"{}\" is not the number of a column", key.text));
            return Err(error.hint("count the columns of the index from \"1\""));
        }
        integer(value)?;
        let mut sql = context.sql(key);
        sql.text(&format!("ALTER INDEX {name} ALTER COLUMN {} SET STATISTICS ", key.text)).value(value.text()?);
        context.emit(Stage::After, sql);
    }
    common::comment(context, &fields, "INDEX", &name)
}

/// Writes an extended statistics object of a table.
pub fn statistics(context: &mut Context, schema: &Scalar, table: &Object, entry: &Entry, known: &[&str]) -> Result<()> {
    let object = Object::new(context, "STATISTICS", schema, &entry.key)?;
    let fields = Fields::new(&entry.value, &keys::STATISTICS)?;
    let mut sql = context.sql(&entry.key);
    renamed(&mut sql, &fields)?;
    sql.text(&format!("CREATE STATISTICS {}", object.name));
    if let Some(node) = fields.get("kinds") {
        columns(sql.text(" "), node, &check::STATISTICS_KIND, &[])?;
    }
    sql.text(" ON ").list(fields.need("columns")?.items()?, |sql, item| {
        let text = item.text()?;
        match known.contains(&text.text.as_str()) {
            true => sql.name(text),
            false => sql.value(checked(item, &check::STATISTICS_ELEMENT)?),
        };
        Ok(())
    })?;
    sql.text(&format!(" FROM {}", table.name));
    context.emit(Stage::Index, sql);
    if let Some(node) = fields.get("target") {
        integer(node)?;
        let mut sql = context.sql(&entry.key);
        sql.text(&format!("ALTER STATISTICS {} SET STATISTICS ", object.name)).value(node.text()?);
        context.emit(Stage::After, sql);
    }
    common::owner(context, &fields, &object)?;
    common::comment(context, &fields, object.kind, &object.name)
}
