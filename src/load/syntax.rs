//! Parsing SQL with the place of the error, which `pg_query` knows but does not hand out.

use pg_query::ParseResult;

use crate::error::{Error, Result};
use crate::load::fragment::Fragment;
use crate::load::hint;

/// A parse failure: PostgreSQL's message and the byte offset of the offending token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// PostgreSQL's own words, such as `syntax error at or near "foo"`.
    pub message: String,
    /// Byte offset in the text that was parsed.
    pub offset: usize,
    /// What the user can do.
    pub hint: String,
}

/// Parses `sql` with PostgreSQL's grammar.
pub fn parse_text(sql: &str) -> Result<ParseResult, SyntaxError> {
    if let Some(offset) = sql.find('\0') {
        let hint = "remove the character; bytea values are written as '\\x00'".into();
        return Err(SyntaxError { message: "a NUL character cannot be part of SQL".into(), offset, hint });
    }
    pg_query::parse(sql, 0).map_err(|error| {
        let message = plain(&error);
        let offset = locate(sql, &message);
        // what is unterminated runs to the end of the text, which nobody wants to read
        let message = match message.split_once(" at or near ") {
            Some((lead, _)) if lead.starts_with("unterminated") => lead.to_owned(),
            _ => message,
        };
        hint::explain(sql, message, offset)
    })
}

/// Parses a fragment; the error carries the place in the file.
pub fn parse(fragment: &Fragment) -> Result<ParseResult> {
    parse_text(&fragment.sql)
        .map_err(|error| Error::new(error.message).at(&fragment.locate(error.offset)).hint(error.hint))
}

fn plain(error: &pg_query::Error) -> String {
    match error {
        pg_query::Error::Parse(message) | pg_query::Error::Scan(message) => message.clone(),
        // the tree comes as a message whose depth is bounded
        pg_query::Error::Decode(_) => "the statement is nested too deeply".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}

/// Finds the token that `message` complains about. PostgreSQL quotes its text; when the same text occurs more than
/// once, the first occurrence with which the statement up to there fails in the same way is the one.
fn locate(sql: &str, message: &str) -> usize {
    let Some((_, rest)) = message.split_once(" at or near \"") else {
        let shown = sql.trim_end();
        return if message.ends_with("at end of input") { shown.len() } else { sql.len() - sql.trim_start().len() };
    };
    let word = rest.strip_suffix('"').unwrap_or(rest);
    if word.is_empty() {
        return sql.trim_end().len();
    }
    let places: Vec<usize> = match pg_query::scan(sql) {
        Ok(scan) => {
            let starts = scan.tokens.iter().filter_map(|token| usize::try_from(token.start).ok());
            starts.filter(|start| sql.get(*start..).is_some_and(|text| text.starts_with(word))).collect()
        }
        // an unterminated string or comment runs to the end of the text
        Err(_) if sql.ends_with(word) => return sql.len() - word.len(),
        Err(_) => sql.match_indices(word).map(|(at, _)| at).collect(),
    };
    let fails = |start: &usize| {
        let end = start + word.len();
        sql.get(..end).is_some_and(
            |text| matches!(pg_query::parse(text, 0), Err(error) if plain(&error).ends_with(&format!("\"{word}\""))),
        )
    };
    let first = places.partition_point(|place| !fails(place));
    places.get(first).or(places.last()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(sql: &str) -> usize {
        parse_text(sql).unwrap_err().offset
    }

    #[test]
    fn finds_the_offending_token() {
        assert_eq!(offset("select a from from t"), 14);
        assert_eq!(offset("select 1 +"), 10);
        assert_eq!(offset("select 'abc"), 7);
        assert_eq!(offset("select a, b frm t where b frm"), 16);
        assert_eq!(offset("select ((a)"), 11);
        assert_eq!(offset("create table x (a int,, b int)"), 22);
        assert_eq!(offset("select é, ü from from"), 19);
        assert_eq!(offset("select 1 /* x"), 9);
    }
}
