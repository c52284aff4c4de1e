//! `interval`.

use super::datetime::{round, seconds};
use super::number::{Decimal, trim};
use super::{Canonical, InputError};

const SECOND: i128 = 1_000_000;
const DAY: i128 = 86_400 * SECOND;

const M_YEAR: i32 = 1 << 2;
const M_MONTH: i32 = 1 << 1;
const M_DAY: i32 = 1 << 3;
const M_HOUR: i32 = 1 << 10;
const M_MINUTE: i32 = 1 << 11;
const M_SECOND: i32 = 1 << 12;

/// What a unit counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Microseconds(i128),
    Days(i128),
    Months(i128),
}

const SECONDS: Unit = Unit::Microseconds(SECOND);

fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "microsecond" | "microseconds" | "us" | "usec" | "usecs" | "microsecon" => Unit::Microseconds(1),
        "millisecond" | "milliseconds" | "ms" | "msec" | "msecs" | "msecond" | "mseconds" | "millisecon" => {
            Unit::Microseconds(1000)
        }
        "second" | "seconds" | "sec" | "secs" | "s" => SECONDS,
        "minute" | "minutes" | "min" | "mins" | "m" => Unit::Microseconds(60 * SECOND),
        "hour" | "hours" | "hr" | "hrs" | "h" => Unit::Microseconds(3600 * SECOND),
        "day" | "days" | "d" => Unit::Days(1),
        "week" | "weeks" | "w" => Unit::Days(7),
        "month" | "months" | "mon" | "mons" => Unit::Months(1),
        "year" | "years" | "yr" | "yrs" | "y" => Unit::Months(12),
        "decade" | "decades" | "dec" | "decs" => Unit::Months(120),
        "century" | "centuries" | "cent" | "c" => Unit::Months(1200),
        "millennium" | "millennia" | "mil" | "mils" => Unit::Months(12_000),
        _ => return None,
    })
}

/// The three parts that an interval is stored in.
#[derive(Debug, Default, Clone, Copy)]
struct Parts {
    months: i128,
    days: i128,
    microseconds: i128,
}

impl Parts {
    /// Adds a number of units; what is behind the point goes down to days and microseconds.
    fn add(&mut self, number: &Decimal, unit: Unit) -> Canonical<()> {
        if number.scale > 15 || number.digits.len() > 18 {
            return Err(InputError::Unknown);
        }
        let scale = (0..number.scale).fold(1i128, |scale, _| scale * 10);
        let value = number.scaled(number.scale).ok_or(InputError::Unknown)?;
        let times = |value: i128, factor: i128| value.checked_mul(factor).ok_or(InputError::Invalid);
        match unit {
            Unit::Microseconds(factor) => self.microseconds += nearest(times(value, factor)?, scale),
            Unit::Days(factor) => self.add_days(times(value, factor)?, scale)?,
            Unit::Months(1) => {
                self.months += value / scale;
                self.add_days(times(value % scale, 30)?, scale)?;
            }
            // versions round parts of a year differently
            Unit::Months(factor) => {
                let months = times(value, factor)?;
                if months % scale != 0 {
                    return Err(InputError::Unknown);
                }
                self.months += months / scale;
            }
        }
        Ok(())
    }

    fn add_days(&mut self, value: i128, scale: i128) -> Canonical<()> {
        self.days += value / scale;
        self.microseconds += nearest((value % scale).checked_mul(DAY).ok_or(InputError::Unknown)?, scale);
        Ok(())
    }

    fn negate(&mut self) {
        *self = Self { months: -self.months, days: -self.days, microseconds: -self.microseconds };
    }

    /// `AdjustIntervalForTypmod`.
    fn text(mut self, typmod: i32) -> Canonical {
        let (mask, precision) = fields(typmod);
        if mask == M_YEAR {
            self.months -= self.months % 12;
        }
        if mask & (M_YEAR | M_MONTH) != 0 && mask != 0x7fff {
            self.days = 0;
        }
        let smallest = match mask {
            0x7fff => 1,
            _ if mask & M_SECOND != 0 => 1,
            _ if mask & M_MINUTE != 0 => 60 * SECOND,
            _ if mask & M_HOUR != 0 => 3600 * SECOND,
            _ => i128::MAX,
        };
        self.microseconds -= self.microseconds % smallest;
        let microseconds = i64::try_from(self.microseconds).map_err(|_| InputError::Invalid)?;
        let months = i32::try_from(self.months).map_err(|_| InputError::Invalid)?;
        let days = i32::try_from(self.days).map_err(|_| InputError::Invalid)?;
        if microseconds.checked_abs().is_none_or(|value| value > i64::MAX - 10_000_000) {
            return Err(InputError::Unknown);
        }
        Ok(format!("{months}/{days}/{}", round(microseconds, precision)))
    }
}

/// Nearest whole number, ties to even as `rint` does.
fn nearest(value: i128, scale: i128) -> i128 {
    let (whole, rest) = (value.div_euclid(scale), value.rem_euclid(scale));
    match (rest * 2).cmp(&scale) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => whole + whole.rem_euclid(2),
    }
}

/// Field mask and precision of a modifier.
fn fields(typmod: i32) -> (i32, i32) {
    if typmod < 0 { (0x7fff, -1) } else { ((typmod >> 16) & 0x7fff, typmod & 0xffff) }
}

