//! The object that COMMENT ON, GRANT and ALTER … OWNER name.

use pg_query::NodeEnum;
use pg_query::protobuf::ObjectType;

use crate::catalog::ObjectId;
use crate::load::reader::{Reader, Stop};
use crate::objects::{Kind, cast, identity_sequence, operator, operator_family, options, routine, transform};

/// The object that a statement names. It must have been read already.
pub fn address(reader: &Reader, kind: ObjectType, node: &NodeEnum) -> Result<ObjectId, Stop> {
    if let Some(found) = by_types(reader, kind, node) {
        return found;
    }
    let names = match node {
        NodeEnum::List(list) => options::strings(&list.items),
        NodeEnum::String(string) => vec![string.sval.clone()],
        NodeEnum::TypeName(name) => options::strings(&name.names),
        _ => vec![],
    };
    let missing = |what: &str, names: &[String]| {
        let name = names.last().cloned().unwrap_or_default();
        let message = format!("{what} {} does not exist in the desired state", crate::name::dotted(names));
        reader.missing(reader.find_name(0, &name), &name, message)
    };
    let relation = |names: &[String]| {
        let (name, schema) = match names {
            [name] => (name, None),
            [schema, name] => (name, Some(schema)),
            _ => return None,
        };
        let schemas = schema.map_or(reader.path.to_vec(), |schema| vec![schema.clone()]);
        schemas.iter().find_map(|schema| {
            let relation = reader.catalog.relation(schema, name);
            relation.or_else(|| identity_sequence::named(reader.catalog, schema, name))
        })
    };
    if let Some(kind) = without_schema(kind) {
        let id = ObjectId::new(kind, names.clone());
        let known = reader.catalog.objects.contains_key(&id);
        return if known { Ok(id) } else { Err(missing(kind.title(), &names)) };
    }
    if let Some(kind) = in_schema(kind) {
        return named(reader, kind, &names).ok_or_else(|| missing(kind.title(), &names));
    }
    match kind {
        ObjectType::ObjectTable
        | ObjectType::ObjectForeignTable
        | ObjectType::ObjectView
        | ObjectType::ObjectMatview
        | ObjectType::ObjectSequence => relation(&names).ok_or_else(|| missing("relation", &names)),
        ObjectType::ObjectIndex => index(reader, &names).ok_or_else(|| missing("index", &names)),
        ObjectType::ObjectColumn
        | ObjectType::ObjectTabconstraint
        | ObjectType::ObjectPolicy
        | ObjectType::ObjectTrigger
        | ObjectType::ObjectRule => {
            let (name, table) = names.split_last().ok_or_else(|| missing("relation", &names))?;
            let composite = || type_id(reader, table).filter(|id| id.kind == Kind::CompositeType);
            let table = relation(table).or_else(composite).ok_or_else(|| missing("relation", table))?;
            part(reader, &table, kind, name).ok_or_else(|| {
                let what = if kind == ObjectType::ObjectColumn { "column" } else { "constraint" };
                missing(what, &names)
            })
        }
        ObjectType::ObjectType | ObjectType::ObjectDomain => {
            // nothing can be said about a shell before it is completed
            let known = type_id(reader, &names).filter(|id| id.kind != Kind::ShellType);
            let id = known.ok_or_else(|| missing("type", &names))?;
            let last = names.last().map_or("", String::as_str);
            if id.name() != last {
                let error = reader.wrong(reader.find_name(0, last), format!("{last} is the multirange type of {id}"));
                return Err(error.hint("its owner and privileges are those of the range type; name that").into());
            }
            Ok(id)
        }
        ObjectType::ObjectDomconstraint => {
            domain_constraint(reader, node).ok_or_else(|| missing("domain constraint", &names))
        }
        other => {
            let what = other.as_str_name().trim_start_matches("OBJECT_").to_lowercase();
            Err(reader
                .wrong(0, format!("objects of the kind {what} are not supported"))
                .hint("leave it out; what is not managed stays in the database as it is")
                .into())
        }
    }
}

/// An object that is named by types too.
fn by_types(reader: &Reader, kind: ObjectType, node: &NodeEnum) -> Option<Result<ObjectId, Stop>> {
    match (node, kind) {
        (NodeEnum::ObjectWithArgs(named), ObjectType::ObjectOperator) => Some(operator::address(reader, named)),
        (NodeEnum::ObjectWithArgs(named), _) => Some(routine::address(reader, kind, named)),
        (NodeEnum::List(list), ObjectType::ObjectCast) => {
            match [list.items.first()?, list.items.get(1)?].map(|node| node.node.as_ref()) {
                [Some(NodeEnum::TypeName(source)), Some(NodeEnum::TypeName(target))] => {
                    Some(cast::address(reader, source, target))
                }
                _ => None,
            }
        }
        (NodeEnum::List(list), ObjectType::ObjectTransform) => {
            match [list.items.first()?, list.items.get(1)?].map(|node| node.node.as_ref()) {
                [Some(NodeEnum::TypeName(data_type)), Some(NodeEnum::String(language))] => {
                    Some(transform::address(reader, data_type, &language.sval))
                }
                _ => None,
            }
        }
        (NodeEnum::List(list), ObjectType::ObjectOpclass) => {
            Some(operator_family::address(reader, Kind::OperatorClass, &options::strings(&list.items)))
        }
        (NodeEnum::List(list), ObjectType::ObjectOpfamily) => {
            Some(operator_family::address(reader, Kind::OperatorFamily, &options::strings(&list.items)))
        }
        _ => None,
    }
}

