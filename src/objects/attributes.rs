//! Owner, comment, privileges, security labels and dependencies on extensions: once, for every kind.

use std::collections::{BTreeMap, BTreeSet};

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AccessPriv, CommentStmt, GrantStmt, GrantTargetType, ObjectType, RangeVar, RoleSpec, RoleSpecType,
};
use serde::{Deserialize, Serialize};

use super::column::NotNull;
use super::{Kind, Object, Statement, default_acl, identity_sequence, options, routine};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::load::reader::{Reader, Stop};
use crate::name::{literal, quote};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;

mod address;
pub mod bound;
pub mod label;
mod said;

pub use address::{address, named};
pub use label::Labels;
pub use said::{QUERY, load};

/// What any object can have beside its definition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// `ALTER … OWNER TO`; `None` when the files say nothing.
    pub owner: Option<String>,
    /// `COMMENT ON`.
    pub comment: Option<String>,
    /// `GRANT`; `None` when the files say nothing, or when the catalog has the default.
    pub privileges: Option<Privileges>,
    /// `SECURITY LABEL`.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// `ALTER … DEPENDS ON EXTENSION`: what it goes with.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub extensions: BTreeSet<String>,
}

impl Attributes {
    /// The roles that they name; empty for PUBLIC.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        let grantees = self.privileges.iter().flat_map(grantees_of);
        self.owner.as_deref().into_iter().chain(grantees)
    }

    /// Whether they say the same beside owner and privileges.
    pub fn has_same_words(&self, other: &Self) -> bool {
        let Self { owner: _, comment, privileges: _, labels, extensions } = self;
        (comment, labels, extensions) == (&other.comment, &other.labels, &other.extensions)
    }
}

/// The roles to which something is granted; empty for PUBLIC.
pub fn grantees_of(privileges: &Privileges) -> impl Iterator<Item = &str> {
    privileges.keys().map(String::as_str).filter(|grantee| *grantee != OWNER && !grantee.starts_with(REVOKED))
}

/// Grantee (empty: PUBLIC) -> privilege -> whether it may be granted on.
pub type Privileges = BTreeMap<String, BTreeMap<String, bool>>;

/// The grantee that stands for whoever owns the object.
pub const OWNER: &str = "\u{1}owner";

/// Begins the grantee under which the files keep what is taken from a role by name, who may be the owner.
const REVOKED: &str = "\u{1}revoked ";

/// What must be there, beside the object, before its attributes are set.
pub fn needs(id: &ObjectId, catalog: &Catalog) -> Vec<ObjectId> {
    let Some(attributes) = catalog.attributes.get(id).filter(|it| !it.extensions.is_empty()) else { return vec![] };
    let extensions = attributes.extensions.iter().map(|name| ObjectId::new(Kind::Extension, [name.as_str()]));
    extensions.chain(catalog.dependencies.get(id).into_iter().flatten().cloned()).collect()
}

/// How COMMENT ON names the object.
fn comment_target(id: &ObjectId) -> String {
    match id.kind {
        Kind::Constraint | Kind::ForeignKey | Kind::Policy | Kind::Trigger | Kind::Rule => {
            format!("{} ON {}", quote(id.name()), id.parent(Kind::Table).sql())
        }
        Kind::DomainConstraint => format!("{} ON DOMAIN {}", quote(id.name()), id.parent(Kind::Domain).sql()),
        _ => id.sql(),
    }
}

/// All privileges that exist for a kind, as ALL grants them (`acldefault` of the owner).
pub fn all_privileges(kind: Kind, major: u16) -> &'static [&'static str] {
    const TABLE: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"];
    match kind {
        Kind::Table | Kind::View | Kind::MaterializedView if major >= 17 => TABLE,
        Kind::Table | Kind::View | Kind::MaterializedView => &TABLE[..7],
        Kind::Column => &["SELECT", "INSERT", "UPDATE", "REFERENCES"],
        Kind::Sequence | Kind::IdentitySequence => &["SELECT", "UPDATE", "USAGE"],
        Kind::Schema => &["USAGE", "CREATE"],
        kind if Kind::TYPES.contains(&kind) => &["USAGE"],
        Kind::ForeignDataWrapper | Kind::Server | Kind::Language => &["USAGE"],
        Kind::Function | Kind::Procedure | Kind::Aggregate => &["EXECUTE"],
        _ => &[],
    }
}

