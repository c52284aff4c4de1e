//! Subscriptions (`pg_subscription`): made and changed without a connection to the publisher.

use std::collections::{BTreeMap, BTreeSet};

use pg_query::protobuf::{AlterSubscriptionStmt, AlterSubscriptionType, CreateSubscriptionStmt, DefElem};
use pg_query::{Node, NodeEnum};
use serde::Serialize;
use tokio_postgres::Row;

use super::{AlterContext, Alteration, DatabaseObject, Kind, Object, Statement, options, rename};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop};
use crate::name::{literal, quote};
use crate::plan::forms::Form;
use crate::plan::hazard::Finding;
use crate::resolve::Resolver;

/// A subscription.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subscription {
    /// The connection string; `None` when the role that reads the database may not see it.
    pub connection: Option<String>,
    /// The publications.
    pub publications: BTreeSet<String>,
    /// `enabled`; `None` when the files say nothing: it is switched on and off in operation.
    pub enabled: Option<bool>,
    /// `slot_name`; `None` is NONE.
    pub slot: Option<String>,
    /// The other parameters that the version has, all of them.
    pub parameters: BTreeMap<String, String>,
}

/// A parameter, the version that brought it, what it is when nothing is said, and what it can be when it is no switch.
type Parameter = (&'static str, u16, &'static str, &'static [&'static str]);

const PARAMETERS: &[Parameter] = &[
    ("binary", 14, "false", &[]),
    ("streaming", 14, "off", &["off", "on", "parallel"]),
    ("synchronous_commit", 14, "off", &["off", "local", "on", "remote_write", "remote_apply"]),
    ("two_phase", 15, "false", &[]),
    ("disable_on_error", 15, "false", &[]),
    ("password_required", 16, "true", &[]),
    ("run_as_owner", 16, "false", &[]),
    ("origin", 16, "any", &["any", "none"]),
    ("failover", 17, "false", &[]),
];

/// Parameters of the statement that are about the way, not about the subscription.
const PASSING: &[&str] = &["connect", "create_slot", "copy_data", "refresh"];

fn natural((name, _, value, _): &Parameter, major: u16) -> &'static str {
    // PostgreSQL 18 changed this one
    if *name == "streaming" && major >= 18 { "parallel" } else { value }
}

/// Reads CREATE and ALTER SUBSCRIPTION.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateSubscriptionStmt(statement) => Some(create(statement, reader)),
        NodeEnum::AlterSubscriptionStmt(statement) => Some(alter(statement, reader)),
        _ => None,
    }
}

fn create(statement: &CreateSubscriptionStmt, reader: &mut Reader) -> Result<(), Stop> {
    let major = reader.catalog.facts.major();
    let known = PARAMETERS.iter().filter(|(_, since, ..)| *since <= major);
    let mut subscription = Subscription {
        connection: Some(statement.conninfo.clone()),
        publications: publications(&statement.publication, reader)?,
        enabled: None,
        slot: Some(statement.subname.clone()),
        parameters: known.map(|it| (it.0.to_string(), natural(it, major).to_string())).collect(),
    };
    parameters(&mut subscription, &statement.options, reader)?;
    let place = reader.find_name(0, &statement.subname);
    reader.add_named(ObjectId::new(Kind::Subscription, [statement.subname.as_str()]), subscription, 0, place)?;
    Ok(())
}

fn alter(statement: &AlterSubscriptionStmt, reader: &mut Reader) -> Result<(), Stop> {
    let id = ObjectId::new(Kind::Subscription, [statement.subname.as_str()]);
    let place = reader.find_name(0, &statement.subname);
    let Some(Object::Subscription(known)) = reader.catalog.objects.get(&id) else {
        return Err(reader.missing(place, &statement.subname, format!("{id} does not exist in the desired state")));
    };
    let mut subscription = known.clone();
    match AlterSubscriptionType::try_from(statement.kind) {
        Ok(AlterSubscriptionType::AlterSubscriptionOptions) => {}
        Ok(AlterSubscriptionType::AlterSubscriptionConnection) => {
            subscription.connection = Some(statement.conninfo.clone());
        }
        Ok(AlterSubscriptionType::AlterSubscriptionAddPublication) => {
            subscription.publications.extend(publications(&statement.publication, reader)?);
        }
        Ok(AlterSubscriptionType::AlterSubscriptionEnabled) => {
            let on = statement.options.iter().filter_map(element).find_map(options::flag);
            subscription.enabled = Some(on.unwrap_or(true));
            reader.catalog.objects.insert(id, subscription.into());
            return Ok(());
        }
        _ => {
            let error = reader.wrong(place, "this form of ALTER SUBSCRIPTION cannot be part of a desired state");
            return Err(error.hint("declare the final form in CREATE SUBSCRIPTION").into());
        }
    }
    parameters(&mut subscription, &statement.options, reader)?;
    reader.catalog.objects.insert(id, subscription.into());
    Ok(())
}

