//! Collations (`pg_collation`). The version that PostgreSQL notes is that of a library, and no part of the state.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use serde::Serialize;
use tokio_postgres::Row;

use super::{AlterContext, Alteration, DatabaseObject, Derived, Kind, Statement, rename, schema};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{QualifiedName, literal, quote};
use crate::plan::forms::Form;
use crate::resolve::Resolver;

mod locale;
mod read;
pub use locale::Locale;

/// A collation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Collation {
    /// Where its rules come from.
    pub source: Provider,
    /// False when texts of other bytes can be equal.
    pub deterministic: bool,
    /// It is a copy of one of libc's that serve every encoding, not only that of the database; pg_dump does not say so.
    #[serde(skip)]
    pub every_encoding: Derived,
}

/// Who compares.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum Provider {
    /// The operating system.
    Libc {
        /// LC_COLLATE.
        lc_collate: String,
        /// LC_CTYPE.
        lc_ctype: String,
    },
    /// ICU.
    Icu {
        /// A language tag.
        locale: Locale,
        /// Rules beyond those of the locale (PostgreSQL 16).
        rules: Option<String>,
    },
    /// PostgreSQL itself (17).
    Builtin {
        /// `C`, `C.UTF-8`, `PG_UNICODE_FAST`.
        locale: String,
    },
}

/// Reads CREATE COLLATION.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    read::read(node, reader)
}

/// The catalogue query.
pub const QUERY: &str = include_str!("collation.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Collation, &["schema", "name"])?;
    let locale: Option<String> = live.get(row, "locale")?;
    let locale = locale.unwrap_or_default();
    let source = match live.text(row, "provider")?.as_str() {
        "c" => Provider::Libc { lc_collate: live.text(row, "lc_collate")?, lc_ctype: live.text(row, "lc_ctype")? },
        "i" => Provider::Icu { locale: Locale(locale), rules: live.get(row, "rules")? },
        "b" => Provider::Builtin { locale },
        other => return Err(Error::new(format!("cannot read the provider {other} of {id}"))),
    };
    live.catalog.facts.model.add_collation(id.relation().0, id.name());
    live.attribute_of(row, &id)?;
    let deterministic = live.get(row, "deterministic")?;
    let every_encoding = Derived(live.get(row, "every_encoding")?);
    live.add(row, id, Collation { source, deterministic, every_encoding })
}

/// The collation of this state that something is compared by, when it is no collation of PostgreSQL's own.
pub fn needed(name: Option<&QualifiedName>, catalog: &Catalog) -> Option<ObjectId> {
    let name = name?;
    let id = ObjectId::new(Kind::Collation, [&name.schema, &name.name]);
    catalog.objects.contains_key(&id).then_some(id)
}

/// What values are stored by: PostgreSQL does not give up a collation while one of these uses it.
fn keeps(id: &ObjectId) -> bool {
    matches!(id.kind, Kind::Table | Kind::Column | Kind::CompositeType | Kind::RangeType | Kind::Domain)
}

impl DatabaseObject for Collation {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        schema::needed(id, resolver)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { source, deterministic, every_encoding } = self;
        let mut options = match source {
            Provider::Libc { lc_collate, .. } if every_encoding.0 => {
                let sql = format!("CREATE COLLATION {} FROM pg_catalog.{}", id.sql(), quote(lc_collate));
                return vec![Statement::new(Form::Create, sql)];
            }
            Provider::Libc { lc_collate, lc_ctype } if lc_collate == lc_ctype => {
                format!("provider = libc, locale = {}", literal(lc_collate))
            }
            Provider::Libc { lc_collate, lc_ctype } => {
                format!("provider = libc, lc_collate = {}, lc_ctype = {}", literal(lc_collate), literal(lc_ctype))
            }
            Provider::Icu { locale, .. } => format!("provider = icu, locale = {}", literal(&locale.0)),
            Provider::Builtin { locale } => format!("provider = builtin, locale = {}", literal(locale)),
        };
        if !deterministic {
            options.push_str(", deterministic = false");
        }
        if let Provider::Icu { rules: Some(rules), .. } = source {
            options.push_str(&format!(", rules = {}", literal(rules)));
        }
        vec![Statement::new(Form::Create, format!("CREATE COLLATION {} ({options})", id.sql()))]
    }

    fn alter(&self, id: &ObjectId, _desired: &Self, context: &AlterContext) -> Alteration {
        let uses = |catalog: &Catalog, user: &ObjectId| {
            catalog.dependencies.get(user).is_some_and(|needs| needs.contains(id))
        };
        let user = context.current.dependencies.keys().find(|user| {
            keeps(user) && uses(context.current, user) && uses(context.desired, user)
        });
        match user {
            Some(user) => Alteration::Impossible {
                reason: format!(
                    "{id} cannot change while {user} uses it; declare a collation of another name and let {user} use that"
                ),
            },
            None => Alteration::Replace,
        }
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP COLLATION {}", id.sql()))]
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "COLLATION", id, new)
    }
}
