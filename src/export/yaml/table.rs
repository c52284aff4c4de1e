//! Tables, and what stands inside of them.

use super::super::Item;
use super::value::Value;
use super::words::{Words, bare};
use crate::name::generated;
use crate::objects::Space;

/// The map of a table; `None` when something about it has no short form.
pub fn table(item: &Item, words: &Words<'_>) -> Option<Value> {
    let open = words.behind_name(2);
    if words.word(open) != "(" {
        return None;
    }
    let close = words.close(open)?;
    let mut out = Value::map();
    out.put("columns", Value::map());
    for element in words.items(open)? {
        let inner = Words::of(element);
        if is_constraint(&inner) {
            constraint(item, &inner, &mut out)?;
        } else {
            let tail = inner.text(1..inner.len()).to_string();
            out.under(&["columns"]).put(&bare(inner.word(0)), Value::Text(tail)).then_some(())?;
        }
    }
    let tail = close + 1;
    if words.says(tail, &["PARTITION", "BY"]) && words.find(tail, "WITH").is_none() {
        out.put("partition_by", Value::Text(words.text(tail + 2..words.len()).to_string()));
    } else if tail != words.len() {
        return None;
    }
    Some(out)
}

fn is_constraint(words: &Words<'_>) -> bool {
    match words.word(0) {
        "CONSTRAINT" | "PRIMARY" | "UNIQUE" | "CHECK" | "FOREIGN" => true,
        "EXCLUDE" => matches!(words.word(1), "USING" | "("),
        _ => false,
    }
}

/// Writes a constraint of a table into its map.
fn constraint(item: &Item, words: &Words<'_>, table: &mut Value) -> Option<()> {
    let named = words.word(0) == "CONSTRAINT";
    let given = named.then(|| bare(words.word(1)));
    let at = if named { 2 } else { 0 };
    let chosen = |column: Option<&str>, label: &str| {
        let name = generated(item.home.name(), column, label);
        let has = item.objects.iter().any(|id| id.kind.space() == Space::Constraint && id.name() == name);
        given.clone().or_else(|| has.then_some(name))
    };
    match words.word(at) {
        "PRIMARY" => {
            let columns = list(words, at + 2)?;
            let value = match &given {
                None => columns,
                Some(name) => {
                    let mut long = Value::map();
                    long.put("name", Value::Text(name.clone()));
                    long.put("columns", columns);
                    long
                }
            };
            table.put("primary_key", value).then_some(())
        }
        "UNIQUE" => {
            let columns = list(words, at + 1)?;
            let Value::List(names) = &columns else { return None };
            let name = chosen(Some(&names.join("_")), "key")?;
            table.under(&["unique"]).put(&name, columns).then_some(())
        }
        "CHECK" if words.close(at + 1)? + 1 == words.len() => {
            let name = chosen(None, "check")?;
            let sql = words.text(at + 2..words.len() - 1).to_string();
            table.under(&["checks"]).put(&name, Value::Text(sql)).then_some(())
        }
        "FOREIGN" => {
            let joined = words.items(at + 2)?.into_iter().map(bare).collect::<Vec<_>>().join("_");
            let name = chosen(Some(&joined), "fkey")?;
            let sql = words.text(at + 2..words.len()).to_string();
            table.under(&["foreign_keys"]).put(&name, Value::Text(sql)).then_some(())
        }
        _ => None,
    }
}

/// The names in the parenthesis at a place, with nothing behind it.
fn list(words: &Words<'_>, open: usize) -> Option<Value> {
    if words.word(open) != "(" || words.close(open)? + 1 != words.len() {
        return None;
    }
    let plain = |item: &str| Words::of(item).len() == 1;
    let items = words.items(open)?;
    items.iter().all(|item| plain(item)).then(|| Value::List(items.into_iter().map(bare).collect()))
}

/// The section, the name and the value of what a statement makes inside of a table.
pub fn inside(item: &Item, words: &Words<'_>) -> Option<(&'static str, String, Value)> {
    match words.word(1) {
        "INDEX" => Some(("indexes", bare(words.word(2)), index(words, 3, false)?)),
        "UNIQUE" if words.word(2) == "INDEX" => Some(("indexes", bare(words.word(3)), index(words, 4, true)?)),
        "TRIGGER" => Some(("triggers", bare(words.word(2)), trigger(words)?)),
        "POLICY" => Some(("policies", bare(words.word(2)), policy(words)?)),
        "TABLE" => partition(item, words),
        _ => None,
    }
}

