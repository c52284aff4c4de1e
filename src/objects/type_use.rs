//! Who uses a user-defined type, and finding one by name: alike for enum types, composite types and domains.

use pg_query::Node;

use super::{AlterContext, Kind, Object, options};
use crate::catalog::{Catalog, ObjectId};
use crate::load::reader::{Reader, Stop};
use crate::name::dotted;

/// An object that uses a type.
pub struct Use {
    /// A column, a domain, a composite type or a range type.
    pub id: ObjectId,
    /// Whether it uses the array over the type.
    pub array: bool,
}

/// The columns, domains, composite types and range types of a catalog that use the type under `id`, or arrays of it.
pub fn users(catalog: &Catalog, id: &ObjectId) -> Vec<Use> {
    users_of(catalog, &crate::facts::type_key(id.schema().unwrap_or_default(), id.name()))
}

/// The same for the multirange type of the range type under `id`.
pub fn multirange_users(catalog: &Catalog, id: &ObjectId) -> Vec<Use> {
    let range = crate::facts::type_key(id.schema().unwrap_or_default(), id.name());
    let fact = catalog.facts.type_named(&range).and_then(|fact| fact.multirange.as_deref());
    fact.map(|key| users_of(catalog, key)).unwrap_or_default()
}

fn users_of(catalog: &Catalog, key: &str) -> Vec<Use> {
    let array = catalog.facts.array_of(key);
    let mut found = vec![];
    for (user, object) in &catalog.objects {
        let keys: Vec<&str> = match object {
            Object::Column(column) => vec![&column.data_type.key],
            Object::Domain(domain) => vec![&domain.data_type.key],
            Object::CompositeType(composite) => {
                composite.attributes.iter().map(|it| it.data_type.key.as_str()).collect()
            }
            Object::RangeType(range) => vec![&range.subtype.key],
            _ => continue,
        };
        let plain = keys.contains(&key);
        let in_array = array.is_some_and(|array| keys.contains(&array));
        if plain || in_array {
            found.push(Use { id: user.clone(), array: !plain });
        }
    }
    found
}

/// Why a type cannot be dropped before it is made anew: something uses a type of that name now and afterwards.
pub fn obstacle(id: &ObjectId, users: impl Fn(&Catalog) -> Vec<Use>, context: &AlterContext) -> Option<String> {
    let later = users(context.desired);
    let user = users(context.current).into_iter().find(|user| later.iter().any(|it| it.id == user.id))?.id;
    Some(format!("{id} can only be made anew, and {user} is made of it; declare another type and use that"))
}

/// The type of that kind and (perhaps unqualified) name in the files. Errors: it has not been read yet.
pub fn existing(reader: &Reader, kind: Kind, names: &[Node]) -> Result<ObjectId, Stop> {
    let parts = options::strings(names);
    let there = |schema: &str, name: &str| {
        let id = ObjectId::new(kind, [schema, name]);
        reader.catalog.objects.contains_key(&id).then_some(id)
    };
    let found = match parts.as_slice() {
        [name] => reader.path.iter().find_map(|schema| there(schema, name)),
        [schema, name] => there(schema, name),
        _ => None,
    };
    found.ok_or_else(|| {
        let message = format!("{} {} does not exist in the desired state", kind.title(), dotted(&parts));
        let name = parts.last().cloned().unwrap_or_default();
        reader.missing(reader.find_name(0, &name), &name, message)
    })
}
