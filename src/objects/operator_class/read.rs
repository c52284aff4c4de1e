//! CREATE OPERATOR CLASS in files.

use pg_query::NodeEnum;
use pg_query::protobuf::CreateOpClassStmt;

use super::OperatorClass;
use crate::load::reader::{Reader, Stop};
use crate::name::QualifiedName;
use crate::objects::operator_family::{find, identity, items};
use crate::objects::{Kind, options, routine};

/// Reads CREATE OPERATOR CLASS.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateOpClassStmt(statement) => Some(create(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreateOpClassStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.opclassname)?;
    let Some(input) = &statement.datatype else { return Ok(()) };
    let input = routine::type_of(input, reader)?;
    let method = statement.amname.as_str();
    let name = QualifiedName { schema, name };
    let family = match options::strings(&statement.opfamilyname).as_slice() {
        [] => name.clone(),
        [schema, name] if schema == "pg_catalog" => QualifiedName::new(schema.as_str(), name.as_str()),
        names => {
            let id = find(reader, Kind::OperatorFamily, names, method)?;
            QualifiedName::new(id.relation().0, id.name())
        }
    };
    let (members, storage) = items(&statement.items, method, Some(&input), reader)?;
    let storage = storage.filter(|storage| *storage != input);
    let class = OperatorClass { family, input, default: statement.is_default, storage, members };
    let place = reader.find_name(0, &name.name);
    let id = identity(Kind::OperatorClass, &name, method);
    let fact = class.fact(&id);
    reader.add_named(id, class, 0, place)?;
    reader.catalog.facts.model.add_operator_class(fact);
    Ok(())
}
