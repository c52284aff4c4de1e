//! Finding routines by what statements call them.

use pg_query::NodeEnum;
use pg_query::protobuf::{ObjectType, ObjectWithArgs};

use super::type_of;
use crate::catalog::ObjectId;
use crate::facts::FunctionFact;
use crate::load::reader::{Reader, Stop, Type};
use crate::name::{QualifiedName, dotted};
use crate::objects::{Kind, options};

/// The kinds that the word of a statement covers; `None` when it is not about routines.
pub fn kinds(kind: ObjectType) -> Option<&'static [Kind]> {
    match kind {
        ObjectType::ObjectFunction => Some(&[Kind::Function, Kind::Aggregate]),
        ObjectType::ObjectProcedure => Some(&[Kind::Procedure]),
        ObjectType::ObjectAggregate => Some(&[Kind::Aggregate]),
        ObjectType::ObjectRoutine => Some(&[Kind::Function, Kind::Aggregate, Kind::Procedure]),
        _ => None,
    }
}

/// The routine that a statement names. Errors: it is not there (yet), or several are meant.
pub fn address(reader: &Reader, kind: ObjectType, routine: &ObjectWithArgs) -> Result<ObjectId, Stop> {
    let kinds = kinds(kind).unwrap_or_default();
    let names = options::strings(&routine.objname);
    let (name, schema) =
        names.split_last().map_or((String::new(), None), |(name, before)| (name.clone(), before.last().cloned()));
    let mut types = vec![];
    for node in &routine.objargs {
        if let Some(NodeEnum::TypeName(name)) = node.node.as_ref() {
            types.push(type_of(name, reader)?.sql);
        }
    }
    let schemas = schema.map_or(reader.path.to_vec(), |schema| vec![schema]);
    for schema in &schemas {
        let candidates: Vec<ObjectId> = kinds
            .iter()
            .flat_map(|kind| reader.catalog.routines(*kind, schema, &name))
            .filter(|id| routine.args_unspecified || id.arguments == types || all_types(reader, id) == types)
            .cloned()
            .collect();
        match candidates.as_slice() {
            [] => {}
            [one] => return Ok(one.clone()),
            several => {
                if let Some(exact) = several.iter().find(|id| !routine.args_unspecified && id.arguments == types) {
                    return Ok(exact.clone());
                }
                let message = format!("function name {} is not unique", dotted(&names));
                return Err(reader.wrong(0, message).hint("write its argument types").into());
            }
        }
    }
    let what = match kind {
        ObjectType::ObjectProcedure => "procedure",
        ObjectType::ObjectAggregate => "aggregate",
        ObjectType::ObjectRoutine => "routine",
        _ => "function",
    };
    let arguments = if routine.args_unspecified { String::new() } else { format!("({})", types.join(", ")) };
    let message = format!("{what} {}{arguments} does not exist in the desired state", dotted(&names));
    Err(Stop::Missing { name, error: reader.wrong(0, message) })
}

/// The types of all parameters of a procedure, which statements may write too.
fn all_types(reader: &Reader, id: &ObjectId) -> Vec<String> {
    let procedure = reader.catalog.objects.get(id).and_then(|object| object.procedure());
    procedure.map_or(id.arguments.clone(), |procedure| {
        procedure.arguments.iter().map(|argument| argument.data_type.sql.clone()).collect()
    })
}

/// The types of the arguments of a function that a statement names, also where it names the only function so called.
/// Errors: there is none (yet), or several are meant.
pub fn argument_types(function: &ObjectWithArgs, reader: &Reader) -> Result<Vec<Type>, Stop> {
    if !function.args_unspecified {
        let types = function.objargs.iter().filter_map(|node| match node.node.as_ref() {
            Some(NodeEnum::TypeName(name)) => Some(type_of(name, reader)),
            _ => None,
        });
        return types.collect();
    }
    let names = options::strings(&function.objname);
    let found = function_named(&names, 0, reader)?;
    let facts = &reader.catalog.facts;
    let mut all = facts.functions(&found.name).filter(|fact| fact.schema == found.schema.as_str());
    match (all.next(), all.next()) {
        (Some(fact), None) => Ok(fact.args.iter().map(|key| Type::of(facts, key, -1)).collect()),
        _ => {
            let error = reader.wrong(0, format!("function name {} is not unique", dotted(&names)));
            Err(error.hint("write its argument types").into())
        }
    }
}

/// What is known about the function of that name over arguments of these types (keys); `None` when it may be one that
/// nobody knows here. Errors: there is none (yet).
pub fn fact_of(names: &[String], keys: &[&str], location: i32, reader: &Reader) -> Result<Option<FunctionFact>, Stop> {
    let (name, before) = names.split_last().map_or((String::new(), &[][..]), |(name, before)| (name.clone(), before));
    let facts = &reader.catalog.facts;
    let there = |schema: &str| {
        let mut all = facts.functions(&name);
        all.find(|fact| fact.schema == *schema && fact.args.iter().map(|key| &**key).eq(keys.iter().copied()))
    };
    let found = match before.last() {
        Some(schema) => there(schema),
        None => ["pg_catalog"].into_iter().chain(reader.path.iter().map(String::as_str)).find_map(there),
    };
    if found.is_some() || reader.catalog.incomplete {
        return Ok(found.cloned());
    }
    let types: Vec<String> = keys.iter().map(|key| facts.format_type(key, -1)).collect();
    let message = format!("function {}({}) does not exist in the desired state", dotted(names), types.join(", "));
    Err(reader.missing(location, &name, message))
}

/// The full name of a function, whatever its arguments. Errors: there is none (yet).
pub fn function_named(names: &[String], location: i32, reader: &Reader) -> Result<QualifiedName, Stop> {
    let (name, before) = names.split_last().map_or((String::new(), &[][..]), |(name, before)| (name.clone(), before));
    let there = |schema: &str| reader.catalog.facts.functions(&name).any(|fact| fact.schema == schema);
    let found = match before.last() {
        Some(schema) => Some(schema.as_str()).filter(|schema| there(schema)),
        None => ["pg_catalog"].into_iter().chain(reader.path.iter().map(String::as_str)).find(|schema| there(schema)),
    };
    match found {
        Some(schema) => Ok(QualifiedName::new(schema, name)),
        None => {
            let message = format!("function {} does not exist in the desired state", dotted(names));
            Err(Stop::Missing { name, error: reader.wrong(location, message) })
        }
    }
}
