//! `reconcile init`: configuration and files, from an existing database or as an example. Writes to no database.

use std::path::{Path, PathBuf};

use super::flags::{Privileges, Scope};
use super::output::{print, save, tell};
use super::session::Database;
use crate::config::{Config, FILE_NAME, Setting};
use crate::error::{Error, Kind, Result};
use crate::export::{self, LeftOut, layout};
use crate::introspect;
use crate::pipeline::{self, Options, Side};

/// Write reconcile.toml and the files of a desired state, from an existing database or as an example
#[derive(clap::Args)]
pub struct Args {
    /// The database that the files shall describe; it is only read [default: none, an example is written]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// How statements are spread over files [default: table]
    #[arg(long)]
    layout: Option<Layout>,
    /// The folder for the files [default: schema]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Only these schemas [default: all that are the user's]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    schemas: Option<Vec<String>>,
    /// Leave out what matches, such as app.tmp_*
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    exclude: Option<Vec<String>>,
    /// Owners and privileges: written where they are not the usual ones (declared, full), or not at all (off)
    #[arg(long, value_name = "MODE")]
    privileges: Option<Privileges>,
}

/// `--layout`.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Layout {
    /// One file for each table, view and function, in folders by schema and kind
    Table,
    /// One file for each schema
    Schema,
    /// One file, which psql can run as it is
    Single,
}

impl Setting for Layout {
    fn from_text(text: &str) -> std::result::Result<Self, String> {
        clap::ValueEnum::from_str(text, false).map_err(|_| "expected table, schema or single".to_string())
    }
}

impl From<Layout> for layout::Layout {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::Table => Self::Table,
            Layout::Schema => Self::Schema,
            Layout::Single => Self::Single,
        }
    }
}

/// The folder of the desired state when nobody names another.
const FOLDER: &str = "schema";

const EXAMPLE: &str = "\
-- The state that the database shall have. Write what you want to be there; `reconcile plan` says what is missing.
--
-- CREATE TABLE users (
--     id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
--     email      text NOT NULL UNIQUE,
--     created_at timestamptz NOT NULL DEFAULT now()
-- );
-- COMMENT ON TABLE users IS 'people who can sign in';
";

impl Args {
    /// Writes the files, and proves them when they come from a database.
    pub async fn run(self, config: &Config) -> Result<u8> {
        let folder = self.output.clone().unwrap_or_else(|| PathBuf::from(FOLDER));
        refuse_existing(&folder)?;
        let Some(from) = self.from.clone() else {
            write(&folder, &[("example.sql".to_string(), EXAMPLE.to_string())])?;
            configure(&folder, &[])?;
            tell("next: write what the database shall look like, then: reconcile plan -d URL");
            return Ok(0);
        };
        let layout = config.value("layout", self.layout)?.value;
        let options = Scope::reading(self.schemas, self.exclude, self.privileges).options(config)?;
        let database = Database::open(&from, config).await?;
        let mut catalog = introspect::read(&database.connection.client, |_| {}).await?;
        let left = export::scope::narrow(&mut catalog, &options);
        let export = export::export(catalog, &options)?;
        write(&folder, &layout::files(&export, layout.into()))?;
        configure(&folder, &options.exclude)?;
        left_out(&left);
        prove(&database, &folder, &options).await
    }
}

/// Errors: the folder has files already that a desired state would read.
fn refuse_existing(folder: &Path) -> Result<()> {
    let found = crate::load::files(folder).unwrap_or_default();
    if found.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = found.iter().take(5).map(|path| path.display().to_string()).collect();
    let more = if found.len() > 5 { format!(" and {} more", found.len() - 5) } else { String::new() };
    Err(Error::new(format!("{} has files already: {}{more}", folder.display(), shown.join(", ")))
        .kind(Kind::Usage)
        .hint("init overwrites nothing: name another folder with --output, or remove them"))
}

fn write(folder: &Path, files: &[layout::File]) -> Result<()> {
    let mut written = String::new();
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent)
            .map_err(|error| Error::new(format!("{} cannot be made", parent.display())).cause(error))?;
        save(&path, text)?;
        written.push_str(&format!("{}\n", path.display()));
    }
    print(&written)
}

/// Writes `reconcile.toml` unless there is one, which stays as it is.
fn configure(folder: &Path, exclude: &[String]) -> Result<()> {
    let path = Path::new(FILE_NAME);
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let list: Vec<String> = exclude.iter().map(|glob| format!("    {},\n", quoted(glob))).collect();
    let excluded = if list.is_empty() { String::new() } else { format!("exclude = [\n{}]\n", list.concat()) };
    if path.exists() {
        tell(&format!("kept: {FILE_NAME}"));
        if !excluded.is_empty() {
            tell(&format!(
                "add this to it, so that plans leave alone what the files leave out:\n{}",
                excluded.trim_end()
            ));
        }
        return Ok(());
    }
    let desired = quoted(&folder.display().to_string());
    let text = format!(
        "# where the desired state is\ndesired = {desired}\n{}{excluded}\n# databases by name, for --target NAME; \
         without one: -d URL, or DATABASE_URL\n# [targets]\n# local = \"postgres://localhost/app\"\n",
        if excluded.is_empty() { "" } else { "# what is left alone\n" }
    );
    save(path, &text)?;
    print(&format!("{FILE_NAME}\n"))
}

fn left_out(all: &[LeftOut]) {
    let mut last = "";
    for LeftOut { reason, what } in all {
        if reason != last {
            tell(&format!("left out ({reason}):"));
        }
        tell(&format!("  {what}"));
        last = reason;
    }
}

/// Plans from the database to the files that were just written. Errors: there is a difference.
async fn prove(database: &Database, folder: &Path, options: &Options) -> Result<u8> {
    let (from, to) = (Side::Database(&database.connection.client), Side::Files(vec![folder.to_path_buf()]));
    let (current, desired) = pipeline::catalogs(&from, &to, options).await?;
    let plan = pipeline::plan(current, desired, options, (&database.label, &folder.display().to_string()))?;
    if plan.is_empty() {
        tell("proved: a plan from the database to the files has 0 differences");
        return Ok(0);
    }
    let mut error = Error::new("the files do not describe the database exactly");
    for step in plan.steps() {
        error = error.cause(format!("{}: {}", step.object, step.why));
    }
    Err(error.hint("the files are there; compare them with the database: reconcile plan"))
}
