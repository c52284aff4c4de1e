//! Wrong files: the place, the message, the hint.

use super::*;

/// A text, then line, column and message, then the hint.
type Case = (&'static str, &'static str, &'static str);

/// Whole documents.
#[rustfmt::skip]
const DOCUMENTS: &[Case] = &[
    ("schemata: {}",
        r#"1:1 unknown key "schemata" in a document"#, r#"did you mean "schemas"?"#),
    ("schemas: []",
        "1:10 expected a map, found a list", ""),
    ("- a",
        "1:1 expected a map, found a list", ""),
    ("just text",
        "1:1 expected a map, found a single value", ""),
    ("reconcile: 2",
        "1:12 unknown version of the format: 2", "this program reads version 1"),
    ("reconcile: one",
        "1:12 unknown version of the format: one", "this program reads version 1"),
    ("schemas: {a: {}, a: {}}",
        r#"1:18 duplicate key "a""#, "it was first given on line 1"),
    ("schemas: {a: &x {}}",
        "1:14 anchors and aliases (& and *) are not supported", "write the value out, so that each object can be read where it stands"),
    ("schemas: {a: *x}",
        "1:14 while parsing node, found unknown anchor", ""),
    ("schemas:\n  a:\n    <<: {comment: x}",
        "3:5 merge keys (<<) are not supported", "write the entries out"),
    ("schemas: {a: !t {}}",
        "1:14 tags (!) are not supported", "put the value in quotes when the ! belongs to it"),
    ("schemas: {}\n---\nschemas: {}",
        "2:1 several documents in one file", "put each document in a file of its own"),
    ("schemas:\n\ta: {}",
        "2:1 a tab in the indentation", "YAML is indented with spaces only"),
    ("schemas:\n  a:\n  \tcomment: x",
        "3:3 a tab in the indentation", "YAML is indented with spaces only"),
    ("schemas: {a: {}",
        "1:16 while parsing a flow mapping, did not find expected ',' or '}'", ""),
    (r#"schemas: "a"#,
        "1:10 while scanning a quoted scalar, found unexpected end of stream", ""),
    ("schemas:\n  a: b: c",
        "2:7 mapping values are not allowed in this context", ""),
    ("schemas: {1: {}}",
        "1:11 the key 1 is not text", r#"write "1" in quotes when it is a name"#),
    ("schemas: {true: {}}",
        "1:11 the key true is not text", r#"write "true" in quotes when it is a name"#),
    ("schemas: {null: {}}",
        "1:11 the key null is not text", r#"write "null" in quotes when it is a name"#),
    ("schemas: {[a]: {}}",
        "1:11 a key must be a single word of text", ""),
    (r#"schemas: {"": {}}"#,
        "1:11 a name cannot be empty", ""),
    ("schemas: {a: }",
        "1:12 expected a map, found nothing", "write {} for an empty map, or leave the key out"),
    ("schemas: {aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg: {}}",
        "1:11 the name is 64 bytes long, and PostgreSQL keeps 63", "choose a shorter name"),
    ("extensions: {citext: }",
        "1:20 expected a map, found nothing", "write {} for an empty map, or leave the key out"),
    ("extensions: {citext: {schema: a b}}",
        r#"1:33 syntax error at or near "b""#, "expected one name"),
    (r#"extensions: {citext: {verison: "1"}}"#,
        r#"1:23 unknown key "verison" in an extension"#, r#"did you mean "version"?"#),
    ("manage: {drop: maybe}",
        r#"1:16 unknown word "maybe""#, "it can be never, ask, allow"),
    ("manage: {drop: {tabel: never}}",
        r#"1:17 unknown kind of object "tabel""#, r#"did you mean "table"?"#),
    ("manage: {roles: yes}",
        r#"1:17 expected true or false, found "yes""#, "booleans are written true and false, in small letters and without quotes"),
    ("sql: select 1 frm x y",
        r#"1:19 syntax error at or near "x""#, ""),
    ("sql: {a: b}",
        "1:6 expected a list, found a map", ""),
    ("schemas: {a: {types: {t: {}}}}",
        "1:23 a type has exactly one of the keys enum, domain, composite, range", ""),
    ("schemas: {a: {types: {t: {enum: [a], domain: int}}}}",
        "1:38 a type has exactly one of the keys enum, domain, composite, range", ""),
    ("schemas: {a: {types: {t: {enum: [a], default: 1}}}}",
        r#"1:38 only a domain has the key "default""#, ""),
    ("schemas: {a: {types: {t: {enum: {a: b}}}}}",
        "1:33 expected a list, found a map", ""),
    (r#"schemas: {a: {types: {t: {domain: "int check (value > 0"}}}}"#,
        "1:56 syntax error at the end of the value", "expected the base type of a domain"),
    ("schemas: {a: {types: {t: {composite: {x: int not null}}}}}",
        "1:42 expected a type", ""),
    ("schemas: {a: {views: {v: {}}}}",
        r#"1:26 a view needs the key "query""#, ""),
    (r#"schemas: {a: {views: {v: {query: "select 1; drop table x"}}}}"#,
        "1:43 a semicolon cannot be part of this value", ""),
    (r#"schemas: {a: {views: {v: {query: "select 1 into x"}}}}"#,
        "1:34 expected one query", ""),
    (r#"schemas: {a: {views: {v: {query: "delete from x"}}}}"#,
        "1:34 expected one query", ""),
    ("schemas: {a: {views: {v: {query: select 1, check_option: all}}}}",
        r#"1:58 unknown word "all""#, "it can be local, cascaded"),
    ("schemas:\n  a:\n    views:\n      v:\n        query: |\n          select 1,\n            from from x",
        r#"7:13 syntax error at or near "from""#, "expected one query"),
    ("schemas: {a: {functions: {f: {body: x}}}}",
        r#"1:27 "f" is not a signature"#, r#"write the arguments too: "f()""#),
    (r#"schemas: {a: {functions: {"f()": {returns: int}}}}"#,
        "1:34 the body is missing", r#"add the key "body" with a block of text"#),
    (r#"schemas: {a: {functions: {"f(a int": {body: x}}}}"#,
        r#"1:27 "f(a int" is not a signature"#, "it must end with the parenthesis that closes the arguments"),
    (r#"schemas: {a: {functions: {"f(a in in int)": {body: x}}}}"#,
        r#"1:35 syntax error at or near "in""#, "expected function arguments"),
    (r#"schemas: {a: {functions: {"f()": {returns: int language sql, body: x}}}}"#,
        "1:44 expected what a function returns", ""),
    (r#"schemas: {a: {functions: {"f()": {volatility: imutable, body: x}}}}"#,
        r#"1:47 unknown word "imutable""#, r#"did you mean "immutable"?"#),
    ("schemas: {a: {sequences: {s: {start: 1 cache 5}}}}",
        "1:38 expected a number", ""),
    ("schemas: {a: {sequences: {s: {cycle: on}}}}",
        r#"1:38 expected true or false, found "on""#, "booleans are written true and false, in small letters and without quotes"),
    ("schemas: {a: {grants: [x]}}",
        "1:23 expected a map, found a list", ""),
    (r#"schemas: {a: {grants: {r: ["usage, create"]}}}"#,
        r#"1:28 expected one privilege, such as select or "update (name)""#, ""),
    (r#"schemas: {a: {grants: {r: ["usage on schema x to y; grant usage"]}}}"#,
        "1:51 a semicolon cannot be part of this value", ""),
    ("schemas: {a: {default_privileges: [{objects: table, grants: {}}]}}",
        r#"1:46 unknown word "table""#, r#"did you mean "tables"?"#),
    ("schemas: {a: {default_privileges: [{grants: {}}]}}",
        r#"1:36 a default privileges entry needs the key "objects""#, ""),
    (r#"schemas: {a: {functions: {"f()": {returns: int, body: x, return: "1"}}}}"#,
        "1:34 a routine has one of the keys body, return and library", ""),
    (r#"schemas: {a: {functions: {"f()": {body: "begin atomic select 1; end; select 2"}}}}"#,
        "1:41 expected one body: begin atomic … end", ""),
    ("schemas: {a: {types: {t: {composite: {x: {collation: x}}}}}}",
        r#"1:42 a field of a composite type needs the key "type""#, ""),
    ("schemas: {a: {types: {t: {range: {subtyp: int}}}}}",
        r#"1:35 unknown key "subtyp" in a range"#, r#"did you mean "subtype"?"#),
    ("schemas: {a: {materialized_views: {m: {query: select 1, with_data: never}}}}",
        r#"1:68 expected true or false, found "never""#, "booleans are written true and false, in small letters and without quotes"),
    ("schemas: {a: {tables: {t: {columns: {c: int}, zebra: 1}}}}",
        r#"1:47 unknown key "zebra" in a table"#, "known keys: comment, owner, columns, primary_key, unique, checks, exclude, foreign_keys, indexes, triggers, row_security, policies, grants, inherits, of, like, partition_by, partitions, options, tablespace, access_method, unlogged, replica_identity, cluster_on, statistics, renamed_from"),
    (r#"sql: "create table x (""#,
        "1:23 syntax error at end of input", ""),
    ("schemas:\n  a:\n    comment: \"x\n    owner: y",
        "3:14 invalid indentation in quoted scalar", ""),
];

/// What stands under the name of a table: on line 5, indented by eight.
#[rustfmt::skip]
const TABLES: &[Case] = &[
    ("colums: {}",
        r#"5:9 unknown key "colums" in a table"#, r#"did you mean "columns"?"#),
    ("columns: {a: int, a: text}",
        r#"5:27 duplicate key "a""#, "it was first given on line 5"),
    (r#"columns: {a: "int, b int"}"#,
        "5:22 expected the rest of a column definition", ""),
    (r#"columns: {a: "int) partition by range (a"}"#,
        "5:26 a closing parenthesis without an opening one", ""),
    ("columns: {a: int nut null}",
        r#"5:26 syntax error at or near "nut""#, "expected the rest of a column definition"),
    ("columns: {a: }",
        r#"5:20 the column "a" has no type"#, ""),
    ("columns: {a: {nullable: false}}",
        r#"5:19 the column "a" has no type"#, ""),
    ("columns: {a: [int]}",
        "5:22 expected a single value, found a list", ""),
    ("columns: {a: {type: int, nulable: false}}",
        r#"5:34 unknown key "nulable" in a column"#, r#"did you mean "nullable"?"#),
    ("columns: {a: {type: int, nullable: no}}",
        r#"5:44 expected true or false, found "no""#, "booleans are written true and false, in small letters and without quotes"),
    ("columns: {a: {type: int, nullable: True}}",
        r#"5:44 expected true or false, found "True""#, "booleans are written true and false, in small letters and without quotes"),
    ("columns: {a: {type: int not null}}",
        "5:29 expected a type", ""),
    ("columns: {a: {type: text, default: todo}}",
        r#"5:44 a default cannot refer to a column, and "todo" is one"#, r#"values are SQL expressions; for the text todo write "'todo'""#),
    ("columns: {a: text default todo}",
        r#"5:35 a default cannot refer to a column, and "todo" is one"#, r#"values are SQL expressions; for the text todo write "'todo'""#),
    ("columns: {a: {type: int, default: 1, generated: b}}",
        "5:43 a generated or identity column cannot have a default", ""),
    ("columns: {a: {type: int, generated: {stored: true}}}",
        r#"5:45 a generated column needs the key "as""#, ""),
    ("columns: {a: {type: int, identity: allways}}",
        r#"5:44 unknown word "allways""#, r#"did you mean "always"?"#),
    ("columns: {a: {type: int, identity: {start: x}}}",
        r#"5:52 syntax error at or near "x""#, "expected a number"),
    ("columns: {a: {type: int, statistics: many}}",
        "5:46 expected a whole number, found 'many'", ""),
    ("columns: {a: {type: int, backfill: \"'a\\\n\\\nb' -- x\"}}",
        "5:44 invalid indentation in quoted scalar", ""),
    (r#"columns: {a: {type: int, references: "x, b int"}}"#,
        "5:46 expected what the key refers to, such as app.users (id)", ""),
    (r#"columns: {a: {type: int, renamed_from: ""}}"#,
        "5:48 a name cannot be empty", ""),
    ("columns: [a]",
        "5:18 expected a map, found a list", ""),
    (r#"checks: {c: "true) , drop"}"#,
        "5:26 a closing parenthesis without an opening one", ""),
    (r#"checks: {c: "a > 0, b"}"#,
        "5:21 expected one expression", ""),
    (r#"checks: {c: "a > "}"#,
        "5:25 syntax error at the end of the value", "expected one expression"),
    (r#"checks: {c: "a > 'x"}"#,
        "5:26 unterminated quoted string", "expected one expression"),
    ("checks: {c: {not_valid: true}}",
        r#"5:21 a check needs the key "check""#, ""),
    ("checks: {c: {check: a > 0, not_valid: maybe}}",
        r#"5:47 expected true or false, found "maybe""#, "booleans are written true and false, in small letters and without quotes"),
    ("primary_key: []",
        "5:22 the list is empty", ""),
    ("primary_key: {name: x}",
        r#"5:22 a key needs the key "columns""#, ""),
    ("primary_key: {columns: [a], nulls_not_distinct: true}",
        "5:57 a primary key holds no nulls", ""),
    ("primary_key: {columns: [a], comment: x}",
        "5:46 a primary key needs a name to have a comment", r#"add the key "name""#),
    ("unique: {u: {name: x, columns: [a]}}",
        "5:28 the name is the key already", ""),
    (r#"unique: {u: ["a, b"]}"#,
        "5:22 expected one column", ""),
    ("unique: {u: {columns: [a], deferrable: false, initially_deferred: true}}",
        "5:48 a constraint that is initially deferred is deferrable", ""),
    (r#"exclude: {e: "using gist (a with =), add column b int"}"#,
        "5:22 expected the rest of an exclusion constraint", ""),
    ("foreign_keys: {f: {columns: [a]}}",
        r#"5:27 a foreign key needs the key "references""#, ""),
    ("foreign_keys: {f: {columns: [a], references: x, on_delete: explode}}",
        r#"5:68 syntax error at or near "explode""#, "expected an action, such as cascade"),
    ("foreign_keys: {f: {columns: [a], references: x, match: half}}",
        r#"5:64 unknown word "half""#, "it can be simple, full"),
    (r#"indexes: {i: ["a) include (b"]}"#,
        "5:25 a closing parenthesis without an opening one", ""),
    ("indexes: {i: [length(a]}",
        "5:31 syntax error at the end of the value", "expected one column or expression"),
    ("indexes: {i: {colums: [a]}}",
        r#"5:23 unknown key "colums" in an index"#, r#"did you mean "columns"?"#),
    (r#"indexes: {i: {columns: [a], statistics: {"0": 5}}}"#,
        r#"5:50 "0" is not the number of a column"#, r#"count the columns of the index from "1""#),
    ("indexes: {i: [a desc nulls lost]}",
        r#"5:30 syntax error at or near "nulls""#, "expected one column or expression"),
    ("triggers: {g: before update for each row}",
        "5:49 syntax error at the end of the value", "expected a trigger, such as before update for each row execute function app.touch()"),
    ("triggers: {g: before update}",
        "5:23 the trigger executes nothing", "end it with execute function app.name()"),
    ("triggers: {g: before update for each row execute function}",
        "5:66 syntax error at the end of the value", "expected a trigger, such as before update for each row execute function app.touch()"),
    ("triggers: {g: {timing: befor, events: insert, execute: f()}}",
        r#"5:32 unknown word "befor""#, r#"did you mean "before"?"#),
    ("policies: {p: {for: everything}}",
        r#"5:29 unknown word "everything""#, "it can be all, select, insert, update, delete"),
    ("policies: {p: using true}",
        "5:23 expected a map, found a single value", ""),
    ("row_security: on",
        r#"5:23 unknown word "on""#, "it can be disabled, enabled, forced"),
    ("replica_identity: some_index",
        r#"5:27 unknown word "some_index""#, "it can be default, full, nothing"),
    ("partition_by: range (a) tablespace x",
        "5:23 expected a partition key, such as range (at)", ""),
    ("partition_by: ranges (a",
        "5:32 syntax error at the end of the value", "expected a partition key, such as range (at)"),
    ("partitions: {p: default}",
        r#"5:22 a table with partitions needs the key "partition_by""#, ""),
    ("partition_by: range (a)\n        partitions: {p: {comment: x}}",
        r#"6:25 a partition needs the key "bound""#, ""),
    ("partition_by: range (a)\n        partitions: {p: from (1) too (2)}",
        r#"6:34 syntax error at or near "too""#, "expected a partition bound"),
    ("partition_by: range (a)\n        partitions: {p: {bound: default, columns: {a: {type: int}}}}",
        "6:62 the type of this column comes from elsewhere", ""),
    ("options: {fillfactor: [1]}",
        "5:31 expected a single value, found a list", ""),
    (r#"inherits: [x, "y) z"]"#,
        "5:25 a closing parenthesis without an opening one", ""),
    ("{of: a.x, inherits: [y]}",
        "5:29 a table of a composite type cannot inherit", ""),
    ("columns: {a: {type: int, backfill: \"'a\n\n          b' -- x\"}}",
        "5:44 a line break inside a string", "write it as E'\\n'"),
    (r#"statistics: {s: {columns: [a, b], kinds: ["mcv) on a"]}}"#,
        "5:55 a closing parenthesis without an opening one", ""),
    ("columns: {a: {type: int, storage: plane}}",
        r#"5:43 unknown word "plane""#, "it can be plain, external, extended, main, default"),
    (r#"columns: {a: {type: text, default: "'x' , b int"}}"#,
        r#"5:53 syntax error at or near "int""#, "expected one expression"),
    (r#"columns: {a: {type: text, default: ""}}"#,
        "5:44 the value is empty", ""),
];

fn check(text: &str, (_, message, hint): &Case) {
    let error = read(&Source::new("f", text)).expect_err(text);
    let (line, column) = error.location.as_ref().expect(text).line_column();
    assert_eq!(format!("{line}:{column} {}", error.message), *message, "{text}");
    assert_eq!(error.hint.as_deref().unwrap_or_default(), *hint, "{text}");
}

#[test]
fn wrong_documents_are_told_where_and_why() {
    for case in DOCUMENTS {
        check(case.0, case);
    }
}

#[test]
fn wrong_tables_are_told_where_and_why() {
    for case in TABLES {
        check(&format!("schemas:\n  a:\n    tables:\n      t:\n        {}\n", case.0), case);
    }
}

#[test]
fn all_errors_are_reported_at_once() {
    let text = "schemas:\n  a:\n    tables:\n      t: {columns: {a: int nut null, b: }}\n      u: {colum: {}}\n    views: {v: {}}\n";
    let error = read(&Source::new("f", text)).unwrap_err();
    let lines: Vec<usize> = std::iter::once(&error)
        .chain(&error.others)
        .map(|error| error.location.as_ref().unwrap().line_column().0)
        .collect();
    assert_eq!(lines, [4, 4, 5, 6]);
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
        for depth in [65, 200, 20_000] {
            let error = read(&Source::new("f", format!("{}x{}", open.repeat(depth), close.repeat(depth)))).unwrap_err();
            assert!(error.message.contains("deeper") || depth > 200, "{}", error.message);
        }
    }
}

#[test]
fn a_nul_character_is_refused() {
    let error = read(&Source::new("f", "schemas: {a: \0}")).unwrap_err();
    assert_eq!(error.location.unwrap().line_column(), (1, 14));
    let error = read(&Source::new("f", "schemas: {\"a\\0\": {}}")).unwrap_err();
    assert!(error.message.contains("NUL"), "{}", error.message);
}
