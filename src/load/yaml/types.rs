//! Types (enum, domain, composite, range) and sequences.

use super::check::{self, checked};
use super::common::{self, Object, clause};
use super::compose::{Context, Sql, Stage, check_name, quote};
use super::constraint;
use super::fields::Fields;
use super::keys;
use super::node::{Entry, Node, Scalar, Value};
use crate::error::Result;

/// Writes a type.
pub fn user_type(context: &mut Context, schema: &Scalar, entry: &Entry) -> Result<()> {
    let fields = Fields::new(&entry.value, &keys::TYPE)?;
    let kinds = ["enum", "domain", "composite", "range"];
    let given: Vec<&Entry> = kinds.iter().filter_map(|kind| fields.entry(kind)).collect();
    let [kind] = given.as_slice() else {
        let message = format!("a type has exactly one of the keys {}", kinds.join(", "));
        return Err(context.error(given.get(1).map_or(&entry.key, |second| &second.key), message));
    };
    if kind.key.text == "domain" {
        return domain(context, schema, entry, &fields);
    }
    for key in ["default", "nullable", "collation", "checks"] {
        if let Some(wrong) = fields.entry(key) {
            return Err(context.error(&wrong.key, format!("only a domain has the key \"{key}\"")));
        }
    }
    let object = Object::new(context, "TYPE", schema, &entry.key)?;
    let mut sql = context.sql(&entry.key);
    common::renamed(&mut sql, &fields)?;
    sql.text("CREATE TYPE ").blamed(&entry.key, &object.name);
    match kind.key.text.as_str() {
        "enum" => labels(&mut sql, &kind.value)?,
        "composite" => composite(context, &mut sql, &object, &kind.value)?,
        _ => range(&mut sql, &kind.value)?,
    }
    context.emit(Stage::Type, sql);
    common::attributes(context, &fields, &object)
}

fn labels(sql: &mut Sql, node: &Node) -> Result<()> {
    sql.text(" AS ENUM (");
    for (number, item) in node.list()?.iter().enumerate() {
        sql.text(if number > 0 { ",\n" } else { "\n" });
        let label = match item.value {
            Value::Map(_) => {
                let fields = Fields::new(item, &keys::ENUM_VALUE)?;
                if let Some(old) = fields.get("renamed_from") {
                    let text = old.text()?;
                    if text.text.contains(char::is_control) {
                        return Err(old.error("the earlier name cannot hold a line break"));
                    }
                    sql.text("-- reconcile: renamed from ").name(text).text("\n");
                }
                fields.need("value")?.any_text()?
            }
            _ => item.any_text()?,
        };
        if label.text.len() > 63 {
            return Err(item.error("a value of an enum has at most 63 bytes"));
        }
        sql.literal(label);
    }
    sql.text("\n)");
    Ok(())
}

fn composite(context: &mut Context, sql: &mut Sql, object: &Object, node: &Node) -> Result<()> {
    sql.text(" AS (");
    for (number, Entry { key, value }) in node.map()?.iter().enumerate() {
        check_name(&context.source, key)?;
        sql.text(if number > 0 { ",\n" } else { "\n" });
        if !matches!(value.value, Value::Map(_)) {
            sql.name(key).text(" ").value(checked(value, &check::TYPE)?);
            continue;
        }
        let fields = Fields::new(value, &keys::FIELD)?;
        common::renamed(sql, &fields)?;
        sql.name(key).text(" ").value(checked(fields.need("type")?, &check::TYPE)?);
        clause(sql, &fields, "collation", " COLLATE ", &check::COLLATION)?;
        common::comment(context, &fields, "COLUMN", &format!("{}.{}", object.name, quote(&key.text)))?;
    }
    sql.text("\n)");
    Ok(())
}

fn range(sql: &mut Sql, node: &Node) -> Result<()> {
    sql.text(" AS RANGE (");
    let Some(fields) = constraint::long(node, &keys::RANGE)? else {
        sql.text("subtype = ").value(checked(node, &check::TYPE)?).text(")");
        return Ok(());
    };
    sql.text("subtype = ").value(checked(fields.need("subtype")?, &check::TYPE)?);
    for key in ["subtype_opclass", "collation", "canonical", "subtype_diff", "multirange_type_name"] {
        clause(sql, &fields, key, &format!(", {key} = "), &check::QUALIFIED)?;
    }
    sql.text(")");
    Ok(())
}

fn domain(context: &mut Context, schema: &Scalar, entry: &Entry, fields: &Fields<'_>) -> Result<()> {
    let object = Object::new(context, "DOMAIN", schema, &entry.key)?;
    let mut sql = context.sql(&entry.key);
    common::renamed(&mut sql, fields)?;
    sql.text("CREATE DOMAIN ").blamed(&entry.key, &object.name).text(" AS ");
    sql.value(checked(fields.need("domain")?, &check::DOMAIN)?);
    clause(&mut sql, fields, "collation", " COLLATE ", &check::COLLATION)?;
    if let Some(node) = fields.get("default") {
        sql.text(" DEFAULT ").expression(check::default(node)?);
    }
    if fields.boolean("nullable")? == Some(false) {
        sql.text(" NOT NULL");
    }
    let mut late = vec![];
    for check in fields.named("checks")? {
        check_name(&context.source, &check.key)?;
        let mut part = context.sql(&check.key);
        if constraint::check_constraint(&mut part, check, false)? {
            sql.text("\n").append(&part.finish());
            continue;
        }
        let mut part = context.sql(&check.key);
        if let Some(fields) = constraint::long(&check.value, &keys::CHECK)? {
            common::renamed(&mut part, &fields)?;
        }
        part.text(&format!("ALTER DOMAIN {} ADD ", object.name));
        constraint::check_constraint(&mut part, check, true)?;
        late.push(part);
    }
    context.emit(Stage::Type, sql);
    for part in late {
        context.emit(Stage::Constraint, part);
    }
    for check in fields.named("checks")? {
        constraint::comment(context, &object, check, &keys::CHECK)?;
    }
    common::attributes(context, fields, &object)
}

/// Writes a sequence.
pub fn sequence(context: &mut Context, schema: &Scalar, entry: &Entry) -> Result<()> {
    let fields = Fields::new(&entry.value, &keys::SEQUENCE)?;
    let object = Object::new(context, "SEQUENCE", schema, &entry.key)?;
    let mut sql = context.sql(&entry.key);
    common::renamed(&mut sql, &fields)?;
    sql.text(if fields.flag("unlogged")? { "CREATE UNLOGGED SEQUENCE " } else { "CREATE SEQUENCE " });
    sql.blamed(&entry.key, &object.name);
    clause(&mut sql, &fields, "type", " AS ", &check::TYPE)?;
    common::sequence_parameters(&mut sql, &fields)?;
    context.emit(Stage::Sequence, sql);
    if let Some(node) = fields.get("owned_by") {
        let mut sql = context.sql(&entry.key);
        sql.text(&format!("ALTER SEQUENCE {} OWNED BY ", object.name)).value(checked(node, &check::OWNED_BY)?);
        context.emit(Stage::After, sql);
    }
    common::attributes(context, &fields, &object)
}
