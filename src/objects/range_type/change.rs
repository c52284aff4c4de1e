//! How a range type changes: by other names for what belongs to it, else by a new type under the old name.

use super::{Constructors, RangeType};
use crate::catalog::{Catalog, ObjectId};
use crate::name::{QualifiedName, generated, quote};
use crate::objects::renewal::Renewal;
use crate::objects::{AlterContext, Alteration, DatabaseObject, Disturbance, Statement, type_use};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

/// See [`DatabaseObject::alter`].
pub fn alter(current: &RangeType, id: &ObjectId, desired: &RangeType, context: &AlterContext) -> Alteration {
    if current.means_same(desired) {
        return Alteration::in_place(names(current, id, desired));
    }
    if type_use::users(context.current, id).is_empty() && type_use::multirange_users(context.current, id).is_empty() {
        return Alteration::Replace;
    }
    if current.canonical.is_some() || desired.canonical.is_some() {
        return match obstacle(id, context) {
            Some(reason) => Alteration::Impossible { reason },
            None => Alteration::Replace,
        };
    }
    match renew(current, id, desired, context) {
        Ok(statements) => Alteration::InPlace { statements, disturbs: vec![Disturbance::Replaced] },
        Err(user) => Alteration::Impossible {
            reason: format!(
                "a change of {id} takes a new type, and {user}; make another range type and give it to the columns"
            ),
        },
    }
}

/// Why the type cannot be dropped before it is made anew: something holds values of it.
pub fn obstacle(id: &ObjectId, context: &AlterContext) -> Option<String> {
    let users = |catalog: &Catalog| {
        let multiranges = type_use::multirange_users(catalog, id);
        type_use::users(catalog, id).into_iter().chain(multiranges).collect()
    };
    type_use::obstacle(id, users, context)
}

/// The statements that give other names to the multirange type and to the functions that make values: PostgreSQL
/// leaves them behind when the range type is renamed. `id` is the range type as it is called by then.
fn names(current: &RangeType, id: &ObjectId, desired: &RangeType) -> Vec<Statement> {
    let mut out = moved("TYPE", &current.multirange, "", &desired.multirange);
    let range = id.sql();
    let subtype = &current.subtype.sql;
    let (old, new) = (&current.constructors, &desired.constructors);
    for arguments in [format!("({subtype}, {subtype})"), format!("({subtype}, {subtype}, text)")] {
        out.extend(moved("FUNCTION", &old.range, &arguments, &new.range));
    }
    for arguments in ["()".into(), format!("({range})"), format!("({range}[])")] {
        out.extend(moved("FUNCTION", &old.multirange, &arguments, &new.multirange));
    }
    out
}

/// Another schema and name, each by a statement.
fn moved(what: &str, old: &QualifiedName, arguments: &str, new: &QualifiedName) -> Vec<Statement> {
    let mut out = vec![];
    let mut name = old.clone();
    let mut say = |name: &QualifiedName, change: String| {
        out.push(Statement::new(Form::Catalog, format!("ALTER {what} {name}{arguments} {change}")));
    };
    if old.schema != new.schema {
        say(&name, format!("SET SCHEMA {}", quote(&new.schema)));
        name.schema.clone_from(&new.schema);
    }
    if old.name != new.name {
        say(&name, format!("RENAME TO {}", quote(&new.name)));
    }
    out
}

/// A new type in the place of the old one. Errors: what stands in the way.
fn renew(
    current: &RangeType,
    id: &ObjectId,
    desired: &RangeType,
    context: &AlterContext,
) -> Result<Vec<Statement>, String> {
    if let Some(user) = type_use::multirange_users(context.current, id).first() {
        return Err(format!("{} holds its multiranges", user.id));
    }
    let renewal = Renewal::of(id, context)?;
    // what is called like the type steps aside with it
    let aside = |name: &str| generated(name, None, "reconcile_old");
    let beside = |name: &QualifiedName| QualifiedName::new(name.schema.clone(), aside(&name.name));
    let Constructors { range, multirange } = &current.constructors;
    let old = RangeType {
        multirange: beside(&current.multirange),
        constructors: Constructors { range: beside(range), multirange: beside(multirange) },
        ..current.clone()
    };
    let mut definition = names(current, &id.renamed(aside(id.name())), &old);
    definition.extend(desired.create(id));
    Ok(renewal.statements(definition, |column, wanted| {
        let text = if column.array { "text[]" } else { "text" };
        let message = format!("values of {} are read anew from their text", column.id);
        let using = format!("{}::{text}::{wanted}", quote(column.id.name()));
        (Some(using), Some(Finding::new("narrow-type", message)))
    }))
}
