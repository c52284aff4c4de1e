//! Constants by value.

use pg_query::NodeEnum;
use pg_query::protobuf::{AConst, a_const::Val};

use super::Reference;
use super::analyzer::{Analyzer, Typed};
use super::form::{Form, atom, constant, names, node};
use super::input::{self, InputError};
use super::unresolved::{Obstacle, Resolved, Unresolved};
use crate::facts::TypeKind;
use crate::objects::Kind;
use crate::objects::text_search::built_in;

impl<'a> Analyzer<'a> {
    /// A literal as the parser's lexer types it.
    pub fn constant(&mut self, value: &AConst) -> Resolved<Typed<'a>> {
        if value.isnull {
            return Ok(Typed::of(constant("unknown", Form::Null), "unknown"));
        }
        let of = |key: &'static str, text: String| Typed::of(constant(key, atom(text)), key);
        match &value.val {
            Some(Val::Ival(number)) => Ok(of("int4", number.ival.to_string())),
            Some(Val::Fval(number)) => Ok(number_constant(&number.fval)),
            Some(Val::Boolval(flag)) => Ok(of("bool", flag.boolval.to_string())),
            Some(Val::Sval(text)) => {
                self.literals.push((text.sval.clone(), value.location));
                Ok(of("unknown", text.sval.clone()))
            }
            Some(Val::Bsval(bits)) => {
                let text = input::bits(&bits.bsval, -1).unwrap_or_else(|_| bits.bsval.clone());
                Ok(of("bit", text))
            }
            None => Err(Unresolved::unsupported("a constant without a value").at(value.location)),
        }
    }

    /// The constant that a base type's input function makes of a text.
    pub fn literal(&mut self, key: &'a str, text: &str, typmod: i32) -> Form {
        if key.starts_with("reg") && self.fact(key).is_some_and(|fact| fact.schema == "pg_catalog") {
            let value = self.object_constant(key, text);
            if value.is_none() {
                let message = match key {
                    "regclass" => format!("relation {text} does not exist"),
                    _ => format!("{key} {text} is not known"),
                };
                let place = self.place_of(text);
                self.obstacle.get_or_insert(Unresolved::new(Obstacle::UnknownRelation, message).at(place));
            }
            return constant(key, value.unwrap_or_else(|| node("raw", vec![atom(text)])));
        }
        let value = match input::value(self.facts, key, text, typmod, self.zone) {
            Ok(value) => atom(value),
            Err(error) => {
                if error == InputError::Unknown && is_time(key) {
                    self.evaluated = true;
                }
                if error == InputError::Invalid {
                    let message = match self.fact(key).map(|fact| &fact.kind) {
                        Some(TypeKind::Enum) => format!("invalid input value for enum {key}: \"{text}\""),
                        _ => format!("invalid input syntax for type {}: \"{text}\"", self.facts.format_type(key, -1)),
                    };
                    let place = self.place_of(text);
                    self.mistake.get_or_insert(Unresolved::new(Obstacle::Invalid, message).at(place));
                }
                node("raw", vec![atom(text)])
            }
        };
        constant(key, value)
    }

    /// Where the literal with this text stands.
    fn place_of(&self, text: &str) -> i32 {
        self.literals.iter().rev().find(|(other, _)| other == text).map_or(-1, |(_, place)| *place)
    }

    /// `regclass` and its kin: the object that the name means, `None` when it is not known.
    fn object_constant(&mut self, key: &str, text: &str) -> Option<Form> {
        if text == "-" || !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(atom(text));
        }
        match key {
            "regclass" => {
                let parts = split_name(text);
                let (name, before) = parts.split_last()?;
                let schemas = self.schemas(before);
                let relation = schemas.iter().find_map(|schema| self.facts.relation(schema, name))?;
                let (schema, name) = (&*relation.schema, &*relation.name);
                self.refer(schema, |schema| Reference::Relation { schema, name: name.to_owned() });
                Some(names(&[schema, name]))
            }
            "regtype" => self.type_constant(text),
            "regproc" | "regprocedure" => {
                let (called, arguments) = match text.find('(') {
                    Some(at) => text.split_at(at),
                    None => (text, ""),
                };
                let parts = split_name(called);
                let (name, before) = parts.split_last()?;
                let schemas = self.schemas(before);
                let has = |schema: &&String| self.facts.functions(name).any(|f| f.schema == schema.as_str());
                let schema = schemas.iter().find(has)?;
                let mut same = self.facts.functions(name).filter(|f| f.schema == schema.as_str());
                if let (Some(only), None) = (same.next(), same.next()) {
                    let types = only.args.iter().map(ToString::to_string).collect();
                    let name = name.clone();
                    self.refer(schema, |schema| Reference::Function { schema, name, arguments: types });
                }
                let arguments: String = arguments.split_whitespace().collect();
                Some(names(&[schema, name, &arguments]))
            }
            "regconfig" => self.text_search("regconfig", Kind::TsConfiguration, text),
            "regdictionary" => self.text_search("regdictionary", Kind::TsDictionary, text),
            _ => {
                let parts = split_name(text);
                match parts.as_slice() {
                    [schema, name] if schema == "pg_catalog" => Some(names(&[name])),
                    parts => Some(names(parts)),
                }
            }
        }
    }

    /// A text search object: the one of the first schema that has it; one that is not known as it is written.
    fn text_search(&mut self, what: &'static str, kind: Kind, text: &str) -> Option<Form> {
        let parts = split_name(text);
        let (name, before) = parts.split_last()?;
        let system = |schema: &str| schema == "pg_catalog" && built_in(kind, name, self.facts.major());
        let known = |schema: &&String| system(schema) || self.facts.has_text_search(what, schema, name);
        match self.schemas(before).iter().find(known) {
            Some(schema) if schema == "pg_catalog" => Some(names(&[name])),
            Some(schema) => {
                self.refer(schema, |schema| Reference::TextSearch { what, schema, name: name.clone() });
                Some(names(&[schema, name]))
            }
            None => Some(names(&parts)),
        }
    }

    fn type_constant(&mut self, text: &str) -> Option<Form> {
        let parsed = pg_query::parse(&format!("SELECT NULL::{text}"), 0).ok()?;
        let [statement] = parsed.protobuf.stmts.as_slice() else { return None };
        let Some(NodeEnum::SelectStmt(select)) = &statement.stmt.as_ref()?.node else { return None };
        let [target] = select.target_list.as_slice() else { return None };
        let Some(NodeEnum::ResTarget(target)) = &target.node else { return None };
        let Some(NodeEnum::TypeCast(cast)) = &target.val.as_ref()?.node else { return None };
        let (key, _) = self.type_name(cast.type_name.as_ref()?).ok()?;
        Some(atom(key))
    }

    fn schemas(&self, before: &[String]) -> Vec<String> {
        match before.last() {
            Some(schema) => vec![schema.clone()],
            None => self.search().into_iter().map(str::to_owned).collect(),
        }
    }
}

