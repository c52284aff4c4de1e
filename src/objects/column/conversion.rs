//! What PostgreSQL does to the values of a column whose type changes (`pg_cast`, "Value Storage" conversions).

use super::Column;
use crate::catalog::ObjectId;
use crate::facts::{CastContext, CastMethod, Facts};
use crate::name::quote;
use crate::objects::AlterContext;
use crate::plan::hazard::Finding;

/// How values get from one type to another.
#[derive(Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The stored bytes stay as they are.
    pub in_place: bool,
    /// PostgreSQL does not convert on assignment and wants to be told how.
    pub needs_using: bool,
    /// There is no cast between the types: the value goes through its text, which raises an error where it cannot be
    /// read.
    pub through_text: bool,
    /// The code of what may happen to values.
    pub finding: Option<&'static str>,
}

impl Conversion {
    /// The conversion between the types of two definitions of a column.
    pub fn of(current: &Column, desired: &Column, context: &AlterContext) -> Self {
        let facts = &context.desired.facts;
        let (from, to) = (&current.data_type, &desired.data_type);
        let (base, domain_typmod) = facts.base(&to.key);
        let typmod = if to.typmod >= 0 { to.typmod } else { domain_typmod };
        let mut it = between(facts, facts.base_type(&from.key), from.typmod, base, typmod);
        if base != to.key {
            // a domain's constraints are checked on every value
            it.in_place = false;
            it.finding = it.finding.or(Some("narrow-type"));
        }
        it
    }
}

/// The expression that converts the values of a column, when the user gives one or PostgreSQL would not convert on
/// assignment.
pub fn using(id: &ObjectId, current: &Column, desired: &Column, context: &AlterContext) -> Option<String> {
    if let Some(using) = context.desired.intents.get(id).and_then(|intent| intent.using.as_ref()) {
        return Some(using.sql());
    }
    let conversion = Conversion::of(current, desired, context);
    (conversion.needs_using && desired.generated.is_none()).then(|| {
        // without a modifier: the cast must not cut what the assignment would refuse
        let bare = context.desired.facts.format_type(&desired.data_type.key, -1);
        let text = if conversion.through_text { "::text" } else { "" };
        format!("{}{text}::{bare}", quote(id.name()))
    })
}

/// What may happen to the values of a column that PostgreSQL converts.
pub fn finding(id: &ObjectId, current: &Column, desired: &Column, context: &AlterContext) -> Option<Finding> {
    let name = Conversion::of(current, desired, context).finding?;
    let said = match name {
        "narrow-type" => "values that do not fit raise an error",
        "lossy-type" => "PostgreSQL changes values without an error",
        "depends-on-timezone" => "the result depends on the session's TimeZone",
        _ => "values that cannot be converted raise an error",
    };
    Some(Finding::new(name, format!("{id} from {} to {}: {said}", current.data_type.sql, desired.data_type.sql)))
}

/// Whether values of two types are compared without a conversion, so that a foreign key can hold between them.
pub fn comparable(facts: &Facts, one: &str, two: &str) -> bool {
    let (one, two) = (facts.base_type(one), facts.base_type(two));
    let binary = |from, to| facts.cast(from, to).is_some_and(|cast| cast.method == CastMethod::Binary);
    let equal = |left: &str, right: &str| {
        let mut operators = facts.operators("=");
        operators.any(|operator| operator.left.as_deref() == Some(left) && &*operator.right == right)
    };
    one == two || binary(one, two) || binary(two, one) || equal(one, two) && equal(two, one)
}

fn between(facts: &Facts, from: &str, from_typmod: i32, to: &str, to_typmod: i32) -> Conversion {
    let plain = |in_place: bool, finding: Option<&'static str>| Conversion {
        in_place,
        needs_using: false,
        through_text: false,
        finding,
    };
    if from == to {
        return same_type(to, from_typmod, to_typmod, &plain);
    }
    // arrays are converted element by element
    if facts.category(from) == 'A'
        && facts.category(to) == 'A'
        && let (Some(from), Some(to)) = (facts.element_of(from), facts.element_of(to))
    {
        let elements = between(facts, facts.base_type(from), from_typmod, facts.base_type(to), to_typmod);
        return Conversion { in_place: false, ..elements };
    }
    let string = |key: &str| facts.category(key) == 'S';
    let Some(cast) = facts.cast(from, to) else {
        return without_cast(string(from), string(to), to, to_typmod);
    };
    let typmod = to_typmod >= 0;
    let in_place = cast.method == CastMethod::Binary && !typmod;
    let explicit = cast.context == CastContext::Explicit;
    let finding = match (from, to) {
        ("timestamp", "timestamptz") | ("timestamptz", "timestamp" | "date" | "time") | ("date", "timestamptz") => {
            Some("depends-on-timezone")
        }
        ("timestamp", "date" | "time") | ("timetz", "time") | ("interval", "time") => Some("lossy-type"),
        ("numeric" | "float4" | "float8", "int2" | "int4" | "int8") => Some("lossy-type"),
        ("int4" | "int8" | "numeric" | "float8", "float4") | ("int8" | "numeric", "float8") => Some("lossy-type"),
        ("float4" | "float8", "numeric") if typmod => Some("lossy-type"),
        // an explicit cast may change values where an assignment would have raised an error
        _ if explicit => Some("lossy-type"),
        _ if typmod || cast.context != CastContext::Implicit && !string(to) => Some("narrow-type"),
        _ => None,
    };
    Conversion { needs_using: explicit, ..plain(in_place, finding) }
}

