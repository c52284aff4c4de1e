//! What is said about objects of any kind beside their own queries: security labels (`pg_seclabel`) and the extensions
//! that they depend on by word (`pg_depend`, deptype `x`).

use tokio_postgres::Row;

use super::bound;
use crate::catalog::{ObjectId, Unmanaged};
use crate::error::Result;
use crate::introspect::{Address, Live};
use crate::name::quote;
use crate::objects::Kind;

/// The catalogue query; asked when all objects are there.
pub const QUERY: &str = include_str!("../attributes.sql");

/// Takes a row of the query. What it says of something that is not managed is not managed either.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let extension: Option<String> = live.get(row, "extension")?;
    let Some(id) = spoken_of(row, live)? else { return not_managed(row, live, extension.as_deref()) };
    if let Some(extension) = extension {
        bound::bind(&mut live.catalog, id, extension);
    } else {
        let (provider, label) = (live.text(row, "provider")?, live.text(row, "label")?);
        live.catalog.attributes.entry(id).or_default().labels.insert(provider, label);
    }
    Ok(())
}

/// The object that a row is about; also a column that is no object of its own.
fn spoken_of(row: &Row, live: &Live) -> Result<Option<ObjectId>> {
    let address: Address = (live.get(row, "classid")?, live.get(row, "objid")?, live.get(row, "objsubid")?);
    if let Some(id) = live.addresses.get(&address) {
        // the row type of a relation is found as the relation, and the index of a constraint as the constraint
        if address.0 == live.type_class && !Kind::TYPES.contains(&id.kind) {
            return Ok(None);
        }
        let index = address.0 == live.relation_class && id.kind == Kind::Constraint;
        return Ok(Some(if index { ObjectId::new(Kind::Index, [id.relation().0, id.name()]) } else { id.clone() }));
    }
    let part: Option<String> = live.get(row, "part")?;
    let whole = part.as_ref().and_then(|_| live.addresses.get(&(address.0, address.1, 0)));
    Ok(whole.zip(part).map(|(whole, part)| whole.child(Kind::Column, part)))
}

fn not_managed(row: &Row, live: &mut Live, extension: Option<&str>) -> Result<()> {
    // what another session drops meanwhile, such as its temporary objects, has no identity any more
    let Some(identity) = live.get::<Option<String>>(row, "identity")? else { return Ok(()) };
    let schema: Option<String> = live.get(row, "home")?;
    if schema.as_deref().is_some_and(|schema| schema.starts_with("pg_temp")) {
        return Ok(());
    }
    let object = format!("{} {identity}", live.text(row, "type")?);
    let (kind, identity) = match extension {
        Some(extension) => ("dependency", format!("of {object} on extension {}", quote(extension))),
        None => ("security label", format!("of {} for {object}", live.text(row, "provider")?)),
    };
    let reason = "what it is about is not managed".to_string();
    live.catalog.unmanaged.push(Unmanaged { kind: kind.into(), identity, schema, reason });
    Ok(())
}
