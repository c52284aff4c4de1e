//! Connections against two private servers: a primary with TLS and a self-made authority, and a
//! standby without TLS. Needs `openssl` and the binaries of one PostgreSQL, newest first.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reconcile::config::Environment;
use reconcile::connect::{Connection, Target, connect};

const HBA: &str = "
local all all trust
hostssl all certified 127.0.0.1/32 cert
host all scram 127.0.0.1/32 scram-sha-256
host all md5 127.0.0.1/32 md5
hostssl all tlsonly 127.0.0.1/32 trust
hostnossl all plainonly 127.0.0.1/32 trust
host all postgres 127.0.0.1/32 trust
host all unknown 127.0.0.1/32 trust
host all limited 127.0.0.1/32 trust
";

const ROLES: &str = "
SET password_encryption = 'scram-sha-256';
CREATE ROLE scram LOGIN PASSWORD 's3cret pass';
SET password_encryption = 'md5';
CREATE ROLE md5 LOGIN PASSWORD 's3cret';
CREATE ROLE certified LOGIN;
CREATE ROLE tlsonly LOGIN;
CREATE ROLE plainonly LOGIN;
CREATE ROLE limited LOGIN CONNECTION LIMIT 0;
";

/// The two servers. They stop, and the folder goes, when this process ends in whatever way: then
/// the standard input of the leash closes.
struct Servers {
    folder: PathBuf,
    major: u32,
    primary: u16,
    standby: u16,
    dead: u16,
    _leash: Child,
}

fn servers() -> &'static Servers {
    static SERVERS: OnceLock<Servers> = OnceLock::new();
    SERVERS.get_or_init(start)
}

/// The binaries of the newest PostgreSQL of this machine.
fn binaries() -> (u32, PathBuf) {
    let home = std::env::var("HOME").unwrap_or_default();
    let folders = [
        std::env::var("RECONCILE_POSTGRES_DIR").unwrap_or_default(),
        format!("{home}/.cache/reconcile/postgres"),
        "/usr/lib/postgresql".into(),
    ];
    let majors = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    majors
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("postgres").exists() && bin.join("initdb").exists())
        .max()
        .unwrap_or_else(|| panic!("no PostgreSQL server was found in {folders:?}"))
}

/// A command that runs as a user whom PostgreSQL accepts.
fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let id = Command::new("id").arg("-u").output().expect("id");
    if id.stdout != b"0\n" {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let says = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {says}");
}

fn openssl(folder: &Path, arguments: &str) {
    run(command("openssl").current_dir(folder).args(arguments.split(' ')));
}

