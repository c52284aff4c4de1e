//! The index behind a key or an exclusion constraint.

use serde::Serialize;

use crate::catalog::ObjectId;
use crate::name::quote;
use crate::objects::lineage::Lineage;
use crate::objects::options::{self, Options};
use crate::objects::{AlterContext, Derived, Kind, Statement};
use crate::plan::forms::Form;

/// The properties of the index behind a constraint, and when it is checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Backing {
    /// DEFERRABLE.
    pub deferrable: bool,
    /// INITIALLY DEFERRED.
    pub deferred: bool,
    /// Storage parameters.
    pub options: Options,
    /// Tablespace; `None` is the database's.
    pub tablespace: Option<String>,
    /// CLUSTER uses it.
    pub clustered: bool,
    /// REPLICA IDENTITY USING INDEX.
    pub replica_identity: bool,
    /// A partition got it from its parent.
    pub derived: Derived,
    /// How it belongs to the indexes of other tables.
    pub lineage: Lineage,
    /// The existing index that the files say it takes over.
    #[serde(skip)]
    pub using_index: Using,
}

/// `USING INDEX name`: a way to the state, never a difference.
#[derive(Clone, Debug, Default)]
pub struct Using(pub Option<String>);

impl PartialEq for Using {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Backing {
    pub(super) fn suffix(&self) -> String {
        let mut sql = String::new();
        if !self.options.is_empty() {
            sql.push_str(&format!(" WITH {}", options::sql(&self.options)));
        }
        if let Some(tablespace) = &self.tablespace {
            sql.push_str(&format!(" USING INDEX TABLESPACE {}", quote(tablespace)));
        }
        sql
    }

    pub(super) fn timing(&self) -> &'static str {
        match (self.deferrable, self.deferred) {
            (_, true) => " DEFERRABLE INITIALLY DEFERRED",
            (true, false) => " DEFERRABLE",
            (false, false) => "",
        }
    }
}

/// Changes of an index that keep its constraint.
pub(super) fn changes(id: &ObjectId, current: &Backing, desired: &Backing, context: &AlterContext) -> Vec<Statement> {
    let table = id.parent(Kind::Table);
    let index = crate::name::dotted(&[id.relation().0, id.name()]);
    let mut out = vec![];
    for change in options::changes(&current.options, &desired.options) {
        out.push(Statement::new(Form::AlterRelationOptions, format!("ALTER INDEX {index} {change}")));
    }
    if current.tablespace != desired.tablespace {
        let name = quote(desired.tablespace.as_deref().unwrap_or("pg_default"));
        out.push(Statement::new(Form::Rewrite, format!("ALTER INDEX {index} SET TABLESPACE {name}")));
    }
    // the mark of another index takes it away
    let moved = current.clustered && crate::objects::index::clustered(context.desired, &table);
    if current.clustered != desired.clustered && !moved {
        let sql = if desired.clustered { format!("CLUSTER ON {}", quote(id.name())) } else { "SET WITHOUT CLUSTER".into() };
        out.push(Statement::clause(Form::AlterRelationOptions, table.clone(), sql));
    }
    if desired.replica_identity && !current.replica_identity {
        let sql = format!("REPLICA IDENTITY USING INDEX {}", quote(id.name()));
        out.push(Statement::clause(Form::AlterRelation, table, sql));
    }
    out
}
