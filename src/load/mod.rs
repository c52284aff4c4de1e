//! From files to a catalog of the desired state. Knows no kind of object: the kinds read their own statements.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::facts::{CastFact, Fact, FunctionFact, OperatorClassFact, OperatorFact};
use crate::objects::Space;
use crate::resolve;
use crate::source::Source;

pub mod annotation;
mod cut;
pub mod fragment;
mod hint;
pub mod reader;
mod setting;
mod short_type;
mod sql;
mod stuck;
pub mod syntax;
mod undo;
pub mod yaml;

use fragment::Fragment;

/// What files can use of a database beside what they declare.
#[derive(Clone, Debug, Default)]
pub struct Known {
    major: u16,
    offers: Vec<Fact>,
    functions: Vec<FunctionFact>,
    operators: Vec<OperatorFact>,
    casts: Vec<CastFact>,
    classes: Vec<OperatorClassFact>,
    role: Option<String>,
}

impl Known {
    /// No database, only a server of this major version.
    pub fn version(major: u16) -> Self {
        Self { major, ..Self::default() }
    }

    /// What the part of a database offers that has been read into a catalog.
    pub fn of(catalog: &Catalog) -> Self {
        let routines = catalog.objects.keys().filter(|id| id.kind.is_routine()).map(ObjectId::relation);
        let facts = |(schema, name)| catalog.facts.functions(name).filter(move |fact| fact.schema == schema);
        let operators = catalog.objects.keys().filter(|id| id.kind.space() == Space::Operator).map(ObjectId::relation);
        let operator = |(schema, name)| catalog.facts.operators(name).filter(move |fact| fact.schema == schema);
        Self {
            major: catalog.facts.major(),
            offers: catalog.offers.clone(),
            functions: routines.flat_map(facts).cloned().collect(),
            operators: operators.flat_map(operator).cloned().collect(),
            classes: catalog.facts.model.operator_classes().to_vec(),
            casts: catalog.facts.model.casts().cloned().collect(),
            role: catalog.role.clone(),
        }
    }
}

/// Reads files and folders (all `.sql`, `.yaml` and `.yml` below them) into a desired state for a server of the
/// given major version. Errors: everything that is wrong with the files, at once.
pub fn load(paths: &[PathBuf], major: u16) -> Result<Catalog> {
    read(parse(paths, false)?, &Known::version(major))
}

/// What files say, before anybody knows what it means.
pub struct Parsed(sql::Statements);

/// Reads and parses files, the part of [`load`] that needs no database. Errors: a file that cannot be read, or that
/// is no YAML of ours, nothing but empty files unless they are allowed; errors in the SQL are told by [`read`].
pub fn parse(paths: &[PathBuf], empty_allowed: bool) -> Result<Parsed> {
    parse_sources(&read_sources(paths, empty_allowed)?)
}

/// Makes objects of what was parsed, the part of [`load`] that needs to know the database.
pub fn read(parsed: Parsed, known: &Known) -> Result<Catalog> {
    let mut catalog = Catalog::new(known.major);
    catalog.role.clone_from(&known.role);
    known.offers.iter().for_each(|fact| catalog.facts.model.add_fact(fact.clone()));
    // they lie in no schema, so that one which the files do not mention may stay
    known.casts.iter().for_each(|fact| catalog.facts.model.add_cast(fact.clone()));
    sql::read(&mut catalog, parsed.0)?;
    // functions and operators of schemas that the files do not declare stay as they are, so expressions may use them
    for fact in known.functions.iter().filter(|fact| !catalog.has_schema(&fact.schema)).cloned().collect::<Vec<_>>() {
        catalog.facts.model.add_function(fact);
    }
    for fact in known.classes.iter().filter(|fact| !catalog.has_schema(&fact.schema)).cloned().collect::<Vec<_>>() {
        catalog.facts.model.add_operator_class(fact);
    }
    for fact in known.operators.iter().filter(|fact| !catalog.has_schema(&fact.schema)).cloned().collect::<Vec<_>>() {
        catalog.facts.model.add_operator(fact);
    }
    resolve::resolve(&mut catalog, true)?;
    Ok(catalog)
}

