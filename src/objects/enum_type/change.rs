//! How an enum type gets other labels: in place where PostgreSQL can, else by a new type under the old name.

use std::collections::BTreeMap;

use super::{EnumType, definition};
use crate::catalog::ObjectId;
use crate::name::{generated, literal, quote};
use crate::objects::attributes::{comment_change, normalise, owner_change, privilege_changes};
use crate::objects::type_use::{self, Use};
use crate::objects::{AlterContext, Alteration, Disturbance, Kind, Object, Statement};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

/// See [`crate::objects::DatabaseObject::alter`].
pub fn alter(current: &EnumType, id: &ObjectId, desired: &EnumType, context: &AlterContext) -> Alteration {
    let former = context.desired.intents.get(id).map(|intent| intent.labels.clone()).unwrap_or_default();
    let (labels, renames) = renamed(&current.labels, &desired.labels, &former);
    let mut statements: Vec<Statement> = renames
        .iter()
        .map(|(old, new)| {
            let sql = format!("ALTER TYPE {} RENAME VALUE {} TO {}", id.sql(), literal(old), literal(new));
            let message = format!("code that still says {} fails", literal(old));
            Statement::new(Form::Catalog, sql).finding(Finding::new("rename-breaks-code", message))
        })
        .collect();
    if let Some(added) = additions(&labels, &desired.labels) {
        let sql =
            |what: String| Statement::new(Form::AddEnumValue, format!("ALTER TYPE {} ADD VALUE {what}", id.sql()));
        statements.extend(added.into_iter().map(sql));
        return Alteration::in_place(statements);
    }
    match rebuild(id, &labels, desired, context) {
        Ok(rebuilding) => {
            statements.extend(rebuilding);
            Alteration::InPlace { statements, disturbs: vec![Disturbance::Replaced] }
        }
        Err(reason) => Alteration::Impossible { reason },
    }
}

/// The labels after the declared renames that still apply, and those renames as (old, new) in a workable order.
pub fn renamed(
    current: &[String],
    desired: &[String],
    former: &BTreeMap<String, String>,
) -> (Vec<String>, Vec<(String, String)>) {
    let mut labels = current.to_vec();
    let mut renames = vec![];
    let applies = |labels: &[String]| {
        let fits =
            |(new, old): &(&String, &String)| labels.contains(*old) && !labels.contains(*new) && desired.contains(*new);
        former.iter().find(fits).map(|(new, old)| (old.clone(), new.clone()))
    };
    while let Some((old, new)) = applies(&labels) {
        labels.iter_mut().filter(|label| **label == old).for_each(|label| label.clone_from(&new));
        renames.push((old, new));
        // a circle of names would never end
        if renames.len() >= former.len() {
            break;
        }
    }
    (labels, renames)
}

/// What follows ADD VALUE for each new label, each beside one that is there by then; `None` when labels are gone or
/// stand in another order.
fn additions(current: &[String], desired: &[String]) -> Option<Vec<String>> {
    let kept: Vec<&String> = desired.iter().filter(|label| current.contains(label)).collect();
    if kept.len() != current.len() || !kept.iter().zip(current).all(|(one, two)| *one == two) {
        return None;
    }
    let mut added = vec![];
    for (at, label) in desired.iter().enumerate().filter(|(_, label)| !current.contains(label)) {
        let later = desired[at + 1..].iter().find(|label| current.contains(label));
        added.push(match (at.checked_sub(1).map(|before| &desired[before]), later) {
            (_, None) => literal(label),
            (Some(before), Some(_)) => format!("{} AFTER {}", literal(label), literal(before)),
            (None, Some(later)) => format!("{} BEFORE {}", literal(label), literal(later)),
        });
    }
    Some(added)
}

/// The statements that put a new type in the place of the old one. Errors: something that cannot be converted uses it.
fn rebuild(
    id: &ObjectId,
    labels: &[String],
    desired: &EnumType,
    context: &AlterContext,
) -> Result<Vec<Statement>, String> {
    let users = type_use::users(context.current, id);
    if let Some(user) = users.iter().find(|user| user.id.kind != Kind::Column) {
        return Err(format!(
            "labels of {id} are removed or moved, which takes a new type, and {} uses it; \
             give {} another type first, or keep the labels and their order",
            user.id, user.id
        ));
    }
    let old = id.renamed(generated(id.name(), None, "reconcile_old"));
    let gone: Vec<&String> = labels.iter().filter(|label| !desired.labels.contains(label)).collect();
    // columns that leave the type, or go, are changed by steps of their own
    let keeps = |user: &&Use| {
        let wanted = context.desired.objects.get(&user.id).and_then(Object::column);
        let now = context.current.objects.get(&user.id).and_then(Object::column);
        wanted.zip(now).is_some_and(|(wanted, now)| wanted.data_type.key == now.data_type.key)
    };
    let columns: Vec<&Use> = users.iter().filter(keeps).collect();
    let mut out = vec![];
    if !gone.is_empty() {
        out.extend(columns.iter().map(|column| check(column, &gone)));
    }
    let defaults: Vec<ObjectId> = columns
        .iter()
        .map(|column| column.id.with_kind(Kind::ColumnDefault))
        .filter(|default| context.current.objects.contains_key(default))
        .collect();
    out.extend(
        defaults.iter().filter_map(|default| context.current.objects.get(default).map(|it| it.drop(default))).flatten(),
    );
    out.push(Statement::new(Form::Catalog, format!("ALTER TYPE {} RENAME TO {}", id.sql(), quote(old.name()))));
    out.push(Statement::new(Form::Catalog, definition(id, &desired.labels)));
    out.extend(attributes(id, context));
    out.extend(columns.iter().map(|column| convert(column, id)));
    for default in &defaults {
        let (now, wanted) = (context.current.objects.get(default), context.desired.objects.get(default));
        // a default that changes as well is set by a step of its own
        if let Some(same) = wanted.filter(|_| now == wanted) {
            out.extend(same.create(default));
        }
    }
    out.push(Statement::new(Form::Catalog, format!("DROP TYPE {}", old.sql())));
    let names: Vec<String> = gone.iter().map(|label| literal(label)).collect();
    let what = if gone.is_empty() {
        "the labels are put in another order".into()
    } else {
        format!("the type loses {}", names.join(", "))
    };
    if let Some(first) = out.first_mut() {
        let added: Vec<&String> = desired.labels.iter().filter(|label| !labels.contains(label)).collect();
        if let ([old], [new]) = (gone.as_slice(), added.as_slice()) {
            let message =
                format!("label {} of {id} goes and {} comes: is it a rename?", literal(old), literal(new));
            first.findings.push(Finding::new("possible-rename", message));
        }
        first.findings.push(Finding::new("remove-enum-label", format!("{id} is made anew: {what}")));
    }
    Ok(out)
}

