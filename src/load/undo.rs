//! What a file takes back of what it defines further up: columns, attributes and whole objects. Only the state at the
//! end of the file is declared. What is left and still speaks of them is a mistake that reading finds.

use std::collections::BTreeSet;

use pg_query::protobuf::{AlterTableCmd, AlterTableStmt, AlterTableType, DropBehavior, DropStmt, ObjectType, RangeVar};
use pg_query::{Node, NodeEnum, NodeRef};

use crate::load::sql::Statement;
use crate::objects::options;

/// Takes out what is dropped again, and the drops of it. Any other drop stays, and is refused when it is read.
pub fn undo(mut statements: Vec<Statement>) -> Vec<Statement> {
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    for at in 0..statements.len() {
        let (before, rest) = statements.split_at_mut(at);
        let Some(Statement { node, path, .. }) = rest.first_mut() else { break };
        match node {
            NodeEnum::DropStmt(drop) => {
                if let Some(found) = of_drop(drop, path, before, &gone) {
                    gone.extend(found);
                    gone.insert(at);
                }
            }
            NodeEnum::AlterTableStmt(alter) => {
                without_columns(alter, path, before, &gone);
                if alter.cmds.is_empty() {
                    gone.insert(at);
                }
            }
            _ => {}
        }
    }
    let mut index = 0..;
    statements.retain(|_| index.next().is_none_or(|index| !gone.contains(&index)));
    statements
}

/// The schemas in which an object may lie, and its name.
type Name<'a> = (Vec<&'a str>, &'a str);

fn name<'a>(parts: &[&'a str], path: &'a [String]) -> Option<Name<'a>> {
    match parts {
        [name] => Some((path.iter().map(String::as_str).collect(), name)),
        [.., schema, name] => Some((vec![schema], name)),
        [] => None,
    }
}

fn of_range<'a>(range: &'a RangeVar, path: &'a [String]) -> Name<'a> {
    match range.schemaname.as_str() {
        "" => (path.iter().map(String::as_str).collect(), &range.relname),
        schema => (vec![schema], &range.relname),
    }
}

/// Whether what is created under the first name is found under the second.
fn is_found(created: &Name, (schemas, name): &Name) -> bool {
    created.1 == *name && created.0.first().is_some_and(|schema| schemas.contains(schema))
}

/// The statements before a DROP that define its objects or speak of them; `None` when one of them is defined elsewhere.
fn of_drop(
    statement: &DropStmt,
    path: &[String],
    before: &[Statement],
    gone: &BTreeSet<usize>,
) -> Option<BTreeSet<usize>> {
    let kind = ObjectType::try_from(statement.remove_type).ok()?;
    if statement.behavior == DropBehavior::DropCascade as i32 {
        return None;
    }
    let mut out = BTreeSet::new();
    for node in &statement.objects {
        let parts = match node.node.as_ref()? {
            NodeEnum::List(list) => options::strings(&list.items),
            NodeEnum::TypeName(name) => options::strings(&name.names),
            _ => return None,
        };
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let dropped = name(&parts, path)?;
        let defines = |it: &Statement| {
            defined(&it.node, &it.path).is_some_and(|(of, name)| of == kind && is_found(&name, &dropped))
        };
        let definition = (0..before.len()).rev().find(|at| !gone.contains(at) && defines(&before[*at]))?;
        let about = |it: &Statement| spoken_of(&it.node, &it.path).is_some_and(|name| is_found(&name, &dropped));
        out.insert(definition);
        out.extend((definition..before.len()).filter(|at| about(&before[*at])));
    }
    Some(out)
}

/// What a statement creates.
fn defined<'a>(node: &'a NodeEnum, path: &'a [String]) -> Option<(ObjectType, Name<'a>)> {
    let of = |kind, range: &'a Option<RangeVar>| Some((kind, of_range(range.as_ref()?, path)));
    let strings = |nodes: &'a [Node]| {
        let parts: Vec<&str> = nodes.iter().filter_map(string).collect();
        name(&parts, path)
    };
    match node {
        NodeEnum::CreateStmt(it) => of(ObjectType::ObjectTable, &it.relation),
        NodeEnum::CreateForeignTableStmt(it) => of(ObjectType::ObjectForeignTable, &it.base_stmt.as_ref()?.relation),
        NodeEnum::ViewStmt(it) => of(ObjectType::ObjectView, &it.view),
        NodeEnum::CreateSeqStmt(it) => of(ObjectType::ObjectSequence, &it.sequence),
        NodeEnum::CreateTableAsStmt(it) if it.objtype == ObjectType::ObjectMatview as i32 => {
            of(ObjectType::ObjectMatview, &it.into.as_ref()?.rel)
        }
        NodeEnum::IndexStmt(it) => {
            // an index lies in the schema of its table
            let (schemas, _) = of_range(it.relation.as_ref()?, path);
            Some((ObjectType::ObjectIndex, (schemas, &it.idxname)))
        }
        NodeEnum::CompositeTypeStmt(it) => of(ObjectType::ObjectType, &it.typevar),
        NodeEnum::CreateEnumStmt(it) => Some((ObjectType::ObjectType, strings(&it.type_name)?)),
        NodeEnum::CreateRangeStmt(it) => Some((ObjectType::ObjectType, strings(&it.type_name)?)),
        NodeEnum::CreateDomainStmt(it) => Some((ObjectType::ObjectDomain, strings(&it.domainname)?)),
        _ => None,
    }
}

fn string(node: &Node) -> Option<&str> {
    match node.node.as_ref()? {
        NodeEnum::String(text) => Some(&text.sval),
        _ => None,
    }
}

