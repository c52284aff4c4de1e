//! Reading a database: a fixed number of round trips in one snapshot, whatever the size.

use std::collections::HashMap;
use std::pin::pin;

use futures_util::stream::{FuturesOrdered, StreamExt};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, RowStream};

use super::repeated::Repeated;
use super::{Address, Live};
use crate::catalog::{Catalog, ObjectId, Unmanaged};
use crate::error::{Error, Result};
use crate::facts::{EXTENSION_MEMBERS, extension_member};
use crate::objects::{Kind, OFFERS, QUERIES};
use crate::resolve;

const UNMANAGED: &str = include_str!("unmanaged.sql");
const DEPENDENCIES: &str = include_str!("dependencies.sql");

/// Settings under which the server prints definitions in one way.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''; \
    SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL timezone = 'UTC'; \
    SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL quote_all_identifiers = off; \
    SET LOCAL xmloption = 'content'; SET LOCAL jit = off; SET LOCAL enable_seqscan = on";

/// The server itself, and where its catalogues are found in `pg_depend`.
const SERVER: &str = "SELECT current_setting('server_version_num')::int AS version, 'pg_class'::regclass::oid AS class, \
    'pg_type'::regclass::oid AS type, 'pg_rewrite'::regclass::oid AS rewrite, session_user::text AS role, \
    ARRAY(SELECT rolname::text FROM pg_catalog.pg_roles) AS roles";

/// Reads the whole catalog; `known` hears of it as soon as everything is there that files can use. Needs no privilege
/// beyond CONNECT. Errors: a query fails, or the server says something that no kind understands.
pub async fn read(client: &Client, known: impl FnOnce(&Catalog)) -> Result<Catalog> {
    let mut round_trips = 0;
    client.batch_execute(BEGIN).await.map_err(failed)?;
    round_trips += 1;
    let result = read_snapshot(client, known).await;
    round_trips += 1;
    let end = client.batch_execute("ROLLBACK").await;
    round_trips += 1;
    let mut catalog = result?;
    end.map_err(failed)?;
    catalog.round_trips = round_trips;
    resolve::resolve(&mut catalog, false)?;
    Ok(catalog)
}

fn failed(error: tokio_postgres::Error) -> Error {
    let reason =
        error.as_db_error().map_or_else(|| error.to_string(), |db| format!("{}: {}", db.code().code(), db.message()));
    Error::new("cannot read the catalog of the database").cause(reason)
}

/// One round trip: all queries go out at once, and what the server says to one is taken in while it works on the next.
async fn read_snapshot(client: &Client, known: impl FnOnce(&Catalog)) -> Result<Catalog> {
    let texts = [SERVER, EXTENSION_MEMBERS, UNMANAGED].into_iter();
    let texts = texts.chain(OFFERS.iter().chain(QUERIES).map(|(query, _)| *query)).chain([DEPENDENCIES]);
    let none = std::iter::empty::<(&(dyn ToSql + Sync), Type)>;
    let mut answers: FuturesOrdered<_> = texts.map(|text| client.query_typed_raw(text, none())).collect();
    let mut live = None;
    each(&mut answers, |row| start(row).map(|started| live = Some(started))).await?;
    let mut live = live.ok_or_else(silent)?;
    each(&mut answers, |row| {
        if let Some(fact) = extension_member(row)? {
            live.catalog.facts.model.add_fact(fact.clone());
            live.catalog.offers.push(fact);
        }
        Ok(())
    })
    .await?;
    each(&mut answers, |row| live.unmanaged(row)).await?;
    for (_, load) in OFFERS {
        each(&mut answers, |row| load(row, &mut live)).await?;
    }
    known(&live.catalog);
    for (_, load) in QUERIES {
        each(&mut answers, |row| load(row, &mut live)).await?;
    }
    each(&mut answers, |row| live.dependency(row)).await?;
    Ok(live.catalog)
}

/// Takes in the rows of the next answer one by one, so that they are never there all at once.
async fn each<A>(answers: &mut FuturesOrdered<A>, mut take: impl FnMut(&Row) -> Result<()>) -> Result<()>
where
    A: Future<Output = std::result::Result<RowStream, tokio_postgres::Error>>,
{
    let rows = answers.next().await.ok_or_else(silent)?.map_err(failed)?;
    let mut rows = pin!(rows);
    while let Some(row) = rows.next().await {
        take(&row.map_err(failed)?)?;
    }
    Ok(())
}

fn silent() -> Error {
    Error::new("the server did not answer")
}

fn start(head: &Row) -> Result<Live> {
    let wrong = |error: tokio_postgres::Error| Error::new("the server gave an unexpected answer").cause(error);
    let version: i32 = head.try_get("version").map_err(wrong)?;
    let major = u16::try_from(version / 10_000).unwrap_or_default();
    if !(14..=18).contains(&major) {
        return Err(Error::new(format!("PostgreSQL {major} is not supported")).hint("supported are 14 to 18"));
    }
    let mut catalog = Catalog::new(major);
    catalog.role = Some(head.try_get("role").map_err(wrong)?);
    let roles: Vec<String> = head.try_get("roles").map_err(wrong)?;
    catalog.roles = Some(roles.into_iter().collect());
    Ok(Live {
        catalog,
        addresses: HashMap::new(),
        relation_class: head.try_get("class").map_err(wrong)?,
        type_class: head.try_get("type").map_err(wrong)?,
        rewrite_class: head.try_get("rewrite").map_err(wrong)?,
        major,
        statements: Repeated::default(),
        expressions: Repeated::default(),
    })
}

impl Live {
    fn unmanaged(&mut self, row: &Row) -> Result<()> {
        let kind: String = self.get(row, "type")?;
        let identity: String = self.get(row, "identity")?;
        let id = ObjectId::new(Kind::Unmanaged, [kind.clone(), identity.clone()]);
        self.alias((self.get(row, "classid")?, self.get(row, "objid")?, 0), &id);
        let reason = "no kind of reconcile models it".to_string();
        let schema = self.get(row, "home")?;
        self.catalog.unmanaged.push(Unmanaged { kind, identity, schema, reason });
        Ok(())
    }

    fn dependency(&mut self, row: &Row) -> Result<()> {
        let from = (self.get(row, "classid")?, self.get(row, "objid")?, self.get(row, "objsubid")?);
        let to = (self.get(row, "refclassid")?, self.get(row, "refobjid")?, self.get(row, "refobjsubid")?);
        if let (Some(from), Some(to)) = (self.find(from).cloned(), self.find(to).cloned()) {
            self.catalog.depend(&from, to);
        }
        Ok(())
    }

    /// The object at an address; a part that is no object of its own stands for the whole.
    fn find(&self, address: Address) -> Option<&ObjectId> {
        let (class, object, _) = address;
        self.addresses.get(&address).or_else(|| self.addresses.get(&(class, object, 0)))
    }
}
