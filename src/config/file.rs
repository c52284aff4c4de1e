//! `reconcile.toml`: only known keys, every error with its place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Holds, KEYS, Key};
use super::suggest::closest;
use crate::error::{Error, Result};
use crate::source::{Location, Source};

/// The name of the file.
pub const FILE_NAME: &str = "reconcile.toml";

/// A text of the file and its place.
pub type Placed = (String, Location);

/// What the file says. No `Debug`: target URLs hold passwords.
#[derive(Clone, Default)]
pub struct File {
    /// Settings by key; lists are joined by commas.
    pub settings: BTreeMap<&'static str, Placed>,
    /// URLs of the named targets.
    pub targets: BTreeMap<String, Placed>,
    /// Where it is.
    pub path: Option<PathBuf>,
}

/// The nearest `reconcile.toml` from `directory` upward to the repository root (the folder with
/// `.git`), or to the root of the file system.
pub fn find(directory: &Path) -> Option<PathBuf> {
    for folder in directory.ancestors() {
        let path = folder.join(FILE_NAME);
        if path.is_file() {
            return Some(path);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// Reads and checks the file; reports all wrong keys and values in one error.
pub fn read(path: &Path) -> Result<File> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::new(format!("cannot read {}", path.display())).cause(error))?;
    let mut file = parse(&Source::new(path, text))?;
    file.path = Some(path.to_path_buf());
    Ok(file)
}

/// Parses and checks the text of the file.
pub fn parse(source: &Arc<Source>) -> Result<File> {
    let place = |span: Range<usize>| Location::new(source, span.start, span.end);
    let table = DeTable::parse(&source.text).map_err(|error| syntax_error(source, &error))?;
    let mut file = File::default();
    let mut errors = vec![];
    for (name, value) in table.into_inner() {
        let name_place = place(name.span());
        let outcome = match (name.get_ref().as_ref(), KEYS.iter().find(|key| key.name == name.get_ref().as_ref())) {
            ("targets", _) => targets(source, &value).map(|targets| file.targets = targets),
            (_, Some(key)) => setting(key, &value)
                .map(|text| drop(file.settings.insert(key.name, (text, place(value.span())))))
                .map_err(|message| Error::new(format!("{}: {message}", key.name)).at(&place(value.span()))),
            (unknown, None) => Err(unknown_key(unknown).at(&name_place)),
        };
        errors.extend(outcome.err());
    }
    Error::all(errors).map_or(Ok(file), Err)
}

fn syntax_error(source: &Arc<Source>, error: &toml::de::Error) -> Error {
    let span = error.span().unwrap_or_default();
    let place = Location::new(source, span.start, span.end);
    let message = error.message().replace('\n', ", ");
    // a line with a URL may hold a password and is not shown
    if place.excerpt().contains("://") {
        return Error::new(format!("{place}: {message}"));
    }
    Error::new(message).at(&place)
}

fn unknown_key(name: &str) -> Error {
    let error = Error::new(format!("unknown key {name}"));
    if matches!(name, "database" | "database_url" | "url") {
        return error.hint("databases have names here: [targets.NAME] with url = \"postgres://…\", then --target NAME");
    }
    match closest(name, KEYS.iter().map(|key| key.name).chain(["targets"])) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("reconcile config show lists all keys"),
    }
}

/// The value of a setting as text, checked.
fn setting(key: &Key, value: &Spanned<DeValue<'_>>) -> Result<String, String> {
    let text = match (key.holds, value.get_ref()) {
        (Holds::List, DeValue::Array(items)) => {
            let items = items.iter().map(|item| item.get_ref().as_str().filter(|text| !text.contains(',')));
            items.collect::<Option<Vec<_>>>().ok_or("expected a list of strings without commas")?.join(",")
        }
        (Holds::Switch, DeValue::Boolean(on)) => on.to_string(),
        (Holds::Number, DeValue::Integer(number)) => number.to_string(),
        (Holds::Switch | Holds::Number, DeValue::String(_)) => {
            return Err(match key.holds {
                Holds::Switch => "expected true or false, without quotes".into(),
                _ => "expected a whole number, without quotes".into(),
            });
        }
        (_, DeValue::String(text)) => text.to_string(),
        (Holds::List, _) => return Err("expected a list of strings".into()),
        (Holds::Time, _) => return Err("expected a duration in quotes, such as \"1s\"".into()),
        (Holds::Number, _) => return Err("expected a whole number".into()),
        (Holds::Switch, _) => return Err("expected true or false".into()),
        _ => return Err("expected a string".into()),
    };
    key.holds.check(&text).map(|()| text)
}

