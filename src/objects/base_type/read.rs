//! CREATE TYPE with functions, and ALTER TYPE … SET, in files.

use std::collections::BTreeMap;

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTypeStmt, DefElem, DefineStmt, ObjectType};

use super::{BaseType, RAW_SUBSCRIPT, Role, role};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::facts::Layout;
use crate::load::reader::{Reader, Stop, Type};
use crate::name::{QualifiedName, literal};
use crate::objects::options::Definition;
use crate::objects::trigger_function::TriggerFunction;
use crate::objects::{Kind, Object, options, routine, type_use};

/// What the definition of a base type can say.
const WORDS: &[&str] = &[
    "input", "output", "receive", "send", "typmod_in", "typmod_out", "analyze", "analyse", "subscript", "like",
    "internallength", "passedbyvalue", "alignment", "storage", "category", "preferred", "default", "element",
    "delimiter", "collatable",
];

/// What ALTER TYPE … SET can say.
const CHANGEABLE: &[&str] =
    &["receive", "send", "typmod_in", "typmod_out", "analyze", "analyse", "subscript", "storage"];

/// Reads CREATE TYPE with a definition, and ALTER TYPE … SET.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::DefineStmt(statement) if statement.kind() == ObjectType::ObjectType => {
            Some(create(statement, reader))
        }
        NodeEnum::AlterTypeStmt(statement) => Some(alter(statement, reader)),
        _ => None,
    }
}

fn create(statement: &DefineStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.defnames)?;
    let given = options::definition(&statement.definition, WORDS, "base types", reader)?;
    let functions = functions(&given, reader)?;
    let element = match given.get("element") {
        Some(element) => Some(type_of(element, reader)?),
        None => None,
    };
    let layout = layout(&given, reader)?;
    let mut base = BaseType {
        layout,
        category: letter(&given, "category", 'U', reader)?,
        preferred: flag(&given, "preferred", reader)?.unwrap_or_default(),
        default: given.get("default").map(|element| options::value(element.arg.as_deref())),
        delimiter: letter(&given, "delimiter", ',', reader)?,
        collatable: flag(&given, "collatable", reader)?.unwrap_or_default(),
        functions,
        element,
    };
    base.subscripted(reader)?;
    check(&base, &given, reader)?;
    let id = ObjectId::new(Kind::BaseType, [&schema, &name]);
    let place = reader.find_name(0, &name);
    reader.add_named(id.clone(), base.clone(), 0, place)?;
    base.tell(&id, &mut reader.catalog.facts);
    Ok(())
}

fn alter(statement: &AlterTypeStmt, reader: &mut Reader) -> Result<(), Stop> {
    let id = type_use::existing(reader, Kind::BaseType, &statement.type_name)?;
    let given = options::definition(&statement.options, CHANGEABLE, "base types that can change", reader)?;
    let Some(Object::BaseType(mut base)) = reader.catalog.objects.get(&id).cloned() else { return Ok(()) };
    for role in Role::ALL {
        let Some(element) = item(&given, *role) else { continue };
        match function(element, reader)? {
            Some(function) => base.functions.insert(*role, function),
            None => base.functions.remove(role),
        };
    }
    base.layout.storage = storage(&given, base.layout.storage, reader)?;
    check(&base, &given, reader)?;
    base.tell(&id, &mut reader.catalog.facts);
    reader.catalog.objects.insert(id, base.into());
    Ok(())
}

/// What a definition says about a role.
fn item<'a>(given: &Definition<'a>, role: Role) -> Option<&'a DefElem> {
    let british = (role == Role::Analyze).then(|| given.get("analyse")).flatten();
    given.get(role.word()).or(british).copied()
}

/// The functions that a definition names. Errors: one that must be there is missing.
fn functions(given: &Definition, reader: &Reader) -> Result<BTreeMap<Role, TriggerFunction>> {
    let mut out = BTreeMap::new();
    for role in Role::ALL {
        let found = item(given, *role).map(|element| function(element, reader)).transpose()?.flatten();
        match found {
            Some(function) => _ = out.insert(*role, function),
            None if !role.can_change() => {
                let error = reader.wrong(0, format!("a base type needs {} = function", role.word().to_uppercase()));
                return Err(error.hint("without a definition it is a shell: CREATE TYPE name"));
            }
            None => {}
        }
    }
    Ok(out)
}

/// The function behind `=`; `None` for NONE.
fn function(element: &DefElem, reader: &Reader) -> Result<Option<TriggerFunction>> {
    let names = options::name_nodes(element);
    match options::strings(names).as_slice() {
        [] if options::value(element.arg.as_deref()) == "none" => Ok(None),
        [] => Err(reader
            .wrong(element.location, format!("{} is no function", options::value(element.arg.as_deref())))
            .hint("name a function, without its arguments")),
        [none] if none == "none" => Ok(None),
        _ => Ok(Some(TriggerFunction::new(names, reader.path))),
    }
}

fn type_of(element: &DefElem, reader: &Reader) -> Result<Type, Stop> {
    match element.arg.as_ref().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::TypeName(name)) => routine::type_of(name, reader),
        _ => {
            let message = format!("{} is no type", options::value(element.arg.as_deref()));
            Err(reader.wrong(element.location, message).hint("name a type, such as integer").into())
        }
    }
}

