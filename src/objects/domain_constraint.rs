//! Check constraints of domains (`pg_constraint` with a `contypid`).

use std::collections::BTreeSet;

use pg_query::protobuf::Constraint;
use serde::Serialize;
use tokio_postgres::Row;

use super::{AlterContext, Alteration, DatabaseObject, Follower, Kind, Part, Statement, renewal};
use crate::catalog::ObjectId;
use crate::error::Result;
use crate::expression::Expression;
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{choose, quote};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::resolve::{Place, Resolver};

/// A check over VALUE.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DomainConstraint {
    /// The condition.
    pub expression: Expression,
    /// False for NOT VALID.
    pub valid: bool,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("domain_constraint.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::DomainConstraint, &["schema", "domain", "name"])?;
    let expression = live.expression(&live.text(row, "expression")?)?;
    live.attribute_of(row, &id)?;
    let valid = live.get(row, "valid")?;
    live.add(row, id, DomainConstraint { expression, valid })
}

/// Reads a check of CREATE DOMAIN or ALTER DOMAIN … ADD, which gets PostgreSQL's name when it has none.
pub fn read_check(reader: &mut Reader, domain: &ObjectId, constraint: &Constraint) -> Result<(), Stop> {
    let Some(node) = constraint.raw_expr.as_deref() else { return Ok(()) };
    let schema = domain.schema();
    // PostgreSQL looks at all constraints of the schema, also at those of tables
    let taken = |name: &str| {
        let alike = |kind: Kind| matches!(kind, Kind::DomainConstraint | Kind::Constraint | Kind::ForeignKey);
        reader.catalog.objects.keys().any(|id| alike(id.kind) && id.schema() == schema && id.name() == name)
    };
    let name = match constraint.conname.as_str() {
        "" => choose(domain.name(), None, "check", taken),
        name => name.to_string(),
    };
    let expression = reader.expression(node);
    let check = DomainConstraint { expression, valid: !constraint.skip_validation };
    reader.add(domain.child(Kind::DomainConstraint, name), check, constraint.location)?;
    Ok(())
}

impl DomainConstraint {
    fn definition(&self, id: &ObjectId) -> String {
        let Self { expression, valid } = self;
        let valid = if *valid { "" } else { " NOT VALID" };
        format!("CONSTRAINT {} CHECK ({}){valid}", quote(id.name()), expression.sql())
    }
}

impl DatabaseObject for DomainConstraint {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let domain = id.parent(Kind::Domain);
        let mut needs = BTreeSet::from([domain.clone()]);
        let data_type =
            resolver.catalog.objects.get(&domain).and_then(|object| object.domain()).map(|it| it.data_type.clone());
        if let Some(data_type) = data_type {
            resolver.expression(&mut self.expression, Place::DomainCondition(&data_type), &mut needs)?;
        }
        needs.remove(id);
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let domain = id.parent(Kind::Domain);
        let sql = format!("ALTER DOMAIN {} ADD {}", domain.sql(), self.definition(id));
        let statement = Statement::new(Form::Catalog, sql).under(&self.expression.path);
        let message = format!("fails when a column of {domain} holds a value that breaks the rule");
        vec![if self.valid { statement.finding(Finding::new("data-may-not-fit", message)) } else { statement }]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        let Self { expression, valid } = desired;
        if self.expression != *expression {
            return Alteration::Replace;
        }
        // a constraint that was checked stays so
        if !*valid || self.valid {
            return Alteration::in_place(vec![]);
        }
        let domain = id.parent(Kind::Domain);
        let sql = format!("ALTER DOMAIN {} VALIDATE CONSTRAINT {}", domain.sql(), quote(id.name()));
        let message = format!("fails when a column of {domain} holds a value that breaks the rule");
        Alteration::in_place(vec![
            Statement::new(Form::Catalog, sql).finding(Finding::new("data-may-not-fit", message)),
        ])
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        let sql = format!("ALTER DOMAIN {} DROP CONSTRAINT {}", id.parent(Kind::Domain).sql(), quote(id.name()));
        vec![Statement::new(Form::Catalog, sql)]
    }

    fn part(&self, id: &ObjectId) -> Option<Part> {
        // CREATE DOMAIN knows no NOT VALID
        self.valid.then(|| Part {
            whole: id.parent(Kind::Domain),
            addition: None,
            name: id.name().to_string(),
            column: None,
            tail: None,
            order: (1, 0),
            sql: self.definition(id),
            replaces: true,
            volatile: false,
            search_path: Some(self.expression.path.clone()),
        })
    }

    fn among_rows(&self, id: &ObjectId, statements: Vec<Statement>, context: &AlterContext) -> Vec<Statement> {
        let domain = id.parent(Kind::Domain);
        let made = |part: &Part| part.name == id.name();
        if renewal::is_renewed(&domain, context) && renewal::checks(&domain, context).iter().any(made) {
            return vec![];
        }
        statements
    }

    fn carried_by(&self, id: &ObjectId, whole: &ObjectId) -> bool {
        *whole == id.parent(Kind::Domain)
    }

    fn follower(&self, id: &ObjectId, _needs: &BTreeSet<ObjectId>) -> Option<Follower> {
        Some(Follower { id: id.clone(), whole: id.parent(Kind::Domain), parts: vec![(None, "check")], moves: true })
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        let domain = id.parent(Kind::Domain);
        let sql =
            format!("ALTER DOMAIN {} RENAME CONSTRAINT {} TO {}", domain.sql(), quote(id.name()), quote(new.name()));
        Some(Statement::new(Form::Catalog, sql))
    }
}
