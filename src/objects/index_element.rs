//! One element of an index or an exclusion constraint: a column or an expression, how it is compared and sorted.

use std::collections::BTreeSet;

use pg_query::protobuf::{IndexElem, SortByDir, SortByNulls};
use pg_query::{Node, NodeEnum};
use serde::Serialize;

use super::options;
use crate::catalog::ObjectId;
use crate::error::Result;
use crate::expr;
use crate::expression::{self, Expression};
use crate::name::{dotted, quote};
use crate::renames::Renames;
use crate::resolve::Resolver;

/// An element as written, with its normal form once resolved.
#[derive(Clone, Debug)]
pub struct IndexElement {
    /// The expression (or column reference) with the search_path that it was written under. Its form covers
    /// collation and operator class too.
    pub expression: Expression,
    /// The column, when it is one.
    pub column: Option<String>,
    /// COLLATE, as written.
    pub collation: Vec<String>,
    /// Operator class, as written.
    pub class: Vec<String>,
    /// Parameters of the operator class.
    pub class_options: options::Options,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST, filled in where it is the default.
    pub nulls_first: bool,
    node: IndexElem,
}

impl PartialEq for IndexElement {
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.expression.form, &other.expression.form) {
            (Some(one), Some(two)) => one == two,
            _ => self.sql() == other.sql(),
        };
        same && self.descending == other.descending && self.nulls_first == other.nulls_first
    }
}

impl Serialize for IndexElement {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if expression::for_people() {
            return serializer.serialize_str(&self.sql());
        }
        // the form covers collation and operator class
        (&self.expression, self.descending, self.nulls_first).serialize(serializer)
    }
}

impl IndexElement {
    /// Reads an element; `wrap` makes an expression of its tree.
    pub fn read(node: &IndexElem, wrap: impl Fn(&Node) -> Expression) -> Self {
        let column = Some(node.name.clone()).filter(|name| !name.is_empty());
        let tree = match (&node.expr, &column) {
            (Some(tree), _) => (**tree).clone(),
            (None, name) => column_reference(name.as_deref().unwrap_or_default()),
        };
        let descending = node.ordering == SortByDir::SortbyDesc as i32;
        let nulls_first = match SortByNulls::try_from(node.nulls_ordering) {
            Ok(SortByNulls::SortbyNullsFirst) => true,
            Ok(SortByNulls::SortbyNullsLast) => false,
            _ => descending,
        };
        Self {
            expression: wrap(&tree),
            column,
            collation: options::strings(&node.collation),
            class: options::strings(&node.opclass),
            class_options: options::read(&node.opclassopts),
            descending,
            nulls_first,
            node: node.clone(),
        }
    }

    /// Computes the normal form.
    pub fn resolve(
        &mut self,
        relation: &ObjectId,
        method: &str,
        resolver: &Resolver,
        needs: &mut BTreeSet<ObjectId>,
    ) -> Result<()> {
        let path = self.expression.path.clone();
        let context = resolver.context(&path);
        let analysis = expr::index_element(&context, &self.node, relation.relation(), method);
        if let Some(analysis) = resolver.judge(&self.expression, analysis)? {
            resolver.accept(&self.expression, &analysis.analysis)?;
            resolver.take(&mut self.expression, analysis.analysis, needs);
            if self.column.is_none() {
                self.shorten(relation, method, resolver);
            }
        }
        Ok(())
    }

    fn shorten(&mut self, relation: &ObjectId, method: &str, resolver: &Resolver) {
        let element = self.node.clone();
        let with = |node: &Node| IndexElem { expr: Some(Box::new(node.clone())), ..element.clone() };
        resolver.shorten(&mut self.expression, |context, node| {
            let analysis = expr::index_element(context, &with(node), relation.relation(), method);
            analysis.map(|analysis| analysis.analysis.form)
        });
        self.node = with(&self.expression.node);
    }

