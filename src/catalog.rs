//! The state of a schema: objects under their identities, what they depend on, and their attributes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::expression::Expression;
use crate::facts::{ColumnFact, Fact, Facts, type_key};
use crate::name::{dotted, quote};
use crate::objects::{
    Kind, Object, Space,
    attributes::{Attributes, Privileges},
    default_acl,
};
use crate::source::Location;

mod objects;
pub use objects::Objects;

/// The identity of an object: what `pg_identify_object_as_address` returns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectId {
    /// What kind of object.
    pub kind: Kind,
    /// Its names, outermost first: schema, relation, column. Shared, since identities are what everything is
    /// keyed by.
    #[serde(with = "names")]
    pub names: Arc<[String]>,
    /// Types of the input arguments, as SQL; empty for what is no routine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
}

/// [`ObjectId::names`] as a list of texts.
mod names {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(names: &Arc<[String]>, serializer: S) -> Result<S::Ok, S::Error> {
        names[..].serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[String]>, D::Error> {
        Vec::deserialize(deserializer).map(Arc::from)
    }
}

impl ObjectId {
    /// An identity from its parts.
    pub fn new<S: Into<String>>(kind: Kind, names: impl IntoIterator<Item = S>) -> Self {
        Self { kind, names: names.into_iter().map(Into::into).collect(), arguments: vec![] }
    }

    /// The object's own name, without schema and parent.
    pub fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// The schema that the object lies in, if it lies in one.
    pub fn schema(&self) -> Option<&str> {
        let name =
            self.names.first().filter(|name| self.kind.has_schema() && !(name.is_empty() && self.kind.is_privilege()));
        name.map(String::as_str)
    }

    /// Schema and relation of an object that belongs to a relation, or of the relation itself.
    pub fn relation(&self) -> (&str, &str) {
        let at = |index: usize| self.names.get(index).map_or("", String::as_str);
        (at(0), at(1))
    }

    /// An object of another kind that has the same names plus `name`.
    pub fn child(&self, kind: Kind, name: impl Into<String>) -> Self {
        let names = self.names.iter().cloned().chain([name.into()]);
        Self { kind, names: names.collect(), arguments: vec![] }
    }

    /// An object of another kind with the same names.
    pub fn with_kind(&self, kind: Kind) -> Self {
        Self { kind, names: self.names.clone(), arguments: self.arguments.clone() }
    }

    /// The same parent, another name.
    pub fn renamed(&self, name: impl Into<String>) -> Self {
        let kept = self.names.len().saturating_sub(1);
        let names = self.names.iter().take(kept).cloned().chain([name.into()]);
        Self { kind: self.kind, names: names.collect(), arguments: self.arguments.clone() }
    }

    /// The identity of the relation that the object belongs to, given that relation's kind.
    pub fn parent(&self, kind: Kind) -> Self {
        if self.names.len() <= 2 {
            return self.with_kind(kind);
        }
        Self { kind, names: self.names[..2].into(), arguments: vec![] }
    }

    /// Names as SQL would write them, with the argument types of a routine.
    pub fn sql(&self) -> String {
        match self.kind {
            Kind::Aggregate if self.arguments.is_empty() => format!("{}(*)", dotted(&self.names)),
            Kind::PublicationRelation => {
                format!("{} in publication {}", dotted(&self.names[1..]), dotted(&self.names[..1]))
            }
            Kind::UserMapping => {
                let role = if self.name().is_empty() { "PUBLIC".into() } else { quote(self.name()) };
                format!("FOR {role} SERVER {}", dotted(&self.names[..1]))
            }
            Kind::Cast => format!("({} AS {})", self.name(), self.arguments.join(", ")),
            Kind::Transform => format!("FOR {} LANGUAGE {}", self.name(), dotted(&self.arguments)),
            Kind::OperatorFamily | Kind::OperatorClass => {
                format!("{} USING {}", dotted(&self.names), dotted(&self.arguments))
            }
            Kind::Operator => {
                format!("{}({})", crate::objects::operator::sql_name(&self.names), self.arguments.join(", "))
            }
            Kind::DefaultAcl => default_acl::sql(&self.names),
            kind if kind.is_routine() => format!("{}({})", dotted(&self.names), self.arguments.join(", ")),
            _ => dotted(&self.names),
        }
    }

    /// What two live objects cannot share: the name space, the names in it and the argument types.
    pub fn slot(&self) -> (Space, &[String], &[String]) {
        (self.kind.space(), &self.names, &self.arguments)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.title(), self.sql())
    }
}