/// A change of the modifier only.
fn same_type(
    key: &str,
    from: i32,
    to: i32,
    plain: &dyn Fn(bool, Option<&'static str>) -> Conversion,
) -> Conversion {
    let fits = widens(key, from, to);
    let rewritten = matches!(key, "bpchar" | "bit") || key == "numeric" && to >= 0 && scale(from) != scale(to);
    let finding = match key {
        _ if fits => None,
        "numeric" if scale(from) > scale(to) => Some("lossy-type"),
        "timestamp" | "timestamptz" | "time" | "timetz" | "interval" => Some("lossy-type"),
        _ => Some("narrow-type"),
    };
    plain(fits && !rewritten, finding)
}

/// Types that only have their text in common. Every type converts to a string on assignment.
fn without_cast(from_string: bool, to_string: bool, to: &str, typmod: i32) -> Conversion {
    let finding = match to {
        _ if to_string && typmod < 0 => None,
        "timestamptz" | "timetz" => Some("depends-on-timezone"),
        _ => Some("narrow-type"),
    };
    Conversion { in_place: false, needs_using: !to_string, through_text: !to_string && !from_string, finding }
}

/// Digits after the point of a `numeric`; without a modifier as many as there are.
fn scale(typmod: i32) -> i32 {
    if typmod < 0 { i32::MAX } else { (typmod - 4) & 0x7ff }
}

/// Whether every value of the type with modifier `from` is one with modifier `to`.
fn widens(key: &str, from: i32, to: i32) -> bool {
    if from == to || to < 0 {
        return true;
    }
    if from < 0 {
        return false;
    }
    match key {
        "varchar" | "bpchar" | "varbit" | "timestamp" | "timestamptz" | "time" | "timetz" => to >= from,
        "numeric" => {
            let digits = |typmod: i32| ((typmod - 4) >> 16) & 0xffff;
            scale(to) >= scale(from) && digits(to) - scale(to) >= digits(from) - scale(from)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(from: &str, from_typmod: i32, to: &str, to_typmod: i32) -> (bool, bool, Option<&'static str>) {
        let it = between(&Facts::new(17), from, from_typmod, to, to_typmod);
        (it.in_place, it.needs_using, it.finding)
    }

    #[test]
    fn widening_is_free() {
        assert_eq!(found("varchar", 14, "varchar", 24), (true, false, None));
        assert_eq!(found("varchar", 14, "text", -1), (true, false, None));
        assert_eq!(found("int4", -1, "int8", -1), (false, false, None));
        assert_eq!(found("_int4", -1, "_int8", -1), (false, false, None));
        assert_eq!(found("bpchar", 9, "bpchar", 10), (false, false, None));
    }

    #[test]
    fn narrowing_raises_an_error_in_postgresql() {
        assert_eq!(found("varchar", 24, "varchar", 14), (false, false, Some("narrow-type")));
        assert_eq!(found("int8", -1, "int4", -1), (false, false, Some("narrow-type")));
        assert_eq!(found("text", -1, "int4", -1), (false, true, Some("narrow-type")));
    }

    #[test]
    fn foreign_keys_hold_within_a_family_of_types() {
        let facts = Facts::new(17);
        assert!(comparable(&facts, "int4", "int8"));
        assert!(comparable(&facts, "varchar", "text"));
        assert!(comparable(&facts, "date", "timestamptz"));
        assert!(!comparable(&facts, "int8", "timestamp"));
        assert!(!comparable(&facts, "int4", "numeric"));
        assert!(!comparable(&facts, "text", "uuid"));
    }

    #[test]
    fn what_changes_values_silently_is_told() {
        let numeric = |precision: i32, scale: i32| ((precision << 16) | scale) + 4;
        assert_eq!(found("numeric", numeric(12, 4), "numeric", numeric(12, 2)).2, Some("lossy-type"));
        assert_eq!(found("float8", -1, "int4", -1).2, Some("lossy-type"));
        assert_eq!(found("timestamp", -1, "timestamptz", -1).2, Some("depends-on-timezone"));
        assert_eq!(found("text", -1, "timestamptz", -1).2, Some("depends-on-timezone"));
        assert_eq!(found("jsonb", -1, "int4", -1), (false, true, Some("lossy-type")));
    }
}
