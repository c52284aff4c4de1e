//! Indexed facts; the system's and a model's are held in the same way.

use std::collections::HashMap;

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
    /// Schema to relation to the columns of its primary key.
    pub primary_keys: HashMap<Text, HashMap<Text, Vec<Text>>>,
}

impl Store {
    /// Adds one fact; a type, cast or relation of the same key is replaced.
    pub fn add(&mut self, fact: Fact) {
        match fact {
            Fact::Type(fact) => self.add_type(fact),
            Fact::Function(fact) => self.functions.entry(fact.name.clone()).or_default().push(fact),
            Fact::Operator(fact) => self.operators.entry(fact.name.clone()).or_default().push(fact),
            Fact::Cast(fact) => {
                self.casts.entry(fact.source.clone()).or_default().insert(fact.target.clone(), fact);
            }
            Fact::Relation(fact) => {
                self.relations.entry(fact.schema.clone()).or_default().insert(fact.name.clone(), fact);
            }
            Fact::OperatorClass(fact) => self.operator_classes.push(fact),
            Fact::Collation(fact) => self.collations.entry(fact.name).or_default().push(fact.schema),
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
