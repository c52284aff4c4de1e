//! `reconcile plan`: from the difference of two states to ordered steps; writes to no database.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::flags::{Scope, Target, duration, flag, saved};
use super::format::Format;
use super::output::{print, save, tell};
use super::sources::{Source, target};
use crate::config::Config;
use crate::error::Result;
use crate::pipeline;
use crate::render::json;

/// Show what stands between the current and the desired state, as ordered steps
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// The desired state: file, directory, URL or empty [default: schema/]
    #[arg(long, value_name = "SRC")]
    to: Option<String>,
    /// The current state: file, directory, URL or empty [default: the target database]
    #[arg(long, value_name = "SRC", conflicts_with_all = ["database", "target"])]
    from: Option<String>,
    /// How to print the plan [default: text]
    #[arg(long)]
    format: Option<Format>,
    /// Save the plan (JSON) for `reconcile apply FILE`
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Exit with 2 when there are differences
    #[arg(long)]
    exit_code: bool,
    /// Lock timeout in the SQL format [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    lock_timeout: Option<Duration>,
    /// Name everything that is not managed, and say on standard error how long it took
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    scope: Scope,
}

impl Args {
    /// Plans and prints.
    pub async fn run(self, config: &Config) -> Result<u8> {
        let start = Instant::now();
        let options = self.scope.options(config)?;
        let scope = saved(&options);
        let format = config.value("format", self.format)?.value;
        let lock_timeout = config.value("lock-timeout", self.lock_timeout)?.value;
        let output = config.optional("output", self.output)?;
        let (to, to_label) = Source::desired(self.to, config).await?;
        // a database that the command line names outranks a current side that the configuration names
        let named = self.target.database.is_some() || self.target.target.is_some();
        let from = if named { None } else { Source::current(self.from, config).await? };
        let (from, from_label) = match from {
            Some(found) => found,
            None => {
                let database = target(&self.target, config).await?;
                let label = database.label.clone();
                (Source::Database(Box::new(database)), label)
            }
        };
        let (current, desired) = pipeline::catalogs(&from.side(), &to.side(), &options).await?;
        let read = start.elapsed();
        let round_trips = current.round_trips + desired.round_trips;
        let plan = pipeline::plan(current, desired, &options, (&from_label, &to_label))?;
        if self.verbose {
            let (read, all) = (read.as_millis(), start.elapsed().as_millis());
            tell(&format!("read both states in {read} ms, planned after {all} ms"));
            tell(&format!("round trips: {round_trips}"));
        }
        if let Some(path) = output {
            save(&path.value, &json::render(&plan, &scope)?)?;
            tell(&format!("saved: {0}; apply it with: reconcile apply {0}", path.value.display()));
        }
        print(&format.render(&plan, &scope, lock_timeout, self.verbose)?)?;
        let differs =
            config.value("exit-code", flag(self.exit_code))?.value && (!plan.is_empty() || plan.undecided() > 0);
        Ok(if differs { 2 } else { 0 })
    }
}
