//! Definitions that are statements: views, rules and SQL-standard bodies of functions.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};

use super::analyzer::{Analyzer, Parameter, content, required};
use super::form::{Form, atom, list, node, number};
use super::modification::returned;
use super::query::TARGETS;
use super::scope::Output;
use super::unresolved::{Obstacle, Resolved, Unresolved};
use super::{Analysis, Context, OutputColumn};

/// The body of a view or materialized view, with the column names that the view gives, and its columns.
///
/// # Errors
/// See [`super::Obstacle`].
pub fn query(
    context: &Context,
    select: &pb::SelectStmt,
    aliases: &[String],
) -> Resolved<(Analysis, Vec<OutputColumn>)> {
    let mut analyzer = Analyzer::new(context);
    let (form, columns) = analyzer.select(select)?;
    if aliases.len() > columns.len() {
        return Err(Unresolved::new(Obstacle::Invalid, "the view names more columns than its query gives"));
    }
    let collated = |at: usize| {
        let target = form.is("select").then(|| form.part(TARGETS).part(at)).filter(|target| target.is("collate"))?;
        Some(format!("{}.{}", target.part(0).part(0).text()?, target.part(0).part(1).text()?))
    };
    let output = |(at, column): (usize, Output)| OutputColumn {
        name: aliases.get(at).cloned().unwrap_or(column.name),
        type_key: column.key.to_owned(),
        typmod: column.typmod,
        collation: collated(at),
    };
    let columns: Vec<OutputColumn> = columns.into_iter().enumerate().map(output).collect();
    let shown = columns
        .iter()
        .map(|column| list(vec![atom(column.name.as_str()), atom(analyzer.shown_type(&column.type_key))]));
    let form = node("view", vec![form, list(shown.collect())]);
    Ok((analyzer.finish(form)?, columns))
}

/// A rule on a relation: event, condition and actions.
///
/// # Errors
/// See [`super::Obstacle`].
pub fn rule(context: &Context, rule: &pb::RuleStmt, relation: (&str, &str)) -> Resolved<Analysis> {
    let mut analyzer = Analyzer::new(context);
    analyzer.open_relation(relation, &["old", "new"])?;
    // the condition may leave out the one row that there is
    let only = match pb::CmdType::try_from(rule.event) {
        Ok(pb::CmdType::CmdInsert) => "new",
        Ok(pb::CmdType::CmdDelete) => "old",
        _ => "",
    };
    let show = |analyzer: &mut Analyzer, only: &str| {
        for item in analyzer.scopes.iter_mut().flat_map(|scope| &mut scope.items) {
            item.bare = item.alias == only;
        }
    };
    show(&mut analyzer, only);
    let condition = analyzer.optional_condition(&rule.where_clause)?;
    show(&mut analyzer, "");
    let mut actions = vec![];
    for action in &rule.actions {
        actions.push(match content(action)? {
            NodeEnum::NotifyStmt(notify) => {
                node("notify", vec![atom(notify.conditionname.as_str()), atom(notify.payload.as_str())])
            }
            _ => analyzer.query(action)?.0,
        });
    }
    let form = node("rule", vec![number(rule.event), Form::Flag(rule.instead), condition, list(actions)]);
    analyzer.finish(form)
}

/// The SQL-standard body of a function. `parameters` are its input parameters: name (may be empty) and type key.
///
/// # Errors
/// See [`super::Obstacle`].
pub fn sql_body(context: &Context, body: &Node, function: &str, parameters: &[(String, String)]) -> Resolved<Analysis> {
    let mut analyzer = Analyzer::new(context);
    analyzer.function_name = function.to_owned();
    for (name, key) in parameters {
        let key = analyzer.known_key(key)?;
        analyzer.parameters.push(Parameter { name: name.clone(), key });
    }
    let form = match content(body)? {
        NodeEnum::List(block) => {
            let mut statements = vec![];
            for item in &block.items {
                match &item.node {
                    Some(NodeEnum::List(inner)) => {
                        for statement in inner.items.iter().filter(|statement| statement.node.is_some()) {
                            statements.push(body_statement(&mut analyzer, statement)?);
                        }
                    }
                    Some(_) => statements.push(body_statement(&mut analyzer, item)?),
                    None => {}
                }
            }
            node("atomic", vec![list(statements)])
        }
        _ => body_statement(&mut analyzer, body)?,
    };
    analyzer.finish(form)
}

fn body_statement(analyzer: &mut Analyzer, statement: &Node) -> Resolved<Form> {
    match content(statement)? {
        NodeEnum::ReturnStmt(result) => returned(analyzer, required(&result.returnval)?),
        _ => Ok(analyzer.query(statement)?.0),
    }
}
