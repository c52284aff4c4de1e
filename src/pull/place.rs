//! New texts of the files.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use super::edit::Statement;
use super::merge::merge;
use super::spread::Spread;
use super::{Change, Pull, States};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::export::Item;
use crate::export::layout::{self, Layout};
use crate::render::terminated;

/// What is written in place of a range.
type Edits = BTreeMap<PathBuf, Vec<(Range<usize>, String)>>;

/// Edits the files. Errors: something to be changed stands in YAML.
pub fn write(
    states: &States,
    statements: &[Statement],
    spread: &Spread,
    home: &dyn Fn(&ObjectId) -> ObjectId,
) -> Result<Pull> {
    let mut edits = Edits::new();
    let mut lost = vec![];
    let yaml = |it: &Statement| {
        Error::new("objects that are declared in YAML cannot be pulled; nothing was written")
            .at(&it.place)
            .hint("change it by hand, or declare it in an SQL file, which pull can edit")
    };
    for (at, items) in &spread.replaced {
        let old = &statements[*at];
        if old.is_yaml() {
            return Err(yaml(old));
        }
        let range = if items.is_empty() { old.with_lines() } else { old.with_end().0 };
        let mut text: Vec<String> = items.iter().map(|item| terminated(&item.sql)).collect();
        if let (Some(first), Some(item)) = (text.first_mut(), items.first()) {
            *first = terminated(&merge(old.text(), &item.sql));
        }
        let text = text.join("\n");
        if old.text() == text.trim_end_matches(';') {
            continue;
        }
        lost.extend(old.comments.iter().filter(|it| !text.contains(comment(it))).map(ToString::to_string));
        edits.entry(old.place.source.path.clone()).or_default().push((range, text));
    }
    let goes = |at: usize| spread.replaced.iter().any(|(gone, items)| *gone == at && items.is_empty());
    let kept: Vec<(ObjectId, &Statement)> = statements
        .iter()
        .enumerate()
        .filter(|(at, _)| !goes(*at))
        .filter_map(|(_, it)| Some((home(&it.keys.first()?.0), it)))
        .collect();
    let mut ends: BTreeMap<PathBuf, Vec<&Item>> = BTreeMap::new();
    for item in &spread.new {
        match kept.iter().rev().find(|(home, _)| *home == item.home) {
            Some((_, beside)) if beside.is_yaml() => return Err(yaml(beside)),
            Some((_, beside)) => {
                let own = &mut edits.entry(beside.place.source.path.clone()).or_default();
                let (at, gap) = (beside.behind(), if item.sql.contains('\n') { "\n\n" } else { "\n" });
                let end = if beside.with_end().1 || own.iter().any(|(range, _)| range.end == at) { "" } else { ";" };
                own.push((at..at, format!("{end}{gap}{}", terminated(&item.sql))));
            }
            None => ends.entry(file(states, &kept, item)).or_default().push(item),
        }
    }
    Ok(Pull { files: changed(states, edits, ends), lost })
}

fn comment(place: &crate::source::Location) -> &str {
    place.source.text.get(place.start..place.end).unwrap_or_default()
}

/// The file in which a new object is written: where its like stands, else where `init` would have it.
fn file(states: &States, kept: &[(ObjectId, &Statement)], item: &Item) -> PathBuf {
    let mut count: BTreeMap<&PathBuf, usize> = BTreeMap::new();
    let alike = |id: &ObjectId| id.kind == item.home.kind && id.schema() == item.home.schema();
    let mut seen = std::collections::BTreeSet::new();
    for (id, statement) in kept.iter().filter(|(id, it)| alike(id) && !it.is_yaml()) {
        if seen.insert(id) {
            *count.entry(&statement.place.source.path).or_default() += 1;
        }
    }
    // files that hold one each say that the next gets one of its own
    let found = count.into_iter().max_by_key(|(_, count)| *count);
    let only = states.sources.iter().filter(|it| it.path.extension().is_some_and(|ending| ending == "sql"));
    match found {
        Some((path, many)) if many > 1 || only.count() == 1 => path.clone(),
        _ if states.folder.is_dir() => states.folder.join(layout::file(&item.home, Layout::Table)),
        Some((path, _)) => path.clone(),
        None => states.folder.to_path_buf(),
    }
}

fn changed(states: &States, mut edits: Edits, mut ends: BTreeMap<PathBuf, Vec<&Item>>) -> Vec<Change> {
    let mut out = vec![];
    for source in states.sources {
        let (own, end) = (edits.remove(&source.path), ends.remove(&source.path));
        if own.is_none() && end.is_none() {
            continue;
        }
        let crlf = source.text.contains("\r\n");
        let native = |text: &str| if crlf { text.replace('\n', "\r\n") } else { text.to_string() };
        let mut text = source.text.clone();
        let mut own = own.unwrap_or_default();
        // what comes later in the list stands later at the same place
        own.sort_by_key(|(range, _)| (range.start, range.end));
        for (range, new) in own.into_iter().rev() {
            text.replace_range(range, &native(&new));
        }
        if let Some(items) = end {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push_str(&native("\n"));
            }
            if !text.trim().is_empty() {
                text.push_str(&native("\n"));
            }
            text.push_str(&native(&layout::text(&items)));
        }
        out.push(Change { path: source.path.clone(), before: source.text.clone(), after: text });
    }
    let new = ends.into_iter();
    out.extend(new.map(|(path, items)| Change { path, before: String::new(), after: layout::text(&items) }));
    out.retain(|it| it.before != it.after);
    out
}
