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
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::renames::Renames;
use crate::resolve::Resolver;

pub mod attributes;
pub mod firing;
mod index_element;
mod kind;
mod lineage;
pub mod options;
pub mod partition_key;
pub mod query;
pub mod rename;
pub mod routine;
pub mod sequence_options;
pub mod trigger_function;
pub mod type_use;

pub use kind::{Kind, Space};

/// One DDL statement as a kind writes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statement {
    /// What the server does for it.
    pub form: Form,
    /// Without a closing semicolon. For a clause: what follows `ALTER TABLE name`.
    pub sql: String,
    /// Set when the statement is an `ALTER TABLE` that may share one statement with others on the same relation.
    pub clause_of: Option<ObjectId>,
    /// The search_path that expressions inside were written under; `None` when it does not matter.
    pub search_path: Option<Vec<String>>,
    /// What a reviewer must know or allow.
    pub findings: Vec<Finding>,
}

impl Statement {
    /// A whole statement.
    pub fn new(form: Form, sql: impl Into<String>) -> Self {
        Self { form, sql: sql.into(), clause_of: None, search_path: None, findings: vec![] }
    }

    /// One clause of an `ALTER TABLE` on `table`.
    pub fn clause(form: Form, table: ObjectId, sql: impl Into<String>) -> Self {
        Self { clause_of: Some(table), ..Self::new(form, sql) }
    }

    /// Sets the search_path that expressions inside need.
    pub fn under(mut self, path: &[String]) -> Self {
        self.search_path = Some(path.to_vec());
        self
    }

    /// Adds something that a reviewer must know or allow.
    pub fn finding(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }

    /// The statement on its own.
    pub fn text(&self) -> String {
        match &self.clause_of {
            Some(table) => format!("ALTER TABLE {} {}", table.sql(), self.sql),
            None => self.sql.clone(),
        }
    }
}

/// What a change of an object does to those that depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Disturbance {
    /// The object is dropped and created anew.
    Replaced,
    /// A column's type changes to another type.
    ColumnType,
    /// A column's type changes to one whose values cannot be compared with those of the old one.
    ColumnComparison,
    /// A column's type changes in its modifier or collation only.
    ColumnTypeModifier,
    /// The expression of a generated column changes.
    GeneratedExpression,
}

/// What a dependent object must do about a disturbance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// PostgreSQL carries it along.
    Survives,
    /// It must be dropped before and created anew after.
    Rebuild,
    /// It stays, but changes in a way that its own dependents notice.
    Changes(Disturbance),
}

/// How one object becomes another under the same identity.
#[derive(Clone, Debug, PartialEq)]
pub enum Alteration {
    /// By statements that keep the object; none at all when the difference means nothing.
    InPlace {
        /// In order.
        statements: Vec<Statement>,
        /// What the dependents notice.
        disturbs: Vec<Disturbance>,
    },
    /// By dropping it and creating it anew.
    Replace,
    /// Not at all.
    Impossible {
        /// Why, and what the user can do.
        reason: String,
    },
}

impl Alteration {
    /// In place, without anything that dependents notice.
    pub fn in_place(statements: Vec<Statement>) -> Self {
        Alteration::InPlace { statements, disturbs: vec![] }
    }
}

/// A piece of another object's CREATE statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The object whose CREATE statement takes the piece.
    pub whole: ObjectId,
    /// The object that takes the piece into the statement which adds it, when the whole exists already.
    pub addition: Option<ObjectId>,
    /// The own name of the object that the piece creates.
    pub name: String,
    /// The column definition that the piece is a suffix of; `None` for an element of its own.
    pub column: Option<String>,
    /// What the piece says about the statement as a whole.
    pub tail: Option<Tail>,
    /// Sorts the pieces: position of columns, then constraints.
    pub order: (u8, i32),
    /// The text.
    pub sql: String,
    /// Whether rows that are there already get a value each from it.
    pub volatile: bool,
    /// The search_path that expressions inside need.
    pub search_path: Option<Vec<String>>,
}

/// A piece that stands around the list of elements: `PARTITION OF parent` before it, the bound behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tail {
    /// Before the elements.
    pub head: String,
    /// Behind them.
    pub tail: String,
}

/// Whether an object of a partition came from the parent. Never a difference: it follows from the attachment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Derived(pub bool);

