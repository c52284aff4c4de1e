//! A statement that is written anew keeps the lines that say the same as before, with the comments beside and above
//! them.

use pg_query::DeparseOptions;
use pg_query::protobuf::Token;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::load::syntax::parse_text;

/// A line of a statement.
struct Line<'a> {
    /// As it was written.
    text: &'a str,
    /// Without comma and comment behind it, and without white space around it where it stands outside of texts.
    code: &'a str,
    /// The comment behind the code, or the whole line.
    comment: &'a str,
    /// What it means, as far as that can be told from the line alone.
    meaning: String,
}

impl Line<'_> {
    /// Whether it has nothing but a comment, or nothing at all.
    fn is_silent(&self) -> bool {
        self.code.is_empty()
    }

    /// The line with a comma behind its code or without, and with a comment.
    fn with(&self, comma: bool, comment: &str) -> String {
        let indent = &self.text[..self.text.len() - self.text.trim_start().len()];
        let code = self.code;
        let comma = if comma { "," } else { "" };
        match comment.is_empty() {
            true => format!("{indent}{code}{comma}"),
            false => format!("{indent}{code}{comma} {comment}"),
        }
    }

    fn has_comma(&self) -> bool {
        let code = self.text.strip_suffix(self.comment).unwrap_or(self.text);
        code.trim_end().ends_with(',')
    }
}

/// `new` in the lines of `old`, as far as these say the same; `new` itself where that would mean something else.
pub fn merge(old: &str, new: &str) -> String {
    let merged = by_lines(old, new);
    match (canonical(&merged), canonical(new)) {
        (Some(one), Some(two)) if one == two => merged,
        _ => new.to_string(),
    }
}

fn canonical(sql: &str) -> Option<String> {
    let mut parsed = parse_text(sql).ok()?;
    // places differ with the words around them
    parsed.protobuf.stmts.iter_mut().for_each(|raw| (raw.stmt_location, raw.stmt_len) = (0, 0));
    pg_query::deparse(&parsed.protobuf, DeparseOptions::default()).ok()
}

fn by_lines(old: &str, new: &str) -> String {
    let (before, after) = (lines(old), lines(new));
    let meanings = |lines: &[Line]| lines.iter().map(|line| line.meaning.clone()).collect::<Vec<_>>();
    let mut out: Vec<String> = vec![];
    for op in capture_diff_slices(Algorithm::Myers, &meanings(&before), &meanings(&after)) {
        let (gone, come) = (&before[op.old_range()], &after[op.new_range()]);
        if let DiffOp::Equal { .. } = op {
            let same = gone.iter().zip(come);
            out.extend(same.map(|(old, new)| match old.has_comma() == new.has_comma() {
                true => old.text.to_string(),
                false => old.with(new.has_comma(), old.comment),
            }));
            continue;
        }
        // comments on lines of their own stay; one behind code stays with what comes in its place
        let paired = gone.iter().filter(|line| !line.is_silent()).count() == come.len();
        let mut come = come.iter();
        for line in gone {
            match line.is_silent() {
                true => out.push(line.text.to_string()),
                false if paired => out.extend(come.next().map(|new| new.with(new.has_comma(), line.comment))),
                false => out.extend(come.by_ref().map(|new| new.text.to_string())),
            }
        }
        out.extend(come.map(|new| new.text.to_string()));
    }
    out.join("\n")
}

/// The lines of a statement.
fn lines(sql: &str) -> Vec<Line<'_>> {
    let tokens = pg_query::scan(sql).map(|scanned| scanned.tokens).unwrap_or_default();
    let place = |at: i32| usize::try_from(at).unwrap_or_default();
    let is_comment = |token: i32| token == Token::SqlComment as i32 || token == Token::CComment as i32;
    let mut out = vec![];
    let mut from = 0;
    for text in sql.split('\n') {
        let end = from + text.len();
        // a text or comment over several lines is nothing to be taken apart
        let within = tokens
            .iter()
            .any(|it| place(it.start) < from && place(it.end) > from || place(it.start) < end && place(it.end) > end);
        let own = tokens.iter().find(|it| is_comment(it.token) && (from..end).contains(&place(it.start)));
        let (front, comment) = match own.filter(|_| !within) {
            Some(token) => text.split_at(place(token.start) - from),
            None => (text, ""),
        };
        let code = if within { text } else { front.trim().trim_end_matches(',').trim_end() };
        let meaning = if within { text.to_string() } else { meaning(code) };
        out.push(Line { text: text.trim_end_matches('\r'), code, comment: comment.trim_end(), meaning });
        from = end + 1;
    }
    out
}

/// An element of a table's definition as PostgreSQL's parser has it; other lines without regard to case and spaces.
fn meaning(code: &str) -> String {
    let element = || canonical(&format!("CREATE TABLE t ({code})"));
    let words = || code.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    if code.is_empty() { String::new() } else { element().unwrap_or_else(words) }
}

#[cfg(test)]
mod tests {
    use super::merge;

    const OLD: &str =
        "create table t (\n  -- the key\n  id BIGINT primary key, -- never reused\n\n  name text -- of a person\n)";

    #[test]
    fn lines_that_say_the_same_stay() {
        let new = "CREATE TABLE t (\n    id bigint PRIMARY KEY,\n    name text,\n    age integer\n)";
        let merged = "create table t (\n  -- the key\n  id BIGINT primary key, -- never reused\n\n  name text, -- of a person\n    age integer\n)";
        assert_eq!(merge(OLD, new), merged);
    }

    #[test]
    fn a_comment_stays_beside_what_changes() {
        let new = "CREATE TABLE t (\n    id bigint PRIMARY KEY,\n    name varchar(9) NOT NULL\n)";
        assert!(merge(OLD, new).ends_with("    name varchar(9) NOT NULL -- of a person\n)"), "{}", merge(OLD, new));
    }

    #[test]
    fn what_would_mean_something_else_is_written_anew() {
        let old = "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\n  -- old\n  SELECT 'A'\n$$";
        let new = "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\n  SELECT 'a'\n$$";
        assert_eq!(merge(old, new), new);
    }
}
