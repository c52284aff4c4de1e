//! Which statement stands in which file.

use std::collections::{BTreeMap, BTreeSet};

use super::{Export, Item};
use crate::catalog::ObjectId;
use crate::objects::Space;

/// How statements are spread over files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One file for each table, view, function …, in folders by schema and kind.
    Table,
    /// One file for each schema.
    Schema,
    /// One file.
    Single,
}

/// A file: its path below the folder of the desired state, with `/`, and its text.
pub type File = (String, String);

/// What holds the objects that lie in no schema.
const DATABASE: &str = "database.sql";

/// What holds what has to come after everything else, because files need each other.
const LATE: &str = "zz_links.sql";

/// What holds the privileges that new objects get, which must not get into the way of those that are there.
const PRIVILEGES: &str = "zz_privileges.sql";

/// The script that has `psql` run all files in order; its ending keeps it out of the desired state.
const INDEX: &str = "load.psql";

/// The same in YAML, with the JSON Schema that editors read. Files need no order there.
pub fn yaml_files(export: &Export, layout: Layout) -> Vec<File> {
    let mut of: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
    for item in &export.items {
        let path = file(&item.home, layout);
        let path = format!("{}.yaml", path.strip_suffix(".sql").unwrap_or(&path));
        of.entry(path).or_default().push(item);
    }
    let document = |(path, items): (String, Vec<&Item>)| {
        let up = "../".repeat(path.matches('/').count());
        let schema = format!("{}{JSON_SCHEMA}", if up.is_empty() { "./" } else { &up });
        let text = super::yaml::text(&items, &schema);
        (path, text)
    };
    let mut out: Vec<File> = of.into_iter().map(document).collect();
    if out.is_empty() {
        out.push((DATABASE.replace(".sql", ".yaml"), "# nothing is there yet\n".into()));
    }
    out.push((JSON_SCHEMA.into(), crate::load::yaml::SCHEMA.into()));
    out
}

/// The JSON Schema that the first line of each YAML file names.
const JSON_SCHEMA: &str = "reconcile.schema.json";

/// Spreads an export over files. With more than one there is a script for `psql` too.
pub fn files(export: &Export, layout: Layout) -> Vec<File> {
    let mut of: Vec<String> = export.items.iter().map(|item| file(&item.home, layout)).collect();
    let order = arrange(&export.items, &mut of);
    let mut out = vec![];
    for path in &order {
        let items: Vec<&Item> =
            export.items.iter().zip(&of).filter(|(_, at)| *at == path).map(|(item, _)| item).collect();
        let head = if layout == Layout::Single && export.defers_bodies { DEFERRED } else { "" };
        out.push((path.clone(), format!("{head}{}", text(&items))));
    }
    if out.is_empty() {
        // a desired state without files would be a mistake
        out.push((DATABASE.into(), "-- nothing is there yet\n".into()));
    } else if layout != Layout::Single {
        out.push((INDEX.into(), index(&order)));
    }
    out
}

const DEFERRED: &str = "-- bodies may name what comes later\nSET check_function_bodies = off;\n\n";

fn index(order: &[String]) -> String {
    let lines: String = order.iter().map(|path| format!("\\ir '{}'\n", path.replace('\'', "''"))).collect();
    format!(
        "-- makes an empty database from these files without reconcile: psql -v ON_ERROR_STOP=1 -f {INDEX}\n\
         SET check_function_bodies = off;\n{lines}"
    )
}

/// The path of the file in which an object has its place.
pub fn file(home: &ObjectId, layout: Layout) -> String {
    let schema = match home.kind.has_schema() || home.kind.space() == Space::Schema {
        true => home.names.first(),
        false => None,
    };
    match (layout, schema) {
        (Layout::Single, _) => "schema.sql".into(),
        _ if home.kind.is_privilege() => PRIVILEGES.into(),
        (_, None) => DATABASE.into(),
        (Layout::Schema, Some(schema)) => format!("{}.sql", safe(schema)),
        (Layout::Table, Some(schema)) if home.names.len() == 1 => format!("{}/schema.sql", safe(schema)),
        (Layout::Table, Some(schema)) => format!("{}/{}/{}.sql", safe(schema), folder(home), safe(home.name())),
    }
}

