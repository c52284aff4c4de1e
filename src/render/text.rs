//! The plan for people: transactions with their steps, then a table of what changes, what is left alone, and one
//! closing line. Prose is wrapped to the width of the screen, statements never are, so that they can be copied.
//!
//! ```text
//! transaction 1 of 2
//!
//! + table app.users
//!     it is declared and does not exist
//!     no lock
//!
//!         CREATE TABLE app.users (id bigint NOT NULL);
//! ```

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::style::{Style, Tone};
use super::{cost, folded, level, one_line, plural, shown, summary, symbol, terminated, totals_by_kind, unmanaged};
use crate::catalog::Unmanaged;
use crate::plan::{Batch, Change, Hazard, Level, Plan, Step};

/// How many objects of one kind that are not managed are named without being asked.
const NAMED: usize = 3;

/// The whole plan with a line break at its end. `detail` names everything that is not managed.
pub fn render(plan: &Plan, style: Style, detail: bool) -> String {
    let mut lines = vec![];
    if plan.is_empty() {
        lines.push(super::no_changes(plan));
        trailer(plan, style, detail, &mut lines);
    } else {
        for (index, batch) in plan.batches.iter().enumerate() {
            heading(batch, index + 1, plan.batches.len(), style, &mut lines);
            let mut before: Option<&Step> = None;
            for step in &batch.steps {
                // further statements for the same reason stand below the first
                let goes_on = |last: &Step| last.object == step.object && last.why == step.why;
                if !before.is_some_and(goes_on) {
                    introduce(step, style, &mut lines);
                }
                describe(step, style, &mut lines);
                before = Some(step);
            }
        }
        lines.extend(table(plan, style).lines().map(|line| line.trim_end().to_string()));
        lines.push(String::new());
        trailer(plan, style, detail, &mut lines);
        lines.push(style.paint(Tone::Strong, &summary(plan)));
    }
    lines.join("\n") + "\n"
}

fn heading(batch: &Batch, number: usize, total: usize, style: Style, lines: &mut Vec<String>) {
    let what = if batch.transactional { "transaction" } else { "outside of any transaction," };
    lines.push(style.paint(Tone::Strong, &format!("{what} {number} of {total}")));
    lines.push(String::new());
}

fn introduce(step: &Step, style: Style, lines: &mut Vec<String>) {
    let sign = symbol(step.change);
    lines.push(style.paint(tone(step.change), &format!("{sign} {}", one_line(&step.object.to_string()))));
    let with: Vec<String> = folded(step).map(ToString::to_string).collect();
    if !with.is_empty() {
        lines.extend(style.wrap(&one_line(&with.join(", ")), "    with ", "        "));
    }
    lines.extend(style.wrap(&one_line(&step.why), "    ", "    "));
}

fn describe(step: &Step, style: Style, lines: &mut Vec<String>) {
    for line in style.wrap(&cost(step), "    ", "    ") {
        lines.push(style.paint(Tone::Dim, &line));
    }
    shown(step).for_each(|hazard| warn(hazard, style, lines));
    lines.push(String::new());
    lines.extend(terminated(&step.sql).lines().map(|line| format!("        {line}").trim_end().to_string()));
    lines.push(String::new());
}

fn warn(hazard: &Hazard, style: Style, lines: &mut Vec<String>) {
    let text = format!("{} {} {}: {}", level(hazard), hazard.code, hazard.name, one_line(&hazard.message));
    let tone = if hazard.level == Level::Deny { Tone::Bad } else { Tone::Change };
    for line in style.wrap(&text, "    ! ", "      ") {
        lines.push(style.paint(tone, &line));
    }
    for way in &hazard.decide {
        lines.extend(style.wrap(&one_line(way), "      decide: ", "        "));
    }
}

fn tone(change: Change) -> Tone {
    match change {
        Change::Create => Tone::Good,
        Change::Alter => Tone::Change,
        Change::Drop => Tone::Bad,
        Change::Replace => Tone::Replace,
    }
}

