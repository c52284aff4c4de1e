//! One expression node at a time.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};

use super::Reference;
use super::analyzer::{Analyzer, Origin, Typed, content, qualified, required, strings};
use super::coerce::forms;
use super::form::{Form, atom, list, names, node, number};
use super::operator::Name;
use super::unresolved::{Obstacle, Resolved, Unresolved};

impl<'a> Analyzer<'a> {
    /// Analyses an expression.
    pub fn expression(&mut self, expression: &Node) -> Resolved<Typed<'a>> {
        let inner = content(expression)?;
        self.enter()?;
        let result = self.dispatch(inner);
        self.leave();
        result
    }

    /// An expression coerced to boolean.
    pub fn condition(&mut self, expression: &Node) -> Resolved<Typed<'a>> {
        let value = self.expression(expression)?;
        self.coerce_bool(value)
    }

    /// The form of a condition that may be missing.
    pub fn optional_condition(&mut self, expression: &Option<Box<Node>>) -> Resolved<Form> {
        match expression {
            Some(expression) => Ok(self.condition(expression)?.form),
            None => Ok(Form::Null),
        }
    }

    /// Several expressions.
    pub fn expressions(&mut self, nodes: &[Node]) -> Resolved<Vec<Typed<'a>>> {
        nodes.iter().map(|node| self.expression(node)).collect()
    }

    fn dispatch(&mut self, inner: &NodeEnum) -> Resolved<Typed<'a>> {
        match inner {
            NodeEnum::AConst(value) => self.constant(value),
            NodeEnum::ColumnRef(column) => self.column_reference(column),
            NodeEnum::AExpr(operation) => self.operation(operation),
            NodeEnum::TypeCast(cast) => self.type_cast(cast),
            NodeEnum::FuncCall(call) => self.function_call(call),
            NodeEnum::BoolExpr(logic) => self.logic(logic),
            NodeEnum::NullTest(test) => self.null_test(test),
            NodeEnum::BooleanTest(test) => {
                let value = self.condition(required(&test.arg)?)?;
                Ok(Typed::of(node("boolean-test", vec![number(test.booltesttype), value.form]), "bool"))
            }
            NodeEnum::CaseExpr(case) => self.case(case),
            NodeEnum::CoalesceExpr(call) => {
                let values = self.expressions(&call.args)?;
                let (values, key, typmod) = self.unify(values)?;
                Ok(Typed::new(node("coalesce", vec![forms(values)]), key, typmod))
            }
            NodeEnum::MinMaxExpr(call) => {
                let values = self.expressions(&call.args)?;
                let (values, key, typmod) = self.unify(values)?;
                Ok(Typed::new(node("min-max", vec![number(call.op), forms(values)]), key, typmod))
            }
            NodeEnum::AArrayExpr(array) => self.array(array, None, -1),
            NodeEnum::RowExpr(row) => self.row(row),
            NodeEnum::CollateClause(clause) => self.collate(clause),
            NodeEnum::SubLink(link) => self.sublink(link),
            NodeEnum::AIndirection(indirection) => self.indirection(indirection),
            NodeEnum::ParamRef(parameter) => self.numbered_parameter(parameter.number),
            NodeEnum::SqlvalueFunction(function) => value_function(function),
            NodeEnum::GroupingFunc(grouping) => {
                let values = self.expressions(&grouping.args)?;
                Ok(Typed::of(node("grouping", vec![forms(values)]), "int4"))
            }
            NodeEnum::Integer(value) => {
                Ok(Typed::of(super::form::constant("int4", atom(value.ival.to_string())), "int4"))
            }
            NodeEnum::MergeSupportFunc(_) => Ok(Typed::of(node("merge-action", vec![]), "text")),
            NodeEnum::XmlExpr(_) | NodeEnum::XmlSerialize(_) => self.xml(inner),
            _ => self.json(inner),
        }
    }

    fn type_cast(&mut self, cast: &pb::TypeCast) -> Resolved<Typed<'a>> {
        let name = cast.type_name.as_ref().ok_or_else(|| Unresolved::unsupported("a cast without a type"))?;
        let (key, typmod) = self.type_name(name)?;
        let argument = required(&cast.arg)?;
        let base = self.facts.base_type(key);
        // the server prints an array that it casts as a whole in the words that would cast each of its elements
        if let NodeEnum::AArrayExpr(array) = content(argument)?
            && let Some(element) = self.facts.element_of(base)
            && (array.elements.is_empty() || !self.exact)
        {
            let value = self.array(array, Some((base, element)), typmod)?;
            return self.cast(value, key, typmod).map_err(|error| error.at(cast.location));
        }
        let value = self.expression(argument)?;
        self.cast(value, key, typmod).map_err(|error| error.at(cast.location))
    }

    fn collate(&mut self, clause: &pb::CollateClause) -> Resolved<Typed<'a>> {
        let name = self.collation(&clause.collname)?;
        let value = self.expression(required(&clause.arg)?)?;
        Ok(Typed::new(node("collate", vec![name, value.form]), value.key, value.typmod))
    }

    /// Schema and name of a collation.
    pub fn collation(&mut self, given: &[Node]) -> Resolved<Form> {
        let (schema, name) = qualified(given)?;
        let schema = match schema {
            Some(schema) => schema,
            None => {
                let known: Vec<&str> = self.facts.collation_schemas(name).collect();
                self.search()
                    .into_iter()
                    .find(|schema| known.contains(schema))
                    .ok_or_else(|| Unresolved::new(Obstacle::UnknownType, format!("collation {name} does not exist")))?
            }
        };
        self.refer(schema, |schema| Reference::Collation { schema, name: name.to_owned() });
        Ok(names(&[schema, name]))
    }

    fn logic(&mut self, logic: &pb::BoolExpr) -> Resolved<Typed<'a>> {
        let tag = match pb::BoolExprType::try_from(logic.boolop) {
            Ok(pb::BoolExprType::AndExpr) => "and",
            Ok(pb::BoolExprType::OrExpr) => "or",
            Ok(pb::BoolExprType::NotExpr) => {
                let [argument] = logic.args.as_slice() else { return Err(Unresolved::unsupported("a malformed NOT")) };
                return Ok(negate(self.condition(argument)?));
            }
            _ => return Err(Unresolved::unsupported("an unknown boolean operation")),
        };
        let values = self.expressions(&logic.args)?;
        self.combine(tag, values)
    }

    /// AND or OR, flattened; the order is kept.
    pub fn combine(&mut self, tag: &'static str, values: Vec<Typed<'a>>) -> Resolved<Typed<'a>> {
        let mut flat = vec![];
        for value in values {
            match self.coerce_bool(value)?.form {
                Form::Node(own, parts) if own == tag => flat.extend(parts),
                form => flat.push(form),
            }
        }
        Ok(Typed::of(Form::Node(tag, flat), "bool"))
    }

    fn null_test(&mut self, test: &pb::NullTest) -> Resolved<Typed<'a>> {
        let value = self.expression(required(&test.arg)?)?;
        let tag = if test.nulltesttype == pb::NullTestType::IsNull as i32 { "is-null" } else { "is-not-null" };
        let value = self.settle(value)?;
        Ok(Typed::of(node(tag, vec![value.form]), "bool"))
    }

    fn case(&mut self, case: &pb::CaseExpr) -> Resolved<Typed<'a>> {
        let subject = match &case.arg {
            Some(argument) => {
                let value = self.expression(argument)?;
                Some(self.settle(value)?)
            }
            None => None,
        };
        let (mut conditions, mut results) = (vec![], vec![]);
        for branch in &case.args {
            let NodeEnum::CaseWhen(when) = content(branch)? else {
                return Err(Unresolved::unsupported("a malformed CASE"));
            };
            let condition = required(&when.expr)?;
            conditions.push(match &subject {
                Some(subject) => {
                    let value = self.expression(condition)?;
                    let test = Typed::new(node("case-subject", vec![]), subject.key, subject.typmod);
                    self.implicitly(|own| own.operate(Name::bare("="), Some(test), value))?
                }
                None => self.condition(condition)?,
            });
            results.push(self.expression(required(&when.result)?)?);
        }
        // the type of ELSE goes first
        let otherwise = match &case.defresult {
            Some(result) => self.expression(result)?,
            None => Typed::of(super::form::constant("unknown", Form::Null), "unknown"),
        };
        results.insert(0, otherwise);
        let (mut results, key, typmod) = self.unify(results)?;
        let otherwise = results.remove(0).form;
        let plain_null = otherwise.is_null_constant() && otherwise.part(0).text() == Some(self.facts.base_type(key));
        let otherwise = if plain_null { Form::Null } else { otherwise };
        let pair = |(condition, result): (Typed, Typed)| list(vec![condition.form, result.form]);
        let branches = list(conditions.into_iter().zip(results).map(pair).collect());
        let subject = subject.map_or(Form::Null, |subject| subject.form);
        Ok(Typed::new(node("case", vec![subject, branches, otherwise]), key, typmod))
    }

    /// `ARRAY[...]`; `wanted` is the array type it is cast to, and its element type.
    fn array(
        &mut self,
        array: &pb::AArrayExpr,
        wanted: Option<(&'a str, &'a str)>,
        typmod: i32,
    ) -> Resolved<Typed<'a>> {
        self.enter()?;
        let (mut values, mut nested) = (vec![], false);
        for element in &array.elements {
            if let NodeEnum::AArrayExpr(inner) = content(element)? {
                values.push(self.array(inner, wanted, typmod)?);
                nested = true;
                continue;
            }
            let value = self.expression(element)?;
            let base = self.facts.base_type(value.key);
            nested |= self.facts.category(base) == 'A' && !matches!(value.key, "int2vector" | "oidvector");
            values.push(value);
        }
        self.leave();
        let make = |element: &str, values| node("array", vec![atom(element), forms(values)]);
        if let Some((whole, element)) = wanted {
            let mut cast = vec![];
            for value in values {
                cast.push(if nested {
                    self.coerce(value, whole, typmod, super::coerce::EXPLICIT)?
                } else {
                    self.cast(value, element, typmod)?
                });
            }
            return Ok(Typed::new(make(element, cast), whole, if nested { -1 } else { typmod }));
        }
        if values.is_empty() {
            return Err(Unresolved::unsupported("an empty array without a type").at(array.location));
        }
        let (values, common, _) = self.unify(values)?;
        if nested && self.facts.category(common) == 'A' {
            let element = self.facts.element_of(common).unwrap_or(common);
            return Ok(Typed::of(make(element, values), common));
        }
        Ok(Typed::of(make(common, values), self.array_over(common)?))
    }

    fn row(&mut self, row: &pb::RowExpr) -> Resolved<Typed<'a>> {
        let mut fields = vec![];
        for argument in &row.args {
            match self.star_of(argument)? {
                Some(columns) => fields.extend(columns.into_iter().map(|(_, value)| value)),
                None => fields.push(self.expression(argument)?),
            }
        }
        let mut settled = vec![];
        for field in &fields {
            settled.push(self.settle(field.clone())?);
        }
        let form = node("row", vec![Form::Null, forms(settled)]);
        Ok(Typed { form, key: "record", typmod: -1, origin: Origin::Row(fields) })
    }
}