/// One schema state, from files or from a database.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// All objects.
    pub objects: Objects,
    /// Owner, comment and privileges, also of parts that are no objects of their own (a view's columns).
    pub attributes: BTreeMap<ObjectId, Attributes>,
    /// What each object needs to exist.
    pub dependencies: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
    /// What should be there before each object is made, unless that forms a cycle (files only).
    pub wishes: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
    /// Where each object was declared (files only).
    pub locations: BTreeMap<ObjectId, Location>,
    /// Where each statement stands, from its first token to before its semicolon (files only).
    pub statements: Vec<Location>,
    /// Where a statement begins that speaks about an object which another one makes (files only).
    pub mentions: Vec<(Location, ObjectId)>,
    /// What the files say about former names and the data on the way (files only).
    pub intents: BTreeMap<ObjectId, Intent>,
    /// What exists but is not managed (databases only).
    pub unmanaged: Vec<Unmanaged>,
    /// What is known about the relations, types, functions and operators of this state.
    pub facts: Facts,
    /// Sizes of relations (databases only).
    pub sizes: BTreeMap<ObjectId, Size>,
    /// Whether functions or operators may exist that `facts` does not know.
    pub incomplete: bool,
    /// Where each comment was declared (files only).
    pub comments: BTreeMap<ObjectId, Location>,
    /// Where the first security label of each object was declared (files only).
    pub labels: BTreeMap<ObjectId, Location>,
    /// What the database offers beyond PostgreSQL's own and beyond the objects here: members of extensions,
    /// functions, operators, types that are not managed (databases only).
    pub offers: Vec<Fact>,
    /// The role that reads the database (databases only).
    pub role: Option<String>,
    /// The privileges of objects about which the files say nothing, where the place of default privileges makes them other
    /// than those of a new object (files only).
    pub unsaid_privileges: BTreeMap<ObjectId, Privileges>,
    /// The columns of identity sequences by schema and name. The sequence is a part of its column; only owner, comment
    /// and privileges are kept for [`Kind::IdentitySequence`], under the names of the column.
    pub identity_sequences: BTreeMap<(String, String), ObjectId>,
    /// What the files say about default privileges, in their order (files only).
    pub default_acls: Vec<default_acl::Said>,
    /// The names of the server's roles (databases only).
    pub roles: Option<BTreeSet<String>>,
    /// How often the reader waited for the server (databases only).
    pub round_trips: usize,
    /// Objects with a definition that the analysis does not understand, and why (files only). A server can say whether
    /// it is the one that it has.
    pub undecided: BTreeMap<ObjectId, String>,
    /// The comments that PostgreSQL itself gives to what it makes (databases only).
    pub given_comments: BTreeMap<ObjectId, String>,
}

/// What the user declared about the way to a state, as opposed to the state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intent {
    /// The former name.
    pub renamed_from: Option<OldName>,
    /// For the values of an enum type: new label -> old label.
    pub labels: BTreeMap<String, String>,
    /// Expression that fills a new NOT NULL column of existing rows.
    pub backfill: Option<Expression>,
    /// Expression that converts the values of a column whose type changes.
    pub using: Option<Expression>,
}

/// A former name as the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldName {
    /// The former schema, when the object comes from another one.
    pub schema: Option<String>,
    /// The former own name.
    pub name: String,
}

impl fmt::Display for OldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => f.write_str(&dotted(&[schema, &self.name])),
            None => f.write_str(&dotted(&[&self.name])),
        }
    }
}

/// An object that reconcile leaves alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unmanaged {
    /// PostgreSQL's name for the kind, such as `trigger`.
    pub kind: String,
    /// As `pg_identify_object` prints it.
    pub identity: String,
    /// The schema that it lies in, or that its relation lies in.
    pub schema: Option<String>,
    /// Why it is left alone.
    pub reason: String,
}

/// How large a relation is, as the database's statistics say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// Bytes of the main fork (`relpages` times the block size).
    pub bytes: i64,
    /// Estimated rows (`reltuples`); negative when never analysed.
    pub rows: i64,
    /// Whether the relation has no page at all.
    pub empty: bool,
}

impl Catalog {
    /// A state without any object, for a server of this major version.
    pub fn new(major: u16) -> Self {
        Self {
            objects: Objects::default(),
            attributes: BTreeMap::new(),
            dependencies: BTreeMap::new(),
            wishes: BTreeMap::new(),
            locations: BTreeMap::new(),
            statements: vec![],
            mentions: vec![],
            intents: BTreeMap::new(),
            unmanaged: vec![],
            facts: Facts::new(major),
            sizes: BTreeMap::new(),
            incomplete: false,
            comments: BTreeMap::new(),
            labels: BTreeMap::new(),
            offers: vec![],
            role: None,
            roles: None,
            identity_sequences: BTreeMap::new(),
            default_acls: vec![],
            unsaid_privileges: BTreeMap::new(),
            round_trips: 0,
            undecided: BTreeMap::new(),
            given_comments: BTreeMap::new(),
        }
    }

    /// Adds what `id` needs.
    pub fn depend(&mut self, id: &ObjectId, on: ObjectId) {
        if *id != on {
            self.dependencies.entry(id.clone()).or_default().insert(on);
        }
    }