fn targets(source: &Arc<Source>, value: &Spanned<DeValue<'_>>) -> Result<BTreeMap<String, Placed>> {
    let place = |span: Range<usize>| Location::new(source, span.start, span.end);
    // the place of an error is a name, never a value: the line under a value may show a password
    let Some(table) = value.get_ref().as_table() else {
        return Err(Error::new("targets: expected a table of names and URLs"))
            .map_err(|error| error.hint("[targets.production] with url = \"postgres://…\""));
    };
    let mut targets = BTreeMap::new();
    for (name, entry) in table.iter() {
        let shape = || {
            Error::new(format!("target {}: expected a URL, or a table with url", name.get_ref()))
                .at(&place(name.span()))
        };
        let url = match entry.get_ref() {
            DeValue::String(_) => entry,
            DeValue::Table(fields) => {
                if let Some(unknown) = fields.keys().find(|field| field.get_ref() != "url") {
                    return Err(Error::new(format!("unknown key targets.{}.{}", name.get_ref(), unknown.get_ref()))
                        .at(&place(unknown.span()))
                        .hint("a target has one key: url"));
                }
                fields.get("url").ok_or_else(shape)?
            }
            _ => return Err(shape()),
        };
        let text = url.get_ref().as_str().filter(|text| !text.is_empty()).ok_or_else(shape)?;
        targets.insert(name.get_ref().to_string(), (text.to_string(), place(name.span())));
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<File> {
        parse(&Source::new("reconcile.toml", text))
    }

    #[test]
    fn reads_settings_and_targets() {
        let file = parsed(
            "desired = \"db/\"\nallow = [\"RC101\", \"drop-column:t.c\"]\nlock_retries = 3\ndry_run = true\n\
             [targets]\nlocal = \"postgres:///app\"\n[targets.production]\nurl = \"postgres://db/app\"\n",
        )
        .unwrap();
        assert_eq!(file.settings["desired"].0, "db/");
        assert_eq!(file.settings["allow"].0, "RC101,drop-column:t.c");
        assert_eq!(file.settings["lock_retries"].0, "3");
        assert_eq!(file.settings["dry_run"].1.to_string(), "reconcile.toml:4:11");
        assert_eq!(file.targets["local"].0, "postgres:///app");
        assert_eq!(file.targets["production"].0, "postgres://db/app");
    }

    #[test]
    fn errors_have_place_and_suggestion() {
        let cases = [
            ("lock_timout = \"1s\"", "1:1", "did you mean lock_timeout?"),
            ("desired = \"a\"\nlock_timeout = 5", "2:16", "expected a duration in quotes"),
            ("lock_timeout = \"5\"", "1:16", "expected a duration"),
            ("privileges = \"fast\"", "1:14", "expected one of declared, full, off"),
            ("allow = \"x\" y", "1:13", ""),
            ("allow = [1]", "1:9", "list of strings"),
            ("dry_run = \"true\"", "1:11", "without quotes"),
            ("database = \"postgres://x\"", "1:1", "[targets.NAME]"),
            ("[targets.a]\nurl = \"x\"\nport = 1", "3:1", "one key: url"),
            ("[targets]\na = 1", "2:1", "expected a URL"),
            ("a = 1\na = 2", "2:1", "duplicate"),
        ];
        for (text, place, says) in cases {
            let report = parsed(text).map(|_| ()).unwrap_err().report();
            assert!(report.contains(&format!("reconcile.toml:{place}:")), "{text}: {report}");
            assert!(report.contains(says), "{text}: {report}");
        }
        let report = parsed("x = 1\nrole = 2").map(|_| ()).unwrap_err().report();
        assert!(report.contains("unknown key x") && report.contains("role: expected a string"), "{report}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(desired|targets|allow|[a-z]|[=\\[\\]{}\"'.#,\n 1é]){0,20}") {
            let _ = parsed(&text);
        }
    }
}
