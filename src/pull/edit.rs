//! The statements of files with what they say, and the text around them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use pg_query::protobuf::Token;

use super::aspect::{Aspect, Key};
use crate::catalog::Catalog;
use crate::source::Location;

/// A statement of a file.
#[derive(Clone, Debug)]
pub struct Statement {
    /// From its first token to its last, without a semicolon.
    pub place: Location,
    /// What it says.
    pub keys: BTreeSet<Key>,
    /// The comments inside it.
    pub comments: Vec<Location>,
}

/// All statements, by file and place.
pub fn statements(files: &Catalog) -> Vec<Statement> {
    let mut starts: BTreeMap<(PathBuf, usize), Statement> = BTreeMap::new();
    for place in &files.statements {
        let statement = tightened(place);
        starts.insert((place.source.path.clone(), place.start), statement);
    }
    let located = files.locations.iter().map(|(id, place)| (place, id));
    let mentioned = files.mentions.iter().map(|(place, id)| (place, id));
    for (place, id) in located.chain(mentioned) {
        let at = (place.source.path.clone(), place.start);
        let Some((_, statement)) = starts.range_mut(..=at).next_back() else { continue };
        if statement.place.source.path == place.source.path {
            let aspect = Aspect::of(statement.text());
            statement.keys.insert((id.clone(), aspect));
        }
    }
    starts.into_values().collect()
}

/// A statement without what stands behind its last token, which is a comment or white space.
fn tightened(place: &Location) -> Statement {
    let text = place.source.text.get(place.start..place.end).unwrap_or_default();
    let mut end = place.start + text.trim_end().len();
    let mut comments = vec![];
    if let Ok(scanned) = pg_query::scan(text) {
        let comment = |token: i32| token == Token::SqlComment as i32 || token == Token::CComment as i32;
        let offset = |at: i32| place.start + usize::try_from(at).unwrap_or(0);
        if let Some(last) = scanned.tokens.iter().rev().find(|token| !comment(token.token)) {
            end = offset(last.end);
        }
        let inside = scanned.tokens.iter().filter(|token| comment(token.token) && offset(token.start) < end);
        comments = inside.map(|it| Location::new(&place.source, offset(it.start), offset(it.end))).collect();
    }
    Statement { place: Location::new(&place.source, place.start, end), keys: BTreeSet::new(), comments }
}

impl Statement {
    /// As it was written.
    pub fn text(&self) -> &str {
        self.place.source.text.get(self.place.start..self.place.end).unwrap_or_default()
    }

    /// Whether it stands in YAML.
    pub fn is_yaml(&self) -> bool {
        self.place.source.path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
    }

    /// The statement with its semicolon; and whether it has one.
    pub fn with_end(&self) -> (Range<usize>, bool) {
        let rest = self.place.source.text.get(self.place.end..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        match rest.trim_start().starts_with(';') {
            true => (self.place.start..self.place.end + blank + 1, true),
            false => (self.place.start..self.place.end, false),
        }
    }

    /// The statement with the lines that it has for itself, so that nothing stays where it was.
    pub fn with_lines(&self) -> Range<usize> {
        let text = &self.place.source.text;
        let (range, _) = self.with_end();
        let from = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let to = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
        let alone = text[from..range.start].trim().is_empty() && text[range.end..to].trim().is_empty();
        if alone { from..to } else { range }
    }

    /// Where something that follows it begins: behind a comment on its last line.
    pub fn behind(&self) -> usize {
        let text = &self.place.source.text;
        let (range, _) = self.with_end();
        let line = text[range.end..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let free = line.trim().is_empty() || line.trim_start().starts_with("--");
        if free { range.end + line.len() } else { range.end }
    }
}
