//! `pull`: files follow a real database in place, and what did not change survives byte for byte.
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FILES: &str = "\
-- people who can sign in
CREATE TABLE users (
    id bigint PRIMARY KEY, -- the number
    email   text NOT NULL
);

/* keep   this */
CREATE INDEX users_email ON users (email); -- for the login
COMMENT ON TABLE users IS 'people';


CREATE TABLE notes ( id int );   -- untouched
CREATE VIEW names AS SELECT email FROM users;
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- the end
";

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

/// A folder with one file.
fn folder(name: &str, text: &str) -> PathBuf {
    let folder = support::folder("pull");
    std::fs::create_dir(folder.join(".git")).unwrap();
    std::fs::create_dir(folder.join("schema")).unwrap();
    std::fs::write(folder.join("schema").join(name), text).unwrap();
    folder
}

/// What a file of the two states holds after a pull, and that nothing is left to pull.
fn pulled(sql: &str, text: &str, change: &str) -> String {
    let database = support::newest().database("pull");
    database.psql(sql).unwrap();
    database.psql(change).unwrap();
    let folder = folder("all.sql", text);
    let path = folder.join("schema/all.sql");
    let (code, stdout, stderr) = run(&folder, &["pull", "-d", &database.url, "--dry-run", "--exit-code"]);
    assert_eq!(code, 2, "{change}\n{stdout}{stderr}");
    assert!(stdout.starts_with("--- schema/all.sql\n+++ schema/all.sql\n@@ "), "{stdout}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "a dry run wrote");
    let (code, stdout, stderr) = run(&folder, &["pull", "-d", &database.url]);
    assert_eq!((code, stdout.as_str()), (0, "schema/all.sql\n"), "{change}\n{stderr}");
    let (code, stdout, stderr) = run(&folder, &["pull", "-d", &database.url, "--exit-code"]);
    assert_eq!((code, stdout.as_str()), (0, "no changes\n"), "{change}\n{stderr}");
    std::fs::read_to_string(path).unwrap()
}

/// The text with one part replaced.
fn with(old: &str, new: &str) -> String {
    assert!(FILES.contains(old), "{old}");
    FILES.replace(old, new)
}

#[test]
fn only_what_changed_is_written() {
    for (change, old, new) in [
        ("DROP INDEX users_email", "CREATE INDEX users_email ON users (email); -- for the login", " -- for the login"),
        ("COMMENT ON TABLE users IS 'all'", "'people'", "'all'"),
        ("COMMENT ON TABLE users IS NULL", "COMMENT ON TABLE users IS 'people';\n", ""),
        ("DROP FUNCTION one()", "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';\n", ""),
        ("DROP TABLE notes", "CREATE TABLE notes ( id int );", ""),
    ] {
        assert_eq!(pulled(FILES, FILES, change), with(old, new), "{change}");
    }
}

#[test]
fn what_differs_is_replaced_in_place_and_its_surroundings_stay() {
    for (change, part) in [
        ("ALTER TABLE notes ADD body text", "body text"),
        ("ALTER TABLE users ADD age int", "age integer"),
        ("ALTER TABLE notes ALTER id TYPE bigint", "id bigint"),
        ("CREATE INDEX ON notes (id)", "CREATE INDEX notes_id_idx ON notes (id);"),
        ("CREATE TABLE tags (name text PRIMARY KEY)", "CREATE TABLE tags"),
        ("CREATE OR REPLACE VIEW names AS SELECT email, id FROM users", "id"),
        ("CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'", "SELECT 2"),
        ("ALTER TABLE notes ADD CONSTRAINT positive CHECK (id > 0)", "positive"),
    ] {
        let text = pulled(FILES, FILES, change);
        assert!(text.contains(part), "{change}\n{text}");
        for kept in [
            "-- people who can sign in\n",
            "/* keep   this */\n",
            "'people';\n\n\n",
            "   -- untouched\n",
            "-- the end\n",
        ] {
            assert!(text.contains(kept), "{change}: {kept}\n{text}");
        }
    }
}

#[test]
fn grants_follow_where_the_files_speak_of_them() {
    let text = format!("{FILES}GRANT SELECT ON notes TO PUBLIC;\n");
    let text = pulled(&text, &text, "GRANT INSERT ON notes TO PUBLIC");
    assert!(text.starts_with(FILES) && text.contains("INSERT"), "{text}");
}

#[test]
fn line_endings_stay() {
    let text = pulled(FILES, &FILES.replace('\n', "\r\n"), "ALTER TABLE notes ADD body text");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text:?}");
}

#[test]
fn yaml_is_refused_and_left_alone() {
    let text = "sql: |\n  CREATE TABLE notes (id int);\n";
    let database = support::newest().database("pull");
    database.psql("CREATE TABLE notes (id int, body text)").unwrap();
    let folder = folder("all.yaml", text);
    let (code, stdout, stderr) = run(&folder, &["pull", "-d", &database.url]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stderr.contains("schema/all.yaml:2:") && stderr.contains("YAML cannot be pulled"), "{stderr}");
    assert_eq!(std::fs::read_to_string(folder.join("schema/all.yaml")).unwrap(), text);
}

#[test]
fn a_new_table_gets_a_file_where_files_hold_one_each() {
    for cluster in support::clusters() {
        let database = cluster.database("pull");
        database.psql("CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int)").unwrap();
        let folder = folder("a.sql", "CREATE TABLE a (id int);\n");
        std::fs::write(folder.join("schema/b.sql"), "CREATE TABLE b (id int);\n").unwrap();
        let (code, stdout, stderr) = run(&folder, &["pull", "-d", &database.url]);
        assert_eq!((code, stdout.as_str()), (0, "schema/public/tables/c.sql\n"), "{stderr}");
        let (code, stdout, stderr) = run(&folder, &["pull", "-d", &database.url]);
        assert_eq!((code, stdout.as_str()), (0, "no changes\n"), "{stderr}");
    }
}

#[test]
fn comments_inside_a_definition_stay() {
    let text = "create table t (\n  -- the key\n  id bigint primary key, -- never reused\n\n  name text\n);\n";
    let after = "create table t (\n  -- the key\n  id bigint primary key, -- never reused\n\n  name text,\n    age integer\n);\n";
    assert_eq!(pulled(text, text, "ALTER TABLE t ADD COLUMN age int"), after);
    let after = "create table t (\n  -- the key\n  id bigint primary key -- never reused\n\n);\n";
    assert_eq!(pulled(text, text, "ALTER TABLE t DROP COLUMN name"), after);
}
