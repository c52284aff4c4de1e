//! Who stands in the way of a lock (`pg_blocking_pids`, `pg_stat_activity`).

use std::fmt;
use std::time::Duration;

use tokio_postgres::Client;

use crate::render::one_line;

/// A session that holds, or waits in front of us for, a lock that we need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// Its process id; 0 for a prepared transaction.
    pub pid: i32,
    /// Who is logged in; empty when it may not be seen.
    pub user: String,
    /// `application_name`.
    pub application: String,
    /// Such as `idle in transaction`.
    pub state: String,
    /// Age of its transaction in whole seconds, where known.
    pub age: Option<i64>,
    /// The start of its current or last statement.
    pub query: String,
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == 0 {
            return f.write_str("a prepared transaction (see pg_prepared_xacts)");
        }
        write!(f, "pid {}", self.pid)?;
        for (label, value) in [("user", &self.user), ("application", &self.application)] {
            if !value.is_empty() {
                write!(f, ", {label} {}", one_line(value))?;
            }
        }
        if !self.state.is_empty() {
            write!(f, ", {}", self.state)?;
        }
        if let Some(age) = self.age {
            write!(f, ", transaction open for {age} s")?;
        }
        if self.query.is_empty() { Ok(()) } else { write!(f, ": {}", one_line(&self.query)) }
    }
}

const QUERY: &str = "
    SELECT b.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''), coalesce(a.state, ''),
           extract(epoch FROM clock_timestamp() - a.xact_start)::bigint, coalesce(left(a.query, 100), '')
    FROM (SELECT DISTINCT unnest(pg_blocking_pids($1)) AS pid) b
    LEFT JOIN pg_stat_activity a ON a.pid = b.pid AND a.pid <> 0
    ORDER BY b.pid";

/// Sessions that block `pid` right now. Looking on must never harm the run: whatever goes wrong counts as nobody.
pub async fn of(monitor: &Client, pid: i32) -> Vec<Blocker> {
    let asked = tokio::time::timeout(Duration::from_secs(1), monitor.query(QUERY, &[&pid])).await;
    let Ok(Ok(rows)) = asked else { return vec![] };
    rows.iter()
        .filter_map(|row| {
            Some(Blocker {
                pid: row.try_get(0).ok()?,
                user: row.try_get(1).ok()?,
                application: row.try_get(2).ok()?,
                state: row.try_get(3).ok()?,
                age: row.try_get(4).ok()?,
                query: row.try_get(5).ok()?,
            })
        })
        .collect()
}

/// Cancels what `pid` runs; the session itself stays.
pub async fn cancel(monitor: &Client, pid: i32) {
    let sql = "SELECT pg_catalog.pg_cancel_backend($1)";
    // a failure is met by the next look, which cancels again
    let _ = tokio::time::timeout(Duration::from_secs(1), monitor.query(sql, &[&pid])).await;
}
