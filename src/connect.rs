//! Connections: libpq's connection strings and TLS, over `tokio_postgres` and rustls.
//!
//! ```no_run
//! # async fn example() -> reconcile::error::Result<()> {
//! use reconcile::connect::{Target, connect};
//!
//! let target = Target::parse("postgres://deploy@db.example.com/app?sslmode=verify-full")?;
//! let connection = connect(&target).await?;
//! let row = connection.client.query_one("SELECT 1", &[]).await;
//! # Ok(())
//! # }
//! ```

mod certificate;
mod failure;
mod parameters;
mod passfile;
mod service;
mod syntax;
mod target;
#[cfg(test)]
mod tests;
mod tls;

use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::{SslMode as Encryption, SslNegotiation};
use tokio_postgres::error::DbError;
use tokio_postgres::{AsyncMessage, CancelToken, Client, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

pub use target::{Host, Session, SslMode, Target, Tls, redact};

use crate::error::{Error, Result};
use failure::Failure;

/// The oldest major version that is supported.
const OLDEST: u32 = 14;
/// The newest major version that is known.
const NEWEST: u32 = 18;

/// An open connection. It ends when it is dropped; its task runs on the runtime that opened it.
pub struct Connection {
    /// For queries.
    pub client: Client,
    /// The server's version as in `server_version_num`: 170004 is 17.4.
    pub version: u32,
    /// The server's version in its own words.
    pub version_text: String,
    /// The server that took the connection, of several.
    pub host: Host,
    /// Like [`Target::describe`], with the one host that was taken.
    pub description: String,
    /// What the user should know: an unknown server version, a password file that is not used.
    pub warnings: Vec<String>,
    /// The server's process, unless a pooler stands between.
    pub backend_pid: i32,
    cancel: Cancel,
    notices: Arc<Mutex<Vec<DbError>>>,
    lost: Arc<OnceLock<String>>,
}

impl Connection {
    /// The server's major version.
    pub fn major(&self) -> u32 {
        self.version / 10_000
    }

    /// A handle that cancels what runs here, from anywhere.
    pub fn cancel_handle(&self) -> Cancel {
        self.cancel.clone()
    }

    /// The notices since the last call; none when [`connect_with`] forwards them.
    pub fn notices(&self) -> Vec<DbError> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why the connection broke, when it did.
    pub fn lost(&self) -> Option<&str> {
        self.lost.get().map(String::as_str)
    }
}

/// Cancels the running statement of one connection.
#[derive(Clone)]
pub struct Cancel {
    token: CancelToken,
    tls: MakeRustlsConnect,
}

impl Cancel {
    /// Asks the server to cancel. It may come too late; only a failure to ask is an error.
    pub async fn cancel(&self) -> Result<()> {
        let asked = self.token.cancel_query(self.tls.clone()).await;
        asked.map_err(|error| Error::new("cannot ask the server to cancel").cause(error))
    }
}

/// Connects, and collects notices for [`Connection::notices`].
///
/// Errors say what is wrong and what to do: host, network, TLS, certificate, role, password,
/// database, limits, server version below 14, `target_session_attrs`.
pub async fn connect(target: &Target) -> Result<Connection> {
    let notices = Arc::new(Mutex::new(vec![]));
    let collected = notices.clone();
    let mut connection = connect_with(target, move |notice| {
        collected.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    })
    .await?;
    connection.notices = notices;
    Ok(connection)
}

/// Connects, and hands each notice of the server to `on_notice` as it comes.
pub async fn connect_with(
    target: &Target,
    on_notice: impl FnMut(DbError) + Send + Clone + 'static,
) -> Result<Connection> {
    let mut hosts: Vec<&Host> = target.hosts.iter().collect();
    if target.shuffle {
        fastrand::shuffle(&mut hosts);
    }
    let passes: &[Session] = match target.session {
        Session::PreferStandby => &[Session::Standby, Session::Any],
        ref one => std::slice::from_ref(one),
    };
    let mut errors = vec![];
    for session in passes {
        errors.clear();
        for host in &hosts {
            for address in addresses(target, host).await.unwrap_or_else(|error| {
                errors.push(error);
                vec![]
            }) {
                let attempt = Attempt { target, host, address, session: *session };
                match attempt.run(on_notice.clone()).await {
                    Ok(connection) => return Ok(connection),
                    Err(failure) if failure.try_next => errors.push(failure.error),
                    Err(failure) => return Err(failure.error),
                }
            }
        }
    }
    Err(summary(target, errors))
}

/// One error for all hosts.
fn summary(target: &Target, mut errors: Vec<Error>) -> Error {
    let mut seen = vec![];
    errors.retain(|error| {
        let new = !seen.contains(&error.message);
        seen.push(error.message.clone());
        new
    });
    if errors.len() == 1 {
        return errors.remove(0);
    }
    let hint = errors.iter().find_map(|error| error.hint.clone());
    let all = errors
        .iter()
        .fold(Error::new(format!("cannot connect to {}", target.describe())), |all, error| all.cause(&error.message));
    match hint {
        Some(hint) => all.hint(hint),
        None => all,
    }
}

/// The addresses of a host; a socket has one that is `None`.
async fn addresses(target: &Target, host: &Host) -> Result<Vec<Option<IpAddr>>> {
    if host.socket().is_some() || host.address.is_some() {
        return Ok(vec![host.address]);
    }
    let looked_up = tokio::net::lookup_host((host.name.as_str(), host.port));
    let limit = target.connect_timeout.unwrap_or(std::time::Duration::MAX);
    let found = match tokio::time::timeout(limit, looked_up).await {
        Ok(found) => found.map_err(|error| failure::not_found(host, &error))?,
        Err(_) => return Err(failure::timed_out(host, target.connect_timeout)),
    };
    let mut addresses: Vec<_> = found.map(|address| Some(address.ip())).collect();
    if target.shuffle {
        fastrand::shuffle(&mut addresses);
    }
    Ok(addresses)
}

/// One address of one host, tried with and without TLS as `sslmode` says.
struct Attempt<'a> {
    target: &'a Target,
    host: &'a Host,
    address: Option<IpAddr>,
    session: Session,
}

