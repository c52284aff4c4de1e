//! Composite types (`pg_type` with a `pg_class` of kind `c`).

use std::collections::{BTreeMap, BTreeSet};

use pg_query::NodeEnum;
use pg_query::protobuf::CompositeTypeStmt;
use serde::Serialize;
use tokio_postgres::Row;

use super::{AlterContext, Alteration, DatabaseObject, Kind, Object, Space, Statement, collation, column, rename, schema, type_use};
use crate::catalog::ObjectId;
use crate::error::Result;
use crate::facts::{ColumnFact, NewType};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop, Type};
use crate::name::{QualifiedName, quote};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A composite type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CompositeType {
    /// In order.
    pub attributes: Vec<Attribute>,
}

/// An attribute of a composite type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attribute {
    /// Name.
    pub name: String,
    /// Type and modifier.
    pub data_type: Type,
    /// Collation; `None` is the type's own.
    pub collation: Option<QualifiedName>,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("composite_type.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::CompositeType, &["schema", "name"])?;
    let names: Vec<String> = live.get(row, "names")?;
    let mut keys = live.get::<Vec<String>>(row, "keys")?.into_iter();
    let mut typmods = live.get::<Vec<i32>>(row, "typmods")?.into_iter();
    let mut types = live.get::<Vec<String>>(row, "types")?.into_iter();
    let mut schemas = live.get::<Vec<Option<String>>>(row, "collation_schemas")?.into_iter();
    let mut collations = live.get::<Vec<Option<String>>>(row, "collation_names")?.into_iter();
    let mut comments = live.get::<Vec<Option<String>>>(row, "comments")?.into_iter();
    let mut attributes = vec![];
    for name in names {
        if let Some(comment) = comments.next().flatten() {
            let own = live.catalog.attributes.entry(id.child(Kind::Column, name.clone())).or_default();
            own.comment = Some(comment);
        }
        let (Some(key), Some(typmod), Some(sql)) = (keys.next(), typmods.next(), types.next()) else { break };
        let collation = schemas.next().flatten().zip(collations.next().flatten());
        let collation = collation.map(|(schema, name)| QualifiedName { schema, name });
        attributes.push(Attribute { name, data_type: Type { key, typmod, sql }, collation });
    }
    let composite = CompositeType { attributes };
    live.catalog.facts.model.add_type(id.relation().0, id.name(), NewType::Composite(composite.facts()));
    live.attribute_of(row, &id)?;
    let array = (live.get(row, "classid")?, live.get(row, "array_oid")?, 0);
    live.alias(array, &id);
    let class = (live.get(row, "class_classid")?, live.get(row, "class_oid")?, 0);
    live.alias(class, &id);
    live.add(row, id, composite)
}

/// Reads CREATE TYPE … AS (…).
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CompositeTypeStmt(statement) => Some(read_create(statement, reader)),
        _ => None,
    }
}

fn read_create(statement: &CompositeTypeStmt, reader: &mut Reader) -> Result<(), Stop> {
    let Some(range) = &statement.typevar else { return Ok(()) };
    let (schema, name) = reader.new_relation(range)?;
    let mut attributes: Vec<Attribute> = vec![];
    let mut places = vec![];
    for node in &statement.coldeflist {
        let Some(NodeEnum::ColumnDef(definition)) = node.node.as_ref() else { continue };
        let Some(type_name) = &definition.type_name else { continue };
        if attributes.iter().any(|other| other.name == definition.colname) {
            let message = format!("attribute {} is there twice", quote(&definition.colname));
            return Err(reader.wrong(definition.location, message).hint("give one of them another name").into());
        }
        let data_type = reader.type_of(type_name)?;
        let collation = match &definition.coll_clause {
            Some(clause) => column::collation(reader, &clause.collname, &data_type)?,
            None => None,
        };
        places.push(definition.location);
        attributes.push(Attribute { name: definition.colname.clone(), data_type, collation });
    }
    let id = ObjectId::new(Kind::CompositeType, [&schema, &name]);
    let composite = CompositeType { attributes };
    let facts = composite.facts();
    let names: Vec<String> = composite.attributes.iter().map(|attribute| attribute.name.clone()).collect();
    reader.add(id.clone(), composite, 0)?;
    for (name, place) in names.into_iter().zip(places) {
        if let Some(old) = reader.intent(place).renamed_from {
            reader.catalog.intents.entry(id.clone()).or_default().labels.insert(name, old.name);
        }
    }
    reader.catalog.facts.model.add_type(&schema, &name, NewType::Composite(facts));
    Ok(())
}

impl CompositeType {
    fn facts(&self) -> Vec<ColumnFact> {
        let fact = |attribute: &Attribute| ColumnFact {
            name: attribute.name.clone().into(),
            type_key: attribute.data_type.key.clone().into(),
            typmod: attribute.data_type.typmod,
            collation: attribute.collation.as_ref().map(|it| (it.schema.clone().into(), it.name.clone().into())),
            not_null: false,
        };
        self.attributes.iter().map(fact).collect()
    }
}

impl Attribute {
    fn definition(&self) -> String {
        let collation = self.collation.as_ref().map(|it| format!(" COLLATE {it}")).unwrap_or_default();
        format!("{}{collation}", self.data_type.sql)
    }
}

