//! Wrong input: every file of `fixtures/bad` gives an error with its place and a hint, exit code 1 and no panic.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

/// `<name>.expect`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    exit: i32,
    /// `line:column`; more than one where more than one place is a good answer (the statement or the name in it).
    at: Vec<String>,
    /// A part of the message, whatever its case.
    message: String,
    /// A part of the hint; a hint must be there in any case.
    #[serde(default)]
    hint: String,
}

struct Outcome {
    code: Option<i32>,
    text: String,
}

fn check(path: &Path) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
    for name in ["DATABASE_URL", "RECONCILE_DATABASE_URL", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").arg("check").arg(path).stdin(Stdio::null());
    let output = command.output().expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    Outcome { code: output.status.code(), text: text.into_owned() }
}

impl Outcome {
    /// What is wrong with the outcome of a file that must be refused.
    fn complaints(&self) -> Vec<String> {
        let mut found = vec![];
        if self.code != Some(1) {
            found.push(format!("exit code {:?}, not 1", self.code));
        }
        for word in ["panicked at", "stack overflow", "RUST_BACKTRACE", "unwrap()"] {
            if self.text.contains(word) {
                found.push(format!("a panic: {word}"));
            }
        }
        found
    }

    fn names_place(&self, path: &Path, at: &str) -> bool {
        let place = format!("{}:{at}", path.display());
        let ends = |rest: &str| !rest.starts_with(|next: char| next.is_ascii_digit());
        self.text.match_indices(&place).any(|(found, _)| ends(&self.text[found + place.len()..]))
    }
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bad");
    let entries = std::fs::read_dir(&folder).expect("fixtures/bad is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    files.retain(|path| path.extension().is_none_or(|end| end != "expect"));
    files.sort();
    files
}

fn expectation(path: &Path) -> Result<Expectation, String> {
    let beside = PathBuf::from(format!("{}.expect", path.display()));
    let text = std::fs::read_to_string(&beside).map_err(|error| format!("{}: {error}", beside.display()))?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", beside.display()))
}

fn judge(path: &Path) -> Vec<String> {
    let expect = match expectation(path) {
        Ok(expect) => expect,
        Err(error) => return vec![error],
    };
    let outcome = check(path);
    let mut found = outcome.complaints();
    if outcome.code != Some(expect.exit) && expect.exit != 1 {
        found.push(format!("exit code {:?}, not {}", outcome.code, expect.exit));
    }
    if !expect.at.iter().any(|at| outcome.names_place(path, at)) {
        found.push(format!("the place must be {}", expect.at.join(" or ")));
    }
    let text = outcome.text.to_lowercase();
    let words = text.replace(&path.display().to_string().to_lowercase(), "FILE");
    if !words.contains(&expect.message.to_lowercase()) {
        found.push(format!("the message must say {:?}", expect.message));
    }
    let hint = words.split_once("hint:").map(|(_, hint)| hint);
    match hint {
        None => found.push("there is no hint".to_string()),
        Some(hint) if !hint.contains(&expect.hint.to_lowercase()) => {
            found.push(format!("the hint must say {:?}", expect.hint));
        }
        Some(_) => {}
    }
    if !found.is_empty() {
        found.push(format!("it said: {}", outcome.text.chars().take(1500).collect::<String>()));
    }
    found
}

#[test]
fn wrong_files_are_refused_with_place_and_hint() {
    let mut failures = vec![];
    let files = files();
    for path in &files {
        let found = judge(path);
        if !found.is_empty() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            failures.push(format!("{name}:\n  {}", found.join("\n  ")));
        }
    }
    assert!(failures.is_empty(), "{} of {} files\n{}", failures.len(), files.len(), failures.join("\n"));
}

#[test]
fn there_are_enough_wrong_files() {
    let files = files();
    let yaml = files.iter().filter(|path| path.extension().is_some_and(|end| end == "yaml")).count();
    assert!(files.len() >= 70 && yaml >= 20, "{} files, {yaml} of them YAML", files.len());
    for path in files {
        let expect = expectation(&path).expect("an expectation is beside it");
        assert!(!expect.at.is_empty(), "{}: no place", path.display());
    }
}

/// A folder of this test's own below the target folder, empty.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad-input").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("the target folder is writable");
    path
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("the target folder is writable");
}

#[test]
fn an_empty_file_among_others_is_no_error() {
    let folder = folder("empty-among-others");
    write(&folder.join("empty.sql"), "");
    write(&folder.join("blank.yaml"), "\n# nothing yet\n");
    write(&folder.join("comment.sql"), "-- nothing yet\n");
    write(&folder.join("t.sql"), "CREATE TABLE t (id int PRIMARY KEY);\n");
    let outcome = check(&folder);
    assert_eq!(outcome.code, Some(0), "{}", outcome.text);
}

