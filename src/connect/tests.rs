//! Connection strings, compared with what libpq makes of them (its own test table is
//! `src/interfaces/libpq/t/001_uri.pl`).

use super::*;
use crate::config::Environment;

fn environment() -> Environment {
    Environment::of([]).with_user("me")
}

fn parsed(text: &str) -> Target {
    Target::parse_in(text, &environment()).unwrap_or_else(|error| panic!("{text}: {}", error.report()))
}

fn error(text: &str) -> String {
    match Target::parse_in(text, &environment()) {
        Ok(target) => panic!("{text} is accepted as {target}"),
        Err(error) => error.report(),
    }
}

/// What libpq would connect to, for strings that name a host.
#[test]
fn strings_mean_what_libpq_means() {
    let cases = [
        ("postgresql://uri-user:secret@host:12345/db", "db at host:12345 as uri-user"),
        ("postgresql://uri-user@host/db", "db at host:5432 as uri-user"),
        ("postgres://host", "me at host:5432 as me"),
        ("postgresql://host/", "me at host:5432 as me"),
        ("postgresql://host?", "me at host:5432 as me"),
        ("postgresql://host:12345/", "me at host:12345 as me"),
        ("postgresql://host:/db", "db at host:5432 as me"),
        ("postgresql://host/db?user=uri-user", "db at host:5432 as uri-user"),
        ("postgresql://host?dbname=a&dbname=b", "b at host:5432 as me"),
        ("postgresql:///db?host=h&port=1", "db at h:1 as me"),
        ("postgresql://%68ost/", "me at host:5432 as me"),
        ("postgresql://a%40b:p%2Fw%3A%25@host/d%20b", "d b at host:5432 as a@b"),
        ("postgresql://[::1]/db", "db at [::1]:5432 as me"),
        ("postgresql://[2001:db8::1234]:12345/", "me at [2001:db8::1234]:12345 as me"),
        ("postgres://h1,h2/db", "db at h1:5432,h2:5432 as me"),
        ("postgres://h1:1,h2:2,[::1]:3/db", "db at h1:1,h2:2,[::1]:3 as me"),
        ("postgres://h1:1,h2/db", "db at h1:1,h2:5432 as me"),
        ("postgresql://%2Fvar%2Flib%2Fpg/db", "db at /var/lib/pg:5432 as me"),
        ("postgresql:///db?host=/path/to/socket", "db at /path/to/socket:5432 as me"),
        ("postgresql://user@:1234/db?host=h", "db at h:1234 as user"),
        ("postgresql+asyncpg://u@h/d?ssl=require", "d at h:5432 as u"),
        ("postgresql+psycopg2://u@h/d", "d at h:5432 as u"),
        ("postgres+pg8000://u@h/d", "d at h:5432 as u"),
        ("jdbc:postgresql://h:1/d?user=u&password=p&ssl=true", "d at h:1 as u"),
        ("host=h port=1 dbname=d user=u", "d at h:1 as u"),
        ("host = h  dbname='d b' user=o\\'hara", "d b at h:5432 as o'hara"),
        ("host=h dbname='it\\'s \\\\'", "it's \\ at h:5432 as me"),
        ("host=a,b port=1,2", "me at a:1,b:2 as me"),
        ("host=a,b port=7", "me at a:7,b:7 as me"),
        ("hostaddr=10.0.0.1 dbname=d", "d at 10.0.0.1:5432 as me"),
        ("host=db hostaddr=10.0.0.1", "me at db:5432 as me"),
        ("host=/tmp/x", "me at /tmp/x:5432 as me"),
        ("host='' hostaddr=::1 user=''", "me at [::1]:5432 as me"),
    ];
    for (text, expected) in cases {
        assert_eq!(parsed(text).describe(), expected, "{text}");
    }
}

#[test]
fn wrong_strings_say_what_is_wrong_and_hide_secrets() {
    let cases = [
        ("mysql://u:s3cret@h/d", "mysql:// is not a PostgreSQL URL"),
        ("postgresql://[::1", "no closing bracket"),
        ("postgresql://[]", "empty"),
        ("postgresql://[::1]z", "comes only a port"),
        ("postgresql://h:s3cret/d", "invalid port number"),
        ("postgresql://h:0/d", "invalid port number"),
        ("postgresql://h/d?zzzzzz=1", "unknown connection parameter zzzzzz"),
        ("postgresql://h/d?sslmod=require", "did you mean sslmode?"),
        ("postgresql://h/d?schema=public", "leave it out"),
        ("postgresql://h?sslmode", "has no \"=\""),
        ("postgresql://h?user=a=b", "second \"=\""),
        ("postgresql://%", "no percent encoding"),
        ("postgresql://%zz", "no percent encoding"),
        ("postgresql://%00", "no percent encoding"),
        ("postgresql://u:%FFs3cret@h", "password in the URL is not UTF-8"),
        ("postgresql://u:s3c@ret@h/d", "write @ as %40"),
        ("postgresql://u:s3c/ret@h/d", "write @ as %40"),
        ("password=s3cret host", "has no \"=\""),
        ("password='s3cret", "closing quote"),
        ("host=h sslmode=verify_full", "did you mean verify-full?"),
        ("host=h connect_timeout=soon", "invalid integer value"),
        ("host=a,b port=1,2,3", "3 ports but 2 hosts"),
        ("host=a,b hostaddr=10.0.0.1", "2 host names but 1"),
        ("hostaddr=db", "no IP address"),
        ("host=h gssencmode=require", "GSSAPI is not supported"),
        ("host=h sslrootcert=system sslmode=require", "weak sslmode"),
        ("host=h sslnegotiation=direct", "weak sslmode"),
        ("host=h require_auth=scram-sha-256", "require_auth"),
        ("host=h service=none", "there is no service none"),
        ("host=h sslcert=/c.crt", "no private key"),
    ];
    for (text, says) in cases {
        let report = error(text);
        assert!(report.contains(says), "{text}: {report}");
        assert!(!report.contains("s3c") && !report.contains("ret@"), "{text}: {report}");
    }
    assert!(parsed("mydb").describe().starts_with("mydb at "));
}

