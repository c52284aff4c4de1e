//! What views and materialized views have in common: a query, and the columns that it gives.

use std::collections::BTreeSet;

use pg_query::protobuf::SelectStmt;
use pg_query::{Node, NodeEnum};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;

use super::attributes::{self, Attributes};
use super::{Kind, Statement, Twin, twin};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::expr::{self, OutputColumn};
use crate::expression::Expression;
use crate::facts::ColumnFact;
use crate::introspect::Live;
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A query with the names that are given to its columns.
#[derive(Clone, Debug, Serialize)]
pub struct Query {
    /// The SELECT.
    pub query: Expression,
    /// Names given before AS; may be fewer than the columns.
    #[serde(skip)]
    pub aliases: Vec<String>,
    /// The columns, once resolved.
    pub columns: Vec<QueryColumn>,
}

/// A column that a query gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueryColumn {
    /// Its name.
    pub name: String,
    /// Type; see [`crate::facts`].
    pub type_key: String,
    /// Modifier.
    pub typmod: i32,
    /// Schema and name when it is not the type's own.
    #[serde(skip)]
    pub collation: Option<(String, String)>,
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        let names = |query: &Self| query.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        let known = self.query.form.is_some() && other.query.form.is_some();
        self.query == other.query && (!known || names(self) == names(other))
    }
}

#[derive(Deserialize)]
struct LiveColumn {
    name: String,
    #[serde(rename = "type")]
    type_key: String,
    typmod: i32,
    comment: Option<String>,
    acl: Option<Vec<String>>,
    collation: Option<(String, String)>,
}

impl Query {
    /// A query of the files.
    pub fn new(
        select: Node,
        aliases: Vec<String>,
        path: &[String],
        origin: &std::sync::Arc<crate::load::fragment::Fragment>,
    ) -> Self {
        Self { query: Expression::new(select, path, origin), aliases, columns: vec![] }
    }

    /// A query from `definition` and `columns` of a row; the columns' comments and privileges go to the catalog.
    pub fn load(row: &Row, id: &ObjectId, live: &mut Live) -> Result<Self> {
        let definition = live.text(row, "definition")?;
        let node = live.parse(&definition)?;
        if !matches!(node, NodeEnum::SelectStmt(_)) {
            return Err(Error::new(format!("cannot read the query of {id}")).cause(definition));
        }
        let columns: Option<String> = live.get(row, "columns")?;
        let columns: Vec<LiveColumn> = serde_json::from_str(columns.as_deref().unwrap_or("[]"))
            .map_err(|error| Error::new(format!("cannot read the columns of {id}")).cause(error))?;
        let mut out = vec![];
        for column in columns {
            let privileges = column.acl.map(|items| attributes::parse_acl(&items)).transpose()?;
            let attributes = Attributes { owner: None, comment: column.comment, privileges, ..Attributes::default() };
            if attributes != Attributes::default() {
                live.catalog.attributes.insert(id.child(Kind::Column, column.name.clone()), attributes);
            }
            out.push(QueryColumn {
                name: column.name,
                type_key: column.type_key,
                typmod: column.typmod,
                collation: column.collation,
            });
        }
        Ok(Self { query: Expression::of(Node { node: Some(node) }), aliases: vec![], columns: out })
    }

    fn select(&self) -> Option<&SelectStmt> {
        match self.query.node.node.as_ref() {
            Some(NodeEnum::SelectStmt(select)) => Some(select),
            _ => None,
        }
    }

    /// Computes the normal form and the columns.
    pub fn resolve(&mut self, resolver: &Resolver, needs: &mut BTreeSet<ObjectId>) -> Result<()> {
        let path = self.query.path.clone();
        let Some(select) = self.select() else { return Ok(()) };
        let result = expr::query(&resolver.context(&path), select, &self.aliases);
        if let Some((analysis, columns)) = resolver.judge(&self.query, result)? {
            resolver.accept(&self.query, &analysis)?;
            if resolver.strict {
                unique_names(&columns)?;
            }
            resolver.take(&mut self.query, analysis, needs);
            let aliases = &self.aliases;
            resolver.shorten(&mut self.query, |context, node| match &node.node {
                Some(NodeEnum::SelectStmt(select)) => {
                    expr::query(context, select, aliases).map(|(analysis, _)| analysis.form)
                }
                _ => Ok(expr::Form::Null),
            });
            // what the server said about its own columns is never wrong
            if self.columns.is_empty() {
                self.columns = columns.into_iter().map(output).collect();
            }
        }
        Ok(())
    }

    /// Gives the types of the columns their new names; the columns keep theirs.
    pub fn renamed(&mut self, renames: &Renames) {
        for column in &mut self.columns {
            if let Some(key) = renames.type_key(&column.type_key) {
                column.type_key = key.to_string();
            }
        }
    }

    /// The columns as facts.
    pub fn facts(&self) -> Vec<ColumnFact> {
        let fact = |column: &QueryColumn| ColumnFact {
            name: column.name.clone().into(),
            type_key: column.type_key.clone().into(),
            typmod: column.typmod,
            collation: column.collation.clone().map(|(schema, name)| (schema.into(), name.into())),
            not_null: false,
        };
        self.columns.iter().map(fact).collect()
    }

    /// ` (a, b)` when names were given.
    pub fn column_list(&self) -> String {
        if self.aliases.is_empty() { String::new() } else { format!(" {}", crate::name::list(&self.aliases)) }
    }

    /// Whether the columns of `desired` are those of `self`, perhaps with more behind them, as CREATE OR REPLACE
    /// VIEW wants it.
    pub fn extends_to(&self, desired: &Self) -> bool {
        !desired.columns.is_empty()
            && desired.columns.len() >= self.columns.len()
            && self.columns.iter().zip(&desired.columns).all(|(one, two)| one == two)
    }

    /// A temporary view of the query.
    pub fn twin(&self, id: &ObjectId) -> Twin {
        let head = format!("CREATE VIEW {}{}", twin::NAME, self.column_list());
        let (twin, own) = twin::pair(id);
        let definition = |class: &str| format!("pg_catalog.pg_get_viewdef({class})");
        Twin {
            statements: vec![self.statement(Form::Create, &head, "")],
            same: format!("{} = {}", definition(&twin), definition(&own)),
            over: None,
        }
    }

    /// Takes over what the database has.
    pub fn agree(&mut self, live: &Self) {
        self.query = live.query.clone();
        self.columns = live.columns.clone();
    }

    /// `CREATE … AS` up to the query.
    pub fn statement(&self, form: crate::plan::forms::Form, head: &str, tail: &str) -> Statement {
        let body = self.query.pretty();
        Statement::new(form, format!("{head} AS\n{body}{tail}")).under(&self.query.path)
    }
}

/// Errors: two columns of the same name.
fn unique_names(columns: &[OutputColumn]) -> Result<()> {
    let mut seen = BTreeSet::new();
    match columns.iter().find(|column| !seen.insert(&column.name)) {
        None => Ok(()),
        Some(column) => {
            let message = format!("column {} specified more than once", crate::name::quote(&column.name));
            Err(Error::new(message).hint("give one of them another name with AS"))
        }
    }
}

fn output(column: OutputColumn) -> QueryColumn {
    let collation = column.collation.and_then(|name| name.split_once('.').map(|(a, b)| (a.to_string(), b.to_string())));
    QueryColumn { name: column.name, type_key: column.type_key, typmod: column.typmod, collation }
}