/// The attributes after the declared renames that still apply, with the statements for them.
fn renamed(
    current: &CompositeType,
    id: &ObjectId,
    desired: &CompositeType,
    context: &AlterContext,
) -> (Vec<Attribute>, Vec<Statement>) {
    let mut attributes = current.attributes.clone();
    let mut statements = vec![];
    let Some(intent) = context.desired.intents.get(id) else { return (attributes, statements) };
    for (new, old) in &intent.labels {
        let taken = attributes.iter().any(|it| it.name == *new) || !desired.attributes.iter().any(|it| it.name == *new);
        let Some(attribute) = attributes.iter_mut().find(|it| it.name == *old && !taken) else { continue };
        attribute.name.clone_from(new);
        let sql = format!("ALTER TYPE {} RENAME ATTRIBUTE {} TO {}", id.sql(), quote(old), quote(new));
        let message = format!("code that still says {} fails", quote(old));
        statements.push(Statement::new(Form::Catalog, sql).finding(Finding::new("rename-breaks-code", message)));
    }
    (attributes, statements)
}

impl DatabaseObject for CompositeType {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        self.attributes.iter_mut().for_each(|attribute| resolver.shorten_type(&mut attribute.data_type));
        needs.extend(self.attributes.iter().filter_map(|attribute| attribute.data_type.object(resolver.catalog)));
        let collations = self.attributes.iter().map(|attribute| attribute.collation.as_ref());
        needs.extend(collations.filter_map(|name| collation::needed(name, resolver.catalog)));
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let item = |attribute: &Attribute| format!("{} {}", quote(&attribute.name), attribute.definition());
        let items: Vec<String> = self.attributes.iter().map(item).collect();
        vec![Statement::new(Form::Create, format!("CREATE TYPE {} AS ({})", id.sql(), items.join(", ")))]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        let (attributes, mut statements) = renamed(self, id, desired, context);
        let users = type_use::users(context.current, id);
        let kept: Vec<&str> = attributes
            .iter()
            .map(|it| it.name.as_str())
            .filter(|name| desired.attributes.iter().any(|it| it.name == **name))
            .collect();
        let moved = desired.attributes.iter().take(kept.len()).map(|it| it.name.as_str()).ne(kept.iter().copied());
        let former = |wanted: &Attribute| attributes.iter().find(|it| it.name == wanted.name);
        let retyped = |wanted: &&Attribute| former(wanted).is_some_and(|former| former != *wanted);
        let retyped: Vec<&Attribute> = desired.attributes.iter().filter(retyped).collect();
        match users.first() {
            None if moved => return Alteration::Replace,
            Some(user) if moved => {
                return Alteration::Impossible {
                    reason: format!("attributes of {id} can only be added at its end while {} uses it", user.id),
                };
            }
            Some(user) if !retyped.is_empty() => {
                return Alteration::Impossible {
                    reason: format!(
                        "the type of attribute {} of {id} cannot change while {} uses it; \
                         make another composite type and convert to it",
                        quote(&retyped[0].name),
                        user.id
                    ),
                };
            }
            _ => {}
        }
        let mut clauses = vec![];
        let mut findings = vec![];
        for attribute in attributes.iter().filter(|it| !kept.contains(&it.name.as_str())) {
            clauses.push(format!("DROP ATTRIBUTE {}", quote(&attribute.name)));
            let message = format!("the values of attribute {} of {id} are lost", quote(&attribute.name));
            findings.push(Finding::new("drop-attribute", message));
        }
        for attribute in retyped {
            clauses.push(format!("ALTER ATTRIBUTE {} TYPE {}", quote(&attribute.name), attribute.definition()));
        }
        for attribute in desired.attributes.iter().filter(|it| former(it).is_none()) {
            clauses.push(format!("ADD ATTRIBUTE {} {}", quote(&attribute.name), attribute.definition()));
        }
        if !clauses.is_empty() {
            // typed tables have no columns but those of their type
            let typed = |object: &Object| object.table().is_some_and(|table| table.is_of(id));
            if context.current.objects.values().any(typed) {
                clauses.iter_mut().for_each(|clause| clause.push_str(" CASCADE"));
            }
            let mut statement =
                Statement::new(Form::Catalog, format!("ALTER TYPE {} {}", id.sql(), clauses.join(", ")));
            statement.findings = findings;
            statements.push(statement);
        }
        Alteration::in_place(statements)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP TYPE {}", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        for attribute in &mut self.attributes {
            renames.retype(&mut attribute.data_type);
            attribute.collation.iter_mut().for_each(|name| renames.qualified(Space::Collation, name));
        }
    }

    fn renamed_inside(&self, id: &ObjectId, desired: &Self, labels: &BTreeMap<String, String>, out: &mut Renames) {
        let has = |composite: &Self, name: &str| composite.attributes.iter().any(|it| it.name == name);
        for (new, old) in labels.iter().filter(|(new, old)| has(self, old) && !has(self, new) && has(desired, new)) {
            let named = id.child(Kind::Column, old.clone());
            let renamed = out.id(&named).renamed(new.clone());
            out.add(Space::Column, named.names.to_vec(), renamed.names.to_vec());
        }
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "TYPE", id, new)
    }
}
