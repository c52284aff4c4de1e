//! What the text of a body mentions: the order of creation follows it where it can.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::catalog::{Catalog, ObjectId};
use crate::load::syntax::parse_text;
use crate::objects::Kind;

/// Relations and functions that a body names, as far as the languages SQL and PL/pgSQL tell. `create` is the whole
/// CREATE statement, which the PL/pgSQL parser wants; unqualified names are looked up in `path`.
pub fn mentions(language: &str, text: &str, create: &str, path: &[String], catalog: &Catalog) -> BTreeSet<ObjectId> {
    let mut names = Names::default();
    match language {
        "sql" => _ = names.read(text),
        "plpgsql" => {
            if let Ok(tree) = pg_query::parse_plpgsql(create) {
                names.walk(&tree);
            }
        }
        _ => {}
    }
    let mut out = BTreeSet::new();
    for (parts, function) in &names.found {
        let (schemas, name) = match parts.rsplit_once('.') {
            Some((schema, name)) => (vec![schema], name),
            None => (path.iter().map(String::as_str).collect(), parts.as_str()),
        };
        for schema in schemas {
            if *function {
                let kinds = [Kind::Function, Kind::Procedure, Kind::Aggregate];
                out.extend(kinds.iter().flat_map(|kind| catalog.routines(*kind, schema, name)).cloned());
            } else {
                out.extend(catalog.relation(schema, name));
            }
        }
    }
    out
}

#[derive(Default)]
struct Names {
    /// Name, perhaps with a schema, and whether it is a function's.
    found: BTreeSet<(String, bool)>,
}

impl Names {
    fn read(&mut self, sql: &str) -> bool {
        let Ok(parsed) = parse_text(sql) else { return false };
        self.found.extend(parsed.tables().into_iter().map(|name| (name, false)));
        self.found.extend(parsed.functions().into_iter().map(|name| (name, true)));
        true
    }

    /// The statements and expressions in the tree of a PL/pgSQL body.
    fn walk(&mut self, tree: &Value) {
        match tree {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            Value::Object(fields) => {
                for (key, value) in fields {
                    match value {
                        Value::String(query) if key == "query" => self.query(query),
                        _ => self.walk(value),
                    }
                }
            }
            _ => {}
        }
    }

    /// A statement, an expression or an assignment.
    fn query(&mut self, query: &str) {
        let value = query.split_once(":=").map(|(_, value)| value);
        let known = self.read(query) || self.read(&format!("SELECT {query}"));
        if let (false, Some(value)) = (known, value) {
            self.read(&format!("SELECT {value}"));
        }
    }
}
