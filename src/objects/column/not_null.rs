//! NOT NULL of a column, which PostgreSQL 18 keeps as a constraint with a name of its own (`pg_constraint.contype` n).

use pg_query::protobuf::Constraint;
use serde::Serialize;
use tokio_postgres::Row;

use super::change::Change;
use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::introspect::Live;
use crate::load::reader::Reader;
use crate::name::{generated, quote};
use crate::objects::{Alteration, Derived, Kind, Statement, attributes};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

/// A NOT NULL constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotNull {
    /// Its name; `None` before PostgreSQL 18 and where only a parent table declares the constraint.
    pub name: ConstraintName,
    /// Children do not get it.
    pub no_inherit: bool,
    /// False for NOT VALID.
    pub valid: bool,
    /// A parent table has it.
    pub inherited: Derived,
    /// `COMMENT ON CONSTRAINT`.
    pub comment: Option<String>,
}

/// The name of a NOT NULL constraint. Names that PostgreSQL chose are equal: a number may follow them, and nobody
/// wrote them down.
#[derive(Clone, Debug, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintName {
    /// The constraint has no name, or a parent's.
    None,
    /// As PostgreSQL would have named it.
    Generated(String),
    /// Another one.
    Given(String),
}

impl PartialEq for ConstraintName {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Given(one), Self::Given(two)) => one == two,
            (Self::Given(_), Self::Generated(_)) | (Self::Generated(_), Self::Given(_)) => false,
            // whether a child declares the constraint too cannot be changed
            _ => true,
        }
    }
}

impl ConstraintName {
    fn of(column: &ObjectId, name: String) -> Self {
        let chosen = chosen(column);
        if name.trim_end_matches(|c: char| c.is_ascii_digit()) == chosen { Self::Generated(name) } else { Self::Given(name) }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Generated(name) | Self::Given(name) => Some(name),
        }
    }
}

/// The name that PostgreSQL 18 gives to the constraint of a column.
fn chosen(column: &ObjectId) -> String {
    generated(column.relation().1, Some(column.name()), "not_null")
}

/// Takes the constraint from a row of the column query.
pub(super) fn load(row: &Row, id: &ObjectId, live: &Live) -> Result<Option<NotNull>> {
    if !live.get::<bool>(row, "not_null")? {
        return Ok(None);
    }
    let name: Option<String> = live.get(row, "not_null_name")?;
    let local = live.get::<Option<bool>>(row, "not_null_local")?.unwrap_or(false);
    let name = name.filter(|_| local).map_or(ConstraintName::None, |name| ConstraintName::of(id, name));
    Ok(Some(NotNull {
        name,
        no_inherit: live.get::<Option<bool>>(row, "not_null_no_inherit")?.unwrap_or(false),
        valid: live.get::<Option<bool>>(row, "not_null_valid")?.unwrap_or(true),
        inherited: Derived(false),
        comment: live.get(row, "not_null_comment")?,
    }))
}

impl NotNull {
    /// What NOT NULL in a file means for a column; `constraint` where it stands there itself and does not follow from
    /// something else.
    pub fn read(reader: &Reader, column: &ObjectId, constraint: Option<&Constraint>) -> Self {
        let given = constraint.map(|it| it.conname.as_str()).filter(|name| !name.is_empty());
        let name = match given {
            _ if reader.catalog.facts.major() < 18 => ConstraintName::None,
            Some(name) => ConstraintName::of(column, name.to_string()),
            None => ConstraintName::Generated(chosen(column)),
        };
        Self {
            name,
            no_inherit: constraint.is_some_and(|it| it.is_no_inherit),
            valid: constraint.is_none_or(|it| !it.skip_validation),
            inherited: Derived(false),
            comment: None,
        }
    }

    /// What a child table gets from it.
    pub fn inherited(self) -> Option<Self> {
        (!self.no_inherit).then_some(Self { name: ConstraintName::None, inherited: Derived(true), comment: None, ..self })
    }

    /// What LIKE makes of it in another column: it keeps its name.
    pub fn copied(self, column: &ObjectId, comments: bool) -> Self {
        let name = match self.name {
            ConstraintName::None => ConstraintName::None,
            ConstraintName::Generated(name) | ConstraintName::Given(name) => ConstraintName::of(column, name),
        };
        Self { name, inherited: Derived(false), comment: self.comment.filter(|_| comments), ..self }
    }

    /// Whether it has this name.
    pub fn is_named(&self, name: &str) -> bool {
        self.name.text() == Some(name)
    }

    /// As it stands behind the column's type.
    pub(super) fn definition(&self) -> String {
        let name = match &self.name {
            ConstraintName::Given(name) => format!("CONSTRAINT {} ", quote(name)),
            _ => String::new(),
        };
        let inherit = if self.no_inherit { " NO INHERIT" } else { "" };
        format!("{name}NOT NULL{inherit}")
    }

