//! Bodies: a string for the language's handler, a symbol of a library, or SQL that the server parses.

use std::collections::BTreeSet;

use pg_query::protobuf::{CreateFunctionStmt, ParseResult, RawStmt};
use pg_query::{DeparseOptions, Node, NodeEnum};
use serde::{Serialize, Serializer};
use tokio_postgres::Row;

use super::Argument;
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::expr;
use crate::expression::Expression;
use crate::introspect::Live;
use crate::load::syntax::parse_text;
use crate::name::literal;
use crate::resolve::Resolver;

/// What a routine does.
#[derive(Clone, Debug)]
pub enum Body {
    /// `prosrc`, byte by byte.
    Text(String),
    /// `probin` and `prosrc` of a function in C.
    Library {
        /// File.
        file: String,
        /// Symbol in it.
        symbol: String,
    },
    /// `RETURN …` or `BEGIN ATOMIC … END`; the tree is what `CreateFunctionStmt.sql_body` has.
    Standard(Expression),
}

impl Body {
    /// The body in the columns `body`, `source` and `library` of a row.
    pub fn load(row: &Row, live: &Live) -> Result<Self> {
        let printed: Option<String> = live.get(row, "body")?;
        let library: Option<String> = live.get(row, "library")?;
        let source = live.text(row, "source")?;
        Ok(match (printed, library) {
            (Some(body), _) => Body::printed(&body)?,
            (None, Some(file)) => Body::Library { file, symbol: source },
            (None, None) => Body::Text(source),
        })
    }

    /// A body that `pg_get_function_sqlbody` printed.
    pub fn printed(sql: &str) -> Result<Self> {
        let unreadable = || Error::new("cannot read a body that the server printed").cause(sql.to_string());
        let parsed = parse_text(&format!("{HEAD}{sql}")).map_err(|error| unreadable().cause(error.message))?;
        let statement = parsed.protobuf.stmts.into_iter().next().and_then(|raw| raw.stmt?.node);
        match statement {
            Some(NodeEnum::CreateFunctionStmt(create)) => {
                create.sql_body.map(|node| Body::Standard(Expression::of(*node))).ok_or_else(unreadable)
            }
            _ => Err(unreadable()),
        }
    }

    /// The expression tree of a body that the server parses.
    pub fn standard(&self) -> Option<&Expression> {
        match self {
            Body::Standard(body) => Some(body),
            _ => None,
        }
    }

    /// The last clause of CREATE.
    pub fn sql(&self) -> String {
        match self {
            Body::Text(text) => {
                let tag = tag(text);
                format!("AS {tag}{text}{tag}")
            }
            Body::Library { file, symbol } => format!("AS {}, {}", literal(file), literal(symbol)),
            Body::Standard(body) => standard_sql(&body.node),
        }
    }

    /// Computes the normal form of SQL that the server parses, and says what it needs.
    /// Errors: a name that does not exist, when strict.
    pub fn resolve(
        &mut self,
        id: &ObjectId,
        arguments: &[Argument],
        resolver: &Resolver,
        needs: &mut BTreeSet<ObjectId>,
    ) -> Result<()> {
        let Body::Standard(body) = self else { return Ok(()) };
        let inputs = arguments.iter().filter(|argument| argument.mode.is_input());
        let parameters: Vec<(String, String)> =
            inputs.map(|argument| (argument.name.clone(), argument.data_type.key.clone())).collect();
        let path = body.path.clone();
        let result = expr::sql_body(&resolver.context(&path), &body.node, id.name(), &parameters);
        if let Some(analysis) = resolver.judge(body, result)? {
            resolver.take(body, analysis, needs);
        }
        Ok(())
    }
}

const HEAD: &str = "CREATE PROCEDURE x() ";

/// The body of a tree as SQL.
fn standard_sql(body: &Node) -> String {
    let name = Node { node: Some(NodeEnum::String(pg_query::protobuf::String { sval: "x".into() })) };
    let create = CreateFunctionStmt {
        is_procedure: true,
        funcname: vec![name],
        sql_body: Some(Box::new(body.clone())),
        ..Default::default()
    };
    let statement = Node { node: Some(NodeEnum::CreateFunctionStmt(Box::new(create))) };
    let raw = RawStmt { stmt: Some(Box::new(statement)), stmt_location: 0, stmt_len: 0 };
    let tree = ParseResult { version: 0, stmts: vec![raw] };
    let text = pg_query::deparse(&tree, DeparseOptions::default()).unwrap_or_default();
    text.split_once("() ").map_or(text.clone(), |(_, body)| body.to_string())
}

/// A dollar quote that does not occur in the text.
fn tag(text: &str) -> String {
    if !text.contains("$$") && !text.ends_with('$') {
        return "$$".into();
    }
    let mut tag = "$function$".to_owned();
    let mut number = 0;
    while text.contains(tag.trim_end_matches('$')) {
        number += 1;
        tag = format!("$function{number}$");
    }
    tag
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Body::Text(one), Body::Text(two)) => one == two,
            (Body::Library { .. }, Body::Library { .. }) => self.sql() == other.sql(),
            (Body::Standard(one), Body::Standard(two)) => match (&one.form, &two.form) {
                (Some(one), Some(two)) => one == two,
                _ => self.sql() == other.sql(),
            },
            _ => false,
        }
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Body::Standard(Expression { form: Some(form), .. }) => serializer.collect_str(form),
            _ => serializer.serialize_str(&self.sql()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_never_ends_the_text_early() {
        assert_eq!(Body::Text("a".into()).sql(), "AS $$a$$");
        assert_eq!(Body::Text("a $$ b".into()).sql(), "AS $function$a $$ b$function$");
        assert_eq!(Body::Text("a$".into()).sql(), "AS $function$a$$function$");
        assert_eq!(Body::Text("$function $$".into()).sql(), "AS $function1$$function $$$function1$");
    }

    #[test]
    fn standard_bodies_are_printed() {
        for sql in ["RETURN a + 1", "BEGIN ATOMIC SELECT 1; SELECT 2; END"] {
            assert_eq!(Body::printed(sql).expect("reads").sql(), sql);
        }
    }
}
