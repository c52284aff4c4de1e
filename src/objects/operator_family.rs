//! Operator families (`pg_opfamily`), with those of their operators and functions that belong to none of their classes.

use std::collections::BTreeSet;

use serde::Serialize;
use tokio_postgres::Row;

use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Object, Reaction, Statement, rename, schema};
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::introspect::Live;
use crate::name::QualifiedName;
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

pub mod member;
mod read;
pub use member::Member;
pub use read::{address, find, items, read};

/// An operator family.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OperatorFamily {
    /// For types that none of its classes is for.
    pub members: Vec<Member>,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("operator_family.sql");

/// Takes a row of the query. The classes are there already.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let method = live.text(row, "method")?;
    let name = QualifiedName::new(live.text(row, "schema")?, live.text(row, "name")?);
    let all: Vec<member::LiveMember> = live.json(row, "members")?.unwrap_or_default();
    let mut members = vec![];
    for mut entry in all {
        let class = entry.class.take();
        let member = entry.member(&live.catalog.facts);
        match class.map(|(schema, name)| identity(Kind::OperatorClass, &QualifiedName { schema, name }, &method)) {
            Some(id) => {
                if let Some(Object::OperatorClass(class)) = live.catalog.objects.get_mut(&id) {
                    class.members.push(member);
                    member::sort(&mut class.members);
                }
            }
            None => members.push(member),
        }
    }
    member::sort(&mut members);
    if !live.get::<bool>(row, "managed")? {
        return Ok(());
    }
    let id = identity(Kind::OperatorFamily, &name, &method);
    live.attribute_of(row, &id)?;
    live.add(row, id, OperatorFamily { members })
}

/// The identity of a family or class of an access method.
pub fn identity(kind: Kind, name: &QualifiedName, method: &str) -> ObjectId {
    ObjectId { arguments: vec![method.to_owned()], ..ObjectId::new(kind, [&name.schema, &name.name]) }
}

/// The access method of a family or class.
pub fn method(id: &ObjectId) -> &str {
    id.arguments.first().map_or("", String::as_str)
}

/// ALTER OPERATOR FAMILY with the clauses that take some members out and put others in.
pub fn alteration(family: &ObjectId, gone: &[&Member], new: &[&Member]) -> Vec<Statement> {
    let clauses = member::changes(gone, new);
    let statement = |clause| Statement::new(Form::Catalog, format!("ALTER OPERATOR FAMILY {} {clause}", family.sql()));
    clauses.into_iter().map(statement).collect()
}

/// Puts every operator and function where PostgreSQL would look for it: to the class that is for its left type, else
/// to the family. Makes the families that classes bring along.
pub fn complete(catalog: &mut Catalog) {
    let classes: Vec<(ObjectId, ObjectId)> = catalog
        .objects
        .iter()
        .filter_map(|(id, object)| Some((id.clone(), object.operator_class()?.family_id(id))))
        .collect();
    for (id, family) in &classes {
        let own = id.with_kind(Kind::OperatorFamily) == *family;
        if own && !catalog.objects.contains_key(family) {
            catalog.objects.insert(family.clone(), OperatorFamily::default().into());
            if let Some(place) = catalog.locations.get(id).cloned() {
                catalog.locations.insert(family.clone(), place);
            }
        }
    }
    let mut families: BTreeSet<ObjectId> = classes.iter().map(|(_, family)| family.clone()).collect();
    families.extend(catalog.objects.keys().filter(|id| id.kind == Kind::OperatorFamily).cloned());
    for family in families {
        let own: Vec<&ObjectId> = classes.iter().filter(|(_, of)| *of == family).map(|(id, _)| id).collect();
        distribute(catalog, &family, &own);
    }
}

fn distribute(catalog: &mut Catalog, family: &ObjectId, classes: &[&ObjectId]) {
    let mut all = vec![];
    // for each type the class that has its members: the default one, else the first by name
    let mut inputs: Vec<(String, bool, ObjectId)> = vec![];
    for id in classes {
        if let Some(Object::OperatorClass(class)) = catalog.objects.get_mut(id) {
            all.append(&mut class.members);
            inputs.push((class.input.key.clone(), !class.default, (*id).clone()));
        }
    }
    inputs.sort_by(|one, two| {
        (&one.0, one.1, one.2.name(), one.2.schema()).cmp(&(&two.0, two.1, two.2.name(), two.2.schema()))
    });
    if let Some(Object::OperatorFamily(family)) = catalog.objects.get_mut(family) {
        all.append(&mut family.members);
    }
    member::sort(&mut all);
    for member in all {
        let class = inputs.iter().find(|(input, ..)| *input == member.left.key).map(|(_, _, id)| id);
        match catalog.objects.get_mut(class.unwrap_or(family)) {
            Some(Object::OperatorClass(class)) => class.members.push(member),
            Some(Object::OperatorFamily(family)) => family.members.push(member),
            // what a class adds to a family of PostgreSQL's own for other types stays with the first class
            _ => {
                if let Some(Object::OperatorClass(class)) =
                    classes.first().and_then(|id| catalog.objects.get_mut(id))
                {
                    class.members.push(member);
                }
            }
        }
    }
}

impl DatabaseObject for OperatorFamily {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        self.members.iter_mut().try_for_each(|member| member.resolve(resolver, &mut needs))?;
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let mut out = vec![Statement::new(Form::Create, format!("CREATE OPERATOR FAMILY {}", id.sql()))];
        out.extend(alteration(id, &[], &self.members.iter().collect::<Vec<_>>()));
        out
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        let (gone, new) = member::difference(&self.members, &desired.members);
        Alteration::in_place(alteration(id, &gone, &new))
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        Reaction::of_caller(disturbance)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP OPERATOR FAMILY {}", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.members.iter_mut().for_each(|member| member.renamed(renames));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "OPERATOR FAMILY", id, new)
    }
}
