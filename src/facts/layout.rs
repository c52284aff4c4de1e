//! How values of types are stored: what `LIKE` of CREATE TYPE copies, and the storage of columns that say nothing.

use super::Facts;
use super::fact::{Layout, TypeKind};

/// PostgreSQL's own base types by how they are stored; those that are not here have a length of their own, are aligned as
/// `int4` is, and may be compressed and moved out of the row.
const SYSTEM: &[(Layout, &[&str])] = &[
    (of(1, true, 'c', 'p'), &["bool", "char"]),
    (of(2, true, 's', 'p'), &["int2"]),
    (
        of(4, true, 'i', 'p'),
        &[
            "cid",
            "date",
            "float4",
            "int4",
            "oid",
            "regclass",
            "regcollation",
            "regconfig",
            "regdictionary",
            "regnamespace",
            "regoper",
            "regoperator",
            "regproc",
            "regprocedure",
            "regrole",
            "regtype",
            "xid",
        ],
    ),
    (of(6, false, 'i', 'p'), &["macaddr"]),
    (of(6, false, 's', 'p'), &["tid"]),
    (of(8, false, 'i', 'p'), &["macaddr8"]),
    (
        of(8, true, 'd', 'p'),
        &["float8", "int8", "internal", "money", "pg_lsn", "time", "timestamp", "timestamptz", "xid8"],
    ),
    (of(12, false, 'd', 'p'), &["timetz"]),
    (of(16, false, 'c', 'p'), &["uuid"]),
    (of(16, false, 'd', 'p'), &["interval", "point"]),
    (of(24, false, 'd', 'p'), &["circle", "line"]),
    (of(32, false, 'd', 'p'), &["box", "lseg"]),
    (of(64, false, 'c', 'p'), &["name"]),
    (of(-2, false, 'c', 'p'), &["cstring"]),
    (of(-1, false, 'd', 'x'), &["path", "pg_snapshot", "polygon", "record", "txid_snapshot"]),
    (of(-1, false, 'i', 'm'), &["cidr", "inet", "numeric"]),
    (of(-1, false, 'i', 'p'), &["gtsvector", "int2vector", "oidvector", "tsquery"]),
];

const fn of(length: i16, by_value: bool, alignment: char, storage: char) -> Layout {
    Layout { length, by_value, alignment, storage }
}

impl Facts {
    /// How values of a type are stored; `None` for base types of extensions, and for what is no type of columns.
    pub fn layout(&self, key: &str) -> Option<Layout> {
        let key = self.base_type(key);
        let fact = self.type_named(key)?;
        if fact.layout.is_some() {
            return fact.layout;
        }
        let varying = |within: Option<&str>| {
            let alignment = within.and_then(|within| self.layout(within)).map_or('i', |layout| layout.alignment);
            of(-1, false, if alignment == 'd' { 'd' } else { 'i' }, 'x')
        };
        let system = || SYSTEM.iter().find(|(_, names)| names.contains(&key)).map(|(layout, _)| *layout);
        match fact.kind {
            TypeKind::Enum => Some(of(4, true, 'i', 'p')),
            TypeKind::Composite => Some(of(-1, false, 'd', 'x')),
            TypeKind::Range => Some(varying(fact.subtype.as_deref())),
            TypeKind::Multirange => {
                let range = fact.range.as_deref().and_then(|range| self.type_named(range));
                Some(varying(range.and_then(|range| range.subtype.as_deref())))
            }
            TypeKind::Domain => None,
            TypeKind::Pseudo => system(),
            TypeKind::Base if system().is_some() => system(),
            TypeKind::Base if fact.category == 'A' => Some(varying(fact.element.as_deref())),
            TypeKind::Base if fact.schema == "pg_catalog" && key == "aclitem" => Some(match self.major() {
                ..=15 => of(12, false, 'i', 'p'),
                _ => of(16, false, 'd', 'p'),
            }),
            TypeKind::Base if fact.schema == "pg_catalog" => Some(varying(None)),
            TypeKind::Base => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_of_a_type_is_aligned_as_it_is() {
        let facts = Facts::new(17);
        for (key, expected) in [
            ("text", of(-1, false, 'i', 'x')),
            ("_int8", of(-1, false, 'd', 'x')),
            ("_text", of(-1, false, 'i', 'x')),
            ("tsrange", of(-1, false, 'd', 'x')),
            ("int4multirange", of(-1, false, 'i', 'x')),
            ("name", of(64, false, 'c', 'p')),
        ] {
            assert_eq!(facts.layout(key), Some(expected), "{key}");
        }
        assert_eq!(facts.layout("trigger"), None);
    }
}
