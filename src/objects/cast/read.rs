//! CREATE CAST in files.

use pg_query::NodeEnum;
use pg_query::protobuf::{CoercionContext, CreateCastStmt, ObjectWithArgs, TypeName};

use super::{Cast, Context, Method, identity};
use crate::catalog::ObjectId;
use crate::facts::Volatility;
use crate::load::reader::{Reader, Stop};
use crate::objects::trigger_function::TriggerFunction;
use crate::objects::{options, routine};

/// Reads CREATE CAST.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateCastStmt(statement) => Some(create(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreateCastStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (Some(source), Some(target)) = (&statement.sourcetype, &statement.targettype) else { return Ok(()) };
    let (source, target) = (routine::type_of(source, reader)?, routine::type_of(target, reader)?);
    let id = identity(&source, &target);
    let (method, volatility) = match &statement.func {
        Some(function) => with_function(function, reader)?,
        None if statement.inout => (Method::Inout, Volatility::Stable),
        None => (Method::WithoutFunction, Volatility::Immutable),
    };
    if source.key == target.key && !matches!(&method, Method::Function { arguments, .. } if arguments.len() > 1) {
        let error = reader.wrong(0, format!("{id} is from a type to itself"));
        return Err(error.hint("only a function that takes the type's modifier makes sense there").into());
    }
    let context = match CoercionContext::try_from(statement.context) {
        Ok(CoercionContext::CoercionImplicit) => Context::Implicit,
        Ok(CoercionContext::CoercionAssignment) => Context::Assignment,
        _ => Context::Explicit,
    };
    let cast = Cast { source, target, method, context };
    reader.add(id, cast.clone(), 0)?;
    reader.catalog.facts.model.add_cast(cast.fact(volatility));
    Ok(())
}

/// Errors: there is no such function (yet), or several are meant.
fn with_function(function: &ObjectWithArgs, reader: &Reader) -> Result<(Method, Volatility), Stop> {
    let names = options::strings(&function.objname);
    let arguments = routine::argument_types(function, reader)?;
    let keys: Vec<&str> = arguments.iter().map(|it| it.key.as_str()).collect();
    let found = routine::fact_of(&names, &keys, 0, reader)?;
    let volatility = found.map_or(Volatility::Volatile, |fact| fact.volatility);
    Ok((Method::Function { name: TriggerFunction::new(&function.objname, reader.path), arguments }, volatility))
}

/// The cast that a statement names by its two types. Errors: it is not there (yet).
pub fn address(reader: &Reader, source: &TypeName, target: &TypeName) -> Result<ObjectId, Stop> {
    let id = identity(&routine::type_of(source, reader)?, &routine::type_of(target, reader)?);
    if reader.catalog.objects.contains_key(&id) {
        return Ok(id);
    }
    let message = format!("{id} does not exist in the desired state");
    Err(reader.missing(source.location, id.name(), message))
}
