//! The statements that make objects with a map of their own.

use super::super::Item;
use super::table;
use super::value::Value;
use super::words::{Words, bare};
use crate::objects::Space;

/// Where the map of an object stands, and what it holds; `None` when YAML has no form for the statement.
pub fn object(item: &Item, words: &Words<'_>) -> Option<(Vec<String>, Value)> {
    let id = &item.home;
    let name = id.names.last()?.clone();
    let path = |section: &str, key: String| -> Option<Vec<String>> {
        Some(vec!["schemas".into(), id.names.first()?.clone(), section.into(), key])
    };
    match words.word(1) {
        "SCHEMA" if words.len() == 3 => Some((vec!["schemas".into(), name], Value::map())),
        "EXTENSION" => Some((vec!["extensions".into(), name], extension(words)?)),
        "TABLE" => Some((path("tables", name)?, table::table(item, words)?)),
        "VIEW" => Some((path("views", name)?, query(words, 2)?)),
        "MATERIALIZED" => Some((path("materialized_views", name)?, query(words, 3)?)),
        "TYPE" => Some((path("types", name)?, enum_type(words)?)),
        "FUNCTION" | "PROCEDURE" if id.kind.space() == Space::Routine => {
            let (arguments, value) = routine(words)?;
            let section = if words.word(1) == "FUNCTION" { "functions" } else { "procedures" };
            Some((path(section, format!("{name}({arguments})"))?, value))
        }
        _ => None,
    }
}

fn extension(words: &Words<'_>) -> Option<Value> {
    let mut out = Value::map();
    let mut at = 3;
    while at < words.len() {
        if words.says(at, &["WITH", "SCHEMA"]) {
            out.put("schema", Value::Text(bare(words.word(at + 2))));
            at += 3;
        } else if words.says(at, &["VERSION"]) {
            out.put("version", Value::Text(text(words.word(at + 1))?));
            at += 2;
        } else {
            return None;
        }
    }
    Some(out)
}

/// What a plain literal says.
pub fn text(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'"))
}

fn query(words: &Words<'_>, name: usize) -> Option<Value> {
    let at = words.behind_name(name);
    if words.word(at) != "AS" || words.says(words.len().checked_sub(3)?, &["WITH", "NO", "DATA"]) {
        return None;
    }
    if words.says(words.len().checked_sub(2)?, &["CHECK", "OPTION"]) {
        return None;
    }
    let mut out = Value::map();
    out.put("query", Value::Text(words.text(at + 1..words.len()).to_string()));
    Some(out)
}

fn enum_type(words: &Words<'_>) -> Option<Value> {
    let at = words.behind_name(2);
    if !words.says(at, &["AS", "ENUM"]) {
        return None;
    }
    let labels: Option<Vec<String>> = words.items(at + 2)?.into_iter().map(text).collect();
    let mut out = Value::map();
    out.put("enum", Value::List(labels?));
    Some(out)
}

/// The arguments and the map of a routine whose clauses are of the common sort.
fn routine(words: &Words<'_>) -> Option<(String, Value)> {
    let open = words.behind_name(2);
    if words.word(open) != "(" {
        return None;
    }
    let close = words.close(open)?;
    let arguments = words.text(open + 1..close).to_string();
    let mut out = Value::map();
    let mut at = close + 1;
    while at < words.len() {
        match words.word(at) {
            "RETURNS" => {
                let end = words.find(at, "LANGUAGE")?;
                out.put("returns", Value::Text(words.text(at + 1..end).to_string()));
                at = end;
            }
            "LANGUAGE" => {
                out.put("language", Value::Text(words.word(at + 1).to_string()));
                at += 2;
            }
            word @ ("IMMUTABLE" | "STABLE") => {
                out.put("volatility", Value::Text(word.to_lowercase()));
                at += 1;
            }
            "STRICT" => {
                out.put("strict", Value::Word("true"));
                at += 1;
            }
            "SECURITY" if words.word(at + 1) == "DEFINER" => {
                out.put("security", Value::Text("definer".into()));
                at += 2;
            }
            "PARALLEL" => {
                out.put("parallel", Value::Text(words.word(at + 1).to_lowercase()));
                at += 2;
            }
            "AS" if at + 2 == words.len() => {
                out.put("body", Value::Text(dollar_quoted(words.word(at + 1))?));
                at += 2;
            }
            _ => return None,
        }
    }
    Some((arguments, out))
}

/// What stands between dollar quotes. A body in the standard's syntax would be read as such.
fn dollar_quoted(literal: &str) -> Option<String> {
    let rest = literal.strip_prefix('$')?;
    let (tag, rest) = rest.split_once('$')?;
    let body = rest.strip_suffix(&format!("${tag}$"))?;
    let atomic = body.trim_start().get(..12).is_some_and(|start| start.eq_ignore_ascii_case("begin atomic"));
    (!atomic && !body.trim().is_empty() && !body.contains('\r')).then(|| body.to_string())
}
