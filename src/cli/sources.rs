//! `--from` and `--to`: what the text of a side means.

use std::path::{Path, PathBuf};

use super::session::Database;
use crate::config::{Config, Origin, Resolved};
use crate::error::{Error, Kind, Result};
use crate::pipeline::Side;

/// A side of a plan, opened.
pub enum Source {
    /// Files and directories.
    Files(Vec<PathBuf>),
    /// A database.
    Database(Box<Database>),
    /// Nothing at all.
    Empty,
}

impl Source {
    /// Opens a file, a directory, a database or `empty`.
    ///
    /// # Errors
    /// When there is no such file, or the database cannot be reached.
    pub async fn open(text: &str, config: &Config) -> Result<Self> {
        if text == "empty" {
            return Ok(Source::Empty);
        }
        let path = PathBuf::from(text);
        let there = path.exists();
        if is_address(text) && !there {
            return Ok(Source::Database(Box::new(Database::open(text, config).await?)));
        }
        if there {
            return Ok(Source::Files(vec![path]));
        }
        Err(Error::new(format!("{text}: no such file or directory"))
            .kind(Kind::Usage)
            .hint("a side is a file, a directory, a postgres:// URL, embedded[:NAME] or empty"))
    }

    /// The desired side: `--to`, else the setting `desired`; with its label.
    ///
    /// # Errors
    /// As for [`Source::open`].
    pub async fn desired(flag: Option<String>, config: &Config) -> Result<(Self, String)> {
        let found = match config.optional("to", flag)? {
            Some(found) => found,
            None => config.value::<String>("desired", None)?,
        };
        let nobody_named_it = found.origin == Origin::Default;
        let text = placed(found, config);
        if nobody_named_it && !Path::new(&text).exists() {
            return Err(Error::new(format!("no desired state: there is no {text} here"))
                .kind(Kind::Usage)
                .hint("name it with --to, or with desired = \"…\" in reconcile.toml"));
        }
        let source = Self::open(&text, config).await?;
        let label = source.label(&text);
        Ok((source, label))
    }

    /// The current side when `--from` or its setting names one; with its label.
    ///
    /// # Errors
    /// As for [`Source::open`].
    pub async fn current(flag: Option<String>, config: &Config) -> Result<Option<(Self, String)>> {
        let Some(found) = config.optional("from", flag)? else { return Ok(None) };
        let text = placed(found, config);
        let source = Self::open(&text, config).await?;
        let label = source.label(&text);
        Ok(Some((source, label)))
    }

    /// What the pipeline reads.
    pub fn side(&self) -> Side<'_> {
        match self {
            Source::Files(paths) => Side::Files(paths.clone()),
            Source::Database(database) => Side::Database(&database.connection.client),
            Source::Empty => Side::Empty,
        }
    }

    /// What a plan says about the side; `text` is what the user wrote.
    fn label(&self, text: &str) -> String {
        match self {
            Source::Database(database) => database.label.clone(),
            Source::Files(_) | Source::Empty => text.to_string(),
        }
    }
}

/// The target database: `-d`, `--target`, environment, configuration.
///
/// # Errors
/// When nothing names a database, or it cannot be reached.
pub async fn target(flags: &super::flags::Target, config: &Config) -> Result<Database> {
    let found = config.target(flags.database.as_deref(), flags.target.as_deref())?;
    let found = found.ok_or_else(|| config.no_target())?;
    Database::open(&found.value, config).await
}

/// A path that `reconcile.toml` names counts from where that file lies; it is shown from here when it lies below.
pub fn placed(found: Resolved<String>, config: &Config) -> String {
    let text = found.value;
    let folder = config.path().and_then(Path::parent);
    let (Origin::File(_), Some(folder), false) = (&found.origin, folder, text == "empty" || is_address(&text)) else {
        return text;
    };
    let path = folder.join(&text);
    let here = super::directory().ok();
    let shown = here.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(&path);
    shown.display().to_string()
}

fn is_address(text: &str) -> bool {
    text.contains("://") || text == "embedded" || text.starts_with("embedded:") || text.contains('=')
}
