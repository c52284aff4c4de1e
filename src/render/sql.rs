//! The plan as a script for `psql`, with or without `ON_ERROR_STOP`.
//!
//! Each transaction of the plan is one of the script. What a statement needs from the session is set before the
//! transaction begins, or with `SET LOCAL` inside, so that a transaction that fails leaves the session as the next
//! one expects it. A plan without steps has no statement at all, only a comment.

use std::time::Duration;

use super::{no_changes, one_line, shown, summary, symbol, terminated};
use crate::name;
use crate::plan::{Batch, Plan, Step};

/// The script; every blocking statement waits at most `lock_timeout` for its lock.
pub fn render(plan: &Plan, lock_timeout: Duration) -> String {
    if plan.is_empty() {
        return format!("-- {}\n", no_changes(plan));
    }
    let mut out = header(plan);
    out.push_str(&format!("\nSET lock_timeout = '{}ms';\n", lock_timeout.as_millis()));
    if plan.defers_bodies() {
        out.push_str("SET check_function_bodies = off;\n");
    }
    let mut outside: Option<&[String]> = None;
    for (index, batch) in plan.batches.iter().enumerate() {
        out.push_str(&format!("\n-- transaction {} of {}\n", index + 1, plan.batches.len()));
        write_batch(batch, &mut outside, &mut out);
    }
    out
}

fn header(plan: &Plan) -> String {
    let mut out = format!(
        "-- reconcile {} for PostgreSQL {}\n-- from {}\n-- to {}\n-- {}\n",
        one_line(&plan.tool),
        plan.server,
        one_line(&plan.from),
        one_line(&plan.to),
        summary(plan)
    );
    for (_, hazard) in plan.denied() {
        out.push_str(&format!("-- denied: {} {}: {}\n", hazard.code, hazard.name, one_line(&hazard.message)));
    }
    out
}

fn write_batch<'a>(batch: &'a Batch, outside: &mut Option<&'a [String]>, out: &mut String) {
    let mut inside = *outside;
    for (index, step) in batch.steps.iter().enumerate() {
        let first = index == 0;
        if inside != Some(&step.search_path) {
            let local = if first || !batch.transactional { "" } else { "LOCAL " };
            out.push_str(&format!("SET {local}search_path = {};\n", search_path(&step.search_path)));
            inside = Some(&step.search_path);
            if local.is_empty() {
                *outside = inside;
            }
        }
        if first && batch.transactional {
            out.push_str("BEGIN;\n");
        }
        write_step(step, out);
    }
    if batch.transactional && !batch.steps.is_empty() {
        out.push_str("\nCOMMIT;\n");
    }
}

fn write_step(step: &Step, out: &mut String) {
    let object = one_line(&step.object.to_string());
    out.push_str(&format!("\n-- {} {object}: {}\n", symbol(step.change), one_line(&step.why)));
    for hazard in shown(step) {
        out.push_str(&format!("-- {} {}: {}\n", hazard.code, hazard.name, one_line(&hazard.message)));
    }
    out.push_str(&terminated(&step.sql));
    out.push('\n');
}

/// The right-hand side of `SET search_path =`: names, or the empty string for none.
pub fn search_path(names: &[String]) -> String {
    if names.is_empty() {
        return "''".to_string();
    }
    names.iter().map(|schema| name::quote(schema)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    const GOLDEN: &str = "
SET lock_timeout = '1000ms';

-- transaction 1 of 2
SET search_path = app, public;
BEGIN;

-- + table app.users: it is declared and does not exist
CREATE TABLE app.users (
    id bigint NOT NULL
);

-- ~ table column app.orders.amount: type integer becomes numeric
ALTER TABLE app.orders ALTER COLUMN amount TYPE numeric;

COMMIT;

-- transaction 2 of 2
SET search_path = '';
BEGIN;

-- - table app.old: it exists and is not declared
-- RC101 drop-table: all rows of app.old are lost
DROP TABLE app.old;

COMMIT;
";

    #[test]
    fn a_plan_as_a_script() {
        let script = render(&sample::plan(), Duration::from_secs(1));
        assert!(script.ends_with(GOLDEN), "{script}");
        assert!(script.starts_with("-- reconcile "));
    }

    #[test]
    fn an_empty_plan_has_no_statement() {
        let script = render(&sample::plan_of(vec![]), Duration::from_secs(1));
        assert!(script.lines().all(|line| line.starts_with("--")), "{script}");
    }

    #[test]
    fn a_change_of_path_inside_a_transaction_is_local() {
        let mut plan = sample::plan();
        let last = plan.batches.remove(1);
        plan.batches[0].steps.extend(last.steps);
        let script = render(&plan, Duration::from_secs(1));
        assert!(script.contains("SET LOCAL search_path = '';\n\n-- - table app.old"), "{script}");
    }
}
