//! A private PostgreSQL from the server binaries on this machine: for `--database embedded`, tests and proofs.
//!
//! [`Installation`] finds the binaries, [`Account`] is the user that may run them (never root), [`Server`] is one
//! running server on one data folder, [`Embedded`] the address `embedded[:NAME]`. Servers listen on a unix socket only,
//! in a folder that nobody but their user (and root) can enter; that is why they trust every connection.

mod account;
mod embedded;
mod installation;
mod process;

pub use account::Account;
pub use embedded::{Embedded, EmbeddedDatabase};
pub use installation::{Installation, SUPPORTED};
pub use process::{Server, initialise};

/// The superuser of every private server.
pub const USER: &str = "postgres";
