//! The shipped tables: PostgreSQL's own catalog per major version, and the members of contrib extensions.
//!
//! `scripts/facts` makes them. In front of each fact stand the major versions that have it.

use std::sync::OnceLock;

use super::fact::*;
use super::record::{self, Installed, Shipped};
use super::store::Store;

/// The oldest and the newest major version there are tables for.
pub const MAJORS: (u16, u16) = (14, 18);

static SYSTEM: &str = include_str!("system.tsv");
static EXTENSIONS: &str = include_str!("extensions.tsv");

/// The static facts of one major version.
#[derive(Debug)]
pub struct System {
    major: u16,
    pub(super) store: Store,
}

impl System {
    /// The facts of a major version, read on first use. Versions before 14 get those of 14, later ones those of 18.
    pub fn of(major: u16) -> &'static System {
        static SYSTEMS: [OnceLock<System>; 5] = [const { OnceLock::new() }; 5];
        let major = major.clamp(MAJORS.0, MAJORS.1);
        SYSTEMS[usize::from(major - MAJORS.0)].get_or_init(|| System { major, store: read_system(major) })
    }

    /// The major version.
    pub fn major(&self) -> u16 {
        self.major
    }
}

fn read_system(major: u16) -> Store {
    let mut store = Store::default();
    let lines = SYSTEM.lines().filter_map(|line| line.split_once('\t'));
    for (_, line) in lines.filter(|(span, _)| holds(span, major)) {
        if let Some(fact) = record::read(line, &Shipped) {
            store.add(fact);
        }
    }
    store
}

/// The members of a contrib extension when it is installed in `schema`.
pub(super) fn extension(major: u16, name: &str, schema: &str) -> Option<Vec<Fact>> {
    let members: Vec<Fact> = EXTENSIONS
        .lines()
        .filter_map(|line| line.split_once('\t').filter(|(extension, _)| *extension == name)?.1.split_once('\t'))
        .filter(|(span, _)| holds(span, major))
        .filter_map(|(_, line)| record::read(line, &Installed(schema)))
        .collect();
    (!members.is_empty()).then_some(members)
}

/// Whether `14-16`, or nothing for all, includes the version.
fn holds(span: &str, major: u16) -> bool {
    let Some((first, last)) = span.split_once('-') else { return true };
    first.parse().is_ok_and(|first: u16| first <= major) && last.parse().is_ok_and(|last: u16| major <= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_line_is_readable() {
        for line in SYSTEM.lines() {
            let (_, fact) = line.split_once('\t').unwrap();
            assert!(record::read(fact, &Shipped).is_some(), "{line}");
        }
        for line in EXTENSIONS.lines() {
            let fact = line.splitn(3, '\t').nth(2).unwrap();
            assert!(record::read(fact, &Installed("ext")).is_some(), "{line}");
        }
    }

    #[test]
    fn versions_differ_where_postgresql_does() {
        assert!(!System::of(16).store.functions.contains_key("uuidv7"));
        assert!(System::of(18).store.functions.contains_key("uuidv7"));
        assert!(System::of(14).store.functions.len() > 2000);
        assert_eq!(System::of(99).major(), 18);
    }

    #[test]
    fn reading_is_fast() {
        let start = std::time::Instant::now();
        assert!(read_system(17).types.len() > 500);
        // far more than it takes even without optimisation on a busy machine
        assert!(start.elapsed().as_millis() < 500, "{:?}", start.elapsed());
    }
}
