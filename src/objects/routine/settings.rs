//! `SET parameter = value` of a routine (`proconfig`).

use std::collections::BTreeMap;

use pg_query::NodeEnum;
use pg_query::protobuf::{VariableSetKind, VariableSetStmt};
use serde::{Serialize, Serializer};

use crate::error::Result;
use crate::load::reader::Reader;
use crate::name::{literal, quote};
use crate::objects::options;

/// Parameters that hold lists of quoted names (`GUC_LIST_QUOTE`).
const LISTS: &[&str] = &[
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// Names in lower case with the elements of their values; only lists have more than one. In the order of
/// declaration, which means nothing but is what pg_dump prints.
#[derive(Clone, Debug, Default)]
pub struct Settings(Vec<(String, Vec<String>)>);

impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        self.sorted() == other.sorted()
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.sorted().serialize(serializer)
    }
}

impl Settings {
    /// From `proconfig`: `name=value` each.
    pub fn from_catalog(items: Option<Vec<String>>) -> Self {
        let mut out = Self::default();
        for item in items.unwrap_or_default() {
            let (name, value) = item.split_once('=').unwrap_or((&item, ""));
            let name = name.to_lowercase();
            let value = if LISTS.contains(&name.as_str()) { elements(value) } else { vec![value.to_string()] };
            out.put(name, value);
        }
        out
    }

    /// Takes a SET or RESET clause. Errors: FROM CURRENT, which means another value for everyone who plans.
    pub fn read(&mut self, set: &VariableSetStmt, reader: &Reader) -> Result<()> {
        let name = set.name.to_lowercase();
        match VariableSetKind::try_from(set.kind).unwrap_or(VariableSetKind::Undefined) {
            VariableSetKind::VarSetValue => {
                let values: Vec<String> = set.args.iter().map(value).collect();
                let list = LISTS.contains(&name.as_str());
                self.put(name, if list { values } else { vec![values.join(", ")] });
            }
            VariableSetKind::VarSetDefault | VariableSetKind::VarReset => self.0.retain(|(other, _)| *other != name),
            VariableSetKind::VarResetAll => self.0.clear(),
            _ => {
                return Err(reader
                    .wrong(set.location, "FROM CURRENT is not allowed in a desired state")
                    .hint("write the value"));
            }
        }
        Ok(())
    }

    /// The SET clauses, one line each.
    pub fn sql(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(name, values)| {
            let name = name.split('.').map(quote).collect::<Vec<_>>().join(".");
            let values = values.iter().map(|value| literal(value)).collect::<Vec<_>>().join(", ");
            format!("SET {name} TO {}", if values.is_empty() { "''" } else { &values })
        })
    }

    /// The schemas of a search_path that is set.
    pub fn search_path(&self) -> &[String] {
        self.0.iter().find(|(name, _)| name == "search_path").map_or(&[], |(_, schemas)| schemas)
    }

    fn put(&mut self, name: String, values: Vec<String>) {
        match self.0.iter_mut().find(|(other, _)| *other == name) {
            Some(known) => known.1 = values,
            None => self.0.push((name, values)),
        }
    }

    fn sorted(&self) -> BTreeMap<&str, &[String]> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect()
    }
}

fn value(node: &pg_query::Node) -> String {
    match node.node.as_ref() {
        Some(NodeEnum::TypeCast(cast)) => options::value(cast.arg.as_deref()),
        _ => options::value(Some(node)),
    }
}

/// Splits a list of names as `SplitGUCList` does, and takes the quotes away.
fn elements(list: &str) -> Vec<String> {
    let mut out = vec![];
    let mut element = String::new();
    let mut characters = list.chars().peekable();
    let mut quoted = false;
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                element.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(std::mem::take(&mut element)),
            ' ' if !quoted => {}
            other => element.push(other),
        }
    }
    out.push(element);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_and_other_values_are_not() {
        let items = vec!["search_path=app, \"A, \"\"b\", pg_temp".to_string(), "DateStyle=iso, mdy".to_string()];
        let settings = Settings::from_catalog(Some(items));
        let lines: Vec<String> = settings.sql().collect();
        assert_eq!(lines, ["SET search_path TO 'app', 'A, \"b', 'pg_temp'", "SET datestyle TO 'iso, mdy'"]);
        assert_eq!(Settings::from_catalog(Some(vec!["search_path=\"\"".into()])).search_path(), [""]);
    }
}
