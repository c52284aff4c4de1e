//! The kinds of objects: what each of them must say, and the one list of them.
//!
//! # How to add a kind
//! A kind is a pair of files: `<kind>.rs` and `<kind>.sql`, its catalogue query. In this order the first has
//! the struct, `read` (desired side, from the AST), `load` (live side, from a row), [`DatabaseObject`] and
//! helpers. Then it is named in [`Kind`] and in the lists at the end of this file, and gets fixtures.

use std::collections::{BTreeMap, BTreeSet};

use pg_query::NodeEnum;
use serde::Serialize;

use crate::catalog::{Catalog, ObjectId};
use crate::error::Result;
use crate::expression::Expression;
use crate::facts::ColumnFact;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::plan::hazard::Finding;
use crate::renames::Renames;
use crate::resolve::Resolver;

pub mod attributes;
mod change;
pub mod firing;
pub mod generic_options;
mod heritage;
pub mod identity_sequence;
mod index_element;
mod kind;
mod lineage;
pub mod options;
pub mod partition_key;
pub mod query;
pub mod rename;
mod renewal;
pub mod routine;
pub mod sequence_options;
pub mod stale;
pub mod text_search;
pub mod trigger_function;
pub mod twin;
pub mod type_use;

pub use change::{AlterContext, Alteration, Derived, Disturbance, Follower, Part, Reaction, Statement, Tail};
pub use heritage::{inherits_from, is_brought_along, joins_later, leaves_parents, stays_derived, table_of};
pub use kind::{Kind, Space};
pub use twin::Twin;

/// What every kind of object can do.
pub trait DatabaseObject: Clone + PartialEq + Serialize {
    /// Binds names and types, computes normal forms, and says what the object needs to exist.
    /// Errors: a name that does not resolve.
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>>;

    /// What should be there first, but is not needed: where it would form a cycle it counts for nothing.
    fn wishes(&self, _id: &ObjectId, _catalog: &Catalog) -> BTreeSet<ObjectId> {
        BTreeSet::new()
    }

    /// The statements that create it.
    fn create(&self, id: &ObjectId) -> Vec<Statement>;

    /// How `self` becomes `desired`; asked only when they differ.
    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration;

    /// The statements that drop it.
    fn drop(&self, id: &ObjectId) -> Vec<Statement>;

    /// The statements that drop it but leave what stays and would go with it.
    fn drop_towards(&self, id: &ObjectId, _context: &AlterContext) -> Vec<Statement> {
        self.drop(id)
    }

    /// Its text inside the CREATE statement of the object that it belongs to.
    fn part(&self, _id: &ObjectId) -> Option<Part> {
        None
    }

    /// The same text without what PostgreSQL fills in by itself, perhaps behind a column; `None` when there is no
    /// shorter one.
    fn short_part(&self, _id: &ObjectId, _part: &Part, _catalog: &Catalog) -> Option<Part> {
        None
    }

    /// The object in fewer words that mean the same to PostgreSQL, and the objects that these words bring along.
    fn abbreviated(&self, _id: &ObjectId, _catalog: &Catalog) -> Option<(Self, Vec<ObjectId>)> {
        None
    }

    /// Takes the parts of a new object into its CREATE statement.
    fn create_with(&self, id: &ObjectId, _parts: &[Part]) -> Vec<Statement> {
        self.create(id)
    }

    /// The table from whose parent the object came without being declared; such an object stays unmentioned as long
    /// as that table is a partition.
    fn derived(&self, _id: &ObjectId) -> Option<ObjectId> {
        None
    }

    /// The object as it must be made where no parent brings it along.
    fn on_its_own(&self) -> Self {
        self.clone()
    }

