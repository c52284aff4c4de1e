//! Triggers of partitioned tables in their partitions: PostgreSQL clones them, and each clone can fire otherwise
//! (`pg_trigger.tgparentid`, `tgenabled`).

use std::collections::BTreeSet;

use serde::Serialize;

use super::Trigger;
use crate::catalog::{Catalog, ObjectId};
use crate::name::{QualifiedName, quote};
use crate::objects::firing::Firing;
use crate::objects::table::inherit::above;
use crate::objects::{AlterContext, Kind, Object, Statement};
use crate::plan::forms::Form;

/// A partition in which a trigger fires otherwise than in what it is a partition of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InPartition {
    /// The partition, at any depth.
    pub partition: QualifiedName,
    /// In which sessions it fires there.
    pub enabled: Firing,
}

impl InPartition {
    /// The partition as an object.
    pub fn table(&self) -> ObjectId {
        ObjectId::new(Kind::Table, [&self.partition.schema, &self.partition.name])
    }
}

/// The trigger that a partition has from above.
pub fn inherited(catalog: &Catalog, id: &ObjectId) -> Option<ObjectId> {
    let tables = above(catalog, &id.parent(Kind::Table));
    tables.into_iter().map(|table| table.child(Kind::Trigger, id.name())).find(|it| catalog.objects.contains_key(it))
}

/// Says how a trigger fires in a table and in all that are partitions of it by now, as ALTER TABLE does.
pub fn declare(catalog: &mut Catalog, root: &ObjectId, table: &ObjectId, enabled: Firing) {
    let Some(Object::Trigger(trigger)) = catalog.objects.get(root) else { return };
    let mut trigger = trigger.clone();
    trigger.partitions.retain(|it| it.table() != *table && !above(catalog, &it.table()).contains(table));
    if trigger.relation.names == table.names {
        trigger.enabled = enabled;
    } else if trigger.above(table, catalog) != enabled {
        let (schema, name) = table.relation();
        trigger.partitions.push(InPartition { partition: QualifiedName::new(schema, name), enabled });
    }
    catalog.objects.insert(root.clone(), trigger.into());
}

impl Trigger {
    /// How it fires in what a table is a partition of.
    fn above(&self, table: &ObjectId, catalog: &Catalog) -> Firing {
        let said = |table: &ObjectId| self.partitions.iter().find(|it| it.table() == *table).map(|it| it.enabled);
        above(catalog, table).iter().find_map(said).unwrap_or(self.enabled)
    }

    /// Puts partitions behind what they are partitions of, and says what must be there first.
    pub(super) fn sort_partitions(&mut self, catalog: &Catalog) -> Vec<ObjectId> {
        let depth = |it: &InPartition| above(catalog, &it.table()).len();
        self.partitions.sort_by_key(|it| (depth(it), it.table()));
        let ties = self.partitions.iter().flat_map(|it| [it.table(), it.table().with_kind(Kind::Partition)]);
        ties.filter(|id| catalog.objects.contains_key(id)).collect()
    }

    /// The statements for all partitions that are said, in order.
    pub(super) fn in_partitions(&self, id: &ObjectId) -> Vec<Statement> {
        self.partitions.iter().map(|it| set(id, &it.table(), it.enabled)).collect()
    }

    /// The statements for those that change; each of them reaches what is below.
    pub(super) fn partition_changes(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Vec<Statement> {
        let tied = |table: &ObjectId| {
            let tie = table.with_kind(Kind::Partition);
            let kept = context.current.objects.contains_key(&tie) && context.desired.objects.contains_key(&tie);
            kept && above(context.desired, table).contains(&desired.relation)
        };
        let gone = self.partitions.iter().map(InPartition::table);
        let gone = gone.filter(|table| desired.partitions.iter().all(|it| it.table() != *table) && tied(table));
        let changed = desired.partitions.iter().filter(|it| !self.partitions.contains(it)).map(InPartition::table);
        let mut open: BTreeSet<ObjectId> = gone.chain(changed).collect();
        let below = |table: &ObjectId| above(context.desired, table).iter().any(|it| open.contains(it));
        let reached: Vec<ObjectId> = desired.partitions.iter().map(InPartition::table).filter(below).collect();
        open.extend(reached);
        let mut tables: Vec<ObjectId> = open.into_iter().collect();
        tables.sort_by_key(|table| (above(context.desired, table).len(), table.clone()));
        let state = |table: &ObjectId| {
            let own = desired.partitions.iter().find(|it| it.table() == *table).map(|it| it.enabled);
            own.unwrap_or_else(|| desired.above(table, context.desired))
        };
        tables.iter().map(|table| set(id, table, state(table))).collect()
    }
}

/// What a partition that was detached and attached again has lost.
pub fn again(table: &ObjectId, context: &AlterContext) -> Vec<Statement> {
    let kept = |(id, object): (&ObjectId, &Object)| match object {
        Object::Trigger(trigger) if context.current.objects.get(id) == Some(object) => {
            let said = trigger.partitions.iter().filter(|it| it.table() == *table || above(context.desired, &it.table()).contains(table));
            Some(said.map(|it| set(id, &it.table(), it.enabled)).collect::<Vec<_>>())
        }
        _ => None,
    };
    let start = ObjectId::new(Kind::Trigger, [""; 0]);
    let all = context.desired.objects.range(start..).take_while(|(id, _)| id.kind == Kind::Trigger);
    all.filter_map(kept).flatten().collect()
}

fn set(trigger: &ObjectId, table: &ObjectId, enabled: Firing) -> Statement {
    Statement::clause(Form::Trigger, table.clone(), format!("{} TRIGGER {}", enabled.verb(), quote(trigger.name())))
}
