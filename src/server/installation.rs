//! Where PostgreSQL server binaries are on this machine.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};

/// The major versions that this tool supports.
pub const SUPPORTED: RangeInclusive<u32> = 14..=18;

/// One set of PostgreSQL server binaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The major version, from `postgres --version`.
    pub major: u32,
    /// The folder that holds `postgres`, `initdb` and `pg_ctl`.
    pub bin: PathBuf,
}

impl Installation {
    /// Every supported installation, newest major first; within a major in the order of the places searched: `PATH`,
    /// the folders of Debian, Red Hat and Homebrew, and what `scripts/postgres` fetched.
    pub fn all() -> Vec<Self> {
        Self::among(Self::places())
    }

    /// The newest installation, or an error that says what to install.
    pub fn newest() -> Result<Self> {
        Self::all().into_iter().next().ok_or_else(Self::missing)
    }

    /// The installations in the given folders, newest major first.
    pub fn among(places: impl IntoIterator<Item = PathBuf>) -> Vec<Self> {
        let mut seen = BTreeSet::new();
        let mut found: Vec<Self> = places
            .into_iter()
            .filter_map(|place| place.join("postgres").canonicalize().ok()?.parent().map(Path::to_path_buf))
            .filter(|bin| seen.insert(bin.clone()))
            .filter_map(Self::at)
            .collect();
        found.sort_by_key(|installation| std::cmp::Reverse(installation.major));
        found
    }

    /// What to say when a server is needed and none was found.
    pub fn missing() -> Error {
        Error::new("no PostgreSQL server (14 to 18) was found on this machine").hint(
            "install one and try again\n  \
             Debian, Ubuntu: apt-get install postgresql\n  \
             Fedora:         dnf install postgresql-server\n  \
             Homebrew:       brew install postgresql@17\n  \
             or, in a checkout of reconcile: scripts/postgres 17",
        )
    }

    /// The program of this name in the installation.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    fn at(bin: PathBuf) -> Option<Self> {
        if !["initdb", "pg_ctl"].iter().all(|name| bin.join(name).is_file()) {
            return None;
        }
        let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        SUPPORTED.contains(&major).then_some(Self { major, bin })
    }

    fn places() -> Vec<PathBuf> {
        let mut places: Vec<PathBuf> =
            std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
        places.extend(children("/usr/lib/postgresql", "", "bin"));
        places.extend(children("/usr", "pgsql-", "bin"));
        for root in ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"] {
            places.extend(children(root, "postgresql", "bin"));
        }
        if let Some(cache) = cache() {
            places.extend(children(cache, "", "bin"));
        }
        places
    }
}

/// Where `scripts/postgres` puts what it fetches.
fn cache() -> Option<PathBuf> {
    let named = std::env::var_os("RECONCILE_POSTGRES_DIR").filter(|dir| !dir.is_empty());
    named
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/reconcile/postgres")))
}

/// `root/prefix*/leaf`, sorted.
fn children(root: impl AsRef<Path>, prefix: &str, leaf: &str) -> Vec<PathBuf> {
    let matches = |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with(prefix) && !name.starts_with('.'));
    let mut found: Vec<PathBuf> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| matches(&entry.file_name()))
        .map(|entry| entry.path().join(leaf))
        .collect();
    found.sort();
    found
}

/// The major in `postgres (PostgreSQL) 17.10 (Debian 17.10-1)`.
fn major_of(version: &str) -> Option<u32> {
    let number = version.split("(PostgreSQL)").nth(1)?.trim_start();
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn majors_are_read_from_every_form_of_version() {
        assert_eq!(major_of("postgres (PostgreSQL) 17.10\n"), Some(17));
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("postgres"), None);
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        assert_eq!(Installation::among([PathBuf::from("/nonexistent")]), []);
        assert!(Installation::missing().report().contains("apt-get install postgresql"));
    }
}
