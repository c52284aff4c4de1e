//! What good files compose to; `errors` holds what wrong ones are told.

mod errors;
mod schema;

use proptest::prelude::*;

use super::*;

const TOUR: &str = include_str!("../examples/tour.yaml");
const EVERYTHING: &str = include_str!("../examples/everything.yaml");

fn document(text: &str) -> Document {
    read(&Source::new("f.yaml", text)).unwrap_or_else(|error| panic!("{}", error.report()))
}

fn compose(text: &str) -> String {
    let document = document(text);
    for fragment in &document.fragments {
        if let Err(error) = syntax::parse(fragment) {
            panic!("{}\n{}", error.report(), fragment.sql);
        }
    }
    document.fragments.iter().map(|fragment| format!("{}\n", fragment.sql.trim_end())).collect()
}

/// The one statement of a table `app.t`, given what stands under its name on one line.
fn table(body: &str) -> String {
    compose(&format!("schemas: {{app: {{tables: {{t: {body}}}}}}}"))
}

#[test]
fn the_tour_composes() {
    let sql = compose(TOUR);
    for part in [
        "-- reconcile: renamed from \"todo_items\"\nCREATE TABLE \"app\".\"tasks\" (",
        "\"user_id\" bigint not null references app.users on delete cascade,",
        "\"status\" app.task_status DEFAULT ('todo') NOT NULL,",
        "-- reconcile: backfill 1\n\"priority\" smallint NOT NULL,",
        "GRANT select (id, name) ON TABLE \"app\".\"users\" TO \"app_ro\";",
        "CREATE TRIGGER \"users_touch\" before update  ON \"app\".\"users\" for each row execute function",
        "PARTITION OF \"app\".\"events\" FOR VALUES from ('2026-01-01') to ('2027-01-01');",
        "GRANT execute ON FUNCTION \"app\".\"task_count\"(owner_id bigint, only_open boolean) TO \"app_ro\";",
    ] {
        assert!(sql.contains(part), "{part}\n{sql}");
    }
    let manage = document(TOUR).manage.unwrap();
    assert_eq!(manage.schemas.unwrap()[0].0, "app");
    assert_eq!(manage.drop.otherwise, Some(DropRule::Ask));
}

#[test]
fn everything_composes() {
    let sql = compose(EVERYTHING);
    assert!(sql.contains("-- reconcile: using upper(\"Name\") || '!'\n"), "{sql}");
    assert!(sql.contains("AS $body1$begin -- $body$\n"), "{sql}");
    let manage = document(EVERYTHING).manage.unwrap();
    assert_eq!(manage.drop.kinds["materialized view"], DropRule::Allow);
}

#[test]
fn the_manual_shows_what_works() {
    let manual = include_str!("../../../../docs/yaml.md");
    let (_, rest) = manual.split_once("```yaml\n").unwrap();
    let sql = compose(rest.split_once("```").unwrap().0);
    assert!(sql.contains("CREATE INDEX \"users_created_at_idx\""), "{sql}");
}

#[test]
fn tabs_within_text_are_text() {
    let text = "schemas:\n  a:\n    functions:\n      f():\n        language: sql\n        body: |\n          select\n          \t1\n";
    assert!(compose(text).contains("select\n\t1"));
}

#[test]
fn comments_behind_roles_do_no_harm() {
    let sql = compose("schemas: {a: {default_privileges: [{for: r --x, objects: tables, grants: {b: [select --y]}}]}}");
    assert!(sql.contains("FOR ROLE r --x\n"), "{sql}");
}

#[test]
fn places_lead_back_to_the_file() {
    let text =
        "schemas:\r\n  é:\r\n    views:\r\n      v:\r\n        query: |\r\n          select 1,\r\n            nope\r\n";
    let document = document(text);
    let view = &document.fragments[1];
    let place = view.locate(view.sql.find("nope").unwrap());
    assert_eq!(place.to_string(), "f.yaml:7:13");
    assert_eq!(view.locate(view.sql.find("VIEW").unwrap()).to_string(), "f.yaml:4:7");
}

#[test]
fn quoted_and_folded_values_keep_their_places() {
    let text = "schemas:\n  a:\n    views:\n      v: {query: \"select '\\u0041',\\\n        nope\"}\n      w:\n        query: >-\n          select 1,\n          nope\n";
    let document = document(text);
    let at = |number: usize| {
        let fragment = &document.fragments[number];
        fragment.locate(fragment.sql.find("nope").unwrap()).to_string()
    };
    assert_eq!((at(1).as_str(), at(2).as_str()), ("f.yaml:5:9", "f.yaml:9:11"));
}

#[test]
fn keys_are_exact_and_words_of_old_yaml_are_names() {
    let sql = table("{columns: {on: int, Yes: int, \"no\": int, 'a\"b': int, y: text}, primary_key: [on, Yes]}");
    assert!(sql.contains("\"on\" int,\n\"Yes\" int,\n\"no\" int,\n\"a\"\"b\" int,\n\"y\" text"), "{sql}");
    assert!(sql.contains("PRIMARY KEY (\"on\", \"Yes\")"), "{sql}");
}