/// The relation or type that a statement says something about, which goes with it.
fn spoken_of<'a>(node: &'a NodeEnum, path: &'a [String]) -> Option<Name<'a>> {
    let of = |range: &'a Option<RangeVar>| Some(of_range(range.as_ref()?, path));
    match node {
        NodeEnum::AlterTableStmt(it) => of(&it.relation),
        NodeEnum::IndexStmt(it) => of(&it.relation),
        NodeEnum::CreateTrigStmt(it) => of(&it.relation),
        NodeEnum::CreatePolicyStmt(it) => of(&it.table),
        NodeEnum::RuleStmt(it) => of(&it.relation),
        NodeEnum::AlterSeqStmt(it) => of(&it.sequence),
        NodeEnum::AlterOwnerStmt(it) => named(it.object.as_ref()?, 0, path),
        NodeEnum::CommentStmt(it) => {
            let kind = ObjectType::try_from(it.objtype).ok()?;
            let parts = [ObjectType::ObjectColumn, ObjectType::ObjectTabconstraint, ObjectType::ObjectTrigger];
            let beside = [ObjectType::ObjectPolicy, ObjectType::ObjectRule];
            let part = parts.contains(&kind) || beside.contains(&kind);
            named(it.object.as_ref()?, usize::from(part), path)
        }
        NodeEnum::GrantStmt(it) => match it.objects.as_slice() {
            [Node { node: Some(NodeEnum::RangeVar(range)) }] => Some(of_range(range, path)),
            _ => None,
        },
        _ => None,
    }
}

/// The name in a list or a type's name, without its last `parts`.
fn named<'a>(node: &'a Node, parts: usize, path: &'a [String]) -> Option<Name<'a>> {
    let items = match node.node.as_ref()? {
        NodeEnum::List(list) => &list.items,
        NodeEnum::TypeName(name) => &name.names,
        _ => return None,
    };
    let all: Vec<&str> = items.iter().filter_map(string).collect();
    name(all.get(..all.len().checked_sub(parts)?)?, path)
}

/// Takes DROP COLUMN and DROP ATTRIBUTE out of a statement, and the columns and attributes out of their definitions.
fn without_columns(statement: &mut AlterTableStmt, path: &[String], before: &mut [Statement], gone: &BTreeSet<usize>) {
    let Some(relation) = statement.relation.clone() else { return };
    let altered = of_range(&relation, path);
    statement.cmds.retain(|node| {
        let Some(NodeEnum::AlterTableCmd(command)) = node.node.as_ref() else { return true };
        !(is_drop(command) && without_column(&altered, &command.name, before, gone))
    });
}

fn is_drop(command: &AlterTableCmd) -> bool {
    command.subtype == AlterTableType::AtDropColumn as i32 && command.behavior != DropBehavior::DropCascade as i32
}

/// Whether a column was found, and is no more.
fn without_column(relation: &Name, column: &str, before: &mut [Statement], gone: &BTreeSet<usize>) -> bool {
    let open = before.iter().enumerate().filter(|(at, _)| !gone.contains(at)).map(|(_, it)| it);
    if open.into_iter().any(|it| takes_columns(&it.node, &it.path, relation)) {
        return false;
    }
    let mut rest = before.iter_mut().enumerate().rev().filter(|(at, _)| !gone.contains(at));
    rest.any(|(_, it)| {
        let path = it.path.clone();
        let columns = match &mut it.node {
            NodeEnum::CreateStmt(create) if is(&create.relation, &path, relation) => &mut create.table_elts,
            NodeEnum::CompositeTypeStmt(create) if is(&create.typevar, &path, relation) => &mut create.coldeflist,
            NodeEnum::AlterTableStmt(alter) if is(&alter.relation, &path, relation) => &mut alter.cmds,
            _ => return false,
        };
        let known = columns.len();
        columns.retain(|node| column_of(node) != Some(column));
        columns.len() < known
    })
}

fn is(range: &Option<RangeVar>, path: &[String], relation: &Name) -> bool {
    range.as_ref().is_some_and(|range| is_found(&of_range(range, path), relation))
}

/// Whether what a statement makes has the columns that the relation has at that time: a copy, a child, which keeps them
/// when they are dropped with ONLY, or a query with a star, which PostgreSQL holds them for.
fn takes_columns(node: &NodeEnum, path: &[String], relation: &Name) -> bool {
    match node {
        NodeEnum::CreateStmt(create) => {
            let parent = |node: &Node| matches!(&node.node, Some(NodeEnum::RangeVar(parent)) if is_found(&of_range(parent, path), relation));
            create.inh_relations.iter().any(parent)
                || create.table_elts.iter().any(|element| match element.node.as_ref() {
                    Some(NodeEnum::TableLikeClause(like)) => is(&like.relation, path, relation),
                    _ => false,
                })
        }
        NodeEnum::ViewStmt(_) | NodeEnum::CreateTableAsStmt(_) => {
            let nodes = node.nodes();
            let reads =
                |node: &NodeRef| matches!(node, NodeRef::RangeVar(range) if is_found(&of_range(range, path), relation));
            let is_star = |node: &Node| matches!(node.node, Some(NodeEnum::AStar(_)));
            let star = |node: &NodeRef| matches!(node, NodeRef::ColumnRef(it) if it.fields.iter().any(is_star));
            nodes.iter().any(|(node, ..)| reads(node)) && nodes.iter().any(|(node, ..)| star(node))
        }
        _ => false,
    }
}

/// The column that an element of a definition or a command of ALTER TABLE adds.
fn column_of(node: &Node) -> Option<&str> {
    match node.node.as_ref()? {
        NodeEnum::ColumnDef(column) => Some(&column.colname),
        NodeEnum::AlterTableCmd(command) if command.subtype == AlterTableType::AtAddColumn as i32 => {
            column_of(command.def.as_ref()?)
        }
        _ => None,
    }
}
