//! Triggers (`pg_trigger`) of tables and views.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::CreateTrigStmt;
use serde::Serialize;
use tokio_postgres::Row;

use super::firing::Firing;
use super::trigger_function::TriggerFunction;
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Reaction, Space, Statement, options, rename};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::expression::Expression;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{QualifiedName, literal, quote};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::{Place, Resolver};

pub mod partitions;

use partitions::InPartition;

/// A trigger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trigger {
    /// The table or view.
    pub relation: ObjectId,
    /// BEFORE, AFTER, INSTEAD OF.
    pub timing: Timing,
    /// What it fires on.
    pub events: Events,
    /// FOR EACH ROW.
    pub row: bool,
    /// WHEN.
    pub when: Option<Expression>,
    /// REFERENCING OLD TABLE AS.
    pub old_table: Option<String>,
    /// REFERENCING NEW TABLE AS.
    pub new_table: Option<String>,
    /// What it calls.
    pub function: TriggerFunction,
    /// With these arguments.
    pub arguments: Vec<String>,
    /// What a constraint trigger has beyond that.
    pub constraint: Option<ConstraintTrigger>,
    /// In which sessions it fires.
    pub enabled: Firing,
    /// The partitions in which it fires otherwise, parents first.
    pub partitions: Vec<InPartition>,
}

/// When a trigger fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// Before the event.
    Before,
    /// After it.
    After,
    /// In its place.
    InsteadOf,
}

/// The events of a trigger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Events {
    /// INSERT.
    pub insert: bool,
    /// DELETE.
    pub delete: bool,
    /// UPDATE.
    pub update: bool,
    /// UPDATE OF; empty for all columns.
    pub columns: Vec<String>,
    /// TRUNCATE.
    pub truncate: bool,
}

/// What only constraint triggers have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConstraintTrigger {
    /// FROM: the other table of the constraint.
    pub from: Option<QualifiedName>,
    /// DEFERRABLE.
    pub deferrable: bool,
    /// INITIALLY DEFERRED.
    pub deferred: bool,
}

/// Reads CREATE TRIGGER.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateTrigStmt(statement) => Some(create(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreateTrigStmt, reader: &mut Reader) -> Result<(), Stop> {
    let Some(range) = &statement.relation else { return Ok(()) };
    let relation = reader.relation(range)?;
    let mut trigger = of_statement(statement, relation.clone(), reader.path);
    trigger.when = statement.when_clause.as_deref().map(|node| reader.expression(node));
    if let (Some(constraint), Some(range)) = (&mut trigger.constraint, &statement.constrrel) {
        let from = reader.relation(range)?;
        constraint.from = Some(QualifiedName::new(from.relation().0, from.relation().1));
    }
    if let Some((message, hint)) = trigger.mistake() {
        return Err(reader.wrong(range.location, message).hint(hint).into());
    }
    reader.add(relation.child(Kind::Trigger, statement.trigname.clone()), trigger, 0)?;
    Ok(())
}

/// Bits of `tgtype`, as the parser gives them.
mod bits {
    pub const BEFORE: i32 = 1 << 1;
    pub const INSERT: i32 = 1 << 2;
    pub const DELETE: i32 = 1 << 3;
    pub const UPDATE: i32 = 1 << 4;
    pub const TRUNCATE: i32 = 1 << 5;
    pub const INSTEAD: i32 = 1 << 6;
}

/// The trigger that a statement says; its condition and the other table of a constraint apart.
fn of_statement(statement: &CreateTrigStmt, relation: ObjectId, path: &[String]) -> Trigger {
    let on = |bit: i32| statement.events & bit != 0;
    let transition = |new: bool| {
        statement.transition_rels.iter().find_map(|node| match node.node.as_ref() {
            Some(NodeEnum::TriggerTransition(it)) if it.is_new == new => Some(it.name.clone()),
            _ => None,
        })
    };
    Trigger {
        relation,
        timing: match statement.timing {
            bits::BEFORE => Timing::Before,
            bits::INSTEAD => Timing::InsteadOf,
            _ => Timing::After,
        },
        events: Events {
            insert: on(bits::INSERT),
            delete: on(bits::DELETE),
            update: on(bits::UPDATE),
            columns: options::strings(&statement.columns),
            truncate: on(bits::TRUNCATE),
        },
        row: statement.row,
        when: None,
        old_table: transition(false),
        new_table: transition(true),
        function: TriggerFunction::new(&statement.funcname, path),
        arguments: options::strings(&statement.args),
        constraint: statement.isconstraint.then_some(ConstraintTrigger {
            from: None,
            deferrable: statement.deferrable || statement.initdeferred,
            deferred: statement.initdeferred,
        }),
        enabled: Firing::Origin,
        partitions: vec![],
    }
}

