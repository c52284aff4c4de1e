//! Nothing in the system catalogs goes unseen: every column of every catalog is read, or is left out for a reason that
//! `tests/catalog/columns.tsv` gives. A new version of PostgreSQL fails here instead of losing what it brings.
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// `catalog.column` (or `catalog.*`), what is done about it, and where or why.
const LIST: &str = include_str!("catalog/columns.tsv");

const COLUMNS: &str = "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped";

fn list() -> BTreeMap<&'static str, (&'static str, &'static str)> {
    let mut out = BTreeMap::new();
    for line in LIST.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, how, rest] = fields[..] else { panic!("three fields: {line}") };
        assert!(matches!(how, "read" | "ignored"), "{line}");
        assert!(!rest.is_empty(), "a place or a reason: {line}");
        assert!(out.insert(name, (how, rest)).is_none(), "twice: {line}");
    }
    out
}

/// The catalog's own line, for all of its columns.
fn whole(column: &str) -> String {
    format!("{}.*", column.split('.').next().unwrap_or_default())
}

#[test]
fn every_column_of_the_catalogs_is_read_or_left_out_for_a_reason() {
    let list = list();
    let mut used = BTreeSet::new();
    for cluster in support::clusters() {
        let database = cluster.database("columns");
        let columns = database.psql(COLUMNS).unwrap();
        let mut missing = vec![];
        for column in columns.lines() {
            let all = whole(column);
            match list.get_key_value(column).or_else(|| list.get_key_value(all.as_str())) {
                Some((name, _)) => drop(used.insert(*name)),
                None => missing.push(column),
            }
        }
        assert!(missing.is_empty(), "PostgreSQL {} has columns that nobody knows: {missing:?}", cluster.major);
    }
    // with fewer versions than there are, a line may be about another one
    if support::clusters().len() == 5 {
        let stale: Vec<_> = list.keys().filter(|name| !used.contains(*name)).collect();
        assert!(stale.is_empty(), "no version has these: {stale:?}");
    }
}

#[test]
fn what_is_read_is_in_the_queries() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = vec![];
    for (name, (_, places)) in list().into_iter().filter(|(_, (how, _))| *how == "read") {
        for place in places.split(' ') {
            let column = name.rsplit('.').next().unwrap_or_default();
            let (query, word) = place.split_once(':').unwrap_or((place, column));
            let files = ["objects", "introspect"].map(|folder| root.join(folder).join(format!("{query}.sql")));
            let text = files.iter().find_map(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            if !text.split(|c| !is_word(c)).any(|found| found == word) {
                wrong.push(format!("{name}: {query}.sql has no {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
