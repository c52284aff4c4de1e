//! Every value that is SQL is parsed alone in its role first, so that no value can reach beyond its place.

use std::sync::Arc;

use pg_query::protobuf::{ConstrType, Token};
use pg_query::{NodeEnum, ParseResult};

use super::compose::text_hint;
use super::node::{Node, Scalar};
use crate::error::{Error, Result};
use crate::load::fragment::{Fragment, FragmentBuilder};
use crate::load::syntax;
use crate::source::Location;

/// What a value stands for: the statement around it that makes it complete, and what it must turn out to be.
#[derive(Debug, Clone, Copy)]
pub struct Role {
    /// What is expected, with its article.
    pub what: &'static str,
    /// SQL before the value.
    pub before: &'static str,
    /// SQL after the value.
    pub after: &'static str,
    /// Whether the parsed statement holds exactly one of it.
    pub fits: fn(&NodeEnum) -> bool,
}

macro_rules! roles {
    ($($(#[$doc:meta])* $id:ident $what:literal: $before:literal, $after:literal, $fits:expr;)+) => {
        $($(#[$doc])* pub const $id: Role = Role { what: $what, before: $before, after: $after, fits: $fits };)+
    };
}

roles! {
    /// The tail of a column definition.
    COLUMN "the rest of a column definition": "CREATE TABLE x (a ", ")", one_column;
    /// Options of a column whose type comes from elsewhere.
    COLUMN_OPTIONS "column options": "CREATE TABLE x OF y (a WITH OPTIONS ", ")", one_column;
    /// What a column refers to.
    REFERENCES "what the key refers to, such as app.users (id)": "CREATE TABLE x (a int REFERENCES ", ")", one_column;
    /// A type name.
    TYPE "a type": "CREATE TABLE x (a ", ")", one_bare_column;
    /// What a function returns.
    RETURNS "what a function returns": "CREATE FUNCTION x() RETURNS ", " LANGUAGE sql", only_returns;
    /// The arguments of a function.
    ARGUMENTS "function arguments": "CREATE FUNCTION x(", ") RETURNS void LANGUAGE sql", any;
    /// Any scalar expression.
    EXPRESSION "one expression": "SELECT (", ")", one_target;
    /// A query.
    QUERY "one query": "", "", one_select;
    /// A column or expression of an index.
    INDEX_ELEMENT "one column or expression": "CREATE INDEX ON x (", ")", one_element;
    /// A column of a key.
    KEY_COLUMN "one column": "ALTER TABLE x ADD UNIQUE (", ")", one_key;
    /// Columns that a key includes, and the like.
    PLAIN_COLUMN "one column": "CREATE INDEX ON x (a) INCLUDE (", ")", one_included;
    /// One part of an exclusion constraint.
    EXCLUDE_ELEMENT "a column or expression with its operator": "ALTER TABLE x ADD EXCLUDE USING gist (", ")", one_exclusion;
    /// The tail of an exclusion constraint.
    EXCLUDE "the rest of an exclusion constraint": "ALTER TABLE x ADD EXCLUDE ", "", exclusion;
    /// The tail of a foreign key.
    FOREIGN_KEY "the rest of a foreign key": "ALTER TABLE x ADD FOREIGN KEY ", "", foreign_key;
    /// A privilege.
    PRIVILEGE "one privilege, such as select or \"update (name)\"": "GRANT ", " ON x TO y", one_privilege;
    /// A role.
    ROLE "one role": "ALTER TABLE x OWNER TO ", "", one_command;
    /// Any one-word name in SQL spelling.
    NAME "one name": "ALTER TABLE x SET SCHEMA ", "", any;
    /// A name that may have a schema.
    QUALIFIED "one name": "ALTER TABLE x INHERIT ", "", one_command;
    /// A collation.
    COLLATION "a collation": "CREATE TABLE x (a text COLLATE ", ")", only_collation;
    /// What `LIKE` copies.
    LIKE "a table, with what to copy of it": "CREATE TABLE x (LIKE ", ")", one_like;
    /// A partition key.
    PARTITION_KEY "a partition key, such as range (at)": "CREATE TABLE x (a int) PARTITION BY ", "", only_partition;
    /// A partition bound.
    BOUND "a partition bound": "CREATE TABLE x PARTITION OF y ", "", only_partition;
    /// A domain's base type with its options.
    DOMAIN "the base type of a domain": "CREATE DOMAIN x AS ", "", any;
    /// A sequence setting.
    NUMBER "a number": "CREATE SEQUENCE x START ", "", one_option;
    /// The owner of a sequence.
    OWNED_BY "a column, such as app.users.id": "CREATE SEQUENCE x OWNED BY ", "", one_option;
    /// A procedure call of a trigger.
    CALL "a function call": "CREATE TRIGGER x BEFORE INSERT ON y EXECUTE FUNCTION ", "", any;
    /// An event of a trigger.
    EVENT "one event, such as insert or \"update of name\"": "CREATE TRIGGER x BEFORE ", " ON y EXECUTE FUNCTION f()", any;
    /// The transition tables of a trigger.
    REFERENCING "transition tables": "CREATE TRIGGER x AFTER UPDATE ON y REFERENCING ", " EXECUTE FUNCTION f()", any;
    /// A statistics kind.
    STATISTICS_KIND "a kind of statistics": "CREATE STATISTICS x (", ") ON a, b FROM y", one_kind;
    /// A column or expression of a statistics object.
    STATISTICS_ELEMENT "one column or expression": "CREATE STATISTICS x ON ", " FROM y", one_statistic;
    /// A setting of a function.
    SETTING "a value for a setting": "SET x = ", "", any;
    /// A type that a function transforms.
    TRANSFORM "a type": "CREATE FUNCTION x() RETURNS void LANGUAGE sql TRANSFORM FOR TYPE ", "", two_options;
    /// What a foreign key does.
    ACTION "an action, such as cascade": "CREATE TABLE x (a int REFERENCES y ON DELETE ", ")", one_column;
}

fn any(_: &NodeEnum) -> bool {
    true
}

fn columns(node: &NodeEnum) -> Option<&pg_query::protobuf::ColumnDef> {
    let NodeEnum::CreateStmt(create) = node else { return None };
    match create.table_elts.as_slice() {
        [element] => match &element.node {
            Some(NodeEnum::ColumnDef(column)) => Some(column),
            _ => None,
        },
        _ => None,
    }
}

fn one_column(node: &NodeEnum) -> bool {
    columns(node).is_some()
}

fn one_bare_column(node: &NodeEnum) -> bool {
    columns(node).is_some_and(|column| {
        column.constraints.is_empty()
            && column.coll_clause.is_none()
            && column.compression.is_empty()
            && column.storage_name.is_empty()
            && column.fdwoptions.is_empty()
    })
}

fn only_collation(node: &NodeEnum) -> bool {
    columns(node).is_some_and(|column| column.constraints.is_empty() && column.coll_clause.is_some())
}

fn one_like(node: &NodeEnum) -> bool {
    let NodeEnum::CreateStmt(create) = node else { return false };
    let [element] = create.table_elts.as_slice() else { return false };
    matches!(element.node, Some(NodeEnum::TableLikeClause(_)))
}

fn only_returns(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::CreateFunctionStmt(create) if create.options.len() == 1 && create.sql_body.is_none())
}

fn one_target(node: &NodeEnum) -> bool {
    let NodeEnum::SelectStmt(select) = node else { return false };
    let [target] = select.target_list.as_slice() else { return false };
    let Some(NodeEnum::ResTarget(target)) = &target.node else { return false };
    let row = match target.val.as_ref().and_then(|value| value.node.as_ref()) {
        // (a, b) is a row without the word for it: two values where one is meant
        Some(NodeEnum::RowExpr(row)) => row.row_format() == pg_query::protobuf::CoercionForm::CoerceImplicitCast,
        _ => false,
    };
    target.name.is_empty() && select.from_clause.is_empty() && select.into_clause.is_none() && !row
}

fn one_select(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::SelectStmt(select) if select.into_clause.is_none())
}

fn one_element(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::IndexStmt(index) if index.index_params.len() == 1)
}

fn constraint(node: &NodeEnum) -> Option<&pg_query::protobuf::Constraint> {
    let NodeEnum::AlterTableStmt(alter) = node else { return None };
    let [command] = alter.cmds.as_slice() else { return None };
    let Some(NodeEnum::AlterTableCmd(command)) = &command.node else { return None };
    match command.def.as_ref().and_then(|def| def.node.as_ref()) {
        Some(NodeEnum::Constraint(constraint)) => Some(constraint),
        _ => None,
    }
}

fn one_key(node: &NodeEnum) -> bool {
    constraint(node).is_some_and(|key| key.keys.len() == 1)
}

fn one_exclusion(node: &NodeEnum) -> bool {
    constraint(node).is_some_and(|exclude| exclude.exclusions.len() == 1)
}

fn foreign_key(node: &NodeEnum) -> bool {
    constraint(node).is_some_and(|key| key.contype() == ConstrType::ConstrForeign)
}

fn one_privilege(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::GrantStmt(grant) if grant.privileges.len() == 1)
}