/// The catalogue query.
pub const QUERY: &str = include_str!("trigger.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Trigger, &["schema", "relation", "name"])?;
    let definition = live.text(row, "definition")?;
    let NodeEnum::CreateTrigStmt(statement) = live.parse(&definition)? else {
        return Err(Error::new(format!("cannot read {id}")).cause(definition));
    };
    let kind = if live.get(row, "of_view")? { Kind::View } else { Kind::Table };
    let mut trigger = of_statement(&statement, id.parent(kind), &[]);
    trigger.when = statement.when_clause.as_deref().map(Expression::of_ref);
    if let (Some(constraint), Some(from)) = (&mut trigger.constraint, &statement.constrrel) {
        constraint.from = Some(QualifiedName::new(from.schemaname.clone(), from.relname.clone()));
    }
    trigger.enabled = Firing::from_letter(&live.text(row, "firing")?)?;
    let clones: Option<Vec<(String, String, String)>> = live.json(row, "clones")?;
    for (schema, name, firing) in clones.unwrap_or_default() {
        let partition = QualifiedName::new(schema, name);
        trigger.partitions.push(InPartition { partition, enabled: Firing::from_letter(&firing)? });
    }
    live.attribute_of(row, &id)?;
    live.add(row, id, trigger)
}

impl Trigger {
    /// What PostgreSQL would refuse, and what to do instead.
    fn mistake(&self) -> Option<(String, &'static str)> {
        let view = self.relation.kind == Kind::View;
        let relation = &self.relation;
        if !view && self.relation.kind != Kind::Table {
            return Some((format!("{relation} cannot have triggers"), "put it on a table or a view"));
        }
        if view && self.constraint.is_some() {
            return Some((format!("{relation} cannot have constraint triggers"), "put it on a table"));
        }
        if view && self.events.truncate {
            return Some((format!("{relation} cannot be truncated"), "leave TRUNCATE out"));
        }
        match (self.timing, view, self.row) {
            (Timing::InsteadOf, false, _) => {
                Some((format!("{relation} cannot have INSTEAD OF triggers"), "write BEFORE or AFTER"))
            }
            (Timing::InsteadOf, true, false) => {
                Some(("INSTEAD OF triggers fire for each row".into(), "write FOR EACH ROW"))
            }
            (Timing::InsteadOf, true, true) if self.when.is_some() || !self.events.columns.is_empty() => {
                Some(("INSTEAD OF triggers have neither WHEN nor columns".into(), "test in the function"))
            }
            (Timing::Before | Timing::After, true, true) => {
                Some((format!("{relation} cannot have BEFORE or AFTER triggers for each row"), "write INSTEAD OF"))
            }
            (_, _, true) if self.events.truncate => {
                Some(("TRUNCATE triggers fire for each statement".into(), "write FOR EACH STATEMENT"))
            }
            _ => None,
        }
    }

    fn events_sql(&self) -> String {
        let Events { insert, delete, update, columns, truncate } = &self.events;
        let columns: Vec<String> = columns.iter().map(|name| quote(name)).collect();
        let of = if columns.is_empty() { String::new() } else { format!(" OF {}", columns.join(", ")) };
        let events = [
            (*insert, "INSERT".to_string()),
            (*delete, "DELETE".into()),
            (*update, format!("UPDATE{of}")),
            (*truncate, "TRUNCATE".into()),
        ];
        let on: Vec<String> = events.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect();
        on.join(" OR ")
    }

