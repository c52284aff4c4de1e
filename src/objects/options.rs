//! Storage parameters and other `name = value` lists, alike for every relation.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use pg_query::protobuf::DefElem;
use pg_query::{Node, NodeEnum};

use crate::config::suggest::closest;
use crate::error::Result;
use crate::load::reader::Reader;
use crate::name::{literal, quote};

/// Storage parameters: name (with `toast.` where it belongs there) -> value, in the order in which PostgreSQL keeps
/// them, which says nothing: lists in another order are equal.
pub type Options = IndexMap<String, String>;

/// The text of a parameter's value, whatever shape the parser gave it.
pub fn value(node: Option<&Node>) -> String {
    match node.and_then(|node| node.node.as_ref()) {
        None => "true".into(),
        Some(NodeEnum::Integer(integer)) => integer.ival.to_string(),
        Some(NodeEnum::Float(float)) => float.fval.clone(),
        Some(NodeEnum::Boolean(boolean)) => boolean.boolval.to_string(),
        Some(NodeEnum::String(string)) => string.sval.clone(),
        Some(NodeEnum::TypeName(name)) => strings(&name.names).join("."),
        Some(NodeEnum::List(list)) => strings(&list.items).join("."),
        Some(NodeEnum::AConst(constant)) => constant_text(constant),
        Some(other) => format!("{other:?}"),
    }
}

fn constant_text(constant: &pg_query::protobuf::AConst) -> String {
    use pg_query::protobuf::a_const::Val;
    match &constant.val {
        Some(Val::Ival(integer)) => integer.ival.to_string(),
        Some(Val::Fval(float)) => float.fval.clone(),
        Some(Val::Boolval(boolean)) => boolean.boolval.to_string(),
        Some(Val::Sval(string)) => string.sval.clone(),
        Some(Val::Bsval(bits)) => bits.bsval.clone(),
        None => "null".into(),
    }
}

/// The value of a switch as `defGetBoolean` reads it; `None` when it is no truth value.
pub fn flag(element: &DefElem) -> Option<bool> {
    match value(element.arg.as_deref()).to_lowercase().as_str() {
        "true" | "on" | "1" => Some(true),
        "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// The strings of a list of String nodes.
pub fn strings(nodes: &[Node]) -> Vec<String> {
    nodes
        .iter()
        .filter_map(|node| match node.node.as_ref() {
            Some(NodeEnum::String(string)) => Some(string.sval.clone()),
            Some(NodeEnum::List(list)) => Some(strings(&list.items).join(".")),
            _ => None,
        })
        .collect()
}

/// The items of `CREATE … (word = value, …)` by their words.
pub type Definition<'a> = BTreeMap<&'a str, &'a DefElem>;

/// Reads such a list; `what` are the objects, in plural. Errors: a word that is not one of `words`, or twice there.
pub fn definition<'a>(nodes: &'a [Node], words: &[&str], what: &str, reader: &Reader) -> Result<Definition<'a>> {
    let mut given = Definition::new();
    for node in nodes {
        let Some(NodeEnum::DefElem(element)) = node.node.as_ref() else { continue };
        let word = element.defname.as_str();
        if !words.contains(&word) {
            let error = reader.wrong(element.location, format!("there is no option {} of {what}", quote(word)));
            let hint = closest(word, words.iter().copied()).map(|other| format!("did you mean {other}?"));
            return Err(error.hint(hint.unwrap_or_else(|| format!("the options are {}", words.join(", ")))));
        }
        if given.insert(word, element).is_some() {
            let error = reader.wrong(element.location, format!("the option {word} is there twice"));
            return Err(error.hint("keep one of them"));
        }
    }
    Ok(given)
}

/// The names that an item of such a list gives as its value.
pub fn name_nodes(element: &DefElem) -> &[Node] {
    match element.arg.as_ref().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::TypeName(name)) => &name.names,
        Some(NodeEnum::List(list)) => &list.items,
        Some(NodeEnum::String(_)) => element.arg.as_deref().map(std::slice::from_ref).unwrap_or_default(),
        _ => &[],
    }
}

/// Reads a `WITH (…)` list.
pub fn read(nodes: &[Node]) -> Options {
    nodes
        .iter()
        .filter_map(|node| match node.node.as_ref() {
            Some(NodeEnum::DefElem(element)) => {
                let name = match element.defnamespace.as_str() {
                    "" => element.defname.clone(),
                    namespace => format!("{namespace}.{}", element.defname),
                };
                Some((name, value(element.arg.as_deref())))
            }
            _ => None,
        })
        .collect()
}

