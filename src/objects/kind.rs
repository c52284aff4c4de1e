//! The kinds of objects, named as PostgreSQL names them.

use serde::{Deserialize, Serialize};

/// Objects of one space cannot share a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Names of schemas.
    Schema,
    /// Names of extensions.
    Extension,
    /// Default privileges.
    DefaultAcl,
    /// Names of collations.
    Collation,
    /// Names in `pg_class`.
    Relation,
    /// Names in `pg_type`.
    Type,
    /// Names with argument types in `pg_proc`.
    Routine,
    /// Names of functions that a range type brings along.
    Constructor,
    /// Names with operand types in `pg_operator`.
    Operator,
    /// Pairs of types in `pg_cast`.
    Cast,
    /// Pairs of a type and a language in `pg_transform`.
    Transform,
    /// Names in `pg_opfamily`.
    OperatorFamily,
    /// Names in `pg_opclass`.
    OperatorClass,
    /// Names of text search parsers.
    TsParser,
    /// Names of text search templates.
    TsTemplate,
    /// Names of text search dictionaries.
    TsDictionary,
    /// Names of text search configurations.
    TsConfiguration,
    /// Names of conversions.
    Conversion,
    /// What conversions of a schema are the default for.
    DefaultConversion,
    /// Columns of a relation.
    Column,
    /// Sequences of identity columns.
    IdentitySequence,
    /// Defaults of columns.
    Default,
    /// Constraints of a relation.
    Constraint,
    /// Constraints of a domain.
    DomainConstraint,
    /// What a sequence is owned by.
    SequenceOwner,
    /// Policies of a relation.
    Policy,
    /// Triggers of a relation.
    Trigger,
    /// Rules of a relation.
    Rule,
    /// Names of event triggers.
    EventTrigger,
    /// Names of languages.
    Language,
    /// Names of foreign-data wrappers.
    ForeignDataWrapper,
    /// Names of foreign servers.
    Server,
    /// User mappings of a foreign server.
    UserMapping,
    /// Names of publications.
    Publication,
    /// Names of subscriptions.
    Subscription,
    /// Relations of publications.
    PublicationRelation,
    /// Names of statistics objects.
    Statistics,
    /// The place of a partition in its parent.
    Partition,
    /// Things that reconcile does not manage.
    Unmanaged,
}

macro_rules! kinds {
    ($( $kind:ident, $title:literal, $slug:literal, $space:ident; )*) => {
        /// A kind of object; the titles are those of `pg_identify_object`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind { $(
            #[doc = $title]
            #[serde(rename = $title)]
            $kind,
        )* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// PostgreSQL's name for the kind.
            pub fn title(self) -> &'static str { match self { $(Kind::$kind => $title,)* } }

            /// The name in codes such as `drop-column`.
            pub fn slug(self) -> &'static str { match self { $(Kind::$kind => $slug,)* } }

            /// The name space.
            pub fn space(self) -> Space { match self { $(Kind::$kind => Space::$space,)* } }
        }
    };
}

