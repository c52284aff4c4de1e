//! Plans made by hand, applied to real servers: transactions, locks, retries, refusals, the journal.
mod support;

use std::cell::RefCell;
use std::time::Duration;

use reconcile::apply::{self, Done, Sessions, Settings};
use reconcile::catalog::ObjectId;
use reconcile::error::{Error, Kind, Result};
use reconcile::objects::Kind as ObjectKind;
use reconcile::plan::forms::Form;
use reconcile::plan::{Batch, Change, Hazard, Level, Plan, Step};
use reconcile::render::{json, sql};
use support::Database;
use tokio_postgres::{Client, NoTls};

fn step(sql: &str) -> Step {
    Step {
        object: ObjectId::new(ObjectKind::Table, ["app", "t"]),
        also: vec![],
        change: Change::Alter,
        sql: sql.to_string(),
        search_path: vec![],
        why: "the test wants it".to_string(),
        form: Form::AlterRelation,
        hazards: vec![],
        undo: None,
    }
}

/// A plan of transactions of statements for the major of the database.
fn plan(database: &Database, batches: &[&[&str]]) -> Plan {
    Plan {
        version: json::VERSION,
        tool: "test".to_string(),
        server: database.cluster().major,
        from: "here".to_string(),
        to: "there".to_string(),
        batches: batches
            .iter()
            .map(|steps| Batch { transactional: true, steps: steps.iter().map(|sql| step(sql)).collect() })
            .collect(),
        unmanaged: vec![],
        notes: vec![],
        current_fingerprint: String::new(),
        desired_fingerprint: String::new(),
    }
}

/// A database with table app.t.
fn database() -> Database {
    let database = support::newest().database("apply");
    database.psql("CREATE SCHEMA app; CREATE TABLE app.t (id int); INSERT INTO app.t VALUES (1)").unwrap();
    database
}

fn quick() -> Settings {
    Settings {
        lock_timeout: Duration::from_millis(200),
        lock_retries: 2,
        lock_backoff: (Duration::from_millis(10), Duration::from_millis(20)),
        session_wait: Duration::from_millis(300),
        ..Settings::default()
    }
}

