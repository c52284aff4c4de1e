//! What is called otherwise in one state than in another: old names to new ones, for identities, types, labels and
//! normal forms alike.

use std::collections::BTreeMap;

use crate::catalog::ObjectId;
use crate::facts::{Facts, type_key};
use crate::load::reader::Type;
use crate::name::{QualifiedName, dotted};
use crate::objects::Space;

/// A type under its new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// See [`Facts`].
    pub key: String,
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
}

/// Old names to new ones. What lies in something renamed need not be named itself.
#[derive(Clone, Debug, Default)]
pub struct Renames {
    slots: BTreeMap<(Space, Vec<String>), Vec<String>>,
    types: BTreeMap<String, TypeName>,
    labels: BTreeMap<(String, String), String>,
    facts: Option<Facts>,
}

impl Renames {
    /// Whether nothing is renamed.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.labels.is_empty()
    }

    /// What has the names `old` in a space is called `new`.
    pub fn add(&mut self, space: Space, old: Vec<String>, new: Vec<String>) {
        self.slots.insert((space, old), new);
    }

    /// A label of the enum type under a key has another name.
    pub fn add_label(&mut self, key: &str, old: &str, new: &str) {
        self.labels.insert((key.into(), old.into()), new.into());
    }

    /// The new names of what has these names in a space; `None` when they stay.
    pub fn names(&self, space: Space, old: &[String]) -> Option<Vec<String>> {
        let same_names: &[Space] = match space {
            Space::SequenceOwner | Space::Partition => &[Space::Relation],
            Space::Default | Space::IdentitySequence => &[Space::Column],
            _ => &[],
        };
        let own = std::iter::once(&space).chain(same_names);
        if let Some(new) = own.filter_map(|space| self.slots.get(&(*space, old.to_vec()))).next() {
            return Some(new.clone());
        }
        if let (Space::PublicationRelation, [publication, schema, name]) = (space, old) {
            return self.relation(schema, name).map(|(schema, name)| vec![publication.clone(), schema, name]);
        }
        if let (Space::DefaultAcl, [schema, role, sort]) = (space, old) {
            let new = self.names(Space::Schema, std::slice::from_ref(schema))?;
            return Some([&new[..], &[role.clone(), sort.clone()]].concat());
        }
        let (name, parent) = old.split_last()?;
        let above: &[Space] = match (space, parent.len()) {
            (Space::Schema | Space::Extension | Space::Unmanaged, _) | (_, 0) => return None,
            (Space::UserMapping, _) => &[Space::Server],
            (_, 1) => &[Space::Schema],
            (Space::DomainConstraint, _) => &[Space::Type],
            _ => &[Space::Relation, Space::Type],
        };
        let mut new = above.iter().find_map(|space| self.names(*space, parent))?;
        new.push(name.clone());
        Some(new)
    }

    /// The new identity of an object.
    pub fn id(&self, old: &ObjectId) -> ObjectId {
        let argument = |text: &String| match old.kind.space() {
            // those of a transform are its language
            Space::Transform => self.names(Space::Language, std::slice::from_ref(text)).and_then(|mut new| new.pop()),
            _ => Some(self.argument(text)),
        };
        let arguments = old.arguments.iter().map(|text| argument(text).unwrap_or_else(|| text.clone())).collect();
        let names = match old.kind.space() {
            // called after its types
            Space::Cast | Space::Transform => old.names.iter().map(|text| self.argument(text)).collect(),
            space => self.names(space, &old.names).map_or_else(|| old.names.clone(), Into::into),
        };
        ObjectId { kind: old.kind, names, arguments }
    }

    /// The type of an argument, as SQL, under its new name.
    fn argument(&self, text: &str) -> String {
        let base = text.trim_end_matches("[]");
        let plain = |part: &str| match part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => part.to_string(),
        };
        let renamed =
            base.split_once('.').and_then(|(schema, name)| self.names(Space::Type, &[plain(schema), plain(name)]));
        renamed.map_or_else(|| text.to_string(), |names| format!("{}{}", dotted(&names), &text[base.len()..]))
    }

    /// The new schema and name of a relation.
    pub fn relation(&self, schema: &str, name: &str) -> Option<(String, String)> {
        let new = self.names(Space::Relation, &[schema.to_string(), name.to_string()])?;
        let [schema, name] = new.try_into().ok()?;
        Some((schema, name))
    }

    /// The new name of a column of a relation, both under their old names.
    pub fn column(&self, (schema, relation): (&str, &str), name: &str) -> String {
        let old = [schema.to_string(), relation.to_string(), name.to_string()];
        self.slots.get(&(Space::Column, old.to_vec())).and_then(|new| new.last()).map_or(name, String::as_str).into()
    }

    /// Gives the columns of a relation (under its old names) their new names.
    pub fn columns(&self, relation: (&str, &str), names: &mut [String]) {
        for name in names {
            *name = self.column(relation, name);
        }
    }

    /// Gives a relation or type its new name.
    pub fn qualified(&self, space: Space, name: &mut QualifiedName) {
        if let Some([schema, own]) = self
            .names(space, &[name.schema.clone(), name.name.clone()])
            .and_then(|new| <[String; 2]>::try_from(new).ok())
        {
            *name = QualifiedName { schema, name: own };
        }
    }

    /// Gives something that lies in no schema its new name.
    pub fn single(&self, space: Space, name: &mut String) {
        if let Some(new) = self.names(space, std::slice::from_ref(name)).and_then(|mut new| new.pop()) {
            *name = new;
        }
    }

    /// The new key of a type.
    pub fn type_key(&self, key: &str) -> Option<&str> {
        self.types.get(key).map(|new| new.key.as_str())
    }

    /// The new name of a label of an enum type under its old key.
    pub fn label(&self, key: &str, label: &str) -> Option<&str> {
        self.labels.get(&(key.to_string(), label.to_string())).map(String::as_str)
    }

    /// The types that have another name, by their old keys.
    pub fn types(&self) -> &BTreeMap<String, TypeName> {
        &self.types
    }

    /// Gives a type in use its new name.
    pub fn retype(&self, data_type: &mut Type) {
        if let (Some(key), Some(facts)) = (self.type_key(&data_type.key), &self.facts) {
            *data_type = Type::of(facts, key, data_type.typmod);
        }
    }

    /// Works out the names of types and of the arrays over them. `ids` are the old names of all types, `before` and
    /// `after` the facts of both states. Gives `before` with its new names.
    pub fn settle_types(&mut self, ids: &[Vec<String>], before: &Facts, after: &Facts) -> Facts {
        for old in ids {
            let (Some(new), [schema, name]) = (self.names(Space::Type, old), old.as_slice()) else { continue };
            let [new_schema, new_name] = new.as_slice() else { continue };
            let key = type_key(schema, name);
            let new_key = type_key(new_schema, new_name);
            if let Some(array) = before.array_of(&key) {
                let known = after.array_of(&new_key).and_then(|key| after.type_named(key));
                let name = known.map_or_else(
                    || format!("_{}", crate::name::clip(new_name, crate::name::MAX_BYTES - 1)),
                    |fact| fact.name.to_string(),
                );
                let new = TypeName { key: type_key(new_schema, &name), schema: new_schema.clone(), name };
                self.types.insert(array.to_string(), new);
            }
            let new = TypeName { key: new_key, schema: new_schema.clone(), name: new_name.clone() };
            self.types.insert(key, new);
        }
        let mut facts = before.clone();
        facts.model.rename(self);
        self.facts = Some(facts.clone());
        facts
    }
}
