//! Comments, grants, owners and switches of objects that have a map.

use super::define::text;
use super::value::Value;
use super::words::{Words, bare};
use crate::catalog::ObjectId;

/// Writes what a statement adds to an object; `None` when there is no word for it.
pub fn add(home: &mut Value, about: &ObjectId, own: bool, words: &Words<'_>) -> Option<()> {
    match (words.word(0), own) {
        ("COMMENT", true) => {
            let comment = text(words.word(words.len() - 1))?;
            home.put_first("comment", Value::Text(comment)).then_some(())
        }
        ("GRANT", true) => grant(home, words),
        ("ALTER", true) if words.find(0, "OWNER") == words.len().checked_sub(3) => {
            let owner = bare(words.word(words.len() - 1));
            home.put_first("owner", Value::Text(owner)).then_some(())
        }
        ("ALTER", true) if words.word(1) == "TABLE" => switch(home, words),
        ("ALTER", false) if words.word(1) == "TABLE" => late_foreign_key(home, about, words),
        _ => None,
    }
}

fn grant(home: &mut Value, words: &Words<'_>) -> Option<()> {
    let (on, to) = (words.find(1, "ON")?, words.find(1, "TO")?);
    if to + 2 != words.len() {
        return None;
    }
    let privileges: Vec<String> = words.text(1..on).split(", ").map(str::to_lowercase).collect();
    if privileges.iter().any(|it| it.contains(['(', '"'])) {
        return None;
    }
    let word = words.word(to + 1);
    let role = if word == "PUBLIC" { "public".to_string() } else { bare(word) };
    if role == "public" && word != "PUBLIC" {
        return None;
    }
    home.under(&["grants"]).put(&role, Value::List(privileges)).then_some(())
}

fn switch(home: &mut Value, words: &Words<'_>) -> Option<()> {
    let at = words.behind_name(2);
    if at + 4 != words.len() || !words.says(at + 1, &["ROW", "LEVEL", "SECURITY"]) {
        return None;
    }
    match words.word(at) {
        "ENABLE" => home.put("row_security", Value::Text("enabled".into())).then_some(()),
        _ => None,
    }
}

/// A foreign key that could not stand in its table, since the other one came later.
fn late_foreign_key(home: &mut Value, about: &ObjectId, words: &Words<'_>) -> Option<()> {
    let at = words.behind_name(2);
    if !words.says(at, &["ADD", "CONSTRAINT"]) || words.word(at + 3) != "FOREIGN" {
        return None;
    }
    let sql = words.text(at + 5..words.len()).to_string();
    home.under(&["foreign_keys"]).put(about.name(), Value::Text(sql)).then_some(())
}
