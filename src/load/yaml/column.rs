//! Columns: the tail of a definition as text, or the long form.

use super::check::{self, checked};
use super::common::{self, Object, clause, flag};
use super::compose::{Context, Sql, Stage, check_name, literal, quote};
use super::fields::Fields;
use super::keys;
use super::node::{Entry, Node, Value};
use crate::error::Result;

/// Where a column stands: with a type of its own, or with options for a type that comes from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A column of an ordinary table.
    Own,
    /// A column of a partition or of a table of a composite type.
    Override,
}

/// Writes a column into the list of its table; `false` when nothing is said that belongs there.
pub fn element(context: &Context, sql: &mut Sql, entry: &Entry, place: Place) -> Result<bool> {
    let Entry { key, value } = entry;
    check_name(&context.source, key)?;
    let Value::Map(_) = &value.value else {
        if matches!(value.value, Value::Null) {
            return Err(value.error(format!("the column \"{}\" has no type", key.text)));
        }
        let role = if place == Place::Own { &check::COLUMN } else { &check::COLUMN_OPTIONS };
        let tail = check::column(value, role)?;
        sql.name(key).text(if place == Place::Own { " " } else { " WITH OPTIONS " }).value(tail);
        return Ok(true);
    };
    let fields = Fields::new(value, &keys::COLUMN)?;
    let intent = ["renamed_from", "backfill", "using"].iter().find_map(|key| fields.entry(key));
    if let (Place::Override, Some(wrong)) = (place, intent) {
        let message = format!("\"{}\" belongs to the table or type that the column comes from", wrong.key.text);
        return Err(context.error(&wrong.key, message));
    }
    annotations(sql, &fields)?;
    let mut inner = context.sql(key);
    match (place, fields.get("type")) {
        (Place::Own, Some(node)) => {
            inner.value(checked(node, &check::TYPE)?);
        }
        (Place::Own, None) => {
            return Err(context.error(key, format!("the column \"{}\" has no type", key.text)));
        }
        (Place::Override, Some(node)) => return Err(node.error("the type of this column comes from elsewhere")),
        (Place::Override, None) => {}
    }
    clause(&mut inner, &fields, "collation", " COLLATE ", &check::COLLATION)?;
    constraints(context, &mut inner, &fields, key.span.clone())?;
    let inner = inner.finish();
    if inner.sql.is_empty() {
        return Ok(false);
    }
    sql.name(key).text(if place == Place::Own { " " } else { " WITH OPTIONS" });
    sql.append(&inner);
    Ok(true)
}

fn annotations(sql: &mut Sql, fields: &Fields<'_>) -> Result<()> {
    common::renamed(sql, fields)?;
    for key in ["backfill", "using"] {
        if let Some(node) = fields.get(key) {
            let text = check::one_line(node)?;
            sql.text(&format!("-- reconcile: {key} ")).value(&text).text("\n");
        }
    }
    Ok(())
}

fn constraints(context: &Context, sql: &mut Sql, fields: &Fields<'_>, key: std::ops::Range<usize>) -> Result<()> {
    let place = crate::source::Location::new(&context.source, key.start, key.end);
    if let Some(node) = fields.get("generated") {
        generated(sql, node)?;
    }
    if let Some(node) = fields.get("identity") {
        identity(sql, node)?;
    }
    if let Some(node) = fields.get("default") {
        if fields.get("generated").is_some() || fields.get("identity").is_some() {
            return Err(node.error("a generated or identity column cannot have a default").at(&place));
        }
        sql.text(" DEFAULT ").expression(check::default(node)?);
    }
    match (fields.boolean("nullable")?, fields.get("not_null")) {
        (Some(true), Some(node)) => return Err(node.error("the column is declared nullable and not null")),
        (_, Some(node)) => not_null(sql, node)?,
        (Some(false), None) => {
            sql.text(" NOT NULL");
        }
        _ => {}
    }
    flag(sql, fields, "primary_key", " PRIMARY KEY")?;
    flag(sql, fields, "unique", " UNIQUE")?;
    common::condition(sql, fields, "check", " CHECK ")?;
    clause(sql, fields, "references", " REFERENCES ", &check::REFERENCES)
}

