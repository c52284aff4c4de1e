//! The environment as a value: process variables, then `.env`; nothing else reads either.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::dotenv;
use super::resolved::Origin;
use crate::error::Result;

/// Environment variables, with those of a `.env` file behind them. Empty ones count as not set.
///
/// It has no `Debug`: variables hold passwords.
#[derive(Clone, Default)]
pub struct Environment {
    process: BTreeMap<String, String>,
    dotenv: BTreeMap<String, String>,
    dotenv_path: Option<PathBuf>,
    user: Option<String>,
}

impl Environment {
    /// The variables of this process and the name of the operating system's user; no `.env`.
    pub fn process() -> Self {
        let process = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { process, user: whoami::username().ok(), ..Self::default() }
    }

    /// The given variables only.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let process = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { process, ..Self::default() }
    }

    /// Sets the name of the operating system's user.
    pub fn with_user(mut self, user: &str) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Adds the nearest `.env` from `directory` upward to the repository root (the folder with
    /// `.git`). It never overrides what is set already.
    pub fn with_dotenv(mut self, directory: &Path) -> Result<Self> {
        if let Some(path) = dotenv::find(directory) {
            self.dotenv = dotenv::read(&path)?;
            self.dotenv_path = Some(path);
        }
        Ok(self)
    }

    /// The `.env` in use.
    pub fn dotenv_path(&self) -> Option<&Path> {
        self.dotenv_path.as_deref()
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.lookup(name).map(|(value, _)| value)
    }

    /// The value of a variable, and where it is set.
    pub fn lookup(&self, name: &str) -> Option<(&str, Origin)> {
        let set = |map: &'_ BTreeMap<String, String>| map.get(name).is_some_and(|value| !value.is_empty());
        if set(&self.process) {
            return Some((&self.process[name], Origin::Environment(name.into())));
        }
        let path = self.dotenv_path.as_ref()?;
        set(&self.dotenv).then(|| (self.dotenv[name].as_str(), Origin::DotEnv(path.clone(), name.into())))
    }

    /// The user's home directory (`HOME`).
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }

    /// The operating system's user.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }
}
