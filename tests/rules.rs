//! The rules of the house, as far as text can show them. An exception stands in a list here, with its reason.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use reconcile::objects::Kind;

/// Lines in a file, and in a function.
const LONGEST_FILE: usize = 600;
const LONGEST_FUNCTION: usize = 80;

/// Files that compare, order and move objects and so should know no kind, and those that they name all the same.
/// The way out of this list is a method in `src/objects/mod.rs`.
const NAMED_KINDS: &[(&str, &[&str], &str)] = &[
    ("src/diff.rs", &["Sequence", "SequenceOwner", "Table"], "owned sequences have the owner of their table"),
    (
        "src/plan/action.rs",
        &["Column", "CompositeType", "Constraint", "MaterializedView", "Table", "View"],
        "name spaces",
    ),
    ("src/plan/build.rs", &["Column", "CompositeType", "Index", "Schema", "Table"], "parts that are no objects"),
    ("src/plan/forms.rs", &[], "a list of statements, not of kinds"),
    ("src/plan/left_alone.rs", &["Schema"], "whole schemas of a platform"),
    ("src/plan/scope.rs", &["Extension", "Schema"], "schemas are the scope, extensions lie outside of it"),
    ("src/plan/suspicion.rs", &["Column", "Table"], "what is asked about: whether a drop and an addition are a rename"),
];

/// Kinds whose fixtures have another name than the kind, or lie with those of another kind.
const FIXTURES: &[(Kind, &str)] = &[
    (Kind::EnumType, "enum"),
    (Kind::DomainConstraint, "domain"),
    (Kind::SequenceOwner, "sequence"),
    (Kind::Constraint, "check"),
];

/// Places outside of `src/objects` that write statements, and what for.
const WRITES_STATEMENTS: &[(&str, &str)] = &[
    ("src/apply/journal.rs", "the tool's own schema"),
    ("src/server", "the user and the database of the private server"),
    ("src/introspect/mod.rs", "reads a name with the parser"),
    ("src/pull/merge.rs", "reads a line of a definition with the parser"),
    ("src/load/yaml", "YAML is read as the SQL that says the same"),
    ("src/connect/failure.rs", "a hint"),
];

struct File {
    /// From the root of the repository, with `/`.
    path: String,
    text: String,
}

impl File {
    /// The lines without tests and comments, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.take_while(|(_, line)| *line != "#[cfg(test)]").filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs") || self.path.ends_with("/sample.rs")
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, endings: &[&str]) -> Vec<File> {
    fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, paths) } else { paths.push(path) }
        }
    }
    let mut paths = vec![];
    walk(&root().join(folder), &mut paths);
    paths.sort();
    let known = |path: &PathBuf| path.extension().is_some_and(|found| endings.iter().any(|ending| found == *ending));
    let file = |path: PathBuf| File {
        text: String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned(),
        path: path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"),
    };
    paths.into_iter().filter(known).map(file).collect()
}

fn none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn files_and_functions_are_short() {
    let mut found = vec![];
    for file in files("src", &["rs"]) {
        let lines = file.text.lines().count();
        if lines > LONGEST_FILE {
            found.push(format!("{}: {lines} lines", file.path));
        }
        let mut start: Option<(usize, usize)> = None;
        for (number, line) in file.text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            // rustfmt puts the closing brace of an item below its first letter
            match start {
                Some((first, depth)) if indent == depth && line.trim_end() == format!("{}}}", " ".repeat(depth)) => {
                    if number - first + 1 > LONGEST_FUNCTION {
                        found.push(format!("{}:{}: a function of {} lines", file.path, first + 1, number - first + 1));
                    }
                    start = None;
                }
                None if begins_function(line.trim_start()) && !line.trim_end().ends_with(['}', ';']) => {
                    start = Some((number, indent));
                }
                _ => {}
            }
        }
    }
    none("too long, split them", found);
}

fn begins_function(line: &str) -> bool {
    let words = ["pub ", "pub(crate) ", "pub(super) ", "const ", "async "];
    let mut rest = line;
    while let Some(word) = words.iter().find(|word| rest.starts_with(**word)) {
        rest = &rest[word.len()..];
    }
    rest.starts_with("fn ")
}

