//! Tables with everything that belongs to them, and their partitions.

use super::check::{self, checked};
use super::column::{self, Place};
use super::common::{self, Object, clause};
use super::compose::{Context, Sql, Stage, check_name, name_of};
use super::constraint;
use super::fields::Fields;
use super::keys;
use super::node::{Entry, Node, Scalar, Value};
use super::{index, trigger};
use crate::error::Result;

/// Writes a table.
pub fn table(context: &mut Context, schema: &Scalar, entry: &Entry) -> Result<()> {
    let fields = Fields::new(&entry.value, &keys::TABLE)?;
    let typed = fields.get("of");
    if let (Some(_), Some(node)) = (typed, fields.get("inherits")) {
        return Err(node.error("a table of a composite type cannot inherit"));
    }
    let table = Object::new(context, "TABLE", schema, &entry.key)?;
    let known: Vec<&str> = fields.named("columns")?.iter().map(|column| column.key.text.as_str()).collect();
    let mut sql = start(context, &fields, &table)?;
    if let Some(node) = typed {
        sql.text(" OF ").value(checked(node, &check::TYPE)?);
    }
    let place = if typed.is_some() { Place::Override } else { Place::Own };
    body(context, &mut sql, &fields, place, &known)?;
    if let Some(node) = fields.get("inherits") {
        sql.text(" INHERITS (");
        common::values(&mut sql, node.items()?, &check::QUALIFIED)?;
        sql.text(")");
    }
    finish(context, sql, &fields)?;
    rest(context, schema, &table, &fields, &known)
}

fn start(context: &Context, fields: &Fields<'_>, table: &Object) -> Result<Sql> {
    let mut sql = context.sql(&table.key);
    common::renamed(&mut sql, fields)?;
    sql.text(if fields.flag("unlogged")? { "CREATE UNLOGGED TABLE " } else { "CREATE TABLE " });
    sql.blamed(&table.key, &table.name);
    Ok(sql)
}

/// Writes the list in parentheses: columns, `LIKE`, constraints.
fn body(context: &mut Context, sql: &mut Sql, fields: &Fields<'_>, place: Place, known: &[&str]) -> Result<()> {
    let mut parts = vec![];
    for entry in fields.named("columns")? {
        let mut part = context.sql(&entry.key);
        if let Some(true) = context.attempt(column::element(context, &mut part, entry, place)) {
            parts.push(part.finish());
        }
    }
    if place == Place::Own
        && let Some(node) = fields.get("like")
    {
        for item in node.items()? {
            let mut part = sql.branch();
            part.text("LIKE ").value(checked(item, &check::LIKE)?);
            parts.push(part.finish());
        }
    }
    if let Some(entry) = fields.entry("primary_key") {
        let mut part = context.sql(&entry.key);
        constraint::key(&mut part, None, &entry.value, "PRIMARY KEY", known)?;
        parts.push(part.finish());
    }
    for key in ["unique", "checks", "exclude"] {
        for entry in fields.named(key)? {
            let mut part = context.sql(&entry.key);
            let written = named_constraint(context, &mut part, key, entry, known);
            if let Some(true) = context.attempt(written) {
                parts.push(part.finish());
            }
        }
    }
    if parts.is_empty() && place == Place::Override {
        return Ok(());
    }
    sql.text(" (");
    for (number, part) in parts.iter().enumerate() {
        sql.text(if number > 0 { ",\n" } else { "\n" }).append(part);
    }
    sql.text("\n)");
    Ok(())
}

fn named_constraint(context: &Context, sql: &mut Sql, kind: &str, entry: &Entry, known: &[&str]) -> Result<bool> {
    check_name(&context.source, &entry.key)?;
    match kind {
        "unique" => constraint::key(sql, Some(&entry.key), &entry.value, "UNIQUE", known).map(|()| true),
        "checks" => constraint::check_constraint(sql, entry, false),
        _ => constraint::exclude(sql, entry, known).map(|()| true),
    }
}

/// Writes what follows the list: partition key, access method, options, tablespace.
fn finish(context: &mut Context, mut sql: Sql, fields: &Fields<'_>) -> Result<()> {
    clause(&mut sql, fields, "partition_by", " PARTITION BY ", &check::PARTITION_KEY)?;
    clause(&mut sql, fields, "access_method", " USING ", &check::NAME)?;
    common::options(&mut sql, fields)?;
    clause(&mut sql, fields, "tablespace", " TABLESPACE ", &check::NAME)?;
    context.emit(Stage::Table, sql);
    Ok(())
}

