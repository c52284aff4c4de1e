//! Plans made by hand for the tests of the formats and of apply.

use crate::catalog::{ObjectId, Unmanaged};
use crate::objects::Kind;
use crate::plan::forms::Form;
use crate::plan::{Batch, Change, Hazard, Level, Note, Plan, Step};

/// A step without hazards under the search_path `app, public`.
pub fn step(kind: Kind, names: &[&str], change: Change, form: Form, sql: &str, why: &str) -> Step {
    Step {
        object: ObjectId::new(kind, names.iter().copied()),
        also: vec![],
        change,
        sql: sql.to_string(),
        search_path: vec!["app".to_string(), "public".to_string()],
        why: why.to_string(),
        form,
        hazards: vec![],
        undo: None,
    }
}

/// A plan of the given transactions.
pub fn plan_of(batches: Vec<Vec<Step>>) -> Plan {
    Plan {
        version: super::json::VERSION,
        tool: env!("CARGO_PKG_VERSION").to_string(),
        server: 17,
        from: "postgres://localhost/shop".to_string(),
        to: "schema/".to_string(),
        batches: batches.into_iter().map(|steps| Batch { transactional: true, steps }).collect(),
        unmanaged: vec![],
        notes: vec![],
        current_fingerprint: "aa".to_string(),
        desired_fingerprint: "bb".to_string(),
    }
}

/// Two transactions, three steps, one denied hazard, something unmanaged and a note.
pub fn plan() -> Plan {
    let users = step(
        Kind::Table,
        &["app", "users"],
        Change::Create,
        Form::Create,
        "CREATE TABLE app.users (\n    id bigint NOT NULL\n)",
        "it is declared and does not exist",
    );
    let amount = step(
        Kind::Column,
        &["app", "orders", "amount"],
        Change::Alter,
        Form::AlterTypeRewrite,
        "ALTER TABLE app.orders ALTER COLUMN amount TYPE numeric",
        "type integer becomes numeric",
    );
    let mut old = step(
        Kind::Table,
        &["app", "old"],
        Change::Drop,
        Form::Drop,
        "DROP TABLE app.old",
        "it exists and is not declared",
    );
    old.search_path = vec![];
    old.hazards.push(Hazard {
        code: "RC101".to_string(),
        name: "drop-table".to_string(),
        level: Level::Deny,
        message: "all rows of app.old are lost".to_string(),
        decide: vec!["--allow drop-table:app.old".to_string()],
    });
    let mut plan = plan_of(vec![vec![users, amount], vec![old]]);
    let cast = |identity: &str| Unmanaged {
        kind: "cast".to_string(),
        identity: identity.to_string(),
        schema: Some("app".to_string()),
        reason: "casts are not modelled".to_string(),
    };
    plan.unmanaged = vec![cast("(integer as app.money)"), cast("(text as app.money)")];
    plan.notes = vec![Note {
        object: Some(ObjectId::new(Kind::Table, ["app", "users"])),
        message: "column order differs".to_string(),
        undecided: false,
    }];
    plan
}
