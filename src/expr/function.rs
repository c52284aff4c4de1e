//! Which function is meant: `func_get_detail` of PostgreSQL's parser.

use std::collections::HashMap;

use pg_query::NodeEnum;
use pg_query::protobuf as pb;

use super::Reference;
use super::analyzer::{Analyzer, Origin, Typed, required, strings};
use super::clause::{SortItem, sort_forms};
use super::form::{Form, atom, list, node};
use super::types::{Pathway, is_polymorphic};
use super::unresolved::{Obstacle, Resolved, Unresolved};
use crate::facts::{CastContext, FunctionFact, TypeKind};

/// Everything of a call but its name and arguments.
#[derive(Default)]
pub(super) struct Options<'a> {
    pub star: bool,
    pub distinct: bool,
    pub variadic: bool,
    pub order: Vec<SortItem<'a>>,
    pub within_group: Option<Vec<SortItem<'a>>>,
    pub filter: Option<Form>,
    pub over: Option<Form>,
}

impl Options<'_> {
    fn is_plain(&self) -> bool {
        !self.star && !self.distinct && !self.variadic && self.order.is_empty() && self.is_no_aggregate()
    }

    fn is_no_aggregate(&self) -> bool {
        self.within_group.is_none() && self.filter.is_none() && self.over.is_none()
    }
}

/// A function that takes that number of arguments.
struct Candidate<'a> {
    declared: Vec<&'a str>,
    fact: &'a FunctionFact,
    /// Position of its schema in the search path.
    schema: usize,
    /// VARIADIC arguments are given one by one.
    expanded: bool,
    /// Which parameter each argument is for, when some are named.
    mapping: Option<Vec<usize>>,
}