#[test]
fn numbers_and_booleans_stand_for_themselves() {
    let sql = table("{columns: {a: {type: numeric, default: 1.50}, b: {type: boolean, default: true}}}");
    assert!(sql.contains("DEFAULT (1.50)") && sql.contains("DEFAULT (true)"), "{sql}");
}

#[test]
fn a_bare_word_carries_a_hint() {
    let document = document("schemas: {a: {tables: {t: {columns: {c: text}, checks: {x: todo}}}}}");
    let create = &document.fragments[1];
    assert!(create.hint(create.sql.find("todo").unwrap()).unwrap().contains("\"'todo'\""));
    assert_eq!(create.hint(0), None);
}

#[test]
fn comments_do_not_swallow_what_follows() {
    let sql = table("{columns: {a: \"int -- one\", b: {type: \"int -- two\", nullable: false}}}");
    assert!(sql.contains("int -- one\n,") && sql.contains("int -- two\n NOT NULL"), "{sql}");
}

#[test]
fn nothing_is_an_empty_state() {
    for text in ["", "\u{feff}", "# only a comment\n", "---\n", "null\n", "reconcile: 1\n", "\r\n"] {
        assert!(document(text).fragments.is_empty(), "{text:?}");
    }
}

#[test]
fn a_byte_order_mark_does_not_shift_places() {
    let error = read(&Source::new("f.yaml", "\u{feff}schemata: {}\n")).unwrap_err();
    assert_eq!(error.location.unwrap().start, 3);
}

#[test]
fn every_role_is_a_role() {
    let sql =
        table("{columns: {}, policies: {p: {to: [public, current_user, session_user, app_rw]}}, owner: current_user}");
    assert!(sql.contains("TO public, current_user, session_user, app_rw"), "{sql}");
}

#[test]
fn deep_expressions_are_an_error_and_not_a_crash() {
    for (open, close) in [
        ("not ", ""),
        ("(", ")"),
        ("- ", ""),
        ("f(", ")"),
        ("(select ", ")"),
        ("array[", "]"),
        ("case when ", " then 1 end"),
    ] {
        for depth in [50, 2_000, 100_000] {
            let value = format!("{}a{}", open.repeat(depth), close.repeat(depth));
            survives(&format!("schemas: {{a: {{tables: {{t: {{checks: {{k: \"{value}\"}}}}}}}}}}"));
        }
    }
}

/// Pieces that make documents which nearly belong to the format.
fn piece() -> impl Strategy<Value = String> {
    let words = keys::ALL.iter().flat_map(|keys| keys.keys.iter().map(|key| format!("{key}:"))).collect::<Vec<_>>();
    let marks =
        ["\n", "\n  ", "\n    ", "\n      ", " ", "- ", "|", ">-", "[", "]", "{", "}", ", ", "\"", "'", "#", "\t"];
    let sql =
        ["int", "a", "(", ")", ";", "--", "/*", "$$", "é", "default 1", "select 1", "null", "on", "&x", "*x", "!t"];
    let fixed = marks.iter().chain(&sql).map(|text| (*text).to_owned()).collect::<Vec<_>>();
    prop_oneof![3 => proptest::sample::select(words), 4 => proptest::sample::select(fixed), 1 => ".{0,6}"]
}

fn survives(text: &str) {
    if let Ok(document) = read(&Source::new("f.yaml", text)) {
        for fragment in document.fragments {
            assert!(syntax::parse(&fragment).is_ok(), "{text}\n{}", fragment.sql);
            fragment.locate(fragment.sql.len() + 1);
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(pieces in proptest::collection::vec(piece(), 0..60)) {
        survives(&pieces.concat());
    }

    #[test]
    fn no_damage_makes_it_panic(at in 0usize..12_000, length in 0usize..40, put in piece(), tour: bool) {
        let text = if tour { TOUR } else { EVERYTHING };
        let from = text.char_indices().map(|(at, _)| at).rfind(|start| *start <= at).unwrap_or_default();
        let to = (from + length).min(text.len());
        let to = (to..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        survives(&format!("{}{put}{}", &text[..from], &text[to..]));
    }

    #[test]
    fn no_value_reaches_beyond_its_place(value in "[a-z0-9 (),;'\"$*/-]{1,24}") {
        let value = value.replace('\'', "''");
        for place in ["columns: {c: '@'}", "columns: {c: {type: int, default: '@'}}", "checks: {k: '@'}",
            "columns: {c: int}, indexes: {i: ['@']}", "partition_by: '@'", "grants: {r: ['@']}", "exclude: {k: '@'}"] {
            survives(&format!("schemas: {{a: {{tables: {{t: {{{}}}}}}}}}", place.replace('@', &value)));
        }
    }
}
