//! Who applied what and when: tables `runs` and `steps` in schema `reconcile`, made by the first run.
//!
//! The entry of a step is written in the step's own transaction, so that the journal says exactly what was committed.
//! A step that failed gets its entry after the rollback.

use std::time::Duration;

use tokio_postgres::Client;

use super::Settings;
use super::failure::server_error;
use crate::error::{Error, Result};
use crate::plan::{Plan, Step};
use crate::render::{json, verb};

/// The schema that the journal lies in; no plan touches it.
pub const SCHEMA: &str = "reconcile";

const CREATE: &str = include_str!("journal.sql");

const INSERT_STEP: &str = "
    INSERT INTO reconcile.steps (run, number, object, change, statement, started_at, finished_at, error)
    VALUES ($1, $2, $3, $4, $5, pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $6),
            pg_catalog.clock_timestamp(), $7)";

/// The open entry of a run, or nothing under `--no-journal`.
pub struct Journal {
    run: Option<i64>,
}

impl Journal {
    /// Makes the tables when they are missing and begins an entry.
    ///
    /// # Errors
    /// Server errors, such as a missing privilege; the hint names the way without a journal.
    pub async fn open(client: &Client, plan: &Plan, settings: &Settings) -> Result<Self> {
        if !settings.journal {
            return Ok(Self { run: None });
        }
        let failed = |error| {
            let hint = "grant the role what it needs on schema reconcile, or apply with --no-journal";
            let mut error =
                server_error("the journal in schema reconcile cannot be written; nothing was changed", &error);
            error.hint = Some(hint.to_string());
            error
        };
        let there = "SELECT pg_catalog.to_regclass('reconcile.steps') IS NOT NULL";
        let there: bool = client.query_one(there, &[]).await.and_then(|row| row.try_get(0)).map_err(failed)?;
        if !there {
            // one message of several statements is one transaction
            client.batch_execute(CREATE).await.map_err(failed)?;
        }
        // whoever left an entry open does not hold the session lock any more
        let orphans = "UPDATE reconcile.runs SET result = 'failed', error = 'ended without a word'
                       WHERE result = 'running'";
        client.execute(orphans, &[]).await.map_err(failed)?;
        let insert = "INSERT INTO reconcile.runs (tool, plan_from, plan_to, plan_hash, steps)
                      VALUES ($1, $2, $3, $4, $5) RETURNING id";
        let (hash, steps) = (json::hash(plan)?, number(plan.steps().count()));
        let row = client.query_one(insert, &[&plan.tool, &plan.from, &plan.to, &hash, &steps]).await.map_err(failed)?;
        Ok(Self { run: Some(row.try_get(0).map_err(failed)?) })
    }

    /// Enters a step that was run, inside its transaction.
    pub async fn step(
        &self,
        client: &Client,
        number: usize,
        step: &Step,
        took: Duration,
    ) -> Result<(), tokio_postgres::Error> {
        self.insert(client, number, step, took, None).await
    }

    /// Enters a step that failed, after the rollback. The failure itself is reported whether or not this works.
    pub async fn failed(&self, client: &Client, number: usize, step: &Step, reason: &str) {
        let _ = self.insert(client, number, step, Duration::ZERO, Some(reason)).await;
    }

    async fn insert(
        &self,
        client: &Client,
        at: usize,
        step: &Step,
        took: Duration,
        error: Option<&str>,
    ) -> Result<(), tokio_postgres::Error> {
        let Some(run) = self.run else { return Ok(()) };
        let (at, object, change) = (number(at), step.object.to_string(), verb(step.change));
        let seconds = took.as_secs_f64();
        client.execute(INSERT_STEP, &[&run, &at, &object, &change, &step.sql, &seconds, &error]).await.map(|_| ())
    }

    /// Ends the entry of the run.
    ///
    /// # Errors
    /// Server errors; the schema change itself is done by then.
    pub async fn finish(&self, client: &Client, outcome: Result<(), &Error>) -> Result<(), tokio_postgres::Error> {
        let Some(run) = self.run else { return Ok(()) };
        let (result, error) = match outcome {
            Ok(()) => ("done", None),
            Err(error) => ("failed", Some(error.report())),
        };
        let sql = "UPDATE reconcile.runs SET finished_at = pg_catalog.clock_timestamp(), result = $2, error = $3
                   WHERE id = $1";
        client.execute(sql, &[&run, &result, &error]).await.map(|_| ())
    }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
