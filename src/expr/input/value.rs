//! Constants of any type, by its key.

use super::datetime::{Day, parse_date};
use super::*;
use crate::facts::{Facts, TypeFact, TypeKind};

/// Where a constant is read.
struct Context<'a> {
    facts: &'a Facts,
    zone: &'a str,
}

/// The canonical text of a constant of the type `key` with modifier `typmod` (-1 for none), for all types: built-in
/// ones, domains (their constraints are not checked), enums, arrays, ranges, multiranges and composites. `zone` is the
/// session's TimeZone. Text types give the text itself. Types whose input function needs to look up objects
/// (`regclass` and so on) and types of extensions that are not known are [`InputError::Unknown`].
pub fn value(facts: &Facts, key: &str, text: &str, typmod: i32, zone: &str) -> Canonical {
    Context { facts, zone }.any(key, text, typmod, 0)
}

impl Context<'_> {
    fn any(&self, key: &str, text: &str, typmod: i32, depth: usize) -> Canonical {
        if depth > 50 {
            return Err(InputError::Unknown);
        }
        let (key, own) = self.facts.base(key);
        let typmod = if typmod == -1 { own } else { typmod };
        if let Some(result) = self.scalar(key, text, typmod) {
            return result;
        }
        let fact = self.facts.type_named(key).ok_or(InputError::Unknown)?;
        match (&fact.kind, &fact.element) {
            (TypeKind::Enum, _) => {
                let known = fact.labels.iter().any(|label| label == text);
                if known { Ok(text.to_owned()) } else { Err(InputError::Invalid) }
            }
            (TypeKind::Base, Some(element)) if fact.category == 'A' && !key.ends_with("vector") => {
                let delimiter = if element == "box" { ';' } else { ',' };
                let items = parse_array(text, delimiter)?;
                self.array(&items, element, typmod, depth)
            }
            (TypeKind::Range, _) => {
                let range = parse_range(text)?;
                self.range(fact, range, depth)
            }
            (TypeKind::Multirange, _) => self.multirange(fact, text, depth),
            (TypeKind::Composite, _) => self.composite(key, text, depth),
            _ if fact.name == "hstore" => hstore(text),
            _ => Err(InputError::Unknown),
        }
    }

    /// Built-in types that are no containers.
    fn scalar(&self, key: &str, text: &str, typmod: i32) -> Option<Canonical> {
        Some(match key {
            "int2" => integer(text, i16::MIN.into(), i16::MAX.into()),
            "int4" => integer(text, i32::MIN.into(), i32::MAX.into()),
            "int8" => integer(text, i64::MIN, i64::MAX),
            "oid" => integer(text, i32::MIN.into(), u32::MAX.into()),
            "numeric" => numeric(text, typmod),
            "float4" => float4(text),
            "float8" => float8(text),
            "bool" => boolean(text),
            "text" | "varchar" | "bpchar" | "name" | "char" | "unknown" | "json" | "xml" | "cstring" => {
                Ok(text.to_owned())
            }
            "date" => date(text),
            "time" => time(text, typmod),
            "timetz" => timetz(text, self.zone, typmod),
            "timestamp" => timestamp(text, typmod),
            "timestamptz" => timestamptz(text, self.zone, typmod),
            "interval" => interval(text, typmod),
            "uuid" => uuid(text),
            "jsonb" => jsonb(text),
            "jsonpath" => jsonpath(text),
            "bytea" => bytea(text),
            "bit" | "varbit" => bits(text, typmod),
            "inet" => inet(text),
            "cidr" => cidr(text),
            "macaddr" => macaddr(text),
            "macaddr8" => macaddr8(text),
            "money" => money(text),
            "tsvector" => tsvector(text),
            "tsquery" => tsquery(text),
            "point" | "lseg" | "box" | "path" | "polygon" | "circle" | "line" => geometry(key, text),
            _ => return None,
        })
    }

    fn array(&self, items: &[ArrayItem], element: &str, typmod: i32, depth: usize) -> Canonical {
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            parts.push(match item {
                ArrayItem::Null => "NULL".to_owned(),
                ArrayItem::Text(text) => format!("{:?}", self.any(element, text, typmod, depth + 1)?),
                ArrayItem::Array(items) => self.array(items, element, typmod, depth)?,
            });
        }
        Ok(format!("{{{}}}", parts.join(",")))
    }

    fn range(&self, fact: &TypeFact, range: RangeText, depth: usize) -> Canonical {
        let RangeText::Span { mut lower_inclusive, lower, upper, mut upper_inclusive } = range else {
            return Ok("empty".to_owned());
        };
        let subtype = fact.subtype.as_deref().ok_or(InputError::Unknown)?;
        let read = |bound: Bound| bound.map(|text| self.any(subtype, &text, -1, depth + 1)).transpose();
        let (mut lower, mut upper) = (read(lower)?, read(upper)?);
        let whole = |bound: &Option<String>| bound.as_ref().and_then(|bound| bound.parse::<i64>().ok());
        if let (Some(from), Some(to)) = (whole(&lower), whole(&upper))
            && from > to
        {
            return Err(InputError::Invalid);
        }
        // discrete ranges have one form: lower bound in, upper bound out
        if matches!(&*fact.key, "int4range" | "int8range" | "daterange") {
            if let Some(bound) = lower.as_mut().filter(|_| !lower_inclusive) {
                lower_inclusive = next(subtype, bound)?;
            }
            if let Some(bound) = upper.as_mut().filter(|_| upper_inclusive) {
                upper_inclusive = !next(subtype, bound)?;
            }
        }
        let same = lower.is_some() && lower == upper;
        if same && !(lower_inclusive && upper_inclusive) {
            return Ok("empty".to_owned());
        }
        let open = if lower_inclusive && lower.is_some() { '[' } else { '(' };
        let close = if upper_inclusive && upper.is_some() { ']' } else { ')' };
        let text = |bound: Option<String>| bound.map_or(String::new(), |bound| format!("{bound:?}"));
        Ok(format!("{open}{},{}{close}", text(lower), text(upper)))
    }

    /// Ranges in order; whether they touch or overlap is left to the server.
    fn multirange(&self, fact: &TypeFact, text: &str, depth: usize) -> Canonical {
        let range = fact.range.as_deref().and_then(|range| self.facts.type_named(range)).ok_or(InputError::Unknown)?;
        let ranges = parse_multirange(text)?;
        if ranges.len() > 1 {
            return Err(InputError::Unknown);
        }
        let parts = ranges.into_iter().map(|part| self.range(range, part, depth)).collect::<Result<Vec<_>, _>>()?;
        let parts: Vec<String> = parts.into_iter().filter(|part| part != "empty").collect();
        Ok(format!("{{{}}}", parts.join(",")))
    }

    fn composite(&self, key: &str, text: &str, depth: usize) -> Canonical {
        let relation = self.facts.relation_of_type(key).ok_or(InputError::Unknown)?;
        let fields = parse_composite(text)?;
        if fields.len() != relation.columns.len() {
            return Err(InputError::Invalid);
        }
        let read = |(field, column): (Option<String>, &crate::facts::ColumnFact)| match field {
            Some(text) => Ok(format!("{:?}", self.any(&column.type_key, &text, column.typmod, depth + 1)?)),
            None => Ok(String::new()),
        };
        let parts = fields.into_iter().zip(&relation.columns).map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(format!("({})", parts.join(",")))
    }
}

/// Steps a bound to the next value; false when it is infinite and stays.
fn next(subtype: &str, bound: &mut String) -> Canonical<bool> {
    if subtype == "date" {
        let Day::At(days) = parse_date(bound)? else { return Ok(false) };
        *bound = Day::At(days + 1).text();
    } else {
        let value: i64 = bound.parse().map_err(|_| InputError::Unknown)?;
        *bound = value.checked_add(1).ok_or(InputError::Invalid)?.to_string();
    }
    Ok(true)
}
