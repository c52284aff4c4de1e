//! What was computed with an object and kept, when the object changes in place.

use super::{AlterContext, Object, Statement};
use crate::catalog::ObjectId;
use crate::plan::hazard::Finding;

/// The statement that changes an object in place, with a finding of this code about the users of the object that keep
/// what was made with it before; `keeps` says which do.
pub fn after(
    id: &ObjectId,
    statement: Statement,
    code: &'static str,
    keeps: impl Fn(&ObjectId, &Object) -> bool,
    context: &AlterContext,
) -> Statement {
    let kept = |user: &&ObjectId| {
        let object = context.current.objects.get(*user);
        let generated = object.and_then(Object::column).and_then(|column| column.generated.as_ref());
        object.is_some_and(|object| keeps(user, object)) && generated.is_none_or(|it| it.stored)
    };
    let both = |user: &&ObjectId| context.current.needs(user, id) && context.desired.needs(user, id);
    let users = context.current.dependencies.keys().filter(both).filter(kept);
    let users: Vec<String> = users.map(ToString::to_string).collect();
    let verb = match users.len() {
        0 => return statement,
        1 => "keeps",
        _ => "keep",
    };
    statement.finding(Finding::new(code, format!("{} {verb} what was made with {id} as it was", users.join(", "))))
}
