//! What stopped a run, in the words of the server and of the plan.

use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use super::blockers::Blocker;
use super::stop::word;
use super::{Done, count, listed};
use crate::error::{Error, Kind};
use crate::plan::{Plan, Step};
use crate::render::{one_line, verb};

/// Why a transaction was not committed. It has been rolled back, unless the connection is gone.
pub enum Failure<'a> {
    /// The server refused a statement.
    Statement { number: usize, step: &'a Step, error: tokio_postgres::Error },
    /// The server refused something that is not a step: BEGIN, COMMIT, a setting, the journal.
    Frame { what: String, error: tokio_postgres::Error },
    /// The locks were not to be had, however often it was tried.
    Locks { number: usize, step: &'a Step, reason: String, tries: u32, blockers: Vec<Blocker> },
    /// A signal came.
    Stopped(Kind),
}

impl Failure<'_> {
    /// The error as the user reads it: what happened, what is done and what is not.
    pub fn into_error(self, plan: &Plan, done: Done) -> Error {
        let total = plan.steps().count();
        let partial = done.steps > 0;
        let kind = |clean: Kind| if partial { Kind::Partial } else { clean };
        let mut error = match self {
            Failure::Statement { number, step, error } => {
                let head = format!("step {number} of {total} failed: {} {}", verb(step.change), step.object);
                let head = listed(head, [format!("statement: {}", step.sql)]);
                server_error(&head, &error).kind(kind(Kind::Failure))
            }
            Failure::Frame { what, error } => {
                let lost = error.as_db_error().is_none();
                let out = server_error(&format!("{what} failed"), &error).kind(kind(Kind::Failure));
                let hint = "the connection is gone; plan again to see whether the last transaction was committed";
                if lost { out.hint(hint) } else { out }
            }
            Failure::Locks { number, step, reason, tries, blockers } => {
                let head = format!(
                    "step {number} of {total} got no lock in {}: {} {}",
                    if tries == 1 { "1 try".to_string() } else { format!("{tries} tries") },
                    verb(step.change),
                    step.object
                );
                let mut error = Error::new(head).kind(kind(Kind::Busy)).cause(reason);
                for blocker in blockers {
                    error = error.cause(format!("blocked by {blocker}"));
                }
                error.hint("try again when the other sessions are done, or with a longer --lock-timeout")
            }
            Failure::Stopped(signal) => Error::new(word(signal)).kind(signal),
        };
        error.message = stands(error.message, plan, done);
        error
    }
}

/// The message with what is done and what is not.
fn stands(message: String, plan: &Plan, done: Done) -> String {
    let total = plan.steps().count();
    if done.steps == 0 {
        return listed(message, ["nothing was changed".to_string()]);
    }
    let open: Vec<String> =
        plan.steps().skip(done.steps).map(|step| format!("{} {}", verb(step.change), step.object)).collect();
    let done = format!("done and committed: {} of {total}", count(done.steps, "step"));
    listed(message, [done, format!("not done: {}", open.join(", "))])
}

/// Whether a lock was not to be had: `lock_timeout`, NOWAIT, or a deadlock that the server has broken.
pub fn is_lock_miss(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| *code == SqlState::LOCK_NOT_AVAILABLE || *code == SqlState::T_R_DEADLOCK_DETECTED)
}

/// The server's message in one line, such as `ERROR 55P03: canceling statement due to lock timeout`.
pub fn reason(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{} {}: {}", error.severity(), error.code().code(), one_line(error.message())),
        None => plain(error),
    }
}

/// Everything that the server said, below a message of ours.
pub fn server_error(message: &str, error: &tokio_postgres::Error) -> Error {
    let mut out = Error::new(message);
    out = out.cause(reason(error));
    let Some(error) = error.as_db_error() else { return out };
    for (label, text) in [("detail", error.detail()), ("where", error.where_())] {
        if let Some(text) = text {
            out = out.cause(format!("{label}: {}", one_line(text)));
        }
    }
    if let Some(place) = place(error) {
        out = out.cause(place);
    }
    match error.hint() {
        Some(hint) => out.hint(one_line(hint)),
        None => out,
    }
}

fn place(error: &DbError) -> Option<String> {
    match error.position()? {
        ErrorPosition::Original(at) => Some(format!("at character {at} of the statement")),
        ErrorPosition::Internal { position, query } => Some(format!("at character {position} of: {}", one_line(query))),
    }
}

fn plain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    one_line(&text)
}