/// The kind of objects whose names lie in no schema.
fn without_schema(kind: ObjectType) -> Option<Kind> {
    Some(match kind {
        ObjectType::ObjectSchema => Kind::Schema,
        ObjectType::ObjectExtension => Kind::Extension,
        ObjectType::ObjectLanguage => Kind::Language,
        ObjectType::ObjectFdw => Kind::ForeignDataWrapper,
        ObjectType::ObjectForeignServer => Kind::Server,
        ObjectType::ObjectPublication => Kind::Publication,
        ObjectType::ObjectSubscription => Kind::Subscription,
        ObjectType::ObjectEventTrigger => Kind::EventTrigger,
        _ => return None,
    })
}

/// The kind of objects that lie in a schema and share no name space with other kinds.
fn in_schema(kind: ObjectType) -> Option<Kind> {
    Some(match kind {
        ObjectType::ObjectStatisticExt => Kind::Statistics,
        ObjectType::ObjectCollation => Kind::Collation,
        ObjectType::ObjectConversion => Kind::Conversion,
        ObjectType::ObjectTsparser => Kind::TsParser,
        ObjectType::ObjectTstemplate => Kind::TsTemplate,
        ObjectType::ObjectTsdictionary => Kind::TsDictionary,
        ObjectType::ObjectTsconfiguration => Kind::TsConfiguration,
        _ => return None,
    })
}

/// The object of a kind that lies in a schema and has no relation, when it has been read.
pub fn named(reader: &Reader, kind: Kind, names: &[String]) -> Option<ObjectId> {
    let (name, schema) = names.split_last()?;
    let schemas = if schema.is_empty() { reader.path.to_vec() } else { schema.to_vec() };
    let ids = schemas.iter().map(|schema| ObjectId::new(kind, [schema.as_str(), name]));
    ids.into_iter().find(|id| reader.catalog.objects.contains_key(id))
}

fn part(reader: &Reader, table: &ObjectId, kind: ObjectType, name: &str) -> Option<ObjectId> {
    if kind == ObjectType::ObjectColumn {
        let id = table.child(Kind::Column, name);
        // the columns of views are no objects of their own
        let known = table.kind != Kind::Table || reader.catalog.objects.contains_key(&id);
        return known.then_some(id);
    }
    let kinds: &[Kind] = match kind {
        ObjectType::ObjectPolicy => &[Kind::Policy],
        ObjectType::ObjectTrigger => &[Kind::Trigger],
        ObjectType::ObjectRule => &[Kind::Rule],
        _ => &[Kind::Constraint, Kind::ForeignKey],
    };
    kinds.iter().map(|kind| table.child(*kind, name)).find(|id| reader.catalog.objects.contains_key(id))
}

/// An index, also one that a constraint owns.
fn index(reader: &Reader, names: &[String]) -> Option<ObjectId> {
    let (name, schema) = names.split_last()?;
    let schemas = if schema.is_empty() { reader.path.to_vec() } else { schema.to_vec() };
    let ids = schemas.iter().map(|schema| ObjectId::new(Kind::Index, [schema.as_str(), name]));
    ids.into_iter()
        .find(|id| reader.catalog.objects.contains_key(id) || reader.catalog.index_of_constraint(&id.names[0], name))
}

fn type_id(reader: &Reader, names: &[String]) -> Option<ObjectId> {
    let (name, schema) = names.split_last()?;
    let schemas = if schema.is_empty() { reader.path.to_vec() } else { schema.to_vec() };
    schemas.iter().find_map(|schema| reader.catalog.type_named(schema, name))
}

fn domain_constraint(reader: &Reader, node: &NodeEnum) -> Option<ObjectId> {
    let NodeEnum::List(list) = node else { return None };
    let [NodeEnum::TypeName(domain), NodeEnum::String(name)] =
        [list.items.first()?.node.as_ref()?, list.items.get(1)?.node.as_ref()?]
    else {
        return None;
    };
    let id = type_id(reader, &options::strings(&domain.names))?.child(Kind::DomainConstraint, name.sval.clone());
    reader.catalog.objects.contains_key(&id).then_some(id)
}
