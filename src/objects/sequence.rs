//! Sequences (`pg_sequence`), those of serial columns included; those of identity columns belong to the column.

use std::collections::BTreeSet;

use pg_query::protobuf::{AlterSeqStmt, CreateSeqStmt, DefElem, TypeName};
use pg_query::{Node, NodeEnum};
use serde::Serialize;
use tokio_postgres::Row;

use super::sequence_options::SequenceOptions;
use super::sequence_owner::{self, SequenceOwner};
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Object, Reaction, Statement, rename, schema};
use crate::catalog::ObjectId;
use crate::error::Result;
use crate::expression::Expression;
use crate::facts::ColumnFact;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{choose, literal};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::resolve::Resolver;

/// A sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sequence {
    /// Type and parameters.
    pub options: SequenceOptions,
    /// Not written to the log; PostgreSQL 15 and later.
    pub unlogged: bool,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("sequence.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Sequence, &["schema", "name"])?;
    let options = SequenceOptions {
        data_type: live.text(row, "data_type")?,
        start: live.get(row, "seqstart")?,
        increment: live.get(row, "seqincrement")?,
        min: live.get(row, "seqmin")?,
        max: live.get(row, "seqmax")?,
        cache: live.get(row, "seqcache")?,
        cycle: live.get(row, "seqcycle")?,
    };
    live.attribute_of(row, &id)?;
    let unlogged = live.get(row, "unlogged")?;
    live.add(row, id, Sequence { options, unlogged })
}

/// Reads CREATE SEQUENCE and ALTER SEQUENCE.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateSeqStmt(statement) => Some(read_create(statement, reader)),
        NodeEnum::AlterSeqStmt(statement) => Some(read_alter(statement, reader)),
        _ => None,
    }
}

/// The type behind `serial` and its kin, which are no types but a way to write three things; `None` for all others.
pub fn serial_type(name: &TypeName) -> Option<&'static str> {
    let [Node { node: Some(NodeEnum::String(word)) }] = name.names.as_slice() else { return None };
    if !name.array_bounds.is_empty() || name.setof || name.pct_type || !name.typmods.is_empty() {
        return None;
    }
    match word.sval.as_str() {
        "smallserial" | "serial2" => Some("int2"),
        "serial" | "serial4" => Some("int4"),
        "bigserial" | "serial8" => Some("int8"),
        _ => None,
    }
}

/// Adds the sequence that a serial column implies, under PostgreSQL's name for it, and what it is owned by. Gives the
/// column's default. Errors: none that a well-formed column could cause.
pub fn read_serial(reader: &mut Reader, column: &ObjectId, key: &str) -> Result<Expression, Stop> {
    let (schema, table) = column.relation();
    let name = choose(table, Some(column.name()), "seq", |name| reader.catalog.relation(schema, name).is_some());
    let id = ObjectId::new(Kind::Sequence, [schema, &name]);
    let data_type = match key {
        "int2" => "smallint",
        "int4" => "integer",
        _ => "bigint",
    };
    let place = reader.catalog.locations.get(column).cloned().unwrap_or_else(|| reader.place(0));
    // from PostgreSQL 15 on the sequence is as its table is
    let owning = reader.catalog.objects.get(&column.parent(Kind::Table));
    let unlogged =
        reader.catalog.facts.major() >= 15 && owning.and_then(Object::table).is_some_and(|table| table.unlogged);
    let sequence = Sequence { options: SequenceOptions::defaults(data_type, 1), unlogged };
    let default = Expression::printed(&format!("nextval({}::regclass)", literal(&id.sql())))?;
    let owner = id.with_kind(Kind::SequenceOwner);
    for (id, object) in [(id, sequence.into()), (owner, SequenceOwner { column: column.clone() }.into())] {
        reader.catalog.locations.insert(id.clone(), place.clone());
        reader.catalog.objects.insert(id, object);
    }
    Ok(default)
}

fn elements(nodes: &[Node]) -> impl Iterator<Item = &DefElem> {
    nodes.iter().filter_map(|node| match node.node.as_ref() {
        Some(NodeEnum::DefElem(element)) => Some(&**element),
        _ => None,
    })
}