// the order is the one in which objects that do not depend on each other are created and listed
kinds! {
    Schema, "schema", "schema", Schema;
    Extension, "extension", "extension", Extension;
    DefaultAcl, "default acl", "default-privileges", DefaultAcl;
    Collation, "collation", "collation", Collation;
    ShellType, "shell type", "shell-type", Type;
    BaseType, "base type", "base-type", Type;
    EnumType, "enum type", "enum", Type;
    CompositeType, "composite type", "composite-type", Type;
    RangeType, "range type", "range-type", Type;
    Domain, "domain", "domain", Type;
    DomainConstraint, "domain constraint", "domain-constraint", DomainConstraint;
    Language, "language", "language", Language;
    Function, "function", "function", Routine;
    Procedure, "procedure", "procedure", Routine;
    Aggregate, "aggregate", "aggregate", Routine;
    Operator, "operator", "operator", Operator;
    Cast, "cast", "cast", Cast;
    Transform, "transform", "transform", Transform;
    OperatorFamily, "operator family", "operator-family", OperatorFamily;
    OperatorClass, "operator class", "operator-class", OperatorClass;
    TsParser, "text search parser", "text-search-parser", TsParser;
    TsTemplate, "text search template", "text-search-template", TsTemplate;
    TsDictionary, "text search dictionary", "text-search-dictionary", TsDictionary;
    TsConfiguration, "text search configuration", "text-search-configuration", TsConfiguration;
    Conversion, "conversion", "conversion", Conversion;
    ForeignDataWrapper, "foreign-data wrapper", "foreign-data-wrapper", ForeignDataWrapper;
    Server, "server", "server", Server;
    UserMapping, "user mapping", "user-mapping", UserMapping;
    Sequence, "sequence", "sequence", Relation;
    Table, "table", "table", Relation;
    Column, "table column", "column", Column;
    IdentitySequence, "identity sequence", "identity-sequence", IdentitySequence;
    ColumnDefault, "default value", "default", Default;
    Partition, "table partition", "partition", Partition;
    SequenceOwner, "sequence owner", "sequence-owner", SequenceOwner;
    Constraint, "table constraint", "constraint", Constraint;
    ForeignKey, "foreign key", "foreign-key", Constraint;
    View, "view", "view", Relation;
    MaterializedView, "materialized view", "materialized-view", Relation;
    Index, "index", "index", Relation;
    Statistics, "statistics object", "statistics", Statistics;
    Policy, "policy", "policy", Policy;
    Trigger, "trigger", "trigger", Trigger;
    Rule, "rule", "rule", Rule;
    EventTrigger, "event trigger", "event-trigger", EventTrigger;
    Publication, "publication", "publication", Publication;
    PublicationRelation, "publication relation", "publication-relation", PublicationRelation;
    Subscription, "subscription", "subscription", Subscription;
    Unmanaged, "unmanaged object", "unmanaged", Unmanaged;
}

