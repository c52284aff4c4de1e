//! How a base type changes: by ALTER TYPE … SET where PostgreSQL can, else by a new type, which nothing may hold values
//! of.

use super::{BaseType, Role, function_items, role};
use crate::catalog::ObjectId;
use crate::facts::{Layout, type_key};
use crate::name::quote;
use crate::objects::{AlterContext, Alteration, Kind, Object, Statement, type_use};
use crate::plan::forms::Form;

/// See [`crate::objects::DatabaseObject::alter`].
pub fn alter(current: &BaseType, id: &ObjectId, desired: &BaseType, context: &AlterContext) -> Alteration {
    if !is_alterable(current, desired) {
        return match obstacle(id, context) {
            Some(reason) => Alteration::Impossible { reason },
            None => Alteration::Replace,
        };
    }
    let wanted = Role::ALL.iter().map(|role| (*role, desired.functions.get(role)));
    let changed = wanted.filter(|(role, function)| current.functions.get(role) != *function);
    let mut items: Vec<String> = function_items(changed).collect();
    let storage = desired.layout.storage;
    let moved = current.layout.storage != storage;
    items.extend(moved.then(|| format!("STORAGE = {}", role::storage_word(storage))));
    let sql = format!("ALTER TYPE {} SET ({})", id.sql(), items.join(", "));
    let mut statements = vec![Statement::new(Form::Catalog, sql)];
    if moved {
        statements.extend(columns(id, storage, context));
    }
    Alteration::in_place(statements)
}

/// Whether ALTER TYPE takes one to the other (`AlterType`).
fn is_alterable(current: &BaseType, desired: &BaseType) -> bool {
    let fixed = |role: &&Role| !role.can_change();
    let layout = Layout { storage: desired.layout.storage, ..current.layout };
    let altered = BaseType { functions: desired.functions.clone(), layout, ..current.clone() };
    altered == *desired
        && Role::ALL.iter().filter(fixed).all(|role| current.functions.get(role) == desired.functions.get(role))
        && (desired.layout.storage != 'p' || current.layout.storage == 'p')
}

/// A column keeps the storage that its type had when it was made, so those that say nothing are told.
fn columns(id: &ObjectId, storage: char, context: &AlterContext) -> Vec<Statement> {
    let own = type_key(id.relation().0, id.name());
    let silent = |(id, object): (&ObjectId, &Object)| {
        let now = object.column()?;
        let wanted = context.desired.objects.get(id)?.column()?;
        let mine = context.current.facts.base_type(&now.data_type.key) == own && now.data_type == wanted.data_type;
        (mine && now.storage.is_none() && wanted.storage.is_none()).then(|| id.clone())
    };
    let clause = |column: ObjectId| {
        let word = role::storage_word(storage).to_uppercase();
        let sql = format!("ALTER COLUMN {} SET STORAGE {word}", quote(column.name()));
        Statement::clause(Form::AlterRelation, column.parent(Kind::Table), sql)
    };
    context.current.objects.iter().filter_map(silent).map(clause).collect()
}

/// Why the type cannot be made anew: something holds values of it.
pub fn obstacle(id: &ObjectId, context: &AlterContext) -> Option<String> {
    type_use::obstacle(id, |catalog| type_use::users(catalog, id), context)
}
