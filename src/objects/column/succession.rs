//! A column that owns a sequence becomes an identity, which brings a sequence of its own and must not count anew.

use super::change::Change;
use super::{Column, Identity};
use crate::catalog::ObjectId;
use crate::name::{QualifiedName, generated, literal, quote};
use crate::objects::{AlterContext, Kind, Statement};
use crate::plan::forms::Form;

/// The sequence that the column has no use for any more, and nothing else either.
pub fn outgoing(id: &ObjectId, current: &Column, desired: &Column, context: &AlterContext) -> Option<ObjectId> {
    if current.identity.is_some() || desired.identity.is_none() {
        return None;
    }
    let sequence = context.current.owned_sequence(id)?;
    let own = [sequence.with_kind(Kind::SequenceOwner), id.with_kind(Kind::ColumnDefault)];
    let used = |(user, needs): (&ObjectId, &std::collections::BTreeSet<ObjectId>)| needs.contains(&sequence) && !own.contains(user);
    let free = !context.desired.objects.contains_key(&sequence) && !context.current.dependencies.iter().any(used);
    free.then_some(sequence)
}

impl Change<'_> {
    /// ADD GENERATED … AS IDENTITY; it goes on from the rows, and from the sequence before it.
    pub(super) fn add_identity(&mut self, current: &Column, desired: &Column, identity: &Identity) {
        let outgoing = outgoing(self.id, current, desired, self.context);
        let mut before = self.context.current.owned_sequence(self.id);
        if let Some(sequence) = &outgoing {
            // or pg_get_serial_sequence would find this one
            self.push(Statement::new(Form::AlterSequence, format!("ALTER SEQUENCE {} OWNED BY NONE", sequence.sql())));
            let (schema, table) = self.id.relation();
            let natural = || QualifiedName::new(schema, generated(table, Some(self.id.name()), "seq"));
            let name = identity.sequence.clone().unwrap_or_else(natural);
            if [&name.schema, &name.name] == [&sequence.names[0], &sequence.names[1]] {
                let aside = generated(sequence.name(), None, "reconcile_old");
                let sql = format!("ALTER SEQUENCE {} RENAME TO {}", sequence.sql(), quote(&aside));
                self.push(Statement::new(Form::AlterSequence, sql));
                before = Some(sequence.renamed(aside));
            }
        }
        self.clause(Form::AlterRelation, format!("ADD {}", identity.definition()));
        // a sequence that others drop as well may be gone by now
        let kept = |sequence: &ObjectId| self.context.desired.objects.contains_key(sequence);
        let before = before.filter(|sequence| outgoing.is_some() || kept(sequence));
        self.push(continued(self.id, identity, before.as_ref().map(ObjectId::sql)));
        if let Some(sequence) = before.filter(|_| outgoing.is_some()) {
            self.push(Statement::new(Form::Drop, format!("DROP SEQUENCE {}", sequence.sql())));
        }
    }
}

/// A new identity must not give out values that rows, or the sequence `before` it (as SQL), have used already.
pub fn continued(column: &ObjectId, identity: &Identity, before: Option<String>) -> Statement {
    let table = column.parent(Kind::Table).sql();
    let (function, next) = if identity.options.increment > 0 { ("max", "greatest") } else { ("min", "least") };
    let before =
        before.map(|sequence| format!(", (SELECT last_value FROM {sequence} WHERE is_called)")).unwrap_or_default();
    let sql = format!(
        "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence({}, {}), used) FROM (SELECT \
         {next}({function}({}){before}) AS used FROM {table}) AS rows WHERE used BETWEEN {} AND {}",
        literal(&table),
        literal(column.name()),
        quote(column.name()),
        identity.options.min,
        identity.options.max,
    );
    Statement::new(Form::Data, sql)
}
