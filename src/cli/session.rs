//! Connections of a command to its database.

use tokio_postgres::{Client, NoTls};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::server::{Embedded, EmbeddedDatabase};

/// An open database.
pub struct Database {
    /// The first session.
    pub client: Client,
    /// The address as the user may see it: without password.
    pub label: String,
    url: String,
    /// Ends the private server, if there is one, with this value.
    _embedded: Option<EmbeddedDatabase>,
}

impl Database {
    /// Connects to a URL, or starts `embedded[:NAME]` and connects to that.
    ///
    /// # Errors
    /// When the address is wrong or nobody answers there.
    pub async fn open(address: &str, _config: &Config) -> Result<Self> {
        let embedded = match Embedded::parse(address)? {
            Some(embedded) => Some(embedded.open(&super::directory()?).await?),
            None => None,
        };
        let url = embedded.as_ref().map_or(address, |open| &open.url).to_string();
        let label = if embedded.is_some() { address.to_string() } else { label(&url) };
        Ok(Self { client: connect(&url).await?, label, url, _embedded: embedded })
    }

    /// One more session in the same database.
    ///
    /// # Errors
    /// As for [`Database::open`].
    pub async fn another(&self) -> Result<Client> {
        connect(&self.url).await
    }
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.map_err(|error| Error::new("cannot connect").cause(error))?;
    tokio::spawn(connection);
    Ok(client)
}

fn label(url: &str) -> String {
    match url.parse::<tokio_postgres::Config>() {
        Ok(config) => format!("database {}", config.get_dbname().unwrap_or_default()),
        Err(_) => "database".to_string(),
    }
}
