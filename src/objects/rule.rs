//! Rules (`pg_rewrite`) of tables and views; what makes a view is a rule too, and belongs to the view.

use std::collections::BTreeSet;
use std::sync::Arc;

use pg_query::protobuf::{CmdType, RangeVar, RuleStmt};
use pg_query::{Node, NodeEnum};
use serde::Serialize;
use tokio_postgres::Row;

use super::firing::Firing;
use super::table::foreign::is_foreign;
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Reaction, Statement, Twin, rename, twin};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::expr;
use crate::expression::Expression;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{literal, quote};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// The table or view.
    pub relation: ObjectId,
    /// Event, condition and actions: a `RuleStmt` that names the relation with its schema.
    pub definition: Expression,
    /// In which sessions it applies.
    pub enabled: Firing,
}

/// Reads CREATE RULE.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::RuleStmt(statement) => Some(create(statement, reader)),
        _ => None,
    }
}

fn create(statement: &RuleStmt, reader: &mut Reader) -> Result<(), Stop> {
    let Some(range) = &statement.relation else { return Ok(()) };
    let relation = reader.relation(range)?;
    if !matches!(relation.kind, Kind::Table | Kind::View) || is_foreign(reader.catalog, &relation) {
        return Err(reader.wrong(range.location, format!("{relation} cannot have rules")).into());
    }
    if CmdType::try_from(statement.event) == Ok(CmdType::CmdSelect) {
        let error = reader.wrong(range.location, "a rule on SELECT is what makes a view");
        return Err(error.hint("declare the view with CREATE VIEW").into());
    }
    let definition = reader.expression(&of_relation(statement, &relation));
    let rule = Rule { relation: relation.clone(), definition, enabled: Firing::Origin };
    reader.add(relation.child(Kind::Rule, statement.rulename.clone()), rule, 0)?;
    Ok(())
}

/// The statement with the full name of its relation, and without OR REPLACE.
fn of_relation(statement: &RuleStmt, relation: &ObjectId) -> Node {
    let (schema, name) = relation.relation();
    let range = statement.relation.clone().unwrap_or_default();
    let range = RangeVar { schemaname: schema.into(), relname: name.into(), ..range };
    let rule = RuleStmt { relation: Some(range), replace: false, ..statement.clone() };
    Node { node: Some(NodeEnum::RuleStmt(Box::new(rule))) }
}

/// The catalogue query.
pub const QUERY: &str = include_str!("rule.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Rule, &["schema", "relation", "name"])?;
    let definition = live.text(row, "definition")?;
    let NodeEnum::RuleStmt(statement) = live.parse(&definition)? else {
        return Err(Error::new(format!("cannot read {id}")).cause(definition));
    };
    let relation = id.parent(if live.get(row, "of_view")? { Kind::View } else { Kind::Table });
    let definition = Expression::of(of_relation(&statement, &relation));
    let enabled = Firing::from_letter(&live.text(row, "firing")?)?;
    live.attribute_of(row, &id)?;
    live.add(row, id, Rule { relation, definition, enabled })
}

impl Rule {
    fn create_sql(&self, id: &ObjectId, replace: bool) -> Statement {
        let Self { relation: _, definition, enabled: _ } = self;
        let mut definition = definition.clone();
        if let Some(NodeEnum::RuleStmt(rule)) = Arc::make_mut(&mut definition.node).node.as_mut() {
            rule.replace = replace;
            rule.rulename = id.name().to_string();
        }
        Statement::new(Form::AlterRelation, definition.sql()).under(&definition.path)
    }

    fn firing(&self, id: &ObjectId) -> Statement {
        let sql = format!("{} RULE {}", self.enabled.verb(), quote(id.name()));
        Statement::clause(Form::AlterRelation, self.relation.clone(), sql)
    }
}

impl DatabaseObject for Rule {
    fn resolve(&mut self, _id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = BTreeSet::from([self.relation.clone()]);
        let path = self.definition.path.clone();
        let Some(NodeEnum::RuleStmt(statement)) = self.definition.node.node.as_ref() else { return Ok(needs) };
        let result = expr::rule(&resolver.context(&path), statement, self.relation.relation());
        if let Some(analysis) = resolver.judge(&self.definition, result)? {
            resolver.take(&mut self.definition, analysis, &mut needs);
        }
        Ok(needs)
    }

    fn twin(&self, id: &ObjectId, _catalog: &Catalog) -> Option<Twin> {
        let mut definition = self.definition.clone();
        let Some(NodeEnum::RuleStmt(rule)) = Arc::make_mut(&mut definition.node).node.as_mut() else { return None };
        rule.rulename = id.name().to_string();
        let relation = rule.relation.as_mut()?;
        let (schema, name) = twin::NAME.split_once('.')?;
        (relation.schemaname, relation.relname) = (schema.into(), name.into());
        let make = Statement::new(Form::AlterRelation, definition.sql()).under(&definition.path);
        let (twin, own) = twin::pair(&self.relation);
        let text = |class: &str, text: &str| {
            format!(
                "(SELECT {text} FROM pg_catalog.pg_rewrite WHERE ev_class = {class} AND rulename = {})",
                literal(id.name())
            )
        };
        let at = literal(&format!(" TO {}", self.relation.sql()));
        // PostgreSQL 14 calls the schema by its number
        let at_twin = format!("' TO pg_temp(_\\d+)?\\.{name}'");
        let same = format!(
            "{} = {}",
            text(&twin, &format!("regexp_replace(pg_catalog.pg_get_ruledef(oid), {at_twin}, '')")),
            text(&own, &format!("replace(pg_catalog.pg_get_ruledef(oid), {at}, '')"))
        );
        Some(Twin { statements: vec![twin::of_table(&self.relation), make], same, over: None })
    }

    fn agree(&mut self, live: &Self) {
        self.definition = live.definition.clone();
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let mut out = vec![self.create_sql(id, false)];
        out.extend(self.enabled.when_new(|| self.firing(id)));
        out
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        let star = desired.definition.has_star() && context.loses_column(id);
        if self.relation != desired.relation || self.definition != desired.definition && star {
            return Alteration::Replace;
        }
        let mut out = vec![];
        if self.definition != desired.definition {
            out.push(desired.create_sql(id, true));
        }
        if self.enabled != desired.enabled {
            out.push(desired.firing(id));
        }
        Alteration::in_place(out)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        let sql = format!("DROP RULE {} ON {}", quote(id.name()), self.relation.sql());
        vec![Statement::new(Form::Drop, sql)]
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        Reaction::of_reader(disturbance)
    }

    fn carried_by(&self, _id: &ObjectId, whole: &ObjectId) -> bool {
        *whole == self.relation
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.relation = renames.id(&self.relation);
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        Some(rename::on_relation("RULE", id, &id.parent(self.relation.kind), new))
    }
}
