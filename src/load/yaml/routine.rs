//! Functions and procedures: the key is the signature, the body a block of text.

use pg_query::NodeEnum;
use pg_query::protobuf::FunctionParameterMode;

use super::check::{self, checked};
use super::common::{self, Object, clause, flag};
use super::compose::{Context, Sql, Stage, check_name, literal, quote};
use super::fields::Fields;
use super::keys;
use super::node::{Entry, Node, Scalar, Value};
use super::trigger::slice;
use crate::error::{Error, Result};
use crate::source::Location;

/// Writes a function or procedure.
pub fn routine(context: &mut Context, schema: &Scalar, entry: &Entry, procedure: bool) -> Result<()> {
    let fields = Fields::new(&entry.value, if procedure { &keys::PROCEDURE } else { &keys::FUNCTION })?;
    let kind = if procedure { "PROCEDURE" } else { "FUNCTION" };
    let key = &entry.key;
    let Some(open) = key.text.find('(').filter(|_| key.text.ends_with(')')) else {
        let error = context.error(key, format!("\"{}\" is not a signature", key.text));
        return Err(error.hint(match key.text.contains('(') {
            true => "it must end with the parenthesis that closes the arguments".to_owned(),
            false => format!("write the arguments too: \"{}()\"", key.text.trim()),
        }));
    };
    let mut name = slice(key, 0, open);
    name.text.truncate(name.text.trim_end().len());
    check_name(&context.source, &name)?;
    let arguments = slice(key, open + 1, key.text.len() - 1);
    let node = Node { value: Value::Null, span: key.span.clone(), source: context.source.clone() };
    let identity = identity(&node, &arguments, procedure)?;
    let qualified = format!("{}.{}", quote(&schema.text), quote(&name.text));
    let mut sql = context.sql(key);
    common::renamed(&mut sql, &fields)?;
    sql.text(&format!("CREATE {kind} ")).blamed(&name, &qualified).text("(").value(&arguments).text(")");
    if !procedure {
        clause(&mut sql, &fields, "returns", " RETURNS ", &check::RETURNS)?;
    }
    clause(&mut sql, &fields, "language", "\nLANGUAGE ", &check::NAME)?;
    settings(&mut sql, &fields, procedure)?;
    body(&mut sql, &fields, procedure)?;
    context.emit(Stage::Routine, sql);
    let object = Object { kind, name: format!("{qualified}({identity})"), key: key.clone() };
    common::attributes(context, &fields, &object)
}

/// The argument list as statements about the routine want it: without defaults, and without results of a function.
fn identity(node: &Node, arguments: &Scalar, procedure: bool) -> Result<String> {
    let mut parsed = check::parse(node, arguments, &check::ARGUMENTS)?;
    let statement = parsed.protobuf.stmts.first_mut().and_then(|raw| raw.stmt.as_mut());
    let Some(NodeEnum::CreateFunctionStmt(create)) = statement.and_then(|statement| statement.node.as_mut()) else {
        return Ok(String::new());
    };
    create.parameters.retain_mut(|parameter| {
        let Some(NodeEnum::FunctionParameter(parameter)) = &mut parameter.node else { return true };
        parameter.defexpr = None;
        let result = [FunctionParameterMode::FuncParamOut, FunctionParameterMode::FuncParamTable];
        procedure || !result.contains(&parameter.mode())
    });
    let text =
        pg_query::deparse(&parsed.protobuf, Default::default()).map_err(|error| node.error(error.to_string()))?;
    let open = text.find('(').map_or(0, |at| at + 1);
    Ok(text.rfind(") RETURNS").and_then(|close| text.get(open..close)).unwrap_or_default().to_owned())
}