impl Attempt<'_> {
    async fn run(&self, on_notice: impl FnMut(DbError) + Send + Clone + 'static) -> Result<Connection, Failure> {
        let ways: &[Encryption] = match self.target.ssl_mode {
            _ if self.host.socket().is_some() => &[Encryption::Disable],
            SslMode::Disable => &[Encryption::Disable],
            SslMode::Allow => &[Encryption::Disable, Encryption::Require],
            SslMode::Prefer => &[Encryption::Prefer, Encryption::Disable],
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[Encryption::Require],
        };
        let mut first: Option<Failure> = None;
        for way in ways {
            let outcome = match self.target.connect_timeout {
                Some(limit) => tokio::time::timeout(limit, self.open(*way, on_notice.clone()))
                    .await
                    .unwrap_or_else(|_| Err(Failure::of_host(failure::timed_out(self.host, Some(limit))))),
                None => self.open(*way, on_notice.clone()).await,
            };
            match (outcome, &mut first) {
                (Ok(connection), _) => return Ok(connection),
                (Err(failure), None) if failure.try_other_tls => first = Some(failure),
                (Err(failure), None) => return Err(failure),
                (Err(failure), Some(first)) if first.error.message != failure.error.message => {
                    let how = if *way == Encryption::Disable { "without" } else { "with" };
                    first.error.causes.push(format!("{how} TLS: {}", failure.error.message));
                }
                (Err(_), Some(_)) => {}
            }
        }
        Err(first.unwrap_or_else(|| Failure::of_host(Error::new(format!("cannot connect to {}", self.host)))))
    }

    async fn open(
        &self,
        way: Encryption,
        on_notice: impl FnMut(DbError) + Send + 'static,
    ) -> Result<Connection, Failure> {
        let (target, host) = (self.target, self.host);
        let tls = tls::connector(target, host).map_err(Failure::last)?;
        let config = self.config(way);
        let encrypted = way != Encryption::Disable;
        let (client, task) =
            config.connect(tls.clone()).await.map_err(|error| failure::explain(&error, target, host, encrypted))?;
        let version_text = task.parameter("server_version").unwrap_or_default().to_string();
        let lost = Arc::new(OnceLock::new());
        let cancel = Cancel { token: client.cancel_token(), tls };
        tokio::spawn(drive(task, on_notice, lost.clone()));
        let mut connection = Connection {
            version: version_number(&version_text),
            client,
            version_text,
            host: host.clone(),
            description: format!("{} at {host} as {}", target.database, target.user),
            warnings: target.warnings.clone(),
            backend_pid: 0,
            cancel,
            notices: Arc::default(),
            lost,
        };
        check_version(&mut connection).map_err(Failure::last)?;
        self.greet(&mut connection, encrypted).await?;
        Ok(connection)
    }

    fn config(&self, way: Encryption) -> tokio_postgres::Config {
        let (target, host) = (self.target, self.host);
        let mut config = target.base.clone();
        config.user(&target.user).dbname(&target.database).port(host.port);
        config.ssl_mode(way).channel_binding(target.channel_binding);
        if target.direct_tls {
            config.ssl_negotiation(SslNegotiation::Direct);
        }
        match (host.socket(), self.address) {
            (None, Some(address)) => config.host(&host.name).hostaddr(address),
            // Linux marks an abstract socket with a zero byte where people write @
            _ => match host.name.strip_prefix('@') {
                Some(name) => config.host_path(format!("\0{name}")),
                None => config.host_path(&host.name),
            },
        };
        if let Some(password) = target.password(host) {
            config.password(password);
        }
        config
    }

    /// Asks for the process, and whether the server is of the wanted kind; one round trip.
    async fn greet(&self, connection: &mut Connection, encrypted: bool) -> Result<(), Failure> {
        let query = "SELECT pg_catalog.pg_backend_pid(), pg_catalog.pg_is_in_recovery(), \
                     pg_catalog.current_setting('transaction_read_only')";
        let messages = connection
            .client
            .simple_query(query)
            .await
            .map_err(|error| failure::explain(&error, self.target, self.host, encrypted))?;
        let row = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let field = |index| row.and_then(|row| row.try_get(index).ok().flatten()).unwrap_or_default();
        connection.backend_pid = field(0).parse().unwrap_or_default();
        let (standby, read_only) = (field(1) == "t", field(2) == "on");
        let (fits, found) = match self.session {
            Session::Any | Session::PreferStandby => (true, ""),
            Session::ReadWrite => (!read_only, "is read only"),
            Session::ReadOnly => (read_only, "is not read only"),
            Session::Primary => (!standby, "is a standby"),
            Session::Standby => (standby, "is not a standby"),
        };
        match fits {
            true => Ok(()),
            false => Err(Failure::of_host(
                Error::new(format!("{} {found}, but target_session_attrs is {}", self.host, self.target.session))
                    .hint("name more hosts, or another target_session_attrs"),
            )),
        }
    }
}

