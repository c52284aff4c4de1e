//! The plan for a comment on a pull request: the closing line, a table of what changes, hazards, and the script
//! folded away. Names come from databases and files, so everything outside of code is escaped.

use std::time::Duration;

use super::{cost, level, no_changes, one_line, plural, shown, sql, summary, symbol, unmanaged};
use crate::plan::Plan;

/// The plan as GitHub-flavoured Markdown.
pub fn render(plan: &Plan, lock_timeout: Duration) -> String {
    let mut out = String::from("### reconcile\n\n");
    if plan.is_empty() {
        out.push_str(&format!("{}\n", no_changes(plan)));
    } else {
        out.push_str(&format!("**{}**\n\n", escape(&summary(plan))));
        out.push_str("|   | object | why | cost |\n|---|---|---|---|\n");
        for step in plan.steps() {
            let object = code(&step.object.to_string());
            let sign = symbol(step.change);
            out.push_str(&format!("| `{sign}` | {object} | {} | {} |\n", escape(&step.why), cost(step)));
        }
        hazards(plan, &mut out);
        let script = sql::render(plan, lock_timeout);
        let fence = fence(&script);
        out.push_str(&format!("\n<details><summary>SQL</summary>\n\n{fence}sql\n{script}{fence}\n\n</details>\n"));
    }
    for (kind, objects) in unmanaged(plan) {
        let names: Vec<String> = objects.iter().map(|object| code(&object.identity)).collect();
        out.push_str(&format!("\nnot managed: {} {}: {}\n", names.len(), plural(kind, names.len()), names.join(", ")));
    }
    for note in &plan.notes {
        let about = note.object.as_ref().map(|object| format!("{}: ", code(&object.to_string()))).unwrap_or_default();
        out.push_str(&format!("\nnote: {about}{}\n", escape(&note.message)));
    }
    out
}

fn hazards(plan: &Plan, out: &mut String) {
    let mut first = true;
    for hazard in plan.steps().flat_map(shown) {
        if std::mem::take(&mut first) {
            out.push('\n');
        }
        let ways: Vec<String> = hazard.decide.iter().map(|way| code(way)).collect();
        let decide = if ways.is_empty() { String::new() } else { format!(" (decide: {})", ways.join(" or ")) };
        let (level, message) = (level(hazard), escape(&hazard.message));
        out.push_str(&format!("- **{level}** {} {}: {message}{decide}\n", hazard.code, hazard.name));
    }
}

/// Text that Markdown and HTML leave as it is.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' | '#' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// A name as inline code; a pipe would end the table cell even there.
fn code(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// A fence that is longer than any run of backticks in the text.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn a_plan_as_markdown() {
        let text = render(&sample::plan(), Duration::from_secs(1));
        assert!(text.contains("**plan: 1 to create, 1 to alter, 1 to drop; 1 hazard denied**"), "{text}");
        assert!(text.contains("| `-` | `table app.old` | it exists and is not declared |"), "{text}");
        assert!(
            text.contains("- **denied** RC101 drop-table: all rows of app.old are lost (decide: `--allow "),
            "{text}"
        );
        assert!(text.contains("<details><summary>SQL</summary>\n\n```sql\n"), "{text}");
    }

    #[test]
    fn names_cannot_break_out() {
        assert_eq!(escape("a<b> | c"), "a&lt;b&gt; \\| c");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(fence("x ```` y"), "`````");
    }
}
