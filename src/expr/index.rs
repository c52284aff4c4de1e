//! Elements of indexes, partition keys and exclusion constraints.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};

use super::Reference;
use super::analyzer::{Analyzer, Typed, content, qualified};
use super::clause::direction;
use super::form::{Form, atom, list, names, node};
use super::types::Pathway;
use super::unresolved::{Obstacle, Resolved, Unresolved};
use crate::facts::{CastContext, OperatorClassFact, TypeKind};

/// A normalised element.
pub(super) struct Element<'a> {
    pub value: Typed<'a>,
    /// Collation when it is not the column's own.
    pub collation: Form,
    /// Operator class when it is not the default.
    pub class: Form,
    pub options: Form,
    pub descending: bool,
    pub nulls_first: bool,
}

impl Element<'_> {
    /// All of it but the order.
    pub fn form(&self) -> Form {
        let parts = vec![self.value.form.clone(), self.collation.clone(), self.class.clone(), self.options.clone()];
        node("element", parts)
    }
}

impl<'a> Analyzer<'a> {
    /// An element over `relation`, for an access method.
    pub fn element(
        &mut self,
        element: &pb::IndexElem,
        relation: Option<(&str, &str)>,
        access_method: &str,
    ) -> Resolved<Element<'a>> {
        let mut value = match &element.expr {
            Some(expression) => self.expression(expression)?,
            None => self.column(&element.name)?.ok_or_else(|| {
                Unresolved::new(Obstacle::UnknownColumn, format!("column {} does not exist", element.name))
            })?,
        };
        value = self.settle(value)?;
        let mut collation = Form::Null;
        if value.form.is("collate")
            && let Form::Node(_, mut parts) = value.form.clone()
            && let (Some(inner), Some(name)) = (parts.pop(), parts.pop())
        {
            // an expression that only adds a collation is stored as the column with that collation
            collation = name;
            value = value.with(inner);
        }
        if !element.collation.is_empty() {
            collation = self.collation(&element.collation)?;
        }
        if collation == names(&["pg_catalog", "default"]) || self.is_own_collation(&value.form, &collation, relation) {
            collation = Form::Null;
        }
        let options = options(&element.opclassopts)?;
        let class = self.operator_class(&element.opclass, value.key, access_method, options.parts().is_empty())?;
        let (descending, nulls_first) = direction(element.ordering, element.nulls_ordering);
        Ok(Element { value, collation, class, options, descending, nulls_first })
    }

    fn is_own_collation(&self, form: &Form, collation: &Form, relation: Option<(&str, &str)>) -> bool {
        let Some((schema, name)) = relation else { return false };
        let (true, Some(column)) = (form.is("var"), form.part(2).text()) else { return false };
        let column = self.facts.relation(schema, name).and_then(|relation| relation.column(column));
        column
            .and_then(|column| column.collation.as_ref())
            .is_some_and(|(schema, name)| *collation == names(&[schema, name]))
    }

    fn operator_class(&mut self, given: &[Node], key: &str, access_method: &str, plain: bool) -> Resolved<Form> {
        if given.is_empty() {
            self.refer_to_default_class(access_method, key);
            return Ok(Form::Null);
        }
        let (schema, name) = qualified(given)?;
        let path = if schema.is_some() { vec![] } else { self.search() };
        let of_schema = |schema: &str| {
            let mut classes = self.facts.operator_classes(access_method);
            classes.find(|class| class.schema == schema && class.name == name)
        };
        let Some(class) = schema.into_iter().chain(path).find_map(of_schema) else {
            let message = format!("operator class {name} does not exist for access method {access_method}");
            return Err(Unresolved::new(Obstacle::UnknownOperatorClass, message));
        };
        let found = names(&[&*class.schema, &*class.name]);
        self.refer_to_class(class);
        let is_default = self
            .default_class(access_method, key)
            .is_some_and(|default| default.schema == class.schema && default.name == class.name);
        Ok(if plain && class.default && is_default { Form::Null } else { found })
    }

    /// Records that the default class of a type is used.
    pub fn refer_to_default_class(&mut self, access_method: &str, key: &str) {
        // PostgreSQL's own are no objects
        if !self.facts.model.operator_classes().is_empty()
            && let Some(class) = self.default_class(access_method, key)
        {
            self.refer_to_class(class);
        }
    }

    fn refer_to_class(&mut self, class: &OperatorClassFact) {
        self.refer(&class.schema, |schema| Reference::OperatorClass {
            schema,
            name: class.name.to_string(),
            method: class.access_method.to_string(),
        });
    }

    /// `GetDefaultOpClass`.
    fn default_class(&self, access_method: &str, key: &str) -> Option<&'a OperatorClassFact> {
        let base = self.facts.base_type(key);
        let defaults: Vec<&OperatorClassFact> =
            self.facts.operator_classes(access_method).filter(|class| class.default).collect();
        if let Some(exact) = defaults.iter().find(|class| class.input == base) {
            return Some(exact);
        }
        let relabels = |class: &&&OperatorClassFact| {
            self.pathway(&class.input, base, CastContext::Implicit) == Some(Pathway::Relabel)
        };
        let compatible: Vec<&OperatorClassFact> = defaults.iter().filter(relabels).copied().collect();
        let preferred = compatible.iter().find(|class| self.fact(&class.input).is_some_and(|fact| fact.preferred));
        if let Some(preferred) = preferred {
            return Some(preferred);
        }
        if let [only] = compatible.as_slice() {
            return Some(only);
        }
        let fact = self.fact(base)?;
        let generic = match fact.kind {
            _ if fact.category == 'A' && fact.element.is_some() => "anyarray",
            TypeKind::Enum => "anyenum",
            TypeKind::Range => "anyrange",
            TypeKind::Multirange => "anymultirange",
            TypeKind::Composite => "record",
            _ => return None,
        };
        defaults.iter().find(|class| class.input == generic).copied()
    }

    /// An exclusion constraint's element and its operator.
    pub fn exclusion_element(&mut self, item: &Node, relation: (&str, &str), access_method: &str) -> Resolved<Form> {
        let malformed = || Unresolved::unsupported("a malformed exclusion constraint");
        let NodeEnum::List(pair) = content(item)? else { return Err(malformed()) };
        let [element, operator] = pair.items.as_slice() else { return Err(malformed()) };
        let (NodeEnum::IndexElem(element), NodeEnum::List(operator)) = (content(element)?, content(operator)?) else {
            return Err(malformed());
        };
        let element = self.element(element, Some(relation), access_method)?;
        let (schema, name) = qualified(&operator.items)?;
        let key = element.value.key;
        let choice = self.choose(super::operator::Name { schema, name }, Some(key), key)?;
        let order = list(vec![Form::Flag(element.descending), Form::Flag(element.nulls_first)]);
        Ok(list(vec![element.form(), order, choice.id]))
    }
}

