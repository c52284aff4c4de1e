//! Reading CREATE TABLE.

use std::borrow::Cow;

use pg_query::protobuf::{ConstrType, Constraint, CreateForeignTableStmt, CreateStmt};
use pg_query::NodeEnum;

use super::foreign::{self, Foreign, is_foreign};
use super::Table;
use super::alter_table::{read_alter, read_cluster};
use crate::catalog::ObjectId;
use crate::facts::ColumnFact;
use crate::load::reader::{Reader, Stop};
use crate::name::QualifiedName;
use super::inherit::{inherit, parts};
use crate::objects::partition_key::PartitionKey;
use crate::objects::partition;
use crate::objects::column::{self, read_column};
use crate::objects::column_default::ColumnDefault;
use crate::objects::{Kind, Object, constraint, foreign_key, options};

/// Reads CREATE TABLE, CREATE FOREIGN TABLE and ALTER of both.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateStmt(statement) => Some(create(statement, None, reader)),
        NodeEnum::CreateForeignTableStmt(statement) => {
            statement.base_stmt.as_ref().map(|base| create(base, Some(statement), reader))
        }
        NodeEnum::AlterTableStmt(statement) => read_alter(statement, reader),
        NodeEnum::ClusterStmt(statement) => read_cluster(statement, reader),
        _ => None,
    }
}

fn create(statement: &CreateStmt, foreign: Option<&CreateForeignTableStmt>, reader: &mut Reader) -> Result<(), Stop> {
    let Some(relation) = &statement.relation else { return Ok(()) };
    let place = relation.location;
    if relation.relpersistence == "t" {
        return Err(reader.wrong(place, "a temporary table cannot be part of a desired state")
            .hint("it belongs to one session; leave it out, or write UNLOGGED").into());
    }
    let (schema, name) = reader.new_relation(relation)?;
    let id = ObjectId::new(Kind::Table, [schema, name]);
    use pg_query::protobuf::OnCommitAction;
    if !matches!(
        OnCommitAction::try_from(statement.oncommit),
        Ok(OnCommitAction::Undefined | OnCommitAction::OncommitNoop)
    ) {
        let error = reader.wrong(place, "ON COMMIT can only be used on temporary tables");
        return Err(error.hint("leave the clause out").into());
    }
    if statement.access_method.is_empty() || statement.access_method == "heap" {
        options::check(reader, &statement.options, options::Of::Heap)?;
    }
    let mut table = Table {
        foreign: foreign.map(|foreign| Foreign::read(foreign, reader)).transpose()?,
        unlogged: relation.relpersistence == "u",
        access_method: Some(statement.access_method.clone()).filter(|method| !method.is_empty() && method != "heap"),
        tablespace: Some(statement.tablespacename.clone()).filter(|name| !name.is_empty() && name != "pg_default"),
        options: options::read(&statement.options),
        ..Table::default()
    };
    if table.options.shift_remove("oids").is_some_and(|value| value == "true") {
        return Err(reader.wrong(place, "tables declared WITH OIDS are not supported").hint("leave the option out; PostgreSQL 12 removed it").into());
    }
    let mut parents = vec![];
    for node in &statement.inh_relations {
        let Some(NodeEnum::RangeVar(range)) = node.node.as_ref() else { continue };
        let parent = reader.relation(range)?;
        if statement.partbound.is_none() {
            let (schema, name) = parent.relation();
            table.parents.push(QualifiedName::new(schema, name));
        }
        parents.push(parent);
    }
    // everything that can be missing is looked up before anything is added: the statement may be read again
    check_types(statement, reader)?;
    if let Some(of_type) = &statement.of_typename {
        let data_type = reader.type_of(of_type)?;
        let fact = reader.catalog.facts.type_named(&data_type.key);
        table.of_type = fact.map(|fact| QualifiedName::new(fact.schema.to_string(), fact.name.to_string()));
    }
    if let Some(spec) = &statement.partspec {
        table.partition_by = Some(PartitionKey::read(spec, |node| reader.expression(node)));
    }
    reader.add_named(id.clone(), table, 0, place)?;
    partition::read_part(reader, &id, statement)?;
    elements(statement, reader, &id, &parents)?;
    let (schema, name) = id.relation();
    reader.catalog.facts.model.add_relation(schema, name, 'r', vec![]);
    Ok(())
}

