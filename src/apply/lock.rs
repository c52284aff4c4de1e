//! One run at a time for each database: an advisory lock of the session, taken by polling, since a session that
//! waits inside `pg_advisory_lock` holds a snapshot that would stall `CREATE INDEX CONCURRENTLY` of the holder.

use std::time::{Duration, Instant};

use tokio_postgres::Client;

use super::failure::server_error;
use super::stop::{Stop, word};
use super::{Event, count};
use crate::error::{Error, Kind, Result};

/// The key: the bytes of "reconcil" as one number.
pub const KEY: i64 = i64::from_be_bytes(*b"reconcil");

const POLL: Duration = Duration::from_millis(250);

/// Takes the lock, or gives up after `limit`.
///
/// # Errors
/// [`Kind::Busy`] naming the holder; a signal; server errors.
pub async fn acquire(client: &Client, limit: Duration, observe: &dyn Fn(&Event<'_>), stop: &mut Stop) -> Result<()> {
    let end = Instant::now() + limit;
    let mut told = false;
    loop {
        let row = client.query_one("SELECT pg_catalog.pg_try_advisory_lock($1)", &[&KEY]).await.map_err(failed)?;
        if row.try_get::<_, bool>(0).map_err(failed)? {
            return Ok(());
        }
        let holder = holder(client).await?;
        if Instant::now() >= end {
            return Err(Error::new("another run of reconcile works on this database; nothing was changed")
                .kind(Kind::Busy)
                .cause(holder)
                .hint("wait for it to end and try again"));
        }
        if !std::mem::replace(&mut told, true) {
            observe(&Event::Waiting { holder: &holder });
        }
        let pause = POLL.min(end.saturating_duration_since(Instant::now()));
        stop.sleep(pause)
            .await
            .map_err(|kind| Error::new(format!("{}; nothing was changed", word(kind))).kind(kind))?;
    }
}

/// Gives the lock back; harmless when this session does not hold it, and when it is gone.
///
/// # Errors
/// Server errors.
pub async fn release(client: &Client) -> Result<()> {
    if client.is_closed() {
        return Ok(());
    }
    // asking first avoids the server's warning about a lock that is not held
    let sql = "SELECT pg_catalog.pg_advisory_unlock($1) FROM pg_catalog.pg_locks
               WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid() AND granted AND objsubid = 1
                 AND ((classid::bigint << 32) | objid::bigint) = $1";
    client.query(sql, &[&KEY]).await.map(|_| ()).map_err(failed)
}

async fn holder(client: &Client) -> Result<String> {
    let sql = "SELECT l.pid, a.usename::text, a.application_name,
                      pg_catalog.to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZH:TZM')
               FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
               WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                 AND l.database = (SELECT oid FROM pg_catalog.pg_database
                                   WHERE datname = pg_catalog.current_database())
                 AND ((l.classid::bigint << 32) | l.objid::bigint) = $1";
    let rows = client.query(sql, &[&KEY]).await.map_err(failed)?;
    let Some(row) = rows.first() else { return Ok("it has just ended".to_string()) };
    let pid: i32 = row.try_get(0).map_err(failed)?;
    let text = |index| row.try_get::<_, Option<String>>(index).map(Option::unwrap_or_default).map_err(failed);
    let (user, application, since) = (text(1)?, text(2)?, text(3)?);
    let mut parts = vec![format!("held by pid {pid}")];
    for (label, value) in [("user", user), ("application", application), ("connected since", since)] {
        if !value.is_empty() {
            parts.push(format!("{label} {value}"));
        }
    }
    if rows.len() > 1 {
        parts.push(format!("and {}", count(rows.len() - 1, "more session")));
    }
    Ok(parts.join(", "))
}

fn failed(error: tokio_postgres::Error) -> Error {
    server_error("the session lock cannot be taken", &error)
}
