//! CREATE TYPE … AS RANGE in files.

use pg_query::NodeEnum;
use pg_query::protobuf::CreateRangeStmt;

use super::{Constructors, RangeType};
use crate::catalog::ObjectId;
use crate::load::reader::{Reader, Stop, Type};
use crate::name::{QualifiedName, dotted};
use crate::objects::options::Definition;
use crate::objects::trigger_function::TriggerFunction;
use crate::objects::{Kind, column, options, routine};

/// What the definition of a range type can say.
const WORDS: &[&str] = &["subtype", "subtype_opclass", "collation", "canonical", "subtype_diff", "multirange_type_name"];

/// Reads CREATE TYPE … AS RANGE.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateRangeStmt(statement) => Some(create(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreateRangeStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.type_name)?;
    let given = options::definition(&statement.params, WORDS, "range types", reader)?;
    let id = ObjectId::new(Kind::RangeType, [&schema, &name]);
    let subtype = subtype(&given, reader)?;
    let names = |word: &str| given.get(word).map(|element| options::name_nodes(element));
    let path = reader.path;
    let function = |word: &str| names(word).map(|names| TriggerFunction::new(names, path));
    let multirange = match names("multirange_type_name") {
        Some(names) => reader.new_name(names).map(|(schema, name)| QualifiedName { schema, name })?,
        None => RangeType::usual_multirange(&id),
    };
    if let Some(taken) = reader.catalog.type_named(&multirange.schema, &multirange.name) {
        let error = reader.wrong(0, format!("{taken} has the name of the multirange type of {id}"));
        return Err(error.hint("give it another one with multirange_type_name").into());
    }
    let range = RangeType {
        operator_class: operator_class(&given, reader)?,
        collation: match names("collation") {
            Some(names) => column::collation(reader, names, &subtype)?,
            None => None,
        },
        canonical: function("canonical"),
        subtype_diff: function("subtype_diff"),
        constructors: Constructors::of(&id, &multirange),
        multirange,
        subtype,
    };
    let place = reader.find_name(0, &name);
    reader.add_named(id.clone(), range.clone(), 0, place)?;
    reader.added.push(range.multirange.name.clone());
    range.tell(&id, &mut reader.catalog.facts);
    Ok(())
}

fn subtype(given: &Definition, reader: &Reader) -> Result<Type, Stop> {
    let Some(element) = given.get("subtype") else {
        return Err(reader.wrong(0, "a range type needs a subtype").hint("say subtype = …").into());
    };
    match element.arg.as_ref().and_then(|node| node.node.as_ref()) {
        // no modifier is kept
        Some(NodeEnum::TypeName(name)) => routine::type_of(name, reader),
        _ => {
            let message = format!("{} is no type", options::value(element.arg.as_deref()));
            Err(reader.wrong(element.location, message).hint("name a type, such as numeric").into())
        }
    }
}

/// The operator class for B-trees when it is not the default one. Errors: it is not there (yet).
fn operator_class(given: &Definition, reader: &Reader) -> Result<Option<QualifiedName>, Stop> {
    let Some(element) = given.get("subtype_opclass") else { return Ok(None) };
    let names = options::strings(options::name_nodes(element));
    let (name, before) = names.split_last().map_or((String::new(), &[][..]), |(name, before)| (name.clone(), before));
    let path: Vec<String> = match before.last() {
        Some(schema) => vec![schema.clone()],
        None => std::iter::once("pg_catalog".to_string()).chain(reader.path.iter().cloned()).collect(),
    };
    let facts = &reader.catalog.facts;
    let found = path
        .iter()
        .find_map(|schema| facts.operator_classes("btree").find(|it| it.schema == schema.as_str() && it.name == name));
    match found {
        Some(class) if class.default => Ok(None),
        Some(class) => Ok(Some(QualifiedName::new(class.schema.clone(), name))),
        None => {
            let message = format!("operator class {} does not exist for access method btree", dotted(&names));
            Err(reader.missing(element.location, &name, message))
        }
    }
}
