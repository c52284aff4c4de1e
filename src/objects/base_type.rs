//! Base types (`pg_type` of kind `b`), whose values only functions know. These name the type and the type names them, so
//! the type is a shell at first, then the functions are made, then the whole type; and all of it goes at once.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tokio_postgres::Row;

use super::trigger_function::TriggerFunction;
use super::{AlterContext, Alteration, DatabaseObject, Kind, Object, Statement, rename, schema, shell_type};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::facts::{Facts, Layout, NewBase, NewType, type_key};
use crate::introspect::Live;
use crate::load::reader::Type;
use crate::name::{QualifiedName, literal};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

mod change;
mod read;
mod role;
pub use read::read;
pub use role::Role;

/// A base type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BaseType {
    /// What it is made of.
    pub functions: BTreeMap<Role, TriggerFunction>,
    /// INTERNALLENGTH, PASSEDBYVALUE, ALIGNMENT and STORAGE.
    pub layout: Layout,
    /// CATEGORY.
    pub category: char,
    /// PREFERRED.
    pub preferred: bool,
    /// DEFAULT, as text.
    pub default: Option<String>,
    /// ELEMENT: what a value is an array of.
    pub element: Option<Type>,
    /// DELIMITER between values in arrays of the type.
    pub delimiter: char,
    /// COLLATABLE.
    pub collatable: bool,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("base_type.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::BaseType, &["schema", "name"])?;
    let letter = |column: &str| -> Result<char> {
        let text = live.text(row, column)?;
        text.chars().next().ok_or_else(|| Error::new(format!("the catalogue query returned no {column} of {id}")))
    };
    // role, schema, name
    let named: Vec<(Role, String, String)> = live.json(row, "functions")?.unwrap_or_default();
    let function = |(role, schema, name)| (role, TriggerFunction::from(QualifiedName { schema, name }));
    let element: Option<String> = live.get(row, "element_key")?;
    let base = BaseType {
        functions: named.into_iter().map(function).collect(),
        layout: Layout {
            length: live.get(row, "length")?,
            by_value: live.get(row, "by_value")?,
            alignment: letter("alignment")?,
            storage: letter("storage")?,
        },
        category: letter("category")?,
        preferred: live.get(row, "preferred")?,
        default: live.get(row, "default_value")?,
        element: element.map(|_| live.data_type(row, "element")).transpose()?,
        delimiter: letter("delimiter")?,
        collatable: live.get(row, "collatable")?,
    };
    base.tell(&id, &mut live.catalog.facts);
    live.attribute_of(row, &id)?;
    let array = (live.get(row, "classid")?, live.get(row, "array_oid")?, 0);
    live.alias(array, &id);
    live.add(row, id, base)
}

/// `NAME = function` for each, or `NAME = NONE` where there is no such function any more.
fn function_items<'a>(
    functions: impl Iterator<Item = (Role, Option<&'a TriggerFunction>)>,
) -> impl Iterator<Item = String> {
    functions.map(|(role, function)| {
        let name = function.map_or_else(|| "NONE".into(), TriggerFunction::sql);
        format!("{} = {name}", role.word().to_uppercase())
    })
}

impl BaseType {
    /// Tells the facts about it.
    fn tell(&self, id: &ObjectId, facts: &mut Facts) {
        let raw = self.functions.get(&Role::Subscript).is_some_and(|it| it.is_system(RAW_SUBSCRIPT));
        let base = NewBase {
            category: self.category,
            preferred: self.preferred,
            collatable: self.collatable,
            modifiers: self.functions.contains_key(&Role::TypmodIn),
            element: self.element.as_ref().filter(|_| raw).map(|element| element.key.clone()),
            layout: Some(self.layout),
        };
        facts.model.add_type(id.relation().0, id.name(), NewType::Base(base));
    }

    /// The items of CREATE TYPE.
    fn items(&self) -> Vec<String> {
        let Self { functions, layout, category, preferred, default, element, delimiter, collatable } = self;
        let mut items: Vec<String> = function_items(functions.iter().map(|(role, it)| (*role, Some(it)))).collect();
        let Layout { length, by_value, alignment, storage } = layout;
        items.push(match length {
            -1 => "INTERNALLENGTH = VARIABLE".into(),
            bytes => format!("INTERNALLENGTH = {bytes}"),
        });
        items.extend(by_value.then(|| "PASSEDBYVALUE".to_string()));
        items.push(format!("ALIGNMENT = {}", role::alignment_word(*alignment)));
        items.push(format!("STORAGE = {}", role::storage_word(*storage)));
        items.extend((*category != 'U').then(|| format!("CATEGORY = {}", literal(&category.to_string()))));
        items.extend(preferred.then(|| "PREFERRED = true".to_string()));
        items.extend(default.as_ref().map(|value| format!("DEFAULT = {}", literal(value))));
        items.extend(element.as_ref().map(|element| format!("ELEMENT = {}", element.sql)));
        items.extend((*delimiter != ',').then(|| format!("DELIMITER = {}", literal(&delimiter.to_string()))));
        items.extend(collatable.then(|| "COLLATABLE = true".to_string()));
        items
    }
}

/// What makes a type of fixed length an array of its elements.
const RAW_SUBSCRIPT: &str = "raw_array_subscript_handler";

impl DatabaseObject for BaseType {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        needs.extend(self.element.as_ref().and_then(|element| element.object(resolver.catalog)));
        let own = type_key(id.relation().0, id.name());
        for (role, function) in &mut self.functions {
            let (ways, returns) = role.signatures(&own);
            let there = ways.iter().find(|arguments| function.exists_with(arguments, resolver));
            let arguments = there.unwrap_or(&ways[0]);
            function.resolve_with(arguments, Some(returns), resolver, &mut needs)?;
        }
        Ok(needs)
    }

    fn stand_in(&self, id: &ObjectId) -> Option<(ObjectId, Object)> {
        Some(shell_type::of(id))
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let sql = format!("CREATE TYPE {} (\n    {}\n)", id.sql(), self.items().join(",\n    "));
        vec![Statement::new(Form::Create, sql)]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        change::alter(self, id, desired, context)
    }

    fn obstacle(&self, id: &ObjectId, context: &AlterContext) -> Option<String> {
        change::obstacle(id, context)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        // the type and its functions hold each other, and there is no statement that names both
        vec![Statement::new(Form::Catalog, format!("DROP TYPE {} CASCADE", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.element.iter_mut().for_each(|element| renames.retype(element));
        self.functions.values_mut().for_each(|function| function.renamed(renames));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "TYPE", id, new)
    }
}
