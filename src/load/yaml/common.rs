//! What any object can have: owner, comment, privileges, storage options, an earlier name.

use super::check::{self, Role, checked};
use super::compose::{Context, Sql, Stage, check_name, name_of, quote};
use super::fields::Fields;
use super::keys;
use super::node::{Entry, Node, Scalar, Value};
use crate::error::{Error, Result};
use crate::source::Location;

/// How to write an object in a statement about it.
#[derive(Debug, Clone)]
pub struct Object {
    /// The kind in `COMMENT ON`, such as `TABLE`.
    pub kind: &'static str,
    /// The name with everything that belongs to it, quoted.
    pub name: String,
    /// The key that names it.
    pub key: Scalar,
}

impl Object {
    /// An object in a schema; refuses names that PostgreSQL cannot hold.
    pub fn new(context: &Context, kind: &'static str, schema: &Scalar, key: &Scalar) -> Result<Self> {
        check_name(&context.source, key)?;
        Ok(Self { kind, name: format!("{}.{}", quote(&schema.text), quote(&key.text)), key: key.clone() })
    }
}

/// Reads `comment`, `owner` and `grants` of an object.
pub fn attributes(context: &mut Context, fields: &Fields<'_>, object: &Object) -> Result<()> {
    comment(context, fields, object.kind, &object.name)?;
    owner(context, fields, object)?;
    if let Some(entry) = fields.entry("grants") {
        // GRANT knows views and the like as tables
        let kind = match object.kind {
            "VIEW" | "MATERIALIZED VIEW" => "TABLE",
            other => other,
        };
        let object = Object { kind, ..object.clone() };
        grants(context, entry, &object, "", "")?;
    }
    Ok(())
}

/// Reads `owner`.
pub fn owner(context: &mut Context, fields: &Fields<'_>, object: &Object) -> Result<()> {
    if let Some(node) = fields.get("owner") {
        let role = checked(node, &check::ROLE)?;
        let mut sql = context.sql(&object.key);
        sql.text(&format!("ALTER {} {} OWNER TO ", object.kind, object.name)).value(role);
        context.emit(Stage::Attribute, sql);
    }
    Ok(())
}

/// Reads `comment` for anything that `COMMENT ON` knows.
pub fn comment(context: &mut Context, fields: &Fields<'_>, kind: &str, name: &str) -> Result<()> {
    match fields.get("comment") {
        Some(node) => comment_on(context, node, kind, name),
        None => Ok(()),
    }
}

/// Writes a comment.
pub fn comment_on(context: &mut Context, node: &Node, kind: &str, name: &str) -> Result<()> {
    let text = node.text()?;
    let mut sql = context.sql(text);
    sql.text(&format!("COMMENT ON {kind} {name} IS ")).literal(text);
    context.emit(Stage::Attribute, sql);
    Ok(())
}

/// Reads a map of roles to privileges on an object. `prefix` and `on` serve default privileges, whose grants stand
/// inside another statement and name a class of objects.
pub fn grants(context: &mut Context, entry: &Entry, object: &Object, prefix: &str, on: &str) -> Result<()> {
    let on = if on.is_empty() { format!("{} {}", object.kind, object.name) } else { on.to_owned() };
    let roles = entry.value.map()?;
    if roles.is_empty() {
        let mut sql = context.sql(&entry.key);
        sql.text(&format!("{prefix}REVOKE ALL ON {on} FROM PUBLIC"));
        context.emit(Stage::Attribute, sql);
    }
    for Entry { key, value } in roles {
        check_name(&context.source, key)?;
        let role = if key.text == "public" { "PUBLIC".to_owned() } else { quote(&key.text) };
        let fields = match &value.value {
            Value::Map(_) => Some(Fields::new(value, &keys::GRANT)?),
            _ => None,
        };
        let (plain, grantable) = match &fields {
            Some(fields) => (fields.items("privileges")?, fields.items("grantable")?),
            None => (value.items()?, &[][..]),
        };
        let mut sql = context.sql(key);
        if plain.is_empty() && grantable.is_empty() {
            sql.text(&format!("{prefix}REVOKE ALL ON {on} FROM ")).blamed(key, &role);
            context.emit(Stage::Attribute, sql);
            continue;
        }
        for (items, ending) in [(plain, ""), (grantable, " WITH GRANT OPTION")] {
            if items.is_empty() {
                continue;
            }
            let mut sql = context.sql(key);
            sql.text(&format!("{prefix}GRANT "));
            values(&mut sql, items, &check::PRIVILEGE)?;
            sql.text(&format!(" ON {on} TO ")).blamed(key, &role).text(ending);
            context.emit(Stage::Attribute, sql);
        }
    }
    Ok(())
}

