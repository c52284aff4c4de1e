//! How a table is partitioned (`pg_partitioned_table`).

use std::collections::BTreeSet;

use pg_query::protobuf::{PartitionSpec, PartitionStrategy};
use pg_query::{Node, NodeEnum};
use serde::Serialize;

use super::Object;
use super::options::strings;
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::expr;
use crate::expression::{Expression, columns};
use crate::name::{dotted, quote};
use crate::resolve::Resolver;

/// PARTITION BY.
#[derive(Clone, Debug, Serialize)]
pub struct PartitionKey {
    /// Keeps the search_path, the origin and the normal form.
    pub expression: Expression,
    #[serde(skip)]
    spec: PartitionSpec,
}

/// The columns in the partition key of a table; none when it is not partitioned.
pub fn columns_of(table: &ObjectId, catalog: &Catalog) -> BTreeSet<String> {
    let table = catalog.objects.get(table).and_then(Object::table);
    table.and_then(|table| table.partition_by.as_ref()).map_or_else(BTreeSet::new, PartitionKey::columns)
}

impl PartialEq for PartitionKey {
    fn eq(&self, other: &Self) -> bool {
        match (&self.expression.form, &other.expression.form) {
            (Some(one), Some(two)) => one == two,
            _ => self.sql() == other.sql(),
        }
    }
}

impl PartitionKey {
    /// A key as the parser gave it; `wrap` makes an expression of its tree.
    pub fn read(spec: &PartitionSpec, wrap: impl Fn(&Node) -> Expression) -> Self {
        let node = Node { node: Some(NodeEnum::PartitionSpec(spec.clone())) };
        Self { expression: wrap(&node), spec: spec.clone() }
    }

    /// The tree.
    pub fn spec(&self) -> &PartitionSpec {
        &self.spec
    }

    /// Computes the normal form.
    pub fn resolve(&mut self, table: &ObjectId, resolver: &Resolver, needs: &mut BTreeSet<ObjectId>) -> Result<()> {
        let path = self.expression.path.clone();
        let result = expr::partition_key(&resolver.context(&path), &self.spec, table.relation());
        if let Some(analysis) = resolver.judge(&self.expression, result)? {
            let mut used = BTreeSet::new();
            resolver.take(&mut self.expression, analysis, &mut used);
            // the table's own columns are made with it
            used.retain(|id| !id.names.starts_with(&table.names));
            needs.extend(used);
        }
        Ok(())
    }

    /// The columns in it.
    pub fn columns(&self) -> BTreeSet<String> {
        let elements = self.spec.part_params.iter().filter_map(|node| match node.node.as_ref() {
            Some(NodeEnum::PartitionElem(element)) => Some(element),
            _ => None,
        });
        elements
            .flat_map(|element| match element.expr.as_deref().and_then(|tree| tree.node.as_ref()) {
                Some(tree) => columns(tree),
                None => BTreeSet::from([element.name.clone()]),
            })
            .collect()
    }

    /// `RANGE (a, lower(b))`.
    pub fn sql(&self) -> String {
        let strategy = match PartitionStrategy::try_from(self.spec.strategy) {
            Ok(PartitionStrategy::List) => "LIST",
            Ok(PartitionStrategy::Hash) => "HASH",
            _ => "RANGE",
        };
        let element = |node: &Node| {
            let Some(NodeEnum::PartitionElem(element)) = node.node.as_ref() else { return String::new() };
            let mut sql = match element.expr.as_deref() {
                Some(tree) => format!("({})", Expression::of_ref(tree).sql()),
                None => quote(&element.name),
            };
            if !element.collation.is_empty() {
                sql.push_str(&format!(" COLLATE {}", dotted(&strings(&element.collation))));
            }
            if !element.opclass.is_empty() {
                sql.push_str(&format!(" {}", dotted(&strings(&element.opclass))));
            }
            sql
        };
        let elements: Vec<String> = self.spec.part_params.iter().map(element).collect();
        format!("{strategy} ({})", elements.join(", "))
    }
}
