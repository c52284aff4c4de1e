//! What an apply tells its caller while it runs; each event is one line of standard error.

use std::fmt;
use std::time::Duration;

use super::Blocker;
use crate::plan::Step;
use crate::render::{one_line, verb};

/// Something that happened on the way.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another run holds the session lock.
    Waiting {
        /// Who.
        holder: &'a str,
    },
    /// A statement starts.
    Step {
        /// From 1, over the whole plan.
        number: usize,
        /// Steps of the whole plan.
        total: usize,
        /// The step.
        step: &'a Step,
    },
    /// A statement has been waiting for a lock for a while.
    Blocked {
        /// Who holds it.
        blockers: &'a [Blocker],
    },
    /// A lock was not to be had; the transaction was rolled back and is tried again.
    Miss {
        /// From 1.
        attempt: u32,
        /// How many tries there are.
        attempts: u32,
        /// What the server said.
        reason: &'a str,
        /// Who was in the way, as far as it was seen.
        blockers: &'a [Blocker],
        /// The pause before the next try.
        pause: Duration,
    },
    /// The session lock could not be given back; it goes with the session.
    LockKept {
        /// Why.
        reason: &'a str,
    },
    /// The journal could not be written; the schema change itself is unharmed.
    JournalFailed {
        /// Why.
        reason: &'a str,
    },
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Waiting { holder } => write!(f, "waiting for another run of reconcile: {holder}"),
            Event::Step { number, total, step } => {
                let (verb, object) = (verb(step.change), one_line(&step.object.to_string()));
                write!(f, "[{number}/{total}] {verb} {object}")
            }
            Event::Blocked { blockers } => {
                f.write_str("  waiting for a lock")?;
                blockers.iter().try_for_each(|blocker| write!(f, "\n    held by {blocker}"))
            }
            Event::Miss { attempt, attempts, reason, blockers, pause } => {
                write!(f, "  {reason}; rolled back, try {attempt} of {attempts} in {:.1} s", pause.as_secs_f32())?;
                blockers.iter().try_for_each(|blocker| write!(f, "\n    blocked by {blocker}"))
            }
            Event::LockKept { reason } => write!(f, "  the session lock was not given back: {reason}"),
            Event::JournalFailed { reason } => write!(f, "  the journal was not written: {reason}"),
        }
    }
}
