//! `reconcile completions`: completion scripts for shells.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::output::print;
use crate::error::Result;

/// Print the completion script of a shell
#[derive(clap::Args)]
pub struct Args {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Args {
    /// Prints it.
    pub fn run(self) -> Result<u8> {
        let mut script = vec![];
        generate(self.shell, &mut super::Cli::command(), "reconcile", &mut script);
        print(&String::from_utf8_lossy(&script))?;
        Ok(0)
    }
}
