//! Why a connection was not made, in words that help, and whether another try makes sense.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError};
use tokio_postgres::error::SqlState;

use super::certificate::WrongHost;
use super::target::{Host, SslMode, Target};
use crate::error::Error;

/// One failed attempt.
pub struct Failure {
    /// For the user.
    pub error: Error,
    /// Whether libpq would go on with the next address or host.
    pub try_next: bool,
    /// Whether `sslmode` allow and prefer would try the other way.
    pub try_other_tls: bool,
}

impl Failure {
    /// A failure that another host may not have.
    pub fn of_host(error: Error) -> Self {
        Self { error, try_next: true, try_other_tls: false }
    }

    /// A failure that ends the search.
    pub fn last(error: Error) -> Self {
        Self { error, try_next: false, try_other_tls: false }
    }
}

/// What went wrong in an attempt on `host`.
pub fn explain(error: &tokio_postgres::Error, target: &Target, host: &Host, encrypted: bool) -> Failure {
    if let Some(error) = error.as_db_error() {
        return refused_by_server(error, target, host, encrypted);
    }
    let chain = causes(error);
    if let Some(error) = chain.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return Failure { error: tls_error(error, target, host), try_next: false, try_other_tls: true };
    }
    let says = |text: &str| chain.iter().any(|cause| cause.to_string() == text);
    if says("server does not support TLS") {
        let error = Error::new(format!("{host} does not speak TLS, which sslmode={} requires", target.ssl_mode))
            .hint("turn on ssl on the server, or use sslmode=prefer on a network that you trust");
        return Failure { error, try_next: false, try_other_tls: true };
    }
    if says("server did not use channel binding") {
        return Failure::last(
            Error::new(format!("{host} did not offer channel binding, which channel_binding=require requires"))
                .hint("it needs TLS and a role whose password is stored as scram-sha-256"),
        );
    }
    if says("password missing") {
        return Failure::last(
            Error::new(format!("{host} wants a password for role \"{}\"", target.user))
                .hint("put it in ~/.pgpass (host:port:database:user:password, mode 600), PGPASSWORD or the URL"),
        );
    }
    if says("unsupported authentication method") || says("unsupported SASL mechanism") {
        return Failure::last(
            Error::new(format!("{host} wants a way of authentication that is not supported"))
                .hint("supported are scram-sha-256, md5, password, cert and trust; GSSAPI, SSPI and OAuth are not"),
        );
    }
    match chain.iter().find_map(|cause| cause.downcast_ref::<io::Error>()) {
        Some(error) => Failure { error: io_error(error, host), try_next: true, try_other_tls: encrypted },
        None if error.is_closed() => Failure { error: closed(host), try_next: true, try_other_tls: encrypted },
        None => Failure::last(
            chain
                .iter()
                .skip(1)
                .fold(Error::new(format!("cannot connect to {host}: {error}")), |error, cause| error.cause(cause)),
        ),
    }
}

/// The error and what is behind it. The error inside an `io::Error` is not among its sources.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
    let mut found: Vec<&'a (dyn StdError + 'static)> = vec![];
    let mut next = Some(error);
    while let Some(cause) = next {
        found.push(cause);
        next = match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    found
}

fn closed(host: &Host) -> Error {
    Error::new(format!("{host} closed the connection")).hint("is this a PostgreSQL server, and does its log say more?")
}

/// A connection that the network did not make.
pub fn io_error(error: &io::Error, host: &Host) -> Error {
    use io::ErrorKind as Kind;
    match (error.kind(), host.socket()) {
        (Kind::ConnectionRefused, None) => Error::new(format!("connection refused by {host}"))
            .hint("is the server running there, and does it listen on this address (listen_addresses) and port?"),
        (Kind::NotFound | Kind::ConnectionRefused, Some(directory)) => {
            Error::new(format!("no server behind the socket {}/.s.PGSQL.{}", directory.display(), host.port))
                .hint("is the server running, with this port and directory (unix_socket_directories)?")
        }
        (Kind::PermissionDenied, Some(directory)) => {
            Error::new(format!("no permission for the socket {}/.s.PGSQL.{}", directory.display(), host.port))
        }
        (Kind::TimedOut, _) => timed_out(host, None),
        (Kind::HostUnreachable | Kind::NetworkUnreachable, _) => {
            Error::new(format!("{host} cannot be reached")).cause(error).hint("is the network or the VPN up?")
        }
        (Kind::UnexpectedEof | Kind::ConnectionReset | Kind::BrokenPipe, _) => closed(host),
        _ => Error::new(format!("cannot connect to {host}")).cause(error),
    }
}

/// No answer in time.
pub fn timed_out(host: &Host, limit: Option<std::time::Duration>) -> Error {
    let after = limit.map(|limit| format!(" after {} s", limit.as_secs())).unwrap_or_default();
    Error::new(format!("connection to {host} timed out{after}"))
        .hint("is the address right, and does a firewall let the port through? connect_timeout sets the limit")
}

/// The host name is unknown.
pub fn not_found(host: &Host, error: &io::Error) -> Error {
    let raw_password = host.name.contains('@');
    let name = if raw_password { "(hidden)" } else { &host.name };
    Error::new(format!("host {name} not found")).cause(error).hint("is the name spelled right, and is the VPN up?")
}

