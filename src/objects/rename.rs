//! `ALTER … RENAME TO` and `ALTER … SET SCHEMA`, alike for every object that lies in a schema.

use super::Statement;
use crate::catalog::ObjectId;
use crate::name::quote;
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

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
