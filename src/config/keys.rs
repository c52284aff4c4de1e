//! The one list of settings: a flag, its environment variable and its key in `reconcile.toml`.

use std::time::Duration;

use super::resolved::{DurationRange, Setting};

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of texts.
    List,
    /// True or false.
    Switch,
    /// A whole number from 0.
    Number,
    /// A length of time.
    Time,
    /// A range of times.
    Times,
}

impl Holds {
    /// Checks a text; the error says what is expected.
    pub fn check(self, text: &str) -> Result<(), String> {
        match self {
            Holds::Text | Holds::List => Ok(()),
            Holds::Word(words) if words.contains(&text) => Ok(()),
            Holds::Word(words) => Err(format!("expected one of {}", words.join(", "))),
            Holds::Switch => bool::from_text(text).map(drop),
            Holds::Number => u32::from_text(text).map(drop),
            Holds::Time => Duration::from_text(text).map(drop),
            Holds::Times => DurationRange::from_text(text).map(drop),
        }
    }
}

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The key in the file; the flag has `-` for `_`, the variable is in capitals behind `RECONCILE_`.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// The value when nobody says anything.
    pub default: Option<&'static str>,
}

impl Key {
    /// The environment variable.
    pub fn variable(&self) -> String {
        format!("RECONCILE_{}", self.name.to_ascii_uppercase())
    }

    /// The flag.
    pub fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }
}

const fn key(name: &'static str, holds: Holds, default: Option<&'static str>) -> Key {
    Key { name, holds, default }
}

const FORMATS: &[&str] = &["text", "sql", "json", "markdown"];

/// Every setting of plan and apply, in the order that `config show` prints.
pub const KEYS: &[Key] = &[
    key("desired", Holds::Text, Some("schema/")),
    key("from", Holds::Text, None),
    key("to", Holds::Text, None),
    key("schemas", Holds::List, None),
    key("all_schemas", Holds::Switch, Some("false")),
    key("exclude", Holds::List, Some("")),
    key("allow", Holds::List, Some("")),
    key("privileges", Holds::Word(&["declared", "full", "off"]), Some("declared")),
    key("referee", Holds::Word(&["auto", "off"]), Some("auto")),
    key("format", Holds::Word(FORMATS), Some("text")),
    key("layout", Holds::Word(&["table", "schema", "single"]), Some("table")),
    key("output", Holds::Text, None),
    key("exit_code", Holds::Switch, Some("false")),
    key("yes", Holds::Switch, Some("false")),
    key("lock_timeout", Holds::Time, Some("1s")),
    key("lock_retries", Holds::Number, Some("30")),
    key("lock_backoff", Holds::Times, Some("1s..30s")),
    key("statement_timeout", Holds::Time, None),
    key("role", Holds::Text, None),
    key("no_journal", Holds::Switch, Some("false")),
    key("dry_run", Holds::Switch, Some("false")),
];

/// The setting of this name, written as a key, a flag, or between the two.
pub fn find(name: &str) -> Option<&'static Key> {
    let name = name.trim_start_matches('-').replace('-', "_");
    KEYS.iter().find(|key| key.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_hold_and_names_are_found() {
        for key in KEYS {
            assert_eq!(key.default.map_or(Ok(()), |text| key.holds.check(text)), Ok(()), "{}", key.name);
            assert_eq!(find(&key.flag()), Some(key));
        }
        assert_eq!(find("lock-timeout").map(Key::variable), Some("RECONCILE_LOCK_TIMEOUT".into()));
    }
}
