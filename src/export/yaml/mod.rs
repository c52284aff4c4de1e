//! An export as YAML: what has a word there in its short form, all else as statements under `sql`.

use std::collections::{BTreeMap, BTreeSet};

use super::Item;
use crate::catalog::ObjectId;

mod attribute;
mod define;
mod table;
mod value;
mod words;

use value::Value;
use words::Words;

/// What editors read the schema from.
const HEAD: &str = "# yaml-language-server: $schema=./reconcile.schema.json\n";

/// A document that is being written.
#[derive(Default)]
struct Document {
    extensions: Value,
    schemas: Value,
    /// The kind of each object that has a map of its own: `tables`, `views`.
    sections: BTreeMap<ObjectId, Vec<String>>,
    statements: Vec<String>,
}

impl Default for Value {
    fn default() -> Self {
        Value::map()
    }
}

/// The statements as a document; `schema` is the path of the JSON Schema from the file.
pub fn text(items: &[&Item], schema: &str) -> String {
    let mut document = Document::default();
    // an object whose definition has no form of its own keeps everything about it in SQL
    let mut plain: BTreeSet<&ObjectId> = BTreeSet::new();
    for item in items {
        let written = !plain.contains(&item.home) && document.take(item);
        if !written {
            if item.objects.contains(&item.home) && !document.sections.contains_key(&item.home) {
                plain.insert(&item.home);
            }
            document.statements.push(item.sql.clone());
        }
    }
    let mut whole = Value::map();
    whole.put("reconcile", Value::Word("1"));
    for (key, value) in [("extensions", document.extensions), ("schemas", document.schemas)] {
        if value != Value::map() {
            whole.put(key, value);
        }
    }
    if !document.statements.is_empty() {
        whole.put("sql", Value::Blocks(document.statements));
    }
    let mut out = HEAD.replace("./reconcile.schema.json", schema);
    whole.write(0, &mut out);
    out
}

impl Document {
    /// Writes one statement; false when there is no word for it.
    fn take(&mut self, item: &Item) -> bool {
        let words = Words::of(&item.sql);
        match words.word(0) {
            "CREATE" => self.create(item, &words),
            "COMMENT" | "GRANT" | "ALTER" => self.add(item, &words).is_some(),
            _ => false,
        }
    }

    fn create(&mut self, item: &Item, words: &Words<'_>) -> bool {
        if item.objects.first() != Some(&item.home) {
            return self.belongs(item, words).is_some();
        }
        match define::object(item, words) {
            Some((path, value)) => {
                let (last, above) = match path.split_last() {
                    Some(split) => split,
                    None => return false,
                };
                let above: Vec<&str> = above.iter().map(String::as_str).collect();
                let (root, above) = match above.split_first() {
                    Some((&"extensions", rest)) => (&mut self.extensions, rest),
                    Some((_, rest)) => (&mut self.schemas, rest),
                    None => return false,
                };
                let parent = root.under(above);
                // a schema is there as soon as something in it is
                let done = parent.put(last, value) || path.len() == 2;
                if done {
                    self.sections.insert(item.home.clone(), path);
                }
                done
            }
            None => false,
        }
    }

    /// The map of the object at home.
    fn of_home(&mut self, item: &Item) -> Option<&mut Value> {
        let path = self.sections.get(&item.home)?;
        let (first, rest) = path.split_first()?;
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let root = if first == "extensions" { &mut self.extensions } else { &mut self.schemas };
        Some(root.under(&rest))
    }

    /// What stands inside of a table or a materialized view: indexes, triggers, partitions.
    fn belongs(&mut self, item: &Item, words: &Words<'_>) -> Option<()> {
        let (section, name, value) = table::inside(item, words)?;
        let home = self.of_home(item)?;
        let Value::Map(entries) = &*home else { return None };
        // only what has columns has a map for these
        if !entries.iter().any(|(key, _)| key == "columns" || key == "query" && section == "indexes") {
            return None;
        }
        home.under(&[section]).put(&name, value).then_some(())
    }

    fn add(&mut self, item: &Item, words: &Words<'_>) -> Option<()> {
        let about = item.objects.first()?.clone();
        let own = about == item.home;
        let home = self.of_home(item)?;
        attribute::add(home, &about, own, words)
    }
}
