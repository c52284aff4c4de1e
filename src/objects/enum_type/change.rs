//! How an enum type gets other labels: in place where PostgreSQL can, else by a new type under the old name.

use std::collections::BTreeMap;

use super::EnumType;
use crate::catalog::ObjectId;
use crate::name::{literal, quote};
use crate::objects::renewal::Renewal;
use crate::objects::type_use::Use;
use crate::objects::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Statement};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

/// See [`crate::objects::DatabaseObject::alter`].
pub fn alter(current: &EnumType, id: &ObjectId, desired: &EnumType, context: &AlterContext) -> Alteration {
    let (labels, renames) = labels_now(current, id, desired, context);
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

/// Whether labels go or move, which takes a new type.
pub fn is_renewed(current: &EnumType, id: &ObjectId, desired: &EnumType, context: &AlterContext) -> bool {
    additions(&labels_now(current, id, desired, context).0, &desired.labels).is_none()
}

/// See [`renamed`].
fn labels_now(
    current: &EnumType,
    id: &ObjectId,
    desired: &EnumType,
    context: &AlterContext,
) -> (Vec<String>, Vec<(String, String)>) {
    let former = context.desired.intents.get(id).map(|intent| intent.labels.clone()).unwrap_or_default();
    renamed(&current.labels, &desired.labels, &former)
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
    let renewal = Renewal::of(id, context).map_err(|user| {
        format!(
            "labels of {id} are removed or moved, which takes a new type, and {user}; \
             give it another type first, or keep the labels and their order"
        )
    })?;
    let gone: Vec<&String> = labels.iter().filter(|label| !desired.labels.contains(label)).collect();
    let mut out = vec![];
    if !gone.is_empty() {
        out.extend(renewal.columns.iter().map(|column| check(column, &gone)));
    }
    out.extend(renewal.statements(desired.create(id), |column, wanted| {
        let text = if column.array { "text[]" } else { "text" };
        (Some(format!("{}::{text}::{wanted}", quote(column.id.name()))), None)
    }));
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
