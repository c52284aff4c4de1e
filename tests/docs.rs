//! The documentation that repeats the code: it is written from the code, and a test fails when it is out of date.
//!
//! `UPDATE_DOCS=1 cargo test --test docs` writes it anew.

use std::path::PathBuf;
use std::process::Command;

use reconcile::plan::Level;
use reconcile::plan::hazard::CODES;

/// Where the written part of a page ends.
const MARK: &str = "<!-- from here on written by UPDATE_DOCS=1 cargo test --test docs -->\n";

fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

fn current(name: &str, generated: &str) {
    let path = page(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let (written, _) = text.split_once(MARK).unwrap_or((&text, ""));
    let expected = format!("{written}{MARK}\n{generated}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).unwrap();
        return;
    }
    assert!(text == expected, "docs/{name} is out of date; UPDATE_DOCS=1 cargo test --test docs writes it anew");
}

fn help(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
    // the width of the screen must not change the page
    let output = command.args(arguments).arg("--help").env("COLUMNS", "100").env("NO_COLOR", "1").output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The commands that the help of the program lists.
fn commands() -> Vec<String> {
    let text = help(&[]);
    let listed = text.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let name =
        |line: &str| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()).map(str::to_string);
    listed.filter_map(name).filter(|name| name != "help").collect()
}

#[test]
fn the_command_line_is_documented() {
    let commands = commands();
    assert!(commands.contains(&"plan".to_string()) && commands.len() > 5, "{commands:?}");
    let mut out = format!("## reconcile\n\n```text\n{}```\n", help(&[]));
    for command in &commands {
        out.push_str(&format!("\n## reconcile {command}\n\n```text\n{}```\n", help(&[command])));
    }
    current("cli.md", &out);
}

#[test]
fn the_codes_are_documented() {
    let mut out = String::new();
    for code in CODES {
        let level = match code.level {
            Level::Deny => "denied unless allowed",
            Level::Warn => "warning",
            Level::Note => "note",
            Level::Allow => "allowed",
        };
        out.push_str(&format!("## {} {}\n\n*{level}.* {}\n\n", code.code, code.name, code.explain));
        if code.level == Level::Deny {
            out.push_str(&format!("`--allow {0}:OBJECT`, or `--allow {0}` for all objects.\n\n", code.name));
        }
    }
    current("hazards.md", &out);
}

#[test]
fn pages_that_are_named_exist() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    pages.extend(std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    for path in pages.iter().filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let text = std::fs::read_to_string(path).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(path.parent().unwrap().join(target).exists(), "{} names {link}", path.display());
        }
    }
}

#[test]
fn the_scenarios_name_tests_that_exist() {
    let text = std::fs::read_to_string(page("scenarios.md")).unwrap();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut numbers = vec![];
    for line in text.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, what, places] = cells[..] else { panic!("{line}") };
        numbers.extend(number.parse::<u32>());
        let paths: Vec<&str> = places.split('`').skip(1).step_by(2).collect();
        assert!(!paths.is_empty() || places.starts_with("none: "), "{what}: neither a test nor a reason");
        for path in paths {
            assert!(root.join(path).exists(), "{what}: there is no {path}");
        }
    }
    assert_eq!(numbers, (1..=80).collect::<Vec<_>>());
}
