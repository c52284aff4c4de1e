//! The published schema and the table of keys say the same.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

fn properties(node: &Value) -> BTreeSet<String> {
    node["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_key_is_in_the_schema_and_the_other_way_round() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let definitions = schema["$defs"].as_object().unwrap();
    assert_eq!(definitions.len() + 1, keys::ALL.len());
    for keys in keys::ALL {
        let name = keys.name.replace([' ', '-'], "_");
        let node = if name == "document" { &schema } else { &definitions[&name] };
        let known: BTreeSet<String> = keys.keys.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(properties(node), known, "{name}");
        assert_eq!(node["additionalProperties"], Value::Bool(false), "{name}");
    }
}

#[test]
fn every_property_is_described() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        for (key, property) in definition["properties"].as_object().unwrap() {
            assert!(property.get("description").is_some() || property.get("$ref").is_some(), "{name}.{key}");
        }
    }
}

/// Whether a value fits a schema, for the few keywords that the published schema uses.
fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(root, root.pointer(reference.trim_start_matches('#')).unwrap(), value);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = |word: &str| word == kind || (word == "number" && kind == "integer");
    let typed = match &schema["type"] {
        Value::String(word) => allowed(word),
        Value::Array(words) => words.iter().any(|word| allowed(word.as_str().unwrap())),
        _ => true,
    };
    let listed = schema["enum"].as_array().is_none_or(|words| words.contains(value));
    let exact = schema.get("const").is_none_or(|wanted| wanted == value);
    let branches = schema["oneOf"].as_array();
    let one = branches.is_none_or(|all| all.iter().filter(|one| fits(root, one, value)).count() == 1);
    let items = value.as_array().is_none_or(|items| items.iter().all(|item| fits(root, &schema["items"], item)));
    typed && listed && exact && one && items && members_fit(root, schema, value)
}

fn members_fit(root: &Value, schema: &Value, value: &Value) -> bool {
    let Some(members) = value.as_object() else { return true };
    let needed = schema["required"].as_array();
    needed.is_none_or(|keys| keys.iter().all(|key| members.contains_key(key.as_str().unwrap())))
        && members.iter().all(|(key, member)| match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => false,
            (Value::Null, other) => fits(root, other, member),
            (property, _) => fits(root, property, member),
        })
}

#[test]
fn the_examples_fit_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for text in [TOUR, EVERYTHING] {
        let value: Value = serde_yaml::from_str(text).unwrap();
        assert!(fits(&schema, &schema, &value));
    }
    let wrong: Value = serde_yaml::from_str("schemas: {a: {tables: {t: {colums: {}}}}}").unwrap();
    assert!(!fits(&schema, &schema, &wrong));
}

#[test]
fn the_kinds_that_can_be_dropped_are_in_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let listed = schema.pointer("/$defs/manage_map/properties/drop/oneOf/1/propertyNames/enum").unwrap();
    assert_eq!(listed, &serde_json::json!(KINDS));
}
