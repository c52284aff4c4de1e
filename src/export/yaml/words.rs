//! Statements as words: the parts of a text that the kinds wrote.

use std::ops::Range;

/// A statement and its words.
pub struct Words<'a> {
    /// The statement.
    pub sql: &'a str,
    words: Vec<Word>,
}

struct Word {
    range: Range<usize>,
    /// How many parentheses and brackets are open before it.
    depth: usize,
}

impl<'a> Words<'a> {
    /// The words of a statement; none when it cannot be read.
    pub fn of(sql: &'a str) -> Self {
        let tokens = pg_query::scan(sql).map(|scanned| scanned.tokens).unwrap_or_default();
        let mut words = vec![];
        let mut depth = 0_usize;
        for token in tokens {
            let (Ok(start), Ok(end)) = (usize::try_from(token.start), usize::try_from(token.end)) else { continue };
            let text = sql.get(start..end).unwrap_or_default();
            if matches!(text, ")" | "]") {
                depth = depth.saturating_sub(1);
            }
            words.push(Word { range: start..end, depth });
            if matches!(text, "(" | "[") {
                depth += 1;
            }
        }
        Self { sql, words }
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// A word as it is written.
    pub fn word(&self, at: usize) -> &'a str {
        self.words.get(at).and_then(|word| self.sql.get(word.range.clone())).unwrap_or_default()
    }

    /// Whether these words stand at a place, in capitals.
    pub fn says(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| self.word(at + offset) == *word)
    }

    /// The first place of a word outside of all parentheses, from a place on.
    pub fn find(&self, from: usize, word: &str) -> Option<usize> {
        (from..self.len()).find(|at| self.words[*at].depth == 0 && self.word(*at) == word)
    }

    /// The text of the words from one place to before another.
    pub fn text(&self, range: Range<usize>) -> &'a str {
        let (Some(first), Some(last)) = (self.words.get(range.start), range.end.checked_sub(1)) else { return "" };
        match self.words.get(last) {
            Some(last) if last.range.end >= first.range.start => {
                self.sql.get(first.range.start..last.range.end).unwrap_or_default()
            }
            _ => "",
        }
    }

    /// Where the parenthesis that opens at a place closes.
    pub fn close(&self, open: usize) -> Option<usize> {
        let depth = self.words.get(open)?.depth;
        (open + 1..self.len()).find(|at| self.words[*at].depth == depth && self.word(*at) == ")")
    }

    /// The texts between the commas inside the parenthesis that opens at a place.
    pub fn items(&self, open: usize) -> Option<Vec<&'a str>> {
        let (depth, close) = (self.words.get(open)?.depth + 1, self.close(open)?);
        let mut out = vec![];
        let mut from = open + 1;
        for at in open + 1..=close {
            if at == close || self.words[at].depth == depth && self.word(at) == "," {
                out.push(self.text(from..at));
                from = at + 1;
            }
        }
        out.retain(|text: &&str| !text.is_empty());
        Some(out)
    }

    /// The place behind a name, which may have a schema.
    pub fn behind_name(&self, at: usize) -> usize {
        if self.word(at + 1) == "." { at + 3 } else { at + 1 }
    }
}

/// A name without its quotes.
pub fn bare(name: &str) -> String {
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_string(),
    }
}
