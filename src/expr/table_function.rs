//! Functions in FROM, JSON_TABLE and XMLTABLE.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};

use super::analyzer::{Analyzer, content, required, strings};
use super::coerce::ASSIGNMENT;
use super::form::{Form, atom, constant, list, node, number};
use super::from::Found;
use super::json::{quotes, wrapper};
use super::scope::{Item, Output};
use super::unresolved::{Resolved, Unresolved};

impl<'a> Analyzer<'a> {
    pub fn range_function(&mut self, from: &pb::RangeFunction) -> Resolved<Found<'a>> {
        let index = self.take_index();
        let (mut calls, mut columns, mut scalar) = (vec![], vec![], true);
        for function in &from.functions {
            let NodeEnum::List(pair) = content(function)? else { return Err(malformed()) };
            let [call, definitions] = pair.items.as_slice() else { return Err(malformed()) };
            let definitions = match &definitions.node {
                Some(NodeEnum::List(own)) if !own.items.is_empty() => own.items.as_slice(),
                _ => from.coldeflist.as_slice(),
            };
            for call in spread_unnest(call, from.is_rowsfrom)? {
                scalar &= self.one_function(&call, definitions, &mut calls, &mut columns)?;
            }
        }
        let single = scalar && calls.len() == 1 && columns.len() == 1;
        if from.ordinality {
            columns.push(Output { name: "ordinality".to_owned(), key: "int8", typmod: -1 });
        }
        let alias = from.alias.as_ref();
        let named = alias.map(|alias| alias.aliasname.as_str());
        if let (Some(name), true, Some(column)) = (named, single, columns.first_mut()) {
            // a scalar function's column is named after the alias
            column.name = name.to_owned();
        }
        let own_name = || match from.functions.first().map(|function| &function.node) {
            Some(Some(NodeEnum::List(pair))) => pair.items.first().map(super::output::column_name),
            _ => None,
        };
        let name = named.map(str::to_owned).or_else(own_name).unwrap_or_default();
        let mut item = Item::new(name, self.numbered(index, &columns, alias), index);
        item.scalar = single && !from.ordinality;
        Ok((node("function", vec![list(calls), Form::Flag(from.ordinality)]), vec![item]))
    }

    /// Adds a call and its columns; true when it gives one column of no composite type.
    fn one_function(
        &mut self,
        call: &Node,
        definitions: &[Node],
        calls: &mut Vec<Form>,
        columns: &mut Vec<Output<'a>>,
    ) -> Resolved<bool> {
        let value = self.expression(call)?;
        if !definitions.is_empty() {
            let mut shown = vec![];
            for definition in definitions {
                let NodeEnum::ColumnDef(column) = content(definition)? else { return Err(malformed()) };
                let name = column.type_name.as_ref().ok_or_else(malformed)?;
                let (key, typmod) = self.type_name(name)?;
                let collation = match &column.coll_clause {
                    Some(clause) => self.collation(&clause.collname)?,
                    None => Form::Null,
                };
                shown.push(list(vec![atom(column.colname.as_str()), atom(key), number(typmod), collation]));
                columns.push(Output { name: column.colname.clone(), key, typmod });
            }
            calls.push(list(vec![value.form, list(shown)]));
            return Ok(false);
        }
        let scalar = match self.fields_of(&value) {
            Some(fields) => {
                columns.extend(fields.into_iter().map(|(name, key, typmod)| Output { name, key, typmod }));
                false
            }
            None => {
                let name = super::output::column_name(call);
                columns.push(Output { name, key: value.key, typmod: -1 });
                true
            }
        };
        calls.push(list(vec![value.form, Form::Null]));
        Ok(scalar)
    }

    pub fn json_table(&mut self, table: &pb::JsonTable) -> Resolved<Found<'a>> {
        use pb::JsonBehaviorType as Behavior;
        let index = self.take_index();
        let document = self.json_document(table.context_item.as_deref())?;
        let mut columns = vec![];
        let mut shown = vec![];
        for column in &table.columns {
            shown.push(self.json_column(column, &mut columns)?);
        }
        let passing = self.json_passing(&table.passing)?;
        let on_error =
            self.json_behavior(table.on_error.as_deref(), Behavior::JsonBehaviorEmptyArray, ("jsonb", -1))?;
        let path = self.table_path(table.pathspec.as_deref())?;
        let alias = table.alias.as_ref();
        let name = alias.map_or("json_table", |alias| &alias.aliasname);
        let item = Item::new(name, self.numbered(index, &columns, alias), index);
        Ok((node("json-table", vec![document, path, passing, list(shown), on_error]), vec![item]))
    }

    fn table_path(&mut self, path: Option<&pb::JsonTablePathSpec>) -> Resolved<Form> {
        self.json_path(required(&path.ok_or_else(malformed)?.string)?)
    }

    fn json_column(&mut self, column: &Node, columns: &mut Vec<Output<'a>>) -> Resolved<Form> {
        use pb::{JsonBehaviorType as Behavior, JsonTableColumnType as Type};
        let NodeEnum::JsonTableColumn(column) = content(column)? else { return Err(malformed()) };
        let mut kind = Type::try_from(column.coltype).unwrap_or(Type::Undefined);
        match kind {
            Type::JtcNested => {
                self.enter()?;
                let mut inner = vec![];
                for column in &column.columns {
                    inner.push(self.json_column(column, columns)?);
                }
                self.leave();
                let path = self.table_path(column.pathspec.as_deref())?;
                return Ok(node("nested", vec![path, list(inner)]));
            }
            Type::JtcForOrdinality => {
                columns.push(Output { name: column.name.clone(), key: "int4", typmod: -1 });
                return Ok(node("ordinality", vec![atom(column.name.as_str())]));
            }
            Type::Undefined => return Err(malformed()),
            _ => {}
        }
        let (key, typmod) = self.type_name(column.type_name.as_ref().ok_or_else(malformed)?)?;
        columns.push(Output { name: column.name.clone(), key, typmod });
        let path = match &column.pathspec {
            Some(path) => self.table_path(Some(path))?,
            None => self.literal("jsonpath", &format!("$.\"{}\"", column.name.replace('"', "\\\"")), -1),
        };
        let default = match kind {
            Type::JtcExists => Behavior::JsonBehaviorFalse,
            _ => Behavior::JsonBehaviorNull,
        };
        if kind == Type::JtcRegular && matches!(key, "json" | "jsonb") {
            kind = Type::JtcFormatted;
        }
        let on_empty = self.json_behavior(column.on_empty.as_deref(), default, (key, typmod))?;
        let on_error = self.json_behavior(column.on_error.as_deref(), default, (key, typmod))?;
        let parts = vec![
            number(kind as i32),
            atom(column.name.as_str()),
            atom(key),
            number(typmod),
            path,
            on_empty,
            on_error,
            wrapper(column.wrapper),
            quotes(column.quotes),
        ];
        Ok(node("column", parts))
    }

    pub fn xml_table(&mut self, table: &pb::RangeTableFunc) -> Resolved<Found<'a>> {
        let index = self.take_index();
        let document = self.fitted(required(&table.docexpr)?, "xml")?;
        let row = self.fitted(required(&table.rowexpr)?, "text")?;
        let (mut columns, mut shown) = (vec![], vec![]);
        for column in &table.columns {
            let NodeEnum::RangeTableFuncCol(column) = content(column)? else { return Err(malformed()) };
            let name = column.colname.as_str();
            if column.for_ordinality {
                columns.push(Output { name: name.to_owned(), key: "int4", typmod: -1 });
                shown.push(node("ordinality", vec![atom(name)]));
                continue;
            }
            let (key, typmod) = self.type_name(column.type_name.as_ref().ok_or_else(malformed)?)?;
            columns.push(Output { name: name.to_owned(), key, typmod });
            let path = match &column.colexpr {
                Some(path) => self.fitted(path, "text")?,
                None => constant("text", atom(name)),
            };
            let default = match &column.coldefexpr {
                Some(default) => {
                    let value = self.expression(default)?;
                    self.coerce(value, key, typmod, ASSIGNMENT)?.form
                }
                None => Form::Null,
            };
            let parts = vec![atom(name), atom(key), number(typmod), path, default, Form::Flag(column.is_not_null)];
            shown.push(node("column", parts));
        }
        let mut spaces = vec![];
        for space in &table.namespaces {
            let NodeEnum::ResTarget(space) = content(space)? else { return Err(malformed()) };
            let uri = self.fitted(required(&space.val)?, "text")?;
            spaces.push(list(vec![atom(space.name.as_str()), uri]));
        }
        let alias = table.alias.as_ref();
        let name = alias.map_or("xmltable", |alias| &alias.aliasname);
        let item = Item::new(name, self.numbered(index, &columns, alias), index);
        Ok((node("xml-table", vec![document, row, list(spaces), list(shown)]), vec![item]))
    }

    fn fitted(&mut self, expression: &Node, key: &'a str) -> Resolved<Form> {
        let value = self.expression(expression)?;
        Ok(self.fit(value, key)?.form)
    }
}

/// `unnest(a, b)` in FROM is `ROWS FROM (unnest(a), unnest(b))`.
fn spread_unnest(call: &Node, rows_from: bool) -> Resolved<Vec<Node>> {
    if let NodeEnum::FuncCall(function) = content(call)?
        && matches!(strings(&function.funcname).as_slice(), ["unnest"] | ["pg_catalog", "unnest"])
        && function.args.len() > 1
        && !rows_from
    {
        let one = |argument: &Node| {
            let call = pb::FuncCall { args: vec![argument.clone()], ..(**function).clone() };
            Node { node: Some(NodeEnum::FuncCall(Box::new(call))) }
        };
        return Ok(function.args.iter().map(one).collect());
    }
    Ok(vec![call.clone()])
}

fn malformed() -> Unresolved {
    Unresolved::unsupported("a malformed function in FROM")
}
