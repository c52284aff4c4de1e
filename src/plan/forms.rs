//! One row per DDL form that reconcile prints: the lock it takes, whether it rewrites or scans, and how it relates
//! to transactions. The facts are measurements on PostgreSQL 14 to 18.

use serde::{Deserialize, Serialize};

/// Table-level lock modes, weakest first (PostgreSQL, "Explicit Locking").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LockMode {
    /// No lock on an existing relation.
    None,
    /// Readers go on, writers go on.
    AccessShare,
    /// Readers and writers go on; other schema changes wait.
    ShareUpdateExclusive,
    /// Writers wait.
    Share,
    /// Writers wait.
    ShareRowExclusive,
    /// Everything waits.
    AccessExclusive,
}

impl LockMode {
    /// As PostgreSQL writes it.
    pub fn title(self) -> &'static str {
        match self {
            LockMode::None => "none",
            LockMode::AccessShare => "ACCESS SHARE",
            LockMode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            LockMode::Share => "SHARE",
            LockMode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            LockMode::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Which statements of others wait while it is held.
    pub fn blocks(self) -> &'static str {
        match self {
            LockMode::None | LockMode::AccessShare | LockMode::ShareUpdateExclusive => "nothing",
            LockMode::Share | LockMode::ShareRowExclusive => "writes",
            LockMode::AccessExclusive => "reads and writes",
        }
    }
}

/// How a statement relates to transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionRule {
    /// Runs in a transaction with others.
    Any,
    /// What it makes can be used only after a commit (`ALTER TYPE … ADD VALUE`).
    CommitBeforeUse,
}

macro_rules! forms {
    ($( $(#[doc = $doc:literal])* $form:ident: $lock:ident, rewrite $rewrite:literal, scan $scan:literal, $rule:ident; )*) => {
        /// A shape of DDL statement.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Form { $( $(#[doc = $doc])* $form, )* }

        impl Form {
            /// Every form.
            pub const ALL: &[Form] = &[$(Form::$form),*];

            /// The strongest lock on the relation that the step names.
            pub fn lock(self) -> LockMode { match self { $(Form::$form => LockMode::$lock,)* } }

            /// Whether the heap of the relation is written anew.
            pub fn rewrites(self) -> bool { match self { $(Form::$form => $rewrite,)* } }

            /// Whether all rows are read under the lock.
            pub fn scans(self) -> bool { match self { $(Form::$form => $scan,)* } }

            /// How it relates to transactions.
            pub fn transaction(self) -> TransactionRule { match self { $(Form::$form => TransactionRule::$rule,)* } }
        }
    };
}

forms! {
    /// Makes an object that no session can hold yet.
    Create: None, rewrite false, scan false, Any;
    /// Changes catalog entries of something that is not a relation.
    Catalog: None, rewrite false, scan false, Any;
    /// `COMMENT ON`, `GRANT`, `REVOKE`.
    Attribute: ShareUpdateExclusive, rewrite false, scan false, Any;
    /// Catalog-only `ALTER TABLE`, `ALTER VIEW`, renames, `CREATE OR REPLACE VIEW`.
    AlterRelation: AccessExclusive, rewrite false, scan false, Any;
    /// `ALTER TABLE … SET (…)`, `SET STATISTICS`, `CLUSTER ON`, `CREATE STATISTICS`, `DROP STATISTICS`.
    AlterRelationOptions: ShareUpdateExclusive, rewrite false, scan false, Any;
    /// `CREATE TRIGGER`, `ENABLE TRIGGER`, `DISABLE TRIGGER`.
    Trigger: ShareRowExclusive, rewrite false, scan false, Any;
    /// `ALTER SEQUENCE` options.
    AlterSequence: ShareRowExclusive, rewrite false, scan false, Any;
    /// `ALTER TABLE … ADD COLUMN` without a rewrite.
    AddColumn: AccessExclusive, rewrite false, scan false, Any;
    /// `ALTER TABLE … ADD COLUMN` with a volatile default, identity, stored expression or checked domain.
    AddColumnRewrite: AccessExclusive, rewrite true, scan true, Any;
    /// `ALTER COLUMN … TYPE` to a type that stores the same bytes.
    AlterTypeInPlace: AccessExclusive, rewrite false, scan false, Any;
    /// `ALTER COLUMN … TYPE` that writes every row anew.
    AlterTypeRewrite: AccessExclusive, rewrite true, scan true, Any;
    /// `SET EXPRESSION`, `SET LOGGED`, `SET ACCESS METHOD`, `SET TABLESPACE`: every row is written anew.
    Rewrite: AccessExclusive, rewrite true, scan true, Any;
    /// `ALTER COLUMN … SET NOT NULL`.
    SetNotNull: AccessExclusive, rewrite false, scan true, Any;
    /// `ADD CONSTRAINT … CHECK`, checked at once.
    AddCheck: AccessExclusive, rewrite false, scan true, Any;
    /// `ADD CONSTRAINT … NOT VALID` of a check.
    AddCheckNotValid: AccessExclusive, rewrite false, scan false, Any;
    /// `ADD CONSTRAINT` of a primary key, unique or exclusion constraint: an index is built under lock.
    AddIndexConstraint: AccessExclusive, rewrite false, scan true, Any;
    /// `ADD CONSTRAINT … USING INDEX`.
    AddConstraintUsingIndex: AccessExclusive, rewrite false, scan false, Any;
    /// `ADD CONSTRAINT … FOREIGN KEY`, checked at once.
    AddForeignKey: ShareRowExclusive, rewrite false, scan true, Any;
    /// `ADD CONSTRAINT … FOREIGN KEY … NOT VALID`.
    AddForeignKeyNotValid: ShareRowExclusive, rewrite false, scan false, Any;
    /// `VALIDATE CONSTRAINT`.
    Validate: ShareUpdateExclusive, rewrite false, scan true, Any;
    /// `CREATE INDEX`.
    CreateIndex: Share, rewrite false, scan true, Any;
    /// `CREATE MATERIALIZED VIEW`.
    CreateMaterializedView: None, rewrite false, scan false, Any;
    /// `DROP` of a relation, column, constraint or index.
    Drop: AccessExclusive, rewrite false, scan false, Any;
    /// `ATTACH PARTITION`: the partition is read unless a check proves that its rows fit.
    AttachPartition: ShareUpdateExclusive, rewrite false, scan true, Any;
    /// `ALTER INDEX … ATTACH PARTITION`.
    AttachIndex: ShareUpdateExclusive, rewrite false, scan false, Any;
    /// `DETACH PARTITION`.
    DetachPartition: AccessExclusive, rewrite false, scan false, Any;
    /// `ALTER TYPE … ADD VALUE`.
    AddEnumValue: None, rewrite false, scan false, CommitBeforeUse;
    /// A data statement on rows: backfill, check for labels in use.
    Data: AccessExclusive, rewrite false, scan true, Any;
}
