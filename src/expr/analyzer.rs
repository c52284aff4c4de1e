//! The state of one analysis: what is in scope, what was referred to, how deep it is.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};

use super::form::Form;
use super::scope::Scope;
use super::unresolved::{Obstacle, Resolved, Unresolved};
use super::{Analysis, Context, Reference};
use crate::facts::{Facts, FunctionFact, TypeFact, TypeKind};
use crate::renames::Renames;

/// Deeper nesting is left to the server, to keep within the stack of the thread that the command line works on.
const MAX_DEPTH: usize = 1000;
/// Expressions visited at most, since BETWEEN and recursive queries visit their parts more than once.
const MAX_VISITS: usize = 50_000;

/// An analysed expression.
#[derive(Clone, Debug)]
pub(super) struct Typed<'a> {
    pub form: Form,
    /// Key of the type; `unknown` for a literal that has none yet.
    pub key: &'a str,
    pub typmod: i32,
    pub origin: Origin<'a>,
}

/// What an expression came from, where that decides how it can be coerced or taken apart.
#[derive(Clone, Debug)]
pub(super) enum Origin<'a> {
    Plain,
    /// `ROW(...)` with its fields.
    Row(Vec<Typed<'a>>),
    /// A call, whose OUT parameters are the fields.
    Call(&'a FunctionFact),
}

impl<'a> Typed<'a> {
    pub fn new(form: Form, key: &'a str, typmod: i32) -> Self {
        Self { form, key, typmod, origin: Origin::Plain }
    }

    pub fn of(form: Form, key: &'a str) -> Self {
        Self::new(form, key, -1)
    }

    /// A form of the same type.
    pub fn with(&self, form: Form) -> Self {
        Self::new(form, self.key, self.typmod)
    }

    pub fn is_unknown(&self) -> bool {
        self.key == "unknown"
    }
}

/// A parameter of a function with an SQL-standard body.
pub(super) struct Parameter<'a> {
    pub name: String,
    pub key: &'a str,
}

/// One analysis; made anew for each definition.
pub(super) struct Analyzer<'a> {
    pub facts: &'a Facts,
    path: &'a [String],
    implicit_path: &'a [String],
    implicit: bool,
    pub zone: &'a str,
    renames: Option<&'a Renames>,
    /// See [`Context::exact`].
    pub exact: bool,
    pub scopes: Vec<Scope<'a>>,
    /// Type and modifier of VALUE in the check of a domain.
    pub value: Option<(&'a str, i32)>,
    pub parameters: Vec<Parameter<'a>>,
    pub function_name: String,
    pub references: BTreeSet<Reference>,
    pub evaluated: bool,
    /// Found inside a constant, where nothing can fail.
    pub obstacle: Option<Unresolved>,
    /// A literal that PostgreSQL would reject.
    pub mistake: Option<Unresolved>,
    /// Texts of the literals seen, and where they stand.
    pub literals: Vec<(String, i32)>,
    depth: usize,
    visits: usize,
}

impl<'a> Analyzer<'a> {
    pub fn new(context: &Context<'a>) -> Self {
        Self {
            facts: context.facts,
            path: context.search_path,
            implicit_path: context.implicit_path,
            implicit: false,
            zone: context.time_zone,
            renames: context.renames,
            exact: context.exact,
            scopes: vec![],
            value: None,
            parameters: vec![],
            function_name: String::new(),
            references: BTreeSet::new(),
            evaluated: false,
            obstacle: None,
            mistake: None,
            literals: vec![],
            depth: 0,
            visits: 0,
        }
    }

