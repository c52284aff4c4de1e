//! CREATE and ALTER OPERATOR FAMILY in files.

use pg_query::protobuf::{AlterOpFamilyStmt, CreateOpClassItem, CreateOpFamilyStmt};
use pg_query::{Node, NodeEnum};

use super::member::{Member, What, sort};
use super::{OperatorFamily, identity};
use crate::catalog::ObjectId;
use crate::load::reader::{Reader, Stop, Type};
use crate::name::{QualifiedName, dotted};
use crate::objects::operator::Partner;
use crate::objects::trigger_function::TriggerFunction;
use crate::objects::{Derived, Kind, Object, options, routine};

/// Reads CREATE OPERATOR FAMILY and ALTER OPERATOR FAMILY … ADD.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateOpFamilyStmt(statement) => Some(create(statement, reader)),
        NodeEnum::AlterOpFamilyStmt(statement) => Some(alter(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreateOpFamilyStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.opfamilyname)?;
    let place = reader.find_name(0, &name);
    let id = identity(Kind::OperatorFamily, &QualifiedName { schema, name }, &statement.amname);
    Ok(reader.add_named(id, OperatorFamily::default(), 0, place)?)
}

fn alter(statement: &AlterOpFamilyStmt, reader: &mut Reader) -> Result<(), Stop> {
    if statement.is_drop {
        let error = reader.wrong(0, "DROP cannot be part of a desired state");
        return Err(error.hint("a desired state says what exists; leave out what shall go").into());
    }
    let names = options::strings(&statement.opfamilyname);
    let id = find(reader, Kind::OperatorFamily, &names, &statement.amname)?;
    let (new, _) = items(&statement.items, &statement.amname, None, reader)?;
    if let Some(Object::OperatorFamily(family)) = reader.catalog.objects.get_mut(&id) {
        family.members.extend(new);
        sort(&mut family.members);
    }
    Ok(())
}

/// The family or class that COMMENT ON and ALTER … OWNER name: the access method, and the parts of the name.
/// Errors: it is not there (yet).
pub fn address(reader: &Reader, kind: Kind, parts: &[String]) -> Result<ObjectId, Stop> {
    let (method, names) = parts.split_first().map_or(("", &[][..]), |(method, names)| (method.as_str(), names));
    find(reader, kind, names, method)
}

/// A family or class by its name. Errors: it is not there (yet).
pub fn find(reader: &Reader, kind: Kind, names: &[String], method: &str) -> Result<ObjectId, Stop> {
    let (name, before) = names.split_last().map_or((String::new(), &[][..]), |(name, before)| (name.clone(), before));
    let schemas = if before.is_empty() { reader.path } else { before };
    let ids = schemas.iter().map(|schema| identity(kind, &QualifiedName::new(schema.as_str(), name.as_str()), method));
    let objects = &reader.catalog.objects;
    // a family that a class brings along is made when all is read
    let brought = |id: &ObjectId| {
        let class = objects.get(&id.with_kind(Kind::OperatorClass)).and_then(Object::operator_class);
        kind == Kind::OperatorFamily && class.is_some_and(|class| class.family_id(id) == *id)
    };
    ids.into_iter().find(|id| objects.contains_key(id) || brought(id)).ok_or_else(|| {
        let message =
            format!("{} {} USING {method} does not exist in the desired state", kind.title(), dotted(names));
        reader.missing(reader.find_name(0, &name), &name, message)
    })
}

/// The operators and functions of a list, and the storage type in it; `input` is the type of the class. Errors: types
/// that are missing, an operator or function that does not exist (yet).
pub fn items(
    nodes: &[Node],
    method: &str,
    input: Option<&Type>,
    reader: &Reader,
) -> Result<(Vec<Member>, Option<Type>), Stop> {
    let (mut members, mut storage): (Vec<Member>, Option<Type>) = (vec![], None);
    for node in nodes {
        let Some(NodeEnum::CreateOpClassItem(item)) = node.node.as_ref() else { continue };
        if let Some(stored) = &item.storedtype {
            storage = Some(routine::type_of(stored, reader)?);
            continue;
        }
        let member = if item.itemtype == OPERATOR { operator(item, input, reader) } else { function(item, method, input, reader) };
        let mut member = member?;
        member.tied = Derived(is_tied(&member, method));
        if members.iter().any(|other| other.place() == member.place()) {
            let error = reader.wrong(0, format!("{} is there twice", member.sql_of_drop()));
            return Err(error.hint("keep one of them").into());
        }
        members.push(member);
    }
    Ok((members, storage))
}