/// The type of `AS type`.
fn data_type(nodes: &[Node], reader: &Reader) -> Result<Option<&'static str>, Stop> {
    let Some(element) = elements(nodes).find(|element| element.defname == "as") else { return Ok(None) };
    let Some(NodeEnum::TypeName(name)) = element.arg.as_ref().and_then(|arg| arg.node.as_ref()) else {
        return Ok(None);
    };
    match reader.type_of(name)?.key.as_str() {
        "int2" => Ok(Some("smallint")),
        "int4" => Ok(Some("integer")),
        "int8" => Ok(Some("bigint")),
        _ => Err(reader.wrong(element.location, "sequence type must be smallint, integer, or bigint").hint("write AS with one of these types").into()),
    }
}

fn read_create(statement: &CreateSeqStmt, reader: &mut Reader) -> Result<(), Stop> {
    let Some(range) = &statement.sequence else { return Ok(()) };
    if range.relpersistence == "t" {
        return Err(reader.wrong(range.location, "a temporary sequence cannot be part of a desired state")
            .hint("it belongs to one session; leave it out").into());
    }
    let (schema, name) = reader.new_relation(range)?;
    let id = ObjectId::new(Kind::Sequence, [schema, name]);
    let data_type = data_type(&statement.options, reader)?.unwrap_or("bigint");
    let options = SequenceOptions::read(&statement.options, data_type, reader)?;
    // found first: when the column is not there yet, nothing may be left behind
    let owner = sequence_owner::owner(&statement.options, reader)?;
    reader.add_named(id.clone(), Sequence { options, unlogged: range.relpersistence == "u" }, 0, range.location)?;
    if let Some(owner) = owner {
        sequence_owner::set(reader, &id, owner);
    }
    Ok(())
}

fn read_alter(statement: &AlterSeqStmt, reader: &mut Reader) -> Result<(), Stop> {
    let Some(range) = &statement.sequence else { return Ok(()) };
    let id = reader.relation(range)?;
    let Some(Object::Sequence(sequence)) = reader.catalog.objects.get(&id) else {
        return Err(reader.wrong(range.location, format!("{id} is not a sequence")).into());
    };
    let mut sequence = sequence.clone();
    if let Some(element) = elements(&statement.options).find(|element| element.defname == "restart") {
        return Err(reader
            .wrong(element.location, "the position of a sequence is no part of a desired state")
            .hint("leave out RESTART; START WITH says where a new sequence begins")
            .into());
    }
    if let Some(data_type) = data_type(&statement.options, reader)? {
        sequence.options = over(&sequence.options, data_type);
    }
    sequence.options = merged(&sequence.options, &statement.options, reader)?;
    let owner = sequence_owner::owner(&statement.options, reader)?;
    reader.catalog.objects.insert(id.clone(), sequence.into());
    if let Some(owner) = owner {
        sequence_owner::set(reader, &id, owner);
    }
    Ok(())
}

/// The options after ALTER SEQUENCE: those that it names, and the former ones.
fn merged(current: &SequenceOptions, nodes: &[Node], reader: &Reader) -> Result<SequenceOptions> {
    let written = SequenceOptions::read(nodes, &current.data_type, reader)?;
    let said = |name: &str| elements(nodes).any(|element| element.defname == name);
    let increment = if said("increment") { written.increment } else { current.increment };
    let natural = SequenceOptions::defaults(&current.data_type, increment);
    let bound = |name: &str, written: i64, natural: i64, current: i64| match elements(nodes)
        .find(|element| element.defname == name)
    {
        Some(element) if element.arg.is_some() => written,
        Some(_) => natural,
        None => current,
    };
    Ok(SequenceOptions {
        data_type: current.data_type.clone(),
        start: if said("start") { written.start } else { current.start },
        increment,
        min: bound("minvalue", written.min, natural.min, current.min),
        max: bound("maxvalue", written.max, natural.max, current.max),
        cache: if said("cache") { written.cache } else { current.cache },
        cycle: if said("cycle") { written.cycle } else { current.cycle },
    })
}