impl PartialEq for Derived {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Derived {}

impl Serialize for Derived {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

/// What an alteration can look at beside the two objects.
pub struct AlterContext<'a> {
    /// The current state.
    pub current: &'a Catalog,
    /// The desired state.
    pub desired: &'a Catalog,
    /// Major version of the server.
    pub major: u32,
}

/// Something that PostgreSQL names after a relation or domain when the user gives it no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// The object.
    pub id: ObjectId,
    /// What it is named after, and moves with.
    pub whole: ObjectId,
    /// The second and third part that a generated name may have.
    pub parts: Vec<(Option<String>, &'static str)>,
}

impl Follower {
    /// The number behind the label when the name is a generated one.
    pub fn generated(&self) -> Option<usize> {
        let named = |number: usize| {
            let behind = if number == 0 { String::new() } else { number.to_string() };
            self.parts.iter().any(|(name, label)| {
                crate::name::generated(self.whole.name(), name.as_deref(), &format!("{label}{behind}"))
                    == self.id.name()
            })
        };
        (0..=20).find(|number| named(*number))
    }
}

impl AlterContext<'_> {
    /// Whether a column that the object uses now is not there any more afterwards. A `*` in a definition that is
    /// put in place before the drop would take it up again.
    pub fn loses_column(&self, id: &ObjectId) -> bool {
        let gone = |needed: &ObjectId| needed.kind == Kind::Column && !self.desired.objects.contains_key(needed);
        self.current.dependencies.get(id).is_some_and(|needs| needs.iter().any(gone))
    }
}

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

    /// Its text inside the CREATE statement of the object that it belongs to.
    fn part(&self, _id: &ObjectId) -> Option<Part> {
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
            /// See [`DatabaseObject::part`].
            pub fn part(&self, id: &ObjectId) -> Option<Part> { each!(self, inner => inner.part(id)) }
            /// See [`DatabaseObject::reaction`].
            pub fn reaction(&self, id: &ObjectId, on: &ObjectId, disturbance: Disturbance) -> Reaction {
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
            /// See [`DatabaseObject::consequences`].
            pub fn consequences(&self, id: &ObjectId, desired: Option<&Object>) -> Vec<Finding> {
                match (self, desired) {
                    $( (Object::$kind(current), Some(Object::$kind(desired))) => {
                        current.consequences(id, Some(desired))
                    } )*
                    _ => each!(self, inner => inner.consequences(id, None)),
                }
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
    EnumType(enum_type::EnumType),
    CompositeType(composite_type::CompositeType),
    Domain(domain::Domain),
    DomainConstraint(domain_constraint::DomainConstraint),
    Function(function::Function),
    Procedure(procedure::Procedure),
    Aggregate(aggregate::Aggregate),
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
    Policy(policy::Policy),
    Trigger(trigger::Trigger),
    Rule(rule::Rule),
    EventTrigger(event_trigger::EventTrigger),
}

impl Object {
    /// Whether an index takes the object's name.
    pub fn takes_index_name(&self) -> bool {
        matches!(self, Object::Constraint(constraint) if !constraint.is_check())
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

/// The table that an object belongs to, or is.
pub fn table_of(id: &ObjectId, object: &Object) -> ObjectId {
    object.derived(id).unwrap_or_else(|| id.parent(Kind::Table))
}

/// Whether a relation leaves all parents that it has; what these brought along stays with it.
pub fn leaves_parents(current: &Catalog, desired: &Catalog, relation: &ObjectId) -> bool {
    let parents = table::inherit::parents(current, relation);
    let kept = table::inherit::parents(desired, relation);
    !parents.is_empty() && !parents.iter().any(|parent| kept.contains(parent))
}

/// Whether a part of a relation that exists is one that only its new parents have, so that it must be there first.
pub fn is_brought_along(id: &ObjectId, current: &Catalog, desired: &Catalog) -> bool {
    let relation = id.parent(Kind::Table);
    let before = table::inherit::parents(current, &relation);
    let has = |parent: &ObjectId| desired.objects.contains_key(&parent.child(id.kind, id.name()));
    let (kept, new): (Vec<ObjectId>, Vec<ObjectId>) =
        table::inherit::parents(desired, &relation).into_iter().partition(|parent| before.contains(parent));
    before.is_empty() || !kept.iter().any(has) && new.iter().any(has)
}

/// Whether what a relation has from its parents without a word stays so: under the same parents, or because the new
/// ones have the same.
pub fn stays_derived(object: &Object, relation: &ObjectId, current: &Catalog, desired: &Catalog) -> bool {
    if !leaves_parents(current, desired, relation) {
        return !table::inherit::parents(desired, relation).is_empty();
    }
    table::inherit::parents(desired, relation).iter().any(|parent| lineage::has_same(desired, parent, object))
}

/// Whether a new relation is made without its parents and joins them later, because it brings parts of theirs along.
pub fn joins_later(catalog: &Catalog, relation: &ObjectId) -> bool {
    let tie = catalog.objects.get(&relation.with_kind(Kind::Partition));
    matches!(tie, Some(Object::Partition(partition)) if !partition.parts.is_empty())
}

/// Settles what follows from all statements together, once they are read.
pub fn complete(catalog: &mut Catalog) {
    table::inherit::complete(catalog);
    lineage::complete(catalog);
}

/// Who reads which statement, in the order of asking.
pub const READERS: &[Read] = &[
    schema::read,
    extension::read,
    enum_type::read,
    composite_type::read,
    domain::read,
    function::read,
    procedure::read,
    aggregate::read,
    sequence::read,
    table::read,
    index::read,
    view::read,
    materialized_view::read,
    policy::read,
    trigger::read,
    rule::read,
    event_trigger::read,
    attributes::read,
];

/// The catalogue query of each kind and who takes its rows; in the order in which the rows are taken.
pub const QUERIES: &[(&str, Load)] = &[
    (schema::QUERY, schema::load),
    (extension::QUERY, extension::load),
    (enum_type::QUERY, enum_type::load),
    (composite_type::QUERY, composite_type::load),
    (domain::QUERY, domain::load),
    (domain_constraint::QUERY, domain_constraint::load),
    (function::QUERY, function::load),
    (procedure::QUERY, procedure::load),
    (aggregate::QUERY, aggregate::load),
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
    (policy::QUERY, policy::load),
    (trigger::QUERY, trigger::load),
    (rule::QUERY, rule::load),
    (event_trigger::QUERY, event_trigger::load),
];
