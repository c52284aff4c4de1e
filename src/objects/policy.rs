//! Row security policies (`pg_policy`).

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::CreatePolicyStmt;
use serde::Serialize;
use tokio_postgres::Row;

use super::table::foreign::is_foreign;
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Reaction, Statement, attributes, rename};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::expression::Expression;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::quote;
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::resolve::{Place, Resolver};

/// A policy of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Policy {
    /// False for AS RESTRICTIVE.
    pub permissive: bool,
    /// The statements that it is about.
    pub command: Command,
    /// Whom it is about; the empty name is PUBLIC, which stands alone.
    pub roles: BTreeSet<String>,
    /// USING: the rows that are seen.
    pub using: Option<Expression>,
    /// WITH CHECK: the rows that may be written; where there is none, USING decides.
    pub with_check: Option<Expression>,
}

/// `polcmd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// All of them.
    All,
    /// SELECT.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

impl Command {
    const ALL: &[(Command, &str, &str)] = &[
        (Command::All, "ALL", "*"),
        (Command::Select, "SELECT", "r"),
        (Command::Insert, "INSERT", "a"),
        (Command::Update, "UPDATE", "w"),
        (Command::Delete, "DELETE", "d"),
    ];

    fn sql(self) -> &'static str {
        Self::ALL.iter().find(|(command, _, _)| *command == self).map_or("", |(_, word, _)| word)
    }
}

/// Reads CREATE POLICY.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreatePolicyStmt(statement) => Some(create(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreatePolicyStmt, reader: &mut Reader) -> Result<(), Stop> {
    let Some(relation) = &statement.table else { return Ok(()) };
    let table = reader.relation(relation)?;
    if table.kind != Kind::Table || is_foreign(reader.catalog, &table) {
        return Err(reader.wrong(relation.location, format!("{table} cannot have a policy: it is no table of this server")).into());
    }
    let found = Command::ALL.iter().find(|(_, word, _)| word.eq_ignore_ascii_case(&statement.cmd_name));
    let Some((command, _, _)) = found else {
        return Err(reader.wrong(0, format!("a policy cannot be about {}", statement.cmd_name)).into());
    };
    let mut roles = BTreeSet::new();
    for node in &statement.roles {
        if let Some(NodeEnum::RoleSpec(spec)) = node.node.as_ref() {
            roles.insert(attributes::role(reader, spec)?);
        }
    }
    let policy = Policy {
        permissive: statement.permissive,
        command: *command,
        roles: normal(roles),
        using: statement.qual.as_deref().map(|node| reader.expression(node)),
        with_check: statement.with_check.as_deref().map(|node| reader.expression(node)),
    };
    match (command, &policy.using, &policy.with_check) {
        (Command::Select | Command::Delete, _, Some(_)) => {
            let message = format!("a policy for {} has no WITH CHECK: nothing is written", command.sql());
            return Err(reader.wrong(0, message).hint("write the condition after USING").into());
        }
        (Command::Insert, Some(_), _) => {
            let error = reader.wrong(0, "a policy for INSERT has no USING: no row is read");
            return Err(error.hint("write the condition after WITH CHECK").into());
        }
        _ => {}
    }
    reader.add(table.child(Kind::Policy, statement.policy_name.clone()), policy, 0)?;
    Ok(())
}

/// PUBLIC stands for every role.
fn normal(roles: BTreeSet<String>) -> BTreeSet<String> {
    if roles.is_empty() || roles.contains("") { BTreeSet::from([String::new()]) } else { roles }
}

/// The catalogue query.
pub const QUERY: &str = include_str!("policy.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Policy, &["schema", "relation", "name"])?;
    let letter = live.text(row, "command")?;
    let command = Command::ALL.iter().find(|(_, _, own)| *own == letter).map(|(command, _, _)| *command);
    let roles: Vec<String> = live.get(row, "roles")?;
    let expression = |live: &Live, column: &str| -> Result<Option<Expression>> {
        let text: Option<String> = live.get(row, column)?;
        text.map(|text| live.expression(&text)).transpose()
    };
    let policy = Policy {
        permissive: live.get(row, "permissive")?,
        command: command.ok_or_else(|| Error::new(format!("cannot read the command {letter} of {id}")))?,
        roles: normal(roles.into_iter().collect()),
        using: expression(live, "using")?,
        with_check: expression(live, "with_check")?,
    };
    live.attribute_of(row, &id)?;
    live.add(row, id, policy)
}

impl Policy {
    fn roles_sql(&self) -> String {
        let name = |role: &String| if role.is_empty() { "PUBLIC".into() } else { quote(role) };
        self.roles.iter().map(name).collect::<Vec<String>>().join(", ")
    }