/// What `ALTER SEQUENCE … AS` makes of the options: bounds that were those of the old type become those of the new.
fn over(current: &SequenceOptions, data_type: &str) -> SequenceOptions {
    let bounds = |name: &str| (SequenceOptions::defaults(name, -1).min, SequenceOptions::defaults(name, 1).max);
    let ((old_min, old_max), (min, max)) = (bounds(&current.data_type), bounds(data_type));
    SequenceOptions {
        data_type: data_type.to_string(),
        min: if current.min == old_min { min } else { current.min },
        max: if current.max == old_max { max } else { current.max },
        ..current.clone()
    }
}

/// Sets a sequence that has given out no value yet to another start. `name` is an expression for its name.
pub fn restart(name: &str, start: i64) -> Statement {
    let sql = format!(
        "SELECT pg_catalog.setval(it, {start}, false) FROM (SELECT {name}::pg_catalog.regclass AS it) AS sequence \
         WHERE pg_catalog.pg_sequence_last_value(it) IS NULL"
    );
    Statement::new(Form::Data, sql)
}

impl DatabaseObject for Sequence {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        schema::needed(id, resolver)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { options, unlogged } = self;
        let mut words = vec![format!("CREATE {}SEQUENCE {}", if *unlogged { "UNLOGGED " } else { "" }, id.sql())];
        if options.data_type != "bigint" {
            words.push(format!("AS {}", options.data_type));
        }
        words.extend(options.sql());
        vec![Statement::new(Form::Create, words.join(" "))]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        let Self { options, unlogged } = desired;
        let mut words = vec![];
        let mut current = self.options.clone();
        if current.data_type != options.data_type {
            words.push(format!("AS {}", options.data_type));
            current = over(&current, &options.data_type);
        }
        words.extend(current.changes(options));
        let mut statements = vec![];
        if self.options.must_restart(options) {
            statements.push(restart(&literal(&id.sql()), options.start));
        }
        if !words.is_empty() {
            let mut statement =
                Statement::new(Form::AlterSequence, format!("ALTER SEQUENCE {} {}", id.sql(), words.join(" ")));
            if options.max < self.options.max || options.min > self.options.min {
                let message = format!("fails when {id} stands outside of its new bounds");
                statement = statement.finding(Finding::new("data-may-not-fit", message));
            }
            statements.push(statement);
        }
        if self.unlogged != *unlogged && context.major >= 15 {
            let word = if *unlogged { "UNLOGGED" } else { "LOGGED" };
            statements.push(Statement::new(Form::AlterRelation, format!("ALTER SEQUENCE {} SET {word}", id.sql())));
        }
        Alteration::in_place(statements)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Drop, format!("DROP SEQUENCE {}", id.sql()))]
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, _disturbance: Disturbance) -> Reaction {
        Reaction::Survives
    }

    fn carried_by(&self, _id: &ObjectId, whole: &ObjectId) -> bool {
        // only an owned sequence depends on a column
        whole.kind == Kind::Column
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::AlterRelation, "SEQUENCE", id, new)
    }

    fn columns(&self) -> Option<(char, Vec<ColumnFact>)> {
        let column = |name: &'static str, key: &'static str| ColumnFact {
            name: name.into(),
            type_key: key.into(),
            typmod: -1,
            collation: None,
            not_null: true,
        };
        Some(('S', vec![column("last_value", "int8"), column("log_cnt", "int8"), column("is_called", "bool")]))
    }

    fn holds_data(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_start_is_all_that_changes() {
        let current = SequenceOptions::defaults("bigint", 1);
        let desired = SequenceOptions { start: 100, ..current.clone() };
        assert_eq!(current.changes(&desired), ["START WITH 100"]);
    }

    #[test]
    fn bounds_follow_the_type() {
        let wide = over(&SequenceOptions::defaults("integer", 1), "bigint");
        assert_eq!(wide, SequenceOptions::defaults("bigint", 1));
        let own = SequenceOptions { max: 500, ..SequenceOptions::defaults("integer", 1) };
        assert_eq!(over(&own, "bigint").max, 500);
        assert_eq!(over(&SequenceOptions::defaults("integer", -1), "bigint").min, i64::MIN);
    }
}
