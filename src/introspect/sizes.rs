//! How much room relations take (`pg_total_relation_size`).

use std::collections::BTreeMap;

use tokio_postgres::Client;

use crate::error::{Error, Result};

const SIZES: &str = include_str!("sizes.sql");

/// Bytes by schema and name, indexes and large values included. Errors: the query fails.
pub async fn sizes(client: &Client) -> Result<BTreeMap<(String, String), i64>> {
    let failed = |error: tokio_postgres::Error| Error::new("cannot read the sizes of relations").cause(error);
    let mut out = BTreeMap::new();
    for row in client.query(SIZES, &[]).await.map_err(failed)? {
        let name = (row.try_get("schema").map_err(failed)?, row.try_get("name").map_err(failed)?);
        // one that was dropped meanwhile has none
        if let Some(bytes) = row.try_get::<_, Option<i64>>("bytes").map_err(failed)? {
            out.insert(name, bytes);
        }
    }
    Ok(out)
}
