//! Foreign keys (`pg_constraint`, type `f`): apart from the other constraints, so that tables that refer to each
//! other form no cycle.

use std::collections::BTreeSet;

use pg_query::protobuf as ast;
use serde::Serialize;
use tokio_postgres::Row;

use super::options::strings;
use super::{AlterContext, Alteration, DatabaseObject, Derived, Disturbance, Follower, Kind, Part, Reaction, Space, Statement};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{QualifiedName, choose, list, quote};
use crate::objects::Object;
use crate::objects::table::missing_column;
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ForeignKey {
    /// Referencing columns in the order of the key.
    pub columns: Vec<String>,
    /// The referenced table.
    pub references: QualifiedName,
    /// Referenced columns; empty until resolved when the files leave them out.
    pub referenced: Vec<String>,
    /// PERIOD on the last column (PostgreSQL 18).
    pub period: bool,
    /// MATCH FULL.
    pub match_full: bool,
    /// `NO ACTION`, `RESTRICT`, `CASCADE`, `SET NULL`, `SET DEFAULT`.
    pub on_update: &'static str,
    /// The same for DELETE.
    pub on_delete: &'static str,
    /// The columns that ON DELETE SET NULL or SET DEFAULT sets; empty: all.
    pub on_delete_columns: Vec<String>,
    /// DEFERRABLE.
    pub deferrable: bool,
    /// INITIALLY DEFERRED.
    pub deferred: bool,
    /// False for NOT VALID.
    pub valid: bool,
    /// False for NOT ENFORCED (PostgreSQL 18).
    pub enforced: bool,
    /// A partition got it from its parent.
    pub derived: Derived,
}

/// Reads a foreign key of CREATE TABLE or ALTER TABLE … ADD.
pub fn read_element(reader: &mut Reader, table: &ObjectId, node: &ast::Constraint) -> Result<(), Stop> {
    let Some(target) = &node.pktable else { return Ok(()) };
    let path: Vec<String> = if target.schemaname.is_empty() { reader.path.to_vec() } else { vec![target.schemaname.clone()] };
    // the referenced table may be defined later; the schema is settled when names are resolved
    let schema = path.join("\u{0}");
    let key = of_node(node, QualifiedName::new(schema, target.relname.clone()));
    for name in key.columns.iter().chain(&key.on_delete_columns) {
        if !reader.catalog.objects.contains_key(&table.child(Kind::Column, name.clone())) {
            return Err(missing_column(reader, node.location, table, name).into());
        }
    }
    if !key.referenced.is_empty() && key.referenced.len() != key.columns.len() {
        let message = "number of referencing and referenced columns for foreign key disagree";
        return Err(reader.wrong(node.location, message).hint("name as many columns behind REFERENCES as before it").into());
    }
    let name = match node.conname.as_str() {
        "" => {
            let taken = |name: &str| {
                let ids = [table.child(Kind::Constraint, name), table.child(Kind::ForeignKey, name)];
                ids.iter().any(|id| reader.catalog.objects.contains_key(id))
            };
            choose(table.name(), Some(&super::constraint::joined(&key.columns)), "fkey", taken)
        }
        name => name.to_string(),
    };
    reader.add(table.child(Kind::ForeignKey, name), key, node.location)?;
    Ok(())
}

fn of_node(node: &ast::Constraint, references: QualifiedName) -> ForeignKey {
    ForeignKey {
        columns: strings(&node.fk_attrs),
        references,
        referenced: strings(&node.pk_attrs),
        period: node.fk_with_period,
        match_full: node.fk_matchtype == "f",
        on_update: action(&node.fk_upd_action),
        on_delete: action(&node.fk_del_action),
        on_delete_columns: strings(&node.fk_del_set_cols),
        deferrable: node.deferrable || node.initdeferred,
        deferred: node.initdeferred,
        valid: node.is_enforced && !node.skip_validation,
        enforced: node.is_enforced,
        derived: Derived(false),
    }
}

fn action(code: &str) -> &'static str {
    match code {
        "r" => "RESTRICT",
        "c" => "CASCADE",
        "n" => "SET NULL",
        "d" => "SET DEFAULT",
        _ => "NO ACTION",
    }
}