/// An authority, a server certificate for db.test and *.wild.test, a client certificate, an
/// authority that nobody knows, a certificate of version 1, and a server that is its own root.
fn certificates(folder: &Path) {
    for (file, text) in [("san", "subjectAltName=DNS:db.test,DNS:*.wild.test"), ("client", "basicConstraints=CA:FALSE")]
    {
        fs::write(folder.join(format!("{file}.ext")), text).expect("writable");
    }
    for (name, subject) in [("root", "/CN=root"), ("other", "/CN=other"), ("own", "/CN=own.test")] {
        openssl(
            folder,
            &format!(
                "req -new -x509 -days 9 -nodes -newkey rsa:2048 -subj {subject} -keyout {name}.key -out {name}.crt"
            ),
        );
    }
    for (name, subject, extension) in [("server", "/CN=ignored.test", "san"), ("user", "/CN=certified", "client")] {
        openssl(
            folder,
            &format!("req -new -nodes -newkey rsa:2048 -subj {subject} -keyout {name}.key -out {name}.csr"),
        );
        openssl(
            folder,
            &format!(
                "x509 -req -in {name}.csr -CA root.crt -CAkey root.key -CAcreateserial -days 9 -extfile {extension}.ext -out {name}.crt"
            ),
        );
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

fn start() -> Servers {
    let (major, bin) = binaries();
    let folder = std::env::temp_dir().join(format!("reconcile-connect-{}", std::process::id()));
    // the user of the server owns the folder, so that the leash can remove it
    run(command("mkdir").args(["-m", "777"]).arg(&folder));
    certificates(&folder);
    let (primary, standby) = (folder.join("primary"), folder.join("standby"));
    run(command(bin.join("initdb"))
        .args(["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "-D"])
        .arg(&primary));
    let single = folder.join("roles.sql");
    // single-user mode takes one statement a line
    fs::write(&single, ROLES.trim()).expect("writable");
    let script = format!(
        "'{}' --single -D '{}' postgres <'{}'",
        bin.join("postgres").display(),
        primary.display(),
        single.display()
    );
    run(command("sh").args(["-c", &script]));
    run(command("cp").arg("-r").args([&primary, &standby]));
    run(command("chmod").arg("700").arg(&standby));
    let servers = Servers {
        major,
        primary: free_port(),
        standby: free_port(),
        dead: free_port(),
        _leash: leash(&bin, &folder),
        folder,
    };
    let tls = "ssl=on\nssl_cert_file='../server.crt'\nssl_key_file='../server.key'\nssl_ca_file='../root.crt'\n";
    for (data, port, more) in [(&primary, servers.primary, tls), (&standby, servers.standby, "")] {
        let sockets = servers.folder.display();
        let settings = format!(
            "listen_addresses='127.0.0.1'\nport={port}\nfsync=off\nunix_socket_directories='{sockets},@reconcile-{port}'\n{more}"
        );
        fs::write(data.join("postgresql.auto.conf"), settings).expect("writable");
        fs::write(data.join("pg_hba.conf"), HBA).expect("writable");
        if data == &standby {
            fs::write(data.join("standby.signal"), "").expect("writable");
        }
        run(command(bin.join("pg_ctl"))
            .args(["-w", "-t", "60", "start", "-l"])
            .arg(data.join("log"))
            .arg("-D")
            .arg(data));
    }
    servers
}

fn leash(bin: &Path, folder: &Path) -> Child {
    let script = "trap '' INT TERM HUP; cat >/dev/null
        for data in \"$2/primary\" \"$2/standby\"; do \"$1/pg_ctl\" -m immediate -D \"$data\" stop; done; rm -rf \"$2\"";
    let mut command = command("sh");
    command.args(["-c", script, "leash"]).args([bin, folder]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh")
}

/// Connects to the primary as db.test unless the string says otherwise.
async fn open(parameters: &str) -> Result<Connection, String> {
    open_in(parameters, Environment::of([("HOME", "/nonexistent")])).await
}

async fn open_in(parameters: &str, environment: Environment) -> Result<Connection, String> {
    let servers = servers();
    let files = servers.folder.display();
    let text = parameters.replace("FILES", &files.to_string()).replace("STANDBY", &servers.standby.to_string());
    let text = text.replace("PRIMARY", &servers.primary.to_string()).replace("DEAD", &servers.dead.to_string());
    let text = match text.contains("host=") || text.contains("://") {
        true => text,
        false => format!("host=db.test hostaddr=127.0.0.1 port={} dbname=postgres {text}", servers.primary),
    };
    let target = Target::parse_in(&text, &environment.with_user("postgres")).map_err(|error| error.report())?;
    connect(&target).await.map_err(|error| error.report())
}

/// Whether the connection has TLS.
async fn encrypted(connection: &Connection) -> bool {
    let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    connection.client.query_one(query, &[]).await.expect("pg_stat_ssl").get(0)
}

/// Each case: parameters, and either whether there must be TLS or what the error must say.
async fn check(cases: &[(&str, Result<bool, &str>)]) {
    for (parameters, expected) in cases {
        match (open(parameters).await, expected) {
            (Ok(connection), Ok(tls)) => assert_eq!(encrypted(&connection).await, *tls, "{parameters}"),
            (Err(report), Err(says)) => {
                assert!(report.contains(says), "{parameters}: {report}");
                assert!(report.contains("hint: "), "{parameters}: {report}");
                assert!(!report.contains("s3cret"), "{parameters}: {report}");
            }
            (Err(report), Ok(_)) => panic!("{parameters}: {report}"),
            (Ok(_), Err(says)) => panic!("{parameters}: connects, but should say {says}"),
        }
    }
}

#[tokio::test]
async fn every_sslmode() {
    check(&[
        ("sslmode=disable", Ok(false)),
        ("sslmode=allow", Ok(false)),
        ("sslmode=prefer", Ok(true)),
        ("", Ok(true)),
        ("sslmode=require", Ok(true)),
        // the other way is tried when the server insists
        ("user=tlsonly sslmode=allow", Ok(true)),
        ("user=plainonly sslmode=prefer", Ok(false)),
        ("user=tlsonly sslmode=disable", Err("try sslmode=require")),
        ("user=plainonly sslmode=require", Err("pg_hba.conf")),
        ("host=db.test hostaddr=127.0.0.1 port=STANDBY sslmode=prefer dbname=postgres", Ok(false)),
        ("host=db.test hostaddr=127.0.0.1 port=STANDBY sslmode=require", Err("does not speak TLS")),
        // a root certificate is used whatever the mode
        ("sslmode=require sslrootcert=FILES/root.crt", Ok(true)),
        ("sslmode=require sslrootcert=FILES/other.crt", Err("issuer is unknown")),
        ("sslmode=prefer sslrootcert=FILES/other.crt", Ok(false)),
        ("sslmode=require sslrootcert=FILES/missing.crt", Ok(true)),
        ("sslmode=verify-ca sslrootcert=FILES/missing.crt", Err("does not exist")),
        ("sslmode=verify-ca", Err("needs a root certificate")),
        ("sslmode=verify-ca sslrootcert=FILES/root.crt", Ok(true)),
        ("sslmode=verify-ca sslrootcert=FILES/other.crt", Err("issuer is unknown")),
        ("sslmode=verify-ca sslrootcert=FILES/san.ext", Err("holds no certificate")),
        ("sslrootcert=system", Err("trusted")),
        // as in OpenSSL only a certificate that signed itself can be its own root
        ("sslmode=verify-full sslrootcert=FILES/server.crt", Err("issuer is unknown")),
        ("sslmode=verify-full sslrootcert=FILES/root.crt", Ok(true)),
        ("ssl_min_protocol_version=TLSv1.3 sslmode=require sslsni=0", Ok(true)),
        ("ssl_max_protocol_version=TLSv1.2 sslmode=verify-full sslrootcert=FILES/root.crt", Ok(true)),
    ])
    .await;
}

#[tokio::test]
async fn verify_full_wants_the_right_host() {
    let host = |name: &str| {
        format!("host={name} hostaddr=127.0.0.1 port=PRIMARY dbname=postgres sslrootcert=FILES/root.crt sslmode=")
    };
    let with = |name, mode: &str| host(name) + mode;
    check(&[
        (&with("DB.test", "verify-full"), Ok(true)),
        (&with("a.wild.test", "verify-full"), Ok(true)),
        (&with("a.b.wild.test", "verify-full"), Err("db.test, *.wild.test")),
        (&with("ignored.test", "verify-full"), Err("is for another host")),
        (&with("127.0.0.1", "verify-full"), Err("is for another host")),
        (&with("other.test", "verify-ca"), Ok(true)),
    ])
    .await;
}

#[tokio::test]
async fn passwords_and_channel_binding() {
    let old = "channel_binding=require user=md5 password=s3cret";
    check(&[
        ("user=scram password='s3cret pass'", Ok(true)),
        ("user=scram password='s3cret pass' sslmode=disable", Ok(false)),
        ("user=scram password='s3cret pass' sslmode=require channel_binding=require", Ok(true)),
        ("user=scram password='s3cret pass' sslmode=require channel_binding=disable", Ok(true)),
        (
            "user=scram password='s3cret pass' sslmode=disable channel_binding=require",
            Err("did not offer channel binding"),
        ),
        ("user=postgres channel_binding=require sslmode=require", Err("did not offer channel binding")),
        (old, Err("did not offer channel binding")),
        ("user=md5 password=s3cret", Ok(true)),
        ("user=scram password=s3cretwrong", Err("wrong password for role \"scram\"")),
        ("user=scram password=s3cretwrong sslmode=allow", Err("wrong password")),
        ("user=scram", Err("wants a password")),
        ("postgres://scram:s3cret%20pass@127.0.0.1:PRIMARY/postgres?sslmode=require", Ok(true)),
        ("user=unknown", Err("there is no role \"unknown\"")),
        ("user=limited", Err("too many connections")),
        ("host=127.0.0.1 port=PRIMARY dbname=nowhere", Err("there is no database \"nowhere\"")),
        ("user=stranger", Err("pg_hba.conf")),
    ])
    .await;
}

#[tokio::test]
async fn client_certificates() {
    let folder = &servers().folder;
    let copies = "cp user.key open.key; chmod 644 open.key; cp user.crt not.key; chmod 600 not.key";
    run(command("sh").current_dir(folder).args(["-c", copies]));
    check(&[
        ("user=certified sslmode=require sslcert=FILES/user.crt sslkey=FILES/user.key", Ok(true)),
        ("user=certified sslmode=require ssl_max_protocol_version=TLSv1.2 sslcert=FILES/user.crt sslkey=FILES/user.key", Ok(true)),
        ("user=certified sslmode=require", Err("client certificate")),
        ("user=certified sslmode=require sslcert=FILES/other.crt sslkey=FILES/other.key", Err("client certificate")),
        ("user=certified sslmode=require sslcert=FILES/user.crt sslkey=FILES/open.key", Err("chmod 600")),
        ("user=certified sslmode=require sslcert=FILES/user.crt sslkey=FILES/not.key", Err("holds no private key")),
    ])
    .await;
}

#[tokio::test]
async fn hosts_and_sessions() {
    let both = "host=127.0.0.1,127.0.0.1 dbname=postgres port=STANDBY,PRIMARY target_session_attrs=";
    let port =
        async |attributes: &str| open(&format!("{both}{attributes}")).await.map(|connection| connection.host.port);
    let (primary, standby) = (servers().primary, servers().standby);
    for (attributes, expected) in [
        ("any", standby),
        ("primary", primary),
        ("read-write", primary),
        ("standby", standby),
        ("read-only", standby),
        ("prefer-standby", standby),
    ] {
        assert_eq!(port(attributes).await, Ok(expected), "{attributes}");
    }
    check(&[
        (
            "host=127.0.0.1 dbname=postgres port=PRIMARY target_session_attrs=standby",
            Err("is not a standby, but target_session_attrs is standby"),
        ),
        ("host=127.0.0.1 dbname=postgres port=STANDBY target_session_attrs=primary", Err("is a standby")),
        ("host=127.0.0.1 dbname=postgres port=STANDBY target_session_attrs=read-write", Err("is read only")),
        ("host=127.0.0.1 dbname=postgres port=PRIMARY target_session_attrs=prefer-standby", Ok(true)),
        ("host=127.0.0.1 port=DEAD dbname=postgres", Err("connection refused by 127.0.0.1")),
        ("host=127.0.0.1,127.0.0.1 port=DEAD,PRIMARY dbname=postgres", Ok(true)),
        ("postgres://127.0.0.1:DEAD,127.0.0.1:PRIMARY/postgres?load_balance_hosts=random", Ok(true)),
        ("host=127.0.0.1,FILES port=DEAD,1 dbname=postgres", Err("caused by: no server behind the socket")),
        ("host=no-such-host.invalid,127.0.0.1 port=PRIMARY dbname=postgres", Ok(true)),
        ("host=no-such-host.invalid dbname=postgres", Err("host no-such-host.invalid not found")),
        ("host=FILES port=PRIMARY dbname=postgres", Ok(false)),
        // TLS means nothing on a socket, as in libpq
        ("host=FILES port=PRIMARY dbname=postgres sslmode=require", Ok(false)),
        ("postgres:///postgres?host=FILES&port=PRIMARY", Ok(false)),
        ("host=@reconcile-PRIMARY port=PRIMARY dbname=postgres", Ok(false)),
    ])
    .await;
}

#[tokio::test]
async fn direct_tls() {
    let outcome = open("sslmode=require sslnegotiation=direct").await;
    match servers().major {
        17.. => assert!(encrypted(&outcome.expect("17 and later begin with TLS")).await),
        _ => assert!(outcome.is_err()),
    }
}

#[tokio::test]
async fn password_file() {
    let servers = servers();
    let home = std::env::temp_dir().join(format!("reconcile-home-{}", std::process::id()));
    fs::create_dir_all(&home).expect("writable");
    let file = home.join(".pgpass");
    fs::write(&file, format!("*:1:*:*:wrong\ndb.test:{}:*:scram:s3cret pass\n", servers.primary)).expect("writable");
    let environment = || Environment::of([("HOME", home.to_str().expect("UTF-8"))]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("ours");
    assert!(open_in("user=scram", environment()).await.is_ok());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("ours");
    let report = open_in("user=scram", environment()).await.map(drop).expect_err("not used");
    assert!(report.contains("wants a password"), "{report}");
    let open = open_in("user=postgres", environment()).await.expect("no password needed");
    assert!(open.warnings[0].contains("chmod 600"), "{:?}", open.warnings);
    fs::remove_dir_all(home).expect("ours");
}

#[tokio::test]
async fn a_silent_server_times_out() {
    servers();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("bound").port();
    let begin = Instant::now();
    let report = open(&format!("host=127.0.0.1 port={port} connect_timeout=1")).await.map(drop).expect_err("silent");
    assert!(report.contains("timed out after 1 s"), "{report}");
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn notices_cancel_and_facts() {
    let connection = open("sslmode=require application_name=x options='-c statement_timeout=70s'").await.expect("open");
    assert_eq!(connection.major(), servers().major);
    let row = connection
        .client
        .query_one(
            "SELECT pg_backend_pid(), current_setting('application_name'), current_setting('statement_timeout')",
            &[],
        )
        .await
        .expect("row");
    assert_eq!(row.get::<_, i32>(0), connection.backend_pid);
    assert_eq!((row.get::<_, &str>(1), row.get::<_, &str>(2)), ("x", "70s"));
    assert_eq!(connection.description, format!("postgres at db.test:{} as postgres", servers().primary));
    connection.client.batch_execute("DO $$BEGIN RAISE NOTICE 'hello'; END$$").await.expect("notice");
    let notices: Vec<String> = connection.notices().iter().map(|notice| notice.message().to_string()).collect();
    assert_eq!(notices, ["hello"]);
    let cancel = connection.cancel_handle();
    let (slept, ()) = tokio::join!(connection.client.batch_execute("SELECT pg_sleep(30)"), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        cancel.cancel().await.expect("cancel");
    });
    assert_eq!(slept.expect_err("cancelled").code().map(|code| code.code()), Some("57014"));
    let other = open("").await.expect("open");
    let end = format!("SELECT pg_terminate_backend({})", connection.backend_pid);
    other.client.batch_execute(&end).await.expect("terminate");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(
        connection.lost().is_some_and(|reason| reason.contains("terminating connection")),
        "{:?}",
        connection.lost()
    );
}
