//! A value with its origin, and the types that settings can have.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::source::Location;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag,
    /// The environment variable of this name.
    Environment(String),
    /// `reconcile.toml`, at this place.
    File(Location),
    /// This `.env` file, under this name.
    DotEnv(PathBuf, String),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag => f.write_str("command line"),
            Origin::Environment(name) => write!(f, "environment variable {name}"),
            Origin::File(place) => write!(f, "{place}"),
            Origin::DotEnv(path, name) => write!(f, "{name} in {}", path.display()),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

/// A type that a setting can have.
pub trait Setting: Sized {
    /// Reads it from the text of a variable or of the file. The error says what is expected.
    fn from_text(text: &str) -> Result<Self, String>;
}

impl Setting for String {
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.to_string())
    }
}

impl Setting for PathBuf {
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }
}

impl Setting for bool {
    fn from_text(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err("expected true or false".into()),
        }
    }
}

impl Setting for u32 {
    fn from_text(text: &str) -> Result<Self, String> {
        text.trim().parse().map_err(|_| "expected a whole number from 0".into())
    }
}

/// A list is separated by commas; blanks around the items do not count.
impl Setting for Vec<String> {
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_string).collect())
    }
}

/// A length of time as PostgreSQL writes it: `500ms`, `1s`, `2min`, `1h`, `1d`, `1.5s`; `0` is zero.
impl Setting for Duration {
    fn from_text(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let factor = match unit.trim() {
            "us" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "min" | "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            "" if number.parse() == Ok(0.0) => 1.0,
            _ => return Err("expected a duration such as 500ms, 1s or 2min".into()),
        };
        number
            .parse::<f64>()
            .ok()
            // PostgreSQL keeps its timeouts as milliseconds in a signed 32-bit number
            .map(|number| number * factor)
            .filter(|seconds| *seconds <= 2_147_483.0)
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .ok_or_else(|| "expected a duration such as 500ms, 1s or 2min, at most 24d".into())
    }
}

/// From a shortest to a longest time, written `1s..30s`; a single time is both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationRange {
    /// The shortest.
    pub from: Duration,
    /// The longest.
    pub to: Duration,
}

impl Setting for DurationRange {
    fn from_text(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let bound = |text| Duration::from_text(text).map_err(|_| "expected a range of durations such as 1s..30s");
        let range = Self { from: bound(from)?, to: bound(to)? };
        if range.from > range.to {
            return Err("expected the shorter time first, as in 1s..30s".into());
        }
        Ok(range)
    }
}

impl std::str::FromStr for DurationRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::from_text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let cases = [("1s", 1000), ("500ms", 500), ("2min", 120_000), ("1.5s", 1500), ("0", 0), ("1 h", 3_600_000)];
        for (text, milliseconds) in cases {
            assert_eq!(Duration::from_text(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "1", "s", "-1s", "1x", "1..2s", "1e99s", "99999d"] {
            assert!(Duration::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ranges_and_lists() {
        let seconds = |from, to| DurationRange { from: Duration::from_secs(from), to: Duration::from_secs(to) };
        assert_eq!("1s..30s".parse(), Ok(seconds(1, 30)));
        assert_eq!("5s".parse(), Ok(seconds(5, 5)));
        assert!("30s..1s".parse::<DurationRange>().is_err());
        assert_eq!(Vec::from_text(" a, b,,"), Ok(vec!["a".to_string(), "b".to_string()]));
        assert_eq!(bool::from_text("ON"), Ok(true));
        assert!(bool::from_text("maybe").is_err());
    }
}
