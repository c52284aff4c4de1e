//! Flags that several commands share, and their way through the configuration.

use std::time::Duration;

use crate::config::{Config, Setting};
use crate::error::{Error, Kind, Result};
use crate::pipeline::{Options, PrivilegeMode};
use crate::render::json;

/// The target database.
#[derive(clap::Args)]
pub struct Target {
    /// The database: a postgres:// URL, or embedded (embedded:NAME) for a private one
    #[arg(short, long, value_name = "URL")]
    pub database: Option<String>,
    /// A target that reconcile.toml names
    #[arg(long, value_name = "NAME", conflicts_with = "database")]
    pub target: Option<String>,
}

/// What a plan covers.
#[derive(clap::Args)]
#[command(next_help_heading = "Scope")]
pub struct Scope {
    /// Only these schemas [default: those that the desired state names]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    schemas: Option<Vec<String>>,
    /// All schemas of the database
    #[arg(long, conflicts_with = "schemas")]
    all_schemas: bool,
    /// Leave alone what matches, such as app.tmp_*
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    exclude: Option<Vec<String>>,
    /// Owners and privileges: those that the files declare, all, or none [default: declared]
    #[arg(long, value_name = "MODE")]
    privileges: Option<Privileges>,
    /// Allow a hazard: NAME, CODE, NAME:OBJECT, or all
    #[arg(long, value_name = "CODE[:OBJECT]")]
    allow: Option<Vec<String>>,
    /// Who says what PostgreSQL makes of a definition that cannot be compared: the target database, by temporary
    /// objects in a transaction that is rolled back, or nobody [default: auto]
    #[arg(long, value_name = "WHO")]
    referee: Option<Referee>,
}

/// `--referee`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Referee {
    /// The target database, where it lets us
    Auto,
    /// Nobody: what is undecided stays so
    Off,
}

impl Setting for Referee {
    fn from_text(text: &str) -> std::result::Result<Self, String> {
        clap::ValueEnum::from_str(text, false).map_err(|_| "expected auto or off".to_string())
    }
}

/// `--privileges`.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Privileges {
    /// Exact for an object about which the files say anything, untouched otherwise
    Declared,
    /// Exact for every object
    Full,
    /// Untouched
    Off,
}

impl Setting for Privileges {
    fn from_text(text: &str) -> std::result::Result<Self, String> {
        clap::ValueEnum::from_str(text, false).map_err(|_| "expected declared, full or off".to_string())
    }
}

/// The words of the modes, as flag, configuration and saved plan write them.
const MODES: [(&str, PrivilegeMode); 3] =
    [("declared", PrivilegeMode::Declared), ("full", PrivilegeMode::Full), ("off", PrivilegeMode::Off)];

/// What a saved plan says about its options.
pub fn saved(options: &Options) -> json::Scope {
    let mode = MODES.iter().find(|(_, mode)| *mode == options.privileges).map_or("declared", |(word, _)| word);
    json::Scope {
        schemas: options.schemas.clone(),
        all_schemas: options.all_schemas,
        exclude: options.exclude.clone(),
        privileges: mode.to_string(),
    }
}

impl Scope {
    /// What a command that only reads a database offers of it.
    pub fn reading(schemas: Option<Vec<String>>, exclude: Option<Vec<String>>, privileges: Option<Privileges>) -> Self {
        Self { schemas, all_schemas: false, exclude, privileges, allow: None, referee: None }
    }

    /// The options that a saved plan was made with, and what is allowed now.
    pub fn of_saved(self, scope: &json::Scope, config: &Config) -> Result<Options> {
        if self.schemas.is_some() || self.all_schemas || self.exclude.is_some() || self.privileges.is_some() {
            return Err(Error::new(
                "a saved plan knows its scope: --schemas, --all-schemas, --exclude and --privileges \
                                   do not go with one",
            )
            .kind(Kind::Usage)
            .hint("plan again with the scope that you want"));
        }
        let mode = MODES.iter().find(|(word, _)| *word == scope.privileges).map(|(_, mode)| *mode);
        Ok(Options {
            schemas: scope.schemas.clone(),
            all_schemas: scope.all_schemas,
            exclude: scope.exclude.clone(),
            privileges: mode.unwrap_or(PrivilegeMode::Declared),
            allow: config.value("allow", self.allow)?.value,
            referee: config.value("referee", self.referee)?.value == Referee::Auto,
        })
    }

    /// The options of the pipeline.
    pub fn options(self, config: &Config) -> Result<Options> {
        let named = self.schemas.is_some();
        let all = config.value("all-schemas", flag(self.all_schemas))?.value && !named;
        let schemas = config.optional("schemas", self.schemas)?.map(|found| found.value);
        let privileges = match config.value("privileges", self.privileges)?.value {
            Privileges::Declared => PrivilegeMode::Declared,
            Privileges::Full => PrivilegeMode::Full,
            Privileges::Off => PrivilegeMode::Off,
        };
        Ok(Options {
            schemas: schemas.filter(|_| !all),
            all_schemas: all,
            exclude: config.value("exclude", self.exclude)?.value,
            privileges,
            allow: config.value("allow", self.allow)?.value,
            referee: config.value("referee", self.referee)?.value == Referee::Auto,
        })
    }
}

/// A switch that was not given leaves the word to the configuration.
pub fn flag(given: bool) -> Option<bool> {
    given.then_some(true)
}

/// clap's reader of durations.
pub fn duration(text: &str) -> std::result::Result<Duration, String> {
    Duration::from_text(text)
}
