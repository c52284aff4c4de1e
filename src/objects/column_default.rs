//! Column defaults (`pg_attrdef`): objects of their own, so that tables and sequences that need each other form no
//! cycle.

use std::collections::BTreeSet;

use serde::Serialize;
use tokio_postgres::Row;

use super::{
    AlterContext, Alteration, DatabaseObject, Derived, Disturbance, Kind, Part, Reaction, Statement,
    Object,
};
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::expression::Expression;
use crate::introspect::Live;
use crate::load::reader::Type;
use crate::name::quote;
use crate::plan::forms::Form;
use crate::resolve::{Place, Resolver};

/// What a column gets when an INSERT names no value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnDefault {
    /// The expression.
    pub expression: Expression,
    /// A new column of a child table gets it from the parent.
    pub inherited: Derived,
    /// Whether rows that are there already get a value each, when the column is added with it. Follows from the
    /// expression.
    #[serde(skip)]
    pub volatile: Volatile,
}

/// Whether an expression gives another value at every call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Volatile(bool);

impl PartialEq for Volatile {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl From<Expression> for ColumnDefault {
    fn from(expression: Expression) -> Self {
        Self { expression, inherited: Derived(false), volatile: Volatile::default() }
    }
}

/// The catalogue query.
pub const QUERY: &str = include_str!("column_default.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::ColumnDefault, &["schema", "relation", "name"])?;
    let expression = live.expression(&live.text(row, "expression")?)?;
    live.add(row, id, ColumnDefault::from(expression))
}

/// With ONLY, because the defaults of child tables are objects of their own.
fn change(id: &ObjectId, what: &str) -> Statement {
    let table = id.parent(Kind::Table).sql();
    Statement::new(Form::AlterRelation, format!("ALTER TABLE ONLY {table} ALTER COLUMN {} {what}", quote(id.name())))
}

impl DatabaseObject for ColumnDefault {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let column = id.with_kind(Kind::Column);
        let mut needs = BTreeSet::from([column.clone()]);
        let catalog = resolver.catalog;
        let data_type = match catalog.objects.get(&column).and_then(|object| object.column()) {
            Some(column) => Some(column.data_type.clone()),
            // the columns of views are no objects of their own
            None => {
                let view = catalog.relation(id.relation().0, id.relation().1);
                let columns = view.as_ref().and_then(|view| catalog.objects.get(view)?.columns());
                needs = view.into_iter().collect();
                let fact = columns.and_then(|(_, columns)| columns.into_iter().find(|fact| fact.name == id.name()));
                fact.map(|fact| Type::of(&catalog.facts, &fact.type_key, fact.typmod))
            }
        };
        if let Some(data_type) = data_type {
            resolver.expression(&mut self.expression, Place::Default(&data_type), &mut needs)?;
        }
        self.volatile = Volatile(resolver.volatile(&self.expression));
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let sql = format!("SET DEFAULT {}", self.expression.sql());
        vec![change(id, &sql).under(&self.expression.path)]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        Alteration::in_place(desired.create(id))
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![change(id, "DROP DEFAULT")]
    }

    fn part(&self, id: &ObjectId) -> Option<Part> {
        Some(Part {
            whole: id.parent(Kind::Table),
            addition: Some(id.with_kind(Kind::Column)),
            name: id.name().to_string(),
            column: Some(id.name().to_string()),
            tail: None,
            order: (1, 0),
            sql: if self.inherited.0 { String::new() } else { format!("DEFAULT {}", self.expression.operand()) },
            replaces: true,
            volatile: self.volatile.0,
            search_path: Some(self.expression.path.clone()),
        })
    }

    fn reaction(&self, id: &ObjectId, on: &ObjectId, disturbance: Disturbance) -> Reaction {
        // PostgreSQL converts a default along with its column only where an assignment cast exists
        let own = *on == id.with_kind(Kind::Column) && matches!(disturbance, Disturbance::ColumnType | Disturbance::ColumnComparison);
        if own || disturbance == Disturbance::Replaced { Reaction::Rebuild } else { Reaction::Survives }
    }

    fn abbreviated(&self, id: &ObjectId, catalog: &Catalog) -> Option<(Self, Vec<ObjectId>)> {
        let same = |parent: ObjectId| {
            let default = catalog.objects.get(&parent.with_kind(Kind::ColumnDefault)).and_then(Object::column_default);
            default.is_some_and(|default| default.expression == self.expression)
        };
        let column = catalog.objects.get(&id.with_kind(Kind::Column)).and_then(Object::column)?;
        let given = column.inherited && super::column::inherited_from(id, catalog).into_iter().any(same);
        given.then(|| (Self { inherited: Derived(true), ..self.clone() }, vec![]))
    }

    fn on_its_own(&self) -> Self {
        Self { inherited: Derived(false), ..self.clone() }
    }

    fn is_void(&self) -> bool {
        self.expression.void
    }

    fn carried_by(&self, id: &ObjectId, whole: &ObjectId) -> bool {
        *whole == id.with_kind(Kind::Column) || *whole == id.parent(whole.kind)
    }
}
