//! A database to connect to: a connection string with every default filled in as libpq does.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::parameters::{Parameters, usage};
use super::passfile::PassFile;
use super::syntax::encode;
use crate::config::Environment;
use crate::error::Result;

/// When TLS is used and what is checked; see the table in
/// <https://www.postgresql.org/docs/current/libpq-ssl.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    /// Never.
    Disable,
    /// Only when the server insists.
    Allow,
    /// When the server can.
    Prefer,
    /// Always; the certificate is checked when a root certificate file exists.
    Require,
    /// Always, with a trusted certificate.
    VerifyCa,
    /// Always, with a trusted certificate for this host.
    VerifyFull,
}

/// Which kind of server is wanted (`target_session_attrs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// Any.
    Any,
    /// Transactions may write by default.
    ReadWrite,
    /// Transactions are read only by default.
    ReadOnly,
    /// Not a standby.
    Primary,
    /// A standby.
    Standby,
    /// A standby, or any when there is none.
    PreferStandby,
}

/// The words of `sslmode`.
const SSL_MODES: &[(&str, SslMode)] = &[
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

/// The words of `target_session_attrs`.
const SESSIONS: &[(&str, Session)] = &[
    ("any", Session::Any),
    ("read-write", Session::ReadWrite),
    ("read-only", Session::ReadOnly),
    ("primary", Session::Primary),
    ("standby", Session::Standby),
    ("prefer-standby", Session::PreferStandby),
];

/// The word of a list that has this meaning.
fn word<T: PartialEq>(words: &[(&'static str, T)], meaning: &T) -> &'static str {
    words.iter().find(|(_, known)| known == meaning).map_or("", |(word, _)| word)
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(word(SSL_MODES, self))
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(word(SESSIONS, self))
    }
}

/// One server to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// A name, an address, or the absolute path of a socket's directory.
    pub name: String,
    /// The address to connect to instead of looking up the name (`hostaddr`).
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
}

impl Host {
    /// The directory of the unix socket, unless this is a network host. As in libpq `@` names an
    /// abstract socket.
    pub fn socket(&self) -> Option<&Path> {
        (self.address.is_none() && self.name.starts_with(['/', '@'])).then(|| Path::new(&self.name))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.contains(':') && self.socket().is_none() {
            true => write!(f, "[{}]:{}", self.name, self.port),
            false => write!(f, "{}:{}", self.name, self.port),
        }
    }
}

/// The files and limits of TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// `sslrootcert`, or the default file; `None` when there is neither.
    pub root: Option<PathBuf>,
    /// `sslrootcert=system`.
    pub system_roots: bool,
    /// `sslcrl`, or the default file when it exists.
    pub revocations: Option<PathBuf>,
    /// `sslcert` and `sslkey`, or the default files when they exist.
    pub client: Option<(PathBuf, PathBuf)>,
    /// Whether the server's name is sent (`sslsni`).
    pub name_hidden: bool,
    /// `ssl_min_protocol_version` is TLSv1.3.
    pub no_tls12: bool,
    /// `ssl_max_protocol_version` is TLSv1.2.
    pub no_tls13: bool,
}

/// A database to connect to. It has no `Debug`: it holds the password. `Display` leaves it out.
#[derive(Clone)]
pub struct Target {
    /// The servers, in order.
    pub hosts: Vec<Host>,
    /// Try the servers and their addresses in random order.
    pub shuffle: bool,
    /// The role.
    pub user: String,
    /// The database.
    pub database: String,
    /// When TLS is used.
    pub ssl_mode: SslMode,
    /// Begin with TLS instead of asking first (`sslnegotiation=direct`, PostgreSQL 17).
    pub direct_tls: bool,
    /// The files of TLS.
    pub tls: Tls,
    /// `channel_binding`.
    pub channel_binding: tokio_postgres::config::ChannelBinding,
    /// Limit for one attempt.
    pub connect_timeout: Option<Duration>,
    /// Which kind of server is wanted.
    pub session: Session,
    /// What the user should know, such as a password file that is not used.
    pub warnings: Vec<String>,
    /// What `tokio_postgres` takes as it is: options, names, keepalives.
    pub(super) base: tokio_postgres::Config,
    password: Option<String>,
    passfile: PassFile,
}

impl Target {
    /// Reads a connection string with the process's environment; see [`Target::parse_in`].
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_in(text, &Environment::process())
    }

    /// Reads a URL, a `key=value` list or the bare name of a database. What it does not say comes
    /// from the service, the environment and libpq's defaults; an empty text is all defaults.
    ///
    /// Errors: wrong syntax, unknown parameters, values that libpq refuses, what is not supported.
    pub fn parse_in(text: &str, environment: &Environment) -> Result<Self> {
        let parameters = Parameters::read(text, environment)?;
        let mut warnings = vec![];
        let system_roots = parameters.get("sslrootcert") == Some("system");
        let ssl_mode = parameters.word("sslmode", SSL_MODES)?.unwrap_or(match system_roots {
            true => SslMode::VerifyFull,
            false => SslMode::Prefer,
        });
        let direct_tls = parameters.word("sslnegotiation", &[("postgres", false), ("direct", true)])?.unwrap_or(false);
        if system_roots && ssl_mode < SslMode::VerifyFull {
            return Err(usage(format!("weak sslmode \"{ssl_mode}\" may not be used with sslrootcert=system"))
                .hint("use sslmode=verify-full"));
        }
        if direct_tls && ssl_mode < SslMode::Require {
            return Err(usage(format!("weak sslmode \"{ssl_mode}\" may not be used with sslnegotiation=direct"))
                .hint("use sslmode=require, verify-ca or verify-full"));
        }
        let user = match parameters.get("user").or(environment.user()) {
            Some(user) => user.to_string(),
            None => return Err(usage("no user named").hint("name one in the URL or in PGUSER")),
        };
        let passfile = match parameters.get("passfile") {
            Some(path) => Some((PathBuf::from(path), true)),
            None => environment.home().map(|home| (home.join(".pgpass"), false)),
        };
        let password = parameters.get("password").map(str::to_string);
        let passfile = match passfile.filter(|_| password.is_none()) {
            Some((path, named)) => {
                let (file, warning) = PassFile::read(&path, named);
                warnings.extend(warning);
                file
            }
            None => PassFile::default(),
        };
        Ok(Self {
            hosts: hosts(&parameters)?,
            shuffle: parameters.word("load_balance_hosts", &[("disable", false), ("random", true)])?.unwrap_or(false),
            database: parameters.get("dbname").unwrap_or(&user).to_string(),
            user,
            ssl_mode,
            direct_tls,
            tls: tls(&parameters, environment, system_roots)?,
            channel_binding: channel_binding(&parameters)?,
            connect_timeout: parameters.number("connect_timeout")?.and_then(seconds),
            session: parameters.word("target_session_attrs", SESSIONS)?.unwrap_or(Session::Any),
            warnings,
            base: base(&parameters)?,
            password,
            passfile,
        })
    }

    /// The password for a server: the given one, or the one of the password file.
    pub(super) fn password(&self, host: &Host) -> Option<&str> {
        let standard =
            host.socket().is_some_and(|path| SOCKET_DIRECTORIES.iter().any(|known| path == Path::new(known)));
        let name = if standard { "localhost" } else { &host.name };
        self.password.as_deref().or_else(|| self.passfile.password(name, host.port, &self.database, &self.user))
    }

    /// The same server and user with another database.
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: database.into(), ..self.clone() }
    }

    /// For people: `app at db.example.com:5432 as deploy`.
    pub fn describe(&self) -> String {
        format!("{} at {} as {}", self.database, self.host_list(), self.user)
    }

    fn host_list(&self) -> String {
        self.hosts.iter().map(Host::to_string).collect::<Vec<_>>().join(",")
    }
}

