//! Indexes of partitioned tables and their parts, the indexes of the partitions (`pg_inherits` between indexes).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::constraint::{Constraint, Key};
use super::index::Index;
use super::{AlterContext, Kind, Object, Statement, table::inherit};
use crate::catalog::{Catalog, ObjectId};
use crate::name::QualifiedName;
use crate::plan::forms::Form;
use crate::source::Location;

/// How an index, or the index of a constraint, belongs to those of other tables.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Lineage {
    /// The index of the parent table that it is a part of.
    pub parent: Option<QualifiedName>,
    /// It is made with ONLY, and not every partition has its part yet.
    pub incomplete: bool,
    /// The declared parts of it (files only).
    #[serde(skip)]
    pub parts: Vec<ObjectId>,
    /// Indexes of the parent that could take it for a part, but are declared before it and have parts of their own by
    /// then (files only).
    #[serde(skip)]
    pub beside: Vec<ObjectId>,
    /// Its table is partitioned (databases only).
    #[serde(skip)]
    pub partitioned: bool,
}

/// Of which index it is a part follows from the parents, and its own parts say of what they are.
impl PartialEq for Lineage {
    fn eq(&self, other: &Self) -> bool {
        self.parent.is_some() == other.parent.is_some() && self.incomplete == other.incomplete
    }
}

fn of(object: &Object) -> Option<&Lineage> {
    match object {
        Object::Index(index) => Some(&index.lineage),
        Object::Constraint(constraint) => constraint.lineage(),
        _ => None,
    }
}

fn of_mut<'a>(catalog: &'a mut Catalog, id: &ObjectId) -> Option<&'a mut Lineage> {
    match catalog.objects.get_mut(id)? {
        Object::Index(index) => Some(&mut index.lineage),
        Object::Constraint(constraint) => constraint.lineage_mut(),
        _ => None,
    }
}

/// The name of the index, also of that of a constraint.
fn name(id: &ObjectId) -> QualifiedName {
    QualifiedName::new(id.relation().0, id.name())
}

/// The index or constraint whose index has the name.
pub fn find(catalog: &Catalog, name: &QualifiedName) -> Option<ObjectId> {
    let index = ObjectId::new(Kind::Index, [&name.schema, &name.name]);
    let constraint = || catalog.objects.constraint_of_index(&name.schema, &name.name).cloned();
    Some(index).filter(|id| catalog.objects.contains_key(id)).or_else(constraint)
}

/// All indexes and constraints with indexes, by table.
fn by_table(catalog: &Catalog) -> BTreeMap<ObjectId, Vec<ObjectId>> {
    let mut out: BTreeMap<ObjectId, Vec<ObjectId>> = BTreeMap::new();
    for (id, object) in &catalog.objects {
        let table = match object {
            Object::Index(index) => index.table.clone(),
            Object::Constraint(constraint) if !constraint.is_check() => id.parent(Kind::Table),
            _ => continue,
        };
        out.entry(table).or_default().push(id.clone());
    }
    out
}

/// Whether PostgreSQL takes `part` for its own index when the parent's is `whole` (`CompareIndexInfo`).
fn fits(whole: &Object, part: &Object) -> bool {
    let unordered = |index: &Index| {
        let mut elements = index.elements.clone();
        elements.iter_mut().for_each(|element| (element.descending, element.nulls_first) = (false, false));
        elements
    };
    match (whole, part) {
        (Object::Index(one), Object::Index(two)) => {
            one.unique == two.unique
                && one.method == two.method
                && unordered(one) == unordered(two)
                && one.include == two.include
                && one.nulls_not_distinct == two.nulls_not_distinct
                && one.predicate == two.predicate
        }
        (Object::Index(one), Object::Constraint(Constraint::Key(two))) => {
            one.plain_key().is_some_and(|columns| columns == two.columns)
                && one.include == two.include
                && one.nulls_not_distinct == two.nulls_not_distinct
                && !two.without_overlaps
        }
        (Object::Constraint(Constraint::Key(one)), Object::Constraint(Constraint::Key(two))) => {
            let bare = |key: &Key| Key { index: Default::default(), ..key.clone() };
            bare(one) == bare(two)
        }
        _ => false,
    }
}

