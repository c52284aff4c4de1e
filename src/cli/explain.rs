//! `reconcile explain`: what a code means, why it matters, what to do.

use super::output::print;
use crate::config::suggest;
use crate::error::{Error, Kind, Result};
use crate::plan::Level;
use crate::plan::hazard::{CODES, Code, code};
use crate::render::style::Style;

/// Say what a code means and what to do about it; without a code, list them all
#[derive(clap::Args)]
pub struct Args {
    /// Such as RC101 or drop-table
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

impl Args {
    /// Prints the text of a code, or all codes.
    pub fn run(self) -> Result<u8> {
        let Some(name) = self.code else {
            let line = |code: &Code| format!("{} {:<26} {}\n", code.code, code.name, level(code.level));
            print(&CODES.iter().map(line).collect::<String>())?;
            return Ok(0);
        };
        let Some(found) = code(&name) else {
            let names = CODES.iter().flat_map(|code| [code.code, code.name]);
            let hint = match suggest::closest(&name, names) {
                Some(near) => format!("did you mean {near}?"),
                None => "`reconcile explain` lists all codes".to_string(),
            };
            return Err(Error::new(format!("there is no code {name}")).kind(Kind::Usage).hint(hint));
        };
        let text = Style::for_stdout().wrap(found.explain, "", "").join("\n");
        let allow = match found.level {
            Level::Deny => format!("\nallow it: --allow {0}:OBJECT, or --allow {0} for all objects\n", found.name),
            Level::Allow | Level::Note | Level::Warn => String::new(),
        };
        print(&format!("{} {} ({})\n\n{text}\n{allow}", found.code, found.name, level(found.level)))?;
        Ok(0)
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Allow => "allowed",
        Level::Note => "note",
        Level::Warn => "warning",
        Level::Deny => "denied unless allowed",
    }
}
