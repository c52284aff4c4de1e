//! The sorts of objects that default privileges are about (`defaclobjtype`).

use pg_query::protobuf::ObjectType;

use crate::objects::Kind;
use crate::objects::attributes::{Privileges, all_privileges, default_privileges, everything};

/// A sort of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Tables, views, materialized views and foreign tables.
    Tables,
    /// Sequences.
    Sequences,
    /// Functions, procedures and aggregates.
    Functions,
    /// Types and domains.
    Types,
    /// Schemas.
    Schemas,
    /// Large objects (PostgreSQL 18).
    LargeObjects,
}

impl Sort {
    /// Every sort.
    pub const ALL: &[Sort] =
        &[Sort::Tables, Sort::Sequences, Sort::Functions, Sort::Types, Sort::Schemas, Sort::LargeObjects];

    /// The sort that GRANT names.
    pub fn of(kind: ObjectType) -> Option<Self> {
        Some(match kind {
            ObjectType::ObjectTable => Sort::Tables,
            ObjectType::ObjectSequence => Sort::Sequences,
            ObjectType::ObjectFunction => Sort::Functions,
            ObjectType::ObjectType => Sort::Types,
            ObjectType::ObjectSchema => Sort::Schemas,
            ObjectType::ObjectLargeobject => Sort::LargeObjects,
            _ => return None,
        })
    }

    /// The sort that objects of a kind belong to.
    pub fn of_kind(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Table | Kind::View | Kind::MaterializedView => Sort::Tables,
            Kind::Sequence | Kind::IdentitySequence => Sort::Sequences,
            Kind::Schema => Sort::Schemas,
            kind if kind.is_routine() => Sort::Functions,
            kind if Kind::TYPES.contains(&kind) => Sort::Types,
            _ => return None,
        })
    }

    /// The letter in the catalog.
    pub fn letter(self) -> &'static str {
        match self {
            Sort::Tables => "r",
            Sort::Sequences => "S",
            Sort::Functions => "f",
            Sort::Types => "T",
            Sort::Schemas => "n",
            Sort::LargeObjects => "L",
        }
    }

    /// The words of ALTER DEFAULT PRIVILEGES.
    pub fn words(self) -> &'static str {
        match self {
            Sort::Tables => "TABLES",
            Sort::Sequences => "SEQUENCES",
            Sort::Functions => "FUNCTIONS",
            Sort::Types => "TYPES",
            Sort::Schemas => "SCHEMAS",
            Sort::LargeObjects => "LARGE OBJECTS",
        }
    }

    /// A kind that has the same privileges; large objects are no objects of a schema.
    fn kind(self) -> Option<Kind> {
        Some(match self {
            Sort::Tables => Kind::Table,
            Sort::Sequences => Kind::Sequence,
            Sort::Functions => Kind::Function,
            Sort::Types => Kind::Domain,
            Sort::Schemas => Kind::Schema,
            Sort::LargeObjects => return None,
        })
    }

    /// All privileges that can be granted.
    pub fn privileges(self, major: u16) -> &'static [&'static str] {
        self.kind().map_or(&["SELECT", "UPDATE"], |kind| all_privileges(kind, major))
    }

    /// What a new object has when there are no default privileges (`acldefault`).
    pub fn built_in(self, major: u16) -> Privileges {
        match self.kind() {
            Some(kind) => default_privileges(kind, major),
            None => everything(self.privileges(major)),
        }
    }
}
