//! CREATE STATISTICS and ALTER STATISTICS in files.

use std::collections::BTreeSet;

use pg_query::protobuf::{AlterStatsStmt, CreateStatsStmt};
use pg_query::{Node, NodeEnum};

use super::{KINDS, Labels, Statistics};
use crate::catalog::ObjectId;
use crate::config::suggest::closest;
use crate::error::Error;
use crate::expression::Expression;
use crate::load::reader::{Reader, Stop};
use crate::name::{choose, dotted, quote};
use crate::objects::options::strings;
use crate::objects::table::missing_column;
use crate::objects::{Kind, Object, attributes, constraint, options};

/// `STATS_MAX_DIMENSIONS`: columns and expressions in one statistics object.
const MOST: usize = 8;

/// The highest statistics target.
const HIGHEST_TARGET: i32 = 10_000;

/// Reads CREATE STATISTICS and ALTER STATISTICS … SET STATISTICS.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateStatsStmt(statement) => Some(create(statement, reader)),
        NodeEnum::AlterStatsStmt(statement) => Some(set_target(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreateStatsStmt, reader: &mut Reader) -> Result<(), Stop> {
    let [Node { node: Some(NodeEnum::RangeVar(range)) }] = statement.relations.as_slice() else {
        let error = reader.wrong(0, "statistics are about one relation");
        return Err(error.hint("name one table or materialized view behind FROM").into());
    };
    let relation = reader.relation(range)?;
    if !matches!(relation.kind, Kind::Table | Kind::MaterializedView) {
        let error = reader.wrong(range.location, format!("{relation} cannot have extended statistics"));
        return Err(error.hint("tables and materialized views can").into());
    }
    let path = reader.path.to_vec();
    let origin = reader.fragment.clone();
    let wrap = |tree: &Node| Expression::new(tree.clone(), &path, &origin);
    let statistics = of_statement(statement, relation.clone(), &wrap);
    check(statement, &statistics, reader)?;
    let (schema, name) = match statement.defnames.as_slice() {
        [] => (relation.names[0].clone(), generated_name(reader, &relation, &statistics)),
        names => reader.new_name(names)?,
    };
    let place = reader.find_name(0, &name);
    reader.add_named(ObjectId::new(Kind::Statistics, [schema, name]), statistics, 0, place)?;
    Ok(())
}

/// Errors: PostgreSQL would not take it.
fn check(statement: &CreateStatsStmt, statistics: &Statistics, reader: &Reader) -> Result<(), Stop> {
    let names = statistics.labels.0.iter().filter(|name| statistics.columns.contains(*name));
    let mut seen = BTreeSet::new();
    for name in names {
        let place = reader.find_name(0, name);
        let known = reader.catalog.objects.contains_key(&statistics.relation.child(Kind::Column, name.clone()));
        if statistics.relation.kind == Kind::Table && !known {
            return Err(missing_column(reader, place, &statistics.relation, name).into());
        }
        if !seen.insert(name) {
            let error = reader.wrong(place, format!("column {} is named twice", quote(name)));
            return Err(error.hint("keep one of them").into());
        }
    }
    for kind in strings(&statement.stat_types) {
        if !KINDS.contains(&kind.as_str()) {
            let error = reader.wrong(reader.find_name(0, &kind), format!("there is no kind of statistics {kind}"));
            let hint = match closest(&kind, KINDS.iter().copied()) {
                Some(other) => format!("did you mean {other}?"),
                None => format!("the kinds are {}", KINDS.join(", ")),
            };
            return Err(error.hint(hint).into());
        }
    }
    let count = statistics.columns.len() + statistics.expressions.len();
    let problem = match (count, statistics.expressions.len()) {
        (1, 0) => Some(("extended statistics are about two columns or more", "name another one, or an expression")),
        (1, 1) if !statement.stat_types.is_empty() => {
            Some(("statistics of one expression have no kinds", "leave the kinds out, or add a column"))
        }
        (count, _) if count > MOST => {
            Some(("statistics are about eight columns and expressions at most", "split the statistics object"))
        }
        _ => None,
    };
    match problem {
        Some((message, hint)) => Err(reader.wrong(0, message).hint(hint).into()),
        None => Ok(()),
    }
}

/// The statistics that a statement defines for `relation`; `wrap` makes an expression of a tree.
pub fn of_statement(
    statement: &CreateStatsStmt,
    relation: ObjectId,
    wrap: &dyn Fn(&Node) -> Expression,
) -> Statistics {
    let (mut columns, mut expressions, mut labels) = (BTreeSet::new(), vec![], vec![]);
    for node in &statement.exprs {
        let Some(NodeEnum::StatsElem(element)) = node.node.as_ref() else { continue };
        match (column(element, &relation), &element.expr) {
            (Some(name), _) => {
                columns.insert(name.clone());
                labels.push(name);
            }
            (None, Some(tree)) => {
                expressions.push(wrap(tree));
                labels.push("expr".into());
            }
            (None, None) => {}
        }
    }
    let mut kinds: BTreeSet<String> = strings(&statement.stat_types).into_iter().collect();
    if kinds.is_empty() && columns.len() + expressions.len() > 1 {
        kinds.extend(KINDS.iter().map(|kind| (*kind).to_string()));
    }
    Statistics { relation, kinds, columns, expressions, target: None, labels: Labels(labels) }
}

/// The column that an element is, also in parentheses.
fn column(element: &pg_query::protobuf::StatsElem, relation: &ObjectId) -> Option<String> {
    if !element.name.is_empty() {
        return Some(element.name.clone());
    }
    let NodeEnum::ColumnRef(reference) = element.expr.as_ref()?.node.as_ref()? else { return None };
    match strings(&reference.fields).as_slice() {
        [name] if reference.fields.len() == 1 && name != relation.name() => Some(name.clone()),
        [table, name] if table == relation.name() => Some(name.clone()),
        _ => None,
    }
}

/// PostgreSQL's `ChooseExtendedStatisticName`.
fn generated_name(reader: &Reader, relation: &ObjectId, statistics: &Statistics) -> String {
    let schema = relation.names[0].as_str();
    let id = |name: &str| ObjectId::new(Kind::Statistics, [schema, name]);
    let taken = |name: &str| reader.catalog.objects.contains_key(&id(name));
    choose(relation.name(), Some(&constraint::joined(&statistics.labels.0)), "stat", taken)
}

/// Copies the statistics objects of one table to another, as LIKE … INCLUDING STATISTICS does.
pub fn copy_all(reader: &mut Reader, from: &ObjectId, to: &ObjectId, comments: bool) -> Result<(), Stop> {
    let own = |(id, object): (&ObjectId, &Object)| match object {
        Object::Statistics(statistics) if statistics.relation == *from => Some((id.clone(), statistics.clone())),
        _ => None,
    };
    let all: Vec<(ObjectId, Statistics)> = reader.catalog.objects.iter().filter_map(own).collect();
    for (id, statistics) in all {
        let order = |name: &String| {
            let column = reader.catalog.objects.get(&from.child(Kind::Column, name.clone())).and_then(Object::column);
            column.map(|column| column.position.0)
        };
        // PostgreSQL reads the original back: columns in their order, then expressions
        let mut labels: Vec<String> = statistics.columns.iter().cloned().collect();
        labels.sort_by_key(order);
        labels.extend(statistics.expressions.iter().map(|_| "expr".to_string()));
        let copy = Statistics { relation: to.clone(), target: None, labels: Labels(labels), ..statistics };
        let name = generated_name(reader, to, &copy);
        let new = ObjectId::new(Kind::Statistics, [to.names[0].clone(), name]);
        if let Some(attributes) = reader.catalog.attributes.get(&id).filter(|_| comments).cloned() {
            reader.catalog.attributes.entry(new.clone()).or_default().comment = attributes.comment;
        }
        reader.add(new, copy, 0)?;
    }
    Ok(())
}

fn set_target(statement: &AlterStatsStmt, reader: &mut Reader) -> Result<(), Stop> {
    let names = strings(&statement.defnames);
    let name = names.last().cloned().unwrap_or_default();
    let place = reader.find_name(0, &name);
    let missing = || {
        reader.missing(place, &name, format!("statistics object {} does not exist in the desired state", dotted(&names)))
    };
    let id = attributes::named(reader, Kind::Statistics, &names).ok_or_else(missing)?;
    let target = match &statement.stxstattarget {
        Some(node) => {
            let text = options::value(Some(node));
            let given: i32 = text.parse().map_err(|_| wrong_target(reader, &text))?;
            if !(-1..=HIGHEST_TARGET).contains(&given) {
                return Err(wrong_target(reader, &text).into());
            }
            Some(given).filter(|given| *given >= 0)
        }
        None => None,
    };
    if let Some(Object::Statistics(statistics)) = reader.catalog.objects.get_mut(&id) {
        statistics.target = target;
    }
    Ok(())
}

fn wrong_target(reader: &Reader, text: &str) -> Error {
    let error = reader.wrong(reader.find_name(0, text), format!("invalid statistics target {text}"));
    error.hint("it is a number from 0 to 10000, or DEFAULT")
}
