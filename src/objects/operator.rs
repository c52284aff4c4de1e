//! Operators (`pg_operator`).

use std::collections::BTreeSet;

use serde::Serialize;
use tokio_postgres::Row;

use super::trigger_function::TriggerFunction;
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Reaction, Statement, rename, schema};
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::facts::{OperatorFact, Text, Volatility};
use crate::introspect::Live;
use crate::load::reader::Type;
use crate::name::QualifiedName;
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

mod change;
mod partner;
mod read;
pub use partner::{Partner, sql_name};
pub use read::{address, read};

/// An operator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Operator {
    /// LEFTARG; `None` for a prefix operator.
    pub left: Option<Type>,
    /// RIGHTARG.
    pub right: Type,
    /// FUNCTION.
    pub function: TriggerFunction,
    /// COMMUTATOR: the operator with exchanged operands.
    pub commutator: Option<Partner>,
    /// NEGATOR: the operator that gives the opposite.
    pub negator: Option<Partner>,
    /// RESTRICT: estimates how many rows it lets through.
    pub restrict: Option<TriggerFunction>,
    /// JOIN: the same for joins.
    pub join: Option<TriggerFunction>,
    /// HASHES.
    pub hashes: bool,
    /// MERGES.
    pub merges: bool,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("operator.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let left: Option<String> = live.get(row, "left_key")?;
    let function = |word: &str| -> Result<Option<TriggerFunction>> {
        Ok(live.qualified(row, &format!("{word}_schema"), &format!("{word}_name"))?.map(TriggerFunction::from))
    };
    let partner = |word: &str| -> Result<Option<Partner>> {
        Ok(live.qualified(row, &format!("{word}_schema"), &format!("{word}_name"))?.map(Partner::from))
    };
    let operator = Operator {
        left: left.map(|_| live.data_type(row, "left")).transpose()?,
        right: live.data_type(row, "right")?,
        function: TriggerFunction::from(QualifiedName::new(
            live.text(row, "function_schema")?,
            live.text(row, "function_name")?,
        )),
        commutator: partner("commutator")?,
        negator: partner("negator")?,
        restrict: function("restrict")?,
        join: function("join")?,
        hashes: live.get(row, "hashes")?,
        merges: live.get(row, "merges")?,
    };
    let id = operator.identity(live.text(row, "schema")?, live.text(row, "name")?);
    let volatility = match live.text(row, "volatility")?.as_str() {
        "i" => Volatility::Immutable,
        "s" => Volatility::Stable,
        _ => Volatility::Volatile,
    };
    let fact = operator.fact(&id, &live.text(row, "result_key")?, volatility);
    live.catalog.facts.model.add_operator(fact);
    live.attribute_of(row, &id)?;
    live.add(row, id, operator)
}

impl Operator {
    /// Its names and the types of its operands.
    fn identity(&self, schema: String, name: String) -> ObjectId {
        let left = self.left.as_ref().map_or("NONE", |left| left.sql.as_str()).to_owned();
        let arguments = vec![left, self.right.sql.clone()];
        ObjectId { arguments, ..ObjectId::new(Kind::Operator, [schema, name]) }
    }

    /// What the analysis of expressions needs to know about it.
    fn fact(&self, id: &ObjectId, result: &str, volatility: Volatility) -> OperatorFact {
        let own = |text: &str| Text::Owned(text.to_owned());
        let (schema, name) = id.relation();
        OperatorFact {
            schema: own(schema),
            name: own(name),
            left: self.left.as_ref().map(|left| own(&left.key)),
            right: own(&self.right.key),
            result: own(result),
            volatility,
        }
    }

    /// The keys of the operands' types.
    fn keys(&self) -> (Option<&str>, &str) {
        (self.left.as_ref().map(|left| left.key.as_str()), &self.right.key)
    }

    /// The identity of an operator over the same types, or over the exchanged ones.
    fn beside(&self, partner: &Partner, exchanged: bool) -> ObjectId {
        let same = || Self { left: self.left.clone(), right: self.right.clone(), ..self.clone() };
        let it = match &self.left {
            Some(left) if exchanged => Self { left: Some(self.right.clone()), right: left.clone(), ..same() },
            _ => same(),
        };
        let name = partner.name();
        it.identity(name.schema.clone(), name.name.clone())
    }

