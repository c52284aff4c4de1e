//! The parameters of a sequence, alike for sequences and identity columns (`CREATE SEQUENCE`, `pg_sequence`).

use pg_query::{Node, NodeEnum};
use serde::{Deserialize, Serialize};

use super::options;
use crate::error::Result;
use crate::load::reader::Reader;

/// All parameters, with PostgreSQL's defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceOptions {
    /// `smallint`, `integer` or `bigint`.
    pub data_type: String,
    /// First value.
    pub start: i64,
    /// Step.
    pub increment: i64,
    /// Lowest value.
    pub min: i64,
    /// Highest value.
    pub max: i64,
    /// Values taken at a time.
    pub cache: i64,
    /// Whether it begins again after its end.
    pub cycle: bool,
}

impl SequenceOptions {
    /// The defaults of a sequence over `data_type` that counts by `increment`.
    pub fn defaults(data_type: &str, increment: i64) -> Self {
        let (low, high) = match data_type {
            "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
            "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (i64::MIN, i64::MAX),
        };
        let (min, max) = if increment < 0 { (low, -1) } else { (1, high) };
        let start = if increment < 0 { max } else { min };
        Self { data_type: data_type.into(), start, increment, min, max, cache: 1, cycle: false }
    }

    /// Reads the options of CREATE SEQUENCE or of an identity column. Options that are no parameters (`owned_by`,
    /// `sequence_name`, `as`, `restart`, `logged`) are the caller's. Errors: a value that is no whole number, or
    /// parameters that contradict each other.
    pub fn read(nodes: &[Node], data_type: &str, reader: &Reader) -> Result<Self> {
        let elements = || {
            nodes.iter().filter_map(|node| match node.node.as_ref() {
                Some(NodeEnum::DefElem(element)) => Some(element),
                _ => None,
            })
        };
        let number = |name: &str| -> Result<Option<i64>> {
            let Some(element) = elements().find(|element| element.defname == name) else { return Ok(None) };
            let Some(argument) = element.arg.as_deref() else { return Ok(None) };
            let text = options::value(Some(argument));
            let parsed = text.parse().map_err(|_| {
                reader.wrong(element.location, format!("{text} is not a bigint")).hint("write a whole number")
            });
            parsed.map(Some)
        };
        let increment = number("increment")?.unwrap_or(1);
        let mut it = Self::defaults(data_type, increment);
        it.min = number("minvalue")?.unwrap_or(it.min);
        it.max = number("maxvalue")?.unwrap_or(it.max);
        it.start = number("start")?.unwrap_or(if increment < 0 { it.max } else { it.min });
        it.cache = number("cache")?.unwrap_or(1);
        it.cycle =
            elements().any(|element| element.defname == "cycle" && options::value(element.arg.as_deref()) == "true");
        let location = elements().next().map_or(0, |element| element.location);
        let (low, high) = (Self::defaults(data_type, -1).min, Self::defaults(data_type, 1).max);
        let problem = if increment == 0 {
            Some("INCREMENT must not be zero".to_string())
        } else if it.min >= it.max {
            Some(format!("MINVALUE ({}) must be less than MAXVALUE ({})", it.min, it.max))
        } else if it.start < it.min || it.start > it.max {
            Some(format!("START value ({}) must lie between MINVALUE ({}) and MAXVALUE ({})", it.start, it.min, it.max))
        } else if it.cache < 1 {
            Some(format!("CACHE ({}) must be greater than zero", it.cache))
        } else if it.min < low || it.max > high {
            Some(format!("the bounds are out of range for type {data_type}"))
        } else {
            None
        };
        problem.map_or(Ok(it), |message| Err(reader.wrong(location, message).hint("change one of the options")))
    }

    /// What differs from the defaults, as options of CREATE SEQUENCE without `AS`.
    pub fn sql(&self) -> Vec<String> {
        let default = Self::defaults(&self.data_type, self.increment);
        let natural = if self.increment < 0 { self.max } else { self.min };
        let mut out = vec![];
        let mut say = |differs: bool, text: String| out.extend(differs.then_some(text));
        say(self.start != natural, format!("START WITH {}", self.start));
        say(self.increment != 1, format!("INCREMENT BY {}", self.increment));
        say(self.min != default.min, format!("MINVALUE {}", self.min));
        say(self.max != default.max, format!("MAXVALUE {}", self.max));
        say(self.cache != 1, format!("CACHE {}", self.cache));
        say(self.cycle, "CYCLE".into());
        out
    }

    /// Whether a sequence that has given out no value yet must be set to its new start first, because its old one
    /// lies outside of the new bounds.
    pub fn must_restart(&self, desired: &Self) -> bool {
        let inside = |value: i64, of: &Self| (of.min..=of.max).contains(&value);
        !inside(self.start, desired) && inside(desired.start, self)
    }

    /// The options that turn `self` into `desired`, without `AS`.
    pub fn changes(&self, desired: &Self) -> Vec<String> {
        let mut out = vec![];
        let mut say = |differs: bool, text: String| out.extend(differs.then_some(text));
        say(self.increment != desired.increment, format!("INCREMENT BY {}", desired.increment));
        say(self.min != desired.min, format!("MINVALUE {}", desired.min));
        say(self.max != desired.max, format!("MAXVALUE {}", desired.max));
        say(self.start != desired.start, format!("START WITH {}", desired.start));
        say(self.cache != desired.cache, format!("CACHE {}", desired.cache));
        say(self.cycle != desired.cycle, if desired.cycle { "CYCLE".into() } else { "NO CYCLE".into() });
        out
    }
}
