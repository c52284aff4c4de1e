//! How a column becomes another one.

use super::conversion::{self, Conversion, comparable};
use super::{Column, Generated};
use crate::catalog::ObjectId;
use crate::facts::Facts;
use crate::name::{literal, quote};
use crate::objects::table::foreign::is_foreign;
use crate::objects::{AlterContext, Alteration, Disturbance, Kind, Statement, generic_options, identity_sequence, options, partition_key};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

/// The statements of a change so far.
pub(super) struct Change<'a> {
    pub(super) id: &'a ObjectId,
    pub(super) table: ObjectId,
    pub(super) name: String,
    pub(super) context: &'a AlterContext<'a>,
    pub(super) statements: Vec<Statement>,
    disturbs: Vec<Disturbance>,
}

/// See [`super::DatabaseObject::alter`].
pub fn alter(current: &Column, id: &ObjectId, desired: &Column, context: &AlterContext) -> Alteration {
    if current.inherited && desired.inherited {
        // what a parent decides comes with the parent's own change
        let own = Column {
            generated: desired.generated.clone(),
            identity: desired.identity.clone(),
            not_null: match &desired.not_null {
                Some(wanted) if wanted.inherited.0 => Some(wanted.clone()),
                _ => current.not_null.clone(),
            },
            inherited: false,
            ..current.clone()
        };
        return alter(&own, id, desired, context);
    }
    if must_replace(current, desired, context) {
        return Alteration::Replace;
    }
    if current.generated.as_ref().is_some_and(|generated| !generated.stored) && desired.generated.is_none() {
        return Alteration::Impossible {
            reason: format!("{id} is a virtual generated column; its values are not stored and cannot become a plain column"),
        };
    }
    let table = id.parent(Kind::Table);
    if (current.data_type != desired.data_type || current.collation != desired.collation)
        && partition_key::columns_of(&table, context.current).contains(id.name())
    {
        let reason = format!(
            "{id} is in the partition key of {table}, and PostgreSQL changes no type there; \
             make another table, move the rows, and drop this one"
        );
        return Alteration::Impossible { reason };
    }
    let mut change =
        Change { id, table, name: quote(id.name()), context, statements: vec![], disturbs: vec![] };
    change.generation(current, desired);
    if current.identity.is_some() && desired.identity.is_none() {
        change.clause(Form::AlterRelation, "DROP IDENTITY");
    }
    change.data_type(current, desired);
    let (now, wanted) = (current.not_null.as_ref(), desired.not_null.as_ref());
    if let Some(impossible) = change.not_null(now, wanted, desired.identity.is_some()) {
        return impossible;
    }
    change.identity(current, desired);
    change.settings(current, desired);
    Alteration::InPlace { statements: change.statements, disturbs: change.disturbs }
}

/// Whether only a new column can have the desired definition.
fn must_replace(current: &Column, desired: &Column, context: &AlterContext) -> bool {
    match (&current.generated, &desired.generated) {
        (None, Some(_)) => true,
        (Some(one), Some(two)) => {
            one.stored != two.stored
                || one.expression != two.expression && context.major < 17
                || current.data_type != desired.data_type && one.expression != two.expression
        }
        _ => false,
    }
}