impl<'a> Analyzer<'a> {
    pub fn function_call(&mut self, call: &pb::FuncCall) -> Resolved<Typed<'a>> {
        let (mut positional, mut named) = (vec![], vec![]);
        for argument in &call.args {
            if let Some(NodeEnum::NamedArgExpr(argument)) = &argument.node {
                let value = self.expression(required(&argument.arg)?)?;
                named.push((argument.name.clone(), value));
            } else {
                positional.push(self.expression(argument)?);
            }
        }
        let mut options = Options {
            star: call.agg_star,
            distinct: call.agg_distinct,
            variadic: call.func_variadic,
            ..Options::default()
        };
        let mut order = vec![];
        for item in &call.agg_order {
            order.push(self.sort_by(item)?);
        }
        if call.agg_within_group {
            options.within_group = Some(order);
        } else {
            options.order = order;
        }
        if let Some(filter) = &call.agg_filter {
            options.filter = Some(self.condition(filter)?.form);
        }
        if let Some(over) = &call.over {
            options.over = Some(self.window(over)?);
        }
        let names = strings(&call.funcname);
        self.call(&names, positional, named, options).map_err(|error| error.at(call.location))
    }

    fn candidates(&self, names: &[&str], count: usize, argument_names: &[&str], variadic: bool) -> Vec<Candidate<'a>> {
        let Some((name, before)) = names.split_last() else { return vec![] };
        let path = match before.last() {
            Some(_) => vec![],
            None => self.search(),
        };
        let all: Vec<&FunctionFact> = self.facts.functions(name).collect();
        let mut out: Vec<Candidate> = vec![];
        for (schema, wanted) in before.last().copied().into_iter().chain(path).enumerate() {
            for fact in all.iter().filter(|fact| fact.schema == wanted) {
                if argument_names.is_empty() {
                    positional_candidates(fact, count, variadic, schema, &mut out);
                } else if let Some(candidate) = named_candidate(fact, count, argument_names, schema) {
                    out.push(candidate);
                }
            }
        }
        // an earlier schema hides; a function without VARIADIC or with fewer defaults goes first
        let mut kept: HashMap<Vec<&str>, usize> = HashMap::new();
        let mut chosen: Vec<Candidate> = vec![];
        for candidate in out {
            match kept.get(&candidate.declared) {
                None => {
                    kept.insert(candidate.declared.clone(), chosen.len());
                    chosen.push(candidate);
                }
                Some(&at) => {
                    let old = &chosen[at];
                    let shorter = !old.expanded && candidate.fact.args.len() < old.fact.args.len();
                    if candidate.schema == old.schema && !candidate.expanded && (old.expanded || shorter) {
                        chosen[at] = candidate;
                    }
                }
            }
        }
        chosen
    }

    /// A call by name and analysed arguments.
    pub fn call(
        &mut self,
        names: &[&str],
        positional: Vec<Typed<'a>>,
        named: Vec<(String, Typed<'a>)>,
        options: Options<'a>,
    ) -> Resolved<Typed<'a>> {
        let given = positional.len();
        let argument_names: Vec<String> = named.iter().map(|(name, _)| name.clone()).collect();
        let mut arguments = positional;
        arguments.extend(named.into_iter().map(|(_, value)| value));
        let sorted = options.within_group.as_ref().map_or(0, Vec::len);
        for item in options.within_group.iter().flatten() {
            arguments.push(item.value.clone());
        }
        let keys: Vec<&str> = arguments.iter().map(|argument| argument.key).collect();
        let by_name: Vec<&str> = argument_names.iter().map(String::as_str).collect();
        let candidates = self.candidates(names, keys.len(), &by_name, options.variadic);
        let exact = candidates.iter().position(|candidate| candidate.declared == keys);
        if exact.is_none()
            && by_name.is_empty()
            && options.is_plain()
            && arguments.len() == 1
            && let Some(cast) = self.call_as_cast(names, &arguments[0])?
        {
            return Ok(cast);
        }
        let picked = exact.or_else(|| {
            let fits = |at: &usize| self.can_coerce(&keys, &candidates[*at].declared, CastContext::Implicit);
            let fitting: Vec<usize> = (0..candidates.len()).filter(fits).collect();
            let declared: Vec<Vec<&str>> = fitting.iter().map(|at| candidates[*at].declared.clone()).collect();
            self.pick(&keys, &declared).map(|at| fitting[at])
        });
        let Some(picked) = picked else {
            if let ([name], [argument]) = (names, arguments.as_slice())
                && self.facts.relation_of_type(argument.key).is_some_and(|own| own.column(name).is_some())
            {
                return self.field(arguments.remove(0), name);
            }
            let message = format!("function {}({}) does not exist or is ambiguous", names.join("."), keys.join(", "));
            return Err(Unresolved::new(Obstacle::UnknownFunction, message));
        };
        let candidate = candidates.into_iter().nth(picked);
        let candidate = candidate.ok_or_else(|| Unresolved::unsupported("a lost candidate"))?;
        self.apply_function(candidate, arguments, &keys, given, sorted, options)
    }

    /// `type(value)` is a cast where no function of that name fits exactly.
    fn call_as_cast(&mut self, names: &[&str], argument: &Typed<'a>) -> Resolved<Option<Typed<'a>>> {
        let path = self.path();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let Ok((key, _)) = self.facts.parse_type_name(&names, &[], false, path) else { return Ok(None) };
        let Some(fact) = self.fact(&key) else { return Ok(None) };
        if fact.category == 'A' && fact.element.is_some() {
            return Ok(None);
        }
        if argument.is_unknown() {
            if !argument.form.is("const") || fact.kind == TypeKind::Composite {
                return Ok(None);
            }
            return self.cast(argument.clone(), &fact.key, -1).map(Some);
        }
        let composite = argument.key == "record" || self.facts.is_composite(argument.key);
        let works = match self.pathway(&fact.key, argument.key, CastContext::Explicit) {
            Some(Pathway::Relabel) => true,
            Some(Pathway::InOut) => !(composite && fact.category == 'S'),
            _ => false,
        };
        if works { self.cast(argument.clone(), &fact.key, -1).map(Some) } else { Ok(None) }
    }

    fn apply_function(
        &mut self,
        candidate: Candidate<'a>,
        arguments: Vec<Typed<'a>>,
        keys: &[&'a str],
        given: usize,
        sorted: usize,
        options: Options<'a>,
    ) -> Resolved<Typed<'a>> {
        let fact = candidate.fact;
        let mut declared = candidate.declared.clone();
        let direct = keys.len().saturating_sub(sorted);
        if sorted > 0 && fact.variadic.as_deref() == Some("any") && sorted <= given {
            // hypothetical-set aggregate: direct arguments are unified with the sort columns
            let first = given - sorted;
            for at in 0..sorted {
                if let Some(common) = self.common_type(&[keys[direct + at], keys[first + at]]) {
                    declared[direct + at] = common;
                    declared[first + at] = common;
                }
            }
        }
        let mut targets: Vec<Option<&str>> = declared.iter().map(|key| Some(*key)).collect();
        let mut result: &'a str = &fact.returns;
        if declared.iter().any(|key| is_polymorphic(key)) || is_polymorphic(result) {
            let (concrete, returns) = self.generics(keys, &declared, Some(result)).ok_or_else(|| {
                Unresolved::new(Obstacle::UnknownFunction, format!("function {} does not fit its arguments", fact.id()))
            })?;
            targets = concrete;
            result = returns.unwrap_or(result);
        }
        let mut values = vec![];
        for (argument, target) in arguments.into_iter().zip(&targets) {
            let target = target.unwrap_or(argument.key);
            values.push(self.fit(argument, target)?);
        }
        let sort_values = values.split_off(direct.min(values.len()));
        let forms = arrange(&candidate, values, &targets);
        let names: Vec<String> = fact.args.iter().map(ToString::to_string).collect();
        self.refer(&fact.schema, |schema| Reference::Function {
            schema,
            name: fact.name.to_string(),
            arguments: names,
        });
        // elsewhere VARIADIC only says how the array is written
        let spread = options.variadic && fact.variadic.as_deref() == Some("any");
        let options = Options { variadic: spread, ..options };
        let form = node("call", vec![atom(fact.id()), list(forms), options_form(options, sort_values)]);
        Ok(Typed { form, key: result, typmod: -1, origin: Origin::Call(fact) })
    }
}

