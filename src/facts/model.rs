//! The facts of one catalog beyond the system's own: user objects and extension members.

use super::fact::*;
use super::store::Store;
use super::system::{System, extension};

/// A type to be added to a [`Model`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewType {
    /// An enum with its labels in order.
    Enum(Vec<String>),
    /// A domain.
    Domain {
        /// Key of the type below; add that one first.
        base: String,
        /// Modifier put on it, or -1.
        typmod: i32,
        /// NOT NULL.
        not_null: bool,
        /// Schema and name of the collation; `None` takes the base type's.
        collation: Option<(String, String)>,
    },
    /// A composite type with its attributes.
    Composite(Vec<ColumnFact>),
    /// A range over a subtype.
    Range {
        /// Key of the subtype.
        subtype: String,
        /// Schema and name of the multirange type; `None` derives it as PostgreSQL does.
        multirange: Option<(String, String)>,
    },
    /// A base type.
    Base(NewBase),
}

/// What a base type is, beside its name; a shell is nothing more than that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBase {
    /// `typcategory`.
    pub category: char,
    /// `typispreferred`.
    pub preferred: bool,
    /// Whether it has the default collation.
    pub collatable: bool,
    /// Whether it takes modifiers.
    pub modifiers: bool,
    /// Key of the element type of a type of fixed length that can be subscripted.
    pub element: Option<String>,
    /// How values are stored.
    pub layout: Option<Layout>,
}

impl Default for NewBase {
    fn default() -> Self {
        Self { category: 'U', preferred: false, collatable: false, modifiers: false, element: None, layout: None }
    }
}

/// User objects and extension members of one catalog. A type is added before the domains over it; the order of
/// everything else is free. Looked up through [`super::Facts`].
#[derive(Debug, Clone)]
pub struct Model {
    pub(super) store: Store,
    system: &'static System,
}

impl Model {
    /// A model without any object, over the system facts of one major version.
    pub fn new(system: &'static System) -> Self {
        Self { store: Store::default(), system }
    }

    /// Adds a type with its array type (`_name`, with further underscores when taken), its relation when it is
    /// composite, and its multirange when it is a range. Returns the key.
    pub fn add_type(&mut self, schema: &str, name: &str, new: NewType) -> String {
        let mut fact = blank(schema, name);
        match new {
            NewType::Enum(labels) => {
                fact.kind = TypeKind::Enum;
                fact.category = 'E';
                fact.labels = labels.into_iter().map(Text::from).collect();
            }
            NewType::Domain { base, typmod, not_null, collation } => {
                let below = self.known(&base);
                fact.kind = TypeKind::Domain;
                fact.category = below.map_or('U', |base| base.category);
                fact.collation = match collation {
                    Some((schema, name)) => Some((schema.into(), name.into())),
                    None => below.and_then(|base| base.collation.clone()),
                };
                fact.base = Some(base.into());
                fact.typmod = typmod;
                fact.not_null = not_null;
            }
            NewType::Composite(columns) => return self.add_relation(schema, name, 'c', columns),
            NewType::Range { subtype, multirange } => {
                let (of, called) = multirange.unwrap_or_else(|| (schema.to_owned(), multirange_name(name)));
                fact.kind = TypeKind::Range;
                fact.category = 'R';
                fact.subtype = Some(subtype.into());
                fact.multirange = Some(type_key(&of, &called).into());
                let mut multi = blank(&of, &called);
                multi.kind = TypeKind::Multirange;
                multi.category = 'R';
                multi.range = Some(fact.key.clone());
                self.add_with_array(multi);
            }
            NewType::Base(base) => {
                fact.category = base.category;
                fact.preferred = base.preferred;
                fact.collation = base.collatable.then(|| (own("pg_catalog"), own("default")));
                fact.modifiers = base.modifiers;
                fact.fixed_element = base.element.map(Text::from);
                fact.layout = base.layout;
            }
        }
        self.add_with_array(fact)
    }

    /// Adds a relation (kinds as in `relkind`) with its row type and that one's array type; sequences and indexes
    /// have no row type that can be named, so they only get the relation. Returns the key of the row type.
    pub fn add_relation(&mut self, schema: &str, name: &str, kind: char, columns: Vec<ColumnFact>) -> String {
        let key = type_key(schema, name);
        let relation = Relation { schema: own(schema), name: own(name), kind, columns };
        self.store.add(Fact::Relation(relation));
        if matches!(kind, 'r' | 'p' | 'v' | 'm' | 'f' | 'c') {
            self.add_row_type(schema, name);
        }
        key
    }

    /// Adds the row type of a relation whose columns are not known yet, with its array type.
    pub fn add_row_type(&mut self, schema: &str, name: &str) {
        let mut fact = blank(schema, name);
        fact.kind = TypeKind::Composite;
        fact.category = 'C';
        fact.relation = Some((own(schema), own(name)));
        self.add_with_array(fact);
    }

    /// Adds a function, procedure or aggregate.
    pub fn add_function(&mut self, fact: FunctionFact) {
        self.store.add(Fact::Function(fact));
    }

    /// Adds an operator.
    pub fn add_operator(&mut self, fact: OperatorFact) {
        self.store.add(Fact::Operator(fact));
    }

    /// Adds a cast, or replaces the one between the same types.
    pub fn add_cast(&mut self, fact: CastFact) {
        self.store.add(Fact::Cast(fact));
    }

    /// Whether the cast between these types is one of this catalog.
    pub fn has_cast(&self, source: &str, target: &str) -> bool {
        self.store.casts.get(source).is_some_and(|targets| targets.contains_key(target))
    }

