//! What PostgreSQL's own catalog and the schema model say about types, functions, operators, casts, relations,
//! operator classes and collations.
//!
//! [`Facts`] joins the static facts of one major version, which are shipped with the program, and a [`Model`] of the
//! user's objects. Types are known by a key: the bare name in pg_catalog (`int4`, `_int4`), else `schema.name`.

mod fact;
mod layout;
mod live;
mod model;
mod modifier;
mod quote;
mod record;
mod renamed;
mod store;
mod system;
mod typename;

pub use fact::*;
pub use live::{EXTENSION_MEMBERS, extension_member};
pub use model::{Model, NewBase, NewType, multirange_name};
pub use system::{MAJORS, System};
pub use typename::{Modifier, TypeError, TypeRef};

/// Everything known about one catalog. Where both know a key, the model wins over the system.
#[derive(Debug, Clone)]
pub struct Facts {
    system: &'static System,
    /// User objects and extension members.
    pub model: Model,
}

impl Facts {
    /// The system facts of a major version and an empty model.
    pub fn new(major: u16) -> Self {
        let system = System::of(major);
        Self { system, model: Model::new(system) }
    }

    /// The major version the facts are about.
    pub fn major(&self) -> u16 {
        self.system.major()
    }

    /// The type of that key.
    pub fn type_named(&self, key: &str) -> Option<&TypeFact> {
        self.model.store.types.get(key).or_else(|| self.system.store.types.get(key))
    }

    /// Schema and key of every type with that name in any schema.
    pub fn types_called(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        let stores = [&self.system.store, &self.model.store].into_iter();
        let found = stores.filter_map(move |store| store.types_called.get(name)).flatten();
        found.map(|(schema, key)| (&**schema, &**key))
    }

    /// All types, the system's first, in no order within each.
    pub fn types(&self) -> impl Iterator<Item = &TypeFact> {
        self.system.store.types.values().chain(self.model.store.types.values())
    }

    /// Functions, procedures and aggregates with that name in any schema.
    pub fn functions(&self, name: &str) -> impl Iterator<Item = &FunctionFact> {
        let stores = [&self.system.store, &self.model.store].into_iter();
        stores.filter_map(move |store| store.functions.get(name)).flatten()
    }

    /// Operators with that name in any schema.
    pub fn operators(&self, name: &str) -> impl Iterator<Item = &OperatorFact> {
        let stores = [&self.system.store, &self.model.store].into_iter();
        stores.filter_map(move |store| store.operators.get(name)).flatten()
    }

    /// The cast in `pg_cast` from one type to another; domains are not looked through.
    pub fn cast(&self, source: &str, target: &str) -> Option<&CastFact> {
        let stores = [&self.model.store, &self.system.store].into_iter();
        stores.filter_map(|store| store.casts.get(source)?.get(target)).next()
    }

    /// The relation of that schema and name.
    pub fn relation(&self, schema: &str, name: &str) -> Option<&Relation> {
        let stores = [&self.model.store, &self.system.store].into_iter();
        stores.filter_map(|store| store.relations.get(schema)?.get(name)).next()
    }

    /// Operator classes of an access method, in all schemas.
    pub fn operator_classes(&self, access_method: &str) -> impl Iterator<Item = &OperatorClassFact> {
        let all = self.system.store.operator_classes.iter().chain(&self.model.store.operator_classes);
        all.filter(move |class| class.access_method == access_method)
    }

    /// The schemas that have a collation of that name.
    pub fn collation_schemas(&self, name: &str) -> impl Iterator<Item = &str> {
        let stores = [&self.system.store, &self.model.store].into_iter();
        stores.filter_map(move |store| store.collations.get(name)).flatten().map(|schema| &**schema)
    }

    /// Whether there is such a text search configuration (`regconfig`) or dictionary (`regdictionary`).
    pub fn has_text_search(&self, what: &'static str, schema: &str, name: &str) -> bool {
        self.model.store.text_search.contains(&(what, schema.to_owned(), name.to_owned()))
    }

    /// Columns of the primary key, in key order.
    pub fn primary_key(&self, schema: &str, relation: &str) -> Option<&[Text]> {
        self.model.store.primary_keys.get(schema)?.get(relation).map(Vec::as_slice)
    }

    /// The type below all domains, and the modifier that the outermost domain with one puts on it (-1 for none).
    pub fn base<'a>(&'a self, key: &'a str) -> (&'a str, i32) {
        let (mut key, mut typmod) = (key, -1);
        // a wrong model could have a domain over itself
        for _ in 0..64 {
            let Some(TypeFact { base: Some(below), typmod: own, .. }) = self.type_named(key) else { break };
            if typmod == -1 {
                typmod = *own;
            }
            key = below;
        }
        (key, typmod)
    }

    /// The type below all domains.
    pub fn base_type<'a>(&'a self, key: &'a str) -> &'a str {
        self.base(key).0
    }

    /// `typcategory`; `X` when the type is not known.
    pub fn category(&self, key: &str) -> char {
        self.type_named(key).map_or('X', |fact| fact.category)
    }

    /// Whether the type is preferred in that category.
    pub fn is_preferred(&self, category: char, key: &str) -> bool {
        self.type_named(key).is_some_and(|fact| fact.category == category && fact.preferred)
    }

    /// Element type of an array type, also below a domain.
    pub fn element_of(&self, key: &str) -> Option<&str> {
        // the key may live shorter than the answer, so the base is not taken through `base_type`
        let mut fact = self.type_named(key)?;
        for _ in 0..64 {
            let Some(below) = &fact.base else { break };
            fact = self.type_named(below)?;
        }
        fact.element.as_deref()
    }

    /// The array type over a type.
    pub fn array_of(&self, key: &str) -> Option<&str> {
        self.type_named(key)?.array.as_deref()
    }

    /// Whether the type is composite, or a domain over a composite type.
    pub fn is_composite(&self, key: &str) -> bool {
        self.type_named(self.base_type(key)).is_some_and(|fact| fact.kind == TypeKind::Composite)
    }

    /// The relation whose row type this is, also below a domain.
    pub fn relation_of_type(&self, key: &str) -> Option<&Relation> {
        let (schema, name) = self.type_named(self.base_type(key))?.relation.as_ref()?;
        self.relation(schema, name)
    }

    /// Adds the members of a contrib extension to the model; see [`Model::add_extension`].
    pub fn add_extension(&mut self, name: &str, schema: &str) -> bool {
        self.model.add_extension(name, schema)
    }
}
