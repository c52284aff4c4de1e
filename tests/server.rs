//! Private servers: the clusters of the tests themselves and the embedded database.
mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use reconcile::server::{Account, Embedded, Installation, Server};

#[test]
fn clusters_start_and_run_scripts() {
    for cluster in support::clusters() {
        let database = cluster.database("server test");
        let version = database.psql("SHOW server_version_num").unwrap();
        assert_eq!(version.trim().parse::<u32>().unwrap() / 10_000, cluster.major);
        database
            .psql("CREATE TABLE t (a int); CREATE INDEX CONCURRENTLY ON t (a); INSERT INTO t VALUES (1), (NULL)")
            .unwrap();
        assert_eq!(database.psql("SELECT a, 'x;y' FROM t ORDER BY a").unwrap(), "1|x;y\n|x;y\n");
        let error = database.psql("SELECT 1; SELECT nothing").unwrap_err();
        assert!(error.starts_with("42703"), "{error}");
        assert_eq!(database.psql("SHOW wal_level; SHOW fsync; SHOW server_encoding").unwrap(), "logical\noff\nUTF8\n");
        let name = database.name.clone();
        drop(database);
        let left = cluster.psql("postgres", &format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"));
        assert_eq!(left.unwrap(), "");
    }
}

#[tokio::test]
async fn embedded_opens_twice_and_keeps_its_data() {
    let root = support::folder("embedded");
    let installations = support::installations();
    let first = Embedded::parse("embedded").unwrap().unwrap();
    let open = first.open_with(&root, &installations).await.unwrap();
    let second = Embedded::parse("embedded:o'ther \"one\"/é?").unwrap().unwrap();
    let reused = second.open_with(&root, &installations).await.unwrap();
    run(&open.url, "CREATE TABLE kept (a int)").await;
    run(&reused.url, "CREATE TABLE also_kept (a int)").await;
    // the first lets go while the second still works
    open.server.stop().unwrap();
    run(&reused.url, "TABLE also_kept").await;
    let url = reused.url.clone();
    reused.server.stop().unwrap();
    assert!(tokio_postgres::connect(&url, tokio_postgres::NoTls).await.is_err());
    // a newer major in front changes nothing for data that is there
    let mut newest_first = installations.clone();
    newest_first.reverse();
    let again = first.open_with(&root, &newest_first).await.unwrap();
    assert_eq!(again.server.installation().major, installations[0].major);
    run(&again.url, "TABLE kept").await;
    drop(again);
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn two_that_initialise_at_once_do_not_disturb_each_other() {
    let root = support::folder("twice");
    let installation = support::installations().remove(0);
    let opens: Vec<_> = (0..3)
        .map(|_| {
            let (installation, data) = (installation.clone(), root.join("data"));
            std::thread::spawn(move || Server::open(&installation, &data).map(|server| server.url("postgres")))
        })
        .collect();
    for open in opens {
        open.join().unwrap().unwrap();
    }
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn long_paths_get_a_short_socket() {
    let root = support::folder("long");
    let data = root.join("a long name ".repeat(10)).join("quoted \"data\", and more");
    let server = Server::open(&support::installations()[0], &data).unwrap();
    assert!(server.sockets().as_os_str().len() < 90);
    run(&server.url("postgres"), "SELECT 1").await;
    server.stop().unwrap();
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn data_moves_where_the_user_of_the_server_cannot_go() {
    // only root runs servers as another user
    if Account::current().unwrap().other().is_none() {
        return;
    }
    let closed = support::folder("closed");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    let link = closed.join("project/data");
    let server = Server::open(&support::installations()[0], &link).unwrap();
    let data = server.data().to_path_buf();
    assert!(!data.starts_with(&closed));
    assert_eq!(std::fs::read_link(&link).unwrap(), data);
    run(&server.url("postgres"), "CREATE TABLE kept (a int)").await;
    server.stop().unwrap();
    let again = Server::open(&support::installations()[0], &link).unwrap();
    run(&again.url("postgres"), "TABLE kept").await;
    again.stop().unwrap();
    for name in ["", ".lock", ".users", ".started"] {
        let path = PathBuf::from(format!("{}{name}", data.display()));
        let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    }
}

#[tokio::test]
async fn data_of_another_major_is_an_error() {
    let root = support::folder("wrong");
    let data = root.join(".reconcile/postgres-14");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("PG_VERSION"), "14\n").unwrap();
    let installation = Installation { major: 17, bin: PathBuf::from("/nonexistent") };
    let report = Server::open(&installation, &data).unwrap_err().report();
    assert!(report.contains("belongs to PostgreSQL 14, not 17"), "{report}");
    assert!(report.contains("use a PostgreSQL 14, or remove the folder"), "{report}");
    let embedded = Embedded::parse("embedded").unwrap().unwrap();
    let report = embedded.open_with(&root, &[installation]).await.unwrap_err().report();
    assert!(report.contains("belongs to PostgreSQL 14, which was not found here"), "{report}");
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn without_an_installation_the_error_says_what_to_install() {
    let root = support::folder("none");
    let embedded = Embedded::parse("embedded").unwrap().unwrap();
    let report = embedded.open_with(&root, &[]).await.unwrap_err().report();
    for line in
        ["no PostgreSQL server", "apt-get install postgresql", "dnf install", "brew install", "scripts/postgres"]
    {
        assert!(report.contains(line), "{report}");
    }
    assert!(!root.join(".reconcile").exists());
    std::fs::remove_dir_all(root).unwrap();
}

async fn run(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let talk = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    talk.await.unwrap().unwrap();
}
