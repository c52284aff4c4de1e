//! Extended statistics (`pg_statistic_ext`): what the planner learns about columns together and about expressions.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use serde::Serialize;
use tokio_postgres::Row;

use super::{
    AlterContext, Alteration, DatabaseObject, Disturbance, Follower, Kind, Reaction, Statement, constraint, rename,
    schema,
};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::expression::Expression;
use crate::introspect::Live;
use crate::name::quote;
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::{Place, Resolver};

mod read;
pub use read::{copy_all, read};

/// A statistics object.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statistics {
    /// The table or materialized view.
    pub relation: ObjectId,
    /// `ndistinct`, `dependencies`, `mcv`; empty for a single expression, which has statistics of its own kind.
    pub kinds: BTreeSet<String>,
    /// The columns, whose order means nothing.
    pub columns: BTreeSet<String>,
    /// The expressions.
    pub expressions: Vec<Expression>,
    /// SET STATISTICS; `None` leaves it to the columns.
    pub target: Option<i32>,
    /// What PostgreSQL would make a name of, in the order of writing.
    #[serde(skip)]
    labels: Labels,
}

/// Never a difference.
#[derive(Clone, Debug)]
struct Labels(Vec<String>);

impl PartialEq for Labels {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The kinds that can be asked for; all of them where none is named.
pub const KINDS: &[&str] = &["ndistinct", "dependencies", "mcv"];

/// The catalogue query.
pub const QUERY: &str = include_str!("statistics.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Statistics, &["schema", "name"])?;
    let definition = live.text(row, "definition")?;
    let NodeEnum::CreateStatsStmt(statement) = live.parse(&definition)? else {
        return Err(Error::new(format!("cannot read {id}")).cause(definition));
    };
    let kind = if live.get(row, "materialized")? { Kind::MaterializedView } else { Kind::Table };
    let relation = ObjectId::new(kind, [live.text(row, "relation_schema")?, live.text(row, "relation")?]);
    let mut statistics = read::of_statement(&statement, relation, &Expression::of_ref);
    statistics.target = live.get(row, "target")?;
    live.attribute_of(row, &id)?;
    live.add(row, id, statistics)
}

impl Statistics {
    fn definition(&self, id: &ObjectId) -> Statement {
        let mut sql = format!("CREATE STATISTICS {}", id.sql());
        if !self.kinds.is_empty() && self.kinds.len() < KINDS.len() {
            let kinds: Vec<&str> = KINDS.iter().copied().filter(|kind| self.kinds.contains(*kind)).collect();
            sql.push_str(&format!(" ({})", kinds.join(", ")));
        }
        let columns = self.columns.iter().map(|name| quote(name));
        let elements: Vec<String> =
            columns.chain(self.expressions.iter().map(|expression| format!("({})", expression.sql()))).collect();
        sql.push_str(&format!(" ON {} FROM {}", elements.join(", "), self.relation.sql()));
        let statement = Statement::new(Form::AlterRelationOptions, sql);
        match self.expressions.first() {
            Some(expression) => statement.under(&expression.path),
            None => statement,
        }
    }

    fn set_target(&self, id: &ObjectId) -> Statement {
        let target = self.target.unwrap_or(-1);
        Statement::new(Form::Catalog, format!("ALTER STATISTICS {} SET STATISTICS {target}", id.sql()))
    }
}

impl DatabaseObject for Statistics {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        needs.insert(self.relation.clone());
        for expression in &mut self.expressions {
            resolver.expression(expression, Place::Statistics(&self.relation), &mut needs)?;
        }
        needs.extend(self.columns.iter().map(|name| self.relation.child(Kind::Column, name.clone())));
        needs.retain(|id| id.kind != Kind::Column || resolver.catalog.objects.contains_key(id));
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let mut out = vec![self.definition(id)];
        out.extend(self.target.is_some().then(|| self.set_target(id)));
        out
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        let Self { relation, kinds, columns, expressions, target: _, labels: _ } = desired;
        let same = (&self.relation, &self.kinds, &self.columns, &self.expressions);
        if same != (relation, kinds, columns, expressions) {
            return Alteration::Replace;
        }
        Alteration::in_place(vec![desired.set_target(id)])
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::AlterRelationOptions, format!("DROP STATISTICS {}", id.sql()))]
    }

    /// PostgreSQL makes the statistics of a changed column anew by itself, and forgets the owner and the target.
    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, _disturbance: Disturbance) -> Reaction {
        Reaction::Rebuild
    }

    fn carried_by(&self, _id: &ObjectId, whole: &ObjectId) -> bool {
        *whole == self.relation || whole.kind == Kind::Column && whole.names.starts_with(&self.relation.names)
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        let relation = self.relation.relation();
        self.columns = self.columns.iter().map(|name| renames.column(relation, name)).collect();
        renames.columns(relation, &mut self.labels.0);
        self.relation = renames.id(&self.relation);
    }

    fn follower(&self, id: &ObjectId, _needs: &BTreeSet<ObjectId>) -> Option<Follower> {
        let parts = vec![(Some(constraint::joined(&self.labels.0)), "stat")];
        Some(Follower { id: id.clone(), whole: self.relation.clone(), parts, moves: false })
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "STATISTICS", id, new)
    }
}
