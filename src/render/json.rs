//! The saved plan: the plan itself as JSON under `$schema`, and a hash over it that shows edits by hand.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Kind, Result};
use crate::plan::Plan;

/// The format that this program writes and reads.
pub const VERSION: u32 = 1;

/// The JSON Schema of the format, as `reconcile json-schema plan` prints it.
pub const SCHEMA: &str = include_str!("plan.schema.json");

/// What `$schema` says.
const SCHEMA_ID: &str = "urn:reconcile:plan:1";

/// What a plan covers: whoever checks later whether it still fits must look at the same part of the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The managed schemas, when they were named.
    pub schemas: Option<Vec<String>>,
    /// Whether all schemas are managed.
    pub all_schemas: bool,
    /// Globs of what is left alone.
    pub exclude: Vec<String>,
    /// `declared`, `full` or `off`.
    pub privileges: String,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    #[serde(rename = "$schema")]
    schema: String,
    hash: String,
    scope: Scope,
    #[serde(flatten)]
    plan: Plan,
}

/// The plan as JSON with a line break at its end.
///
/// # Errors
/// None that a plan can cause; serde's signature has one.
pub fn render(plan: &Plan, scope: &Scope) -> Result<String> {
    let (plan, scope) = (plan.clone(), scope.clone());
    let saved = Saved { schema: SCHEMA_ID.to_string(), hash: digest(&(&plan, &scope))?, scope, plan };
    let text = serde_json::to_string_pretty(&saved).map_err(unwritable)?;
    Ok(text + "\n")
}

/// Reads a saved plan; `label` names the file in messages.
///
/// # Errors
/// [`Kind::Stale`] when another format version or a changed file is met; a plain failure when it is no plan.
pub fn read(text: &str, label: &str) -> Result<(Plan, Scope)> {
    #[derive(Deserialize)]
    struct Head {
        version: u32,
    }
    let no_plan = |error: serde_json::Error| {
        Error::new(format!("{label} is not a saved plan")).cause(error).hint("`reconcile plan -o FILE` writes one")
    };
    let head: Head = serde_json::from_str(text).map_err(no_plan)?;
    if head.version != VERSION {
        return Err(Error::new(format!("{label} has plan format {}, this program reads {VERSION}", head.version))
            .kind(Kind::Stale)
            .hint("plan again with this version of reconcile"));
    }
    let saved: Saved = serde_json::from_str(text).map_err(no_plan)?;
    if digest(&(&saved.plan, &saved.scope))? != saved.hash {
        return Err(Error::new(format!("{label} was changed after it was planned"))
            .kind(Kind::Stale)
            .hint("plan again; a saved plan is applied as it was reviewed or not at all"));
    }
    Ok((saved.plan, saved.scope))
}

/// SHA-256 of the plan, in hexadecimal digits.
///
/// # Errors
/// None that a plan can cause; serde's signature has one.
pub fn hash(plan: &Plan) -> Result<String> {
    digest(plan)
}

fn digest(value: &impl Serialize) -> Result<String> {
    let bytes = serde_json::to_vec(value).map_err(unwritable)?;
    Ok(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::new("the plan cannot be written as JSON").cause(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn a_plan_comes_back() {
        let (plan, scope) = (sample::plan(), Scope { all_schemas: true, ..Scope::default() });
        assert_eq!(read(&render(&plan, &scope).unwrap(), "p.json").unwrap(), (plan, scope));
    }

    #[test]
    fn an_edit_by_hand_is_seen() {
        let text =
            render(&sample::plan(), &Scope::default()).unwrap().replace("DROP TABLE app.old", "DROP TABLE app.users");
        let error = read(&text, "p.json").unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (Kind::Stale, "p.json was changed after it was planned"));
    }

    #[test]
    fn another_version_is_stale_and_nonsense_is_an_error() {
        let error = read("{\"version\": 99}", "p.json").unwrap_err();
        assert_eq!(error.exit_code(), 4);
        assert_eq!(read("[]", "p.json").unwrap_err().exit_code(), 1);
    }

    /// The published schema and the data must not drift apart.
    #[test]
    fn the_schema_names_every_field() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        let plan: serde_json::Value =
            serde_json::from_str(&render(&sample::plan(), &Scope::default()).unwrap()).unwrap();
        let step = &plan["batches"][1]["steps"][0];
        let pairs = [
            (&plan, &schema["properties"]),
            (&plan["scope"], &schema["$defs"]["scope"]["properties"]),
            (&plan["batches"][0], &schema["$defs"]["batch"]["properties"]),
            (step, &schema["$defs"]["step"]["properties"]),
            (&step["hazards"][0], &schema["$defs"]["hazard"]["properties"]),
            (&step["object"], &schema["$defs"]["object"]["properties"]),
            (&plan["notes"][0], &schema["$defs"]["note"]["properties"]),
            (&plan["unmanaged"][0], &schema["$defs"]["unmanaged"]["properties"]),
        ];
        for (data, properties) in pairs {
            let keys = |value: &serde_json::Value| {
                let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
                keys.sort();
                keys
            };
            assert_eq!(keys(data), keys(properties));
        }
    }
}
