//! Names without the schema public, where nothing else can be meant.

use std::collections::BTreeSet;

use pg_query::protobuf::Token;
use pg_query::{NodeEnum, NodeRef};

use crate::catalog::Catalog;
use crate::name::quote;

const PUBLIC: &str = "public";

/// What a name without a schema means in a state whose statements run under `search_path = public`.
pub struct Spoken<'a> {
    catalog: &'a Catalog,
    /// Whether something beside the schema is called public.
    ambiguous: bool,
}

impl<'a> Spoken<'a> {
    /// Of a state.
    pub fn of(catalog: &'a Catalog) -> Self {
        let ambiguous = catalog.objects.keys().any(|id| id.names.len() == 2 && id.name() == PUBLIC);
        Self { catalog, ambiguous }
    }

    /// The statement without `public.` before names that mean the same without it.
    pub fn short(&self, sql: &str) -> String {
        if self.ambiguous || !sql.contains("public.") {
            return sql.to_string();
        }
        let Ok(scanned) = pg_query::scan(sql) else { return sql.to_string() };
        let local = local_names(sql);
        let mut out = String::new();
        let mut from = 0;
        let tokens = &scanned.tokens;
        let text = |at: usize| -> Option<&str> {
            let token = tokens.get(at)?;
            sql.get(usize::try_from(token.start).ok()?..usize::try_from(token.end).ok()?)
        };
        for (at, token) in tokens.iter().enumerate() {
            let behind_dot = at > 0 && text(at - 1) == Some(".");
            if text(at) != Some(PUBLIC) || behind_dot || text(at + 1) != Some(".") {
                continue;
            }
            let (Some(name), Some(next)) = (text(at + 2), tokens.get(at + 2)) else { continue };
            let is_name = next.token == Token::Ident as i32 || quote(name) == name;
            let bare = name.strip_prefix('"').and_then(|it| it.strip_suffix('"')).map(|it| it.replace("\"\"", "\""));
            let bare = bare.unwrap_or_else(|| name.to_string());
            let (Ok(start), Ok(end)) = (usize::try_from(token.start), usize::try_from(next.start)) else { continue };
            if is_name && name == quote(&bare) && !self.is_system(&bare) && !local.contains(&bare) {
                out.push_str(sql.get(from..start).unwrap_or_default());
                from = end;
            }
        }
        out.push_str(sql.get(from..).unwrap_or_default());
        out
    }

    /// Whether PostgreSQL itself has something of that name, which would be found first.
    fn is_system(&self, name: &str) -> bool {
        let facts = &self.catalog.facts;
        facts.functions(name).any(|fact| fact.schema == "pg_catalog")
            || facts.types_called(name).any(|(schema, _)| schema == "pg_catalog")
            || facts.relation("pg_catalog", name).is_some()
            || facts.collation_schemas(name).any(|schema| schema == "pg_catalog")
            || crate::objects::text_search::is_system(name, facts.major())
            || name.starts_with("pg_")
    }
}

/// Names that a statement gives to queries of its own.
fn local_names(sql: &str) -> BTreeSet<String> {
    if !sql.to_ascii_uppercase().contains("WITH") {
        return BTreeSet::new();
    }
    let Ok(parsed) = crate::load::syntax::parse_text(sql) else { return BTreeSet::new() };
    let statements = parsed.protobuf.stmts.iter().filter_map(|raw| raw.stmt.as_ref()?.node.as_ref());
    let names = statements.flat_map(NodeEnum::nodes).filter_map(|(node, ..)| match node {
        NodeRef::CommonTableExpr(query) => Some(query.ctename.clone()),
        _ => None,
    });
    names.collect()
}
