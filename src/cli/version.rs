//! `reconcile version`.

use super::output::print;
use crate::error::Result;
use crate::render::json;
use crate::server::SUPPORTED;

/// Print the versions of the program and of what it works with
#[derive(clap::Args)]
pub struct Args {}

impl Args {
    /// Prints them.
    pub fn run(self) -> Result<u8> {
        let (first, last) = (SUPPORTED.start(), SUPPORTED.end());
        let program = env!("CARGO_PKG_VERSION");
        print(&format!("reconcile {program}\nPostgreSQL {first} to {last}\nplan format {}\n", json::VERSION))?;
        Ok(0)
    }
}