fn element(node: &Node) -> Option<&DefElem> {
    match node.node.as_ref() {
        Some(NodeEnum::DefElem(element)) => Some(element),
        _ => None,
    }
}

fn publications(nodes: &[Node], reader: &Reader) -> Result<BTreeSet<String>> {
    let mut out = BTreeSet::new();
    for name in options::strings(nodes) {
        if out.contains(&name) {
            let error = reader.wrong(reader.find_name(0, &name), format!("publication name {} used more than once", quote(&name)));
            return Err(error.hint("keep one of the two"));
        }
        out.insert(name);
    }
    Ok(out)
}

fn parameters(subscription: &mut Subscription, nodes: &[Node], reader: &Reader) -> Result<()> {
    let major = reader.catalog.facts.major();
    let mut seen = BTreeSet::new();
    for element in nodes.iter().filter_map(element) {
        let (name, place) = (element.defname.as_str(), element.location);
        let value = options::value(element.arg.as_deref());
        let wrong = |message: String, hint: &str| Err(reader.wrong(place, message).hint(hint));
        if !seen.insert(name) {
            return wrong(format!("parameter {} specified more than once", quote(name)), "keep one of the two");
        }
        let switch = || {
            let error = || reader.wrong(place, format!("{name} requires a Boolean value")).hint("write true or false");
            options::flag(element).ok_or_else(error)
        };
        match (name, PARAMETERS.iter().find(|it| it.0 == name)) {
            ("enabled", _) => subscription.enabled = Some(switch()?),
            ("slot_name", _) => subscription.slot = Some(value).filter(|slot| slot != "none"),
            (_, None) if PASSING.contains(&name) => drop(switch()?),
            (_, None) => {
                let names: Vec<&str> = PARAMETERS.iter().map(|it| it.0).collect();
                let message = format!("unrecognized subscription parameter: {}", quote(name));
                return wrong(message, &format!("known are enabled, slot_name, {}", names.join(", ")));
            }
            (_, Some((_, since, ..))) if *since > major => {
                return wrong(format!("{name} of subscriptions: from PostgreSQL {since} on"), "leave it out, or name the version of the server");
            }
            (_, Some((.., words))) => {
                let text = value.to_lowercase();
                let said = match options::flag(element) {
                    // parallel is a word of streaming from PostgreSQL 16 on
                    _ if words.contains(&text.as_str()) && (text != "parallel" || major >= 16) => text,
                    Some(on) if words.is_empty() => on.to_string(),
                    Some(on) if words.contains(&"on") => if on { "on".into() } else { "off".into() },
                    _ => {
                        let hint = if words.is_empty() { "true or false".into() } else { words.join(", ") };
                        return wrong(format!("{name} cannot be {}", quote(&value)), &format!("write {hint}"));
                    }
                };
                subscription.parameters.insert(name.to_string(), said);
            }
        }
    }
    Ok(())
}

/// The catalogue query.
pub const QUERY: &str = include_str!("subscription.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let id = live.id(row, Kind::Subscription, &["name"])?;
    let parameters: Option<BTreeMap<String, serde_json::Value>> = live.json(row, "parameters")?;
    let text = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let publications: Vec<String> = live.get(row, "publications")?;
    let subscription = Subscription {
        connection: live.get(row, "connection")?,
        publications: publications.into_iter().collect(),
        enabled: Some(live.get(row, "enabled")?),
        slot: live.get(row, "slot")?,
        parameters: parameters.unwrap_or_default().into_iter().map(|(name, value)| (name, text(value))).collect(),
    };
    live.attribute_of(row, &id)?;
    live.add(row, id, subscription)
}

impl Subscription {
    fn publications_sql(&self) -> String {
        self.publications.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ")
    }

    fn slot_sql(&self) -> String {
        self.slot.as_deref().map_or("NONE".into(), literal)
    }

