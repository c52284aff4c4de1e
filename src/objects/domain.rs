//! Domains (`pg_type` of kind `d`); their checks are objects of their own.

use std::collections::BTreeSet;

use pg_query::{Node, NodeEnum};
use pg_query::protobuf::{AlterDomainStmt, ConstrType, CreateDomainStmt};
use serde::Serialize;
use tokio_postgres::Row;

use super::{
    Derived, Disturbance, Reaction,    AlterContext, Alteration, DatabaseObject, Kind, Object, Part, Space, Statement, collation, column, domain_constraint, rename, schema,
    type_use,
};
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::expression::Expression;
use crate::facts::{Fact, NewType, type_key};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop, Type};
use crate::name::{QualifiedName, quote};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::renames::Renames;
use crate::resolve::{Place, Resolver};

mod change;

/// A domain.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Domain {
    /// The type below, with its modifier.
    pub data_type: Type,
    /// Collation; `None` is the type's own.
    pub collation: Option<QualifiedName>,
    /// What a column of the domain gets when it has no default of its own.
    pub default: Option<Expression>,
    /// Whether the domain that it is made of has a default, which CREATE DOMAIN copies.
    #[serde(skip)]
    pub would_inherit: Derived,
    /// NOT NULL.
    pub not_null: bool,
    /// The name of the NOT NULL constraint, from PostgreSQL 17 on, when it is not the generated one.
    pub not_null_name: Option<String>,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("domain.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Domain, &["schema", "name"])?;
    let default: Option<String> = live.get(row, "expression")?;
    let domain = Domain {
        data_type: live.data_type(row, "type")?,
        collation: live.qualified(row, "collation_schema", "collation_name")?,
        default: default.map(|sql| live.expression(&sql)).transpose()?,
        would_inherit: Derived(false),
        not_null: live.get(row, "not_null")?,
        not_null_name: live.get::<Option<String>>(row, "not_null_name")?.filter(|name| *name != generated_name(&id)),
    };
    domain.tell(&id, &mut live.catalog);
    live.attribute_of(row, &id)?;
    let array = (live.get(row, "classid")?, live.get(row, "array_oid")?, 0);
    live.alias(array, &id);
    live.add(row, id, domain)
}

/// The name that PostgreSQL gives to a NOT NULL constraint of a domain.
fn generated_name(id: &ObjectId) -> String {
    crate::name::generated(id.name(), None, "not_null")
}

/// Reads CREATE DOMAIN and ALTER DOMAIN.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateDomainStmt(statement) => Some(read_create(statement, reader)),
        NodeEnum::AlterDomainStmt(statement) => Some(read_alter(statement, reader)),
        _ => None,
    }
}

fn is_default(node: &Node) -> bool {
    matches!(&node.node, Some(NodeEnum::Constraint(constraint)) if constraint.contype == ConstrType::ConstrDefault as i32)
}

fn read_create(statement: &CreateDomainStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.domainname)?;
    let Some(type_name) = &statement.type_name else { return Ok(()) };
    let data_type = reader.type_of(type_name)?;
    let collation = match &statement.coll_clause {
        Some(clause) => column::collation(reader, &clause.collname, &data_type)?,
        None => None,
    };
    let would_inherit = Derived(false);
    let mut domain = Domain { data_type, collation, default: None, would_inherit, not_null: false, not_null_name: None };
    let id = ObjectId::new(Kind::Domain, [schema, name]);
    let named = reader.catalog.facts.major() >= 17;
    let mut null = false;
    let mut checks = vec![];
    for node in &statement.constraints {
        let Some(NodeEnum::Constraint(constraint)) = node.node.as_ref() else { continue };
        match ConstrType::try_from(constraint.contype).unwrap_or(ConstrType::Undefined) {
            ConstrType::ConstrNotnull => {
                domain.not_null = true;
                let given = |name: &String| named && !name.is_empty() && *name != generated_name(&id);
                domain.not_null_name = Some(constraint.conname.clone()).filter(given);
            }
            ConstrType::ConstrNull => null = true,
            ConstrType::ConstrDefault if domain.default.is_some() => {
                return Err(reader.wrong(constraint.location, "multiple default expressions").hint("keep one of the two").into());
            }
            ConstrType::ConstrDefault => {
                domain.default = constraint.raw_expr.as_deref().map(|node| reader.expression(node))
            }
            ConstrType::ConstrCheck => checks.push(constraint),
            _ => {
                return Err(reader.wrong(constraint.location, "a domain cannot have a constraint of this kind").hint("a domain has NOT NULL and CHECK constraints").into());
            }
        }
    }
    if !statement.constraints.iter().any(is_default)
        && let Some(below) = domain.data_type.object(reader.catalog).and_then(|id| reader.catalog.objects.get(&id))
    {
        domain.default = below.domain().and_then(|below| below.default.clone());
    }
    if null && domain.not_null {
        return Err(reader.wrong(0, "conflicting NULL and NOT NULL declarations").hint("keep one of the two").into());
    }
    reader.add(id.clone(), domain.clone(), 0)?;
    domain.tell(&id, reader.catalog);
    for check in checks {
        domain_constraint::read_check(reader, &id, check)?;
    }
    Ok(())
}