/// A URL without password.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user, hosts, database) = (encode(&self.user), encode(&self.host_list()), encode(&self.database));
        write!(f, "postgresql://{user}@{hosts}/{database}")?;
        let mut separator = '?';
        let mut parameter = |name: &str, value: String| {
            let written = write!(f, "{separator}{name}={}", encode(&value));
            separator = '&';
            written
        };
        if self.ssl_mode != SslMode::Prefer {
            parameter("sslmode", self.ssl_mode.to_string())?;
        }
        if self.session != Session::Any {
            parameter("target_session_attrs", self.session.to_string())?;
        }
        Ok(())
    }
}

/// A connection string without its secrets, for `config show`; nothing of it when it is wrong.
pub fn redact(text: &str) -> String {
    match Target::parse_in(text, &Environment::default().with_user("")) {
        Ok(target) => target.to_string(),
        Err(_) => "(a connection string with errors)".into(),
    }
}

/// Where servers of the common packages put their socket.
const SOCKET_DIRECTORIES: &[&str] = &["/var/run/postgresql", "/run/postgresql", "/tmp"];

fn hosts(parameters: &Parameters) -> Result<Vec<Host>> {
    let split = |name: &str| parameters.get(name).map(|list| list.split(',').collect::<Vec<_>>());
    let (names, addresses) = (split("host"), split("hostaddr"));
    let ports = split("port").unwrap_or_default();
    let count = names.as_ref().or(addresses.as_ref()).map_or(1, Vec::len);
    if let (Some(names), Some(addresses)) = (&names, &addresses)
        && names.len() != addresses.len()
    {
        return Err(usage(format!("{} host names but {} values of hostaddr", names.len(), addresses.len())));
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(usage(format!("{} ports but {count} hosts", ports.len())).hint("one port, or one for each host"));
    }
    (0..count)
        .map(|index| {
            let port = port(ports.get(index).or(ports.first()).copied().unwrap_or_default())?;
            let at = |list: &Option<Vec<&str>>| {
                list.as_ref()
                    .and_then(|list| list.get(index).copied())
                    .map(str::trim)
                    .filter(|text| !text.is_empty())
                    .map(str::to_string)
            };
            let address = match at(&addresses) {
                Some(text) => {
                    Some(text.parse::<IpAddr>().map_err(|_| usage(format!("hostaddr {text} is no IP address")))?)
                }
                None => None,
            };
            let name = at(&names).or(address.map(|address| address.to_string())).unwrap_or_else(|| default_host(port));
            Ok(Host { name, address, port })
        })
        .collect()
}