async fn connect(database: &Database) -> Client {
    let (client, connection) = tokio_postgres::connect(&database.url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Applies; gives the outcome and what was told on the way.
async fn run(database: &Database, plan: &Plan, settings: &Settings) -> (Result<Done>, Vec<String>) {
    let (main, monitor) = (connect(database).await, connect(database).await);
    let told = RefCell::new(vec![]);
    let sessions = Sessions { main: &main, monitor: &monitor };
    let observe = |event: &apply::Event| told.borrow_mut().push(event.to_string());
    let done = apply::apply(plan, sessions, settings, &observe, async || Ok(()), async || Ok(None)).await;
    (done, told.into_inner())
}

fn columns(database: &Database) -> String {
    let sql = "SELECT attname FROM pg_attribute WHERE attrelid = 'app.t'::regclass AND attnum > 0 AND NOT attisdropped
               ORDER BY attnum";
    database.psql(sql).unwrap().trim().replace('\n', ",")
}

#[tokio::test]
async fn transactions_are_committed_and_recorded_on_every_major() {
    for cluster in support::clusters() {
        let database = cluster.database("apply");
        database.psql("CREATE SCHEMA app; CREATE TABLE app.t (id int)").unwrap();
        let plan = plan(
            &database,
            &[&["ALTER TABLE app.t ADD a int", "ALTER TABLE app.t ADD b int"], &["ALTER TABLE app.t ADD c int"]],
        );
        let (done, told) = run(&database, &plan, &quick()).await;
        assert_eq!(done.unwrap(), Done { steps: 3, batches: 2 });
        assert_eq!(told[0], "[1/3] alter table app.t");
        assert_eq!(columns(&database), "id,a,b,c");
        let (done, _) = run(&database, &plan_again(&plan), &quick()).await;
        done.unwrap();
        let runs = "SELECT id, login, tool, plan_from, plan_to, steps, result, error, finished_at >= started_at
                    FROM reconcile.runs ORDER BY id";
        let line = |id: u32, steps: u32| format!("{id}|postgres|test|here|there|{steps}|done||t\n");
        assert_eq!(database.psql(runs).unwrap(), line(1, 3) + &line(2, 1));
        let steps = "SELECT number, object, change, error, finished_at >= started_at FROM reconcile.steps WHERE run = 1
                     ORDER BY number";
        assert_eq!(
            database.psql(steps).unwrap(),
            "1|table app.t|alter||t\n2|table app.t|alter||t\n3|table app.t|alter||t\n"
        );
    }
}

fn plan_again(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.batches = vec![Batch { transactional: true, steps: vec![step("ALTER TABLE app.t DROP COLUMN c")] }];
    plan
}

#[tokio::test]
async fn an_error_in_the_middle_keeps_what_is_committed_and_nothing_else() {
    let database = database();
    let plan = plan(
        &database,
        &[
            &["ALTER TABLE app.t ADD a int"],
            &["ALTER TABLE app.t ADD b int", "ALTER TABLE app.t ADD c nothing"],
            &["ALTER TABLE app.t ADD d int"],
        ],
    );
    let error = run(&database, &plan, &quick()).await.0.unwrap_err();
    assert_eq!(error.kind, Kind::Partial);
    assert_eq!(columns(&database), "id,a");
    let report = error.report();
    for part in [
        "step 3 of 4 failed: alter table app.t",
        "ERROR 42704: type \"nothing\" does not exist",
        "at character 25 of the statement",
        "statement: ALTER TABLE app.t ADD c nothing",
        "\n  done and committed: 1 step of 4\n  not done: alter table app.t, alter table app.t, alter table app.t\n",
    ] {
        assert!(report.contains(part), "{report}");
    }
    assert_eq!(database.psql("SELECT result, error IS NULL FROM reconcile.runs").unwrap(), "failed|f\n");
    let steps = "SELECT number, error FROM reconcile.steps ORDER BY number";
    assert_eq!(database.psql(steps).unwrap(), "1|\n3|ERROR 42704: type \"nothing\" does not exist\n");
}

#[tokio::test]
async fn an_error_in_the_first_transaction_changes_nothing() {
    let database = database();
    let plan = plan(&database, &[&["ALTER TABLE app.t ADD a int", "INSERT INTO app.t VALUES ('x')"]]);
    let error = run(&database, &plan, &quick()).await.0.unwrap_err();
    assert_eq!((error.exit_code(), columns(&database).as_str()), (1, "id"));
    assert!(error.report().contains("nothing was changed"), "{}", error.report());
}

#[tokio::test]
async fn a_deferred_constraint_fails_at_commit() {
    let database = database();
    database.psql("ALTER TABLE app.t ADD CONSTRAINT u UNIQUE (id) DEFERRABLE INITIALLY DEFERRED").unwrap();
    let plan = plan(&database, &[&["INSERT INTO app.t VALUES (1)"]]);
    let error = run(&database, &plan, &quick()).await.0.unwrap_err();
    assert!(
        error.report().contains("COMMIT of steps 1 to 1 failed") && error.report().contains("23505"),
        "{}",
        error.report()
    );
    assert_eq!(database.psql("SELECT count(*) FROM app.t").unwrap(), "1\n");
}

#[tokio::test]
async fn a_blocker_is_named_and_outwaited() {
    let database = database();
    let reader = connect(&database).await;
    reader.batch_execute("SET application_name = 'the report'; BEGIN; SELECT * FROM app.t").await.unwrap();
    let pid: i32 = reader.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let plan = plan(&database, &[&["ALTER TABLE app.t ADD a int"]]);
    let settings = Settings { lock_retries: 50, ..quick() };
    let release = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        reader.batch_execute("COMMIT").await.unwrap();
    };
    let ((done, told), ()) = tokio::join!(run(&database, &plan, &settings), release);
    done.unwrap();
    assert_eq!(columns(&database), "id,a");
    let misses: Vec<&String> = told.iter().filter(|line| line.contains("55P03")).collect();
    assert!(misses.len() >= 2, "{told:?}");
    let named = format!("blocked by pid {pid}, user postgres, application the report, idle in transaction");
    assert!(misses.iter().all(|line| line.contains(&named)), "{told:?}");
}

#[tokio::test]
async fn used_up_retries_are_busy_and_change_nothing() {
    let database = database();
    let reader = connect(&database).await;
    reader.batch_execute("BEGIN; SELECT * FROM app.t").await.unwrap();
    let plan = plan(&database, &[&["CREATE TABLE app.other ()", "ALTER TABLE app.t ADD a int"]]);
    let (done, told) = run(&database, &plan, &quick()).await;
    let error = done.unwrap_err();
    assert_eq!(error.exit_code(), 5, "{}", error.report());
    assert!(error.report().contains("step 2 of 2 got no lock in 3 tries"), "{}", error.report());
    assert!(error.report().contains("blocked by pid ") && error.report().contains("nothing was changed"));
    assert_eq!(told.iter().filter(|line| line.contains("rolled back, try")).count(), 2, "{told:?}");
    assert_eq!(columns(&database), "id");
    assert_eq!(database.psql("SELECT to_regclass('app.other')").unwrap(), "\n");
}

#[tokio::test]
async fn used_up_retries_after_a_commit_are_partial() {
    let database = database();
    let reader = connect(&database).await;
    reader.batch_execute("BEGIN; SELECT * FROM app.t").await.unwrap();
    let plan = plan(&database, &[&["CREATE TABLE app.other ()"], &["ALTER TABLE app.t ADD a int"]]);
    let error = run(&database, &plan, &quick()).await.0.unwrap_err();
    assert_eq!(error.exit_code(), 6, "{}", error.report());
    assert_eq!(columns(&database), "id");
}

#[tokio::test]
async fn a_deadlock_is_tried_again() {
    let database = database();
    database.psql("CREATE TABLE app.u (id int)").unwrap();
    let other = connect(&database).await;
    // the other session's long deadlock_timeout lets the server pick ours as the victim
    other.batch_execute("SET deadlock_timeout = '60s'; BEGIN; LOCK TABLE app.u").await.unwrap();
    let plan = plan(&database, &[&["LOCK TABLE app.t", "ALTER TABLE app.u ADD a int"]]);
    let settings = Settings { lock_timeout: Duration::from_secs(20), ..quick() };
    let cross = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        other.batch_execute("LOCK TABLE app.t; COMMIT").await.unwrap();
    };
    let ((done, told), ()) = tokio::join!(run(&database, &plan, &settings), cross);
    done.unwrap();
    assert!(told.iter().any(|line| line.contains("40P01")), "{told:?}");
}

