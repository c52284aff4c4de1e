//! Cutting a long SQL text into pieces of whole statements, so that they can be parsed side by side.

use std::ops::Range;
use std::sync::Arc;

use super::fragment::Fragment;

/// Bytes of a piece at least.
const PIECE: usize = 16 * 1024;

/// The pieces of a fragment in their order. A place between two statements is taken only where it is beyond doubt;
/// a piece that does not parse says nothing about the whole.
pub fn pieces(fragment: &Arc<Fragment>) -> Vec<Arc<Fragment>> {
    let places = places(&fragment.sql, PIECE);
    if places.is_empty() {
        return vec![fragment.clone()];
    }
    let starts = [0].into_iter().chain(places.iter().copied());
    let ends = places.iter().copied().chain([fragment.sql.len()]);
    starts.zip(ends).map(|(start, end): (usize, usize)| Arc::new(fragment.part(Range { start, end }))).collect()
}

/// The beginnings of lines between two statements, at least `size` bytes apart.
fn places(sql: &str, size: usize) -> Vec<usize> {
    let bytes = sql.as_bytes();
    let mut out = vec![];
    let (mut at, mut depth, mut last) = (0, 0usize, 0);
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b'\'' => after_string(bytes, at),
            b'"' => after(bytes, at + 1, b"\""),
            b'$' => after_dollars(bytes, at),
            b'-' if bytes.get(at + 1) == Some(&b'-') => after(bytes, at, b"\n"),
            b'/' if bytes.get(at + 1) == Some(&b'*') => at + super::sql::comment_length(&sql[at..]),
            _ => at + 1,
        };
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b';' if depth == 0 && at - last >= size => {
                if let Some(place) = between(sql, at) {
                    out.push(place);
                    (at, last) = (place, place);
                }
            }
            _ => {}
        }
    }
    out
}

/// The line after the one that ends at `at`, when what follows is the beginning of a statement for sure: no statement
/// has such a line inside, not even the body of a function.
fn between(sql: &str, at: usize) -> Option<usize> {
    let (rest, below) = sql.get(at..)?.split_once('\n')?;
    let blank = |line: &str| line.trim().is_empty();
    let place = at + rest.len() + 1;
    let comment = |line: &str| line.starts_with("--") && !line.contains("reconcile:");
    let line = below.lines().find(|line| !blank(line) && !comment(line))?;
    let starts = |word: &str| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let begins = ["CREATE ", "ALTER ", "COMMENT ON "].into_iter().any(starts);
    (blank(rest) && begins).then_some(place)
}

/// The place after the next occurrence of `end`.
fn after(bytes: &[u8], at: usize, end: &[u8]) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.windows(end.len()).position(|window| window == end).map_or(bytes.len(), |found| at + found + end.len())
}

/// The place after the string that begins at `at`. Two quotes in a row are one inside of it; in an `E''` string a
/// backslash takes the next character along.
fn after_string(bytes: &[u8], at: usize) -> usize {
    let before = |distance: usize| at.checked_sub(distance).and_then(|at| bytes.get(at)).copied();
    let escapes = matches!(before(1), Some(b'e' | b'E')) && !before(2).is_some_and(in_name);
    let mut at = at + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if escapes => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The place after the string that begins with the dollar sign at `at`, when it is one.
fn after_dollars(bytes: &[u8], at: usize) -> usize {
    let inside = at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(|byte| in_name(*byte));
    let rest = bytes.get(at + 1..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| in_name(**byte) && **byte != b'$').count();
    let number = rest.first().is_some_and(u8::is_ascii_digit);
    if inside || number || rest.get(length) != Some(&b'$') {
        return at + 1;
    }
    after(bytes, at + length + 2, &bytes[at..at + length + 2])
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::places;

    /// The pieces of a text that is cut wherever it can be.
    fn cut(sql: &str) -> Vec<&str> {
        let mut places = places(sql, 1);
        places.insert(0, 0);
        places.push(sql.len());
        places.windows(2).map(|pair| &sql[pair[0]..pair[1]]).collect()
    }

    #[test]
    fn cuts_between_statements_only() {
        let whole = [
            "CREATE TABLE a (b text DEFAULT ';\nCREATE ');\n",
            "CREATE FUNCTION f() RETURNS int AS $x$;\nCREATE \n$$;\nCREATE \n$x$;\n",
            "COMMENT ON TABLE a IS E'it\\'s;\nCREATE ''\\\\';\n",
            "-- a comment;\n\nALTER TABLE a ADD c int /* ;\nCREATE /* ; */;\nCREATE */ ;\n",
            "CREATE TABLE \";\nCREATE \" (b int);\n",
            "CREATE RULE r AS ON DELETE TO a DO (SELECT 1;\nCREATE ;\n);\n",
        ];
        assert_eq!(cut(&whole.concat()), whole);
    }

    #[test]
    fn leaves_together_what_belongs_together() {
        for sql in [
            "CREATE TABLE a (b int);\n-- reconcile: renamed from x\nCREATE TABLE c (d int);\n",
            "CREATE FUNCTION f() BEGIN ATOMIC SELECT 1;\nSELECT 2;\nEND;\n",
            "CREATE TABLE a (b int); CREATE TABLE c (d int);\n",
            "CREATE TABLE a (b text DEFAULT 'x;\nCREATE ",
        ] {
            assert_eq!(cut(sql), [sql]);
        }
    }
}
