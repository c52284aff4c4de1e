//! The text form of facts: what `live.sql` returns and what the shipped tables hold.
//!
//! One line is one fact, fields are separated by tabs, empty ones at the end may be missing; lists have commas, the
//! parts of a column colons. The first field says the kind:
//!
//! - `t` schema, name, typtype, typcategory, flags (`p`referred, `n`ot null, takes `m`odifiers), element, fixed
//!   element, array, base, typmod, relation, collation, labels, subtype, range, multirange
//! - `f` schema, name, arguments, number of defaults, variadic, `s` for sets, result, prokind, provolatile, names,
//!   modes, all arguments
//! - `o` schema, name, left, right, result, provolatile
//! - `c` source, target, castcontext, castmethod, number of arguments, provolatile
//! - `r` schema, name, relkind, columns of name:type:typmod:collation:`n`ot null
//! - `k` schema, name, access method, input, `d`efault, key
//! - `l` schema, name
//!
//! An empty schema is pg_catalog; types are keys; relation and collation are `schema.name`. Separators within names
//! are replaced by control characters.

use super::fact::*;

/// How a line becomes the strings of facts.
pub(super) trait Origin<'a> {
    /// A plain name.
    fn name(&self, text: &'a str) -> Text;
    /// A schema that is not pg_catalog.
    fn schema(&self, text: &'a str) -> Text;
    /// The key of a type.
    fn key(&self, text: &'a str) -> Text;
}

/// The system's own table.
pub(super) struct Shipped;

impl Origin<'static> for Shipped {
    fn name(&self, text: &'static str) -> Text {
        text.into()
    }
    fn schema(&self, text: &'static str) -> Text {
        text.into()
    }
    fn key(&self, text: &'static str) -> Text {
        text.into()
    }
}

/// The table of extensions, for one that is installed in this schema; the schema `@` stands for it.
pub(super) struct Installed<'s>(pub &'s str);

impl Origin<'static> for Installed<'_> {
    fn name(&self, text: &'static str) -> Text {
        text.into()
    }
    fn schema(&self, text: &'static str) -> Text {
        if text == "@" { self.0.to_owned().into() } else { text.into() }
    }
    fn key(&self, text: &'static str) -> Text {
        match text.strip_prefix("@.") {
            Some(name) => type_key(self.0, name).into(),
            None => text.into(),
        }
    }
}

/// Rows of a live database.
pub(super) struct Live;

impl<'a> Origin<'a> for Live {
    fn name(&self, text: &'a str) -> Text {
        let plain = |c: char| match c {
            '\x1f' => ',',
            '\x1e' => '\t',
            '\x1d' => '\n',
            '\x1c' => '.',
            '\x1b' => ':',
            other => other,
        };
        text.chars().map(plain).collect::<String>().into()
    }
    fn schema(&self, text: &'a str) -> Text {
        self.name(text)
    }
    fn key(&self, text: &'a str) -> Text {
        self.name(text)
    }
}

/// The fields of one line, with the origin's way to make strings.
struct Fields<'a, 'o, O> {
    fields: std::str::Split<'a, char>,
    origin: &'o O,
}

impl<'a, O: Origin<'a>> Fields<'a, '_, O> {
    fn next(&mut self) -> &'a str {
        self.fields.next().unwrap_or_default()
    }

    fn letter(&mut self) -> char {
        self.next().chars().next().unwrap_or_default()
    }

    fn number<N: std::str::FromStr>(&mut self, default: N) -> N {
        self.next().parse().unwrap_or(default)
    }

    fn name(&mut self) -> Text {
        let text = self.next();
        self.origin.name(text)
    }

    fn schema(&mut self) -> Text {
        let text = self.next();
        schema(self.origin, text)
    }

    fn key(&mut self) -> Text {
        let text = self.next();
        self.origin.key(text)
    }

    fn optional_key(&mut self) -> Option<Text> {
        let text = self.next();
        (!text.is_empty()).then(|| self.origin.key(text))
    }

    fn pair(&mut self) -> Option<(Text, Text)> {
        let text = self.next();
        pair(self.origin, text)
    }

    fn list(&mut self, make: impl Fn(&O, &'a str) -> Text) -> Vec<Text> {
        let text = self.next();
        match text {
            "" => vec![],
            _ => text.split(',').map(|item| make(self.origin, item)).collect(),
        }
    }

    fn keys(&mut self) -> Vec<Text> {
        self.list(|origin, item| origin.key(item))
    }

    fn names(&mut self) -> Vec<Text> {
        self.list(|origin, item| origin.name(item))
    }

    fn volatility(&mut self) -> Volatility {
        match self.letter() {
            'i' => Volatility::Immutable,
            's' => Volatility::Stable,
            _ => Volatility::Volatile,
        }
    }
}

