//! The real binary against a real database, from the files to the proof.
mod support;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::Database;

const SCHEMA: &str = "CREATE SCHEMA app;\nCREATE TABLE app.t (id bigint PRIMARY KEY, name text NOT NULL);\n";

struct Site {
    folder: PathBuf,
    database: Database,
}

impl Site {
    fn new() -> Self {
        let site = Self { folder: support::folder("run"), database: support::newest().database("run") };
        std::fs::create_dir_all(site.folder.join("schema")).unwrap();
        std::fs::create_dir(site.folder.join(".git")).unwrap();
        site.declare(SCHEMA);
        site
    }

    fn declare(&self, sql: &str) {
        std::fs::write(self.folder.join("schema/app.sql"), sql).unwrap();
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
        command.args(arguments).arg("-d").arg(&self.database.url).current_dir(&self.folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        finish(self.start(arguments))
    }
}

fn finish(child: Child) -> (i32, String, String) {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn tables(site: &Site) -> String {
    site.database.psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'app'").unwrap()
}

#[test]
fn plan_apply_and_nothing_left() {
    let site = Site::new();
    assert_eq!(site.run(&["plan"]).0, 0);
    let (code, stdout, _) = site.run(&["plan", "--exit-code"]);
    assert_eq!(code, 2);
    assert!(stdout.contains("+ table app.t"), "{stdout}");
    let (code, _, stderr) = site.run(&["apply"]);
    assert_eq!(code, 64);
    assert!(stderr.contains("reconcile apply --yes"), "{stderr}");
    let (code, _, stderr) = site.run(&["apply", "--dry-run"]);
    assert_eq!((code, tables(&site).as_str()), (0, "0\n"), "{stderr}");
    let (code, _, stderr) = site.run(&["apply", "--yes"]);
    assert_eq!((code, tables(&site).as_str()), (0, "1\n"), "{stderr}");
    assert!(stderr.contains("0 differences remain"), "{stderr}");
    let (code, stdout, _) = site.run(&["plan", "--exit-code"]);
    assert_eq!((code, stdout.lines().next()), (0, Some("no changes: the database matches the desired state")));
}

#[test]
fn a_saved_plan_fits_once() {
    let site = Site::new();
    assert_eq!(site.run(&["plan", "-o", "p.json"]).0, 0);
    let (code, _, stderr) = site.run(&["apply", "p.json", "--yes"]);
    assert_eq!((code, tables(&site).as_str()), (0, "1\n"), "{stderr}");
    let (code, _, stderr) = site.run(&["apply", "p.json", "--yes"]);
    assert_eq!(code, 4, "{stderr}");
    assert!(stderr.contains("needed no more: create table app.t"), "{stderr}");
}

#[test]
fn changed_files_make_a_saved_plan_stale() {
    let site = Site::new();
    assert_eq!(site.run(&["plan", "-o", "p.json"]).0, 0);
    site.declare(&format!("{SCHEMA}CREATE TABLE app.u (id int);\n"));
    let (code, _, stderr) = site.run(&["apply", "p.json", "--yes"]);
    assert_eq!((code, tables(&site).as_str()), (4, "0\n"), "{stderr}");
    assert!(stderr.contains("needed now: create table app.u"), "{stderr}");
}

#[test]
fn a_drop_is_refused_until_it_is_allowed() {
    let site = Site::new();
    assert_eq!(site.run(&["apply", "--yes"]).0, 0);
    site.declare("CREATE SCHEMA app;\n");
    let (code, _, stderr) = site.run(&["apply", "--yes"]);
    assert_eq!((code, tables(&site).as_str()), (3, "1\n"), "{stderr}");
    assert!(stderr.contains("--allow drop-table:app.t"), "{stderr}");
    let (code, _, stderr) = site.run(&["apply", "--yes", "--allow", "drop-table:app.t"]);
    assert_eq!((code, tables(&site).as_str()), (0, "0\n"), "{stderr}");
}

/// A reader keeps the lock, so that the apply waits.
#[test]
fn what_goes_along_is_not_dropped_by_itself() {
    let site = Site::new();
    site.database.psql("CREATE TABLE u (x serial PRIMARY KEY); CREATE TABLE t (a int, b serial)").unwrap();
    site.declare("CREATE TABLE t (a int);");
    let (code, stdout, _) = site.run(&["plan", "--allow", "all", "--format", "sql"]);
    let drops: Vec<&str> = stdout.lines().filter(|line| line.contains("DROP") || line.contains("SEQUENCE")).collect();
    assert_eq!((code, drops), (0, vec!["DROP TABLE public.u;", "ALTER TABLE public.t DROP COLUMN b;"]));
}

#[test]
fn privileges_are_exact_as_far_as_they_are_managed() {
    let site = Site::new();
    let setup = "CREATE SCHEMA app; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO pg_monitor; \
        ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC";
    site.database.psql(setup).unwrap();
    site.declare(
        "CREATE SCHEMA app; CREATE TABLE app.silent (id int); CREATE TABLE app.said (id int); \
         GRANT INSERT ON app.said TO pg_signal_backend; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql RETURN 1;",
    );
    let acls = "SELECT string_agg(relname || ':' || coalesce(array_to_string(relacl, ','), ''), ' ' ORDER BY relname) \
        FROM pg_class WHERE relnamespace = 'app'::regnamespace";
    let owner = "postgres=arwdDxtm/postgres";
    let none = format!("said:{owner},pg_monitor=r/postgres silent:{owner},pg_monitor=r/postgres");
    let declared = format!("said:{owner},pg_signal_backend=a/postgres silent:{owner},pg_monitor=r/postgres");
    let full = format!("said:{owner},pg_signal_backend=a/postgres silent:{owner}");
    for (mode, expected) in [("off", none), ("declared", declared), ("full", full)] {
        let (code, stdout, stderr) = site.run(&["apply", "--yes", "--privileges", mode]);
        assert_eq!(code, 0, "{stdout}{stderr}");
        let found = site.database.psql(acls).unwrap().replace("arwdDxt/", "arwdDxtm/");
        assert_eq!(found.trim(), expected, "{mode}");
        assert_eq!(site.run(&["plan", "--exit-code", "--privileges", mode]).0, 0, "{mode}");
    }
    // those of one schema are its part, those of all schemas are the database's
    let left = site.database.psql("SELECT defaclobjtype FROM pg_default_acl").unwrap();
    assert_eq!(left.trim(), "f");
}

#[test]
fn what_is_not_managed_is_said() {
    let site = Site::new();
    let setup = "CREATE SCHEMA app; CREATE TABLE app.t (id bigint PRIMARY KEY, name text NOT NULL); \
        CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler; \
        CREATE EXTENSION pg_trgm; \
        GRANT EXECUTE ON FUNCTION public.similarity(text, text) TO pg_monitor; \
        SET allow_system_table_mods = on; \
        INSERT INTO pg_seclabel VALUES (lo_create(0), 'pg_largeobject'::regclass, 0, 'anon', 'MASKED')";
    site.database.psql(setup).unwrap();
    let (_, stdout, _) = site.run(&["plan", "--all-schemas"]);
    for said in [
        "heap_too",
        "of anon for large object",
        "of function public.similarity(pg_catalog.text,pg_catalog.text) of an extension",
    ] {
        assert!(stdout.contains(said), "{said}: {stdout}");
    }
}

/// A plain server has no label provider, so the labels are put into the catalog by hand, and plans are not applied.
#[test]
fn security_labels_are_compared() {
    let site = Site::new();
    let labels = "CREATE SCHEMA app; CREATE TABLE app.t (id bigint PRIMARY KEY, name text NOT NULL); \
        CREATE VIEW app.v AS SELECT id FROM app.t; CREATE TYPE app.c AS (x int); CREATE DOMAIN app.d AS int; \
        CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql RETURN 1; CREATE SEQUENCE app.s; \
        CREATE MATERIALIZED VIEW app.m AS SELECT id FROM app.t; CREATE PUBLICATION p; \
        SET allow_system_table_mods = on; \
        INSERT INTO pg_seclabel SELECT o, c, s, 'anon', 'it''s ' || n FROM (VALUES \
            ('pg_namespace'::regclass, 'app'::regnamespace::oid, 0, 'schema'), ('pg_class', 'app.t'::regclass, 0, 'table'), \
            ('pg_class', 'app.t'::regclass, 1, 'column'), ('pg_class', 'app.v'::regclass, 0, 'view'), \
            ('pg_class', 'app.v'::regclass, 1, 'column of view'), ('pg_class', 'app.s'::regclass, 0, 'sequence'), \
            ('pg_class', 'app.m'::regclass, 0, 'materialized view'), ('pg_type', 'app.c'::regtype, 0, 'type'), \
            ('pg_type', 'app.d'::regtype, 0, 'domain'), ('pg_proc', 'app.f(int)'::regprocedure, 0, 'function'), \
            ('pg_publication', (SELECT oid FROM pg_publication), 0, 'publication')) x (c, o, s, n)";
    site.database.psql(labels).unwrap();
    for format in ["sql", "yaml"] {
        std::fs::remove_dir_all(site.folder.join("schema")).unwrap();
        let _ = std::fs::remove_file(site.folder.join("reconcile.toml"));
        let mut init = Command::new(env!("CARGO_BIN_EXE_reconcile"));
        init.args(["init", "--layout", "single", "--format", format, "--from", &site.database.url]);
        let output = init.current_dir(&site.folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(site.run(&["plan", "--exit-code", "--all-schemas"]).0, 0, "{format}");
    }
    std::fs::remove_dir_all(site.folder.join("schema")).unwrap();
    std::fs::create_dir(site.folder.join("schema")).unwrap();
    site.declare(
        "CREATE SCHEMA app; SECURITY LABEL FOR anon ON SCHEMA app IS 'other'; \
         CREATE TABLE app.t (id bigint PRIMARY KEY, name text NOT NULL); SECURITY LABEL ON TABLE app.t IS 'it''s table'; \
         SECURITY LABEL FOR anon ON COLUMN app.t.name IS 'MASKED'; SECURITY LABEL FOR dummy ON COLUMN app.t.id IS 'x'; \
         CREATE VIEW app.v AS SELECT id FROM app.t; CREATE TYPE app.c AS (x int); CREATE DOMAIN app.d AS int; \
         CREATE FUNCTION app.f(a int) RETURNS bigint LANGUAGE sql RETURN 1; SECURITY LABEL FOR anon ON FUNCTION app.f(int) IS 'f'; \
         CREATE SEQUENCE app.s; CREATE MATERIALIZED VIEW app.m AS SELECT id FROM app.t; CREATE PUBLICATION p;",
    );
    let (_, stdout, _) = site.run(&["plan", "--format", "sql"]);
    let mut said: Vec<&str> = stdout.lines().filter(|line| line.starts_with("SECURITY LABEL")).collect();
    said.sort_unstable();
    let expected = [
        "SECURITY LABEL FOR anon ON COLUMN app.t.id IS NULL;",
        "SECURITY LABEL FOR anon ON COLUMN app.t.name IS 'MASKED';",
        "SECURITY LABEL FOR anon ON COLUMN app.v.id IS NULL;",
        "SECURITY LABEL FOR anon ON DOMAIN app.d IS NULL;",
        "SECURITY LABEL FOR anon ON FUNCTION app.f(integer) IS 'f';",
        "SECURITY LABEL FOR anon ON MATERIALIZED VIEW app.m IS NULL;",
        "SECURITY LABEL FOR anon ON PUBLICATION p IS NULL;",
        "SECURITY LABEL FOR anon ON SCHEMA app IS 'other';",
        "SECURITY LABEL FOR anon ON SEQUENCE app.s IS NULL;",
        "SECURITY LABEL FOR anon ON TYPE app.c IS NULL;",
        "SECURITY LABEL FOR anon ON VIEW app.v IS NULL;",
        "SECURITY LABEL FOR dummy ON COLUMN app.t.id IS 'x';",
    ];
    assert_eq!(said, expected, "{stdout}");
    let (_, stdout, _) = site.run(&["plan"]);
    assert!(stdout.contains("RC407"), "{stdout}");
    site.database.psql("SET allow_system_table_mods = on; INSERT INTO pg_seclabel VALUES ('app.t'::regclass, 'pg_class'::regclass, 2, 'dummy', 'x')").unwrap();
    let (code, _, stderr) = site.run(&["plan"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("names no provider, and the database knows several"), "{stderr}");
}

#[test]
fn what_belongs_to_others_is_left_alone() {
    let site = Site::new();
    let setup = "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); \
        CREATE TABLE goose_db_version (id serial PRIMARY KEY, at timestamp); CREATE INDEX by_time ON goose_db_version (at); \
        CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY); \
        CREATE ROLE supabase_auth_admin; CREATE SCHEMA auth AUTHORIZATION supabase_auth_admin; CREATE TABLE auth.users (id int); \
        CREATE TABLE mine (id int); CREATE TABLE kept (id serial PRIMARY KEY, a int); CREATE INDEX kept_by_a ON kept (a)";
    site.database.psql(setup).unwrap();
    site.declare("CREATE TABLE mine (id int);");
    let exclude = ["--all-schemas", "--exclude", "public.kept", "--exit-code"];
    let (code, stdout, stderr) = site.run(&[&["plan", "--verbose"][..], &exclude].concat());
    assert_eq!(code, 0, "{stdout}{stderr}");
    for name in ["alembic_version", "goose_db_version", "drizzle.__drizzle_migrations", "auth", "public.kept"] {
        assert!(stdout.contains(name), "{name}: {stdout}");
    }
    // what the files name is theirs
    site.declare(
        "CREATE TABLE mine (id int); CREATE TABLE alembic_version (version_num text PRIMARY KEY); CREATE SCHEMA auth;",
    );
    let (code, stdout, _) = site.run(&[&["plan"][..], &exclude].concat());
    assert_eq!(code, 2, "{stdout}");
    assert!(stdout.contains("~ table column public.alembic_version.version_num"), "{stdout}");
    assert!(stdout.contains("- table auth.users"), "{stdout}");
    assert!(!stdout.contains("kept_by_a"), "{stdout}");
    site.database.psql("DROP SCHEMA auth CASCADE; DROP ROLE supabase_auth_admin").unwrap();
}

#[test]
fn a_role_that_does_not_exist_is_an_error_before_anything_is_done() {
    let site = Site::new();
    site.declare(
        "CREATE TABLE t (id int);\nGRANT SELECT ON t TO pg_monitor, nobody_here;\n\
         CREATE TABLE u (id int);\nALTER TABLE u OWNER TO postgre;\nCREATE POLICY p ON u TO some_app USING (true);\n\
         ALTER DEFAULT PRIVILEGES FOR ROLE gone IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC;",
    );
    for command in [&["plan"][..], &["apply", "--yes"]] {
        let (code, _, stderr) = site.run(command);
        assert_eq!(code, 1, "{stderr}");
        for said in [
            "role nobody_here",
            "app.sql:1:14",
            "role postgre ",
            "did you mean postgres?",
            "role some_app",
            "role gone",
        ] {
            assert!(stderr.contains(said), "{said}: {stderr}");
        }
    }
    assert_eq!(site.database.psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").unwrap().trim(), "0");
    assert_eq!(site.run(&["plan", "--privileges", "off"]).0, 1);
}

const UNDECIDED: &str = "CREATE SCHEMA app;\nCREATE TABLE app.t (id int, kind int);\n\
    CREATE MATERIALIZED VIEW app.m AS SELECT kind, count(*) FROM app.t GROUP BY DISTINCT kind, ROLLUP (kind);\n\
    CREATE VIEW app.v AS SELECT kind FROM app.t GROUP BY DISTINCT kind, ROLLUP (kind);\n";

#[test]
fn what_the_normal_form_does_not_understand_is_asked_or_said() {
    let site = Site::new();
    site.database.psql(UNDECIDED).unwrap();
    site.declare(UNDECIDED);
    let (code, stdout, _) = site.run(&["plan", "--exit-code"]);
    assert_eq!((code, stdout.lines().next()), (0, Some("no changes: the database matches the desired state")));
    let (code, stdout, _) = site.run(&["plan", "--exit-code", "--referee", "off"]);
    assert_eq!(code, 2, "{stdout}");
    assert!(stdout.contains("note: materialized view app.m: whether the definition differs is undecided"), "{stdout}");
    assert!(stdout.contains("it is left as it is") && !stdout.contains("DROP MATERIALIZED"), "{stdout}");
    assert!(stdout.contains("it is set as declared") && stdout.contains("CREATE VIEW app.v"), "{stdout}");
    let (code, _, stderr) = site.run(&["apply", "--yes", "--exclude", "app.v", "--referee", "off"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("left undecided"), "{stderr}");

    let (role, database) = (format!("reader_{}", std::process::id()), site.database.psql("SELECT current_database()"));
    let database = database.unwrap().trim().to_string();
    let sql = format!(
        "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA app TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA app TO {role}; \
         REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC"
    );
    site.database.psql(&sql).unwrap();
    let url = format!("{}&user={role}", site.database.url);
    let to = site.folder.join("schema");
    let output = Command::new(env!("CARGO_BIN_EXE_reconcile")).args(["plan", "-d", &url, "--to"]).arg(&to).output();
    let stdout = String::from_utf8(output.unwrap().stdout).unwrap();
    site.database.psql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
    assert!(stdout.contains("the server could not be asked: permission denied to create temporary"), "{stdout}");
}

fn blocked(site: &Site, arguments: &[&str]) -> (std::thread::JoinHandle<()>, Child) {
    assert_eq!(site.run(&["apply", "--yes"]).0, 0);
    site.declare(&SCHEMA.replace("name text NOT NULL", "name text NOT NULL, more text"));
    let (cluster, name) = (site.database.cluster(), site.database.name.clone());
    let reader = std::thread::spawn(move || {
        cluster.psql(&name, "BEGIN; SELECT * FROM app.t; SELECT pg_sleep(8); COMMIT").unwrap();
    });
    std::thread::sleep(Duration::from_millis(700));
    (reader, site.start(arguments))
}

fn columns(site: &Site) -> String {
    let sql = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'app'";
    site.database.psql(sql).unwrap()
}

#[test]
fn locks_that_are_not_to_be_had_are_exit_5() {
    let site = Site::new();
    let (reader, child) = blocked(&site, &["apply", "--yes", "--lock-timeout", "200ms", "--lock-retries", "0"]);
    let (code, _, stderr) = finish(child);
    assert_eq!((code, columns(&site).as_str()), (5, "2\n"), "{stderr}");
    assert!(stderr.contains("blocked by pid"), "{stderr}");
    reader.join().unwrap();
}

#[test]
fn an_interrupt_stops_the_binary_cleanly() {
    for (signal, expected) in [("-INT", 130), ("-TERM", 143)] {
        let site = Site::new();
        let (reader, child) = blocked(&site, &["apply", "--yes", "--lock-timeout", "1min"]);
        std::thread::sleep(Duration::from_millis(1500));
        kill(signal, &child);
        let (code, _, stderr) = finish(child);
        assert_eq!((code, columns(&site).as_str()), (expected, "2\n"), "{stderr}");
        assert!(stderr.contains("nothing was changed"), "{stderr}");
        reader.join().unwrap();
    }
}

fn kill(signal: &str, child: &Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}