/// What a new object has before anything is granted.
pub fn default_privileges(kind: Kind, major: u16) -> Privileges {
    let all = all_privileges(kind, major);
    let mut out = if kind == Kind::Column { Privileges::new() } else { everything(all) };
    if Kind::TYPES.contains(&kind) || kind.is_routine() || kind == Kind::Language {
        out.insert(String::new(), all.iter().map(|name| ((*name).to_string(), false)).collect());
    }
    out
}

/// These privileges, for the owner alone.
pub fn everything(all: &[&str]) -> Privileges {
    Privileges::from([(OWNER.into(), all.iter().map(|name| ((*name).to_string(), false)).collect())])
}

/// Reads items of an ACL: `grantee=arwd*/grantor`. The grantor is not kept.
pub fn parse_acl(items: &[String]) -> Result<Privileges> {
    let mut out = Privileges::new();
    for item in items {
        let wrong = || Error::new(format!("cannot read the privileges {item}"));
        let (grantee, rest) = split_role(item).ok_or_else(wrong)?;
        let letters = rest.strip_prefix('=').ok_or_else(wrong)?;
        let letters = letters.split('/').next().unwrap_or_default();
        let own = out.entry(grantee).or_default();
        let mut last: Option<&str> = None;
        for letter in letters.chars() {
            if letter == '*' {
                if let Some(name) = last {
                    own.insert(name.to_string(), true);
                }
                continue;
            }
            let name = privilege_name(letter).ok_or_else(wrong)?;
            own.entry(name.to_string()).or_insert(false);
            last = Some(name);
        }
    }
    Ok(out)
}

/// The grantee, unquoted, and what follows it.
fn split_role(item: &str) -> Option<(String, &str)> {
    if let Some(rest) = item.strip_prefix('"') {
        let mut name = String::new();
        let mut characters = rest.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            if c != '"' {
                name.push(c);
            } else if characters.peek().is_some_and(|(_, next)| *next == '"') {
                characters.next();
                name.push('"');
            } else {
                return Some((name, &rest[at + 1..]));
            }
        }
        return None;
    }
    let at = item.find('=')?;
    Some((item[..at].to_string(), &item[at..]))
}

fn privilege_name(letter: char) -> Option<&'static str> {
    Some(match letter {
        'r' => "SELECT",
        'a' => "INSERT",
        'w' => "UPDATE",
        'd' => "DELETE",
        'D' => "TRUNCATE",
        'x' => "REFERENCES",
        't' => "TRIGGER",
        'm' => "MAINTAIN",
        'X' => "EXECUTE",
        'U' => "USAGE",
        'C' => "CREATE",
        'c' => "CONNECT",
        'T' => "TEMPORARY",
        's' => "SET",
        'A' => "ALTER SYSTEM",
        _ => return None,
    })
}

/// Reads COMMENT ON, GRANT, REVOKE, SECURITY LABEL, ALTER … OWNER and ALTER … DEPENDS ON EXTENSION of the kinds that
/// are managed.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CommentStmt(statement) => Some(comment(statement, reader)),
        NodeEnum::GrantStmt(statement) => Some(grant(statement, reader)),
        NodeEnum::SecLabelStmt(statement) => Some(label::read(statement, reader)),
        NodeEnum::AlterObjectDependsStmt(statement) => Some(bound::read(statement, reader)),
        NodeEnum::AlterOwnerStmt(statement) => {
            let kind = ObjectType::try_from(statement.object_type).ok()?;
            let node = statement.object.as_ref()?.node.as_ref()?;
            Some(address(reader, kind, node).and_then(|id| {
                let Some(new) = &statement.newowner else { return Ok(()) };
                let role = role(reader, new)?;
                reader.mention(&id);
                reader.catalog.attributes.entry(id).or_default().owner = Some(role);
                Ok(())
            }))
        }
        _ => None,
    }
}

