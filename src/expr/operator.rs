//! Which operator is meant: `oper` and `func_select_candidate` of PostgreSQL's parser.

use std::collections::HashSet;

use super::Reference;
use super::analyzer::{Analyzer, Typed};
use super::form::{Form, atom, list, node};
use super::types::is_polymorphic;
use super::unresolved::{Obstacle, Resolved, Unresolved};
use crate::facts::{CastContext, OperatorFact};

/// An operator name: schema when given, and name.
#[derive(Clone, Copy)]
pub(super) struct Name<'n> {
    pub schema: Option<&'n str>,
    pub name: &'n str,
}

impl<'n> Name<'n> {
    pub fn bare(name: &'n str) -> Self {
        Self { schema: None, name }
    }
}

/// A chosen operator.
pub(super) struct Choice<'a> {
    pub id: Form,
    /// Operand types; the left one is `None` for a prefix operator.
    pub left: Option<&'a str>,
    pub right: &'a str,
    pub result: &'a str,
}

impl<'a> Analyzer<'a> {
    fn operator_candidates(&self, name: Name, prefix: bool) -> Vec<&'a OperatorFact> {
        let wanted = if name.name == "!=" { "<>" } else { name.name };
        let all: Vec<&OperatorFact> =
            self.facts.operators(wanted).filter(|fact| fact.left.is_none() == prefix).collect();
        let (mut seen, mut out) = (HashSet::new(), vec![]);
        let path = if name.schema.is_some() { vec![] } else { self.search() };
        for schema in name.schema.into_iter().chain(path) {
            for fact in all.iter().filter(|fact| fact.schema == schema) {
                if seen.insert((&fact.left, &fact.right)) {
                    out.push(*fact);
                }
            }
        }
        out
    }

    /// `func_select_candidate`: the position of the best candidate.
    pub fn select_candidate(&self, inputs: &[&'a str], candidates: &[Vec<&'a str>]) -> Option<usize> {
        let base: Vec<&str> = inputs.iter().map(|key| self.facts.base_type(key)).collect();
        let exact = |at: usize| {
            let pairs = base.iter().zip(&candidates[at]);
            pairs.filter(|(input, declared)| **input != "unknown" && input == declared).count()
        };
        let mut left = best((0..candidates.len()).collect(), exact);
        if let [only] = left.as_slice() {
            return Some(*only);
        }
        let preferred = |at: usize| {
            let pairs = base.iter().zip(&candidates[at]);
            let fits = |input: &str, declared: &str| {
                input != "unknown"
                    && (input == declared || self.facts.is_preferred(self.facts.category(input), declared))
            };
            pairs.filter(|(input, declared)| fits(input, declared)).count()
        };
        left = best(left, preferred);
        if let [only] = left.as_slice() {
            return Some(*only);
        }
        if !base.contains(&"unknown") {
            return None;
        }
        left = self.by_category(&base, candidates, left);
        if let [only] = left.as_slice() {
            return Some(*only);
        }
        self.by_known_type(&base, candidates, &left)
    }

    /// Literals are taken for strings when a candidate does, else for the one category there is.
    fn by_category(&self, base: &[&str], candidates: &[Vec<&'a str>], left: Vec<usize>) -> Vec<usize> {
        let mut slots: Vec<(usize, char, bool)> = vec![];
        for (slot, _) in base.iter().enumerate().filter(|(_, key)| **key == "unknown") {
            let (mut chosen, mut conflict): (Option<(char, bool)>, bool) = (None, false);
            for &at in &left {
                let Some(&key) = candidates[at].get(slot) else { continue };
                let category = self.facts.category(key);
                let preferred = self.facts.is_preferred(category, key);
                match chosen {
                    None => chosen = Some((category, preferred)),
                    Some((old, was)) if old == category => chosen = Some((old, was || preferred)),
                    Some(_) if category == 'S' => chosen = Some(('S', preferred)),
                    Some(_) => conflict = true,
                }
            }
            match chosen {
                Some((category, preferred)) if !conflict || category == 'S' => slots.push((slot, category, preferred)),
                _ => return left,
            }
        }
        let fits = |at: &usize| {
            slots.iter().all(|(slot, category, preferred)| {
                let Some(&key) = candidates[*at].get(*slot) else { return false };
                self.facts.category(key) == *category && (!preferred || self.facts.is_preferred(*category, key))
            })
        };
        let kept: Vec<usize> = left.iter().copied().filter(|at| fits(at)).collect();
        if kept.is_empty() { left } else { kept }
    }

    /// When all known inputs have one type, literals are taken for it.
    fn by_known_type(&self, base: &[&'a str], candidates: &[Vec<&'a str>], left: &[usize]) -> Option<usize> {
        let mut known = base.iter().copied().filter(|key| *key != "unknown");
        let first = known.next()?;
        if known.any(|key| key != first) {
            return None;
        }
        let inputs = vec![first; base.len()];
        let mut fitting =
            left.iter().copied().filter(|at| self.can_coerce(&inputs, &candidates[*at], CastContext::Implicit));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// Chooses the operator for operand types.
    pub fn choose(&mut self, name: Name, left: Option<&'a str>, right: &'a str) -> Resolved<Choice<'a>> {
        let candidates = self.operator_candidates(name, left.is_none());
        let found = match left {
            None => self.choose_prefix(&candidates, right),
            Some(left) => self.choose_infix(&candidates, left, right),
        };
        let fact = found.ok_or_else(|| {
            let message =
                format!("operator {} {} {right} does not exist or is ambiguous", left.unwrap_or(""), name.name);
            Unresolved::new(Obstacle::UnknownOperator, message)
        })?;
        let declared: Vec<&str> = fact.left.as_deref().into_iter().chain([&*fact.right]).collect();
        let actual: Vec<&str> = left.into_iter().chain([right]).collect();
        let mut choice = Choice {
            id: atom(operator_id(fact)),
            left: fact.left.as_deref(),
            right: &fact.right,
            result: &fact.result,
        };
        if declared.iter().any(|key| is_polymorphic(key)) {
            let (concrete, result) = self.generics(&actual, &declared, Some(&fact.result)).ok_or_else(|| {
                Unresolved::new(Obstacle::UnknownOperator, format!("operator {} does not fit its operands", fact.name))
            })?;
            choice.result = result.unwrap_or(&fact.result);
            choice.right = concrete.last().copied().flatten().unwrap_or(&fact.right);
            choice.left = fact.left.as_deref().map(|own| concrete.first().copied().flatten().unwrap_or(own));
        }
        let side = |key: &str| Some(key.to_owned());
        self.refer(&fact.schema, |schema| Reference::Operator {
            schema,
            name: fact.name.to_string(),
            left: fact.left.as_deref().and_then(side),
            right: fact.right.to_string(),
        });
        Ok(choice)
    }

    fn choose_prefix(&self, candidates: &[&'a OperatorFact], right: &'a str) -> Option<&'a OperatorFact> {
        if let Some(exact) = candidates.iter().find(|fact| fact.right == right) {
            return Some(exact);
        }
        let fits = |fact: &&&OperatorFact| self.can_coerce(&[right], &[&fact.right], CastContext::Implicit);
        let fitting: Vec<&OperatorFact> = candidates.iter().filter(fits).copied().collect();
        let declared: Vec<Vec<&str>> = fitting.iter().map(|fact| vec![&*fact.right]).collect();
        self.pick(&[right], &declared).map(|at| fitting[at])
    }

    fn choose_infix(&self, candidates: &[&'a OperatorFact], left: &'a str, right: &'a str) -> Option<&'a OperatorFact> {
        // a literal is first taken for the type of the other operand
        let (a, b) = match (left, right) {
            ("unknown", known) | (known, "unknown") => (known, known),
            both => both,
        };
        if a != "unknown" {
            let with = |a: &str, b: &str| {
                candidates.iter().find(|fact| fact.left.as_deref() == Some(a) && fact.right == b).copied()
            };
            let base = self.facts.base_type(a);
            let literal = left == "unknown" || right == "unknown";
            let below = || if literal && base != a { with(base, base) } else { None };
            if let Some(exact) = with(a, b).or_else(below) {
                return Some(exact);
            }
        }
        let declared_of = |fact: &'a OperatorFact| vec![fact.left.as_deref().unwrap_or("unknown"), &*fact.right];
        let fits =
            |fact: &&&'a OperatorFact| self.can_coerce(&[left, right], &declared_of(fact), CastContext::Implicit);
        let fitting: Vec<&'a OperatorFact> = candidates.iter().filter(fits).copied().collect();
        let declared: Vec<Vec<&str>> = fitting.iter().map(|fact| declared_of(fact)).collect();
        self.pick(&[left, right], &declared).map(|at| fitting[at])
    }

    /// The only candidate, or the best one.
    pub fn pick(&self, inputs: &[&'a str], declared: &[Vec<&'a str>]) -> Option<usize> {
        match declared {
            [] => None,
            [_] => Some(0),
            _ => self.select_candidate(inputs, declared),
        }
    }

    /// An operator applied to its operands.
    pub fn operate(&mut self, name: Name, left: Option<Typed<'a>>, right: Typed<'a>) -> Resolved<Typed<'a>> {
        let choice = self.choose(name, left.as_ref().map(|left| left.key), right.key)?;
        let mut operands = vec![];
        if let (Some(left), Some(key)) = (left, choice.left) {
            operands.push(self.fit(left, key)?.form);
        }
        operands.push(self.fit(right, choice.right)?.form);
        Ok(Typed::of(node("op", vec![choice.id, list(operands)]), choice.result))
    }

    /// `value operator ANY (array)`, or ALL.
    pub fn operate_on_array(
        &mut self,
        name: Name,
        any: bool,
        value: Typed<'a>,
        array: Typed<'a>,
    ) -> Resolved<Typed<'a>> {
        let element = match array.key {
            "unknown" => "unknown",
            key => self
                .facts
                .element_of(key)
                .ok_or_else(|| Unresolved::unsupported("ANY or ALL over something that is no array"))?,
        };
        let choice = self.choose(name, Some(value.key), element)?;
        let over = match self.facts.array_of(choice.right) {
            Some(over) if !is_polymorphic(choice.right) => over,
            _ => return Err(Unresolved::unsupported("ANY or ALL over a type without arrays")),
        };
        let value = self.fit(value, choice.left.unwrap_or("unknown"))?;
        let array = self.fit(array, over)?;
        let parts = vec![choice.id, Form::Flag(any), value.form, array.form];
        Ok(Typed::of(node("any-all", parts), "bool"))
    }
}

/// Candidates with the highest score.
fn best(candidates: Vec<usize>, score: impl Fn(usize) -> usize) -> Vec<usize> {
    let scores: Vec<usize> = candidates.iter().map(|at| score(*at)).collect();
    let highest = scores.iter().copied().max().unwrap_or(0);
    candidates.into_iter().zip(scores).filter(|(_, own)| *own == highest).map(|(at, _)| at).collect()
}

fn operator_id(fact: &OperatorFact) -> String {
    let schema = if fact.schema == "pg_catalog" { String::new() } else { format!("{}.", fact.schema) };
    format!("{schema}{}({},{})", fact.name, fact.left.as_deref().unwrap_or("none"), fact.right)
}
