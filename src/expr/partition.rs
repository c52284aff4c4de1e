//! Partition keys and bounds.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node, PartitionBoundSpec, PartitionSpec};

use super::analyzer::{Analyzer, content, strings};
use super::coerce::ASSIGNMENT;
use super::form::{Form, atom, constant, list, node, number};
use super::input;
use super::unresolved::{Resolved, Unresolved};
use super::{Analysis, Context};

/// Bytes of a varlena header, which modifiers of character types include.
const HEADER: i64 = 4;

/// The elements of a key, and their types and modifiers.
type Key<'a> = (Vec<Form>, Vec<(&'a str, i32)>);

impl<'a> Analyzer<'a> {
    /// The forms of a key's elements, and their types and modifiers.
    fn key_elements(&mut self, spec: &PartitionSpec, relation: (&str, &str)) -> Resolved<Key<'a>> {
        self.open_relation(relation, &[relation.1])?;
        let hash = spec.strategy == pb::PartitionStrategy::Hash as i32;
        let method = if hash { "hash" } else { "btree" };
        let (mut forms, mut types) = (vec![], vec![]);
        for item in &spec.part_params {
            let NodeEnum::PartitionElem(item) = content(item)? else {
                return Err(Unresolved::unsupported("a malformed partition key"));
            };
            let element = pb::IndexElem {
                name: item.name.clone(),
                expr: item.expr.clone(),
                collation: item.collation.clone(),
                opclass: item.opclass.clone(),
                ..pb::IndexElem::default()
            };
            let element = self.element(&element, Some(relation), method)?;
            types.push((element.value.key, element.value.typmod));
            forms.push(element.form());
        }
        self.scopes.pop();
        Ok((forms, types))
    }

    /// Bounds are stored as constants: evaluates what is simple enough.
    fn evaluate(&self, form: &Form) -> Option<Form> {
        match form.tag() {
            "const" => Some(form.clone()),
            "collate" => self.evaluate(form.part(1)),
            "cast" | "length" => self.evaluate_cast(form),
            "op" => self.evaluate_operator(form),
            _ => None,
        }
    }

    fn evaluate_cast(&self, form: &Form) -> Option<Form> {
        let inner = self.evaluate(form.parts().last()?)?;
        if inner.is_null_constant() {
            return Some(inner);
        }
        let (target, source, text) = (form.part(0).text()?, inner.part(0).text()?, inner.constant_text()?);
        let typmod = if form.is("length") { form.part(1).number()? } else { -1 };
        let integer = |key: &str| matches!(key, "int2" | "int4" | "int8");
        let exact = |key: &str| integer(key) || key == "numeric";
        let value = match target {
            "int2" | "int4" | "int8" if integer(source) => text.to_owned(),
            "numeric" if exact(source) => input::numeric(text, i32::try_from(typmod).ok()?).ok()?,
            "float4" if exact(source) || matches!(source, "float4" | "float8") => input::float4(text).ok()?,
            "float8" if exact(source) || matches!(source, "float4" | "float8") => input::float8(text).ok()?,
            "money" if exact(source) => input::money(text).ok()?,
            "text" | "varchar" if integer(source) || matches!(source, "text" | "varchar" | "name") => text.to_owned(),
            "bpchar" if matches!(source, "text" | "varchar" | "bpchar") => {
                let length = usize::try_from((typmod - HEADER).max(0)).ok()?;
                format!("{text:length$}")
            }
            "timestamp" if source == "date" => input::timestamp(text, -1).ok()?,
            "timestamptz" if source == "date" => input::timestamptz(text, self.zone, -1).ok()?,
            _ => return None,
        };
        Some(constant(target, atom(value)))
    }

    /// Sums, differences and products of integers.
    fn evaluate_operator(&self, form: &Form) -> Option<Form> {
        let id = form.part(0).text()?;
        let (name, types) = id.split_once('(')?;
        let widest = ["int8", "int4", "int2"].into_iter().find(|key| types.contains(key))?;
        let mut values = vec![];
        for operand in form.part(1).parts() {
            let operand = self.evaluate(operand)?;
            if !matches!(operand.part(0).text()?, "int2" | "int4" | "int8") {
                return None;
            }
            values.push(operand.constant_text()?.parse::<i64>().ok()?);
        }
        let value = match (name, values.as_slice()) {
            ("+", [a, b]) => a.checked_add(*b)?,
            ("-", [a, b]) => a.checked_sub(*b)?,
            ("*", [a, b]) => a.checked_mul(*b)?,
            ("-", [a]) => a.checked_neg()?,
            ("+", [a]) => *a,
            _ => return None,
        };
        Some(constant(widest, atom(value.to_string())))
    }

    fn bounds(&mut self, nodes: &[Node], types: &[(&'a str, i32)], one_column: bool) -> Resolved<Form> {
        let mut out = vec![];
        for (at, given) in nodes.iter().enumerate() {
            if let NodeEnum::ColumnRef(word) = content(given)?
                && let ["minvalue" | "maxvalue"] = strings(&word.fields).as_slice()
            {
                out.push(node("edge", vec![atom(strings(&word.fields).concat())]));
                continue;
            }
            let value = self.expression(given)?;
            let Some((key, typmod)) = types.get(if one_column { 0 } else { at }).copied() else {
                return Err(Unresolved::unsupported("more bounds than partition columns"));
            };
            let form = self.coerce(value, key, typmod, ASSIGNMENT)?.form;
            let stored = self.evaluate(&form);
            out.push(stored.ok_or_else(|| Unresolved::unsupported("a bound that the server computes"))?);
        }
        Ok(list(out))
    }
}

/// Strategy, columns, expressions, collations and operator classes of a partition key.
///
/// # Errors
/// See [`super::Obstacle`].
pub fn partition_key(context: &Context, spec: &PartitionSpec, relation: (&str, &str)) -> Resolved<Analysis> {
    let mut analyzer = Analyzer::new(context);
    let (elements, _) = analyzer.key_elements(spec, relation)?;
    let form = node("partition-key", vec![number(spec.strategy), list(elements)]);
    analyzer.finish(form)
}

/// The bound of a partition; `key` and `parent` are the partition key and relation above it, and `key_context` says
/// how names in that key resolve.
///
/// # Errors
/// See [`super::Obstacle`].
pub fn partition_bound(
    context: &Context,
    bound: &PartitionBoundSpec,
    key_context: &Context,
    key: &PartitionSpec,
    parent: (&str, &str),
) -> Resolved<Analysis> {
    let mut analyzer = Analyzer::new(context);
    let form = if bound.is_default {
        node("partition-default", vec![])
    } else if bound.strategy == "h" {
        node("partition-hash", vec![number(bound.modulus), number(bound.remainder)])
    } else {
        let types = {
            let mut own = Analyzer::new(key_context);
            let (_, types) = own.key_elements(key, parent)?;
            let known = |(key, typmod): (&str, i32)| analyzer.known_key(key).map(|key| (key, typmod));
            types.into_iter().map(known).collect::<Resolved<Vec<_>>>()?
        };
        match bound.strategy.as_str() {
            "l" => node("partition-list", vec![analyzer.bounds(&bound.listdatums, &types, true)?]),
            "r" => {
                let lower = analyzer.bounds(&bound.lowerdatums, &types, false)?;
                let upper = analyzer.bounds(&bound.upperdatums, &types, false)?;
                node("partition-range", vec![lower, upper])
            }
            _ => return Err(Unresolved::unsupported("an unknown partition strategy")),
        }
    };
    analyzer.finish(form)
}
