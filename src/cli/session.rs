//! Connections of a command to its database.

use std::path::PathBuf;

use tokio_postgres::error::DbError;

use super::output::tell;
use crate::config::Config;
use crate::connect::{Connection, Target, connect, connect_with};
use crate::error::Result;
use crate::render::one_line;
use crate::server::{Embedded, EmbeddedDatabase};

/// An open database.
pub struct Database {
    /// The first session.
    pub connection: Connection,
    /// The address as the user may see it: without password.
    pub label: String,
    target: Target,
    /// Ends the private server, if there is one, with this value.
    _embedded: Option<EmbeddedDatabase>,
}

impl Database {
    /// Connects to a URL, or starts `embedded[:NAME]` and connects to that.
    ///
    /// # Errors
    /// When the address is wrong or nobody answers there.
    pub async fn open(address: &str, config: &Config) -> Result<Self> {
        let embedded = match Embedded::parse(address)? {
            Some(embedded) => Some(embedded.open(&home(config)?).await?),
            None => None,
        };
        let url = embedded.as_ref().map_or(address, |open| &open.url);
        let target = Target::parse_in(url, config.environment())?;
        let label = if embedded.is_some() { address.to_string() } else { target.to_string() };
        let connection = connect_with(&target, warn).await?;
        target.warnings.iter().chain(&connection.warnings).for_each(|text| tell(&format!("warning: {text}")));
        Ok(Self { connection, label, target, _embedded: embedded })
    }

    /// One more session in the same database of the same server.
    ///
    /// # Errors
    /// As for [`Database::open`].
    pub async fn another(&self) -> Result<Connection> {
        // of several hosts only the one that was taken is the same server
        let mut target = self.target.clone();
        target.hosts = vec![self.connection.host.clone()];
        connect(&target).await
    }
}

/// Passes on what the server warns of, not what it merely mentions.
fn warn(notice: DbError) {
    if notice.code().code().starts_with("01") {
        tell(&format!("  warning of the server: {}", one_line(notice.message())));
    }
}

/// The folder that holds `.reconcile/`: beside `reconcile.toml`, else the current one.
fn home(config: &Config) -> Result<PathBuf> {
    match config.path().and_then(|path| path.parent()) {
        Some(folder) if !folder.as_os_str().is_empty() => Ok(folder.to_path_buf()),
        _ => super::directory(),
    }
}
