//! Definitions over a small schema, as written and as servers of 14 and 18 stored them.
//!
//! `schema.sql` makes the schema, `schema.tsv` has its facts. A line of `definitions.tsv` has the group, the variant,
//! the kind with its argument, the written and the stored form. Both forms of a line are equal; two variants of a
//! group that are stored differently are not.

use reconcile::expr::Context;
use reconcile::facts::Facts;

use crate::record::fact;
use crate::side::{Place, side};

struct Line {
    group: String,
    variant: String,
    kind: String,
    written: String,
    stored: String,
}

fn lines() -> Vec<Line> {
    let unescape = |text: &str| {
        let (mut out, mut chars) = (String::new(), text.chars());
        while let Some(char) = chars.next() {
            match (char, char == '\\') {
                (_, true) => match chars.next() {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some(other) => out.push(other),
                    None => {}
                },
                (other, _) => out.push(other),
            }
        }
        out
    };
    let line = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        Line {
            group: fields[0].to_owned(),
            variant: fields[1].to_owned(),
            kind: fields[2].to_owned(),
            written: unescape(fields[3]),
            stored: unescape(fields[4]),
        }
    };
    include_str!("definitions.tsv").lines().map(line).collect()
}

fn facts() -> Facts {
    let mut facts = Facts::new(18);
    for line in include_str!("schema.tsv").lines() {
        facts.model.add_fact(fact(line).expect("a fact"));
    }
    facts
}

/// Key and modifier of the types that kinds name.
fn type_of(name: &str) -> (&str, i32) {
    match name {
        "int" => ("int4", -1),
        "boolean" => ("bool", -1),
        "varchar(5)" => ("varchar", 9),
        "numeric(10,2)" => ("numeric", (10 << 16) + 2 + 4),
        "text[]" => ("_text", -1),
        "mood" => ("public.mood", -1),
        other => (other, -1),
    }
}

fn form(facts: &Facts, line: &Line, written: bool) -> String {
    let (kind, argument) = line.kind.split_once(':').unwrap_or((&line.kind, ""));
    let (type_key, typmod) = type_of(argument);
    let partition_key = match argument {
        "pr" => "RANGE (id)",
        "pt" => "RANGE (at)",
        "pl" => "LIST (code)",
        _ => "",
    };
    let place = Place {
        kind: kind.to_owned(),
        schema: "public".to_owned(),
        table: "t".to_owned(),
        type_key: type_key.to_owned(),
        typmod,
        parent: ("public".to_owned(), argument.to_owned()),
        partition_key: partition_key.to_owned(),
        object: line.written.clone(),
        written,
    };
    let path = vec!["public".to_owned()];
    let own: &[String] = if written { &path } else { &[] };
    let context = Context { facts, search_path: own, implicit_path: &path, time_zone: "UTC" };
    let text = if written { &line.written } else { &line.stored };
    match side(&context, &place, text) {
        Ok(Ok(form)) => form,
        Ok(Err(error)) => panic!("{text}: {error}"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn written_and_stored_are_equal_and_variants_differ() {
    let (facts, lines) = (facts(), lines());
    let forms: Vec<(String, String)> =
        lines.iter().map(|line| (form(&facts, line, true), form(&facts, line, false))).collect();
    let mut wrong = vec![];
    let mut near_misses = 0;
    for (line, (written, stored)) in lines.iter().zip(&forms) {
        if written != stored {
            wrong.push(format!("differs: {}\n  {}\n  {written}\n  {stored}", line.written, line.stored));
        }
        for (other, (_, other_stored)) in lines.iter().zip(&forms) {
            if line.group != other.group || line.variant == other.variant || line.stored == other.stored {
                continue;
            }
            near_misses += 1;
            if written == other_stored {
                wrong.push(format!("equal: {}\n  {}\n  {written}", line.written, other.stored));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(near_misses > 1000, "{near_misses} near misses");
}
