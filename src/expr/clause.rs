//! Sorting, windows and LIMIT: what queries and aggregates share.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};

use super::analyzer::{Analyzer, Typed, content, qualified, required};
use super::coerce::ASSIGNMENT;
use super::form::{Form, atom, constant, list, node, number};
use super::unresolved::{Resolved, Unresolved};

/// One item of ORDER BY.
#[derive(Clone, Debug)]
pub(super) struct SortItem<'a> {
    pub value: Typed<'a>,
    /// Direction and place of NULLs, or the operator.
    pub order: [Form; 2],
}

/// The forms of ORDER BY.
pub(super) fn sort_forms(items: Vec<SortItem<'_>>) -> Vec<Form> {
    let form = |item: SortItem<'_>| {
        let [direction, nulls] = item.order;
        list(vec![item.value.form, direction, nulls])
    };
    items.into_iter().map(form).collect()
}

/// Descending and NULLS FIRST, each with its default applied.
pub(super) fn direction(order: i32, nulls: i32) -> (bool, bool) {
    let descending = order == pb::SortByDir::SortbyDesc as i32;
    let first = match pb::SortByNulls::try_from(nulls) {
        Ok(pb::SortByNulls::SortbyNullsFirst) => true,
        Ok(pb::SortByNulls::SortbyNullsLast) => false,
        _ => descending,
    };
    (descending, first)
}

const FRAME_NONDEFAULT: i32 = 0x1;
const FRAME_ROWS: i32 = 0x4;
const FRAME_GROUPS: i32 = 0x8;
const FRAME_BETWEEN: i32 = 0x10;
const FRAME_END_CURRENT_ROW: i32 = 0x400;

