//! What expressions can use of a range type: the two types, the functions that make values, and the cast.

use super::{Constructors, RangeType};
use crate::catalog::ObjectId;
use crate::facts::{CastContext, CastFact, CastMethod, Facts, FunctionFact, FunctionKind, NewType, Text, Volatility, type_key};
use crate::name::QualifiedName;

impl RangeType {
    /// Tells the facts about it (`makeRangeConstructors`, `makeMultirangeConstructors`).
    pub(super) fn tell(&self, id: &ObjectId, facts: &mut Facts) {
        let Self { subtype, multirange, constructors, .. } = self;
        let Constructors { range: make, multirange: make_multi } = constructors;
        let (schema, name) = id.relation();
        let names = (multirange.schema.clone(), multirange.name.clone());
        let new = NewType::Range { subtype: subtype.key.clone(), multirange: Some(names) };
        let range = facts.model.add_type(schema, name, new);
        let multi = type_key(&multirange.schema, &multirange.name);
        let array = facts.array_of(&range).map(str::to_owned);
        let mut add = |name: &QualifiedName, result: &str, arguments: &[&str], variadic: Option<&str>| {
            facts.model.add_function(constructor(name, result, arguments, variadic));
        };
        add(make, &range, &[&subtype.key, &subtype.key], None);
        add(make, &range, &[&subtype.key, &subtype.key, "text"], None);
        add(make_multi, &multi, &[], None);
        add(make_multi, &multi, &[&range], None);
        if let Some(array) = &array {
            add(make_multi, &multi, &[array], Some(&range));
        }
        facts.model.add_cast(CastFact {
            source: Text::Owned(range),
            target: Text::Owned(multi),
            context: CastContext::Explicit,
            method: CastMethod::Function,
            arguments: 1,
            volatility: Volatility::Immutable,
        });
    }
}

/// A function that makes values; `variadic` is the element type of its only argument.
fn constructor(name: &QualifiedName, result: &str, arguments: &[&str], variadic: Option<&str>) -> FunctionFact {
    let own = |text: &str| Text::Owned(text.to_owned());
    let args: Vec<Text> = arguments.iter().map(|key| own(key)).collect();
    FunctionFact {
        schema: own(&name.schema),
        name: own(&name.name),
        defaults: 0,
        variadic: variadic.map(own),
        returns_set: false,
        returns: own(result),
        kind: FunctionKind::Function,
        volatility: Volatility::Immutable,
        arg_names: vec![],
        arg_modes: variadic.map(|_| 'v').into_iter().collect(),
        all_args: if variadic.is_some() { args.clone() } else { vec![] },
        args,
    }
}
