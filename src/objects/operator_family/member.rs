//! What is in operator families and classes (`pg_amop`, `pg_amproc`), alike for both.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::facts::{Facts, OperatorFact};
use crate::load::reader::Type;
use crate::name::QualifiedName;
use crate::objects::operator::{Partner, sql_name};
use crate::objects::trigger_function::TriggerFunction;
use crate::objects::{Derived, Kind, Space};
use crate::renames::Renames;
use crate::resolve::Resolver;

/// An operator or a function of an operator family.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Member {
    /// Strategy of an operator, number of a support function.
    pub number: i32,
    /// The left operand that it is for.
    pub left: Type,
    /// The right operand that it is for.
    pub right: Type,
    /// What it is.
    pub what: What,
    /// Whether the class that it is in needs it. Follows from the access method and from how it was added.
    #[serde(skip)]
    pub tied: Derived,
}

/// An operator or a function.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// OPERATOR.
    Operator {
        /// Which one.
        operator: Partner,
        /// FOR ORDER BY: the family whose order its results have; `None` is FOR SEARCH.
        order: Option<QualifiedName>,
    },
    /// FUNCTION.
    Function {
        /// Which one.
        function: TriggerFunction,
        /// The types of its arguments.
        arguments: Vec<Type>,
    },
}

/// As the catalogue query gives it.
#[derive(Deserialize)]
pub struct LiveMember {
    number: i32,
    left: String,
    right: String,
    schema: String,
    name: String,
    arguments: Option<Vec<String>>,
    order: Option<(String, String)>,
    tied: bool,
    /// Schema and name of the class that it is in.
    pub class: Option<(String, String)>,
}

impl LiveMember {
    /// The member.
    pub fn member(self, facts: &Facts) -> Member {
        let of = |key: &str| Type::of(facts, key, -1);
        let name = QualifiedName::new(self.schema, self.name);
        let what = match self.arguments {
            Some(keys) => Function {
                function: TriggerFunction::from(name),
                arguments: keys.iter().map(|key| of(key)).collect(),
            },
            None => Operator {
                operator: Partner::from(name),
                order: self.order.map(|(schema, name)| QualifiedName { schema, name }),
            },
        };
        Member { number: self.number, left: of(&self.left), right: of(&self.right), what, tied: Derived(self.tied) }
    }
}

use What::{Function, Operator};

impl Member {
    /// What no two members of a family share: whether it is a function, number, keys of the types.
    pub fn place(&self) -> (bool, i32, &str, &str) {
        (matches!(self.what, Function { .. }), self.number, &self.left.key, &self.right.key)
    }

    /// Binds names, and says what it needs. Errors: a function that does not exist.
    pub fn resolve(&mut self, resolver: &Resolver, needs: &mut BTreeSet<ObjectId>) -> Result<()> {
        let catalog = resolver.catalog;
        needs.extend([&self.left, &self.right].into_iter().filter_map(|it| it.object(catalog)));
        match &mut self.what {
            Operator { operator, order: _ } => {
                operator.resolve((Some(&self.left.key), &self.right.key), catalog);
                let name = operator.name();
                let id = ObjectId::new(Kind::Operator, [&name.schema, &name.name]);
                let id = ObjectId { arguments: vec![self.left.sql.clone(), self.right.sql.clone()], ..id };
                let there = |fact: &OperatorFact| {
                    fact.schema == id.names[0]
                        && fact.left.as_deref() == Some(&*self.left.key)
                        && fact.right == self.right.key
                };
                let exists = catalog.facts.operators(id.name()).any(there);
                if resolver.strict && !catalog.incomplete && !exists {
                    return Err(Error::new(format!("{id} does not exist in the desired state"))
                        .hint("define it in the files, or correct its name and types"));
                }
                needs.extend(catalog.objects.contains_key(&id).then_some(id));
            }
            Function { function, arguments } => {
                let keys: Vec<&str> = arguments.iter().map(|it| it.key.as_str()).collect();
                function.resolve_with(&keys, None, resolver, needs)?;
            }
        }
        Ok(())
    }

    /// Gives the names in it their new ones.
    pub fn renamed(&mut self, renames: &Renames) {
        [&mut self.left, &mut self.right].into_iter().for_each(|it| renames.retype(it));
        match &mut self.what {
            Operator { operator, order } => {
                operator.renamed(renames);
                order.iter_mut().for_each(|name| renames.qualified(Space::OperatorFamily, name));
            }
            Function { function, arguments } => {
                function.renamed(renames);
                arguments.iter_mut().for_each(|it| renames.retype(it));
            }
        }
    }

    /// As CREATE OPERATOR CLASS and ALTER OPERATOR FAMILY … ADD take it.
    pub fn sql(&self) -> String {
        let Self { number, left, right, what, tied: _ } = self;
        let types = format!("({}, {})", left.sql, right.sql);
        match what {
            Operator { operator, order } => {
                let name = operator.name();
                let name = sql_name(&[name.schema.clone(), name.name.clone()]);
                let order = order.as_ref().map_or(String::new(), |family| format!(" FOR ORDER BY {family}"));
                format!("OPERATOR {number} {name} {types}{order}")
            }
            Function { function, arguments } => {
                let list: Vec<&str> = arguments.iter().map(|it| it.sql.as_str()).collect();
                format!("FUNCTION {number} {types} {}({})", function.sql(), list.join(", "))
            }
        }
    }

    /// As ALTER OPERATOR FAMILY … DROP takes it.
    pub fn sql_of_drop(&self) -> String {
        let word = if matches!(self.what, Function { .. }) { "FUNCTION" } else { "OPERATOR" };
        format!("{word} {} ({}, {})", self.number, self.left.sql, self.right.sql)
    }
}

/// Puts members in one order.
pub fn sort(members: &mut [Member]) {
    members.sort_by(|one, two| one.place().cmp(&two.place()));
}

/// What goes and what comes between two lists.
pub fn difference<'a>(current: &'a [Member], desired: &'a [Member]) -> (Vec<&'a Member>, Vec<&'a Member>) {
    let gone = current.iter().filter(|it| !desired.contains(it)).collect();
    let new = desired.iter().filter(|it| !current.contains(it)).collect();
    (gone, new)
}

/// The clauses of ALTER OPERATOR FAMILY that take some members out and put others in.
pub fn changes(gone: &[&Member], new: &[&Member]) -> Vec<String> {
    let mut out = vec![];
    if !gone.is_empty() {
        out.push(format!("DROP {}", gone.iter().map(|it| it.sql_of_drop()).collect::<Vec<_>>().join(", ")));
    }
    if !new.is_empty() {
        out.push(format!("ADD {}", new.iter().map(|it| it.sql()).collect::<Vec<_>>().join(", ")));
    }
    out
}