fn comment(statement: &CommentStmt, reader: &mut Reader) -> Result<(), Stop> {
    let kind = ObjectType::try_from(statement.objtype).unwrap_or(ObjectType::Undefined);
    let node = statement.object.as_ref().and_then(|node| node.node.as_ref());
    let text = Some(statement.comment.clone()).filter(|text| !text.is_empty());
    if kind == ObjectType::ObjectTabconstraint
        && let Some(not_null) = not_null(reader, node)
    {
        return match std::mem::replace(&mut not_null.comment, text) {
            None => Ok(()),
            Some(_) => {
                Err(reader.wrong(0, "the comment on this constraint is given twice").hint("keep one of them").into())
            }
        };
    }
    let id = match node {
        // pg_dump writes one for the database's own objects, which are not part of a schema
        Some(node) => address(reader, kind, node)?,
        None => return Err(reader.wrong(0, "this comment names nothing").into()),
    };
    if let Some(first) = reader.catalog.comments.get(&id) {
        return Err(reader
            .wrong(0, format!("the comment on {id} is given twice"))
            .hint(format!("the first one is at {first}; keep one of them"))
            .into());
    }
    let place = reader.place(0);
    reader.mention(&id);
    reader.catalog.comments.insert(id.clone(), place);
    reader.catalog.attributes.entry(id).or_default().comment = text;
    Ok(())
}

/// The NOT NULL constraint that a statement names: a part of its column.
fn not_null<'a>(reader: &'a mut Reader, node: Option<&NodeEnum>) -> Option<&'a mut NotNull> {
    let Some(NodeEnum::List(list)) = node else { return None };
    let names = options::strings(&list.items);
    let (name, table) = names.split_last()?;
    let (relation, schema) = table.split_last()?;
    let schemas = if schema.is_empty() { reader.path.to_vec() } else { schema.to_vec() };
    let table = schemas.iter().find_map(|schema| reader.catalog.relation(schema, relation))?;
    let named = |(id, object): (&ObjectId, &super::Object)| {
        let not_null = object.column()?.not_null.as_ref()?;
        not_null.is_named(name).then(|| id.clone())
    };
    let id = reader.catalog.children(&table).find_map(named)?;
    match reader.catalog.objects.get_mut(&id) {
        Some(super::Object::Column(column)) => column.not_null.as_mut(),
        _ => None,
    }
}

/// The name of a role; PUBLIC is the empty name. Errors: CURRENT_USER and the like, which mean another role for
/// everyone who plans.
pub fn role(reader: &Reader, role: &RoleSpec) -> Result<String> {
    match RoleSpecType::try_from(role.roletype) {
        Ok(RoleSpecType::RolespecCstring) => Ok(role.rolename.clone()),
        Ok(RoleSpecType::RolespecPublic) => Ok(String::new()),
        _ => Err(reader
            .wrong(role.location, "CURRENT_USER, CURRENT_ROLE and SESSION_USER are not allowed in a desired state")
            .hint("name the role")),
    }
}

fn grant(statement: &GrantStmt, reader: &mut Reader) -> Result<(), Stop> {
    let wrong = |reader: &Reader, message: &str| Err(reader.wrong(0, message).into());
    if let Some(grantor) = &statement.grantor {
        return Err(reader
            .wrong(grantor.location, "GRANTED BY is not supported")
            .hint("leave it out; privileges come from the owner")
            .into());
    }
    if GrantTargetType::try_from(statement.targtype) == Ok(GrantTargetType::AclTargetAllInSchema) {
        return all_in_schema(statement, reader);
    }
    let kind = ObjectType::try_from(statement.objtype).unwrap_or(ObjectType::Undefined);
    let mut ids = vec![];
    for node in &statement.objects {
        let id = match node.node.as_ref() {
            Some(NodeEnum::RangeVar(range)) => relation(reader, range)?,
            Some(node) => address(reader, kind, node)?,
            None => continue,
        };
        ids.push(id);
    }
    if ids.is_empty() {
        return wrong(reader, "this grant names no object");
    }
    ids.iter().try_for_each(|id| apply(statement, reader, id))
}

