//! Casts (`pg_cast`). What uses one does not depend on it in PostgreSQL, only on its function; what is made has to come
//! after it all the same.

use std::collections::BTreeSet;

use serde::Serialize;
use tokio_postgres::Row;

use super::trigger_function::TriggerFunction;
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Object, Reaction, Statement};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::facts::{CastContext, CastFact, CastMethod, Facts, Text, Volatility};
use crate::introspect::Live;
use crate::load::reader::Type;
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

mod read;
pub use read::{address, read};

/// A cast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cast {
    /// From.
    #[serde(skip)]
    pub source: Type,
    /// To.
    #[serde(skip)]
    pub target: Type,
    /// How values get from one to the other.
    pub method: Method,
    /// Where it applies without being written.
    pub context: Context,
}

/// How a cast works.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// WITH FUNCTION.
    Function {
        /// The function.
        name: TriggerFunction,
        /// The types of its arguments: of the value, of the modifier, whether the cast was written.
        arguments: Vec<Type>,
    },
    /// WITHOUT FUNCTION: the bytes are the same.
    WithoutFunction,
    /// WITH INOUT: through the text.
    Inout,
}

/// Where a cast applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// Where it is written.
    Explicit,
    /// Where a value is put into a column as well.
    Assignment,
    /// Everywhere.
    Implicit,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("cast.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let (source, target) = (live.data_type(row, "source")?, live.data_type(row, "target")?);
    let id = identity(&source, &target);
    let method = match live.qualified(row, "function_schema", "function_name")? {
        Some(name) => {
            let keys: Vec<String> = live.get::<Option<Vec<String>>>(row, "arguments")?.unwrap_or_default();
            let arguments = keys.iter().map(|key| Type::of(&live.catalog.facts, key, -1)).collect();
            Method::Function { name: TriggerFunction::from(name), arguments }
        }
        None if live.text(row, "method")? == "i" => Method::Inout,
        None => Method::WithoutFunction,
    };
    let context = match live.text(row, "context")?.as_str() {
        "i" => Context::Implicit,
        "a" => Context::Assignment,
        "e" => Context::Explicit,
        other => return Err(Error::new(format!("cannot read the context {other} of {id}"))),
    };
    let volatility = match live.get::<Option<String>>(row, "volatility")?.as_deref() {
        Some("v") => Volatility::Volatile,
        Some("s") => Volatility::Stable,
        _ => Volatility::Immutable,
    };
    let cast = Cast { source, target, method, context };
    live.catalog.facts.model.add_cast(cast.fact(volatility));
    live.attribute_of(row, &id)?;
    live.add(row, id, cast)
}

/// The identity of a cast between two types.
fn identity(source: &Type, target: &Type) -> ObjectId {
    ObjectId { arguments: vec![target.sql.clone()], ..ObjectId::new(Kind::Cast, [source.sql.as_str()]) }
}

/// The identity of a cast between two types by their keys.
pub fn between(source: &str, target: &str, facts: &Facts) -> ObjectId {
    identity(&Type::of(facts, source, -1), &Type::of(facts, target, -1))
}

/// The cast by which the values of a column get to another type.
pub fn converting(now: &Object, wanted: &Object, facts: &Facts) -> Option<ObjectId> {
    let from = facts.base_type(&now.column()?.data_type.key);
    let to = facts.base_type(&wanted.column()?.data_type.key);
    (from != to).then(|| between(from, to, facts))
}

impl Cast {
    /// What the analysis of expressions needs to know about it; `volatility` is that of its function.
    fn fact(&self, volatility: Volatility) -> CastFact {
        let (method, arguments) = match &self.method {
            Method::Function { arguments, .. } => (CastMethod::Function, arguments.len()),
            Method::WithoutFunction => (CastMethod::Binary, 0),
            Method::Inout => (CastMethod::InOut, 0),
        };
        CastFact {
            source: Text::Owned(self.source.key.clone()),
            target: Text::Owned(self.target.key.clone()),
            context: match self.context {
                Context::Explicit => CastContext::Explicit,
                Context::Assignment => CastContext::Assignment,
                Context::Implicit => CastContext::Implicit,
            },
            method,
            arguments,
            volatility: if method == CastMethod::InOut { Volatility::Stable } else { volatility },
        }
    }
}

impl DatabaseObject for Cast {
    fn resolve(&mut self, _id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let types = [&self.source, &self.target];
        let mut needs: BTreeSet<ObjectId> = types.into_iter().filter_map(|it| it.object(resolver.catalog)).collect();
        if let Method::Function { name, arguments } = &mut self.method {
            let keys: Vec<&str> = arguments.iter().map(|it| it.key.as_str()).collect();
            name.resolve_with(&keys, None, resolver, &mut needs)?;
        }
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { source: _, target: _, method, context } = self;
        let how = match method {
            Method::Function { name, arguments } => {
                let types: Vec<&str> = arguments.iter().map(|it| it.sql.as_str()).collect();
                format!("WITH FUNCTION {}({})", name.sql(), types.join(", "))
            }
            Method::WithoutFunction => "WITHOUT FUNCTION".into(),
            Method::Inout => "WITH INOUT".into(),
        };
        let place = match context {
            Context::Explicit => "",
            Context::Assignment => " AS ASSIGNMENT",
            Context::Implicit => " AS IMPLICIT",
        };
        vec![Statement::new(Form::Create, format!("CREATE CAST {} {how}{place}", id.sql()))]
    }

    fn alter(&self, _id: &ObjectId, _desired: &Self, _context: &AlterContext) -> Alteration {
        Alteration::Replace
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        Reaction::of_caller(disturbance)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP CAST {}", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        [&mut self.source, &mut self.target].into_iter().for_each(|it| renames.retype(it));
        if let Method::Function { name, arguments } = &mut self.method {
            name.renamed(renames);
            arguments.iter_mut().for_each(|it| renames.retype(it));
        }
    }
}
