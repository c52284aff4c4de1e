//! One transaction of the plan: its statements, its lock waits and its retries.

use std::time::{Duration, Instant};

use super::failure::{Failure, is_lock_miss, reason};
use super::journal::Journal;
use super::stop::Stop;
use super::{Blocker, Event, Sessions, Settings, blockers};
use crate::error::Kind;
use crate::plan::{Batch, Plan};
use crate::render::sql::search_path;

/// An apply under way.
pub struct Run<'a> {
    pub plan: &'a Plan,
    pub sessions: &'a Sessions<'a>,
    pub settings: &'a Settings,
    pub observe: &'a dyn Fn(&Event<'_>),
    pub journal: &'a Journal,
    /// Process id of the main session.
    pub pid: i32,
    pub stop: &'a mut Stop,
    /// Steps before the current transaction.
    pub first: usize,
}

/// One try that did not work, and who was seen in the way of its last statement.
struct Miss<'a> {
    failure: Failure<'a>,
    blockers: Vec<Blocker>,
}

impl<'a> From<Failure<'a>> for Miss<'a> {
    fn from(failure: Failure<'a>) -> Self {
        Miss { failure, blockers: vec![] }
    }
}

/// How a statement ended when it did not end well.
enum Ended {
    Refused(tokio_postgres::Error, Vec<Blocker>),
    Stopped(Kind),
}

