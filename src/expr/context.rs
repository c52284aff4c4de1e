//! One entry per place where PostgreSQL stores an expression.

use std::collections::BTreeSet;

use pg_query::protobuf::{self as pb, IndexElem, Node};

use super::analyzer::{Analyzer, Typed};
use super::coerce::ASSIGNMENT;
use super::form::{Form, atom, list, node, number};
use super::scope::{Column, Item, Scope};
use super::types::is_polymorphic;
use super::unresolved::{Obstacle, Resolved, Unresolved};
use super::{Analysis, Context, IndexElement, Reference};
use crate::facts::Relation;

impl<'a> Analyzer<'a> {
    /// The columns of a relation, at a place in the range table.
    pub fn stored_columns(&self, relation: &'a Relation, index: i64) -> Vec<Column<'a>> {
        let column = |column: &'a crate::facts::ColumnFact| {
            let shown = self.shown_column((&relation.schema, &relation.name), &column.name);
            let form = node("var", vec![number(0), number(index), atom(shown)]);
            let stored = Some((&*relation.schema, &*relation.name, &*column.name));
            Column { name: column.name.to_string(), value: Typed::new(form, &column.type_key, column.typmod), stored }
        };
        relation.columns.iter().map(column).collect()
    }

    /// Key of the row type of a relation.
    pub fn row_type(&self, relation: &Relation) -> Option<&'a str> {
        self.fact(&crate::facts::type_key(&relation.schema, &relation.name)).map(|fact| &*fact.key)
    }

    pub fn find_relation(&self, (schema, name): (&str, &str)) -> Resolved<&'a Relation> {
        self.facts.relation(schema, name).ok_or_else(|| {
            Unresolved::new(Obstacle::UnknownRelation, format!("relation {schema}.{name} does not exist"))
        })
    }

    /// Opens a scope in which the relation's columns can be seen, under these names.
    pub fn open_relation(&mut self, relation: (&str, &str), aliases: &[&str]) -> Resolved<()> {
        let relation = self.find_relation(relation)?;
        let mut scope = Scope::default();
        for alias in aliases {
            let index = scope.take_index();
            let mut item = Item::new(*alias, self.stored_columns(relation, index), index);
            item.row_type = self.row_type(relation);
            item.relation = (aliases.len() == 1).then_some((&*relation.schema, &*relation.name));
            item.bare = aliases.len() == 1;
            scope.items.push(item);
        }
        self.scopes.push(scope);
        Ok(())
    }

    /// Coerces to a column's type.
    fn assign(&mut self, expression: &Node, type_key: &str, typmod: i32) -> Resolved<Typed<'a>> {
        let key = self.known_key(type_key)?;
        let value = self.expression(expression)?;
        let converted = value.key != "unknown" && self.facts.base_type(value.key) != self.facts.base_type(key);
        let mut value = self.coerce(value, key, typmod, ASSIGNMENT)?;
        if self.exact && converted {
            // such a cast is not printed, one that was written is
            value.form = node("assigned", vec![value.form]);
        }
        Ok(value)
    }
}

/// A column's or domain's default; `None` for DEFAULT NULL, which is the same as none except over a domain's own.
///
/// # Errors
/// See [`Obstacle`]; so for all functions here.
pub fn default(context: &Context, expression: &Node, type_key: &str, typmod: i32) -> Resolved<Option<Analysis>> {
    let mut analyzer = Analyzer::new(context);
    let form = analyzer.assign(expression, type_key, typmod)?.form;
    let mut inner = &form;
    while inner.is("cast") || inner.is("length") {
        inner = inner.parts().last().unwrap_or(&Form::Null);
    }
    if !inner.is_null_constant() {
        return analyzer.finish(form).map(Some);
    }
    if context.facts.base_type(type_key) == type_key {
        // PostgreSQL leaves out a bare NULL only; one that a function cuts to a length is stored
        return if form.is_null_constant() { Ok(None) } else { analyzer.finish(form).map(Some) };
    }
    analyzer.finish(Form::Null).map(Some)
}

/// The expression of a generated column.
pub fn generated(
    context: &Context,
    expression: &Node,
    relation: (&str, &str),
    type_key: &str,
    typmod: i32,
) -> Resolved<Analysis> {
    let mut analyzer = Analyzer::new(context);
    analyzer.open_relation(relation, &[relation.1])?;
    let form = analyzer.assign(expression, type_key, typmod)?.form;
    analyzer.finish(form)
}

