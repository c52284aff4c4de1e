//! Reading constraints of tables.

use std::collections::BTreeSet;

use pg_query::protobuf::{self as ast, ConstrType};
use pg_query::{Node, NodeEnum};

use super::{Backing, Check, Constraint, Exclusion, Key, Operator, Using};
use crate::catalog::ObjectId;
use crate::error::Error;
use crate::expr::{self, Context, Reference};
use crate::expression::Expression;
use crate::load::reader::{Reader, Stop};
use crate::name::{choose, quote};
use crate::objects::column::NotNull;
use crate::objects::index_element::IndexElement;
use crate::objects::options::{self, strings};
use crate::objects::table::missing_column;
use crate::objects::{Kind, Object};

/// Reads a primary key, unique, check or exclusion constraint of CREATE TABLE or ALTER TABLE … ADD.
pub fn read_element(reader: &mut Reader, table: &ObjectId, node: &ast::Constraint) -> Result<(), Stop> {
    let path = reader.path.to_vec();
    let origin = reader.fragment.clone();
    let wrap = |tree: &Node| Expression::new(tree.clone(), &path, &origin);
    let mut constraint = of_node(node, &wrap)
        .ok_or_else(|| reader.wrong(node.location, "this kind of table constraint is not supported").hint("write a primary key, unique, check, exclusion or foreign key constraint"))?;
    if !node.indexname.is_empty() {
        take_over(reader, table, node, &mut constraint)?;
    }
    let name = match node.conname.as_str() {
        "" if !node.indexname.is_empty() => node.indexname.clone(),
        "" => generated_name(reader, table, &constraint),
        name => name.to_string(),
    };
    if let Constraint::Key(key) = &constraint {
        key_columns(reader, table, node, key)?;
    }
    let id = table.child(Kind::Constraint, name);
    if constraint.backing().is_some() {
        let taken = reader.catalog.relation(&id.names[0], id.name());
        if let Some(other) = taken {
            let error = reader.wrong(node.location, format!("{id} cannot have its index: {other} has the name already"));
            return Err(error.hint("choose another name for the constraint").into());
        }
    }
    reader.add(id, constraint, node.location)?;
    Ok(())
}

/// The constraint that a parser's node says, its name apart.
pub fn of_node(node: &ast::Constraint, wrap: &dyn Fn(&Node) -> Expression) -> Option<Constraint> {
    let options = options::read(&node.options);
    let index = || Backing {
        deferrable: node.deferrable || node.initdeferred,
        deferred: node.initdeferred,
        options: options.clone(),
        tablespace: Some(node.indexspace.clone()).filter(|name| !name.is_empty() && name != "pg_default"),
        clustered: false,
        replica_identity: false,
        derived: crate::objects::Derived(false),
        lineage: Default::default(),
        using_index: Using::default(),
    };
    Some(match ConstrType::try_from(node.contype).ok()? {
        kind @ (ConstrType::ConstrPrimary | ConstrType::ConstrUnique) => Constraint::Key(Key {
            primary: kind == ConstrType::ConstrPrimary,
            columns: strings(&node.keys),
            without_overlaps: node.without_overlaps,
            nulls_not_distinct: node.nulls_not_distinct,
            include: strings(&node.including),
            index: index(),
        }),
        ConstrType::ConstrCheck => Constraint::Check(Check {
            expression: wrap(node.raw_expr.as_deref()?),
            no_inherit: node.is_no_inherit,
            valid: node.is_enforced && !node.skip_validation,
            enforced: node.is_enforced,
            inherited: false,
        }),
        ConstrType::ConstrExclusion => Constraint::Exclusion(Exclusion {
            method: if node.access_method.is_empty() { "btree".into() } else { node.access_method.clone() },
            elements: node.exclusions.iter().filter_map(|pair| element(pair, wrap)).collect(),
            include: strings(&node.including),
            predicate: node.where_clause.as_deref().map(wrap),
            index: index(),
        }),
        _ => return None,
    })
}

fn element(pair: &Node, wrap: &dyn Fn(&Node) -> Expression) -> Option<(IndexElement, Operator)> {
    let Some(NodeEnum::List(pair)) = pair.node.as_ref() else { return None };
    let [element, operator] = pair.items.as_slice() else { return None };
    let Some(NodeEnum::IndexElem(element)) = element.node.as_ref() else { return None };
    let Some(NodeEnum::List(operator)) = operator.node.as_ref() else { return None };
    Some((IndexElement::read(element, wrap), Operator(strings(&operator.items))))
}

/// `USING INDEX`: the constraint is what the index says, and the index is its own from then on.
fn take_over(reader: &mut Reader, table: &ObjectId, node: &ast::Constraint, constraint: &mut Constraint) -> Result<(), Stop> {
    let id = ObjectId::new(Kind::Index, [table.names[0].clone(), node.indexname.clone()]);
    let Some(Object::Index(index)) = reader.catalog.objects.get(&id) else {
        let place = reader.find_name(node.location, &node.indexname);
        return Err(reader.missing(place, &node.indexname, format!("{id} does not exist in the desired state")));
    };
    let columns: Option<Vec<String>> = index.elements.iter().map(|element| element.column.clone()).collect();
    let plain = index.unique && index.predicate.is_none() && index.method == "btree";
    let (Constraint::Key(key), Some(columns), true) = (constraint, columns, plain) else {
        return Err(reader.wrong(node.location, format!("{id} cannot become a constraint: it must be a plain unique index over columns")).hint("leave the index out; the constraint makes its own").into());
    };
    key.columns = columns;
    key.include = index.include.clone();
    key.nulls_not_distinct = index.nulls_not_distinct;
    key.index.options = index.options.clone();
    key.index.tablespace = index.tablespace.clone();
    key.index.clustered = index.clustered;
    key.index.replica_identity = index.replica_identity;
    key.index.lineage = index.lineage.clone();
    reader.catalog.objects.remove(&id);
    reader.catalog.locations.remove(&id);
    Ok(())
}

