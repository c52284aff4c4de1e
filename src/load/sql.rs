//! Reading statements in any order: each is given to the kind that knows it, and waits when it names something
//! that is defined further on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use pg_query::NodeEnum;
use pg_query::protobuf::{DropStmt, ObjectType, RawStmt};

use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::load::annotation::{self, Annotation};
use crate::load::cut;
use crate::load::fragment::Fragment;
use crate::load::reader::{Reader, Stop};
use crate::load::setting::{SearchPath, Setting, setting};
use crate::load::stuck;
use crate::load::syntax;
use crate::load::undo::undo;
use crate::objects::{self, READERS, attributes};
use crate::parallel;
use crate::source::Location;

/// One statement with its surroundings.
pub struct Statement {
    /// The tree.
    pub node: NodeEnum,
    fragment: Arc<Fragment>,
    annotations: Arc<Vec<Annotation>>,
    /// The search_path in force.
    pub path: Vec<String>,
    start: usize,
    end: usize,
}

/// The statements of fragments in their order, and what is wrong with the fragments that have none.
pub struct Statements {
    queue: VecDeque<Statement>,
    errors: Vec<Error>,
}

/// Takes fragments apart, long ones in pieces.
pub fn parse(fragments: &[Arc<Fragment>]) -> Statements {
    let whole: Vec<Arc<Fragment>> = fragments.iter().map(without_restrict).collect();
    let pieces: Vec<(usize, Arc<Fragment>)> = whole
        .iter()
        .enumerate()
        .flat_map(|(at, fragment)| cut::pieces(fragment).into_iter().map(move |piece| (at, piece)))
        .collect();
    let bytes: usize = pieces.iter().map(|(_, piece)| piece.sql.len()).sum();
    let parsed = parallel::share(&pieces, bytes / BYTES, |(_, piece)| parse_piece(piece));
    let mut parsed = pieces.iter().zip(parsed).peekable();
    let mut errors = vec![];
    let mut queue = VecDeque::new();
    for (at, fragment) in whole.iter().enumerate() {
        let mut own = vec![];
        while let Some(((_, piece), parsed)) = parsed.next_if(|((of, _), _)| *of == at) {
            own.push((piece.clone(), parsed));
        }
        // what is wrong with one piece is told about the whole
        if own.len() > 1 && own.iter().any(|(_, parsed)| parsed.is_err()) {
            own = vec![(fragment.clone(), parse_piece(fragment))];
        }
        match split(own) {
            Ok(statements) => queue.extend(statements),
            Err(error) => errors.push(error),
        }
    }
    Statements { queue, errors }
}

/// Bytes of SQL that are worth a thread.
const BYTES: usize = 32 * 1024;

/// Syntax trees and the annotations beside them.
type Piece = (Vec<RawStmt>, Arc<Vec<Annotation>>);

fn parse_piece(piece: &Arc<Fragment>) -> Result<Piece> {
    let parsed = syntax::parse(piece)?;
    // lists come with room for four elements at least, which makes trees several times as large as their copies
    let statements = parsed.protobuf.stmts.clone();
    Ok((statements, Arc::new(annotation::find(piece)?)))
}

