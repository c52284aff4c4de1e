//! `reconcile show`: a saved plan in any format.

use std::path::PathBuf;

use super::format::Format;
use super::output::print;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::render::json;

/// Print a saved plan
#[derive(clap::Args)]
pub struct Args {
    /// A plan that `reconcile plan -o` has saved
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// How to print it [default: text]
    #[arg(long)]
    format: Option<Format>,
    /// Name everything that is not managed
    #[arg(short, long)]
    verbose: bool,
}

impl Args {
    /// Reads and prints.
    pub fn run(self, config: &Config) -> Result<u8> {
        let label = self.plan.display().to_string();
        let text = std::fs::read_to_string(&self.plan)
            .map_err(|error| Error::new(format!("{label} cannot be read")).cause(error))?;
        let (plan, scope) = json::read(&text, &label)?;
        let format = config.value("format", self.format)?.value;
        let lock_timeout = config.value("lock-timeout", None)?.value;
        print(&format.render(&plan, &scope, lock_timeout, self.verbose)?)?;
        Ok(0)
    }
}