impl<'a> Run<'a> {
    /// Runs a transaction until it is committed, fails, or has been tried often enough.
    pub async fn batch(&mut self, batch: &'a Batch) -> Result<(), Failure<'a>> {
        let tries = self.settings.lock_retries.saturating_add(1);
        for attempt in 1.. {
            let Err(Miss { failure, blockers }) = self.attempt(batch).await else { break };
            let Failure::Statement { number, step, error } = failure else { return Err(failure) };
            let reason = reason(&error);
            if !is_lock_miss(&error) {
                self.journal.failed(self.sessions.main, number, step, &reason).await;
                return Err(Failure::Statement { number, step, error });
            }
            if attempt >= tries {
                self.journal.failed(self.sessions.main, number, step, &reason).await;
                return Err(Failure::Locks { number, step, reason, tries, blockers });
            }
            let pause = backoff(self.settings.lock_backoff, attempt);
            let next = attempt + 1;
            (self.observe)(&Event::Miss {
                attempt: next,
                attempts: tries,
                reason: &reason,
                blockers: &blockers,
                pause,
            });
            self.stop.sleep(pause).await.map_err(Failure::Stopped)?;
        }
        self.first += batch.steps.len();
        Ok(())
    }

    /// One try; after an error nothing of the transaction is left.
    async fn attempt(&mut self, batch: &'a Batch) -> Result<(), Miss<'a>> {
        if !batch.transactional {
            return self.steps(batch).await;
        }
        self.frame("BEGIN", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?;
        let ran = match self.steps(batch).await {
            Ok(()) => self.stop.check().await.map_err(|kind| Failure::Stopped(kind).into()),
            Err(miss) => Err(miss),
        };
        if ran.is_ok() {
            let (from, to) = (self.first + 1, self.first + batch.steps.len());
            // an error at COMMIT, such as a deferred constraint's, rolls back by itself
            return Ok(self.frame(&format!("COMMIT of steps {from} to {to}"), "COMMIT").await?);
        }
        // the first error counts; when the connection is gone, the server rolls back without being told
        let _ = self.sessions.main.batch_execute("ROLLBACK").await;
        ran
    }

    async fn steps(&mut self, batch: &'a Batch) -> Result<(), Miss<'a>> {
        if batch.defers_bodies() {
            let local = if batch.transactional { "LOCAL " } else { "" };
            self.frame("SET check_function_bodies", &format!("SET {local}check_function_bodies = off")).await?;
        }
        let mut path: Option<&[String]> = None;
        let total = self.plan.steps().count();
        for (index, step) in batch.steps.iter().enumerate() {
            self.stop.check().await.map_err(Failure::Stopped)?;
            let number = self.first + index + 1;
            if path != Some(&step.search_path) {
                let local = if batch.transactional { "LOCAL " } else { "" };
                let set = format!("SET {local}search_path = {}", search_path(&step.search_path));
                self.frame("SET search_path", &set).await?;
                path = Some(&step.search_path);
            }
            (self.observe)(&Event::Step { number, total, step });
            let start = Instant::now();
            match self.statement(&step.sql).await {
                Ok(()) => {}
                Err(Ended::Stopped(kind)) => return Err(Failure::Stopped(kind).into()),
                Err(Ended::Refused(error, blockers)) => {
                    return Err(Miss { failure: Failure::Statement { number, step, error }, blockers });
                }
            }
            let recorded = self.journal.step(self.sessions.main, number, step, start.elapsed()).await;
            recorded.map_err(|error| Failure::Frame { what: format!("the journal entry of step {number}"), error })?;
        }
        Ok(())
    }

    async fn frame(&self, what: &str, sql: &str) -> Result<(), Failure<'a>> {
        self.sessions.main.batch_execute(sql).await.map_err(|error| Failure::Frame { what: what.to_string(), error })
    }

    /// Runs a statement and looks on: notes who blocks it, and cancels it when a signal comes.
    async fn statement(&mut self, sql: &str) -> Result<(), Ended> {
        let waits_for_ever = self.settings.lock_timeout.is_zero();
        let (main, monitor, pid, observe) = (self.sessions.main, self.sessions.monitor, self.pid, self.observe);
        let work = main.batch_execute(sql);
        tokio::pin!(work);
        let mut ticks = tokio::time::interval(look_every(self.settings.lock_timeout));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        ticks.tick().await;
        let mut seen: Vec<Blocker> = vec![];
        let mut stopped = None;
        loop {
            tokio::select! {
                biased;
                result = &mut work => return match (result, stopped) {
                    // a statement that was faster than its cancellation counts as done
                    (Ok(()), _) => Ok(()),
                    (Err(_), Some(kind)) => Err(Ended::Stopped(kind)),
                    (Err(error), None) => Err(Ended::Refused(error, seen)),
                },
                kind = self.stop.wait(), if stopped.is_none() => {
                    stopped = Some(kind);
                    blockers::cancel(monitor, pid).await;
                }
                _ = ticks.tick() => {
                    if stopped.is_some() {
                        blockers::cancel(monitor, pid).await;
                        continue;
                    }
                    let now = blockers::of(monitor, pid).await;
                    if !now.is_empty() {
                        if waits_for_ever && seen.is_empty() {
                            observe(&Event::Blocked { blockers: &now });
                        }
                        seen = now;
                    }
                }
            }
        }
    }
}

/// Four looks in a lock timeout, so that a blocker is seen before the wait is over.
fn look_every(lock_timeout: Duration) -> Duration {
    if lock_timeout.is_zero() {
        return Duration::from_secs(1);
    }
    (lock_timeout / 4).clamp(Duration::from_millis(10), Duration::from_secs(1))
}

/// Doubles from the shortest pause to the longest; half of it is chance, so that two runs do not meet again.
fn backoff((shortest, longest): (Duration, Duration), attempt: u32) -> Duration {
    let doubled = shortest.saturating_mul(1u32.checked_shl(attempt - 1).unwrap_or(u32::MAX));
    let full = doubled.min(longest.max(shortest));
    full.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let range = (Duration::from_secs(1), Duration::from_secs(30));
        for (attempt, full) in [(1, 1), (2, 2), (5, 16), (6, 30), (40, 30)] {
            let pause = backoff(range, attempt);
            assert!(
                pause <= Duration::from_secs(full) && pause >= Duration::from_secs(full) / 2,
                "{attempt} {pause:?}"
            );
        }
    }

    #[test]
    fn looks_are_more_frequent_than_misses() {
        assert_eq!(look_every(Duration::from_secs(1)), Duration::from_millis(250));
        assert_eq!(look_every(Duration::from_millis(8)), Duration::from_millis(10));
        assert_eq!(look_every(Duration::ZERO), Duration::from_secs(1));
    }
}