impl<'a> Analyzer<'a> {
    /// ORDER BY inside a call.
    pub fn sort_by(&mut self, item: &Node) -> Resolved<SortItem<'a>> {
        let NodeEnum::SortBy(sort) = content(item)? else {
            return Err(Unresolved::unsupported("a malformed ORDER BY"));
        };
        let value = self.expression(required(&sort.node)?)?;
        self.sort_item(value, sort)
    }

    pub fn sort_item(&mut self, value: Typed<'a>, sort: &pb::SortBy) -> Resolved<SortItem<'a>> {
        let value = self.settle(value)?;
        let mut wanted = sort.sortby_dir;
        if wanted == pb::SortByDir::SortbyUsing as i32 {
            match qualified(&sort.use_op)? {
                (None | Some("pg_catalog"), "<") => wanted = pb::SortByDir::SortbyAsc as i32,
                (None | Some("pg_catalog"), ">") => wanted = pb::SortByDir::SortbyDesc as i32,
                (schema, name) => {
                    let using = node("using", vec![atom(schema.unwrap_or("")), atom(name)]);
                    return Ok(SortItem { value, order: [using, number(sort.sortby_nulls)] });
                }
            }
        }
        let (descending, first) = direction(wanted, sort.sortby_nulls);
        Ok(SortItem { value, order: [Form::Flag(descending), Form::Flag(first)] })
    }

    /// An item of GROUP BY or PARTITION BY (where input columns go first), or of ORDER BY and DISTINCT ON (where
    /// output columns do): a name, a position in the target list, or an expression.
    pub fn clause_item(&mut self, item: &Node, input_first: bool) -> Resolved<Typed<'a>> {
        let targets = self.scopes.last().and_then(|scope| scope.targets.clone());
        if let Some(targets) = targets {
            match content(item)? {
                NodeEnum::ColumnRef(reference) => {
                    if let Some([name]) = super::expression::all_strings(&reference.fields).as_deref() {
                        let bare = self.scopes.last().into_iter().flat_map(|scope| &scope.items);
                        let mut columns = bare.filter(|item| item.bare).flat_map(|item| &item.columns);
                        let hit = input_first && columns.any(|column| column.name == *name);
                        if !hit && let Some((_, value)) = targets.iter().find(|(own, _)| own == name) {
                            return Ok(value.clone());
                        }
                    }
                }
                NodeEnum::AConst(pb::AConst { val: Some(pb::a_const::Val::Ival(position)), .. }) => {
                    let at = usize::try_from(position.ival).ok().and_then(|at| at.checked_sub(1));
                    if let Some((_, value)) = at.and_then(|at| targets.get(at)) {
                        return Ok(value.clone());
                    }
                }
                _ => {}
            }
        }
        self.expression(item)
    }

    /// An item of a query's ORDER BY; of a window's when `output` is false.
    pub fn order_item(&mut self, item: &Node, output: bool) -> Resolved<SortItem<'a>> {
        let NodeEnum::SortBy(sort) = content(item)? else {
            return Err(Unresolved::unsupported("a malformed ORDER BY"));
        };
        let given = required(&sort.node)?;
        let value = if output { self.clause_item(given, false)? } else { self.expression(given)? };
        self.sort_item(value, sort)
    }

    /// ORDER BY of a query.
    pub fn order_by(&mut self, items: &[Node]) -> Resolved<Form> {
        let mut out = vec![];
        for item in items {
            out.push(self.order_item(item, true)?);
        }
        Ok(list(sort_forms(out)))
    }

    /// A window: by the name of one in the query, or spelled out.
    pub fn window(&mut self, window: &pb::WindowDef) -> Resolved<Form> {
        let by_name = |own: &Self, name: &str| own.scopes.last().and_then(|scope| scope.windows.get(name)).cloned();
        let unknown = |name: &str| Unresolved::unsupported(format!("window {name} does not exist"));
        let plain = window.partition_clause.is_empty() && window.order_clause.is_empty();
        if !window.name.is_empty() && plain && window.refname.is_empty() {
            return by_name(self, &window.name).ok_or_else(|| unknown(&window.name));
        }
        let base = match window.refname.as_str() {
            "" => None,
            name => Some(by_name(self, name).ok_or_else(|| unknown(name))?),
        };
        let mut partition = vec![];
        for item in &window.partition_clause {
            let value = self.clause_item(item, true)?;
            partition.push(self.settle(value)?.form);
        }
        let mut order = vec![];
        for item in &window.order_clause {
            order.push(self.order_item(item, false)?);
        }
        // BETWEEN or not is only spelling
        let mut frame = window.frame_options & !FRAME_NONDEFAULT;
        if frame & FRAME_BETWEEN == 0 {
            frame |= FRAME_BETWEEN | FRAME_END_CURRENT_ROW;
        }
        let sorted_by = order.first().map(|item| item.value.key);
        let start = self.frame_offset(&window.start_offset, frame, sorted_by)?;
        let end = self.frame_offset(&window.end_offset, frame, sorted_by)?;
        let (mut partition, mut order) = (list(partition), list(sort_forms(order)));
        if let Some(base) = &base {
            if partition.parts().is_empty() {
                partition = base.part(0).clone();
            }
            if order.parts().is_empty() {
                order = base.part(1).clone();
            }
        }
        Ok(node("window", vec![partition, order, number(frame), start, end]))
    }

    fn frame_offset(&mut self, offset: &Option<Box<Node>>, frame: i32, sorted_by: Option<&'a str>) -> Resolved<Form> {
        let Some(offset) = offset else { return Ok(Form::Null) };
        let value = self.expression(offset)?;
        if frame & (FRAME_ROWS | FRAME_GROUPS) != 0 {
            return Ok(self.coerce(value, "int8", -1, super::coerce::IMPLICIT)?.form);
        }
        let target = match sorted_by {
            Some("timestamptz" | "timestamp" | "date" | "time" | "timetz") => "interval",
            Some("int2" | "int4") => "int8",
            Some(other) => other,
            None => return Ok(self.settle(value)?.form),
        };
        if value.is_unknown() { Ok(self.fit(value, target)?.form) } else { Ok(value.form) }
    }

    /// LIMIT or OFFSET; none at all is the same as NULL.
    pub fn limit(&mut self, limit: &Option<Box<Node>>) -> Resolved<Form> {
        let Some(limit) = limit else { return Ok(Form::Null) };
        let value = self.expression(limit)?;
        let form = self.coerce(value, "int8", -1, ASSIGNMENT)?.form;
        if form.is_null_constant() {
            return Ok(Form::Null);
        }
        if form.is("cast")
            && form.part(0).text() == Some("int8")
            && let Some(text) = form.part(1).constant_text()
        {
            return Ok(constant("int8", atom(text)));
        }
        Ok(form)
    }
}
