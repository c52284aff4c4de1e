//! Conversions between encodings (`pg_conversion`).

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::CreateConversionStmt;
use serde::Serialize;
use tokio_postgres::Row;

use super::trigger_function::TriggerFunction;
use super::{AlterContext, Alteration, DatabaseObject, Kind, Space, Statement, rename, schema};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::literal;
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

mod encoding;

/// A conversion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conversion {
    /// FOR: the encoding that texts have, under PostgreSQL's name.
    pub source: String,
    /// TO: the encoding that they get.
    pub target: String,
    /// FROM: what converts.
    pub function: TriggerFunction,
    /// DEFAULT: the server takes it by itself.
    pub is_default: bool,
}

/// The types of the function's arguments: both encodings, the text and its place, its length, whether errors are kept in.
const ARGUMENTS: &[&str] = &["int4", "int4", "cstring", "internal", "int4", "bool"];

/// Reads CREATE CONVERSION.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateConversionStmt(statement) => Some(create(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreateConversionStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.conversion_name)?;
    let encoding = |name: &str, role: &str| {
        let place = place(reader, name);
        let unknown = || reader.wrong(place, format!("{role} encoding \"{name}\" does not exist"));
        encoding::canonical(name).map(str::to_string).ok_or_else(|| unknown().hint("write it as \\encoding prints it"))
    };
    let source = encoding(&statement.for_encoding_name, "source")?;
    let target = encoding(&statement.to_encoding_name, "destination")?;
    if source == "SQL_ASCII" || target == "SQL_ASCII" {
        let error = reader.wrong(0, "encoding conversion to or from \"SQL_ASCII\" is not supported");
        return Err(error.hint("nothing is known about the characters of such a text").into());
    }
    let function = TriggerFunction::new(&statement.func_name, reader.path);
    let conversion = Conversion { source, target, function, is_default: statement.def };
    let place = reader.find_name(0, &name);
    let id = ObjectId::new(Kind::Conversion, [schema, name]);
    let rival = reader.catalog.objects.iter().find_map(|(other, object)| {
        let same = object.conversion().is_some_and(|it| conversion.rivals(it)) && other.schema() == id.schema();
        same.then(|| other.clone())
    });
    if let Some(rival) = rival {
        let message = format!("{rival} is the default from {} to {} already", conversion.source, conversion.target);
        return Err(reader.wrong(place, message).hint("a schema has one; leave DEFAULT out in one of them").into());
    }
    reader.add_named(id, conversion, 0, place)?;
    Ok(())
}

/// The place of a text in the statement, which the parser does not tell.
fn place(reader: &Reader, text: &str) -> i32 {
    let at = reader.text().find(&literal(text)).map(|at| reader.start + at);
    at.and_then(|at| i32::try_from(at).ok()).unwrap_or(0)
}

/// The catalogue query.
pub const QUERY: &str = include_str!("conversion.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Conversion, &["schema", "name"])?;
    let function = live.qualified(row, "function_schema", "function_name")?.map(TriggerFunction::from);
    let missing = || Error::new(format!("the catalogue query returned no function for {id}"));
    let conversion = Conversion {
        source: live.text(row, "source")?,
        target: live.text(row, "target")?,
        function: function.ok_or_else(missing)?,
        is_default: live.get(row, "is_default")?,
    };
    live.attribute_of(row, &id)?;
    live.add(row, id, conversion)
}

impl Conversion {
    /// Whether both would be the default of the same encodings.
    fn rivals(&self, other: &Self) -> bool {
        self.is_default && other.is_default && (&self.source, &self.target) == (&other.source, &other.target)
    }
}

impl DatabaseObject for Conversion {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        self.function.resolve_with(ARGUMENTS, Some("int4"), resolver, &mut needs)?;
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { source, target, function, is_default } = self;
        let default = if *is_default { "DEFAULT " } else { "" };
        let sql = format!(
            "CREATE {default}CONVERSION {} FOR {} TO {} FROM {}",
            id.sql(),
            literal(source),
            literal(target),
            function.sql()
        );
        vec![Statement::new(Form::Create, sql)]
    }

    fn alter(&self, _id: &ObjectId, _desired: &Self, _context: &AlterContext) -> Alteration {
        Alteration::Replace
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP CONVERSION {}", id.sql()))]
    }

    fn more_names(&self, id: &ObjectId) -> Vec<(Space, Vec<String>)> {
        let schema = id.schema().unwrap_or_default().to_string();
        let names = || (Space::DefaultConversion, vec![schema, self.source.clone(), self.target.clone()]);
        if self.is_default { vec![names()] } else { vec![] }
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.function.renamed(renames);
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "CONVERSION", id, new)
    }
}
