//! Dates and times. `zone` is the session's TimeZone, used where the text has none. Texts whose meaning depends on
//! DateStyle, on the day or on other settings are left to the server.

use super::number::trim;
use super::zone::{constant_offset, offset_at};
use super::{Canonical, InputError};

const DAY: i64 = 86_400_000_000;
/// 2000-01-01, from which PostgreSQL counts, in days since 1970-01-01.
const EPOCH: i64 = 10_957;

/// A date, maybe infinite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    Minus,
    Plus,
    /// Days since 1970-01-01.
    At(i64),
}

impl Day {
    /// Canonical text.
    pub fn text(self) -> String {
        match self {
            Day::Minus => "-infinity".to_owned(),
            Day::Plus => "infinity".to_owned(),
            Day::At(days) => {
                let (year, month, day) = civil(days);
                format!("{year:04}-{month:02}-{day:02}")
            }
        }
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day; the inverse of [`days`].
pub(super) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn number(text: &str, longest: usize) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= longest && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn month_named(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.trim_end_matches('.').to_ascii_lowercase();
    let fits = |month: &&str| text == *month || text == month[..3] || (text == "sept" && month.starts_with("sept"));
    MONTHS.iter().position(fits).and_then(|at| i64::try_from(at + 1).ok())
}

/// Year first, year and month named, or `YYYYMMDD`; `before` says that BC was written.
fn parse_day(text: &str, before: bool) -> Canonical<i64> {
    let parts: Vec<&str> =
        text.split(|c: char| c.is_ascii_whitespace() || c == ',').filter(|p| !p.is_empty()).collect();
    let (year, month, day) = match parts.as_slice() {
        [one] => numeric_day(one).or_else(|| dashed_day(one)),
        [month, day, year] if month_named(month).is_some() => {
            Some((number(year, 6).filter(|_| year.len() > 2), month_named(month), number(day, 2)))
        }
        [day, month, year] if month_named(month).is_some() => {
            Some((number(year, 6).filter(|_| year.len() > 2), month_named(month), number(day, 2)))
        }
        _ => None,
    }
    .and_then(|(year, month, day)| Some((year?, month?, day?)))
    .ok_or(InputError::Unknown)?;
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if year == 0 {
        return Err(InputError::Invalid);
    }
    let year = if before { 1 - year } else { year };
    let last = match month {
        2 => 28 + i64::from(leap(year)),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err(InputError::Invalid),
    };
    if !(1..=last).contains(&day) || !(-4712..=5_874_897).contains(&year) {
        return Err(InputError::Invalid);
    }
    Ok(days(year, month, day))
}

type Parts = (Option<i64>, Option<i64>, Option<i64>);

/// `2020-01-31`, `2020/1/31`, `20200131`; the year has three digits at least, else DateStyle decides.
fn numeric_day(text: &str) -> Option<Parts> {
    if text.len() == 8 && number(text, 8).is_some() {
        return Some((number(&text[..4], 4), number(&text[4..6], 2), number(&text[6..], 2)));
    }
    let separator = if text.contains('-') { '-' } else { '/' };
    match text.split(separator).collect::<Vec<_>>().as_slice() {
        [year, month, day] if year.len() > 2 => {
            let month = number(month, 2).or_else(|| month_named(month))?;
            Some((number(year, 7), Some(month), number(day, 2)))
        }
        _ => None,
    }
}

/// `31-Jan-2020`.
fn dashed_day(text: &str) -> Option<Parts> {
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [day, month, year] if year.len() > 2 && day.len() <= 2 => {
            Some((number(year, 6), month_named(month), number(day, 2)))
        }
        _ => None,
    }
}

/// A time of day with the zone as written.
struct Clock<'a> {
    microseconds: i64,
    zone: Option<&'a str>,
}

/// `HH:MM[:SS[.ffffff]] [AM|PM] [zone]`.
fn parse_clock(text: &str) -> Canonical<Clock<'_>> {
    let text = trim(text);
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(text.len());
    let (clock, rest) = text.split_at(end);
    let mut rest = trim(rest);
    let parts: Vec<&str> = clock.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (number(hour, 2), number(minute, 2), Some((0, 0))),
        [hour, minute, second] => (number(hour, 2), number(minute, 2), seconds(second)),
        _ => return Err(InputError::Unknown),
    };
    let (Some(mut hour), Some(minute), Some((second, fraction))) = (hour, minute, second) else {
        return Err(InputError::Unknown);
    };
    let half = rest.get(..2).filter(|_| !rest[2..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/'));
    if let Some(half) = half.filter(|half| ["am", "pm"].contains(&half.to_ascii_lowercase().as_str())) {
        if hour > 12 {
            return Err(InputError::Invalid);
        }
        hour = hour % 12 + if half.eq_ignore_ascii_case("pm") { 12 } else { 0 };
        rest = trim(&rest[2..]);
    }
    if minute > 59 || second > 60 {
        return Err(InputError::Invalid);
    }
    let microseconds = ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction;
    if microseconds > DAY {
        return Err(InputError::Invalid);
    }
    Ok(Clock { microseconds, zone: (!rest.is_empty()).then_some(rest) })
}

/// Whole seconds and microseconds.
pub(super) fn seconds(text: &str) -> Option<(i64, i64)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = number(whole, 2)?;
    if fraction.is_empty() {
        return Some((whole, 0));
    }
    number(&fraction[..fraction.len().min(18)], 18)?;
    let value: f64 = format!("0.{fraction}").parse().ok()?;
    Some((whole, (value * 1e6).round_ties_even() as i64))
}

