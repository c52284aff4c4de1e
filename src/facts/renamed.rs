//! Facts under new names.

use super::fact::*;
use super::model::Model;
use crate::name::QualifiedName;
use crate::objects::Space;
use crate::renames::Renames;

impl Model {
    /// Gives relations, their columns, and types their new names, wherever they are named.
    pub fn rename(&mut self, renames: &Renames) {
        self.rename_types(renames);
        let relations: Vec<Relation> =
            self.store.relations.drain().flat_map(|(_, named)| named.into_values()).collect();
        for mut relation in relations {
            for column in &mut relation.columns {
                column.name = renames.column((&relation.schema, &relation.name), &column.name).into();
                rekey(&mut column.type_key, renames);
                column.collation.iter_mut().for_each(|names| recollate(names, renames));
            }
            if let Some((schema, name)) = renamed(renames, &relation.schema, &relation.name) {
                (relation.schema, relation.name) = (schema, name);
            }
            self.store.add(Fact::Relation(relation));
        }
        self.rename_collations(renames);
        self.rename_text_search(renames);
        let keys: Vec<_> = self.store.primary_keys.drain().collect();
        for (schema, named) in keys {
            for (relation, columns) in named {
                let columns = columns.iter().map(|name| renames.column((&schema, &relation), name)).collect();
                let (schema, relation) =
                    renamed(renames, &schema, &relation).unwrap_or_else(|| (schema.clone(), relation));
                self.set_primary_key(&schema, &relation, columns);
            }
        }
    }

    fn rename_collations(&mut self, renames: &Renames) {
        let collations: Vec<_> = self.store.collations.drain().collect();
        for (name, schemas) in collations {
            for schema in schemas {
                let mut names = (schema, name.clone());
                recollate(&mut names, renames);
                self.store.add(Fact::Collation(CollationFact { schema: names.0, name: names.1 }));
            }
        }
    }

    fn rename_text_search(&mut self, renames: &Renames) {
        for (what, schema, name) in std::mem::take(&mut self.store.text_search) {
            let space = if what == "regconfig" { Space::TsConfiguration } else { Space::TsDictionary };
            let mut name = QualifiedName::new(schema, name);
            renames.qualified(space, &mut name);
            self.store.text_search.insert((what, name.schema, name.name));
        }
    }

    fn rename_types(&mut self, renames: &Renames) {
        if renames.types().is_empty() {
            return;
        }
        let types: Vec<TypeFact> = self.store.types.drain().map(|(_, fact)| fact).collect();
        self.store.types_called.clear();
        for mut fact in types {
            if let Some(new) = renames.types().get(&*fact.key) {
                fact.key = new.key.clone().into();
                fact.schema = new.schema.clone().into();
                fact.name = new.name.clone().into();
            }
            let named = [
                &mut fact.element,
                &mut fact.fixed_element,
                &mut fact.array,
                &mut fact.base,
                &mut fact.subtype,
                &mut fact.range,
                &mut fact.multirange,
            ];
            named.into_iter().flatten().for_each(|key| rekey(key, renames));
            if let Some((schema, name)) = &fact.relation {
                // a composite type is no relation of its own kind, but its name is where its row type's is
                let own = || Some((fact.schema.clone(), fact.name.clone()));
                fact.relation = renamed(renames, schema, name).or_else(own);
            }
            self.store.add(Fact::Type(fact));
        }
    }
}

fn rekey(key: &mut Text, renames: &Renames) {
    if let Some(new) = renames.type_key(key) {
        *key = new.to_string().into();
    }
}

/// Gives a collation its new schema and name.
fn recollate(names: &mut (Text, Text), renames: &Renames) {
    let mut name = QualifiedName::new(names.0.clone(), names.1.clone());
    renames.qualified(Space::Collation, &mut name);
    *names = (name.schema.into(), name.name.into());
}

fn renamed(renames: &Renames, schema: &str, name: &str) -> Option<(Text, Text)> {
    let old = [schema.to_string(), name.to_string()];
    let spaces = [Space::Relation, Space::Type];
    let new = spaces.into_iter().find_map(|space| renames.names(space, &old))?;
    let [schema, name]: [String; 2] = new.try_into().ok()?;
    Some((schema.into(), name.into()))
}
