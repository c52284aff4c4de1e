//! Statements that wait for a name that never comes: why.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::ObjectType;

use crate::error::Error;
use crate::objects::options::strings;

/// The bare name of what a statement defines, as far as others wait for it.
pub fn defines(node: &NodeEnum) -> Option<String> {
    match node {
        NodeEnum::CreateStmt(it) => it.relation.as_ref().map(|range| range.relname.clone()),
        NodeEnum::CreateForeignTableStmt(it) => Some(it.base_stmt.as_ref()?.relation.as_ref()?.relname.clone()),
        NodeEnum::ViewStmt(it) => it.view.as_ref().map(|range| range.relname.clone()),
        NodeEnum::CreateTableAsStmt(it) => it.into.as_ref()?.rel.as_ref().map(|range| range.relname.clone()),
        NodeEnum::CreateSeqStmt(it) => it.sequence.as_ref().map(|range| range.relname.clone()),
        NodeEnum::CompositeTypeStmt(it) => it.typevar.as_ref().map(|range| range.relname.clone()),
        NodeEnum::CreateDomainStmt(it) => strings(&it.domainname).pop(),
        NodeEnum::CreateEnumStmt(it) => strings(&it.type_name).pop(),
        NodeEnum::CreateRangeStmt(it) => strings(&it.type_name).pop(),
        NodeEnum::DefineStmt(it) if it.kind() == ObjectType::ObjectType => strings(&it.defnames).pop(),
        NodeEnum::IndexStmt(it) => Some(it.idxname.clone()).filter(|name| !name.is_empty()),
        NodeEnum::CreateExtensionStmt(it) => Some(it.extname.clone()),
        NodeEnum::CreateSchemaStmt(it) => Some(it.schemaname.clone()),
        _ => None,
    }
}

/// What to report of statements that still wait: what each defines, the name that it waits for, and the error when
/// nothing more is known. What only waits for a definition that is wrong itself (`failed`) is left out.
pub fn explain(waiting: Vec<(Option<String>, String, Error)>, failed: &BTreeSet<String>) -> Vec<Error> {
    let mut out = vec![];
    for (own, name, error) in &waiting {
        let Some(cycle) = cycle(own.as_deref(), name, &waiting) else {
            let stuck = waiting.iter().any(|(own, ..)| own.as_deref() == Some(name));
            if !failed.contains(name) && !stuck {
                out.push(error.clone());
            }
            continue;
        };
        let message = match cycle.as_slice() {
            [only] => format!("{only} is defined by itself"),
            all => format!("{} is defined by itself: {}", all[0], [all, &all[..1]].concat().join(" needs ")),
        };
        let hint = "break the circle: one of them must do without the others".to_string();
        out.push(Error { message, hint: Some(hint), ..error.clone() });
    }
    // statements that only wait for each other in ways that were not seen
    if out.is_empty() && failed.is_empty() {
        out.extend(waiting.into_iter().map(|(_, _, error)| error));
    }
    out
}

/// The names on the way from `own` over `name` back to `own`.
fn cycle(own: Option<&str>, name: &str, waiting: &[(Option<String>, String, Error)]) -> Option<Vec<String>> {
    let own = own?;
    let mut path = vec![own.to_string()];
    let mut at = name;
    while at != own {
        if path.iter().any(|seen| seen == at) {
            return None;
        }
        path.push(at.to_string());
        at = waiting.iter().find(|(defined, ..)| defined.as_deref() == Some(at)).map(|(_, name, _)| name.as_str())?;
    }
    Some(path)
}
