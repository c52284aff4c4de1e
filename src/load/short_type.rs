//! Names of types as people write them.

/// How the server prints types, and how people write them: the word in front, the words behind, and the short word.
const TYPES: &[(&str, &str, &str)] = &[
    ("timestamp", " without time zone", "timestamp"),
    ("timestamp", " with time zone", "timestamptz"),
    ("time", " without time zone", "time"),
    ("time", " with time zone", "timetz"),
    ("character varying", "", "varchar"),
    ("character", "", "char"),
    ("bit varying", "", "varbit"),
];

/// A type as the server prints it, in the words that people use.
pub fn short_type(printed: &str) -> String {
    for (front, behind, short) in TYPES {
        let Some(rest) = printed.strip_prefix(front) else { continue };
        let (modifier, rest) = match rest.starts_with('(').then(|| rest.find(')')).flatten() {
            Some(end) => rest.split_at(end + 1),
            None => ("", rest),
        };
        if let Some(dimensions) = rest.strip_prefix(behind).filter(|rest| rest.is_empty() || rest.starts_with('[')) {
            return format!("{short}{modifier}{dimensions}");
        }
    }
    printed.to_string()
}

#[cfg(test)]
mod tests {
    use super::short_type;

    #[test]
    fn types_are_written_short() {
        let cases = [
            ("timestamp without time zone", "timestamp"),
            ("timestamp(3) with time zone[]", "timestamptz(3)[]"),
            ("character varying(30)", "varchar(30)"),
            ("character(2)", "char(2)"),
            ("app.character_kind", "app.character_kind"),
            ("double precision", "double precision"),
        ];
        for (printed, short) in cases {
            assert_eq!(short_type(printed), short);
        }
    }
}
