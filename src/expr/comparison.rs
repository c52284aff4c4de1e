//! Operators, and the comparisons that SQL spells as words.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, AExprKind as Kind, Node};

use super::analyzer::{Analyzer, Typed, content, qualified, required};
use super::coerce::forms;
use super::expression::negate;
use super::form::{Form, atom, list, node};
use super::operator::Name;
use super::unresolved::{Resolved, Unresolved};

impl<'a> Analyzer<'a> {
    pub fn operation(&mut self, operation: &pb::AExpr) -> Resolved<Typed<'a>> {
        let (schema, name) = qualified(&operation.name)?;
        let name = Name { schema, name: if name == "!=" { "<>" } else { name } };
        let result = match Kind::try_from(operation.kind) {
            Ok(Kind::AexprOp) => self.operator_call(operation, name),
            Ok(Kind::AexprLike | Kind::AexprIlike | Kind::AexprSimilar) => {
                let left = self.expression(required(&operation.lexpr)?)?;
                let right = self.expression(required(&operation.rexpr)?)?;
                self.operate(name, Some(left), right)
            }
            Ok(Kind::AexprDistinct) => self.distinct_from(operation),
            Ok(Kind::AexprNotDistinct) => self.distinct_from(operation).map(not_distinct),
            Ok(Kind::AexprNullif) => self.null_if(operation),
            Ok(kind @ (Kind::AexprBetween | Kind::AexprNotBetween)) => self.between(operation, kind),
            Ok(kind @ (Kind::AexprBetweenSym | Kind::AexprNotBetweenSym)) => self.between(operation, kind),
            Ok(Kind::AexprIn) => self.in_list(operation, name),
            Ok(kind @ (Kind::AexprOpAny | Kind::AexprOpAll)) => {
                let value = self.expression(required(&operation.lexpr)?)?;
                let array = self.expression(required(&operation.rexpr)?)?;
                self.operate_on_array(name, kind == Kind::AexprOpAny, value, array)
            }
            _ => Err(Unresolved::unsupported("an unknown kind of operator")),
        };
        result.map_err(|error| error.at(operation.location))
    }

    fn operator_call(&mut self, operation: &pb::AExpr, name: Name) -> Resolved<Typed<'a>> {
        let right = required(&operation.rexpr)?;
        let Some(left) = operation.lexpr.as_deref() else {
            let right = self.expression(right)?;
            return self.operate(name, None, right);
        };
        if let NodeEnum::RowExpr(row) = content(left)? {
            if let NodeEnum::RowExpr(other) = content(right)? {
                return self.compare_rows(name, &row.args, &other.args);
            }
            if let NodeEnum::SubLink(link) = content(right)?
                && link.sub_link_type == pb::SubLinkType::ExprSublink as i32
            {
                let subselect = required(&link.subselect)?;
                return self.compare_with_query(pb::SubLinkType::RowcompareSublink, left, name, subselect);
            }
        }
        let left = self.expression(left)?;
        let right = self.expression(right)?;
        self.operate(name, Some(left), right)
    }

    /// `ROW(a, b) = ROW(c, d)` and the like: field by field, or as a whole.
    fn compare_rows(&mut self, name: Name, left: &[Node], right: &[Node]) -> Resolved<Typed<'a>> {
        let left = self.expressions(left)?;
        let right = self.expressions(right)?;
        if left.len() != right.len() || left.is_empty() {
            return Err(Unresolved::unsupported("rows of different length"));
        }
        let mut pairs = vec![];
        for (left, right) in left.into_iter().zip(right) {
            // only the first pair's operator is printed with its schema
            let bare = Name::bare(name.name);
            let given = name.schema.and_then(|_| self.operate(name, Some(left.clone()), right.clone()).ok());
            pairs.push(match given {
                Some(pair) => pair,
                None => self.implicitly(|own| own.operate(bare, Some(left), right))?,
            });
        }
        if pairs.len() == 1 {
            return pairs.pop().ok_or_else(|| Unresolved::unsupported("an empty row"));
        }
        match name.name {
            "=" => self.combine("and", pairs),
            "<>" => self.combine("or", pairs),
            _ => Ok(Typed::of(node("row-comparison", vec![atom(name.name), forms(pairs)]), "bool")),
        }
    }

    fn distinct_from(&mut self, operation: &pb::AExpr) -> Resolved<Typed<'a>> {
        let (left, right) = (required(&operation.lexpr)?, required(&operation.rexpr)?);
        for (value, other) in [(left, right), (right, left)] {
            if matches!(content(other)?, NodeEnum::AConst(constant) if constant.isnull) {
                let value = self.expression(value)?;
                let value = self.settle(value)?;
                return Ok(Typed::of(node("is-not-null", vec![value.form]), "bool"));
            }
        }
        let (NodeEnum::RowExpr(a), NodeEnum::RowExpr(b)) = (content(left)?, content(right)?) else {
            let left = self.expression(left)?;
            let right = self.expression(right)?;
            return self.distinct_values(left, right);
        };
        if a.args.len() != b.args.len() || a.args.is_empty() {
            return Err(Unresolved::unsupported("rows of different length"));
        }
        let mut parts = vec![];
        for (left, right) in a.args.iter().zip(&b.args) {
            let left = self.expression(left)?;
            let right = self.expression(right)?;
            parts.push(self.distinct_values(left, right)?);
        }
        match parts.len() {
            1 => parts.pop().ok_or_else(|| Unresolved::unsupported("an empty row")),
            _ => self.combine("or", parts),
        }
    }

    fn distinct_values(&mut self, left: Typed<'a>, right: Typed<'a>) -> Resolved<Typed<'a>> {
        let equal = self.implicitly(|own| own.operate(Name::bare("="), Some(left), right))?;
        Ok(Typed::of(retag("distinct", equal.form), "bool"))
    }

    fn null_if(&mut self, operation: &pb::AExpr) -> Resolved<Typed<'a>> {
        let left = self.expression(required(&operation.lexpr)?)?;
        let right = self.expression(required(&operation.rexpr)?)?;
        let (left_key, right_key) = (left.key, right.key);
        let equal = self.implicitly(|own| own.operate(Name::bare("="), Some(left.clone()), right))?;
        let choice = self.implicitly(|own| own.choose(Name::bare("="), Some(left_key), right_key))?;
        let left = self.fit(left, choice.left.unwrap_or(left_key))?;
        Ok(Typed::new(retag("nullif", equal.form), left.key, left.typmod))
    }

    fn between(&mut self, operation: &pb::AExpr, kind: Kind) -> Resolved<Typed<'a>> {
        let value = required(&operation.lexpr)?;
        let NodeEnum::List(bounds) = content(required(&operation.rexpr)?)? else {
            return Err(Unresolved::unsupported("a malformed BETWEEN"));
        };
        let [low, high] = bounds.items.as_slice() else {
            return Err(Unresolved::unsupported("a malformed BETWEEN"));
        };
        let negated = matches!(kind, Kind::AexprNotBetween | Kind::AexprNotBetweenSym);
        let one = self.within(value, low, high, negated)?;
        if matches!(kind, Kind::AexprBetween | Kind::AexprNotBetween) {
            return Ok(one);
        }
        let other = self.within(value, high, low, negated)?;
        self.combine(if negated { "and" } else { "or" }, vec![one, other])
    }

    fn within(&mut self, value: &Node, low: &Node, high: &Node, negated: bool) -> Resolved<Typed<'a>> {
        let (above, below, tag) = if negated { ("<", ">", "or") } else { (">=", "<=", "and") };
        let mut parts = vec![];
        for (operator, bound) in [(above, low), (below, high)] {
            let left = self.expression(value)?;
            let right = self.expression(bound)?;
            parts.push(self.operate(Name::bare(operator), Some(left), right)?);
        }
        self.combine(tag, parts)
    }

    /// IN (list): items without variables become one array, the rest single comparisons.
    fn in_list(&mut self, operation: &pb::AExpr, name: Name) -> Resolved<Typed<'a>> {
        let any = name.name == "=";
        let subject = required(&operation.lexpr)?;
        let NodeEnum::List(items) = content(required(&operation.rexpr)?)? else {
            return Err(Unresolved::unsupported("a malformed IN"));
        };
        let is_row = |item: &Node| matches!(item.node, Some(NodeEnum::RowExpr(_)));
        let rows = is_row(subject) || items.items.iter().any(is_row);
        let mut parts = vec![];
        let mut single: Vec<&Node> = items.items.iter().collect();
        if !rows {
            let values = self.expressions(&items.items)?;
            let variable: Vec<bool> = values.iter().map(|value| value.form.has_variable(0)).collect();
            let fixed: Vec<Typed> =
                values.into_iter().zip(&variable).filter(|(_, has)| !**has).map(|(value, _)| value).collect();
            if fixed.len() > 1
                && let Some(part) = self.in_array(subject, name, any, fixed)?
            {
                parts.push(part);
                single = items.items.iter().zip(&variable).filter(|(_, has)| **has).map(|(item, _)| item).collect();
            }
        }
        for item in single {
            parts.push(match (content(subject)?, content(item)?) {
                (NodeEnum::RowExpr(left), NodeEnum::RowExpr(right)) => {
                    self.compare_rows(name, &left.args, &right.args)?
                }
                _ => {
                    let left = self.expression(subject)?;
                    let right = self.expression(item)?;
                    self.operate(name, Some(left), right)?
                }
            });
        }
        match parts.len() {
            0 => Err(Unresolved::unsupported("an empty IN")),
            1 => Ok(parts.remove(0)),
            _ => self.combine(if any { "or" } else { "and" }, parts),
        }
    }

    /// The comparison with an array of all fixed items; `None` when they have no common type.
    fn in_array(
        &mut self,
        subject: &Node,
        name: Name,
        any: bool,
        items: Vec<Typed<'a>>,
    ) -> Resolved<Option<Typed<'a>>> {
        let subject = self.expression(subject)?;
        let mut keys: Vec<&str> = items.iter().map(|item| item.key).collect();
        keys.insert(0, subject.key);
        let Some(common) = self.common_type(&keys) else { return Ok(None) };
        let implicit = crate::facts::CastContext::Implicit;
        let reachable = keys.iter().skip(1).all(|key| self.can_coerce(&[key], &[common], implicit));
        if !reachable || common == "record" || self.facts.is_composite(common) {
            return Ok(None);
        }
        let Some(over) = self.facts.array_of(common) else { return Ok(None) };
        let mut fitted = vec![];
        for item in items {
            fitted.push(self.fit(item, common)?);
        }
        let array = Typed::of(node("array", vec![atom(common), forms(fitted)]), over);
        self.operate_on_array(name, any, subject, array).map(Some)
    }

    /// A subquery in an expression.
    pub fn sublink(&mut self, link: &pb::SubLink) -> Resolved<Typed<'a>> {
        use pb::SubLinkType as Type;
        let subselect = required(&link.subselect)?;
        let kind = Type::try_from(link.sub_link_type).unwrap_or(Type::Undefined);
        if matches!(kind, Type::AnySublink | Type::AllSublink | Type::RowcompareSublink) {
            let name = if link.oper_name.is_empty() { (None, "=") } else { qualified(&link.oper_name)? };
            let name = Name { schema: name.0, name: name.1 };
            return self.compare_with_query(kind, required(&link.testexpr)?, name, subselect);
        }
        let (query, columns) = self.query(subselect)?;
        let first = columns.first();
        match (kind, first) {
            (Type::ExistsSublink, _) => Ok(Typed::of(node("exists", vec![query]), "bool")),
            (Type::ExprSublink, Some(column)) => Ok(Typed::new(node("scalar", vec![query]), column.key, column.typmod)),
            (Type::ArraySublink, Some(column)) => {
                let is_array = self.facts.category(column.key) == 'A';
                let key = if is_array { column.key } else { self.array_over(column.key)? };
                Ok(Typed::of(node("array-of", vec![query]), key))
            }
            _ => Err(Unresolved::unsupported("an unknown kind of subquery").at(link.location)),
        }
    }

    fn compare_with_query(
        &mut self,
        kind: pb::SubLinkType,
        test: &Node,
        name: Name,
        subselect: &Node,
    ) -> Resolved<Typed<'a>> {
        let (query, columns) = self.query(subselect)?;
        let values = match content(test)? {
            NodeEnum::RowExpr(row) => self.expressions(&row.args)?,
            _ => vec![self.expression(test)?],
        };
        if values.len() != columns.len() {
            return Err(Unresolved::unsupported("a subquery with another number of columns"));
        }
        let mut comparisons = vec![];
        for (at, (value, column)) in values.into_iter().zip(columns).enumerate() {
            let output = node("column-of", vec![Form::Number(at as i64)]);
            let output = Typed::new(output, column.key, column.typmod);
            // IN (SELECT ...) is printed without its operator
            comparisons.push(self.implicitly(|own| own.operate(name, Some(value), output))?.form);
        }
        let form = node("compare-query", vec![Form::Number(kind as i64), query, list(comparisons)]);
        Ok(Typed::of(form, "bool"))
    }
}

fn not_distinct(value: Typed<'_>) -> Typed<'_> {
    match value.form {
        Form::Node("is-not-null", parts) => Typed::of(Form::Node("is-null", parts), "bool"),
        form => negate(Typed::of(form, "bool")),
    }
}

fn retag(tag: &'static str, form: Form) -> Form {
    match form {
        Form::Node(_, parts) => Form::Node(tag, parts),
        leaf => leaf,
    }
}
