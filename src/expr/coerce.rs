//! Coercions made explicit, and dropped where they do nothing: `coerce_type` and its kin.

use super::analyzer::{Analyzer, Origin, Typed};
use super::form::{Form, atom, constant, list, node, number};
use super::types::Pathway;
use super::unresolved::{Resolved, Unresolved};
use crate::facts::CastContext;

/// How far a coercion may go, and whether it was written as a cast.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    pub context: CastContext,
    pub explicit: bool,
}

/// What happens anywhere.
pub(super) const IMPLICIT: Manner = Manner { context: CastContext::Implicit, explicit: false };
/// What happens when a value is put into a column.
pub(super) const ASSIGNMENT: Manner = Manner { context: CastContext::Assignment, explicit: false };
/// A written cast.
pub(super) const EXPLICIT: Manner = Manner { context: CastContext::Explicit, explicit: true };

/// Bytes of a varlena header, which modifiers of character types include.
const HEADER: i32 = 4;

impl<'a> Analyzer<'a> {
    /// `coerce_to_target_type`.
    pub fn coerce(&mut self, value: Typed<'a>, target: &'a str, typmod: i32, manner: Manner) -> Resolved<Typed<'a>> {
        let value = self.coerce_type(value, target, typmod, manner)?;
        Ok(self.coerce_typmod(value, target, typmod, manner.explicit))
    }

    /// [`Self::coerce`] to boolean.
    pub fn coerce_bool(&mut self, value: Typed<'a>) -> Resolved<Typed<'a>> {
        self.coerce(value, "bool", -1, IMPLICIT)
    }

    /// Implicit [`Self::coerce_type`].
    pub fn fit(&mut self, value: Typed<'a>, target: &'a str) -> Resolved<Typed<'a>> {
        self.coerce_type(value, target, -1, IMPLICIT)
    }

    /// A written cast.
    pub fn cast(&mut self, value: Typed<'a>, target: &'a str, typmod: i32) -> Resolved<Typed<'a>> {
        if value.key == target && typmod == -1 {
            return Ok(value);
        }
        self.coerce(value, target, typmod, EXPLICIT)
    }

    /// A literal that nothing gave a type becomes text.
    pub fn settle(&mut self, value: Typed<'a>) -> Resolved<Typed<'a>> {
        if value.is_unknown() { self.fit(value, "text") } else { Ok(value) }
    }

    /// `coerce_type_typmod`.
    pub fn coerce_typmod(&mut self, value: Typed<'a>, target: &'a str, typmod: i32, explicit: bool) -> Typed<'a> {
        let base = self.facts.base_type(target);
        if typmod == -1 || value.typmod == typmod || target != base {
            return value;
        }
        let again = value.form.is("length") && value.form.part(0).text() == Some(target);
        if again && value.form.part(1).number() == Some(typmod.into()) {
            return value;
        }
        let element = match self.facts.element_of(base) {
            Some(element) if self.facts.category(base) == 'A' => element,
            _ => base,
        };
        let sized = matches!(element, "varchar" | "bpchar" | "bit" | "varbit");
        let timed = matches!(element, "time" | "timetz" | "timestamp" | "timestamptz" | "interval");
        if !sized && !timed && element != "numeric" {
            return Typed { typmod, ..value };
        }
        // a literal that is short enough is not cut, so it does not matter whether cutting is allowed
        let fits = |text: &str| text.chars().count() as i64 <= i64::from(typmod) - i64::from(HEADER);
        let whole = matches!(base, "varchar" | "bpchar") && value.form.constant_text().is_some_and(fits);
        let cuts = explicit && sized && !whole;
        let form = node("length", vec![atom(target), number(typmod), Form::Flag(cuts), value.form]);
        Typed::new(form, value.key, typmod)
    }

    /// `coerce_type`.
    pub fn coerce_type(
        &mut self,
        value: Typed<'a>,
        target: &'a str,
        typmod: i32,
        manner: Manner,
    ) -> Resolved<Typed<'a>> {
        let open = matches!(target, "any" | "anyelement" | "anynonarray" | "anycompatible" | "anycompatiblenonarray");
        if value.key == target || open {
            return Ok(value);
        }
        if value.form.is("collate") && target != "unknown" {
            return self.coerce_below_collation(value, target, typmod, manner);
        }
        if value.is_unknown() {
            return Ok(self.coerce_unknown(value, target, typmod));
        }
        if value.form.is("row") && self.facts.is_composite(target) {
            return self.coerce_row(value, target, manner);
        }
        if target == "record" && self.facts.is_composite(value.key) {
            return Ok(value);
        }
        match self.pathway(target, value.key, manner.context) {
            Some(pathway) => self.apply(value, target, pathway),
            None => {
                let composite = |key: &str| key == "record" || self.facts.is_composite(key);
                let records = self.facts.category(target) == 'A' && self.facts.category(value.key) == 'A';
                if value.key == "record" || target == "record" || composite(value.key) && composite(target) {
                    return Ok(Typed::of(cast_form(target, value.form), target));
                }
                if records && matches!(target, "_record") {
                    return Ok(value);
                }
                Err(Unresolved::unsupported(format!("no cast from {} to {target}", value.key)))
            }
        }
    }

    /// A collation stays outermost, where it still applies.
    fn coerce_below_collation(
        &mut self,
        value: Typed<'a>,
        target: &'a str,
        typmod: i32,
        manner: Manner,
    ) -> Resolved<Typed<'a>> {
        let Form::Node(_, mut parts) = value.form else {
            return Err(Unresolved::unsupported("a malformed COLLATE"));
        };
        let (Some(inner), Some(name)) = (parts.pop(), parts.pop()) else {
            return Err(Unresolved::unsupported("a malformed COLLATE"));
        };
        let inner = self.coerce_type(Typed::new(inner, value.key, value.typmod), target, typmod, manner)?;
        let collatable = self.fact(self.facts.base_type(target)).is_some_and(|fact| fact.collation.is_some());
        if !collatable {
            return Ok(inner);
        }
        Ok(Typed::new(node("collate", vec![name, inner.form]), inner.key, inner.typmod))
    }

    /// A literal takes the type that the context gives.
    fn coerce_unknown(&mut self, value: Typed<'a>, target: &'a str, typmod: i32) -> Typed<'a> {
        if !value.form.is("const") {
            return Typed::of(cast_form(target, value.form), target);
        }
        let (base, below) = self.facts.base(target);
        let own = if typmod != -1 { typmod } else { below };
        let modifier = if base == "interval" { own } else { -1 };
        let form = match value.form.part(1) {
            Form::Atom(text) => self.literal(base, text, modifier),
            _ => constant(base, Form::Null),
        };
        if base == target {
            return Typed::new(form, base, modifier);
        }
        self.refer_to_type(target);
        Typed::of(cast_form(target, form), target)
    }

    fn coerce_row(&mut self, value: Typed<'a>, target: &'a str, manner: Manner) -> Resolved<Typed<'a>> {
        let relation = self.facts.relation_of_type(target);
        let fields = match value.origin {
            Origin::Row(fields) => fields,
            _ => vec![],
        };
        match relation {
            Some(relation) if relation.columns.len() == fields.len() => {
                let mut forms = vec![];
                for (field, column) in fields.into_iter().zip(&relation.columns) {
                    forms.push(self.coerce(field, &column.type_key, column.typmod, manner)?.form);
                }
                self.refer_to_type(target);
                Ok(Typed::of(node("row", vec![atom(target), list(forms)]), target))
            }
            _ => Ok(Typed::of(cast_form(target, value.form), target)),
        }
    }

    /// Builds the cast of a known kind.
    fn apply(&mut self, value: Typed<'a>, target: &'a str, pathway: Pathway) -> Resolved<Typed<'a>> {
        let facts = self.facts;
        let base = facts.base_type(target);
        self.refer_to_type(target);
        self.refer_to_cast(value.key, base);
        if facts.base_type(value.key) == base {
            // to a domain over the same base, or from a domain to its base
            let (key, typmod) = if target == base { (base, value.typmod) } else { (target, -1) };
            return Ok(Typed::new(cast_form(key, value.form), key, typmod));
        }
        if !self.exact
            && value.form.is("array")
            && facts.category(base) == 'A'
            && let Some(element) = facts.element_of(base)
        {
            let form = self.push_into_array(value.form, element)?;
            return Ok(Typed::of(form, target));
        }
        let textual = !self.exact
            && matches!(base, "text" | "varchar")
            && matches!(facts.base_type(value.key), "text" | "varchar");
        if pathway == Pathway::Relabel && value.form.is("const") && !value.form.is_null_constant() && textual {
            let form = constant(base, value.form.part(1).clone());
            if base == target {
                return Ok(Typed::of(form, base));
            }
            return Ok(Typed::of(cast_form(target, form), target));
        }
        Ok(Typed::of(cast_form(target, value.form), target))
    }

    /// `ARRAY[a, b]::t[]` is `ARRAY[a::t, b::t]`.
    fn push_into_array(&mut self, form: Form, element: &'a str) -> Resolved<Form> {
        let source = form.part(0).text().and_then(|key| self.fact(key)).map_or("unknown", |fact| &*fact.key);
        let mut pushed = vec![];
        for part in form.part(1).parts() {
            pushed.push(if part.is("array") {
                self.push_into_array(part.clone(), element)?
            } else {
                self.coerce_type(Typed::of(part.clone(), source), element, -1, EXPLICIT)?.form
            });
        }
        Ok(node("array", vec![atom(element), list(pushed)]))
    }

    /// Coerces to the common type; gives it with the modifier that all share.
    pub fn unify(&mut self, values: Vec<Typed<'a>>) -> Resolved<(Vec<Typed<'a>>, &'a str, i32)> {
        let keys: Vec<&str> = values.iter().map(|value| value.key).collect();
        let common = self.require_common(&keys)?;
        let mut out = vec![];
        for value in values {
            out.push(self.fit(value, common)?);
        }
        let first = out.first().map_or(-1, |value| value.typmod);
        let same = out.iter().all(|value| value.typmod == first);
        Ok((out, common, if same { first } else { -1 }))
    }
}

/// A cast.
pub(super) fn cast_form(target: &str, form: Form) -> Form {
    node("cast", vec![atom(target), form])
}

/// The forms of several values.
pub(super) fn forms(values: Vec<Typed<'_>>) -> Form {
    list(values.into_iter().map(|value| value.form).collect())
}