    /// The search path without pg_catalog in front.
    pub fn path(&self) -> &'a [String] {
        if self.implicit { self.implicit_path } else { self.path }
    }

    /// The schemas searched, in order.
    pub fn search(&self) -> Vec<&'a str> {
        let path = self.path();
        let front = (!path.iter().any(|schema| schema == "pg_catalog")).then_some("pg_catalog");
        front.into_iter().chain(path.iter().map(String::as_str)).collect()
    }

    /// Runs `work` with the search path that the object was created under: no operator is printed for
    /// IS DISTINCT FROM, NULLIF, CASE x WHEN, USING and IN (SELECT ...).
    pub fn implicitly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let saved = std::mem::replace(&mut self.implicit, true);
        let result = work(self);
        self.implicit = saved;
        result
    }

    /// Counts one step into a nested construct; [`Self::leave`] takes it back.
    pub fn enter(&mut self) -> Resolved<()> {
        self.visits += 1;
        if self.depth >= MAX_DEPTH {
            return Err(Unresolved::unsupported("nested too deeply to be analysed"));
        }
        if self.visits > MAX_VISITS {
            return Err(Unresolved::unsupported("too large to be analysed"));
        }
        self.depth += 1;
        Ok(())
    }

    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// The result, with all that was recorded.
    pub fn finish(self, form: Form) -> Resolved<Analysis> {
        match self.obstacle {
            Some(obstacle) => Err(obstacle),
            None => {
                let form = match self.renames {
                    Some(renames) => super::renamed::form(form, renames),
                    None => form,
                };
                Ok(Analysis { form, references: self.references, evaluated: self.evaluated, mistake: self.mistake })
            }
        }
    }

    /// The name that a column or attribute has in the normal form.
    pub fn shown_column(&self, relation: (&str, &str), name: &str) -> String {
        self.renames.map_or_else(|| name.to_owned(), |renames| renames.column(relation, name))
    }

    /// The same for a field of a value.
    pub fn shown_field(&self, key: &str, name: &str) -> String {
        match self.facts.relation_of_type(self.facts.base_type(key)) {
            Some(relation) => self.shown_column((&relation.schema, &relation.name), name),
            None => name.to_owned(),
        }
    }

    /// The key that a type has in the normal form.
    pub fn shown_type<'b>(&'b self, key: &'b str) -> &'b str {
        self.renames.and_then(|renames| renames.type_key(key)).unwrap_or(key)
    }

    pub fn fact(&self, key: &str) -> Option<&'a TypeFact> {
        self.facts.type_named(key)
    }

    pub fn kind(&self, key: &str) -> Option<TypeKind> {
        self.fact(key).map(|fact| fact.kind)
    }

    /// The type that a key means, with the lifetime of the facts.
    pub fn known_key(&self, key: &str) -> Resolved<&'a str> {
        let found = self.fact(key).map(|fact| &*fact.key);
        found.ok_or_else(|| Unresolved::new(Obstacle::UnknownType, format!("type {key} does not exist")))
    }

    /// Records that a type is used.
    pub fn refer_to_type(&mut self, key: &str) {
        let Some(fact) = self.fact(key) else { return };
        let fact = match fact.element.as_deref().and_then(|element| self.fact(element)) {
            Some(element) if fact.category == 'A' => element,
            _ => fact,
        };
        self.refer(&fact.schema, |schema| Reference::Type { schema, name: fact.name.to_string() });
    }

    /// Records that a cast is used, perhaps on the elements of arrays, unless it is PostgreSQL's own.
    pub fn refer_to_cast(&mut self, source: &str, target: &str) {
        let (mut from, mut to) = (self.facts.base_type(source), self.facts.base_type(target));
        while let (None, Some(one), Some(two)) =
            (self.facts.cast(from, to), self.facts.element_of(from), self.facts.element_of(to))
        {
            (from, to) = (self.facts.base_type(one), self.facts.base_type(two));
        }
        if self.facts.model.has_cast(from, to) {
            self.references.insert(Reference::Cast { from: from.to_owned(), to: to.to_owned() });
        }
    }

    /// Records that an object is used, unless it is PostgreSQL's own.
    pub fn refer(&mut self, schema: &str, reference: impl FnOnce(String) -> Reference) {
        if schema != "pg_catalog" && schema != "information_schema" {
            self.references.insert(reference(schema.to_owned()));
        }
    }

    /// The schema and name that a (qualified) relation name means.
    pub fn relation(&self, name: &pb::RangeVar) -> Resolved<&'a crate::facts::Relation> {
        let path = if name.schemaname.is_empty() { self.search() } else { vec![] };
        let given = (!name.schemaname.is_empty()).then_some(name.schemaname.as_str());
        let mut schemas = given.into_iter().chain(path);
        schemas.find_map(|schema| self.facts.relation(schema, &name.relname)).ok_or_else(|| {
            let dot = if name.schemaname.is_empty() { "" } else { "." };
            let message = format!("relation {}{dot}{} does not exist", name.schemaname, name.relname);
            Unresolved::new(Obstacle::UnknownRelation, message).at(name.location)
        })
    }
}

/// The content of a node.
pub(super) fn content(node: &Node) -> Resolved<&NodeEnum> {
    node.node.as_ref().ok_or_else(|| Unresolved::unsupported("an empty node of the parser"))
}

/// The content of a node that must be there.
pub(super) fn required(node: &Option<Box<Node>>) -> Resolved<&Node> {
    node.as_deref().ok_or_else(|| Unresolved::unsupported("an incomplete node of the parser"))
}

/// The names in a list of names; other nodes are left out.
pub(super) fn strings(nodes: &[Node]) -> Vec<&str> {
    nodes.iter().filter_map(string).collect()
}

/// The text of a string node.
pub(super) fn string(node: &Node) -> Option<&str> {
    match &node.node {
        Some(NodeEnum::String(text)) => Some(&text.sval),
        _ => None,
    }
}

/// The names in front and the last one.
pub(super) fn qualified(nodes: &[Node]) -> Resolved<(Option<&str>, &str)> {
    match strings(nodes).as_slice() {
        [.., schema, name] => Ok((Some(schema), name)),
        [name] => Ok((None, name)),
        [] => Err(Unresolved::unsupported("an empty name")),
    }
}
