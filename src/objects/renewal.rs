//! A new type in the place of one that cannot be changed: the old one steps aside under another name, the domains over
//! it are made anew as well, the columns are converted, and the old ones go.

use super::attributes::{comment_change, default_privileges, of_owner, owner_change, privilege_changes};
use super::type_use::{self, Use};
use super::{AlterContext, Kind, Object, Part, Statement, column, default_acl, enum_type, partition_key};
use crate::catalog::{Catalog, ObjectId};
use crate::name::{generated, quote};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

/// What takes part in it.
pub struct Renewal<'a> {
    id: &'a ObjectId,
    context: &'a AlterContext<'a>,
    /// The domains over the type, each after what it is made of.
    domains: Vec<ObjectId>,
    /// The columns that hold values of the type, by themselves or in an array.
    pub columns: Vec<Use>,
}

impl<'a> Renewal<'a> {
    /// Who uses the type and will go on using it. Errors: something that cannot be converted uses it.
    pub fn of(id: &'a ObjectId, context: &'a AlterContext<'a>) -> Result<Self, String> {
        let mut renewal = Self { id, context, domains: vec![], columns: vec![] };
        let mut open = vec![Use { id: id.clone(), array: false }];
        while let Some(used) = open.pop() {
            for user in type_use::users(context.current, &used.id) {
                let within = Use { id: user.id, array: used.array || user.array };
                if used.array && user.array {
                    return Err(format!("{} holds arrays of arrays of it", within.id));
                }
                renewal.add(within, &mut open)?;
            }
        }
        Ok(renewal)
    }

