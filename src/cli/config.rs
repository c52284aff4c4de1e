//! `reconcile config show`: every setting with its value and where it came from.

use comfy_table::{ContentArrangement, Table, presets};

use super::output::print;
use crate::config::Config;
use crate::connect::redact;
use crate::error::Result;
use crate::render::style::Style;
use crate::server::Embedded;

/// Look at the configuration
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Print every setting with its value and where it came from
    Show,
}

impl Args {
    /// Prints it.
    pub fn run(self, config: &Config) -> Result<u8> {
        match self.command {
            Command::Show => show(config),
        }
    }
}

fn show(config: &Config) -> Result<u8> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = Style::for_stdout().width {
        table.set_width(width);
    }
    table.set_header(["setting", "value", "from"]);
    for (key, found) in config.settings()? {
        let (value, origin) =
            found.map_or((String::new(), String::new()), |found| (found.value, found.origin.to_string()));
        table.add_row([key.name.to_string(), value, origin]);
    }
    for (name, found) in config.targets() {
        let private = Embedded::parse(found.value).is_ok_and(|address| address.is_some());
        let url = if private { found.value.to_string() } else { redact(found.value) };
        table.add_row([format!("targets.{name}"), url, found.origin.to_string()]);
    }
    let lines: String = table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    print(&lines)?;
    Ok(0)
}
