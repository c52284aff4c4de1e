//! `--from` and `--to`: what the text of a side means.

use std::path::PathBuf;

use super::session::Database;
use crate::config::Config;
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

    /// The desired side: `--to`, else the setting `desired`.
    ///
    /// # Errors
    /// As for [`Source::open`].
    pub async fn desired(flag: Option<String>, config: &Config) -> Result<(Self, String)> {
        let text = match config.optional("to", flag)? {
            Some(found) => found.value,
            None => config.value::<String>("desired", None)?.value,
        };
        let source = Self::open(&text, config).await.map_err(|error| {
            error.hint("name the desired state with --to, or with desired = \"…\" in reconcile.toml")
        })?;
        let label = source.label(&text);
        Ok((source, label))
    }

    /// What the pipeline reads.
    pub fn side(&self) -> Side<'_> {
        match self {
            Source::Files(paths) => Side::Files(paths.clone()),
            Source::Database(database) => Side::Database(&database.client),
            Source::Empty => Side::Empty,
        }
    }

    /// What a plan says about the side; `text` is what the user wrote.
    pub fn label(&self, text: &str) -> String {
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

fn is_address(text: &str) -> bool {
    text.contains("://") || text == "embedded" || text.starts_with("embedded:") || text.contains('=')
}
