//! The shipped tables: PostgreSQL's own catalog per major version, and the members of contrib extensions.

use std::sync::OnceLock;

use super::fact::*;
use super::store::Store;

/// The oldest and the newest major version there are tables for.
pub const MAJORS: (u16, u16) = (14, 18);

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
        SYSTEMS[usize::from(major - MAJORS.0)].get_or_init(|| System { major, store: Store::default() })
    }

    /// The major version.
    pub fn major(&self) -> u16 {
        self.major
    }
}

/// The members of a contrib extension when it is installed in `schema`.
pub(super) fn extension(_major: u16, _name: &str, _schema: &str) -> Option<Vec<Fact>> {
    None
}
