//! Definitions over a small schema, as written and as servers of 14 and 18 stored them.
//!
//! `schema.sql` makes the schema, `schema.tsv` has its facts. A line of `definitions.tsv` has the group, the variant,
//! the kind with its argument, the written and the stored form. Both forms of a line are equal; two variants of a
//! group that are stored differently are not.

use pg_query::NodeEnum;
use pg_query::protobuf::Node;
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
    let context =
        Context { facts, search_path: own, implicit_path: &path, time_zone: "UTC", renames: None, exact: false };
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

/// One expression as the check of the table.
fn check(facts: &Facts, text: &str) -> Result<String, String> {
    let path = vec!["public".to_owned()];
    let context =
        Context { facts, search_path: &path, implicit_path: &path, time_zone: "UTC", renames: None, exact: false };
    let place = Place {
        kind: "check".to_owned(),
        schema: "public".to_owned(),
        table: "t".to_owned(),
        written: true,
        ..Place::default()
    };
    side(&context, &place, text)?.map_err(|error| error.to_string())
}

/// The template with its first column `flag` replaced.
fn put_for_flag(template: &Node, inner: &Node) -> Node {
    let put = |node: &Node| put_for_flag(node, inner);
    let put_box = |node: &Option<Box<Node>>| node.as_ref().map(|node| Box::new(put(node)));
    let first = |nodes: &[Node]| {
        let mut nodes = nodes.to_vec();
        nodes[0] = put(&nodes[0]);
        nodes
    };
    let mut out = template.clone();
    match &mut out.node {
        Some(NodeEnum::ColumnRef(_)) => return inner.clone(),
        Some(NodeEnum::BoolExpr(node)) => node.args = first(&node.args),
        Some(NodeEnum::CoalesceExpr(node)) => node.args = first(&node.args),
        Some(NodeEnum::RowExpr(node)) => node.args = first(&node.args),
        Some(NodeEnum::List(node)) => node.items = first(&node.items),
        Some(NodeEnum::AExpr(node)) => node.rexpr = put_box(&node.rexpr),
        Some(NodeEnum::SubLink(node)) => node.subselect = put_box(&node.subselect),
        Some(NodeEnum::SelectStmt(node)) => node.target_list = first(&node.target_list),
        Some(NodeEnum::ResTarget(node)) => node.val = put_box(&node.val),
        _ => {}
    }
    out
}

#[test]
fn deep_nesting_is_left_to_the_server() {
    let facts = facts();
    for depth in [10, 3000] {
        let sums = format!("{}a{} > 0", "(1 + ".repeat(depth), ")".repeat(depth));
        let negations = format!("{} flag", "NOT ".repeat(depth));
        let cases = format!("{}flag{}", "CASE WHEN flag THEN ".repeat(depth), " END".repeat(depth));
        let selects = format!("a = {}1{}", "(SELECT ".repeat(depth), ")".repeat(depth));
        for text in [sums, negations, cases, selects] {
            let found = check(&facts, &text);
            assert_eq!(found.is_ok(), depth < 3000, "{depth}");
        }
    }
    // the parser's own stack limit would stop some of these, so the trees are made by hand
    let context =
        Context { facts: &facts, search_path: &[], implicit_path: &[], time_zone: "UTC", renames: None, exact: false };
    for template in
        ["NOT flag", "(SELECT flag)", "coalesce(flag, true)", "flag IN (flag, true)", "(flag, true) < (flag, true)"]
    {
        let mut node = crate::side::expression("flag").expect("an expression");
        for depth in 0..1100 {
            node = put_for_flag(&crate::side::expression(template).expect("an expression"), &node);
            if depth % 550 == 549 || depth == 9 {
                let found = reconcile::expr::check(&context, &node, ("public", "t"));
                assert!(found.is_ok() || depth > 9, "{template}");
                assert!(found.is_err() || depth < 1000, "{template}: {depth}");
            }
        }
    }
    let long: Vec<String> = (0..2000).map(|n| format!("a <> {n}")).collect();
    check(&facts, &long.join(" AND ")).expect("no nesting");
}

#[test]
fn repeated_parts_do_not_multiply() {
    let facts = facts();
    let mut text = "flag".to_owned();
    for _ in 0..25 {
        text = format!("({text}) BETWEEN SYMMETRIC true AND false");
    }
    let start = std::time::Instant::now();
    check(&facts, &text).expect_err("too large");
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn wrong_definitions_are_unresolved() {
    let facts = facts();
    for text in [
        "nothing > 0",
        "nothing(a)",
        "a @@@ b",
        "a::nothing IS NULL",
        "txt COLLATE nothing > ''",
        "q.a > 0",
        "t.nothing > 0",
        "(addr).nothing = ''",
        "a[1] > 0",
        "ARRAY[] IS NULL",
        "(a, b) = (1, 2, 3)",
        "a IN (SELECT 1, 2)",
        "$1 > 0",
        "a = ANY (5)",
        "EXISTS (SELECT * FROM nothing)",
        "EXISTS (SELECT count(*) OVER nothing FROM t)",
        "a = (SELECT q.id FROM t x JOIN t y USING (nothing))",
        "EXISTS (SELECT id FROM t x, t y WHERE id > 0)",
        "EXISTS (SELECT 1 UNION SELECT 1, 2)",
        "EXISTS (VALUES (1), (1, 2))",
        "double('x', 1, 2) > 0",
        "app.tag(nothing => 'x') = ''",
        "'nothing'::regclass IS NULL",
    ] {
        assert!(check(&facts, text).is_err(), "{text}");
    }
}

#[test]
fn literals_evaluated_when_stored_are_told() {
    let facts = facts();
    let path = vec!["public".to_owned()];
    let context = Context {
        facts: &facts,
        search_path: &path,
        implicit_path: &path,
        time_zone: "UTC",
        renames: None,
        exact: false,
    };
    for (text, key, evaluated) in [
        ("'now'", "timestamptz", true),
        ("'today'", "date", true),
        ("now()", "timestamptz", false),
        ("'2020-01-01'", "date", false),
    ] {
        let node = crate::side::expression(text).expect("an expression");
        let found = reconcile::expr::default(&context, &node, key, -1).expect("resolved").expect("a default");
        assert_eq!(found.evaluated, evaluated, "{text}");
    }
}

#[test]
fn references_are_those_of_the_user() {
    use reconcile::expr::Reference;
    let facts = facts();
    let path = vec!["public".to_owned()];
    let context = Context {
        facts: &facts,
        search_path: &path,
        implicit_path: &path,
        time_zone: "UTC",
        renames: None,
        exact: false,
    };
    let text = "double(a) > 0 AND m = 'ok' AND EXISTS (SELECT 1 FROM app.dept d WHERE upper(d.name) = txt)";
    let node = crate::side::expression(text).expect("an expression");
    let found = reconcile::expr::check(&context, &node, ("public", "t")).expect("resolved");
    let column = |schema: &str, relation: &str, column: &str| Reference::Column {
        schema: schema.to_owned(),
        relation: relation.to_owned(),
        column: column.to_owned(),
    };
    let function = Reference::Function {
        schema: "public".to_owned(),
        name: "double".to_owned(),
        arguments: vec!["int4".to_owned()],
    };
    let relation = Reference::Relation { schema: "app".to_owned(), name: "dept".to_owned() };
    let mut wanted = vec![function, relation, column("app", "dept", "name")];
    wanted.extend(["a", "m", "txt"].map(|name| column("public", "t", name)));
    assert_eq!(found.references, wanted.into_iter().collect());
}
