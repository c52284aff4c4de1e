//! From a [`Plan`] to the database: session lock, settings, transactions, lock waits with retries, journal, proof.
//!
//! One session runs the statements and holds the advisory lock; a second one looks on: it sees who blocks the first,
//! and it cancels the running statement when the user interrupts. Each transaction of the plan either is committed
//! whole, together with its journal entries, or leaves nothing behind.

use std::time::Duration;

use tokio_postgres::Client;

use crate::error::{Error, Kind, Result};
use crate::plan::Plan;
use crate::render::one_line;

mod batch;
mod blockers;
mod failure;
mod journal;
mod lock;
mod policy;
mod progress;
mod session;
mod stop;

pub use blockers::Blocker;
pub use journal::SCHEMA as JOURNAL_SCHEMA;
pub use policy::{allows, refuse};
pub use progress::Event;
pub use stop::Stop;

use batch::Run;
use journal::Journal;

/// How a plan is applied.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a statement waits for a lock before it gives way; zero: for ever.
    pub lock_timeout: Duration,
    /// How often a transaction is tried again after a lock timeout or a deadlock.
    pub lock_retries: u32,
    /// Shortest and longest pause between two tries.
    pub lock_backoff: (Duration, Duration),
    /// How long to wait for another run of reconcile on this database.
    pub session_wait: Duration,
    /// How long a statement may run; `None`: for ever.
    pub statement_timeout: Option<Duration>,
    /// The role to become first.
    pub role: Option<String>,
    /// Whether the run is recorded in schema `reconcile`.
    pub journal: bool,
    /// What `--allow` named.
    pub allow: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_secs(1),
            lock_retries: 30,
            lock_backoff: (Duration::from_secs(1), Duration::from_secs(30)),
            session_wait: Duration::from_secs(10),
            statement_timeout: None,
            role: None,
            journal: true,
            allow: vec![],
        }
    }
}

/// The two sessions of an apply, both in the target database and logged in as the same role.
pub struct Sessions<'a> {
    /// Runs the statements.
    pub main: &'a Client,
    /// Looks on and cancels.
    pub monitor: &'a Client,
}

/// What a finished apply did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Statements that were run and committed.
    pub steps: usize,
    /// Transactions that were committed.
    pub batches: usize,
}

impl Done {
    /// `3 steps`.
    pub fn steps(&self) -> String {
        count(self.steps, "step")
    }

    /// `1 transaction`.
    pub fn batches(&self) -> String {
        count(self.batches, "transaction")
    }
}

/// Runs the plan to its end and proves that the database is in the desired state.
///
/// `guard` is called under the session lock before anything is changed and fails when the plan no longer fits;
/// `verify` is called at the end and returns what still differs, or `None` when nobody can know. `observe` hears of
/// everything on the way.
///
/// # Errors
/// [`Kind::Refused`] for hazards that are not allowed, [`Kind::Busy`] when another run holds the lock or locks are
/// not to be had, [`Kind::Partial`] when an error or a lock stops the run after a commit, [`Kind::Interrupted`] and
/// [`Kind::Terminated`] for signals, whatever `guard` and `verify` say, and plain failures for the rest.
pub async fn apply(
    plan: &Plan,
    sessions: Sessions<'_>,
    settings: &Settings,
    observe: &dyn Fn(&Event),
    guard: impl AsyncFn() -> Result<()>,
    verify: impl AsyncFn() -> Result<Option<Plan>>,
) -> Result<Done> {
    refuse(plan, &settings.allow)?;
    if plan.is_empty() {
        return Ok(Done { steps: 0, batches: 0 });
    }
    let mut stop = Stop::listen()?;
    let result = locked(plan, &sessions, settings, observe, guard, &mut stop).await;
    // the connection may live on, behind a pooler even longer than this process
    if let Err(error) = lock::release(sessions.main).await {
        observe(&Event::LockKept { reason: &error.to_string() });
    }
    let done = result?;
    let after = "all steps were run and committed, but the result was not compared";
    if let Some(rest) = unless_stopped(&mut stop, after, verify()).await? {
        proven(&rest)?;
    }
    Ok(done)
}

