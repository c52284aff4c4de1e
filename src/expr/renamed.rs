//! Normal forms under new names: what a definition means once the objects in it are called otherwise. Columns get
//! theirs where variables are made, since a variable does not name its relation.

use super::form::Form;
use crate::objects::Space;
use crate::renames::Renames;

/// The form with the new names of relations, types and labels.
pub(super) fn form(form: Form, renames: &Renames) -> Form {
    let Form::Node(tag, parts) = form else { return form };
    let mut parts: Vec<Form> = parts.into_iter().map(|part| self::form(part, renames)).collect();
    match tag {
        "relation" => relation(parts.first_mut(), renames),
        "collate" => named(parts.first_mut(), Space::Collation, renames),
        // behind what an element of an index is about stand its collation and its operator class
        "element" => {
            named(parts.get_mut(1), Space::Collation, renames);
            named(parts.get_mut(2), Space::OperatorClass, renames);
        }
        "cast" | "length" | "array" | "row" => type_key(parts.first_mut(), renames),
        "const" => constant(&mut parts, renames),
        "call" => called(parts.first_mut(), Space::Constructor, renames),
        "op" => called(parts.first_mut(), Space::Operator, renames),
        _ => {}
    }
    Form::Node(tag, parts)
}

fn relation(names: Option<&mut Form>, renames: &Renames) {
    named(names, Space::Relation, renames);
}

/// A list of schema and name.
fn named(names: Option<&mut Form>, space: Space, renames: &Renames) {
    let Some(Form::Node("list", parts)) = names else { return };
    if let [Form::Atom(schema), Form::Atom(name)] = parts.as_mut_slice()
        && let Some(new) = renames.names(space, &[schema.clone(), name.clone()])
        && let Ok([new_schema, new_name]) = <[String; 2]>::try_from(new)
    {
        (*schema, *name) = (new_schema, new_name);
    }
}

/// A function or operator: `schema.name(keys of types)`.
fn called(id: Option<&mut Form>, space: Space, renames: &Renames) {
    let Some(Form::Atom(id)) = id else { return };
    let Some((names, types)) = id.strip_suffix(')').and_then(|id| id.split_once('(')) else { return };
    let Some((schema, name)) = names.split_once('.') else { return };
    let old = vec![schema.to_string(), name.to_string()];
    let new = renames.names(space, &old).unwrap_or(old);
    let types: Vec<&str> = types.split(',').map(|key| renames.type_key(key).unwrap_or(key)).collect();
    *id = format!("{}({})", new.join("."), types.join(","));
}

fn type_key(key: Option<&mut Form>, renames: &Renames) {
    if let Some(Form::Atom(key)) = key
        && let Some(new) = renames.type_key(key)
    {
        *key = new.to_string();
    }
}

fn constant(parts: &mut [Form], renames: &Renames) {
    let [key, value] = parts else { return };
    let old = key.text().unwrap_or_default().to_string();
    match (old.as_str(), &mut *value) {
        ("regclass", value) => relation(Some(value), renames),
        ("regconfig", value) => named(Some(value), Space::TsConfiguration, renames),
        ("regdictionary", value) => named(Some(value), Space::TsDictionary, renames),
        ("regtype", value) => type_key(Some(value), renames),
        ("regnamespace", Form::Node("list", names)) => {
            if let [Form::Atom(name)] = names.as_mut_slice()
                && let Some([new]) = renames
                    .names(Space::Schema, std::slice::from_ref(name))
                    .and_then(|new| <[String; 1]>::try_from(new).ok())
            {
                *name = new;
            }
        }
        (_, Form::Atom(label)) => {
            if let Some(new) = renames.label(&old, label) {
                *label = new.to_string();
            }
        }
        _ => {}
    }
    type_key(Some(key), renames);
}