    fn create_sql(&self, id: &ObjectId, replace: bool) -> Statement {
        let Self { relation, timing, events: _, row, when, old_table, new_table, function, arguments, constraint, enabled: _, partitions: _ } =
            self;
        let replace = if replace { "OR REPLACE " } else { "" };
        let kind = if constraint.is_some() { "CONSTRAINT TRIGGER" } else { "TRIGGER" };
        let timing = match timing {
            Timing::Before => "BEFORE",
            Timing::After => "AFTER",
            Timing::InsteadOf => "INSTEAD OF",
        };
        let mut sql = format!("CREATE {replace}{kind} {}", quote(id.name()));
        sql.push_str(&format!("\n    {timing} {} ON {}", self.events_sql(), relation.sql()));
        if let Some(ConstraintTrigger { from, deferrable, deferred }) = constraint {
            sql.push_str(&from.as_ref().map(|from| format!("\n    FROM {from}")).unwrap_or_default());
            sql.push_str(if *deferrable { "\n    DEFERRABLE" } else { "" });
            sql.push_str(if *deferred { " INITIALLY DEFERRED" } else { "" });
        }
        if old_table.is_some() || new_table.is_some() {
            let table = |word: &str, name: &Option<String>| {
                name.as_ref().map(|name| format!(" {word} TABLE AS {}", quote(name))).unwrap_or_default()
            };
            sql.push_str(&format!("\n    REFERENCING{}{}", table("OLD", old_table), table("NEW", new_table)));
        }
        sql.push_str(if *row { "\n    FOR EACH ROW" } else { "\n    FOR EACH STATEMENT" });
        if let Some(when) = when {
            sql.push_str(&format!("\n    WHEN ({})", when.sql()));
        }
        let arguments: Vec<String> = arguments.iter().map(|argument| literal(argument)).collect();
        sql.push_str(&format!("\n    EXECUTE FUNCTION {}({})", function.sql(), arguments.join(", ")));
        let statement = Statement::new(Form::Trigger, sql);
        match when {
            Some(when) => statement.under(&when.path),
            None => statement,
        }
    }

    fn firing(&self, id: &ObjectId) -> Statement {
        let sql = format!("{} TRIGGER {}", self.enabled.verb(), quote(id.name()));
        Statement::clause(Form::Trigger, self.relation.clone(), sql)
    }
}

impl DatabaseObject for Trigger {
    fn resolve(&mut self, _id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = BTreeSet::from([self.relation.clone()]);
        let (schema, name) = self.relation.relation();
        for column in &self.events.columns {
            let known = |fact: &crate::facts::Relation| fact.columns.iter().any(|own| own.name == **column);
            if resolver.strict && !resolver.catalog.facts.relation(schema, name).is_some_and(known) {
                return Err(Error::new(format!("column {} of {} does not exist", quote(column), self.relation)));
            }
            let id = self.relation.child(Kind::Column, column.clone());
            needs.extend(resolver.catalog.objects.contains_key(&id).then_some(id));
        }
        if let Some(from) = self.constraint.as_ref().and_then(|constraint| constraint.from.as_ref()) {
            needs.extend(resolver.catalog.relation(&from.schema, &from.name));
        }
        if let Some(when) = &mut self.when {
            resolver.expression(when, Place::TriggerCondition(&self.relation), &mut needs)?;
        }
        self.function.resolve("trigger", resolver, &mut needs)?;
        let partitions = self.sort_partitions(resolver.catalog);
        // a partition that goes takes its clone along
        needs.extend(partitions.into_iter().filter(|_| resolver.strict));
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let mut out = vec![self.create_sql(id, false)];
        out.extend(self.enabled.when_new(|| self.firing(id)));
        out.extend(self.in_partitions(id));
        out
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        let same = Self { enabled: desired.enabled, partitions: desired.partitions.clone(), ..self.clone() } == *desired;
        if same && self.enabled == desired.enabled {
            return Alteration::in_place(self.partition_changes(id, desired, context));
        }
        if same {
            let mut out = vec![desired.firing(id)];
            out.extend(desired.in_partitions(id));
            return Alteration::in_place(out);
        }
        if self.constraint.is_some() || desired.constraint.is_some() || self.relation != desired.relation {
            return Alteration::Replace;
        }
        let mut out = vec![desired.create_sql(id, true)];
        // the new definition fires in ordinary sessions, whatever the old one did
        out.extend(desired.enabled.when_new(|| desired.firing(id)));
        out.extend(desired.in_partitions(id));
        Alteration::in_place(out)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        let sql = format!("DROP TRIGGER {} ON {}", quote(id.name()), self.relation.sql());
        vec![Statement::new(Form::Drop, sql)]
    }

    fn reaction(&self, _id: &ObjectId, on: &ObjectId, disturbance: Disturbance) -> Reaction {
        let clone = self.partitions.iter().any(|it| it.table().names == on.names);
        if clone { Reaction::Survives } else { Reaction::of_reader(disturbance) }
    }

    fn carried_by(&self, _id: &ObjectId, whole: &ObjectId) -> bool {
        *whole == self.relation
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        renames.columns(self.relation.relation(), &mut self.events.columns);
        self.relation = renames.id(&self.relation);
        if let Some(from) = self.constraint.as_mut().and_then(|constraint| constraint.from.as_mut()) {
            renames.qualified(Space::Relation, from);
        }
        self.function.renamed(renames);
        self.partitions.iter_mut().for_each(|it| renames.qualified(Space::Relation, &mut it.partition));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        Some(rename::on_relation("TRIGGER", id, &id.parent(self.relation.kind), new))
    }
}
