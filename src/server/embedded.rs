//! `--database embedded[:NAME]`: a private PostgreSQL that lives under `.reconcile/`.

use std::path::Path;

use tokio_postgres::NoTls;

use super::{Installation, SUPPORTED, Server};
use crate::error::{Error, Kind, Result};

/// The address `embedded[:NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// The database; `reconcile` unless named.
    pub database: String,
}

/// An open embedded database; drop or [`Server::stop`] ends the server.
#[derive(Debug)]
pub struct EmbeddedDatabase {
    /// Holds the server.
    pub server: Server,
    /// The address to connect to.
    pub url: String,
}

impl Embedded {
    /// Reads `embedded` or `embedded:NAME`; `None` for any other address, an error for a name that cannot be one.
    pub fn parse(address: &str) -> Result<Option<Self>> {
        let database = match address.strip_prefix("embedded") {
            Some("") => "reconcile",
            Some(rest) if rest.starts_with(':') => &rest[1..],
            _ => return Ok(None),
        };
        let reserved = ["template0", "template1"].contains(&database);
        if database.is_empty() || database.len() > 63 || database.contains('\0') || reserved {
            return Err(Error::new(format!("{address:?} names no database"))
                .kind(Kind::Usage)
                .hint("write embedded, or embedded:NAME with a name of 1 to 63 bytes"));
        }
        Ok(Some(Self { database: database.into() }))
    }

    /// Starts the server with data in `root/.reconcile/postgres-<major>` and creates the database when it is missing.
    /// An existing data folder decides the major; without one the newest installation is taken.
    pub async fn open(&self, root: &Path) -> Result<EmbeddedDatabase> {
        self.open_with(root, &Installation::all()).await
    }

    /// Like [`Embedded::open`], with a choice of installations, best first.
    pub async fn open_with(&self, root: &Path, installations: &[Installation]) -> Result<EmbeddedDatabase> {
        let home = root.join(".reconcile");
        let installation = choose(&home, installations)?;
        std::fs::create_dir_all(&home)
            .map_err(|error| Error::new(format!("cannot make the folder {}", home.display())).cause(error))?;
        let server = Server::open(installation, &home.join(format!("postgres-{}", installation.major)))?;
        create_missing(&server, &self.database).await?;
        let url = server.url(&self.database);
        Ok(EmbeddedDatabase { server, url })
    }
}

/// The installation for the data that is there already, or the first.
fn choose<'a>(home: &Path, installations: &'a [Installation]) -> Result<&'a Installation> {
    let first = installations.first().ok_or_else(Installation::missing)?;
    let made: Vec<u32> =
        SUPPORTED.rev().filter(|major| home.join(format!("postgres-{major}")).join("PG_VERSION").is_file()).collect();
    let Some(newest) = made.first() else { return Ok(first) };
    made.iter().find_map(|major| installations.iter().find(|found| found.major == *major)).ok_or_else(|| {
        let data = home.join(format!("postgres-{newest}"));
        Error::new(format!("the embedded database belongs to PostgreSQL {newest}, which was not found here")).hint(
            format!(
                "install PostgreSQL {newest}, or remove {} to start anew with {} (its data is lost)",
                data.display(),
                first.major
            ),
        )
    })
}

async fn create_missing(server: &Server, database: &str) -> Result<()> {
    let failed = |error: tokio_postgres::Error| {
        let detail = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_string());
        Error::new(format!("cannot create the embedded database \"{database}\"")).cause(detail)
    };
    let (client, connection) = tokio_postgres::connect(&server.url("postgres"), NoTls).await.map_err(failed)?;
    let talk = tokio::spawn(connection);
    let find = "SELECT FROM pg_catalog.pg_database WHERE datname = $1";
    if client.query_opt(find, &[&database]).await.map_err(failed)?.is_none() {
        let create = format!("CREATE DATABASE \"{}\"", database.replace('"', "\"\""));
        if let Err(error) = client.batch_execute(&create).await {
            // another process may have been faster
            client.query_opt(find, &[&database]).await.map_err(failed)?.ok_or_else(|| failed(error))?;
        }
    }
    drop(client);
    // the end of the talk, so that no session is left in the server's way when it stops
    let _ = talk.await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let name = |text| Embedded::parse(text).map(|found| found.map(|found| found.database));
        assert_eq!(name("embedded").unwrap().as_deref(), Some("reconcile"));
        assert_eq!(name("embedded:a b").unwrap().as_deref(), Some("a b"));
        assert_eq!(name("embeddedx").unwrap(), None);
        assert_eq!(name("postgres://embedded").unwrap(), None);
        assert_eq!(name("embedded:").unwrap_err().exit_code(), 64);
        assert!(name(&format!("embedded:{}", "x".repeat(64))).is_err());
    }
}