    fn enable(&self, id: &ObjectId, now: bool) -> Option<Statement> {
        let word = if self.enabled? { "ENABLE" } else { "DISABLE" };
        (self.enabled != Some(now)).then(|| statement(id, word))
    }
}

fn statement(id: &ObjectId, words: &str) -> Statement {
    Statement::new(Form::Catalog, format!("ALTER SUBSCRIPTION {} {words}", id.sql()))
}

fn to_do(id: &ObjectId, what: &str) -> Finding {
    Finding::new("subscription-not-connected", format!("{id}: {what}"))
}

impl DatabaseObject for Subscription {
    fn resolve(&mut self, id: &ObjectId, _resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        if self.enabled == Some(true) && self.slot.is_none() {
            return Err(Error::new(format!("{id} cannot be enabled without a slot")).hint("name the slot, or leave enabled out"));
        }
        Ok(BTreeSet::new())
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        let Self { connection, publications: _, enabled: _, slot: _, parameters } = self;
        let mut with = vec!["connect = false".to_string(), format!("slot_name = {}", self.slot_sql())];
        with.extend(parameters.iter().map(|(name, value)| format!("{name} = {}", literal(value))));
        let sql = format!(
            "CREATE SUBSCRIPTION {}\n    CONNECTION {}\n    PUBLICATION {}\n    WITH ({})",
            id.sql(),
            literal(connection.as_deref().unwrap_or_default()),
            self.publications_sql(),
            with.join(", ")
        );
        let next = "it is made without a connection; create its slot on the publisher, enable it, and run \
            ALTER SUBSCRIPTION … REFRESH PUBLICATION";
        let mut out = vec![Statement::new(Form::Create, sql).finding(to_do(id, next))];
        out.extend(self.enable(id, false));
        out
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        let Self { connection, publications, enabled: _, slot, parameters } = desired;
        // these two are a part of the slot on the publisher
        let of_slot = |name: &&str| self.parameters.get(*name) != parameters.get(*name);
        if let Some(name) = ["two_phase", "failover"].into_iter().find(of_slot) {
            return Alteration::Impossible {
                reason: format!(
                    "{name} is a part of the slot on the publisher, which reconcile does not connect to; change it with \
                     ALTER SUBSCRIPTION {} SET ({name} = …), or make the subscription anew",
                    id.sql()
                ),
            };
        }
        let (Some(now), Some(wanted)) = (&self.connection, connection) else {
            return Alteration::Impossible {
                reason: "its connection is not shown to this role; connect as a superuser".into(),
            };
        };
        let mut out = vec![];
        let runs = self.enabled == Some(true);
        let mut stopped = false;
        if self.slot != *slot && runs {
            out.push(statement(id, "DISABLE"));
            stopped = true;
        }
        if now != wanted {
            out.push(statement(id, &format!("CONNECTION {}", literal(wanted))));
        }
        if self.publications != *publications {
            let next = "tables of other publications come after ALTER SUBSCRIPTION … REFRESH PUBLICATION";
            let sql = format!("SET PUBLICATION {} WITH (refresh = false)", desired.publications_sql());
            out.push(statement(id, &sql).finding(to_do(id, next)));
        }
        let changed = parameters.iter().filter(|(name, value)| self.parameters.get(*name) != Some(*value));
        let mut set: Vec<String> = changed.map(|(name, value)| format!("{name} = {}", literal(value))).collect();
        if self.slot != *slot {
            set.push(format!("slot_name = {}", desired.slot_sql()));
        }
        if !set.is_empty() {
            out.push(statement(id, &format!("SET ({})", set.join(", "))));
        }
        let after = Self { enabled: desired.enabled.or(self.enabled.filter(|_| slot.is_some())), ..desired.clone() };
        out.extend(after.enable(id, runs && !stopped));
        Alteration::in_place(out)
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        let mut out = vec![];
        if self.slot.is_some() {
            if self.enabled == Some(true) {
                out.push(statement(id, "DISABLE"));
            }
            let stays = format!("the slot {} stays on the publisher and keeps its WAL until it is dropped there", self.slot_sql());
            out.push(statement(id, "SET (slot_name = NONE)").finding(to_do(id, &stays)));
        }
        out.push(Statement::new(Form::Catalog, format!("DROP SUBSCRIPTION {}", id.sql())));
        out
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        Some(rename::plain(Form::Catalog, "SUBSCRIPTION", id, new))
    }

    fn has_secrets(&self) -> bool {
        self.connection.as_ref().is_some_and(|text| text.contains("password") || text.contains("://"))
    }
}