/// `OPCLASS_ITEM_OPERATOR`.
const OPERATOR: i32 = 1;

fn types(nodes: &[Node], reader: &Reader) -> Result<Vec<Type>, Stop> {
    let type_of = |node: &Node| match node.node.as_ref() {
        Some(NodeEnum::TypeName(name)) => Some(routine::type_of(name, reader)),
        _ => None,
    };
    nodes.iter().filter_map(type_of).collect()
}

/// The types that a member is for, or those of the class.
fn sides(given: &[Type], input: Option<&Type>, what: &str, reader: &Reader) -> Result<(Type, Type), Stop> {
    match (given, input) {
        ([both], _) => Ok((both.clone(), both.clone())),
        ([left, right, ..], _) => Ok((left.clone(), right.clone())),
        ([], Some(input)) => Ok((input.clone(), input.clone())),
        ([], None) => {
            let error = reader.wrong(0, format!("{what} has no types here"));
            Err(error.hint("write the two types that it is for in parentheses").into())
        }
    }
}

fn operator(item: &CreateOpClassItem, input: Option<&Type>, reader: &Reader) -> Result<Member, Stop> {
    let name = item.name.clone().unwrap_or_default();
    let what = format!("operator {}", item.number);
    let (left, right) = sides(&types(&name.objargs, reader)?, input, &what, reader)?;
    let order = match options::strings(&item.order_family).as_slice() {
        [] => None,
        [schema, name] => Some(QualifiedName::new(schema.as_str(), name.as_str())),
        names => {
            // the order is that of a B-tree
            let found = find(reader, Kind::OperatorFamily, names, "btree").ok();
            let schema = found.as_ref().and_then(ObjectId::schema).unwrap_or("pg_catalog");
            Some(QualifiedName::new(schema, names.last().map_or("", String::as_str)))
        }
    };
    let operator = Partner::new(options::strings(&name.objname), reader.path);
    Ok(Member { number: item.number, left, right, what: What::Operator { operator, order }, tied: Derived(false) })
}

fn function(item: &CreateOpClassItem, method: &str, input: Option<&Type>, reader: &Reader) -> Result<Member, Stop> {
    let name = item.name.clone().unwrap_or_default();
    let arguments = routine::argument_types(&name, reader)?;
    let given = types(&item.class_args, reader)?;
    // `assignProcTypes`
    let own: Vec<Type> = match (method, item.number, arguments.as_slice()) {
        _ if !given.is_empty() => given,
        ("btree", 1, [left, right]) => vec![left.clone(), right.clone()],
        ("btree", 3, [left, _, right, ..]) => vec![left.clone(), right.clone()],
        ("hash", 1 | 2, [both, ..]) => vec![both.clone()],
        _ => vec![],
    };
    let (left, right) = sides(&own, input, &format!("function {}", item.number), reader)?;
    let function = TriggerFunction::new(&name.objname, reader.path);
    let what = What::Function { function, arguments };
    Ok(Member { number: item.number, left, right, what, tied: Derived(false) })
}

/// Whether a class needs one of its members (`amadjustmembers` of the access methods).
fn is_tied(member: &Member, method: &str) -> bool {
    let (is_function, number, left, right) = member.place();
    match (method, is_function) {
        ("btree" | "hash", false) => left == right,
        ("btree" | "hash", true) => left == right && number == 1,
        ("gist" | "gin" | "spgist", false) => false,
        ("gist", true) => matches!(number, 1 | 2 | 5 | 6 | 7),
        ("gin", true) => matches!(number, 2 | 3),
        ("spgist", true) => (1..=5).contains(&number),
        _ => true,
    }
}
