//! `ALTER … RENAME TO` and `ALTER … SET SCHEMA`, alike for every object that lies in a schema.

use super::Statement;
use crate::catalog::ObjectId;
use crate::name::quote;
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

/// Gives an object that lies in no schema its new name.
pub fn plain(form: Form, what: &str, id: &ObjectId, new: &ObjectId) -> Statement {
    Statement::new(form, format!("ALTER {what} {} RENAME TO {}", id.sql(), quote(new.name())))
}

/// Gives a trigger, rule or policy of `relation` its new name.
pub fn on_relation(what: &str, id: &ObjectId, relation: &ObjectId, new: &ObjectId) -> Statement {
    let sql = format!("ALTER {what} {} ON {} RENAME TO {}", quote(id.name()), relation.sql(), quote(new.name()));
    Statement::new(Form::AlterRelation, sql)
}

/// Gives `id` the identity `new`; `what` is the object's kind as ALTER wants it. `None` when both the schema and the
/// name change, which takes two statements.
pub fn statement(form: Form, what: &str, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
    let change = if id.schema() == new.schema() {
        format!("RENAME TO {}", quote(new.name()))
    } else if id.name() == new.name() {
        format!("SET SCHEMA {}", quote(new.schema()?))
    } else {
        return None;
    };
    let finding = Finding::new("rename-breaks-code", format!("code that still says {} fails", id.sql()));
    Some(Statement::new(form, format!("ALTER {what} {} {change}", id.sql())).finding(finding))
}
