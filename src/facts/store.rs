//! Indexed facts; the system's and a model's are held in the same way.

use std::collections::{BTreeSet, HashMap};

use super::fact::*;

/// Facts by the names they are looked up by.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    pub types: HashMap<Text, TypeFact>,
    /// Type name to (schema, key) of each type so called.
    pub types_called: HashMap<Text, Vec<(Text, Text)>>,
    pub functions: HashMap<Text, Vec<FunctionFact>>,
    pub operators: HashMap<Text, Vec<OperatorFact>>,
    /// Source to target to cast.
    pub casts: HashMap<Text, HashMap<Text, CastFact>>,
    /// Schema to name to relation.
    pub relations: HashMap<Text, HashMap<Text, Relation>>,
    pub operator_classes: Vec<OperatorClassFact>,
    /// Collation name to the schemas that have one.
    pub collations: HashMap<Text, Vec<Text>>,
    /// Text search configurations and dictionaries: `regconfig` or `regdictionary`, schema, name.
    pub text_search: BTreeSet<(&'static str, String, String)>,
    /// Schema to relation to the columns of its primary key.
    pub primary_keys: HashMap<Text, HashMap<Text, Vec<Text>>>,
}

impl Store {
    /// Adds one fact; one that is known already is replaced. Extensions are told by files and by databases.
    pub fn add(&mut self, fact: Fact) {
        match fact {
            Fact::Type(fact) => self.add_type(fact),
            Fact::Function(fact) => {
                let named = self.functions.entry(fact.name.clone()).or_default();
                replace(named, fact, |one, two| one.schema == two.schema && one.args == two.args);
            }
            Fact::Operator(fact) => {
                let named = self.operators.entry(fact.name.clone()).or_default();
                replace(named, fact, |one, two| {
                    (&one.schema, &one.left, &one.right) == (&two.schema, &two.left, &two.right)
                });
            }
            Fact::Cast(fact) => {
                self.casts.entry(fact.source.clone()).or_default().insert(fact.target.clone(), fact);
            }
            Fact::Relation(fact) => {
                self.relations.entry(fact.schema.clone()).or_default().insert(fact.name.clone(), fact);
            }
            Fact::OperatorClass(fact) => replace(&mut self.operator_classes, fact, |one, two| {
                (&one.schema, &one.name, &one.access_method) == (&two.schema, &two.name, &two.access_method)
            }),
            Fact::Collation(fact) => {
                replace(self.collations.entry(fact.name).or_default(), fact.schema, |one, two| one == two)
            }
        }
    }

    fn add_type(&mut self, fact: TypeFact) {
        let called = self.types_called.entry(fact.name.clone()).or_default();
        if !called.iter().any(|(_, key)| *key == fact.key) {
            called.push((fact.schema.clone(), fact.key.clone()));
        }
        self.types.insert(fact.key.clone(), fact);
    }
}

/// Puts `new` in the place of its like, or at the end.
fn replace<T>(all: &mut Vec<T>, new: T, alike: impl Fn(&T, &T) -> bool) {
    match all.iter_mut().find(|old| alike(old, &new)) {
        Some(old) => *old = new,
        None => all.push(new),
    }
}
