//! Primary key, unique, check and exclusion constraints (`pg_constraint`). Foreign keys are a kind of their own.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf as ast;
use serde::Serialize;
use tokio_postgres::Row;

use super::index_element::IndexElement;
use super::lineage::{self, Lineage};
use super::options;
use super::{AlterContext, Alteration, DatabaseObject, Derived, Disturbance, Follower, Kind, Object, Part, Reaction, Statement};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::expr;
use crate::expression::Expression;
use crate::introspect::Live;
use crate::name::{list, quote};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::renames::Renames;
use crate::resolve::{Place, Resolver};

mod backing;
mod read;
mod short;

pub use backing::{Backing, Using};
pub use read::{copy, joined, read_element};

/// A constraint of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Constraint {
    /// PRIMARY KEY or UNIQUE.
    Key(Key),
    /// CHECK.
    Check(Check),
    /// EXCLUDE.
    Exclusion(Exclusion),
}

/// A primary key or unique constraint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Key {
    /// PRIMARY KEY rather than UNIQUE.
    pub primary: bool,
    /// Columns in key order.
    pub columns: Vec<String>,
    /// WITHOUT OVERLAPS on the last column (PostgreSQL 18).
    pub without_overlaps: bool,
    /// NULLS NOT DISTINCT (PostgreSQL 15).
    pub nulls_not_distinct: bool,
    /// Columns that are only stored in the index.
    pub include: Vec<String>,
    /// What its index has in common with others.
    pub index: Backing,
}

/// A check constraint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// The condition.
    pub expression: Expression,
    /// NO INHERIT.
    pub no_inherit: bool,
    /// False for NOT VALID.
    pub valid: bool,
    /// False for NOT ENFORCED (PostgreSQL 18).
    pub enforced: bool,
    /// Whether the constraint is there only because a parent table has it.
    pub inherited: bool,
}

/// An exclusion constraint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exclusion {
    /// Access method.
    pub method: String,
    /// Elements with their operators, as written.
    pub elements: Vec<(IndexElement, Operator)>,
    /// Columns that are only stored in the index.
    pub include: Vec<String>,
    /// WHERE.
    pub predicate: Option<Expression>,
    /// What its index has in common with others.
    pub index: Backing,
}

/// The operator of an exclusion element.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Operator(pub Vec<String>);

impl PartialEq for Operator {
    fn eq(&self, other: &Self) -> bool {
        // pg_catalog's operators are printed without their schema
        let bare = |it: &Self| it.0.iter().filter(|part| *part != "pg_catalog").cloned().collect::<Vec<_>>();
        bare(self) == bare(other)
    }
}

impl Operator {
    fn sql(&self) -> String {
        match self.0.as_slice() {
            [name] => name.clone(),
            [schema, name] => format!("OPERATOR({}.{name})", quote(schema)),
            _ => self.0.concat(),
        }
    }
}

/// The catalogue query.
pub const QUERY: &str = include_str!("constraint.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Constraint, &["schema", "relation", "name"])?;
    let definition = live.text(row, "definition")?;
    let node = printed(live, &definition)?;
    let mut constraint = read::of_node(&node, &Expression::of_ref)
        .ok_or_else(|| Error::new(format!("cannot read {id}")).cause(definition))?;
    match &mut constraint {
        Constraint::Check(check) => check.inherited = live.get(row, "inherited")?,
        Constraint::Key(Key { index, .. }) | Constraint::Exclusion(Exclusion { index, .. }) => {
            index.clustered = live.get(row, "clustered")?;
            index.replica_identity = live.get(row, "replica_identity")?;
            index.options = options::from_catalog(live.get(row, "options")?, None);
            index.tablespace = live.get(row, "tablespace")?;
            index.derived = Derived(live.get(row, "derived")?);
            let partitioned = live.get(row, "partitioned")?;
            let incomplete = partitioned && !live.get::<Option<bool>>(row, "index_valid")?.unwrap_or(true);
            let parent = live.qualified(row, "parent_schema", "parent_index")?;
            index.lineage = Lineage { parent, partitioned, incomplete, ..Lineage::default() };
            live.alias((live.relation_class, live.get(row, "index_oid")?, 0), &id);
        }
    }
    live.attribute_of(row, &id)?;
    if let Some(comment) = live.get::<Option<String>>(row, "index_comment")? {
        let index = ObjectId::new(Kind::Index, [id.names[0].clone(), id.name().to_string()]);
        live.catalog.attributes.entry(index).or_default().comment = Some(comment);
    }
    live.add(row, id, constraint)
}