/// Reads all statements into the catalog. Errors: all that are wrong.
pub fn read(catalog: &mut Catalog, statements: Statements) -> Result<()> {
    let Statements { mut queue, mut errors } = statements;
    // first, since comments and grants may be about them
    objects::implicit(catalog);
    let mut waiting: BTreeMap<String, Vec<(Statement, Error)>> = BTreeMap::new();
    let mut pending = annotations_of(&queue);
    let mut failed: BTreeSet<String> = BTreeSet::new();
    let mut objects = 0;
    catalog.statements = queue.iter().map(|it| it.fragment.locate_range(it.start..it.end)).collect();
    loop {
        while let Some(statement) = queue.pop_front() {
            let (result, marks, added) = read_one(catalog, &statement);
            for mark in marks {
                pending.remove(&(fragment_key(&statement.fragment), mark));
            }
            for name in added {
                wake(&name, &mut waiting, &mut queue);
            }
            match result {
                Ok(()) => {}
                Err(Stop::Missing { name, error }) => waiting.entry(name).or_default().push((statement, error)),
                Err(Stop::Error(error)) => {
                    failed.extend(stuck::defines(&statement.node));
                    errors.push(error);
                }
            }
        }
        // what other objects brought along, such as inherited columns, was not announced
        if catalog.objects.len() == objects {
            break;
        }
        objects = catalog.objects.len();
        let names: Vec<String> = waiting.keys().filter(|name| catalog.has_name(name)).cloned().collect();
        names.iter().for_each(|name| wake(name, &mut waiting, &mut queue));
    }
    crate::objects::complete(catalog);
    let waiting = waiting.into_iter().flat_map(|(name, all)| all.into_iter().map(move |one| (name.clone(), one)));
    let waiting = waiting.map(|(name, (statement, error))| (stuck::defines(&statement.node), name, error)).collect();
    errors.extend(stuck::explain(waiting, &failed));
    if errors.is_empty() {
        errors.extend(pending.into_values());
    }
    Error::all(errors).map_or(Ok(()), Err)
}

/// Statements whose missing name is there now go back to the queue.
fn wake(name: &str, waiting: &mut BTreeMap<String, Vec<(Statement, Error)>>, queue: &mut VecDeque<Statement>) {
    let ready = waiting.remove(name).unwrap_or_default();
    queue.extend(ready.into_iter().map(|(statement, _)| statement));
}

/// Annotations that no object has taken yet, with what to say when none does.
fn annotations_of(statements: &VecDeque<Statement>) -> BTreeMap<(usize, usize), Error> {
    let mut out = BTreeMap::new();
    for statement in statements {
        for (index, annotation) in statement.annotations.iter().enumerate() {
            let place = statement.fragment.locate_range(annotation.at..annotation.at + 2);
            let error = Error::new("this annotation belongs to nothing that could take it")
                .at(&place)
                .hint("put it on the line above the definition of the object, column, constraint, index or label");
            out.insert((fragment_key(&statement.fragment), index), error);
        }
    }
    out
}

/// Tells fragments apart.
fn fragment_key(fragment: &Arc<Fragment>) -> usize {
    Arc::as_ptr(fragment) as usize
}

/// What came of a statement: the result, the annotations that it took, and the names that it added.
type Outcome = (Result<(), Stop>, BTreeSet<usize>, Vec<String>);

fn read_one(catalog: &mut Catalog, statement: &Statement) -> Outcome {
    let mut reader = Reader {
        catalog,
        fragment: &statement.fragment,
        path: &statement.path,
        start: statement.start,
        end: statement.end,
        annotations: &statement.annotations,
        used: BTreeSet::new(),
        added: vec![],
    };
    let result = match &statement.node {
        NodeEnum::DropStmt(drop) if drop.missing_ok => clears(drop, &reader),
        node => READERS
            .iter()
            .find_map(|read| read(node, &mut reader))
            .unwrap_or_else(|| Err(refusal(node, &reader).into())),
    };
    (result, reader.used, reader.added)
}

/// DROP … IF EXISTS above the definition of the same object in the same file, as scripts have it that can be run again,
/// says nothing about the state at their end. Errors: anything else would have to be a drop.
fn clears(statement: &DropStmt, reader: &Reader) -> Result<(), Stop> {
    let error = || refusal(&NodeEnum::DropStmt(statement.clone()), reader);
    let kind = ObjectType::try_from(statement.remove_type).unwrap_or(ObjectType::Undefined);
    let here = reader.place(0);
    for node in statement.objects.iter().filter_map(|node| node.node.as_ref()) {
        let id = attributes::address(reader, kind, node).map_err(|stop| match stop {
            Stop::Missing { name, .. } => Stop::Missing { name, error: error() },
            stop => stop,
        })?;
        let below = |place: &Location| Arc::ptr_eq(&place.source, &here.source) && place.start > here.start;
        if !reader.catalog.locations.get(&id).is_some_and(below) {
            return Err(error().into());
        }
    }
    Ok(())
}

