//! What is wrong with an expression that means nothing, and what the user can do about it.

use std::collections::BTreeSet;

use pg_query::NodeRef;

use super::{Place, Resolver};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::expr::Obstacle;
use crate::expression::Expression;
use crate::facts::FunctionKind;
use crate::name::{dotted, quote};
use crate::objects::{Kind, Object, options::strings};

/// What to do about an obstacle.
pub fn hint(kind: Obstacle) -> &'static str {
    match kind {
        Obstacle::UnknownColumn => "check the spelling, and the relations that it could come from",
        Obstacle::UnknownRelation => "check the spelling and the schema, or define it in the files",
        Obstacle::UnknownType => "check the spelling, define the type, or add CREATE EXTENSION of the one that has it",
        Obstacle::UnknownFunction => {
            "check the name and the types of the arguments, or add CREATE EXTENSION of the one that has it"
        }
        Obstacle::UnknownOperator => "cast one side so that both have the types of an operator that exists",
        Obstacle::UnknownOperatorClass => "check the spelling, or leave it out for the type's default",
        Obstacle::Ambiguous => "put the name of the table and a dot in front of the column",
        Obstacle::Invalid | Obstacle::Unsupported => "change the definition so that PostgreSQL takes it",
    }
}

/// What to do about a value that its type does not take.
pub fn value_hint(catalog: &Catalog, message: &str) -> String {
    let key = message.split_once("enum ").and_then(|(_, rest)| rest.split_once(':')).map(|(key, _)| key);
    match key.and_then(|key| catalog.facts.type_named(key)) {
        Some(fact) => format!("the labels are {}", fact.labels.join(", ")),
        None => "write a value that the type can hold".into(),
    }
}

/// Adds what an expression at this place can use, where that says more than the general hint.
pub fn hint_at(resolver: &Resolver, mut error: Error, place: Place) -> Error {
    if error.message.starts_with("column ") {
        let special = match place {
            Place::Default(_) => Some("a default cannot refer to columns; a text is written in single quotes".into()),
            Place::DomainCondition(_) => Some("the condition of a domain is about VALUE".into()),
            Place::TriggerCondition(_) => Some("write old.column or new.column".into()),
            Place::Generated(id, _) | Place::Condition(id) | Place::Policy(id) | Place::Statistics(id) => {
                columns(resolver.catalog, id)
            }
        };
        error.hint = special.or(error.hint);
    }
    error
}

fn columns(catalog: &Catalog, id: &ObjectId) -> Option<String> {
    let (schema, name) = id.relation();
    let relation = catalog.facts.relation(schema, name)?;
    let names: Vec<String> = relation.columns.iter().map(|column| quote(&column.name)).collect();
    (!names.is_empty()).then(|| format!("the columns are {}", names.join(", ")))
}

/// What PostgreSQL allows in no default, condition or generated column, whatever the names in it mean.
pub fn forbidden(resolver: &Resolver, it: &Expression, place: Place) -> Result<()> {
    let Some(tree) = it.node.node.as_ref() else { return Ok(()) };
    let what = match place {
        Place::Default(_) => "a default",
        Place::Generated(..) => "a generated column",
        Place::Condition(_) | Place::DomainCondition(_) | Place::TriggerCondition(_) => "a condition",
        Place::Statistics(_) => "a statistics object",
        Place::Policy(_) => return Ok(()),
    };
    for (node, _, _, _) in tree.nodes() {
        let problem = match node {
            NodeRef::SubLink(link) => Some((link.location, "a subquery")),
            NodeRef::FuncCall(call) if call.over.is_some() => Some((call.location, "a window function")),
            NodeRef::FuncCall(call) if is_aggregate(resolver.catalog, &call.funcname) => {
                Some((call.location, "an aggregate function"))
            }
            NodeRef::ColumnRef(reference) => {
                generated_column(resolver, it, place, reference)?;
                None
            }
            _ => None,
        };
        if let Some((location, thing)) = problem {
            let name = match node {
                NodeRef::FuncCall(call) => format!(" {}", dotted(&strings(&call.funcname))),
                _ => String::new(),
            };
            return Err(it
                .wrong(location, format!("cannot use {thing}{name} in {what}"))
                .hint("it may use the values of one row only; a trigger or a function can look further"));
        }
    }
    Ok(())
}

