//! Security labels (`pg_seclabel`): what a label provider, such as sepgsql or anon, is told about an object.

use std::collections::{BTreeMap, BTreeSet};

use pg_query::protobuf::{ObjectType, SecLabelStmt};

use super::{address, comment_target, noun};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::load::reader::{Reader, Stop};
use crate::name::{literal, quote};
use crate::objects::{Object, Statement};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

/// Provider -> label. The provider is empty where the files leave it to the server, which must have only one then.
pub type Labels = BTreeMap<String, String>;

/// Reads SECURITY LABEL. Errors: the object is not there (yet), or cannot have labels (`SecLabelSupportsObjectType`);
/// the same provider labels it twice.
pub fn read(statement: &SecLabelStmt, reader: &mut Reader) -> Result<(), Stop> {
    let kind = ObjectType::try_from(statement.objtype).unwrap_or(ObjectType::Undefined);
    match kind {
        ObjectType::ObjectDatabase | ObjectType::ObjectRole | ObjectType::ObjectTablespace => {
            let error = reader.wrong(0, "labels of databases, roles and tablespaces cannot be part of a desired state");
            return Err(error.hint("they belong to the whole server; leave the statement out").into());
        }
        ObjectType::ObjectLargeobject => {
            let error = reader.wrong(0, "labels of large objects cannot be part of a desired state");
            return Err(error.hint("large objects are data; leave the statement out").into());
        }
        kind if !supports(kind) => {
            let error = reader.wrong(0, "security labels are not supported for this type of object");
            return Err(error.hint("PostgreSQL refuses the statement; leave it out").into());
        }
        _ => {}
    }
    let Some(node) = statement.object.as_ref().and_then(|node| node.node.as_ref()) else {
        return Err(reader.wrong(0, "this label names nothing").into());
    };
    let id = address(reader, kind, node)?;
    reader.mention(&id);
    let labels = &mut reader.catalog.attributes.entry(id.clone()).or_default().labels;
    if labels.contains_key(&statement.provider) {
        let provider =
            if statement.provider.is_empty() { String::new() } else { format!(" for {}", statement.provider) };
        let error = reader.wrong(0, format!("the security label{provider} on {id} is given twice"));
        return Err(error.hint("keep one of them").into());
    }
    // IS NULL says that there is none
    if !statement.label.is_empty() {
        labels.insert(statement.provider.clone(), statement.label.clone());
    }
    let place = reader.place(0);
    reader.catalog.labels.entry(id).or_insert(place);
    Ok(())
}

fn supports(kind: ObjectType) -> bool {
    use ObjectType as Type;
    matches!(
        kind,
        Type::ObjectAggregate
            | Type::ObjectColumn
            | Type::ObjectDomain
            | Type::ObjectEventTrigger
            | Type::ObjectForeignTable
            | Type::ObjectFunction
            | Type::ObjectLanguage
            | Type::ObjectMatview
            | Type::ObjectProcedure
            | Type::ObjectPublication
            | Type::ObjectRoutine
            | Type::ObjectSchema
            | Type::ObjectSequence
            | Type::ObjectSubscription
            | Type::ObjectTable
            | Type::ObjectType
            | Type::ObjectView
    )
}

/// Gives labels without a provider the one that the database knows. Errors: it knows several.
pub fn settle(current: &Catalog, desired: &mut Catalog) -> Result<()> {
    let open: Vec<ObjectId> = desired
        .attributes
        .iter()
        .filter(|(_, attributes)| attributes.labels.contains_key(""))
        .map(|(id, _)| id.clone())
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let known: BTreeSet<String> = current.attributes.values().flat_map(|it| it.labels.keys().cloned()).collect();
    let mut known = known.into_iter();
    let (provider, another) = (known.next(), known.next());
    let mut errors = vec![];
    for id in open {
        if another.is_some() {
            let error = Error::new(format!("the label on {id} names no provider, and the database knows several"));
            let error = error.hint("write SECURITY LABEL FOR provider ON …");
            errors.push(match desired.labels.get(&id) {
                Some(place) => error.at(place),
                None => error,
            });
        }
        let Some(labels) = desired.attributes.get_mut(&id).map(|it| &mut it.labels) else { continue };
        if let Some((provider, label)) = provider.as_ref().zip(labels.remove("")) {
            labels.insert(provider.clone(), label);
        }
    }
    Error::all(errors).map_or(Ok(()), Err)
}

/// The statements that turn one set of labels into another.
pub fn changes(id: &ObjectId, object: Option<&Object>, now: &Labels, wanted: &Labels) -> Vec<Statement> {
    let providers: BTreeSet<&String> = now.keys().chain(wanted.keys()).collect();
    let differ = providers.into_iter().filter(|provider| now.get(*provider) != wanted.get(*provider));
    let say = |provider: &String| {
        let by = if provider.is_empty() { String::new() } else { format!("FOR {} ", quote(provider)) };
        let label = wanted.get(provider).map_or("NULL".into(), |label| literal(label));
        let sql = format!("SECURITY LABEL {by}ON {} {} IS {label}", noun(id, object), comment_target(id));
        let finding = now
            .contains_key(provider)
            .then(|| Finding::new("change-security-label", format!("{provider} decides by another label about {id}")));
        let mut statement = Statement::new(Form::Attribute, sql);
        statement.findings.extend(finding);
        statement
    };
    differ.map(say).collect()
}
