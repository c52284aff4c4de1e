//! The one error type: what went wrong, where, why, and what to do about it.

use std::fmt;

use crate::source::Location;

/// Result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is; decides the exit code (see [`Error::exit_code`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Wrong SQL, YAML, connection, file, server error: exit 1.
    Failure,
    /// A step or lint that policy does not allow, or an undecided rename: exit 3.
    Refused,
    /// A saved plan that no longer fits: exit 4.
    Stale,
    /// Another run holds the lock, or lock retries are used up; nothing half done: exit 5.
    Busy,
    /// Stopped part way: exit 6.
    Partial,
    /// Wrong use of the command line: exit 64.
    Usage,
    /// Interrupted (SIGINT): exit 130.
    Interrupted,
    /// Terminated (SIGTERM): exit 143.
    Terminated,
}

/// Errors shown at most, so that one wrong file does not fill the screen.
const MOST_SHOWN: usize = 20;

/// One problem. Messages are lower case, name objects as SQL would, and have no full stop.
#[derive(Debug, Clone)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// What is wrong.
    pub message: String,
    /// Where in the files.
    pub location: Option<Location>,
    /// What led to it, outermost first.
    pub causes: Vec<String>,
    /// What the user can do.
    pub hint: Option<String>,
    /// Further problems found in the same pass, so that one run reports them all.
    pub others: Vec<Error>,
}

impl Error {
    /// A plain failure (exit 1).
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Failure,
            message: message.into(),
            location: None,
            causes: vec![],
            hint: None,
            others: vec![],
        }
    }

    /// Changes the kind.
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Adds the place, unless a more exact one is known already.
    pub fn at(mut self, location: &Location) -> Self {
        self.location.get_or_insert_with(|| location.clone());
        self
    }

    /// Adds a hint, unless there is one.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// Adds a cause, one level further down.
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Joins several errors into one that reports all, sorted by place; `None` when there are none.
    pub fn all(errors: Vec<Error>) -> Option<Self> {
        let mut flat = vec![];
        for mut error in errors {
            let others = std::mem::take(&mut error.others);
            flat.push(error);
            flat.extend(others);
        }
        flat.sort_by(|a, b| match (&a.location, &b.location) {
            (Some(a), Some(b)) => a.order(b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
        let mut errors = flat.into_iter();
        let mut first = errors.next()?;
        first.others.extend(errors);
        Some(first)
    }

    /// The process exit code; the table is in the README.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Failure => 1,
            Kind::Refused => 3,
            Kind::Stale => 4,
            Kind::Busy => 5,
            Kind::Partial => 6,
            Kind::Usage => 64,
            Kind::Interrupted => 130,
            Kind::Terminated => 143,
        }
    }

    /// Everything there is to say, over several lines, as it goes to standard error.
    pub fn report(&self) -> String {
        let mut out = match &self.location {
            Some(place) => format!("{place}: error: {}\n{}\n", self.message, place.excerpt()),
            None => format!("error: {}\n", self.message),
        };
        for cause in &self.causes {
            out.push_str(&format!("  caused by: {cause}\n"));
        }
        if let Some(hint) = &self.hint {
            out.push_str(&format!("hint: {hint}\n"));
        }
        for other in self.others.iter().take(MOST_SHOWN - 1) {
            out.push('\n');
            out.push_str(&other.report());
        }
        match self.others.len().saturating_sub(MOST_SHOWN - 1) {
            0 => {}
            1 => out.push_str("\nand 1 more error\n"),
            rest => out.push_str(&format!("\nand {rest} more errors\n")),
        }
        out
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Error {}