    /// Gives the column its new name; `relation` has its old one.
    pub fn renamed(&mut self, relation: (&str, &str), renames: &Renames) {
        if let Some(column) = &mut self.column {
            *column = renames.column(relation, column);
        }
    }

    /// The element as SQL.
    pub fn sql(&self) -> String {
        let mut sql = match (&self.column, self.expression.node.node.as_ref()) {
            (Some(name), _) => quote(name),
            (None, Some(NodeEnum::FuncCall(call))) if expression::is_call(call) => self.expression.sql(),
            (None, _) => format!("({})", self.expression.sql()),
        };
        if !self.collation.is_empty() {
            sql.push_str(&format!(" COLLATE {}", dotted(&self.collation)));
        }
        if !self.class.is_empty() {
            sql.push_str(&format!(" {}", dotted(&self.class)));
            if !self.class_options.is_empty() {
                sql.push_str(&format!(" {}", options::sql(&self.class_options)));
            }
        }
        if self.descending {
            sql.push_str(" DESC");
        }
        if self.nulls_first != self.descending {
            sql.push_str(if self.nulls_first { " NULLS FIRST" } else { " NULLS LAST" });
        }
        sql
    }

    /// The name that PostgreSQL gives to the element when it chooses an index name.
    pub fn label(&self) -> String {
        match (&self.column, self.expression.node.node.as_ref()) {
            (Some(name), _) => name.clone(),
            (None, Some(tree)) => figure_name(tree),
            _ => "expr".into(),
        }
    }
}

fn column_reference(name: &str) -> Node {
    let field = Node { node: Some(NodeEnum::String(pg_query::protobuf::String { sval: name.to_string() })) };
    Node { node: Some(NodeEnum::ColumnRef(pg_query::protobuf::ColumnRef { fields: vec![field], location: -1 })) }
}

/// PostgreSQL's `FigureIndexColname`: a function's name, a cast's argument or type, else `expr`.
fn figure_name(tree: &NodeEnum) -> String {
    figure(tree).0.unwrap_or_else(|| "expr".into())
}

/// The name, and whether it is a strong one.
fn figure(tree: &NodeEnum) -> (Option<String>, bool) {
    let below = |node: Option<&Node>| node.and_then(|node| node.node.as_ref()).map_or((None, false), figure);
    let last = |nodes: &[Node]| options::strings(nodes).pop();
    match tree {
        NodeEnum::ColumnRef(reference) => (last(&reference.fields), true),
        NodeEnum::FuncCall(call) => (last(&call.funcname), true),
        NodeEnum::AIndirection(indirection) => match last(&indirection.indirection) {
            Some(name) => (Some(name), true),
            None => below(indirection.arg.as_deref()),
        },
        NodeEnum::TypeCast(cast) => match below(cast.arg.as_deref()) {
            (Some(name), true) => (Some(name), true),
            weak => (cast.type_name.as_ref().and_then(|name| last(&name.names)).or(weak.0), false),
        },
        NodeEnum::CollateClause(clause) => below(clause.arg.as_deref()),
        NodeEnum::CaseExpr(case) => match below(case.defresult.as_deref()) {
            (Some(name), true) => (Some(name), true),
            _ => (Some("case".into()), false),
        },
        NodeEnum::CoalesceExpr(_) => (Some("coalesce".into()), true),
        NodeEnum::AArrayExpr(_) => (Some("array".into()), true),
        NodeEnum::RowExpr(_) => (Some("row".into()), true),
        NodeEnum::MinMaxExpr(expression) => {
            let greatest = expression.op == pg_query::protobuf::MinMaxOp::IsGreatest as i32;
            (Some(if greatest { "greatest".into() } else { "least".into() }), true)
        }
        NodeEnum::AExpr(expression) if expression.kind == pg_query::protobuf::AExprKind::AexprNullif as i32 => {
            (Some("nullif".into()), true)
        }
        NodeEnum::XmlSerialize(_) => (Some("xmlserialize".into()), true),
        _ => (None, false),
    }
}