fn read_alter(statement: &AlterDomainStmt, reader: &mut Reader) -> Result<(), Stop> {
    let id = type_use::existing(reader, Kind::Domain, &statement.type_name)?;
    let definition = statement.def.as_deref();
    let expression = definition.filter(|_| statement.subtype == "T").map(|node| reader.expression(node));
    let constraint = match definition.and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::Constraint(constraint)) => Some(constraint),
        _ => None,
    };
    let is_check = constraint.is_some_and(|it| it.contype == ConstrType::ConstrCheck as i32);
    if let (true, Some(constraint)) = (statement.subtype == "C" && is_check, constraint) {
        return domain_constraint::read_check(reader, &id, constraint);
    }
    let nothing = reader
        .wrong(0, "this form of ALTER DOMAIN does not add to a desired state")
        .hint("write what the domain shall be into CREATE DOMAIN");
    let Some(Object::Domain(current)) = reader.catalog.objects.get(&id) else { return Ok(()) };
    let mut domain = current.clone();
    match statement.subtype.as_str() {
        "T" => domain.default = expression,
        "O" => domain.not_null = true,
        "N" => domain.not_null = false,
        "C" if constraint.is_some_and(|it| it.contype == ConstrType::ConstrNotnull as i32) => domain.not_null = true,
        _ => return Err(nothing.into()),
    }
    // only what the domain's array and base do not hang on has changed
    let key = type_key(id.relation().0, id.name());
    if let Some(mut fact) = reader.catalog.facts.type_named(&key).cloned() {
        fact.not_null = domain.not_null;
        reader.catalog.facts.model.add_fact(Fact::Type(fact));
    }
    reader.catalog.objects.insert(id, domain.into());
    Ok(())
}

impl Domain {
    /// Whether both are made of the same type.
    pub fn is_over_same(&self, other: &Self) -> bool {
        self.data_type == other.data_type && self.collation == other.collation
    }

    /// The statements that create it while another domain still has the name that PostgreSQL would choose for NOT NULL.
    pub fn create_beside(&self, id: &ObjectId, parts: &[Part]) -> Vec<Statement> {
        let name = self.not_null_name.clone().unwrap_or_else(|| generated_name(id));
        Self { not_null_name: self.not_null.then_some(name), ..self.clone() }.create_with(id, parts)
    }

    /// Tells the facts about it.
    fn tell(&self, id: &ObjectId, catalog: &mut Catalog) {
        let new = NewType::Domain {
            base: self.data_type.key.clone(),
            typmod: self.data_type.typmod,
            not_null: self.not_null,
            collation: self.collation.as_ref().map(|it| (it.schema.clone(), it.name.clone())),
        };
        catalog.facts.model.add_type(id.relation().0, id.name(), new);
    }
}

