//! CREATE COLLATION in files.

use pg_query::NodeEnum;
use pg_query::protobuf::{DefElem, DefineStmt, ObjectType};

use super::{Collation, Locale, Provider};
use crate::catalog::ObjectId;
use crate::error::Error;
use crate::load::reader::{Reader, Stop};
use crate::name::{dotted, quote};
use crate::objects::options::Definition;
use crate::objects::{Derived, Kind, Object, options};

/// The options of CREATE COLLATION.
const OPTIONS: &[&str] =
    &["locale", "lc_collate", "lc_ctype", "provider", "deterministic", "rules", "version", "from"];

/// See [`super::read`].
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::DefineStmt(statement) if statement.kind == ObjectType::ObjectCollation as i32 => {
            Some(create(statement, reader))
        }
        _ => None,
    }
}

fn create(statement: &DefineStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.defnames)?;
    let given = options::definition(&statement.definition, OPTIONS, "collations", reader)?;
    let collation = match given.get("from") {
        Some(from) => copy(from, reader)?,
        None => {
            let source = provider(&given, reader)?;
            let deterministic = match given.get("deterministic") {
                None => true,
                Some(it) => options::flag(it).ok_or_else(|| {
                    reader.wrong(it.location, "deterministic requires a Boolean value").hint("write true or false")
                })?,
            };
            if !deterministic && !matches!(source, Provider::Icu { .. }) {
                let place = given.get("deterministic").map_or(0, |it| it.location);
                let error = reader.wrong(place, "only collations of ICU can be nondeterministic");
                return Err(error.hint("add provider = icu and a locale of ICU").into());
            }
            Collation { source, deterministic, every_encoding: Derived(false) }
        }
    };
    let place = reader.find_name(0, &name);
    reader.catalog.facts.model.add_collation(&schema, &name);
    reader.add_named(ObjectId::new(Kind::Collation, [schema, name]), collation, 0, place)?;
    Ok(())
}

fn provider(given: &Definition, reader: &Reader) -> Result<Provider, Error> {
    let text = |name: &str| given.get(name).map(|it| options::value(it.arg.as_deref()));
    let place = |name: &str| given.get(name).map_or(0, |it| it.location);
    let name = text("provider").map_or("libc".into(), |name| name.to_lowercase());
    let rules = text("rules").filter(|rules| !rules.is_empty());
    let major = reader.catalog.facts.major();
    if rules.is_some() && name != "icu" {
        return Err(reader.wrong(place("rules"), "only collations of ICU have rules").hint("add provider = icu"));
    }
    if given.contains_key("locale") && (given.contains_key("lc_collate") || given.contains_key("lc_ctype")) {
        let error = reader.wrong(place("locale"), "locale stands for lc_collate and lc_ctype together");
        return Err(error.hint("leave it out, or leave the others out"));
    }
    let needed = |option: &str| {
        text(option).ok_or_else(|| reader.wrong(0, format!("{option} is missing")).hint(format!("add {option} = '…'")))
    };
    let since = |version: u16, what: &str| {
        let error = reader.wrong(place("provider"), format!("{what} of collations exists from PostgreSQL {version} on"));
        error.hint("leave it out, or name the version of the server")
    };
    match name.as_str() {
        "libc" => {
            let both = text("locale");
            let one = |option: &str| both.clone().map_or_else(|| needed(option), Ok);
            Ok(Provider::Libc { lc_collate: one("lc_collate")?, lc_ctype: one("lc_ctype")? })
        }
        "icu" if rules.is_some() && major < 16 => Err(since(16, "the option rules")),
        "icu" => {
            // before 15 there is no other place for it than lc_collate
            let locale = text("locale").or_else(|| text("lc_collate").filter(|_| major < 15)).map_or_else(|| needed("locale"), Ok)?;
            if locale.contains('@') && major >= 16 {
                let error = reader.wrong(place("locale"), format!("the locale {locale} is not a language tag"));
                return Err(error.hint("write it as PostgreSQL stores it, such as de-u-co-phonebk"));
            }
            Ok(Provider::Icu { locale: Locale(locale), rules })
        }
        "builtin" if major < 17 => Err(since(17, "the provider builtin")),
        "builtin" => {
            let locale = needed("locale")?;
            let locale = if locale.eq_ignore_ascii_case("C.UTF8") { "C.UTF-8".into() } else { locale };
            Ok(Provider::Builtin { locale })
        }
        other => {
            let error = reader.wrong(place("provider"), format!("there is no provider {}", quote(other)));
            Err(error.hint("the providers are libc, icu and builtin"))
        }
    }
}

/// FROM: the collation is as another one is now.
fn copy(from: &DefElem, reader: &Reader) -> Result<Collation, Stop> {
    let names = match from.arg.as_deref().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::List(list)) => options::strings(&list.items),
        _ => vec![options::value(from.arg.as_deref())],
    };
    let Some((name, schema)) = names.split_last() else {
        return Err(reader.wrong(from.location, "FROM names no collation").hint("name one").into());
    };
    let own = if schema.is_empty() { reader.path } else { schema };
    let found = own.iter().map(|schema| ObjectId::new(Kind::Collation, [schema, name]));
    let found = found.filter_map(|id| reader.catalog.objects.get(&id).and_then(Object::collation)).next();
    let system = schema.is_empty() || schema == ["pg_catalog"];
    let libc = |name: &str| Provider::Libc { lc_collate: name.into(), lc_ctype: name.into() };
    let source = match (found, name.as_str()) {
        (Some(collation), _) => return Ok(collation.clone()),
        (None, "C" | "POSIX") if system => libc(name),
        (None, name) if system && name.starts_with("C.") => libc(name),
        (None, name) if system && name.ends_with("-x-icu") => {
            Provider::Icu { locale: Locale(name.trim_end_matches("-x-icu").into()), rules: None }
        }
        (None, _) => {
            let message = format!("what the collation {} is like is not known", dotted(&names));
            let error = reader.wrong(reader.find_name(0, name), message);
            let error = error.hint("write its provider and locale, or correct the name");
            return Err(Stop::Missing { name: name.clone(), error });
        }
    };
    let every_encoding = Derived(matches!(name.as_str(), "C" | "POSIX"));
    Ok(Collation { source, deterministic: true, every_encoding })
}
