//! Subscriptions on every major: what `apply` makes of one state is what psql makes of the other. They are no fixtures
//! because a copy of a database has none of its subscriptions.
mod support;

use std::path::PathBuf;
use std::process::Command;

use support::{Cluster, Database};

/// All of them, the connection among them, but for what is private to a database.
const FACTS: &str = "SELECT to_jsonb(s) - 'oid' - 'subdbid' - 'subskiplsn' || jsonb_build_object('owner', \
    pg_get_userbyid(s.subowner), 'comment', obj_description(s.oid, 'pg_subscription')) FROM pg_subscription s \
    WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY s.subname";

const PLAIN: &str = "CREATE SUBSCRIPTION kept CONNECTION 'host=nowhere password=secret' PUBLICATION p WITH (connect = false);\n\
    CREATE SUBSCRIPTION gone CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false, slot_name = other);\n\
    COMMENT ON SUBSCRIPTION kept IS 'from the old place';";

const CHANGED: &str = "CREATE SUBSCRIPTION kept CONNECTION 'host=elsewhere password=other' PUBLICATION \"P 2\", q \
    WITH (connect = false, binary = true, synchronous_commit = 'remote_apply', slot_name = 'new_slot', streaming = on);\n\
    CREATE SUBSCRIPTION fresh CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE);\n\
    ALTER SUBSCRIPTION kept OWNER TO postgres;";

const NEWER: &str = "CREATE SUBSCRIPTION kept CONNECTION 'host=nowhere' PUBLICATION p \
    WITH (connect = false, disable_on_error = true, run_as_owner = true, password_required = false, origin = none);";

struct Site {
    folder: PathBuf,
    database: Database,
}

impl Site {
    fn new(cluster: &'static Cluster) -> Self {
        let folder = support::folder("subscription");
        std::fs::create_dir(folder.join("schema")).unwrap();
        Self { folder, database: cluster.database("subscription") }
    }

    fn run(&self, sql: &str, arguments: &[&str]) -> (i32, String) {
        std::fs::write(self.folder.join("schema/all.sql"), sql).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
        command.args(arguments).args(["-d", &self.database.url, "--all-schemas"]).current_dir(&self.folder);
        let output = command.output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), text)
    }

    fn apply(&self, sql: &str) {
        let (code, text) = self.run(sql, &["apply", "--yes", "--allow", "all"]);
        assert_eq!(code, 0, "PostgreSQL {}: {text}", self.database.cluster().major);
        let (code, text) = self.run(sql, &["plan", "--exit-code"]);
        assert_eq!(code, 0, "the second plan must be empty: {text}");
    }
}

/// A database keeps its slots and workers for itself only as long as it has subscriptions.
impl Drop for Site {
    fn drop(&mut self) {
        for name in self.database.psql("SELECT subname FROM pg_subscription").unwrap_or_default().lines() {
            let _ = self.database.psql(&format!(
                "ALTER SUBSCRIPTION {name} DISABLE; ALTER SUBSCRIPTION {name} SET (slot_name = NONE); DROP SUBSCRIPTION {name}"
            ));
        }
    }
}

#[test]
fn every_state_is_reached_as_psql_would() {
    for cluster in support::clusters() {
        let site = Site::new(cluster);
        let newer = if cluster.major >= 16 { NEWER } else { CHANGED };
        for state in [PLAIN, CHANGED, newer, PLAIN] {
            let expected = Site::new(cluster);
            expected.database.psql(state).unwrap();
            let (code, text) = expected.run(state, &["plan", "--exit-code"]);
            assert_eq!(code, 0, "PostgreSQL {}: {text}", cluster.major);
            site.apply(state);
            assert_eq!(site.database.psql(FACTS).unwrap(), expected.database.psql(FACTS).unwrap(), "{state}");
        }
    }
}

#[test]
fn the_way_is_without_a_connection_and_without_secrets() {
    let site = Site::new(support::newest());
    site.apply(PLAIN);
    let (_, plan) =
        site.run(&CHANGED.replace("host=elsewhere password=other", "host=elsewhere"), &["plan", "--exit-code"]);
    assert!(!plan.contains("secret"), "{plan}");
    assert!(plan.contains("connection differs (not shown)"), "{plan}");
    assert!(plan.contains("the slot 'other' stays on the publisher"), "{plan}");
    assert!(plan.contains("subscription-not-connected"), "{plan}");
    // a drop has to be allowed
    let (code, refused) = site.run(CHANGED, &["apply", "--yes"]);
    assert_eq!(code, 3, "{refused}");
    assert!(refused.contains("--allow drop-subscription:gone"), "{refused}");
    let renamed =
        PLAIN.replace("CREATE SUBSCRIPTION gone", "-- reconcile: renamed from gone\nCREATE SUBSCRIPTION new_name");
    let (_, plan) = site.run(&renamed, &["plan"]);
    assert!(plan.contains("ALTER SUBSCRIPTION gone RENAME TO new_name"), "{plan}");
    site.apply(&renamed);
}

#[test]
fn a_running_one_stays_so_unless_the_files_say_otherwise() {
    let site = Site::new(support::newest());
    let enabled = "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false)";
    site.apply(&format!("{enabled}; ALTER SUBSCRIPTION s ENABLE"));
    let state = || {
        site.database.psql("SELECT subenabled FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()").unwrap()
    };
    assert_eq!(state().trim(), "t");
    site.apply(enabled);
    assert_eq!(state().trim(), "t");
    site.apply(&format!("{enabled}; ALTER SUBSCRIPTION s DISABLE"));
    assert_eq!(state().trim(), "f");
}

#[test]
fn wrong_ones_are_refused_with_place_and_hint() {
    let site = Site::new(support::newest());
    let begin = "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p";
    for (sql, place, message, hint) in [
        (format!("{begin}, p"), "all.sql:1:", "publication name p used more than once", "keep one"),
        (
            format!("{begin} WITH (colour = red)"),
            "all.sql:1:57",
            "unrecognized subscription parameter: colour",
            "known are",
        ),
        (format!("{begin} WITH (binary = maybe)"), "all.sql:1:57", "binary", "true or false"),
        (format!("{begin} WITH (origin = me)"), "all.sql:1:57", "origin cannot be me", "any, none"),
        (
            format!("{begin} WITH (enabled = true, slot_name = NONE)"),
            "all.sql:1:21",
            "cannot be enabled",
            "name the slot",
        ),
        ("ALTER SUBSCRIPTION s ENABLE".into(), "all.sql:1:20", "does not exist", "define it"),
        (format!("{begin}; ALTER SUBSCRIPTION s REFRESH PUBLICATION"), "all.sql:1:", "cannot be part", "final form"),
    ] {
        let (code, text) = site.run(&sql, &["plan"]);
        assert_eq!(code, 1, "{sql}: {text}");
        for said in [place, message, hint] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }
}
