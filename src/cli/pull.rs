//! `reconcile pull`: the files follow the database, in place. Writes to no database.

use std::path::{Path, PathBuf};

use super::flags::{Scope, Target, flag};
use super::output::{print, save, tell};
use super::sources::{Source, target};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::introspect;
use crate::load::{self, Known};
use crate::pull::{self, Change, States, unified};

/// Bring what changed in the database into the files, in place: comments and order survive
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// The files that follow: file or directory [default: schema/]
    #[arg(long, value_name = "SRC")]
    to: Option<String>,
    /// Print the changes as a unified diff and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Exit with 2 when there is something to pull
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    scope: Scope,
}

impl Args {
    /// Compares, and writes what is proved.
    pub async fn run(self, config: &Config) -> Result<u8> {
        let options = self.scope.options(config)?;
        let (to, label) = Source::desired(self.to, config).await?;
        let Source::Files(paths) = &to else {
            return Err(Error::new(format!("{label}: pull writes files"))
                .kind(Kind::Usage)
                .hint("name a file or a folder with --to, the database with -d"));
        };
        let sources = load::read_sources(paths, true)?;
        let database = target(&self.target, config).await?;
        let mut known = Known::default();
        let live = introspect::read(&database.connection.client, |catalog| known = Known::of(catalog)).await?;
        let folder = paths.first().cloned().unwrap_or_default();
        let states = States { sources: &sources, live: &live, known: &known, folder: &folder, options: &options };
        let pulled = pull::pull(&states)?;
        if pulled.files.is_empty() {
            print("no changes\n")?;
            return Ok(0);
        }
        for place in &pulled.lost {
            tell(&format!("{place}: this comment goes with the old text around it"));
        }
        let dry = config.value("dry-run", flag(self.dry_run))?.value;
        if dry {
            let shown = |it: &Change| unified::diff(&it.path.display().to_string(), &it.before, &it.after);
            print(&pulled.files.iter().map(shown).collect::<String>())?;
        } else {
            pulled.files.iter().try_for_each(write)?;
            let paths = pulled.files.iter().map(|it| format!("{}\n", it.path.display()));
            print(&paths.collect::<String>())?;
            tell("proved: a plan from the database to the files has 0 differences");
        }
        Ok(if config.value("exit-code", flag(self.exit_code))?.value { 2 } else { 0 })
    }
}

/// Writes a file with the mark of its encoding, if it had one.
fn write(change: &Change) -> Result<()> {
    let path: &PathBuf = &change.path;
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)
        .map_err(|error| Error::new(format!("{} cannot be made", parent.display())).cause(error))?;
    let marked = std::fs::read(path).is_ok_and(|bytes| bytes.starts_with("\u{feff}".as_bytes()));
    save(path, &format!("{}{}", if marked { "\u{feff}" } else { "" }, change.after))
}
