//! Reads facts in the format that `src/facts/record.rs` describes.

use reconcile::facts::*;

fn unescape(text: &str) -> String {
    let back = |char| match char {
        '\u{1f}' => ',',
        '\u{1e}' => '\t',
        '\u{1d}' => '\n',
        '\u{1b}' => ':',
        '\u{1c}' => '.',
        other => other,
    };
    text.chars().map(back).collect()
}

fn text(field: &str) -> Text {
    unescape(field).into()
}

fn schema(field: &str) -> Text {
    if field.is_empty() { "pg_catalog".into() } else { text(field) }
}

fn pair(field: &str) -> Option<(Text, Text)> {
    field.split_once('.').map(|(own, name)| (schema(own), text(name)))
}

fn optional(field: &str) -> Option<Text> {
    (!field.is_empty()).then(|| text(field))
}

fn texts(field: &str) -> Vec<Text> {
    if field.is_empty() { vec![] } else { field.split(',').map(text).collect() }
}

fn typmod(field: &str) -> i32 {
    field.parse().unwrap_or(-1)
}

fn volatility(field: &str) -> Volatility {
    match field {
        "i" => Volatility::Immutable,
        "s" => Volatility::Stable,
        _ => Volatility::Volatile,
    }
}

fn column(field: &str) -> ColumnFact {
    let parts: Vec<&str> = field.split(':').collect();
    let at = |at: usize| parts.get(at).copied().unwrap_or_default();
    ColumnFact {
        name: text(at(0)),
        type_key: text(at(1)),
        typmod: typmod(at(2)),
        collation: pair(at(3)),
        not_null: at(4) == "n",
    }
}

fn type_fact(at: impl Fn(usize) -> String) -> TypeFact {
    let (own, name) = (schema(&at(1)), text(&at(2)));
    TypeFact {
        key: type_key(&own, &name).into(),
        schema: own,
        name,
        kind: match at(3).as_str() {
            "c" => TypeKind::Composite,
            "d" => TypeKind::Domain,
            "e" => TypeKind::Enum,
            "p" => TypeKind::Pseudo,
            "r" => TypeKind::Range,
            "m" => TypeKind::Multirange,
            _ => TypeKind::Base,
        },
        category: at(4).chars().next().unwrap_or('U'),
        preferred: at(5).contains('p'),
        not_null: at(5).contains('n'),
        modifiers: at(5).contains('m'),
        element: optional(&at(6)),
        fixed_element: optional(&at(7)),
        array: optional(&at(8)),
        base: optional(&at(9)),
        typmod: typmod(&at(10)),
        relation: pair(&at(11)),
        collation: pair(&at(12)),
        labels: texts(&at(13)),
        subtype: optional(&at(14)),
        range: optional(&at(15)),
        multirange: optional(&at(16)),
        layout: None,
    }
}

fn function_fact(at: impl Fn(usize) -> String) -> FunctionFact {
    FunctionFact {
        schema: schema(&at(1)),
        name: text(&at(2)),
        args: texts(&at(3)),
        defaults: at(4).parse().unwrap_or(0),
        variadic: optional(&at(5)),
        returns_set: at(6) == "s",
        returns: text(&at(7)),
        kind: match at(8).as_str() {
            "a" => FunctionKind::Aggregate,
            "w" => FunctionKind::Window,
            "p" => FunctionKind::Procedure,
            _ => FunctionKind::Function,
        },
        volatility: volatility(&at(9)),
        arg_names: if at(10).is_empty() { vec![] } else { at(10).split(',').map(text).collect() },
        arg_modes: at(11).chars().collect(),
        all_args: texts(&at(12)),
    }
}

/// One line.
pub fn fact(line: &str) -> Option<Fact> {
    let fields: Vec<&str> = line.split('\t').collect();
    let at = |at: usize| fields.get(at).copied().unwrap_or_default().to_owned();
    Some(match at(0).as_str() {
        "t" => Fact::Type(type_fact(at)),
        "f" => Fact::Function(function_fact(at)),
        "o" => Fact::Operator(OperatorFact {
            schema: schema(&at(1)),
            name: text(&at(2)),
            left: optional(&at(3)),
            right: text(&at(4)),
            result: text(&at(5)),
            volatility: volatility(&at(6)),
        }),
        "c" => Fact::Cast(CastFact {
            source: text(&at(1)),
            target: text(&at(2)),
            context: match at(3).as_str() {
                "i" => CastContext::Implicit,
                "a" => CastContext::Assignment,
                _ => CastContext::Explicit,
            },
            method: match at(4).as_str() {
                "f" => CastMethod::Function,
                "i" => CastMethod::InOut,
                _ => CastMethod::Binary,
            },
            arguments: at(5).parse().unwrap_or(0),
            volatility: volatility(&at(6)),
        }),
        "r" => Fact::Relation(Relation {
            schema: schema(&at(1)),
            name: text(&at(2)),
            kind: at(3).chars().next()?,
            columns: if at(4).is_empty() { vec![] } else { at(4).split(',').map(column).collect() },
        }),
        "k" => Fact::OperatorClass(OperatorClassFact {
            schema: schema(&at(1)),
            name: text(&at(2)),
            access_method: text(&at(3)),
            input: text(&at(4)),
            default: at(5) == "d",
            key: optional(&at(6)),
        }),
        "l" => Fact::Collation(CollationFact { schema: schema(&at(1)), name: text(&at(2)) }),
        _ => return None,
    })
}