/// The arguments in the order of the parameters; VARIADIC ones as an array.
fn arrange(candidate: &Candidate<'_>, values: Vec<Typed<'_>>, targets: &[Option<&str>]) -> Vec<Form> {
    let mut forms: Vec<Form> = values.into_iter().map(|value| value.form).collect();
    if candidate.expanded {
        let first = candidate.fact.args.len().saturating_sub(1).min(forms.len());
        let element = targets.get(first).copied().flatten().or(candidate.fact.variadic.as_deref()).unwrap_or("any");
        let rest = forms.split_off(first);
        forms.push(node("array", vec![atom(element), list(rest)]));
        return forms;
    }
    let Some(mapping) = &candidate.mapping else { return forms };
    let last = mapping.iter().copied().max().map_or(0, |last| last + 1);
    let mut placed = vec![node("default", vec![]); last];
    for (at, form) in mapping.iter().zip(forms) {
        placed[*at] = form;
    }
    placed
}

fn options_form(options: Options<'_>, sorted: Vec<Typed<'_>>) -> Form {
    let mut out = vec![];
    if options.star {
        out.push(atom("star"));
    }
    if options.variadic {
        out.push(atom("variadic"));
    }
    if options.distinct {
        out.push(atom("distinct"));
    }
    if !options.order.is_empty() {
        out.push(node("order", sort_forms(options.order)));
    }
    if let Some(items) = options.within_group {
        let items = items.into_iter().zip(sorted).map(|(item, value)| SortItem { value, ..item }).collect();
        out.push(node("within-group", sort_forms(items)));
    }
    if let Some(filter) = options.filter {
        out.push(node("filter", vec![filter]));
    }
    if let Some(over) = options.over {
        out.push(node("over", vec![over]));
    }
    list(out)
}

fn positional_candidates<'a>(
    fact: &'a FunctionFact,
    count: usize,
    variadic: bool,
    schema: usize,
    out: &mut Vec<Candidate<'a>>,
) {
    let parameters = fact.args.len();
    let keys = |number: usize| fact.args.iter().take(number).map(|key| &**key).collect::<Vec<_>>();
    let mut add = |declared, expanded| out.push(Candidate { declared, fact, schema, expanded, mapping: None });
    if let Some(element) = fact.variadic.as_deref().filter(|_| parameters > 0) {
        let repeated = |key| keys(parameters - 1).into_iter().chain(vec![key; count + 1 - parameters]).collect();
        if element == "any" {
            if count >= parameters {
                add(repeated("any"), false);
            }
            return;
        }
        if !variadic {
            if count >= parameters {
                add(repeated(element), true);
            } else if count + fact.defaults >= parameters {
                add(keys(count), false);
            }
            return;
        }
    }
    if count == parameters || count < parameters && count + fact.defaults >= parameters {
        add(keys(count), false);
    }
}

fn named_candidate<'a>(
    fact: &'a FunctionFact,
    count: usize,
    argument_names: &[&str],
    schema: usize,
) -> Option<Candidate<'a>> {
    if fact.arg_names.is_empty() {
        return None;
    }
    let is_input = |at: usize| fact.arg_modes.get(at).is_none_or(|mode| matches!(mode, 'i' | 'b' | 'v'));
    let inputs: Vec<&str> =
        fact.arg_names.iter().enumerate().filter(|(at, _)| is_input(*at)).map(|(_, name)| &**name).collect();
    let positional = count.checked_sub(argument_names.len())?;
    let mut mapping: Vec<usize> = (0..positional).collect();
    for name in argument_names {
        mapping.push(inputs.iter().position(|own| own == name).filter(|at| *at >= positional)?);
    }
    let parameters = fact.args.len();
    let missing = |at: &usize| !mapping.contains(at);
    if (0..parameters).filter(missing).any(|at| at + fact.defaults < parameters) {
        return None;
    }
    let declared = mapping.iter().map(|at| fact.args.get(*at).map(|key| &**key)).collect::<Option<Vec<_>>>()?;
    Some(Candidate { declared, fact, schema, expanded: false, mapping: Some(mapping) })
}
