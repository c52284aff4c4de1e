//! How an operator changes: ALTER OPERATOR … SET where PostgreSQL has it, else a new one.

use super::{Operator, Partner};
use crate::catalog::ObjectId;
use crate::objects::trigger_function::TriggerFunction;
use crate::objects::{AlterContext, Alteration, Statement};
use crate::plan::forms::Form;

/// See [`crate::objects::DatabaseObject::alter`].
pub fn alter(current: &Operator, id: &ObjectId, desired: &Operator, context: &AlterContext) -> Alteration {
    let mut items = vec![];
    for (word, now, wanted) in
        [("RESTRICT", &current.restrict, &desired.restrict), ("JOIN", &current.join, &desired.join)]
    {
        if now != wanted {
            items.push(format!("{word} = {}", wanted.as_ref().map_or("NONE".into(), TriggerFunction::sql)));
        }
    }
    // from 17 on what is not there can be added
    let settable = context.major >= 17;
    for (word, now, wanted) in
        [("HASHES", current.hashes, desired.hashes), ("MERGES", current.merges, desired.merges)]
    {
        match (now, wanted) {
            (false, true) if settable => items.push(word.into()),
            (now, wanted) if now != wanted => return Alteration::Replace,
            _ => {}
        }
    }
    let links =
        [("COMMUTATOR", true, &current.commutator, &desired.commutator), ("NEGATOR", false, &current.negator, &desired.negator)];
    for (word, exchanged, now, wanted) in links {
        match link(desired, exchanged, (now, wanted), context) {
            Link::Stays => {}
            Link::Added if settable => {
                items.extend(wanted.as_ref().map(|wanted| format!("{word} = {}", wanted.sql())));
            }
            _ => return Alteration::Replace,
        }
    }
    if current.function != desired.function {
        return Alteration::Replace;
    }
    let sql = format!("ALTER OPERATOR {} SET ({})", id.sql(), items.join(", "));
    Alteration::in_place(if items.is_empty() { vec![] } else { vec![Statement::new(Form::Catalog, sql)] })
}

/// What becomes of a link to another operator.
enum Link {
    /// Nothing has to be done about it.
    Stays,
    /// It is noted where there was none.
    Added,
    /// There is another one.
    Other,
}

fn link(
    desired: &Operator,
    exchanged: bool,
    (now, wanted): (&Option<Partner>, &Option<Partner>),
    context: &AlterContext,
) -> Link {
    let there = |partner: &Partner| context.current.objects.contains_key(&desired.beside(partner, exchanged));
    let stays = |partner: &Partner| context.desired.objects.contains_key(&desired.beside(partner, exchanged));
    match (now, wanted) {
        (now, wanted) if now == wanted => Link::Stays,
        (None, Some(new)) if new.is_implied() => Link::Stays,
        // it comes with the new operator, which names this one too, and goes with an old one
        (None, Some(new)) if !there(new) && stays(new) => Link::Stays,
        (Some(old), None) if there(old) && !stays(old) => Link::Stays,
        (None, Some(_)) => Link::Added,
        _ => Link::Other,
    }
}
