//! `.env` files: `NAME=value` lines with comments, quotes and an optional `export`.
//!
//! Values are literal: `$NAME` and commands are not expanded, so that a password may hold a dollar
//! sign. Double quotes know `\n`, `\r`, `\t`, `\"`, `\\` and `\$`; single quotes know no escapes.
//! Quoted values may span lines; in a bare value ` #` begins a comment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::source::{Location, Source};

/// The nearest `.env` from `directory` upward, no further than the folder that holds `.git`.
pub fn find(directory: &Path) -> Option<PathBuf> {
    for folder in directory.ancestors() {
        let path = folder.join(".env");
        if path.is_file() {
            return Some(path);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// Reads a `.env` file. Errors: unreadable, not UTF-8, a line that is no assignment.
pub fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::new(format!("cannot read {}", path.display())).cause(error))?;
    parse(&Source::new(path, text))
}

/// Parses the text of a `.env` file; of several assignments to one name the last counts.
pub fn parse(source: &Arc<Source>) -> Result<BTreeMap<String, String>> {
    let text = source.text.trim_start_matches('\u{feff}');
    let mut at = source.text.len() - text.len();
    let mut variables = BTreeMap::new();
    while at < source.text.len() {
        let rest = &source.text[at..];
        let line = rest.lines().next().unwrap_or_default();
        let next = at + rest.find('\n').map_or(rest.len(), |end| end + 1);
        let assignment = line.trim_start();
        if assignment.is_empty() || assignment.starts_with('#') {
            at = next;
            continue;
        }
        let indent = line.len() - assignment.len();
        let name = assignment.split('=').next().unwrap_or_default();
        let key = name.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(name).trim();
        let valid = !key.is_empty()
            && !key.starts_with(|c: char| c.is_ascii_digit())
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        if !valid || name.len() == assignment.len() {
            // the rest of the line may be a password: the name alone is shown
            return Err(Error::new(format!("{}: not a NAME=value line", Location::new(source, at + indent, at)))
                .hint("comments begin with #; values with line breaks need quotes"));
        }
        let (value, end) = value(source, at + indent + name.len() + 1, next)?;
        variables.insert(key.to_string(), value);
        at = end;
    }
    Ok(variables)
}

/// The value that begins at `at`, and where the line after it begins.
fn value(source: &Arc<Source>, at: usize, next: usize) -> Result<(String, usize)> {
    let line = &source.text[at..next];
    let start = at + (line.len() - line.trim_start_matches([' ', '\t']).len());
    let Some(quote) = source.text[start..].chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let line = &source.text[start..next];
        let comment = line.char_indices().find(|(at, c)| *c == '#' && (*at == 0 || line[..*at].ends_with([' ', '\t'])));
        return Ok((line[..comment.map_or(line.len(), |(at, _)| at)].trim().to_string(), next));
    };
    let mut out = String::new();
    let mut chars = source.text[start + 1..].char_indices();
    while let Some((offset, c)) = chars.next() {
        match c {
            c if c == quote => {
                let after = start + 1 + offset + 1;
                let rest = &source.text[after..];
                let end = after + rest.find('\n').map_or(rest.len(), |end| end + 1);
                let tail = source.text[after..end].trim();
                if !tail.is_empty() && !tail.starts_with('#') {
                    let place = Location::new(source, after, after);
                    return Err(Error::new(format!("{place}: text after the closing quote")));
                }
                return Ok((out, end));
            }
            '\\' if quote == '"' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 'r')) => out.push('\r'),
                Some((_, 't')) => out.push('\t'),
                Some((_, c @ ('"' | '\\' | '$'))) => out.push(c),
                Some((_, c)) => out.extend(['\\', c]),
                None => {}
            },
            c => out.push(c),
        }
    }
    Err(Error::new(format!("{}: the closing {quote} is missing", Location::new(source, start, start))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<BTreeMap<String, String>> {
        parse(&Source::new(".env", text))
    }

    #[test]
    fn reads_what_people_write() {
        let text = "\u{feff}# comment\nA=1\n  export B = two words # why\r\nC=\"a#b\\n\\\"c\\\" $D\" # x\nD='$A \\n'\nE=\nF=a#b\nA=last\nG=\"1\n2\"\nexport=x";
        let map = parsed(text).unwrap();
        let expected = [
            ("A", "last"),
            ("B", "two words"),
            ("C", "a#b\n\"c\" $D"),
            ("D", "$A \\n"),
            ("E", ""),
            ("F", "a#b"),
            ("G", "1\n2"),
            ("export", "x"),
        ];
        assert_eq!(map, expected.map(|(k, v)| (k.to_string(), v.to_string())).into());
    }

    #[test]
    fn errors_have_a_place_and_show_no_value() {
        for (text, place) in
            [("A=1\nsecret\n", ".env:2:1"), ("A='x", ".env:1:3"), ("1A=x", ".env:1:1"), ("A='x'y", ".env:1:6")]
        {
            let error = parsed(text).unwrap_err();
            assert!(error.report().contains(place), "{}", error.report());
            assert!(!error.report().contains("secret"));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[a-z=\"'\\\\ #\n\ré\u{feff}]{0,40}") {
            let _ = parsed(&text);
        }
    }
}