fn port(text: &str) -> Result<u16> {
    match text.trim() {
        "" => Ok(5432),
        text => text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
            // with a raw / or @ in a password a part of it can end up here, so it is not shown
            usage("invalid port number")
                .hint("a port is a number from 1 to 65535; in a password write / as %2F, @ as %40")
        }),
    }
}

/// The directory that has the server's socket, else localhost.
fn default_host(port: u16) -> String {
    let has_socket = |directory: &&&str| Path::new(directory).join(format!(".s.PGSQL.{port}")).exists();
    SOCKET_DIRECTORIES.iter().find(has_socket).map_or("localhost", |directory| *directory).to_string()
}

/// Zero and negative numbers are "no limit".
fn seconds(number: i32) -> Option<Duration> {
    u64::try_from(number).ok().filter(|number| *number > 0).map(Duration::from_secs)
}

fn channel_binding(parameters: &Parameters) -> Result<tokio_postgres::config::ChannelBinding> {
    use tokio_postgres::config::ChannelBinding::{Disable, Prefer, Require};
    let words = [("disable", Disable), ("prefer", Prefer), ("require", Require)];
    Ok(parameters.word("channel_binding", &words)?.unwrap_or(Prefer))
}

fn tls(parameters: &Parameters, environment: &Environment, system_roots: bool) -> Result<Tls> {
    let default =
        |name: &str| environment.home().map(|home| home.join(".postgresql").join(name)).filter(|path| path.exists());
    let file = |parameter: &str, name: &str| parameters.get(parameter).map(PathBuf::from).or_else(|| default(name));
    let versions = [("TLSv1", 0), ("TLSv1.1", 1), ("TLSv1.2", 2), ("TLSv1.3", 3)];
    let from = parameters.word("ssl_min_protocol_version", &versions)?.unwrap_or(2);
    let to = parameters.word("ssl_max_protocol_version", &versions)?.unwrap_or(3);
    if from > to || to < 2 {
        return Err(usage("no TLS version is left").hint("TLSv1.2 and TLSv1.3 are spoken"));
    }
    let certificate =
        match parameters.word("sslcertmode", &[("disable", None), ("allow", Some(false)), ("require", Some(true))])? {
            Some(None) => None,
            _ => file("sslcert", "postgresql.crt"),
        };
    let client = match certificate {
        Some(certificate) => match file("sslkey", "postgresql.key") {
            Some(key) => Some((certificate, key)),
            None => {
                return Err(usage(format!("certificate {} has no private key", certificate.display()))
                    .hint("name it with sslkey, or put it in ~/.postgresql/postgresql.key"));
            }
        },
        None => None,
    };
    Ok(Tls {
        root: if system_roots { None } else { file("sslrootcert", "root.crt") },
        system_roots,
        revocations: file("sslcrl", "root.crl").filter(|path| path.exists()),
        client,
        name_hidden: parameters.get("sslsni") == Some("0"),
        no_tls12: from > 2,
        no_tls13: to < 3,
    })
}

/// What `tokio_postgres` does by itself.
fn base(parameters: &Parameters) -> Result<tokio_postgres::Config> {
    let mut base = tokio_postgres::Config::new();
    let name = parameters.get("application_name").or_else(|| parameters.get("fallback_application_name"));
    base.application_name(name.unwrap_or("reconcile"));
    if let Some(options) = parameters.get("options") {
        base.options(options);
    }
    base.keepalives(parameters.number("keepalives")? != Some(0));
    if let Some(idle) = parameters.number("keepalives_idle")?.and_then(seconds) {
        base.keepalives_idle(idle);
    }
    if let Some(interval) = parameters.number("keepalives_interval")?.and_then(seconds) {
        base.keepalives_interval(interval);
    }
    if let Some(count) =
        parameters.number("keepalives_count")?.and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0)
    {
        base.keepalives_retries(count);
    }
    if let Some(limit) =
        parameters.number("tcp_user_timeout")?.and_then(|limit| u64::try_from(limit).ok()).filter(|limit| *limit > 0)
    {
        base.tcp_user_timeout(Duration::from_millis(limit));
    }
    Ok(base)
}
