//! Reading CREATE AGGREGATE.

use std::collections::BTreeMap;

use pg_query::protobuf::{DefElem, DefineStmt, ObjectType};
use pg_query::{Node, NodeEnum};

use super::{Aggregate, CallForm, State};
use crate::facts::Facts;
use crate::load::reader::{Reader, Stop, Type};
use crate::name::QualifiedName;
use crate::objects::routine::{self, Argument, Mode, Parallel};
use crate::objects::{Kind, options};

/// The words that name functions.
const FUNCTIONS: &[&str] =
    &["sfunc", "finalfunc", "combinefunc", "serialfunc", "deserialfunc", "msfunc", "minvfunc", "mfinalfunc"];

/// Reads CREATE AGGREGATE.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::DefineStmt(statement) if statement.kind == ObjectType::ObjectAggregate as i32 => {
            Some(read_create(statement, reader))
        }
        _ => None,
    }
}

fn read_create(statement: &DefineStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.defnames)?;
    let given = definition(statement, reader)?;
    let (arguments, direct) = arguments(statement, &given, reader)?;
    let mut functions = BTreeMap::new();
    for word in FUNCTIONS {
        let Some(element) = given.get(*word) else { continue };
        let found = routine::function_named(&names(element), element.location, reader)?;
        functions.insert((*word).to_string(), found);
    }
    if !functions.contains_key("sfunc") {
        return Err(reader.wrong(0, "aggregate sfunc must be specified").into());
    }
    let form = match direct {
        None => CallForm::Normal,
        Some(_) if given.contains_key("hypothetical") => CallForm::Hypothetical,
        Some(_) => CallForm::OrderedSet,
    };
    let Some(state) = state(&given, form, "", reader)? else {
        return Err(reader.wrong(0, "aggregate stype must be specified").into());
    };
    let parallel = match given.get("parallel") {
        None => Parallel::Unsafe,
        Some(element) => Parallel::of_word(&text(element)).ok_or_else(|| {
            reader.wrong(element.location, "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE")
        })?,
    };
    let sort_operator = given.get("sortop").map(|element| operator(element, reader)).transpose()?;
    let moving = state_of_moving(&given, form, reader)?;
    let aggregate =
        Aggregate { form, direct: direct.unwrap_or(0), arguments, functions, state, moving, sort_operator, parallel };
    let id = routine::identity(Kind::Aggregate, schema, name, &aggregate.arguments);
    reader.add(id.clone(), aggregate.clone(), 0)?;
    let result = result(&aggregate, &reader.catalog.facts);
    let fact = aggregate.fact(&id, &result, reader.catalog);
    reader.catalog.facts.model.add_function(fact);
    Ok(())
}

fn state_of_moving(given: &Given, form: CallForm, reader: &Reader) -> Result<Option<State>, Stop> {
    let moving = state(given, form, "m", reader)?;
    if moving.is_none() && given.contains_key("msfunc") {
        return Err(reader.wrong(0, "aggregate mstype must be specified when msfunc is specified").into());
    }
    Ok(moving)
}

type Given<'a> = BTreeMap<String, &'a DefElem>;

fn definition<'a>(statement: &'a DefineStmt, reader: &Reader) -> Result<Given<'a>, Stop> {
    let mut out = BTreeMap::new();
    for node in &statement.definition {
        let Some(NodeEnum::DefElem(element)) = node.node.as_ref() else { continue };
        let word = element.defname.to_lowercase();
        // the spellings of long ago
        let word = match word.as_str() {
            "sfunc1" | "stype1" | "initcond1" => word.trim_end_matches('1').to_string(),
            _ => word,
        };
        let known = FUNCTIONS.contains(&word.as_str())
            || matches!(word.as_str(), "hypothetical" | "sortop" | "parallel" | "basetype")
            || STATE.contains(&word.as_str())
            || word.strip_prefix('m').is_some_and(|rest| STATE.contains(&rest));
        if !known {
            return Err(reader
                .wrong(element.location, format!("aggregate attribute \"{word}\" not recognized"))
                .into());
        }
        let off = matches!(word.as_str(), "hypothetical") && text(element) == "false";
        if !off && out.insert(word, &**element).is_some() {
            return Err(reader.wrong(element.location, "conflicting or redundant options").into());
        }
    }
    Ok(out)
}