#[tokio::test]
async fn two_at_once_the_second_is_told_who_is_first() {
    let database = database();
    let first = connect(&database).await;
    let key = i64::from_be_bytes(*b"reconcil");
    first.execute("SELECT pg_advisory_lock($1)", &[&key]).await.unwrap();
    let pid: i32 = first.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let plan = plan(&database, &[&["ALTER TABLE app.t ADD a int"]]);
    let (done, told) = run(&database, &plan, &quick()).await;
    let error = done.unwrap_err();
    assert_eq!(error.exit_code(), 5);
    assert!(error.report().contains(&format!("held by pid {pid}, user postgres")), "{}", error.report());
    assert!(told[0].starts_with("waiting for another run of reconcile: held by pid"), "{told:?}");
    assert_eq!(columns(&database), "id");
    assert_eq!(database.psql("SELECT to_regnamespace('reconcile')").unwrap(), "\n", "not even a journal");
}

#[tokio::test]
async fn two_at_once_take_turns() {
    let database = database();
    let settings = Settings { session_wait: Duration::from_secs(20), ..quick() };
    let one = plan(&database, &[&["ALTER TABLE app.t ADD a int", "SELECT pg_sleep(0.5)"]]);
    let two = plan(&database, &[&["ALTER TABLE app.t ADD b int", "SELECT pg_sleep(0.5)"]]);
    let (one, two) = tokio::join!(run(&database, &one, &settings), run(&database, &two, &settings));
    one.0.unwrap();
    two.0.unwrap();
    assert_eq!(database.psql("SELECT count(*) FROM reconcile.runs WHERE result = 'done'").unwrap(), "2\n");
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database =
                 (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(database.psql(locks).unwrap(), "0\n");
}

#[tokio::test]
async fn a_guard_that_objects_stops_everything_and_the_lock_goes() {
    let database = database();
    let (main, monitor) = (connect(&database).await, connect(&database).await);
    let plan = plan(&database, &[&["ALTER TABLE app.t ADD a int"]]);
    let sessions = Sessions { main: &main, monitor: &monitor };
    let guard = async || Err(Error::new("changed").kind(Kind::Stale));
    let done = apply::apply(&plan, sessions, &quick(), &|_| (), guard, async || Ok(None)).await;
    assert_eq!(done.unwrap_err().exit_code(), 4);
    assert_eq!(columns(&database), "id");
    run(&database, &plan, &quick()).await.0.unwrap();
}

#[tokio::test]
async fn what_still_differs_is_an_error() {
    let database = database();
    let (main, monitor) = (connect(&database).await, connect(&database).await);
    let plan = plan(&database, &[&["ALTER TABLE app.t ADD a int"]]);
    let sessions = Sessions { main: &main, monitor: &monitor };
    let verify = async || Ok(Some(plan.clone()));
    let error = apply::apply(&plan, sessions, &quick(), &|_| (), async || Ok(()), verify).await.unwrap_err();
    assert_eq!(error.exit_code(), 1);
    assert!(error.report().contains("1 difference still remains"), "{}", error.report());
}

#[tokio::test]
async fn denied_hazards_are_refused_before_anything() {
    let database = database();
    let mut plan = plan(&database, &[&["DROP TABLE app.t"]]);
    plan.batches[0].steps[0].hazards.push(Hazard {
        code: "RC101".to_string(),
        name: "drop-table".to_string(),
        level: Level::Deny,
        message: "all rows are lost".to_string(),
        decide: vec!["--allow drop-table:app.t".to_string()],
    });
    let error = run(&database, &plan, &quick()).await.0.unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.report().contains("--allow drop-table:app.t"));
    assert_eq!(columns(&database), "id");
    let settings = Settings { allow: vec!["drop-table:app.t".to_string()], ..quick() };
    run(&database, &plan, &settings).await.0.unwrap();
    assert_eq!(database.psql("SELECT to_regclass('app.t')").unwrap(), "\n");
}

