//! Roles are referenced, never created: one that the server does not have is an error before anything is done.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, ObjectId};
use crate::config::suggest::closest;
use crate::error::{Error, Result};
use crate::name::quote;

/// Errors: roles that the desired state names and the server does not have, each once, at the first place that needs it.
pub fn check(current: &Catalog, desired: &Catalog) -> Result<()> {
    let Some(known) = &current.roles else { return Ok(()) };
    let mut missing: BTreeMap<String, &ObjectId> = BTreeMap::new();
    let mut need = |role: &str, id| {
        if !role.is_empty() && !known.contains(role) {
            missing.entry(role.to_string()).or_insert(id);
        }
    };
    for (id, object) in &desired.objects {
        object.roles(id).iter().for_each(|role| need(role, id));
    }
    for (id, attributes) in &desired.attributes {
        attributes.roles().for_each(|role| need(role, id));
    }
    let error = |(role, id): (String, &ObjectId)| {
        let error = Error::new(format!("role {} does not exist; {id} needs it", quote(&role)));
        let error = match desired.locations.get(id) {
            Some(place) => error.at(place),
            None => error,
        };
        let similar = closest(&role, known.iter().map(String::as_str));
        let create = format!("roles are not managed: CREATE ROLE {} first", quote(&role));
        error.hint(similar.map_or(create.clone(), |other| format!("did you mean {}? {create}", quote(other))))
    };
    Error::all(missing.into_iter().map(error).collect()).map_or(Ok(()), Err)
}
