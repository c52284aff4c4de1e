//! Signals during an apply. They reach the whole process, so these tests have a process of their own and take turns.
mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use reconcile::apply::{self, Sessions, Settings};
use reconcile::catalog::ObjectId;
use reconcile::error::Error;
use reconcile::objects::Kind;
use reconcile::plan::forms::Form;
use reconcile::plan::{Batch, Change, Plan, Step};
use support::Database;
use tokio_postgres::{Client, NoTls};

fn plan(database: &Database, batches: &[&str]) -> Plan {
    let step = |sql: &&str| Step {
        object: ObjectId::new(Kind::Table, ["app", "t"]),
        also: vec![],
        change: Change::Alter,
        sql: sql.to_string(),
        search_path: vec![],
        why: "the test wants it".to_string(),
        form: Form::AlterRelation,
        hazards: vec![],
        undo: None,
    };
    Plan {
        version: 1,
        tool: "test".to_string(),
        server: database.cluster().major,
        from: "here".to_string(),
        to: "there".to_string(),
        batches: batches.iter().map(|sql| Batch { transactional: true, steps: vec![step(sql)] }).collect(),
        unmanaged: vec![],
        notes: vec![],
        current_fingerprint: String::new(),
        desired_fingerprint: String::new(),
    }
}

async fn connect(database: &Database) -> Client {
    let (client, connection) = tokio_postgres::connect(&database.url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Applies and sends a signal to this process after a moment.
async fn stopped(database: &Database, plan: &Plan, settings: &Settings, signal: &str) -> (Error, Duration) {
    let (main, monitor) = (connect(database).await, connect(database).await);
    let start = Instant::now();
    let send = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let pid = std::process::id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    };
    let sessions = Sessions { main: &main, monitor: &monitor };
    let work = apply::apply(plan, sessions, settings, &|_| (), async || Ok(()), async || Ok(None));
    let (done, ()) = tokio::join!(work, send);
    (done.unwrap_err(), start.elapsed())
}

#[tokio::test]
async fn signals_stop_cleanly() {
    let database = support::newest().database("signal");
    database.psql("CREATE SCHEMA app; CREATE TABLE app.t (id int)").unwrap();
    let settings = Settings::default();

    let long = plan(&database, &["ALTER TABLE app.t ADD a int", "SELECT pg_sleep(60)"]);
    let (error, took) = stopped(&database, &long, &settings, "-INT").await;
    assert_eq!(error.exit_code(), 130, "{}", error.report());
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert!(error.report().contains("done and committed: 1 step of 2"), "{}", error.report());
    assert_eq!(database.psql("SELECT result FROM reconcile.runs").unwrap(), "failed\n");

    let (error, _) = stopped(&database, &plan(&database, &["SELECT pg_sleep(60)"]), &settings, "-TERM").await;
    assert_eq!(error.exit_code(), 143, "{}", error.report());
    assert!(error.report().contains("nothing was changed"), "{}", error.report());

    // while it sleeps between two tries
    let reader = connect(&database).await;
    reader.batch_execute("BEGIN; SELECT * FROM app.t").await.unwrap();
    let pause = Duration::from_secs(60);
    let waiting = Settings { lock_timeout: Duration::from_millis(50), lock_backoff: (pause, pause), ..settings };
    let (error, took) = stopped(&database, &plan(&database, &["DROP TABLE app.t"]), &waiting, "-INT").await;
    assert_eq!(error.exit_code(), 130, "{}", error.report());
    assert!(took < Duration::from_secs(20), "{took:?}");
    reader.batch_execute("COMMIT").await.unwrap();
    assert_eq!(database.psql("SELECT count(*) FROM app.t").unwrap(), "0\n");
}
