//! From a [`Plan`] to text; one format a file. Nothing here prints: the callers do.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{ObjectId, Unmanaged};
use crate::objects::Kind;
use crate::plan::{Change, Hazard, Level, Plan, Step};

pub mod json;
pub mod markdown;
pub mod sql;
pub mod style;
pub mod text;

/// How many objects a plan creates, alters, drops and replaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Objects that come into being.
    pub created: usize,
    /// Objects that change in place.
    pub altered: usize,
    /// Objects that go.
    pub dropped: usize,
    /// Objects that are dropped and created anew.
    pub replaced: usize,
}

impl Counts {
    fn add(&mut self, change: Change) {
        match change {
            Change::Create => self.created += 1,
            Change::Alter => self.altered += 1,
            Change::Drop => self.dropped += 1,
            Change::Replace => self.replaced += 1,
        }
    }
}

/// What happens to each object over the whole plan: an object that is created and then altered is created, one that
/// is dropped and created is replaced. Parts of something new are not counted on their own.
pub fn changes(plan: &Plan) -> BTreeMap<&ObjectId, Change> {
    let mut changes: BTreeMap<&ObjectId, Change> = BTreeMap::new();
    let relation = |step: &&Step| step.change == Change::Create && step.object.names.len() == 2;
    let new: BTreeSet<&[String]> = plan.steps().filter(relation).map(|step| &step.object.names[..]).collect();
    for step in plan.steps() {
        for object in std::iter::once(&step.object).chain(folded(step)) {
            changes.entry(object).and_modify(|known| *known = combined(*known, step.change)).or_insert(step.change);
        }
    }
    changes.retain(|object, _| object.names.len() < 3 || !new.contains(&object.names[..2]));
    changes
}

/// Objects that change in the statement of another and are worth a word of their own: all but the parts of something
/// new, since a new table comes with its columns.
pub fn folded(step: &Step) -> impl Iterator<Item = &ObjectId> {
    let whole = &step.object.names;
    step.also.iter().filter(move |object| step.change != Change::Create || !object.names.starts_with(whole))
}

fn combined(one: Change, two: Change) -> Change {
    match (one, two) {
        (Change::Replace, _) | (_, Change::Replace) => Change::Replace,
        (Change::Drop, Change::Create) | (Change::Create, Change::Drop) => Change::Replace,
        (Change::Alter, other) | (other, Change::Alter) => other,
        (same, _) => same,
    }
}

/// Counts over the whole plan.
pub fn totals(plan: &Plan) -> Counts {
    let mut counts = Counts::default();
    changes(plan).into_values().for_each(|change| counts.add(change));
    counts
}

/// Counts for each kind of object, in the order of the kinds.
pub fn totals_by_kind(plan: &Plan) -> BTreeMap<Kind, Counts> {
    let mut kinds: BTreeMap<Kind, Counts> = BTreeMap::new();
    for (object, change) in changes(plan) {
        kinds.entry(object.kind).or_default().add(change);
    }
    kinds
}

/// The closing line: `plan: 3 to create, 1 to alter, 0 to drop; 2 hazards denied`.
pub fn summary(plan: &Plan) -> String {
    let counts = totals(plan);
    let mut line =
        format!("plan: {} to create, {} to alter, {} to drop", counts.created, counts.altered, counts.dropped);
    if counts.replaced > 0 {
        line.push_str(&format!(", {} to replace", counts.replaced));
    }
    let levels = [(Level::Deny, "denied"), (Level::Warn, "to look at")];
    for (level, what) in levels {
        let number = plan.steps().flat_map(|step| &step.hazards).filter(|hazard| hazard.level == level).count();
        if number > 0 {
            line.push_str(&format!("; {number} {} {what}", if number == 1 { "hazard" } else { "hazards" }));
        }
    }
    line
}

/// What an empty plan says.
pub fn no_changes(plan: &Plan) -> String {
    match plan.undecided() {
        0 => "no changes: the database matches the desired state".into(),
        1 => "no changes, but whether one definition differs is undecided".into(),
        number => format!("no changes, but whether {number} definitions differ is undecided"),
    }
}

/// The sign that stands before a step.
pub fn symbol(change: Change) -> char {
    match change {
        Change::Create => '+',
        Change::Alter => '~',
        Change::Drop => '-',
        Change::Replace => '!',
    }
}