/// Partitions and their parents, parents first.
fn ties(catalog: &Catalog) -> Vec<(ObjectId, ObjectId)> {
    let start = ObjectId::new(Kind::Partition, [""; 0]);
    let all = catalog.objects.range(start..).take_while(|(id, _)| id.kind == Kind::Partition);
    let ties: BTreeMap<ObjectId, ObjectId> = all
        .filter_map(|(id, object)| match object {
            Object::Partition(partition) => Some((id.with_kind(Kind::Table), partition.parent_id())),
            _ => None,
        })
        .collect();
    let depth = |child: &ObjectId| {
        let mut seen = BTreeSet::new();
        let mut at = child;
        while let Some(parent) = ties.get(at).filter(|parent| seen.insert((*parent).clone())) {
            at = parent;
        }
        seen.len()
    };
    let mut sorted: Vec<(ObjectId, ObjectId)> =
        ties.iter().map(|(child, parent)| (child.clone(), parent.clone())).collect();
    sorted.sort_by_key(|(child, _)| depth(child));
    sorted
}

/// Finds the parts that the files declare, by ATTACH PARTITION or by an index that PostgreSQL takes for one.
pub fn complete(catalog: &mut Catalog) {
    let ties = ties(catalog);
    let indexes = by_table(catalog);
    let on = |table: &ObjectId| indexes.get(table).map_or(&[][..], Vec::as_slice);
    let parent_of =
        |catalog: &Catalog, id: &ObjectId| catalog.objects.get(id).and_then(of).and_then(|it| it.parent.clone());
    for (child, parent) in &ties {
        for whole in on(parent) {
            let Some(object) = catalog.objects.get(whole) else { continue };
            let only = of(object).is_some_and(|lineage| lineage.incomplete);
            let attached = on(child).iter().any(|part| parent_of(catalog, part).as_ref() == Some(&name(whole)));
            let fitting = |part: &&ObjectId| {
                parent_of(catalog, part).is_none() && catalog.objects.get(*part).is_some_and(|part| fits(object, part))
            };
            let Some(part) = on(child).iter().find(fitting).filter(|_| !only && !attached) else { continue };
            let late = is_last(catalog, part, whole, child);
            if let Some(lineage) = of_mut(catalog, part) {
                match late {
                    true => lineage.beside.push(whole.clone()),
                    false => lineage.parent = Some(name(whole)),
                }
            }
        }
    }
    let mut missing: BTreeSet<ObjectId> = BTreeSet::new();
    for (child, parent) in ties.iter().rev() {
        for whole in on(parent) {
            let part = on(child).iter().find(|part| parent_of(catalog, part).as_ref() == Some(&name(whole)));
            match part {
                Some(part) => {
                    let open = catalog.objects.get(part).and_then(of).is_some_and(|it| it.incomplete)
                        && missing.contains(part);
                    if open {
                        missing.insert(whole.clone());
                    }
                    of_mut(catalog, whole).into_iter().for_each(|lineage| lineage.parts.push(part.clone()));
                }
                None => {
                    missing.insert(whole.clone());
                }
            }
        }
        let parts: Vec<ObjectId> =
            on(child).iter().filter(|part| parent_of(catalog, part).is_some()).cloned().collect();
        if let Some(Object::Partition(partition)) = catalog.objects.get_mut(&child.with_kind(Kind::Partition)) {
            partition.parts = parts;
        }
    }
    for id in indexes.values().flatten().filter(|id| !missing.contains(id)) {
        of_mut(catalog, id).into_iter().for_each(|lineage| lineage.incomplete = false);
    }
}

/// Whether an index of a partition is declared after the partition and after the parent's index, which has made itself
/// a part of its own by then.
fn is_last(catalog: &Catalog, part: &ObjectId, whole: &ObjectId, child: &ObjectId) -> bool {
    let place = |id: &ObjectId| catalog.locations.get(id);
    let (Some(own), Some(whole), Some(tie)) = (place(part), place(whole), place(&child.with_kind(Kind::Partition)))
    else {
        return false;
    };
    let after = |other: &Location| own.source.path == other.source.path && own.start > other.start;
    after(whole) && after(tie)
}

/// Whether the table has, for itself, what another table has as a partition of something else.
pub fn has_same(catalog: &Catalog, table: &ObjectId, object: &Object) -> bool {
    indexes(catalog, table).any(|(_, own)| match (own, object) {
        (Object::ForeignKey(own), Object::ForeignKey(object)) => own == object,
        _ => fits(own, object),
    })
}

fn attach(whole: &QualifiedName, part: &ObjectId) -> Statement {
    let sql = format!("ALTER INDEX {whole} ATTACH PARTITION {}", name(part));
    Statement::new(Form::AttachIndex, sql)
}

/// Whether an index without all of its parts gets them by the plan, without being made anew.
fn grows(id: &ObjectId, context: &AlterContext) -> bool {
    let table = match context.desired.objects.get(id) {
        Some(Object::Index(index)) => index.table.clone(),
        Some(_) => id.parent(Kind::Table),
        None => return false,
    };
    let declared: Vec<ObjectId> =
        context.desired.objects.get(id).and_then(of).map(|it| it.parts.clone()).unwrap_or_default();
    let declared: Vec<ObjectId> = declared.iter().filter_map(|part| table_of(part, context.desired)).collect();
    let kept = inherit::partitions(context.current, &table);
    kept.iter().all(|child| declared.contains(child) || has_part(context.current, child, &name(id)))
}

