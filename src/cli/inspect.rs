//! `reconcile inspect`: what is in a database, as a list or as the SQL that makes it.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::{CellAlignment, Table, presets};

use super::flags::{Scope, Target};
use super::output::print;
use super::sources::target;
use crate::catalog::{Catalog, ObjectId};
use crate::config::Config;
use crate::error::Result;
use crate::export::{self, find, layout};
use crate::introspect;

/// Show what is in the database: a list of objects, or the SQL or YAML that makes them
#[derive(clap::Args)]
pub struct Args {
    /// Names of objects, such as users or app.users; * and ? stand for other characters [default: all]
    #[arg(value_name = "OBJECT")]
    objects: Vec<String>,
    #[command(flatten)]
    target: Target,
    /// A table with owners and sizes, or SQL or YAML with everything that belongs to the objects [default: sql when
    /// objects are named, else table]
    #[arg(long)]
    format: Option<Format>,
    /// Only these schemas [default: all]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    schemas: Option<Vec<String>>,
    /// Leave out what matches, such as app.tmp_*
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    exclude: Option<Vec<String>>,
}

/// `--format` of this command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A list with kind, name, owner and size
    Table,
    /// The statements
    Sql,
    /// The same as `init --format yaml` writes it
    Yaml,
}

impl Args {
    /// Reads and prints.
    pub async fn run(self, config: &Config) -> Result<u8> {
        let options = Scope::reading(self.schemas, self.exclude, None).options(config)?;
        let database = target(&self.target, config).await?;
        let client = &database.connection.client;
        let mut catalog = introspect::read(client, |_| {}).await?;
        let managed = crate::plan::scope::Managed::of(&catalog, &catalog, &options);
        catalog.objects.retain(|id| managed.contains(id));
        let objects = find::objects(&catalog, &self.objects)?;
        let usual = if self.objects.is_empty() { Format::Table } else { Format::Sql };
        match self.format.unwrap_or(usual) {
            Format::Table => print(&table(&catalog, &objects, &introspect::sizes(client).await?))?,
            format @ (Format::Sql | Format::Yaml) => {
                let homes = export::homes(&catalog, &objects);
                let export = export::export(catalog, &options)?;
                let found = find::items(&export, &objects);
                // what comes along with something else has no statement of its own
                let shown = if found.is_empty() { find::items(&export, &homes) } else { found };
                print(&match format {
                    Format::Yaml => export::yaml::text(&shown, "./reconcile.schema.json"),
                    _ => layout::text(&shown),
                })?;
            }
        }
        Ok(0)
    }
}

fn table(catalog: &Catalog, objects: &BTreeSet<ObjectId>, sizes: &BTreeMap<(String, String), i64>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["kind", "name", "owner", "size"]);
    for id in objects {
        let owner = catalog.attributes.get(id).and_then(|said| said.owner.clone()).unwrap_or_default();
        let (schema, name) = id.relation();
        let stored = (id.kind.has_schema() && !id.kind.is_routine()).then_some((schema.to_string(), name.to_string()));
        let size = stored.and_then(|name| sizes.get(&name)).map(|bytes| pretty(*bytes)).unwrap_or_default();
        table.add_row([id.kind.title().to_string(), id.sql(), owner, size]);
    }
    if let Some(column) = table.column_mut(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

/// Bytes as `pg_size_pretty` writes them.
fn pretty(bytes: i64) -> String {
    let mut value = bytes;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if value < 10_240 {
            return format!("{value} {unit}");
        }
        value = (value + 512) / 1024;
    }
    format!("{value} TB")
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn sizes_are_those_of_the_server() {
        assert_eq!([pretty(8192), pretty(16384), pretty(11 << 20)], ["8192 bytes", "16 kB", "11 MB"]);
    }
}
