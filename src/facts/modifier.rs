//! Type modifiers of the built-in types: the `typmodin` and `typmodout` functions, and the names that
//! `format_type` uses for types of the SQL standard.

use super::Facts;
use super::typename::{Modifier, TypeError};

const HEADER: i32 = 4;
/// `MaxAttrSize`: bytes of character types; bit strings may have eight times as many bits.
const MAX_LENGTH: i64 = 10 * 1024 * 1024;
const MAX_PRECISION: i32 = 6;
const FULL_RANGE: i32 = 0x7fff;
const FULL_PRECISION: i32 = 0xffff;

const YEAR: i32 = 1 << 2;
const MONTH: i32 = 1 << 1;
const DAY: i32 = 1 << 3;
const HOUR: i32 = 1 << 10;
const MINUTE: i32 = 1 << 11;
const SECOND: i32 = 1 << 12;

/// Field masks of interval and how they are written.
const FIELDS: [(i32, &str); 14] = [
    (YEAR, " year"),
    (MONTH, " month"),
    (DAY, " day"),
    (HOUR, " hour"),
    (MINUTE, " minute"),
    (SECOND, " second"),
    (YEAR | MONTH, " year to month"),
    (DAY | HOUR, " day to hour"),
    (DAY | HOUR | MINUTE, " day to minute"),
    (DAY | HOUR | MINUTE | SECOND, " day to second"),
    (HOUR | MINUTE, " hour to minute"),
    (HOUR | MINUTE | SECOND, " hour to second"),
    (MINUTE | SECOND, " minute to second"),
    (FULL_RANGE, ""),
];

/// The modifier as `atttypmod` stores it.
pub(super) fn encode(facts: &Facts, key: &str, modifiers: &[Modifier]) -> Result<i32, TypeError> {
    let name = || facts.format_type(key, -1);
    // an array type by its own name takes the modifiers of its element
    let taker = match facts.type_named(key) {
        Some(fact) if fact.category == 'A' => fact.element.as_deref().unwrap_or(key),
        _ => key,
    };
    if !matches!(taker, "varchar" | "bpchar" | "bit" | "varbit" | "numeric" | "interval") && !is_time(taker) {
        let takes = facts.type_named(key).is_some_and(|fact| fact.modifiers);
        return Err(if takes { TypeError::ServerModifier(name()) } else { TypeError::NoModifier(name()) });
    }
    let integer = |modifier: &Modifier| match modifier {
        Modifier::Integer(value) => Ok(*value),
        Modifier::Word(_) => Err(TypeError::WrongModifier(name())),
    };
    let values = modifiers.iter().map(integer).collect::<Result<Vec<i64>, _>>()?;
    let within = |value: i64, low: i64, high: i64| match i32::try_from(value) {
        Ok(small) if (low..=high).contains(&value) => Ok(small),
        _ => Err(TypeError::OutOfRange { type_name: name(), low, high }),
    };
    match (taker, values.as_slice()) {
        ("varchar" | "bpchar", [length]) => Ok(within(*length, 1, MAX_LENGTH)? + HEADER),
        ("bit" | "varbit", [length]) => within(*length, 1, MAX_LENGTH * 8),
        ("numeric", [precision]) => Ok((within(*precision, 1, 1000)? << 16) + HEADER),
        ("numeric", [precision, scale]) => {
            let precision = within(*precision, 1, 1000)?;
            let (low, high) = if facts.major() < 15 { (0, precision.into()) } else { (-1000, 1000) };
            let scale = within(*scale, low, high)?;
            Ok(((precision << 16) | (scale & 0x7ff)) + HEADER)
        }
        ("interval", [fields]) => {
            let fields = field_mask(*fields).ok_or_else(|| TypeError::WrongModifier(name()))?;
            Ok(if fields == FULL_RANGE { -1 } else { (fields << 16) | FULL_PRECISION })
        }
        ("interval", [fields, precision]) => {
            let fields = field_mask(*fields).ok_or_else(|| TypeError::WrongModifier(name()))?;
            Ok((fields << 16) | within(*precision, 0, i32::MAX.into())?.min(MAX_PRECISION))
        }
        // more digits are cut down with a warning
        (time, [precision]) if is_time(time) => Ok(within(*precision, 0, i32::MAX.into())?.min(MAX_PRECISION)),
        _ => Err(TypeError::WrongModifier(name())),
    }
}

fn field_mask(value: i64) -> Option<i32> {
    FIELDS.iter().map(|(mask, _)| *mask).find(|mask| i64::from(*mask) == value)
}

fn is_time(key: &str) -> bool {
    matches!(key, "time" | "timetz" | "timestamp" | "timestamptz")
}

/// The name and modifier of a type that `format_type` does not show by its catalog name; `None` for all others.
pub(super) fn format(major: u16, key: &str, typmod: i32) -> Option<String> {
    let given = typmod >= 0;
    let length = |name: &str, length: i32| if length > 0 { format!("{name}({length})") } else { name.to_owned() };
    let time = |name: &str, zone: &str| {
        if given { format!("{name}({typmod}) {zone} time zone") } else { format!("{name} {zone} time zone") }
    };
    Some(match key {
        "bool" => "boolean".to_owned(),
        "float4" => "real".to_owned(),
        "float8" => "double precision".to_owned(),
        "int2" => "smallint".to_owned(),
        "int4" => "integer".to_owned(),
        "int8" => "bigint".to_owned(),
        "json" => "json".to_owned(),
        "varchar" => length("character varying", if given { typmod - HEADER } else { 0 }),
        "bpchar" if given => length("character", typmod - HEADER),
        "bit" if given => format!("bit({typmod})"),
        "varbit" => length("bit varying", typmod),
        "time" => time("time", "without"),
        "timetz" => time("time", "with"),
        "timestamp" => time("timestamp", "without"),
        "timestamptz" => time("timestamp", "with"),
        "interval" => interval(typmod),
        "numeric" if typmod >= HEADER => {
            let packed = typmod - HEADER;
            let scale = if major < 15 { packed & 0xffff } else { ((packed & 0x7ff) ^ 1024) - 1024 };
            format!("numeric({},{scale})", (packed >> 16) & 0xffff)
        }
        "numeric" => "numeric".to_owned(),
        _ => return None,
    })
}

fn interval(typmod: i32) -> String {
    if typmod < 0 {
        return "interval".to_owned();
    }
    let (mask, precision) = ((typmod >> 16) & FULL_RANGE, typmod & FULL_PRECISION);
    let fields = FIELDS.iter().find(|(known, _)| *known == mask).map_or("", |(_, text)| text);
    if precision == FULL_PRECISION { format!("interval{fields}") } else { format!("interval{fields}({precision})") }
}
