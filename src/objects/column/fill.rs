//! A new column in a table that has rows: what they get.

use super::{Column, change};
use crate::catalog::ObjectId;
use crate::facts::TypeKind;
use crate::name::quote;
use crate::objects::{AlterContext, Alteration, Kind, Object, Statement};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

/// See [`crate::objects::DatabaseObject::among_rows`].
pub fn among_rows(column: &Column, id: &ObjectId, statements: Vec<Statement>, context: &AlterContext) -> Vec<Statement> {
    let table = id.parent(Kind::Table);
    let gets_value = column.identity.is_some()
        || column.generated.is_some()
        || column.inherited
        || context.desired.objects.contains_key(&id.with_kind(Kind::ColumnDefault))
        || domain_gives(column, context);
    if gets_value || !context.current.objects.contains_key(&table) {
        return statements;
    }
    let backfill = context.desired.intents.get(id).and_then(|intent| intent.backfill.as_ref());
    match backfill {
        Some(value) => {
            let nullable = Column { not_null: None, ..column.clone() };
            let mut out = nullable.create_nullable(id, statements);
            let name = quote(id.name());
            let sql = format!("UPDATE {} SET {name} = {} WHERE {name} IS NULL", table.sql(), value.sql());
            out.push(Statement::new(Form::Data, sql).under(&value.path));
            if let Alteration::InPlace { statements, .. } = change::alter(&nullable, id, column, context) {
                out.extend(statements);
            }
            out
        }
        None => warned(column, &table, id, statements, context),
    }
}

/// Whether the default of a domain is what the rows get.
fn domain_gives(column: &Column, context: &AlterContext) -> bool {
    let mut key = column.data_type.key.as_str();
    while let Some(fact) = context.desired.facts.type_named(key).filter(|fact| fact.kind == TypeKind::Domain) {
        let domain = ObjectId::new(Kind::Domain, [&*fact.schema, &*fact.name]);
        if matches!(context.desired.objects.get(&domain), Some(Object::Domain(domain)) if domain.default.is_some()) {
            return true;
        }
        let Some(base) = fact.base.as_deref() else { break };
        key = base;
    }
    false
}

fn warned(
    column: &Column,
    table: &ObjectId,
    id: &ObjectId,
    mut statements: Vec<Statement>,
    context: &AlterContext,
) -> Vec<Statement> {
    let filled = context.current.sizes.get(table).filter(|size| !size.empty);
    if let (Some(_), Some(size), Some(first)) = (&column.not_null, filled, statements.first_mut()) {
        let rows = if size.rows > 0 { format!("about {} rows", size.rows) } else { "rows".to_string() };
        let message = format!(
            "{table} has {rows}, and {id} is NOT NULL without a default; give it a default, or write \
             `-- reconcile: backfill <expression>` above it"
        );
        first.findings.push(Finding::new("not-null-without-default", message));
    }
    statements
}

impl Column {
    /// The statements that create it, the first without NOT NULL.
    fn create_nullable(&self, id: &ObjectId, mut statements: Vec<Statement>) -> Vec<Statement> {
        if let Some(first) = statements.first_mut() {
            first.sql = format!("ADD COLUMN {}", self.definition(id.name()));
        }
        statements
    }
}