    /// What stands for an object while what it needs is made, and what it needs that names it: PostgreSQL drops neither
    /// without the other.
    pub fn held(&self, id: &ObjectId) -> Option<(ObjectId, Object, Vec<&ObjectId>)> {
        let (stand_in, object) = self.objects.get(id)?.stand_in(id)?;
        let names_it = |it: &&ObjectId| self.dependencies.get(*it).is_some_and(|needs| needs.contains(&stand_in));
        let held = self.dependencies.get(id).into_iter().flatten().filter(names_it).collect();
        Some((stand_in, object, held))
    }

    /// Whether `id` needs `other`, perhaps at second hand.
    pub fn needs(&self, id: &ObjectId, other: &ObjectId) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![id];
        while let Some(at) = open.pop() {
            for needed in self.dependencies.get(at).into_iter().flatten() {
                if needed == other {
                    return true;
                }
                if seen.insert(needed) {
                    open.push(needed);
                }
            }
        }
        false
    }

    /// The relation under this name, whatever its kind.
    pub fn relation(&self, schema: &str, name: &str) -> Option<ObjectId> {
        Kind::RELATIONS.iter().map(|kind| ObjectId::new(*kind, [schema, name])).find(|id| self.objects.contains_key(id))
    }

    /// The routines of that kind and name, with whatever arguments.
    pub fn routines<'a>(&'a self, kind: Kind, schema: &'a str, name: &'a str) -> impl Iterator<Item = &'a ObjectId> {
        let mine = move |id: &&ObjectId| id.kind == kind && id.relation() == (schema, name);
        self.objects.range(ObjectId::new(kind, [schema, name])..).map(|(id, _)| id).take_while(mine)
    }

    /// Whether anything that a statement could wait for has this bare name.
    pub fn has_name(&self, name: &str) -> bool {
        self.objects.keys().any(|id| id.name() == name)
    }

    /// Whether a constraint in this schema has an index of that name.
    pub fn index_of_constraint(&self, schema: &str, name: &str) -> bool {
        self.objects.constraint_of_index(schema, name).is_some()
    }

    /// Whether a constraint of a table or a domain in this schema has that name.
    pub fn constraint_in_schema(&self, schema: &str, name: &str) -> bool {
        self.objects.has_constraint(schema, name)
    }

    /// Whether there is a schema of that name.
    pub fn has_schema(&self, name: &str) -> bool {
        self.objects.contains_key(&ObjectId::new(Kind::Schema, [name]))
    }

    /// The columns of a relation whose columns are objects, in their order.
    pub fn columns_of(&self, relation: &ObjectId) -> Vec<ColumnFact> {
        let mut columns: Vec<(i32, ColumnFact)> = self
            .children(relation)
            .filter_map(|(child, object)| object.column().map(|column| (child, column)))
            .map(|(child, column)| (column.position.0, column.fact(child.name())))
            .collect();
        columns.sort_by_key(|(position, _)| *position);
        columns.into_iter().map(|(_, column)| column).collect()
    }

    /// The type under this name, whatever its kind; the range type for the name of a multirange type.
    pub fn type_named(&self, schema: &str, name: &str) -> Option<ObjectId> {
        Kind::TYPES
            .iter()
            .map(|kind| ObjectId::new(*kind, [schema, name]))
            .find(|id| self.objects.contains_key(id))
            .or_else(|| self.relation(schema, name))
            .or_else(|| self.range_of(schema, name))
            .or_else(|| Some(ObjectId::new(Kind::ShellType, [schema, name])).filter(|id| self.objects.contains_key(id)))
    }

    /// The range type whose multirange type this is.
    fn range_of(&self, schema: &str, name: &str) -> Option<ObjectId> {
        let multirange = self.facts.type_named(&type_key(schema, name))?;
        let range = self.facts.type_named(multirange.range.as_ref()?)?;
        let id = ObjectId::new(Kind::RangeType, [&*range.schema, &*range.name]);
        self.objects.contains_key(&id).then_some(id)
    }

    /// Columns, defaults, constraints and the like of a relation.
    pub fn children<'a>(&'a self, relation: &'a ObjectId) -> impl Iterator<Item = (&'a ObjectId, &'a Object)> {
        [Kind::Column, Kind::ColumnDefault, Kind::Constraint, Kind::ForeignKey].into_iter().flat_map(move |kind| {
            self.objects
                .range(relation.with_kind(kind)..)
                .take_while(move |(id, _)| id.kind == kind && id.names.starts_with(&relation.names))
        })
    }

    /// The sequence that a column owns, as serial columns do.
    pub fn owned_sequence(&self, column: &ObjectId) -> Option<ObjectId> {
        let owner = |object: &Object| match object {
            Object::SequenceOwner(owner) => owner.column == *column,
            _ => false,
        };
        self.objects
            .range(ObjectId::new(Kind::SequenceOwner, [""; 0])..)
            .take_while(|(id, _)| id.kind == Kind::SequenceOwner)
            .find(|(_, object)| owner(object))
            .map(|(id, _)| id.with_kind(Kind::Sequence))
    }
}
