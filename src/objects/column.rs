//! Columns of tables (`pg_attribute`): type, collation, nullability, identity, generation, storage.

use std::collections::BTreeSet;

use serde::Serialize;
use tokio_postgres::Row;

use super::options::{self, Options};
use super::table::inherit;
use super::sequence_options::SequenceOptions;
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Object, Part, Reaction, Space, Statement, collation, generic_options};
use super::identity_sequence::{self, Found};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::expression::Expression;
use crate::facts::{ColumnFact, Facts};
use crate::introspect::Live;
use crate::load::reader::Type;
use crate::name::{QualifiedName, generated, quote};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::renames::Renames;
use crate::resolve::{Place, Resolver};

mod change;
pub mod conversion;
mod fill;
mod not_null;
mod read;
mod short;
pub mod succession;

pub use not_null::NotNull;
pub use read::{collation, column_options, identity, read_column, read_options, read_override, storage};

/// Where a column stands in its table. Never a difference: PostgreSQL cannot move a column.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Position(pub i32);

impl PartialEq for Position {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// `attnum` or the place in the files.
    #[serde(skip)]
    pub position: Position,
    /// Type and modifier.
    pub data_type: Type,
    /// Collation; `None` is the type's own.
    pub collation: Option<QualifiedName>,
    /// NOT NULL.
    pub not_null: Option<NotNull>,
    /// GENERATED … AS IDENTITY.
    pub identity: Option<Box<Identity>>,
    /// GENERATED ALWAYS AS (…).
    pub generated: Option<Generated>,
    /// Storage strategy in lower case; `None` is the type's own.
    pub storage: Option<String>,
    /// `pglz` or `lz4`; `None` follows the server's setting.
    pub compression: Option<String>,
    /// Statistics target; `None` follows the server's setting.
    pub statistics: Option<i32>,
    /// `n_distinct` and `n_distinct_inherited`.
    pub options: Options,
    /// OPTIONS of a column of a foreign table.
    pub foreign_options: Options,
    /// Whether the column is there only because a parent table has it.
    pub inherited: bool,
    /// Whether the column is there because the composite type of a typed table has it.
    pub of_type: bool,
}

/// An identity column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// ALWAYS rather than BY DEFAULT.
    pub always: bool,
    /// Name of the sequence when it is not the generated one.
    pub sequence: Option<QualifiedName>,
    /// Of the sequence behind it.
    pub options: SequenceOptions,
}

/// A generated column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Generated {
    /// The expression.
    pub expression: Expression,
    /// STORED rather than VIRTUAL.
    pub stored: bool,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("column.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Column, &["schema", "relation", "name"])?;
    let data_type = live.data_type(row, "type")?;
    let expression: Option<String> = live.get(row, "expression")?;
    let generated: String = live.text(row, "generated")?;
    let generated = match (expression, generated.as_str()) {
        (Some(sql), "s") => Some(Generated { expression: live.expression(&sql)?, stored: true }),
        (Some(sql), "v") => Some(Generated { expression: live.expression(&sql)?, stored: false }),
        _ => None,
    };
    let sequence: Option<Found> = live.json(row, "sequence")?;
    let always = live.text(row, "identity")? == "a";
    let identity = sequence.map(|found| {
        let name = identity_sequence::load(&id, &found, live)?;
        let sequence = Some(name).filter(|name| !is_generated(&id, name));
        Ok::<_, Error>(Box::new(Identity { always, sequence, options: found.options }))
    });
    let identity = identity.transpose()?;
    let not_null = not_null::load(row, &id, live)?;
    let column = Column {
        position: Position(live.get(row, "objsubid")?),
        data_type,
        collation: live.json(row, "collation")?,
        not_null,
        identity,
        generated,
        storage: live.get(row, "storage")?,
        compression: live.get(row, "compression")?,
        statistics: live.get::<Option<i16>>(row, "statistics")?.map(i32::from),
        options: options::from_catalog(live.get(row, "options")?, None),
        foreign_options: options::from_catalog(live.get(row, "foreign_options")?, None),
        inherited: live.get(row, "inherited")?,
        of_type: live.get(row, "of_type")?,
    };
    live.attribute_of(row, &id)?;
    live.add(row, id, column)
}

