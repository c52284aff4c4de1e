//! Why a step is there, in words: which fields differ, with their old and new values as SQL. Knows no kind: it reads
//! what the kinds serialise.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Change;
use crate::catalog::{Catalog, ObjectId};
use crate::diff::{Difference, Verdict};
use crate::expression;

/// What is said about something new.
const DECLARED: &str = "declared, does not exist yet";

/// What is said about something that goes.
const GONE: &str = "exists, is not declared";

/// How many characters of a value are shown.
const SHOWN: usize = 120;

/// Which difference the change of an object removes.
pub fn change(id: &ObjectId, change: Change, current: &Catalog, desired: &Catalog, all: &Difference) -> String {
    match (change, current.objects.get(id), desired.objects.get(id)) {
        (Change::Create, _, _) => DECLARED.into(),
        (Change::Drop, _, _) => GONE.into(),
        (_, Some(now), Some(wanted)) if now == wanted => {
            disturbed(id, current, desired, all).unwrap_or_else(|| "depends on what changes".into())
        }
        (_, Some(now), Some(wanted)) if now.has_secrets() || wanted.has_secrets() => {
            let (now, wanted) = (expression::readable(now), expression::readable(wanted));
            hidden(&now, &wanted)
        }
        (_, Some(now), Some(wanted)) => {
            let (now, wanted) = (expression::readable(now), expression::readable(wanted));
            let listed = fields(&now, &wanted, |old, new| bare(old) == bare(new));
            let listed = if listed.is_empty() { disturbed(id, current, desired, all) } else { Some(listed) };
            listed.unwrap_or_else(|| fields(&now, &wanted, |_, _| false))
        }
        _ => String::new(),
    }
}

fn text(value: Option<&String>) -> String {
    value.cloned().unwrap_or_else(|| "none".into())
}

/// What an object that stays as it is depends on, at first or at second hand, and cannot survive.
fn disturbed(id: &ObjectId, current: &Catalog, desired: &Catalog, all: &Difference) -> Option<String> {
    let changes = |needed: &ObjectId| match all.get(needed) {
        Some(Verdict::Alter { disturbs, .. }) => !disturbs.is_empty(),
        Some(Verdict::Drop | Verdict::Replace) => true,
        Some(Verdict::Create) | None => false,
    };
    let (mut level, mut seen) = (vec![id], BTreeSet::new());
    while !level.is_empty() {
        let next: BTreeSet<&ObjectId> = level
            .iter()
            .flat_map(|id| [current.dependencies.get(*id), desired.wishes.get(*id)])
            .flatten()
            .flatten()
            .filter(|id| seen.insert(*id))
            .collect();
        let found: Vec<String> = next.iter().filter(|id| changes(id)).map(ToString::to_string).collect();
        if !found.is_empty() {
            return Some(format!("depends on {}", found.join(", ")));
        }
        level = next.into_iter().collect();
    }
    None
}

/// An expression without the schemas in front of names: one side may spell out what the other leaves to search_path.
fn bare(text: &str) -> String {
    let words = text.split_inclusive(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '"')));
    words.map(|word| word.rsplit('.').next().unwrap_or(word)).collect()
}

/// The fields that differ, as `name: old -> new`, without those whose old and new mean the `same`.
fn fields(now: &Value, wanted: &Value, same: impl Fn(&str, &str) -> bool) -> String {
    let (mut one, mut two) = (BTreeMap::new(), BTreeMap::new());
    flatten("", now, &mut one);
    flatten("", wanted, &mut two);
    let names: BTreeSet<&String> = one.keys().chain(two.keys()).collect();
    let mut listed: Vec<String> = vec![];
    for name in names {
        let (old, new) = (one.get(name), two.get(name));
        let spelt = |(old, new): (&String, &String)| old.contains(' ') && same(old, new);
        // nobody asks for an object without a name; it keeps the one that it has
        let unnamed = name.ends_with(".name") && new.is_some_and(|new| new == "none");
        if old == new || unnamed || old.zip(new).is_some_and(spelt) {
            continue;
        }
        // a part that is there on one side only is said once, not field by field
        let line = match (old, new) {
            (None, Some(_)) => container(name, &one).map(|whole| format!("{}: added", label(whole))),
            (Some(_), None) => container(name, &two).map(|whole| format!("{}: removed", label(whole))),
            _ => None,
        };
        let nested = |side: &BTreeMap<String, String>| side.keys().any(|other| other.starts_with(&format!("{name}.")));
        if line.is_none() && (nested(&one) || nested(&two)) {
            continue;
        }
        let line = line.unwrap_or_else(|| transition(&label(name), &text(old), &text(new)));
        if !listed.contains(&line) {
            listed.push(line);
        }
    }
    listed.join(", ")
}

/// The names of the fields that differ.
fn hidden(now: &Value, wanted: &Value) -> String {
    let (mut one, mut two) = (BTreeMap::new(), BTreeMap::new());
    flatten("", now, &mut one);
    flatten("", wanted, &mut two);
    let names: BTreeSet<&String> =
        one.keys().chain(two.keys()).filter(|name| one.get(*name) != two.get(*name)).collect();
    let shown: Vec<String> = names.into_iter().map(|name| format!("{} differs (not shown)", label(name))).collect();
    shown.join(", ")
}