/// The catalogue query.
pub const QUERY: &str = include_str!("foreign_key.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::ForeignKey, &["schema", "relation", "name"])?;
    let definition = live.text(row, "definition")?;
    let node = super::constraint::printed(live, &definition)?;
    let target = node.pktable.as_ref().map(|range| QualifiedName::new(&range.schemaname, &range.relname));
    let target = target.ok_or_else(|| Error::new(format!("cannot read {id}")).cause(&definition))?;
    let mut key = of_node(&node, target);
    key.derived = Derived(live.get(row, "derived")?);
    live.attribute_of(row, &id)?;
    live.add(row, id, key)
}

impl ForeignKey {
    fn definition(&self) -> String {
        let with_period = |names: &[String]| {
            let mut names: Vec<String> = names.iter().map(|name| quote(name)).collect();
            if let Some(last) = names.last_mut().filter(|_| self.period) {
                *last = format!("PERIOD {last}");
            }
            format!("({})", names.join(", "))
        };
        let mut sql = format!(
            "FOREIGN KEY {} REFERENCES {}{}",
            with_period(&self.columns),
            self.references,
            with_period(&self.referenced)
        );
        if self.match_full {
            sql.push_str(" MATCH FULL");
        }
        if self.on_update != "NO ACTION" {
            sql.push_str(&format!(" ON UPDATE {}", self.on_update));
        }
        if self.on_delete != "NO ACTION" {
            sql.push_str(&format!(" ON DELETE {}", self.on_delete));
            if !self.on_delete_columns.is_empty() {
                sql.push_str(&format!(" {}", list(&self.on_delete_columns)));
            }
        }
        if self.deferrable {
            sql.push_str(" DEFERRABLE");
        }
        if self.deferred {
            sql.push_str(" INITIALLY DEFERRED");
        }
        match (self.enforced, self.valid) {
            (false, _) => sql.push_str(" NOT ENFORCED"),
            (true, false) => sql.push_str(" NOT VALID"),
            (true, true) => {}
        }
        sql
    }

    /// The referenced table.
    pub fn target(&self) -> ObjectId {
        ObjectId::new(Kind::Table, [&self.references.schema, &self.references.name])
    }

    /// Whether that is this one.
    pub fn refers_to(&self, table: &ObjectId) -> bool {
        (self.references.schema.as_str(), self.references.name.as_str()) == table.relation()
    }

    /// The key that the foreign key points to, which a partition may have from its parent.
    fn referenced_key(&self, catalog: &Catalog) -> Option<ObjectId> {
        let mut tables = vec![self.target()];
        while let Some(target) = tables.pop() {
            if let Some(key) = self.key_of(&target, catalog) {
                return Some(key);
            }
            tables.extend(super::table::inherit::parents(catalog, &target));
        }
        None
    }

    fn key_of(&self, target: &ObjectId, catalog: &Catalog) -> Option<ObjectId> {
        let mut wanted = self.referenced.clone();
        wanted.sort();
        let matches = |columns: &[String]| {
            let mut columns = columns.to_vec();
            columns.sort();
            columns == wanted
        };
        let constraint = catalog
            .children(target)
            .find(|(_, object)| matches!(object, Object::Constraint(it) if it.key().is_some_and(matches)))
            .map(|(id, _)| id.clone());
        constraint.or_else(|| {
            let start = ObjectId::new(Kind::Index, [&target.names[0]]);
            let own = catalog.objects.range(start..).take_while(|(id, _)| id.kind == Kind::Index);
            let own = own.take_while(|(id, _)| id.names[0] == target.names[0]);
            let fits = |object: &Object| matches!(object, Object::Index(index) if index.table == *target && index.key().is_some_and(|columns| matches(&columns)));
            own.filter(|(_, object)| fits(object)).map(|(id, _)| id.clone()).next()
        })
    }

