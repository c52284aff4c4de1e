//! Reading a column definition of CREATE TABLE or ADD COLUMN.

use pg_query::protobuf::{ColumnDef, ConstrType, Constraint};
use pg_query::{Node, NodeEnum};

use super::{Column, Generated, Identity, NotNull};
use crate::catalog::ObjectId;
use crate::error::Result;
use crate::load::reader::{Reader, Stop, Type};
use crate::name::QualifiedName;
use crate::objects::Object;
use crate::objects::column_default::ColumnDefault;
use crate::objects::options::{self, Options, strings};
use crate::objects::sequence_options::SequenceOptions;
use crate::objects::table::foreign::is_foreign;
use crate::objects::{Kind, generic_options, identity_sequence, sequence};

/// Reads a column with its default. The constraints that are objects of their own are handed back, the column's
/// name filled in.
pub fn read_column(reader: &mut Reader, table: &ObjectId, definition: &ColumnDef, position: i32) -> Result<Vec<Constraint>, Stop> {
    let id = table.child(Kind::Column, definition.colname.clone());
    let place = definition.location;
    let Some(type_name) = &definition.type_name else {
        return Err(reader.wrong(place, format!("column {} has no type", id.sql())).hint("write the type behind the name").into());
    };
    let serial = sequence::serial_type(type_name);
    let data_type = match serial {
        Some(key) => Type::of(&reader.catalog.facts, key, -1),
        None => reader.type_of(type_name)?,
    };
    let collation = match &definition.coll_clause {
        Some(clause) => collation(reader, &clause.collname, &data_type)?,
        None => None,
    };
    let column = Column { collation, ..Column::plain(data_type, position) };
    read_rest(reader, table, definition, column, serial)
}

/// Reads what CREATE TABLE … OF says about a column of the type. Gives the same as [`read_column`].
pub fn read_options(
    reader: &mut Reader,
    table: &ObjectId,
    definition: &ColumnDef,
    column: Column,
) -> Result<Vec<Constraint>, Stop> {
    reader.catalog.objects.remove(&table.child(Kind::Column, definition.colname.clone()));
    read_rest(reader, table, definition, column, None)
}

fn read_rest(
    reader: &mut Reader,
    table: &ObjectId,
    definition: &ColumnDef,
    mut column: Column,
    serial: Option<&'static str>,
) -> Result<Vec<Constraint>, Stop> {
    let id = table.child(Kind::Column, definition.colname.clone());
    let place = definition.location;
    column.compression = Some(definition.compression.clone()).filter(|method| !method.is_empty() && method != "default");
    column.storage = storage(reader, &column.data_type, &definition.storage_name);
    generic_options::apply(reader, &mut column.foreign_options, &definition.fdwoptions)?;
    if !column.foreign_options.is_empty() && !is_foreign(reader.catalog, table) {
        return Err(reader.wrong(place, format!("column {} cannot have options: {table} is no foreign table", id.sql())).hint("leave OPTIONS out").into());
    }
    let mut default = None;
    let mut rest = vec![];
    let mut null = false;
    for node in &definition.constraints {
        let Some(NodeEnum::Constraint(constraint)) = node.node.as_ref() else { continue };
        let kind = ConstrType::try_from(constraint.contype).unwrap_or(ConstrType::Undefined);
        match kind {
            ConstrType::ConstrNull => null = true,
            ConstrType::ConstrNotnull => {
                column.not_null = Some(NotNull::read(reader, &id, Some(constraint)));
            }
            ConstrType::ConstrDefault => {
                if default.is_some() {
                    return Err(reader.wrong(constraint.location, format!("multiple default values specified for column {}", id.sql())).hint("keep one of the two").into());
                }
                default = constraint.raw_expr.as_deref().map(|node| reader.expression(node));
            }
            ConstrType::ConstrIdentity => column.identity = Some(identity(reader, &id, &column.data_type, constraint)?.into()),
            ConstrType::ConstrGenerated => {
                let Some(node) = constraint.raw_expr.as_deref() else { continue };
                let stored = constraint.generated_kind != "v";
                column.generated = Some(Generated { expression: reader.expression(node), stored });
            }
            ConstrType::ConstrAttrDeferrable
            | ConstrType::ConstrAttrNotDeferrable
            | ConstrType::ConstrAttrDeferred
            | ConstrType::ConstrAttrImmediate
            | ConstrType::ConstrAttrEnforced
            | ConstrType::ConstrAttrNotEnforced => attribute(reader, &mut rest, kind, constraint)?,
            _ => rest.push(element(constraint, kind, &definition.colname)),
        }
    }
    let problem = match () {
        () if null && column.not_null.is_some() => Some("conflicting NULL and NOT NULL declarations"),
        () if null && column.identity.is_some() => Some("an identity column cannot be NULL"),
        () if column.identity.is_some() && (default.is_some() || serial.is_some()) => Some("both default and identity are given"),
        () if column.generated.is_some() && default.is_some() => Some("both default and generation expression are given"),
        () if column.generated.is_some() && column.identity.is_some() => Some("both identity and generation expression are given"),
        () if serial.is_some() && default.is_some() => Some("multiple default values specified: a serial column has its own"),
        () => None,
    };
    if let Some(problem) = problem {
        return Err(reader.wrong(place, format!("{problem} for column {}", id.sql())).hint("keep one of the two").into());
    }
    if column.identity.is_some() || serial.is_some() {
        column.not_null.get_or_insert_with(|| NotNull::read(reader, &id, None));
    }
    reader.add(id.clone(), column, place)?;
    if let Some(key) = serial {
        default = Some(sequence::read_serial(reader, &id, key)?);
    }
    if let Some(expression) = default {
        let id = id.with_kind(Kind::ColumnDefault);
        reader.catalog.locations.insert(id.clone(), reader.place(place));
        reader.catalog.objects.insert(id, ColumnDefault::from(expression).into());
    }
    Ok(rest)
}

