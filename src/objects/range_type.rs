//! Range types (`pg_range`), each with its multirange type and the functions that make values of both. One with a
//! CANONICAL function, which takes and gives values of the type, is a shell until that is made.

use std::collections::BTreeSet;

use serde::Serialize;
use tokio_postgres::Row;

use super::trigger_function::TriggerFunction;
use super::{AlterContext, Alteration, DatabaseObject, Kind, Object, Space, Statement, collation, operator_family, rename, schema, shell_type};
use crate::catalog::ObjectId;
use crate::error::Result;
use crate::facts::{multirange_name, type_key};
use crate::introspect::Live;
use crate::load::reader::Type;
use crate::name::QualifiedName;
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

mod change;
mod facts;
mod read;
pub use read::read;

/// A range type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangeType {
    /// SUBTYPE.
    pub subtype: Type,
    /// SUBTYPE_OPCLASS; `None` is the default one of the subtype for B-trees.
    pub operator_class: Option<QualifiedName>,
    /// COLLATION; `None` is the subtype's own.
    pub collation: Option<QualifiedName>,
    /// CANONICAL: a function from the type to itself.
    pub canonical: Option<TriggerFunction>,
    /// SUBTYPE_DIFF: a function from two values of the subtype to `float8`.
    pub subtype_diff: Option<TriggerFunction>,
    /// MULTIRANGE_TYPE_NAME.
    pub multirange: QualifiedName,
    /// The functions that make values; called as the types are, unless these were renamed without them.
    pub constructors: Constructors,
}

/// What the functions that make values are called.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Constructors {
    /// Of the range type: from two bounds, and from two bounds with the word for what they include.
    pub range: QualifiedName,
    /// Of the multirange type: from nothing, from a range, from any number of ranges.
    pub multirange: QualifiedName,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("range_type.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::RangeType, &["schema", "name"])?;
    let multirange =
        QualifiedName::new(live.text(row, "multirange_schema")?, live.text(row, "multirange_name")?);
    let mut constructors = Constructors::of(&id, &multirange);
    // whether of the multirange type, schema, name
    let named: Vec<(bool, String, String)> = live.json(row, "constructors")?.unwrap_or_default();
    for (multi, schema, name) in named {
        let place = if multi { &mut constructors.multirange } else { &mut constructors.range };
        *place = QualifiedName { schema, name };
    }
    let range = RangeType {
        subtype: live.data_type(row, "subtype")?,
        operator_class: live.qualified(row, "class_schema", "class_name")?,
        collation: live.qualified(row, "collation_schema", "collation_name")?,
        canonical: live.qualified(row, "canonical_schema", "canonical_name")?.map(TriggerFunction::from),
        subtype_diff: live.qualified(row, "difference_schema", "difference_name")?.map(TriggerFunction::from),
        multirange,
        constructors,
    };
    range.tell(&id, &mut live.catalog.facts);
    live.attribute_of(row, &id)?;
    let classes: Vec<u32> = live.get(row, "classes")?;
    let ids: Vec<u32> = live.get(row, "ids")?;
    for (class, object) in classes.into_iter().zip(ids) {
        live.alias((class, object, 0), &id);
    }
    live.add(row, id, range)
}

impl Constructors {
    /// The names that PostgreSQL gives them.
    fn of(id: &ObjectId, multirange: &QualifiedName) -> Self {
        let (schema, name) = id.relation();
        // they lie where the range type lies, also those of the multirange type
        Self { range: QualifiedName::new(schema, name), multirange: QualifiedName::new(schema, &multirange.name) }
    }
}

impl RangeType {
    /// What the multirange type is called when nothing is said.
    fn usual_multirange(id: &ObjectId) -> QualifiedName {
        QualifiedName::new(id.relation().0, multirange_name(id.name()))
    }

    /// Whether values of both mean the same, so that only names may differ.
    pub(super) fn means_same(&self, other: &Self) -> bool {
        self.subtype == other.subtype
            && self.operator_class == other.operator_class
            && self.collation == other.collation
            && self.canonical == other.canonical
            && self.subtype_diff == other.subtype_diff
    }
}

impl DatabaseObject for RangeType {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        let catalog = resolver.catalog;
        needs.extend(self.subtype.object(catalog));
        needs.extend(collation::needed(self.collation.as_ref(), catalog));
        needs.extend(Some(ObjectId::new(Kind::Schema, [&self.multirange.schema])));
        let class = self.operator_class.as_ref();
        let class = class.map(|name| operator_family::identity(Kind::OperatorClass, name, "btree"));
        needs.extend(class.filter(|id| catalog.objects.contains_key(id)));
        let own = type_key(id.relation().0, id.name());
        if let Some(function) = &mut self.canonical {
            function.resolve_with(&[&own], Some(&own), resolver, &mut needs)?;
        }
        if let Some(function) = &mut self.subtype_diff {
            let key = self.subtype.key.as_str();
            function.resolve_with(&[key, key], Some("float8"), resolver, &mut needs)?;
        }
        Ok(needs)
    }

    fn stand_in(&self, id: &ObjectId) -> Option<(ObjectId, Object)> {
        self.canonical.as_ref().map(|_| shell_type::of(id))
    }

    fn obstacle(&self, id: &ObjectId, context: &AlterContext) -> Option<String> {
        change::obstacle(id, context)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { subtype, operator_class, collation, canonical, subtype_diff, multirange, constructors: _ } = self;
        let mut items = vec![format!("subtype = {}", subtype.sql)];
        let mut say = |word: &str, name: Option<String>| items.extend(name.map(|name| format!("{word} = {name}")));
        say("subtype_opclass", operator_class.as_ref().map(ToString::to_string));
        say("collation", collation.as_ref().map(ToString::to_string));
        say("canonical", canonical.as_ref().map(TriggerFunction::sql));
        say("subtype_diff", subtype_diff.as_ref().map(TriggerFunction::sql));
        let usual = *multirange == Self::usual_multirange(id);
        say("multirange_type_name", (!usual).then(|| multirange.to_string()));
        vec![Statement::new(Form::Create, format!("CREATE TYPE {} AS RANGE ({})", id.sql(), items.join(", ")))]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        change::alter(self, id, desired, context)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        // the type and its function hold each other, and there is no statement that names both
        let along = if self.canonical.is_some() { " CASCADE" } else { "" };
        vec![Statement::new(Form::Catalog, format!("DROP TYPE {}{along}", id.sql()))]
    }

    fn more_names(&self, _id: &ObjectId) -> Vec<(Space, Vec<String>)> {
        let names = |name: &QualifiedName| vec![name.schema.clone(), name.name.clone()];
        vec![
            (Space::Type, names(&self.multirange)),
            (Space::Constructor, names(&self.constructors.range)),
            (Space::Constructor, names(&self.constructors.multirange)),
        ]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        renames.retype(&mut self.subtype);
        self.collation.iter_mut().for_each(|name| renames.qualified(Space::Collation, name));
        self.operator_class.iter_mut().for_each(|name| renames.qualified(Space::OperatorClass, name));
        self.canonical.iter_mut().chain(&mut self.subtype_diff).for_each(|function| function.renamed(renames));
        // these go along with their schema only; the type's own name leaves them behind
        let Constructors { range, multirange } = &mut self.constructors;
        for name in [&mut self.multirange, range, multirange] {
            renames.single(Space::Schema, &mut name.schema);
        }
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "TYPE", id, new)
    }
}