impl Column {
    /// A nullable column of a type, without anything else.
    pub fn plain(data_type: Type, position: i32) -> Self {
        Self {
            position: Position(position),
            data_type,
            collation: None,
            not_null: None,
            identity: None,
            generated: None,
            storage: None,
            compression: None,
            statistics: None,
            options: Options::new(),
            foreign_options: Options::new(),
            inherited: false,
            of_type: false,
        }
    }

    /// What the facts keep of it.
    pub fn fact(&self, name: &str) -> ColumnFact {
        ColumnFact {
            name: name.to_string().into(),
            type_key: self.data_type.key.clone().into(),
            typmod: self.data_type.typmod,
            collation: self.collation.as_ref().map(|it| (it.schema.clone().into(), it.name.clone().into())),
            not_null: self.not_null.is_some(),
        }
    }

    /// The definition as it stands in CREATE TABLE and ADD COLUMN.
    pub fn definition(&self, name: &str) -> String {
        let what = if self.of_type { "WITH OPTIONS" } else { &self.data_type.sql };
        let mut sql = format!("{} {what}", quote(name));
        if let Some(method) = &self.compression {
            sql.push_str(&format!(" COMPRESSION {}", quote(method)));
        }
        sql.push_str(&generic_options::sql(&self.foreign_options));
        if let Some(collation) = &self.collation {
            sql.push_str(&format!(" COLLATE {collation}"));
        }
        if let Some(generated) = &self.generated {
            let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
            sql.push_str(&format!(" GENERATED ALWAYS AS ({}) {kind}", generated.expression.sql()));
        }
        if let Some(identity) = &self.identity {
            sql.push_str(&format!(" {}", identity.definition()));
        }
        if let Some(not_null) = &self.not_null {
            sql.push_str(&format!(" {}", not_null.definition()));
        }
        sql
    }

    /// What CREATE TABLE cannot say about a column on every version.
    fn settings(&self, id: &ObjectId) -> Vec<Statement> {
        let table = id.parent(Kind::Table);
        let name = quote(id.name());
        let mut out = vec![];
        if let Some(storage) = &self.storage {
            let sql = format!("ALTER COLUMN {name} SET STORAGE {}", storage.to_uppercase());
            out.push(Statement::clause(Form::AlterRelation, table.clone(), sql));
        }
        if let Some(target) = self.statistics {
            let sql = format!("ALTER COLUMN {name} SET STATISTICS {target}");
            out.push(Statement::clause(Form::AlterRelationOptions, table.clone(), sql));
        }
        if !self.options.is_empty() {
            let sql = format!("ALTER COLUMN {name} SET {}", options::sql(&self.options));
            out.push(Statement::clause(Form::AlterRelationOptions, table.clone(), sql));
        }
        if self.inherited && !self.foreign_options.is_empty() {
            let sql = format!("ALTER COLUMN {name}{}", generic_options::sql(&self.foreign_options));
            out.push(Statement::clause(Form::AlterRelation, table, sql));
        }
        out.extend(self.not_null.as_ref().and_then(|not_null| not_null.comment(id, None)));
        out
    }

    fn search_path(&self) -> Option<Vec<String>> {
        self.generated.as_ref().map(|generated| generated.expression.path.clone())
    }
}

/// Whether PostgreSQL would have given this name to the sequence of an identity column; a number may follow.
pub fn is_generated(id: &ObjectId, name: &QualifiedName) -> bool {
    let (schema, table) = id.relation();
    let own = generated(table, Some(id.name()), "seq");
    name.schema == schema && name.name.trim_end_matches(|c: char| c.is_ascii_digit()) == own
}

/// The columns of the parent tables that a column is inherited from, or merged with.
pub fn inherited_from(id: &ObjectId, catalog: &Catalog) -> Vec<ObjectId> {
    let parents = inherit::parents(catalog, &id.parent(Kind::Table)).into_iter();
    let columns = parents.map(|parent| parent.child(Kind::Column, id.name().to_string()));
    columns.filter(|column| catalog.objects.contains_key(column)).collect()
}

