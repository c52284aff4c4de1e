//! Operator classes (`pg_opclass`), with the operators and functions of their families that are for their types.

use std::collections::BTreeSet;

use serde::Serialize;
use tokio_postgres::Row;

use super::operator_family::{Member, alteration, identity, member, method};
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Reaction, Space, Statement, rename, schema};
use crate::catalog::ObjectId;
use crate::error::Result;
use crate::facts::{OperatorClassFact, Text};
use crate::introspect::Live;
use crate::load::reader::Type;
use crate::name::{QualifiedName, dotted};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

mod read;
pub use read::read;

/// An operator class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperatorClass {
    /// FAMILY.
    pub family: QualifiedName,
    /// FOR TYPE.
    pub input: Type,
    /// DEFAULT.
    pub default: bool,
    /// STORAGE, when it is another type.
    pub storage: Option<Type>,
    /// What the family has for the type.
    pub members: Vec<Member>,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("operator_class.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let name = QualifiedName::new(live.text(row, "schema")?, live.text(row, "name")?);
    let id = identity(Kind::OperatorClass, &name, &live.text(row, "method")?);
    let storage: Option<String> = live.get(row, "storage_key")?;
    let class = OperatorClass {
        family: QualifiedName::new(live.text(row, "family_schema")?, live.text(row, "family_name")?),
        input: live.data_type(row, "input")?,
        default: live.get(row, "default")?,
        storage: storage.map(|_| live.data_type(row, "storage")).transpose()?,
        members: vec![],
    };
    live.catalog.facts.model.add_operator_class(class.fact(&id));
    live.attribute_of(row, &id)?;
    live.add(row, id, class)
}

impl OperatorClass {
    /// The identity of its family.
    pub fn family_id(&self, id: &ObjectId) -> ObjectId {
        identity(Kind::OperatorFamily, &self.family, method(id))
    }

    /// What the analysis of indexes needs to know about it.
    fn fact(&self, id: &ObjectId) -> OperatorClassFact {
        let own = |text: &str| Text::Owned(text.to_owned());
        let (schema, name) = id.relation();
        OperatorClassFact {
            schema: own(schema),
            name: own(name),
            access_method: own(method(id)),
            input: own(&self.input.key),
            default: self.default,
            key: self.storage.as_ref().map(|it| own(&it.key)),
        }
    }
}

impl DatabaseObject for OperatorClass {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        let catalog = resolver.catalog;
        needs.extend(Some(self.family_id(id)).filter(|family| catalog.objects.contains_key(family)));
        needs.extend(std::iter::once(&self.input).chain(&self.storage).filter_map(|it| it.object(catalog)));
        self.members.iter_mut().try_for_each(|member| member.resolve(resolver, &mut needs))?;
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { family, input, default, storage, members } = self;
        let default = if *default { " DEFAULT" } else { "" };
        let mut items: Vec<String> = members.iter().map(Member::sql).collect();
        // it has one item at least
        let stored = storage.as_ref().or_else(|| items.is_empty().then_some(input));
        items.extend(stored.map(|it| format!("STORAGE {}", it.sql)));
        let sql = format!(
            "CREATE OPERATOR CLASS {}{default} FOR TYPE {} USING {} FAMILY {family} AS\n    {}",
            dotted(&id.names),
            input.sql,
            crate::name::quote(method(id)),
            items.join(",\n    ")
        );
        vec![Statement::new(Form::Create, sql)]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        let (gone, new) = member::difference(&self.members, &desired.members);
        let same = self.family == desired.family
            && self.input == desired.input
            && self.default == desired.default
            && self.storage == desired.storage;
        if !same || gone.iter().any(|it| it.tied.0) {
            return Alteration::Replace;
        }
        Alteration::in_place(alteration(&self.family_id(id), &gone, &new))
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        Reaction::of_caller(disturbance)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        // the family would keep what the class does not need
        let loose: Vec<&Member> = self.members.iter().filter(|it| !it.tied.0).collect();
        let mut out = alteration(&self.family_id(id), &loose, &[]);
        out.push(Statement::new(Form::Catalog, format!("DROP OPERATOR CLASS {}", id.sql())));
        out
    }

    fn carried_by(&self, id: &ObjectId, whole: &ObjectId) -> bool {
        *whole == self.family_id(id)
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        renames.qualified(Space::OperatorFamily, &mut self.family);
        std::iter::once(&mut self.input).chain(&mut self.storage).for_each(|it| renames.retype(it));
        self.members.iter_mut().for_each(|member| member.renamed(renames));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "OPERATOR CLASS", id, new)
    }
}
