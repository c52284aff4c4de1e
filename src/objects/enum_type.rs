//! Enum types (`pg_enum`).

use std::collections::{BTreeMap, BTreeSet};

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterEnumStmt, CreateEnumStmt, Token};
use serde::Serialize;
use tokio_postgres::Row;

use super::{AlterContext, Alteration, DatabaseObject, Kind, Object, Statement, options, rename, schema, type_use};
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::facts::{Fact, NewType, type_key};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{MAX_BYTES, literal};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

pub mod change;

/// An enum type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnumType {
    /// The labels in their sort order.
    pub labels: Vec<String>,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("enum_type.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::EnumType, &["schema", "name"])?;
    let labels: Vec<String> = live.get(row, "labels")?;
    live.catalog.facts.model.add_type(id.relation().0, id.name(), NewType::Enum(labels.clone()));
    live.attribute_of(row, &id)?;
    let array = (live.get(row, "classid")?, live.get(row, "array_oid")?, 0);
    live.alias(array, &id);
    live.add(row, id, EnumType { labels })
}

/// Reads CREATE TYPE … AS ENUM and ALTER TYPE … ADD VALUE or RENAME VALUE.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateEnumStmt(statement) => Some(read_create(statement, reader)),
        NodeEnum::AlterEnumStmt(statement) => Some(read_alter(statement, reader)),
        _ => None,
    }
}

fn read_create(statement: &CreateEnumStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.type_name)?;
    let labels = options::strings(&statement.vals);
    for (at, label) in labels.iter().enumerate() {
        let problem = match () {
            () if label.len() > MAX_BYTES => "labels must have 63 bytes or less",
            () if labels[..at].contains(label) => "every label must be there once only",
            () => continue,
        };
        return Err(reader.wrong(0, format!("invalid enum label {}", literal(label))).hint(problem).into());
    }
    let id = ObjectId::new(Kind::EnumType, [&schema, &name]);
    reader.add(id.clone(), EnumType { labels: labels.clone() }, 0)?;
    let former = former_labels(&labels, reader);
    if !former.is_empty() {
        reader.catalog.intents.entry(id).or_default().labels = former;
    }
    reader.catalog.facts.model.add_type(&schema, &name, NewType::Enum(labels));
    Ok(())
}

/// What the annotations above labels say: label -> former label. The labels' nodes carry no location.
fn former_labels(labels: &[String], reader: &mut Reader) -> BTreeMap<String, String> {
    let Ok(tokens) = pg_query::scan_tokens(reader.text()) else { return BTreeMap::new() };
    let string = |token: i32| token == Token::Sconst as i32 || token == Token::Usconst as i32;
    let starts: Vec<i32> = tokens.iter().filter(|token| string(token.token)).map(|token| token.start).collect();
    let offset = i32::try_from(reader.start).unwrap_or_default();
    let mut former = BTreeMap::new();
    for (label, start) in labels.iter().zip(starts) {
        if let Some(old) = reader.intent(offset + start).renamed_from {
            former.insert(label.clone(), old.name);
        }
    }
    former
}

fn read_alter(statement: &AlterEnumStmt, reader: &mut Reader) -> Result<(), Stop> {
    let id = type_use::existing(reader, Kind::EnumType, &statement.type_name)?;
    let missing = |reader: &Reader, label: &str| reader.wrong(0, format!("{id} has no label {}", literal(label)));
    let Some(Object::EnumType(current)) = reader.catalog.objects.get(&id) else { return Ok(()) };
    let mut labels = current.labels.clone();
    let place = |label: &str| labels.iter().position(|other| other == label);
    if place(&statement.new_val).is_some() {
        if statement.skip_if_new_val_exists {
            return Ok(());
        }
        return Err(reader.wrong(0, format!("{id} has a label {} already", literal(&statement.new_val))).into());
    }
    if !statement.old_val.is_empty() {
        let at = place(&statement.old_val).ok_or_else(|| missing(reader, &statement.old_val))?;
        labels[at] = statement.new_val.clone();
    } else if !statement.new_val_neighbor.is_empty() {
        let at = place(&statement.new_val_neighbor).ok_or_else(|| missing(reader, &statement.new_val_neighbor))?;
        labels.insert(at + usize::from(statement.new_val_is_after), statement.new_val.clone());
    } else {
        labels.push(statement.new_val.clone());
    }
    tell(reader.catalog, &id, &labels);
    reader.catalog.objects.insert(id, EnumType { labels }.into());
    Ok(())
}

/// Tells the facts about other labels of a type that they know.
fn tell(catalog: &mut Catalog, id: &ObjectId, labels: &[String]) {
    let key = type_key(id.relation().0, id.name());
    if let Some(mut fact) = catalog.facts.type_named(&key).cloned() {
        fact.labels = labels.iter().cloned().map(Into::into).collect();
        catalog.facts.model.add_fact(Fact::Type(fact));
    }
}

/// CREATE TYPE.
fn definition(id: &ObjectId, labels: &[String]) -> String {
    let labels: Vec<String> = labels.iter().map(|label| literal(label)).collect();
    format!("CREATE TYPE {} AS ENUM ({})", id.sql(), labels.join(", "))
}

impl DatabaseObject for EnumType {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        schema::needed(id, resolver)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Create, definition(id, &self.labels))]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        change::alter(self, id, desired, context)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP TYPE {}", id.sql()))]
    }

    fn renamed_inside(&self, id: &ObjectId, desired: &Self, labels: &BTreeMap<String, String>, out: &mut Renames) {
        let key = crate::facts::type_key(id.relation().0, id.name());
        for (old, new) in change::renamed(&self.labels, &desired.labels, labels).1 {
            out.add_label(&key, &old, &new);
        }
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "TYPE", id, new)
    }
}
