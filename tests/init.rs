//! `init`: files from real databases describe them, for reconcile and for `psql` alone. `inspect`: one object of them.
#[path = "fixtures/digest.rs"]
mod digest;
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const RICH: &str = include_str!("init/rich.sql");

/// The binary in a folder of its own, without any configuration from outside.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars() {
        if name.starts_with("PG") || name.starts_with("RECONCILE_") || name == "DATABASE_URL" || name == "COLUMNS" {
            command.env_remove(name);
        }
    }
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn folder() -> PathBuf {
    let folder = support::folder("init");
    std::fs::create_dir(folder.join(".git")).unwrap();
    folder
}

fn ok(folder: &Path, arguments: &[&str]) -> (String, String) {
    let (code, stdout, stderr) = run(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}\n{stdout}{stderr}");
    (stdout, stderr)
}

/// Every file below a folder with its text, in the order of their paths.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut out = vec![];
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            out.extend(files(&path))
        } else {
            out.push((path.clone(), std::fs::read_to_string(path).unwrap()))
        }
    }
    out
}

/// Plans that leave nothing out, both ways.
fn assert_equal(folder: &Path, one: &str, two: &str) {
    for (from, to) in [(one, two), (two, one)] {
        let arguments = ["plan", "--from", from, "--to", to, "--all-schemas", "--privileges", "full", "--exit-code"];
        let (stdout, _) = ok(folder, &arguments);
        assert!(stdout.contains("no changes"), "{stdout}");
    }
}