    /// What it must do when an object that it depends on is disturbed.
    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        match disturbance {
            Disturbance::Replaced => Reaction::Rebuild,
            _ => Reaction::Survives,
        }
    }

    /// Whether dropping the object `whole` drops this one without a word (pg_depend's deptype decides).
    fn carried_by(&self, _id: &ObjectId, _whole: &ObjectId) -> bool {
        false
    }

    /// What a reviewer must know when the object is dropped, or dropped and created anew as `desired`.
    fn consequences(&self, _id: &ObjectId, _desired: Option<&Self>) -> Vec<Finding> {
        vec![]
    }

    /// The statement that gives the object another name, and the findings of it.
    fn rename(&self, _id: &ObjectId, _new: &ObjectId) -> Option<Statement> {
        None
    }

    /// The statements that create it, for a relation that may have rows already.
    fn among_rows(&self, _id: &ObjectId, statements: Vec<Statement>, _context: &AlterContext) -> Vec<Statement> {
        statements
    }

    /// The object as it is made out of another one that would be dropped, when that saves building it.
    fn take_over(&self, _id: &ObjectId, _other: &ObjectId, _object: &Object) -> Option<Self> {
        None
    }

    /// Objects whose drop is a part of the change from this one to the desired one.
    fn swallows(&self, _id: &ObjectId, _desired: &Self, _context: &AlterContext) -> Vec<ObjectId> {
        vec![]
    }

    /// Gives the names inside of it their new ones; `id` is the old identity. Normal forms have theirs already.
    fn renamed(&mut self, _id: &ObjectId, _renames: &Renames) {}

    /// Adds what the user declared about former names inside of it (`labels`: new name -> old one), as far as it is
    /// still to be done.
    fn renamed_inside(&self, _id: &ObjectId, _desired: &Self, _labels: &BTreeMap<String, String>, _out: &mut Renames) {}

    /// The names that it takes beside its own.
    fn more_names(&self, _id: &ObjectId) -> Vec<(Space, Vec<String>)> {
        vec![]
    }

    /// What belongs to it and is named after its relation, or moves to another schema with it.
    fn follower(&self, _id: &ObjectId, _needs: &BTreeSet<ObjectId>) -> Option<Follower> {
        None
    }

    /// The statements, with those that take them back, that rename what is no object of its own and was named after
    /// the object.
    fn renamed_along(&self, _id: &ObjectId, _new: &ObjectId, _desired: &Self) -> Vec<(Statement, Statement)> {
        vec![]
    }

    /// The columns of a relation whose columns are no objects: kind as in `relkind`, and the columns in order.
    fn columns(&self) -> Option<(char, Vec<ColumnFact>)> {
        None
    }

    /// What must follow its creation because of what was there before.
    fn settle(&self, _id: &ObjectId, _context: &AlterContext) -> Vec<Statement> {
        vec![]
    }

    /// Whether the drop of the object alone loses rows or values.
    fn holds_data(&self) -> bool {
        false
    }

    /// Whether values inside it, such as passwords, must not come out of a database into a plan.
    fn has_secrets(&self) -> bool {
        false
    }

    /// The roles that its definition names; empty for PUBLIC.
    fn roles(&self, _id: &ObjectId) -> Vec<String> {
        vec![]
    }

    /// What stands for it while the objects are made that it needs and that name it themselves.
    fn stand_in(&self, _id: &ObjectId) -> Option<(ObjectId, Object)> {
        None
    }

    /// Why the object must not be made anew because of something that it needs: values would be lost.
    fn obstacle(&self, _id: &ObjectId, _context: &AlterContext) -> Option<String> {
        None
    }

    /// A temporary likeness that shows what PostgreSQL makes of the definition; `None` when there is none for the kind.
    fn twin(&self, _id: &ObjectId, _catalog: &Catalog) -> Option<Twin> {
        None
    }

    /// Takes over the definition that the database has, which is known to mean the same.
    fn agree(&mut self, _live: &Self) {}

    /// Whether making it anew costs so much that it is not done on a mere doubt.
    fn is_costly(&self) -> bool {
        false
    }

    /// Whether the object, once resolved, turns out to say nothing: PostgreSQL would not store it.
    fn is_void(&self) -> bool {
        false
    }
}

/// Reads a statement of the desired state; `None` when the statement is not of this kind.
pub type Read = fn(&NodeEnum, &mut Reader) -> Option<Result<(), Stop>>;

