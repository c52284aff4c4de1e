//! Every key that the format knows, map by map: the reader, the published schema and the tests share this table.

/// The keys of one kind of map.
#[derive(Debug)]
pub struct Keys {
    /// What the map describes, for messages; the definition in the schema has this name with underscores.
    pub name: &'static str,
    /// The keys.
    pub keys: &'static [&'static str],
}

impl Keys {
    /// The name with its article.
    pub fn title(&self) -> String {
        let article = if self.name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        format!("{article} {}", self.name)
    }
}

macro_rules! keys {
    ($($id:ident $name:literal: $($key:literal)+;)+) => {
        $(#[doc = concat!("Keys of the map: ", $name, ".")]
        pub const $id: Keys = Keys { name: $name, keys: &[$($key),+] };)+
        /// All tables of keys.
        pub const ALL: &[&Keys] = &[$(&$id),+];
    };
}

keys! {
    DOCUMENT "document": "reconcile" "manage" "extensions" "schemas" "sql";
    MANAGE "manage map": "schemas" "roles" "drop";
    EXTENSION "extension": "schema" "version" "comment";
    SCHEMA "schema": "comment" "owner" "grants" "default_privileges" "renamed_from" "types" "sequences" "tables" "views"
        "materialized_views" "functions" "procedures";
    DEFAULT_PRIVILEGES "default privileges entry": "for" "objects" "grants";
    GRANT "grant": "privileges" "grantable";
    TYPE "type": "enum" "domain" "composite" "range" "default" "nullable" "collation" "checks" "comment" "owner"
        "grants" "renamed_from";
    ENUM_VALUE "enum value": "value" "renamed_from";
    FIELD "field of a composite type": "type" "collation" "comment" "renamed_from";
    RANGE "range": "subtype" "subtype_opclass" "collation" "canonical" "subtype_diff" "multirange_type_name";
    SEQUENCE "sequence": "type" "start" "increment" "min" "max" "cache" "cycle" "owned_by" "unlogged" "comment" "owner"
        "grants" "renamed_from";
    TABLE "table": "comment" "owner" "columns" "primary_key" "unique" "checks" "exclude" "foreign_keys" "indexes"
        "triggers" "row_security" "policies" "grants" "inherits" "of" "like" "partition_by" "partitions" "options"
        "tablespace" "access_method" "unlogged" "replica_identity" "cluster_on" "statistics" "renamed_from";
    PARTITION "partition": "bound" "comment" "owner" "columns" "primary_key" "unique" "checks" "exclude" "foreign_keys"
        "indexes" "triggers" "row_security" "policies" "grants" "partition_by" "partitions" "options" "tablespace"
        "access_method" "unlogged" "replica_identity" "cluster_on" "statistics" "renamed_from";
    COLUMN "column": "type" "nullable" "not_null" "default" "generated" "identity" "collation" "storage" "compression"
        "statistics" "options" "primary_key" "unique" "check" "references" "comment" "renamed_from" "backfill" "using";
    NOT_NULL "not-null constraint": "name" "no_inherit";
    GENERATED "generated column": "as" "stored";
    IDENTITY "identity": "always" "name" "start" "increment" "min" "max" "cache" "cycle";
    KEY "key": "name" "columns" "include" "nulls_not_distinct" "deferrable" "initially_deferred" "options"
        "tablespace" "comment" "renamed_from";
    CHECK "check": "check" "not_valid" "no_inherit" "not_enforced" "comment" "renamed_from";
    EXCLUDE "exclusion constraint": "method" "elements" "include" "where" "options" "tablespace" "deferrable"
        "initially_deferred" "comment" "renamed_from";
    FOREIGN_KEY "foreign key": "columns" "references" "on_delete" "on_update" "match" "deferrable"
        "initially_deferred" "not_valid" "not_enforced" "comment" "renamed_from";
    INDEX "index": "columns" "unique" "method" "include" "nulls_not_distinct" "options" "tablespace" "where" "only"
        "statistics" "comment" "renamed_from";
    REPLICA_IDENTITY "replica identity": "index";
    STATISTICS "statistics object": "kinds" "columns" "target" "comment" "owner" "renamed_from";
    TRIGGER "trigger": "timing" "events" "for_each" "when" "execute" "referencing" "constraint" "from" "deferrable"
        "initially_deferred" "enabled" "comment" "renamed_from";
    POLICY "policy": "as" "for" "to" "using" "with_check" "comment" "renamed_from";
    VIEW "view": "query" "columns" "options" "check_option" "column_comments" "comment" "owner" "grants" "triggers"
        "renamed_from";
    MATERIALIZED_VIEW "materialized view": "query" "columns" "options" "indexes" "tablespace" "access_method"
        "with_data" "cluster_on" "column_comments" "comment" "owner" "grants" "renamed_from";
    FUNCTION "function": "returns" "language" "window" "volatility" "parallel" "security" "strict" "leakproof" "cost"
        "rows" "support" "set" "transform" "body" "return" "library" "symbol" "comment" "owner" "grants" "renamed_from";
    PROCEDURE "procedure": "language" "security" "set" "transform" "body" "library" "symbol" "comment" "owner" "grants"
        "renamed_from";
}
