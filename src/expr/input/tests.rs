//! Values that must be the same or differ; that nothing panics; and a comparison with servers.

use proptest::prelude::*;

use super::*;
use crate::facts::Facts;

/// Types and texts that `scripts/facts --check` compares with the servers.
const SAMPLES: &[(&str, i32, &[&str])] = &[
    ("int4", -1, &["1", " 01", "+1", "-0", "0", "2147483647", "2147483648", "", "x", "1 2"]),
    (
        "numeric",
        -1,
        &["1", "1.0", "01", "1e2", "100", "1.5e-3", "0.0015", "-0.0", "0.0", ".5", "5.", "nan", "NaN", "x"],
    ),
    ("numeric", (5 << 16 | 2) + 4, &["1", "1.00", "1.005", "1.01", "-1.005", "999.994", "999.995", "1e3", "0.004"]),
    ("float8", -1, &["1", "1.0", "1e0", "0.1", "0.10000000000000001", "1e400", "inf", "Infinity", "-0", "1e-400", "."]),
    ("float4", -1, &["0.1", "0.10000000149", "16777217", "16777216", "1e39", "3.4e38"]),
    ("bool", -1, &["t", "tr", "true", "yes", "on", "o", "1", "f", "of", "off", "no", "n", "0", "", "tru e"]),
    ("date", -1, &["2020-01-31", "20200131", "January 31, 2020", "31 Jan 2020", "31-Jan-2020", "2020-02-30", "epoch"]),
    ("date", -1, &["1970-01-01", "infinity", "0044-03-15 BC", "2020-01-31 10:00", "2020/1/31", "2020-13-01", "1-1-1"]),
    ("time", -1, &["10:00", "10:00:00", "10:00 pm", "22:00", "24:00:00", "25:00", "10:00:60", "10:01:00", "12:00 am"]),
    ("time", 2, &["10:00:00.004", "10:00", "10:00:00.005", "10:00:00.01"]),
    ("timetz", -1, &["10:00+00", "10:00", "10:00Z", "12:00+02", "10:00+05:30", "10:00+0530"]),
    ("timestamp", -1, &["2020-01-01", "2020-01-01 00:00", "2020-01-01T00:00:00", "2020-01-01 00:00+02", "epoch"]),
    ("timestamp", 0, &["2020-01-01 00:00:00.5", "2020-01-01 00:00:01", "1999-12-31 23:59:59.5", "2000-01-01"]),
    ("timestamptz", -1, &["2020-07-01 12:00+02", "2020-07-01 10:00Z", "2020-07-01 12:00 Europe/Berlin"]),
    ("timestamptz", -1, &["2020-10-25 02:30 Europe/Berlin", "2020-10-25 01:30Z", "2020-10-25 00:30Z"]),
    ("timestamptz", -1, &["2020-03-29 02:30 Europe/Berlin", "2020-03-29 01:30Z", "2020-03-29 00:30Z"]),
    ("interval", -1, &["1 day", "24:00", "24 hours", "1 day ago", "-1 day", "1.5 days", "1 day 12:00", "P1DT12H"]),
    ("interval", -1, &["1-2", "14 months", "1 year 2 mons", "1.5 months", "1 mon 15 days", "90", "00:01:30", "1:30"]),
    (
        "interval",
        -1,
        &["2 weeks", "14 d", "1 2:03:04", "1 day 2:03:04", "@ 1 minute", "60 secs", "1h", "x", "", "1 day -1:00"],
    ),
    ("interval", (1 << 3) << 16 | 0xffff, &["1", "1 day", "1 day 5:00", "1 hour", "0"]),
    ("interval", (1 << 11 | 1 << 12) << 16 | 0xffff, &["1:30", "90 seconds", "00:01:30"]),
    ("interval", (1 << 10) << 16 | 0xffff, &["-1:30", "-1:00", "1:59", "1"]),
    ("interval", 0x7fff << 16, &["1.5 s", "2 s", "-1.5", "-2"]),
    ("uuid", -1, &["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", "a0-eebc"]),
    (
        "jsonb",
        -1,
        &[r#"{"a":1,"b":2}"#, r#"{"b":2, "a":1}"#, r#"{"a":1.0,"b":2}"#, r#"{"b":2,"a":3,"a":1}"#, "{", "01"],
    ),
    ("jsonb", -1, &["1e2", "100", "[1, 2]", "[1,2]", r#""\u0041""#, r#""A""#, r#""\u0000""#, "nul", "null", "[1,]"]),
    ("bytea", -1, &["\\x4142", "AB", "\\101B", "\\x41 42", "\\x4", "\\\\", "\\x5c", "\\9"]),
    ("varbit", -1, &["101", "b101", "x5", "0101", "2"]),
    ("inet", -1, &["10.0.0.1", "10.0.0.1/32", "::1", "0:0:0:0:0:0:0:1/128", "10.0.0.1/33", "10.0.0.1/8", "x"]),
    ("cidr", -1, &["10.0.0.0/8", "10/8", "10.0.0.1/8", "::/0", "1.2.3.4"]),
    ("macaddr", -1, &["08:00:2b:01:02:03", "08002b-010203", "0800.2b01.0203", "08:00:2b:01:02:04"]),
    ("money", -1, &["1", "$1.00", "1.005", "1.01", "(1)", "-1", "1,000.00", "1000"]),
    ("tsvector", -1, &["a b", "b a a", "'a' 'b'"]),
    (
        "_int4",
        -1,
        &["{1,2}", "{ 1, 02 }", "{NULL,1}", "{null,1}", "{{1},{2}}", "{{1},{2,3}}", "{}", "{1,", "{\"1\",2}"],
    ),
    (
        "_text",
        -1,
        &["{a,b}", "{\"a\",b}", "{a b , b}", "{\"a b\",b}", "{\"NULL\"}", "{NULL}", "{\\NULL}", "{\"\"}", "{,}"],
    ),
    ("int4range", -1, &["[1,3]", "[1,4)", "(0,4)", "empty", "[1,1)", "(,4)", "[,3]", "[3,1]", "(1,2)"]),
    ("daterange", -1, &["[2020-01-01,2020-01-31]", "[2020-01-01,2020-02-01)", "[2020-01-01,infinity]"]),
    ("numrange", -1, &["[1,2]", "[1.0,2]", "(1,1)", "[1,1]", "[1,\"2\"]"]),
];

#[test]
fn equal_values_have_equal_texts() {
    let facts = Facts::new(18);
    let of = |key: &str, text: &str| value(&facts, key, text, -1, "UTC").unwrap();
    assert_eq!(
        of("interval", "1 day 02:00"),
        of("interval", "26 hours 1 day ago").replace("-1/-93600000000", "1/7200000000")
    );
    assert_eq!(of("_int4", "{1, 2}"), of("_int4", "{01,+2}"));
    assert_eq!(of("int4range", "(0,3]"), of("int4range", "[1,4)"));
    assert_ne!(of("numeric", "1"), of("numeric", "1.0"));
    assert_eq!(value(&facts, "date", "now", -1, "UTC"), Err(InputError::Unknown));
    assert_eq!(value(&facts, "int4", "one", -1, "UTC"), Err(InputError::Invalid));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_text_panics(any in ".{0,24}", close in "[-+0-9a-fxPTYMWDHS:. ,/{}()\\[\\]\"\\\\eNUL']{0,24}", sample in 0..SAMPLES.len(), at in 0..8usize) {
        let facts = Facts::new(18);
        let (_, _, texts) = SAMPLES[sample];
        let text = texts[at % texts.len()];
        let cut = (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)).nth(at).unwrap_or(0);
        let changed = format!("{}{close}{}", &text[..cut], &text[cut..]);
        for (key, typmod, _) in SAMPLES {
            for text in [&any, &close, &changed] {
                let _ = value(&facts, key, text, *typmod, "Europe/Berlin");
            }
        }
        for text in [&any, &close, &changed] {
            let _ = (hstore(text), tsquery(text), jsonpath(text), geometry("box", text), macaddr8(text), parse_composite(text), parse_multirange(text));
        }
    }
}

/// Compares with the servers named in `FACTS_SERVERS`; see `scripts/facts --check`.
#[tokio::test]
#[ignore = "needs servers"]
async fn facts_against_servers() {
    let mut wrong = 0;
    for url in std::env::var("FACTS_SERVERS").unwrap_or_default().split_whitespace() {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("set timezone = 'UTC'; set lc_monetary = 'C'").await.unwrap();
        let row = client.query_one("select current_setting('server_version_num')::int / 10000", &[]).await.unwrap();
        let major = u16::try_from(row.get::<_, i32>(0)).unwrap();
        let facts = Facts::new(major);
        for (key, typmod, texts) in SAMPLES {
            let type_name = facts.format_type(key, *typmod);
            let mut pairs = vec![];
            for text in *texts {
                let literal = text.replace('\'', "''");
                let sql = format!("select '{literal}'::{type_name}::text");
                let server = match client.simple_query(&sql).await {
                    Ok(rows) => rows.iter().find_map(|row| match row {
                        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                        _ => None,
                    }),
                    Err(_) => None,
                };
                let ours = value(&facts, key, text, *typmod, "UTC");
                if server.is_none() && ours.is_ok() || server.is_some() && ours == Err(InputError::Invalid) {
                    eprintln!("{major} {type_name} {text:?}: {server:?} but {ours:?}");
                    wrong += 1;
                }
                if let (Some(server), Ok(ours)) = (server, ours) {
                    pairs.push((text, server, ours));
                }
            }
            for (at, one) in pairs.iter().enumerate() {
                for two in &pairs[..at] {
                    if (one.1 == two.1) != (one.2 == two.2) {
                        eprintln!("{major} {type_name} {one:?} {two:?}");
                        wrong += 1;
                    }
                }
            }
        }
        for fact in facts.types().filter(|fact| fact.kind != crate::facts::TypeKind::Composite) {
            for typmod in [-1, 3, 20, (10 << 16 | 2) + 4, 0x7fff << 16 | 3, 8 << 16 | 0xffff, 0x1c08 << 16 | 2] {
                let sql = format!(
                    "select format_type(t.oid, {typmod}), typmodin <> 0 from pg_type t join pg_namespace n \
                     on n.oid = typnamespace where typname = $1::text and nspname = $2::text"
                );
                client.batch_execute("set search_path = ''").await.unwrap();
                // the server rejects modifiers that no column can have, or shows noise
                let Ok(row) = client.query_one(&sql, &[&&*fact.name, &&*fact.schema]).await else { continue };
                let noise = fact.key.ends_with("numeric") && typmod < 4;
                if typmod != -1 && (noise || !row.get::<_, bool>(1)) {
                    continue;
                }
                let (server, ours) = (row.get::<_, String>(0), facts.format_type(&fact.key, typmod));
                if server != ours {
                    eprintln!("{major} {} {typmod}: {server} but {ours}", fact.key);
                    wrong += 1;
                }
            }
        }
    }
    assert_eq!(wrong, 0);
}
