//! SELECT.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};

use super::analyzer::{Analyzer, Typed, content, required, strings};
use super::coerce::forms;
use super::column::NamedValues;
use super::form::{Form, atom, list, node, number};
use super::scope::{Output, Scope};
use super::unresolved::{Resolved, Unresolved};

/// A query whose target list can still be coerced: an arm of a set operation, or the source of an INSERT.
pub(super) struct Leaf<'a> {
    /// All parts of the form; the target list is put at [`TARGETS`].
    parts: Vec<Form>,
    pub targets: NamedValues<'a>,
}

/// Place of the target list among the parts of a select.
pub(super) const TARGETS: usize = 2;
const PARTS: usize = 13;

impl<'a> Analyzer<'a> {
    /// A query as it stands in an expression, in FROM or in WITH.
    pub fn query(&mut self, query: &Node) -> Resolved<(Form, Vec<Output<'a>>)> {
        match content(query)? {
            NodeEnum::SelectStmt(select) => self.select(select),
            other => self.modification(other),
        }
    }

    pub fn select(&mut self, select: &pb::SelectStmt) -> Resolved<(Form, Vec<Output<'a>>)> {
        if is_plain(select) {
            let leaf = self.leaf(select)?;
            return self.finish_leaf(leaf);
        }
        self.in_scope(|own| {
            let with = own.with_clause(select.with_clause.as_ref())?;
            if is_set_operation(select) { own.set_operation(select, with) } else { own.values(select, with) }
        })
    }

    /// Runs `work` in a query level of its own.
    pub fn in_scope<T>(&mut self, work: impl FnOnce(&mut Self) -> Resolved<T>) -> Resolved<T> {
        self.enter()?;
        self.scopes.push(Scope::default());
        let result = work(self);
        self.scopes.pop();
        self.leave();
        result
    }

