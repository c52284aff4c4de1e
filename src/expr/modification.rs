//! INSERT, UPDATE, DELETE and MERGE inside rules, SQL bodies and WITH.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};

use super::analyzer::{Analyzer, Typed, content, required};
use super::coerce::{ASSIGNMENT, forms};
use super::form::{Form, atom, list, names, node, number};
use super::query::is_plain;
use super::scope::{Item, Output};
use super::unresolved::{Obstacle, Resolved, Unresolved};
use crate::facts::Relation;

/// Place of EXCLUDED in the range table; no other relation of an INSERT gets that far.
const EXCLUDED: i64 = 1000;

/// The relation that is changed.
struct Target<'a> {
    form: Form,
    item: Item<'a>,
    relation: &'a Relation,
}

impl<'a> Target<'a> {
    fn column(&self, name: &str) -> Resolved<(&'a str, i32)> {
        let column = self.relation.column(name).ok_or_else(|| {
            let message = format!("column {name} of relation {} does not exist", self.relation.name);
            Unresolved::new(Obstacle::UnknownColumn, message)
        })?;
        Ok((&column.type_key, column.typmod))
    }

    /// The first columns, which values without a column list go to.
    fn first(&self, count: usize) -> Vec<&'a str> {
        self.relation.columns.iter().take(count).map(|column| &*column.name).collect()
    }
}

impl<'a> Analyzer<'a> {
    /// A statement that changes data, with the columns that it returns.
    pub fn modification(&mut self, statement: &NodeEnum) -> Resolved<(Form, Vec<Output<'a>>)> {
        self.in_scope(|own| match statement {
            NodeEnum::InsertStmt(insert) => own.insert(insert),
            NodeEnum::UpdateStmt(update) => own.update(update),
            NodeEnum::DeleteStmt(delete) => own.delete(delete),
            NodeEnum::MergeStmt(merge) => own.merge_statement(merge),
            _ => Err(Unresolved::unsupported("a statement that is no query")),
        })
    }

