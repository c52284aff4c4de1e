//! Transforms (`pg_transform`): how values of a type come to routines of a language, and back. Nobody owns them.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{CreateTransformStmt, ObjectWithArgs, TypeName};
use serde::Serialize;
use tokio_postgres::Row;

use super::trigger_function::TriggerFunction;
use super::{AlterContext, Alteration, DatabaseObject, Kind, Space, Statement, language, routine};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::facts::{TypeKind, Volatility};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop, Type};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// What both functions take.
const ARGUMENT: &str = "internal";

/// A transform.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transform {
    /// FOR.
    #[serde(skip)]
    pub data_type: Type,
    /// LANGUAGE.
    #[serde(skip)]
    pub language: String,
    /// FROM SQL: makes of a value what the language understands; `None` is the way of all types.
    pub from_sql: Option<TriggerFunction>,
    /// TO SQL: makes a value of what the language gives.
    pub to_sql: Option<TriggerFunction>,
}

/// Reads CREATE TRANSFORM.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateTransformStmt(statement) => Some(create(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreateTransformStmt, reader: &mut Reader) -> Result<(), Stop> {
    let Some(name) = &statement.type_name else { return Ok(()) };
    let data_type = routine::type_of(name, reader)?;
    if reader.catalog.facts.type_named(&data_type.key).is_some_and(|fact| fact.kind == TypeKind::Domain) {
        let error = reader.wrong(name.location, format!("data type {} is a domain", data_type.sql));
        return Err(error.hint("make the transform for the type below the domain").into());
    }
    let transform = Transform {
        from_sql: function(statement.fromsql.as_ref(), reader)?,
        to_sql: function(statement.tosql.as_ref(), reader)?,
        language: statement.lang.clone(),
        data_type,
    };
    let id = identity(&transform.data_type.sql, &transform.language);
    reader.add_named(id, transform, 0, name.location)?;
    Ok(())
}

/// Errors: it is written with other arguments than such a function has.
fn function(named: Option<&ObjectWithArgs>, reader: &Reader) -> Result<Option<TriggerFunction>, Stop> {
    let Some(named) = named else { return Ok(None) };
    if !named.args_unspecified {
        let types = routine::argument_types(named, reader)?;
        if types.iter().map(|it| it.key.as_str()).ne([ARGUMENT]) {
            let error = reader.wrong(0, "the functions of a transform take one argument of type internal");
            return Err(error.hint("write function(internal)").into());
        }
    }
    Ok(Some(TriggerFunction::new(&named.objname, reader.path)))
}

/// The catalogue query.
pub const QUERY: &str = include_str!("transform.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let transform = Transform {
        data_type: live.data_type(row, "type")?,
        language: live.text(row, "language")?,
        from_sql: live.qualified(row, "from_schema", "from_name")?.map(TriggerFunction::from),
        to_sql: live.qualified(row, "to_schema", "to_name")?.map(TriggerFunction::from),
    };
    let id = identity(&transform.data_type.sql, &transform.language);
    live.attribute_of(row, &id)?;
    live.add(row, id, transform)
}

fn identity(data_type: &str, language: &str) -> ObjectId {
    ObjectId { arguments: vec![language.into()], ..ObjectId::new(Kind::Transform, [data_type]) }
}

/// The transforms that a routine in a language names by their types.
pub fn needed<'a>(
    types: &'a [Type],
    language: &'a str,
    catalog: &'a Catalog,
) -> impl Iterator<Item = ObjectId> + use<'a> {
    let ids = types.iter().map(move |data_type| identity(&data_type.sql, language));
    ids.filter(|id| catalog.objects.contains_key(id))
}

/// Whether a routine would still depend, replaced in place, on a transform that goes: before PostgreSQL 18 it depends on
/// those of its argument and result types that are there when it is defined, whether it asks for them or not.
pub fn held(id: &ObjectId, context: &AlterContext) -> bool {
    let goes = |needed: &ObjectId| needed.kind == Kind::Transform && !context.desired.objects.contains_key(needed);
    context.major < 18 && context.current.dependencies.get(id).is_some_and(|needs| needs.iter().any(goes))
}

/// The transform that a statement names by its type and language. Errors: it is not there (yet).
pub fn address(reader: &Reader, data_type: &TypeName, language: &str) -> Result<ObjectId, Stop> {
    let id = identity(&routine::type_of(data_type, reader)?.sql, language);
    if reader.catalog.objects.contains_key(&id) {
        return Ok(id);
    }
    let message = format!("{id} does not exist in the desired state");
    Err(reader.missing(data_type.location, id.name(), message))
}

impl Transform {
    fn statement(&self, id: &ObjectId, form: Form, verb: &str) -> Statement {
        let Self { data_type: _, language: _, from_sql, to_sql } = self;
        let way = |word: &str, function: &Option<TriggerFunction>| {
            function.as_ref().map(|it| format!("{word} SQL WITH FUNCTION {}({ARGUMENT})", it.sql()))
        };
        let ways: Vec<String> = [way("FROM", from_sql), way("TO", to_sql)].into_iter().flatten().collect();
        Statement::new(form, format!("{verb} TRANSFORM {} ({})", id.sql(), ways.join(", ")))
    }
}

impl DatabaseObject for Transform {
    fn resolve(&mut self, _id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = BTreeSet::new();
        needs.extend(self.data_type.object(resolver.catalog));
        needs.extend(language::needed(&self.language, resolver.catalog));
        let key = self.data_type.key.as_str();
        for (function, returns) in [(&mut self.from_sql, ARGUMENT), (&mut self.to_sql, key)] {
            if let Some(function) = function {
                function.resolve_with(&[ARGUMENT], Some(returns), resolver, &mut needs)?;
                if resolver.strict && function.volatility(&[ARGUMENT], resolver) == Some(Volatility::Volatile) {
                    let message = format!("function {}({ARGUMENT}) of a transform must not be volatile", function.sql());
                    return Err(Error::new(message).hint("declare the function as STABLE or IMMUTABLE"));
                }
            }
        }
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        vec![self.statement(id, Form::Create, "CREATE")]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        Alteration::in_place(vec![desired.statement(id, Form::Catalog, "CREATE OR REPLACE")])
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP TRANSFORM {}", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        renames.retype(&mut self.data_type);
        renames.single(Space::Language, &mut self.language);
        self.from_sql.iter_mut().chain(&mut self.to_sql).for_each(|function| function.renamed(renames));
    }
}
