//! When a trigger, rule or event trigger fires (`tgenabled`, `ev_enabled`, `evtenabled`): alike for all three.

use serde::Serialize;

use super::{Kind, Object, Statement, trigger};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::load::reader::{Reader, Stop};

/// In which sessions it fires, by `session_replication_role`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Firing {
    /// In ordinary sessions.
    #[default]
    Origin,
    /// Everywhere.
    Always,
    /// In sessions that replay changes.
    Replica,
    /// Nowhere.
    Disabled,
}

impl Firing {
    /// Reads the letter of the catalogs, which the parser uses for event triggers too.
    /// Errors: a letter that no version of PostgreSQL has.
    pub fn from_letter(letter: &str) -> Result<Self> {
        Ok(match letter {
            "O" => Firing::Origin,
            "A" => Firing::Always,
            "R" => Firing::Replica,
            "D" => Firing::Disabled,
            other => return Err(Error::new(format!("cannot read the state {other} of a trigger or rule"))),
        })
    }

    /// Gives it to an object that the files have defined; `missing` says that they have not.
    pub fn declare(self, reader: &mut Reader, id: &ObjectId, missing: String) -> Result<(), Stop> {
        let own = matches!(reader.catalog.objects.get(id), Some(Object::Trigger(_))).then(|| id.clone());
        let above = || (id.kind == Kind::Trigger).then(|| trigger::partitions::inherited(reader.catalog, id)).flatten();
        if let Some(root) = own.or_else(above) {
            trigger::partitions::declare(reader.catalog, &root, &id.parent(Kind::Table), self);
            return Ok(());
        }
        let enabled = match reader.catalog.objects.get_mut(id) {
            Some(Object::Rule(rule)) => &mut rule.enabled,
            Some(Object::EventTrigger(trigger)) => &mut trigger.enabled,
            _ => return Err(Stop::Missing { name: id.name().to_string(), error: reader.wrong(0, missing) }),
        };
        *enabled = self;
        Ok(())
    }

    /// The statement after the one that creates it: every new one fires in ordinary sessions.
    pub fn when_new(self, statement: impl FnOnce() -> Statement) -> Option<Statement> {
        (self != Firing::Origin).then(statement)
    }

    /// The words before TRIGGER or RULE that bring it about.
    pub fn verb(self) -> &'static str {
        match self {
            Firing::Origin => "ENABLE",
            Firing::Always => "ENABLE ALWAYS",
            Firing::Replica => "ENABLE REPLICA",
            Firing::Disabled => "DISABLE",
        }
    }
}