fn schema<'a>(origin: &impl Origin<'a>, text: &'a str) -> Text {
    if text.is_empty() { Text::Borrowed("pg_catalog") } else { origin.schema(text) }
}

fn pair<'a>(origin: &impl Origin<'a>, text: &'a str) -> Option<(Text, Text)> {
    let (of, name) = text.split_once('.')?;
    Some((schema(origin, of), origin.name(name)))
}

/// Reads one line; `None` when it is not in this format.
pub(super) fn read<'a, O: Origin<'a>>(line: &'a str, origin: &O) -> Option<Fact> {
    let mut fields = Fields { fields: line.split('\t'), origin };
    Some(match fields.next() {
        "t" => Fact::Type(read_type(&mut fields)?),
        "f" => Fact::Function(read_function(&mut fields)?),
        "o" => Fact::Operator(OperatorFact {
            schema: fields.schema(),
            name: fields.name(),
            left: fields.optional_key(),
            right: fields.key(),
            result: fields.key(),
            volatility: fields.volatility(),
        }),
        "c" => Fact::Cast(CastFact {
            source: fields.key(),
            target: fields.key(),
            context: match fields.letter() {
                'i' => CastContext::Implicit,
                'a' => CastContext::Assignment,
                _ => CastContext::Explicit,
            },
            method: match fields.letter() {
                'b' => CastMethod::Binary,
                'i' => CastMethod::InOut,
                _ => CastMethod::Function,
            },
            arguments: fields.number(0),
            volatility: fields.volatility(),
        }),
        "r" => Fact::Relation(Relation {
            schema: fields.schema(),
            name: fields.name(),
            kind: fields.letter(),
            columns: match fields.next() {
                "" => vec![],
                columns => columns.split(',').map(|column| read_column(column, origin)).collect(),
            },
        }),
        "k" => Fact::OperatorClass(OperatorClassFact {
            schema: fields.schema(),
            name: fields.name(),
            access_method: fields.name(),
            input: fields.key(),
            default: fields.next() == "d",
            key: fields.optional_key(),
        }),
        "l" => Fact::Collation(CollationFact { schema: fields.schema(), name: fields.name() }),
        _ => return None,
    })
}

fn read_type<'a, O: Origin<'a>>(fields: &mut Fields<'a, '_, O>) -> Option<TypeFact> {
    let (of, name) = (fields.next(), fields.next());
    let key = match of {
        "" => fields.origin.name(name),
        _ => type_key(&schema(fields.origin, of), &fields.origin.name(name)).into(),
    };
    let kind = match fields.letter() {
        'b' => TypeKind::Base,
        'c' => TypeKind::Composite,
        'd' => TypeKind::Domain,
        'e' => TypeKind::Enum,
        'p' => TypeKind::Pseudo,
        'r' => TypeKind::Range,
        'm' => TypeKind::Multirange,
        _ => return None,
    };
    let category = fields.letter();
    let flags = fields.next();
    Some(TypeFact {
        key,
        schema: schema(fields.origin, of),
        name: fields.origin.name(name),
        kind,
        category,
        preferred: flags.contains('p'),
        not_null: flags.contains('n'),
        modifiers: flags.contains('m'),
        element: fields.optional_key(),
        fixed_element: fields.optional_key(),
        array: fields.optional_key(),
        base: fields.optional_key(),
        typmod: fields.number(-1),
        relation: fields.pair(),
        collation: fields.pair(),
        labels: fields.names(),
        subtype: fields.optional_key(),
        range: fields.optional_key(),
        multirange: fields.optional_key(),
        layout: None,
    })
}

fn read_function<'a, O: Origin<'a>>(fields: &mut Fields<'a, '_, O>) -> Option<FunctionFact> {
    Some(FunctionFact {
        schema: fields.schema(),
        name: fields.name(),
        args: fields.keys(),
        defaults: fields.number(0),
        variadic: fields.optional_key(),
        returns_set: fields.next() == "s",
        returns: fields.key(),
        kind: match fields.letter() {
            'f' => FunctionKind::Function,
            'p' => FunctionKind::Procedure,
            'a' => FunctionKind::Aggregate,
            'w' => FunctionKind::Window,
            _ => return None,
        },
        volatility: fields.volatility(),
        arg_names: fields.names(),
        arg_modes: fields.next().chars().collect(),
        all_args: fields.keys(),
    })
}

fn read_column<'a, O: Origin<'a>>(text: &'a str, origin: &O) -> ColumnFact {
    let mut parts = text.split(':');
    let mut part = || parts.next().unwrap_or_default();
    ColumnFact {
        name: origin.name(part()),
        type_key: origin.key(part()),
        typmod: part().parse().unwrap_or(-1),
        collation: pair(origin, part()),
        not_null: part() == "n",
    }
}
