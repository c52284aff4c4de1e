//! FROM: relations, subqueries and joins.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};

use super::analyzer::{Analyzer, Typed, content, required, strings};
use super::coerce::ASSIGNMENT;
use super::context::refer_to_relation;
use super::form::{Form, atom, list, names, node, number};
use super::operator::Name;
use super::scope::{Column, Item, Output};
use super::unresolved::{Obstacle, Resolved, Unresolved};

/// A FROM item's form, and what can be seen of it.
pub(super) type Found<'a> = (Form, Vec<Item<'a>>);

impl<'a> Analyzer<'a> {
    pub fn add_items(&mut self, items: Vec<Item<'a>>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.items.extend(items);
        }
    }

    pub fn take_index(&mut self) -> i64 {
        self.scopes.last_mut().map_or(0, |scope| scope.take_index())
    }

    pub fn relation_item(&mut self, item: &Node) -> Resolved<Found<'a>> {
        self.enter()?;
        let found = match content(item)? {
            NodeEnum::RangeVar(relation) => self.range_var(relation),
            NodeEnum::RangeSubselect(subquery) => self.subquery(subquery),
            NodeEnum::JoinExpr(join) => self.join(join),
            NodeEnum::RangeFunction(function) => self.range_function(function),
            NodeEnum::RangeTableSample(sample) => self.table_sample(sample),
            NodeEnum::JsonTable(table) => self.json_table(table),
            NodeEnum::RangeTableFunc(table) => self.xml_table(table),
            _ => Err(Unresolved::unsupported("an unknown item in FROM")),
        };
        self.leave();
        found
    }

    /// Columns of something in FROM that are known by their position.
    pub fn numbered(&self, index: i64, columns: &[Output<'a>], alias: Option<&pb::Alias>) -> Vec<Column<'a>> {
        let aliases = alias.map(|alias| strings(&alias.colnames)).unwrap_or_default();
        let column = |(at, column): (usize, &Output<'a>)| {
            let form = node("var", vec![number(0), number(index), number(at as i64)]);
            let name = aliases.get(at).map_or(column.name.as_str(), |alias| *alias);
            Column::new(name, Typed::new(form, column.key, column.typmod))
        };
        columns.iter().enumerate().map(column).collect()
    }

    fn subquery(&mut self, subquery: &pb::RangeSubselect) -> Resolved<Found<'a>> {
        // only LATERAL sees its siblings
        let hidden = match self.scopes.last_mut() {
            Some(scope) if !subquery.lateral => std::mem::take(&mut scope.items),
            _ => vec![],
        };
        let found = self.query(required(&subquery.subquery)?);
        if let Some(scope) = self.scopes.last_mut()
            && !subquery.lateral
        {
            scope.items = hidden;
        }
        let (form, columns) = found?;
        let index = self.take_index();
        let alias = subquery.alias.as_ref();
        let item = Item {
            // without an alias it cannot be referred to
            named: alias.is_some(),
            ..Item::new(alias_name(alias), self.numbered(index, &columns, alias), index)
        };
        Ok((node("subquery", vec![Form::Flag(subquery.lateral), form]), vec![item]))
    }

    pub fn range_var(&mut self, relation: &pb::RangeVar) -> Resolved<Found<'a>> {
        if !relation.catalogname.is_empty() {
            return Err(Unresolved::unsupported("a name with a database").at(relation.location));
        }
        let alias = relation.alias.as_ref();
        if relation.schemaname.is_empty() {
            let with = self.scopes.iter().rev().enumerate().find_map(|(level, scope)| {
                scope.with.get(&relation.relname).map(|(id, columns)| (level as i64, *id, columns.clone()))
            });
            if let Some((level, id, columns)) = with {
                let index = self.take_index();
                let name = alias.map_or(relation.relname.as_str(), |alias| &alias.aliasname);
                let item = Item::new(name, self.numbered(index, &columns, alias), index);
                return Ok((node("with-query", vec![number(level), number(id)]), vec![item]));
            }
        }
        let found = self.relation(relation)?;
        refer_to_relation(self, found);
        let index = self.take_index();
        let mut columns = self.stored_columns(found, index);
        let aliases = alias.map(|alias| strings(&alias.colnames)).unwrap_or_default();
        for (column, alias) in columns.iter_mut().zip(aliases) {
            column.name = alias.to_owned();
        }
        let name = alias.map_or(&*found.name, |alias| &alias.aliasname);
        let mut item = Item::new(name, columns, index);
        item.row_type = self.row_type(found);
        if name == found.name {
            item.relation = Some((&found.schema, &found.name));
        }
        let form = node("relation", vec![names(&[&*found.schema, &*found.name]), Form::Flag(relation.inh)]);
        Ok((form, vec![item]))
    }

    fn table_sample(&mut self, sample: &pb::RangeTableSample) -> Resolved<Found<'a>> {
        let (form, items) = self.relation_item(required(&sample.relation)?)?;
        let mut arguments = vec![];
        for argument in &sample.args {
            let value = self.expression(argument)?;
            arguments.push(self.coerce(value, "float4", -1, ASSIGNMENT)?.form);
        }
        let repeatable = match &sample.repeatable {
            Some(seed) => {
                let value = self.expression(seed)?;
                self.coerce(value, "float8", -1, ASSIGNMENT)?.form
            }
            None => Form::Null,
        };
        let method = super::analyzer::qualified(&sample.method)?.1;
        Ok((node("sample", vec![form, atom(method), list(arguments), repeatable]), items))
    }

    fn join(&mut self, join: &pb::JoinExpr) -> Resolved<Found<'a>> {
        let kind = pb::JoinType::try_from(join.jointype).unwrap_or(pb::JoinType::Undefined);
        let (left_form, left) = self.relation_item(required(&join.larg)?)?;
        let saved = self.scopes.last().map(|scope| scope.items.clone()).unwrap_or_default();
        // the right side may be LATERAL
        self.add_items(left.clone());
        let right = self.relation_item(required(&join.rarg)?);
        self.set_items(saved.clone());
        let (right_form, right) = right?;
        let left_columns = visible(&left);
        let right_columns = visible(&right);
        let using: Vec<String> = if join.is_natural {
            let common = |column: &&Column| right_columns.iter().any(|other| other.name == column.name);
            left_columns.iter().filter(common).map(|column| column.name.clone()).collect()
        } else {
            strings(&join.using_clause).into_iter().map(str::to_owned).collect()
        };
        let mut merged = vec![];
        let mut condition = Form::Null;
        if !using.is_empty() {
            let mut comparisons = vec![];
            for name in &using {
                let (column, comparison) = self.merge(name, &left_columns, &right_columns, kind)?;
                merged.push(column);
                comparisons.push(comparison);
            }
            condition = node("using", comparisons);
        } else if join.is_natural && kind != pb::JoinType::JoinInner {
            condition = node("on", vec![super::form::constant("bool", atom("true"))]);
        } else if join.quals.is_some() {
            self.add_items(left.iter().chain(&right).cloned().collect());
            let found = self.optional_condition(&join.quals);
            self.set_items(saved);
            condition = node("on", vec![found?]);
        }
        let form = node("join", vec![number(join.jointype), left_form, right_form, condition]);
        let rest = left_columns.into_iter().chain(right_columns).filter(|column| !using.contains(&column.name));
        let columns: Vec<Column> = merged.iter().cloned().chain(rest).collect();
        Ok((form, join_items(join, left, right, merged, columns)))
    }

    fn set_items(&mut self, items: Vec<Item<'a>>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.items = items;
        }
    }

    /// The column that USING makes of two, and their comparison.
    fn merge(
        &mut self,
        name: &str,
        left: &[Column<'a>],
        right: &[Column<'a>],
        kind: pb::JoinType,
    ) -> Resolved<(Column<'a>, Form)> {
        let find = |columns: &[Column<'a>]| columns.iter().find(|column| column.name == name).cloned();
        let (Some(one), Some(other)) = (find(left), find(right)) else {
            let message = format!("column {name} specified in USING clause does not exist");
            return Err(Unresolved::new(Obstacle::UnknownColumn, message));
        };
        self.refer_to_column(&one);
        self.refer_to_column(&other);
        let (a, b) = (one.value.clone(), other.value);
        let equal = self.implicitly(|own| own.operate(Name::bare("="), Some(a.clone()), b.clone()))?;
        let common = self.require_common(&[a.key, b.key])?;
        let typmod = if a.typmod == b.typmod && a.key == b.key { a.typmod } else { -1 };
        let (left, right) = (self.fit(a.clone(), common)?, self.fit(b.clone(), common)?);
        let form = match kind {
            pb::JoinType::JoinInner if left.form == a.form => left.form,
            pb::JoinType::JoinInner if right.form == b.form => right.form,
            pb::JoinType::JoinInner | pb::JoinType::JoinLeft => left.form,
            pb::JoinType::JoinRight => right.form,
            _ => node("coalesce", vec![list(vec![left.form, right.form])]),
        };
        Ok((Column { value: Typed::new(form, common, typmod), ..one }, equal.form))
    }
}

/// What can be seen of a join.
fn join_items<'a>(
    join: &pb::JoinExpr,
    left: Vec<Item<'a>>,
    right: Vec<Item<'a>>,
    merged: Vec<Column<'a>>,
    columns: Vec<Column<'a>>,
) -> Vec<Item<'a>> {
    if let Some(alias) = &join.alias {
        let mut columns = columns;
        for (column, name) in columns.iter_mut().zip(strings(&alias.colnames)) {
            column.name = name.to_owned();
        }
        return vec![Item::new(alias.aliasname.as_str(), columns, -1)];
    }
    let mut items: Vec<Item> = left.into_iter().chain(right).collect();
    if merged.is_empty() {
        return items;
    }
    for item in &mut items {
        item.bare = false;
    }
    items.push(Item { named: false, ..Item::new("", columns, -1) });
    if let Some(alias) = &join.join_using_alias {
        items.push(Item { bare: false, ..Item::new(alias.aliasname.as_str(), merged, -1) });
    }
    items
}

fn visible<'a>(items: &[Item<'a>]) -> Vec<Column<'a>> {
    items.iter().filter(|item| item.bare).flat_map(|item| item.columns.clone()).collect()
}

pub(super) fn alias_name(alias: Option<&pb::Alias>) -> &str {
    alias.map_or("", |alias| &alias.aliasname)
}