impl DatabaseObject for Domain {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        needs.extend(collation::needed(self.collation.as_ref(), resolver.catalog));
        resolver.shorten_type(&mut self.data_type);
        let below = self.data_type.object(resolver.catalog);
        let below_it = below.as_ref().and_then(|below| resolver.catalog.objects.get(below)).and_then(Object::domain);
        self.would_inherit = Derived(below_it.is_some_and(|below| below.default.is_some()));
        needs.extend(below);
        if let Some(default) = &mut self.default
            && !resolver.expression(default, Place::Default(&self.data_type), &mut needs)?
        {
            self.default = None;
        }
        needs.remove(id);
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        self.create_with(id, &[])
    }

    fn create_with(&self, id: &ObjectId, parts: &[Part]) -> Vec<Statement> {
        let Self { data_type, collation, default, would_inherit, not_null, not_null_name } = self;
        let mut sql = format!("CREATE DOMAIN {} AS {}", id.sql(), data_type.sql);
        if let Some(collation) = collation {
            sql.push_str(&format!(" COLLATE {collation}"));
        }
        match default {
            Some(default) => sql.push_str(&format!(" DEFAULT {}", default.operand())),
            None if would_inherit.0 => sql.push_str(" DEFAULT NULL"),
            None => {}
        }
        if let Some(name) = not_null_name {
            sql.push_str(&format!(" CONSTRAINT {}", quote(name)));
        }
        if *not_null {
            sql.push_str(" NOT NULL");
        }
        parts.iter().for_each(|part| sql.push_str(&format!(" {}", part.sql)));
        let mut statement = Statement::new(Form::Create, sql);
        let own = default.as_ref().map(|default| default.path.clone());
        statement.search_path = own.or_else(|| parts.iter().find_map(|part| part.search_path.clone()));
        vec![statement]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        let Self { data_type: _, collation: _, default, would_inherit: _, not_null, not_null_name } = desired;
        if !self.is_over_same(desired) {
            return change::data_type(self, id, desired, context);
        }
        let mut statements = vec![];
        let mut say = |what: String| {
            statements.push(Statement::new(Form::Catalog, format!("ALTER DOMAIN {} {what}", id.sql())));
            statements.len() - 1
        };
        let mut path = None;
        match (&self.default, default) {
            (Some(_), None) => _ = say("DROP DEFAULT".into()),
            (one, Some(two)) if one.as_ref() != Some(two) => {
                path = Some((say(format!("SET DEFAULT {}", two.sql())), two.path.clone()));
            }
            _ => {}
        }
        let mut fails = None;
        match (self.not_null, not_null) {
            (false, true) => {
                fails = Some(say(match not_null_name {
                    Some(name) => format!("ADD CONSTRAINT {} NOT NULL", quote(name)),
                    None => "SET NOT NULL".into(),
                }));
            }
            (true, false) => _ = say("DROP NOT NULL".into()),
            (true, true) if self.not_null_name != *not_null_name => {
                let name = |it: &Option<String>| quote(&it.clone().unwrap_or_else(|| generated_name(id)));
                _ = say(format!("RENAME CONSTRAINT {} TO {}", name(&self.not_null_name), name(not_null_name)));
            }
            _ => {}
        }
        if let Some((at, path)) = path {
            statements[at].search_path = Some(path);
        }
        if let Some(at) = fails {
            let message = format!("fails when a column of {id} holds a NULL");
            statements[at].findings.push(Finding::new("data-may-not-fit", message));
        }
        Alteration::in_place(statements)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP DOMAIN {}", id.sql()))]
    }

    fn reaction(&self, _id: &ObjectId, on: &ObjectId, disturbance: Disturbance) -> Reaction {
        match disturbance {
            // it is made anew by the step of the type that it is made of
            Disturbance::Replaced if matches!(on.kind, Kind::EnumType | Kind::RangeType | Kind::Domain) => Reaction::Changes(disturbance),
            Disturbance::Replaced => Reaction::Rebuild,
            _ => Reaction::Survives,
        }
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        renames.retype(&mut self.data_type);
        self.collation.iter_mut().for_each(|name| renames.qualified(Space::Collation, name));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "DOMAIN", id, new)
    }
}