/// The verb of a change.
pub fn verb(change: Change) -> &'static str {
    match change {
        Change::Create => "create",
        Change::Alter => "alter",
        Change::Drop => "drop",
        Change::Replace => "replace",
    }
}

/// The level of a hazard in a word.
pub fn level(hazard: &Hazard) -> &'static str {
    match hazard.level {
        Level::Allow => "allowed",
        Level::Note => "note",
        Level::Warn => "warning",
        Level::Deny => "denied",
    }
}

/// Hazards that are worth printing.
pub fn shown(step: &Step) -> impl Iterator<Item = &Hazard> {
    step.hazards.iter().filter(|hazard| hazard.level > Level::Allow)
}

/// What a step costs others: `lock ACCESS EXCLUSIVE: reads and writes wait; rewrites the table`.
pub fn cost(step: &Step) -> String {
    let lock = step.form.lock();
    let mut parts = vec![match (lock.title(), lock.blocks()) {
        ("none", _) => "no lock".to_string(),
        (title, "nothing") => format!("lock {title}: reads and writes go on"),
        (title, blocked) => format!("lock {title}: {blocked} wait"),
    }];
    if step.form.rewrites() {
        parts.push("writes every row anew".to_string());
    } else if step.form.scans() {
        parts.push("reads every row".to_string());
    }
    parts.join("; ")
}

/// Unmanaged objects by kind, so that a hundred casts take one line.
pub fn unmanaged(plan: &Plan) -> BTreeMap<&str, Vec<&Unmanaged>> {
    let mut groups: BTreeMap<&str, Vec<&Unmanaged>> = BTreeMap::new();
    for object in &plan.unmanaged {
        groups.entry(&object.kind).or_default().push(object);
    }
    groups
}

/// The name of a kind for so many of them.
pub fn plural(kind: &str, count: usize) -> String {
    match (count, kind.strip_suffix('y')) {
        (1, _) => kind.to_string(),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o']) => format!("{stem}ies"),
        _ if kind.ends_with(['s', 'x']) => format!("{kind}es"),
        _ => format!("{kind}s"),
    }
}

/// One line whatever the text holds: a name may contain a line break, and a comment must not end early.
pub fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The statement with its semicolon; a comment at its end must not swallow it.
pub fn terminated(sql: &str) -> String {
    let sql = sql.trim_end().trim_end_matches(';').trim_end();
    let last = sql.rsplit('\n').next().unwrap_or_default();
    if last.contains("--") { format!("{sql}\n;") } else { format!("{sql};") }
}

#[cfg(test)]
pub(crate) mod sample;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_plurals() {
        let many = |kind| plural(kind, 2);
        assert_eq!(
            ["policy", "index", "cast", "operator class"].map(many),
            ["policies", "indexes", "casts", "operator classes"]
        );
        assert_eq!(plural("policy", 1), "policy");
    }

    #[test]
    fn drop_and_create_is_a_replacement() {
        assert_eq!(combined(Change::Drop, Change::Create), Change::Replace);
        assert_eq!(combined(Change::Create, Change::Alter), Change::Create);
        assert_eq!(combined(Change::Alter, Change::Alter), Change::Alter);
    }

    #[test]
    fn parts_of_something_new_are_not_counted_on_their_own() {
        let mut plan = sample::plan();
        let column = |table: &str, name: &str| ObjectId::new(Kind::Column, ["app", table, name]);
        plan.batches[0].steps[0].also = vec![column("users", "id"), column("orders", "other")];
        plan.batches[0].steps[1].also = vec![column("orders", "amount2")];
        assert_eq!(totals(&plan), Counts { created: 2, altered: 2, dropped: 1, replaced: 0 });
    }

    #[test]
    fn the_summary_counts_objects_and_hazards() {
        assert_eq!(summary(&sample::plan()), "plan: 1 to create, 1 to alter, 1 to drop; 1 hazard denied");
    }

    #[test]
    fn a_line_break_in_a_name_cannot_end_a_comment() {
        assert_eq!(one_line("table \"a\nDROP TABLE b\""), "table \"a DROP TABLE b\"");
    }

    #[test]
    fn a_closing_comment_keeps_the_semicolon_outside() {
        assert_eq!(terminated("SELECT 1 -- one"), "SELECT 1 -- one\n;");
        assert_eq!(terminated("SELECT 1; "), "SELECT 1;");
    }
}