/// Turns one row of a kind's catalogue query into objects.
pub type Load = fn(&tokio_postgres::Row, &mut Live) -> Result<()>;

macro_rules! registry {
    ($( $kind:ident($module:ident::$type:ident), )*) => {
        $( pub mod $module; )*

        /// An object of any kind.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Object { $( #[doc = stringify!($kind)] $kind($module::$type), )* }

        macro_rules! each {
            ($object:expr, $inner:ident => $body:expr) => { match $object { $( Object::$kind($inner) => $body, )* } };
        }

        impl Object {
            /// See [`DatabaseObject::resolve`].
            pub fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
                each!(self, inner => inner.resolve(id, resolver))
            }
            /// See [`DatabaseObject::wishes`].
            pub fn wishes(&self, id: &ObjectId, catalog: &Catalog) -> BTreeSet<ObjectId> {
                each!(self, inner => inner.wishes(id, catalog))
            }
            /// See [`DatabaseObject::create`].
            pub fn create(&self, id: &ObjectId) -> Vec<Statement> { each!(self, inner => inner.create(id)) }
            /// See [`DatabaseObject::create_with`].
            pub fn create_with(&self, id: &ObjectId, parts: &[Part]) -> Vec<Statement> {
                each!(self, inner => inner.create_with(id, parts))
            }
            /// See [`DatabaseObject::drop`].
            pub fn drop(&self, id: &ObjectId) -> Vec<Statement> { each!(self, inner => inner.drop(id)) }
            /// See [`DatabaseObject::drop_towards`].
            pub fn drop_towards(&self, id: &ObjectId, context: &AlterContext) -> Vec<Statement> {
                each!(self, inner => inner.drop_towards(id, context))
            }
            /// See [`DatabaseObject::part`].
            pub fn part(&self, id: &ObjectId) -> Option<Part> { each!(self, inner => inner.part(id)) }
            /// See [`DatabaseObject::short_part`].
            pub fn short_part(&self, id: &ObjectId, part: &Part, catalog: &Catalog) -> Option<Part> {
                each!(self, inner => inner.short_part(id, part, catalog))
            }
            /// See [`DatabaseObject::abbreviated`].
            pub fn abbreviated(&self, id: &ObjectId, catalog: &Catalog) -> Option<(Object, Vec<ObjectId>)> {
                each!(self, inner => inner.abbreviated(id, catalog).map(|(it, along)| (Object::from(it), along)))
            }
            /// See [`DatabaseObject::reaction`].
            pub fn reaction(&self, id: &ObjectId, on: &ObjectId, disturbance: Disturbance) -> Reaction {
                // PostgreSQL stores the function behind a cast, not the cast
                if on.kind == Kind::Cast {
                    return Reaction::Survives;
                }
                each!(self, inner => inner.reaction(id, on, disturbance))
            }
            /// See [`DatabaseObject::on_its_own`].
            pub fn on_its_own(&self) -> Object { match self { $( Object::$kind(inner) => Object::$kind(inner.on_its_own()), )* } }
            /// See [`DatabaseObject::derived`].
            pub fn derived(&self, id: &ObjectId) -> Option<ObjectId> { each!(self, inner => inner.derived(id)) }
            /// See [`DatabaseObject::carried_by`].
            pub fn carried_by(&self, id: &ObjectId, whole: &ObjectId) -> bool {
                each!(self, inner => inner.carried_by(id, whole))
            }
            /// See [`DatabaseObject::rename`].
            pub fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
                each!(self, inner => inner.rename(id, new))
            }
            /// See [`DatabaseObject::among_rows`].
            pub fn among_rows(
                &self, id: &ObjectId, statements: Vec<Statement>, context: &AlterContext,
            ) -> Vec<Statement> {
                each!(self, inner => inner.among_rows(id, statements, context))
            }
            /// See [`DatabaseObject::take_over`].
            pub fn take_over(&self, id: &ObjectId, other: &ObjectId, object: &Object) -> Option<Object> {
                each!(self, inner => inner.take_over(id, other, object).map(Object::from))
            }
            /// See [`DatabaseObject::swallows`].
            pub fn swallows(&self, id: &ObjectId, desired: &Object, context: &AlterContext) -> Vec<ObjectId> {
                match (self, desired) {
                    $( (Object::$kind(one), Object::$kind(two)) => one.swallows(id, two, context), )*
                    _ => vec![],
                }
            }
            /// See [`DatabaseObject::renamed`].
            pub fn renamed(&mut self, id: &ObjectId, renames: &Renames) { each!(self, inner => inner.renamed(id, renames)) }
            /// See [`DatabaseObject::more_names`].
            pub fn more_names(&self, id: &ObjectId) -> Vec<(Space, Vec<String>)> { each!(self, inner => inner.more_names(id)) }
            /// See [`DatabaseObject::follower`].
            pub fn follower(&self, id: &ObjectId, needs: &BTreeSet<ObjectId>) -> Option<Follower> {
                each!(self, inner => inner.follower(id, needs))
            }
            /// See [`DatabaseObject::renamed_inside`].
            pub fn renamed_inside(
                &self, id: &ObjectId, desired: &Object, labels: &BTreeMap<String, String>, out: &mut Renames,
            ) {
                match (self, desired) {
                    $( (Object::$kind(one), Object::$kind(two)) => one.renamed_inside(id, two, labels, out), )*
                    _ => {}
                }
            }
            /// See [`DatabaseObject::renamed_along`].
            pub fn renamed_along(&self, id: &ObjectId, new: &ObjectId, desired: &Object) -> Vec<(Statement, Statement)> {
                match (self, desired) {
                    $( (Object::$kind(one), Object::$kind(two)) => one.renamed_along(id, new, two), )*
                    _ => vec![],
                }
            }
            /// See [`DatabaseObject::columns`].
            pub fn columns(&self) -> Option<(char, Vec<ColumnFact>)> { each!(self, inner => inner.columns()) }
            /// See [`DatabaseObject::settle`].
            pub fn settle(&self, id: &ObjectId, context: &AlterContext) -> Vec<Statement> {
                each!(self, inner => inner.settle(id, context))
            }
            /// See [`DatabaseObject::holds_data`].
            pub fn holds_data(&self) -> bool { each!(self, inner => inner.holds_data()) }
            /// See [`DatabaseObject::has_secrets`].
            pub fn has_secrets(&self) -> bool { each!(self, inner => inner.has_secrets()) }
            /// See [`DatabaseObject::twin`].
            pub fn twin(&self, id: &ObjectId, catalog: &Catalog) -> Option<Twin> {
                each!(self, inner => inner.twin(id, catalog))
            }
            /// See [`DatabaseObject::agree`].
            pub fn agree(&mut self, live: &Object) {
                match (self, live) {
                    $( (Object::$kind(inner), Object::$kind(live)) => inner.agree(live), )*
                    _ => {}
                }
            }
            /// See [`DatabaseObject::is_costly`].
            pub fn is_costly(&self) -> bool { each!(self, inner => inner.is_costly()) }
            /// See [`DatabaseObject::roles`].
            pub fn roles(&self, id: &ObjectId) -> Vec<String> { each!(self, inner => inner.roles(id)) }
            /// See [`DatabaseObject::consequences`].
            pub fn consequences(&self, id: &ObjectId, desired: Option<&Object>) -> Vec<Finding> {
                match (self, desired) {
                    $( (Object::$kind(current), Some(Object::$kind(desired))) => {
                        current.consequences(id, Some(desired))
                    } )*
                    _ => each!(self, inner => inner.consequences(id, None)),
                }
            }
            /// See [`DatabaseObject::stand_in`].
            pub fn stand_in(&self, id: &ObjectId) -> Option<(ObjectId, Object)> { each!(self, inner => inner.stand_in(id)) }
            /// See [`DatabaseObject::obstacle`].
            pub fn obstacle(&self, id: &ObjectId, context: &AlterContext) -> Option<String> {
                each!(self, inner => inner.obstacle(id, context))
            }
            /// See [`DatabaseObject::is_void`].
            pub fn is_void(&self) -> bool { each!(self, inner => inner.is_void()) }
            /// See [`DatabaseObject::alter`].
            pub fn alter(&self, id: &ObjectId, desired: &Object, context: &AlterContext) -> Alteration {
                match (self, desired) {
                    $( (Object::$kind(current), Object::$kind(desired)) => current.alter(id, desired, context), )*
                    _ => Alteration::Replace,
                }
            }
        }

        $( impl From<$module::$type> for Object {
            fn from(inner: $module::$type) -> Self { Object::$kind(inner) }
        } )*

        impl Object { $( paste_as!($module, $type, $kind); )* }
    };
}