/// A relation, also the sequence of an identity column.
fn relation(reader: &Reader, range: &RangeVar) -> Result<ObjectId, Stop> {
    reader.relation(range).or_else(|stop| {
        let schemas = if range.schemaname.is_empty() { reader.path.to_vec() } else { vec![range.schemaname.clone()] };
        let named = |schema: &String| identity_sequence::named(reader.catalog, schema, &range.relname);
        schemas.iter().find_map(named).ok_or(stop)
    })
}

fn all_in_schema(statement: &GrantStmt, reader: &mut Reader) -> Result<(), Stop> {
    let kinds: &[Kind] = match ObjectType::try_from(statement.objtype) {
        Ok(ObjectType::ObjectTable) => &[Kind::Table, Kind::View, Kind::MaterializedView],
        Ok(ObjectType::ObjectSequence) => &[Kind::Sequence, Kind::IdentitySequence],
        Ok(kind) if routine::kinds(kind).is_some() => routine::kinds(kind).unwrap_or_default(),
        _ => {
            return Err(reader
                .wrong(0, "GRANT ON ALL of these objects is not supported")
                .hint("name the objects")
                .into());
        }
    };
    let schemas = options::strings(&statement.objects);
    let identities = reader.catalog.identity_sequences.values().map(|column| column.with_kind(Kind::IdentitySequence));
    let wanted = |id: &ObjectId| kinds.contains(&id.kind) && schemas.iter().any(|schema| id.names[0] == *schema);
    let objects = reader.catalog.objects.keys().filter(|id| wanted(id)).cloned();
    let ids: BTreeSet<ObjectId> = objects.chain(identities.filter(wanted)).collect();
    ids.iter().try_for_each(|id| apply(statement, reader, id))
}

fn apply(statement: &GrantStmt, reader: &mut Reader, id: &ObjectId) -> Result<(), Stop> {
    let major = reader.catalog.facts.major();
    let grantees = grantees(statement, reader)?;
    for privilege in privileges(statement) {
        let targets: Vec<ObjectId> = match options::strings(&privilege.cols) {
            columns if columns.is_empty() => vec![id.clone()],
            columns => columns.into_iter().map(|column| id.child(Kind::Column, column)).collect(),
        };
        let known = |target: &&ObjectId| target.kind != Kind::Column || reader.catalog.objects.contains_key(*target);
        if let Some(target) = targets.iter().find(|target| id.kind == Kind::Table && !known(target)) {
            return Err(super::table::missing_column(reader, 0, id, target.name()).into());
        }
        for target in targets {
            let names = names(&privilege, all_privileges(target.kind, major), &target.to_string(), reader)?;
            reader.mention(&target);
            let given = default_acl::when_declared(reader, &target);
            let attributes = reader.catalog.attributes.entry(target.clone()).or_default();
            let acl = attributes.privileges.get_or_insert(given);
            for grantee in &grantees {
                let taken = acl.entry(format!("{REVOKED}{grantee}")).or_default();
                match (statement.is_grant, statement.grant_option) {
                    (true, _) => taken.retain(|name, _| !names.contains(&name.as_str())),
                    (false, true) => {}
                    (false, false) => taken.extend(names.iter().map(|name| ((*name).to_string(), false))),
                }
                change(acl, grantee, &names, statement);
            }
        }
    }
    Ok(())
}

/// The privileges that a GRANT or REVOKE names and the roles that it is about, of objects that have the privileges
/// `all`; `target` is what they are called. Each pair is for [`change`].
pub fn changes(
    statement: &GrantStmt,
    reader: &Reader,
    all: &'static [&'static str],
    target: &str,
) -> Result<Vec<(String, Vec<&'static str>)>, Stop> {
    let grantees = grantees(statement, reader)?;
    let mut out = vec![];
    for privilege in privileges(statement) {
        let names = names(&privilege, all, target, reader)?;
        out.extend(grantees.iter().map(|grantee| (grantee.clone(), names.clone())));
    }
    Ok(out)
}

fn grantees(statement: &GrantStmt, reader: &Reader) -> Result<Vec<String>> {
    let specs = statement.grantees.iter().filter_map(|node| match node.node.as_ref() {
        Some(NodeEnum::RoleSpec(spec)) => Some(spec),
        _ => None,
    });
    specs.map(|spec| role(reader, spec)).collect()
}

