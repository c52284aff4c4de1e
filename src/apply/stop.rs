//! SIGINT and SIGTERM, taken note of from the start of an apply to its end.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::{Error, Kind, Result};

/// Listens for signals; once one has come, it stays come.
pub struct Stop {
    interrupt: Signal,
    terminate: Signal,
    received: Option<Kind>,
}

impl Stop {
    /// Starts to listen: from here on the signals do not end the process.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub fn listen() -> Result<Self> {
        let handler =
            |kind| signal(kind).map_err(|error| Error::new("signals cannot be handled on this system").cause(error));
        Ok(Self {
            interrupt: handler(SignalKind::interrupt())?,
            terminate: handler(SignalKind::terminate())?,
            received: None,
        })
    }

    /// Waits for a signal; returns at once when one came earlier.
    pub async fn wait(&mut self) -> Kind {
        if let Some(kind) = self.received {
            return kind;
        }
        let kind = tokio::select! {
            Some(()) = self.interrupt.recv() => Kind::Interrupted,
            Some(()) = self.terminate.recv() => Kind::Terminated,
            else => std::future::pending().await,
        };
        self.received = Some(kind);
        kind
    }

    /// Sleeps, unless a signal comes.
    pub async fn sleep(&mut self, pause: std::time::Duration) -> Result<(), Kind> {
        tokio::select! {
            biased;
            kind = self.wait() => Err(kind),
            () = tokio::time::sleep(pause) => Ok(()),
        }
    }

    /// A signal that has come already.
    pub async fn check(&mut self) -> Result<(), Kind> {
        self.sleep(std::time::Duration::ZERO).await
    }
}

/// What the user reads about a signal.
pub fn word(kind: Kind) -> &'static str {
    if kind == Kind::Terminated { "terminated" } else { "interrupted" }
}
