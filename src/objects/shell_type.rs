//! Shell types (`pg_type` without `typisdefined`): the name of a type that functions can mention before the type is
//! made of them. One that is completed is no object; it has its place in the order of creation all the same.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{DefineStmt, ObjectType};
use serde::Serialize;
use tokio_postgres::Row;

use super::{AlterContext, Alteration, DatabaseObject, Kind, Object, Space, Statement, schema};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::facts::{NewBase, NewType};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::plan::forms::Form;
use crate::resolve::Resolver;

/// A shell type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShellType {}

/// Reads CREATE TYPE without a definition.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::DefineStmt(statement)
            if statement.kind() == ObjectType::ObjectType && statement.definition.is_empty() =>
        {
            Some(create(statement, reader))
        }
        _ => None,
    }
}

fn create(statement: &DefineStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.defnames)?;
    let place = reader.find_name(0, &name);
    let known = reader.catalog.type_named(&schema, &name).is_some();
    reader.add_named(ObjectId::new(Kind::ShellType, [&schema, &name]), ShellType {}, 0, place)?;
    // what is known of the type already is more
    if !known {
        reader.catalog.facts.model.add_type(&schema, &name, NewType::Base(NewBase::default()));
    }
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("shell_type.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::ShellType, &["schema", "name"])?;
    live.catalog.facts.model.add_type(id.relation().0, id.name(), NewType::Base(NewBase::default()));
    live.add(row, id, ShellType {})
}

/// The shell of the type under `id`, as [`DatabaseObject::stand_in`] gives it.
pub fn of(id: &ObjectId) -> (ObjectId, Object) {
    (id.with_kind(Kind::ShellType), ShellType {}.into())
}

/// Shells become what is defined under their names; what was said above them is about that.
pub fn complete(catalog: &mut Catalog) {
    let shells = catalog.objects.keys().filter(|id| id.kind == Kind::ShellType);
    let completed = shells.filter_map(|shell| {
        let (schema, name) = shell.relation();
        let id = catalog.type_named(schema, name).filter(|id| id.kind.spaces().contains(&Space::Type))?;
        Some((shell.clone(), id))
    });
    for (shell, id) in completed.collect::<Vec<_>>() {
        catalog.objects.remove(&shell);
        catalog.locations.remove(&shell);
        if let Some(intent) = catalog.intents.remove(&shell) {
            catalog.intents.entry(id).or_insert(intent);
        }
    }
}

/// Whether the identity is that of a shell that something stands behind.
pub fn is_stand_in(id: &ObjectId, catalog: &Catalog) -> bool {
    id.kind == Kind::ShellType && !catalog.objects.contains_key(id)
}

/// What uses a shell that nothing completes, as only functions in C can.
pub fn misuses(catalog: &Catalog) -> Vec<Error> {
    if !catalog.objects.keys().any(|id| id.kind == Kind::ShellType) {
        return vec![];
    }
    let in_c = |object: &Object| object.function().is_some_and(|it| matches!(it.language.as_str(), "c" | "internal"));
    let misuse = |(id, object): (&ObjectId, &Object)| {
        let needs = catalog.dependencies.get(id).into_iter().flatten();
        let shell = needs.filter(|_| !in_c(object)).find(|it| it.kind == Kind::ShellType && !is_stand_in(it, catalog))?;
        let error = Error::new(format!("{id} cannot be made: type {} is only a shell", shell.sql()));
        let error = error.hint(format!("complete it: CREATE TYPE {} (INPUT = …, OUTPUT = …)", shell.sql()));
        Some(match catalog.locations.get(id) {
            Some(place) => error.at(place),
            None => error,
        })
    };
    catalog.objects.iter().filter_map(misuse).collect()
}

/// Has what a type is made of depend on its shell where it names the type itself, which comes after it.
pub fn untie(catalog: &mut Catalog) {
    let pairs = catalog.objects.iter().filter_map(|(id, object)| Some((id.clone(), object.stand_in(id)?.0)));
    for (id, shell) in pairs.collect::<Vec<_>>() {
        let needs = catalog.dependencies.get(&id).cloned().unwrap_or_default();
        for needed in &needs {
            if let Some(back) = catalog.dependencies.get_mut(needed)
                && back.remove(&id)
            {
                back.insert(shell.clone());
            }
            if needed.kind == Kind::Schema {
                catalog.depend(&shell, needed.clone());
            }
        }
        catalog.depend(&id, shell);
    }
    domains(catalog);
}

/// A domain has the functions of the base type below it in its own row; it is that type which it needs.
fn domains(catalog: &mut Catalog) {
    let domains = catalog.objects.iter().filter_map(|(id, object)| {
        let base = catalog.facts.type_named(catalog.facts.base_type(&object.domain()?.data_type.key))?;
        let base = ObjectId::new(Kind::BaseType, [&*base.schema, &*base.name]);
        catalog.objects.contains_key(&base).then(|| (id.clone(), base))
    });
    for (id, base) in domains.collect::<Vec<_>>() {
        let functions = catalog.dependencies.get(&base).cloned().unwrap_or_default();
        if let Some(needs) = catalog.dependencies.get_mut(&id) {
            needs.retain(|needed| !needed.kind.is_routine() || !functions.contains(needed));
        }
    }
}

impl DatabaseObject for ShellType {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        schema::needed(id, resolver)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Create, format!("CREATE TYPE {}", id.sql()))]
    }

    fn alter(&self, _id: &ObjectId, _desired: &Self, _context: &AlterContext) -> Alteration {
        Alteration::in_place(vec![])
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP TYPE {}", id.sql()))]
    }
}