/// What a list of storage parameters belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Tables and materialized views.
    Heap,
    /// Indexes of PostgreSQL's own access methods.
    Index,
    /// Views.
    View,
}

/// Parameters of tables and materialized views that are not about autovacuum.
const HEAP: &[&str] = &[
    "fillfactor",
    "log_autovacuum_min_duration",
    "oids",
    "parallel_workers",
    "toast_tuple_target",
    "user_catalog_table",
    "vacuum_index_cleanup",
    "vacuum_max_eager_freeze_failure_rate",
    "vacuum_truncate",
];

/// Parameters of indexes.
const INDEX: &[&str] = &[
    "autosummarize",
    "buffering",
    "deduplicate_items",
    "fastupdate",
    "fillfactor",
    "gin_pending_list_limit",
    "pages_per_range",
];

/// Parameters of views.
const VIEW: &[&str] = &["check_option", "security_barrier", "security_invoker"];

/// Errors: a parameter that does not exist, or one that is given twice, at its place.
pub fn check(reader: &Reader, nodes: &[Node], of: Of) -> Result<()> {
    let mut seen = std::collections::BTreeSet::new();
    for node in nodes {
        let Some(NodeEnum::DefElem(element)) = node.node.as_ref() else { continue };
        let name = element.defname.as_str();
        let toast = element.defnamespace == "toast";
        let known = match of {
            Of::Heap => HEAP.contains(&name) || name.starts_with("autovacuum_"),
            Of::Index => INDEX.contains(&name),
            Of::View => VIEW.contains(&name),
        };
        if !known || !(element.defnamespace.is_empty() || toast && of == Of::Heap) {
            let names = match of {
                Of::Heap => HEAP,
                Of::Index => INDEX,
                Of::View => VIEW,
            };
            return Err(reader
                .wrong(element.location, format!("unrecognized parameter {}", quote(name)))
                .hint(format!("known are {}", names.join(", "))));
        }
        if !seen.insert((toast, name)) {
            return Err(reader
                .wrong(element.location, format!("parameter {} specified more than once", quote(name)))
                .hint("keep one of the two"));
        }
    }
    Ok(())
}

/// Reads `reloptions` of `pg_class`: `name=value`; those of the toast table get the prefix `toast.`.
pub fn from_catalog(own: Option<Vec<String>>, toast: Option<Vec<String>>) -> Options {
    let split = |prefix: &str, item: String| {
        let (name, value) = item.split_once('=').unwrap_or((&item, "true"));
        (format!("{prefix}{name}"), value.to_string())
    };
    own.into_iter()
        .flatten()
        .map(|item| split("", item))
        .chain(toast.into_iter().flatten().map(|item| split("toast.", item)))
        .collect()
}

/// `(a = 1, toast.b = 2)`.
pub fn sql(options: &Options) -> String {
    let item = |(name, value): (&String, &String)| format!("{} = {}", option_name(name), option_value(value));
    format!("({})", options.iter().map(item).collect::<Vec<_>>().join(", "))
}

fn option_name(name: &str) -> String {
    match name.split_once('.') {
        Some((namespace, name)) => format!("{}.{}", quote(namespace), quote(name)),
        None => quote(name),
    }
}

fn option_value(value: &str) -> String {
    let plain =
        !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.');
    if plain && value.parse::<f64>().is_ok() || matches!(value, "true" | "false" | "on" | "off" | "auto") {
        value.to_string()
    } else {
        literal(value)
    }
}

/// The `SET (…)` and `RESET (…)` clauses that turn one set of options into another.
pub fn changes(current: &Options, desired: &Options) -> Vec<String> {
    let set: Options = desired
        .iter()
        .filter(|(name, value)| current.get(*name) != Some(*value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let reset: Vec<String> =
        current.keys().filter(|name| !desired.contains_key(*name)).map(|name| option_name(name)).collect();
    let mut out = vec![];
    if !set.is_empty() {
        out.push(format!("SET {}", sql(&set)));
    }
    if !reset.is_empty() {
        out.push(format!("RESET ({})", reset.join(", ")));
    }
    out
}
