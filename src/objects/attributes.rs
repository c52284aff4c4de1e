//! Owner, comment and privileges: once, for every kind.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What any object can have beside its definition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// `ALTER … OWNER TO`; `None` when the files say nothing.
    pub owner: Option<String>,
    /// `COMMENT ON`.
    pub comment: Option<String>,
    /// `GRANT`; `None` when the files say nothing, or when the catalog has the default.
    pub privileges: Option<Privileges>,
}

/// Grantee (empty: PUBLIC) -> privilege -> whether it may be granted on.
pub type Privileges = BTreeMap<String, BTreeMap<String, bool>>;