fn table_of(id: &ObjectId, catalog: &Catalog) -> Option<ObjectId> {
    match catalog.objects.get(id)? {
        Object::Index(index) => Some(index.table.clone()),
        _ => Some(id.parent(Kind::Table)),
    }
}

/// The indexes of a table.
fn indexes<'a>(catalog: &'a Catalog, table: &'a ObjectId) -> impl Iterator<Item = (&'a ObjectId, &'a Object)> {
    let start = ObjectId::new(Kind::Index, [table.relation().0]);
    let own = |object: &Object| matches!(object, Object::Index(index) if index.table == *table);
    let all = catalog
        .objects
        .range(start..)
        .take_while(|(id, _)| id.kind == Kind::Index && id.relation().0 == table.relation().0);
    all.filter(move |(_, object)| own(object)).chain(catalog.children(table))
}

fn has_part(catalog: &Catalog, child: &ObjectId, whole: &QualifiedName) -> bool {
    indexes(catalog, child).any(|(_, object)| of(object).is_some_and(|it| it.parent.as_ref() == Some(whole)))
}

/// Whether the index of the parent is there before and stays.
fn stays(whole: &QualifiedName, context: &AlterContext) -> bool {
    let (Some(now), Some(wanted)) = (find(context.current, whole), find(context.desired, whole)) else { return false };
    let (before, after) = (context.current.objects.get(&now), context.desired.objects.get(&wanted));
    let (Some(before), Some(after)) = (before, after) else { return false };
    let open = |object: &Object| of(object).is_some_and(|it| it.incomplete);
    now == wanted && fits(after, before) && (open(before) == open(after) || open(before) && grows(&wanted, context))
}

/// What must follow the creation of an index: parts that PostgreSQL does not find by itself.
pub fn settle(id: &ObjectId, table: &ObjectId, lineage: &Lineage, context: &AlterContext) -> Vec<Statement> {
    let tied = inherit::parents(context.current, table) == inherit::parents(context.desired, table);
    let is_new = !context.current.objects.contains_key(id);
    let whole = lineage.parent.as_ref().filter(|whole| tied && is_new && stays(whole, context));
    let own = whole.map(|whole| attach(whole, id));
    let parts = lineage.parts.iter().filter(|_| lineage.incomplete).map(|part| attach(&name(id), part));
    own.into_iter().chain(parts).collect()
}

/// How an index that stays gets into its place; `None` when only a new one can have it.
pub fn change(
    id: &ObjectId,
    table: &ObjectId,
    (now, wanted): (&Lineage, &Lineage),
    context: &AlterContext,
) -> Option<Vec<Statement>> {
    if now.incomplete != wanted.incomplete && !(now.incomplete && grows(id, context)) {
        return None;
    }
    let tied = inherit::parents(context.current, table) == inherit::parents(context.desired, table);
    match (&now.parent, &wanted.parent) {
        (None, Some(whole)) if tied && stays(whole, context) && !has_part(context.current, table, whole) => {
            Some(vec![attach(whole, id)])
        }
        (Some(whole), None) if tied && !stays(whole, context) => None,
        _ => Some(vec![]),
    }
}

/// Constraints of a partition whose indexes are parts of plain indexes, and those: PostgreSQL drops neither while the
/// partition is attached.
pub fn locked(catalog: &Catalog, table: &ObjectId) -> BTreeSet<ObjectId> {
    let whole = |object: &Object| find(catalog, of(object)?.parent.as_ref()?).filter(|whole| whole.kind == Kind::Index);
    let constraints = catalog.children(table).filter(|(id, _)| id.kind == Kind::Constraint);
    constraints.filter_map(|(id, object)| Some([id.clone(), whole(object)?])).flatten().collect()
}

/// The part that PostgreSQL made by itself where the files declare one under another name.
pub fn made(id: &ObjectId, table: &ObjectId, lineage: &Lineage, context: &AlterContext) -> Option<ObjectId> {
    let whole = lineage.parent.as_ref().filter(|whole| stays(whole, context))?;
    let wanted = context.desired.objects.get(id)?;
    let same = |other: &ObjectId, object: &Object| {
        of(object).is_some_and(|it| it.parent.as_ref() == Some(whole))
            && other.kind == id.kind
            && fits(wanted, object)
            && !context.desired.objects.contains_key(other)
    };
    indexes(context.current, table).find(|(other, object)| same(other, object)).map(|(other, _)| other.clone())
}