/// Parses what `pg_get_constraintdef` printed.
pub fn printed(live: &Live, definition: &str) -> Result<ast::Constraint> {
    let unreadable = || Error::new("cannot read a constraint that the server printed").cause(definition);
    let statement = live.parse(&format!("ALTER TABLE x ADD CONSTRAINT c {definition}"))?;
    let NodeEnum::AlterTableStmt(statement) = statement else { return Err(unreadable()) };
    let command = statement.cmds.into_iter().next().and_then(|node| node.node);
    match command {
        Some(NodeEnum::AlterTableCmd(command)) => match command.def.and_then(|node| node.node) {
            Some(NodeEnum::Constraint(constraint)) => Ok(*constraint),
            _ => Err(unreadable()),
        },
        _ => Err(unreadable()),
    }
}

impl Constraint {
    /// The columns of a primary key.
    pub fn primary_key(&self) -> Option<&[String]> {
        match self {
            Constraint::Key(key) if key.primary => Some(&key.columns),
            _ => None,
        }
    }

    /// The columns of a primary key or unique constraint, in the order of the key.
    pub fn key(&self) -> Option<&[String]> {
        match self {
            Constraint::Key(key) => Some(&key.columns),
            _ => None,
        }
    }

    /// Whether it is a check constraint.
    pub fn is_check(&self) -> bool {
        matches!(self, Constraint::Check(_))
    }

    /// The constraint that a child table gets from this one.
    pub fn inherited(&self) -> Option<Self> {
        match self {
            Constraint::Check(check) if !check.no_inherit => Some(Constraint::Check(Check { inherited: true, ..check.clone() })),
            _ => None,
        }
    }

    /// VALIDATE CONSTRAINT.
    pub fn set_valid(&mut self) {
        if let Constraint::Check(check) = self {
            check.valid = check.enforced;
        }
    }

    /// Marks the index as (clustered, replica identity); false when there is no index.
    pub fn mark_index(&mut self, (clustered, replica_identity): (bool, bool)) -> bool {
        match self.backing_mut() {
            Some(index) => {
                index.clustered |= clustered;
                index.replica_identity |= replica_identity;
                true
            }
            None => false,
        }
    }

    /// Whether CLUSTER uses its index.
    pub fn is_clustered(&self) -> bool {
        self.backing().is_some_and(|index| index.clustered)
    }

    /// How its index belongs to those of other tables.
    pub fn lineage(&self) -> Option<&Lineage> {
        self.backing().map(|index| &index.lineage)
    }

    /// The same, to be changed.
    pub fn lineage_mut(&mut self) -> Option<&mut Lineage> {
        self.backing_mut().map(|index| &mut index.lineage)
    }

    fn backing(&self) -> Option<&Backing> {
        match self {
            Constraint::Key(Key { index, .. }) | Constraint::Exclusion(Exclusion { index, .. }) => Some(index),
            Constraint::Check(_) => None,
        }
    }

    fn backing_mut(&mut self) -> Option<&mut Backing> {
        match self {
            Constraint::Key(Key { index, .. }) | Constraint::Exclusion(Exclusion { index, .. }) => Some(index),
            Constraint::Check(_) => None,
        }
    }

    /// The definition as it stands behind `CONSTRAINT name`.
    pub fn definition(&self) -> String {
        match self {
            Constraint::Key(key) => key.definition(),
            Constraint::Check(check) => {
                let inherit = if check.no_inherit { " NO INHERIT" } else { "" };
                let state = match (check.enforced, check.valid) {
                    (false, _) => " NOT ENFORCED",
                    (true, false) => " NOT VALID",
                    (true, true) => "",
                };
                format!("CHECK ({}){inherit}{state}", check.expression.sql())
            }
            Constraint::Exclusion(exclusion) => exclusion.definition(),
        }
    }

    fn search_path(&self) -> Option<Vec<String>> {
        match self {
            Constraint::Check(check) => Some(check.expression.path.clone()),
            Constraint::Exclusion(exclusion) => exclusion.elements.first().map(|(element, _)| element.expression.path.clone()),
            Constraint::Key(_) => None,
        }
    }