#[tokio::test]
async fn each_step_runs_under_its_own_path_and_without_a_journal_nothing_else_is_made() {
    let database = database();
    let mut plan =
        plan(&database, &[&["CREATE TABLE one ()", "CREATE TABLE public.two ()"], &["CREATE TABLE three ()"]]);
    plan.batches[0].steps[0].search_path = vec!["app".to_string(), "public".to_string()];
    plan.batches[1].steps[0].search_path = vec!["Odd \"name\"".to_string(), "app".to_string()];
    let settings = Settings { journal: false, ..quick() };
    run(&database, &plan, &settings).await.0.unwrap();
    let sql = "SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
               WHERE relkind = 'r' AND nspname !~ '^pg_|^information' ORDER BY 1, 2";
    assert_eq!(database.psql(sql).unwrap(), "app|one\napp|t\napp|three\npublic|two\n");
}

#[tokio::test]
async fn a_step_outside_of_transactions() {
    let database = database();
    let mut plan = plan(&database, &[&["CREATE INDEX CONCURRENTLY i ON app.t (id)"]]);
    plan.batches[0].transactional = false;
    run(&database, &plan, &quick()).await.0.unwrap();
    assert_eq!(database.psql("SELECT to_regclass('app.i')").unwrap(), "app.i\n");
}

#[tokio::test]
async fn the_role_the_timeouts_and_the_major_count() {
    let database = database();
    let mut plan = plan(&database, &[&["ALTER TABLE app.t ADD a int"]]);
    let error = run(&database, &plan, &Settings { role: Some("no one".to_string()), ..quick() }).await.0.unwrap_err();
    assert!(error.report().contains("cannot become role \"no one\""), "{}", error.report());
    plan.batches[0].steps[0].sql = "SELECT pg_sleep(10)".to_string();
    let settings = Settings { statement_timeout: Some(Duration::from_millis(50)), ..quick() };
    let error = run(&database, &plan, &settings).await.0.unwrap_err();
    assert!(error.report().contains("57014"), "{}", error.report());
    plan.server = 99;
    let error = run(&database, &plan, &quick()).await.0.unwrap_err();
    assert_eq!(error.exit_code(), 4);
    assert_eq!(columns(&database), "id");
}

#[tokio::test]
async fn a_role_without_rights_on_the_journal_is_told_what_to_do() {
    let database = database();
    let role = format!("nobody_{}", database.name);
    database.psql(&format!("CREATE ROLE {role}")).unwrap();
    let plan = plan(&database, &[&["SELECT 1"]]);
    let settings = Settings { role: Some(role.clone()), ..quick() };
    let error = run(&database, &plan, &settings).await.0.unwrap_err();
    let without = run(&database, &plan, &Settings { journal: false, ..settings }).await.0;
    database.psql(&format!("DROP ROLE {role}")).unwrap();
    assert!(error.report().contains("42501") && error.report().contains("--no-journal"), "{}", error.report());
    without.unwrap();
}

#[tokio::test]
async fn a_lost_connection_is_reported_as_such() {
    let database = database();
    let plan = plan(&database, &[&["SELECT pg_terminate_backend(pg_backend_pid())"]]);
    let error = run(&database, &plan, &quick()).await.0.unwrap_err();
    assert_eq!(error.exit_code(), 1, "{}", error.report());
    assert!(error.report().contains("57P01") || error.report().contains("closed"), "{}", error.report());
}

#[tokio::test]
async fn the_script_leads_to_the_same_end() {
    let database = database();
    let plan = plan(
        &database,
        &[
            &["CREATE TABLE app.a (x int)", "CREATE VIEW app.v AS SELECT x FROM app.a -- end"],
            &["ALTER TABLE app.t ADD a int;"],
        ],
    );
    database.psql(&sql::render(&plan, Duration::from_secs(1))).unwrap();
    assert_eq!(columns(&database), "id,a");
    assert_eq!(database.psql("SELECT to_regclass('app.v')").unwrap(), "app.v\n");
}
