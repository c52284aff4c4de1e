//! Constraints without the names that PostgreSQL chooses itself, behind their column where they have one.

use super::{Check, Constraint};
use crate::catalog::{Catalog, ObjectId};
use crate::name::{generated, quote};
use crate::objects::{Kind, Object, Part};

/// The part of a constraint whose name PostgreSQL would choose; `None` where it would choose another one.
pub fn part(constraint: &Constraint, id: &ObjectId, part: &Part, catalog: &Catalog) -> Option<Part> {
    let (_, table) = id.relation();
    let chosen = |column: Option<&str>, label: &str| generated(table, column, label) == id.name();
    let behind = |column: &str, sql: String| Part { column: Some(column.to_string()), sql, ..part.clone() };
    match constraint {
        Constraint::Key(key) => {
            let joined = super::joined(&key.columns.iter().chain(&key.include).cloned().collect::<Vec<_>>());
            // of keys over the same columns PostgreSQL makes only those that have names
            let same = |object: &Object| object.constraint().and_then(Constraint::key) == Some(&key.columns);
            let alone = catalog.children(&id.parent(Kind::Table)).filter(|(_, object)| same(object)).count() == 1;
            let own = if key.primary { chosen(None, "pkey") } else { chosen(Some(&joined), "key") };
            let sql = key.definition();
            match key.columns.as_slice() {
                _ if !own || !alone => None,
                [column] if key.include.is_empty() && !key.without_overlaps => {
                    Some(behind(column, sql.replacen(&format!(" ({})", quote(column)), "", 1)))
                }
                _ => Some(Part { sql, ..part.clone() }),
            }
        }
        Constraint::Check(Check { inherited: false, expression, .. }) => {
            let columns = expression.columns();
            let sql = constraint.definition();
            match columns.first().filter(|_| columns.len() == 1) {
                Some(column) => {
                    let column = chosen(Some(column), "check").then_some(column)?;
                    Some(behind(column, sql))
                }
                None => chosen(None, "check").then(|| Part { sql, ..part.clone() }),
            }
        }
        Constraint::Check(_) | Constraint::Exclusion(_) => None,
    }
}