    fn target(&mut self, relation: Option<&pb::RangeVar>) -> Resolved<Target<'a>> {
        let name = relation.ok_or_else(malformed)?;
        let found = self.relation(name)?;
        // a WITH query of that name is not what is changed
        let qualified = pb::RangeVar { schemaname: found.schema.to_string(), ..name.clone() };
        let (form, mut items) = self.range_var(&qualified)?;
        let item = items.pop().ok_or_else(malformed)?;
        Ok(Target { form, item, relation: found })
    }

    fn returning(&mut self, clause: Option<&pb::ReturningClause>) -> Resolved<(Form, Vec<Output<'a>>)> {
        let Some(clause) = clause else { return Ok((Form::Null, vec![])) };
        if !clause.options.is_empty() {
            return Err(Unresolved::unsupported("RETURNING WITH"));
        }
        let (mut columns, mut shown) = (vec![], vec![]);
        for (name, value) in self.targets(&clause.exprs)? {
            let value = self.settle(value)?;
            columns.push(Output { name, key: value.key, typmod: value.typmod });
            shown.push(value.form);
        }
        Ok((list(shown), columns))
    }

    fn insert(&mut self, insert: &pb::InsertStmt) -> Resolved<(Form, Vec<Output<'a>>)> {
        let with = self.with_clause(insert.with_clause.as_ref())?;
        let target = self.target(insert.relation.as_ref())?;
        let mut given = vec![];
        for column in &insert.cols {
            let NodeEnum::ResTarget(column) = content(column)? else { return Err(malformed()) };
            if !column.indirection.is_empty() {
                return Err(Unresolved::unsupported("an assignment to a part of a column"));
            }
            given.push(column.name.as_str());
        }
        let (columns, body) = match &insert.select_stmt {
            None => (vec![], node("default-values", vec![])),
            Some(source) => self.insert_source(source, &target, &given)?,
        };
        self.add_items(vec![target.item.clone()]);
        let conflict = match &insert.on_conflict_clause {
            Some(clause) => self.on_conflict(clause, &target)?,
            None => Form::Null,
        };
        let (returning, output) = self.returning(insert.returning_clause.as_ref())?;
        let parts = vec![with, target.form, names(&columns), body, conflict, number(insert.r#override), returning];
        Ok((node("insert", parts), output))
    }

    /// What is inserted, and the columns that it goes to.
    fn insert_source<'n>(
        &mut self,
        source: &Node,
        target: &Target<'a>,
        given: &[&'n str],
    ) -> Resolved<(Vec<&'n str>, Form)>
    where
        'a: 'n,
    {
        let NodeEnum::SelectStmt(select) = content(source)? else { return Err(malformed()) };
        let columns = |count: usize| {
            if given.is_empty() { target.first(count) } else { given.iter().copied().take(count).collect() }
        };
        let plain_values = !select.values_lists.is_empty()
            && select.sort_clause.is_empty()
            && select.limit_count.is_none()
            && select.limit_offset.is_none()
            && select.with_clause.is_none();
        if plain_values {
            let (mut rows, mut width) = (vec![], 0);
            for row in &select.values_lists {
                let NodeEnum::List(row) = content(row)? else { return Err(malformed()) };
                let row = self.insert_row(&row.items, target, &columns(usize::MAX))?;
                width = row.len();
                rows.push(list(row));
            }
            return Ok((columns(width), node("insert-values", rows)));
        }
        if !is_plain(select) {
            let (form, output) = self.select(select)?;
            return Ok((columns(output.len()), node("insert-query", vec![form])));
        }
        let mut leaf = self.leaf(select)?;
        let columns = columns(leaf.targets.len());
        for ((_, value), column) in leaf.targets.iter_mut().zip(&columns) {
            let (key, typmod) = target.column(column)?;
            *value = self.coerce(value.clone(), key, typmod, ASSIGNMENT)?;
        }
        let (form, _) = self.finish_leaf(leaf)?;
        Ok((columns, node("insert-query", vec![form])))
    }

    fn insert_row(&mut self, items: &[Node], target: &Target<'a>, columns: &[&str]) -> Resolved<Vec<Form>> {
        let mut row: Vec<Form> = vec![];
        for item in items {
            if let NodeEnum::SetToDefault(_) = content(item)? {
                row.push(node("default", vec![]));
                continue;
            }
            let values: Vec<Typed> = match self.star_of(item)? {
                Some(columns) => columns.into_iter().map(|(_, value)| value).collect(),
                None => vec![self.expression(item)?],
            };
            for value in values {
                let column = columns.get(row.len()).ok_or_else(malformed)?;
                let (key, typmod) = target.column(column)?;
                row.push(self.coerce(value, key, typmod, ASSIGNMENT)?.form);
            }
        }
        Ok(row)
    }

    fn on_conflict(&mut self, clause: &pb::OnConflictClause, target: &Target<'a>) -> Resolved<Form> {
        let (mut elements, mut filter, mut constraint) = (vec![], Form::Null, Form::Null);
        if let Some(infer) = &clause.infer {
            for element in &infer.index_elems {
                let NodeEnum::IndexElem(element) = content(element)? else { return Err(malformed()) };
                elements.push(self.element(element, None, "btree")?.form());
            }
            filter = self.optional_condition(&infer.where_clause)?;
            constraint = atom(infer.conname.as_str());
        }
        let (mut sets, mut condition) = (Form::Null, Form::Null);
        if clause.action == pb::OnConflictAction::OnconflictUpdate as i32 {
            let mut columns = target.item.columns.clone();
            for column in &mut columns {
                column.value.form = node("excluded", vec![column.value.form.clone()]);
            }
            self.add_items(vec![Item { bare: false, ..Item::new("excluded", columns, EXCLUDED) }]);
            sets = self.assignments(&clause.target_list, target)?;
            condition = self.optional_condition(&clause.where_clause)?;
        }
        let parts = vec![number(clause.action), list(elements), filter, constraint, sets, condition];
        Ok(node("on-conflict", parts))
    }

    /// SET, in no order.
    fn assignments(&mut self, items: &[Node], target: &Target<'a>) -> Resolved<Form> {
        let mut out = vec![];
        let mut rest = items;
        while let Some((first, after)) = rest.split_first() {
            let NodeEnum::ResTarget(assignment) = content(first)? else { return Err(malformed()) };
            let value = required(&assignment.val)?;
            let NodeEnum::MultiAssignRef(multiple) = content(value)? else {
                out.push(self.assignment(assignment, value, target)?);
                rest = after;
                continue;
            };
            let count = usize::try_from(multiple.ncolumns).ok().filter(|count| *count > 0 && *count <= rest.len());
            let (group, after) = rest.split_at(count.ok_or_else(malformed)?);
            rest = after;
            let source = required(&multiple.source)?;
            if let NodeEnum::RowExpr(row) = content(source)? {
                for (assignment, value) in group.iter().zip(&row.args) {
                    let NodeEnum::ResTarget(assignment) = content(assignment)? else { return Err(malformed()) };
                    out.push(self.assignment(assignment, value, target)?);
                }
                continue;
            }
            let mut columns = vec![];
            for assignment in group {
                let NodeEnum::ResTarget(assignment) = content(assignment)? else { return Err(malformed()) };
                if !assignment.indirection.is_empty() {
                    return Err(Unresolved::unsupported("an assignment to a part of a column"));
                }
                columns.push(assignment.name.as_str());
            }
            let value = self.expression(source)?.form;
            out.push(node("assign-all", vec![names(&columns), value]));
        }
        out.sort();
        Ok(list(out))
    }

    fn assignment(&mut self, assignment: &pb::ResTarget, value: &Node, target: &Target<'a>) -> Resolved<Form> {
        if !assignment.indirection.is_empty() {
            return Err(Unresolved::unsupported("an assignment to a part of a column"));
        }
        let name = assignment.name.as_str();
        let form = self.assigned(name, value, target)?;
        Ok(list(vec![atom(name), form]))
    }

    fn assigned(&mut self, column: &str, value: &Node, target: &Target<'a>) -> Resolved<Form> {
        let (key, typmod) = target.column(column)?;
        if let NodeEnum::SetToDefault(_) = content(value)? {
            return Ok(node("default", vec![]));
        }
        let value = self.expression(value)?;
        Ok(self.coerce(value, key, typmod, ASSIGNMENT)?.form)
    }

    fn relation_items(&mut self, items: &[Node]) -> Resolved<Form> {
        let mut out = vec![];
        for item in items {
            let (form, items) = self.relation_item(item)?;
            self.add_items(items);
            out.push(form);
        }
        Ok(list(out))
    }

    fn update(&mut self, update: &pb::UpdateStmt) -> Resolved<(Form, Vec<Output<'a>>)> {
        let with = self.with_clause(update.with_clause.as_ref())?;
        let target = self.target(update.relation.as_ref())?;
        self.add_items(vec![target.item.clone()]);
        let from = self.relation_items(&update.from_clause)?;
        let sets = self.assignments(&update.target_list, &target)?;
        let filter = self.optional_condition(&update.where_clause)?;
        let (returning, output) = self.returning(update.returning_clause.as_ref())?;
        Ok((node("update", vec![with, target.form, sets, from, filter, returning]), output))
    }

    fn delete(&mut self, delete: &pb::DeleteStmt) -> Resolved<(Form, Vec<Output<'a>>)> {
        let with = self.with_clause(delete.with_clause.as_ref())?;
        let target = self.target(delete.relation.as_ref())?;
        self.add_items(vec![target.item.clone()]);
        let from = self.relation_items(&delete.using_clause)?;
        let filter = self.optional_condition(&delete.where_clause)?;
        let (returning, output) = self.returning(delete.returning_clause.as_ref())?;
        Ok((node("delete", vec![with, target.form, from, filter, returning]), output))
    }

    fn merge_statement(&mut self, merge: &pb::MergeStmt) -> Resolved<(Form, Vec<Output<'a>>)> {
        let with = self.with_clause(merge.with_clause.as_ref())?;
        let target = self.target(merge.relation.as_ref())?;
        self.add_items(vec![target.item.clone()]);
        let (source, items) = self.relation_item(required(&merge.source_relation)?)?;
        self.add_items(items);
        let condition = self.optional_condition(&merge.join_condition)?;
        let mut actions = vec![];
        for action in &merge.merge_when_clauses {
            let NodeEnum::MergeWhenClause(action) = content(action)? else { return Err(malformed()) };
            actions.push(self.merge_action(action, &target)?);
        }
        let (returning, output) = self.returning(merge.returning_clause.as_ref())?;
        Ok((node("merge", vec![with, target.form, source, condition, list(actions), returning]), output))
    }

    fn merge_action(&mut self, action: &pb::MergeWhenClause, target: &Target<'a>) -> Resolved<Form> {
        let condition = self.optional_condition(&action.condition)?;
        let body = match pb::CmdType::try_from(action.command_type) {
            Ok(pb::CmdType::CmdUpdate) => self.assignments(&action.target_list, target)?,
            Ok(pb::CmdType::CmdInsert) => {
                let mut columns = vec![];
                for column in &action.target_list {
                    let NodeEnum::ResTarget(column) = content(column)? else { return Err(malformed()) };
                    if !column.indirection.is_empty() {
                        return Err(Unresolved::unsupported("an assignment to a part of a column"));
                    }
                    columns.push(column.name.as_str());
                }
                if columns.is_empty() {
                    columns = target.first(action.values.len());
                }
                let mut values = vec![];
                for (column, value) in columns.into_iter().zip(&action.values) {
                    values.push(list(vec![atom(column), self.assigned(column, value, target)?]));
                }
                list(values)
            }
            _ => Form::Null,
        };
        let kinds = [action.match_kind, action.command_type, action.r#override].map(number);
        Ok(node("when", kinds.into_iter().chain([condition, body]).collect()))
    }
}

/// A value returned by a function's body.
pub(super) fn returned<'a>(analyzer: &mut Analyzer<'a>, value: &Node) -> Resolved<Form> {
    let value = analyzer.expression(value)?;
    let value = analyzer.settle(value)?;
    Ok(node("return", vec![forms(vec![value])]))
}

fn malformed() -> Unresolved {
    Unresolved::unsupported("a malformed statement")
}