/// The privileges that a statement names; for ALL one without a name.
fn privileges(statement: &GrantStmt) -> Vec<AccessPriv> {
    let named = statement.privileges.iter().filter_map(|node| match node.node.as_ref() {
        Some(NodeEnum::AccessPriv(privilege)) => Some(privilege.clone()),
        _ => None,
    });
    let named: Vec<AccessPriv> = named.collect();
    if named.is_empty() { vec![AccessPriv::default()] } else { named }
}

fn names(
    privilege: &AccessPriv,
    all: &'static [&'static str],
    target: &str,
    reader: &Reader,
) -> Result<Vec<&'static str>, Stop> {
    let wanted = privilege.priv_name.to_uppercase();
    if wanted.is_empty() {
        return Ok(all.to_vec());
    }
    if let Some(name) = all.iter().find(|name| **name == wanted) {
        return Ok(vec![name]);
    }
    if wanted == "MAINTAIN" {
        return Err(reader
            .wrong(0, "the privilege MAINTAIN exists from PostgreSQL 17 on")
            .hint("leave it out, or name the version of the server")
            .into());
    }
    Err(reader
        .wrong(0, format!("invalid privilege type {wanted} for {target}"))
        .hint(format!("the privileges are {}", all.join(", ")))
        .into())
}

/// Does to `acl` what a GRANT or REVOKE says about one role.
pub fn change(acl: &mut Privileges, grantee: &str, names: &[&str], statement: &GrantStmt) {
    let own = acl.entry(grantee.to_string()).or_default();
    for name in names {
        change_one(own, name, statement.is_grant, statement.grant_option);
    }
    if own.is_empty() {
        acl.remove(grantee);
    }
}

fn change_one(own: &mut BTreeMap<String, bool>, name: &str, grant: bool, option: bool) {
    match (grant, option) {
        (true, option) => {
            let now = own.entry(name.to_string()).or_insert(option);
            *now |= option;
        }
        // REVOKE GRANT OPTION FOR
        (false, true) => {
            own.entry(name.to_string()).and_modify(|grantable| *grantable = false);
        }
        (false, false) => {
            own.remove(name);
        }
    }
}

/// Privileges in one form, the owner under one name.
pub fn of_owner(privileges: &Privileges, owner: &str) -> Privileges {
    let mut out = Privileges::new();
    let taken = privileges.get(&format!("{REVOKED}{owner}"));
    for (grantee, granted) in privileges.iter().filter(|(grantee, _)| !grantee.starts_with(REVOKED)) {
        let granted =
            granted.iter().filter(|(name, _)| grantee != OWNER || taken.is_none_or(|it| !it.contains_key(*name)));
        let grantee = if grantee == owner { OWNER } else { grantee.as_str() };
        let own = out.entry(grantee.to_string()).or_default();
        for (name, grantable) in granted {
            *own.entry(name.clone()).or_insert(false) |= *grantable;
        }
    }
    out.retain(|_, granted| !granted.is_empty());
    out
}

/// The statements that turn one comment into another.
pub fn comment_change(id: &ObjectId, object: Option<&Object>, desired: Option<&str>) -> Statement {
    let text = desired.map_or("NULL".into(), literal);
    Statement::new(Form::Attribute, format!("COMMENT ON {} {} IS {text}", noun(id, object), comment_target(id)))
}

/// The word of the object's kind in statements about its attributes.
fn noun(id: &ObjectId, object: Option<&Object>) -> &'static str {
    match object {
        Some(Object::Table(table)) if table.foreign.is_some() => "FOREIGN TABLE",
        _ => id.kind.noun(),
    }
}

/// The statement that changes the owner.
pub fn owner_change(id: &ObjectId, owner: &str) -> Statement {
    let form = if matches!(id.kind, Kind::Table | Kind::View | Kind::MaterializedView | Kind::Sequence) {
        Form::AlterRelation
    } else {
        Form::Catalog
    };
    Statement::new(form, format!("ALTER {} {} OWNER TO {}", id.kind.noun(), id.sql(), quote(owner)))
}

