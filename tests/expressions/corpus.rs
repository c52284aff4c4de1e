//! The measured corpus, which is not part of the repository: `RECONCILE_EXPRESSION_CORPUS` names a folder with
//! `pairs.jsonl`, `near_misses.jsonl` and `models/SCRIPT.MAJOR.tsv`, facts in the format of `src/facts/record.rs`.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use reconcile::expr::Context;
use reconcile::facts::Facts;
use serde_json::Value;

use crate::record::fact;
use crate::side::{Place, side};

fn facts(folder: &Path, script: &str, major: u16) -> Option<Facts> {
    let lines = std::fs::read_to_string(folder.join(format!("models/{script}.{major}.tsv"))).ok()?;
    let mut facts = Facts::new(major);
    for line in lines.lines() {
        let line = line.split_once('\u{1}').map_or(line, |(_, line)| line);
        if let Some(fact) = fact(line) {
            facts.model.add_fact(fact);
        }
    }
    (!lines.is_empty()).then_some(facts)
}

fn place(row: &Value) -> Place {
    let info = &row["info"];
    let get = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let key = get(&info["typename"]);
    Place {
        kind: get(&row["context"]),
        schema: get(&info["schema"]),
        table: get(&info["table"]),
        type_key: key.strip_prefix("pg_catalog.").unwrap_or(&key).to_owned(),
        typmod: info["typmod"].as_i64().and_then(|typmod| typmod.try_into().ok()).unwrap_or(-1),
        parent: (get(&info["parent"]["schema"]), get(&info["parent"]["table"])),
        partition_key: get(&info["partkey"]),
        object: get(if row["object"].is_null() { &row["object_sql"] } else { &row["object"] }),
        written: true,
    }
}

#[derive(Default)]
struct Tally {
    equal: usize,
    different: usize,
    unresolved: usize,
    skipped: usize,
}

/// `Ok(None)` when there is no model; else both outcomes.
fn compare(row: &Value, facts: &Facts, written: &str, stored: &str) -> Result<(String, String), String> {
    let path: Vec<String> =
        row["search_path"].as_array().into_iter().flatten().filter_map(|s| s.as_str().map(str::to_owned)).collect();
    let mut place = place(row);
    let context =
        Context { facts, search_path: &path, implicit_path: &path, time_zone: "Etc/UTC", renames: None, exact: false };
    let left = side(&context, &place, written)?.map_err(|error| format!("w: {error}"))?;
    place.written = false;
    let context = Context { search_path: &[], ..context };
    let right = side(&context, &place, stored)?.map_err(|error| format!("s: {error}"))?;
    Ok((left, right))
}

fn rows(path: &Path) -> Vec<Value> {
    let lines = std::fs::read_to_string(path).unwrap_or_default();
    lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

const ELSEWHERE: [&str; 4] = ["column_type", "arg_type", "fk", "trigger"];

fn measure(folder: &Path, file: &str, written: &str, stored: &str) -> BTreeMap<String, Tally> {
    let verbose = std::env::var("RECONCILE_EXPRESSION_SHOW").unwrap_or_default();
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut cache: HashMap<String, Option<Facts>> = HashMap::new();
    for row in rows(&folder.join(file)) {
        let kind = row["context"].as_str().unwrap_or_default().to_owned();
        if ELSEWHERE.contains(&kind.as_str()) {
            continue;
        }
        let script = row["script"].as_str().unwrap_or_default().to_owned();
        let majors: Vec<u64> = match &row["versions"] {
            Value::Array(majors) => majors.iter().filter_map(Value::as_u64).collect(),
            _ => row["pg_version"].as_u64().into_iter().collect(),
        };
        let tally = tallies.entry(kind.clone()).or_default();
        let found = majors.iter().find_map(|major| {
            let key = format!("{script}.{major}");
            let load = || facts(folder, &script, u16::try_from(*major).unwrap_or(18));
            cache.entry(key.clone()).or_insert_with(load).is_some().then_some(key)
        });
        let Some(Some(facts)) = found.and_then(|key| cache.get(&key)) else {
            tally.skipped += 1;
            continue;
        };
        let texts = (row[written].as_str().unwrap_or("NULL"), row[stored].as_str().unwrap_or("NULL"));
        let shown = match compare(&row, facts, texts.0, texts.1) {
            Ok((left, right)) if left == right => {
                tally.equal += 1;
                format!("EQUAL {left}")
            }
            Ok((left, right)) => {
                tally.different += 1;
                format!("DIFFERENT\n  {left}\n  {right}")
            }
            Err(error) => {
                tally.unresolved += 1;
                format!("UNRESOLVED {error}")
            }
        };
        if !verbose.is_empty() && (verbose == kind || shown.starts_with(&verbose)) {
            println!("{kind} {} {shown}\n  {}\n  {}\n", row["id"], texts.0, texts.1);
        }
        if cache.len() > 500 {
            cache.clear();
        }
    }
    tallies
}

fn report(tallies: &BTreeMap<String, Tally>) -> (usize, usize) {
    let (mut equal, mut all) = (0, 0);
    for (kind, tally) in tallies {
        let total = tally.equal + tally.different + tally.unresolved;
        let share = tally.equal as f64 * 100.0 / total.max(1) as f64;
        println!(
            "{kind:18} {total:5} equal {:5} ({share:6.2} %) different {:4} unresolved {:4} skipped {:4}",
            tally.equal, tally.different, tally.unresolved, tally.skipped
        );
        equal += tally.equal;
        all += total;
    }
    println!("all: {equal} of {all} equal, {:.2} %", equal as f64 * 100.0 / all.max(1) as f64);
    (equal, all)
}

#[test]
fn corpus() {
    let Ok(folder) = std::env::var("RECONCILE_EXPRESSION_CORPUS") else { return };
    let folder = Path::new(&folder);
    let near = measure(folder, "near_misses.jsonl", "written_expr", "stored_expr");
    println!("near misses");
    let (wrong, _) = report(&near);
    let start = std::time::Instant::now();
    let pairs = measure(folder, "pairs.jsonl", "written", "stored");
    println!("pairs");
    let (equal, all) = report(&pairs);
    println!("{:.2} ms a pair, models included", start.elapsed().as_secs_f64() * 1000.0 / all.max(1) as f64);
    assert_eq!(wrong, 0, "near misses that are equal");
    assert!(equal * 1000 >= all * 980, "{equal} of {all} pairs are equal");
}