    /// Takes over what other operators say about this one.
    fn link(&mut self, id: &ObjectId, catalog: &Catalog) {
        let partners = |exchanged: bool| {
            let mine = move |(_, other): &(&ObjectId, &Operator)| {
                let link = if exchanged { &other.commutator } else { &other.negator };
                let mut link = link.clone();
                link.iter_mut().for_each(|link| link.resolve(other.partner_keys(exchanged), catalog));
                link.is_some_and(|link| other.beside(&link, exchanged) == *id)
            };
            let all = catalog.objects.iter().filter_map(|(id, object)| Some((id, object.operator()?)));
            all.filter(|(other, _)| *other != id).find(mine).map(|(other, _)| {
                let (schema, name) = other.relation();
                Partner::implied(QualifiedName::new(schema, name))
            })
        };
        if self.commutator.is_none() {
            self.commutator = partners(true);
        }
        if self.negator.is_none() {
            self.negator = partners(false);
        }
    }

    /// The keys of the operands of a partner.
    fn partner_keys(&self, exchanged: bool) -> (Option<&str>, &str) {
        match (self.keys(), exchanged) {
            ((Some(left), right), true) => (Some(right), left),
            (keys, _) => keys,
        }
    }

    /// The items of CREATE OPERATOR.
    fn items(&self) -> Vec<String> {
        let Self { left, right, function, commutator, negator, restrict, join, hashes, merges } = self;
        let mut items = vec![format!("FUNCTION = {}", function.sql())];
        items.extend(left.as_ref().map(|left| format!("LEFTARG = {}", left.sql)));
        items.push(format!("RIGHTARG = {}", right.sql));
        let mut link = |word: &str, partner: &Option<Partner>| {
            let said = partner.as_ref().filter(|it| !it.is_implied());
            items.extend(said.map(|it| format!("{word} = {}", it.sql())));
        };
        link("COMMUTATOR", commutator);
        link("NEGATOR", negator);
        items.extend(restrict.as_ref().map(|it| format!("RESTRICT = {}", it.sql())));
        items.extend(join.as_ref().map(|it| format!("JOIN = {}", it.sql())));
        items.extend(hashes.then(|| "HASHES".to_string()));
        items.extend(merges.then(|| "MERGES".to_string()));
        items
    }
}

impl DatabaseObject for Operator {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        let catalog = resolver.catalog;
        needs.extend(self.left.iter().chain([&self.right]).filter_map(|it| it.object(catalog)));
        let (left, right) = self.keys();
        let (left, right) = (left.map(str::to_owned), right.to_owned());
        let arguments: Vec<&str> = left.iter().chain([&right]).map(String::as_str).collect();
        self.function.resolve_with(&arguments, None, resolver, &mut needs)?;
        if let Some(function) = &mut self.restrict {
            function.resolve_with(&["internal", "oid", "internal", "int4"], Some("float8"), resolver, &mut needs)?;
        }
        if let Some(function) = &mut self.join {
            let all = ["internal", "oid", "internal", "int2", "internal"];
            let short = !function.exists_with(&all, resolver) && function.exists_with(&all[..4], resolver);
            let arguments = if short { &all[..4] } else { &all };
            function.resolve_with(arguments, Some("float8"), resolver, &mut needs)?;
        }
        for (exchanged, link) in [(true, &mut self.commutator), (false, &mut self.negator)] {
            let keys = match (&left, exchanged) {
                (Some(left), true) => (Some(right.as_str()), left.as_str()),
                _ => (left.as_deref(), right.as_str()),
            };
            link.iter_mut().for_each(|link| link.resolve(keys, catalog));
        }
        if resolver.strict {
            self.link(id, catalog);
        }
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let name = sql_name(&id.names);
        vec![Statement::new(Form::Create, format!("CREATE OPERATOR {name} ({})", self.items().join(", ")))]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        change::alter(self, id, desired, context)
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        Reaction::of_caller(disturbance)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP OPERATOR {}", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.left.iter_mut().chain([&mut self.right]).for_each(|it| renames.retype(it));
        let functions = self.restrict.iter_mut().chain(&mut self.join).chain([&mut self.function]);
        functions.for_each(|function| function.renamed(renames));
        self.commutator.iter_mut().chain(&mut self.negator).for_each(|link| link.renamed(renames));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        // there is no other name, only another schema
        (id.name() == new.name()).then(|| rename::statement(Form::Catalog, "OPERATOR", id, new)).flatten()
    }
}
