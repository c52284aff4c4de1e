//! What to do about SQL that does not parse: the usual slips, recognised by the words around the place.

use pg_query::protobuf::KeywordKind;

use crate::load::syntax::SyntaxError;

/// Words of other databases, and what PostgreSQL has instead.
const FOREIGN: &[(&str, &str)] = &[
    ("auto_increment", "write GENERATED ALWAYS AS IDENTITY behind the type"),
    ("autoincrement", "write GENERATED ALWAYS AS IDENTITY behind the type"),
    ("identity", "write GENERATED ALWAYS AS IDENTITY"),
    ("engine", "PostgreSQL has no storage engines to choose from; leave the clause out"),
    ("unsigned", "PostgreSQL has no unsigned types; add CHECK (column >= 0)"),
    ("go", "end statements with a semicolon instead of GO"),
    ("virtual", "write GENERATED ALWAYS AS (expression) STORED"),
];

/// Words that begin a statement.
const BEGINNINGS: &[&str] = &[
    "create", "alter", "comment", "grant", "revoke", "drop", "insert", "update", "delete", "select", "set", "begin",
    "commit", "copy", "do",
];

/// Turns PostgreSQL's message about the byte `offset` of `sql` into one that says what to do.
pub fn explain(sql: &str, message: String, offset: usize) -> SyntaxError {
    if let Some(at) = copy_before(sql, offset) {
        return SyntaxError {
            message: "COPY … FROM stdin cannot be part of a desired state".into(),
            offset: at,
            hint: "a desired state has no rows; dump with pg_dump --schema-only, or keep data in files of their own"
                .into(),
        };
    }
    let rest = sql.get(offset..).unwrap_or_default();
    if let Some(command) = rest.strip_prefix('\\') {
        let name: String = command.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let hint = match name.as_str() {
            "i" | "ir" | "include" | "include_relative" => {
                "reconcile reads every file of a folder; name files with --to"
            }
            "c" | "connect" => "name the database with --database; the files say only what is in it",
            _ => "leave it out; the files hold SQL statements only",
        };
        return SyntaxError { message: format!("\\{name} is a command of psql, not SQL"), offset, hint: hint.into() };
    }
    let hint = hint(sql, &message, offset, rest);
    SyntaxError { message, offset, hint }
}

fn hint(sql: &str, message: &str, offset: usize, rest: &str) -> String {
    let before = sql.get(..offset).unwrap_or_default().trim_end();
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let lower = word.to_lowercase();
    let foreign = FOREIGN.iter().find(|(foreign, _)| *foreign == lower).map(|(_, hint)| (*hint).to_string());
    match () {
        () if message.starts_with("unterminated") => {
            let closing = match message {
                text if text.contains("comment") => "*/",
                text if text.contains("dollar") => "the same tag",
                text if text.contains("identifier") => "\"",
                _ => "'",
            };
            format!("close it with {closing}; a quote inside is written twice")
        }
        () if message.starts_with("zero-length") => "a name has at least one character".into(),
        () if message.contains("nested too deeply") => "split the expression into smaller ones".into(),
        () if message.ends_with("at end of input") => "the last statement is not complete".into(),
        () if rest.starts_with('`') => "names are quoted with double quotes: \"name\"".into(),
        () if foreign.is_some() => foreign.unwrap_or_default(),
        () if before.ends_with(',') && rest.starts_with([',', ')', ';']) => "remove the comma before it".into(),
        () if BEGINNINGS.contains(&lower.as_str()) && is_line_start(sql, offset) => {
            "end the statement before it with a semicolon".into()
        }
        () if rest.starts_with(';') && depth(before) > 0 => "a closing parenthesis is missing before it".into(),
        () if rest.starts_with(')') && depth(before) <= 0 => "there is no opening parenthesis for it".into(),
        () if is_reserved(&word) => format!("{word} is a reserved word; to use it as a name, write \"{lower}\""),
        () if depth(before) > 0 && is_line_start(sql, offset) => "a comma may be missing before it".into(),
        () => "the file must hold PostgreSQL's own SQL; look at the words before this place".into(),
    }
}

fn is_line_start(sql: &str, offset: usize) -> bool {
    let line = sql.get(..offset).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
    line.trim().is_empty()
}

/// Open parentheses of the last statement of the text.
fn depth(before: &str) -> i32 {
    let last = before.rsplit(';').next().unwrap_or_default();
    last.chars().map(|c| i32::from(c == '(') - i32::from(c == ')')).sum()
}

fn is_reserved(word: &str) -> bool {
    let scan = pg_query::scan(word);
    let token = scan.ok().and_then(|scan| scan.tokens.first().cloned());
    token.is_some_and(|token| token.keyword_kind == KeywordKind::ReservedKeyword as i32)
}

/// Where the `COPY … FROM stdin` begins whose rows lie at `offset`.
fn copy_before(sql: &str, offset: usize) -> Option<usize> {
    let mut at = 0;
    let mut open = None;
    for line in sql.split_inclusive('\n') {
        if at >= offset && open.is_none() || at > offset {
            break;
        }
        let lower = line.to_lowercase();
        if lower.trim_start().starts_with("copy ") && lower.contains(" from stdin") {
            open = Some(at + line.len() - line.trim_start().len());
        } else if line.trim_end() == "\\." && at < offset {
            open = None;
        }
        at += line.len();
    }
    open.filter(|at| *at < offset)
}

#[cfg(test)]
mod tests {
    use crate::load::syntax::parse_text;

    fn hint(sql: &str) -> String {
        parse_text(sql).unwrap_err().hint
    }

    #[test]
    fn usual_slips_are_recognised() {
        assert!(hint("create table t (a int,);").contains("comma"));
        assert!(hint("create table a (x int)\ncreate table b (x int);").contains("semicolon"));
        assert!(hint("create table a (x int;").contains("parenthesis"));
        assert!(hint("create table select (x int);").contains("\"select\""));
        assert!(hint("create table t (a int auto_increment);").contains("IDENTITY"));
        assert!(hint("\\i other.sql").contains("folder"));
        assert!(hint("copy t from stdin;\n1\tit's\n\\.\n").contains("rows"));
        assert!(hint("select 'abc").contains("close it"));
    }
}