/// INTERNALLENGTH, PASSEDBYVALUE, ALIGNMENT and STORAGE, or those of the type behind LIKE.
fn layout(given: &Definition, reader: &Reader) -> Result<Layout, Stop> {
    let mut out = Layout { length: -1, by_value: false, alignment: 'i', storage: 'p' };
    if let Some(element) = given.get("like") {
        let like = type_of(element, reader)?;
        out = reader.catalog.facts.layout(&like.key).ok_or_else(|| {
            let error = reader.wrong(element.location, format!("how values of {} are stored is not known", like.sql));
            error.hint("say INTERNALLENGTH, PASSEDBYVALUE, ALIGNMENT and STORAGE instead of LIKE")
        })?;
    }
    if let Some(element) = given.get("internallength") {
        let text = options::value(element.arg.as_deref());
        out.length = match text.as_str() {
            "variable" => -1,
            number => number.parse().ok().filter(|bytes| *bytes > 0 || matches!(bytes, -1 | -2)).ok_or_else(|| {
                let error = reader.wrong(element.location, format!("invalid length {number} of a type"));
                error.hint("say the number of bytes, or VARIABLE")
            })?,
        };
    }
    out.by_value = flag(given, "passedbyvalue", reader)?.unwrap_or(out.by_value);
    if let Some(element) = given.get("alignment") {
        let word = options::value(element.arg.as_deref());
        out.alignment = role::alignment_letter(&word).ok_or_else(|| {
            let error = reader.wrong(element.location, format!("there is no alignment {}", literal(&word)));
            error.hint("there are char, int2, int4 and double")
        })?;
    }
    out.storage = storage(given, out.storage, reader)?;
    Ok(out)
}

fn storage(given: &Definition, before: char, reader: &Reader) -> Result<char> {
    let Some(element) = given.get("storage") else { return Ok(before) };
    let word = options::value(element.arg.as_deref());
    role::storage_letter(&word).ok_or_else(|| {
        let error = reader.wrong(element.location, format!("there is no storage strategy {}", literal(&word)));
        error.hint("there are plain, external, extended and main")
    })
}

fn flag(given: &Definition, word: &str, reader: &Reader) -> Result<Option<bool>> {
    let Some(element) = given.get(word) else { return Ok(None) };
    let wrong = || reader.wrong(element.location, format!("{} is true or false", word.to_uppercase()));
    options::flag(element).map(Some).ok_or_else(|| wrong().hint("write true or false"))
}

/// The first character of a value, as PostgreSQL takes it.
fn letter(given: &Definition, word: &str, otherwise: char, reader: &Reader) -> Result<char> {
    let Some(element) = given.get(word) else { return Ok(otherwise) };
    let text = options::value(element.arg.as_deref());
    let first = text.chars().next().filter(|letter| matches!(letter, ' '..='~'));
    let wrong = || reader.wrong(element.location, format!("{} is one ASCII character", word.to_uppercase()));
    first.ok_or_else(|| wrong().hint("write it in single quotes"))
}

impl BaseType {
    /// A type with elements can be subscripted. Errors: it says nothing about how, and has no fixed length.
    fn subscripted(&mut self, reader: &Reader) -> Result<()> {
        let Some(element) = self.element.as_ref().filter(|_| !self.functions.contains_key(&Role::Subscript)) else {
            return Ok(());
        };
        let of_fixed_length = reader.catalog.facts.layout(&element.key).is_none_or(|layout| layout.length > 0);
        if self.layout.length <= 0 || self.layout.by_value || !of_fixed_length {
            let error = reader.wrong(0, "a type with elements needs SUBSCRIPT = function");
            return Err(error.hint("without it the type and its elements are of fixed length, and not passed by value"));
        }
        let handler = QualifiedName::new("pg_catalog", RAW_SUBSCRIPT);
        self.functions.insert(Role::Subscript, TriggerFunction::from(handler));
        Ok(())
    }
}

/// What PostgreSQL would not take (`DefineType`, `TypeCreate`).
fn check(base: &BaseType, given: &Definition, reader: &Reader) -> Result<()> {
    let Layout { length, by_value, alignment, storage } = base.layout;
    let at = |word: &str| given.get(word).map_or(0, |element| element.location);
    let wrong = |word: &str, message: String, hint: &str| -> Result<(), Error> {
        Err(reader.wrong(at(word), message).hint(hint.to_string()))
    };
    let word = role::alignment_word(alignment);
    let by_size = match length {
        1 => Some('c'),
        2 => Some('s'),
        4 => Some('i'),
        8 => Some('d'),
        _ => None,
    };
    if by_value && by_size.is_none() {
        return wrong("passedbyvalue", format!("values of {length} bytes cannot be passed by value"), BY_VALUE);
    }
    if by_value && by_size != Some(alignment) {
        let message = format!("values of {length} bytes that are passed by value cannot be aligned as {word}");
        return wrong("alignment", message, BY_VALUE);
    }
    if length == -1 && !matches!(alignment, 'i' | 'd') || length == -2 && alignment != 'c' {
        let message = format!("values of variable length cannot be aligned as {word}");
        return wrong("alignment", message, "say int4 or double");
    }
    if storage != 'p' && length != -1 {
        return wrong("storage", "types of fixed length are stored plain".into(), "leave STORAGE out");
    }
    if base.functions.contains_key(&Role::TypmodOut) && !base.functions.contains_key(&Role::TypmodIn) {
        return wrong("typmod_out", "TYPMOD_OUT is useless without TYPMOD_IN".into(), "say TYPMOD_IN as well");
    }
    Ok(())
}

const BY_VALUE: &str = "1, 2, 4 and 8 bytes can be, aligned as char, int2, int4 and double";