#[test]
fn nothing_at_all_is_an_error() {
    let folder = folder("nothing");
    assert_eq!(check(&folder).complaints(), Vec::<String>::new(), "a folder without files");
    write(&folder.join("empty.sql"), "");
    let outcome = check(&folder);
    assert_eq!(outcome.complaints(), Vec::<String>::new(), "only an empty file: {}", outcome.text);
    let outcome = check(&folder.join("missing.sql"));
    assert_eq!(outcome.complaints(), Vec::<String>::new(), "no such file: {}", outcome.text);
    assert!(outcome.text.contains("missing.sql"), "{}", outcome.text);
}

#[test]
fn nothing_but_empty_files_can_be_allowed_for_a_plan() {
    let folder = folder("empty-allowed");
    let (from, to) = (folder.join("from.sql"), folder.join("to.sql"));
    write(&from, "CREATE TABLE t (id int PRIMARY KEY);\n");
    write(&to, "\n");
    let plan = |allow: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
        command.env("NO_COLOR", "1").arg("plan").arg("--from").arg(&from).arg("--to").arg(&to).arg("--all-schemas");
        let output = command.args(allow).stdin(Stdio::null()).output().expect("the binary runs");
        let text = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        Outcome { code: output.status.code(), text: text.into_owned() }
    };
    let refused = plan(&["--allow", "drop-table"]);
    assert_eq!(refused.code, Some(1), "{}", refused.text);
    assert!(refused.text.contains("--allow empty-desired-state"), "{}", refused.text);
    for allow in ["empty-desired-state", "RC002", "all"] {
        let planned = plan(&["--allow", allow]);
        assert_eq!(planned.code, Some(0), "{}", planned.text);
        assert!(planned.text.contains("DROP TABLE public.t"), "{}", planned.text);
    }
}

#[test]
fn an_error_at_the_end_of_a_huge_file_is_found() {
    let path = folder("huge").join("huge.sql");
    let mut text = String::new();
    for number in 0..20_000 {
        text += &format!(
            "CREATE TABLE t{number} (id int PRIMARY KEY, name text NOT NULL, at timestamptz DEFAULT now());\n"
        );
    }
    text += "CREATE TABLE last (id nosuch);\n";
    write(&path, &text);
    let begin = Instant::now();
    let outcome = check(&path);
    assert_eq!(outcome.complaints(), Vec::<String>::new(), "{}", outcome.text);
    assert!(outcome.names_place(&path, "20001:23") && outcome.text.contains("nosuch"), "{}", outcome.text);
    assert!(begin.elapsed() < Duration::from_secs(120), "{:?}", begin.elapsed());
}

#[test]
fn a_huge_line_is_not_printed_whole() {
    let path = folder("line").join("line.sql");
    write(&path, &format!("CREATE TABLE t (a text DEFAULT '{}', b nosuch);\n", "x".repeat(1_000_000)));
    let outcome = check(&path);
    assert_eq!(outcome.complaints(), Vec::<String>::new());
    assert!(outcome.text.len() < 20_000, "{} bytes", outcome.text.len());
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let folder = folder("deep");
    for (name, text) in [
        (
            "parentheses.sql",
            format!("CREATE TABLE t (a int CHECK ({}a > 0{}));", "(".repeat(50_000), ")".repeat(50_000)),
        ),
        ("minus.sql", format!("CREATE TABLE t (a int DEFAULT {}1);", "- ".repeat(100_000))),
        ("nested.yaml", format!("reconcile: 1\nschemas: {}{}\n", "{a: ".repeat(50_000), "}".repeat(50_000))),
        ("list.yaml", format!("reconcile: 1\nschemas: {}\n", "[".repeat(100_000))),
    ] {
        let path = folder.join(name);
        write(&path, &text);
        let outcome = check(&path);
        assert_eq!(
            outcome.complaints(),
            Vec::<String>::new(),
            "{name}: {}",
            &outcome.text.chars().take(500).collect::<String>()
        );
    }
}

#[test]
fn an_object_in_two_files_names_both_places() {
    let folder = folder("twice");
    write(&folder.join("a.sql"), "CREATE TABLE t (id int);\n");
    write(
        &folder.join("b.yaml"),
        "reconcile: 1\nschemas:\n  public:\n    tables:\n      t:\n        columns: {id: int}\n",
    );
    let outcome = check(&folder);
    assert_eq!(outcome.complaints(), Vec::<String>::new(), "{}", outcome.text);
    assert!(outcome.text.contains("a.sql:1:") && outcome.text.contains("b.yaml:5:"), "{}", outcome.text);
}