    /// The operator classes of this catalog.
    pub fn operator_classes(&self) -> &[OperatorClassFact] {
        &self.store.operator_classes
    }

    /// The casts of this catalog.
    pub fn casts(&self) -> impl Iterator<Item = &CastFact> {
        self.store.casts.values().flat_map(|targets| targets.values())
    }

    /// Adds an operator class.
    pub fn add_operator_class(&mut self, fact: OperatorClassFact) {
        self.store.add(Fact::OperatorClass(fact));
    }

    /// Adds a collation.
    pub fn add_collation(&mut self, schema: &str, name: &str) {
        self.store.add(Fact::Collation(CollationFact { schema: own(schema), name: own(name) }));
    }

    /// Adds a text search configuration (`regconfig`) or dictionary (`regdictionary`).
    pub fn add_text_search(&mut self, what: &'static str, schema: &str, name: &str) {
        self.store.text_search.insert((what, schema.to_owned(), name.to_owned()));
    }

    /// Says which columns the primary key of a relation has, in key order.
    pub fn set_primary_key(&mut self, schema: &str, relation: &str, columns: Vec<String>) {
        let columns = columns.into_iter().map(Text::from).collect();
        self.store.primary_keys.entry(own(schema)).or_default().insert(own(relation), columns);
    }

    /// Adds any fact as it is, for example what [`super::extension_member`] returned; nothing is derived.
    pub fn add_fact(&mut self, fact: Fact) {
        self.store.add(fact);
    }

    /// Adds the members of a contrib extension installed in `schema`. False, and nothing added, when this program
    /// does not know the extension for this major version.
    pub fn add_extension(&mut self, name: &str, schema: &str) -> bool {
        let Some(facts) = extension(self.system.major(), name, schema) else { return false };
        facts.into_iter().for_each(|fact| self.store.add(fact));
        true
    }

    fn known(&self, key: &str) -> Option<&TypeFact> {
        self.store.types.get(key).or_else(|| self.system.store.types.get(key))
    }

    /// Adds the type and the array over it. An array type that has the name moves away, as in PostgreSQL.
    fn add_with_array(&mut self, mut fact: TypeFact) -> String {
        let key = fact.key.clone();
        self.move_array_away(&key);
        // a type that is told again keeps its array type
        let told = self.store.types.get(&key).and_then(|known| self.store.types.get(known.array.as_ref()?));
        let name = match told {
            Some(array) => array.name.to_string(),
            None => self.array_name(&fact.schema, &fact.name),
        };
        let mut array = blank(&fact.schema, &name);
        array.category = 'A';
        array.collation = fact.collation.clone();
        array.modifiers = fact.modifiers;
        array.element = Some(key.clone());
        fact.array = Some(array.key.clone());
        self.store.add(Fact::Type(fact));
        self.store.add(Fact::Type(array));
        key.into_owned()
    }

    fn move_array_away(&mut self, key: &str) {
        if !self.store.types.get(key).is_some_and(|fact| fact.category == 'A' && fact.element.is_some()) {
            return;
        }
        let Some(mut array) = self.store.types.remove(key) else { return };
        if let Some(called) = self.store.types_called.get_mut(&array.name) {
            called.retain(|(_, other)| *other != array.key);
        }
        array.name = self.array_name(&array.schema, &array.name).into();
        array.key = type_key(&array.schema, &array.name).into();
        let element = array.element.as_ref().and_then(|element| self.store.types.get_mut(element));
        if let Some(element) = element {
            element.array = Some(array.key.clone());
        }
        self.store.add(Fact::Type(array));
    }

    /// `makeArrayTypeName`: one underscore in front, cut to 63 bytes; then numbers, as `ChooseRelationName` does.
    fn array_name(&self, schema: &str, name: &str) -> String {
        self.free_name(schema, &format!("_{}", cut(name, 62)))
    }

    fn free_name(&self, schema: &str, wanted: &str) -> String {
        let taken = |name: &str| self.known(&type_key(schema, name)).is_some();
        let mut name = wanted.to_owned();
        let mut pass = 0;
        while taken(&name) {
            pass += 1;
            let suffix = format!("_{pass}");
            name = format!("{}{suffix}", cut(wanted, 63 - suffix.len()));
        }
        name
    }
}

/// `makeMultirangeTypeName`: the first `range` becomes `multirange`, else `_multirange` is appended.
pub fn multirange_name(range: &str) -> String {
    match range.find("range") {
        Some(at) => cut(&format!("{}multi{}", &range[..at], &range[at..]), 63).to_owned(),
        None => format!("{}_multirange", cut(range, 63 - "_multirange".len())),
    }
}

/// At most `length` bytes, without splitting a character.
fn cut(text: &str, length: usize) -> &str {
    let mut end = length.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn own(text: &str) -> Text {
    Text::Owned(text.to_owned())
}

/// A base type about which nothing is known but its name.
pub(super) fn blank(schema: &str, name: &str) -> TypeFact {
    TypeFact {
        key: type_key(schema, name).into(),
        schema: own(schema),
        name: own(name),
        kind: TypeKind::Base,
        category: 'U',
        preferred: false,
        element: None,
        fixed_element: None,
        array: None,
        base: None,
        typmod: -1,
        not_null: false,
        relation: None,
        collation: None,
        labels: vec![],
        subtype: None,
        range: None,
        multirange: None,
        modifiers: false,
        layout: None,
    }
}