/// Reads what a partition says about a column that it has from its parent.
pub fn read_override(reader: &mut Reader, table: &ObjectId, definition: &ColumnDef) -> Result<Vec<Constraint>, Stop> {
    let id = table.child(Kind::Column, definition.colname.clone());
    if !reader.catalog.objects.contains_key(&id) {
        return Err(crate::objects::table::missing_column(reader, definition.location, table, &definition.colname).into());
    }
    let mut rest = vec![];
    for node in &definition.constraints {
        let Some(NodeEnum::Constraint(constraint)) = node.node.as_ref() else { continue };
        let kind = ConstrType::try_from(constraint.contype).unwrap_or(ConstrType::Undefined);
        match (kind, constraint.raw_expr.as_deref()) {
            (ConstrType::ConstrNull, _) => {}
            (ConstrType::ConstrNotnull, _) => {
                let not_null = NotNull::read(reader, &id, Some(constraint));
                if let Some(Object::Column(column)) = reader.catalog.objects.get_mut(&id) {
                    column.not_null = Some(not_null);
                }
            }
            (ConstrType::ConstrDefault, Some(node)) => {
                let default = ColumnDefault::from(reader.expression(node));
                reader.catalog.objects.insert(id.with_kind(Kind::ColumnDefault), default.into());
            }
            (ConstrType::ConstrIdentity | ConstrType::ConstrGenerated, _) => {
                let message = "identity and generation of a partition's column are its parent's";
                return Err(reader.wrong(constraint.location, message).into());
            }
            _ => rest.push(element(constraint, kind, &definition.colname)),
        }
    }
    Ok(rest)
}

fn element(constraint: &Constraint, kind: ConstrType, column: &str) -> Constraint {
    let mut element = constraint.clone();
    let name = || vec![Node { node: Some(NodeEnum::String(pg_query::protobuf::String { sval: column.to_string() })) }];
    match kind {
        ConstrType::ConstrForeign => element.fk_attrs = name(),
        ConstrType::ConstrPrimary | ConstrType::ConstrUnique => element.keys = name(),
        _ => {}
    }
    element
}

/// `DEFERRABLE` and the like stand behind the constraint that they are about.
fn attribute(reader: &Reader, rest: &mut [Constraint], kind: ConstrType, node: &Constraint) -> Result<()> {
    let Some(last) = rest.last_mut() else {
        return Err(reader.wrong(node.location, "this clause stands behind no constraint that it could belong to").hint("write it right behind its constraint"));
    };
    let deferring = matches!(kind, ConstrType::ConstrAttrDeferrable | ConstrType::ConstrAttrDeferred);
    if deferring && ConstrType::try_from(last.contype) == Ok(ConstrType::ConstrCheck) {
        return Err(reader
            .wrong(node.location, "check constraints cannot be deferred")
            .hint("leave the clause out; keys, exclusion constraints and foreign keys can be deferred"));
    }
    match kind {
        ConstrType::ConstrAttrDeferrable => last.deferrable = true,
        ConstrType::ConstrAttrDeferred => {
            last.deferrable = true;
            last.initdeferred = true;
        }
        ConstrType::ConstrAttrNotEnforced => {
            last.is_enforced = false;
            last.skip_validation = true;
            last.initially_valid = false;
        }
        _ => {}
    }
    Ok(())
}