fn exclusion(node: &NodeEnum) -> bool {
    constraint(node).is_some_and(|key| key.contype() == ConstrType::ConstrExclusion)
}

fn one_included(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::IndexStmt(index) if index.index_including_params.len() == 1)
}

fn one_command(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::AlterTableStmt(alter) if alter.cmds.len() == 1)
}

fn only_partition(node: &NodeEnum) -> bool {
    let NodeEnum::CreateStmt(create) = node else { return false };
    let parts = usize::from(create.partspec.is_some()) + usize::from(create.partbound.is_some());
    parts == 1 && create.options.is_empty() && create.tablespacename.is_empty() && create.access_method.is_empty()
}

fn one_option(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::CreateSeqStmt(create) if create.options.len() == 1)
}

fn two_options(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::CreateFunctionStmt(create) if create.options.len() == 2)
}

fn one_kind(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::CreateStatsStmt(create) if create.stat_types.len() == 1)
}

fn one_statistic(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::CreateStatsStmt(create) if create.exprs.len() == 1)
}

/// The scalar of a node, after it was parsed in its role.
pub fn checked<'a>(node: &'a Node, role: &Role) -> Result<&'a Scalar> {
    let scalar = node.text()?;
    parse(node, scalar, role)?;
    Ok(scalar)
}

