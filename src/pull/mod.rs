//! From a database to the files that describe it, in place: only the statements whose objects differ are written anew,
//! everything else stays byte for byte. Knows no kind: the exporter writes the statements.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::export::{self, Homes};
use crate::load::{self, Known};
use crate::pipeline::{self, Options};
use crate::plan::scope::Managed;
use crate::source::Source;

mod aspect;
mod edit;
mod merge;
mod place;
mod spread;
pub mod unified;

use aspect::{Aspect, Key};

/// What a pull makes of the files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pull {
    /// The files that change.
    pub files: Vec<Change>,
    /// Comments that go with the text that they stand in, as `file:line:column`.
    pub lost: Vec<String>,
}

/// A file that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds; empty for a new one.
    pub before: String,
    /// What it will hold.
    pub after: String,
}

/// The two states of a pull.
pub struct States<'a> {
    /// The texts of the files.
    pub sources: &'a [Arc<Source>],
    /// The database.
    pub live: &'a Catalog,
    /// What files can use of it.
    pub known: &'a Known,
    /// The folder in which new files are made.
    pub folder: &'a Path,
    /// What the pull covers.
    pub options: &'a Options,
}

/// Finds the texts that describe the database, and proves that they do.
///
/// # Errors
/// Files that are wrong, a change in a YAML file, and a difference that the new texts would leave.
pub fn pull(states: &States) -> Result<Pull> {
    let files = load::read(load::parse_sources(states.sources)?, states.known)?;
    let affected = differing(&files, states)?;
    if affected.is_empty() {
        return Ok(Pull::default());
    }
    let live = managed(states, &files);
    let export = export::export(live.clone(), states.options)?;
    let homes = (Homes::of(&files), Homes::of(&live));
    let mut failed = None;
    // statements that differ are enough nearly always; else everything beside them is written anew too
    for whole in [false, true] {
        let mut keys = affected.clone();
        let home = |id: &ObjectId| match live.objects.contains_key(id) {
            true => homes.1.of_object(id, &live),
            false => homes.0.of_object(id, &files),
        };
        let statements = edit::statements(&files);
        if whole {
            let wanted: BTreeSet<ObjectId> = keys.iter().map(|(id, _)| home(id)).collect();
            let written = export.items.iter().flat_map(aspect::of_item);
            let all: Vec<Key> = statements.iter().flat_map(|it| it.keys.iter().cloned()).chain(written).collect();
            keys.extend(all.into_iter().filter(|(id, _)| wanted.contains(&home(id))));
        }
        let found = spread::spread(keys, &statements, &export.items);
        let pulled = place::write(states, &statements, &found, &home)?;
        match prove(&pulled, states) {
            Ok(()) => return Ok(pulled),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or_else(|| Ok(Pull::default()), Err)
}

/// The part of the database that the pull covers.
fn managed(states: &States, files: &Catalog) -> Catalog {
    let managed = Managed::of(states.live, files, states.options);
    let mut live = states.live.clone();
    live.objects.retain(|id| managed.contains(id));
    live.attributes.retain(|id, _| managed.contains(id));
    live
}

/// What differs between files and database.
fn differing(files: &Catalog, states: &States) -> Result<BTreeSet<Key>> {
    let mut desired = files.clone();
    // the database is right, so nothing is on its way to another name
    desired.intents.clear();
    let plan = pipeline::plan(states.live.clone(), desired, states.options, ("", ""))
        .map_err(|error| error.hint("make this change in the files by hand, then pull again"))?;
    let mut out = BTreeSet::new();
    for step in plan.steps() {
        for id in [&step.object].into_iter().chain(&step.also) {
            out.insert((id.clone(), Aspect::of(&step.sql)));
        }
    }
    if out.is_empty() {
        return Ok(out);
    }
    // what is said about something that only one side has comes and goes with it
    let one_sided: BTreeSet<ObjectId> = out
        .iter()
        .map(|(id, _)| id)
        .filter(|id| files.objects.contains_key(id) != states.live.objects.contains_key(id))
        .cloned()
        .collect();
    let part_of = |id: &ObjectId| {
        let whole = |kind| one_sided.contains(&id.parent(kind));
        one_sided.contains(id) || id.names.len() > 2 && crate::objects::Kind::RELATIONS.iter().any(|kind| whole(*kind))
    };
    let said = files.attributes.keys().chain(states.live.attributes.keys()).filter(|id| part_of(id));
    let said: BTreeSet<&ObjectId> = said.collect();
    for id in said {
        out.extend(Aspect::BESIDE.iter().map(|aspect| (id.clone(), *aspect)));
    }
    Ok(out)
}

/// Plans from the database to the new texts. Errors: there is a difference.
fn prove(pulled: &Pull, states: &States) -> Result<()> {
    let changed: BTreeMap<&Path, &Change> = pulled.files.iter().map(|it| (it.path.as_path(), it)).collect();
    let old = states.sources.iter().filter(|source| !changed.contains_key(source.path.as_path())).cloned();
    let new = pulled.files.iter().map(|it| Source::new(&it.path, it.after.as_str()));
    let sources: Vec<Arc<Source>> = old.chain(new).collect();
    let refusal = || Error::new("the files cannot be pulled without a difference; nothing was written");
    let by_hand = "change these objects in the files by hand: reconcile plan shows what differs";
    let files = load::parse_sources(&sources)
        .and_then(|parsed| load::read(parsed, states.known))
        .map_err(|error| refusal().cause(error.to_string()).hint(by_hand))?;
    let plan = pipeline::plan(states.live.clone(), files, states.options, ("", ""))?;
    if plan.is_empty() {
        return Ok(());
    }
    let mut error = refusal();
    for step in plan.steps() {
        error = error.cause(format!("{}: {}", step.object, step.why));
    }
    Err(error.hint(by_hand))
}