/// The parts of a date with an optional time.
struct Moment<'a> {
    day: Day,
    clock: Option<Clock<'a>>,
}

fn parse_moment(text: &str) -> Canonical<Moment<'_>> {
    let text = trim(text);
    let special = match text.to_ascii_lowercase().as_str() {
        "infinity" | "+infinity" => Some(Day::Plus),
        "-infinity" => Some(Day::Minus),
        "epoch" => Some(Day::At(0)),
        "" => return Err(InputError::Invalid),
        _ => None,
    };
    if let Some(day) = special {
        return Ok(Moment { day, clock: None });
    }
    let (text, before) = era(text);
    let Some(colon) = text.find(':') else {
        return Ok(Moment { day: Day::At(parse_day(text, before)?), clock: None });
    };
    let start = text[..colon].rfind(|c: char| !c.is_ascii_digit()).ok_or(InputError::Unknown)?;
    // whatever stands in front of the digits is one character: white space or T
    let between = text[start..].chars().next().unwrap_or(' ');
    if !between.is_ascii_whitespace() && !matches!(between, 'T' | 't') {
        return Err(InputError::Unknown);
    }
    let day = Day::At(parse_day(trim(&text[..start]), before)?);
    Ok(Moment { day, clock: Some(parse_clock(&text[start + 1..])?) })
}

/// Takes BC or AD from the end.
fn era(text: &str) -> (&str, bool) {
    let cut = text.len().saturating_sub(3);
    match text.get(cut..).map(str::to_ascii_lowercase).as_deref() {
        Some(" bc") => (trim(&text[..cut]), true),
        Some(" ad") => (trim(&text[..cut]), false),
        _ => (text, false),
    }
}

/// `date`, as `YYYY-MM-DD` with years before 1 counted as 0, -1 and so on.
pub fn date(text: &str) -> Canonical {
    Ok(parse_date(text)?.text())
}

pub(super) fn parse_date(text: &str) -> Canonical<Day> {
    let moment = parse_moment(text)?;
    if let (Day::At(day), Some(Clock { microseconds, zone: Some(zone) })) = (moment.day, &moment.clock) {
        offset_at(zone, day, *microseconds)?;
    }
    Ok(moment.day)
}

/// Rounds to the digits of the modifier, half away from zero.
pub(super) fn round(microseconds: i64, typmod: i32) -> i64 {
    if !(0..6).contains(&typmod) {
        return microseconds;
    }
    let unit = (typmod..6).fold(1, |unit, _| unit * 10);
    let rounded = (microseconds.abs() + unit / 2) / unit * unit;
    if microseconds < 0 { -rounded } else { rounded }
}

/// `time`, as microseconds, rounded to the modifier. A zone is allowed and ignored.
pub fn time(text: &str, typmod: i32) -> Canonical {
    let clock = parse_clock(text)?;
    if let Some(zone) = clock.zone {
        constant_offset(zone)?;
    }
    Ok(round(clock.microseconds, typmod).to_string())
}

/// `timetz`, as microseconds and offset. Zones whose offset changes are left to the server.
pub fn timetz(text: &str, zone: &str, typmod: i32) -> Canonical {
    let clock = parse_clock(text)?;
    let offset = constant_offset(clock.zone.unwrap_or(zone))?;
    Ok(format!("{}/{offset}", round(clock.microseconds, typmod)))
}

/// `timestamp`, as microseconds since 2000-01-01. A zone is allowed and ignored.
pub fn timestamp(text: &str, typmod: i32) -> Canonical {
    moment(text, None, typmod)
}

/// `timestamptz`, as microseconds since 2000-01-01 in UTC.
pub fn timestamptz(text: &str, zone: &str, typmod: i32) -> Canonical {
    moment(text, Some(zone), typmod)
}

fn moment(text: &str, session: Option<&str>, typmod: i32) -> Canonical {
    let moment = parse_moment(text)?;
    let Day::At(day) = moment.day else { return Ok(moment.day.text()) };
    let (microseconds, written) = moment.clock.map_or((0, None), |clock| (clock.microseconds, clock.zone));
    if !(-4714..=294_277).contains(&civil(day).0) {
        return Err(InputError::Invalid);
    }
    let offset = match (session, written) {
        // the word for the beginning of time is in UTC
        (Some(_), None) if trim(text).eq_ignore_ascii_case("epoch") => 0,
        (Some(session), _) => offset_at(written.unwrap_or(session), day, microseconds)?,
        (None, Some(written)) => {
            offset_at(written, day, microseconds)?;
            0
        }
        (None, None) => 0,
    };
    let value = (day - EPOCH) * DAY + microseconds - offset * 1_000_000;
    Ok(round(value, typmod).to_string())
}
