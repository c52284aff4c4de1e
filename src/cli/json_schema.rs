//! `reconcile json-schema`: the published JSON Schema of a format.

use super::output::print;
use crate::error::Result;
use crate::load::yaml;
use crate::render::json;

/// Print the JSON Schema of a format
#[derive(clap::Args)]
pub struct Args {
    /// Which format
    #[arg(value_enum)]
    format: Which,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Which {
    /// Saved plans
    Plan,
    /// Desired state in YAML
    Yaml,
}

impl Args {
    /// Prints it.
    pub fn run(self) -> Result<u8> {
        match self.format {
            Which::Plan => print(json::SCHEMA)?,
            Which::Yaml => print(yaml::SCHEMA)?,
        }
        Ok(0)
    }
}
