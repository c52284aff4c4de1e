//! The names of encodings, as `pg_char_to_encoding` takes them.

/// The names that PostgreSQL prints.
const NAMES: &[&str] = &[
    "BIG5", "EUC_CN", "EUC_JIS_2004", "EUC_JP", "EUC_KR", "EUC_TW", "GB18030", "GBK", "ISO_8859_5", "ISO_8859_6",
    "ISO_8859_7", "ISO_8859_8", "JOHAB", "KOI8R", "KOI8U", "LATIN1", "LATIN10", "LATIN2", "LATIN3", "LATIN4", "LATIN5",
    "LATIN6", "LATIN7", "LATIN8", "LATIN9", "MULE_INTERNAL", "SHIFT_JIS_2004", "SJIS", "SQL_ASCII", "UHC", "UTF8",
    "WIN1250", "WIN1251", "WIN1252", "WIN1253", "WIN1254", "WIN1255", "WIN1256", "WIN1257", "WIN1258", "WIN866",
    "WIN874",
];

/// Other names, in small letters and digits only.
const OTHERS: &[(&str, &str)] = &[
    ("abc", "WIN1258"),
    ("alt", "WIN866"),
    ("iso88591", "LATIN1"),
    ("iso885910", "LATIN6"),
    ("iso885913", "LATIN7"),
    ("iso885914", "LATIN8"),
    ("iso885915", "LATIN9"),
    ("iso885916", "LATIN10"),
    ("iso88592", "LATIN2"),
    ("iso88593", "LATIN3"),
    ("iso88594", "LATIN4"),
    ("iso88599", "LATIN5"),
    ("koi8", "KOI8R"),
    ("mskanji", "SJIS"),
    ("shiftjis", "SJIS"),
    ("tcvn", "WIN1258"),
    ("tcvn5712", "WIN1258"),
    ("unicode", "UTF8"),
    ("vscii", "WIN1258"),
    ("win", "WIN1251"),
    ("win932", "SJIS"),
    ("win936", "GBK"),
    ("win949", "UHC"),
    ("win950", "BIG5"),
    ("windows932", "SJIS"),
    ("windows936", "GBK"),
    ("windows949", "UHC"),
    ("windows950", "BIG5"),
];

/// The one name of an encoding; `None` when there is no such encoding.
pub fn canonical(name: &str) -> Option<&'static str> {
    let plain = plain(name);
    // windows1250 and its kin have short names too
    let short = plain.replacen("windows", "win", 1);
    let of_names = |wanted: &str| NAMES.iter().copied().find(|name| self::plain(name) == wanted);
    let other = OTHERS.iter().find(|(other, _)| *other == plain).map(|(_, name)| *name);
    of_names(&plain).or(other).or_else(|| of_names(&short))
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn encodings_have_one_name() {
        for (given, expected) in [
            ("utf-8", Some("UTF8")),
            ("Unicode", Some("UTF8")),
            ("ISO-8859-1", Some("LATIN1")),
            ("iso_8859_5", Some("ISO_8859_5")),
            ("Windows-1252", Some("WIN1252")),
            ("euc_jis_2004", Some("EUC_JIS_2004")),
            ("klingon", None),
        ] {
            assert_eq!(canonical(given), expected, "{given}");
        }
    }
}
