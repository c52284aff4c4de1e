//! The words in which objects say what they do: statements, alterations, disturbances, parts.

use serde::Serialize;

use super::Kind;
use crate::catalog::{Catalog, ObjectId};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

/// One DDL statement as a kind writes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statement {
    /// What the server does for it.
    pub form: Form,
    /// Without a closing semicolon. For a clause: what follows `ALTER TABLE name`.
    pub sql: String,
    /// Set when the statement is an `ALTER TABLE` that may share one statement with others on the same relation.
    pub clause_of: Option<ObjectId>,
    /// The search_path that expressions inside were written under; `None` when it does not matter.
    pub search_path: Option<Vec<String>>,
    /// What a reviewer must know or allow.
    pub findings: Vec<Finding>,
}

impl Statement {
    /// A whole statement.
    pub fn new(form: Form, sql: impl Into<String>) -> Self {
        Self { form, sql: sql.into(), clause_of: None, search_path: None, findings: vec![] }
    }

    /// One clause of an `ALTER TABLE` on `table`.
    pub fn clause(form: Form, table: ObjectId, sql: impl Into<String>) -> Self {
        Self { clause_of: Some(table), ..Self::new(form, sql) }
    }

    /// Sets the search_path that expressions inside need.
    pub fn under(mut self, path: &[String]) -> Self {
        self.search_path = Some(path.to_vec());
        self
    }

    /// Adds something that a reviewer must know or allow.
    pub fn finding(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }

    /// The statement on its own.
    pub fn text(&self) -> String {
        match &self.clause_of {
            Some(table) => format!("ALTER TABLE {} {}", table.sql(), self.sql),
            None => self.sql.clone(),
        }
    }
}

/// What a change of an object does to those that depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Disturbance {
    /// The object is dropped and created anew.
    Replaced,
    /// A column's type changes to another type.
    ColumnType,
    /// A column's type changes to one whose values cannot be compared with those of the old one.
    ColumnComparison,
    /// A column's type changes in its modifier or collation only.
    ColumnTypeModifier,
    /// The expression of a generated column changes.
    GeneratedExpression,
    /// A call with the same arguments may give another value than before.
    Results,
}

impl Disturbance {
    /// Whether a column changes its type, or a part of it.
    pub fn is_of_type(self) -> bool {
        matches!(self, Self::ColumnType | Self::ColumnComparison | Self::ColumnTypeModifier)
    }
}

/// What a dependent object must do about a disturbance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// PostgreSQL carries it along.
    Survives,
    /// It must be dropped before and created anew after.
    Rebuild,
    /// It stays, but changes in a way that its own dependents notice.
    Changes(Disturbance),
}

impl Reaction {
    /// What reads columns: it does not notice how a generated one or a function is computed.
    pub fn of_reader(disturbance: Disturbance) -> Self {
        match disturbance {
            Disturbance::GeneratedExpression | Disturbance::Results => Reaction::Survives,
            _ => Reaction::Rebuild,
        }
    }

    /// What calls a function and is itself called.
    pub fn of_caller(disturbance: Disturbance) -> Self {
        match disturbance {
            Disturbance::Replaced => Reaction::Rebuild,
            Disturbance::Results => Reaction::Changes(disturbance),
            _ => Reaction::Survives,
        }
    }

    /// What keeps values that were computed.
    pub fn of_keeper(disturbance: Disturbance) -> Self {
        match disturbance {
            Disturbance::Replaced | Disturbance::Results => Reaction::Rebuild,
            _ => Reaction::Survives,
        }
    }
}

/// How one object becomes another under the same identity.
#[derive(Clone, Debug, PartialEq)]
pub enum Alteration {
    /// By statements that keep the object; none at all when the difference means nothing.
    InPlace {
        /// In order.
        statements: Vec<Statement>,
        /// What the dependents notice.
        disturbs: Vec<Disturbance>,
    },
    /// By dropping it and creating it anew.
    Replace,
    /// Not at all.
    Impossible {
        /// Why, and what the user can do.
        reason: String,
    },
}

impl Alteration {
    /// In place, without anything that dependents notice.
    pub fn in_place(statements: Vec<Statement>) -> Self {
        Alteration::InPlace { statements, disturbs: vec![] }
    }
}

/// A piece of another object's CREATE statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The object whose CREATE statement takes the piece.
    pub whole: ObjectId,
    /// The object that takes the piece into the statement which adds it, when the whole exists already.
    pub addition: Option<ObjectId>,
    /// The own name of the object that the piece creates.
    pub name: String,
    /// The column definition that the piece is a suffix of; `None` for an element of its own.
    pub column: Option<String>,
    /// What the piece says about the statement as a whole.
    pub tail: Option<Tail>,
    /// Sorts the pieces: position of columns, then constraints.
    pub order: (u8, i32),
    /// The text.
    pub sql: String,
    /// Whether it replaces the first statement of [`super::DatabaseObject::create`]; else all of them follow.
    pub replaces: bool,
    /// Whether rows that are there already get a value each from it.
    pub volatile: bool,
    /// The search_path that expressions inside need.
    pub search_path: Option<Vec<String>>,
}

/// A piece that stands around the list of elements: `PARTITION OF parent` before it, the bound behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tail {
    /// Before the elements.
    pub head: String,
    /// Behind them.
    pub tail: String,
}

/// Whether an object of a partition came from the parent. Never a difference: it follows from the attachment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Derived(pub bool);

impl PartialEq for Derived {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Derived {}

impl Serialize for Derived {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

/// What an alteration can look at beside the two objects.
pub struct AlterContext<'a> {
    /// The current state.
    pub current: &'a Catalog,
    /// The desired state.
    pub desired: &'a Catalog,
    /// Major version of the server.
    pub major: u32,
}

/// Something that PostgreSQL names after a relation or domain when the user gives it no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// The object.
    pub id: ObjectId,
    /// What it is named after.
    pub whole: ObjectId,
    /// The second and third part that a generated name may have.
    pub parts: Vec<(Option<String>, &'static str)>,
    /// Whether it goes to another schema with it.
    pub moves: bool,
}

impl Follower {
    /// The number behind the label when the name is a generated one.
    pub fn generated(&self) -> Option<usize> {
        let named = |number: usize| {
            let behind = if number == 0 { String::new() } else { number.to_string() };
            self.parts.iter().any(|(name, label)| {
                crate::name::generated(self.whole.name(), name.as_deref(), &format!("{label}{behind}"))
                    == self.id.name()
            })
        };
        (0..=20).find(|number| named(*number))
    }
}

impl AlterContext<'_> {
    /// Whether a column that the object uses now is not there any more afterwards. A `*` in a definition that is
    /// put in place before the drop would take it up again.
    pub fn loses_column(&self, id: &ObjectId) -> bool {
        let gone = |needed: &ObjectId| needed.kind == Kind::Column && !self.desired.objects.contains_key(needed);
        self.current.dependencies.get(id).is_some_and(|needs| needs.iter().any(gone))
    }
}
