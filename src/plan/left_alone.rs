//! What is in a database and no business of the files: the bookkeeping of other tools, what a managed platform keeps for
//! itself, and what the user excludes. None of it is changed unless the files declare it.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, ObjectId, Unmanaged};
use crate::objects::Kind;
use crate::pipeline::Options;

/// Tables in which other tools keep what they have done, and whose they are.
const BOOKKEEPING: &[(&str, &str)] = &[
    ("alembic_version", "Alembic"),
    ("schema_migrations", "Rails, dbmate and golang-migrate"),
    ("ar_internal_metadata", "Rails"),
    ("flyway_schema_history", "Flyway"),
    ("databasechangelog", "Liquibase"),
    ("databasechangeloglock", "Liquibase"),
    ("DATABASECHANGELOG", "Liquibase"),
    ("DATABASECHANGELOGLOCK", "Liquibase"),
    ("django_migrations", "Django"),
    ("_prisma_migrations", "Prisma"),
    ("__drizzle_migrations", "Drizzle"),
    ("knex_migrations", "Knex"),
    ("knex_migrations_lock", "Knex"),
    ("SequelizeMeta", "Sequelize"),
    ("typeorm_metadata", "TypeORM"),
    ("mikro_orm_migrations", "MikroORM"),
    ("pgmigrations", "node-pg-migrate"),
    ("__EFMigrationsHistory", "Entity Framework"),
    ("doctrine_migration_versions", "Doctrine"),
    ("phinxlog", "Phinx"),
    ("goose_db_version", "goose"),
    ("atlas_schema_revisions", "Atlas"),
    ("bun_migrations", "bun"),
    ("bun_migration_locks", "bun"),
    ("_sqlx_migrations", "sqlx"),
    ("__diesel_schema_migrations", "Diesel"),
    ("refinery_schema_history", "refinery"),
    ("seaql_migrations", "SeaORM"),
    ("_yoyo_migration", "yoyo"),
    ("_yoyo_log", "yoyo"),
    ("_yoyo_version", "yoyo"),
    ("yoyo_lock", "yoyo"),
];

/// Roles under which managed platforms keep their own objects, and whose they are.
const PLATFORMS: &[(&str, &str)] = &[
    ("supabase_admin", "Supabase"),
    ("supabase_auth_admin", "Supabase"),
    ("supabase_storage_admin", "Supabase"),
    ("supabase_functions_admin", "Supabase"),
    ("supabase_realtime_admin", "Supabase"),
    ("supabase_replication_admin", "Supabase"),
    ("pgbouncer", "Supabase"),
    ("rdsadmin", "Amazon RDS"),
    ("cloudsqladmin", "Google Cloud SQL"),
    ("cloudsqlagent", "Google Cloud SQL"),
    ("alloydbadmin", "Google AlloyDB"),
    ("azuresu", "Azure"),
    ("cloud_admin", "Neon"),
    ("neon_superuser", "Neon"),
];

/// What is left alone, with the reason.
pub struct LeftAlone {
    schemas: BTreeMap<String, String>,
    relations: BTreeMap<(String, String), String>,
    objects: BTreeMap<ObjectId, String>,
}

impl LeftAlone {
    /// What the two states hold of it. `named` are the schemas that the user or the files name.
    pub fn of(current: &Catalog, desired: &Catalog, options: &Options, named: &BTreeSet<&str>) -> Self {
        let mut out = Self { schemas: BTreeMap::new(), relations: BTreeMap::new(), objects: BTreeMap::new() };
        for id in current.objects.keys().chain(desired.objects.keys()) {
            if options.exclude.iter().any(|glob| super::scope::matches(glob, &id.names.join("."))) {
                out.add(id, "it is excluded");
            }
        }
        let undeclared = |id: &ObjectId| !desired.objects.contains_key(id);
        for id in current.objects.keys().filter(|id| id.names.len() == 2 && id.schema().is_some()) {
            let tool = BOOKKEEPING.iter().find(|(name, _)| *name == id.name() && undeclared(id));
            if let Some((_, tool)) = tool {
                out.add(id, &format!("{tool} keeps its history there"));
            }
        }
        for (id, attributes) in &current.attributes {
            let owner = attributes.owner.as_deref().filter(|owner| current.role.as_deref() != Some(*owner));
            let platform = PLATFORMS.iter().find(|(role, _)| Some(*role) == owner && undeclared(id));
            let Some((_, platform)) = platform.filter(|_| current.objects.contains_key(id)) else { continue };
            let reason = format!("it belongs to {platform}");
            if id.kind == Kind::Schema && !named.contains(id.name()) {
                out.schemas.insert(id.name().to_string(), reason);
            } else if id.schema().is_none() && id.kind != Kind::Schema {
                out.objects.insert(id.clone(), reason);
            }
        }
        out.extend(current);
        out.extend(desired);
        // a schema in which something stays must stay itself
        for (schema, _) in out.relations.keys().filter(|(schema, _)| !named.contains(schema.as_str())) {
            let id = ObjectId::new(Kind::Schema, [schema.as_str()]);
            if !desired.objects.contains_key(&id) {
                out.objects.insert(id, "something that is left alone lies in it".into());
            }
        }
        out
    }

    fn add(&mut self, id: &ObjectId, reason: &str) {
        match id.names.len() {
            2 if id.schema().is_some() && !id.kind.is_routine() => {
                let (schema, name) = id.relation();
                self.relations.insert((schema.to_string(), name.to_string()), reason.to_string());
            }
            _ => drop(self.objects.insert(id.clone(), reason.to_string())),
        }
    }

    /// Adds the indexes, owned sequences and the like of what is left alone.
    fn extend(&mut self, catalog: &Catalog) {
        if self.relations.is_empty() {
            return;
        }
        let none = BTreeSet::new();
        for (id, object) in &catalog.objects {
            let needs = catalog.dependencies.get(id).unwrap_or(&none);
            let Some(follower) = object.follower(id, needs).filter(|_| id.names.len() == 2) else { continue };
            let (schema, name) = follower.whole.relation();
            if let Some(reason) = self.relations.get(&(schema.to_string(), name.to_string())).cloned() {
                self.add(id, &reason);
            }
        }
    }

    /// Whether an object is left alone.
    pub fn contains(&self, id: &ObjectId) -> bool {
        self.reason(id).is_some()
    }

    fn reason(&self, id: &ObjectId) -> Option<&String> {
        let home = if id.kind == Kind::Schema { Some(id.name()) } else { id.schema() };
        let by_schema = home.and_then(|home| self.schemas.get(home));
        let by_relation = || {
            let relation = !self.relations.is_empty() && id.schema().is_some() && !id.kind.is_routine();
            let (schema, name) = relation.then(|| id.relation())?;
            self.relations.get(&(schema.to_string(), name.to_string()))
        };
        by_schema.or_else(|| self.objects.get(id)).or_else(by_relation)
    }

    /// What a plan says of it: the whole objects of the database, not their parts.
    pub fn listed(&self, current: &Catalog) -> Vec<Unmanaged> {
        let whole = |id: &&ObjectId| match id.kind {
            Kind::Schema => true,
            _ => id.names.len() <= 2 && id.schema().is_none_or(|schema| !self.schemas.contains_key(schema)),
        };
        let said = |id: &ObjectId| {
            let reason = self.reason(id)?.clone();
            let attributes = current.attributes.get(id)?;
            attributes.owner.as_ref()?;
            let schema = id.schema().map(str::to_string);
            Some(Unmanaged { kind: id.kind.title().into(), identity: id.sql(), schema, reason })
        };
        current.objects.keys().filter(whole).filter_map(said).collect()
    }
}