async fn locked(
    plan: &Plan,
    sessions: &Sessions<'_>,
    settings: &Settings,
    observe: &dyn Fn(&Event),
    guard: impl AsyncFn() -> Result<()>,
    stop: &mut Stop,
) -> Result<Done> {
    session::prepare(sessions.main, settings).await?;
    session::same_major(sessions.main, plan.server).await?;
    lock::acquire(sessions.main, settings.session_wait, observe, stop).await?;
    unless_stopped(stop, "nothing was changed", guard()).await?;
    let journal = Journal::open(sessions.main, plan, settings).await?;
    let pid = session::backend_pid(sessions.main).await?;
    let mut run = Run { plan, sessions, settings, observe, journal: &journal, pid, stop, first: 0 };
    let mut done = Done { steps: 0, batches: 0 };
    for batch in &plan.batches {
        if let Err(failure) = run.batch(batch).await {
            let error = failure.into_error(plan, done);
            close(&journal, sessions, observe, Err(&error)).await;
            return Err(error);
        }
        done.steps += batch.steps.len();
        done.batches += 1;
    }
    close(&journal, sessions, observe, Ok(())).await;
    Ok(done)
}

/// Work that a signal may leave unfinished; `state` says how the database stands then.
async fn unless_stopped<T>(stop: &mut Stop, state: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        kind = stop.wait() => Err(Error::new(format!("{}; {state}", stop::word(kind))).kind(kind)),
        result = work => result.map_err(|mut error| {
            error.message = listed(error.message, [state.to_string()]);
            error
        }),
    }
}

/// The schema change is done or undone by now; a journal that cannot be closed does not change that.
async fn close(journal: &Journal, sessions: &Sessions<'_>, observe: &dyn Fn(&Event), outcome: Result<(), &Error>) {
    if let Err(error) = journal.finish(sessions.main, outcome).await {
        observe(&Event::JournalFailed { reason: &failure::reason(&error) });
    }
}

/// Fails when something still differs after all steps have run.
fn proven(rest: &Plan) -> Result<()> {
    if rest.is_empty() {
        return Ok(());
    }
    let number = rest.steps().count();
    let head = format!(
        "all steps were run and committed, but {} still {}",
        count(number, "difference"),
        if number == 1 { "remains" } else { "remain" }
    );
    let message = listed(head, rest.steps().map(|step| format!("{}: {}", step.object, step.why)));
    Err(Error::new(message)
        .hint("plan again to see what is left; if the same steps come back, this is a defect of reconcile"))
}

/// What has changed since a plan was made, as an error; `fresh` is the plan that would be made now.
pub fn stale(planned: &Plan, fresh: &Plan) -> Error {
    let differs = |one: &Plan, other: &Plan, label: &str| -> Vec<String> {
        one.steps()
            .filter(|step| !other.steps().any(|known| known.sql == step.sql && known.search_path == step.search_path))
            .map(|step| format!("{label}: {} {}: {}", crate::render::verb(step.change), step.object, step.why))
            .collect()
    };
    let mut changes = differs(fresh, planned, "needed now");
    changes.extend(differs(planned, fresh, "needed no more"));
    if changes.is_empty() {
        changes.push("the steps would be the same, but objects that they build on are not".to_string());
    }
    let head = "the plan no longer fits: the database or the files have changed since it was made";
    Error::new(listed(head.to_string(), changes)).kind(Kind::Stale).hint("plan again and review the new plan")
}

/// A message with one line for each item below it.
pub(crate) fn listed(head: String, items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().fold(head, |message, item| message + "\n  " + &one_line(&item))
}

/// `1 step`, `2 steps`.
pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn what_remains_is_named() {
        assert!(proven(&sample::plan_of(vec![])).is_ok());
        let error = proven(&sample::plan()).unwrap_err();
        assert_eq!(error.exit_code(), 1);
        let lines: Vec<&str> = error.message.lines().collect();
        assert_eq!(lines[0], "all steps were run and committed, but 3 differences still remain");
        assert!(lines.contains(&"  table app.old: it exists and is not declared"), "{lines:?}");
    }

    #[test]
    fn a_stale_plan_names_both_directions() {
        let (planned, mut fresh) = (sample::plan(), sample::plan());
        fresh.batches[0].steps.remove(0);
        fresh.batches[0].steps[0].sql.push_str("(10)");
        let error = stale(&planned, &fresh);
        assert_eq!(error.exit_code(), 4);
        assert_eq!(error.message.matches("\n  needed now: ").count(), 1, "{}", error.message);
        assert_eq!(error.message.matches("\n  needed no more: ").count(), 2, "{}", error.message);
    }
}