/// Why a statement that no kind knows is refused.
fn refusal(node: &NodeEnum, reader: &Reader) -> Error {
    let text = reader.text();
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    let shown = match words.as_slice() {
        ["import" | "IMPORT", ..] if matches!(node, NodeEnum::ImportForeignSchemaStmt(_)) => {
            "IMPORT FOREIGN SCHEMA".into()
        }
        [first, second, ..] if first.eq_ignore_ascii_case("create") || first.eq_ignore_ascii_case("alter") => {
            format!("{} {}", first.to_uppercase(), second.to_uppercase())
        }
        [first, ..] => first.to_uppercase(),
        [] => "this statement".into(),
    };
    let hint = match node {
        NodeEnum::DropStmt(_) => "a desired state says what exists; leave the object out and reconcile plans the drop",
        NodeEnum::InsertStmt(_)
        | NodeEnum::UpdateStmt(_)
        | NodeEnum::DeleteStmt(_)
        | NodeEnum::MergeStmt(_)
        | NodeEnum::CopyStmt(_)
        | NodeEnum::TruncateStmt(_) => "a desired state has no rows; keep data in files of their own",
        NodeEnum::DoStmt(_) | NodeEnum::CallStmt(_) | NodeEnum::SelectStmt(_) | NodeEnum::ExecuteStmt(_) => {
            "a desired state only declares objects; nothing is executed"
        }
        NodeEnum::TransactionStmt(_) => "a desired state is declared as a whole; leave the transaction out",
        NodeEnum::RenameStmt(_) => "declare the new name, with `-- reconcile: renamed from old_name` on the line above",
        NodeEnum::ImportForeignSchemaStmt(_) => "declare each foreign table with CREATE FOREIGN TABLE and its columns",
        NodeEnum::CreateTableAsStmt(_) => "declare the table with its columns; a desired state has no rows",
        NodeEnum::CreateRoleStmt(_) | NodeEnum::AlterRoleStmt(_) | NodeEnum::GrantRoleStmt(_) => {
            "roles belong to the whole server; they are referenced here, not created"
        }
        _ => {
            return reader
                .wrong(0, format!("{shown} is not supported"))
                .hint("leave it out; what is not managed stays in the database as it is");
        }
    };
    reader.wrong(0, format!("{shown} cannot be part of a desired state")).hint(hint)
}

/// The statements of a fragment that was parsed in pieces, with the search_path that is in force for each.
fn split(pieces: Vec<(Arc<Fragment>, Result<Piece>)>) -> Result<Vec<Statement>> {
    let mut path = SearchPath { now: vec!["public".to_string()], after: None };
    let mut out = vec![];
    for (fragment, parsed) in pieces {
        let (parsed, annotations) = parsed?;
        split_piece(&fragment, parsed, &annotations, &mut path, &mut out)?;
    }
    Ok(undo(out))
}

fn split_piece(
    fragment: &Arc<Fragment>,
    parsed: Vec<RawStmt>,
    annotations: &Arc<Vec<Annotation>>,
    path: &mut SearchPath,
    out: &mut Vec<Statement>,
) -> Result<()> {
    for raw in parsed {
        let start = usize::try_from(raw.stmt_location).unwrap_or(0);
        let length = usize::try_from(raw.stmt_len).unwrap_or(0);
        let end = if length == 0 { fragment.sql.len() } else { start + length };
        let start = first_token(&fragment.sql, start, end);
        let Some(node) = raw.stmt.and_then(|node| node.node) else { continue };
        match setting(&node, fragment, start)? {
            Setting::Path(new, local) => path.set(new, local),
            Setting::Commit => path.commit(),
            Setting::Ignored => {}
            Setting::None => out.push(Statement {
                node,
                fragment: fragment.clone(),
                annotations: annotations.clone(),
                path: path.now.clone(),
                start,
                end,
            }),
        }
    }
    Ok(())
}