    /// A SELECT that is neither a set operation nor VALUES, with literals not yet given a type.
    pub fn leaf(&mut self, select: &pb::SelectStmt) -> Resolved<Leaf<'a>> {
        self.in_scope(|own| own.leaf_parts(select))
    }

    fn leaf_parts(&mut self, select: &pb::SelectStmt) -> Resolved<Leaf<'a>> {
        if select.into_clause.is_some() {
            return Err(Unresolved::unsupported("SELECT INTO"));
        }
        let with = self.with_clause(select.with_clause.as_ref())?;
        let mut from = vec![];
        for item in &select.from_clause {
            let (form, items) = self.relation_item(item)?;
            self.add_items(items);
            from.push(form);
        }
        let filter = self.optional_condition(&select.where_clause)?;
        // the target list may name windows
        for window in &select.window_clause {
            let NodeEnum::WindowDef(window) = content(window)? else {
                return Err(Unresolved::unsupported("a malformed WINDOW"));
            };
            let spelled_out = pb::WindowDef { name: String::new(), ..(**window).clone() };
            let form = self.window(&spelled_out)?;
            if let Some(scope) = self.scopes.last_mut() {
                scope.windows.insert(window.name.clone(), form);
            }
        }
        let targets = self.targets(&select.target_list)?;
        if let Some(scope) = self.scopes.last_mut() {
            scope.targets = Some(targets.clone());
        }
        let mut group = vec![];
        for item in &select.group_clause {
            group.push(self.grouping(item)?);
        }
        if select.group_distinct && group.iter().any(|group| group.is("grouping-set")) {
            return Err(Unresolved::unsupported("GROUP BY DISTINCT, whose sets the server expands"));
        }
        let having = self.optional_condition(&select.having_clause)?;
        let order = self.order_by(&select.sort_clause)?;
        let distinct = self.distinct(&select.distinct_clause)?;
        let limit = self.limit(&select.limit_count)?;
        let offset = self.limit(&select.limit_offset)?;
        let ties = select.limit_option == pb::LimitOption::WithTies as i32;
        let locks = self.locks(&select.locking_clause)?;
        let parts = vec![
            with,
            distinct,
            Form::Null,
            list(from),
            filter,
            list(flat_groups(group)),
            Form::Flag(select.group_distinct),
            having,
            order,
            limit,
            offset,
            Form::Flag(ties),
            locks,
        ];
        Ok(Leaf { parts, targets })
    }

    /// The form and columns of a query with its target list as it is now; literals become text.
    pub fn finish_leaf(&mut self, leaf: Leaf<'a>) -> Resolved<(Form, Vec<Output<'a>>)> {
        let (mut columns, mut targets) = (vec![], vec![]);
        for (name, value) in leaf.targets {
            let value = self.settle(value)?;
            columns.push(Output { name, key: value.key, typmod: value.typmod });
            targets.push(value.form);
        }
        Ok((select_form(leaf.parts, targets), columns))
    }

    /// The target list, stars expanded.
    pub fn targets(&mut self, targets: &[Node]) -> Resolved<NamedValues<'a>> {
        let mut out = vec![];
        for target in targets {
            let NodeEnum::ResTarget(target) = content(target)? else {
                return Err(Unresolved::unsupported("a malformed target list"));
            };
            let given = required(&target.val)?;
            if let Some(columns) = self.star_of(given)? {
                out.extend(columns);
            } else if let Some(fields) = self.field_star(given)? {
                out.extend(fields);
            } else {
                let name = match target.name.as_str() {
                    "" => super::output::column_name(given),
                    name => name.to_owned(),
                };
                out.push((name, self.expression(given)?));
            }
        }
        Ok(out)
    }

    /// `(value).*`.
    fn field_star(&mut self, given: &Node) -> Resolved<Option<NamedValues<'a>>> {
        let NodeEnum::AIndirection(indirection) = content(given)? else { return Ok(None) };
        let Some((last, before)) = indirection.indirection.split_last() else { return Ok(None) };
        if !matches!(last.node, Some(NodeEnum::AStar(_))) {
            return Ok(None);
        }
        let shorter = pb::AIndirection { arg: indirection.arg.clone(), indirection: before.to_vec() };
        let value = self.indirection(&shorter)?;
        let fields = self.fields_of(&value).ok_or_else(|| Unresolved::unsupported("a star over an unknown type"))?;
        let field = |(name, key, typmod): (String, &'a str, i32)| {
            let form = node("field", vec![value.form.clone(), atom(self.shown_field(value.key, &name))]);
            (name, Typed::new(form, key, typmod))
        };
        Ok(Some(fields.into_iter().map(field).collect()))
    }

    fn grouping(&mut self, item: &Node) -> Resolved<Form> {
        let all = |own: &mut Self, items: &[Node]| -> Resolved<Form> {
            items.iter().map(|item| own.grouping(item)).collect::<Resolved<Vec<_>>>().map(list)
        };
        match content(item)? {
            NodeEnum::GroupingSet(set) => {
                if set.kind == pb::GroupingSetKind::GroupingSetEmpty as i32 {
                    return Ok(node("no-group", vec![]));
                }
                self.enter()?;
                let sets = all(self, &set.content)?;
                self.leave();
                Ok(node("grouping-set", vec![number(set.kind), sets]))
            }
            NodeEnum::RowExpr(row) if row.row_format == pb::CoercionForm::CoerceImplicitCast as i32 => {
                Ok(node("group-row", vec![all(self, &row.args)?]))
            }
            NodeEnum::List(row) => Ok(node("group-row", vec![all(self, &row.items)?])),
            _ => {
                let value = self.clause_item(item, true)?;
                Ok(self.settle(value)?.form)
            }
        }
    }

    fn distinct(&mut self, clause: &[Node]) -> Resolved<Form> {
        if clause.is_empty() {
            return Ok(Form::Null);
        }
        if clause.iter().all(|item| item.node.is_none()) {
            return Ok(node("distinct", vec![]));
        }
        let mut on = vec![];
        for item in clause {
            let value = self.clause_item(item, false)?;
            on.push(self.settle(value)?);
        }
        Ok(node("distinct-on", vec![forms(on)]))
    }

    fn locks(&mut self, clauses: &[Node]) -> Resolved<Form> {
        let items = self.scopes.last().map(|scope| scope.items.as_slice()).unwrap_or_default();
        let named = || items.iter().filter(|item| item.named);
        let mut out = vec![];
        for clause in clauses {
            let NodeEnum::LockingClause(lock) = content(clause)? else {
                return Err(Unresolved::unsupported("a malformed locking clause"));
            };
            let mut of = vec![];
            for relation in &lock.locked_rels {
                let NodeEnum::RangeVar(relation) = content(relation)? else {
                    return Err(Unresolved::unsupported("a malformed locking clause"));
                };
                let item = named().find(|item| item.alias == relation.relname);
                let item = item.ok_or_else(|| Unresolved::unsupported("a lock of an unknown relation"))?;
                of.push(item.index);
            }
            if of.is_empty() {
                of = named().map(|item| item.index).collect();
            }
            of.sort_unstable();
            let of = list(of.into_iter().map(Form::Number).collect());
            out.push(list(vec![number(lock.strength), number(lock.wait_policy), of]));
        }
        Ok(list(out))
    }

    /// VALUES.
    fn values(&mut self, select: &pb::SelectStmt, with: Form) -> Resolved<(Form, Vec<Output<'a>>)> {
        let mut rows: Vec<Vec<Typed<'a>>> = vec![];
        for row in &select.values_lists {
            let NodeEnum::List(row) = content(row)? else { return Err(Unresolved::unsupported("malformed VALUES")) };
            let mut values = vec![];
            for value in &row.items {
                match self.star_of(value)? {
                    Some(columns) => values.extend(columns.into_iter().map(|(_, value)| value)),
                    None => values.push(self.expression(value)?),
                }
            }
            rows.push(values);
        }
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(Unresolved::unsupported("VALUES of different length"));
        }
        let mut columns = vec![];
        let mut shown = vec![vec![]; rows.len()];
        for at in 0..width {
            let column: Vec<Typed> = rows.iter().filter_map(|row| row.get(at).cloned()).collect();
            let (column, key, typmod) = self.unify(column)?;
            for (row, value) in shown.iter_mut().zip(column) {
                row.push(value.form);
            }
            columns.push(Output { name: format!("column{}", at + 1), key, typmod });
        }
        let named = |(at, column): (usize, &Output<'a>)| {
            let form = node("var", vec![number(0), number(0), number(at as i64)]);
            (column.name.clone(), Typed::new(form, column.key, column.typmod))
        };
        let targets = columns.iter().enumerate().map(named).collect();
        if let Some(scope) = self.scopes.last_mut() {
            scope.targets = Some(targets);
        }
        let order = self.order_by(&select.sort_clause)?;
        let limit = self.limit(&select.limit_count)?;
        let offset = self.limit(&select.limit_offset)?;
        let ties = Form::Flag(select.limit_option == pb::LimitOption::WithTies as i32);
        if !select.locking_clause.is_empty() {
            return Err(Unresolved::unsupported("a lock of VALUES"));
        }
        let rows = list(shown.into_iter().map(list).collect());
        Ok((node("values", vec![with, rows, order, limit, offset, ties]), columns))
    }

    /// WITH: gives each query a number.
    pub fn with_clause(&mut self, with: Option<&pb::WithClause>) -> Resolved<Form> {
        let Some(with) = with else { return Ok(Form::Null) };
        let mut out = vec![];
        for query in &with.ctes {
            let NodeEnum::CommonTableExpr(query) = content(query)? else {
                return Err(Unresolved::unsupported("a malformed WITH"));
            };
            out.push(self.with_query(query, with.recursive)?);
        }
        Ok(node("with", vec![Form::Flag(with.recursive), list(out)]))
    }

    fn with_query(&mut self, query: &pb::CommonTableExpr, recursive: bool) -> Resolved<Form> {
        let id = self.scopes.last().map_or(0, |scope| scope.with.len()) as i64;
        let body = required(&query.ctequery)?;
        let aliases = strings(&query.aliascolnames);
        let renamed = |columns: Vec<Output<'a>>| -> Vec<Output<'a>> {
            let name = |(at, column): (usize, Output<'a>)| Output {
                name: aliases.get(at).map_or(column.name, |alias| (*alias).to_owned()),
                ..column
            };
            columns.into_iter().enumerate().map(name).collect()
        };
        if recursive
            && let NodeEnum::SelectStmt(select) = content(body)?
            && is_set_operation(select)
            && let Some(first) = &select.larg
        {
            // the recursive arm sees the columns of the other one
            let columns = self.select(first).map(|(_, columns)| renamed(columns));
            if let Ok(columns) = columns {
                self.add_with(&query.ctename, id, columns);
            }
        }
        let (form, columns) = self.query(body)?;
        let mut columns = renamed(columns);
        let mut extra = vec![];
        if let Some(search) = &query.search_clause {
            columns.push(Output { name: search.search_seq_column.clone(), key: "record", typmod: -1 });
            let by = super::form::names(&strings(&search.search_col_list));
            extra.push(node("search", vec![Form::Flag(search.search_breadth_first), by]));
        }
        if let Some(cycle) = &query.cycle_clause {
            columns.push(Output { name: cycle.cycle_mark_column.clone(), key: "bool", typmod: -1 });
            columns.push(Output { name: cycle.cycle_path_column.clone(), key: "_record", typmod: -1 });
            let by = super::form::names(&strings(&cycle.cycle_col_list));
            let mark = self.expression(required(&cycle.cycle_mark_value)?)?;
            let other = self.expression(required(&cycle.cycle_mark_default)?)?;
            let (marks, key, typmod) = self.unify(vec![mark, other])?;
            if let Some(column) = columns.iter_mut().rev().nth(1) {
                (column.key, column.typmod) = (key, typmod);
            }
            extra.push(node("cycle", vec![by, forms(marks)]));
        }
        self.add_with(&query.ctename, id, columns);
        Ok(list(vec![number(id), number(query.ctematerialized), form, list(extra)]))
    }

    fn add_with(&mut self, name: &str, id: i64, columns: Vec<Output<'a>>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.with.insert(name.to_owned(), (id, columns));
        }
    }
}

