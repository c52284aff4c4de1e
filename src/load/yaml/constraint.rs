//! Constraints with a name: keys, checks, exclusion constraints, foreign keys.

use super::check::{self, checked};
use super::common::{self, Object, clause, columns, deferrable, flag};
use super::compose::{Context, Sql, Stage, check_name, name_of, quote};
use super::fields::Fields;
use super::keys;
use super::node::{Entry, Node, Scalar, Value};
use crate::error::Result;

/// The map of a long form; `None` when the short form is given.
pub fn long<'a>(node: &'a Node, keys: &'static keys::Keys) -> Result<Option<Fields<'a>>> {
    match node.value {
        Value::Map(_) => Fields::new(node, keys).map(Some),
        _ => Ok(None),
    }
}

/// Writes a primary key or unique constraint; `name` is the key of the map that holds it.
pub fn key(sql: &mut Sql, name: Option<&Scalar>, node: &Node, words: &str, known: &[&str]) -> Result<()> {
    let fields = long(node, &keys::KEY)?;
    if let Some(fields) = &fields {
        common::renamed(sql, fields)?;
    }
    let inner_name = fields.as_ref().and_then(|fields| fields.get("name"));
    match (name, inner_name) {
        (Some(_), Some(node)) => return Err(node.error("the name is the key already")),
        (Some(name), None) => {
            sql.text("CONSTRAINT ").name(name).text(" ");
        }
        (None, Some(node)) => {
            sql.text("CONSTRAINT ").name(name_of(node)?).text(" ");
        }
        (None, None) => {}
    }
    sql.text(words).text(" ");
    let Some(fields) = fields else { return columns(sql, node, &check::KEY_COLUMN, known) };
    if fields.flag("nulls_not_distinct")? {
        if words == "PRIMARY KEY" {
            return Err(fields.need("nulls_not_distinct")?.error("a primary key holds no nulls"));
        }
        sql.text("NULLS NOT DISTINCT ");
    }
    columns(sql, fields.need("columns")?, &check::KEY_COLUMN, known)?;
    include(sql, &fields, known)?;
    common::options(sql, &fields)?;
    clause(sql, &fields, "tablespace", " USING INDEX TABLESPACE ", &check::NAME)?;
    deferrable(sql, &fields)
}

/// Writes ` INCLUDE (…)`.
pub fn include(sql: &mut Sql, fields: &Fields<'_>, known: &[&str]) -> Result<()> {
    if let Some(node) = fields.get("include") {
        sql.text(" INCLUDE ");
        columns(sql, node, &check::PLAIN_COLUMN, known)?;
    }
    Ok(())
}

/// Writes a check; `false` when it must be added later, because it is not valid yet.
pub fn check_constraint(sql: &mut Sql, entry: &Entry, later: bool) -> Result<bool> {
    let fields = long(&entry.value, &keys::CHECK)?;
    let not_valid = fields.as_ref().map_or(Ok(false), |fields| fields.flag("not_valid"))?;
    if not_valid != later {
        return Ok(false);
    }
    if let Some(fields) = &fields
        && !later
    {
        common::renamed(sql, fields)?;
    }
    let expression = match &fields {
        Some(fields) => fields.need("check")?,
        None => &entry.value,
    };
    sql.text("CONSTRAINT ").name(&entry.key).text(" CHECK ");
    sql.expression(checked(expression, &check::EXPRESSION)?);
    if let Some(fields) = &fields {
        flag(sql, fields, "no_inherit", " NO INHERIT")?;
        flag(sql, fields, "not_enforced", " NOT ENFORCED")?;
    }
    if later {
        sql.text(" NOT VALID");
    }
    Ok(true)
}

/// Writes an exclusion constraint.
pub fn exclude(sql: &mut Sql, entry: &Entry, known: &[&str]) -> Result<()> {
    let Some(fields) = long(&entry.value, &keys::EXCLUDE)? else {
        let tail = checked(&entry.value, &check::EXCLUDE)?;
        sql.text("CONSTRAINT ").name(&entry.key).text(" EXCLUDE ").value(tail);
        return Ok(());
    };
    common::renamed(sql, &fields)?;
    sql.text("CONSTRAINT ").name(&entry.key).text(" EXCLUDE");
    clause(sql, &fields, "method", " USING ", &check::NAME)?;
    sql.text(" (");
    common::values(sql, fields.need("elements")?.items()?, &check::EXCLUDE_ELEMENT)?;
    sql.text(")");
    include(sql, &fields, known)?;
    common::options(sql, &fields)?;
    clause(sql, &fields, "tablespace", " USING INDEX TABLESPACE ", &check::NAME)?;
    common::condition(sql, &fields, "where", " WHERE ")?;
    deferrable(sql, &fields)
}

/// Writes a foreign key in a statement of its own, because the table that it refers to may come later.
pub fn foreign_key(context: &mut Context, table: &Object, entry: &Entry, known: &[&str]) -> Result<()> {
    check_name(&context.source, &entry.key)?;
    let mut sql = context.sql(&entry.key);
    let fields = long(&entry.value, &keys::FOREIGN_KEY)?;
    if let Some(fields) = &fields {
        common::renamed(&mut sql, fields)?;
    }
    sql.text(&format!("ALTER TABLE {} ADD CONSTRAINT ", table.name)).name(&entry.key).text(" FOREIGN KEY ");
    let Some(fields) = fields else {
        sql.value(checked(&entry.value, &check::FOREIGN_KEY)?);
        context.emit(Stage::Constraint, sql);
        return Ok(());
    };
    columns(&mut sql, fields.need("columns")?, &check::PLAIN_COLUMN, known)?;
    sql.text(" REFERENCES ").value(checked(fields.need("references")?, &check::REFERENCES)?);
    if let Some(word) = fields.word("match", &["simple", "full"])? {
        sql.text(&format!(" MATCH {}", word.to_uppercase()));
    }
    clause(&mut sql, &fields, "on_delete", " ON DELETE ", &check::ACTION)?;
    clause(&mut sql, &fields, "on_update", " ON UPDATE ", &check::ACTION)?;
    deferrable(&mut sql, &fields)?;
    flag(&mut sql, &fields, "not_enforced", " NOT ENFORCED")?;
    flag(&mut sql, &fields, "not_valid", " NOT VALID")?;
    context.emit(Stage::Constraint, sql);
    comment(context, table, entry, &keys::FOREIGN_KEY)
}

/// Writes the comment of a constraint that is given in its long form.
pub fn comment(context: &mut Context, table: &Object, entry: &Entry, keys: &'static keys::Keys) -> Result<()> {
    let Some(fields) = long(&entry.value, keys)? else { return Ok(()) };
    let kind = format!("CONSTRAINT {} ON", quote(&entry.key.text));
    let on = match table.kind {
        "DOMAIN" => format!("DOMAIN {}", table.name),
        _ => table.name.clone(),
    };
    common::comment(context, &fields, &kind, &on)
}
