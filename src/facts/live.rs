//! Facts about the extension members of a live database.

use tokio_postgres::Row;

use super::fact::*;
use super::record::{self, Live};
use crate::error::{Error, Result};

/// Asks for the members of all extensions of a database in one query. Needs no privilege beyond CONNECT.
pub const EXTENSION_MEMBERS: &str = include_str!("live.sql");

/// What a row of [`EXTENSION_MEMBERS`] says; `None` when it is about nothing that is known here.
///
/// # Errors
/// When the row is not one of that query.
pub fn extension_member(row: &Row) -> Result<Option<Fact>> {
    let line: &str =
        row.try_get("fact").map_err(|error| Error::new("cannot read the members of extensions").cause(error))?;
    Ok(record::read(line, &Live))
}
