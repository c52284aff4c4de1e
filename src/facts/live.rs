//! Facts about the extension members of a live database.

use super::fact::*;
use super::record::{self, Live};
use crate::error::{Error, Result};

/// Reads the members of all extensions of the connected database, whatever they are, in one round trip. Each comes
/// with the name of its extension. Needs no privilege beyond CONNECT.
///
/// # Errors
/// When the query fails.
pub async fn read_extension_members(client: &tokio_postgres::Client) -> Result<Vec<(String, Fact)>> {
    let failed = |error| Error::new("cannot read the members of extensions").cause(error);
    let messages = client.simple_query(include_str!("live.sql")).await.map_err(failed)?;
    let fact = |message: &tokio_postgres::SimpleQueryMessage| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => {
            Some((row.get(0)?.to_owned(), record::read(row.get(1)?, &Live)?))
        }
        _ => None,
    };
    Ok(messages.iter().filter_map(fact).collect())
}