fn settings(sql: &mut Sql, fields: &Fields<'_>, procedure: bool) -> Result<()> {
    if let Some(node) = fields.get("transform") {
        for (number, item) in node.items()?.iter().enumerate() {
            sql.text(if number > 0 { ", FOR TYPE " } else { "\nTRANSFORM FOR TYPE " });
            sql.value(checked(item, &check::TRANSFORM)?);
        }
    }
    if !procedure {
        flag(sql, fields, "window", "\nWINDOW")?;
        if let Some(word) = fields.word("volatility", &["immutable", "stable", "volatile"])? {
            sql.text(&format!("\n{}", word.to_uppercase()));
        }
        if let Some(word) = fields.word("parallel", &["safe", "restricted", "unsafe"])? {
            sql.text(&format!("\nPARALLEL {}", word.to_uppercase()));
        }
        flag(sql, fields, "strict", "\nSTRICT")?;
        flag(sql, fields, "leakproof", "\nLEAKPROOF")?;
        clause(sql, fields, "cost", "\nCOST ", &check::NUMBER)?;
        clause(sql, fields, "rows", "\nROWS ", &check::NUMBER)?;
        clause(sql, fields, "support", "\nSUPPORT ", &check::QUALIFIED)?;
    }
    if let Some(word) = fields.word("security", &["invoker", "definer"])? {
        sql.text(&format!("\nSECURITY {}", word.to_uppercase()));
    }
    for Entry { key, value } in fields.named("set")? {
        let name: Vec<String> = key.text.split('.').map(quote).collect();
        if key.text.split('.').any(str::is_empty) {
            let place = Location::new(&fields.node.source, key.span.start, key.span.end);
            return Err(Error::new(format!("\"{}\" is not the name of a setting", key.text)).at(&place));
        }
        sql.text("\nSET ").blamed(key, &name.join(".")).text(" = ");
        let text = value.any_text()?;
        match text.text.trim().is_empty() {
            true => sql.text("''"),
            false => sql.value(checked(value, &check::SETTING)?),
        };
    }
    Ok(())
}

fn body(sql: &mut Sql, fields: &Fields<'_>, procedure: bool) -> Result<()> {
    let value = if procedure { None } else { fields.get("return") };
    match (fields.get("body"), value, fields.get("library")) {
        (Some(node), None, None) => {
            let text = node.any_text()?;
            let lead = text.text.trim_start().get(..12).unwrap_or_default().to_lowercase();
            if lead == "begin atomic" {
                sql.text("\n").value(&atomic(node)?);
                return Ok(());
            }
            let tag = tag(&text.text);
            sql.text(&format!("\nAS {tag}")).verbatim(text).text(&tag);
        }
        (None, Some(node), None) => {
            sql.text("\nRETURN ").expression(checked(node, &check::EXPRESSION)?);
        }
        (None, None, Some(node)) => {
            sql.text("\nAS ").blamed(node.text()?, &literal(&node.text()?.text));
            if let Some(symbol) = fields.text("symbol")? {
                sql.text(", ").literal(symbol);
            }
        }
        (None, None, None) => {
            return Err(fields.node.error("the body is missing").hint("add the key \"body\" with a block of text"));
        }
        _ => return Err(fields.node.error("a routine has one of the keys body, return and library")),
    }
    Ok(())
}

/// A body in the standard's syntax, `begin atomic … end`, which is part of the statement and not a string.
fn atomic(node: &Node) -> Result<Scalar> {
    let mut text = node.text()?.clone();
    let length = text.text.trim_end().trim_end_matches(';').len();
    text.text.truncate(length);
    let before = "CREATE PROCEDURE x() LANGUAGE sql ";
    let mut builder = crate::load::fragment::FragmentBuilder::new(&node.source, text.span.start..text.span.start);
    builder.push_text(before).push_mapped(&text.text, &text.map);
    let parsed = crate::load::syntax::parse(&builder.finish())?;
    let one = parsed.protobuf.stmts.len() == 1;
    let only = match parsed.protobuf.stmts.first().and_then(|raw| raw.stmt.as_ref()).and_then(|raw| raw.node.as_ref()) {
        Some(NodeEnum::CreateFunctionStmt(create)) => create.options.len() == 1 && create.sql_body.is_some(),
        _ => false,
    };
    if one && only { Ok(text) } else { Err(node.error("expected one body: begin atomic … end")) }
}

/// A dollar quote that does not occur in the text.
fn tag(text: &str) -> String {
    let mut tag = "$body$".to_owned();
    let mut number = 0;
    while text.contains(tag.trim_end_matches('$')) {
        number += 1;
        tag = format!("$body{number}$");
    }
    tag
}
