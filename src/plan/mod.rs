//! From two catalogs to an ordered list of steps.

use serde::{Deserialize, Serialize};

use crate::catalog::{ObjectId, Unmanaged};

mod action;
mod adopt;
mod build;
mod cascade;
pub mod forms;
pub mod hazard;
pub mod left_alone;
mod order;
mod rebuild;
mod rename;
mod repartition;
mod roles;
pub mod scope;
mod suspicion;
mod why;

use forms::Form;

pub use build::{creation, fingerprint, plan};

/// What stands between the current state and the desired one: plain data, printed or applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Format version of the saved form.
    pub version: u32,
    /// Version of the program that made it.
    pub tool: String,
    /// Major version of the server that the plan is for.
    pub server: u32,
    /// Where the plan leads from and to, as the user named them, without passwords.
    pub from: String,
    /// The desired side.
    pub to: String,
    /// Transactions in order.
    pub batches: Vec<Batch>,
    /// What exists in the managed schemas and is left alone.
    pub unmanaged: Vec<Unmanaged>,
    /// What the plan's reader should know and that no step shows.
    pub notes: Vec<Note>,
    /// Hash of the current state that the plan was made for.
    pub current_fingerprint: String,
    /// Hash of the desired state.
    pub desired_fingerprint: String,
}

/// Steps that run in one transaction, or one step that must run outside of any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Whether the steps run between BEGIN and COMMIT.
    pub transactional: bool,
    /// In order.
    pub steps: Vec<Step>,
}

/// One statement with everything that a reviewer asks about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The object that changes.
    pub object: ObjectId,
    /// Further objects whose change is folded into the statement.
    pub also: Vec<ObjectId>,
    /// What happens to the object.
    pub change: Change,
    /// The statement, without a closing semicolon.
    pub sql: String,
    /// The search_path that the statement's expressions were written under; empty: only pg_catalog.
    pub search_path: Vec<String>,
    /// Which difference the step removes, in words.
    pub why: String,
    /// What the server does for it.
    pub form: Form,
    /// What a reviewer must know or allow.
    pub hazards: Vec<Hazard>,
    /// The statement that takes the step back, if there is one.
    pub undo: Option<String>,
}

/// What a step does to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// `+`
    Create,
    /// `~`
    Alter,
    /// `-`
    Drop,
    /// `!`: dropped and created anew, in two steps.
    Replace,
}

/// A consequence of a step that needs a look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hazard {
    /// Such as `RC101`.
    pub code: String,
    /// Such as `drop-table`; what `--allow` names.
    pub name: String,
    /// What follows from it.
    pub level: Level,
    /// What may go wrong here, with the object's name.
    pub message: String,
    /// How the user decides, one line each, such as `--allow drop-table:app.users`.
    pub decide: Vec<String>,
}

/// What a hazard does to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Printed nowhere.
    Allow,
    /// Printed.
    Note,
    /// Printed and counted.
    Warn,
    /// `apply` refuses.
    Deny,
}

/// Something that the reader should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// The object that it is about.
    pub object: Option<ObjectId>,
    /// The text.
    pub message: String,
    /// Whether it tells of a difference that could not be decided.
    #[serde(default)]
    pub undecided: bool,
}

impl Batch {
    /// See [`Plan::defers_bodies`].
    pub fn defers_bodies(&self) -> bool {
        self.steps.iter().any(|step| step.object.kind.is_routine() && step.change != Change::Drop)
    }
}

impl Plan {
    /// Whether the two states are equal.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// How many definitions could not be compared.
    pub fn undecided(&self) -> usize {
        self.notes.iter().filter(|note| note.undecided).count()
    }

    /// All steps in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.batches.iter().flat_map(|batch| &batch.steps)
    }

    /// Whether bodies of routines must not be checked when they are made, since they may name what comes later.
    pub fn defers_bodies(&self) -> bool {
        self.batches.iter().any(Batch::defers_bodies)
    }

    /// Hazards that stop an apply.
    pub fn denied(&self) -> impl Iterator<Item = (&Step, &Hazard)> {
        self.steps()
            .flat_map(|step| step.hazards.iter().map(move |hazard| (step, hazard)))
            .filter(|(_, h)| h.level == Level::Deny)
    }
}
