//! How a domain gets another base type: by a new domain under the old name.

use super::Domain;
use crate::catalog::ObjectId;
use crate::name::quote;
use crate::objects::column::{Column, conversion::Conversion};
use crate::objects::renewal::{Renewal, checks};
use crate::objects::type_use;
use crate::objects::{AlterContext, Alteration, Disturbance, Object};
use crate::plan::hazard::Finding;

/// The change of a domain whose base type or collation changes.
pub fn data_type(current: &Domain, id: &ObjectId, desired: &Domain, context: &AlterContext) -> Alteration {
    if type_use::users(context.current, id).is_empty() {
        return Alteration::Replace;
    }
    let renewal = match Renewal::of(id, context) {
        Ok(renewal) => renewal,
        Err(user) => {
            let reason = format!(
                "the type below {id} changes from {} to {}, which takes a new domain, and {user}; \
                 make another domain and give it to the columns",
                current.data_type.sql, desired.data_type.sql
            );
            return Alteration::Impossible { reason };
        }
    };
    let statements = renewal.statements(desired.create_beside(id, &checks(id, context)), |user, _| {
        let Some(column) = context.current.objects.get(&user.id).and_then(Object::column) else { return (None, None) };
        let with = |domain: &Domain| Column { data_type: domain.data_type.clone(), ..column.clone() };
        let conversion = Conversion::of(&with(current), &with(desired), context);
        let array = if user.array { "[]" } else { "" };
        let base = context.desired.facts.format_type(&desired.data_type.key, -1);
        let text = if conversion.through_text { format!("::text{array}") } else { String::new() };
        let using = conversion.needs_using.then(|| format!("{}{text}::{base}{array}", quote(user.id.name())));
        let message = |name: &str| Finding::new(name, format!("{} follows {id} to {}", user.id, desired.data_type.sql));
        (using, conversion.finding.map(message))
    });
    Alteration::InPlace { statements, disturbs: vec![Disturbance::Replaced] }
}