    fn form(&self) -> Form {
        match self {
            Constraint::Check(Check { valid: true, enforced: true, .. }) => Form::AddCheck,
            Constraint::Check(_) => Form::AddCheckNotValid,
            _ if self.backing().is_some_and(|index| index.using_index.0.is_some()) => Form::AddConstraintUsingIndex,
            _ => Form::AddIndexConstraint,
        }
    }

    /// What is said about the index once the constraint is there.
    fn marks(&self, id: &ObjectId) -> Vec<Statement> {
        let table = id.parent(Kind::Table);
        let Some(index) = self.backing() else { return vec![] };
        let mut out = vec![];
        if index.clustered {
            let sql = format!("CLUSTER ON {}", quote(id.name()));
            out.push(Statement::clause(Form::AlterRelationOptions, table.clone(), sql));
        }
        if index.replica_identity {
            let sql = format!("REPLICA IDENTITY USING INDEX {}", quote(id.name()));
            out.push(Statement::clause(Form::AlterRelation, table, sql));
        }
        out
    }
}

impl Key {
    fn definition(&self) -> String {
        let kind = if self.primary { "PRIMARY KEY" } else { "UNIQUE" };
        let nulls = if self.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
        let mut columns: Vec<String> = self.columns.iter().map(|name| quote(name)).collect();
        if let Some(last) = columns.last_mut().filter(|_| self.without_overlaps) {
            last.push_str(" WITHOUT OVERLAPS");
        }
        let include = if self.include.is_empty() { String::new() } else { format!(" INCLUDE {}", list(&self.include)) };
        format!("{kind}{nulls} ({}){include}{}{}", columns.join(", "), self.index.suffix(), self.index.timing())
    }
}

impl Exclusion {
    fn definition(&self) -> String {
        let elements: Vec<String> =
            self.elements.iter().map(|(element, operator)| format!("{} WITH {}", element.sql(), operator.sql())).collect();
        let include = if self.include.is_empty() { String::new() } else { format!(" INCLUDE {}", list(&self.include)) };
        let predicate = self.predicate.as_ref().map(|it| format!(" WHERE ({})", it.sql())).unwrap_or_default();
        let method = quote(&self.method);
        format!(
            "EXCLUDE USING {method} ({}){include}{}{predicate}{}",
            elements.join(", "),
            self.index.suffix(),
            self.index.timing()
        )
    }
}

