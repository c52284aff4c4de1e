//! From two sides to a plan.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc;

use tokio_postgres::Client;

use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::introspect;
use crate::load::{self, Known};
use crate::objects::Kind;
use crate::parallel::Later;
use crate::plan::{self, Plan};
use crate::referee;

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
    /// Whether the target is asked what it makes of definitions that the normal form cannot decide.
    pub referee: bool,
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
    /// Objects of the desired state by kind.
    pub objects: BTreeMap<Kind, usize>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// Reads both sides: (current, desired). A database is read first, because files may use what only it knows:
/// functions, members of extensions.
pub async fn catalogs(from: &Side<'_>, to: &Side<'_>, options: &Options) -> Result<(Catalog, Catalog)> {
    match (from, to) {
        (Side::Database(from), Side::Database(to)) => {
            Ok((introspect::read(from, |_| {}).await?, introspect::read(to, |_| {}).await?))
        }
        (Side::Database(client), other) => beside(client, other, options).await,
        (other, Side::Database(client)) => {
            let (database, other) = beside(client, other, options).await?;
            Ok((other, database))
        }
        (from, to) => Ok((alone(from, NEWEST, options)?, alone(to, NEWEST, options)?)),
    }
}

/// Reads a database, and another side at the same time.
async fn beside(client: &Client, other: &Side<'_>, options: &Options) -> Result<(Catalog, Catalog)> {
    let Side::Files(paths) = other else {
        let database = introspect::read(client, |_| {}).await?;
        let major = database.facts.major();
        return Ok((database, alone(other, major, options)?));
    };
    let (paths, empty_allowed) = (paths.clone(), empty_allowed(options));
    let (tell, told) = mpsc::channel::<Known>();
    let files = Later::start(move || {
        let parsed = load::parse(&paths, empty_allowed)?;
        let known = told.recv().map_err(|error| Error::new("the database cannot be read").cause(error))?;
        load::read(parsed, &known)
    })?;
    let known = move |catalog: &Catalog| {
        // files that are wrong have nobody to listen
        let _ = tell.send(Known::of(catalog));
    };
    let database = introspect::read(client, known).await?;
    let mut files = files.wait()?;
    if options.referee {
        referee::decide(client, &database, &mut files).await?;
    }
    Ok((database, files))
}

fn empty_allowed(options: &Options) -> bool {
    plan::hazard::allowed(&options.allow, "empty-desired-state")
}

fn alone(side: &Side<'_>, major: u16, options: &Options) -> Result<Catalog> {
    if let Side::Files(paths) = side {
        let parsed = load::parse(paths, empty_allowed(options))?;
        return load::read(parsed, &Known::version(major));
    }
    let mut catalog = Catalog::new(major);
    crate::objects::implicit(&mut catalog);
    Ok(catalog)
}

/// The major version that files are read for when no database says another.
const NEWEST: u16 = 18;

/// Plans the way from one to the other.
pub fn plan(current: Catalog, desired: Catalog, options: &Options, labels: (&str, &str)) -> Result<Plan> {
    plan::plan(current, desired, options, labels)
}

/// The fingerprint that plans made for this state carry.
pub fn fingerprint(current: &Catalog) -> String {
    plan::fingerprint(current)
}

/// Parses and resolves without a database.
pub fn check(paths: &[PathBuf]) -> Result<CheckReport> {
    let catalog = load::load(paths, NEWEST)?;
    let mut notes = vec![];
    if catalog.incomplete {
        notes.push("functions of extensions that are not shipped with reconcile are not checked".into());
    }
    let mut objects = BTreeMap::new();
    for id in catalog.objects.keys().filter(|id| catalog.locations.contains_key(id)) {
        *objects.entry(id.kind).or_default() += 1;
    }
    Ok(CheckReport { objects, notes })
}