/// The columns of a key exist once each; those of a primary key become NOT NULL.
fn key_columns(reader: &mut Reader, table: &ObjectId, node: &ast::Constraint, key: &Key) -> Result<(), Error> {
    for (at, name) in key.columns.iter().enumerate() {
        if key.columns[..at].contains(name) {
            let kind = if key.primary { "primary key" } else { "unique" };
            let message = format!("column {} appears twice in {kind} constraint", quote(name));
            return Err(reader.wrong(node.location, message).hint("name each column once"));
        }
    }
    for name in key.columns.iter().chain(&key.include) {
        let id = table.child(Kind::Column, name.clone());
        let not_null = NotNull::read(reader, &id, None);
        match reader.catalog.objects.get_mut(&id) {
            Some(Object::Column(column)) if key.primary && key.columns.contains(name) => {
                column.not_null.get_or_insert(not_null);
            }
            Some(_) => {}
            None => return Err(missing_column(reader, node.location, table, name)),
        }
    }
    let other = reader.catalog.children(table).find(|(_, object)| {
        key.primary && matches!(object, Object::Constraint(constraint) if constraint.primary_key().is_some())
    });
    match other.map(|(id, _)| id.clone()) {
        Some(id) => Err(reader.wrong(node.location, format!("multiple primary keys for {table} are not allowed: there is {id} already")).hint("keep one; make the other UNIQUE NOT NULL")),
        None => Ok(()),
    }
}

/// The name that PostgreSQL gives to a constraint without one.
fn generated_name(reader: &mut Reader, table: &ObjectId, constraint: &Constraint) -> String {
    let (schema, relation) = table.relation();
    let checked = match constraint {
        Constraint::Check(check) => only_column(reader, table, &check.expression),
        _ => None,
    };
    // PostgreSQL chooses names that no constraint of the schema has
    let taken_constraint = |name: &str| reader.catalog.constraint_in_schema(schema, name);
    let taken_relation = |name: &str| taken_constraint(name) || reader.catalog.relation(schema, name).is_some();
    match constraint {
        Constraint::Key(key) if key.primary => choose(relation, None, "pkey", taken_relation),
        Constraint::Key(key) => choose(relation, Some(&joined(&key.columns)), "key", taken_relation),
        Constraint::Exclusion(exclusion) => {
            let labels: Vec<String> = exclusion.elements.iter().map(|(element, _)| element.label()).collect();
            choose(relation, Some(&joined(&labels)), "excl", taken_relation)
        }
        Constraint::Check(_) => choose(relation, checked.as_deref(), "check", taken_constraint),
    }
}

/// PostgreSQL's `ChooseIndexNameAddition`: names joined by underscores, cut at a name's length.
pub fn joined(names: &[String]) -> String {
    let mut out = String::new();
    for name in names {
        if !out.is_empty() {
            out.push('_');
        }
        out.push_str(name);
        if out.len() > crate::name::MAX_BYTES {
            break;
        }
    }
    crate::name::clip(&out, crate::name::MAX_BYTES).to_string()
}

/// The column that a check without a name is about, when it is only one.
fn only_column(reader: &mut Reader, table: &ObjectId, expression: &Expression) -> Option<String> {
    let (schema, relation) = table.relation();
    let columns = reader.catalog.columns_of(table);
    reader.catalog.facts.model.add_relation(schema, relation, 'r', columns);
    let path = &expression.path;
    let context =
        Context { facts: &reader.catalog.facts, search_path: path, implicit_path: path, time_zone: "UTC", renames: None, exact: false };
    let names: Vec<String> = match expr::check(&context, &expression.node, (schema, relation)) {
        Ok(analysis) => own_columns(analysis.references, schema, relation),
        Err(_) => expression.columns().into_iter().collect(),
    };
    match names.as_slice() {
        [name] => Some(name.clone()),
        _ => None,
    }
}

fn own_columns(references: BTreeSet<Reference>, schema: &str, relation: &str) -> Vec<String> {
    let own = |reference| match reference {
        Reference::Column { schema: of, relation: it, column } if of == schema && it == relation => Some(column),
        _ => None,
    };
    references.into_iter().filter_map(own).collect()
}

/// What LIKE … INCLUDING copies of a constraint: checks keep their name, keys get a new one.
pub fn copy(reader: &mut Reader, table: &ObjectId, from: &ObjectId, constraint: Constraint) -> Result<(), Stop> {
    let name = if constraint.is_check() {
        from.name().to_string()
    } else {
        generated_name(reader, table, &constraint)
    };
    let mut constraint = constraint;
    if let Some(index) = constraint.backing_mut() {
        index.clustered = false;
        index.replica_identity = false;
    }
    reader.add(table.child(Kind::Constraint, name), constraint, 0)?;
    Ok(())
}