/// pg_dump frames its output with psql commands that only psql knows; they say nothing about the schema.
fn without_restrict(fragment: &Arc<Fragment>) -> Arc<Fragment> {
    let is_frame = |line: &str| line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ");
    if !fragment.sql.lines().any(is_frame) {
        return fragment.clone();
    }
    let blank = |line: &str| {
        if is_frame(line) { " ".repeat(line.trim_end_matches('\n').len()) + "\n" } else { line.to_string() }
    };
    let sql: String = fragment.sql.split_inclusive('\n').map(blank).collect();
    let mut copy = Fragment::clone(fragment);
    copy.sql = sql;
    Arc::new(copy)
}

/// The first byte at or after `start` that is neither white space nor a comment.
fn first_token(sql: &str, start: usize, end: usize) -> usize {
    let mut at = start;
    while let Some(rest) = sql.get(at..end) {
        let trimmed = rest.trim_start();
        at = end - trimmed.len();
        if let Some(comment) = trimmed.strip_prefix("--") {
            at = comment.find('\n').map_or(end, |length| at + 2 + length + 1);
        } else if trimmed.starts_with("/*") {
            at += comment_length(trimmed);
        } else {
            return at;
        }
        if at >= end {
            return end;
        }
    }
    start
}

/// Length of the comment, comments inside comments counted, that the text begins with.
pub(super) fn comment_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0usize, 0);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => {
                depth += 1;
                at += 2;
            }
            Some(b"*/") => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use crate::load::load_sources;
    use crate::source::Source;

    /// `line:column message` of the first error.
    fn refusal(sql: &str) -> String {
        let error = load_sources(&[Source::new("f.sql", sql)], 17).expect_err(sql);
        assert!(error.hint.is_some(), "no hint: {error}");
        let (line, column) = error.location.as_ref().expect(sql).line_column();
        format!("{line}:{column} {}", error.message)
    }

    #[test]
    fn what_a_desired_state_cannot_hold_is_refused() {
        for (sql, expected) in [
            ("DROP TABLE t;", "1:1 DROP cannot be part of a desired state"),
            ("\nDELETE FROM t;", "2:1 DELETE cannot be part of a desired state"),
            ("BEGIN; ROLLBACK;", "1:8 ROLLBACK cannot be part of a desired state"),
            ("CREATE ROLE r;", "1:1 CREATE ROLE cannot be part of a desired state"),
            ("VACUUM;", "1:1 VACUUM is not supported"),
            ("CREATE TABLE t (a int) ON COMMIT DROP;", "1:14 ON COMMIT can only be used on temporary tables"),
            ("CREATE TABLE t (a int) WITH (nosuch = 1);", "1:30 unrecognized parameter nosuch"),
            ("CREATE TABLE t (a int CHECK (a > 0) DEFERRABLE);", "1:37 check constraints cannot be deferred"),
            ("CREATE TABLE t (a int COLLATE \"C\");", "1:31 collations are not supported by type integer"),
            ("CREATE TABLE t (a int); GRANT SELECT ON t TO r GRANTED BY s;", "1:59 GRANTED BY is not supported"),
            ("CREATE TABLE t (a nosuch); CREATE INDEX ON t (a);", "1:19 type nosuch does not exist"),
        ] {
            assert_eq!(refusal(sql), expected, "{sql}");
        }
    }

    #[test]
    fn all_errors_are_reported_by_place() {
        let sql = "CREATE TABLE a (x nosuch);\nDROP TABLE b;\nCREATE TABLE c (x int DEFAULT 'y');\nSELECT 1;";
        let error = load_sources(&[Source::new("f.sql", sql)], 17).expect_err(sql);
        let lines: Vec<usize> = std::iter::once(&error)
            .chain(&error.others)
            .filter_map(|error| error.location.as_ref().map(|place| place.line_column().0))
            .collect();
        assert_eq!(lines, [1, 2, 4]);
    }
}