#[test]
fn every_kind_has_its_files_and_its_fixtures() {
    let registry = std::fs::read_to_string(root().join("src/objects/mod.rs")).unwrap();
    let mut found = vec![];
    // an identity sequence is read with its column
    let own = |kind: &&Kind| !matches!(kind, Kind::Unmanaged | Kind::IdentitySequence);
    for kind in Kind::ALL.iter().filter(own) {
        let module = snake(&format!("{kind:?}"));
        for file in [format!("src/objects/{module}.rs"), format!("src/objects/{module}.sql")] {
            if !root().join(&file).is_file() {
                found.push(format!("{kind:?}: no {file}"));
            }
        }
        if !registry.contains(&format!("({module}::QUERY, {module}::load)")) {
            found.push(format!("{kind:?}: its query is not registered in src/objects/mod.rs"));
        }
        if *kind == Kind::Subscription {
            // a copy of a database has none of its subscriptions, so they have a test of their own
            assert!(root().join("tests/subscription.rs").is_file());
            continue;
        }
        let fixtures = FIXTURES.iter().find(|(other, _)| other == kind).map_or(module.as_str(), |(_, name)| name);
        if !root().join("fixtures").join(fixtures).is_dir() {
            found.push(format!("{kind:?}: no fixtures/{fixtures}"));
        }
    }
    none("a kind is a pair of files with fixtures", found);
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[test]
fn passes_name_no_kind() {
    let mut found = vec![];
    let passes = ["src/plan", "src/load", "src/introspect"].iter().flat_map(|folder| files(folder, &["rs"]));
    let diff = files("src", &["rs"]).into_iter().filter(|file| file.path == "src/diff.rs");
    for file in passes.chain(diff).filter(|file| !file.is_test()) {
        let allowed: BTreeSet<&str> = NAMED_KINDS
            .iter()
            .filter(|(path, ..)| *path == file.path)
            .flat_map(|(_, kinds, _)| kinds.iter().copied())
            .collect();
        for (number, line) in file.code() {
            let named = |kind: &&Kind| {
                ["Kind::", "Object::"].iter().any(|prefix| {
                    let word = format!("{prefix}{kind:?}");
                    let whole = |(at, _): (usize, _)| {
                        !line[at + word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                    };
                    line.match_indices(&word).any(whole)
                })
            };
            let kinds = Kind::ALL.iter().filter(|kind| **kind != Kind::Unmanaged).filter(named);
            let wrong = kinds.map(|kind| format!("{kind:?}")).filter(|kind| !allowed.contains(kind.as_str()));
            found.extend(wrong.map(|kind| format!("{}:{number}: names {kind}: {}", file.path, line.trim())));
        }
    }
    none(
        "passes know no kind: ask the object through a method of DatabaseObject, or give a reason in tests/rules.rs",
        found,
    );
}

#[test]
fn exceptions_are_still_needed() {
    let mut found = vec![];
    for (path, kinds, reason) in NAMED_KINDS {
        let text = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        let gone =
            |kind: &&&str| !text.contains(&format!("Kind::{kind}")) && !text.contains(&format!("Object::{kind}"));
        found.extend(kinds.iter().filter(gone).map(|kind| format!("{path} does not name {kind} any more ({reason})")));
    }
    none("take these out of tests/rules.rs", found);
}

#[test]
fn nothing_panics_outside_of_tests() {
    let mut found = vec![];
    for file in files("src", &["rs"]).into_iter().filter(|file| !file.is_test()) {
        for (number, line) in file.code() {
            let words = [".unwrap()", ".expect(\"", "panic!(", "todo!(", "unimplemented!(", "unreachable!(", "dbg!("];
            if words.iter().any(|word| line.contains(word)) || line.contains("unsafe ") {
                found.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    none("return an error instead", found);
}

#[test]
fn only_the_kinds_write_statements() {
    let mut found = vec![];
    let words = ["ALTER ", "CREATE ", "DROP ", "COMMENT ON ", "GRANT ", "REVOKE ", "TRUNCATE ", "INSERT ", "UPDATE "];
    for file in files("src", &["rs"]).into_iter().filter(|file| !file.is_test()) {
        let excepted = WRITES_STATEMENTS.iter().any(|(path, _)| file.path.starts_with(path));
        // the analysis of expressions and the readers of files name statements in what they say about them
        if excepted || file.path.starts_with("src/objects/") {
            continue;
        }
        for (number, line) in file.code() {
            let starts = |word: &&str| line.contains(&format!("(\"{word}")) || line.contains(&format!("!(\"{word}"));
            let speaks =
                ["Error::new", "hint(", "Finding::new", "wrong(", "stop("].iter().any(|word| line.contains(word));
            if words.iter().any(starts) && !speaks {
                found.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    none("only src/objects writes statements; exceptions are listed in tests/rules.rs", found);
}

#[test]
fn nothing_is_unfinished_or_bound_to_a_machine() {
    let mut found = vec![];
    let marks = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"]].map(|parts| parts.concat());
    let homes = ["/home/user", "/root/", "/Users/", "/work/"];
    let mut all = vec![];
    for folder in ["src", "tests", "docs", "schema", "fixtures"] {
        all.extend(files(folder, &["rs", "sql", "md", "yaml", "yml", "json", "tsv"]));
    }
    for file in all.iter().filter(|file| file.path != "tests/rules.rs" && !file.path.starts_with("fixtures/bad/")) {
        for (number, line) in file.text.lines().enumerate() {
            let word = |mark: &String| line.contains(mark.as_str()) && file.path.starts_with("src/");
            if marks.iter().any(word) || homes.iter().any(|home| line.contains(home)) {
                found.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    none("finish it, and name no place of this machine", found);
}

#[test]
fn the_library_refuses_what_is_not_documented() {
    let library = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    assert!(library.contains("#![deny(missing_docs)]"));
    let silenced: Vec<String> = files("src", &["rs"])
        .iter()
        .flat_map(|file| {
            file.code().map(|(number, line)| (file.path.clone(), number, line.to_string())).collect::<Vec<_>>()
        })
        .filter(|(_, _, line)| line.contains("allow("))
        .filter(|(_, _, line)| line.trim_start().starts_with("#[") || line.trim_start().starts_with("#!["))
        .map(|(path, number, line)| format!("{path}:{number}: {}", line.trim()))
        .collect();
    none("no warning is silenced in src", silenced);
}