/// Parses a scalar in its role.
pub fn parse(node: &Node, scalar: &Scalar, role: &Role) -> Result<ParseResult> {
    balanced(node, scalar)?;
    let end = place_of(scalar, scalar.text.trim_end().len());
    let mut builder = FragmentBuilder::new(&node.source, scalar.span.start..scalar.span.start);
    builder.push_text(role.before).push_mapped(&scalar.text, &scalar.map);
    builder.because_of(end..end).push_text("\n").push_text(role.after);
    let fragment = builder.finish();
    let parsed = parse_fragment(&fragment, role, scalar)?;
    let statement = match parsed.protobuf.stmts.as_slice() {
        [only] => only.stmt.as_ref().and_then(|statement| statement.node.as_ref()),
        _ => None,
    };
    if !statement.is_some_and(role.fits) {
        let place = Location::new(&node.source, scalar.span.start, scalar.span.end);
        return Err(Error::new(format!("expected {}", role.what)).at(&place));
    }
    Ok(parsed)
}

fn parse_fragment(fragment: &Fragment, role: &Role, scalar: &Scalar) -> Result<ParseResult> {
    let end = role.before.len() + scalar.text.trim_end().len();
    syntax::parse_text(&fragment.sql).map_err(|error| {
        let (message, offset) = match error.offset >= end {
            // the statement around the value is none of the user's business
            true => ("syntax error at the end of the value".to_owned(), end),
            false => (error.message, error.offset),
        };
        Error::new(message).at(&fragment.locate(offset)).hint(format!("expected {}", role.what))
    })
}

/// Where the byte `offset` of a scalar's text stands in the source.
pub fn place_of(scalar: &Scalar, offset: usize) -> usize {
    let pair = scalar.map.partition_point(|(at, _)| *at <= offset).checked_sub(1).and_then(|at| scalar.map.get(at));
    pair.map_or(scalar.span.start, |(at, start)| start + offset - at)
}