/// What a number without unit counts, by the last field of the modifier.
fn implied(mask: i32) -> Unit {
    match mask {
        0x7fff => SECONDS,
        _ if mask & M_SECOND != 0 => SECONDS,
        _ if mask & M_MINUTE != 0 => Unit::Microseconds(60 * SECOND),
        _ if mask & M_HOUR != 0 => Unit::Microseconds(3600 * SECOND),
        _ if mask & M_DAY != 0 => Unit::Days(1),
        _ if mask & M_MONTH != 0 => Unit::Months(1),
        _ if mask & M_YEAR != 0 => Unit::Months(12),
        _ => SECONDS,
    }
}

/// `interval` with the fields and precision of its modifier, as `months/days/microseconds`. IntervalStyle is taken not
/// to be `sql_standard`, which gives a leading sign to all fields.
pub fn interval(text: &str, typmod: i32) -> Canonical {
    let text = trim(text);
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "infinity" | "+infinity" => return Ok("infinity".to_owned()),
        "-infinity" => return Ok("-infinity".to_owned()),
        "" => return Err(InputError::Invalid),
        _ => {}
    }
    let parts = match text.strip_prefix('P') {
        Some(rest) => iso(rest)?,
        None => words(&lower, fields(typmod).0)?,
    };
    parts.text(typmod)
}

/// ISO 8601 with designators, behind the P.
fn iso(text: &str) -> Canonical<Parts> {
    let mut parts = Parts::default();
    let mut rest = text;
    let mut in_time = false;
    if rest.is_empty() {
        return Err(InputError::Invalid);
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T').filter(|_| !in_time) {
            in_time = true;
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).ok_or(InputError::Unknown)?;
        let unit = match (in_time, &rest[end..=end]) {
            (false, "Y") => Unit::Months(12),
            (false, "M") => Unit::Months(1),
            (false, "W") => Unit::Days(7),
            (false, "D") => Unit::Days(1),
            (true, "H") => Unit::Microseconds(3600 * SECOND),
            (true, "M") => Unit::Microseconds(60 * SECOND),
            (true, "S") => SECONDS,
            _ => return Err(InputError::Unknown),
        };
        parts.add(&Decimal::parse(&rest[..end]).map_err(|_| InputError::Unknown)?, unit)?;
        rest = &rest[end + 1..];
    }
    Ok(parts)
}

/// Numbers and words apart, as `ParseDateTime` does.
fn tokens(text: &str) -> Canonical<Vec<&str>> {
    let mut tokens = vec![];
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | '@'));
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let length = if first.is_ascii_alphabetic() {
            rest.find(|c: char| !c.is_ascii_alphabetic())
        } else if first.is_ascii_digit() || matches!(first, '+' | '-' | '.') {
            let body = rest[1..].find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ':' | '-')));
            body.map(|length| length + 1)
        } else {
            return Err(InputError::Unknown);
        };
        let (token, after) = rest.split_at(length.unwrap_or(rest.len()));
        tokens.push(token);
        rest = after;
    }
}

/// Numbers with units and times, read from the end as `DecodeInterval` does.
fn words(text: &str, mask: i32) -> Canonical<Parts> {
    let mut parts = Parts::default();
    let mut tokens = tokens(text)?;
    let ago = tokens.last() == Some(&"ago");
    if ago {
        tokens.pop();
    }
    if tokens.is_empty() {
        return Err(InputError::Invalid);
    }
    let mut current: Option<Unit> = None;
    let mut unused = false;
    for token in tokens.into_iter().rev() {
        if token.starts_with(|c: char| c.is_ascii_alphabetic()) {
            if unused {
                return Err(InputError::Invalid);
            }
            current = Some(unit(token).ok_or(InputError::Unknown)?);
            unused = true;
            continue;
        }
        let negative = token.starts_with('-');
        let body = token.strip_prefix(['+', '-']).unwrap_or(token);
        if token.contains(':') {
            let value = clock(body, mask)?;
            parts.microseconds += if negative { -value } else { value };
            current = Some(Unit::Days(1));
        } else if let Some((years, months)) = body.split_once('-') {
            let number = |text: &str| text.parse::<u32>().map(i128::from).map_err(|_| InputError::Unknown);
            let months = number(months)?;
            if months > 11 {
                return Err(InputError::Invalid);
            }
            let value = number(years)? * 12 + months;
            parts.months += if negative { -value } else { value };
        } else {
            parts.add(&Decimal::parse(token).map_err(|_| InputError::Unknown)?, current.unwrap_or(implied(mask)))?;
        }
        unused = false;
    }
    if unused {
        return Err(InputError::Invalid);
    }
    if ago {
        parts.negate();
    }
    Ok(parts)
}

/// Hours, minutes and seconds; with the fields minute to second, or with a fraction, two parts are minutes and seconds.
fn clock(text: &str, mask: i32) -> Canonical<i128> {
    let whole = |text: &str| text.parse::<u32>().map(i128::from).map_err(|_| InputError::Unknown);
    let pieces: Vec<&str> = text.split(':').collect();
    let (hour, minute, second) = match pieces.as_slice() {
        [minute, second] if mask == (M_MINUTE | M_SECOND) || second.contains('.') => (0, whole(minute)?, *second),
        [hour, minute] => (whole(hour)?, whole(minute)?, "0"),
        [hour, minute, second] => (whole(hour)?, whole(minute)?, *second),
        _ => return Err(InputError::Unknown),
    };
    let (second, fraction) = seconds(second).ok_or(InputError::Unknown)?;
    if minute > 59 || second > 60 {
        return Err(InputError::Invalid);
    }
    Ok(((hour * 60 + minute) * 60 + i128::from(second)) * SECOND + i128::from(fraction))
}
