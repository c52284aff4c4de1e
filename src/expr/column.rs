//! Columns, whole rows, fields and subscripts.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};

use super::Reference;
use super::analyzer::{Analyzer, Origin, Typed, content, required, strings};
use super::coerce::ASSIGNMENT;
use super::expression::all_strings;
use super::form::{Form, atom, list, names, node, number};
use super::function::Options;
use super::scope::{Column, Item};
use super::unresolved::{Obstacle, Resolved, Unresolved};

/// Columns with their names.
pub(super) type NamedValues<'a> = Vec<(String, Typed<'a>)>;

impl<'a> Analyzer<'a> {
    /// A column by its bare name, from the innermost query that has it.
    pub fn column(&mut self, name: &str) -> Resolved<Option<Typed<'a>>> {
        let mut found = None;
        for (level, scope) in self.scopes.iter().rev().enumerate() {
            let bare = scope.items.iter().filter(|item| item.bare);
            let mut hits = bare.flat_map(|item| item.columns.iter().filter(|column| column.name == name));
            if let Some(column) = hits.next() {
                if hits.next().is_some() {
                    return Err(Unresolved::new(Obstacle::Ambiguous, format!("column reference {name} is ambiguous")));
                }
                found = Some((level as i64, column.clone()));
                break;
            }
        }
        Ok(found.map(|(level, column)| self.take_column(level, column)))
    }

    fn take_column(&mut self, level: i64, column: Column<'a>) -> Typed<'a> {
        self.refer_to_column(&column);
        Typed { form: column.value.form.deeper(level), ..column.value }
    }

    pub fn refer_to_column(&mut self, column: &Column<'a>) {
        if let Some((schema, relation, name)) = column.stored {
            self.refer(schema, |schema| Reference::Column {
                schema,
                relation: relation.to_owned(),
                column: name.to_owned(),
            });
        }
    }

    /// A relation in FROM by its alias or its schema and name, with its level.
    fn item(&self, path: &[&str]) -> Option<(i64, Item<'a>)> {
        for (level, scope) in self.scopes.iter().rev().enumerate() {
            let fits = |item: &&Item| match path {
                [alias] => item.alias == *alias,
                [schema, name] => item.relation == Some((*schema, *name)),
                _ => false,
            };
            if let Some(item) = scope.items.iter().filter(|item| item.named).find(fits) {
                return Some((level as i64, item.clone()));
            }
        }
        None
    }

    pub fn column_reference(&mut self, reference: &pb::ColumnRef) -> Resolved<Typed<'a>> {
        let result = match all_strings(&reference.fields) {
            Some(path) => self.path_reference(&path),
            None => match strings(&reference.fields).as_slice() {
                // t.* as an expression is the whole row
                path if path.len() + 1 == reference.fields.len() => match self.item(path) {
                    Some((level, item)) => Ok(self.whole_row(level, &item)),
                    None => Err(unknown_column(path)),
                },
                _ => Err(Unresolved::unsupported("a star in an expression")),
            },
        };
        result.map_err(|error| error.at(reference.location))
    }

    fn path_reference(&mut self, path: &[&str]) -> Resolved<Typed<'a>> {
        if let (Some((key, typmod)), ["value"]) = (self.value, path) {
            return Ok(Typed::new(node("value", vec![]), key, typmod));
        }
        let [before @ .., name] = path else { return Err(Unresolved::unsupported("an empty name")) };
        if before.is_empty() {
            return self.bare_reference(name);
        }
        if let Some((level, item)) = self.item(before) {
            if let Some(column) = item.columns.iter().find(|column| column.name == *name) {
                return Ok(self.take_column(level, column.clone()));
            }
            if let Some(key) = system_column(name) {
                return Ok(Typed::of(system_form(level, item.index, name), key));
            }
            // functional notation
            let row = self.whole_row(level, &item);
            return self.call(&[name], vec![row], vec![], Options::default());
        }
        if let [function, name] = path
            && *function == self.function_name
            && let Some(parameter) = self.parameter(name)
        {
            return Ok(parameter);
        }
        if let [name, field] = path
            && let Some(parameter) = self.parameter(name)
        {
            return self.field(parameter, field);
        }
        Err(unknown_column(path))
    }

    fn bare_reference(&mut self, name: &str) -> Resolved<Typed<'a>> {
        if let Some(column) = self.column(name)? {
            return Ok(column);
        }
        if let Some(parameter) = self.parameter(name) {
            return Ok(parameter);
        }
        if let Some((level, item)) = self.item(&[name]) {
            return Ok(self.whole_row(level, &item));
        }
        match (system_column(name), self.scopes.last()) {
            (Some(key), Some(_)) => Ok(Typed::of(system_form(0, 0, name), key)),
            _ => Err(unknown_column(&[name])),
        }
    }

    fn parameter(&self, name: &str) -> Option<Typed<'a>> {
        let at = self.parameters.iter().position(|parameter| parameter.name == name && !name.is_empty())?;
        Some(Typed::of(node("parameter", vec![number(at as i64 + 1)]), self.parameters[at].key))
    }

    pub fn numbered_parameter(&self, given: i32) -> Resolved<Typed<'a>> {
        let at = usize::try_from(given).ok().and_then(|given| given.checked_sub(1));
        match at.and_then(|at| self.parameters.get(at)) {
            Some(parameter) => Ok(Typed::of(node("parameter", vec![number(given)]), parameter.key)),
            None => Err(Unresolved::new(Obstacle::UnknownColumn, format!("there is no parameter ${given}"))),
        }
    }

    fn whole_row(&mut self, level: i64, item: &Item<'a>) -> Typed<'a> {
        if let ([column, ..], true) = (item.columns.as_slice(), item.scalar) {
            return self.take_column(level, column.clone());
        }
        for column in &item.columns {
            self.refer_to_column(column);
        }
        if item.index < 0 {
            // a join's row has no place of its own: it is its columns
            let fields = item.columns.iter().map(|column| column.value.form.deeper(level)).collect();
            return Typed::of(node("row", vec![Form::Null, list(fields)]), "record");
        }
        let columns: Vec<&str> = item.columns.iter().map(|column| column.name.as_str()).collect();
        let shown = if item.row_type.is_some() { Form::Null } else { names(&columns) };
        Typed::of(node("row-of", vec![number(level), number(item.index), shown]), item.row_type.unwrap_or("record"))
    }

    /// `value.name`.
    pub fn field(&mut self, value: Typed<'a>, name: &str) -> Resolved<Typed<'a>> {
        let found = self.fields_of(&value).and_then(|fields| fields.into_iter().find(|field| field.0 == name));
        match found {
            Some((_, key, typmod)) => {
                let shown = self.shown_field(value.key, name);
                Ok(Typed::new(node("field", vec![value.form, atom(shown)]), key, typmod))
            }
            None if self.facts.relation_of_type(value.key).is_some() => {
                self.call(&[name], vec![value], vec![], Options::default())
            }
            None => Err(unknown_column(&[name])),
        }
    }

    /// Name, type and modifier of each field of a composite value; `None` when it has none that are known.
    pub fn fields_of(&self, value: &Typed<'a>) -> Option<Vec<(String, &'a str, i32)>> {
        if let Some(relation) = self.facts.relation_of_type(value.key) {
            let column =
                |column: &'a crate::facts::ColumnFact| (column.name.to_string(), &*column.type_key, column.typmod);
            return Some(relation.columns.iter().map(column).collect());
        }
        let Origin::Call(fact) = &value.origin else { return None };
        if fact.all_args.is_empty() || fact.arg_modes.is_empty() {
            return None;
        }
        let mut fields = vec![];
        for (at, (key, mode)) in fact.all_args.iter().zip(&fact.arg_modes).enumerate() {
            if matches!(mode, 'o' | 'b' | 't') {
                let name = fact.arg_names.get(at).filter(|name| !name.is_empty());
                fields.push((
                    name.map_or_else(|| format!("column{}", fields.len() + 1), ToString::to_string),
                    &**key,
                    -1,
                ));
            }
        }
        (fields.len() > 1 || fact.returns == "record").then_some(fields)
    }

    pub fn indirection(&mut self, indirection: &pb::AIndirection) -> Resolved<Typed<'a>> {
        let mut value = self.expression(required(&indirection.arg)?)?;
        for step in &indirection.indirection {
            value = match content(step)? {
                NodeEnum::String(name) => self.field(value, &name.sval)?,
                NodeEnum::AIndices(indices) => self.subscript(value, indices)?,
                _ => return Err(Unresolved::unsupported("a star in an expression")),
            };
        }
        Ok(value)
    }

    fn subscript(&mut self, value: Typed<'a>, indices: &pb::AIndices) -> Resolved<Typed<'a>> {
        let mut bounds = vec![];
        for bound in [&indices.lidx, &indices.uidx] {
            bounds.push(match bound {
                Some(bound) => Some(self.expression(bound)?),
                None => None,
            });
        }
        let base = self.facts.base_type(value.key);
        let fact = self.fact(base);
        let fixed = fact.and_then(|fact| fact.fixed_element.as_deref());
        let is_hstore = fact.is_some_and(|fact| fact.name == "hstore");
        let (index, element) = match self.facts.element_of(base).or(fixed) {
            _ if base == "jsonb" => ("jsonb", "jsonb"),
            Some(element) => ("int4", element),
            None if is_hstore => ("text", "text"),
            None => return Err(Unresolved::unsupported(format!("a subscript of type {}", value.key))),
        };
        let mut shown = vec![Form::Flag(indices.is_slice)];
        for bound in bounds {
            shown.push(match bound {
                Some(bound) => {
                    let target = match (index, bound.key) {
                        ("jsonb", "int2" | "int4") => "int4",
                        ("jsonb", _) => "text",
                        (other, _) => other,
                    };
                    self.coerce_type(bound, target, -1, ASSIGNMENT)?.form
                }
                None => Form::Null,
            });
        }
        let key = if indices.is_slice { base } else { element };
        let typmod = if base == "jsonb" { -1 } else { value.typmod };
        // all subscripts in a row act at once
        let form = match value.form {
            Form::Node("subscript", mut parts) => {
                if let Some(Form::Node(_, steps)) = parts.get_mut(1) {
                    steps.push(list(shown));
                }
                Form::Node("subscript", parts)
            }
            form => node("subscript", vec![form, list(vec![list(shown)])]),
        };
        Ok(Typed::new(form, key, typmod))
    }

    /// The columns of `*` or `t.*`; `None` when the node is no star.
    pub fn star_of(&mut self, given: &Node) -> Resolved<Option<NamedValues<'a>>> {
        let NodeEnum::ColumnRef(reference) = content(given)? else { return Ok(None) };
        let star = reference.fields.last().is_some_and(|last| matches!(last.node, Some(NodeEnum::AStar(_))));
        if !star {
            return Ok(None);
        }
        let path = strings(&reference.fields);
        let (level, columns) = if path.is_empty() {
            let items = self.scopes.last().map(|scope| scope.items.as_slice()).unwrap_or_default();
            (0, items.iter().filter(|item| item.bare).flat_map(|item| item.columns.clone()).collect::<Vec<_>>())
        } else {
            let (level, item) = self.item(&path).ok_or_else(|| unknown_column(&path).at(reference.location))?;
            (level, item.columns)
        };
        let named = |column: Column<'a>| (column.name.clone(), self.take_column(level, column));
        Ok(Some(columns.into_iter().map(named).collect()))
    }
}

fn unknown_column(path: &[&str]) -> Unresolved {
    Unresolved::new(Obstacle::UnknownColumn, format!("column {} does not exist", path.join(".")))
}

fn system_form(level: i64, index: i64, name: &str) -> Form {
    node("system-column", vec![number(level), number(index), atom(name)])
}

fn system_column(name: &str) -> Option<&'static str> {
    match name {
        "ctid" => Some("tid"),
        "tableoid" => Some("oid"),
        "xmin" | "xmax" => Some("xid"),
        "cmin" | "cmax" => Some("cid"),
        _ => None,
    }
}
