//! Tables of publications (`pg_publication_rel`), with their columns and row filters.

use std::collections::BTreeSet;

use pg_query::protobuf::PublicationObjSpec;
use serde::Serialize;
use tokio_postgres::Row;

use super::table::{foreign, inherit, missing_column};
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Object, Reaction, Space, Statement, options};
use crate::catalog::ObjectId;
use crate::error::Result;
use crate::expression::Expression;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{QualifiedName, quote};
use crate::objects::publication::since;
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::{Place, Resolver};

/// A table of a publication. Its names are those of the publication, the schema and the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PublicationRelation {
    /// The table.
    pub table: QualifiedName,
    /// The columns that are published; `None` for all.
    pub columns: Option<BTreeSet<String>>,
    /// WHERE.
    pub filter: Option<Expression>,
}

/// A table as a statement names it, with the place.
pub type Named = (PublicationRelation, i32);

/// The tables that a statement names, those that inherit from them among them unless ONLY is written.
/// Errors: one that does not exist or cannot be published.
pub fn look_up(reader: &mut Reader, members: &[PublicationObjSpec]) -> Result<Vec<Named>, Stop> {
    let mut out: Vec<Named> = vec![];
    for member in members {
        let Some((published, range)) = member.pubtable.as_ref().and_then(|it| it.relation.as_ref().map(|range| (it, range)))
        else {
            continue;
        };
        let id = reader.relation(range)?;
        let place = range.location;
        let unlogged = matches!(reader.catalog.objects.get(&id), Some(Object::Table(table)) if table.unlogged);
        if id.kind != Kind::Table || unlogged || foreign::is_foreign(reader.catalog, &id) {
            let error = reader.wrong(place, format!("{id} cannot be published"));
            return Err(error.hint("only tables can whose rows are kept here, and that are not unlogged").into());
        }
        let columns: Vec<String> = options::strings(&published.columns);
        for (at, column) in columns.iter().enumerate() {
            if !reader.catalog.objects.contains_key(&id.child(Kind::Column, column.clone())) {
                return Err(missing_column(reader, place, &id, column).into());
            }
            if columns[..at].contains(column) {
                let error = reader.wrong(place, format!("column {} is published twice", quote(column)));
                return Err(error.hint("name each column once").into());
            }
        }
        if !columns.is_empty() {
            since(reader, place, 15, "column lists")?;
        }
        let filter = published.where_clause.as_deref().map(|node| reader.expression(node));
        if filter.is_some() {
            since(reader, place, 15, "row filters")?;
        }
        let columns = (!columns.is_empty()).then(|| columns.into_iter().collect());
        let mut tables = vec![id.clone()];
        if range.inh {
            heirs(reader, &mut tables);
        }
        for table in tables {
            let (schema, name) = table.relation();
            let table = QualifiedName::new(schema, name);
            let known = out.iter().any(|(other, _)| other.table == table);
            if !known {
                out.push((PublicationRelation { table, columns: Option::clone(&columns), filter: filter.clone() }, place));
            }
        }
    }
    Ok(out)
}

/// Adds the tables that inherit from those in the list; partitions are published through their parents.
fn heirs(reader: &Reader, tables: &mut Vec<ObjectId>) {
    let all = reader.catalog.objects.iter().filter_map(|(id, object)| Some((id, object.table()?)));
    let all: Vec<(ObjectId, Vec<ObjectId>)> = all
        .filter(|(_, table)| !table.parents.is_empty())
        .map(|(id, _)| (id.clone(), inherit::parents(reader.catalog, id)))
        .collect();
    let mut known = 0;
    while known < tables.len() {
        known = tables.len();
        for (id, parents) in &all {
            if !tables.contains(id) && parents.iter().any(|parent| tables.contains(parent)) {
                tables.push(id.clone());
            }
        }
    }
}

/// Adds them to a publication. Errors: a table that is there already.
pub fn add(reader: &mut Reader, publication: &ObjectId, tables: Vec<Named>) -> Result<()> {
    for (relation, place) in tables {
        let name = relation.table.clone();
        let id = publication.child(Kind::PublicationRelation, name.schema).child(Kind::PublicationRelation, name.name);
        reader.add(id, relation, place)?;
    }
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("publication_relation.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::PublicationRelation, &["publication", "schema", "relation"])?;
    let filter: Option<String> = live.get(row, "filter")?;
    let columns: Option<Vec<String>> = live.get(row, "columns")?;
    let relation = PublicationRelation {
        table: QualifiedName::new(live.text(row, "schema")?, live.text(row, "relation")?),
        columns: columns.map(|columns| columns.into_iter().collect()),
        filter: filter.map(|text| Expression::printed(&text)).transpose()?,
    };
    live.add(row, id, relation)
}

impl PublicationRelation {
    fn table_id(&self) -> ObjectId {
        ObjectId::new(Kind::Table, [&self.table.schema, &self.table.name])
    }
}

fn publication(id: &ObjectId) -> ObjectId {
    ObjectId::new(Kind::Publication, [id.names.first().map_or("", String::as_str)])
}

impl DatabaseObject for PublicationRelation {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let table = self.table_id();
        let mut needs = BTreeSet::from([publication(id), table.clone()]);
        let columns = self.columns.iter().flatten();
        needs.extend(columns.map(|column| table.child(Kind::Column, column.clone())));
        if let Some(filter) = &mut self.filter {
            resolver.expression(filter, Place::Condition(&table), &mut needs)?;
        }
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let mut sql = format!("ALTER PUBLICATION {} ADD TABLE ONLY {}", publication(id).sql(), self.table);
        if let Some(columns) = &self.columns {
            let names: Vec<String> = columns.iter().map(|name| quote(name)).collect();
            sql.push_str(&format!(" ({})", names.join(", ")));
        }
        if let Some(filter) = &self.filter {
            sql.push_str(&format!(" WHERE ({})", filter.sql()));
        }
        let statement = Statement::new(Form::AlterRelationOptions, sql);
        vec![match &self.filter {
            Some(filter) => statement.under(&filter.path),
            None => statement,
        }]
    }

    fn alter(&self, _id: &ObjectId, _desired: &Self, _context: &AlterContext) -> Alteration {
        Alteration::Replace
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        let sql = format!("ALTER PUBLICATION {} DROP TABLE ONLY {}", publication(id).sql(), self.table);
        vec![Statement::new(Form::AlterRelationOptions, sql)]
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        let rebuild = disturbance == Disturbance::Replaced || disturbance.is_of_type();
        if rebuild { Reaction::Rebuild } else { Reaction::Survives }
    }

    fn carried_by(&self, id: &ObjectId, whole: &ObjectId) -> bool {
        *whole == publication(id) || *whole == self.table_id()
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        let table = self.table_id();
        if let Some(columns) = &mut self.columns {
            *columns = columns.iter().map(|name| renames.column(table.relation(), name)).collect();
        }
        renames.qualified(Space::Relation, &mut self.table);
    }
}
