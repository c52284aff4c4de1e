//! PostgreSQL clusters for integration tests: one of every major on this machine, started once per test process and
//! stopped when the process is gone, however it ended.
//!
//! `RECONCILE_TEST_MAJORS=14,15` restricts the majors. Under `CI=true` all five must be there.
#![allow(dead_code, reason = "every test binary compiles this module and uses a part of it")]

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use reconcile::server::{Installation, SUPPORTED, Server, initialise};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Settings of every cluster: fast, nothing survives a crash.
const SETTINGS: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("wal_level", "logical"),
    ("max_connections", "200"),
    ("max_locks_per_transaction", "1024"),
    ("shared_buffers", "32MB"),
    ("max_wal_size", "1GB"),
    // thousands of databases come and go; nobody looks at their statistics
    ("autovacuum", "off"),
];

/// One running server.
pub struct Cluster {
    pub major: u32,
    /// The folder with postgres, initdb and pg_ctl.
    pub bin: PathBuf,
    /// The folder of the unix socket; the port is 5432.
    pub sockets: PathBuf,
    server: Server,
}

/// A database of its own for one test; dropped with it.
pub struct Database {
    cluster: &'static Cluster,
    pub name: String,
    pub url: String,
}

/// Every cluster, oldest major first.
pub fn clusters() -> &'static [Cluster] {
    static CLUSTERS: OnceLock<Vec<Cluster>> = OnceLock::new();
    CLUSTERS.get_or_init(|| {
        let starts: Vec<_> =
            installations().into_iter().map(|one| std::thread::spawn(|| Cluster::start(one))).collect();
        starts.into_iter().map(|start| start.join().expect("a cluster must start")).collect()
    })
}

/// The cluster of one major, when the tests run on it.
pub fn cluster(major: u32) -> Option<&'static Cluster> {
    clusters().iter().find(|cluster| cluster.major == major)
}

/// The newest cluster, for what does not depend on the major.
pub fn newest() -> &'static Cluster {
    clusters().last().expect("clusters() panics when there is none")
}

/// One installation of each major to test on, oldest first.
pub fn installations() -> Vec<Installation> {
    let mut found = Installation::all();
    found.reverse();
    found.dedup_by_key(|one| one.major);
    let wanted: Option<Vec<u32>> =
        std::env::var("RECONCILE_TEST_MAJORS").ok().filter(|text| !text.is_empty()).map(|text| {
            let number = |word: &str| {
                word.trim().parse().unwrap_or_else(|_| panic!("RECONCILE_TEST_MAJORS: {word:?} is no major"))
            };
            text.split(',').map(number).collect()
        });
    let required = match &wanted {
        Some(majors) => majors.clone(),
        None if std::env::var("CI").is_ok_and(|value| value == "true") => SUPPORTED.collect(),
        None => vec![],
    };
    let missing: Vec<u32> = required.into_iter().filter(|major| !found.iter().any(|one| one.major == *major)).collect();
    assert!(missing.is_empty(), "no PostgreSQL server of major {missing:?} was found; run scripts/postgres");
    found.retain(|one| wanted.as_ref().is_none_or(|majors| majors.contains(&one.major)));
    assert!(!found.is_empty(), "no PostgreSQL server was found; run scripts/postgres");
    found
}