fn is_aggregate(catalog: &Catalog, name: &[pg_query::Node]) -> bool {
    let name = strings(name).pop().unwrap_or_default();
    let mut known = catalog.facts.functions(&name).peekable();
    known.peek().is_some() && known.all(|fact| fact.kind == FunctionKind::Aggregate)
}

/// A generated column cannot refer to another one, nor to itself.
fn generated_column(
    resolver: &Resolver,
    it: &Expression,
    place: Place,
    reference: &pg_query::protobuf::ColumnRef,
) -> Result<()> {
    let (Place::Generated(id, _), Some(name)) = (place, strings(&reference.fields).pop()) else { return Ok(()) };
    let (schema, relation) = id.relation();
    let other = ObjectId::new(Kind::Column, [schema, relation, &name]);
    let generated = |object: &Object| object.column().is_some_and(|column| column.generated.is_some());
    if !resolver.catalog.objects.get(&other).is_some_and(generated) {
        return Ok(());
    }
    let message = format!("cannot use generated column {} in the expression of a generated column", quote(&name));
    Err(it.wrong(reference.location, message).hint("write out its expression instead"))
}

/// Errors: the schema of an object is not declared.
pub fn schema(catalog: &Catalog, id: &ObjectId, strict: bool) -> Result<()> {
    let Some(name) = id.schema().filter(|_| strict) else { return Ok(()) };
    // the parts of a relation lie where it lies
    if catalog.objects.contains_key(&ObjectId::new(Kind::Schema, [name])) || id.names.len() > 2 {
        return Ok(());
    }
    Err(Error::new(format!("schema {} does not exist in the desired state", quote(name)))
        .hint(format!("add CREATE SCHEMA {}", quote(name))))
}

/// The relations of the catalog that a query names.
pub fn relations(catalog: &Catalog, it: &Expression) -> BTreeSet<ObjectId> {
    let Some(tree) = it.node.node.as_ref() else { return BTreeSet::new() };
    let find = |range: &pg_query::protobuf::RangeVar| match range.schemaname.as_str() {
        "" => it.path.iter().find_map(|schema| catalog.relation(schema, &range.relname)),
        schema => catalog.relation(schema, &range.relname),
    };
    tree.nodes()
        .into_iter()
        .filter_map(|(node, _, _, _)| match node {
            NodeRef::RangeVar(range) => find(range),
            _ => None,
        })
        .collect()
}

/// The errors of queries that were never resolved. Those that only wait for another that is wrong are left out, and
/// those that wait for each other say so.
pub fn explain_waiting(catalog: &Catalog, waiting: &[ObjectId], errors: Vec<Error>) -> Vec<Error> {
    let needs = |id: &ObjectId| -> Vec<ObjectId> {
        let query = catalog.objects.get(id).and_then(Object::query);
        let named = query.map(|query| relations(catalog, query)).unwrap_or_default();
        named.into_iter().filter(|other| waiting.contains(other)).collect()
    };
    let mut out = vec![];
    let mut told: BTreeSet<ObjectId> = BTreeSet::new();
    for (id, error) in waiting.iter().zip(errors) {
        if let Some(cycle) = cycle_through(id, &needs) {
            if told.contains(id) {
                continue;
            }
            told.extend(cycle.iter().cloned());
            let names: Vec<String> = cycle.iter().chain([id]).map(ObjectId::sql).collect();
            out.push(
                Error { message: format!("{id} is defined by itself: {}", names.join(" reads ")), hint: None, ..error }
                    .hint("break the circle: one of them must not read the others"),
            );
        } else if needs(id).is_empty() {
            out.push(error);
        }
    }
    out
}

/// The way from `id` back to itself, `id` first.
fn cycle_through(id: &ObjectId, needs: &dyn Fn(&ObjectId) -> Vec<ObjectId>) -> Option<Vec<ObjectId>> {
    let mut seen = BTreeSet::new();
    let mut paths = vec![vec![id.clone()]];
    while let Some(path) = paths.pop() {
        for next in needs(path.last()?) {
            if next == *id {
                return Some(path);
            }
            if seen.insert(next.clone()) {
                paths.push([path.clone(), vec![next]].concat());
            }
        }
    }
    None
}