impl Change<'_> {
    pub(super) fn clause(&mut self, form: Form, what: impl AsRef<str>) -> &mut Statement {
        let sql = format!("ALTER COLUMN {} {}", self.name, what.as_ref());
        self.push(Statement::clause(form, self.table.clone(), sql))
    }

    pub(super) fn push(&mut self, statement: Statement) -> &mut Statement {
        self.statements.push(statement);
        let last = self.statements.len() - 1;
        &mut self.statements[last]
    }

    fn generation(&mut self, current: &Column, desired: &Column) {
        match (&current.generated, &desired.generated) {
            (Some(_), None) => {
                self.clause(Form::AlterRelation, "DROP EXPRESSION");
            }
            (Some(one), Some(two)) if one.expression != two.expression => self.set_expression(two),
            _ => {}
        }
    }

    fn set_expression(&mut self, desired: &Generated) {
        let form = if desired.stored { Form::Rewrite } else { Form::AlterRelation };
        let message = format!("every row of {} is written anew", self.table);
        let statement = self.clause(form, format!("SET EXPRESSION AS ({})", desired.expression.sql()));
        statement.search_path = Some(desired.expression.path.clone());
        if desired.stored {
            statement.findings.push(Finding::new("rewrite", message));
        }
        self.disturbs.push(Disturbance::GeneratedExpression);
    }

    fn data_type(&mut self, current: &Column, desired: &Column) {
        let collation_changes = current.collation != desired.collation;
        if current.data_type == desired.data_type && !collation_changes {
            return;
        }
        let same_type = current.data_type.key == desired.data_type.key;
        let comparable = comparable(&self.context.desired.facts, &current.data_type.key, &desired.data_type.key);
        self.disturbs.push(match (same_type, comparable) {
            (true, _) => Disturbance::ColumnTypeModifier,
            (_, true) => Disturbance::ColumnType,
            (_, false) => Disturbance::ColumnComparison,
        });
        // ALTER TABLE on the parent changes the child's column as well, ALTER TYPE that of a typed table
        let parents = |catalog| super::inherited_from(self.id, catalog);
        let kept = parents(self.context.desired);
        let typed = current.of_type && desired.of_type;
        if typed || parents(self.context.current).iter().any(|parent| kept.contains(parent)) {
            return;
        }
        // no row is here that could be converted
        if is_foreign(self.context.desired, &self.table) {
            let collation = desired.collation.as_ref().map(|it| format!(" COLLATE {it}")).unwrap_or_default();
            self.clause(Form::AlterTypeInPlace, format!("TYPE {}{collation}", desired.data_type.sql));
            return;
        }
        let declared = self.context.desired.intents.get(self.id).and_then(|intent| intent.using.as_ref());
        let conversion = Conversion::of(current, desired, self.context);
        let mut sql = format!("TYPE {}", desired.data_type.sql);
        if let Some(collation) = &desired.collation {
            sql.push_str(&format!(" COLLATE {collation}"));
        }
        if let Some(using) = conversion::using(self.id, current, desired, self.context) {
            sql.push_str(&format!(" USING {using}"));
        }
        let in_place = conversion.in_place && declared.is_none();
        let form = if in_place { Form::AlterTypeInPlace } else { Form::AlterTypeRewrite };
        let rewrite = format!("every row of {} is written anew", self.table);
        let finding = conversion::finding(self.id, current, desired, self.context).filter(|_| declared.is_none());
        let path = declared.map(|using| using.path.clone());
        let statement = self.clause(form, sql);
        statement.findings.extend(finding);
        if form == Form::AlterTypeRewrite {
            statement.findings.push(Finding::new("rewrite", rewrite));
        }
        statement.search_path = path.or(statement.search_path.take());
    }

    fn identity(&mut self, current: &Column, desired: &Column) {
        match (current.identity.as_deref(), desired.identity.as_deref()) {
            (None, Some(wanted)) => self.add_identity(current, desired, wanted),
            (Some(one), Some(two)) => {
                let old = identity_sequence::of_column(self.context.current, self.id);
                if let Some(new) = two.sequence.as_ref().filter(|new| old != **new) {
                    let sql = format!("ALTER SEQUENCE {old} RENAME TO {}", quote(&new.name));
                    self.push(Statement::new(Form::AlterRelation, sql));
                }
                if one.always != two.always {
                    let kind = if two.always { "ALWAYS" } else { "BY DEFAULT" };
                    self.clause(Form::AlterRelation, format!("SET GENERATED {kind}"));
                }
                let changes = one.options.changes(&two.options);
                if one.options.must_restart(&two.options) {
                    let sequence = format!(
                        "pg_catalog.pg_get_serial_sequence({}, {})",
                        literal(&self.table.sql()),
                        literal(self.id.name())
                    );
                    self.push(crate::objects::sequence::restart(&sequence, two.options.start));
                }
                if !changes.is_empty() {
                    let set: Vec<String> = changes.iter().map(|change| format!("SET {change}")).collect();
                    self.clause(Form::AlterRelation, set.join(" "));
                }
            }
            _ => {}
        }
    }

    fn settings(&mut self, current: &Column, desired: &Column) {
        let facts = &self.context.desired.facts;
        let of = |column: &Column, facts: &Facts| {
            column.storage.clone().unwrap_or_else(|| super::natural_storage(facts, &column.data_type.key).to_string())
        };
        let wanted = of(desired, facts);
        // a change of type sets the new type's own storage
        let now = if current.data_type.key == desired.data_type.key {
            of(current, &self.context.current.facts)
        } else {
            super::natural_storage(facts, &desired.data_type.key).to_string()
        };
        if now != wanted {
            self.clause(Form::AlterRelation, format!("SET STORAGE {}", wanted.to_uppercase()));
        }
        if current.compression != desired.compression {
            let method = desired.compression.clone().unwrap_or_else(|| "default".into());
            self.clause(Form::AlterRelation, format!("SET COMPRESSION {method}"));
        }
        if current.statistics != desired.statistics {
            let target = desired.statistics.unwrap_or(-1);
            self.clause(Form::AlterRelationOptions, format!("SET STATISTICS {target}"));
        }
        if let Some(change) = generic_options::change(&current.foreign_options, &desired.foreign_options) {
            self.clause(Form::AlterRelation, change);
        }
        for change in options::changes(&current.options, &desired.options) {
            self.clause(Form::AlterRelationOptions, change);
        }
    }
}