/// Writes everything about a table that stands in statements of its own.
fn rest(context: &mut Context, schema: &Scalar, table: &Object, fields: &Fields<'_>, known: &[&str]) -> Result<()> {
    context.part(|context| common::attributes(context, fields, table));
    for entry in fields.named("columns")? {
        context.part(|context| column::attributes(context, table, entry));
    }
    if let Some(entry) = fields.entry("primary_key")
        && let Some(key) = constraint::long(&entry.value, &keys::KEY)?
        && let Some(comment) = key.get("comment")
    {
        let Some(node) = key.get("name") else {
            return Err(comment.error("a primary key needs a name to have a comment").hint("add the key \"name\""));
        };
        let named = Entry { key: name_of(node)?.clone(), value: entry.value.clone() };
        constraint::comment(context, table, &named, &keys::KEY)?;
    }
    for (key, keys) in [("unique", &keys::KEY), ("checks", &keys::CHECK), ("exclude", &keys::EXCLUDE)] {
        for entry in fields.named(key)? {
            context.part(|context| constraint::comment(context, table, entry, keys));
        }
    }
    for entry in fields.named("checks")? {
        context.part(|context| late_check(context, table, entry));
    }
    for entry in fields.named("foreign_keys")? {
        context.part(|context| constraint::foreign_key(context, table, entry, known));
    }
    for entry in fields.named("indexes")? {
        context.part(|context| index::index(context, schema, table, entry, known));
    }
    for entry in fields.named("statistics")? {
        context.part(|context| index::statistics(context, schema, table, entry, known));
    }
    for entry in fields.named("triggers")? {
        context.part(|context| trigger::trigger(context, table, entry));
    }
    for entry in fields.named("policies")? {
        context.part(|context| trigger::policy(context, table, entry));
    }
    switches(context, table, fields)?;
    for entry in fields.named("partitions")? {
        if fields.get("partition_by").is_none() {
            return Err(context.error(&entry.key, "a table with partitions needs the key \"partition_by\""));
        }
        context.part(|context| partition(context, schema, table, entry, known));
    }
    Ok(())
}

fn late_check(context: &mut Context, table: &Object, entry: &Entry) -> Result<()> {
    let mut sql = context.sql(&entry.key);
    if let Some(fields) = constraint::long(&entry.value, &keys::CHECK)? {
        common::renamed(&mut sql, &fields)?;
    }
    sql.text(&format!("ALTER TABLE {} ADD ", table.name));
    if constraint::check_constraint(&mut sql, entry, true)? {
        context.emit(Stage::Constraint, sql);
    }
    Ok(())
}

/// Row security, replica identity and the index for `CLUSTER`.
fn switches(context: &mut Context, table: &Object, fields: &Fields<'_>) -> Result<()> {
    let mut statements: Vec<(&str, String, Option<&Scalar>)> = vec![];
    if let Some(word) = fields.word("row_security", &["disabled", "enabled", "forced"])? {
        let actions: &[&str] = match word {
            "disabled" => &["DISABLE"],
            "enabled" => &["ENABLE"],
            _ => &["ENABLE", "FORCE"],
        };
        let written = actions.iter().map(|action| ("row_security", format!("{action} ROW LEVEL SECURITY"), None));
        statements.extend(written);
    }
    if let Some(node) = fields.get("replica_identity") {
        if let Value::Map(_) = node.value {
            let index = name_of(Fields::new(node, &keys::REPLICA_IDENTITY)?.need("index")?)?;
            statements.push(("replica_identity", "REPLICA IDENTITY USING INDEX ".into(), Some(index)));
        } else {
            let word = super::fields::word(node, &["default", "full", "nothing"])
                .map_err(|error| error.hint("for an index write {index: its_name}"))?;
            statements.push(("replica_identity", format!("REPLICA IDENTITY {}", word.to_uppercase()), None));
        }
    }
    if let Some(node) = fields.get("cluster_on") {
        statements.push(("cluster_on", "CLUSTER ON ".into(), Some(name_of(node)?)));
    }
    for (key, action, name) in statements {
        let Some(entry) = fields.entry(key) else { continue };
        let mut sql = context.sql(&entry.key);
        sql.text(&format!("ALTER TABLE {} {action}", table.name));
        if let Some(name) = name {
            sql.name(name);
        }
        context.emit(Stage::After, sql);
    }
    Ok(())
}

/// Writes a partition: the bound alone, or a map with the bound and what differs from the parent.
fn partition(context: &mut Context, schema: &Scalar, parent: &Object, entry: &Entry, known: &[&str]) -> Result<()> {
    let table = Object::new(context, "TABLE", schema, &entry.key)?;
    if !matches!(entry.value.value, Value::Map(_)) {
        let mut sql = context.sql(&entry.key);
        sql.text("CREATE TABLE ").blamed(&entry.key, &table.name).text(&format!(" PARTITION OF {} ", parent.name));
        bound(&mut sql, &entry.value)?;
        context.emit(Stage::Table, sql);
        return Ok(());
    }
    let fields = Fields::new(&entry.value, &keys::PARTITION)?;
    let mut sql = start(context, &fields, &table)?;
    sql.text(&format!(" PARTITION OF {}", parent.name));
    body(context, &mut sql, &fields, Place::Override, known)?;
    sql.text(" ");
    bound(&mut sql, fields.need("bound")?)?;
    finish(context, sql, &fields)?;
    rest(context, schema, &table, &fields, known)
}

fn bound(sql: &mut Sql, node: &Node) -> Result<()> {
    let text = node.text()?;
    let first = text.text.split_whitespace().next().unwrap_or_default().to_lowercase();
    if !matches!(first.as_str(), "default" | "for") {
        let role = check::Role { before: "CREATE TABLE x PARTITION OF y FOR VALUES ", ..check::BOUND };
        sql.text("FOR VALUES ").value(checked(node, &role)?);
        return Ok(());
    }
    sql.value(checked(node, &check::BOUND)?);
    Ok(())
}
