//! Which part of a database an export takes, and what it leaves out.

use std::collections::BTreeSet;

use crate::catalog::{Catalog, ObjectId};
use crate::objects::Kind;
use crate::pipeline::{Options, PrivilegeMode};
use crate::plan::scope;

/// Tables in which other tools keep books about their own migrations.
const BOOKKEEPING: &[&str] = &[
    "alembic_version",
    "schema_migrations",
    "ar_internal_metadata",
    "flyway_schema_history",
    "schema_version",
    "databasechangelog",
    "databasechangeloglock",
    "django_migrations",
    "_prisma_migrations",
    "__drizzle_migrations",
    "__EFMigrationsHistory",
    "goose_db_version",
    "gorp_migrations",
    "knex_migrations",
    "knex_migrations_lock",
    "SequelizeMeta",
    "typeorm_metadata",
    "_sqlx_migrations",
    "__diesel_schema_migrations",
    "refinery_schema_history",
    "atlas_schema_revisions",
    "pgmigrations",
    "phinxlog",
    "doctrine_migration_versions",
    "aerich",
];

/// Roles of managed platforms, whose schemas are the platform's.
const PLATFORMS: &[&str] = &[
    "supabase_admin",
    "supabase_auth_admin",
    "supabase_storage_admin",
    "supabase_realtime_admin",
    "rdsadmin",
    "cloudsqladmin",
    "cloud_admin",
    "azuresu",
    "alloydbadmin",
];

/// Something that exists and that no file gets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Why.
    pub reason: &'static str,
    /// What, as SQL names it.
    pub what: String,
}

/// The part of a database that files describe.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Globs of what is left alone, beyond those that the user named.
    pub exclude: Vec<String>,
    /// What is left out.
    pub left_out: Vec<LeftOut>,
}

/// Takes out of a live catalog what is not the user's, or what the user did not ask for, and says so.
pub fn narrow(catalog: &mut Catalog, options: &Options) -> Scope {
    let mut out = Scope::default();
    let named = |schema: &str| options.schemas.as_ref().is_some_and(|all| all.iter().any(|it| it == schema));
    for (id, said) in &catalog.attributes {
        let platform = said.owner.as_deref().filter(|owner| PLATFORMS.contains(owner));
        if id.kind == Kind::Schema && platform.is_some() && id.name() != "public" && !named(id.name()) {
            out.exclude.extend([id.name().to_string(), format!("{}.*", id.name())]);
            out.left_out
                .push(LeftOut { reason: "belongs to the platform; name it with --schemas", what: id.to_string() });
        }
    }
    for id in catalog.objects.keys().filter(|id| id.kind == Kind::Table && BOOKKEEPING.contains(&id.name())) {
        out.exclude.extend([id.names.join("."), format!("{}.*", id.names.join("."))]);
        out.left_out.push(LeftOut { reason: "another tool keeps books in it", what: id.to_string() });
    }
    let followers = belonging(catalog, &out.exclude);
    out.exclude.extend(followers);
    let options = Options { exclude: options.exclude.iter().chain(&out.exclude).cloned().collect(), ..options.clone() };
    let keep = scope::filter(catalog, &options);
    let before: BTreeSet<ObjectId> = catalog.objects.keys().cloned().collect();
    catalog.objects.retain(&keep);
    // what lies in no schema and needs something that is left out goes with it
    let kept = |id: &ObjectId, catalog: &Catalog| catalog.objects.contains_key(id) || !before.contains(id);
    loop {
        let lost: BTreeSet<ObjectId> = catalog
            .objects
            .keys()
            .filter(|id| !id.kind.has_schema() && options.schemas.is_some())
            .filter(|id| catalog.dependencies.get(id).is_some_and(|all| all.iter().any(|it| !kept(it, catalog))))
            .cloned()
            .collect();
        if lost.is_empty() {
            break;
        }
        catalog.objects.retain(|id| !lost.contains(id));
    }
    // privileges and comments of parts that are no objects stay with their whole
    let whole = |id: &ObjectId| {
        let (schema, name) = id.relation();
        let relation = catalog.relation(schema, name).or_else(|| catalog.type_named(schema, name));
        relation.is_some() || catalog.index_of_constraint(schema, name)
    };
    let said: BTreeSet<ObjectId> =
        catalog.attributes.keys().filter(|id| catalog.objects.contains_key(id) || whole(id)).cloned().collect();
    catalog.attributes.retain(|id, _| said.contains(id) && keep(id));
    for object in &catalog.unmanaged {
        let schema = object.schema.as_deref();
        if schema.is_none_or(|schema| catalog.has_schema(schema)) {
            let what = format!("{} {}", object.kind, object.identity);
            out.left_out.push(LeftOut { reason: "reconcile cannot manage it yet", what });
        }
    }
    out.left_out.sort();
    out
}

/// The sequences and indexes of tables that are left out.
fn belonging(catalog: &Catalog, exclude: &[String]) -> Vec<String> {
    let none = BTreeSet::new();
    let left = |id: &ObjectId| exclude.iter().any(|glob| scope::matches(glob, &id.names.join(".")));
    let followers = catalog
        .objects
        .iter()
        .filter_map(|(id, object)| object.follower(id, catalog.dependencies.get(id).unwrap_or(&none)));
    let found = followers.filter(|it| left(&it.whole) && it.id.names.len() == 2).map(|it| it.id.names.join("."));
    found.collect()
}

/// Takes out what the mode of privileges leaves alone.
pub fn privileges(catalog: &mut Catalog, options: &Options) {
    let role = catalog.role.clone();
    for said in catalog.attributes.values_mut() {
        if options.privileges == PrivilegeMode::Off {
            said.owner.clone_from(&role);
            said.privileges = None;
        }
    }
}
