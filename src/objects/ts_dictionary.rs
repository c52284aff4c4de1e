//! Text search dictionaries (`pg_ts_dict`).

use std::collections::BTreeSet;

use pg_query::protobuf::{AlterTsDictionaryStmt, DefElem, DefineStmt, ObjectType};
use pg_query::{Node, NodeEnum};
use serde::Serialize;
use tokio_postgres::Row;

use super::options::{self, Options};
use super::text_search::{self, Named};
use super::{AlterContext, Alteration, DatabaseObject, Kind, Object, Statement, attributes, rename, schema};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{literal, quote};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A text search dictionary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TsDictionary {
    /// TEMPLATE.
    pub template: Named,
    /// The options of the template: name -> value as SQL, since 1 and '1' are kept apart.
    pub options: Options,
}

/// Reads CREATE and ALTER TEXT SEARCH DICTIONARY.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::DefineStmt(statement) if statement.kind == ObjectType::ObjectTsdictionary as i32 => {
            Some(create(statement, reader))
        }
        NodeEnum::AlterTsdictionaryStmt(statement) => Some(alter(statement, reader)),
        _ => None,
    }
}

fn elements(nodes: &[Node]) -> impl Iterator<Item = &DefElem> {
    nodes.iter().filter_map(|node| match node.node.as_ref() {
        Some(NodeEnum::DefElem(element)) => Some(&**element),
        _ => None,
    })
}

/// A value as the catalog keeps it (`serialize_deflist`); `None` when there is none.
fn value(element: &DefElem) -> Option<String> {
    let node = element.arg.as_deref()?;
    let text = options::value(Some(node));
    let number = matches!(node.node, Some(NodeEnum::Integer(_) | NodeEnum::Float(_)));
    Some(if number { text } else { literal(&text) })
}

fn create(statement: &DefineStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.defnames)?;
    let (mut template, mut options) = (None, Options::new());
    for element in elements(&statement.definition) {
        let word = element.defname.as_str();
        if word == "template" {
            template = Some(Named::new(options::name_nodes(element), reader.path));
            continue;
        }
        let Some(value) = value(element) else {
            let error = reader.wrong(element.location, format!("the option {} requires a parameter", quote(word)));
            return Err(error.hint("write option = value").into());
        };
        if options.insert(word.to_string(), value).is_some() {
            let error = reader.wrong(element.location, format!("the option {} is there twice", quote(word)));
            return Err(error.hint("keep one of them").into());
        }
    }
    let Some(template) = template else {
        let error = reader.wrong(0, "a text search dictionary needs a template");
        return Err(error.hint("add TEMPLATE = simple, or another one").into());
    };
    let place = reader.find_name(0, &name);
    reader.catalog.facts.model.add_text_search("regdictionary", &schema, &name);
    let id = ObjectId::new(Kind::TsDictionary, [schema, name]);
    reader.add_named(id, TsDictionary { template, options }, 0, place)?;
    Ok(())
}

fn alter(statement: &AlterTsDictionaryStmt, reader: &mut Reader) -> Result<(), Stop> {
    let names = options::strings(&statement.dictname);
    let found = attributes::named(reader, Kind::TsDictionary, &names);
    let Some((id, Object::TsDictionary(known))) =
        found.and_then(|id| Some((id.clone(), reader.catalog.objects.get(&id)?)))
    else {
        let name = names.last().cloned().unwrap_or_default();
        let shown = text_search::shown(&statement.dictname);
        let message = format!("text search dictionary {shown} does not exist in the desired state");
        return Err(reader.missing(reader.find_name(0, &name), &name, message));
    };
    let mut dictionary = known.clone();
    for element in elements(&statement.options) {
        if element.defname == "template" {
            let error = reader.wrong(element.location, "the template of a text search dictionary cannot change");
            return Err(error.hint("write it in CREATE TEXT SEARCH DICTIONARY").into());
        }
        dictionary.options.shift_remove(&element.defname);
        if let Some(value) = value(element) {
            dictionary.options.insert(element.defname.clone(), value);
        }
    }
    reader.catalog.objects.insert(id, dictionary.into());
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("ts_dictionary.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::TsDictionary, &["schema", "name"])?;
    let said: Option<String> = live.get(row, "options")?;
    let mut options = Options::new();
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        let unreadable = || Error::new(format!("cannot read the options of {id}")).cause(said.clone());
        match live.parse(&format!("CREATE TEXT SEARCH DICTIONARY d ({said})"))? {
            NodeEnum::DefineStmt(statement) => {
                options.extend(
                    elements(&statement.definition).filter_map(|it| Some((it.defname.clone(), value(it)?))),
                );
            }
            _ => return Err(unreadable()),
        }
    }
    let template = live.qualified(row, "template_schema", "template_name")?.map(Named::from);
    let template = template.ok_or_else(|| Error::new(format!("the catalogue query returned no template of {id}")))?;
    live.catalog.facts.model.add_text_search("regdictionary", id.relation().0, id.name());
    live.attribute_of(row, &id)?;
    live.add(row, id, TsDictionary { template, options })
}

fn item((name, value): (&String, &String)) -> String {
    format!("{} = {value}", quote(name))
}

impl DatabaseObject for TsDictionary {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        self.template.resolve(Kind::TsTemplate, resolver, &mut needs)?;
        Ok(needs)
    }

    fn wishes(&self, _id: &ObjectId, catalog: &Catalog) -> BTreeSet<ObjectId> {
        self.template.wishes(Kind::TsTemplate, catalog).into_iter().collect()
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let items: Vec<String> =
            [format!("TEMPLATE = {}", self.template.sql())].into_iter().chain(self.options.iter().map(item)).collect();
        let sql = format!("CREATE TEXT SEARCH DICTIONARY {} ({})", id.sql(), items.join(", "));
        vec![self.template.within(Statement::new(Form::Create, sql))]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        if self.template != desired.template {
            return Alteration::Replace;
        }
        let stays = |name: &&String| self.options.get(*name) == desired.options.get(*name);
        let gone = self.options.keys().filter(|name| !desired.options.contains_key(*name)).map(|name| quote(name));
        let set: Vec<&String> = desired.options.keys().filter(|name| !stays(name)).collect();
        // what is set goes to the end of the list; so does all of it where the order would be another one than declared
        let end: Vec<&String> = self.options.keys().filter(stays).chain(set.iter().copied()).collect();
        let ordered = end.iter().copied().eq(desired.options.keys());
        let said = desired.options.iter().filter(|(name, _)| !ordered || set.contains(name)).map(item);
        let items: Vec<String> = gone.chain(said).collect();
        let sql = format!("ALTER TEXT SEARCH DICTIONARY {} ({})", id.sql(), items.join(", "));
        Alteration::in_place(vec![Statement::new(Form::Catalog, sql)])
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        vec![Statement::new(Form::Catalog, format!("DROP TEXT SEARCH DICTIONARY {}", id.sql()))]
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.template.renamed(Kind::TsTemplate, renames);
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "TEXT SEARCH DICTIONARY", id, new)
    }
}