#[test]
fn parameters_take_effect() {
    use tokio_postgres::config::ChannelBinding;
    let target = parsed(
        "host=h sslmode=verify-ca connect_timeout=3 channel_binding=require target_session_attrs=prefer-standby \
         load_balance_hosts=random options='-c x=1' keepalives_idle=9 gssencmode=prefer krbsrvname=x sslrootcert=/r.crt",
    );
    assert_eq!(target.ssl_mode, SslMode::VerifyCa);
    assert_eq!(target.connect_timeout, Some(std::time::Duration::from_secs(3)));
    assert_eq!(target.channel_binding, ChannelBinding::Require);
    assert_eq!(target.session, Session::PreferStandby);
    assert!(target.shuffle);
    assert_eq!(target.tls.root.as_deref(), Some(std::path::Path::new("/r.crt")));
    assert_eq!(target.base.get_options(), Some("-c x=1"));
    assert_eq!(target.base.get_application_name(), Some("reconcile"));
    assert_eq!(parsed("host=h sslrootcert=system").ssl_mode, SslMode::VerifyFull);
    assert_eq!(parsed("host=h connect_timeout=0").connect_timeout, None);
    assert_eq!(parsed("postgresql+asyncpg://h/d?ssl=verify-full").ssl_mode, SslMode::VerifyFull);
    assert_eq!(parsed("postgresql://h/d?ssl=true").ssl_mode, SslMode::Require);
    let jdbc = parsed("jdbc:postgresql://h/d?currentSchema=a,b&ApplicationName=x");
    assert_eq!(jdbc.base.get_options(), Some("-c search_path=a,b"));
    assert_eq!(jdbc.base.get_application_name(), Some("x"));
}

#[test]
fn passwords_never_show() {
    let target = parsed("postgres://u:s3cret@h/d?sslmode=require");
    assert_eq!(target.password(&target.hosts[0]), Some("s3cret"));
    assert_eq!(target.to_string(), "postgresql://u@h:5432/d?sslmode=require");
    assert_eq!(redact("postgres://u:s3cret@h/d"), "postgresql://u@h:5432/d");
    assert!(!redact("postgres://u:s3@cret@h/d?x").contains("s3"));
    assert_eq!(parsed(&parsed("host=/a/b dbname='x y'").to_string()).describe(), "x y at /a/b:5432 as me");
}

#[test]
fn string_then_service_then_environment() {
    let folder = std::env::temp_dir().join(format!("reconcile-service-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("services");
    std::fs::write(&file, "# c\n[other]\nhost=no\n[app]\nhost=service-host\nport=7\ndbname=service-db\n[bad]\nx\n")
        .unwrap();
    let file = file.to_string_lossy().into_owned();
    let with = |service: &str| {
        let variables = [
            ("PGSERVICE", service),
            ("PGSERVICEFILE", &file),
            ("PGHOST", "environment"),
            ("PGUSER", "environment"),
            ("PGSSLMODE", "require"),
            ("PGAPPNAME", "app"),
            ("PGPORT", ""),
        ];
        Target::parse_in("dbname=string", &Environment::of(variables))
    };
    let target = with("app").unwrap_or_else(|error| panic!("{}", error.report()));
    assert_eq!(target.describe(), "string at service-host:7 as environment");
    assert_eq!(target.ssl_mode, SslMode::Require);
    assert_eq!(target.base.get_application_name(), Some("app"));
    let report = |service: &str| with(service).map(|_| ()).unwrap_err().report();
    assert!(report("bad").contains(":9: expected name=value"), "{}", report("bad"));
    assert!(report("missing").contains("there is no service missing"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn server_versions() {
    let cases =
        [("17.4", 170_004), ("15.15 (Debian 15.15-0+deb12u1)", 150_015), ("18beta1", 180_000), ("19devel", 190_000)];
    for (text, number) in cases {
        assert_eq!(version_number(text), number, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_string_panics(text in "(postgres(ql)?://)?[a-z%0-9@:/?&=,'\\[\\]\\\\ é#-]{0,40}") {
        let _ = Target::parse_in(&text, &environment());
        let _ = redact(&text);
    }
}
