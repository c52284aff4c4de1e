//! `reconcile check`: parses and resolves the desired state without a database.

use std::path::PathBuf;

use super::output::{print, tell};
use super::sources::placed;
use crate::config::Config;
use crate::error::Result;
use crate::objects::Kind;
use crate::pipeline;
use crate::render::plural;

/// Read and resolve the desired state without a database
#[derive(clap::Args)]
pub struct Args {
    /// Files and directories [default: schema/]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Args {
    /// Checks and says what was found.
    pub fn run(self, config: &Config) -> Result<u8> {
        let paths = if self.paths.is_empty() {
            vec![placed(config.value("desired", None)?, config).into()]
        } else {
            self.paths
        };
        let report = pipeline::check(&paths)?;
        report.notes.iter().for_each(|note| tell(&format!("note: {note}")));
        let total: usize = report.objects.values().sum();
        let counted = |(kind, number): (&Kind, &usize)| format!("{number} {}", plural(kind.title(), *number));
        let kinds: Vec<String> = report.objects.iter().map(counted).collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
        print(&format!("ok: {}{kinds}\n", crate::apply::count(total, "object")))?;
        Ok(0)
    }
}