/// GENERATED … AS IDENTITY.
pub fn identity(reader: &mut Reader, id: &ObjectId, data_type: &Type, constraint: &Constraint) -> Result<Identity> {
    let name = match data_type.key.as_str() {
        "int2" => "smallint",
        "int4" => "integer",
        "int8" => "bigint",
        _ => return Err(reader.wrong(constraint.location, "identity column type must be smallint, integer, or bigint").hint("give the column one of these types")),
    };
    let options = SequenceOptions::read(&constraint.options, name, reader)?;
    let named = constraint.options.iter().find_map(|node| match node.node.as_ref() {
        Some(NodeEnum::DefElem(element)) if element.defname == "sequence_name" => element.arg.as_ref(),
        _ => None,
    });
    let parts = match named.and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::List(list)) => strings(&list.items),
        _ => vec![],
    };
    let sequence = match parts.as_slice() {
        [name] => Some(QualifiedName::new(id.relation().0, name)),
        [schema, name] => Some(QualifiedName::new(schema, name)),
        _ => None,
    };
    identity_sequence::declare(reader.catalog, id, sequence.as_ref());
    let sequence = sequence.filter(|name| !super::is_generated(id, name));
    Ok(Identity { always: constraint.generated_when != "d", sequence, options })
}

/// A collation, `None` when it is the type's own.
pub fn collation(reader: &Reader, names: &[Node], data_type: &Type) -> Result<Option<QualifiedName>, Stop> {
    let parts = strings(names);
    let facts = &reader.catalog.facts;
    let name = parts.last().cloned().unwrap_or_default();
    let known: Vec<String> = facts.collation_schemas(&name).map(str::to_string).collect();
    let schema = match parts.len() {
        2.. => Some(parts[parts.len() - 2].clone()),
        _ => {
            let path = std::iter::once("pg_catalog").chain(reader.path.iter().map(String::as_str));
            path.into_iter().find(|schema| known.iter().any(|known| known == schema)).map(str::to_string)
        }
    };
    let collatable = facts.type_named(facts.base_type(&data_type.key)).is_none_or(|fact| {
        let element = fact.element.as_deref().filter(|_| fact.category == 'A');
        fact.collation.is_some() || element.is_some_and(|key| facts.type_named(key).is_some_and(|it| it.collation.is_some()))
    });
    if !collatable && !reader.catalog.incomplete {
        let place = reader.find_name(0, &name);
        return Err(reader
            .wrong(place, format!("collations are not supported by type {}", data_type.sql))
            .hint("leave COLLATE out; only texts are compared by a collation")
            .into());
    }
    let found = QualifiedName::new(schema.clone().unwrap_or_else(|| "pg_catalog".into()), name);
    let natural = facts.type_named(&data_type.key).and_then(|fact| fact.collation.clone());
    let same = natural.is_some_and(|(schema, name)| schema == found.schema && name == found.name);
    // collations of the operating system are not the same on every machine
    let of_system = found.schema == "pg_catalog" && of_system(&found.name, parts.len() > 1);
    let is_known = schema.is_some_and(|schema| known.contains(&schema));
    if !is_known && !reader.catalog.incomplete && !of_system {
        let place = names.first().map_or(0, |_| reader.find_name(0, &found.name));
        let error = reader
            .wrong(place, format!("collation {} does not exist", crate::name::dotted(&parts)))
            .hint("known everywhere are \"C\", \"POSIX\", \"default\", ucs_basic, unicode, and those of ICU such as \"de-x-icu\"");
        return Err(Stop::Missing { name: found.name, error });
    }
    Ok((!same).then_some(found))
}

/// Whether a collation of this name may come from the operating system or ICU: `de_DE`, `en-x-icu`, `C.utf8`. A name
/// without a territory, such as `eo`, is taken for one only where the user says so.
fn of_system(name: &str, said: bool) -> bool {
    let language = name.chars().take_while(char::is_ascii_alphabetic).count();
    let rest = name.get(language..).unwrap_or_default();
    let territory = rest.strip_prefix('_').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    name.starts_with("C.")
        || (2..=3).contains(&language) && (said && rest.is_empty() || territory || rest.starts_with(['-', '.', '@']))
}

/// A storage strategy in lower case, `None` when it is the type's own.
pub fn storage(reader: &Reader, data_type: &Type, name: &str) -> Option<String> {
    let name = name.to_lowercase();
    let natural = super::natural_storage(&reader.catalog.facts, &data_type.key);
    (!name.is_empty() && name != "default" && name != natural).then_some(name)
}

/// Reads the options of `ALTER COLUMN … SET (…)`.
pub fn column_options(nodes: &[Node]) -> Options {
    options::read(nodes)
}