    fn settle(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<()> {
        let candidates: Vec<String> = self.references.schema.split('\u{0}').map(str::to_string).collect();
        let exists = |schema: &&String| resolver.catalog.relation(schema, &self.references.name).is_some();
        match candidates.iter().find(exists) {
            Some(schema) => self.references.schema = schema.clone(),
            None if resolver.strict => {
                let shown = if candidates.len() == 1 { self.references.to_string() } else { quote(&self.references.name) };
                return Err(Error::new(format!("{id} references table {shown}, which does not exist in the desired state"))
                    .hint("define the table in the files, or correct its name"));
            }
            None => {}
        }
        if self.referenced.is_empty() {
            let facts = &resolver.catalog.facts;
            let key = facts.primary_key(&self.references.schema, &self.references.name);
            match key {
                Some(columns) => self.referenced = columns.iter().map(ToString::to_string).collect(),
                None if resolver.strict => {
                    return Err(Error::new(format!("there is no primary key for referenced table {}", self.references))
                        .hint("give the table a primary key, or name the columns of a unique constraint behind it"));
                }
                None => {}
            }
            if resolver.strict && self.referenced.len() != self.columns.len() {
                return Err(Error::new("number of referencing and referenced columns for foreign key disagree")
                    .hint("the primary key of the other table has another number of columns; name the columns"));
            }
        }
        Ok(())
    }
}

/// Whether DETACH PARTITION drops the key of a partition with the parent's: PostgreSQL 14 does so, against what it
/// promises, when the key points to a partitioned table.
fn is_lost_when_detached(key: &ForeignKey, context: &AlterContext) -> bool {
    let partitioned = || match context.current.objects.get(&key.target()) {
        Some(Object::Table(table)) => table.partition_by.is_some(),
        _ => false,
    };
    context.major == 14 && key.derived.0 && partitioned()
}

/// What brings back the keys of a partition that stays as a table but loses them with its parent.
pub fn kept_when_detached(table: &ObjectId, context: &AlterContext) -> Vec<Statement> {
    let lost = |(id, object): (&ObjectId, &Object)| match object {
        Object::ForeignKey(key) if context.desired.objects.get(id) == Some(object) && is_lost_when_detached(key, context) => {
            Some(key.create(id))
        }
        _ => None,
    };
    context.current.children(table).filter_map(lost).flatten().collect()
}

impl DatabaseObject for ForeignKey {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        self.settle(id, resolver)?;
        let table = id.parent(Kind::Table);
        let target = self.target();
        let mut needs = BTreeSet::from([table.clone(), target.clone()]);
        needs.extend(self.columns.iter().map(|name| table.child(Kind::Column, name.clone())));
        for name in &self.referenced {
            let column = target.child(Kind::Column, name.clone());
            if resolver.strict && !resolver.catalog.objects.contains_key(&column) {
                return Err(Error::new(format!(
                    "column {} referenced in foreign key constraint does not exist in {target}",
                    quote(name)
                ))
                .hint("name columns that the table has, or none for its primary key"));
            }
            needs.insert(column);
        }
        // a partition of the referenced table cannot go while the foreign key is there
        if !self.derived.0 {
            needs.extend(super::table::inherit::partitions(resolver.catalog, &target));
        }
        match self.referenced_key(resolver.catalog) {
            Some(key) => {
                needs.insert(key);
            }
            None if resolver.strict => {
                return Err(Error::new(format!(
                    "there is no unique constraint matching given keys for referenced table {}",
                    self.references
                ))
                .hint(format!("add a primary key or unique constraint on {}", list(&self.referenced))));
            }
            None => {}
        }
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let table = id.parent(Kind::Table);
        let form = if self.valid { Form::AddForeignKey } else { Form::AddForeignKeyNotValid };
        let sql = format!("ADD CONSTRAINT {} {}", quote(id.name()), self.definition());
        let statement = Statement::clause(form, table.clone(), sql);
        let message = format!("fails when rows of {table} have no partner in {}", self.references);
        vec![if self.valid { statement.finding(Finding::new("data-may-not-fit", message)) } else { statement }]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        let clause = |form: Form, sql: String| Statement::clause(form, id.parent(Kind::Table), sql);
        let same = Self { deferrable: desired.deferrable, deferred: desired.deferred, valid: desired.valid, enforced: desired.enforced, ..self.clone() };
        let loses = self.valid && !desired.valid && desired.enforced;
        if same != *desired || loses || self.enforced != desired.enforced && context.major < 18 {
            return Alteration::Replace;
        }
        let mut out = vec![];
        let mut words = vec![];
        if self.deferrable != desired.deferrable || self.deferred != desired.deferred {
            words.push(if desired.deferrable { "DEFERRABLE" } else { "NOT DEFERRABLE" });
            if desired.deferrable {
                words.push(if desired.deferred { "INITIALLY DEFERRED" } else { "INITIALLY IMMEDIATE" });
            }
        }
        if self.enforced != desired.enforced {
            words.push(if desired.enforced { "ENFORCED" } else { "NOT ENFORCED" });
        }
        if !words.is_empty() {
            out.push(clause(Form::AlterRelation, format!("ALTER CONSTRAINT {} {}", quote(id.name()), words.join(" "))));
        }
        if self.enforced == desired.enforced && !self.valid && desired.valid {
            out.push(clause(Form::Validate, format!("VALIDATE CONSTRAINT {}", quote(id.name()))));
        }
        Alteration::in_place(out)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        let sql = format!("DROP CONSTRAINT {}", quote(id.name()));
        vec![Statement::clause(Form::Drop, id.parent(Kind::Table), sql)]
    }