fn check_types(statement: &CreateStmt, reader: &Reader) -> Result<(), Stop> {
    for node in &statement.table_elts {
        match node.node.as_ref() {
            Some(NodeEnum::ColumnDef(definition)) => {
                if let Some(name) = definition.type_name.as_ref().filter(|name| crate::objects::sequence::serial_type(name).is_none()) {
                    reader.type_of(name)?;
                }
            }
            Some(NodeEnum::TableLikeClause(like)) => {
                if let Some(relation) = &like.relation {
                    reader.relation(relation)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn elements(statement: &CreateStmt, reader: &mut Reader, id: &ObjectId, parents: &[ObjectId]) -> Result<(), Stop> {
    for parent in parents {
        inherit(reader.catalog, id, parent);
    }
    let columns = reader.catalog.children(id).filter(|(child, _)| child.kind == Kind::Column).count();
    let mut position = i32::try_from(columns).unwrap_or(i32::MAX);
    if let Some(of_type) = &statement.of_typename {
        columns_of_type(reader, id, &reader.type_of(of_type)?.key, &mut position)?;
    }
    let mut constraints: Vec<Constraint> = vec![];
    for node in &statement.table_elts {
        match node.node.as_ref() {
            Some(NodeEnum::ColumnDef(definition)) if definition.type_name.is_none() => {
                let known = reader.catalog.objects.get(&id.child(Kind::Column, definition.colname.clone()));
                let of_type = known.and_then(Object::column).filter(|column| column.of_type).cloned();
                constraints.extend(match of_type {
                    Some(column) => column::read_options(reader, id, definition, column)?,
                    None => column::read_override(reader, id, definition)?,
                });
            }
            Some(NodeEnum::ColumnDef(definition)) => {
                position += 1;
                let column = id.child(Kind::Column, definition.colname.clone());
                // a column that a parent has already is merged: the definition here decides
                if let Some(Object::Column(known)) = reader.catalog.objects.get(&column) {
                    if !known.inherited {
                        return Err(reader.wrong(definition.location, format!("column {} specified more than once", crate::name::quote(&definition.colname))).hint("keep one of the two, or give one another name").into());
                    }
                    reader.catalog.objects.remove(&column);
                    reader.catalog.objects.remove(&column.with_kind(Kind::ColumnDefault));
                }
                constraints.extend(read_column(reader, id, definition, position)?);
            }
            Some(NodeEnum::Constraint(constraint)) => constraints.push((**constraint).clone()),
            Some(NodeEnum::TableLikeClause(clause)) => like(reader, id, clause, &mut position)?,
            _ => return Err(reader.wrong(0, "this element of CREATE TABLE is not supported").hint("write columns and constraints only").into()),
        }
    }
    // a new table has no rows that could break them, so PostgreSQL marks them valid whatever is written
    let foreign = is_foreign(reader.catalog, id);
    for constraint in constraints.iter_mut().filter(|constraint| constraint.is_enforced && !foreign) {
        constraint.skip_validation = false;
    }
    read_constraints(reader, id, &constraints)
}

/// Reads constraints in the order in which PostgreSQL names them: checks first, then keys, then foreign keys.
pub fn read_constraints(reader: &mut Reader, table: &ObjectId, constraints: &[Constraint]) -> Result<(), Stop> {
    let kind = |constraint: &Constraint| ConstrType::try_from(constraint.contype).unwrap_or(ConstrType::Undefined);
    let rank = |constraint: &Constraint| match kind(constraint) {
        ConstrType::ConstrNotnull => 0,
        ConstrType::ConstrCheck => 1,
        ConstrType::ConstrPrimary => 2,
        ConstrType::ConstrForeign => 4,
        _ => 3,
    };
    let mut ordered: Vec<Cow<Constraint>> = constraints.iter().map(Cow::Borrowed).collect();
    ordered.sort_by_key(|constraint| rank(constraint));
    let mut ordered = merge_keys(ordered);
    // given names are taken before any is chosen
    ordered.sort_by_key(|constraint| (rank(constraint), constraint.conname.is_empty()));
    for constraint in &ordered {
        foreign::check(reader, table, constraint)?;
        match kind(constraint) {
            ConstrType::ConstrNotnull => not_null(reader, table, constraint)?,
            ConstrType::ConstrForeign => foreign_key::read_element(reader, table, constraint)?,
            _ => constraint::read_element(reader, table, constraint)?,
        }
    }
    Ok(())
}

/// Keys over the same columns in one statement are one: the first, which takes the name of another when it has none
/// (`transformIndexConstraints`).
fn merge_keys(constraints: Vec<Cow<Constraint>>) -> Vec<Cow<Constraint>> {
    let is_key = |constraint: &Constraint| {
        let kinds = [ConstrType::ConstrPrimary as i32, ConstrType::ConstrUnique as i32];
        kinds.contains(&constraint.contype) && constraint.indexname.is_empty()
    };
    let same = |one: &Constraint, two: &Constraint| {
        let columns = |it: &Constraint| (options::strings(&it.keys), options::strings(&it.including));
        let settings = |it: &Constraint| (it.without_overlaps, it.nulls_not_distinct, it.deferrable, it.initdeferred);
        columns(one) == columns(two) && settings(one) == settings(two)
    };
    let mut kept: Vec<Cow<Constraint>> = vec![];
    for constraint in constraints {
        match kept.iter_mut().find(|prior| is_key(prior) && is_key(&constraint) && same(prior, &constraint)) {
            Some(prior) if prior.conname.is_empty() => prior.to_mut().conname = constraint.conname.clone(),
            Some(_) => {}
            None => kept.push(constraint),
        }
    }
    kept
}

/// A NOT NULL constraint in table form (PostgreSQL 18).
fn not_null(reader: &mut Reader, table: &ObjectId, constraint: &Constraint) -> Result<(), Stop> {
    for name in options::strings(&constraint.keys) {
        let id = table.child(Kind::Column, name.clone());
        let not_null = column::NotNull::read(reader, &id, Some(constraint));
        match reader.catalog.objects.get_mut(&id) {
            Some(Object::Column(column)) => column.not_null = Some(not_null),
            _ => return Err(missing_column(reader, constraint.location, table, &name).into()),
        }
    }
    Ok(())
}

/// The error for a column that a table does not have.
pub fn missing_column(reader: &Reader, location: i32, table: &ObjectId, name: &str) -> crate::error::Error {
    let names: Vec<String> = reader
        .catalog
        .children(table)
        .filter(|(id, _)| id.kind == Kind::Column)
        .map(|(id, _)| id.name().to_string())
        .collect();
    let place = reader.find_name(location, name);
    let error = reader.wrong(place, format!("column {} of {table} does not exist", crate::name::quote(name)));
    match names.is_empty() {
        true => error.hint("the table has no columns"),
        false => error.hint(format!("the columns are {}", names.join(", "))),
    }
}

fn columns_of_type(reader: &mut Reader, id: &ObjectId, key: &str, position: &mut i32) -> Result<(), Stop> {
    let facts = &reader.catalog.facts;
    let columns: Vec<ColumnFact> = facts.relation_of_type(key).map(|relation| relation.columns.clone()).unwrap_or_default();
    for fact in columns {
        *position += 1;
        let data_type = crate::load::reader::Type::of(&reader.catalog.facts, &fact.type_key, fact.typmod);
        let column = column::Column { of_type: true, ..column::Column::plain(data_type, *position) };
        reader.catalog.objects.insert(id.child(Kind::Column, fact.name.to_string()), column.into());
    }
    Ok(())
}

/// LIKE: copies columns, and what INCLUDING asks for.
pub fn like(
    reader: &mut Reader,
    id: &ObjectId,
    clause: &pg_query::protobuf::TableLikeClause,
    position: &mut i32,
) -> Result<(), Stop> {
    // CREATE_TABLE_LIKE_* of the parser
    let including = |bit: u32| clause.options & (1 << bit) != 0;
    let (comments, compression, constraints, defaults) = (including(0), including(1), including(2), including(3));
    let foreign = is_foreign(reader.catalog, id);
    let (compression, generated) = (compression && !foreign, including(4));
    let (identity, indexes, storage) = (including(5) && !foreign, including(6) && !foreign, including(8) && !foreign);
    let Some(relation) = &clause.relation else { return Ok(()) };
    let from = reader.relation(relation)?;
    if foreign && reader.catalog.facts.major() < 18 {
        let error = reader.wrong(relation.location, "LIKE in CREATE FOREIGN TABLE exists from PostgreSQL 18 on");
        return Err(error.hint("write the columns out").into());
    }
    if from.kind != Kind::Table {
        return Err(reader.wrong(relation.location, format!("LIKE {from} is not supported: it is no table")).hint("write the columns out").into());
    }
    for (child, object) in parts(reader.catalog, &from) {
        let own = id.child(child.kind, child.name().to_string());
        match object {
            Object::Column(mut column) => {
                *position += 1;
                column.position = column::Position(*position);
                column.inherited = false;
                column.not_null = column.not_null.map(|it| it.copied(&own, comments));
                column.statistics = None;
                column.options.clear();
                column.foreign_options.clear();
                column.identity = column.identity.filter(|_| identity);
                column.generated = column.generated.filter(|_| generated);
                column.storage = column.storage.filter(|_| storage);
                column.compression = column.compression.filter(|_| compression);
                reader.add(own.clone(), column, relation.location)?;
            }
            Object::ColumnDefault(ColumnDefault { expression, .. }) if defaults => {
                reader.catalog.objects.insert(own.clone(), ColumnDefault::from(expression).into());
            }
            Object::Constraint(constraint) if constraint.is_check() && constraints || !constraint.is_check() && indexes => {
                constraint::copy(reader, id, &child, constraint)?;
            }
            _ => continue,
        }
        if let Some(attributes) = reader.catalog.attributes.get(&child).filter(|_| comments).cloned() {
            reader.catalog.attributes.entry(own).or_default().comment = attributes.comment;
        }
    }
    if indexes {
        crate::objects::index::copy_all(reader, &from, id)?;
    }
    if including(7) {
        crate::objects::statistics::copy_all(reader, &from, id, comments)?;
    }
    Ok(())
}