fn index(words: &Words<'_>, on: usize, unique: bool) -> Option<Value> {
    if words.word(on) != "ON" || words.word(on + 1) == "ONLY" {
        return None;
    }
    let mut at = words.behind_name(on + 1);
    let mut long = Value::map();
    if words.word(at) == "USING" {
        long.put("method", Value::Text(bare(words.word(at + 1))));
        at += 2;
    }
    let columns: Vec<String> = words.items(at)?.into_iter().map(str::to_string).collect();
    let end = words.close(at)? + 1;
    // quotes of names are a part of SQL, and a name alone is looked up as a column first
    let columns =
        Value::List(columns.into_iter().map(|it| if Words::of(&it).len() == 1 { bare(&it) } else { it }).collect());
    if unique {
        long.put("unique", Value::Word("true"));
    }
    match words.word(end) {
        "" => {}
        "WHERE" => _ = long.put("where", Value::Text(words.text(end + 1..words.len()).to_string())),
        _ => return None,
    }
    if long == Value::map() {
        return Some(columns);
    }
    long.put("columns", columns);
    Some(long)
}

/// `before update for each row execute function f()`: everything but the table.
fn trigger(words: &Words<'_>) -> Option<Value> {
    let on = words.find(3, "ON")?;
    let behind = words.behind_name(on + 1);
    let simple = words.find(behind, "FROM").is_none() && words.find(behind, "REFERENCING").is_none();
    let text = format!("{} {}", words.text(3..on), words.text(behind..words.len()));
    simple.then(|| Value::Text(text.split_whitespace().collect::<Vec<_>>().join(" ")).lowered(words))
}

impl Value {
    /// Keywords in small letters, where no name or text is among them.
    fn lowered(self, words: &Words<'_>) -> Value {
        let safe = !words.sql.contains(['\'', '"']);
        match self {
            Value::Text(text) if safe => {
                let keyword = |word: &str| word.chars().all(|c| c.is_ascii_uppercase());
                let small = |word: &str| if keyword(word) { word.to_lowercase() } else { word.to_string() };
                Value::Text(text.split(' ').map(small).collect::<Vec<_>>().join(" "))
            }
            other => other,
        }
    }
}

fn policy(words: &Words<'_>) -> Option<Value> {
    let mut at = words.behind_name(4);
    let mut out = Value::map();
    while at < words.len() {
        let key = match words.word(at) {
            "AS" | "FOR" => {
                out.put(&words.word(at).to_lowercase(), Value::Text(words.word(at + 1).to_lowercase()));
                at += 2;
                continue;
            }
            "USING" => "using",
            "WITH" if words.word(at + 1) == "CHECK" => {
                at += 1;
                "with_check"
            }
            _ => return None,
        };
        let close = words.close(at + 1)?;
        out.put(key, Value::Text(words.text(at + 2..close).to_string()));
        at = close + 1;
    }
    Some(out)
}

/// A partition that says nothing but its bound.
fn partition(item: &Item, words: &Words<'_>) -> Option<(&'static str, String, Value)> {
    let id = item.objects.first()?;
    let at = words.behind_name(2);
    let same_schema = id.names.first() == item.home.names.first();
    if !words.says(at, &["PARTITION", "OF"]) || !same_schema {
        return None;
    }
    // one of a partition stands elsewhere
    let parent = words.behind_name(at + 2);
    if bare(words.word(parent - 1)) != item.home.name() {
        return None;
    }
    let bound = match words.word(parent) {
        "FOR" => words.text(parent + 2..words.len()),
        "DEFAULT" if parent + 1 == words.len() => "default",
        _ => return None,
    };
    let mut bound = bound.to_string();
    for word in ["FROM", "TO", "IN", "WITH"] {
        bound = bound.replace(&format!("{word} ("), &format!("{} (", word.to_lowercase()));
    }
    let plain = words.find(parent, "PARTITION").is_none() && words.find(parent, "TABLESPACE").is_none();
    plain.then(|| ("partitions", id.name().to_string(), Value::Text(bound)))
}
