//! Wrong files: the place, the message, the hint.

use super::*;

/// Under `schemas: a: tables: t:`, on line 5 and indented by eight.
fn in_table(body: &str) -> String {
    format!("schemas:\n  a:\n    tables:\n      t:\n        {body}\n")
}

fn cases() -> Vec<(String, &'static str, &'static str)> {
    let document: &[(&str, &str, &str)] = &[
        ("schemata: {}", "1:1 unknown key \"schemata\"", "did you mean \"schemas\"?"),
    ];
    document.iter().map(|(text, error, hint)| ((*text).to_owned(), *error, *hint)).collect()
}

#[test]
fn dump() {
    for (text, ..) in cases() { println!("{}", read(&Source::new("f", text)).unwrap_err().report()); }
    let list = include_str!("/tmp/errs.txt");
    for line in list.lines().filter(|l| !l.is_empty()) {
        let (kind, text) = line.split_once('~').unwrap();
        let text = text.replace("\\n", "\n").replace("\\t", "\t");
        let full = if kind == "T" { in_table(&text) } else { text.clone() };
        match read(&Source::new("f", full)) {
            Ok(d) => println!("!!OK {line} => {}", d.fragments.iter().map(|f| f.sql.clone()).collect::<String>()),
            Err(e) => { let (l, c) = e.location.as_ref().map(|p| p.line_column()).unwrap_or((0,0));
              println!("@{kind}~{line}~{l}:{c} {}~{}", e.message, e.hint.clone().unwrap_or_default()) }
        }
    }
}