    /// USING and WITH CHECK, as far as they are asked for.
    fn conditions(&self, using: bool, with_check: bool) -> String {
        let one = |word: &str, it: &Option<Expression>, wanted: bool| match it {
            Some(it) if wanted => format!(" {word} ({})", it.sql()),
            _ => String::new(),
        };
        one("USING", &self.using, using) + &one("WITH CHECK", &self.with_check, with_check)
    }

    fn under_path(&self, statement: Statement) -> Statement {
        match self.using.as_ref().or(self.with_check.as_ref()) {
            Some(expression) => statement.under(&expression.path),
            None => statement,
        }
    }

    /// Whether a role may come to see or write a row that it could not before.
    fn may_loosen(&self, desired: &Self) -> bool {
        if self.permissive != desired.permissive {
            return desired.permissive;
        }
        let covers = |one: &Self, two: &Self| {
            (one.command == Command::All || one.command == two.command)
                && (one.roles.contains("") || two.roles.is_subset(&one.roles))
        };
        let wider = if self.permissive { !covers(self, desired) } else { !covers(desired, self) };
        wider || !tightens(&self.using, &desired.using) || !tightens(&self.with_check, &desired.with_check)
    }

    fn loosened(&self, id: &ObjectId, desired: Option<&Self>) -> Option<Finding> {
        let message = match desired {
            Some(desired) if self.may_loosen(desired) => {
                format!("{} may let roles see or write rows of {} that were closed to them", shown(id), table(id))
            }
            None if !self.permissive => {
                format!("without {} roles may see or write rows of {} that were closed to them", shown(id), table(id))
            }
            _ => return None,
        };
        Some(Finding::new("weaken-row-security", message))
    }
}

fn table(id: &ObjectId) -> ObjectId {
    id.parent(Kind::Table)
}

/// As SQL names it.
fn shown(id: &ObjectId) -> String {
    format!("policy {} on {}", quote(id.name()), table(id).sql())
}

/// Whether the new condition asks for all that the old one did.
fn tightens(current: &Option<Expression>, desired: &Option<Expression>) -> bool {
    let (Some(current), Some(desired)) = (current, desired) else { return current.is_none() && desired.is_none() };
    let parts = |it: &Expression| match &it.form {
        Some(form) if form.is("and") => Some(form.parts().to_vec()),
        Some(form) => Some(vec![form.clone()]),
        None => None,
    };
    let asked = match (parts(current), parts(desired)) {
        (Some(old), Some(new)) => old.iter().all(|part| new.contains(part)),
        _ => false,
    };
    asked || current == desired
}

impl DatabaseObject for Policy {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let table = table(id);
        let mut needs = BTreeSet::from([table.clone()]);
        for expression in [&mut self.using, &mut self.with_check].into_iter().flatten() {
            resolver.expression(expression, Place::Policy(&table), &mut needs)?;
        }
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { permissive, command, roles, using: _, with_check: _ } = self;
        let mut sql = format!("CREATE POLICY {} ON {}", quote(id.name()), table(id).sql());
        if !permissive {
            sql.push_str(" AS RESTRICTIVE");
        }
        if *command != Command::All {
            sql.push_str(&format!(" FOR {}", command.sql()));
        }
        if !roles.contains("") {
            sql.push_str(&format!(" TO {}", self.roles_sql()));
        }
        sql.push_str(&self.conditions(true, true));
        vec![self.under_path(Statement::new(Form::AlterRelation, sql))]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        let Self { permissive, command, roles, using, with_check } = desired;
        let removed = |old: &Option<Expression>, new: &Option<Expression>| old.is_some() && new.is_none();
        let star = [using, with_check].into_iter().flatten().any(Expression::has_star) && context.loses_column(id);
        if star
            || self.permissive != *permissive
            || self.command != *command
            || removed(&self.using, using)
            || removed(&self.with_check, with_check)
        {
            return Alteration::Replace;
        }
        let mut sql = format!("ALTER POLICY {} ON {}", quote(id.name()), table(id).sql());
        if self.roles != *roles {
            sql.push_str(&format!(" TO {}", desired.roles_sql()));
        }
        sql.push_str(&desired.conditions(self.using != *using, self.with_check != *with_check));
        let mut statement = desired.under_path(Statement::new(Form::AlterRelation, sql));
        statement.findings.extend(self.loosened(id, Some(desired)));
        Alteration::in_place(vec![statement])
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        let sql = format!("DROP POLICY {} ON {}", quote(id.name()), table(id).sql());
        vec![Statement::new(Form::Drop, sql)]
    }

    fn consequences(&self, id: &ObjectId, desired: Option<&Self>) -> Vec<Finding> {
        self.loosened(id, desired).into_iter().collect()
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        Reaction::of_reader(disturbance)
    }

    fn carried_by(&self, id: &ObjectId, whole: &ObjectId) -> bool {
        *whole == table(id)
    }

    fn roles(&self, _id: &ObjectId) -> Vec<String> {
        self.roles.iter().cloned().collect()
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        Some(rename::on_relation("POLICY", id, &table(id), new))
    }
}