fn generated(sql: &mut Sql, node: &Node) -> Result<()> {
    let (expression, stored) = match &node.value {
        Value::Map(_) => {
            let fields = Fields::new(node, &keys::GENERATED)?;
            (fields.need("as")?, fields.boolean("stored")?.unwrap_or(true))
        }
        _ => (node, true),
    };
    sql.text(" GENERATED ALWAYS AS ").expression(checked(expression, &check::EXPRESSION)?);
    sql.text(if stored { " STORED" } else { " VIRTUAL" });
    Ok(())
}

fn identity(sql: &mut Sql, node: &Node) -> Result<()> {
    let words = |word: &str| if word == "always" { "ALWAYS" } else { "BY DEFAULT" };
    if !matches!(node.value, Value::Map(_)) {
        let word = super::fields::word(node, &["always", "by default"])?;
        sql.text(&format!(" GENERATED {} AS IDENTITY", words(word)));
        return Ok(());
    }
    let fields = Fields::new(node, &keys::IDENTITY)?;
    let always = fields.boolean("always")?.unwrap_or(true);
    sql.text(&format!(" GENERATED {} AS IDENTITY", words(if always { "always" } else { "" })));
    let mut options = sql.branch();
    if let Some(node) = fields.get("name") {
        options.text(" SEQUENCE NAME ").value(checked(node, &check::QUALIFIED)?);
    }
    common::sequence_parameters(&mut options, &fields)?;
    let options = options.finish();
    if !options.sql.is_empty() {
        sql.text(" (").append(&options).text(")");
    }
    Ok(())
}

fn not_null(sql: &mut Sql, node: &Node) -> Result<()> {
    if !matches!(node.value, Value::Map(_)) {
        if node.boolean()? {
            sql.text(" NOT NULL");
        }
        return Ok(());
    }
    let fields = Fields::new(node, &keys::NOT_NULL)?;
    if let Some(name) = fields.get("name") {
        sql.text(" CONSTRAINT ").name(super::compose::name_of(name)?);
    }
    sql.text(" NOT NULL");
    flag(sql, &fields, "no_inherit", " NO INHERIT")
}

/// Writes what is said about a column in statements of its own: storage, compression, statistics, options, comment.
pub fn attributes(context: &mut Context, table: &Object, entry: &Entry) -> Result<()> {
    let Entry { key, value } = entry;
    if !matches!(value.value, Value::Map(_)) {
        return Ok(());
    }
    let fields = Fields::new(value, &keys::COLUMN)?;
    let column = quote(&key.text);
    let alter = format!("ALTER TABLE ONLY {} ALTER COLUMN {column} SET ", table.name);
    if let Some(word) = fields.word("storage", &["plain", "external", "extended", "main", "default"])? {
        let mut sql = context.sql(key);
        sql.text(&format!("{alter}STORAGE ")).blamed(fields.need("storage")?.text()?, &word.to_uppercase());
        context.emit(Stage::After, sql);
    }
    if let Some(word) = fields.word("compression", &["pglz", "lz4", "default"])? {
        let mut sql = context.sql(key);
        sql.text(&format!("{alter}COMPRESSION ")).blamed(fields.need("compression")?.text()?, word);
        context.emit(Stage::After, sql);
    }
    if let Some(text) = fields.text("statistics")? {
        integer(fields.need("statistics")?)?;
        let mut sql = context.sql(key);
        sql.text(&format!("{alter}STATISTICS ")).value(text);
        context.emit(Stage::After, sql);
    }
    if !fields.named("options")?.is_empty() {
        let mut inner = context.sql(key);
        common::options(&mut inner, &fields)?;
        let inner = inner.finish();
        let mut sql = context.sql(key);
        sql.text(alter.trim_end()).text(inner.sql.trim_start_matches(" WITH"));
        context.emit(Stage::After, sql);
    }
    common::comment(context, &fields, "COLUMN", &format!("{}.{column}", table.name))
}

/// Refuses anything but a whole number.
pub fn integer(node: &Node) -> Result<()> {
    let text = &node.text()?.text;
    match text.parse::<i32>() {
        Ok(_) => Ok(()),
        Err(_) => Err(node.error(format!("expected a whole number, found {}", literal(text)))),
    }
}