/// The same as [`load`] from texts.
pub fn load_sources(sources: &[Arc<Source>], major: u16) -> Result<Catalog> {
    read(parse_sources(sources)?, &Known::version(major))
}

/// The same as [`parse`] from texts.
///
/// # Errors
/// A text that is no YAML of ours.
pub fn parse_sources(sources: &[Arc<Source>]) -> Result<Parsed> {
    let mut errors = vec![];
    let mut fragments = vec![];
    for source in sources {
        match fragments_of(source) {
            Ok(found) => fragments.extend(found),
            Err(error) => errors.push(error),
        }
    }
    match Error::all(errors) {
        Some(error) => Err(error),
        None => Ok(Parsed(sql::parse(&fragments))),
    }
}

fn fragments_of(source: &Arc<Source>) -> Result<Vec<Arc<Fragment>>> {
    let yaml = source.path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    if yaml {
        let document = yaml::read(source).map_err(|mut error| {
            let general = "`reconcile json-schema yaml` prints what a file can hold";
            error.others = error.others.into_iter().map(|other| other.hint(general)).collect();
            error.hint(general)
        })?;
        return Ok(document.fragments.into_iter().map(Arc::new).collect());
    }
    Ok(vec![Arc::new(Fragment::verbatim(source, 0..source.text.len()))])
}

const WRITE_EMPTY: &str = "an empty desired state would drop everything, so it has to be written: a file with a comment only; or allowed: \
     --allow empty-desired-state";

/// Reads the files behind paths, folders in the order of their names.
/// Errors: a path that does not exist, a file that is not UTF-8, nothing to read at all, nothing but empty files
/// unless they are allowed.
pub fn read_sources(paths: &[PathBuf], empty_allowed: bool) -> Result<Vec<Arc<Source>>> {
    let mut files = vec![];
    for path in paths {
        collect(path, true, &mut files)?;
    }
    if files.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Error::new(format!("no .sql, .yaml or .yml file in {}", shown.join(", "))).hint(WRITE_EMPTY));
    }
    let mut sources: Vec<Arc<Source>> = vec![];
    let mut blank = true;
    for file in files {
        let bytes =
            std::fs::read(&file).map_err(|error| Error::new(format!("cannot read {}", file.display())).cause(error))?;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let lossy = Source::new(&file, String::from_utf8_lossy(error.as_bytes()));
                let place = crate::source::Location::new(&lossy, at, at + 1);
                return Err(Error::new("the file is not UTF-8").at(&place).hint("save it as UTF-8"));
            }
        };
        blank &= text.trim().is_empty();
        sources.push(Source::new(&file, text.strip_prefix('\u{feff}').unwrap_or(&text)));
    }
    if blank && !empty_allowed {
        let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Error::new(format!("nothing but empty files in {}", shown.join(", "))).hint(WRITE_EMPTY));
    }
    Ok(sources)
}

/// The files that a folder holds for a desired state. Errors: it cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = vec![];
    collect(folder, false, &mut files)?;
    Ok(files)
}

fn collect(path: &Path, named: bool, files: &mut Vec<PathBuf>) -> Result<()> {
    let cannot = |error: std::io::Error| Error::new(format!("cannot read {}", path.display())).cause(error);
    let metadata = std::fs::metadata(path)
        .map_err(|error| cannot(error).hint("name the desired state with --to, or put it into the folder schema/"))?;
    if metadata.is_dir() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
            .map_err(cannot)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .map_err(cannot)?;
        entries.sort();
        return entries.iter().try_for_each(|entry| {
            let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden { Ok(()) } else { collect(entry, false, files) }
        });
    }
    let known = path.extension().is_some_and(|ending| ending == "sql" || ending == "yaml" || ending == "yml");
    if named || known {
        files.push(path.to_path_buf());
    }
    Ok(())
}
