//! Maps with a fixed set of keys.

use super::keys::Keys;
use super::node::{Entry, Node, Scalar};
use crate::error::{Error, Result};
use crate::source::Location;

/// A map whose keys are all known.
pub struct Fields<'a> {
    /// The map itself.
    pub node: &'a Node,
    entries: &'a [Entry],
    keys: &'static Keys,
}

impl<'a> Fields<'a> {
    /// Takes a map and refuses keys that are not in the table.
    pub fn new(node: &'a Node, keys: &'static Keys) -> Result<Self> {
        let entries = node.map()?;
        let unknown = entries.iter().filter(|entry| !keys.keys.contains(&entry.key.text.as_str()));
        let errors = unknown.map(|entry| unknown_key(node, &entry.key, keys)).collect();
        match Error::all(errors) {
            Some(error) => Err(error),
            None => Ok(Self { node, entries, keys }),
        }
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&'a Entry> {
        debug_assert!(self.keys.keys.contains(&key), "{key} is not in the table of keys of {}", self.keys.title());
        self.entries.iter().find(|entry| entry.key.text == key)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value of a key that must be there.
    pub fn need(&self, key: &str) -> Result<&'a Node> {
        self.get(key).ok_or_else(|| self.node.error(format!("{} needs the key \"{key}\"", self.keys.title())))
    }

    /// The scalar of a key.
    pub fn text(&self, key: &str) -> Result<Option<&'a Scalar>> {
        self.get(key).map(Node::text).transpose()
    }

    /// Whether a boolean key is there and true.
    pub fn flag(&self, key: &str) -> Result<bool> {
        Ok(self.boolean(key)?.unwrap_or(false))
    }

    /// The boolean of a key.
    pub fn boolean(&self, key: &str) -> Result<Option<bool>> {
        self.get(key).map(Node::boolean).transpose()
    }

    /// The entries of a key that holds a map by name; none when the key is not there.
    pub fn named(&self, key: &str) -> Result<&'a [Entry]> {
        self.get(key).map_or(Ok(&[]), Node::map)
    }

    /// The items of a key that holds a list; none when the key is not there.
    pub fn items(&self, key: &str) -> Result<&'a [Node]> {
        self.get(key).map_or(Ok(&[]), Node::items)
    }

    /// One of a few words.
    pub fn word(&self, key: &str, words: &[&'static str]) -> Result<Option<&'static str>> {
        self.get(key).map(|node| word(node, words)).transpose()
    }
}

/// One of a few words.
pub fn word(node: &Node, words: &[&'static str]) -> Result<&'static str> {
    let text = &node.text()?.text;
    if let Some(word) = words.iter().find(|word| text == **word) {
        return Ok(word);
    }
    let error = node.error(format!("unknown word \"{text}\""));
    Err(error.hint(match nearest(text, words) {
        Some(word) => format!("did you mean \"{word}\"?"),
        None => format!("it can be {}", words.join(", ")),
    }))
}

fn unknown_key(node: &Node, key: &Scalar, keys: &Keys) -> Error {
    let place = Location::new(&node.source, key.span.start, key.span.end);
    let error = Error::new(format!("unknown key \"{}\" in {}", key.text, keys.title())).at(&place);
    error.hint(match nearest(&key.text, keys.keys) {
        Some(word) => format!("did you mean \"{word}\"?"),
        None => format!("known keys: {}", keys.keys.join(", ")),
    })
}

/// The candidate with the smallest edit distance, when it is close enough to be a slip.
pub fn nearest(word: &str, candidates: &[&'static str]) -> Option<&'static str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    if word.len() > 80 {
        return None;
    }
    let scored = candidates.iter().map(|candidate| (distance(&word.to_lowercase(), candidate), *candidate));
    scored.min().filter(|(score, _)| *score <= limit).map(|(_, candidate)| candidate)
}

/// The edit distance with swaps of neighbours counted once.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_only_slips() {
        assert_eq!(nearest("colums", &["columns", "comment"]), Some("columns"));
        assert_eq!(nearest("primary-key", &["primary_key"]), Some("primary_key"));
        assert_eq!(nearest("nulable", &["nullable"]), Some("nullable"));
        assert_eq!(nearest("zebra", &["columns"]), None);
    }
}