macro_rules! paste_as {
    ($module:ident, $type:ident, $kind:ident) => {
        #[doc = concat!("The object as `", stringify!($type), "`, if it is one.")]
        pub fn $module(&self) -> Option<&$module::$type> {
            match self {
                Object::$kind(inner) => Some(inner),
                _ => None,
            }
        }
    };
}

registry! {
    Schema(schema::Schema),
    Extension(extension::Extension),
    DefaultAcl(default_acl::DefaultAcl),
    Collation(collation::Collation),
    ShellType(shell_type::ShellType),
    BaseType(base_type::BaseType),
    EnumType(enum_type::EnumType),
    CompositeType(composite_type::CompositeType),
    RangeType(range_type::RangeType),
    Domain(domain::Domain),
    DomainConstraint(domain_constraint::DomainConstraint),
    Language(language::Language),
    Function(function::Function),
    Procedure(procedure::Procedure),
    Aggregate(aggregate::Aggregate),
    Operator(operator::Operator),
    Cast(cast::Cast),
    Transform(transform::Transform),
    OperatorFamily(operator_family::OperatorFamily),
    OperatorClass(operator_class::OperatorClass),
    TsParser(ts_parser::TsParser),
    TsTemplate(ts_template::TsTemplate),
    TsDictionary(ts_dictionary::TsDictionary),
    TsConfiguration(ts_configuration::TsConfiguration),
    Conversion(conversion::Conversion),
    ForeignDataWrapper(foreign_data_wrapper::ForeignDataWrapper),
    Server(server::Server),
    UserMapping(user_mapping::UserMapping),
    Sequence(sequence::Sequence),
    SequenceOwner(sequence_owner::SequenceOwner),
    Table(table::Table),
    Column(column::Column),
    ColumnDefault(column_default::ColumnDefault),
    Partition(partition::Partition),
    Constraint(constraint::Constraint),
    ForeignKey(foreign_key::ForeignKey),
    View(view::View),
    MaterializedView(materialized_view::MaterializedView),
    Index(index::Index),
    Statistics(statistics::Statistics),
    Policy(policy::Policy),
    Trigger(trigger::Trigger),
    Rule(rule::Rule),
    EventTrigger(event_trigger::EventTrigger),
    Publication(publication::Publication),
    PublicationRelation(publication_relation::PublicationRelation),
    Subscription(subscription::Subscription),
}