    /// The statement that comments on it, when it has a comment or had one.
    pub(super) fn comment(&self, column: &ObjectId, current: Option<&str>) -> Option<Statement> {
        let name = self.name.text().filter(|_| self.comment.as_deref() != current)?;
        let id = column.parent(Kind::Table).child(Kind::Constraint, name);
        Some(attributes::comment_change(&id, None, self.comment.as_deref()))
    }

    /// Takes the name that PostgreSQL would choose for a column that was renamed.
    pub(super) fn renamed(&mut self, column: &ObjectId) {
        if let ConstraintName::Generated(name) = &mut self.name {
            *name = chosen(column);
        }
    }

    /// The statements, there and back, that rename the constraint with its column or table.
    pub(super) fn renamed_along(&self, new: &ObjectId) -> Option<(Statement, Statement)> {
        let ConstraintName::Generated(old) = &self.name else { return None };
        let target = chosen(new);
        let statement = |from: &str, to: &str| rename(&new.parent(Kind::Table), from, to);
        (*old != target).then(|| (statement(old, &target), statement(&target, old)))
    }
}

fn rename(table: &ObjectId, from: &str, to: &str) -> Statement {
    let sql = format!("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", table.sql(), quote(from), quote(to));
    Statement::new(Form::AlterRelation, sql)
}

impl Change<'_> {
    /// From one constraint to another. `Some` when PostgreSQL has no way.
    pub(super) fn not_null(
        &mut self,
        current: Option<&NotNull>,
        desired: Option<&NotNull>,
        becomes_identity: bool,
    ) -> Option<Alteration> {
        match (current, desired) {
            (None, Some(wanted)) => self.set_not_null(wanted),
            (Some(_), None) if !becomes_identity => {
                self.clause(Form::AlterRelation, "DROP NOT NULL");
            }
            (Some(one), Some(two)) => return self.alter_not_null(one, two),
            _ => {}
        }
        None
    }

    fn alter_not_null(&mut self, current: &NotNull, desired: &NotNull) -> Option<Alteration> {
        let (now, wanted) = (current.name.text()?, desired.name.text()?);
        if current.name != desired.name {
            if self.has_parents(self.context.current) {
                let reason = format!("the NOT NULL constraint {} of {} is also a parent's and cannot be renamed", quote(now), self.id);
                return Some(Alteration::Impossible { reason });
            }
            self.push(rename(&self.table, now, wanted));
        }
        let name = if current.name == desired.name { now } else { wanted };
        if !current.valid && desired.valid {
            let sql = format!("VALIDATE CONSTRAINT {}", quote(name));
            self.push(Statement::clause(Form::Validate, self.table.clone(), sql));
        }
        if current.no_inherit != desired.no_inherit {
            let inherit = if desired.no_inherit { "NO INHERIT" } else { "INHERIT" };
            let sql = format!("ALTER CONSTRAINT {} {inherit}", quote(name));
            self.push(Statement::clause(Form::AlterRelation, self.table.clone(), sql));
        }
        let commented = NotNull { name: ConstraintName::Given(name.to_string()), ..desired.clone() };
        self.statements.extend(commented.comment(self.id, current.comment.as_deref()));
        None
    }

    /// Whether a parent that the table has already gives its constraint to this column.
    fn has_parents(&self, catalog: &Catalog) -> bool {
        let parents = super::inherited_from(self.id, self.context.current);
        let theirs = |id: &ObjectId| catalog.objects.get(id)?.column()?.not_null.as_ref();
        parents.iter().filter_map(theirs).any(|not_null| !not_null.no_inherit)
    }

    fn set_not_null(&mut self, wanted: &NotNull) {
        // from PostgreSQL 18 on the parent's statement makes the constraint of the child
        if self.context.major >= 18 && wanted.name.text().is_none() && self.has_parents(self.context.desired) {
            return;
        }
        let finding = Finding::new("data-may-not-fit", format!("fails when {} holds a NULL", self.id));
        let plain = matches!(wanted.name, ConstraintName::None | ConstraintName::Generated(_));
        let statement = if plain && wanted.valid && !wanted.no_inherit {
            self.clause(Form::SetNotNull, "SET NOT NULL")
        } else {
            let name = wanted.name.text().map(|name| format!("CONSTRAINT {} ", quote(name))).unwrap_or_default();
            let inherit = if wanted.no_inherit { " NO INHERIT" } else { "" };
            let valid = if wanted.valid { "" } else { " NOT VALID" };
            let sql = format!("ADD {name}NOT NULL {}{inherit}{valid}", self.name);
            self.push(Statement::clause(Form::SetNotNull, self.table.clone(), sql))
        };
        statement.findings.push(finding);
        self.statements.extend(wanted.comment(self.id, None));
    }
}
