//! The readers take any text without a crash: what people write, with words lost, doubled, swapped and broken.
//!
//! Short by default; `PROPTEST_CASES=200000 cargo test --release --test fuzz` runs for long.

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::thread::Builder;

use proptest::prelude::*;
use reconcile::load::load_sources;
use reconcile::parallel::STACK;
use reconcile::source::Source;

/// Cases of a short run; each loads a whole file.
const CASES: u32 = 48;

/// Bytes of the longest repeated word.
const LONGEST: usize = 100_000;

/// All texts of the fixtures with one of these endings.
fn texts(folder: &Path, ending: &str, into: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        if path.is_dir() {
            texts(&path, ending, into);
        } else if path.extension().is_some_and(|own| own == ending) {
            into.extend(std::fs::read_to_string(path));
        }
    }
}

fn corpus(ending: &str) -> Vec<String> {
    let mut out = vec![];
    texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), ending, &mut out);
    out.retain(|text| text.len() < 4000);
    out.sort();
    assert!(out.len() > 20, "the fixtures are there");
    out
}

static SQL: LazyLock<Vec<String>> = LazyLock::new(|| corpus("sql"));
static YAML: LazyLock<Vec<String>> = LazyLock::new(|| corpus("yaml"));

/// Words, numbers, quoted texts, white space and single signs.
fn tokens(text: &str) -> Vec<String> {
    let mut out: Vec<String> = vec![];
    let mut last = ' ';
    for c in text.chars() {
        let class = |c: char| {
            if c.is_alphanumeric() || c == '_' {
                'w'
            } else if c == ' ' {
                's'
            } else {
                c
            }
        };
        let joins = class(c) == class(last) && matches!(class(c), 'w' | 's');
        match out.last_mut().filter(|_| joins) {
            Some(token) => token.push(c),
            None => out.push(c.to_string()),
        }
        last = c;
    }
    out
}

#[derive(Clone, Debug)]
enum Change {
    Delete(usize),
    Double(usize),
    Swap(usize, usize),
    Insert(usize, String),
    Splice(usize, usize),
    Cut(usize),
    Repeat(usize, u16),
}

fn change() -> impl Strategy<Value = Change> {
    let words = prop::sample::select(vec![
        "(",
        ")",
        ",",
        ";",
        "'",
        "\"",
        "$$",
        "--",
        "/*",
        "*/",
        "::",
        ".",
        "*",
        "NULL",
        "NOT",
        "DEFAULT",
        "CHECK",
        "REFERENCES",
        "UNIQUE",
        "COLLATE",
        "USING",
        "INCLUDE",
        "AS",
        "int[]",
        "1e999",
        "'\\x'",
        "E'\\n'",
        "\0",
        "é",
        "\u{feff}",
        "\t",
        "\r\n",
        "[",
        "]",
        "{",
        "}",
        ":",
        "- ",
        "&a",
        "*a",
        "!x",
        "|",
        ">",
        "-- reconcile: renamed from x\n",
    ]);
    let word = prop_oneof![4 => words.prop_map(str::to_string), 1 => ".{0,6}"];
    prop_oneof![
        any::<usize>().prop_map(Change::Delete),
        any::<usize>().prop_map(Change::Double),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Change::Swap(a, b)),
        (any::<usize>(), word).prop_map(|(at, word)| Change::Insert(at, word)),
        (any::<usize>(), any::<usize>()).prop_map(|(at, other)| Change::Splice(at, other)),
        any::<usize>().prop_map(Change::Cut),
        (any::<usize>(), 2..3000u16).prop_map(|(at, times)| Change::Repeat(at, times)),
    ]
}

fn apply(text: &str, changes: &[Change], corpus: &[String]) -> String {
    let mut tokens = tokens(text);
    for change in changes {
        let length = tokens.len().max(1);
        match change {
            _ if tokens.is_empty() => break,
            Change::Delete(at) => _ = tokens.remove(at % length),
            Change::Double(at) => tokens.insert(at % length, tokens[at % length].clone()),
            Change::Swap(a, b) => tokens.swap(a % length, b % length),
            Change::Insert(at, word) => tokens.insert(at % length, word.clone()),
            Change::Splice(at, other) => tokens.insert(at % length, corpus[other % corpus.len()].clone()),
            Change::Cut(at) => tokens.truncate(at % length),
            Change::Repeat(at, times) => {
                let token = &tokens[at % length];
                // repeats of repeats must not fill the memory
                let most = LONGEST / token.len().max(1);
                tokens.insert(at % length, token.repeat(usize::from(*times).min(most)));
            }
        }
    }
    tokens.concat()
}

/// Loads a text, and prints the error if there is one: printing must not fail either. The stack is that of the program.
fn load(name: &str, text: &str) {
    std::thread::scope(|scope| {
        let thread = Builder::new().stack_size(STACK).spawn_scoped(scope, || read(name, text));
        thread.expect("a thread starts").join().unwrap_or_else(|panic| resume_unwind(panic));
    });
}

fn read(name: &str, text: &str) {
    if let Err(error) = load_sources(&[Arc::clone(&Source::new(name, text))], 17) {
        let report = error.report();
        assert!(report.contains("error: "));
        assert!(error.location.is_some(), "no place: {report}");
        assert!(error.others.iter().all(|other| other.location.is_some()), "no place: {report}");
    }
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    ProptestConfig { cases, max_shrink_iters: 2000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn broken_sql_is_no_crash(at in any::<usize>(), changes in prop::collection::vec(change(), 1..8)) {
        load("f.sql", &apply(&SQL[at % SQL.len()], &changes, &SQL));
    }

    #[test]
    fn broken_yaml_is_no_crash(at in any::<usize>(), changes in prop::collection::vec(change(), 1..6)) {
        load("f.yaml", &apply(&YAML[at % YAML.len()], &changes, &YAML));
    }

    #[test]
    fn any_text_is_no_crash(text in any::<String>()) {
        load("f.sql", &text);
        load("f.yaml", &text);
    }
}
