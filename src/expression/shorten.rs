//! Expressions that the server printed in the words that a person would have written: without casts and qualifiers
//! that follow from the place, with IN and LIKE. Every shorter text is tried, none is trusted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pg_query::protobuf::{ScanToken, Token};
use pg_query::{NodeEnum, NodeRef};

use crate::load::syntax::parse_text;

/// What is put in the places of parts of a text; all of it or nothing.
type Edit = Vec<(Range<usize>, &'static str)>;

/// The shortest text that `same` says to mean what `text` does.
pub fn shortest(text: String, same: impl Fn(&str) -> bool) -> String {
    // a number or a list is seen once the cast behind it is gone, and casts of items may go once they are a list's
    let rounds: [fn(&Tokens) -> Vec<Edit>; 8] = [
        |it| it.signs(),
        |it| it.casts(),
        |it| it.signs(),
        |it| it.lists(),
        |it| it.casts(),
        |it| it.patterns(),
        |it| it.qualifiers(),
        |it| it.schemas(),
    ];
    rounds.into_iter().fold(text, |text, edits| {
        let found = Tokens::of(&text).map(|tokens| edits(&tokens)).unwrap_or_default();
        with_those_that_fit(&text, &found, &same)
    })
}

/// Tries all edits at once, and halves of them where that does not mean the same.
fn with_those_that_fit(text: &str, edits: &[Edit], same: impl Fn(&str) -> bool) -> String {
    let mut taken: Vec<&Edit> = vec![];
    let mut best = text.to_string();
    let mut groups = vec![edits];
    while let Some(group) = groups.pop().filter(|group| !group.is_empty()) {
        let all: Vec<&Edit> = taken.iter().copied().chain(group).collect();
        let short = edited(text, &all);
        if same(&short) {
            (taken, best) = (all, short);
        } else if group.len() > 1 {
            let (front, back) = group.split_at(group.len() / 2);
            groups.extend([back, front]);
        }
    }
    best
}

fn edited(text: &str, edits: &[&Edit]) -> String {
    let mut parts: Vec<_> = edits.iter().copied().flatten().collect();
    parts.sort_by_key(|(range, _)| range.start);
    let mut out = String::new();
    let mut from = 0;
    for (range, new) in parts {
        out.push_str(text.get(from..range.start).unwrap_or_default());
        out.push_str(new);
        from = range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// A text and its tokens.
struct Tokens<'a> {
    text: &'a str,
    tokens: Vec<ScanToken>,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Option<Self> {
        Some(Self { text, tokens: pg_query::scan(text).ok()?.tokens })
    }

    fn range(&self, at: usize) -> Range<usize> {
        let place = |it: i32| usize::try_from(it).unwrap_or_default();
        self.tokens.get(at).map_or(0..0, |token| place(token.start)..place(token.end))
    }

    /// The text of a token; empty behind the last.
    fn word(&self, at: usize) -> &'a str {
        self.text.get(self.range(at)).unwrap_or_default()
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.word(at).eq_ignore_ascii_case(word)
    }

    fn is_text(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.token == Token::Sconst as i32)
    }

    fn is_constant(&self, at: usize) -> bool {
        let number = |it: &ScanToken| [Token::Iconst as i32, Token::Fconst as i32].contains(&it.token);
        self.is_text(at) || self.tokens.get(at).is_some_and(number)
    }

    fn all(&self) -> Range<usize> {
        0..self.tokens.len()
    }

    /// The last token of the type whose name begins at `at`.
    fn end_of_type(&self, mut at: usize) -> usize {
        while self.is(at + 1, ".") {
            at += 2;
        }
        let word = self.word(at).to_ascii_lowercase();
        if self.is(at + 1, if word == "double" { "precision" } else { "varying" }) {
            at += 1;
        }
        if self.is(at + 1, "(") {
            at = self.closing(at + 1, ")");
        }
        if matches!(word.as_str(), "time" | "timestamp") && self.is(at + 2, "time") && self.is(at + 3, "zone") {
            at += 3;
        }
        while self.is(at + 1, "[") {
            at = self.closing(at + 1, "]");
        }
        at
    }

    fn closing(&self, from: usize, bracket: &str) -> usize {
        (from..self.tokens.len()).find(|at| self.is(*at, bracket)).unwrap_or(from)
    }

    /// `'-1'::integer` is how the server prints -1.
    fn signs(&self) -> Vec<Edit> {
        let negative = |at: &usize| self.word(*at).starts_with("'-") && self.is_text(*at) && self.is(at + 1, "::");
        let edit = |at: usize| {
            let Range { start, end } = self.range(at);
            let cast = self.range(at + 1).start..self.range(self.end_of_type(at + 2)).end;
            vec![(start..start + 1, ""), (end - 1..end, ""), (cast, "")]
        };
        self.all().filter(negative).map(edit).collect()
    }

    /// Casts; those of the elements of an array at once, which would look odd in different words.
    fn casts(&self) -> Vec<Edit> {
        let mut out: BTreeMap<usize, Edit> = BTreeMap::new();
        for at in self.all().filter(|at| self.is(*at, "::")) {
            let cast = self.range(at).start..self.range(self.end_of_type(at + 1)).end;
            out.entry(self.array(at).unwrap_or(at)).or_default().push((cast, ""));
        }
        out.into_values().collect()
    }

    /// Where the ARRAY around a token begins.
    fn array(&self, at: usize) -> Option<usize> {
        let mut before = (1..at).rev().take_while(|at| !self.is(*at, "]"));
        before.find(|at| self.is(*at, "[") && self.is(at - 1, "ARRAY"))
    }

    /// `x = ANY (ARRAY['a', 'b'])` is `x IN ('a', 'b')`; with one item or with columns in it that is something else.
    fn lists(&self) -> Vec<Edit> {
        self.all().filter_map(|at| self.list(at)).collect()
    }

    fn list(&self, at: usize) -> Option<Edit> {
        let new = match (self.word(at), self.word(at + 1).to_ascii_uppercase().as_str()) {
            ("=", "ANY") => "IN (",
            ("<>", "ALL") => "NOT IN (",
            _ => return None,
        };
        if !self.is(at + 2, "(") || !self.is(at + 3, "ARRAY") || !self.is(at + 4, "[") {
            return None;
        }
        let mut next = at + 5;
        let mut items = 0;
        while self.is_constant(next) {
            items += 1;
            while self.is(next + 1, "::") {
                next = self.end_of_type(next + 2);
            }
            if !self.is(next + 1, ",") {
                break;
            }
            next += 2;
        }
        let closed = items > 1 && self.is(next + 1, "]") && self.is(next + 2, ")");
        let head = self.range(at).start..self.range(at + 4).end;
        closed.then(|| vec![(head, new), (self.range(next + 1).start..self.range(next + 2).end, ")")])
    }

    /// The operators behind LIKE and ILIKE.
    fn patterns(&self) -> Vec<Edit> {
        let word = |at: usize| match self.word(at) {
            "~~" => Some("LIKE"),
            "~~*" => Some("ILIKE"),
            "!~~" => Some("NOT LIKE"),
            "!~~*" => Some("NOT ILIKE"),
            _ => None,
        };
        self.all().filter_map(|at| Some(vec![(self.range(at), word(at)?)])).collect()
    }

    /// Columns with the name of their relation, where there is but one; with more the names help to read.
    fn qualifiers(&self) -> Vec<Edit> {
        let Ok(parsed) = parse_text(self.text) else { return vec![] };
        let statements = parsed.protobuf.stmts.iter().filter_map(|raw| raw.stmt.as_ref()?.node.as_ref());
        let mut names = BTreeSet::new();
        let mut edit = vec![];
        for (node, ..) in statements.flat_map(NodeEnum::nodes) {
            let NodeRef::ColumnRef(reference) = node else { continue };
            let [relation, column] = reference.fields.as_slice() else { continue };
            if matches!(column.node, Some(NodeEnum::AStar(_))) {
                continue;
            }
            names.insert(format!("{relation:?}"));
            let at = self.all().find(|at| self.tokens[*at].start == reference.location);
            if let Some(at) = at.filter(|at| self.is(at + 1, ".")) {
                edit.push((self.range(at).start..self.range(at + 1).end, ""));
            }
        }
        if names.len() == 1 { vec![edit] } else { vec![] }
    }

    /// Names of relations as texts, of the schema in which they are looked for anyway.
    fn schemas(&self) -> Vec<Edit> {
        let prefix = "'public.";
        let named = |at: &usize| self.is_text(*at) && self.word(*at).starts_with(prefix);
        let edit = |at: usize| {
            let start = self.range(at).start;
            vec![(start + 1..start + prefix.len(), "")]
        };
        self.all().filter(named).map(edit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_edits_are_found() {
        let cases = [
            ("a = '-1'::integer", "a = -1"),
            ("a::text = 'x'::character varying(3)[]", "a = 'x'"),
            ("a::timestamp(3) with time zone + b::double precision", "a + b"),
            ("a = ANY (ARRAY['x'::app.t, 'y'::app.t])", "a IN ('x', 'y')"),
            ("a <> ALL (ARRAY[1, 2])", "a NOT IN (1, 2)"),
            ("a = ANY (ARRAY['x'])", "a = ANY (ARRAY['x'])"),
            ("a = ANY (ARRAY[1, b])", "a = ANY (ARRAY[1, b])"),
            ("a ~~ 'x' AND b !~~* 'y'", "a LIKE 'x' AND b NOT ILIKE 'y'"),
            ("nextval('public.s'::regclass)", "nextval('s')"),
            ("SELECT t.a, t.b FROM public.t", "SELECT a, b FROM public.t"),
            ("SELECT t.a, u.b FROM t, u", "SELECT t.a, u.b FROM t, u"),
        ];
        for (text, short) in cases {
            assert_eq!(shortest(text.into(), |_| true), short);
            assert_eq!(shortest(text.into(), |it| it == text), text);
        }
    }

    #[test]
    fn only_edits_that_fit_are_taken() {
        let short = shortest("a::text || 'b'::text || c::int".into(), |it| it.contains("::int"));
        assert_eq!(short, "a || 'b' || c::int");
    }
}