fn tls_error(error: &rustls::Error, target: &Target, host: &Host) -> Error {
    use rustls::Error as Tls;
    let not_trusted = |why: &str| Error::new(format!("the certificate of {host} is not trusted: {why}"));
    let root = match &target.tls.root {
        Some(path) => path.display().to_string(),
        None => "the system's list".into(),
    };
    match error {
        Tls::InvalidCertificate(CertificateError::Other(other)) if other.0.is::<WrongHost>() => {
            Error::new(format!("the certificate of {host} is for another host"))
                .cause(&other.0)
                .hint("connect under one of these names (with hostaddr for the address), or use sslmode=verify-ca")
        }
        Tls::InvalidCertificate(CertificateError::UnknownIssuer) => not_trusted("its issuer is unknown")
            .hint(format!("sslrootcert must name the certificate of the authority that issued it; now it is {root}")),
        Tls::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            not_trusted("it has expired").hint("give the server a new certificate, or check this machine's clock")
        }
        Tls::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            not_trusted("it is not valid yet").hint("check this machine's clock")
        }
        Tls::InvalidCertificate(CertificateError::Revoked) => not_trusted("it is revoked"),
        // webpki reads version 3 alone; its error is visible as text only
        Tls::InvalidCertificate(why) if why.to_string().contains("UnsupportedCertVersion") => {
            not_trusted("it, or one that it depends on, is of X.509 version 1, which cannot be checked")
                .hint("issue it again with extensions: openssl x509 -req … -extfile FILE with subjectAltName=DNS:HOST")
        }
        Tls::InvalidCertificate(why) => {
            not_trusted(&why.to_string()).hint(format!("it must be of X.509 version 3 and issued by one in {root}"))
        }
        Tls::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure)
            if target.tls.client.is_none() =>
        {
            Error::new(format!("{host} wants a client certificate"))
                .cause(error)
                .hint("name it with sslcert and sslkey")
        }
        Tls::AlertReceived(
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown,
        ) => Error::new(format!("{host} does not accept the client certificate"))
            .cause(error)
            .hint("it must be issued by an authority in the server's ssl_ca_file"),
        Tls::AlertReceived(AlertDescription::ProtocolVersion) | Tls::PeerIncompatible(_) => {
            Error::new(format!("{host} and this program have no TLS version or cipher in common"))
                .cause(error)
                .hint("the server must allow TLSv1.2 or TLSv1.3")
        }
        _ => Error::new(format!("TLS with {host} failed")).cause(error),
    }
}

fn refused_by_server(error: &tokio_postgres::error::DbError, target: &Target, host: &Host, encrypted: bool) -> Failure {
    let (user, database) = (&target.user, &target.database);
    let message = error.message();
    let mut failure = Failure::last(
        Error::new(format!("{host} refused the connection: {message}"))
            .cause(format!("SQLSTATE {}", error.code().code())),
    );
    let say = |message: String, hint: String| {
        Error::new(message).cause(format!("{host}: {} (SQLSTATE {})", error.message(), error.code().code())).hint(hint)
    };
    match *error.code() {
        SqlState::INVALID_PASSWORD => {
            failure.error = say(
                format!("wrong password for role \"{user}\" at {host}"),
                "the password comes from the URL, PGPASSWORD or ~/.pgpass, in this order".into(),
            );
        }
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            failure.try_other_tls = true;
            failure.error = if message.contains("pg_hba.conf") {
                let hint = match (encrypted, target.ssl_mode) {
                    (false, SslMode::Disable) => {
                        "the server may want TLS: try sslmode=require; else add a line to its pg_hba.conf"
                    }
                    _ => "add a line for this role, database and address to the server's pg_hba.conf",
                };
                say(
                    format!("{host} lets nobody in as role \"{user}\" to database \"{database}\" from here"),
                    hint.into(),
                )
            } else if message.contains("client certificate") {
                say(format!("{host} wants a client certificate"), "name it with sslcert and sslkey".into())
            } else if message.contains("does not exist") {
                say(
                    format!("there is no role \"{user}\" at {host}"),
                    format!("name another one in the URL or PGUSER, or CREATE ROLE {user} LOGIN"),
                )
            } else {
                say(format!("role \"{user}\" cannot log in at {host}"), "the server's log may say more".into())
            };
        }
        SqlState::INVALID_CATALOG_NAME => {
            failure.error = say(
                format!("there is no database \"{database}\" at {host}"),
                format!("check the name, or create it: createdb {database}"),
            );
        }
        SqlState::INSUFFICIENT_PRIVILEGE => {
            failure.error = say(
                format!("role \"{user}\" must not connect to database \"{database}\" at {host}"),
                format!("GRANT CONNECT ON DATABASE {database} TO {user}"),
            );
        }
        SqlState::TOO_MANY_CONNECTIONS => {
            failure.error = say(
                format!("{host} has too many connections"),
                "wait or end idle ones; max_connections and CONNECTION LIMIT of role and database set the limit".into(),
            );
        }
        SqlState::CANNOT_CONNECT_NOW => {
            failure.try_next = true;
            failure.error = say(format!("{host} is starting up or shutting down"), "try again in a moment".into());
        }
        _ => {}
    }
    failure.error.causes.extend(error.detail().map(str::to_string));
    if let Some(hint) = error.hint() {
        failure.error = failure.error.hint(hint);
    }
    failure
}