/// A condition on the rows of a relation: CHECK, policies, publication filters, index predicates.
pub fn check(context: &Context, expression: &Node, relation: (&str, &str)) -> Resolved<Analysis> {
    let mut analyzer = Analyzer::new(context);
    analyzer.open_relation(relation, &[relation.1])?;
    let form = analyzer.condition(expression)?.form;
    analyzer.finish(form)
}

/// The predicate of a partial index.
pub fn predicate(context: &Context, expression: &Node, relation: (&str, &str)) -> Resolved<Analysis> {
    check(context, expression, relation)
}

/// An expression over the columns of a relation for which the planner shall have statistics.
pub fn statistics(context: &Context, expression: &Node, relation: (&str, &str)) -> Resolved<Analysis> {
    let mut analyzer = Analyzer::new(context);
    analyzer.open_relation(relation, &[relation.1])?;
    let form = analyzer.expression(expression)?.form;
    analyzer.finish(form)
}

/// The WHEN of a trigger, over OLD and NEW.
pub fn trigger_when(context: &Context, expression: &Node, relation: (&str, &str)) -> Resolved<Analysis> {
    let mut analyzer = Analyzer::new(context);
    analyzer.open_relation(relation, &["old", "new"])?;
    let form = analyzer.condition(expression)?.form;
    analyzer.finish(form)
}

/// The CHECK of a domain, over VALUE of its base type.
pub fn domain_check(context: &Context, expression: &Node, type_key: &str, typmod: i32) -> Resolved<Analysis> {
    let mut analyzer = Analyzer::new(context);
    analyzer.value = Some((analyzer.known_key(type_key)?, typmod));
    let form = analyzer.condition(expression)?.form;
    analyzer.finish(form)
}

/// The default of a function's argument. Functions keep no modifiers.
pub fn function_argument_default(context: &Context, expression: &Node, type_key: &str) -> Resolved<Analysis> {
    let mut analyzer = Analyzer::new(context);
    let form = if is_polymorphic(type_key) {
        analyzer.expression(expression)?.form
    } else {
        analyzer.assign(expression, type_key, -1)?.form
    };
    analyzer.finish(form)
}

/// An element of an index, column or expression.
pub fn index_element(
    context: &Context,
    element: &IndexElem,
    relation: (&str, &str),
    access_method: &str,
) -> Resolved<IndexElement> {
    let mut analyzer = Analyzer::new(context);
    analyzer.open_relation(relation, &[relation.1])?;
    let element = analyzer.element(element, Some(relation), access_method)?;
    let analysis = analyzer.finish(element.form())?;
    Ok(IndexElement { analysis, descending: element.descending, nulls_first: element.nulls_first })
}

/// What the index of a key over values of this type (key) uses.
pub fn key_class(context: &Context, type_key: &str) -> BTreeSet<Reference> {
    let mut analyzer = Analyzer::new(context);
    analyzer.refer_to_default_class("btree", type_key);
    analyzer.references
}

/// The elements, operators and predicate of an exclusion constraint; `access_method` may be empty for the default.
pub fn exclusion(context: &Context, constraint: &pb::Constraint, relation: (&str, &str)) -> Resolved<Analysis> {
    let mut analyzer = Analyzer::new(context);
    analyzer.open_relation(relation, &[relation.1])?;
    let method = match constraint.access_method.as_str() {
        "" => "btree",
        other => other,
    };
    let mut elements = vec![];
    for item in &constraint.exclusions {
        elements.push(analyzer.exclusion_element(item, relation, method)?);
    }
    let filter = analyzer.optional_condition(&constraint.where_clause)?;
    let form = node("exclusion", vec![atom(method), list(elements), filter]);
    analyzer.finish(form)
}

/// An expression of extended statistics, or a column.
pub fn statistics_expression(context: &Context, element: &pb::StatsElem, relation: (&str, &str)) -> Resolved<Analysis> {
    let mut analyzer = Analyzer::new(context);
    analyzer.open_relation(relation, &[relation.1])?;
    let value = match &element.expr {
        Some(expression) => analyzer.expression(expression)?,
        None => analyzer.column(&element.name)?.ok_or_else(|| {
            Unresolved::new(Obstacle::UnknownColumn, format!("column {} does not exist", element.name))
        })?,
    };
    let form = analyzer.settle(value)?.form;
    analyzer.finish(form)
}

/// Records a relation as used.
pub(super) fn refer_to_relation(analyzer: &mut Analyzer, relation: &Relation) {
    analyzer.refer(&relation.schema, |schema| Reference::Relation { schema, name: relation.name.to_string() });
}