/// What the field is part of and the other side does not have.
fn container<'a>(name: &'a str, side: &BTreeMap<String, String>) -> Option<&'a str> {
    name.match_indices('.').map(|(at, _)| &name[..at]).find(|whole| side.contains_key(*whole))
}

/// `name: old -> new`; of long values the part that differs.
pub fn transition(name: &str, old: &str, new: &str) -> String {
    let (old, new) = excerpt(old, new);
    format!("{name}: {old} -> {new}")
}

/// Long values lose what they have in common at the start, and then what is too much at the end.
fn excerpt(old: &str, new: &str) -> (String, String) {
    let short = |text: &str| text.chars().count() <= SHOWN / 2;
    if short(old) && short(new) {
        return (old.into(), new.into());
    }
    let common = old.char_indices().zip(new.chars()).take_while(|((_, one), two)| one == two).last();
    let same = common.map_or(0, |((at, c), _)| at + c.len_utf8());
    // not in the middle of a word, and with a few words before it
    let start = old[..same].rmatch_indices(' ').nth(2).map_or(0, |(at, _)| at + 1);
    let cut = |text: &str| {
        let rest = text.get(start..).unwrap_or_default();
        let shown: String = rest.chars().take(SHOWN).collect();
        let head = if start > 0 { "… " } else { "" };
        let tail = if shown.len() < rest.len() { " …" } else { "" };
        format!("{head}{}{tail}", shown.trim_end())
    };
    (cut(old), cut(new))
}

/// The name of a field for people: `generated.expression` is "generated expression", and names of mere containers go.
fn label(path: &str) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    let last = parts.len().saturating_sub(1);
    let keep = |(at, part): &(usize, &&str)| {
        *at == last || !matches!(**part, "key" | "index" | "options" | "query" | "exclusion")
    };
    let words: Vec<String> = parts.iter().enumerate().filter(keep).map(|(_, part)| part.replace('_', " ")).collect();
    words.join(" ")
}

/// All fields with their values as text, nested ones under `outer.inner`.
fn flatten(path: &str, value: &Value, out: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) if plain(value).is_none() => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(&path, value, out);
            }
        }
        value => {
            out.insert(path.to_string(), plain(value).unwrap_or_default());
        }
    }
}

/// A value that is read as one word; `None` for a structure of named fields.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("none".into()),
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.into()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(crate::render::one_line(text)),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| plain(item).unwrap_or_else(|| words(item))).collect();
            Some(format!("({})", items.join(", ")))
        }
        Value::Object(map) => {
            let field = |name: &str| map.get(name).and_then(Value::as_str);
            let dotted = |names: &Value| {
                let names = names.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
                Some(crate::name::dotted(&names))
            };
            match (field("sql"), field("schema"), field("name"), map.get("names")) {
                (Some(sql), ..) => Some(sql.into()),
                (_, Some(schema), Some(name), _) if map.len() == 2 => Some(crate::name::dotted(&[schema, name])),
                (_, _, _, Some(names)) if map.len() == 2 => dotted(names),
                (_, None, Some(name), _) if map.contains_key("type_key") => Some(name.into()),
                _ => None,
            }
        }
    }
}

/// The values of a structure that stands in a list, without what it does not have.
fn words(item: &Value) -> String {
    let mut fields = BTreeMap::new();
    flatten("", item, &mut fields);
    let order = item.as_object().into_iter().flatten().map(|(name, _)| name);
    let said = order.filter_map(|name| fields.get(name)).filter(|value| !matches!(value.as_str(), "none" | "no"));
    said.map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_named_with_old_and_new() {
        let now =
            json!({"data_type": {"key": "a", "typmod": 1, "sql": "character varying(10)"}, "key": {"columns": ["a"]}});
        let wanted = json!({"data_type": {"key": "a", "typmod": 2, "sql": "character varying(20)"}, "key": {"columns": ["b", "a"]}});
        assert_eq!(
            fields(&now, &wanted, |_, _| false),
            "data type: character varying(10) -> character varying(20), columns: (a) -> (b, a)"
        );
    }

    #[test]
    fn a_part_that_comes_or_goes_is_one_word() {
        let with = json!({"identity": {"always": true, "options": {"cache": 1}}, "unlogged": false});
        let without = json!({"identity": null, "unlogged": true});
        assert_eq!(fields(&without, &with, |_, _| false), "identity: added, unlogged: yes -> no");
        assert_eq!(fields(&with, &without, |_, _| false), "identity: removed, unlogged: no -> yes");
    }

    #[test]
    fn spelling_out_a_schema_is_no_difference() {
        assert_eq!(bare("SELECT u.id FROM public.users u WHERE a.x(1)"), bare("SELECT id FROM users u WHERE x(1)"));
        assert_ne!(bare("SELECT id FROM users"), bare("SELECT id FROM people"));
    }

    #[test]
    fn long_values_show_where_they_differ() {
        let start = "SELECT tasks.id, tasks.title, tasks.user_id, tasks.completed, tasks.due_date FROM public.tasks";
        let (old, new) = (format!("{start} WHERE tasks.completed"), format!("{start} WHERE NOT tasks.completed"));
        assert_eq!(
            transition("query", &old, &new),
            "query: … public.tasks WHERE tasks.completed -> … public.tasks WHERE NOT tasks.completed"
        );
    }
}
