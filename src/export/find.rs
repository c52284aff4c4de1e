//! Objects by the names that people give them.

use std::collections::BTreeSet;

use super::{Export, Item};
use crate::catalog::{Catalog, ObjectId};
use crate::config::suggest::closest;
use crate::error::{Error, Kind, Result};
use crate::plan::scope;

/// The schema that names without one are looked for in first.
const PUBLIC: &str = "public";

/// The objects that a list of names or globs means; without one all that have a name of their own.
/// Errors: a name that nothing has.
pub fn objects(catalog: &Catalog, names: &[String]) -> Result<BTreeSet<ObjectId>> {
    if names.is_empty() {
        return Ok(catalog.objects.keys().filter(|id| is_listed(id)).cloned().collect());
    }
    let mut out = BTreeSet::new();
    for name in names {
        let found: Vec<&ObjectId> = catalog.objects.keys().filter(|id| is_listed(id) && is_called(id, name)).collect();
        // parts only where nothing bigger has the name
        let parts = || catalog.objects.keys().filter(|id| !is_listed(id) && is_called(id, name)).collect();
        let found: Vec<&ObjectId> = if found.is_empty() { parts() } else { found };
        if found.is_empty() {
            return Err(unknown(catalog, name));
        }
        out.extend(found.into_iter().cloned());
    }
    Ok(out)
}

/// The statements about objects: those of what belongs to them too.
pub fn items<'a>(export: &'a Export, objects: &BTreeSet<ObjectId>) -> Vec<&'a Item> {
    let mine = |item: &&Item| objects.contains(&item.home) || item.objects.iter().any(|id| objects.contains(id));
    export.items.iter().filter(mine).collect()
}

/// Whether the object has a name of its own rather than one inside of something else.
fn is_listed(id: &ObjectId) -> bool {
    !id.kind.noun().is_empty() && (id.names.len() == 1 || id.names.len() == 2 && id.kind.has_schema())
}

fn is_called(id: &ObjectId, name: &str) -> bool {
    let dotted = id.names.join(".");
    let bare = dotted.strip_prefix(PUBLIC).and_then(|rest| rest.strip_prefix('.'));
    [Some(dotted.as_str()), bare, Some(id.sql().as_str())].into_iter().flatten().any(|text| scope::matches(name, text))
}

fn unknown(catalog: &Catalog, name: &str) -> Error {
    let error = Error::new(format!("there is no object called {name}")).kind(Kind::Usage);
    let bare: Vec<String> = catalog.objects.keys().filter(|id| is_listed(id)).map(|id| id.names.join(".")).collect();
    let short: Vec<&str> = bare.iter().filter_map(|it| it.strip_prefix("public.")).collect();
    let elsewhere = bare.iter().find(|it| it.rsplit('.').next() == Some(name));
    let near = elsewhere
        .map(String::as_str)
        .or_else(|| closest(name, short.into_iter().chain(bare.iter().map(String::as_str))));
    match near {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("reconcile inspect lists all objects"),
    }
}