    fn add(&mut self, user: Use, open: &mut Vec<Use>) -> Result<(), String> {
        let Self { id, context, .. } = self;
        // what leaves the type does so by a step of its own
        let stays = context.desired.objects.contains_key(&user.id) && context.desired.needs(&user.id, id);
        match context.current.objects.get(&user.id) {
            // it is made anew by steps of its own
            Some(Object::CompositeType(_)) if !is_used(context.current, &user.id) => {}
            Some(Object::CompositeType(_)) => {
                return Err(format!("{} has it as the type of an attribute, and is used by tables", user.id));
            }
            Some(Object::RangeType(_)) if !is_used(context.current, &user.id) => {}
            Some(Object::RangeType(_)) => return Err(format!("{} is made of it, and is used itself", user.id)),
            Some(Object::Domain(_)) if stays => {
                self.domains.push(user.id.clone());
                open.push(user);
            }
            Some(Object::Column(column)) if stays && column.generated.is_none() => {
                let table = user.id.parent(Kind::Table);
                if partition_key::columns_of(&table, context.current).contains(user.id.name()) {
                    return Err(format!("{} is in the partition key of {table}", user.id));
                }
                // the parent's change reaches it
                if column::inherited_from(&user.id, context.current).is_empty() {
                    self.columns.push(user);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The statements; `definition` creates the new type, `using` says how a column's values get there.
    pub fn statements(
        &self,
        definition: Vec<Statement>,
        using: impl Fn(&Use, &str) -> (Option<String>, Option<Finding>),
    ) -> Vec<Statement> {
        let current = self.context.current;
        let types = || std::iter::once(self.id).chain(&self.domains);
        let aside = |id: &ObjectId| id.renamed(generated(id.name(), None, "reconcile_old"));
        let objects = || types().filter_map(|id| Some((id, current.objects.get(id)?)));
        let mut out: Vec<Statement> = objects().filter_map(|(id, object)| object.rename(id, &aside(id))).collect();
        out.iter_mut().for_each(|statement| statement.findings.clear());
        out.extend(definition);
        out.extend(attributes(self.id, self.context));
        for id in &self.domains {
            out.extend(self.domain(id));
            out.extend(attributes(id, self.context));
        }
        for user in &self.columns {
            let Some(column) = current.objects.get(&user.id).and_then(Object::column) else { continue };
            let (using, finding) = using(user, &column.data_type.sql);
            let table = user.id.parent(Kind::Table);
            let using = using.map_or_else(String::new, |using| format!(" USING {using}"));
            let sql = format!("ALTER COLUMN {} TYPE {}{using}", quote(user.id.name()), column.data_type.sql);
            let rewrite = Finding::new("rewrite", format!("every row of {table} is written anew"));
            let mut statement = Statement::clause(Form::AlterTypeRewrite, table, sql).finding(rewrite);
            statement.findings.extend(finding);
            out.push(statement);
        }
        let drops: Vec<Statement> = objects().flat_map(|(id, object)| object.drop(&aside(id))).collect();
        out.extend(drops.into_iter().rev());
        out
    }

    /// A domain over the type as it is, with the checks that it shall have.
    fn domain(&self, id: &ObjectId) -> Vec<Statement> {
        let AlterContext { current, desired, .. } = self.context;
        let Some(now) = current.objects.get(id).and_then(Object::domain) else { return vec![] };
        let wanted = desired.objects.get(id).and_then(Object::domain);
        let mut domain = now.clone();
        // a default that changes as well is set by a step of its own
        domain.default =
            domain.default.filter(|default| wanted.and_then(|wanted| wanted.default.as_ref()) == Some(default));
        domain.create_beside(id, &checks(id, self.context))
    }
}

/// The checks that a domain is made anew with: PostgreSQL adds none once columns hold arrays of the domain.
pub fn checks(domain: &ObjectId, context: &AlterContext) -> Vec<Part> {
    let there = |id: &ObjectId| context.current.objects.contains_key(id);
    let first = domain.with_kind(Kind::DomainConstraint);
    let own = context
        .desired
        .objects
        .range(first..)
        .take_while(|(id, _)| id.kind == Kind::DomainConstraint && id.names.starts_with(&domain.names));
    own.filter(|(id, _)| context.desired.dependencies.get(*id).into_iter().flatten().all(there))
        .filter_map(|(id, check)| check.part(id))
        .collect()
}

/// Whether a domain, range or enum type is made anew by the change of itself or of what it is made of.
pub fn is_renewed(id: &ObjectId, context: &AlterContext) -> bool {
    match (context.current.objects.get(id), context.desired.objects.get(id)) {
        (Some(Object::EnumType(now)), Some(Object::EnumType(wanted))) => {
            enum_type::change::is_renewed(now, id, wanted, context)
        }
        (Some(Object::RangeType(now)), Some(Object::RangeType(wanted))) => !now.means_same(wanted),
        (Some(Object::Domain(now)), Some(Object::Domain(wanted))) => {
            let below = || now.data_type.object(context.current);
            !now.is_over_same(wanted) || below().is_some_and(|below| is_renewed(&below, context))
        }
        _ => false,
    }
}

/// Whether a composite or range type stands in tables, domains or other types.
fn is_used(catalog: &Catalog, id: &ObjectId) -> bool {
    let typed = |object: &Object| object.table().is_some_and(|table| table.is_of(id));
    !type_use::users(catalog, id).is_empty()
        || !type_use::multirange_users(catalog, id).is_empty()
        || catalog.objects.values().any(typed)
}

/// Gives the new type the owner, privileges and comment that the old one has.
fn attributes(id: &ObjectId, context: &AlterContext) -> Vec<Statement> {
    let current = context.current;
    let Some(attributes) = current.attributes.get(id) else { return vec![] };
    let owner = attributes.owner.as_deref().unwrap_or_default();
    let major = current.facts.major();
    let new = default_acl::of_new(context.desired, current.role.as_deref().unwrap_or_default(), id);
    let had = match &attributes.privileges {
        Some(privileges) => of_owner(privileges, owner),
        None => default_privileges(id.kind, major),
    };
    let mut out = vec![];
    if !owner.is_empty() {
        out.push(owner_change(id, owner));
    }
    out.extend(privilege_changes(id, id.kind, owner, &new, &had));
    if attributes.comment.is_some() {
        out.push(comment_change(id, None, attributes.comment.as_deref()));
    }
    // nothing changes for the reader of the plan
    out.iter_mut().for_each(|statement| statement.findings.clear());
    out
}
