//! The codes: what a change may break, how grave it is, and what `reconcile explain` says about it.

use serde::{Deserialize, Serialize};

use super::Level;

/// A code with its name, default level and explanation.
#[derive(Debug)]
pub struct Code {
    /// Such as `RC101`.
    pub code: &'static str,
    /// Such as `drop-table`.
    pub name: &'static str,
    /// What it does to an apply unless the user says otherwise.
    pub level: Level,
    /// What it means, why it matters, what to do.
    pub explain: &'static str,
}

/// A code together with what it says about one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Name of a [`Code`].
    pub name: String,
    /// What may go wrong here.
    pub message: String,
}

impl Finding {
    /// A finding of the code called `name`.
    pub fn new(name: &str, message: impl Into<String>) -> Self {
        Self { name: name.into(), message: message.into() }
    }
}

/// The code called `name`, by name or by number.
pub fn code(name: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.name == name || code.code.eq_ignore_ascii_case(name))
}

/// Whether `--allow` holds a code without an object, by name or by number, or all.
pub fn allowed(allow: &[String], name: &str) -> bool {
    let number = code(name).map_or("", |code| code.code);
    allow.iter().any(|it| it == "all" || it == name || it.eq_ignore_ascii_case(number))
}

macro_rules! codes {
    ($( $code:literal $name:literal $level:ident $explain:literal )*) => {
        /// Every code, in order.
        pub const CODES: &[Code] =
            &[$( Code { code: $code, name: $name, level: Level::$level, explain: $explain } ),*];
    };
}