/// Writes values of one role with commas between them.
pub fn values(sql: &mut Sql, items: &[Node], role: &Role) -> Result<()> {
    sql.list(items, |sql, item| {
        sql.value(checked(item, role)?);
        Ok(())
    })?;
    Ok(())
}

/// Writes the items of a list of columns or expressions in parentheses. An item that is spelt exactly as the key of a
/// column means that column; anything else is SQL.
pub fn columns(sql: &mut Sql, node: &Node, role: &Role, known: &[&str]) -> Result<()> {
    let items = node.items()?;
    if items.is_empty() {
        return Err(node.error("the list is empty"));
    }
    sql.text("(").list(items, |sql, item| {
        let text = item.text()?;
        match known.contains(&text.text.as_str()) {
            true => sql.name(text),
            false => sql.value(checked(item, role)?),
        };
        Ok(())
    })?;
    sql.text(")");
    Ok(())
}

/// Writes `renamed_from` as the annotation that the SQL reader knows, on a line of its own.
pub fn renamed(sql: &mut Sql, fields: &Fields<'_>) -> Result<()> {
    let Some(node) = fields.get("renamed_from") else { return Ok(()) };
    let name = name_of(node)?;
    if name.text.contains(char::is_control) {
        return Err(node.error("the earlier name cannot hold a line break"));
    }
    sql.text("-- reconcile: renamed from ").name(name).text("\n");
    Ok(())
}

/// Writes storage options: `WITH (fillfactor=70)`.
pub fn options(sql: &mut Sql, fields: &Fields<'_>) -> Result<()> {
    let entries = fields.named("options")?;
    if entries.is_empty() {
        return Ok(());
    }
    sql.text(" WITH (").list(entries, |sql, Entry { key, value }| {
        let parts: Vec<String> = key.text.split('.').map(option_name).collect();
        if parts.len() > 2 || key.text.split('.').any(str::is_empty) {
            let place = Location::new(&fields.node.source, key.span.start, key.span.end);
            return Err(Error::new(format!("\"{}\" is not the name of an option", key.text)).at(&place));
        }
        sql.blamed(key, &parts.join(".")).text("=");
        let text = value.text()?;
        let plain = text.boolean.is_some() || text.text.parse::<f64>().is_ok_and(f64::is_finite);
        match plain && !text.text.starts_with(['+', '.']) {
            true => sql.value(text),
            false => sql.literal(text),
        };
        Ok(())
    })?;
    sql.text(")");
    Ok(())
}

fn option_name(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_owned() } else { quote(name) }
}

/// Writes a clause with one value of a role, when the key is there.
pub fn clause(sql: &mut Sql, fields: &Fields<'_>, key: &str, before: &str, role: &Role) -> Result<()> {
    if let Some(node) = fields.get(key) {
        sql.text(before).value(checked(node, role)?);
    }
    Ok(())
}

/// Writes a clause with an expression in parentheses, when the key is there.
pub fn condition(sql: &mut Sql, fields: &Fields<'_>, key: &str, before: &str) -> Result<()> {
    if let Some(node) = fields.get(key) {
        sql.text(before).expression(checked(node, &check::EXPRESSION)?);
    }
    Ok(())
}

/// Writes words when a boolean key is true.
pub fn flag(sql: &mut Sql, fields: &Fields<'_>, key: &str, words: &str) -> Result<()> {
    if fields.flag(key)? {
        sql.text(words);
    }
    Ok(())
}

/// Writes when a constraint is checked.
pub fn deferrable(sql: &mut Sql, fields: &Fields<'_>) -> Result<()> {
    let later = fields.flag("initially_deferred")?;
    match fields.boolean("deferrable")? {
        Some(false) if later => {
            let node = fields.need("deferrable")?;
            return Err(node.error("a constraint that is initially deferred is deferrable"));
        }
        Some(true) => {
            sql.text(" DEFERRABLE");
        }
        _ if later => {
            sql.text(" DEFERRABLE");
        }
        _ => {}
    }
    if later {
        sql.text(" INITIALLY DEFERRED");
    }
    Ok(())
}

/// Writes the parameters of a sequence or an identity column.
pub fn sequence_parameters(sql: &mut Sql, fields: &Fields<'_>) -> Result<()> {
    clause(sql, fields, "start", " START WITH ", &check::NUMBER)?;
    clause(sql, fields, "increment", " INCREMENT BY ", &check::NUMBER)?;
    clause(sql, fields, "min", " MINVALUE ", &check::NUMBER)?;
    clause(sql, fields, "max", " MAXVALUE ", &check::NUMBER)?;
    clause(sql, fields, "cache", " CACHE ", &check::NUMBER)?;
    if let Some(cycle) = fields.boolean("cycle")? {
        sql.text(if cycle { " CYCLE" } else { " NO CYCLE" });
    }
    Ok(())
}
