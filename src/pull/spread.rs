//! Which statements go, and what is written for them.

use std::collections::BTreeSet;

use super::aspect::{Key, of_item};
use super::edit::Statement;
use crate::export::Item;

/// What becomes of the statements of the files.
#[derive(Debug)]
pub struct Spread<'a> {
    /// Positions of those that go, each with what is written in its place.
    pub replaced: Vec<(usize, Vec<&'a Item>)>,
    /// What has no predecessor.
    pub new: Vec<&'a Item>,
}

/// Takes everything along that says something about the same as what goes.
pub fn spread<'a>(mut keys: BTreeSet<Key>, statements: &[Statement], items: &'a [Item]) -> Spread<'a> {
    let said: Vec<Vec<Key>> = items.iter().map(of_item).collect();
    let (mut gone, mut written) = (BTreeSet::new(), BTreeSet::new());
    loop {
        let before = keys.len();
        for (at, statement) in statements.iter().enumerate() {
            if statement.keys.iter().any(|key| keys.contains(key)) && gone.insert(at) {
                keys.extend(statement.keys.iter().cloned());
            }
        }
        for (at, said) in said.iter().enumerate() {
            if said.iter().any(|key| keys.contains(key)) && written.insert(at) {
                keys.extend(said.iter().cloned());
            }
        }
        if keys.len() == before {
            break;
        }
    }
    let mut replaced: Vec<(usize, Vec<&Item>)> = gone.into_iter().map(|at| (at, vec![])).collect();
    let mut new = vec![];
    for at in written {
        let (Some(item), Some(said)) = (items.get(at), said.get(at)) else { continue };
        let names = |keys: &[Key]| {
            replaced.iter().position(|(at, _)| statements[*at].keys.iter().any(|key| keys.contains(key)))
        };
        let place = names(&said[..1.min(said.len())]).or_else(|| names(said));
        match place.and_then(|at| replaced.get_mut(at)) {
            Some((_, items)) => items.push(item),
            None => new.push(item),
        }
    }
    Spread { replaced, new }
}