/// Stops the plan when a row still has a label that goes.
fn check(column: &Use, gone: &[&String]) -> Statement {
    let table = column.id.parent(Kind::Table);
    let name = quote(column.id.name());
    let labels: Vec<String> = gone.iter().map(|label| literal(label)).collect();
    let (from, label) = match column.array {
        true => (
            format!("{}, unnest({name}) AS reconcile_element(label)", table.sql()),
            "reconcile_element.label".to_string(),
        ),
        false => (table.sql(), name),
    };
    let body = format!(
        "#variable_conflict use_column\nDECLARE\n  row_left record;\nBEGIN\n  \
         FOR row_left IN SELECT {label}::text AS label, count(*) AS uses FROM {from} WHERE {label}::text IN ({}) GROUP BY 1 ORDER BY 1 LOOP\n    \
         RAISE EXCEPTION 'label % goes, but % rows of table % still have it in column %', \
         quote_literal(row_left.label), row_left.uses, {}, {}\n      \
         USING ERRCODE = 'check_violation', HINT = 'update these rows first, or keep the label';\n  END LOOP;\nEND",
        labels.join(", "),
        literal(&table.sql()),
        literal(&quote(column.id.name())),
    );
    let mut tag = "$reconcile$".to_string();
    while body.contains(&tag) {
        tag.insert(tag.len() - 1, '_');
    }
    Statement::new(Form::Data, format!("DO {tag}\n{body}\n{tag}"))
}

/// Converts a column to the new type through the labels' text.
fn convert(column: &Use, id: &ObjectId) -> Statement {
    let name = quote(column.id.name());
    let (text, array) = if column.array { ("text[]", "[]") } else { ("text", "") };
    let wanted = format!("{}{array}", id.sql());
    let table = column.id.parent(Kind::Table);
    let message = format!("every row of {table} is written anew");
    let sql = format!("ALTER COLUMN {name} TYPE {wanted} USING {name}::{text}::{wanted}");
    Statement::clause(Form::AlterTypeRewrite, table, sql).finding(Finding::new("rewrite", message))
}

/// Gives the new type the owner, privileges and comment that the old one has.
fn attributes(id: &ObjectId, context: &AlterContext) -> Vec<Statement> {
    let Some(attributes) = context.current.attributes.get(id) else { return vec![] };
    let owner = attributes.owner.as_deref().unwrap_or_default();
    let major = context.current.facts.major();
    let normal = |privileges| normalise(privileges, owner, id.kind, major);
    let mut out = vec![];
    if !owner.is_empty() {
        out.push(owner_change(id, owner));
    }
    if attributes.privileges.is_some() {
        out.extend(privilege_changes(id, id.kind, owner, &normal(None), &normal(attributes.privileges.as_ref())));
    }
    if attributes.comment.is_some() {
        out.push(comment_change(id, attributes.comment.as_deref()));
    }
    // nothing changes for the reader of the plan
    out.iter_mut().for_each(|statement| statement.findings.clear());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_string).collect()
    }

    #[test]
    fn new_labels_stand_beside_one_that_is_there() {
        assert_eq!(additions(&labels("m"), &labels("x y m")).unwrap(), ["'x' BEFORE 'm'", "'y' AFTER 'x'"]);
        assert_eq!(additions(&labels("a b"), &labels("a x b y z")).unwrap(), ["'x' AFTER 'a'", "'y'", "'z'"]);
        assert_eq!(additions(&[], &labels("a b")).unwrap(), ["'a'", "'b'"]);
        assert_eq!(additions(&labels("it's"), &labels("it's a")).unwrap(), ["'a'"]);
    }

    #[test]
    fn moved_and_removed_labels_take_a_new_type() {
        assert_eq!(additions(&labels("a b c"), &labels("c a b")), None);
        assert_eq!(additions(&labels("a b"), &labels("a")), None);
    }

    #[test]
    fn renames_apply_once_and_in_chains() {
        let former: BTreeMap<_, _> = [("b".to_string(), "a".to_string()), ("c".into(), "b".into())].into();
        let (after, renames) = renamed(&labels("a b"), &labels("b c"), &former);
        assert_eq!(after, labels("b c"));
        assert_eq!(renames, [("b".to_string(), "c".to_string()), ("a".into(), "b".into())]);
        assert!(renamed(&labels("b c"), &labels("b c d"), &former).1.is_empty());
    }
}
