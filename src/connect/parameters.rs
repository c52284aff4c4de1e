//! The parameters of libpq with their environment variables, and where a value comes from:
//! the connection string, then the service, then the environment.
//! <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>

use std::collections::BTreeMap;

use super::{service, syntax};
use crate::config::{Environment, suggest};
use crate::error::{Error, Kind, Result};

/// Name and environment variable of every parameter that is understood.
const KNOWN: &[(&str, &str)] = &[
    ("service", "PGSERVICE"),
    ("servicefile", "PGSERVICEFILE"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("passfile", "PGPASSFILE"),
    ("dbname", "PGDATABASE"),
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("options", "PGOPTIONS"),
    ("application_name", "PGAPPNAME"),
    ("fallback_application_name", ""),
    ("client_encoding", "PGCLIENTENCODING"),
    ("keepalives", ""),
    ("keepalives_idle", ""),
    ("keepalives_interval", ""),
    ("keepalives_count", ""),
    ("tcp_user_timeout", ""),
    ("sslmode", "PGSSLMODE"),
    ("sslnegotiation", "PGSSLNEGOTIATION"),
    ("sslcompression", "PGSSLCOMPRESSION"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("sslcertmode", "PGSSLCERTMODE"),
    ("sslpassword", ""),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcrl", "PGSSLCRL"),
    ("sslcrldir", "PGSSLCRLDIR"),
    ("sslsni", "PGSSLSNI"),
    ("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    ("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    ("min_protocol_version", "PGMINPROTOCOLVERSION"),
    ("max_protocol_version", "PGMAXPROTOCOLVERSION"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("require_auth", "PGREQUIREAUTH"),
    ("requirepeer", "PGREQUIREPEER"),
    ("gssencmode", "PGGSSENCMODE"),
    ("krbsrvname", "PGKRBSRVNAME"),
    ("gsslib", "PGGSSLIB"),
    ("gssdelegation", "PGGSSDELEGATION"),
    ("replication", ""),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS"),
];

/// Parameters of object mappers and pools that people leave in `DATABASE_URL`.
const FOREIGN: &[&str] =
    &["schema", "pgbouncer", "connection_limit", "pool_timeout", "pool_size", "statement_cache_size"];

/// Parameters with their final values.
pub struct Parameters(BTreeMap<&'static str, String>);

impl Parameters {
    /// Reads a connection string and adds what the service and the environment say.
    pub fn read(text: &str, environment: &Environment) -> Result<Self> {
        let mut found = Self(BTreeMap::new());
        for (name, value) in syntax::pairs(text)? {
            let name = known(&name)?;
            // libpq: the database may itself be a connection string only where psql expands it
            found.0.insert(name, value);
        }
        if let Some(service) = found.get("service").or_else(|| environment.get("PGSERVICE")) {
            let file = found.get("servicefile").or_else(|| environment.get("PGSERVICEFILE"));
            for (name, value) in service::read(service, file, environment)? {
                found.0.entry(known(&name)?).or_insert(value);
            }
        }
        for (name, variable) in KNOWN {
            if let Some(value) = environment.get(variable).filter(|_| !variable.is_empty()) {
                found.0.entry(name).or_insert_with(|| value.to_string());
            }
        }
        found.refuse_unsupported()?;
        Ok(found)
    }

    /// The value of a parameter; empty is the same as not set, as in libpq.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value as one of the words of a list.
    pub fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == value) {
            return Ok(Some(*meaning));
        }
        let error = usage(format!("invalid {name} \"{value}\""));
        Err(match suggest::closest(value, words.iter().map(|(word, _)| *word)) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint(words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")),
        })
    }

    /// The value as a whole number; libpq allows blanks around it and a sign.
    pub fn number(&self, name: &str) -> Result<Option<i32>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value.trim().parse().map(Some).map_err(|_| usage(format!("invalid integer value \"{value}\" for {name}")))
    }

    /// What is refused rather than ignored, because ignoring it would weaken or change the connection.
    fn refuse_unsupported(&self) -> Result<()> {
        let refuse = |name: &str, why: &str| {
            Err(usage(format!("{name}={} is not supported: {why}", self.get(name).unwrap_or_default()))
                .hint(format!("leave {name} out")))
        };
        if self.get("gssencmode") == Some("require") {
            return Err(usage("gssencmode=require: GSSAPI is not supported").hint("use TLS: sslmode=verify-full"));
        }
        for name in ["require_auth", "requirepeer", "sslcrldir", "sslpassword", "replication"] {
            if self.get(name).is_some_and(|value| !matches!(value, "0" | "false" | "off" | "no")) {
                return match name {
                    // its value is a secret
                    "sslpassword" => Err(usage("sslpassword is not supported: the key must not be encrypted")
                        .hint("openssl pkey -in encrypted.key -out plain.key")),
                    "sslcrldir" => refuse(name, "revocation lists are read from the file sslcrl"),
                    "replication" => refuse(name, "schema changes need an ordinary session"),
                    _ => refuse(name, "it cannot be enforced here"),
                };
            }
        }
        if self.get("min_protocol_version").is_some_and(|version| version != "3.0") {
            return refuse("min_protocol_version", "protocol 3.0 is spoken");
        }
        match self.get("client_encoding") {
            Some(name) if !matches!(name.to_ascii_lowercase().as_str(), "auto" | "utf8" | "utf-8" | "unicode") => {
                refuse("client_encoding", "the encoding is always UTF8")
            }
            _ => Ok(()),
        }
    }
}

/// The known parameter of this name.
fn known(name: &str) -> Result<&'static str> {
    if let Some((known, _)) = KNOWN.iter().find(|(known, _)| *known == name) {
        return Ok(known);
    }
    let error = usage(format!("unknown connection parameter {name}"));
    if FOREIGN.contains(&name) {
        return Err(
            error.hint(format!("{name} belongs to an object mapper or a pool, not to PostgreSQL: leave it out"))
        );
    }
    Err(match suggest::closest(name, KNOWN.iter().map(|(known, _)| *known)) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("the parameters are those of libpq"),
    })
}

/// An error in a connection string.
pub fn usage(message: impl Into<String>) -> Error {
    Error::new(message).kind(Kind::Usage)
}