/// The words of a state; with an `m` in front those of the moving one.
const STATE: &[&str] = &["stype", "sspace", "finalfunc_extra", "finalfunc_modify", "initcond"];

fn state(given: &Given, form: CallForm, prefix: &str, reader: &Reader) -> Result<Option<State>, Stop> {
    let get = |word: &str| given.get(&format!("{prefix}{word}"));
    let Some(stype) = get("stype") else { return Ok(None) };
    let modify = match get("finalfunc_modify") {
        None => Aggregate::default_modify(form),
        Some(element) => match text(element).to_lowercase().as_str() {
            "read_only" => "r",
            "shareable" => "s",
            "read_write" => "w",
            _ => {
                let message = "finalfunc_modify must be READ_ONLY, SHAREABLE, or READ_WRITE";
                return Err(reader.wrong(element.location, message).into());
            }
        },
    };
    Ok(Some(State {
        data_type: type_of(stype, reader)?,
        space: get("sspace").and_then(|element| text(element).parse().ok()).unwrap_or_default(),
        initial: get("initcond").map(|element| text(element)),
        final_extra: get("finalfunc_extra").is_some_and(|element| text(element) != "false"),
        final_modify: modify.into(),
    }))
}

fn type_of(element: &DefElem, reader: &Reader) -> Result<Type, Stop> {
    match element.arg.as_ref().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::TypeName(name)) => routine::type_of(name, reader),
        _ => Err(reader.wrong(element.location, format!("{} is no type", text(element))).into()),
    }
}

/// All arguments, and how many of them are direct ones; `None` for an aggregate without ORDER BY.
fn arguments(
    statement: &DefineStmt,
    given: &Given,
    reader: &Reader,
) -> Result<(Vec<Argument>, Option<usize>), Stop> {
    if statement.oldstyle {
        let Some(base) = given.get("basetype") else {
            return Err(reader.wrong(0, "aggregate input type must be specified").into());
        };
        if matches!(text(base).to_lowercase().as_str(), "any" | "pg_catalog.any") {
            return Ok((vec![], None));
        }
        let data_type = type_of(base, reader)?;
        return Ok((vec![Argument { name: String::new(), mode: Mode::In, data_type, default: None }], None));
    }
    let list = match statement.args.first().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::List(list)) => routine::read_arguments(&list.items, reader)?,
        _ => vec![],
    };
    let direct = match statement.args.get(1).and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::Integer(number)) => usize::try_from(number.ival).ok(),
        _ => None,
    };
    Ok((list, direct))
}

fn names(element: &DefElem) -> Vec<String> {
    options::strings(options::name_nodes(element))
}

fn text(element: &DefElem) -> String {
    options::value(element.arg.as_deref().map(|node: &Node| node))
}

fn operator(element: &DefElem, reader: &Reader) -> Result<QualifiedName, Stop> {
    let names = names(element);
    let (name, before) = names.split_last().map_or((String::new(), &[][..]), |(name, before)| (name.clone(), before));
    let there = |schema: &str| reader.catalog.facts.operators(&name).any(|fact| fact.schema == schema);
    let found = match before.last() {
        Some(schema) => Some(schema.as_str()),
        None => ["pg_catalog"].into_iter().chain(reader.path.iter().map(String::as_str)).find(|schema| there(schema)),
    };
    let missing = || reader.missing(element.location, &name, format!("operator {name} does not exist"));
    found.map(|schema| QualifiedName::new(schema, name.clone())).ok_or_else(missing)
}

/// Key of the result's type: that of the final function, or the state's.
fn result(aggregate: &Aggregate, facts: &Facts) -> String {
    let state = aggregate.state.data_type.key.as_str();
    let Some(end) = aggregate.functions.get("finalfunc") else { return state.to_string() };
    let functions = || facts.functions(&end.name).filter(|fact| fact.schema == end.schema.as_str());
    let exact = functions().find(|fact| fact.args.first().is_some_and(|key| key == state));
    let Some(found) = exact.or_else(|| functions().next()) else { return state.to_string() };
    let polymorphic = state.starts_with("any");
    match &*found.returns {
        "anyelement" | "anycompatible" if !polymorphic => facts.element_of(state).unwrap_or(state).to_string(),
        "anyarray" | "anycompatiblearray" if !polymorphic => state.to_string(),
        other => other.to_string(),
    }
}
