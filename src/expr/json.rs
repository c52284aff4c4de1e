//! JSON constructors and queries of the SQL standard, with what is left out filled in.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};

use super::analyzer::{Analyzer, Typed, content, required};
use super::clause::sort_forms;
use super::coerce::ASSIGNMENT;
use super::form::{Form, atom, list, node, number};
use super::unresolved::{Resolved, Unresolved};

/// Key and modifier of a result.
type Returned<'a> = (&'a str, i32);

impl<'a> Analyzer<'a> {
    pub fn json(&mut self, inner: &NodeEnum) -> Resolved<Typed<'a>> {
        match inner {
            NodeEnum::JsonValueExpr(value) => self.json_value(value),
            NodeEnum::JsonObjectConstructor(call) => self.json_object(call),
            NodeEnum::JsonArrayConstructor(call) => self.json_array(call),
            NodeEnum::JsonArrayQueryConstructor(call) => self.json_array_query(call),
            NodeEnum::JsonArrayAgg(call) => {
                let constructor = required_constructor(call.constructor.as_deref())?;
                let (options, returned) = self.json_aggregate(constructor)?;
                let value = self.json_argument(call.arg.as_deref())?;
                let parts = vec![value, options, returned_form(returned), Form::Flag(call.absent_on_null)];
                Ok(Typed::of(node("json-arrayagg", parts), returned.0))
            }
            NodeEnum::JsonObjectAgg(call) => {
                let constructor = required_constructor(call.constructor.as_deref())?;
                let (options, returned) = self.json_aggregate(constructor)?;
                let pair = call.arg.as_deref().ok_or_else(malformed)?;
                let pair = self.json_pair(pair)?;
                let flags = list(vec![Form::Flag(call.absent_on_null), Form::Flag(call.unique)]);
                let parts = vec![pair, options, returned_form(returned), flags];
                Ok(Typed::of(node("json-objectagg", parts), returned.0))
            }
            NodeEnum::JsonIsPredicate(test) => {
                let value = self.expression(required(&test.expr)?)?;
                let value = self.settle(value)?.form;
                let parts = vec![value, number(test.item_type), Form::Flag(test.unique_keys)];
                Ok(Typed::of(node("is-json", parts), "bool"))
            }
            NodeEnum::JsonParseExpr(call) => {
                let returned = self.json_returned(call.output.as_ref(), "json")?;
                let value = self.json_argument(call.expr.as_deref())?;
                let parts = vec![value, returned_form(returned), Form::Flag(call.unique_keys)];
                Ok(Typed::of(node("json-parse", parts), returned.0))
            }
            NodeEnum::JsonScalarExpr(call) => {
                let returned = self.json_returned(call.output.as_ref(), "json")?;
                let value = self.expression(required(&call.expr)?)?;
                let parts = vec![self.settle(value)?.form, returned_form(returned)];
                Ok(Typed::of(node("json-scalar", parts), returned.0))
            }
            NodeEnum::JsonSerializeExpr(call) => {
                let returned = self.json_returned(call.output.as_ref(), "text")?;
                let value = self.json_argument(call.expr.as_deref())?;
                Ok(Typed::of(node("json-serialize", vec![value, returned_form(returned)]), returned.0))
            }
            NodeEnum::JsonFuncExpr(call) => self.json_query(call),
            other => {
                let name = format!("{other:?}");
                let name = name.split(['(', ' ', '{']).next().unwrap_or_default();
                Err(Unresolved::unsupported(format!("an expression of kind {name}")))
            }
        }
    }

    fn json_value(&mut self, value: &pb::JsonValueExpr) -> Resolved<Typed<'a>> {
        let inner = self.expression(required(&value.raw_expr)?)?;
        let inner = self.settle(inner)?;
        let format = value
            .format
            .as_ref()
            .filter(|format| pb::JsonFormatType::try_from(format.format_type).is_ok_and(|kind| kind as i32 > 1));
        let format = match format {
            Some(format) => list(vec![number(format.format_type), number(format.encoding)]),
            None => Form::Null,
        };
        Ok(Typed::of(node("json-value", vec![inner.form, format]), inner.key))
    }

    /// The form of a value that must be there.
    pub fn json_argument(&mut self, value: Option<&pb::JsonValueExpr>) -> Resolved<Form> {
        Ok(self.json_value(value.ok_or_else(malformed)?)?.form)
    }

    fn json_returned(&mut self, output: Option<&pb::JsonOutput>, default: &'static str) -> Resolved<Returned<'a>> {
        let Some(output) = output else { return Ok((default, -1)) };
        let format = output.returning.as_ref().and_then(|returning| returning.format.as_ref());
        if format.is_some_and(|format| format.encoding > pb::JsonEncoding::JsEncDefault as i32) {
            return Err(Unresolved::unsupported("an ENCODING of JSON output"));
        }
        match &output.type_name {
            Some(name) => self.type_name(name),
            None => Ok((default, -1)),
        }
    }

    fn json_pair(&mut self, pair: &pb::JsonKeyValue) -> Resolved<Form> {
        let key = self.expression(required(&pair.key)?)?;
        let key = self.settle(key)?.form;
        Ok(list(vec![key, self.json_argument(pair.value.as_deref())?]))
    }

    fn json_object(&mut self, call: &pb::JsonObjectConstructor) -> Resolved<Typed<'a>> {
        let mut pairs = vec![];
        for pair in &call.exprs {
            let NodeEnum::JsonKeyValue(pair) = content(pair)? else { return Err(malformed()) };
            pairs.push(self.json_pair(pair)?);
        }
        let returned = self.json_returned(call.output.as_ref(), "json")?;
        let flags = list(vec![Form::Flag(call.absent_on_null), Form::Flag(call.unique)]);
        Ok(Typed::of(node("json-object", vec![list(pairs), returned_form(returned), flags]), returned.0))
    }

    fn json_array(&mut self, call: &pb::JsonArrayConstructor) -> Resolved<Typed<'a>> {
        let mut values = vec![];
        for value in &call.exprs {
            let NodeEnum::JsonValueExpr(value) = content(value)? else { return Err(malformed()) };
            values.push(self.json_value(value)?.form);
        }
        let returned = self.json_returned(call.output.as_ref(), "json")?;
        let parts = vec![list(values), returned_form(returned), Form::Flag(call.absent_on_null)];
        Ok(Typed::of(node("json-array", parts), returned.0))
    }

    /// Stored as `(SELECT JSON_ARRAYAGG(q.a) FROM (...) q(a))`.
    fn json_array_query(&mut self, call: &pb::JsonArrayQueryConstructor) -> Resolved<Typed<'a>> {
        let (query, columns) = {
            // the query is one level further in, in the stored form
            self.scopes.push(super::scope::Scope::default());
            let found = self.query(required(&call.query)?);
            self.scopes.pop();
            found?
        };
        if columns.len() != 1 {
            return Err(malformed());
        }
        let returned = self.json_returned(call.output.as_ref(), "json")?;
        let column = node("var", vec![number(0), number(0), number(0)]);
        let value = node("json-value", vec![column, Form::Null]);
        let parts = vec![value, list(vec![]), returned_form(returned), Form::Flag(call.absent_on_null)];
        let aggregate = node("json-arrayagg", parts);
        let from = node("subquery", vec![Form::Flag(false), query]);
        let select = super::query::plain_select(vec![aggregate], vec![from]);
        Ok(Typed::of(node("scalar", vec![select]), returned.0))
    }

    fn json_aggregate(&mut self, constructor: &pb::JsonAggConstructor) -> Resolved<(Form, Returned<'a>)> {
        let mut options = vec![];
        if let Some(filter) = &constructor.agg_filter {
            options.push(node("filter", vec![self.condition(filter)?.form]));
        }
        let mut order = vec![];
        for item in &constructor.agg_order {
            order.push(self.sort_by(item)?);
        }
        if !order.is_empty() {
            options.push(node("order", sort_forms(order)));
        }
        if let Some(over) = &constructor.over {
            options.push(node("over", vec![self.window(over)?]));
        }
        Ok((list(options), self.json_returned(constructor.output.as_ref(), "json")?))
    }

    /// A path, coerced to jsonpath.
    pub fn json_path(&mut self, path: &Node) -> Resolved<Form> {
        let value = self.expression(path)?;
        Ok(self.fit(value, "jsonpath")?.form)
    }

    /// The document that a path is applied to.
    pub fn json_document(&mut self, document: Option<&pb::JsonValueExpr>) -> Resolved<Form> {
        let document = document.ok_or_else(malformed)?;
        let value = self.expression(required(&document.raw_expr)?)?;
        let value = if value.is_unknown() { self.fit(value, "jsonb")? } else { value };
        let format = document.format.as_ref().map_or(1, |format| format.format_type.max(1));
        Ok(list(vec![value.form, number(format)]))
    }

    /// The variables that are passed to a path.
    pub fn json_passing(&mut self, passing: &[Node]) -> Resolved<Form> {
        let mut out = vec![];
        for argument in passing {
            let NodeEnum::JsonArgument(argument) = content(argument)? else { return Err(malformed()) };
            out.push(list(vec![atom(argument.name.as_str()), self.json_argument(argument.val.as_deref())?]));
        }
        Ok(list(out))
    }

    /// ON EMPTY or ON ERROR.
    pub fn json_behavior(
        &mut self,
        behavior: Option<&pb::JsonBehavior>,
        default: pb::JsonBehaviorType,
        (key, typmod): Returned<'a>,
    ) -> Resolved<Form> {
        use pb::JsonBehaviorType as Type;
        let Some(behavior) = behavior else { return Ok(number(default as i32)) };
        if let Some(expression) = &behavior.expr {
            let value = self.expression(expression)?;
            let value = self.coerce(value, key, typmod, ASSIGNMENT)?.form;
            return Ok(list(vec![number(behavior.btype), value]));
        }
        let empty = behavior.btype == Type::JsonBehaviorEmpty as i32;
        Ok(number(if empty { Type::JsonBehaviorEmptyArray as i32 } else { behavior.btype }))
    }

    fn json_query(&mut self, call: &pb::JsonFuncExpr) -> Resolved<Typed<'a>> {
        use pb::{JsonBehaviorType as Behavior, JsonExprOp as Op};
        let op = Op::try_from(call.op).unwrap_or(Op::Undefined);
        let document = self.json_document(call.context_item.as_deref())?;
        let passing = self.json_passing(&call.passing)?;
        let (default, behavior) = match op {
            Op::JsonValueOp => ("text", Behavior::JsonBehaviorNull),
            Op::JsonQueryOp => ("jsonb", Behavior::JsonBehaviorNull),
            Op::JsonExistsOp => ("bool", Behavior::JsonBehaviorFalse),
            _ => return Err(malformed()),
        };
        let returned = self.json_returned(call.output.as_ref(), default)?;
        let on_empty = match op {
            Op::JsonExistsOp => Form::Null,
            _ => self.json_behavior(call.on_empty.as_deref(), behavior, returned)?,
        };
        let on_error = self.json_behavior(call.on_error.as_deref(), behavior, returned)?;
        let quotes = if op == Op::JsonValueOp { Form::Null } else { quotes(call.quotes) };
        let path = self.json_path(required(&call.pathspec)?)?;
        let parts = vec![
            number(call.op),
            document,
            path,
            passing,
            returned_form(returned),
            on_empty,
            on_error,
            wrapper(call.wrapper),
            quotes,
        ];
        Ok(Typed::new(node("json-query", parts), returned.0, -1))
    }
}

/// WRAPPER, or its default.
pub(super) fn wrapper(given: i32) -> Form {
    number(given.max(pb::JsonWrapper::JswNone as i32))
}

/// QUOTES, or its default.
pub(super) fn quotes(given: i32) -> Form {
    number(given.max(pb::JsonQuotes::JsQuotesKeep as i32))
}

fn returned_form((key, typmod): Returned<'_>) -> Form {
    list(vec![atom(key), number(typmod)])
}

fn required_constructor(given: Option<&pb::JsonAggConstructor>) -> Resolved<&pb::JsonAggConstructor> {
    given.ok_or_else(malformed)
}

fn malformed() -> Unresolved {
    Unresolved::unsupported("a malformed JSON function")
}