/// The storage strategy of a type that is used without one (`typstorage`), in lower case.
pub fn natural_storage(facts: &Facts, key: &str) -> &'static str {
    match facts.layout(key).map(|layout| layout.storage) {
        Some('p') => "plain",
        Some('e') => "external",
        Some('m') => "main",
        _ => "extended",
    }
}

impl Identity {
    fn definition(&self) -> String {
        let kind = if self.always { "ALWAYS" } else { "BY DEFAULT" };
        let mut options = self.options.sql();
        if let Some(name) = &self.sequence {
            options.insert(0, format!("SEQUENCE NAME {name}"));
        }
        let list = if options.is_empty() { String::new() } else { format!(" ({})", options.join(" ")) };
        format!("GENERATED {kind} AS IDENTITY{list}")
    }
}

impl DatabaseObject for Column {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let table = id.parent(Kind::Table);
        let mut needs = BTreeSet::from([table.clone()]);
        needs.extend(self.data_type.object(resolver.catalog));
        needs.extend(collation::needed(self.collation.as_ref(), resolver.catalog));
        needs.extend(inherited_from(id, resolver.catalog));
        // the columns of a typed table come and go with the attributes of its type
        let owner = resolver.catalog.objects.get(&table).and_then(Object::table);
        let of_type = owner.and_then(|owner| owner.of_type.as_ref()).filter(|_| self.of_type);
        needs.extend(of_type.and_then(|it| resolver.catalog.type_named(&it.schema, &it.name)));
        if let Some(generated) = &mut self.generated {
            let place = Place::Generated(&table, &self.data_type);
            resolver.expression(&mut generated.expression, place, &mut needs)?;
            needs.remove(id);
        }
        Ok(needs)
    }

    fn is_costly(&self) -> bool {
        true
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        self.create_with(id, &[])
    }

    fn create_with(&self, id: &ObjectId, parts: &[Part]) -> Vec<Statement> {
        if self.of_type {
            return self.settings(id);
        }
        let said: Vec<&Part> = parts.iter().filter(|part| !part.sql.is_empty()).collect();
        if self.inherited {
            let own = said.iter().map(|part| {
                let sql = format!("ALTER COLUMN {} SET {}", quote(id.name()), part.sql);
                Statement::clause(Form::AlterRelation, id.parent(Kind::Table), sql)
            });
            return own.chain(self.settings(id)).collect();
        }
        let suffix: String = said.iter().map(|part| format!(" {}", part.sql)).collect();
        let stored = self.generated.as_ref().is_some_and(|generated| generated.stored);
        let rewrites = self.identity.is_some() || stored || said.iter().any(|part| part.volatile);
        let form = if rewrites { Form::AddColumnRewrite } else { Form::AddColumn };
        let sql = format!("ADD COLUMN {}{suffix}", self.definition(id.name()));
        let mut first = Statement::clause(form, id.parent(Kind::Table), sql);
        first.search_path = self.search_path().or_else(|| said.iter().find_map(|part| part.search_path.clone()));
        if rewrites {
            first = first.finding(Finding::new("rewrite", format!("every row of {} is written anew", id.parent(Kind::Table))));
        }
        let mut out = vec![first];
        out.extend(self.settings(id));
        out
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        change::alter(self, id, desired, context)
    }

    fn swallows(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Vec<ObjectId> {
        let sequence = succession::outgoing(id, self, desired, context);
        sequence.into_iter().flat_map(|id| [id.with_kind(Kind::SequenceOwner), id]).collect()
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        if self.inherited || self.of_type {
            return vec![];
        }
        let sql = format!("DROP COLUMN {}", quote(id.name()));
        vec![Statement::clause(Form::Drop, id.parent(Kind::Table), sql)]
    }

    fn drop_towards(&self, id: &ObjectId, context: &AlterContext) -> Vec<Statement> {
        let (kept, gone) = inherit::heirs(id, context);
        let drop = format!("DROP COLUMN {}", quote(id.name()));
        if kept.is_empty() || self.inherited {
            return self.drop(id);
        }
        // with ONLY the columns of all children become their own
        let only = format!("ALTER TABLE ONLY {} {drop}", id.parent(Kind::Table).sql());
        let rest = gone.into_iter().map(|table| Statement::clause(Form::Drop, table, drop.clone()));
        [Statement::new(Form::Drop, only)].into_iter().chain(rest).collect()
    }

    fn part(&self, id: &ObjectId) -> Option<Part> {
        let part = |column: Option<String>, order: (u8, i32), sql: String| Part {
            whole: id.parent(Kind::Table),
            addition: None,
            name: id.name().to_string(),
            column,
            tail: None,
            order,
            sql,
            replaces: !self.inherited && !self.of_type,
            volatile: false,
            search_path: self.search_path(),
        };
        if !self.inherited {
            return Some(part(None, (0, self.position.0), self.definition(id.name())));
        }
        // nothing to say, but it is there once the table is
        let own = self.not_null.as_ref().is_some_and(|not_null| !not_null.inherited.0);
        let sql = if own { "NOT NULL" } else { "" };
        Some(part(Some(id.name().to_string()), (0, 0), sql.into()))
    }

    fn abbreviated(&self, id: &ObjectId, catalog: &Catalog) -> Option<(Self, Vec<ObjectId>)> {
        short::column(self, id, catalog)
    }

    fn reaction(&self, id: &ObjectId, on: &ObjectId, disturbance: Disturbance) -> Reaction {
        let own_table = *on == id.parent(Kind::Table);
        let parents = on.kind == Kind::Column && on.name() == id.name() && on.relation() != id.relation();
        match disturbance {
            // a column of a parent changes together with those of its children
            Disturbance::Replaced if parents => Reaction::Survives,
            _ if parents => Reaction::Changes(disturbance),
            Disturbance::Replaced if own_table => Reaction::Rebuild,
            Disturbance::Replaced if self.generated.is_some() => Reaction::Rebuild,
            _ if disturbance.is_of_type() && self.generated.is_some() => Reaction::Rebuild,
            // the new type is put in place of the old one by the type's own step
            Disturbance::Replaced if on.kind.space() == Space::Type => Reaction::Changes(Disturbance::ColumnComparison),
            _ => Reaction::Survives,
        }
    }

    fn on_its_own(&self) -> Self {
        Self { inherited: false, ..self.clone() }
    }

    fn carried_by(&self, id: &ObjectId, whole: &ObjectId) -> bool {
        *whole == id.parent(Kind::Table)
            || self.inherited && whole.kind == Kind::Column && whole.name() == id.name()
    }

    fn among_rows(&self, id: &ObjectId, statements: Vec<Statement>, context: &AlterContext) -> Vec<Statement> {
        fill::among_rows(self, id, statements, context)
    }

    fn renamed(&mut self, id: &ObjectId, renames: &Renames) {
        renames.retype(&mut self.data_type);
        self.collation.iter_mut().for_each(|name| renames.qualified(Space::Collation, name));
        if let Some(not_null) = &mut self.not_null {
            not_null.renamed(&renames.id(id));
        }
    }

    fn renamed_along(&self, _id: &ObjectId, new: &ObjectId, desired: &Self) -> Vec<(Statement, Statement)> {
        let kept = self.not_null.as_ref().filter(|_| desired.not_null.is_some());
        kept.and_then(|not_null| not_null.renamed_along(new)).into_iter().collect()
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        let sql =
            format!("ALTER TABLE {} RENAME COLUMN {} TO {}", id.parent(Kind::Table).sql(), quote(id.name()), quote(new.name()));
        let finding = Finding::new("rename-breaks-code", format!("code that still says {} fails", id.sql()));
        Some(Statement::new(Form::AlterRelation, sql).finding(finding))
    }

    fn holds_data(&self) -> bool {
        self.generated.is_none()
    }
}
