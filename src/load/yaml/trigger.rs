//! Triggers and policies.

use pg_query::protobuf::Token;

use super::check::{self, checked, place_of};
use super::common::{self, Object, clause, condition, deferrable};
use super::compose::{Context, Sql, Stage, check_name, quote};
use super::constraint::long;
use super::fields::{self, Fields};
use super::keys;
use super::node::{Entry, Node, Scalar};
use crate::error::Result;
use crate::load::syntax;

/// Writes a trigger of a table or view.
pub fn trigger(context: &mut Context, table: &Object, entry: &Entry) -> Result<()> {
    check_name(&context.source, &entry.key)?;
    let mut sql = context.sql(&entry.key);
    let Some(fields) = long(&entry.value, &keys::TRIGGER)? else {
        sql.text("CREATE TRIGGER ").name(&entry.key).text(" ");
        short(&mut sql, &entry.value, &table.name)?;
        let fragment = sql.finish();
        syntax::parse(&fragment)?;
        let mut sql = context.sql(&entry.key);
        sql.append(&fragment);
        context.emit(Stage::Attached, sql);
        return Ok(());
    };
    constraint_rules(context, entry, &fields)?;
    common::renamed(&mut sql, &fields)?;
    sql.text(if fields.flag("constraint")? { "CREATE CONSTRAINT TRIGGER " } else { "CREATE TRIGGER " });
    fields.need("timing")?;
    let timing = fields.word("timing", &["before", "after", "instead of"])?.unwrap_or_default();
    sql.name(&entry.key).text(&format!(" {} ", timing.to_uppercase()));
    for (number, event) in fields.need("events")?.items()?.iter().enumerate() {
        sql.text(if number > 0 { " OR " } else { "" }).value(checked(event, &check::EVENT)?);
    }
    sql.text(&format!(" ON {}", table.name));
    clause(&mut sql, &fields, "from", " FROM ", &check::QUALIFIED)?;
    deferrable(&mut sql, &fields)?;
    clause(&mut sql, &fields, "referencing", " REFERENCING ", &check::REFERENCING)?;
    if let Some(word) = fields.word("for_each", &["row", "statement"])? {
        sql.text(&format!(" FOR EACH {}", word.to_uppercase()));
    }
    condition(&mut sql, &fields, "when", " WHEN ")?;
    sql.text(" EXECUTE FUNCTION ").value(checked(fields.need("execute")?, &check::CALL)?);
    context.emit(Stage::Attached, sql);
    if let Some(word) = fields.word("enabled", &["origin", "always", "replica", "disabled"])? {
        let action = match word {
            "origin" => "ENABLE",
            "always" => "ENABLE ALWAYS",
            "replica" => "ENABLE REPLICA",
            _ => "DISABLE",
        };
        let mut sql = context.sql(&entry.key);
        sql.text(&format!("ALTER TABLE {} {action} TRIGGER ", table.name)).name(&entry.key);
        context.emit(Stage::Attribute, sql);
    }
    common::comment(context, &fields, &format!("TRIGGER {} ON", quote(&entry.key.text)), &table.name)
}

/// What the grammar asks of constraint triggers, and allows to them alone.
fn constraint_rules(context: &Context, entry: &Entry, fields: &Fields<'_>) -> Result<()> {
    if !fields.flag("constraint")? {
        let only = ["from", "deferrable", "initially_deferred"].iter().find_map(|key| fields.entry(key));
        return only.map_or(Ok(()), |wrong| {
            let message = format!("only a constraint trigger has the key \"{}\"", wrong.key.text);
            Err(context.error(&wrong.key, message).hint("add constraint: true"))
        });
    }
    let text = |key: &str| fields.get(key).and_then(|node| node.text().ok()).map(|text| text.text.as_str());
    if text("timing") != Some("after") || text("for_each") != Some("row") || fields.get("referencing").is_some() {
        let error = context.error(&entry.key, "a constraint trigger fires after the event, for each row");
        return Err(error.hint("write timing: after and for_each: row, and leave out referencing"));
    }
    Ok(())
}

/// Writes `before update for each row …`, with the table put in behind the events.
fn short(sql: &mut Sql, node: &Node, table: &str) -> Result<()> {
    let text = node.text()?;
    // a semicolon, or parentheses that do not pair, would reach beyond the trigger
    let split = split_at(&text.text).unwrap_or(text.text.len());
    let (before, after) = (slice(text, 0, split), slice(text, split, text.text.len()));
    let event = check::Role {
        what: "a trigger, such as before update for each row execute function app.touch()",
        before: "CREATE TRIGGER x ",
        ..check::EVENT
    };
    check::parse(node, &before, &event)?;
    let rest = check::Role { before: "CREATE TRIGGER x AFTER INSERT ON y ", after: "", ..event };
    let constraint = check::Role { before: "CREATE CONSTRAINT TRIGGER x AFTER INSERT ON y ", ..rest };
    if after.text.trim().is_empty() {
        return Err(node.error("the trigger executes nothing").hint("end it with execute function app.name()"));
    }
    if check::parse(node, &after, &constraint).is_err() {
        check::parse(node, &after, &rest)?;
    }
    sql.value(&before).text(&format!(" ON {table} ")).value(&after);
    Ok(())
}

/// Where the events of a trigger end.
fn split_at(text: &str) -> Option<usize> {
    let scan = pg_query::scan(text).ok()?;
    let end = scan.tokens.iter().find(|token| {
        let ends = [Token::For, Token::Execute, Token::When, Token::Referencing, Token::Deferrable, Token::Not];
        ends.contains(&token.token()) || matches!(token.token(), Token::From | Token::Initially)
    })?;
    usize::try_from(end.start).ok()
}

/// A part of a scalar, which keeps its places.
pub fn slice(scalar: &Scalar, from: usize, to: usize) -> Scalar {
    let start = place_of(scalar, from);
    let later = scalar.map.iter().filter(|(at, _)| *at > from && *at < to).map(|(at, start)| (at - from, *start));
    Scalar {
        text: scalar.text.get(from..to).unwrap_or_default().to_owned(),
        map: [(0, start)].into_iter().chain(later).collect(),
        span: start..place_of(scalar, to).max(start),
        boolean: None,
    }
}

/// Writes a row security policy.
pub fn policy(context: &mut Context, table: &Object, entry: &Entry) -> Result<()> {
    check_name(&context.source, &entry.key)?;
    let fields = Fields::new(&entry.value, &keys::POLICY)?;
    let mut sql = context.sql(&entry.key);
    common::renamed(&mut sql, &fields)?;
    sql.text("CREATE POLICY ").name(&entry.key).text(&format!(" ON {}", table.name));
    if let Some(word) = fields.word("as", &["permissive", "restrictive"])? {
        sql.text(&format!(" AS {}", word.to_uppercase()));
    }
    if let Some(node) = fields.get("for") {
        let word = fields::word(node, &["all", "select", "insert", "update", "delete"])?;
        sql.text(&format!(" FOR {}", word.to_uppercase()));
    }
    if let Some(node) = fields.get("to") {
        sql.text(" TO ");
        common::values(&mut sql, node.items()?, &check::ROLE)?;
    }
    condition(&mut sql, &fields, "using", " USING ")?;
    condition(&mut sql, &fields, "with_check", " WITH CHECK ")?;
    context.emit(Stage::Attached, sql);
    common::comment(context, &fields, &format!("POLICY {} ON", quote(&entry.key.text)), &table.name)
}