/// Puts the target list into its place. `SELECT * FROM (VALUES ...)` is `VALUES ...`.
fn select_form(mut parts: Vec<Form>, targets: Vec<Form>) -> Form {
    let targets = list(targets);
    if let Some(values) = only_values(&parts, &targets) {
        return values;
    }
    if let Some(place) = parts.get_mut(TARGETS) {
        *place = targets;
    }
    node("select", parts)
}

fn only_values(parts: &[Form], targets: &Form) -> Option<Form> {
    let [from] = parts.get(3)?.parts() else { return None };
    let values = from.is("subquery").then(|| from.part(1)).filter(|inner| inner.is("values"))?;
    let empty =
        |form: &Form| matches!(form, Form::Null | Form::Flag(false)) || form.is("list") && form.parts().is_empty();
    let plain = parts.iter().enumerate().all(|(at, part)| at == 3 || empty(part));
    let width = values.part(1).parts().first()?.parts().len() as i64;
    let columns = (0..width).map(|at| node("var", vec![number(0), number(0), number(at)])).collect();
    (plain && *targets == list(columns)).then(|| values.clone())
}

/// A select with a target list and FROM only.
pub(super) fn plain_select(targets: Vec<Form>, from: Vec<Form>) -> Form {
    let mut parts = vec![Form::Null; PARTS];
    for at in [5, 8, 12] {
        parts[at] = list(vec![]);
    }
    for at in [6, 11] {
        parts[at] = Form::Flag(false);
    }
    parts[TARGETS] = list(targets);
    parts[3] = list(from);
    node("select", parts)
}

/// Rows of columns in GROUP BY are their columns; an empty set beside others does nothing.
fn flat_groups(groups: Vec<Form>) -> Vec<Form> {
    let mut out = vec![];
    for group in groups {
        if group.is("group-row") {
            out.extend(group.part(0).parts().iter().cloned());
        } else {
            out.push(group);
        }
    }
    if out.len() > 1 && out.iter().any(|group| !group.is("no-group")) {
        out.retain(|group| !group.is("no-group"));
    }
    out
}

pub(super) fn is_set_operation(select: &pb::SelectStmt) -> bool {
    select.op > pb::SetOperation::SetopNone as i32
}

/// Neither a set operation nor VALUES.
pub(super) fn is_plain(select: &pb::SelectStmt) -> bool {
    !is_set_operation(select) && select.values_lists.is_empty()
}
