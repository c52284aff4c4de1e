//! Which types can be coerced to which, as in PostgreSQL's `parse_coerce.c`.

use pg_query::protobuf as pb;

use super::analyzer::Analyzer;
use super::unresolved::{Obstacle, Resolved, Unresolved};
use crate::facts::{CastContext, CastMethod, TypeError};

/// How a coercion works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pathway {
    /// Same bytes, other type.
    Relabel,
    Function,
    /// Through text.
    InOut,
    /// Each element of an array.
    Elements,
}

/// The polymorphic pseudo-types whose arguments must agree.
pub(super) fn is_any_family(key: &str) -> bool {
    matches!(key, "anyelement" | "anyarray" | "anynonarray" | "anyenum" | "anyrange" | "anymultirange")
}

/// The polymorphic pseudo-types whose arguments get a common type.
pub(super) fn is_compatible_family(key: &str) -> bool {
    matches!(
        key,
        "anycompatible"
            | "anycompatiblearray"
            | "anycompatiblenonarray"
            | "anycompatiblerange"
            | "anycompatiblemultirange"
    )
}

pub(super) fn is_polymorphic(key: &str) -> bool {
    is_any_family(key) || is_compatible_family(key)
}

impl<'a> Analyzer<'a> {
    /// Key and modifier of a type name.
    pub fn type_name(&mut self, name: &pb::TypeName) -> Resolved<(&'a str, i32)> {
        if name.setof {
            return Err(Unresolved::unsupported("SETOF in an expression").at(name.location));
        }
        let found = self.facts.resolve_type_name(name, self.path()).map_err(|error| {
            let kind = match error {
                TypeError::ServerModifier(_) => Obstacle::Unsupported,
                _ => Obstacle::UnknownType,
            };
            Unresolved::new(kind, error.to_string()).at(name.location)
        })?;
        let key = self.known_key(&found.key)?;
        self.refer_to_type(key);
        Ok((key, found.typmod))
    }

    /// `find_coercion_pathway`.
    pub fn pathway(&self, target: &str, source: &str, context: CastContext) -> Option<Pathway> {
        let facts = self.facts;
        let (source, target) = (facts.base_type(source), facts.base_type(target));
        if source == target {
            return Some(Pathway::Relabel);
        }
        if let Some(cast) = facts.cast(source, target) {
            let method = match cast.method {
                CastMethod::Function => Pathway::Function,
                CastMethod::InOut => Pathway::InOut,
                CastMethod::Binary => Pathway::Relabel,
            };
            return (cast.context <= context).then_some(method);
        }
        if !matches!(target, "oidvector" | "int2vector")
            && facts.category(target) == 'A'
            && facts.category(source) == 'A'
            && let (Some(to), Some(from)) = (facts.element_of(target), facts.element_of(source))
            && self.pathway(to, from, context).is_some()
        {
            return Some(Pathway::Elements);
        }
        let text = |key| facts.category(key) == 'S';
        let through = context >= CastContext::Assignment && text(target);
        (through || context >= CastContext::Explicit && text(source)).then_some(Pathway::InOut)
    }

    /// `can_coerce_type`.
    pub fn can_coerce(&self, sources: &[&'a str], targets: &[&'a str], context: CastContext) -> bool {
        let mut generic = false;
        for (&source, &target) in sources.iter().zip(targets) {
            if source == target || target == "any" {
                continue;
            }
            if is_polymorphic(target) {
                generic = true;
                continue;
            }
            if source == "unknown" || self.pathway(target, source, context).is_some() {
                continue;
            }
            let composite = |key: &str| self.facts.is_composite(key);
            let row = source == "record" && composite(target) || target == "record" && composite(source);
            let rows = target == "_record" && self.facts.element_of(source).is_some_and(composite);
            if !row && !rows {
                return false;
            }
        }
        !generic || self.generics(sources, targets, None).is_some()
    }

    /// `select_common_type`; `None` when the categories differ.
    pub fn common_type(&self, keys: &[&'a str]) -> Option<&'a str> {
        if let Some(&first) = keys.first()
            && first != "unknown"
            && keys.iter().all(|key| *key == first)
        {
            return Some(first);
        }
        let mut chosen: Option<(&'a str, char, bool)> = None;
        for key in keys {
            let key = self.facts.base_type(key);
            if key == "unknown" {
                continue;
            }
            let category = self.facts.category(key);
            let preferred = self.fact(key).is_some_and(|fact| fact.preferred);
            match chosen {
                None => chosen = Some((key, category, preferred)),
                Some((old, ..)) if old == key => {}
                Some((_, other, _)) if other != category => return None,
                Some((old, _, false))
                    if self.can_coerce(&[old], &[key], CastContext::Implicit)
                        && !self.can_coerce(&[key], &[old], CastContext::Implicit) =>
                {
                    chosen = Some((key, category, preferred));
                }
                Some(_) => {}
            }
        }
        Some(chosen.map_or("text", |(key, ..)| key))
    }

    /// [`Self::common_type`], or the error.
    pub fn require_common(&self, keys: &[&'a str]) -> Resolved<&'a str> {
        self.common_type(keys).ok_or_else(|| {
            Unresolved::new(Obstacle::Unsupported, format!("types {} cannot be matched", keys.join(", ")))
        })
    }

    /// Key of the array type over a type.
    pub fn array_over(&self, key: &str) -> Resolved<&'a str> {
        self.facts.array_of(key).ok_or_else(|| {
            Unresolved::new(Obstacle::UnknownType, format!("could not find array type for data type {key}"))
        })
    }
}