fn table(plan: &Plan, style: Style) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = style.width {
        table.set_width(width);
    }
    // in a narrow table broken words would say less than the signs alone
    let narrow = style.width.is_some_and(|width| width < 70);
    let words = ["+ created", "~ altered", "- dropped", "! replaced"];
    let titles = words.map(|word| if narrow { &word[..1] } else { word });
    table.set_header(std::iter::once("kind").chain(titles));
    for (kind, counts) in totals_by_kind(plan) {
        let numbers = [counts.created, counts.altered, counts.dropped, counts.replaced];
        let cells = numbers.map(|number| if number == 0 { String::new() } else { number.to_string() });
        table.add_row(std::iter::once(kind.title().to_string()).chain(cells));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn trailer(plan: &Plan, style: Style, detail: bool, lines: &mut Vec<String>) {
    if let Some(text) = left_alone(plan, detail) {
        lines.extend(style.wrap(&text, "not managed: ", "    "));
    }
    for note in &plan.notes {
        let about = note.object.as_ref().map(|object| format!("{object}: ")).unwrap_or_default();
        lines.extend(style.wrap(&one_line(&format!("{about}{}", note.message)), "note: ", "    "));
    }
}

/// What is left alone: `12 functions, 1 trigger (touch on app.tasks); --verbose names them all`.
fn left_alone(plan: &Plan, detail: bool) -> Option<String> {
    let groups = unmanaged(plan);
    let hidden = |objects: &[&Unmanaged]| !detail && objects.len() > NAMED;
    let shown: Vec<String> = groups
        .iter()
        .map(|(kind, objects)| {
            let count = format!("{} {}", objects.len(), plural(kind, objects.len()));
            let names: Vec<String> = objects.iter().map(|object| one_line(&object.identity)).collect();
            if hidden(objects) { count } else { format!("{count} ({})", names.join(", ")) }
        })
        .collect();
    let more = if groups.values().any(|objects| hidden(objects)) { "; --verbose names them all" } else { "" };
    (!shown.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    const GOLDEN: &str = "\
transaction 1 of 2

+ table app.users
    it is declared and does not exist
    no lock

        CREATE TABLE app.users (
            id bigint NOT NULL
        );

~ table column app.orders.amount
    type integer becomes numeric
    lock ACCESS EXCLUSIVE: reads and writes wait; writes every row anew

        ALTER TABLE app.orders ALTER COLUMN amount TYPE numeric;

transaction 2 of 2

- table app.old
    it exists and is not declared
    lock ACCESS EXCLUSIVE: reads and writes wait
    ! denied RC101 drop-table: all rows of app.old are lost
      decide: --allow drop-table:app.old

        DROP TABLE app.old;
";

    #[test]
    fn a_plan_as_text() {
        let text = render(&sample::plan(), Style::default(), false);
        assert!(text.starts_with(GOLDEN), "{text}");
        assert!(text.contains("not managed: 2 casts ((integer as app.money), (text as app.money))"), "{text}");
        assert!(text.contains("note: table app.users: column order differs"), "{text}");
        assert!(text.ends_with("plan: 1 to create, 1 to alter, 1 to drop; 1 hazard denied\n"), "{text}");
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn statements_for_one_reason_stand_together() {
        let mut plan = sample::plan();
        let again = plan.batches[1].steps[0].clone();
        plan.batches[1].steps.push(again);
        let text = render(&plan, Style::default(), false);
        assert_eq!(text.matches("- table app.old\n").count(), 1, "{text}");
        assert_eq!(text.matches("DROP TABLE app.old;").count(), 2, "{text}");
    }

    #[test]
    fn many_objects_that_are_not_managed_are_counted() {
        let mut plan = sample::plan();
        let object = |at: usize| Unmanaged { identity: format!("app.f{at}()"), ..plan.unmanaged[0].clone() };
        plan.unmanaged = (1..5).map(object).collect();
        let text = render(&plan, Style::default(), false);
        assert!(text.contains("\nnot managed: 4 casts; --verbose names them all\n"), "{text}");
        assert!(render(&plan, Style::default(), true).contains("app.f4()"));
    }

    #[test]
    fn an_empty_plan_says_so() {
        let plan = sample::plan_of(vec![]);
        assert_eq!(render(&plan, Style::default(), false), "no changes: the database matches the desired state\n");
    }

    #[test]
    fn prose_and_table_fit_a_narrow_screen() {
        let text = render(&sample::plan(), Style { color: false, width: Some(40) }, false);
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 40).collect();
        let allowed = |line: &&str| line.starts_with("        ") || line.starts_with("plan: ");
        assert!(wide.iter().all(allowed), "only statements and the closing line may be wider: {wide:?}");
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let plain = render(&sample::plan(), Style::default(), false);
        let mut painted = render(&sample::plan(), Style { color: true, width: None }, false);
        assert!(painted.contains("\x1b[31m- table app.old\x1b[0m"));
        for code in ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m"] {
            painted = painted.replace(code, "");
        }
        assert_eq!(painted, plain);
    }
}
