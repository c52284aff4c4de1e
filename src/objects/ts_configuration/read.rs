//! CREATE and ALTER TEXT SEARCH CONFIGURATION in files.

use std::collections::BTreeMap;

use pg_query::protobuf::{AlterTsConfigType, AlterTsConfigurationStmt, DefElem, DefineStmt, ObjectType};
use pg_query::{Node, NodeEnum};

use super::TsConfiguration;
use crate::catalog::ObjectId;
use crate::config::suggest::closest;
use crate::error::Result;
use crate::load::reader::{Reader, Stop};
use crate::name::quote;
use crate::objects::text_search::{self, Named};
use crate::objects::{Kind, Object, attributes, options};

/// Reads CREATE and ALTER TEXT SEARCH CONFIGURATION.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::DefineStmt(statement) if statement.kind == ObjectType::ObjectTsconfiguration as i32 => {
            Some(create(statement, reader))
        }
        NodeEnum::AlterTsconfigurationStmt(statement) => Some(alter(statement, reader)),
        _ => None,
    }
}

fn create(statement: &DefineStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.defnames)?;
    let given =
        options::definition(&statement.definition, &["parser", "copy"], "text search configurations", reader)?;
    let configuration = match (given.get("parser"), given.get("copy")) {
        (Some(_), Some(copied)) => {
            let error = reader.wrong(copied.location, "PARSER and COPY cannot both be there");
            return Err(error.hint("a copy has the parser of the configuration that is copied").into());
        }
        (Some(parser), None) => {
            let parser = Named::new(options::name_nodes(parser), reader.path);
            TsConfiguration { parser, mappings: BTreeMap::new() }
        }
        (None, Some(copied)) => copy(copied, reader)?,
        (None, None) => {
            let error = reader.wrong(0, "a text search configuration needs a parser");
            return Err(error.hint("add PARSER = \"default\", or COPY = … with another configuration").into());
        }
    };
    let place = reader.find_name(0, &name);
    reader.catalog.facts.model.add_text_search("regconfig", &schema, &name);
    reader.add_named(ObjectId::new(Kind::TsConfiguration, [schema, name]), configuration, 0, place)?;
    Ok(())
}

/// COPY: the configuration is as another one is at this place in the files.
fn copy(element: &DefElem, reader: &Reader) -> Result<TsConfiguration, Stop> {
    let nodes = options::name_nodes(element);
    let named = Named::new(nodes, reader.path);
    let found = named.find(Kind::TsConfiguration, reader.catalog);
    if let Some((_, Some(id))) = &found
        && let Some(Object::TsConfiguration(known)) = reader.catalog.objects.get(id)
    {
        return Ok(known.clone());
    }
    if let Some((_, None)) = found
        && let Some(all) = text_search::built_in_mappings(named.name(), reader.catalog.facts.major())
    {
        let mappings = all.into_iter().map(|(token, name)| (token.to_string(), vec![Named::system(&name)]));
        return Ok(TsConfiguration { parser: Named::system("default"), mappings: mappings.collect() });
    }
    let shown = text_search::shown(nodes);
    let message = format!("text search configuration {shown} does not exist in the desired state");
    Err(reader.missing(element.location, named.name(), message))
}

fn alter(statement: &AlterTsConfigurationStmt, reader: &mut Reader) -> Result<(), Stop> {
    let names = options::strings(&statement.cfgname);
    let found = attributes::named(reader, Kind::TsConfiguration, &names);
    let Some((id, Object::TsConfiguration(known))) =
        found.and_then(|id| Some((id.clone(), reader.catalog.objects.get(&id)?)))
    else {
        let name = names.last().cloned().unwrap_or_default();
        let shown = text_search::shown(&statement.cfgname);
        let message = format!("text search configuration {shown} does not exist in the desired state");
        return Err(reader.missing(reader.find_name(0, &name), &name, message));
    };
    let mut configuration = known.clone();
    let tokens = options::strings(&statement.tokentype);
    check(&tokens, &configuration, reader)?;
    let dictionaries: Vec<Named> =
        statement.dicts.iter().map(|node| Named::new(name_of(node), reader.path)).collect();
    change(&mut configuration, statement, &id, (&tokens, &dictionaries), reader)?;
    reader.catalog.objects.insert(id, configuration.into());
    Ok(())
}

fn name_of(node: &Node) -> &[Node] {
    match node.node.as_ref() {
        Some(NodeEnum::List(list)) => &list.items,
        _ => std::slice::from_ref(node),
    }
}

/// Errors: the parser has no such token type, as far as it is known.
fn check(tokens: &[String], configuration: &TsConfiguration, reader: &Reader) -> Result<()> {
    let known: Vec<&str> = text_search::default_tokens().collect();
    let unknown = tokens.iter().find(|token| !known.contains(&token.as_str()));
    match unknown {
        Some(token) if is_default(&configuration.parser, reader) => {
            let place = reader.find_name(0, token);
            let error = reader.wrong(place, format!("token type {} does not exist", quote(token)));
            let hint = closest(token, known.iter().copied()).map(|other| format!("did you mean {other}?"));
            Err(error.hint(hint.unwrap_or_else(|| format!("the token types are {}", known.join(", ")))))
        }
        _ => Ok(()),
    }
}

fn is_default(parser: &Named, reader: &Reader) -> bool {
    matches!(parser.find(Kind::TsParser, reader.catalog), Some((_, None)))
}

fn change(
    configuration: &mut TsConfiguration,
    statement: &AlterTsConfigurationStmt,
    id: &ObjectId,
    (tokens, dictionaries): (&[String], &[Named]),
    reader: &Reader,
) -> Result<()> {
    use AlterTsConfigType::{
        AlterTsconfigAddMapping, AlterTsconfigAlterMappingForToken, AlterTsconfigDropMapping, AlterTsconfigReplaceDict,
        AlterTsconfigReplaceDictForToken,
    };
    let mappings = &mut configuration.mappings;
    let kind = AlterTsConfigType::try_from(statement.kind).unwrap_or(AlterTsConfigType::AlterTsconfigTypeUndefined);
    match kind {
        AlterTsconfigAddMapping => {
            if let Some(token) = tokens.iter().find(|token| mappings.contains_key(*token)) {
                let place = reader.find_name(0, token);
                let error = reader.wrong(place, format!("{id} has a mapping for {} already", quote(token)));
                return Err(error.hint("write ALTER MAPPING instead of ADD MAPPING"));
            }
            mappings.extend(tokens.iter().map(|token| (token.clone(), dictionaries.to_vec())));
        }
        AlterTsconfigAlterMappingForToken => {
            mappings.extend(tokens.iter().map(|token| (token.clone(), dictionaries.to_vec())));
        }
        AlterTsconfigReplaceDict | AlterTsconfigReplaceDictForToken => {
            if let [old, new] = dictionaries {
                let meant = mappings.iter_mut().filter(|(token, _)| tokens.is_empty() || tokens.contains(token));
                let places = meant.flat_map(|(_, list)| list.iter_mut()).filter(|name| **name == *old);
                places.for_each(|name| name.clone_from(new));
            }
        }
        AlterTsconfigDropMapping => {
            for token in tokens {
                if mappings.remove(token).is_none() && !statement.missing_ok {
                    let place = reader.find_name(0, token);
                    let error = reader.wrong(place, format!("{id} has no mapping for {}", quote(token)));
                    return Err(error.hint("leave it out"));
                }
            }
        }
        AlterTsConfigType::AlterTsconfigTypeUndefined => {}
    }
    Ok(())
}