/// `17.4 (Debian …)` as 170004; a development version such as `19devel` as 190000; 0 when unknown.
fn version_number(text: &str) -> u32 {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>().unwrap_or_default());
    let major = numbers.next().unwrap_or_default();
    let has_minor = text.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('.');
    let minor = numbers.next().filter(|_| has_minor).unwrap_or_default();
    major.saturating_mul(10_000).saturating_add(minor)
}

fn check_version(connection: &mut Connection) -> Result<()> {
    let major = connection.major();
    if major < OLDEST {
        return Err(Error::new(format!("{} runs PostgreSQL {}", connection.host, connection.version_text))
            .hint(format!("PostgreSQL {OLDEST} to {NEWEST} are supported")));
    }
    if major > NEWEST {
        connection.warnings.push(format!(
            "{} runs PostgreSQL {}, newer than {NEWEST}: what it added is not known here",
            connection.host, connection.version_text
        ));
    }
    Ok(())
}

/// Keeps the connection going until it ends.
async fn drive<S, T>(
    mut task: tokio_postgres::Connection<S, T>,
    mut on_notice: impl FnMut(DbError),
    lost: Arc<OnceLock<String>>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match poll_fn(|context| task.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notice(notice))) => on_notice(notice),
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                let reason = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_string());
                // set once: the task ends here
                let _ = lost.set(reason);
                return;
            }
            None => return,
        }
    }
}