/// Refuses text that closes more parentheses than it opens, or goes on after a semicolon.
fn balanced(node: &Node, scalar: &Scalar) -> Result<()> {
    let Ok(scan) = pg_query::scan(&scalar.text) else { return Ok(()) };
    let mut depth = 0i32;
    for token in &scan.tokens {
        depth += match token.token() {
            Token::Ascii40 | Token::Ascii91 => 1,
            Token::Ascii41 | Token::Ascii93 => -1,
            _ => 0,
        };
        let message = match token.token() {
            Token::Ascii59 => "a semicolon cannot be part of this value",
            _ if depth < 0 => "a closing parenthesis without an opening one",
            _ => continue,
        };
        let start = place_of(scalar, usize::try_from(token.start).unwrap_or_default());
        return Err(Error::new(message).at(&Location::new(&node.source, start, start + 1)));
    }
    Ok(())
}

/// An expression for a default, where no column can be meant.
pub fn default(node: &Node) -> Result<&Scalar> {
    let scalar = node.text()?;
    let parsed = parse(node, scalar, &EXPRESSION)?;
    let statement = parsed.protobuf.stmts.first().and_then(|raw| raw.stmt.as_ref());
    if let Some(NodeEnum::SelectStmt(select)) = statement.and_then(|statement| statement.node.as_ref())
        && let Some(NodeEnum::ResTarget(target)) = select.target_list.first().and_then(|target| target.node.as_ref())
        && let Some(NodeEnum::ColumnRef(_)) = target.val.as_ref().and_then(|value| value.node.as_ref())
    {
        return Err(bare_word(node, scalar, 0, &scalar.text));
    }
    Ok(scalar)
}

fn bare_word(node: &Node, scalar: &Scalar, offset: usize, word: &str) -> Error {
    let start = place_of(scalar, offset);
    let error = Error::new(format!("a default cannot refer to a column, and \"{}\" is one", word.trim()));
    error.at(&Location::new(&node.source, start, start + word.len())).hint(text_hint(word.trim()))
}

/// The tail of a column definition.
pub fn column<'a>(node: &'a Node, role: &Role) -> Result<&'a Scalar> {
    let scalar = node.text()?;
    let parsed = parse(node, scalar, role)?;
    let statement = parsed.protobuf.stmts.first().and_then(|raw| raw.stmt.as_ref());
    let Some(definition) = statement.and_then(|statement| statement.node.as_ref()).and_then(columns) else {
        return Ok(scalar);
    };
    for constraint in &definition.constraints {
        if let Some(NodeEnum::Constraint(constraint)) = &constraint.node
            && constraint.contype() == ConstrType::ConstrDefault
            && let Some(NodeEnum::ColumnRef(word)) = constraint.raw_expr.as_ref().and_then(|value| value.node.as_ref())
        {
            let offset = usize::try_from(word.location).unwrap_or_default().saturating_sub(role.before.len());
            let rest = scalar.text.get(offset..).unwrap_or_default();
            let word = rest.split(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default();
            return Err(bare_word(node, scalar, offset, word));
        }
    }
    Ok(scalar)
}

/// An expression on one line, for an annotation, which ends with its line.
pub fn one_line(node: &Node) -> Result<Arc<Scalar>> {
    let scalar = node.text()?;
    let parsed = parse(node, scalar, &EXPRESSION)?;
    if !scalar.text.contains(['\n', '\r']) && !scalar.text.contains("--") && !scalar.text.contains("/*") {
        return Ok(Arc::new(scalar.clone()));
    }
    let deparsed = pg_query::deparse(&parsed.protobuf, Default::default());
    let text = deparsed.map_err(|error| node.error(error.to_string()))?;
    let text = text.strip_prefix("SELECT ").unwrap_or(&text).to_owned();
    if text.contains(['\n', '\r']) {
        return Err(node.error("a line break inside a string").hint("write it as E'\\n'"));
    }
    let start = place_of(scalar, 0);
    Ok(Arc::new(Scalar { text, map: vec![(0, start)], span: scalar.span.clone(), boolean: None }))
}

/// A query; a semicolon at its end is left out.
pub fn query(node: &Node) -> Result<Scalar> {
    let mut scalar = node.text()?.clone();
    let length = scalar.text.trim_end().trim_end_matches(';').trim_end().len();
    scalar.text.truncate(length);
    parse(node, &scalar, &QUERY)?;
    Ok(scalar)
}
