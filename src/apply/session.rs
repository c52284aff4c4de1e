//! Settings of the session that runs the statements, and who is at the other end.

use tokio_postgres::Client;

use super::Settings;
use super::failure::server_error;
use crate::error::{Error, Kind, Result};
use crate::name;

/// Sets role and timeouts; the search_path follows with each step.
///
/// # Errors
/// Server errors, such as a role that does not exist.
pub async fn prepare(client: &Client, settings: &Settings) -> Result<()> {
    if let Some(role) = &settings.role {
        let sql = format!("SET ROLE {}", name::quote(role));
        run(client, &sql)
            .await
            .map_err(|error| server_error(&format!("cannot become role {}", name::quote(role)), &error))?;
    }
    let lock = settings.lock_timeout.as_millis();
    let statement = settings.statement_timeout.map_or(0, |limit| limit.as_millis());
    // a pause between two tries is no idleness that a server's setting should punish
    let sql = format!(
        "SET lock_timeout = '{lock}ms'; SET statement_timeout = '{statement}ms'; \
         SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0"
    );
    let failed = |error| server_error("the session cannot be set up", &error);
    run(client, &sql).await.map_err(failed)?;
    // PostgreSQL 17 and newer
    let sql = "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings
               WHERE name = 'transaction_timeout'";
    run(client, sql).await.map_err(failed)
}

async fn run(client: &Client, sql: &str) -> Result<(), tokio_postgres::Error> {
    client.batch_execute(sql).await
}

/// The process id of the session, by which the monitor knows it.
///
/// # Errors
/// Server errors.
pub async fn backend_pid(client: &Client) -> Result<i32> {
    let failed = |error| server_error("the session's process id cannot be read", &error);
    client.query_one("SELECT pg_catalog.pg_backend_pid()", &[]).await.map_err(failed)?.try_get(0).map_err(failed)
}

/// Fails when the plan was made for another major version.
///
/// # Errors
/// [`Kind::Stale`]; server errors.
pub async fn same_major(client: &Client, planned: u32) -> Result<()> {
    let failed = |error| server_error("the server's version cannot be read", &error);
    let sql = "SELECT pg_catalog.current_setting('server_version_num')::integer / 10000";
    let major: i32 = client.query_one(sql, &[]).await.map_err(failed)?.try_get(0).map_err(failed)?;
    if u32::try_from(major) == Ok(planned) {
        return Ok(());
    }
    Err(Error::new(format!("the plan is for PostgreSQL {planned}, this server is {major}"))
        .kind(Kind::Stale)
        .hint("plan again against this database"))
}