impl Kind {
    /// The word of an object's kind in COMMENT ON and ALTER … OWNER.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Schema => "SCHEMA",
            Kind::Extension => "EXTENSION",
            Kind::Collation => "COLLATION",
            Kind::ShellType | Kind::BaseType | Kind::EnumType | Kind::CompositeType | Kind::RangeType => "TYPE",
            Kind::Domain => "DOMAIN",
            Kind::Function => "FUNCTION",
            Kind::Procedure => "PROCEDURE",
            Kind::Aggregate => "AGGREGATE",
            Kind::Operator => "OPERATOR",
            Kind::Cast => "CAST",
            Kind::Transform => "TRANSFORM",
            Kind::OperatorFamily => "OPERATOR FAMILY",
            Kind::OperatorClass => "OPERATOR CLASS",
            Kind::TsParser => "TEXT SEARCH PARSER",
            Kind::TsTemplate => "TEXT SEARCH TEMPLATE",
            Kind::TsDictionary => "TEXT SEARCH DICTIONARY",
            Kind::TsConfiguration => "TEXT SEARCH CONFIGURATION",
            Kind::Conversion => "CONVERSION",
            Kind::Sequence | Kind::IdentitySequence => "SEQUENCE",
            Kind::Table => "TABLE",
            Kind::Column | Kind::ColumnDefault => "COLUMN",
            Kind::Constraint | Kind::ForeignKey | Kind::DomainConstraint => "CONSTRAINT",
            Kind::View => "VIEW",
            Kind::MaterializedView => "MATERIALIZED VIEW",
            Kind::Index => "INDEX",
            Kind::Statistics => "STATISTICS",
            Kind::Policy => "POLICY",
            Kind::Trigger => "TRIGGER",
            Kind::Rule => "RULE",
            Kind::EventTrigger => "EVENT TRIGGER",
            Kind::Language => "LANGUAGE",
            Kind::ForeignDataWrapper => "FOREIGN DATA WRAPPER",
            Kind::Server => "SERVER",
            Kind::Publication => "PUBLICATION",
            Kind::Subscription => "SUBSCRIPTION",
            Kind::PublicationRelation
            | Kind::UserMapping
            | Kind::SequenceOwner
            | Kind::Partition
            | Kind::DefaultAcl
            | Kind::Unmanaged => "",
        }
    }

    /// The name spaces in which the object takes a name: a relation with rows has a type of its name, and a composite
    /// type is a relation too.
    pub fn spaces(self) -> &'static [Space] {
        match self {
            Kind::Table | Kind::View | Kind::MaterializedView | Kind::CompositeType => &[Space::Relation, Space::Type],
            Kind::Sequence | Kind::Index => &[Space::Relation],
            Kind::BaseType | Kind::EnumType | Kind::RangeType | Kind::Domain => &[Space::Type],
            // whatever is defined under the name completes it
            Kind::ShellType => &[],
            Kind::Schema => &[Space::Schema],
            Kind::Extension => &[Space::Extension],
            Kind::DefaultAcl => &[Space::DefaultAcl],
            Kind::Collation => &[Space::Collation],
            Kind::DomainConstraint => &[Space::DomainConstraint],
            Kind::Column => &[Space::Column],
            Kind::IdentitySequence => &[Space::IdentitySequence],
            Kind::Function | Kind::Procedure | Kind::Aggregate => &[Space::Routine],
            Kind::Operator => &[Space::Operator],
            Kind::Cast => &[Space::Cast],
            Kind::Transform => &[Space::Transform],
            Kind::OperatorFamily => &[Space::OperatorFamily],
            Kind::OperatorClass => &[Space::OperatorClass],
            Kind::TsParser => &[Space::TsParser],
            Kind::TsTemplate => &[Space::TsTemplate],
            Kind::TsDictionary => &[Space::TsDictionary],
            Kind::TsConfiguration => &[Space::TsConfiguration],
            Kind::Conversion => &[Space::Conversion],
            Kind::ColumnDefault => &[Space::Default],
            Kind::SequenceOwner => &[Space::SequenceOwner],
            Kind::Partition => &[Space::Partition],
            Kind::Constraint | Kind::ForeignKey => &[Space::Constraint],
            Kind::Statistics => &[Space::Statistics],
            Kind::Policy => &[Space::Policy],
            Kind::Trigger => &[Space::Trigger],
            Kind::Rule => &[Space::Rule],
            Kind::EventTrigger => &[Space::EventTrigger],
            Kind::Language => &[Space::Language],
            Kind::ForeignDataWrapper => &[Space::ForeignDataWrapper],
            Kind::Server => &[Space::Server],
            Kind::UserMapping => &[Space::UserMapping],
            Kind::Publication => &[Space::Publication],
            Kind::Subscription => &[Space::Subscription],
            Kind::PublicationRelation => &[Space::PublicationRelation],
            Kind::Unmanaged => &[Space::Unmanaged],
        }
    }

    /// Kinds whose objects have columns.
    pub const RELATIONS: &[Kind] = &[Kind::Table, Kind::View, Kind::MaterializedView, Kind::Sequence, Kind::Index];

    /// Kinds that are types only, and types already.
    pub const TYPES: &[Kind] = &[Kind::BaseType, Kind::EnumType, Kind::CompositeType, Kind::RangeType, Kind::Domain];

    /// Whether the object is called with arguments, which belong to its identity.
    pub fn is_routine(self) -> bool {
        self.space() == Space::Routine
    }

    /// The kind of object outside of schemas that has objects of this kind as its parts: the first name is its name.
    pub fn whole(self) -> Option<Kind> {
        match self {
            Kind::PublicationRelation => Some(Kind::Publication),
            _ => None,
        }
    }

    /// Whether it can have privileges as a part of something whose owner it has.
    pub fn is_part(self) -> bool {
        matches!(self, Kind::Column | Kind::IdentitySequence)
    }

    /// Whether the object says who may do what, and so is managed as privileges are.
    pub fn is_privilege(self) -> bool {
        self == Kind::DefaultAcl
    }

    /// Whether the first name is that of a schema.
    pub fn has_schema(self) -> bool {
        !matches!(
            self,
            Kind::Schema
                | Kind::Extension
                | Kind::EventTrigger
                | Kind::Cast
                | Kind::Transform
                | Kind::Language
                | Kind::ForeignDataWrapper
                | Kind::Server
                | Kind::UserMapping
                | Kind::Publication
                | Kind::Subscription
                | Kind::PublicationRelation
                | Kind::Unmanaged
        )
    }
}
