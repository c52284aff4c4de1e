//! Views (`pg_class`, `pg_rewrite`).

use std::collections::BTreeSet;

use pg_query::{Node, NodeEnum};
use pg_query::protobuf::{ViewCheckOption, ViewStmt};
use serde::Serialize;
use tokio_postgres::Row;

use super::options::{self, Options};
use super::query::Query;
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Object, Reaction, Statement, Twin, rename};
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::facts::ColumnFact;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A view.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// What it shows.
    pub query: Query,
    /// `security_barrier`, `security_invoker`, `check_option`.
    pub options: Options,
}

/// Reads CREATE VIEW.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::ViewStmt(statement) => Some(create(statement, reader)),
        _ => None,
    }
}

fn create(statement: &ViewStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (Some(relation), Some(query)) = (&statement.view, &statement.query) else { return Ok(()) };
    if relation.relpersistence == "t" {
        return Err(reader.wrong(relation.location, "a temporary view cannot be part of a desired state")
            .hint("it belongs to one session; leave it out, or write CREATE VIEW").into());
    }
    if relation.relpersistence == "u" {
        return Err(reader.wrong(relation.location, "views cannot be unlogged").hint("leave UNLOGGED out").into());
    }
    options::check(reader, &statement.options, options::Of::View)?;
    let (schema, name) = reader.new_relation(relation)?;
    let mut options = options::read(&statement.options);
    for flag in ["security_barrier", "security_invoker"] {
        if let Some(value) = options.get_mut(flag) {
            *value = boolean(value);
        }
    }
    match ViewCheckOption::try_from(statement.with_check_option) {
        Ok(ViewCheckOption::LocalCheckOption) => options.insert("check_option".into(), "local".into()),
        Ok(ViewCheckOption::CascadedCheckOption) => options.insert("check_option".into(), "cascaded".into()),
        _ => None,
    };
    let query = Query::new((**query).clone(), options::strings(&statement.aliases), reader.path, reader.fragment);
    reader.catalog.facts.model.add_row_type(&schema, &name);
    let id = ObjectId::new(Kind::View, [schema, name]);
    let before = reader.catalog.objects.get(&id).and_then(Object::view);
    if statement.replace && before.is_some_and(View::is_placeholder) {
        reader.catalog.objects.remove(&id);
    }
    reader.add_named(id, View { query, options }, 0, relation.location)?;
    Ok(())
}

/// One spelling for each truth value.
fn boolean(value: &str) -> String {
    match value.to_lowercase().as_str() {
        "true" | "on" | "yes" | "1" | "t" | "y" => "true".into(),
        "false" | "off" | "no" | "0" | "f" | "n" => "false".into(),
        other => other.into(),
    }
}

/// The catalogue query.
pub const QUERY: &str = include_str!("view.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::View, &["schema", "relation"])?;
    let query = Query::load(row, &id, live)?;
    let mut options = options::from_catalog(live.get(row, "options")?, None);
    for flag in ["security_barrier", "security_invoker"] {
        if let Some(value) = options.get_mut(flag) {
            *value = boolean(value);
        }
    }
    live.attribute_of(row, &id)?;
    live.alias((live.type_class, live.get(row, "row_type")?, 0), &id);
    live.alias((live.rewrite_class, live.get(row, "rule")?, 0), &id);
    live.add(row, id, View { query, options })
}

impl View {
    /// Whether it is what pg_dump writes where views and other objects need each other: `SELECT NULL::type AS name, …`,
    /// replaced further down in the dump.
    fn is_placeholder(&self) -> bool {
        let Some(NodeEnum::SelectStmt(select)) = self.query.query.node.node.as_ref() else { return false };
        let null = |node: &Node| {
            let Some(NodeEnum::ResTarget(target)) = node.node.as_ref() else { return false };
            let Some(NodeEnum::TypeCast(cast)) = target.val.as_ref().and_then(|value| value.node.as_ref()) else {
                return false;
            };
            let value = cast.arg.as_ref().and_then(|argument| argument.node.as_ref());
            matches!(value, Some(NodeEnum::AConst(constant)) if constant.isnull)
        };
        select.from_clause.is_empty() && select.target_list.iter().all(null)
    }

    fn statement(&self, id: &ObjectId, verb: &str) -> Statement {
        let options = if self.options.is_empty() { String::new() } else { format!(" WITH {}", options::sql(&self.options)) };
        let head = format!("{verb} VIEW {}{}{options}", id.sql(), self.query.column_list());
        let form = if verb == "CREATE" { Form::Create } else { Form::AlterRelation };
        self.query.statement(form, &head, "")
    }
}

impl DatabaseObject for View {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = BTreeSet::from([ObjectId::new(Kind::Schema, [id.relation().0])]);
        self.query.resolve(resolver, &mut needs)?;
        Ok(needs)
    }

    fn twin(&self, id: &ObjectId, _catalog: &Catalog) -> Option<Twin> {
        Some(self.query.twin(id))
    }

    fn agree(&mut self, live: &Self) {
        self.query.agree(&live.query);
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        vec![self.statement(id, "CREATE")]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        let mut out = vec![];
        if self.query != desired.query {
            let star = desired.query.query.has_star() && context.loses_column(id);
            if star || !self.query.extends_to(&desired.query) {
                return Alteration::Replace;
            }
            // the options of the new definition come with it
            return Alteration::in_place(vec![desired.statement(id, "CREATE OR REPLACE")]);
        }
        for change in options::changes(&self.options, &desired.options) {
            out.push(Statement::new(Form::AlterRelation, format!("ALTER VIEW {} {change}", id.sql())));
        }
        Alteration::in_place(out)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Drop, format!("DROP VIEW {}", id.sql()))]
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        Reaction::of_reader(disturbance)
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.query.renamed(renames);
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::AlterRelation, "VIEW", id, new)
    }

    fn columns(&self) -> Option<(char, Vec<ColumnFact>)> {
        Some(('v', self.query.facts()))
    }
}