codes! {
    "RC001" "possible-rename" Deny
        "Something disappears and something alike appears. If it is a rename, write `-- reconcile: renamed from old_name` \
         above the new definition (YAML: `renamed_from: old_name`): the data is kept. If the old one shall really go, \
         allow the drop by name."
    "RC002" "empty-desired-state" Deny
        "The files of the desired state say nothing at all, as when a file was cut short or not found in a build. Taken at \
         its word that would drop everything. Write a comment into a file, or allow it."
    "RC101" "drop-table" Deny "All rows of the table are lost. Take a backup, or keep the table in the files."
    "RC102" "drop-column" Deny
        "The values of the column are lost, and application code that still names it fails. Deploy code that does not \
         use the column first."
    "RC103" "drop-schema" Deny "The schema disappears; it must be empty by then."
    "RC104" "drop-sequence" Deny "The position of the sequence is lost."
    "RC105" "drop-extension" Deny "Everything that the extension provides disappears."
    "RC106" "drop-materialized-view" Deny "The stored rows are lost; they can be computed again from the query."
    "RC107" "remove-enum-label" Deny
        "Labels of an enum type cannot be removed or moved in place: a new type is made and every column that uses the \
         old one is rewritten. The plan stops before any change when a row still has a removed label."
    "RC108" "drop-view" Deny "Queries that use the view fail."
    "RC109" "drop-enum" Deny "The type disappears; no column uses it any more."
    "RC110" "drop-domain" Deny "The type disappears; no column uses it any more."
    "RC111" "drop-composite-type" Deny "The type disappears; no column uses it any more."
    "RC112" "drop-constraint" Deny "Rows that the constraint has kept out can come in."
    "RC113" "drop-foreign-key" Deny "Rows without a partner can come in."
    "RC114" "drop-index" Deny "Queries that rely on the index become slow."
    "RC115" "drop-domain-constraint" Deny "Values that the constraint has kept out can come in."
    "RC116" "drop-attribute" Deny "The values of the composite type's attribute are lost."
    "RC117" "drop-function" Deny "Calls of the function fail. Deploy code that does not call it first."
    "RC118" "drop-procedure" Deny "Calls of the procedure fail. Deploy code that does not call it first."
    "RC119" "drop-aggregate" Deny "Queries that use the aggregate fail. Deploy code that does not use it first."
    "RC120" "narrow-type" Deny
        "The new type holds less than the old one. PostgreSQL raises an error when a value does not fit; nothing is cut."
    "RC121" "lossy-type" Deny
        "PostgreSQL changes values on the way to the new type without an error, such as rounding. Write \
         `-- reconcile: using <expression>` above the column to say how, or allow it."
    "RC122" "depends-on-timezone" Deny
        "The conversion between timestamp with and without time zone depends on the TimeZone of the session that applies \
         the plan. Write `-- reconcile: using <expression>` above the column, such as `created_at AT TIME ZONE 'UTC'`."
    "RC123" "recompute-generated" Warn
        "A generated column is dropped and added anew: its values are computed again from the row, its position moves to the end."
    "RC124" "drop-event-trigger" Deny "What the event trigger checks or records is no longer done."
    "RC125" "drop-trigger" Deny "What the trigger keeps right, checks or records is no longer done."
    "RC126" "drop-rule" Deny "Statements on the relation are no longer rewritten: they do what they say."
    "RC127" "drop-policy" Deny "Rows of the table are seen and written by other rules than before."
    "RC128" "drop-server" Deny "Nothing reaches the foreign server from this database any more."
    "RC129" "drop-user-mapping" Deny "The role does not come to the foreign server any more; the password in the options is lost."
    "RC130" "drop-foreign-data-wrapper" Deny "Foreign servers of that kind cannot be reached any more."
    "RC131" "drop-publication" Deny "Subscribers get no changes any more."
    "RC132" "drop-publication-relation" Deny "Changes of the table do not come to subscribers any more."
    "RC141" "drop-statistics" Warn "Estimates of the planner may become worse, and queries slow."
    "RC142" "drop-collation" Deny "Queries that name the collation fail; no column uses it any more."
    "RC143" "drop-range-type" Deny "The type and its multirange type disappear; no column uses them any more."
    "RC144" "drop-operator" Deny "Queries that use the operator fail, or find another one of that name."
    "RC145" "drop-cast" Deny "Queries that need the cast fail, or convert in another way."
    "RC146" "drop-operator-family" Deny "Indexes can no longer use what the family says about its operators; its classes go with it."
    "RC147" "drop-operator-class" Deny "No new index can use the class; no index uses it any more."
    "RC150" "drop-subscription" Deny "Changes of the publisher do not come here any more."
    "RC151" "drop-text-search-parser" Deny "No text search configuration uses the parser any more; calls that name it fail."
    "RC152" "drop-text-search-template" Deny "No text search dictionary is made from the template any more."
    "RC153" "drop-text-search-dictionary" Deny "No text search configuration uses the dictionary any more; calls that name it fail."
    "RC154" "drop-text-search-configuration" Deny "Searches that name the configuration fail."
    "RC155" "drop-conversion" Deny "Where the server took the conversion by itself, it takes another one of that kind or none."
    "RC156" "drop-language" Deny "No routine is written in the language any more; DO in it fails."
    "RC157" "drop-transform" Deny "No routine asks for the transform any more; new ones get values of the type as all others are."
    "RC158" "drop-base-type" Deny "The type and the functions that it is made of disappear; no column uses it any more."
    "RC201" "rewrite" Warn "Every row of the table is written anew under ACCESS EXCLUSIVE: reads and writes wait for its end."
    "RC202" "scan" Note "All rows are read while the lock is held."
    "RC203" "data-may-not-fit" Warn "The statement fails when rows in the table break the new rule; nothing is changed then."
    "RC204" "not-null-without-default" Deny
        "A NOT NULL column without a default cannot be added to a table that has rows. Give it a default, or write \
         `-- reconcile: backfill <expression>` above it (YAML: `backfill: …`)."
    "RC205" "stale-text-search" Warn
        "Indexes, generated columns and materialized views keep what was made with the old mappings or options. Searches may \
         miss rows until they are made anew, such as by REINDEX, REFRESH or an UPDATE of the rows."
    "RC206" "repartition-table" Deny
        "A table is partitioned, or no longer, or by another key: PostgreSQL cannot change that in place. The table and its \
         partitions are set aside, a new table is made with everything that hangs on it and gets a copy of every row, and the \
         old ones are dropped, all in one transaction. Until it ends nobody reads or writes the table; it needs the room for \
         a second copy, replicas and subscribers get every row again, and the planner has no statistics until ANALYZE. \
         A partition that the files want as a table of its own keeps its rows."
    "RC207" "stale-results" Warn
        "Stored generated columns, checks and partition keys that call the function are as the old definition made them: \
         nothing is computed or checked again. Indexes over it are made anew by the plan."
    "RC301" "rename-breaks-code" Warn "Application code that still uses the old name fails as soon as the rename is committed."
    "RC302" "unlogged" Warn "The contents of an unlogged table are lost after a crash and are not on replicas."
    "RC303" "subscription-not-connected" Note
        "Subscriptions are made, changed and dropped without a connection to the publisher. What has to be done there, such as \
         creating or dropping a slot, and what needs the connection, such as REFRESH PUBLICATION, is yours."
    "RC401" "privilege-change" Note "Who may do what changes."
    "RC402" "grant-to-public" Warn "Every role of the database gets the privilege."
    "RC403" "revoke" Warn "A role loses a privilege that it has now."
    "RC404" "weaken-row-security" Warn
        "After the change a policy may let roles see or write rows that it kept from them: it is about more roles or \
         statements, asks for less, is no longer restrictive, or goes. Only a condition to which more is added with AND \
         is known to be stricter."
    "RC405" "disable-row-security" Deny
        "The policies of the table no longer apply: every role with a privilege on the table, or its owner where \
         FORCE is taken away, sees and writes all rows."
    "RC406" "drop-default-privileges" Warn "New objects are made with other privileges than before."
    "RC407" "change-security-label" Warn
        "A label that a label provider, such as sepgsql or anon, goes by changes or goes: it may let roles see or do what it kept \
         from them."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_unique_and_sorted() {
        assert!(CODES.is_sorted_by(|a, b| a.code < b.code));
        for code in CODES {
            assert_eq!(CODES.iter().filter(|other| other.name == code.name).count(), 1, "{}", code.name);
            assert!(code.explain.ends_with('.'), "{}", code.name);
        }
    }
}
