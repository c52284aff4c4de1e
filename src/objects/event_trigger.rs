//! Event triggers (`pg_event_trigger`): called by the database's own schema changes and logins.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::CreateEventTrigStmt;
use serde::Serialize;
use tokio_postgres::Row;

use super::firing::Firing;
use super::trigger_function::TriggerFunction;
use super::{AlterContext, Alteration, DatabaseObject, Kind, Statement, options, rename};
use crate::catalog::ObjectId;
use crate::error::Result;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{QualifiedName, literal, quote};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// An event trigger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventTrigger {
    /// Such as `ddl_command_end`.
    pub event: String,
    /// WHEN TAG IN; empty for all commands.
    pub tags: BTreeSet<String>,
    /// What it calls.
    pub function: TriggerFunction,
    /// In which sessions it fires.
    pub enabled: Firing,
}

/// Events, and the first major version that has each.
const EVENTS: &[(&str, u16)] =
    &[("ddl_command_start", 9), ("ddl_command_end", 9), ("sql_drop", 9), ("table_rewrite", 9), ("login", 17)];

/// Reads CREATE EVENT TRIGGER and ALTER EVENT TRIGGER … ENABLE or DISABLE.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateEventTrigStmt(statement) => Some(create(statement, reader)),
        NodeEnum::AlterEventTrigStmt(statement) => {
            let id = ObjectId::new(Kind::EventTrigger, [&statement.trigname]);
            let message = format!("{id} does not exist in the desired state");
            let firing = Firing::from_letter(&statement.tgenabled);
            Some(firing.map_err(Stop::from).and_then(|firing| firing.declare(reader, &id, message)))
        }
        _ => None,
    }
}

fn create(statement: &CreateEventTrigStmt, reader: &mut Reader) -> Result<(), Stop> {
    let event = statement.eventname.to_lowercase();
    let major = reader.catalog.facts.major();
    match EVENTS.iter().find(|(name, _)| *name == event) {
        None => {
            let names: Vec<&str> = EVENTS.iter().map(|(name, _)| *name).collect();
            let error = reader.wrong(0, format!("there is no event {}", quote(&event)));
            return Err(error.hint(format!("the events are {}", names.join(", "))).into());
        }
        Some((_, since)) if major < *since => {
            return Err(reader.wrong(0, format!("the event {event} exists from PostgreSQL {since} on")).into());
        }
        Some(_) => {}
    }
    let mut tags = BTreeSet::new();
    for node in &statement.whenclause {
        let Some(NodeEnum::DefElem(element)) = node.node.as_ref() else { continue };
        if element.defname != "tag" {
            let error = reader.wrong(element.location, format!("there is no filter {}", quote(&element.defname)));
            return Err(error.hint("an event trigger can only be restricted by TAG").into());
        }
        if let Some(NodeEnum::List(list)) = element.arg.as_ref().and_then(|node| node.node.as_ref()) {
            tags.extend(options::strings(&list.items).iter().map(|tag| tag.to_uppercase()));
        }
    }
    let function = TriggerFunction::new(&statement.funcname, reader.path);
    let trigger = EventTrigger { event, tags, function, enabled: Firing::Origin };
    reader.add(ObjectId::new(Kind::EventTrigger, [statement.trigname.clone()]), trigger, 0)?;
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("event_trigger.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::EventTrigger, &["name"])?;
    let tags: Vec<String> = live.get(row, "tags")?;
    let function = QualifiedName::new(live.text(row, "function_schema")?, live.text(row, "function")?);
    let trigger = EventTrigger {
        event: live.text(row, "event")?,
        tags: tags.into_iter().collect(),
        function: TriggerFunction::from(function),
        enabled: Firing::from_letter(&live.text(row, "firing")?)?,
    };
    live.attribute_of(row, &id)?;
    live.add(row, id, trigger)
}

impl EventTrigger {
    fn firing(&self, id: &ObjectId) -> Statement {
        Statement::new(Form::Catalog, format!("ALTER EVENT TRIGGER {} {}", id.sql(), self.enabled.verb()))
    }
}

impl DatabaseObject for EventTrigger {
    fn resolve(&mut self, _id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = BTreeSet::new();
        self.function.resolve("event_trigger", resolver, &mut needs)?;
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { event, tags, function, enabled } = self;
        let mut sql = format!("CREATE EVENT TRIGGER {} ON {event}", id.sql());
        if !tags.is_empty() {
            let tags: Vec<String> = tags.iter().map(|tag| literal(tag)).collect();
            sql.push_str(&format!("\n    WHEN TAG IN ({})", tags.join(", ")));
        }
        sql.push_str(&format!("\n    EXECUTE FUNCTION {}()", function.sql()));
        let mut out = vec![Statement::new(Form::Create, sql)];
        out.extend(enabled.when_new(|| self.firing(id)));
        out
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        if (Self { enabled: desired.enabled, ..self.clone() }) != *desired {
            return Alteration::Replace;
        }
        Alteration::in_place(vec![desired.firing(id)])
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP EVENT TRIGGER {}", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.function.renamed(renames);
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        Some(rename::plain(Form::Catalog, "EVENT TRIGGER", id, new))
    }
}
