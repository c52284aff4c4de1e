//! Hazards that stop an apply, and what `--allow` says about them.

use super::listed;
use crate::error::{Error, Kind, Result};
use crate::plan::{Hazard, Plan, Step};

/// Whether one of the patterns allows the hazard: `all`, `NAME`, `CODE`, `NAME:OBJECT` or `CODE:OBJECT`.
pub fn allows(patterns: &[String], step: &Step, hazard: &Hazard) -> bool {
    let object = step.object.sql();
    patterns.iter().any(|pattern| {
        let (code, named) = pattern.split_once(':').map_or((pattern.as_str(), None), |(code, at)| (code, Some(at)));
        let known = code == "all" || code.eq_ignore_ascii_case(&hazard.code) || code == hazard.name;
        known && named.is_none_or(|named| named == object || hazard.decide.iter().any(|way| way.ends_with(pattern)))
    })
}

/// Fails when the plan has denied hazards that nothing allows; names every way to decide.
///
/// # Errors
/// [`Kind::Refused`].
pub fn refuse(plan: &Plan, allow: &[String]) -> Result<()> {
    let denied: Vec<_> = plan.denied().filter(|(step, hazard)| !allows(allow, step, hazard)).collect();
    if denied.is_empty() {
        return Ok(());
    }
    let number = if denied.len() == 1 { "1 hazard is".to_string() } else { format!("{} hazards are", denied.len()) };
    let mut reasons: Vec<String> = vec![];
    let mut ways: Vec<String> = vec![];
    for (step, hazard) in denied {
        let object = step.object.to_string();
        let about = if hazard.message.contains(&object) { String::new() } else { format!("{object}: ") };
        reasons.push(format!("{} {}: {about}{}", hazard.code, hazard.name, hazard.message));
        let fallback = format!("--allow {}:{}", hazard.name, step.object.sql());
        let decide = if hazard.decide.is_empty() { vec![fallback] } else { hazard.decide.clone() };
        for way in decide {
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
    }
    let message = listed(format!("{number} not allowed; nothing was changed"), reasons);
    Err(Error::new(message).kind(Kind::Refused).hint(listed("to go on, decide each:".to_string(), ways)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    fn allowed(pattern: &str) -> bool {
        refuse(&sample::plan(), &[pattern.to_string()]).is_ok()
    }

    #[test]
    fn patterns_name_a_hazard_or_a_hazard_of_an_object() {
        for pattern in ["all", "drop-table", "RC101", "rc101", "drop-table:app.old", "RC101:app.old"] {
            assert!(allowed(pattern), "{pattern}");
        }
        for pattern in ["drop-column", "drop-table:app.users", "drop", ""] {
            assert!(!allowed(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_refusal_names_the_exact_flag() {
        let error = refuse(&sample::plan(), &[]).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert!(error.message.ends_with("\n  RC101 drop-table: table app.old: all rows of app.old are lost"));
        assert!(error.hint.unwrap().ends_with("--allow drop-table:app.old"));
    }
}