/// The scripts that `load.psql` names, in its order.
fn in_order_of_psql(folder: &Path) -> String {
    let index = std::fs::read_to_string(folder.join("load.psql")).unwrap();
    let mut out = String::new();
    for line in index.lines().filter(|line| !line.starts_with("--")) {
        match line.strip_prefix("\\ir '").and_then(|rest| rest.strip_suffix('\'')) {
            Some(path) => out.push_str(&std::fs::read_to_string(folder.join(path)).unwrap()),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[test]
fn every_layout_describes_the_database_and_builds_it_again() {
    for cluster in support::clusters() {
        let database = cluster.database("init");
        database.psql(RICH).unwrap();
        for layout in ["table", "schema", "single"] {
            let folder = folder();
            let arguments = ["init", "--from", &database.url, "--layout", layout, "--privileges", "full"];
            let (stdout, stderr) = ok(&folder, &arguments);
            assert!(stdout.contains("reconcile.toml"), "{stdout}");
            assert!(stderr.contains("0 differences"), "{stderr}");
            let schema = folder.join("schema");
            let script = match layout {
                "single" => std::fs::read_to_string(schema.join("schema.sql")).unwrap(),
                _ => in_order_of_psql(&schema),
            };
            let rebuilt = cluster.database("rebuilt");
            rebuilt.psql(&script).unwrap_or_else(|error| panic!("{} {layout}: {error}", cluster.major));
            assert_equal(&folder, &database.url, &rebuilt.url);
            // and to the letter, which plans do not care about
            let [was, is] = [&database, &rebuilt].map(|it| digest::Digest::read(it).unwrap());
            assert_eq!(is.differences(&was, true), Vec::<String>::new(), "{} {layout}", cluster.major);
            assert_eq!(is.other_order(&was), 0);
        }
    }
}

#[test]
fn an_empty_database_is_a_start() {
    let database = support::newest().database("init_empty");
    for format in ["sql", "yaml"] {
        let folder = folder();
        let (_, stderr) = ok(&folder, &["init", "--from", &database.url, "--format", format]);
        assert!(stderr.contains("0 differences"), "{stderr}");
        ok(&folder, &["plan", "-d", &database.url, "--exit-code"]);
    }
}

#[test]
fn yaml_describes_the_database_too() {
    for cluster in support::clusters() {
        let database = cluster.database("init_yaml");
        database.psql(RICH).unwrap();
        for layout in ["table", "schema", "single"] {
            let folder = folder();
            let arguments = ["init", "--from", &database.url, "--layout", layout, "--format", "yaml"];
            let (stdout, stderr) = ok(&folder, &arguments);
            assert!(stderr.contains("0 differences"), "{stderr}");
            assert!(stdout.contains("reconcile.schema.json") && !stdout.contains(".sql"), "{stdout}");
            // what is read without the database is the same
            let rebuilt = cluster.database("rebuilt_yaml");
            ok(&folder, &["apply", "-d", &rebuilt.url, "--yes", "--no-journal"]);
            assert_equal(&folder, &database.url, &rebuilt.url);
        }
    }
}

#[test]
fn files_are_written_as_people_write_them() {
    let database = support::newest().database("init");
    database.psql(RICH).unwrap();
    let folder = folder();
    ok(&folder, &["init", "--from", &database.url]);
    let text = |path: &str| std::fs::read_to_string(folder.join("schema").join(path)).unwrap();
    assert_eq!(text("public/tables/users.sql"), include_str!("init/users.sql"));
    assert_eq!(text("app/tables/events.sql"), include_str!("init/events.sql"));
    assert_eq!(text("app/tables/words.sql"), include_str!("init/words.sql"));
    assert_eq!(text("app/views/short_words.sql"), include_str!("init/short_words.sql"));
}

#[test]
fn init_overwrites_nothing() {
    let folder = folder();
    let (stdout, _) = ok(&folder, &["init"]);
    assert_eq!(stdout, "schema/example.sql\nreconcile.toml\n");
    let before = files(&folder);
    let (code, stdout, stderr) = run(&folder, &["init"]);
    assert_eq!((code, stdout.as_str()), (64, ""), "{stderr}");
    assert!(stderr.contains("schema/example.sql") && stderr.contains("--output"), "{stderr}");
    assert_eq!(files(&folder), before);
    let (_, stderr) = ok(&folder, &["init", "-o", "other"]);
    assert!(stderr.contains("kept: reconcile.toml"), "{stderr}");
}

#[test]
fn what_is_left_out_is_said_and_stays_out_of_plans() {
    let database = support::newest().database("init");
    database
        .psql(
            "CREATE SCHEMA app; CREATE TABLE app.a (id int); CREATE TABLE app.schema_migrations (v int); \
             CREATE TABLE t (id int); CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); \
             CREATE TABLE tmp_a (id int); CREATE OPERATOR FAMILY odd USING btree",
        )
        .unwrap();
    let folder = folder();
    let (_, stderr) = ok(&folder, &["init", "--from", &database.url, "--exclude", "public.tmp_*"]);
    assert!(stderr.contains("table public.alembic_version"), "{stderr}");
    let all: String = files(&folder.join("schema")).into_iter().map(|(_, text)| text).collect();
    assert!(all.contains("CREATE TABLE t") && !all.contains("alembic") && !all.contains("tmp_a"), "{all}");
    let config = std::fs::read_to_string(folder.join("reconcile.toml")).unwrap();
    // plans leave the first one alone by themselves
    assert!(!config.contains("alembic_version") && config.contains("public.tmp_*"), "{config}");
    let (stdout, _) = ok(&folder, &["plan", "-d", &database.url]);
    assert!(stdout.contains("no changes"), "{stdout}");
}

#[test]
fn inspect_lists_objects_and_prints_one() {
    let database = support::newest().database("inspect");
    database.psql(RICH).unwrap();
    let folder = folder();
    let inspect = |names: &[&str]| run(&folder, &[&["inspect", "-d", &database.url], names].concat());
    let (code, list, _) = inspect(&[]);
    assert_eq!(code, 0);
    for line in ["table              public.users", "function           app.newest()", "materialized view  app.totals"]
    {
        assert!(list.contains(line), "{line}:\n{list}");
    }
    assert!(list.contains("kB") && !list.contains("users_pkey"), "{list}");
    assert_eq!(inspect(&["users"]), (0, include_str!("init/users.sql").to_string(), String::new()));
    let yaml = inspect(&["users", "app.events", "--format", "yaml"]);
    assert_eq!(yaml, (0, include_str!("init/some.yaml").to_string(), String::new()));
    let (_, some, _) = inspect(&["app.e*", "--format", "table"]);
    assert!(some.contains("app.events_2026") && some.contains("app.email") && !some.contains("users"), "{some}");
    let (_, index, _) = inspect(&["users_lower_idx"]);
    assert!(index.starts_with("CREATE INDEX users_lower_idx ON users") && !index.contains("TABLE"), "{index}");
    let (_, part, _) = inspect(&["app.events_2026_kind_idx"]);
    assert!(part.contains("CREATE INDEX events_kind_idx"), "{part}");
    let (code, stdout, stderr) = inspect(&["usres"]);
    assert_eq!((code, stdout.as_str()), (64, ""));
    assert!(stderr.contains("did you mean users?"), "{stderr}");
}