impl Object {
    /// Whether an index takes the object's name.
    pub fn takes_index_name(&self) -> bool {
        matches!(self, Object::Constraint(constraint) if !constraint.is_check())
    }

    /// Whether the object is an index or has one.
    pub fn is_index(&self) -> bool {
        matches!(self, Object::Index(_)) || self.takes_index_name()
    }

    /// Whether CREATE TABLE would make one constraint of this one and another, because they are over the same columns
    /// (`transformIndexConstraints`).
    pub fn merges_with_another(&self, id: &ObjectId, catalog: &Catalog) -> bool {
        let Some(columns) = self.constraint().and_then(constraint::Constraint::key) else { return false };
        let table = id.parent(Kind::Table);
        let mut others = catalog.children(&table);
        let same = |object: &Object| object.constraint().and_then(constraint::Constraint::key) == Some(columns);
        others.any(|(other, object)| other < id && same(object))
    }

    /// The query of an object that is one.
    pub fn query(&self) -> Option<&Expression> {
        match self {
            Object::View(view) => Some(&view.query.query),
            Object::MaterializedView(view) => Some(&view.query.query),
            _ => None,
        }
    }
}

/// Adds what is in every database, whether the files mention it or not.
pub fn implicit(catalog: &mut Catalog) {
    schema::implicit(catalog);
    extension::implicit(catalog);
}

