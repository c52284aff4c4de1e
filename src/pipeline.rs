//! From two sides to a plan.

use std::path::PathBuf;

use tokio_postgres::Client;

use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::plan::Plan;

/// How much of owners and privileges is managed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivilegeMode {
    /// Exact for an object about which the files say anything.
    Declared,
    /// Exact for every object.
    Full,
    /// Untouched.
    Off,
}

/// What a plan covers and allows.
#[derive(Clone, Debug)]
pub struct Options {
    /// The managed schemas; `None`: those that the desired state names.
    pub schemas: Option<Vec<String>>,
    /// Manage all schemas.
    pub all_schemas: bool,
    /// Globs of what is left alone.
    pub exclude: Vec<String>,
    /// Owners and privileges.
    pub privileges: PrivilegeMode,
    /// Allowed hazards.
    pub allow: Vec<String>,
}

/// One side of a plan.
pub enum Side<'a> {
    /// Files and directories.
    Files(Vec<PathBuf>),
    /// A database.
    Database(&'a Client),
    /// Nothing at all.
    Empty,
}

/// What `check` found.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    /// Objects of the desired state.
    pub objects: usize,
    /// What the reader should know.
    pub notes: Vec<String>,
}

fn missing<T>() -> Result<T> {
    Err(Error::new("the pipeline is not connected"))
}

/// Reads both sides: (current, desired).
pub async fn catalogs(_from: &Side<'_>, _to: &Side<'_>, _options: &Options) -> Result<(Catalog, Catalog)> {
    missing()
}

/// Plans the way from one to the other.
pub fn plan(_current: &Catalog, _desired: &Catalog, _options: &Options, _labels: (&str, &str)) -> Result<Plan> {
    missing()
}

/// The fingerprint that plans made for this state carry.
pub fn fingerprint(_current: &Catalog) -> String {
    String::new()
}

/// Parses and resolves without a database.
pub fn check(_paths: &[PathBuf]) -> Result<CheckReport> {
    missing()
}