impl DatabaseObject for Constraint {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let table = id.parent(Kind::Table);
        let mut needs = BTreeSet::from([table.clone()]);
        needs.extend(self.lineage().into_iter().flat_map(|it| it.parts.iter().chain(&it.beside).cloned()));
        match self {
            Constraint::Key(key) => {
                needs.extend(key.columns.iter().chain(&key.include).map(|name| table.child(Kind::Column, name.clone())));
                for name in &key.columns {
                    let column = resolver.catalog.objects.get(&table.child(Kind::Column, name.clone()));
                    if let Some(column) = column.and_then(Object::column) {
                        let used = expr::key_class(&resolver.context(&[]), &column.data_type.key);
                        needs.extend(used.iter().flat_map(|reference| resolver.referenced(reference)));
                    }
                }
            }
            Constraint::Check(check) => {
                resolver.expression(&mut check.expression, Place::Condition(&table), &mut needs)?;
            }
            Constraint::Exclusion(exclusion) => {
                let method = exclusion.method.clone();
                for (element, _) in &mut exclusion.elements {
                    element.resolve(&table, &method, resolver, &mut needs)?;
                }
                if let Some(predicate) = &mut exclusion.predicate {
                    resolver.expression(predicate, Place::Condition(&table), &mut needs)?;
                }
                needs.extend(exclusion.include.iter().map(|name| table.child(Kind::Column, name.clone())));
            }
        }
        Ok(needs)
    }

    fn is_costly(&self) -> bool {
        true
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        if matches!(self, Constraint::Check(Check { inherited: true, .. })) {
            return vec![];
        }
        let using = self.backing().and_then(|index| index.using_index.0.as_ref().map(|name| (index, name)));
        let definition = match (using, self) {
            (Some((index, name)), Constraint::Key(key)) => {
                let kind = if key.primary { "PRIMARY KEY" } else { "UNIQUE" };
                format!("{kind} USING INDEX {}{}", quote(name), index.timing())
            }
            _ => self.definition(),
        };
        let table = id.parent(Kind::Table);
        let sql = format!("ADD CONSTRAINT {} {definition}", quote(id.name()));
        let mut first = match self.lineage().is_some_and(|lineage| lineage.incomplete) {
            true => Statement::new(self.form(), format!("ALTER TABLE ONLY {} {sql}", table.sql())),
            false => Statement::clause(self.form(), table.clone(), sql),
        };
        first.search_path = self.search_path();
        if self.form() != Form::AddCheckNotValid {
            let message = format!("fails when rows of {table} break {}", quote(id.name()));
            first = first.finding(Finding::new("data-may-not-fit", message));
        }
        let mut out = vec![first];
        out.extend(self.marks(id));
        out
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        let table = id.parent(Kind::Table);
        let clause = |form: Form, sql: String| Statement::clause(form, table.clone(), sql);
        match (self, desired) {
            (Constraint::Check(one), Constraint::Check(two)) => {
                let validated = Check { valid: true, ..one.clone() };
                let local = Check { inherited: two.inherited, ..one.clone() };
                if one.enforced && two.enforced && validated == *two {
                    let sql = format!("VALIDATE CONSTRAINT {}", quote(id.name()));
                    return Alteration::in_place(vec![clause(Form::Validate, sql)]);
                }
                // whether a constraint came from a parent follows from the parents
                if local == *two { Alteration::in_place(vec![]) } else { Alteration::Replace }
            }
            _ => {
                let lineages = self.lineage().zip(desired.lineage());
                let Some(mut out) = lineages.and_then(|pair| lineage::change(id, &table, pair, context)) else {
                    return Alteration::Replace;
                };
                let mut same = self.clone();
                let (Some(mine), Some(wanted)) = (same.backing_mut(), desired.backing()) else { return Alteration::Replace };
                let before = std::mem::replace(mine, wanted.clone());
                if same != *desired || before.deferrable != wanted.deferrable || before.deferred != wanted.deferred {
                    return Alteration::Replace;
                }
                out.extend(backing::changes(id, &before, wanted, context));
                Alteration::in_place(out)
            }
        }
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        if matches!(self, Constraint::Check(Check { inherited: true, .. })) {
            return vec![];
        }
        let sql = format!("DROP CONSTRAINT {}", quote(id.name()));
        vec![Statement::clause(Form::Drop, id.parent(Kind::Table), sql)]
    }

    fn part(&self, id: &ObjectId) -> Option<Part> {
        let order = match self {
            Constraint::Key(key) if key.primary => 0,
            Constraint::Key(_) => 1,
            Constraint::Check(check) if !check.inherited && !check.valid && check.enforced => return None,
            Constraint::Check(_) => 2,
            Constraint::Exclusion(_) => 3,
        };
        let apart = |index: &Backing| index.using_index.0.is_some() || index.lineage.incomplete;
        (!self.backing().is_some_and(apart)).then(|| Part {
            whole: id.parent(Kind::Table),
            addition: None,
            name: id.name().to_string(),
            column: None,
            tail: None,
            order: (2, order),
            sql: match self {
                // nothing to say, but it is there once the table is
                Constraint::Check(Check { inherited: true, .. }) => String::new(),
                _ => format!("CONSTRAINT {} {}", quote(id.name()), self.definition()),
            },
            replaces: true,
            volatile: false,
            search_path: self.search_path(),
        })
    }

    fn short_part(&self, id: &ObjectId, part: &Part, catalog: &Catalog) -> Option<Part> {
        short::part(self, id, part, catalog)
    }

    fn reaction(&self, id: &ObjectId, on: &ObjectId, disturbance: Disturbance) -> Reaction {
        let own = on.relation() == id.relation();
        match disturbance {
            Disturbance::Replaced if own || on.kind != Kind::Table => Reaction::Rebuild,
            Disturbance::Results if matches!(self, Constraint::Exclusion(_)) => Reaction::Rebuild,
            _ => Reaction::Survives,
        }
    }

    fn settle(&self, id: &ObjectId, context: &AlterContext) -> Vec<Statement> {
        let lineage = self.lineage().map(|lineage| lineage::settle(id, &id.parent(Kind::Table), lineage, context));
        lineage.unwrap_or_default()
    }

    fn among_rows(&self, id: &ObjectId, statements: Vec<Statement>, context: &AlterContext) -> Vec<Statement> {
        let made = self.lineage().and_then(|lineage| lineage::made(id, &id.parent(Kind::Table), lineage, context));
        match made {
            Some(made) => self.rename(&made, id).into_iter().collect(),
            None => statements,
        }
    }

    fn derived(&self, id: &ObjectId) -> Option<ObjectId> {
        let inherited = match self {
            Constraint::Check(check) => check.inherited,
            Constraint::Key(Key { index, .. }) | Constraint::Exclusion(Exclusion { index, .. }) => index.derived.0,
        };
        inherited.then(|| id.parent(Kind::Table))
    }

    fn on_its_own(&self) -> Self {
        match self {
            Constraint::Check(check) => Constraint::Check(Check { inherited: false, ..check.clone() }),
            other => other.clone(),
        }
    }

    fn carried_by(&self, id: &ObjectId, whole: &ObjectId) -> bool {
        let named = match self {
            // a reference to the whole row does not make a check depend on a column
            Constraint::Check(check) => check.expression.columns().contains(whole.name()),
            _ => true,
        };
        let part = self.lineage().is_some_and(|lineage| lineage.parent.is_some());
        part && whole.kind == Kind::Constraint
            || *whole == id.parent(Kind::Table)
            || named && whole.kind == Kind::Column && whole.relation() == id.relation()
    }

    fn take_over(&self, id: &ObjectId, other: &ObjectId, object: &Object) -> Option<Self> {
        let (Constraint::Key(key), Object::Index(index)) = (self, object) else { return None };
        let fits = index.table == id.parent(Kind::Table)
            && index.plain_key().is_some_and(|columns| columns == key.columns)
            && !key.without_overlaps
            && index.valid
            // PostgreSQL cannot do that on a partitioned table
            && !index.lineage.partitioned
            && index.include == key.include
            && index.nulls_not_distinct == key.nulls_not_distinct
            && index.options == key.index.options
            && index.tablespace == key.index.tablespace;
        let using_index = Using(Some(other.name().to_string()));
        let backing = Backing { using_index, ..key.index.clone() };
        fits.then(|| Constraint::Key(Key { index: backing, ..key.clone() }))
    }

    fn renamed(&mut self, id: &ObjectId, renames: &Renames) {
        let table = id.relation();
        match self {
            Constraint::Key(key) => {
                renames.columns(table, &mut key.columns);
                renames.columns(table, &mut key.include);
            }
            Constraint::Check(_) => {}
            Constraint::Exclusion(exclusion) => {
                renames.columns(table, &mut exclusion.include);
                exclusion.elements.iter_mut().for_each(|(element, _)| element.renamed(table, renames));
            }
        }
    }

    fn follower(&self, id: &ObjectId, needs: &BTreeSet<ObjectId>) -> Option<Follower> {
        let parts = match self {
            Constraint::Key(key) if key.primary => vec![(None, "pkey")],
            Constraint::Key(key) => {
                let all: Vec<String> = key.columns.iter().chain(&key.include).cloned().collect();
                vec![(Some(joined(&all)), "key")]
            }
            Constraint::Check(check) if check.inherited => return None,
            Constraint::Check(_) => {
                let columns = needs.iter().filter(|needed| needed.kind == Kind::Column);
                let columns = columns.map(|column| (Some(column.name().to_string()), "check"));
                columns.chain([(None, "check")]).collect()
            }
            Constraint::Exclusion(exclusion) => {
                let labels: Vec<String> = exclusion.elements.iter().map(|(element, _)| element.label()).collect();
                vec![(Some(joined(&labels)), "excl")]
            }
        };
        Some(Follower { id: id.clone(), whole: id.parent(Kind::Table), parts, moves: true })
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        let sql = format!(
            "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
            id.parent(Kind::Table).sql(),
            quote(id.name()),
            quote(new.name())
        );
        Some(Statement::new(Form::AlterRelation, sql))
    }
}
