//! The real binary: exit codes, streams, saved plans, configuration.
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use reconcile::catalog::ObjectId;
use reconcile::objects::Kind;
use reconcile::plan::forms::Form;
use reconcile::plan::{Batch, Change, Plan, Step};
use reconcile::render::json;

/// The binary in a folder of its own, without any configuration from outside.
fn reconcile(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars() {
        if name.starts_with("PG") || name.starts_with("RECONCILE_") || name == "DATABASE_URL" || name == "COLUMNS" {
            command.env_remove(name);
        }
    }
    command
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = reconcile(folder, arguments).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn folder() -> PathBuf {
    let folder = support::folder("cli");
    std::fs::create_dir(folder.join(".git")).unwrap();
    folder
}

fn plan() -> Plan {
    let step = Step {
        object: ObjectId::new(Kind::Table, ["app", "t"]),
        also: vec![],
        change: Change::Create,
        sql: "CREATE TABLE app.t (id int)".to_string(),
        search_path: vec![],
        why: "it is declared and does not exist".to_string(),
        form: Form::Create,
        hazards: vec![],
        undo: None,
    };
    Plan {
        version: json::VERSION,
        tool: "test".to_string(),
        server: 17,
        from: "here".to_string(),
        to: "there".to_string(),
        batches: vec![Batch { transactional: true, steps: vec![step] }],
        unmanaged: vec![],
        notes: vec![],
        current_fingerprint: String::new(),
        desired_fingerprint: String::new(),
    }
}

fn saved(folder: &Path) -> PathBuf {
    let path = folder.join("p.json");
    let scope = json::Scope { privileges: "declared".to_string(), ..json::Scope::default() };
    std::fs::write(&path, json::render(&plan(), &scope).unwrap()).unwrap();
    path
}

#[test]
fn wrong_use_is_64_and_goes_to_standard_error() {
    let folder = folder();
    let cases: &[(&[&str], &str)] = &[
        (&[], "Usage: reconcile"),
        (&["plann"], "plan"),
        (&["plan", "--lock-timeout", "soon"], "expected a duration"),
        (&["plan", "--schemas", "a", "--all-schemas"], "cannot be used with"),
        (&["plan", "-d", "postgres:///a", "--from", "empty"], "cannot be used with"),
        (&["explain", "drop-tabel"], "did you mean drop-table?"),
        (&["plan", "--to", "empty"], "no database named"),
        (&["plan", "--from", "empty"], "no desired state: there is no schema/ here"),
        (&["plan", "--from", "empty", "--to", "nowhere.sql"], "nowhere.sql: no such file or directory"),
        (&["apply", "--to", "empty", "--target", "prod"], "there is no target prod"),
    ];
    for (arguments, expected) in cases {
        let (code, stdout, stderr) = run(&folder, arguments);
        assert_eq!((code, stdout.as_str()), (64, ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
    }
}

#[test]
fn help_and_lists_go_to_standard_output() {
    let folder = folder();
    let cases: &[(&[&str], &str)] = &[
        (&["--help"], "Exit codes:"),
        (&["apply", "--help"], "--lock-backoff"),
        (&["version"], "PostgreSQL 14 to 18"),
        (&["explain"], "RC101 drop-table"),
        (&["explain", "rc101"], "--allow drop-table:OBJECT"),
        (&["json-schema", "plan"], "\"$id\": \"urn:reconcile:plan:1\""),
        (&["completions", "fish"], "complete -c reconcile"),
        (&["config", "show"], "lock_timeout"),
    ];
    for (arguments, expected) in cases {
        let (code, stdout, stderr) = run(&folder, arguments);
        assert_eq!((code, stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(stdout.contains(expected), "{arguments:?}: {stdout}");
    }
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let mut child =
        reconcile(&folder(), &["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn a_saved_plan_is_shown_in_every_format() {
    let folder = folder();
    saved(&folder);
    let formats = [
        ("text", "+ table app.t"),
        ("sql", "\nBEGIN;\n"),
        ("json", "\"hash\""),
        ("markdown", "| `+` | `table app.t` |"),
    ];
    for (format, expected) in formats {
        let (code, stdout, stderr) = run(&folder, &["show", "p.json", "--format", format]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{format}");
        assert!(stdout.contains(expected), "{stdout}");
    }
    let text = std::fs::read_to_string(folder.join("p.json")).unwrap();
    assert_eq!(run(&folder, &["show", "p.json", "--format", "json"]).1, text, "it comes back as it was");
}

#[test]
fn colour_is_on_a_terminal_or_forced_and_never_against_no_color() {
    let folder = folder();
    saved(&folder);
    let colored = |variables: &[(&str, &str)]| {
        let mut command = reconcile(&folder, &["show", "p.json"]);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("TERM", "xterm");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        output.stdout.contains(&0x1b)
    };
    assert!(!colored(&[]));
    assert!(colored(&[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[("CLICOLOR_FORCE", "0")]));
    assert!(!colored(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn a_plan_that_was_edited_is_stale_and_another_file_is_an_error() {
    let folder = folder();
    let path = saved(&folder);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("app.t (id int)", "app.t (id text)")).unwrap();
    for command in ["show", "apply"] {
        let (code, stdout, stderr) = run(&folder, &[command, "p.json"]);
        assert_eq!((code, stdout.as_str()), (4, ""), "{stderr}");
        assert!(stderr.starts_with("error: p.json was changed after it was planned\n"), "{stderr}");
    }
    std::fs::write(&path, "hello").unwrap();
    let (code, _, stderr) = run(&folder, &["show", "p.json"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("p.json is not a saved plan"), "{stderr}");
}

#[test]
fn a_saved_plan_brings_its_own_scope() {
    let folder = folder();
    saved(&folder);
    let (code, _, stderr) = run(&folder, &["apply", "p.json", "--all-schemas"]);
    assert_eq!(code, 64);
    assert!(stderr.contains("a saved plan knows its scope"), "{stderr}");
}

#[test]
fn every_setting_says_where_it_came_from_and_passwords_stay_inside() {
    let folder = folder();
    let config = "lock_timeout = \"3s\"\n[targets.prod]\nurl = \"postgres://me:secret@db/app\"\n";
    std::fs::write(folder.join("reconcile.toml"), config).unwrap();
    let output = reconcile(&folder, &["config", "show"]).env("RECONCILE_LOCK_RETRIES", "7").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |name: &str| text.lines().find(|line| line.trim_start().starts_with(name)).unwrap().to_string();
    assert!(line("lock_timeout").contains("3s") && line("lock_timeout").contains("reconcile.toml:1:"), "{text}");
    assert!(line("lock_retries").contains("RECONCILE_LOCK_RETRIES"), "{text}");
    assert!(line("targets.prod").contains("db") && !text.contains("secret"), "{text}");
}

#[test]
fn an_unreachable_database_is_exit_1_without_the_password() {
    let folder = folder();
    let url = "postgres://me:secret@127.0.0.1:1/app?connect_timeout=2";
    let (code, stdout, stderr) = run(&folder, &["plan", "-d", url, "--to", "empty"]);
    assert_eq!((code, stdout.as_str()), (1, ""), "{stderr}");
    assert!(stderr.starts_with("error: ") && !stderr.contains("secret"), "{stderr}");
}

#[test]
fn what_a_database_keeps_secret_stays_out_of_plans() {
    let folder = folder();
    let state = |options: &str| {
        format!(
            "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;\n\
             CREATE USER MAPPING FOR PUBLIC SERVER s{options};"
        )
    };
    std::fs::write(folder.join("old.sql"), state(" OPTIONS (user 'a', password 'never shown')")).unwrap();
    std::fs::write(folder.join("new.sql"), state(" OPTIONS (user 'a', password 'new one')")).unwrap();
    std::fs::write(folder.join("none.sql"), state("")).unwrap();
    for to in ["new.sql", "none.sql"] {
        for format in ["text", "sql", "json", "markdown"] {
            let (code, stdout, stderr) = run(&folder, &["plan", "--from", "old.sql", "--to", to, "--format", format]);
            assert_eq!(code, 0, "{stderr}");
            assert!(stdout.to_uppercase().contains("USER MAPPING"), "{to} as {format}: {stdout}");
            assert!(!stdout.contains("never shown"), "{to} as {format}: {stdout}");
        }
    }
}