/// Settles what follows from all statements together, once they are read.
pub fn complete(catalog: &mut Catalog) {
    table::inherit::complete(catalog);
    lineage::complete(catalog);
    operator_family::complete(catalog);
    shell_type::complete(catalog);
    default_acl::complete(catalog);
}

/// Who reads which statement, in the order of asking.
pub const READERS: &[Read] = &[
    schema::read,
    extension::read,
    default_acl::read,
    collation::read,
    shell_type::read,
    base_type::read,
    enum_type::read,
    composite_type::read,
    range_type::read,
    domain::read,
    language::read,
    function::read,
    procedure::read,
    aggregate::read,
    operator::read,
    cast::read,
    transform::read,
    operator_family::read,
    operator_class::read,
    ts_parser::read,
    ts_template::read,
    ts_dictionary::read,
    ts_configuration::read,
    conversion::read,
    foreign_data_wrapper::read,
    server::read,
    user_mapping::read,
    sequence::read,
    table::read,
    index::read,
    view::read,
    materialized_view::read,
    statistics::read,
    policy::read,
    trigger::read,
    rule::read,
    event_trigger::read,
    publication::read,
    subscription::read,
    attributes::read,
];

/// The catalogue queries of the kinds that files can use without declaring them, and who takes their rows.
pub const OFFERS: &[(&str, Load)] = &[
    (schema::QUERY, schema::load),
    (extension::QUERY, extension::load),
    (collation::QUERY, collation::load),
    (shell_type::QUERY, shell_type::load),
    (base_type::QUERY, base_type::load),
    (enum_type::QUERY, enum_type::load),
    (composite_type::QUERY, composite_type::load),
    (range_type::QUERY, range_type::load),
    (domain::QUERY, domain::load),
    (domain_constraint::QUERY, domain_constraint::load),
    (function::QUERY, function::load),
    (procedure::QUERY, procedure::load),
    (aggregate::QUERY, aggregate::load),
    (operator::QUERY, operator::load),
    (cast::QUERY, cast::load),
    (operator_class::QUERY, operator_class::load),
    (operator_family::QUERY, operator_family::load),
    (ts_parser::QUERY, ts_parser::load),
    (ts_template::QUERY, ts_template::load),
    (ts_dictionary::QUERY, ts_dictionary::load),
    (ts_configuration::QUERY, ts_configuration::load),
];

/// The same of all other kinds; in the order in which the rows are taken.
pub const QUERIES: &[(&str, Load)] = &[
    (default_acl::QUERY, default_acl::load),
    (conversion::QUERY, conversion::load),
    (language::QUERY, language::load),
    (transform::QUERY, transform::load),
    (foreign_data_wrapper::QUERY, foreign_data_wrapper::load),
    (server::QUERY, server::load),
    (user_mapping::QUERY, user_mapping::load),
    (sequence::QUERY, sequence::load),
    (table::QUERY, table::load),
    (partition::QUERY, partition::load),
    (column::QUERY, column::load),
    (column_default::QUERY, column_default::load),
    (sequence_owner::QUERY, sequence_owner::load),
    (constraint::QUERY, constraint::load),
    (foreign_key::QUERY, foreign_key::load),
    (view::QUERY, view::load),
    (materialized_view::QUERY, materialized_view::load),
    (index::QUERY, index::load),
    (statistics::QUERY, statistics::load),
    (policy::QUERY, policy::load),
    (trigger::QUERY, trigger::load),
    (rule::QUERY, rule::load),
    (event_trigger::QUERY, event_trigger::load),
    (publication::QUERY, publication::load),
    (publication_relation::QUERY, publication_relation::load),
    (subscription::QUERY, subscription::load),
    (attributes::QUERY, attributes::load),
];
