//! The fixtures: every case of `fixtures/`, with rows in the tables, on every major that is here, and back again, judged by
//! a catalogue digest, by pg_dump where one fits, by the rows themselves and by psql, never by the tool alone.
//!
//! `FIXTURE='enum/*,view/options'` runs a part of them.

mod support;

#[path = "fixtures/case.rs"]
mod case;
#[path = "fixtures/digest.rs"]
mod digest;
#[path = "fixtures/dump.rs"]
mod dump;
#[path = "fixtures/rows.rs"]
mod rows;
#[path = "fixtures/run.rs"]
mod run;
#[path = "fixtures/tool.rs"]
mod tool;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use case::{Case, Direction, cases};
use support::Cluster;

/// Roles that cases grant to and give objects to; the superuser of the clusters is `postgres`.
const ROLES: &[&str] = &["app_ro", "app_rw", "\"App-User\""];

/// Cases that run at a time on one server.
const THREADS: usize = 4;

/// How long a failure may be in the report.
const LONGEST: usize = 6000;

#[test]
fn fixtures_on_14() {
    fixtures_on(14);
}

#[test]
fn fixtures_on_15() {
    fixtures_on(15);
}

#[test]
fn fixtures_on_16() {
    fixtures_on(16);
}

#[test]
fn fixtures_on_17() {
    fixtures_on(17);
}

#[test]
fn fixtures_on_18() {
    fixtures_on(18);
}

#[test]
fn there_are_enough_cases() {
    let cases = cases().expect("every case is complete");
    assert!(cases.len() >= 150, "{} cases", cases.len());
    for major in 14..=18 {
        let count = cases.iter().filter(|case| case.runs_on(major)).count();
        assert!(count >= 150, "{count} cases claim PostgreSQL {major}");
    }
}

/// A test of one major does nothing where no server of it is; `support::clusters()` fails when there is none at all, or
/// when one that must be there is missing.
fn fixtures_on(major: u32) {
    let Some(cluster) = support::cluster(major) else {
        println!("no PostgreSQL {major} here");
        return;
    };
    for role in ROLES {
        let name = role.trim_matches('"');
        let sql = format!("SELECT count(*) FROM pg_roles WHERE rolname = '{name}';");
        if cluster.psql("postgres", &sql).expect("roles can be read").trim() == "0" {
            cluster.psql("postgres", &format!("CREATE ROLE {role};")).expect("roles can be made");
        }
    }
    let filter = std::env::var("FIXTURE").unwrap_or_else(|_| "*".to_string());
    let mut wanted = cases().expect("every case is complete");
    wanted.retain(|case| case.runs_on(major) && filter.split(',').any(|one| matches(one, &case.name)));
    let outcome = run_all(&wanted, cluster);
    println!("PostgreSQL {major}: {}", outcome.summary);
    assert!(!wanted.is_empty() || filter != "*", "no case runs on PostgreSQL {major}");
    let mut failures = outcome.failures;
    for case in wanted.iter().filter(|case| case.is_known_defect(major)) {
        let before = failures.len();
        failures.retain(|failure| !failure.starts_with(&format!("{} ", case.name)));
        println!("known defect on PostgreSQL {major}: {}", case.name);
        if failures.len() == before {
            failures.push(format!(
                "{} on {major} is no defect any more: take known_defect out of its case.toml",
                case.name
            ));
        }
    }
    assert!(failures.is_empty(), "PostgreSQL {major}: {}\n\n{}", outcome.summary, failures.join("\n\n"));
}

struct Report {
    summary: String,
    failures: Vec<String>,
}

/// The way back is run on the oldest major and on the two newest: 15 and 16 stand between them with no form of DDL that
/// neither side has.
fn directions(major: u32) -> &'static [Direction] {
    if matches!(major, 15 | 16) { &[Direction::Forward] } else { &[Direction::Forward, Direction::Reverse] }
}

fn run_all(cases: &[Case], cluster: &'static Cluster) -> Report {
    let next = AtomicUsize::new(0);
    let (failures, total) = (Mutex::new(vec![]), Mutex::new(run::Passed::default()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut origin = None;
                    for direction in directions(cluster.major) {
                        match checked(case, cluster, *direction, &mut origin) {
                            Ok(passed) => total.lock().expect("no thread panics with it").add(passed),
                            Err(failure) => {
                                let text = format!("{} {direction:?} on {}: {failure}", case.name, cluster.major);
                                // at once, so that a run that is stopped has said what it saw
                                eprintln!("failed: {}", text.lines().next().unwrap_or_default());
                                failures.lock().expect("no thread panics with it").push((case.name.clone(), text));
                            }
                        }
                    }
                }
            });
        }
    });
    let mut failures: Vec<(String, String)> = failures.into_inner().expect("no thread panics with it");
    failures.sort();
    let total = total.into_inner().expect("no thread panics with it");
    let mut names: Vec<&str> = failures.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    let summary = format!(
        "{} cases, {} fail; {} rows, {} end states also by pg_dump, {} tables end in another column order{}{}",
        cases.len(),
        names.len(),
        total.rows,
        total.dumped,
        total.other_order,
        if names.is_empty() { "" } else { "\n  failing: " },
        names.join(" ")
    );
    Report { summary, failures: failures.into_iter().map(|(_, text)| text).collect() }
}

/// A panic in a case is its failure and no end of the others; a case that asserted nothing is an error.
fn checked(
    case: &Case,
    cluster: &'static Cluster,
    direction: Direction,
    origin: &mut Option<digest::Digest>,
) -> Result<run::Passed, String> {
    let result = catch_unwind(AssertUnwindSafe(|| run::run(case, cluster, direction, origin)));
    let result = result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default())
    });
    match result {
        Ok(passed) if passed.assertions == 0 => Err("the case asserted nothing".to_string()),
        Ok(passed) => Ok(passed),
        Err(text) if text.len() > LONGEST => Err(text.chars().take(LONGEST).collect::<String>() + " …"),
        Err(text) => Err(text),
    }
}

impl run::Passed {
    fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.other_order += other.other_order;
        self.dumped += other.dumped;
        self.assertions += other.assertions;
    }
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => {
            let Some(tail) = name.strip_prefix(head) else { return false };
            (0..=tail.len()).filter(|at| tail.is_char_boundary(*at)).any(|at| matches(rest, &tail[at..]))
        }
    }
}

#[test]
fn patterns_match_names() {
    assert!(matches("*", "enum/add") && matches("enum/*", "enum/add") && matches("*add*", "enum/add_one"));
    assert!(!matches("enum", "enum/add") && !matches("enum/*x", "enum/add"));
}
