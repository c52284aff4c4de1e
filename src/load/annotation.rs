//! `-- reconcile: …` comments: what the user says about the way to the desired state.

use std::sync::Arc;

use pg_query::protobuf::Token;
use pg_query::{Node, NodeEnum};

use crate::catalog::OldName;
use crate::error::{Error, Result};
use crate::load::fragment::{Fragment, FragmentBuilder};

/// What an annotation says.
#[derive(Clone, Debug)]
pub enum Word {
    /// `renamed from old`.
    RenamedFrom(OldName),
    /// `backfill <expression>`.
    Backfill(Said),
    /// `using <expression>`.
    Using(Said),
}

/// An expression inside an annotation, with locations that lead to the file.
#[derive(Clone, Debug)]
pub struct Said {
    /// The tree.
    pub node: Node,
    /// What its locations count in.
    pub origin: Arc<Fragment>,
}

/// An annotation and the byte of the SQL text at which the thing that it is about begins.
#[derive(Clone, Debug)]
pub struct Annotation {
    /// What it says.
    pub word: Word,
    /// Where the comment stands.
    pub at: usize,
    /// Where the thing begins.
    pub target: usize,
}

const PREFIX: &str = "reconcile:";

/// Finds the annotations of a fragment. One on a line of its own belongs to what follows, one behind a definition
/// to what its line begins with. Errors: an annotation that says nothing known, or belongs to nothing.
pub fn find(fragment: &Fragment) -> Result<Vec<Annotation>> {
    let sql = &fragment.sql;
    if !sql.contains(PREFIX) {
        return Ok(vec![]);
    }
    let tokens = pg_query::scan_tokens(sql).map_err(|error| Error::new(error.to_string()))?;
    let comment = |token: i32| token == Token::SqlComment as i32 || token == Token::CComment as i32;
    let starts: Vec<usize> = tokens
        .iter()
        .filter(|token| !comment(token.token))
        .filter_map(|token| usize::try_from(token.start).ok())
        .collect();
    let mut found = vec![];
    for token in tokens.iter().filter(|token| comment(token.token)) {
        let (Ok(start), Ok(end)) = (usize::try_from(token.start), usize::try_from(token.end)) else { continue };
        let text = sql.get(start..end).unwrap_or_default();
        let text = text.trim_start_matches(['-', '/', '*']).trim_end_matches(['/', '*']).trim();
        let Some(said) = text.strip_prefix(PREFIX) else { continue };
        let place = fragment.locate_range(start..end);
        let word = parse(said.trim(), fragment, start)
            .map_err(|error| error.at(&place).hint("write the name as SQL would, in double quotes where needed"))?;
        let line = sql[..start].rfind('\n').map_or(0, |at| at + 1);
        let first = starts.iter().find(|at| **at >= line && **at < start);
        let target = first.or_else(|| starts.iter().find(|at| **at >= end));
        let Some(target) = target else {
            return Err(Error::new("this annotation stands above nothing")
                .at(&place)
                .hint("put it on the line above the definition that it is about, or leave it out"));
        };
        found.push(Annotation { word, at: start, target: *target });
    }
    Ok(found)
}

fn parse(said: &str, fragment: &Fragment, start: usize) -> Result<Word> {
    let (verb, rest) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
    let rest = rest.trim();
    match verb {
        "renamed" if rest.starts_with("from ") => name(rest[5..].trim()).map(Word::RenamedFrom),
        "backfill" if !rest.is_empty() => expression(rest, fragment, start).map(Word::Backfill),
        "using" if !rest.is_empty() => expression(rest, fragment, start).map(Word::Using),
        _ => Err(Error::new(format!("cannot read the annotation \"{said}\""))
            .hint("known are: renamed from <old name>, backfill <expression>, using <expression>")),
    }
}

/// An expression in the comment that begins at a byte of the fragment.
fn expression(text: &str, fragment: &Fragment, start: usize) -> Result<Said> {
    let at = fragment.sql.get(start..).and_then(|rest| rest.find(text)).map_or(start, |at| start + at);
    let place = fragment.locate(at).start;
    let mut builder = FragmentBuilder::new(fragment.source(), place..place + text.len());
    builder.push_text("SELECT (").push_mapped(text, &[(0, place)]).push_text("\n)");
    let origin = Arc::new(builder.finish());
    let wrong = || {
        Error::new(format!("cannot read the expression \"{text}\""))
            .hint("write one expression, as it would stand in a SELECT")
    };
    let parsed = crate::load::syntax::parse_text(&origin.sql).map_err(|error| wrong().cause(error.message))?;
    let [raw] = parsed.protobuf.stmts.as_slice() else { return Err(wrong()) };
    let statement = raw.stmt.as_ref().and_then(|statement| statement.node.as_ref());
    let Some(NodeEnum::SelectStmt(select)) = statement else { return Err(wrong()) };
    match (select.target_list.as_slice(), &select.from_clause.is_empty()) {
        ([target], true) => match &target.node {
            Some(NodeEnum::ResTarget(target)) => {
                let node = target.val.as_deref().cloned().ok_or_else(wrong)?;
                Ok(Said { node, origin })
            }
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

/// One name, folded unless quoted; a label of an enum type may stand in single quotes. A qualified name keeps its dot.
fn name(text: &str) -> Result<OldName> {
    let wrong = || Error::new(format!("expected one name after \"renamed from\", found \"{text}\""));
    if let Some(label) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Ok(OldName { schema: None, name: label.replace("''", "'") });
    }
    let parsed = crate::load::syntax::parse_text(&format!("ALTER TABLE {text} SET LOGGED")).map_err(|_| wrong())?;
    let statement = parsed.protobuf.stmts.first().and_then(|raw| raw.stmt.as_ref()?.node.as_ref());
    match statement {
        Some(NodeEnum::AlterTableStmt(alter)) if parsed.protobuf.stmts.len() == 1 && alter.cmds.len() == 1 => {
            let relation = alter.relation.as_ref().ok_or_else(wrong)?;
            let schema = Some(relation.schemaname.clone()).filter(|schema| !schema.is_empty());
            Ok(OldName { schema, name: relation.relname.clone() })
        }
        _ => Err(wrong()),
    }
}
