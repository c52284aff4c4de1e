//! What the functions of a base type do, and the words of its definition.

use serde::{Deserialize, Serialize};

/// What a function of a base type is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Makes a value of its text.
    Input,
    /// Makes text of a value.
    Output,
    /// Makes a value of its binary form.
    Receive,
    /// Makes the binary form of a value.
    Send,
    /// Makes a number of the modifiers behind the type's name.
    TypmodIn,
    /// Makes text of the number.
    TypmodOut,
    /// Collects statistics.
    Analyze,
    /// Takes parts out of values.
    Subscript,
}

impl Role {
    /// All of them.
    pub const ALL: &[Role] = &[
        Role::Input,
        Role::Output,
        Role::Receive,
        Role::Send,
        Role::TypmodIn,
        Role::TypmodOut,
        Role::Analyze,
        Role::Subscript,
    ];

    /// Its word in CREATE TYPE and ALTER TYPE, in lower case.
    pub fn word(self) -> &'static str {
        match self {
            Role::Input => "input",
            Role::Output => "output",
            Role::Receive => "receive",
            Role::Send => "send",
            Role::TypmodIn => "typmod_in",
            Role::TypmodOut => "typmod_out",
            Role::Analyze => "analyze",
            Role::Subscript => "subscript",
        }
    }

    /// Whether ALTER TYPE can give the type another one.
    pub fn can_change(self) -> bool {
        !matches!(self, Role::Input | Role::Output)
    }

    /// The argument types that such a function may have, and its result, as keys; `own` is the type itself.
    pub fn signatures(self, own: &str) -> (Vec<Vec<&str>>, &str) {
        match self {
            Role::Input => (vec![vec!["cstring"], vec!["cstring", "oid", "int4"]], own),
            Role::Output => (vec![vec![own]], "cstring"),
            Role::Receive => (vec![vec!["internal"], vec!["internal", "oid", "int4"]], own),
            Role::Send => (vec![vec![own]], "bytea"),
            Role::TypmodIn => (vec![vec!["_cstring"]], "int4"),
            Role::TypmodOut => (vec![vec!["int4"]], "cstring"),
            Role::Analyze => (vec![vec!["internal"]], "bool"),
            Role::Subscript => (vec![vec!["internal"]], "internal"),
        }
    }
}

/// The words for `typalign`, the one to be written first.
const ALIGNMENTS: &[(char, &[&str])] = &[
    ('c', &["char", "bpchar", "pg_catalog.bpchar"]),
    ('s', &["int2", "pg_catalog.int2"]),
    ('i', &["int4", "pg_catalog.int4"]),
    ('d', &["double", "float8", "pg_catalog.float8"]),
];

/// The words for `typstorage`.
const STORAGES: &[(char, &[&str])] = &[('p', &["plain"]), ('e', &["external"]), ('x', &["extended"]), ('m', &["main"])];

fn word(words: &[(char, &[&'static str])], letter: char) -> &'static str {
    words.iter().find(|(other, _)| *other == letter).and_then(|(_, words)| words.first()).copied().unwrap_or_default()
}

fn letter(words: &[(char, &[&str])], word: &str) -> Option<char> {
    let word = word.to_lowercase();
    words.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(letter, _)| *letter)
}

/// The word for `typalign`.
pub fn alignment_word(alignment: char) -> &'static str {
    word(ALIGNMENTS, alignment)
}

/// The letter of an alignment; `None` when there is none of that name.
pub fn alignment_letter(word: &str) -> Option<char> {
    letter(ALIGNMENTS, word)
}

/// The word for `typstorage`.
pub fn storage_word(storage: char) -> &'static str {
    word(STORAGES, storage)
}

/// The letter of a storage strategy; `None` when there is none of that name.
pub fn storage_letter(word: &str) -> Option<char> {
    letter(STORAGES, word)
}