/// NOT.
pub(super) fn negate(value: Typed<'_>) -> Typed<'_> {
    Typed::of(node("not", vec![value.form]), "bool")
}

/// CURRENT_DATE and the like.
fn value_function<'a>(function: &pb::SqlValueFunction) -> Resolved<Typed<'a>> {
    use pb::SqlValueFunctionOp as Op;
    let key = match Op::try_from(function.op) {
        Ok(Op::SvfopCurrentDate) => "date",
        Ok(Op::SvfopCurrentTime | Op::SvfopCurrentTimeN) => "timetz",
        Ok(Op::SvfopCurrentTimestamp | Op::SvfopCurrentTimestampN) => "timestamptz",
        Ok(Op::SvfopLocaltime | Op::SvfopLocaltimeN) => "time",
        Ok(Op::SvfopLocaltimestamp | Op::SvfopLocaltimestampN) => "timestamp",
        Ok(Op::SqlvalueFunctionOpUndefined) | Err(_) => {
            return Err(Unresolved::unsupported("an unknown value function").at(function.location));
        }
        Ok(_) => "name",
    };
    let form = node("value-function", vec![number(function.op), number(function.typmod)]);
    Ok(Typed::new(form, key, function.typmod))
}

/// The names of a list when all of its nodes are names.
pub(super) fn all_strings(nodes: &[Node]) -> Option<Vec<&str>> {
    let found = strings(nodes);
    (found.len() == nodes.len()).then_some(found)
}