/// The parts of a dotted name, folded unless quoted.
pub(super) fn split_name(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut quoted, mut was_quoted) = (vec![], String::new(), false, false);
    let mut chars = text.trim().chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                part.push('"');
            }
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            '.' if !quoted => {
                parts.push(std::mem::take(&mut part));
                was_quoted = false;
            }
            char if quoted => part.push(char),
            char if char.is_whitespace() => {}
            char if was_quoted => part.push(char),
            char => part.extend(char.to_lowercase()),
        }
    }
    parts.push(part);
    parts
}

fn is_time(key: &str) -> bool {
    matches!(key, "date" | "time" | "timetz" | "timestamp" | "timestamptz")
        || matches!(key, "_date" | "_time" | "_timetz" | "_timestamp" | "_timestamptz")
        || matches!(key, "daterange" | "tsrange" | "tstzrange")
}

/// Numbers that do not fit int4 come as text: int8 when they fit there, else numeric.
fn number_constant(text: &str) -> Typed<'static> {
    let of = |key: &'static str, text: String| Typed::of(constant(key, atom(text)), key);
    if let Ok(value) = input::integer(text, i64::MIN, i64::MAX) {
        let small = value.parse::<i32>().is_ok();
        return of(if small { "int4" } else { "int8" }, value);
    }
    match input::numeric(text, -1) {
        Ok(value) => of("numeric", value),
        Err(_) => of("numeric", text.to_owned()),
    }
}