    fn drop_towards(&self, id: &ObjectId, context: &AlterContext) -> Vec<Statement> {
        if !is_lost_when_detached(self, context) {
            return self.drop(id);
        }
        let sql = format!("DROP CONSTRAINT IF EXISTS {}", quote(id.name()));
        vec![Statement::clause(Form::Drop, id.parent(Kind::Table), sql)]
    }

    fn part(&self, id: &ObjectId) -> Option<Part> {
        self.valid.then(|| Part {
            whole: id.parent(Kind::Table),
            addition: None,
            name: id.name().to_string(),
            column: None,
            tail: None,
            order: (3, 0),
            sql: format!("CONSTRAINT {} {}", quote(id.name()), self.definition()),
            replaces: true,
            volatile: false,
            search_path: None,
        })
    }

    fn short_part(&self, id: &ObjectId, part: &Part, _catalog: &Catalog) -> Option<Part> {
        let own = self.follower(id, &BTreeSet::new()).and_then(|follower| follower.generated()) == Some(0);
        let sql = self.definition();
        match (self.columns.as_slice(), own) {
            (_, false) => None,
            ([column], true) => {
                let sql = sql.strip_prefix(&format!("FOREIGN KEY ({}) ", quote(column)))?.to_string();
                Some(Part { column: Some(column.clone()), sql, ..part.clone() })
            }
            (_, true) => Some(Part { sql, ..part.clone() }),
        }
    }

    fn reaction(&self, _id: &ObjectId, on: &ObjectId, disturbance: Disturbance) -> Reaction {
        match disturbance {
            Disturbance::Replaced if on.kind != Kind::Table => Reaction::Rebuild,
            // until both ends have the new type PostgreSQL has no way to check it
            Disturbance::ColumnComparison => Reaction::Rebuild,
            _ => Reaction::Survives,
        }
    }

    fn derived(&self, id: &ObjectId) -> Option<ObjectId> {
        self.derived.0.then(|| id.parent(Kind::Table))
    }

    fn carried_by(&self, id: &ObjectId, whole: &ObjectId) -> bool {
        self.derived.0 && whole.kind == Kind::ForeignKey || *whole == id.parent(Kind::Table) || whole.kind == Kind::Column && whole.relation() == id.relation()
    }

    fn renamed(&mut self, id: &ObjectId, renames: &Renames) {
        renames.columns(id.relation(), &mut self.columns);
        renames.columns(id.relation(), &mut self.on_delete_columns);
        renames.columns((&self.references.schema, &self.references.name), &mut self.referenced);
        renames.qualified(Space::Relation, &mut self.references);
    }

    fn follower(&self, id: &ObjectId, _needs: &BTreeSet<ObjectId>) -> Option<Follower> {
        let parts = vec![(Some(super::constraint::joined(&self.columns)), "fkey")];
        Some(Follower { id: id.clone(), whole: id.parent(Kind::Table), parts, moves: true })
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        let table = id.parent(Kind::Table);
        let sql =
            format!("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", table.sql(), quote(id.name()), quote(new.name()));
        Some(Statement::new(Form::AlterRelation, sql))
    }
}