fn folder(home: &ObjectId) -> String {
    match home.kind.space() {
        Space::Type => "types".into(),
        Space::Routine => "functions".into(),
        _ => {
            let slug = home.kind.slug().replace('-', "_");
            match (slug.strip_suffix('y'), slug.strip_suffix("ss")) {
                (Some(stem), _) => format!("{stem}ies"),
                (_, Some(_)) => format!("{slug}es"),
                _ if slug.ends_with('s') => slug,
                _ => format!("{slug}s"),
            }
        }
    }
}

/// A name as part of a path on any system.
fn safe(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' }).collect();
    let plain = plain.trim_start_matches('.');
    // two names may differ in what paths cannot say
    if plain == name && !name.chars().any(char::is_uppercase) {
        return plain.to_string();
    }
    let sum = name.bytes().fold(5381_u32, |sum, byte| sum.wrapping_mul(33) ^ u32::from(byte));
    format!("{plain}_{:04x}", sum & 0xffff)
}

/// Files in an order in which they can run. Where files need each other, some statements move to a last file.
fn arrange(items: &[Item], of: &mut [String]) -> Vec<String> {
    loop {
        let mut before: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (item, file) in items.iter().zip(&*of) {
            let needed = item.needs.iter().filter_map(|at| of.get(*at)).map(String::as_str);
            before.entry(file).or_default().extend(needed.filter(|it| it != file && !is_last(it)));
        }
        let mut order: Vec<String> = vec![];
        let mut open: Vec<&str> = first_seen(of);
        while let Some(at) = open.iter().position(|file| {
            !is_last(file)
                && before.get(file).is_none_or(|all| all.iter().all(|it| order.iter().any(|done| done == it)))
        }) {
            order.push(open.remove(at).to_string());
        }
        let stuck: BTreeSet<String> = open.iter().filter(|file| !is_last(file)).map(|it| (*it).to_string()).collect();
        if stuck.is_empty() {
            let last = [LATE, PRIVILEGES].into_iter().filter(|last| of.iter().any(|file| file == last));
            order.extend(last.map(str::to_string));
            return order;
        }
        loosen(items, of, &stuck);
    }
}

/// Moves what waits for another stuck file to the last one, for the file with the fewest such statements; and what
/// needs these.
fn loosen(items: &[Item], of: &mut [String], stuck: &BTreeSet<String>) {
    let mut waiting: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, item) in items.iter().enumerate().filter(|(at, _)| stuck.contains(&of[*at])) {
        if item.needs.iter().any(|it| of[*it] != of[at] && stuck.contains(&of[*it])) {
            waiting.entry(&of[at]).or_default().push(at);
        }
    }
    // best are those that take no object away from its own file
    let cost = |moved: &BTreeSet<usize>| {
        let makers = moved.iter().filter(|at| items[**at].objects.contains(&items[**at].home)).count();
        (makers, moved.len())
    };
    let best = waiting.into_values().map(|start| with_dependents(items, start)).min_by_key(cost);
    for at in best.unwrap_or_default() {
        of[at] = LATE.into();
    }
}

fn with_dependents(items: &[Item], start: Vec<usize>) -> BTreeSet<usize> {
    let mut moved: BTreeSet<usize> = start.into_iter().collect();
    // what is needed comes first, so one pass finds everything
    for (at, item) in items.iter().enumerate() {
        if item.needs.iter().any(|it| moved.contains(it)) {
            moved.insert(at);
        }
    }
    moved
}

/// Whether a file comes behind those that have an order.
fn is_last(file: &str) -> bool {
    file == LATE || file == PRIVILEGES
}

fn first_seen(of: &[String]) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    of.iter().map(String::as_str).filter(|file| seen.insert(*file)).collect()
}

/// Statements as the text of a file: one block for every object, blank lines around what is longer than a line.
pub fn text(items: &[&Item]) -> String {
    let mut out = String::new();
    let mut last: Option<&Item> = None;
    for item in items {
        if let Some(last) = last
            && (last.home != item.home || last.sql.contains('\n') || item.sql.contains('\n'))
        {
            out.push('\n');
        }
        out.push_str(&crate::render::terminated(&item.sql));
        out.push('\n');
        last = Some(item);
    }
    out
}
