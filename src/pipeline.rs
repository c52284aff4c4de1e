//! From two sides to a plan.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tokio_postgres::Client;

use crate::catalog::Catalog;
use crate::error::Result;
use crate::introspect;
use crate::load;
use crate::objects::Kind;
use crate::parallel::Later;
use crate::plan::{self, Plan};

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
    /// Objects of the desired state by kind.
    pub objects: BTreeMap<Kind, usize>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// Reads both sides: (current, desired). A database is read first, because files may use what only it knows:
/// functions, members of extensions.
pub async fn catalogs(from: &Side<'_>, to: &Side<'_>, options: &Options) -> Result<(Catalog, Catalog)> {
    // files are parsed while the server answers
    let (from, to) = (Opened::new(from, options)?, Opened::new(to, options)?);
    if let (Opened::Files(_) | Opened::Empty, Opened::Database(_)) = (&from, &to) {
        let desired = side(to, None, options).await?;
        return Ok((side(from, Some(&desired), options).await?, desired));
    }
    let current = side(from, None, options).await?;
    let desired = side(to, Some(&current), options).await?;
    Ok((current, desired))
}

/// A side that is being read already, as far as that needs nothing of the other.
enum Opened<'a> {
    Files(Later<Result<load::Parsed>>),
    Database(&'a Client),
    Empty,
}

impl<'a> Opened<'a> {
    fn new(side: &Side<'a>, options: &Options) -> Result<Self> {
        Ok(match side {
            Side::Files(paths) => {
                let paths = paths.clone();
                let empty_allowed = plan::hazard::allowed(&options.allow, "empty-desired-state");
                Opened::Files(Later::start(move || load::parse(&paths, empty_allowed))?)
            }
            Side::Database(client) => Opened::Database(client),
            Side::Empty => Opened::Empty,
        })
    }
}

async fn side(side: Opened<'_>, other: Option<&Catalog>, _options: &Options) -> Result<Catalog> {
    let major = other.map_or(NEWEST, |other| other.facts.major());
    match side {
        Opened::Database(client) => introspect::read(client).await,
        Opened::Files(parsed) => {
            let known = other.filter(|other| other.role.is_some());
            load::build(parsed.wait()?, major, known)
        }
        Opened::Empty => {
            let mut catalog = Catalog::new(major);
            crate::objects::implicit(&mut catalog);
            Ok(catalog)
        }
    }
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
    let catalog = load::load(paths, NEWEST, None)?;
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
