//! Time zones: fixed offsets and names of the zone database that the program carries.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::{Canonical, InputError};

/// Names that mean no offset whatever the zone database says.
fn is_utc(name: &str) -> bool {
    ["z", "zulu", "utc", "gmt", "etc/utc", "etc/gmt", "uct", "etc/uct", "universal", "etc/universal"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Seconds east of Greenwich of an offset such as `+5:30`, or `None` for a text that is no offset.
fn fixed(text: &str) -> Canonical<Option<i64>> {
    let Some(digits) = text.strip_prefix(['+', '-']) else { return Ok(None) };
    let parts: Vec<&str> = digits.split(':').collect();
    let number = |part: &str| match part.len() {
        1 | 2 => part.parse::<u32>().map(i64::from).map_err(|_| InputError::Invalid),
        _ => Err(InputError::Unknown),
    };
    let (hours, minutes, seconds) = match parts.as_slice() {
        [run] if matches!(run.len(), 3 | 4) && run.is_ascii() => {
            (number(&run[..run.len() - 2])?, number(&run[run.len() - 2..])?, 0)
        }
        [hours] => (number(hours)?, 0, 0),
        [hours, minutes] => (number(hours)?, number(minutes)?, 0),
        [hours, minutes, seconds] => (number(hours)?, number(minutes)?, number(seconds)?),
        _ => return Err(InputError::Invalid),
    };
    if hours > 15 || minutes > 59 || seconds > 59 {
        return Err(InputError::Invalid);
    }
    let offset = hours * 3600 + minutes * 60 + seconds;
    Ok(Some(if text.starts_with('-') { -offset } else { offset }))
}

/// Seconds east of Greenwich of a zone that has the same offset all the time.
pub(super) fn constant_offset(zone: &str) -> Canonical<i64> {
    if is_utc(zone) {
        return Ok(0);
    }
    fixed(zone)?.ok_or(InputError::Unknown)
}

/// Seconds east of Greenwich of `zone` at a local time, given as days since 1970 and microseconds of the day. In a gap
/// the offset before it holds, in an overlap the one after it, as in PostgreSQL.
pub(super) fn offset_at(zone: &str, days: i64, microseconds: i64) -> Canonical<i64> {
    if let Ok(offset) = constant_offset(zone) {
        return Ok(offset);
    }
    // abbreviations depend on a setting of the server
    if zone.starts_with(['+', '-']) || !zone.contains('/') {
        return Err(InputError::Unknown);
    }
    let zone = TimeZone::get(zone).map_err(|_| InputError::Unknown)?;
    let local = local_time(days, microseconds).ok_or(InputError::Unknown)?;
    let offset = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } => before,
        AmbiguousOffset::Fold { after, .. } => after,
    };
    Ok(offset.seconds().into())
}

fn local_time(days: i64, microseconds: i64) -> Option<DateTime> {
    let (year, month, day) = super::datetime::civil(days);
    let seconds = microseconds / 1_000_000;
    let part = |value: i64| i8::try_from(value).ok();
    let (hour, minute, second) = (part(seconds / 3600)?, part(seconds / 60 % 60)?, part(seconds % 60)?);
    DateTime::new(i16::try_from(year).ok()?, part(month)?, part(day)?, hour, minute, second, 0).ok()
}
