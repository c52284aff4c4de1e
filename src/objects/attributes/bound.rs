//! `ALTER … DEPENDS ON EXTENSION`: what goes when an extension goes (`pg_depend`, deptype `x`).

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterObjectDependsStmt, ObjectType};

use super::{address, comment_target, noun};
use crate::catalog::{Catalog, ObjectId};
use crate::load::reader::{Reader, Stop};
use crate::name::quote;
use crate::objects::{Kind, Object, Statement, options};
use crate::plan::forms::Form;

/// Reads the statement. Errors: the object or the extension is not there (yet).
pub fn read(statement: &AlterObjectDependsStmt, reader: &mut Reader) -> Result<(), Stop> {
    let kind = ObjectType::try_from(statement.object_type).unwrap_or(ObjectType::Undefined);
    let name = statement.extname.as_ref().map(|name| name.sval.clone()).unwrap_or_default();
    let extension = ObjectId::new(Kind::Extension, [name.as_str()]);
    let id = match (&statement.relation, statement.object.as_ref().and_then(|node| node.node.as_ref())) {
        (Some(range), node) => {
            let mut names: Vec<String> = [&range.schemaname, &range.relname].into_iter().cloned().collect();
            names.retain(|name| !name.is_empty());
            names.extend(node.map(own_name).unwrap_or_default());
            let items = names.into_iter().map(string).collect();
            address(reader, kind, &NodeEnum::List(pg_query::protobuf::List { items }))?
        }
        (None, Some(node)) => address(reader, kind, node)?,
        (None, None) => return Err(reader.wrong(0, "this dependency names nothing").into()),
    };
    reader.mention(&id);
    if statement.remove {
        reader.catalog.attributes.entry(id).or_default().extensions.remove(&name);
        return Ok(());
    }
    if !reader.catalog.objects.contains_key(&extension) {
        let message = format!("{extension} does not exist in the desired state");
        return Err(reader.missing(reader.find_name(0, &name), &name, message));
    }
    bind(reader.catalog, id, name);
    Ok(())
}

/// Lets an object go with an extension.
pub fn bind(catalog: &mut Catalog, id: ObjectId, extension: String) {
    let whole = match catalog.objects.constraint_of_index(id.relation().0, id.name()) {
        Some(constraint) if id.kind == Kind::Index => constraint.clone(),
        _ => id.clone(),
    };
    catalog.depend(&whole, ObjectId::new(Kind::Extension, [extension.as_str()]));
    catalog.attributes.entry(id).or_default().extensions.insert(extension);
}

/// The name of a trigger in its relation.
fn own_name(node: &NodeEnum) -> Vec<String> {
    match node {
        NodeEnum::List(list) => options::strings(&list.items),
        NodeEnum::String(name) => vec![name.sval.clone()],
        _ => vec![],
    }
}

fn string(sval: String) -> pg_query::Node {
    pg_query::Node { node: Some(NodeEnum::String(pg_query::protobuf::String { sval })) }
}

/// The statements that turn one set of extensions, of which `kept` are not forgotten on the way, into another.
pub fn changes(id: &ObjectId, object: Option<&Object>, [now, kept, wanted]: [&BTreeSet<String>; 3]) -> Vec<Statement> {
    // the statement knows no word of its own for aggregates
    let (noun, target) = match id.kind {
        Kind::Aggregate => ("ROUTINE", id.with_kind(Kind::Function).sql()),
        _ => (noun(id, object), comment_target(id)),
    };
    let say = |word: &str, name: &String| {
        let sql = format!("ALTER {noun} {target} {word}DEPENDS ON EXTENSION {}", quote(name));
        Statement::new(Form::Catalog, sql)
    };
    let lost = now.difference(wanted).map(|name| say("NO ", name));
    lost.chain(wanted.difference(kept).map(|name| say("", name))).collect()
}

/// The extensions whose drop would take the object along unless it lets go of them before.
pub fn let_go(id: &ObjectId, current: &Catalog, desired: &Catalog) -> BTreeSet<ObjectId> {
    let of = |catalog: &Catalog| catalog.attributes.get(id).map(|it| it.extensions.clone()).unwrap_or_default();
    let kept = of(desired);
    of(current).difference(&kept).map(|name| ObjectId::new(Kind::Extension, [name.as_str()])).collect()
}
