//! The formats that a plan can be printed in.

use std::time::Duration;

use clap::ValueEnum;

use crate::config::Setting;
use crate::error::Result;
use crate::plan::Plan;
use crate::render::style::Style;
use crate::render::{json, markdown, sql, text};

/// A format of plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// A script for psql.
    Sql,
    /// The saved plan.
    Json,
    /// For a pull request.
    Markdown,
}

impl Setting for Format {
    fn from_text(text: &str) -> std::result::Result<Self, String> {
        <Self as ValueEnum>::from_str(text, false).map_err(|_| "expected text, sql, json or markdown".to_string())
    }
}

impl Format {
    /// The plan in this format, ready for standard output. `detail` is for people: everything by name.
    ///
    /// # Errors
    /// None in practice; JSON has a signature with one.
    pub fn render(self, plan: &Plan, scope: &json::Scope, lock_timeout: Duration, detail: bool) -> Result<String> {
        match self {
            Format::Text => Ok(text::render(plan, Style::for_stdout(), detail)),
            Format::Sql => Ok(sql::render(plan, lock_timeout)),
            Format::Json => json::render(plan, scope),
            Format::Markdown => Ok(markdown::render(plan, lock_timeout)),
        }
    }
}