/// The GRANT and REVOKE statements that turn one set of privileges, normalised, into another.
pub fn privilege_changes(
    id: &ObjectId,
    relation: Kind,
    owner: &str,
    current: &Privileges,
    desired: &Privileges,
) -> Vec<Statement> {
    let mut out = vec![];
    let none = BTreeMap::new();
    let grantees: BTreeSet<&String> = current.keys().chain(desired.keys()).collect();
    for grantee in grantees {
        let (now, wanted) = (current.get(grantee).unwrap_or(&none), desired.get(grantee).unwrap_or(&none));
        let pick = |keep: &dyn Fn(&str) -> bool| -> Vec<&str> {
            let all = now.keys().chain(wanted.keys()).collect::<BTreeSet<_>>();
            all.into_iter().map(String::as_str).filter(|name| keep(name)).collect()
        };
        let revoked = pick(&|name| now.contains_key(name) && !wanted.contains_key(name));
        let plain = pick(&|name| !now.contains_key(name) && wanted.get(name) == Some(&false));
        let options = pick(&|name| wanted.get(name) == Some(&true) && now.get(name) != Some(&true));
        let less = pick(&|name| now.get(name) == Some(&true) && wanted.get(name) == Some(&false));
        let who = match grantee.as_str() {
            "" => "PUBLIC".to_string(),
            OWNER => quote(owner),
            name => quote(name),
        };
        let mut say = |names: &[&str], verb: &str, link: &str, tail: &str, finding: Option<Finding>| {
            if names.is_empty() {
                return;
            }
            let sql = format!("{verb}{} ON {} {link} {who}{tail}", list_of(id, names), target(id, relation));
            let mut statement = Statement::new(Form::Attribute, sql);
            statement.findings.extend(finding);
            out.push(statement);
        };
        let public = grantee.is_empty().then(|| Finding::new("grant-to-public", format!("every role may use {id}")));
        say(&revoked, "REVOKE ", "FROM", "", Some(Finding::new("revoke", format!("{who} loses privileges on {id}"))));
        say(&less, "REVOKE GRANT OPTION FOR ", "FROM", "", None);
        say(&plain, "GRANT ", "TO", "", public.clone());
        say(&options, "GRANT ", "TO", " WITH GRANT OPTION", public);
    }
    out
}

fn list_of(id: &ObjectId, names: &[&str]) -> String {
    match id.kind {
        Kind::Column => {
            let column = quote(id.name());
            names.iter().map(|name| format!("{name} ({column})")).collect::<Vec<_>>().join(", ")
        }
        _ => names.join(", "),
    }
}

fn target(id: &ObjectId, relation: Kind) -> String {
    match id.kind {
        Kind::Column => id.parent(relation).sql(),
        Kind::Schema => format!("SCHEMA {}", id.sql()),
        Kind::Sequence | Kind::IdentitySequence => format!("SEQUENCE {}", id.sql()),
        Kind::Domain => format!("DOMAIN {}", id.sql()),
        Kind::BaseType | Kind::EnumType | Kind::CompositeType | Kind::RangeType => format!("TYPE {}", id.sql()),
        Kind::Language => format!("LANGUAGE {}", id.sql()),
        Kind::ForeignDataWrapper => format!("FOREIGN DATA WRAPPER {}", id.sql()),
        Kind::Server => format!("FOREIGN SERVER {}", id.sql()),
        Kind::Function => format!("FUNCTION {}", id.sql()),
        Kind::Procedure => format!("PROCEDURE {}", id.sql()),
        // GRANT knows no word of its own for aggregates
        Kind::Aggregate => format!("FUNCTION {}", id.with_kind(Kind::Function).sql()),
        Kind::DefaultAcl => id.name().to_string(),
        _ => id.sql(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_acl_items() {
        let acl = parse_acl(&["=r/postgres".into(), "\"App-User\"=a*r/postgres".into()]).expect("reads");
        assert_eq!(acl[""], BTreeMap::from([("SELECT".to_string(), false)]));
        assert_eq!(acl["App-User"], BTreeMap::from([("INSERT".to_string(), true), ("SELECT".to_string(), false)]));
    }
}