/// A fresh folder that every user can enter; it goes with this process, and so do servers with their data in it.
pub fn folder(name: &str) -> PathBuf {
    static ROOT: OnceLock<(PathBuf, ChildStdin)> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (root, _leash) = ROOT.get_or_init(|| {
        let root = std::env::temp_dir().join(format!("reconcile-test-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).expect("the temp folder must be writable");
        let root = root.canonicalize().expect("it was just made");
        let leash = watchdog(&root);
        (root, leash)
    });
    let path = root.join(format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir(&path).expect("its name is new");
    path
}

impl Cluster {
    fn start(installation: Installation) -> Self {
        let data = folder("cluster").join("data");
        copy_template(&installation, &data);
        let server =
            Server::open_with(&installation, &data, SETTINGS).unwrap_or_else(|error| panic!("{}", error.report()));
        let sockets = server.sockets().to_path_buf();
        Self { major: installation.major, bin: installation.bin, sockets, server }
    }

    /// The address of a database of this cluster.
    pub fn url(&self, database: &str) -> String {
        self.server.url(database)
    }

    /// A new database with a name of its own, made from template0; dropped (with its sessions) at the end of the value.
    pub fn database(&'static self, prefix: &str) -> Database {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{prefix}_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE \"{name}\" TEMPLATE template0")).expect("CREATE DATABASE");
        Database { cluster: self, url: self.url(&name), name }
    }

    /// Runs a script statement by statement in autocommit, as psql does, and stops at the first error. Gives the rows
    /// of all statements, one a line, columns parted by `|`, NULL empty.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String, String> {
        let (url, sql) = (self.url(database), sql.to_string());
        // a thread of its own, so that it works inside and outside of async tests
        let run = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(|error| error.to_string())?.block_on(script(&url, &sql))
        });
        run.join().expect("the script must not panic")
    }
}

impl Database {
    /// Runs a script in this database; see [`Cluster::psql`].
    pub fn psql(&self, sql: &str) -> Result<String, String> {
        self.cluster.psql(&self.name, sql)
    }

    pub fn cluster(&self) -> &'static Cluster {
        self.cluster
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = self.cluster.psql("postgres", &format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name));
    }
}

async fn script(url: &str, sql: &str) -> Result<String, String> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(|error| error.to_string())?;
    let talk = tokio::spawn(connection);
    let statements = pg_query::split_with_parser(sql)
        .or_else(|_| pg_query::split_with_scanner(sql))
        .map_err(|error| error.to_string())?;
    let mut out = String::new();
    for statement in statements {
        let messages = client.simple_query(statement).await.map_err(|error| describe(&error, statement))?;
        for message in messages {
            if let SimpleQueryMessage::Row(row) = message {
                let values: Vec<&str> = (0..row.len()).map(|at| row.get(at).unwrap_or_default()).collect();
                out.push_str(&values.join("|"));
                out.push('\n');
            }
        }
    }
    drop(client);
    let _ = talk.await;
    Ok(out)
}

fn describe(error: &tokio_postgres::Error, statement: &str) -> String {
    match error.as_db_error() {
        Some(error) => {
            format!("{}: {}\n{}\n{statement}", error.code().code(), error.message(), error.detail().unwrap_or(""))
        }
        None => format!("{error}\n{statement}"),
    }
}

/// initdb takes a second and more; a copy of its result does not.
fn copy_template(installation: &Installation, data: &Path) {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(home).expect("the target folder must be writable");
    let bin = installation.bin.to_string_lossy().replace('/', "_");
    let template = home.join(format!("cluster-{}{bin}", installation.major));
    let lock = File::create(home.join(format!("cluster-{}.lock", installation.major))).expect("lock file");
    lock.lock().expect("lock");
    if !template.join("PG_VERSION").is_file() {
        initialise(installation, data).unwrap_or_else(|error| panic!("{}", error.report()));
        let unfinished = template.with_extension("new");
        let _ = std::fs::remove_dir_all(&unfinished);
        copy(data, &unfinished);
        std::fs::rename(&unfinished, &template).expect("the template must be kept");
    } else {
        copy(&template, data);
    }
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status().expect("cp");
    assert!(status.success(), "cp -a {} {}", from.display(), to.display());
}

/// A process that stops every server below the folder and removes it once its standard input ends, which happens when
/// this process ends, even by SIGKILL.
fn watchdog(root: &Path) -> ChildStdin {
    // several rounds, since a server may be starting or a copy running; SIGQUIT is an immediate shutdown
    let script = r#"trap '' HUP INT TERM; cat >/dev/null
        for pause in 0.1 0.5 1 2; do
            find "$1" -name postmaster.pid -exec head -n 1 {} ';' | xargs -r kill -QUIT; sleep "$pause"; rm -rf "$1"
        done"#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "watchdog"]).arg(root).current_dir("/").process_group(0);
    // cargo waits for all who hold its pipes
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("sh").stdin.take().expect("it is piped")
}