/// Storage or operator class options by name; the order does not matter.
///
/// # Errors
/// When a value is no literal.
pub fn options(nodes: &[Node]) -> Resolved<Form> {
    let mut out = vec![];
    for option in nodes {
        let NodeEnum::DefElem(option) = content(option)? else {
            return Err(Unresolved::unsupported("a malformed option"));
        };
        let value = match option.arg.as_deref().map(content).transpose()? {
            None => "true".to_owned(),
            Some(NodeEnum::Integer(value)) => value.ival.to_string(),
            Some(NodeEnum::Float(value)) => value.fval.clone(),
            Some(NodeEnum::String(value)) => value.sval.clone(),
            Some(NodeEnum::Boolean(value)) => value.boolval.to_string(),
            Some(NodeEnum::TypeName(name)) => qualified(&name.names)?.1.to_owned(),
            Some(_) => return Err(Unresolved::unsupported("an option with an unusual value")),
        };
        let value = match value.to_ascii_lowercase().as_str() {
            "on" | "yes" => "true".to_owned(),
            "off" | "no" => "false".to_owned(),
            other => other.to_owned(),
        };
        out.push(list(vec![atom(option.defnamespace.as_str()), atom(option.defname.as_str()), atom(value)]));
    }
    out.sort();
    Ok(list(out))
}
