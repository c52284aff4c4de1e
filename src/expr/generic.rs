//! Polymorphic types: `enforce_generic_type_consistency`.

use super::analyzer::Analyzer;
use super::types::{is_any_family, is_compatible_family, is_polymorphic};
use crate::facts::{CastContext, TypeKind};

/// The concrete argument types and result type; `None` where the type stays open.
pub(super) type Concrete<'a> = (Vec<Option<&'a str>>, Option<&'a str>);

/// What the arguments say about each family of pseudo-types.
#[derive(Default)]
struct Families<'a> {
    element: Option<&'a str>,
    array: Option<&'a str>,
    range: Option<&'a str>,
    multirange: Option<&'a str>,
    compatible: Vec<&'a str>,
    compatible_range: Option<&'a str>,
    compatible_multirange: Option<&'a str>,
    common: Option<&'a str>,
}

/// Puts a type into a slot; false when another one is there.
fn agree<'a>(slot: &mut Option<&'a str>, key: &'a str) -> bool {
    *slot.get_or_insert(key) == key
}

impl<'a> Analyzer<'a> {
    /// Concrete types for declared ones with pseudo-types among them; `None` when the arguments do not fit.
    pub fn generics(&self, sources: &[&'a str], targets: &[&'a str], result: Option<&'a str>) -> Option<Concrete<'a>> {
        let mut families = Families::default();
        for (&source, &target) in sources.iter().zip(targets) {
            if source != "unknown" && !self.add_argument(&mut families, source, target) {
                return None;
            }
        }
        if !self.settle_any(&mut families) || !self.settle_compatible(&mut families, sources, targets) {
            return None;
        }
        if families.element.is_none() && targets.iter().any(|key| is_any_family(key)) {
            let known = sources.iter().zip(targets).any(|(source, key)| is_any_family(key) && *source != "unknown");
            if families.array != Some("anyarray") {
                if known {
                    return None;
                }
                families.element = Some("text");
            }
        }
        let arguments = targets.iter().map(|key| self.concrete(&families, key)).collect();
        Some((arguments, result.and_then(|key| self.concrete(&families, key))))
    }

    fn add_argument(&self, families: &mut Families<'a>, source: &'a str, target: &str) -> bool {
        let base = self.facts.base_type(source);
        let is_array = || self.facts.category(base) == 'A';
        let kind = self.kind(base);
        match target {
            "anyelement" => agree(&mut families.element, source),
            "anynonarray" => {
                let array = self.facts.element_of(base).is_some() && is_array();
                !array && agree(&mut families.element, source)
            }
            "anyenum" => kind == Some(TypeKind::Enum) && agree(&mut families.element, source),
            "anyarray" if base == "anyarray" => {
                families.array = Some(base);
                true
            }
            "anyarray" => is_array() && agree(&mut families.array, base),
            "anyrange" => kind == Some(TypeKind::Range) && agree(&mut families.range, base),
            "anymultirange" => kind == Some(TypeKind::Multirange) && agree(&mut families.multirange, base),
            "anycompatible" | "anycompatiblenonarray" => {
                families.compatible.push(source);
                true
            }
            "anycompatiblearray" => match self.facts.element_of(base) {
                Some(element) if is_array() => {
                    families.compatible.push(element);
                    true
                }
                _ => false,
            },
            "anycompatiblerange" => kind == Some(TypeKind::Range) && agree(&mut families.compatible_range, base),
            "anycompatiblemultirange" => {
                kind == Some(TypeKind::Multirange) && agree(&mut families.compatible_multirange, base)
            }
            _ => true,
        }
    }

    /// Derives the element type from arrays, ranges and multiranges.
    fn settle_any(&self, families: &mut Families<'a>) -> bool {
        if let Some(array) = families.array.filter(|array| *array != "anyarray") {
            let fixed = || self.fact(array).and_then(|fact| fact.fixed_element.as_deref());
            let Some(element) = self.facts.element_of(array).or_else(fixed) else { return false };
            match families.element {
                None => families.element = Some(element),
                Some(old) if self.facts.base_type(old) == element || old == element => {}
                Some(_) => return false,
            }
        }
        if let Some(multirange) = families.multirange {
            let Some(range) = self.fact(multirange).and_then(|fact| fact.range.as_deref()) else { return false };
            if !agree(&mut families.range, range) {
                return false;
            }
        }
        if let Some(range) = families.range {
            let Some(subtype) = self.fact(range).and_then(|fact| fact.subtype.as_deref()) else { return false };
            match families.element {
                None => families.element = Some(subtype),
                Some(old) => return self.facts.base_type(old) == subtype,
            }
        }
        true
    }

    /// Finds the common type of the second family.
    fn settle_compatible(&self, families: &mut Families<'a>, sources: &[&'a str], targets: &[&'a str]) -> bool {
        if families.compatible_range.is_none()
            && let Some(multirange) = families.compatible_multirange
        {
            families.compatible_range = self.fact(multirange).and_then(|fact| fact.range.as_deref());
        }
        families.common = if let Some(range) = families.compatible_range {
            self.fact(range).and_then(|fact| fact.subtype.as_deref())
        } else if !families.compatible.is_empty() {
            match self.common_type(&families.compatible) {
                Some(common) => Some(common),
                None => return false,
            }
        } else {
            targets.iter().any(|key| is_compatible_family(key)).then_some("text")
        };
        let Some(common) = families.common else { return true };
        sources.iter().zip(targets).all(|(source, target)| {
            !matches!(*target, "anycompatible" | "anycompatiblenonarray")
                || *source == "unknown"
                || self.can_coerce(&[source], &[common], CastContext::Implicit)
        })
    }

    fn concrete(&self, families: &Families<'a>, key: &'a str) -> Option<&'a str> {
        if !is_polymorphic(key) {
            return Some(key);
        }
        match key {
            "anyarray" => families.array.or_else(|| match families.element {
                Some(element) => self.facts.array_of(element),
                None => Some("anyarray"),
            }),
            "anyrange" => families.range.or_else(|| {
                let mut ranges: Vec<&str> = self
                    .facts
                    .types()
                    .filter(|fact| fact.kind == TypeKind::Range && fact.subtype.as_deref() == families.element)
                    .map(|fact| &*fact.key)
                    .collect();
                ranges.sort_unstable();
                ranges.first().copied()
            }),
            "anymultirange" => families.multirange.or_else(|| {
                families.range.and_then(|range| self.fact(range)).and_then(|fact| fact.multirange.as_deref())
            }),
            "anycompatible" | "anycompatiblenonarray" => families.common,
            "anycompatiblearray" => families.common.and_then(|common| self.facts.array_of(common)),
            "anycompatiblerange" => families.compatible_range,
            "anycompatiblemultirange" => families.compatible_multirange,
            _ => families.element,
        }
    }
}
